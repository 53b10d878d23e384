/* Columns: the figures of an indicator once more, in another place of a composite. */
#include "consumers/evaluate/attained.h"
#include "consumers/evaluate/ranking.h"
#include "tests/support/framework_case.h"
#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HEAD                                                                                       \
    "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\n"                               \
    "groups:\n"                                                                                    \
    "  - {id: whole, name: {zh: 总, en: whole}}\n"                                                \
    "  - {id: task, name: {zh: 任, en: task}, parent: whole, weight: 0.6}\n"                      \
    "  - {id: effect, name: {zh: 效, en: effect}, parent: whole, weight: 0.4}\n"
#define X(more)                                                                                    \
    "indicators:\n"                                                                                \
    "  - {id: x, name: {zh: 测, en: x}, kind: quantity, unit: 件, regions: [220100, 220200],\n"  \
    "     parent: effect, normalise: {method: goalposts, low: 0, high: 200}" more "}\n"
#define UP_TO_100                                                                                  \
    ",\n     direction: up, method: linear_path, baselines: [{region: 220100, period: 2020},\n"    \
    "     {region: 220200, period: 2020}],\n"                                                      \
    "     targets: [{id: a, comparator: \">=\", value: 100, deadline: 2024, regions: [220100]},\n" \
    "               {id: b, comparator: \">=\", value: 60, deadline: 2025, regions: [220200]}]"
#define ONE ", normalise: {method: goalposts, low: 0, high: 1}"
#define END "composites:\n  - {id: c, name: {zh: 综, en: c}, root: whole, from: 2020}\n"

static void expect_refused(const char *more, enum finding finding, const char *en)
{
    char document[2048];
    struct diag diag;
    bool is_there = false;
    snprintf(document, sizeof document, "%s%s%s%s", HEAD X(UP_TO_100), "columns:\n  - {id: x-task",
             more, "}\n" END);
    (void)framework_case_load(document, ERR_FRAMEWORK, &diag);
    for (size_t i = 0; i < diag.count; i++)
        is_there |= strcmp(diag.items[i].code, finding_code(finding)) == 0 &&
                    diag.items[i].line == 17 && diag.items[i].column == 5 &&
                    strstr(diag.items[i].en, en) != NULL;
    if (!is_there)
        diag_print(&diag, stderr);
    cr_expect(is_there, "%s", more);
    diag_fini(&diag);
}

Test(framework_columns, what_a_column_lacks_is_named_with_its_place, .timeout = 10)
{
    expect_refused(", parent: task, of: xx" ONE, FINDING_REFERENCE_UNKNOWN, "did you mean x");
    expect_refused(", parent: task, of: x, take: pace, target: z" ONE, FINDING_REFERENCE_UNKNOWN,
                   "no such target");
    expect_refused(", parent: task, of: x, target: a" ONE, FINDING_METHOD_MISFIT,
                   "completion or pace");
    expect_refused(", parent: task, of: x, take: pace, fill: {method: mean}" ONE,
                   FINDING_METHOD_MISFIT, "not filled in");
    expect_refused(", parent: task, of: x, weight: -1" ONE, FINDING_NUMBER_OUT, "not negative");
    expect_refused(", of: x, parent: nowhere" ONE, FINDING_REFERENCE_UNKNOWN, "no such group");
}

Test(framework_columns, what_has_been_reached_is_not_divided_and_the_key_says_which, .timeout = 10)
{
    struct diag diag;
    (void)framework_case_load(
        HEAD X(UP_TO_100) "columns:\n  - {id: x-task, of: x, parent: task, take: pace,"
                          " divide_by: x" ONE "}\n" END,
        ERR_FRAMEWORK, &diag);
    cr_assert_eq(diag.count, 1);
    cr_expect_str_eq(diag.items[0].field, "divide_by");
    cr_expect_str_eq(diag.items[0].value, "x");
    diag_fini(&diag);
}

Test(framework_columns, a_name_is_given_once_to_indicators_and_columns, .timeout = 10)
{
    struct diag diag;
    (void)framework_case_load(HEAD X(UP_TO_100) "columns:\n  - {id: x, of: x, parent: task" ONE
                                                "}\n" END,
                              ERR_FRAMEWORK, &diag);
    cr_expect_str_eq(diag.items[0].code, finding_code(FINDING_ID_REPEATED));
    cr_expect_eq(diag.items[0].line, 17);
    diag_fini(&diag);
}

/* --- how far a figure has come ---------------------------------------------------------------------- */

static void add(struct record *record, uint32_t region, const char *period, int64_t value)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    const struct address address = {++record->sequence, 0};
    observation.indicator = (char *)"x";
    observation.period = (char *)(uintptr_t)period;
    observation.unscaled = value;
    cr_assert_eq(evaluation_add_observation(record->evaluation, region, &observation, address, 0),
                 ERR_OK);
}

static struct ranking *ranking_of(const struct record *record)
{
    struct ranking *ranking = NULL;
    cr_assert_eq(ranking_new(record->framework, &record->framework->composites[0], &ranking),
                 ERR_OK);
    cr_assert_eq(
        ranking_refresh(ranking, record->evaluation, (struct as_of){UINT64_MAX, UINT64_MAX}),
        ERR_OK);
    return ranking;
}

/* The column's figure of a row in the table of a year from 2020. */
static double figure(const struct ranking *ranking, size_t table, size_t row)
{
    return composite_figure(ranking_composite(ranking, table), 1, row);
}

/* From 20 to 100 in four years; from 10 to 60 in five. */
Test(framework_columns, completion_and_pace_go_by_each_regions_own_baseline_and_target,
     .timeout = 10)
{
    static const char *const takes[] = {"completion", "pace"};
    static const double wanted[][2] = {{0.25, 0.2}, {0.5, 0.5}};
    for (size_t i = 0; i < 2; i++) {
        char document[2048];
        snprintf(document, sizeof document, "%s%s%s%s",
                 HEAD X(UP_TO_100) "columns:\n  - {id: x-task, of: x, parent: task, take: ",
                 takes[i], ONE "}\n", END);
        struct record record = record_with(document);
        add(&record, 220100, "2020", 20);
        add(&record, 220200, "2020", 10);
        add(&record, 220100, "2022", 40);
        add(&record, 220200, "2022", 20);
        struct ranking *ranking = ranking_of(&record);
        cr_expect_float_eq(figure(ranking, 2, 0), wanted[i][0], 1e-15);
        cr_expect_float_eq(figure(ranking, 2, 1), wanted[i][1], 1e-15);
        cr_expect(isnan(figure(ranking, 1, 0)), "nothing was reported for 2021");
        /* The first region: 0.6 x 25 or 50 and 0.4 x 40 / 200. */
        cr_expect_float_eq(composite_value(ranking_composite(ranking, 2), 2, 0),
                           0.6 * 100 * wanted[i][0] + 0.4 * 20, 1e-12);
        ranking_free(ranking);
        record_free(&record);
    }
}

static double attained_by(const char *more, const char *base, const char *value, bool is_pace)
{
    struct record record = record_of(more);
    record_add(&record, "2020", base, 'A');
    record_add(&record, "2022", value, 'A');
    const struct indicator *x = &record.framework->indicators[0];
    const struct as_of now = {UINT64_MAX, UINT64_MAX};
    struct history history = evaluation_history(record.evaluation, now, x, 220000);
    struct point point;
    cr_assert(history_before(&history, UINT32_MAX, &point));
    double out = attained(&history, &x->targets[0], 220000, &point, is_pace);
    record_free(&record);
    return out;
}

#define TARGET(direction, comparator, value, date)                                                 \
    "    direction: " direction "\n    method: linear_path\n"                                      \
    "    baselines: [{region: 220000, period: 2020}]\n"                                            \
    "    targets: [{id: t, comparator: \"" comparator "\", value: " value ", " date "}]\n"
#define BY_2024 "deadline: 2024"

Test(framework_columns, less_is_further_where_less_is_better, .timeout = 10)
{
    cr_expect_float_eq(attained_by(TARGET("down", "<=", "2", BY_2024), "10", "8", false), 0.25,
                       1e-15);
    cr_expect_float_eq(attained_by(TARGET("down", "<=", "2", BY_2024), "10", "12", false), -0.25,
                       1e-15);
}

Test(framework_columns, a_baseline_beyond_the_target_is_there_until_it_is_lost, .timeout = 10)
{
    cr_expect_eq(attained_by(TARGET("up", ">=", "5", BY_2024), "10", "6", false), 1);
    cr_expect_lt(attained_by(TARGET("up", ">=", "5", BY_2024), "10", "4", false), 0);
    cr_expect_eq(attained_by(TARGET("up", ">=", "5", BY_2024), "5", "5", false), 1);
    cr_expect_eq(attained_by(TARGET("up", ">", "5", BY_2024), "5", "5", false), 0);
    cr_expect_eq(attained_by(TARGET("up", ">", "5", BY_2024), "3", "5", false), 1);
}

Test(framework_columns, there_is_no_pace_without_a_deadline_and_none_beyond_all_of_the_time,
     .timeout = 10)
{
    cr_expect(isnan(attained_by(TARGET("up", ">=", "5", "undated: true"), "1", "2", true)));
    cr_expect_eq(attained_by(TARGET("up", ">=", "5", "undated: true"), "1", "2", false), 0.25);
    cr_expect_eq(attained_by(TARGET("up", ">=", "5", "deadline: 2021"), "1", "2", true), 0.25);
}

Test(framework_columns, more_has_never_come_less_far, .timeout = 30)
{
    static const char *const bases[] = {"3", "5", "9"}; /* before the target, at it, beyond it */
    for (size_t i = 0; i < 3; i++) {
        double before = -INFINITY;
        for (int value = 0; value <= 12; value++) {
            char text[8];
            snprintf(text, sizeof text, "%d", value);
            double now = attained_by(TARGET("up", ">", "5", BY_2024), bases[i], text, true);
            cr_expect_geq(now, before, "base %s, %d", bases[i], value);
            before = now;
        }
    }
}
