#include "consumers/replay/replay.h"
#include "proto/event/event.h"
#include "tests/support/scratch.h"
#include "tests/support/stored.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT(literal)  ((char *)(uintptr_t)(literal))
#define COUNT(array)   (sizeof(array) / sizeof *(array))
#define SECOND(number) (1767225600000 + (number)*1000)

/* --- records ---------------------------------------------------------------------------------- */

static Songhua__V1__Observation figure(const char *indicator, const char *period, int64_t unscaled,
                                       uint32_t decimals)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = TEXT(indicator);
    observation.period = TEXT(period);
    observation.unscaled = unscaled;
    observation.decimals = decimals;
    observation.unit = TEXT("%");
    return observation;
}

static Songhua__V1__Score score_of(const char *indicator, const char *target)
{
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    score.indicator = TEXT(indicator);
    score.target = TEXT(target);
    score.judgement = SONGHUA__V1__JUDGEMENT__JUDGEMENT_LAGGING;
    return score;
}

/* Three figures in two records of the stream events. */
struct figures {
    Songhua__V1__Observation observations[3];
    Songhua__V1__Event events[3];
    struct stored records[2];
};

static void make_figures(struct figures *figures)
{
    figures->observations[0] = figure("rd_intensity", "2023", 130, 2);
    figures->observations[1] = figure("patents", "2023", 7, 0);
    figures->observations[2] = figure("rd_intensity", "2023", 155, 2);
    for (size_t i = 0; i < 3; i++)
        figures->events[i] = event_of_observation(&figures->observations[i], SECOND(0));
    figures->records[0] = stored_new("events", 1, 220100, figures->events, 2);
    figures->records[1] = stored_new("events", 2, 220100, figures->events + 2, 1);
}

static void free_figures(struct figures *figures)
{
    stored_free(&figures->records[0]);
    stored_free(&figures->records[1]);
}

/* --- replays ---------------------------------------------------------------------------------- */

struct outcome {
    char *text;
    enum err err; /* of the last record, or of the end */
    struct cursor next;
};

static struct outcome replay_from(const struct replay_settings *settings, struct cursor start,
                                  const struct stored *records, size_t count)
{
    struct captured captured;
    struct replay *replay = NULL;
    struct outcome outcome = {.err = ERR_OK};
    captured_begin(&captured);
    enum err made = replay_new(settings, records->record.batch.stream, start, &replay);
    for (size_t i = 0; !made && i < count && !outcome.err; i++)
        outcome.err = replay_take(replay, &records[i].record);
    enum err ended = made ? made : replay_end(replay);
    outcome.err = outcome.err ? outcome.err : ended;
    outcome.next = made ? start : replay_next(replay);
    replay_free(&replay);
    outcome.text = captured_end(&captured);
    return outcome;
}

static struct outcome replay_figures(const struct replay_settings *settings, struct cursor start)
{
    struct figures figures;
    make_figures(&figures);
    struct outcome outcome = replay_from(settings, start, figures.records, 2);
    free_figures(&figures);
    return outcome;
}

/* One event in record 1 of a stream, in a format. */
static char *show_one(const struct replay_settings *settings, const char *stream,
                      const Songhua__V1__Event *event)
{
    struct stored record = stored_new(stream, 1, 220100, event, 1);
    struct outcome outcome = replay_from(settings, (struct cursor){0}, &record, 1);
    cr_assert_eq(outcome.err, ERR_OK, "%s", err_text(outcome.err));
    stored_free(&record);
    return outcome.text;
}

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static const struct replay_settings json = {.is_json = true, .is_utc = true},
                                    csv = {.is_csv = true, .is_utc = true};

/* --- JSON ------------------------------------------------------------------------------------- */

Test(replay_json, an_observation_has_the_documented_keys_in_order, .timeout = 10)
{
    Songhua__V1__Observation observation = figure("rd_intensity", "2023", 130, 2);
    Songhua__V1__Event event = event_of_observation(&observation, SECOND(0));
    char *text = show_one(&json, "events", &event);
    cr_expect_str_eq(
        text,
        "{\"seq\":1,\"index\":0,\"stored\":\"2026-01-01T00:00:01.000Z\",\"recorded\":"
        "\"2026-01-01T00:00:00.000Z\",\"stream\":\"events\",\"producer\":\"test\",\"region\":"
        "\"220100\",\"region_name\":\"长春市\",\"type\":\"observation\",\"data\":{\"indicator\":"
        "\"rd_intensity\",\"period\":\"2023\",\"value\":\"1.30\",\"number\":1.3,\"unit\":\"%\","
        "\"obs_status\":\"A\",\"definition\":\"\",\"cumulative\":false,\"source\":\"\","
        "\"note\":\"\",\"revises\":\"\",\"confirmed\":false}}\n");
    free(text);
}

Test(replay_json, a_figure_that_is_missing_is_null_not_0, .timeout = 10)
{
    Songhua__V1__Observation observation = figure("rd_intensity", "2023", 0, 0);
    observation.obs_status = SONGHUA__V1__OBS_STATUS__OBS_STATUS_O_MISSING;
    Songhua__V1__Event event = event_of_observation(&observation, SECOND(0));
    char *text = show_one(&json, "events", &event);
    cr_expect(strstr(text, "\"value\":null,\"number\":null"), "%s", text);
    free(text);
}

Test(replay_json, a_number_that_a_score_does_not_have_is_null, .timeout = 10)
{
    Songhua__V1__Score score = score_of("rd_intensity", "2025");
    score.has = 1u << 6; /* gap alone */
    score.gap = 0.25;
    Songhua__V1__Event event = event_of_score(&score, SECOND(0));
    char *text = show_one(&json, "scores", &event);
    cr_expect(strstr(text, "\"ratio\":null,"), "%s", text);
    cr_expect(strstr(text, "\"gap\":0.25,"), "%s", text);
    free(text);
}

Test(replay_json, a_judgement_is_said_as_id_and_in_both_languages, .timeout = 10)
{
    Songhua__V1__Score score = score_of("rd_intensity", "2025");
    score.judgement = SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK;
    Songhua__V1__Event event = event_of_score(&score, SECOND(0));
    char *text = show_one(&json, "scores", &event);
    cr_expect(strstr(text, "\"judgement\":\"on_track\",\"judgement_zh\":\"按期\",\"judgement_en\":"
                           "\"on track\""),
              "%s", text);
    free(text);
}

Test(replay_json, a_framework_is_its_digest_not_its_document, .timeout = 10)
{
    Songhua__V1__FrameworkVersion framework = SONGHUA__V1__FRAMEWORK_VERSION__INIT;
    framework.id = TEXT("jilin");
    framework.version = 3;
    framework.document = (ProtobufCBinaryData){3, (uint8_t *)TEXT("abc")};
    Songhua__V1__Event event = event_of_framework(&framework, SECOND(0));
    char *text = show_one(&json, "events", &event);
    /* BLAKE2b-256 of "abc", as b2sum -l 256 prints it */
    cr_expect(strstr(text, "\"id\":\"jilin\",\"version\":3,\"bytes\":3,\"blake2b\":\""
                           "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319\""),
              "%s", text);
    cr_expect_null(strstr(text, "abc\""));
    free(text);
}

/* --- CSV -------------------------------------------------------------------------------------- */

Test(replay_csv, begins_with_the_header_and_no_byte_order_mark, .timeout = 10)
{
    struct outcome outcome = replay_figures(&csv, (struct cursor){0});
    cr_expect_eq(strncmp(outcome.text, "seq,index,stored,", 17), 0, "%s", outcome.text);
    cr_expect_eq(lines_of(outcome.text), 4u);
    free(outcome.text);
}

Test(replay_csv, a_comma_and_a_quote_in_a_source_stay_in_their_field, .timeout = 10)
{
    Songhua__V1__Observation observation = figure("rd_intensity", "2023", 130, 2);
    observation.source = TEXT("年鉴, \"表 3\"");
    Songhua__V1__Event event = event_of_observation(&observation, SECOND(0));
    char *text = show_one(&csv, "events", &event);
    cr_expect(strstr(text, ",\"年鉴, \"\"表 3\"\"\","), "%s", text);
    free(text);
}

Test(replay_csv, numbers_keep_every_digit, .timeout = 10)
{
    Songhua__V1__Score score = score_of("rd_intensity", "2025");
    score.has = 1u << 3; /* ratio */
    score.ratio = 0.6710945104068943;
    Songhua__V1__Event event = event_of_score(&score, SECOND(0));
    char *text = show_one(&csv, "scores", &event);
    cr_expect(strstr(text, ",0.6710945104068943,lagging,滞后,"), "%s", text);
    free(text);
}

/* --- tables ----------------------------------------------------------------------------------- */

Test(replay_table, a_judgement_has_a_mark_beside_its_word_and_no_colour_in_a_file, .timeout = 10)
{
    const struct replay_settings table = {.is_utc = true};
    Songhua__V1__Score score = score_of("rd_intensity", "2025");
    Songhua__V1__Event event = event_of_score(&score, SECOND(0));
    unsetenv("FORCE_COLOR");
    char *text = show_one(&table, "scores", &event);
    cr_expect(strstr(text, "▼ 滞后"), "%s", text);
    cr_expect_null(strchr(text, '\033'));
    free(text);
}

Test(replay_table, a_later_page_has_no_titles, .timeout = 10)
{
    const struct replay_settings table = {.is_utc = true, .is_following = true, .lines = "all"};
    struct figures figures;
    struct captured captured;
    struct replay *replay;
    make_figures(&figures);
    captured_begin(&captured);
    enum err err = replay_new(&table, "events", (struct cursor){0}, &replay);
    for (size_t i = 0; i < 2 && !err; i++) {
        err = replay_take(replay, &figures.records[i].record);
        err = err ? err : replay_rest(replay);
    }
    replay_free(&replay);
    char *text = captured_end(&captured);
    cr_expect_eq(err, ERR_OK);
    cr_expect_eq(lines_of(text), 4u, "%s", text);
    char *first = strstr(text, "indicator");
    cr_assert_not_null(first);
    cr_expect_null(strstr(first + 1, "indicator"));
    free(text);
    free_figures(&figures);
}

/* --- selection -------------------------------------------------------------------------------- */

Test(replay, the_same_records_give_the_same_bytes, .timeout = 10)
{
    const struct replay_settings settings[] = {json, csv, {.is_utc = true}};
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct outcome first = replay_figures(&settings[i], (struct cursor){0});
        struct outcome second = replay_figures(&settings[i], (struct cursor){0});
        cr_expect_gt(strlen(first.text), 100u);
        cr_expect_str_eq(first.text, second.text);
        free(first.text);
        free(second.text);
    }
}

Test(replay, until_leaves_out_its_own_moment_and_since_does_not, .timeout = 10)
{
    struct replay_settings before = json, after = json;
    before.until_ms = after.since_ms = SECOND(2);
    struct outcome early = replay_figures(&before, (struct cursor){0});
    struct outcome late = replay_figures(&after, (struct cursor){0});
    cr_expect_eq(lines_of(early.text), 2u, "%s", early.text);
    cr_expect_eq(early.next.sequence, 2u);
    cr_expect_eq(lines_of(late.text), 1u, "%s", late.text);
    free(early.text);
    free(late.text);
}

Test(replay, an_indicator_leaves_out_the_others, .timeout = 10)
{
    struct replay_settings settings = json;
    settings.indicators = (struct option_list){{"patents"}, 1};
    struct outcome outcome = replay_figures(&settings, (struct cursor){0});
    cr_expect_eq(lines_of(outcome.text), 1u);
    cr_expect(strstr(outcome.text, "\"patents\""));
    free(outcome.text);
}

Test(replay, stops_at_its_count_and_goes_on_in_the_middle_of_a_record, .timeout = 10)
{
    struct replay_settings settings = json;
    settings.count = 1;
    struct outcome first = replay_figures(&settings, (struct cursor){0});
    cr_expect_eq(lines_of(first.text), 1u);
    cr_expect_eq(first.err, ERR_STOPPED);
    cr_expect_eq(first.next.sequence, 1u);
    cr_expect_eq(first.next.index, 1u);
    struct outcome rest = replay_figures(&json, first.next);
    cr_expect_eq(lines_of(rest.text), 2u, "%s", rest.text);
    cr_expect(strstr(rest.text, "\"index\":1,"), "%s", rest.text);
    free(first.text);
    free(rest.text);
}

Test(replay, the_last_lines_alone_are_shown, .timeout = 10)
{
    struct replay_settings settings = json;
    settings.lines = "2";
    struct outcome outcome = replay_figures(&settings, (struct cursor){0});
    cr_expect_eq(lines_of(outcome.text), 2u, "%s", outcome.text);
    cr_expect_eq(strncmp(outcome.text, "{\"seq\":1,\"index\":1,", 19), 0, "%s", outcome.text);
    free(outcome.text);
}

Test(replay, a_record_that_cannot_be_read_is_left_out_and_is_a_failure_in_the_end, .timeout = 10)
{
    struct figures figures;
    make_figures(&figures);
    figures.records[0].payload.data[0] = 0xff;
    struct outcome outcome = replay_from(&json, (struct cursor){0}, figures.records, 2);
    cr_expect_eq(lines_of(outcome.text), 1u, "%s", outcome.text);
    cr_expect_eq(outcome.err, ERR_MALFORMED);
    free(outcome.text);
    free_figures(&figures);
}

Test(replay_settings, that_do_not_go_together_are_refused, .timeout = 10)
{
    const struct replay_settings bad[] = {{.is_json = true, .is_csv = true},
                                          {.is_latest = true, .is_following = true},
                                          {.is_latest = true, .cursor_file = "x"},
                                          {.from = "1", .cursor_file = "x"},
                                          {.lines = "ten"},
                                          {.is_latest = true, .lines = "1"}};
    const char *why;
    for (size_t i = 0; i < COUNT(bad); i++) {
        cr_expect_eq(replay_check(&bad[i], &why), ERR_USAGE, "%zu", i);
        cr_expect_not_null(why);
    }
    cr_expect_eq(replay_check(&json, &why), ERR_OK);
}

/* --- the latest of each ----------------------------------------------------------------------- */

static const struct replay_settings latest = {.is_json = true, .is_utc = true, .is_latest = true};

Test(replay_latest, a_revised_figure_is_shown_once_as_it_is_now, .timeout = 10)
{
    struct outcome outcome = replay_figures(&latest, (struct cursor){0});
    cr_expect_eq(lines_of(outcome.text), 2u, "%s", outcome.text);
    cr_expect(strstr(outcome.text, "\"1.55\""));
    cr_expect_null(strstr(outcome.text, "\"1.30\""));
    free(outcome.text);
}

Test(replay_latest, a_retraction_takes_the_place_of_its_figure, .timeout = 10)
{
    Songhua__V1__Observation observation = figure("patents", "2023", 7, 0);
    Songhua__V1__Retraction retraction = SONGHUA__V1__RETRACTION__INIT;
    retraction.indicator = TEXT("patents");
    retraction.period = TEXT("2023");
    Songhua__V1__Event events[] = {event_of_observation(&observation, SECOND(0)),
                                   event_of_retraction(&retraction, SECOND(0))};
    struct stored record = stored_new("events", 1, 220100, events, 2);
    struct outcome outcome = replay_from(&latest, (struct cursor){0}, &record, 1);
    cr_expect_eq(lines_of(outcome.text), 1u, "%s", outcome.text);
    cr_expect(strstr(outcome.text, "\"retraction\""));
    stored_free(&record);
    free(outcome.text);
}

Test(replay_latest, comes_by_region_then_indicator_then_target, .timeout = 10)
{
    Songhua__V1__Score scores[] = {score_of("b", "2"), score_of("b", "1"), score_of("a", "9"),
                                   score_of("c", "0")};
    Songhua__V1__Event events[4];
    for (size_t i = 0; i < 4; i++)
        events[i] = event_of_score(&scores[i], SECOND(0));
    struct stored records[] = {stored_new("scores", 1, 220200, events, 3),
                               stored_new("scores", 2, 220100, events + 3, 1)};
    struct outcome outcome = replay_from(&latest, (struct cursor){0}, records, 2);
    const char *c = strstr(outcome.text, "\"indicator\":\"c\""),
               *a = strstr(outcome.text, "\"indicator\":\"a\""),
               *b1 = strstr(outcome.text, "\"indicator\":\"b\",\"target\":\"1\""),
               *b2 = strstr(outcome.text, "\"indicator\":\"b\",\"target\":\"2\"");
    cr_expect(c && a && b1 && b2 && c < a && a < b1 && b1 < b2, "%s", outcome.text);
    stored_free(&records[0]);
    stored_free(&records[1]);
    free(outcome.text);
}

/* --- cursors ---------------------------------------------------------------------------------- */

Test(replay_cursor, reads_a_record_and_an_event_and_nothing_else, .timeout = 10)
{
    static const char *const bad[] = {"",   "0",  "x",     "1.",          "1.x",
                                      ".1", "-1", "1.2.3", "1.4294967296"};
    struct cursor cursor;
    cr_assert_eq(cursor_parse("120.3", &cursor), ERR_OK);
    cr_expect(cursor.sequence == 120 && cursor.index == 3);
    cr_assert_eq(cursor_parse("7", &cursor), ERR_OK);
    cr_expect(cursor.sequence == 7 && cursor.index == 0);
    for (size_t i = 0; i < COUNT(bad); i++)
        cr_expect_eq(cursor_parse(bad[i], &cursor), ERR_USAGE, "%s", bad[i]);
}

Test(replay_cursor, a_file_gives_back_what_was_kept_and_refuses_another_stream, .timeout = 10)
{
    struct scratch scratch = scratch_new();
    char path[PATH_MAX];
    struct cursor cursor;
    snprintf(path, sizeof path, "%s/cursor", scratch.directory);
    cr_expect_eq(cursor_load(path, "events", &cursor), ERR_NOT_FOUND);
    cr_assert_eq(cursor_save(path, "events", (struct cursor){120, 3}), ERR_OK);
    cr_assert_eq(cursor_load(path, "events", &cursor), ERR_OK);
    cr_expect(cursor.sequence == 120 && cursor.index == 3);
    cr_expect_eq(cursor_load(path, "scores", &cursor), ERR_USAGE);
    scratch_remove(&scratch);
}
