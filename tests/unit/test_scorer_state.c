#include "consumers/scorer/scorer.h"
#include "proto/event/event.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define IS(verdict) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict

enum { PAYLOAD_MAX = 16384, SCORES_MAX = 64 };

/* Two indicators of the province and of Changchun, two targets of the first; `target` is its number. */
static const char framework_text[] =
    "framework: test\nversion: %d\ntitle: {zh: 测, en: test}\nsource: test\n"
    "author: test\nreason: test\n"
    "indicators:\n"
    "  - id: rd_intensity\n    name: {zh: 研, en: rd}\n    kind: share\n    unit: \"%%\"\n"
    "    regions: [220000, 220100]\n    direction: up\n    method: cagr_target\n"
    "    targets:\n"
    "      - {id: \"2025\", comparator: \">\", value: %s, deadline: 2025}\n"
    "      - {id: \"2035\", comparator: \">\", value: 3, deadline: 2035}\n"
    "    baselines:\n"
    "      - {region: 220000, period: 2020, value: 1.30}\n"
    "      - {region: 220100, period: 2020, value: 1.30}\n"
    "  - id: patents\n    name: {zh: 专利, en: patents}\n    kind: quantity\n    unit: 件\n"
    "    regions: [220100]\n    direction: up\n    method: cagr_target\n"
    "    targets:\n"
    "      - {id: \"2025\", comparator: \">=\", value: 200, deadline: 2025}\n"
    "    baselines:\n"
    "      - {region: 220100, period: 2020, value: 100}\n";

/* A scorer, its outbox, and what the last record made it publish. */
struct bench {
    struct scratch scratch;
    struct outbox *outbox;
    struct scorer *scorer;
    struct effects effects;
    uint64_t sequence, days; /* of the next record: days after the first ones */
    Songhua__V1__EventBatch *published[SCORES_MAX];
    uint32_t regions[SCORES_MAX];
    char topics[SCORES_MAX][TOPIC_MAX_BYTES + 1];
    size_t count; /* batches of the last record */
};

static void open_scorer(struct bench *bench)
{
    const struct outbox_options options = {
        .directory = bench->scratch.directory, .stream = "scores", .producer = "scorer"};
    cr_assert_eq(outbox_open(&options, &bench->outbox), ERR_OK);
    cr_assert_eq(scorer_new(&bench->scorer), ERR_OK);
    cr_assert_eq(scorer_load(bench->scorer, bench->outbox), ERR_OK);
}

static void close_scorer(struct bench *bench)
{
    scorer_free(bench->scorer);
    outbox_close(&bench->outbox);
}

static struct bench *bench_new(void)
{
    static struct bench bench; /* Criterion runs each test in a process of its own */
    bench.scratch = scratch_new();
    effects_init(&bench.effects);
    open_scorer(&bench);
    return &bench;
}

static void forget_published(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++)
        songhua__v1__event_batch__free_unpacked(bench->published[i], NULL);
    bench->count = 0;
}

static void bench_free(struct bench *bench)
{
    forget_published(bench);
    effects_fini(&bench->effects);
    close_scorer(bench);
    scratch_remove(&bench->scratch);
}

static void restart(struct bench *bench)
{
    close_scorer(bench);
    open_scorer(bench);
}

static enum err note(void *context, const struct batch_draft *draft)
{
    struct bench *bench = context;
    cr_assert_lt(bench->count, SCORES_MAX);
    bench->regions[bench->count] = draft->region;
    strcpy(bench->topics[bench->count], draft->topic);
    bench->published[bench->count++] =
        songhua__v1__event_batch__unpack(NULL, draft->payload_size, draft->payload);
    return ERR_OK;
}

/* --- records ------------------------------------------------------------------------------------ */

static enum err tell_events(struct bench *bench, uint32_t region, const char *topic,
                            Songhua__V1__Event **events, size_t count)
{
    static unsigned char payload[PAYLOAD_MAX];
    Songhua__V1__EventBatch list = SONGHUA__V1__EVENT_BATCH__INIT;
    struct batch batch = {.region = region, .event_count = (uint32_t)count, .payload = payload};
    list.events = events;
    list.n_events = count;
    cr_assert_leq(songhua__v1__event_batch__get_packed_size(&list), sizeof payload);
    batch.payload_size = songhua__v1__event_batch__pack(&list, payload);
    strcpy(batch.topic, topic);
    bench->sequence++;
    const struct service_input input = {.sequence = bench->sequence,
                                        .stored_ms = 1700000000000 + bench->sequence +
                                                     bench->days * 86400000,
                                        .batch = &batch,
                                        .events = events,
                                        .event_count = count};
    forget_published(bench);
    effects_clear(&bench->effects);
    effects_begin(&bench->effects, input.stored_ms);
    enum err err = scorer_handle(bench->scorer, &input, &bench->effects);
    effects_end(&bench->effects);
    cr_assert_eq(effects_each(&bench->effects, note, bench), ERR_OK);
    return err;
}

static void store(struct bench *bench)
{
    cr_assert_eq(outbox_begin(bench->outbox), ERR_OK);
    cr_assert_eq(effects_apply(&bench->effects, bench->outbox), ERR_OK);
    cr_assert_eq(outbox_commit(bench->outbox), ERR_OK);
}

static void tell_document(struct bench *bench, const char *topic, const char *text)
{
    Songhua__V1__FrameworkVersion framework = SONGHUA__V1__FRAMEWORK_VERSION__INIT;
    Songhua__V1__Event event = event_of_framework(&framework, 1);
    Songhua__V1__Event *events[] = {&event};
    framework.id = (char *)"test";
    framework.document.data = (uint8_t *)(uintptr_t)text;
    framework.document.len = strlen(text);
    cr_assert_eq(tell_events(bench, 220000, topic, events, 1), ERR_OK);
    store(bench);
}

static void tell_framework(struct bench *bench, const char *topic, int version, const char *target)
{
    char text[4096];
    snprintf(text, sizeof text, framework_text, version, target);
    tell_document(bench, topic, text);
}

static Songhua__V1__Observation figure(const char *indicator, const char *period, int64_t unscaled)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = (char *)(uintptr_t)indicator;
    observation.period = (char *)(uintptr_t)period;
    observation.unscaled = unscaled;
    observation.decimals = 2;
    return observation;
}

static void tell_figure(struct bench *bench, uint32_t region, const char *indicator,
                        const char *period, int64_t unscaled)
{
    Songhua__V1__Observation observation = figure(indicator, period, unscaled);
    Songhua__V1__Event event = event_of_observation(&observation, 1);
    Songhua__V1__Event *events[] = {&event};
    cr_assert_eq(tell_events(bench, region, "observation", events, 1), ERR_OK);
    store(bench);
}

static const Songhua__V1__Score *score_at(const struct bench *bench, size_t batch, size_t event)
{
    cr_assert_lt(batch, bench->count);
    cr_assert_lt(event, bench->published[batch]->n_events);
    return bench->published[batch]->events[event]->score;
}

/* --- what is published ------------------------------------------------------------------------------ */

Test(scorer, a_framework_has_every_target_judged_once, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    cr_assert_eq(bench->count, 3);
    cr_expect_str_eq(bench->topics[0], "rd_intensity");
    cr_expect_eq(bench->regions[0], 220000);
    cr_expect_eq(bench->published[0]->n_events, 2);
    cr_expect_eq(bench->regions[1], 220100);
    cr_expect_str_eq(bench->topics[2], "patents");
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(NO_DATA));
    cr_expect_str_eq(score_at(bench, 0, 0)->framework, "test@1");
    bench_free(bench);
}

Test(scorer, a_figure_has_its_own_targets_judged_and_no_others, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    cr_assert_eq(bench->count, 1);
    cr_expect_eq(bench->regions[0], 220000);
    cr_expect_eq(bench->published[0]->n_events, 2);
    const Songhua__V1__Score *score = score_at(bench, 0, 0);
    cr_expect_str_eq(score->target, "2025");
    cr_expect_eq(score->judgement, IS(ACCELERATE));
    cr_expect_eq(score->as_of_sequence, 2);
    cr_expect_str_eq(score->evidence[0], "2.0");
    cr_expect_eq(bench->published[0]->events[0]->time_ms, 1700000000002);
    bench_free(bench);
}

Test(scorer, a_record_without_a_framework_is_kept_for_later, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    cr_expect_eq(bench->count, 0);
    tell_framework(bench, "framework", 1, "2.00");
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ACCELERATE));
    bench_free(bench);
}

Test(scorer, a_figure_that_changes_no_judgement_publishes_nothing, .timeout = 20)
{
    struct bench *bench = bench_new();
    Songhua__V1__Observation observation = figure("rd_intensity", "2024", 300);
    Songhua__V1__Event event = event_of_observation(&observation, 1);
    Songhua__V1__Event *events[] = {&event};
    observation.definition = (char *)"another-way-of-counting";
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    cr_assert_eq(tell_events(bench, 220000, "observation", events, 1), ERR_OK);
    cr_expect_eq(bench->count, 0);
    cr_expect_gt(effects_bytes(&bench->effects), 0); /* it is kept all the same */
    bench_free(bench);
}

Test(scorer, an_event_that_touches_nothing_publishes_and_keeps_nothing, .timeout = 20)
{
    struct bench *bench = bench_new();
    Songhua__V1__Heartbeat heartbeat = SONGHUA__V1__HEARTBEAT__INIT;
    Songhua__V1__Event event = event_of_heartbeat(&heartbeat, 1);
    Songhua__V1__Event *events[] = {&event};
    tell_framework(bench, "framework", 1, "2.00");
    cr_assert_eq(tell_events(bench, 220000, "heartbeat", events, 1), ERR_OK);
    cr_expect_eq(effects_bytes(&bench->effects), 0);
    bench_free(bench);
}

Test(scorer, a_figure_for_an_unknown_indicator_publishes_nothing, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "no_such", "2023", 155);
    cr_expect_eq(bench->count, 0);
    bench_free(bench);
}

Test(scorer, a_retraction_takes_the_judgement_back, .timeout = 20)
{
    struct bench *bench = bench_new();
    Songhua__V1__Retraction retraction = SONGHUA__V1__RETRACTION__INIT;
    Songhua__V1__Event event = event_of_retraction(&retraction, 1);
    Songhua__V1__Event *events[] = {&event};
    retraction.indicator = (char *)"rd_intensity";
    retraction.period = (char *)"2023";
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    cr_assert_eq(tell_events(bench, 220000, "retraction", events, 1), ERR_OK);
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(NO_DATA));
    cr_expect_str_eq(score_at(bench, 0, 0)->reason, "retracted");
    bench_free(bench);
}

Test(scorer, a_framework_under_another_topic_does_not_count, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "observation", 1, "2.00");
    cr_expect_eq(bench->count, 0);
    cr_expect_eq(effects_bytes(&bench->effects), 0);
    bench_free(bench);
}

Test(scorer, a_framework_that_is_wrong_is_left_out, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_framework(bench, "framework", 2, "not a number");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    cr_expect_str_eq(score_at(bench, 0, 0)->framework, "test@1");
    bench_free(bench);
}

Test(scorer, a_second_framework_judges_everything_anew, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    tell_framework(bench, "framework", 2, "1.50");
    cr_expect_eq(bench->count, 3);
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ACHIEVED));
    cr_expect_str_eq(score_at(bench, 0, 0)->framework, "test@2");
    bench_free(bench);
}

Test(scorer, an_event_that_cannot_be_right_does_not_stop_the_rest_of_its_record, .timeout = 20)
{
    struct bench *bench = bench_new();
    Songhua__V1__Observation wrong = figure("rd_intensity", "no period", 155);
    Songhua__V1__Observation right = figure("rd_intensity", "2023", 155);
    Songhua__V1__Event first = event_of_observation(&wrong, 1);
    Songhua__V1__Event second = event_of_observation(&right, 1);
    Songhua__V1__Event *events[] = {&first, &second};
    tell_framework(bench, "framework", 1, "2.00");
    cr_assert_eq(tell_events(bench, 220000, "observation", events, 2), ERR_OK);
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ACCELERATE));
    cr_expect_str_eq(score_at(bench, 0, 0)->evidence[0], "2.1");
    bench_free(bench);
}

static void tell_milestone(struct bench *bench, const char *part, const char *date)
{
    Songhua__V1__Milestone milestone = SONGHUA__V1__MILESTONE__INIT;
    Songhua__V1__Event event = event_of_milestone(&milestone, 1);
    Songhua__V1__Event *events[] = {&event};
    milestone.indicator = (char *)"zone";
    milestone.part = (char *)(uintptr_t)part;
    milestone.state = SONGHUA__V1__MILESTONE_STATE__MILESTONE_DONE;
    milestone.date = (char *)(uintptr_t)date;
    cr_assert_eq(tell_events(bench, 220000, "milestone", events, 1), ERR_OK);
    store(bench);
}

static void tell_heartbeat(struct bench *bench)
{
    Songhua__V1__Heartbeat heartbeat = SONGHUA__V1__HEARTBEAT__INIT;
    Songhua__V1__Event event = event_of_heartbeat(&heartbeat, 1);
    Songhua__V1__Event *events[] = {&event};
    cr_assert_eq(tell_events(bench, 220000, "heartbeat", events, 1), ERR_OK);
    store(bench);
}

/* Records are of 2023-11-15 in China. */
static const char zones_text[] =
    "framework: zones\nversion: 1\ntitle: {zh: 测, en: test}\nsource: test\nindicators:\n"
    "  - id: zone\n    name: {zh: 区, en: zone}\n    kind: milestone\n    method: milestone\n"
    "    regions: [220000]\n    targets: [{id: \"2025\", deadline: 2025}]\n    parts:\n"
    "      - {id: a, name: {zh: 甲, en: a}, due: 2023-11-15}\n"
    "      - {id: b, name: {zh: 乙, en: b}}\n";

Test(scorer, a_milestone_has_its_item_judged, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework", zones_text);
    cr_expect_str_eq(score_at(bench, 0, 0)->reason, "never_reported");
    tell_milestone(bench, "b", "2023-11-01");
    cr_assert_eq(bench->count, 1);
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ON_TRACK));
    cr_expect_eq(score_at(bench, 0, 0)->completion, 0.5);
    restart(bench);
    tell_milestone(bench, "a", "2023-11-02");
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ACHIEVED));
    bench_free(bench);
}

Test(scorer, a_day_that_passes_makes_a_part_overdue_though_nothing_was_reported, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework", zones_text);
    tell_milestone(bench, "b", "2023-11-01");
    tell_heartbeat(bench);
    cr_expect_eq(bench->count, 0);
    bench->days = 1;
    restart(bench);
    tell_heartbeat(bench);
    cr_assert_eq(bench->count, 1);
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(LAGGING));
    cr_expect_str_eq(score_at(bench, 0, 0)->overdue[0], "a");
    restart(bench);
    tell_heartbeat(bench);
    cr_expect_eq(effects_bytes(&bench->effects), 0, "once a day");
    bench_free(bench);
}

Test(scorer, a_figure_that_is_late_is_said_to_be_and_the_judgement_stays, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2022", 155);
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ON_TRACK));
    cr_expect_str_eq(score_at(bench, 0, 0)->overdue_since, "");
    bench->days = 60;
    tell_heartbeat(bench);
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ON_TRACK));
    cr_expect_str_eq(score_at(bench, 0, 0)->overdue_since, "2023-12-31");
    bench_free(bench);
}

Test(scorer, a_framework_that_is_wrong_is_said_to_be_refused, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_framework(bench, "framework", 2, "not a number");
    cr_assert_eq(bench->count, 1);
    cr_expect_str_eq(bench->topics[0], "framework/refused");
    const Songhua__V1__FrameworkRefusal *refusal =
        bench->published[0]->events[0]->framework_refusal;
    cr_assert_not_null(refusal);
    cr_expect_str_eq(refusal->id, "test");
    cr_expect_str_eq(refusal->address, "2.0");
    cr_expect_str_eq(refusal->in_force, "test@1");
    cr_expect_eq(refusal->findings, 1);
    cr_expect_not_null(strstr(refusal->first_en, "16:46: "), "%s", refusal->first_en);
    bench_free(bench);
}

/* --- restarts -------------------------------------------------------------------------------------- */

static void tell_story(struct bench *bench, int step)
{
    switch (step) {
    case 0:
        tell_framework(bench, "framework", 1, "2.00");
        break;
    case 1:
        tell_figure(bench, 220000, "rd_intensity", "2023", 155);
        break;
    case 2:
        tell_figure(bench, 220100, "patents", "2022", 13000);
        break;
    case 3:
        tell_figure(bench, 220000, "rd_intensity", "2023", 185);
        break;
    case 4:
        tell_framework(bench, "framework", 2, "1.80");
        break;
    default:
        tell_figure(bench, 220000, "rd_intensity", "2024", 190);
        break;
    }
}

enum { STORY_STEPS = 6 };

Test(scorer, a_restart_after_any_record_changes_nothing_that_is_published, .timeout = 60)
{
    struct bench *bench = bench_new();
    struct buffer whole, restarted;
    buffer_init(&whole, 1 << 20);
    buffer_init(&restarted, 1 << 20);
    for (int step = 0; step < STORY_STEPS; step++) {
        tell_story(bench, step);
        cr_assert_eq(
            buffer_append(&whole, bench->effects.batches.data, bench->effects.batches.size),
            ERR_OK);
    }
    cr_assert_gt(whole.size, 1000);
    bench_free(bench);
    bench->sequence = 0;
    bench->scratch = scratch_new();
    effects_init(&bench->effects);
    open_scorer(bench);
    for (int step = 0; step < STORY_STEPS; step++) {
        restart(bench);
        tell_story(bench, step);
        cr_assert_eq(
            buffer_append(&restarted, bench->effects.batches.data, bench->effects.batches.size),
            ERR_OK);
    }
    cr_assert_eq(restarted.size, whole.size);
    cr_expect_arr_eq(restarted.data, whole.data, whole.size);
    bench_free(bench);
    buffer_fini(&whole);
    buffer_fini(&restarted);
}

Test(scorer, a_judgement_published_before_a_restart_is_not_published_again, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    restart(bench);
    tell_framework(bench, "framework", 1, "2.00"); /* judges all, and changes nothing */
    cr_expect_eq(bench->count, 0);
    bench_free(bench);
}

/* What a load answers when the state holds this key and value besides. */
static enum err load_with(struct bench *bench, const char *key, const char *value)
{
    struct scorer *scorer;
    cr_assert_eq(outbox_begin(bench->outbox), ERR_OK);
    cr_assert_eq(outbox_put(bench->outbox, key, strlen(key), value, strlen(value)), ERR_OK);
    cr_assert_eq(outbox_commit(bench->outbox), ERR_OK);
    cr_assert_eq(scorer_new(&scorer), ERR_OK);
    enum err err = scorer_load(scorer, bench->outbox);
    scorer_free(scorer);
    return err;
}

Test(scorer, state_that_is_not_its_own_is_damage, .timeout = 20)
{
    static const char *const keys[] = {"r/short", "v/short", "p/short"};
    for (size_t i = 0; i < 3; i++) {
        struct bench *bench = bench_new();
        bench->sequence = 0;
        tell_framework(bench, "framework", 1, "2.00");
        cr_expect_eq(load_with(bench, keys[i], "x"), ERR_CORRUPT);
        bench_free(bench);
    }
}

Test(scorer, state_of_another_version_is_not_used, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    cr_expect_eq(load_with(bench, "version", "12345678"), ERR_VERSION);
    cr_expect_eq(load_with(bench, "version", "a longer one"), ERR_VERSION);
    bench_free(bench);
}

Test(scorer, state_from_before_there_were_versions_is_not_used, .timeout = 20)
{
    struct bench *bench = bench_new();
    cr_expect_eq(load_with(bench, "r/a record", "payload"), ERR_VERSION);
    bench_free(bench);
}

Test(scorer, after_a_reset_the_same_records_give_the_same_scores, .timeout = 20)
{
    struct bench *bench = bench_new();
    for (int again = 0; again < 2; again++) {
        bench->sequence = 0;
        tell_framework(bench, "framework", 1, "2.00");
        cr_expect_eq(bench->count, 3);
        tell_figure(bench, 220000, "rd_intensity", "2023", 155);
        cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ACCELERATE));
        cr_assert_eq(scorer_reset(bench->scorer), ERR_OK);
    }
    bench_free(bench);
}
