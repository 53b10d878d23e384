#include "proto/event/event.h"
#include "proto/event/observation_check.h"
#include "tests/support/framework_case.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static Songhua__V1__Observation figure(void)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = "rd_intensity";
    observation.period = "2020";
    observation.unscaled = 130;
    observation.decimals = 2;
    observation.unit = "%";
    return observation;
}

/* A payload of `count` events, each with a figure. */
static struct buffer payload_of(size_t count)
{
    Songhua__V1__Observation observation = figure();
    Songhua__V1__Event event = event_of_observation(&observation, 7);
    Songhua__V1__Event **events = calloc(count, sizeof(Songhua__V1__Event *));
    cr_assert_not_null(events);
    for (size_t i = 0; i < count; i++)
        events[i] = &event;
    Songhua__V1__EventBatch batch = SONGHUA__V1__EVENT_BATCH__INIT;
    batch.events = events;
    batch.n_events = count;
    struct buffer payload;
    buffer_init(&payload, 1 << 20);
    void *room;
    cr_assert_eq(buffer_reserve(&payload, songhua__v1__event_batch__get_packed_size(&batch), &room),
                 ERR_OK);
    payload.size = songhua__v1__event_batch__pack(&batch, room);
    free(events);
    return payload;
}

static enum err unpack(const void *payload, size_t size, uint32_t count, size_t arena_max)
{
    struct arena arena;
    Songhua__V1__EventBatch *batch = NULL;
    arena_init(&arena, arena_max);
    enum err err = event_batch_unpack(payload, size, count, &arena, &batch);
    cr_expect_eq(batch != NULL, err == ERR_OK);
    arena_fini(&arena);
    return err;
}

Test(event, what_is_packed_is_unpacked_into_the_arena, .timeout = 10)
{
    struct buffer payload = payload_of(3);
    struct arena arena;
    Songhua__V1__EventBatch *batch;
    arena_init(&arena, 1 << 20);
    cr_assert_eq(event_batch_unpack(payload.data, payload.size, 3, &arena, &batch), ERR_OK);
    cr_assert_eq(batch->n_events, 3);
    const Songhua__V1__Event *event = batch->events[2];
    cr_assert_eq(event->body_case, SONGHUA__V1__EVENT__BODY_OBSERVATION);
    cr_expect_eq(event->time_ms, 7);
    cr_expect_str_eq(event->observation->indicator, "rd_intensity");
    cr_expect_eq(event->observation->unscaled, 130);
    cr_expect_eq(event->observation->decimals, 2);
    arena_fini(&arena);
    buffer_fini(&payload);
}

Test(event, another_count_than_the_header_says_is_refused, .timeout = 10)
{
    struct buffer payload = payload_of(3);
    cr_expect_eq(unpack(payload.data, payload.size, 2, 1 << 20), ERR_MALFORMED);
    cr_expect_eq(unpack(payload.data, payload.size, 4, 1 << 20), ERR_MALFORMED);
    cr_expect_eq(unpack(payload.data, payload.size, 0, 1 << 20), ERR_MALFORMED);
    buffer_fini(&payload);
}

Test(event, limits_are_checked_before_anything_is_read, .timeout = 10)
{
    cr_expect_eq(unpack("", EVENT_PAYLOAD_MAX_BYTES + 1, 1, 1 << 20), ERR_TOO_LARGE);
    cr_expect_eq(unpack("", 0, EVENT_MAX_PER_BATCH + 1, 1 << 20), ERR_TOO_LARGE);
    cr_expect_eq(unpack("", 0, 1, 1 << 20), ERR_MALFORMED);
}

Test(event, an_arena_that_is_too_small_is_no_malformed_message, .timeout = 10)
{
    struct buffer payload = payload_of(1000);
    cr_expect_eq(unpack(payload.data, payload.size, 1000, 64 * 1024), ERR_TOO_LARGE);
    buffer_fini(&payload);
}

/* With an arena of no room the answer can only come from counting. */
Test(event, entries_are_counted_before_anything_is_made_of_them, .timeout = 10)
{
    unsigned char *payload = malloc(EVENT_PAYLOAD_MAX_BYTES);
    for (size_t i = 0; i < EVENT_PAYLOAD_MAX_BYTES; i += 2)
        memcpy(payload + i, "\x0a\x00", 2); /* an empty event */
    cr_expect_eq(unpack(payload, EVENT_PAYLOAD_MAX_BYTES, EVENT_MAX_PER_BATCH, 0), ERR_MALFORMED);
    cr_expect_eq(unpack(payload, 6, 3, 0), ERR_TOO_LARGE, "the right number is unpacked");
    for (size_t i = 2; i < EVENT_PAYLOAD_MAX_BYTES; i += 2)
        memcpy(payload + i, "\x10\x00", 2); /* a field of a later version */
    cr_expect_eq(unpack(payload, EVENT_PAYLOAD_MAX_BYTES, 1, 0), ERR_MALFORMED);
    cr_expect_eq(unpack(payload, 4, 1, 1 << 20), ERR_OK);
    free(payload);
}

Test(event, every_truncation_is_refused, .timeout = 20)
{
    struct buffer payload = payload_of(3);
    for (size_t size = 0; size < payload.size; size++)
        cr_expect_eq(unpack(payload.data, size, 3, 1 << 20), ERR_MALFORMED, "%zu bytes", size);
    buffer_fini(&payload);
}

/* Whatever one altered byte makes of it, the answer is an error or a batch, never a crash. */
Test(event, every_altered_byte_is_survived, .timeout = 20)
{
    struct buffer payload = payload_of(2);
    for (size_t i = 0; i < payload.size; i++) {
        for (int flip = 1; flip < 256; flip <<= 1) {
            payload.data[i] ^= (unsigned char)flip;
            enum err err = unpack(payload.data, payload.size, 2, 1 << 20);
            cr_expect(err == ERR_OK || err == ERR_MALFORMED || err == ERR_TOO_LARGE);
            payload.data[i] ^= (unsigned char)flip;
        }
    }
    buffer_fini(&payload);
}

Test(event, a_body_of_a_later_version_is_left_in_its_place, .timeout = 10)
{
    static const unsigned char later[] = {0x0A, 0x05, 0x08, 0x07, 0xA2, 0x06, 0x00}; /* field 100 */
    struct arena arena;
    Songhua__V1__EventBatch *batch;
    arena_init(&arena, 1 << 20);
    cr_assert_eq(event_batch_unpack(later, sizeof later, 1, &arena, &batch), ERR_OK);
    cr_expect_eq(batch->events[0]->body_case, SONGHUA__V1__EVENT__BODY__NOT_SET);
    cr_expect_eq(batch->events[0]->time_ms, 7);
    arena_fini(&arena);
}

Test(event, a_packed_event_is_what_the_batch_holds, .timeout = 10)
{
    Songhua__V1__Observation observation = figure();
    Songhua__V1__Event event = event_of_observation(&observation, 7);
    struct buffer packed, payload = payload_of(1);
    buffer_init(&packed, 1 << 16);
    cr_assert_eq(event_pack(&event, &packed), ERR_OK);
    cr_assert_eq(packed.size + 2, payload.size); /* the batch adds a tag and a size */
    cr_expect_eq(memcmp(packed.data, payload.data + 2, packed.size), 0);
    buffer_fini(&packed);
    buffer_fini(&payload);
}

Test(event, an_event_beyond_the_buffers_limit_is_refused, .timeout = 10)
{
    Songhua__V1__Observation observation = figure();
    Songhua__V1__Event event = event_of_observation(&observation, 7);
    struct buffer packed;
    buffer_init(&packed, 8);
    cr_expect_eq(event_pack(&event, &packed), ERR_LIMIT);
    buffer_fini(&packed);
}

Test(event, topics_follow_the_protocol, .timeout = 10)
{
    char topic[EVENT_TOPIC_BYTES];
    Songhua__V1__Observation observation = figure();
    Songhua__V1__Event event = event_of_observation(&observation, 7);
    cr_assert_eq(event_topic(&event, topic), ERR_OK);
    cr_expect_str_eq(topic, "observation");
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    score.indicator = "rd_intensity";
    event = event_of_score(&score, 7);
    cr_assert_eq(event_topic(&event, topic), ERR_OK);
    cr_expect_str_eq(topic, "rd_intensity");
    Songhua__V1__Alert alert = SONGHUA__V1__ALERT__INIT;
    alert.indicator = "rd_intensity";
    alert.target = "2025";
    alert.state = SONGHUA__V1__ALERT_STATE__ALERT_RESOLVED;
    event = event_of_alert(&alert, 7);
    cr_assert_eq(event_topic(&event, topic), ERR_OK);
    cr_expect_str_eq(topic, "rd_intensity/2025/resolved");
}

Test(event, an_event_without_body_or_with_an_endless_name_has_no_topic, .timeout = 10)
{
    char topic[EVENT_TOPIC_BYTES], name[300];
    Songhua__V1__Event event = SONGHUA__V1__EVENT__INIT;
    cr_expect_eq(event_topic(&event, topic), ERR_USAGE);
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    score.indicator = name;
    event = event_of_score(&score, 7);
    cr_expect_eq(event_topic(&event, topic), ERR_LIMIT);
}

/* --- observations against a framework ----------------------------------------------------------- */

static struct framework *jilin(void)
{
    return framework_case_file("deploy/framework/jilin-2021.yaml");
}

/* The one issue that the framework has with the figure. */
static struct observation_issue issue_with(const Songhua__V1__Observation *observation,
                                           uint32_t region)
{
    struct framework *framework = jilin();
    struct observation_issues issues = {0};
    observation_check(framework, region, observation, &issues);
    cr_assert_eq(issues.count, 1, "%zu issues", issues.count);
    framework_free(framework);
    return issues.items[0];
}

Test(observation_check, a_right_figure_has_no_issue, .timeout = 10)
{
    struct framework *framework = jilin();
    struct observation_issues issues = {0};
    Songhua__V1__Observation observation = figure();
    observation_check(framework, 220000, &observation, &issues);
    cr_expect_eq(issues.count, 0);
    observation_check(NULL, 220000, &observation, &issues);
    cr_expect_eq(issues.count, 0);
    framework_free(framework);
}

Test(observation_check, an_unknown_indicator_is_answered_with_the_nearest, .timeout = 10)
{
    Songhua__V1__Observation observation = figure();
    observation.indicator = "rd_intensty";
    struct observation_issue issue = issue_with(&observation, 220000);
    cr_expect_eq(issue.finding, FINDING_INDICATOR_UNKNOWN);
    cr_expect_not_null(strstr(issue.en, "did you mean rd_intensity"));
    cr_expect_not_null(strstr(issue.zh, "是否指 rd_intensity"));
}

Test(observation_check, a_region_that_does_not_report_is_named, .timeout = 10)
{
    Songhua__V1__Observation observation = figure();
    struct observation_issue issue = issue_with(&observation, 220184);
    cr_expect_eq(issue.finding, FINDING_REGION_NOT_LISTED);
    cr_expect_str_eq(issue.value, "220184");
    cr_expect_not_null(strstr(issue.en, "220000"));
}

Test(observation_check, a_period_of_another_cadence_is_refused, .timeout = 10)
{
    Songhua__V1__Observation observation = figure();
    observation.period = "2020-Q1";
    struct observation_issue issue = issue_with(&observation, 220000);
    cr_expect_eq(issue.finding, FINDING_PERIOD_CADENCE);
    cr_expect_not_null(strstr(issue.en, "annual, as 2024"));
}

Test(observation_check, a_definition_may_have_a_cadence_of_its_own, .timeout = 10)
{
    struct framework *framework = jilin();
    struct observation_issues issues = {0};
    Songhua__V1__Observation observation = figure();
    observation.indicator = "gdp";
    observation.unit = "亿元";
    observation.definition = "ytd";
    observation.period = "2024-Q2";
    observation_check(framework, 220100, &observation, &issues);
    cr_expect_eq(issues.count, 0);
    observation.period = "2024";
    observation_check(framework, 220100, &observation, &issues);
    cr_expect_eq(issues.count, 1);
    framework_free(framework);
}

Test(observation_check, a_unit_that_cannot_be_converted_is_refused, .timeout = 10)
{
    Songhua__V1__Observation observation = figure();
    observation.unit = "亿元";
    struct observation_issue issue = issue_with(&observation, 220000);
    cr_expect_eq(issue.finding, FINDING_UNIT_UNKNOWN);
    cr_expect_not_null(strstr(issue.en, "% is wanted"));
}

Test(observation_check, a_value_outside_the_plausible_range_is_refused_in_its_unit, .timeout = 10)
{
    Songhua__V1__Observation observation = figure();
    observation.unscaled = 130;
    observation.decimals = 0;
    struct observation_issue issue = issue_with(&observation, 220000);
    cr_expect_eq(issue.finding, FINDING_VALUE_IMPLAUSIBLE);
    cr_expect_str_eq(issue.value, "130");
    cr_expect_not_null(strstr(issue.en, "0 to 10 %"));
}

Test(observation_check, an_unknown_definition_is_answered_with_those_there_are, .timeout = 10)
{
    Songhua__V1__Observation observation = figure();
    observation.indicator = "tech_sme";
    observation.unit = "户";
    observation.definition = "counted";
    observation.decimals = 0;
    struct observation_issue issue = issue_with(&observation, 220000);
    cr_expect_eq(issue.finding, FINDING_DEFINITION_UNKNOWN);
    cr_expect_not_null(strstr(issue.en, "evaluated, registered, registered_cumulative"));
}

Test(observation_check, everything_wrong_is_said_at_once, .timeout = 10)
{
    struct framework *framework = jilin();
    struct observation_issues issues = {0};
    Songhua__V1__Observation observation = figure();
    observation.period = "20";
    observation.unit = "户";
    observation.definition = "none";
    observation.note = "a\x01"
                       "b";
    observation_check(framework, 220184, &observation, &issues);
    cr_expect_eq(issues.count, 5);
    framework_free(framework);
}

Test(observation_check, hostile_fields_are_refused_and_cut, .timeout = 10)
{
    struct observation_issues issues = {0};
    char endless[5000];
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    Songhua__V1__Observation observation = figure();
    observation.indicator = endless;
    observation.source = "\xFF\xFE";
    observation.decimals = 4000000000U;
    observation.obs_status = (Songhua__V1__ObsStatus)77;
    observation_check(NULL, 0, &observation, &issues);
    cr_assert_eq(issues.count, 4);
    for (size_t i = 0; i < issues.count; i++)
        cr_expect_lt(strlen(issues.items[i].value), ISSUE_VALUE_BYTES);
}

Test(finding, every_finding_has_a_code_of_its_own_and_all_its_texts, .timeout = 10)
{
    for (int i = FINDING_NONE + 1; i < FINDING_COUNT; i++) {
        enum finding finding = (enum finding)i;
        cr_expect_eq(finding_from_code(finding_code(finding)), finding, "%s",
                     finding_code(finding));
        cr_expect(finding_text(finding)[0] != '\0' && finding_text_zh(finding)[0] != '\0');
        cr_expect(finding_remedy(finding)[0] != '\0' && finding_remedy_zh(finding)[0] != '\0');
    }
}

Test(finding, a_code_is_known_however_it_is_typed, .timeout = 10)
{
    cr_expect_eq(finding_from_code("SH-2111"), FINDING_NUMBER_FORM);
    cr_expect_eq(finding_from_code("sh2111"), FINDING_NUMBER_FORM);
    cr_expect_eq(finding_from_code("2111"), FINDING_NUMBER_FORM);
    cr_expect_eq(finding_from_code("SH-9999"), FINDING_NONE);
    cr_expect_eq(finding_from_code(""), FINDING_NONE);
}
