#include "proto/event/event.h"
#include "tests/support/scorer_case.h"

#include <criterion/criterion.h>
#include <string.h>

#define IS(verdict) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict

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

Test(scorer, what_is_done_in_the_future_is_refused_and_changes_nothing, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework", zones_text);
    tell_milestone(bench, "b", "2099-01-01");
    cr_expect_eq(bench->count, 0);
    tell_milestone(bench, "b", "2023-11-16"); /* tomorrow: their clocks differ */
    tell_milestone(bench, "b", "2023-11-15");
    cr_expect_eq(score_at(bench, 0, 0)->completion, 0.5);
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

/* --- doubts ------------------------------------------------------------------------------------- */

/* The first doubt of the last record; NULL: there is none. */
static const Songhua__V1__Doubt *doubt_of(const struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++)
        if (bench->published[i]->events[0]->body_case == SONGHUA__V1__EVENT__BODY_DOUBT)
            return bench->published[i]->events[0]->doubt;
    return NULL;
}

static void tell_four_years(struct bench *bench)
{
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2020", 130);
    tell_figure(bench, 220000, "rd_intensity", "2021", 139);
    tell_figure(bench, 220000, "rd_intensity", "2022", 143);
    cr_expect_null(doubt_of(bench));
}

Test(scorer, a_doubt_is_published_beside_the_judgement_and_cleared_once_it_is_gone, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_four_years(bench);
    tell_figure(bench, 220000, "rd_intensity", "2023", 15500); /* 155 %: the point slipped */
    const Songhua__V1__Doubt *doubt = doubt_of(bench);
    cr_assert_not_null(doubt);
    cr_expect_eq(score_at(bench, 0, 0)->value, 155, "the figure is judged as it is");
    cr_expect_eq(doubt->kind, SONGHUA__V1__DOUBT_KIND__DOUBT_UNIT_SLIP);
    cr_expect_eq(doubt->measure, 100);
    cr_expect_str_eq(doubt->period, "2023");
    cr_expect_str_eq(bench->topics[bench->count - 1], "doubt/rd_intensity");
    cr_expect_eq(bench->regions[bench->count - 1], 220000);
    restart(bench);
    tell_figure(bench, 220000, "rd_intensity", "2022", 143);
    cr_expect_null(doubt_of(bench), "it was said");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    const Songhua__V1__EventBatch *last = bench->published[bench->count - 1];
    bool is_cleared = false;
    for (size_t i = 0; i < last->n_events; i++)
        is_cleared = is_cleared ||
                     (last->events[i]->doubt->kind == SONGHUA__V1__DOUBT_KIND__DOUBT_UNIT_SLIP &&
                      last->events[i]->doubt->is_cleared);
    cr_expect(is_cleared);
    bench_free(bench);
}

static void retract(struct bench *bench, const char *indicator, const char *period)
{
    Songhua__V1__Retraction retraction = SONGHUA__V1__RETRACTION__INIT;
    Songhua__V1__Event event = event_of_retraction(&retraction, 1);
    Songhua__V1__Event *events[] = {&event};
    retraction.indicator = (char *)(uintptr_t)indicator;
    retraction.period = (char *)(uintptr_t)period;
    cr_assert_eq(tell_events(bench, 220000, "retraction", events, 1), ERR_OK);
}

Test(scorer, a_retraction_clears_what_was_doubted, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_four_years(bench);
    tell_figure(bench, 220000, "rd_intensity", "2023", 15500);
    retract(bench, "rd_intensity", "2023");
    cr_assert_not_null(doubt_of(bench));
    cr_expect(doubt_of(bench)->is_cleared);
    bench_free(bench);
}

/* Rows of doubts, and those of them without any. */
struct doubt_rows {
    size_t count, empty;
};

static bool count_row(void *context, const void *key, size_t key_size, const void *value,
                      size_t value_size)
{
    struct doubt_rows *rows = context;
    (void)key;
    (void)key_size;
    cr_assert_geq(value_size, 4);
    rows->count++;
    rows->empty += !memcmp(value, "\0\0\0\0", 4);
    return true;
}

Test(scorer, a_place_whose_doubts_are_gone_takes_no_room, .timeout = 20)
{
    struct bench *bench = bench_new();
    struct doubt_rows rows = {0};
    tell_four_years(bench);
    tell_figure(bench, 220000, "rd_intensity", "2023", 15500);
    cr_assert_eq(outbox_each(bench->outbox, "d/", 2, count_row, &rows), ERR_OK);
    cr_expect_gt(rows.count, 0);
    retract(bench, "rd_intensity", "2023");
    cr_assert(doubt_of(bench)->is_cleared);
    store(bench);
    rows = (struct doubt_rows){0};
    cr_assert_eq(outbox_each(bench->outbox, "d/", 2, count_row, &rows), ERR_OK);
    cr_expect_eq(rows.empty, 0);
    bench_free(bench);
}

Test(scorer, of_a_load_the_last_period_of_each_series_is_looked_at, .timeout = 30)
{
    enum { MANY = 1200 };
    struct bench *bench = bench_new();
    static Songhua__V1__Observation figures[MANY];
    static Songhua__V1__Event bodies[MANY];
    static Songhua__V1__Event *events[MANY];
    tell_four_years(bench);
    for (size_t i = 0; i < MANY; i++) {
        figures[i] = figure("rd_intensity", i % 2 ? "2023" : "2019", i % 2 ? 15500 : 128);
        bodies[i] = event_of_observation(&figures[i], 1);
        events[i] = &bodies[i];
    }
    cr_assert_eq(tell_events(bench, 220000, "observation", events, MANY), ERR_OK);
    size_t doubted = 0;
    for (size_t i = 0; i < bench->count; i++)
        for (size_t j = 0; j < bench->published[i]->n_events; j++) {
            const Songhua__V1__Event *event = bench->published[i]->events[j];
            if (event->body_case != SONGHUA__V1__EVENT__BODY_DOUBT)
                continue;
            cr_expect_str_eq(event->doubt->period, "2023");
            doubted++;
        }
    cr_expect_eq(doubted, 1);
    bench_free(bench);
}
