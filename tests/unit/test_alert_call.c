#include "consumers/evaluate/alert_call.h"
#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define CALL(name)  SONGHUA__V1__ALERT_CALL__ALERT_CALL_##name
#define LIMIT(name) SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_##name

/* A straight path from 100 in 2020 to 200 in 2030: ten a year are required. */
#define STRAIGHT                                                                                   \
    "    direction: up\n    method: linear_path\n    targets:\n"                                   \
    "      - {id: t, comparator: \">=\", value: 200, deadline: 2030}\n"                            \
    "    baselines:\n      - {region: 220000, period: 2020, value: 100}\n"
#define OWN "    alert: {watch: 0.8, lagging: 0.5, severe: 0.2, hysteresis: 0.1}\n"

static struct judgement judged(const char *more, const char *period, const char *value)
{
    struct record record = record_of(more);
    record_add(&record, period, value, 'A');
    struct judgement judgement = record_judge(&record, NULL);
    record_free(&record);
    return judgement; /* its texts are gone */
}

static void expect_call(const char *more, const char *period, const char *value,
                        Songhua__V1__AlertCall call, double threshold)
{
    struct judgement judgement = judged(more, period, value);
    cr_expect_eq(judgement.alert_call, call, "%s in %s: %s, not %s", value, period,
                 alert_call_name(judgement.alert_call), alert_call_name(call));
    cr_expect_float_eq(judgement.alert_threshold, threshold, 1e-12, "%s in %s: threshold %g", value,
                       period, judgement.alert_threshold);
}

/* --- thresholds ---------------------------------------------------------------------------------- */

Test(alert_call, without_thresholds_of_its_own_the_methods_cuts_hold, .timeout = 10)
{
    /* in 2024 forty are required: 138 is 0.95 of them, 124 is 0.60 */
    expect_call(STRAIGHT, "2024", "140", CALL(CLEAR), 1);
    expect_call(STRAIGHT, "2024", "139.99", CALL(HOLD), 1);
    expect_call(STRAIGHT, "2024", "138", CALL(HOLD), 1);
    expect_call(STRAIGHT, "2024", "137.99", CALL(WATCH), 0.95);
    expect_call(STRAIGHT, "2024", "124", CALL(WATCH), 0.95);
    expect_call(STRAIGHT, "2024", "123.99", CALL(LAGGING), 0.60);
    expect_call(STRAIGHT, "2024", "100", CALL(LAGGING), 0.60);
    expect_call(STRAIGHT, "2024", "99.99", CALL(SEVERE), 0);
}

Test(alert_call, each_threshold_is_the_frameworks_and_begins_where_it_says, .timeout = 10)
{
    expect_call(OWN STRAIGHT, "2024", "136", CALL(CLEAR), 0.9);
    expect_call(OWN STRAIGHT, "2024", "135.99", CALL(HOLD), 0.9);
    expect_call(OWN STRAIGHT, "2024", "132", CALL(HOLD), 0.9);
    expect_call(OWN STRAIGHT, "2024", "131.99", CALL(WATCH), 0.8);
    expect_call(OWN STRAIGHT, "2024", "120", CALL(WATCH), 0.8);
    expect_call(OWN STRAIGHT, "2024", "119.99", CALL(LAGGING), 0.5);
    expect_call(OWN STRAIGHT, "2024", "108", CALL(LAGGING), 0.5);
    expect_call(OWN STRAIGHT, "2024", "107.99", CALL(SEVERE), 0.2);
}

Test(alert_call, one_threshold_alone_leaves_the_others_to_the_method, .timeout = 10)
{
    expect_call("    alert: {lagging: 0.9}\n" STRAIGHT, "2024", "137", CALL(WATCH), 0.95);
    expect_call("    alert: {lagging: 0.9}\n" STRAIGHT, "2024", "135", CALL(LAGGING), 0.9);
    expect_call("    alert: {hysteresis: 0}\n" STRAIGHT, "2024", "138", CALL(CLEAR), 0.95);
}

Test(alert_call, the_class_of_the_judgement_is_not_the_thresholds_concern, .timeout = 10)
{
    struct judgement judgement = judged(OWN STRAIGHT, "2024", "132");
    cr_expect_eq(judgement.verdict, IS(ACCELERATE), "0.80 is below 0.95");
    cr_expect_eq(judgement.alert_call, CALL(HOLD));
}

Test(alert_call, completion_over_time_has_the_cuts_of_schedule, .timeout = 10)
{
    const char *more = "    direction: up\n    method: schedule\n    targets:\n"
                       "      - {id: t, comparator: \">=\", value: 200, deadline: 2030}\n"
                       "    baselines:\n      - {region: 220000, period: 2020, value: 100}\n";
    char own[1024];
    expect_call(more, "2024", "132", CALL(WATCH), 0.95);
    expect_call(more, "2024", "131.99", CALL(LAGGING), 0.80);
    snprintf(own, sizeof own, "    alert: {lagging: 0.7}\n%s", more);
    expect_call(own, "2024", "128", CALL(WATCH), 0.95);
    expect_call(own, "2024", "127.99", CALL(LAGGING), 0.7);
}

Test(alert_call, growth_is_held_against_the_thresholds_too, .timeout = 10)
{
    /* worked by hand in EVALUATION.md section 2: v = 0.671 */
    const char *more = "    direction: up\n    method: cagr_target\n    targets:\n"
                       "      - {id: t, comparator: \">\", value: 2.00, deadline: 2025}\n"
                       "    baselines:\n      - {region: 220000, period: 2020, value: 1.30}\n";
    char own[1024];
    expect_call(more, "2023", "1.55", CALL(WATCH), 0.95);
    snprintf(own, sizeof own, "    alert: {lagging: 0.7}\n%s", more);
    expect_call(own, "2023", "1.55", CALL(LAGGING), 0.7);
    snprintf(own, sizeof own, "    alert: {watch: 0.61, hysteresis: 0.06}\n%s", more);
    expect_call(own, "2023", "1.55", CALL(CLEAR), 0.67);
}

Test(alert_call, without_thresholds_every_ratio_asks_for_what_its_class_does, .timeout = 10)
{
    static struct indicator indicator;
    const enum method methods[] = {METHOD_CAGR_TARGET, METHOD_LINEAR_PATH, METHOD_SDSN_TREND,
                                   METHOD_SCHEDULE,    METHOD_MILESTONE,   METHOD_RANK};
    Songhua__V1__Judgement classes[] = {IS(ON_TRACK), IS(ACCELERATE), IS(LAGGING), IS(MOVING_AWAY)};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        struct alert_cuts cuts = method_cuts(methods[m]);
        indicator.method = methods[m];
        for (int i = -300; i <= 300; i++) {
            double ratio = i / 200.0;
            size_t class = ratio >= cuts.watch     ? 0
                           : ratio >= cuts.lagging ? 1
                           : ratio >= cuts.severe  ? 2
                                                   : 3;
            struct judgement judgement = {.indicator = &indicator, .verdict = classes[class]};
            Songhua__V1__Severity by_class = 9, by_call = 9;
            judgement_set(&judgement, NUMBER_RATIO, ratio);
            alert_call_state(&judgement);
            bool is_behind = alert_call_severity(judgement.verdict, CALL(BY_JUDGEMENT), &by_class);
            cr_expect_eq(alert_call_severity(judgement.verdict, judgement.alert_call, &by_call),
                         is_behind, "%s, %g", method_name(methods[m]), ratio);
            cr_expect_eq(by_class, by_call, "%s, %g", method_name(methods[m]), ratio);
        }
    }
}

/* --- where there is no ratio ------------------------------------------------------------------------ */

Test(alert_call, a_target_that_is_met_or_missed_is_called_by_its_class, .timeout = 10)
{
    expect_call(OWN STRAIGHT, "2024", "200", CALL(BY_JUDGEMENT), 0);
    expect_call(OWN STRAIGHT, "2030", "199", CALL(BY_JUDGEMENT), 0);
    Songhua__V1__Severity severity;
    cr_assert(alert_call_severity(IS(MISSED), CALL(BY_JUDGEMENT), &severity));
    cr_expect_eq(severity, SONGHUA__V1__SEVERITY__SEVERITY_SEVERE);
    cr_expect_not(alert_call_severity(IS(ACHIEVED), CALL(BY_JUDGEMENT), &severity));
}

Test(alert_call, a_method_without_a_ratio_is_called_by_its_class, .timeout = 10)
{
    expect_call("    direction: up\n    method: non_decreasing\n    targets:\n"
                "      - {id: t, quantified: false}\n" OWN,
                "2024", "5", CALL(BY_JUDGEMENT), 0);
    expect_call("    direction: up\n    method: cagr_no_target\n" OWN, "2024", "5",
                CALL(BY_JUDGEMENT), 0);
}

Test(alert_call, a_part_that_is_overdue_lags_whatever_the_ratio, .timeout = 10)
{
    struct record record = record_of("    method: milestone\n    start: 2022-01-01\n    parts:\n"
                                     "      - {id: a, due: 2022-06-30, name: {zh: 甲, en: a}}\n"
                                     "      - {id: b, due: 2030-12-31, name: {zh: 乙, en: b}}\n"
                                     "    alert: {watch: 0.1, lagging: 0.05}\n");
    struct judgement judgement;
    record_milestone(&record, "b", 'D', "2022-03-01");
    judgement = record_judge_at(&record, "", (struct as_of){UINT64_MAX, day(2023, 1, 1)});
    cr_assert_eq(judgement.reason, REASON_PART_OVERDUE);
    cr_expect(judgement_has(&judgement, NUMBER_RATIO));
    cr_expect_eq(judgement.alert_call, CALL(BY_JUDGEMENT));
    record_free(&record);
}

/* --- pace -------------------------------------------------------------------------------------------- */

Test(alert_call, more_than_three_times_the_pace_in_less_than_half_the_time_is_severe, .timeout = 10)
{
    /* of a hundred in ten years: 40 in six leave 60 for four, 2.25 times; 30 leave 70, 3.5 times */
    struct judgement judgement = judged(STRAIGHT, "2026", "140");
    cr_expect_float_eq(judgement.numbers[NUMBER_ACCELERATION], 2.25, 1e-12);
    cr_expect_eq(judgement.alert_call, CALL(WATCH));
    judgement = judged(STRAIGHT, "2026", "130");
    cr_expect_float_eq(judgement.numbers[NUMBER_ACCELERATION], 3.5, 1e-12);
    cr_expect_eq(judgement.verdict, IS(LAGGING), "the judgement's class stays");
    cr_expect_eq(judgement.alert_call, CALL(PACE));
}

Test(alert_call, three_times_the_pace_exactly_is_not_more, .timeout = 10)
{
    /* 40 in eight years, 60 in four: 5 and 15 a year */
    const char *more = "    direction: up\n    method: linear_path\n    targets:\n"
                       "      - {id: t, comparator: \">=\", value: 200, deadline: 2032}\n"
                       "    baselines:\n      - {region: 220000, period: 2020, value: 100}\n";
    struct judgement judgement = judged(more, "2028", "140");
    cr_expect_float_eq(judgement.numbers[NUMBER_ACCELERATION], 3, 0);
    cr_expect_eq(judgement.alert_call, CALL(WATCH), "0.60 of the sixty-six that are required");
    cr_expect_eq(judged(more, "2028", "139.9").alert_call, CALL(PACE));
}

Test(alert_call, with_half_of_the_time_left_pace_alone_is_not_severe, .timeout = 10)
{
    struct judgement judgement = judged(STRAIGHT, "2025", "110");
    cr_expect_float_eq(judgement.numbers[NUMBER_ACCELERATION], 9, 1e-12);
    cr_expect_eq(judgement.alert_call, CALL(LAGGING));
    cr_expect_eq(judged(STRAIGHT, "2026", "110").alert_call, CALL(PACE));
}

Test(alert_call, nothing_gained_is_more_than_any_pace, .timeout = 10)
{
    struct judgement judgement = judged(STRAIGHT, "2026", "100");
    cr_expect_not(judgement_has(&judgement, NUMBER_ACCELERATION), "it has no value");
    cr_expect_eq(judgement.alert_call, CALL(PACE));
    cr_expect_eq(judged(STRAIGHT, "2025", "100").alert_call, CALL(LAGGING));
}

Test(alert_call, what_is_on_its_path_asks_for_no_other_pace, .timeout = 10)
{
    /* tenfold in ten years by growth: exactly on the path in the sixth, with four fifths still to go */
    struct judgement judgement =
        judged("    direction: up\n    method: cagr_target\n    targets:\n"
               "      - {id: t, comparator: \">=\", value: 1000, deadline: 2030}\n"
               "    baselines:\n      - {region: 220000, period: 2020, value: 100}\n",
               "2026", "398.2");
    cr_expect_gt(judgement.numbers[NUMBER_ACCELERATION], 3);
    cr_expect_eq(judgement.alert_call, CALL(CLEAR));
}

Test(alert_call, less_is_better_has_the_same_pace, .timeout = 10)
{
    const char *more = "    direction: down\n    method: linear_path\n    targets:\n"
                       "      - {id: t, comparator: \"<=\", value: 100, deadline: 2030}\n"
                       "    baselines:\n      - {region: 220000, period: 2020, value: 200}\n";
    struct judgement judgement = judged(more, "2026", "170");
    cr_expect_float_eq(judgement.numbers[NUMBER_ACCELERATION], 3.5, 1e-12);
    cr_expect_eq(judgement.alert_call, CALL(PACE));
    cr_expect_eq(judged(more, "2026", "200").alert_call, CALL(PACE));
}

/* --- one final figure or two provisional ones -------------------------------------------------------- */

static Songhua__V1__AlertLimit limit_of(const char *more, const char *before, char before_status,
                                        const char *latest, char latest_status)
{
    struct record record = record_of(more);
    if (before != NULL)
        record_add(&record, "2023", before, before_status);
    record_add(&record, "2024", latest, latest_status);
    Songhua__V1__AlertLimit limit = record_judge(&record, NULL).alert_limit;
    record_free(&record);
    return limit;
}

Test(alert_call, one_final_figure_is_enough, .timeout = 10)
{
    cr_expect_eq(limit_of(STRAIGHT, NULL, 0, "110", 'A'), LIMIT(NONE));
    cr_expect_eq(limit_of(STRAIGHT, "130", 'P', "110", 'A'), LIMIT(NONE));
}

Test(alert_call, one_provisional_figure_is_enough_for_watch_alone, .timeout = 10)
{
    cr_expect_eq(limit_of(STRAIGHT, NULL, 0, "110", 'P'), LIMIT(WATCH));
    cr_expect_eq(limit_of(STRAIGHT, "130", 'P', "110", 'P'), LIMIT(WATCH), "2023 was on track");
    cr_expect_eq(limit_of(STRAIGHT, "125", 'P', "110", 'P'), LIMIT(WATCH), "2023 was to watch");
}

Test(alert_call, a_second_provisional_figure_that_lags_is_enough, .timeout = 10)
{
    cr_expect_eq(limit_of(STRAIGHT, "110", 'P', "110", 'P'), LIMIT(LAGGING));
    cr_expect_eq(limit_of(STRAIGHT, "110", 'P', "90", 'P'), LIMIT(LAGGING), "what both ask for");
    cr_expect_eq(limit_of(STRAIGHT, "90", 'P', "90", 'P'), LIMIT(NONE));
    cr_expect_eq(limit_of(STRAIGHT, "90", 'A', "90", 'P'), LIMIT(NONE), "2023 is final");
}

Test(alert_call, the_figure_before_is_held_against_the_frameworks_thresholds_too, .timeout = 10)
{
    /* thirty are required by 2023: 115 is half of it, 105 a sixth */
    cr_expect_eq(limit_of(OWN STRAIGHT, "115", 'P', "110", 'P'), LIMIT(WATCH));
    cr_expect_eq(limit_of(OWN STRAIGHT, "114", 'P', "110", 'P'), LIMIT(LAGGING));
    cr_expect_eq(limit_of(OWN STRAIGHT, "105", 'P', "105", 'P'), LIMIT(NONE));
}

Test(alert_call, without_a_ratio_two_provisional_figures_are_asked_by_class, .timeout = 10)
{
    const char *more = "    direction: up\n    method: cagr_no_target\n";
    struct record record = record_of(more);
    record_add(&record, "2020", "100", 'A');
    record_add(&record, "2022", "90", 'P');
    cr_expect_eq(record_judge(&record, "").alert_limit, LIMIT(WATCH), "2020 has no growth");
    record_add(&record, "2023", "89", 'P');
    cr_expect_eq(record_judge(&record, "").alert_limit, LIMIT(NONE));
    record_free(&record);
}

Test(alert_call, a_provisional_baseline_is_asked_twice_as_well, .timeout = 10)
{
    const char *more = "    direction: up\n    method: linear_path\n    targets:\n"
                       "      - {id: t, comparator: \">=\", value: 200, deadline: 2030}\n"
                       "    baselines:\n      - {region: 220000, period: 2020}\n";
    struct record record = record_of(more);
    record_add(&record, "2020", "100", 'P');
    record_add(&record, "2022", "104", 'A');
    cr_expect_eq(record_judge(&record, NULL).alert_limit, LIMIT(WATCH));
    record_add(&record, "2023", "106", 'A');
    cr_expect_eq(record_judge(&record, NULL).alert_limit, LIMIT(LAGGING));
    record_free(&record);
}

/* --- in a Score -------------------------------------------------------------------------------------- */

Test(alert_call, a_score_carries_the_call_its_threshold_and_the_pace, .timeout = 10)
{
    struct record record = record_of(OWN STRAIGHT);
    struct arena arena;
    Songhua__V1__Score score;
    arena_init(&arena, 1 << 20);
    record_add(&record, "2026", "139.99", 'A'); /* 0.6665 of sixty */
    struct judgement judgement = record_judge(&record, NULL);
    cr_assert_eq(score_from_judgement(&judgement, record.framework, &arena, &score), ERR_OK);
    cr_expect_eq(score.alert_call, CALL(WATCH));
    cr_expect_float_eq(score.alert_threshold, 0.8, 0);
    cr_assert(score_has(&score, NUMBER_ACCELERATION));
    cr_expect_eq(score_number(&score, NUMBER_ACCELERATION), score.acceleration);
    cr_expect_eq(score.acceleration, judgement.numbers[NUMBER_ACCELERATION]);
    arena_fini(&arena);
    record_free(&record);
}

Test(alert_call, calls_have_names_and_one_of_a_later_version_too, .timeout = 10)
{
    cr_expect_str_eq(alert_call_name(CALL(HOLD)), "hold");
    cr_expect_str_eq(alert_call_name(CALL(PACE)), "pace");
    cr_expect_str_eq(alert_call_name((Songhua__V1__AlertCall)99), "unknown");
}
