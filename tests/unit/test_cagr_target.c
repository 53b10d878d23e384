#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define UP(target)                                                                                 \
    "    direction: up\n    method: cagr_target\n    due_days: 300\n    targets:\n      - " target \
    "\n"
#define DOWN(target)                                                                                 \
    "    direction: down\n    method: cagr_target\n    due_days: 300\n    targets:\n      - " target \
    "\n"
#define RD          UP("{id: \"2025\", comparator: \">\", value: 2.00, deadline: 2025}") BASE("2020", "1.30")
#define SEI         UP("{id: \"2025\", comparator: \">\", value: 18, deadline: 2025}") BASE("2022", "16.5")

#define LIMIT(name) SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_##name

/* --- worked by hand: EVALUATION.md section 2 ---------------------------------------------------- */

Test(cagr_target, rd_intensity_of_jilin_is_judged_as_worked_by_hand, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2023", "1.55", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACCELERATE), REASON_NONE);
    cr_expect_not(judgement.is_provisional);
    expect_number(&judgement, NUMBER_GROWTH, 0.0604, 0.00005);
    expect_number(&judgement, NUMBER_RATIO, 0.671, 0.0005);
    expect_number(&judgement, NUMBER_POINTS, 0.508, 0.0005);
    expect_number(&judgement, NUMBER_REQUIRED_NOW, 1.683, 0.0005);
    expect_number(&judgement, NUMBER_GAP, 0.133, 0.0005);
    expect_number(&judgement, NUMBER_COMPLETION, 0.357, 0.0005);
    expect_number(&judgement, NUMBER_TIME_SHARE, 0.600, 1e-12);
    expect_number(&judgement, NUMBER_RATE_NEEDED, 0.136, 0.0005);
    expect_number(&judgement, NUMBER_VALUE, 1.55, 0);
    expect_number(&judgement, NUMBER_BASELINE, 1.30, 0);
    expect_number(&judgement, NUMBER_TARGET, 2.00, 0);
    record_free(&record);
}

Test(cagr_target, emerging_industries_lag_with_the_figure_of_2024, .timeout = 10)
{
    struct record record = record_of(SEI);
    record_add(&record, "2022", "16.5", 'A');
    record_add(&record, "2023", "16.8", 'A');
    record_add(&record, "2024", "16.9", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(LAGGING), REASON_NONE);
    expect_number(&judgement, NUMBER_GROWTH, 0.0120, 0.0001);
    expect_number(&judgement, NUMBER_RATIO, 0.409, 0.0005);
    record_free(&record);
}

Test(cagr_target, emerging_industries_are_achieved_with_the_figure_of_2025, .timeout = 10)
{
    struct record record = record_of(SEI);
    record_add(&record, "2024", "16.9", 'A');
    record_add(&record, "2025", "18.9", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    expect_number(&judgement, NUMBER_POINTS, 5, 0);
    record_free(&record);
}

/* --- the table of EVALUATION-METHODS.md 2.9 ------------------------------------------------------ */

struct case_of_table {
    const char *indicator, *period, *value;
    double growth, ratio, points, completion, time_share;
    Songhua__V1__Judgement verdict;
};

static const struct case_of_table table[] = {
    {UP("{id: t, comparator: \">\", value: 2.0, deadline: 2025}") BASE("2020", "1.30"), "2022",
     "1.43", 0.048809, 0.542459, -0.2397, 0.185714, 0.4, IS(LAGGING)},
    {UP("{id: t, comparator: \">\", value: 2.0, deadline: 2025}") BASE("2020", "1.30"), "2021",
     "1.39", 0.069231, 0.769428, 1.2102, 0.128571, 0.2, IS(ACCELERATE)},
    {UP("{id: t, comparator: \">=\", value: 18, deadline: 2025}") BASE("2020", "14"), "2022", "16",
     0.069045, 1.339444, 5, 0.5, 0.4, IS(ON_TRACK)},
    {UP("{id: t, comparator: \">=\", value: 10, deadline: 2025}") BASE("2021", "5"), "2023", "8",
     0.264911, 1.400112, 5, 0.6, 0.5, IS(ON_TRACK)},
    {DOWN("{id: t, comparator: \"<=\", value: 7.25, deadline: 2030}") BASE("2015", "14.5"), "2023",
     "10.2", -0.043017, 0.952590, 2.5186, 0.593103, 0.533333, IS(ON_TRACK)},
};

Test(cagr_target, the_published_table_of_verdicts_is_reproduced, .timeout = 10)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct record record = record_of(table[i].indicator);
        record_add(&record, table[i].period, table[i].value, 'A');
        struct judgement judgement = record_judge(&record, NULL);
        expect_verdict(&judgement, table[i].verdict, REASON_NONE);
        expect_number(&judgement, NUMBER_GROWTH, table[i].growth, 5e-7);
        expect_number(&judgement, NUMBER_RATIO, table[i].ratio, 5e-7);
        expect_number(&judgement, NUMBER_POINTS, table[i].points, 5e-5);
        expect_number(&judgement, NUMBER_COMPLETION, table[i].completion, 5e-7);
        expect_number(&judgement, NUMBER_TIME_SHARE, table[i].time_share, 5e-7);
        record_free(&record);
    }
}

/* The same inputs by linear_path: the column SPI. */
Test(linear_path, the_published_table_of_completion_over_time_is_reproduced, .timeout = 10)
{
    static const double spi[] = {0.464286, 0.642857, 1.25, 1.2, 1.112069};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char indicator[1024];
        snprintf(indicator, sizeof indicator, "%s", table[i].indicator);
        memcpy(strstr(indicator, "cagr_target"), "linear_path", 11);
        struct record record = record_of(indicator);
        record_add(&record, table[i].period, table[i].value, 'A');
        struct judgement judgement = record_judge(&record, NULL);
        expect_number(&judgement, NUMBER_RATIO, spi[i], 5e-7);
        record_free(&record);
    }
}

/* --- edge cases: EVALUATION-METHODS.md 2.10, by number ------------------------------------------ */

Test(cagr_target, case_1_a_strict_target_is_not_met_at_equality, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2024", "2.00", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ON_TRACK), REASON_NONE);
    record_add(&record, "2025", "2.00", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(MISSED), REASON_DEADLINE_MISSED);
    record_add(&record, "2025", "2.000000000000000001", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    record_free(&record);
}

Test(cagr_target, case_2_a_base_beyond_the_target_is_achieved_while_it_holds, .timeout = 10)
{
    struct record record =
        record_of(UP("{id: t, comparator: \">=\", value: 3, deadline: 2025}") BASE("2020", "5"));
    record_add(&record, "2022", "4", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    cr_expect_lt(judgement.numbers[NUMBER_RATIO], 0, "the ratio still says that it fell");
    expect_number(&judgement, NUMBER_POINTS, 5, 0);
    record_add(&record, "2023", "2", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(MOVING_AWAY), REASON_NONE);
    record_free(&record);
}

Test(cagr_target, case_2_where_target_equals_base_the_comparator_alone_judges, .timeout = 10)
{
    const char *indicator =
        UP("{id: t, comparator: \">\", value: 5, deadline: 2025}") BASE("2020", "5");
    struct record record = record_of(indicator);
    record_add(&record, "2022", "4", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(MOVING_AWAY), REASON_NO_REQUIRED_GROWTH);
    cr_expect_not(judgement_has(&judgement, NUMBER_RATIO));
    record_add(&record, "2023", "5", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(LAGGING), REASON_NO_REQUIRED_GROWTH);
    record_add(&record, "2024", "6", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    record_free(&record);
}

Test(cagr_target, case_3_a_zero_base_counts_as_a_thousandth, .timeout = 10)
{
    struct record record =
        record_of(UP("{id: t, comparator: \">=\", value: 100, deadline: 2030}") BASE("2020", "0"));
    record_add(&record, "2025", "10", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    double growth = pow(10 / 0.001, 1.0 / 5) - 1, required = pow(100 / 0.001, 1.0 / 10) - 1;
    expect_number(&judgement, NUMBER_GROWTH, growth, 1e-12);
    expect_number(&judgement, NUMBER_RATIO, growth / required, 1e-12);
    record_free(&record);
}

Test(cagr_target, case_3_a_zero_target_counts_as_a_thousandth, .timeout = 10)
{
    struct record record =
        record_of(DOWN("{id: t, comparator: \"<=\", value: 0, deadline: 2030}") BASE("2020", "10"));
    record_add(&record, "2025", "1", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    double growth = pow(0.1, 1.0 / 5) - 1, required = pow(0.001 / 10, 1.0 / 10) - 1;
    expect_number(&judgement, NUMBER_RATIO, -growth / fabs(required), 1e-12);
    cr_expect_eq(judgement.verdict, IS(ACCELERATE));
    record_add(&record, "2026", "0", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    record_free(&record);
}

Test(cagr_target, case_3_the_small_value_is_the_frameworks, .timeout = 10)
{
    struct record record = record_of("    small_value: 0.5\n" UP(
        "{id: t, comparator: \">=\", value: 100, deadline: 2030}") BASE("2020", "0"));
    record_add(&record, "2025", "10", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_GROWTH, pow(10 / 0.5, 1.0 / 5) - 1, 1e-12);
    record_free(&record);
}

Test(cagr_target, case_4_mixed_signs_are_judged_by_the_straight_line, .timeout = 10)
{
    struct record record =
        record_of(UP("{id: t, comparator: \">=\", value: 10, deadline: 2030}") BASE("2020", "-10"));
    record_add(&record, "2025", "-2", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_RATIO, 0.8, 1e-12);
    expect_number(&judgement, NUMBER_REQUIRED_NOW, 0, 1e-12);
    expect_number(&judgement, NUMBER_GAP, 2, 1e-12);
    cr_expect_eq(judgement.verdict, IS(ACCELERATE));
    cr_expect_not(judgement_has(&judgement, NUMBER_GROWTH));
    cr_expect_not(judgement_has(&judgement, NUMBER_RATE_NEEDED));
    record_free(&record);
}

Test(cagr_target, case_5_of_all_negative_figures_the_direction_is_flipped, .timeout = 10)
{
    struct record up =
        record_of(UP("{id: t, comparator: \">=\", value: -5, deadline: 2030}") BASE("2020", "-10"));
    record_add(&up, "2025", "-8", 'A');
    struct judgement judgement = record_judge(&up, NULL);
    double growth = pow(0.8, 1.0 / 5) - 1, required = pow(0.5, 1.0 / 10) - 1;
    expect_number(&judgement, NUMBER_RATIO, growth / required, 1e-12);
    cr_expect_eq(judgement.verdict, IS(ACCELERATE));
    cr_expect_gt(judgement.numbers[NUMBER_GAP], 0, "it is behind");
    record_add(&up, "2026", "-12", 'A');
    judgement = record_judge(&up, NULL);
    cr_expect_eq(judgement.verdict, IS(MOVING_AWAY));
    record_free(&up);
}

Test(cagr_target, case_6_nothing_but_the_baseline_is_no_data, .timeout = 10)
{
    struct record record = record_of(RD);
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(NO_DATA), REASON_NEVER_REPORTED);
    record_add(&record, "2020", "1.30", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(NO_DATA), REASON_TOO_SHORT);
    record_free(&record);
}

Test(cagr_target, case_6_a_target_without_baseline_is_no_data, .timeout = 10)
{
    struct record record = record_of(UP("{id: t, comparator: \">\", value: 2, deadline: 2025}"));
    record_add(&record, "2023", "1.55", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(NO_DATA), REASON_NO_BASELINE);
    expect_number(&judgement, NUMBER_VALUE, 1.55, 0);
    record_free(&record);
}

Test(cagr_target, case_7_gap_years_are_not_filled, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2021", "1.39", 'A');
    record_add(&record, "2024", "1.60", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_GROWTH, pow(1.60 / 1.30, 1.0 / 4) - 1, 1e-12);
    record_free(&record);
}

Test(cagr_target, case_9_a_provisional_figure_makes_the_judgement_provisional, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2023", "1.55", 'P');
    cr_expect(record_judge(&record, NULL).is_provisional);
    record_add(&record, "2023", "1.55", 'A');
    cr_expect_not(record_judge(&record, NULL).is_provisional);
    record_free(&record);
}

Test(cagr_target, case_9_a_provisional_figure_limits_the_alert_unless_the_framework_says_otherwise,
     .timeout = 10)
{
    struct record record = record_of(RD);
    struct record bold = record_of("    alert: {on_provisional: true}\n" RD);
    struct record off = record_of("    alert: {off: true}\n" RD);
    record_add(&record, "2023", "1.55", 'P');
    record_add(&bold, "2023", "1.55", 'P');
    record_add(&off, "2023", "1.55", 'A');
    cr_expect_eq(record_judge(&record, NULL).alert_limit, LIMIT(WATCH));
    cr_expect_eq(record_judge(&bold, NULL).alert_limit, LIMIT(NONE));
    cr_expect_eq(record_judge(&off, NULL).alert_limit, LIMIT(OFF));
    record_add(&record, "2023", "1.55", 'A');
    struct judgement judgement =
        record_judge_at(&record, NULL, (struct as_of){UINT64_MAX, day(2026, 1, 2)});
    cr_expect(judgement.is_provisional, "it awaits the deadline's figure");
    cr_expect_eq(judgement.alert_limit, LIMIT(NONE), "its own is final");
    record_free(&record);
    record_free(&bold);
    record_free(&off);
}

Test(cagr_target, case_10_the_deadlines_own_figure_decides, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2025", "1.90", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(MISSED), REASON_DEADLINE_MISSED);
    cr_expect_not(judgement_has(&judgement, NUMBER_PROJECTED_MID), "nothing is extrapolated");
    cr_expect_not(judgement_has(&judgement, NUMBER_RATE_NEEDED));
    record_free(&record);
}

Test(cagr_target, case_10_a_later_figure_decides_when_the_deadlines_own_is_lacking, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2026", "1.90", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(MISSED), REASON_DEADLINE_MISSED);
    expect_number(&judgement, NUMBER_REQUIRED_NOW, 2, 1e-12);
    record_free(&record);
}

Test(cagr_target, case_10_what_was_met_at_its_deadline_stays_met, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2025", "2.10", 'A');
    record_add(&record, "2026", "1.90", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    cr_expect_eq(judgement.evidence_count, 2);
    record_free(&record);
}

Test(cagr_target, case_10_what_is_met_late_is_achieved, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2025", "1.90", 'A');
    record_add(&record, "2026", "2.10", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    record_free(&record);
}

Test(cagr_target, the_deadlines_date_alone_misses_nothing, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2023", "1.55", 'A');
    struct as_of before = {UINT64_MAX, day(2025, 12, 30)}, after = {UINT64_MAX, day(2026, 1, 2)};
    struct judgement judgement = record_judge_at(&record, NULL, before);
    expect_verdict(&judgement, IS(ACCELERATE), REASON_NONE);
    cr_expect_not(judgement.is_provisional);
    judgement = record_judge_at(&record, NULL, after);
    expect_verdict(&judgement, IS(ACCELERATE), REASON_AWAITING_DEADLINE);
    cr_expect(judgement.is_provisional);
    record_free(&record);
}

Test(cagr_target, case_11_two_dated_targets_are_judged_each_by_itself, .timeout = 10)
{
    struct record record = record_of(
        UP("{id: near, comparator: \">\", value: 2, deadline: 2025}\n"
           "      - {id: far, comparator: \">\", value: 3, deadline: 2035}") BASE("2020", "1.30"));
    record_add(&record, "2023", "1.55", 'A');
    struct judgement near = record_judge(&record, "near"), far = record_judge(&record, "far");
    cr_expect_eq(near.verdict, IS(ACCELERATE));
    cr_expect_eq(far.verdict, IS(ON_TRACK));
    expect_number(&far, NUMBER_RATIO,
                  (pow(1.55 / 1.30, 1.0 / 3) - 1) / (pow(3 / 1.30, 1.0 / 15) - 1), 1e-12);
    record_free(&record);
}

Test(cagr_target, case_11_past_the_first_deadline_the_second_leg_starts_from_what_was_reached,
     .timeout = 10)
{
    struct record record = record_of(
        UP("{id: near, comparator: \">\", value: 2, deadline: 2025}\n"
           "      - {id: far, comparator: \">\", value: 3, deadline: 2035}") BASE("2020", "1.30"));
    record_add(&record, "2023", "1.55", 'A');
    record_add(&record, "2025", "1.90", 'P');
    struct judgement judgement = record_judge(&record, "far");
    expect_number(&judgement, NUMBER_BASELINE, 1.30, 0);
    record_add(&record, "2027", "2.10", 'A');
    judgement = record_judge(&record, "far");
    expect_number(&judgement, NUMBER_BASELINE, 1.90, 0);
    cr_expect_eq(judgement.baseline_period.period.year, 2025);
    cr_expect(judgement.is_provisional, "the figure that it starts from is");
    expect_number(&judgement, NUMBER_TIME_SHARE, 0.2, 1e-12);
    expect_number(&judgement, NUMBER_RATIO,
                  (pow(2.10 / 1.90, 1.0 / 2) - 1) / (pow(3 / 1.90, 1.0 / 10) - 1), 1e-12);
    judgement = record_judge(&record, "near");
    expect_number(&judgement, NUMBER_BASELINE, 1.30, 0);
    record_retract(&record, "2025");
    judgement = record_judge(&record, "far");
    expect_number(&judgement, NUMBER_BASELINE, 1.30, 0);
    record_free(&record);
}

Test(cagr_target, a_target_may_have_a_baseline_of_its_own, .timeout = 10)
{
    struct record record = record_of(UP(
        "{id: far, comparator: \">\", value: 3, deadline: 2035, baseline: {period: 2025, value: 2.0}}")
                                         BASE("2020", "1.30"));
    record_add(&record, "2027", "2.2", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_BASELINE, 2.0, 0);
    expect_number(&judgement, NUMBER_TIME_SHARE, 0.2, 1e-12);
    record_free(&record);
}

Test(cagr_target, case_13_a_baseline_without_value_follows_its_revisions, .timeout = 10)
{
    struct record record = record_of(UP(
        "{id: t, comparator: \">\", value: 2, deadline: 2025}") "    baselines:\n      - {region: 220000, period: 2015}\n");
    record_add(&record, "2015", "1.01", 'P');
    record_add(&record, "2018", "0.76", 'P');
    struct judgement first = record_judge(&record, NULL);
    expect_verdict(&first, IS(MOVING_AWAY), REASON_NONE);
    expect_number(&first, NUMBER_GROWTH, pow(0.76 / 1.01, 1.0 / 3) - 1, 1e-12);
    record_add(&record, "2015", "1.41", 'A');
    record_add(&record, "2018", "1.02", 'A');
    struct judgement later = record_judge(&record, NULL);
    expect_number(&later, NUMBER_GROWTH, pow(1.02 / 1.41, 1.0 / 3) - 1, 1e-12);
    struct judgement again = record_judge_at(&record, NULL, (struct as_of){2, UINT64_MAX});
    expect_number(&again, NUMBER_GROWTH, first.numbers[NUMBER_GROWTH], 0);
    cr_expect(first.is_provisional);
    cr_expect_not(later.is_provisional);
    record_free(&record);
}

Test(cagr_target, a_base_year_that_is_missing_gives_way_to_the_first_after_it, .timeout = 10)
{
    struct record record = record_of(UP(
        "{id: t, comparator: \">\", value: 2, deadline: 2025}") "    baselines:\n      - {region: 220000, period: 2015}\n");
    record_add(&record, "2014", "9", 'A');
    record_add(&record, "2016", "1.34", 'A');
    record_add(&record, "2019", "1.27", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.baseline_period.period.year, 2016);
    expect_number(&judgement, NUMBER_BASELINE, 1.34, 0);
    record_free(&record);
}

Test(cagr_target, less_than_a_year_since_the_baseline_is_no_data, .timeout = 10)
{
    struct record record = record_of("    cadence: quarterly\n" UP(
        "{id: t, comparator: \">\", value: 2, deadline: 2025-Q4}") BASE("2020-Q1", "1.30"));
    record_add(&record, "2020-Q4", "1.4", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(NO_DATA), REASON_TOO_SHORT);
    record_add(&record, "2021-Q1", "1.4", 'A');
    judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_GROWTH, 1.4 / 1.30 - 1, 1e-12);
    record_free(&record);
}

Test(cagr_target, what_is_missing_is_not_due_or_overdue_by_days, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2020", "1.30", 'A');
    struct as_of early = {UINT64_MAX, day(2022, 10, 27)}, late = {UINT64_MAX, day(2022, 10, 30)};
    struct judgement judgement = record_judge_at(&record, NULL, early);
    expect_verdict(&judgement, IS(NO_DATA), REASON_NOT_DUE);
    judgement =
        record_judge_at(&record, NULL, late); /* due 300 days into 2022: 28 October, 0:00 +8 */
    expect_verdict(&judgement, IS(NO_DATA), REASON_OVERDUE);
    cr_expect_eq(judgement.overdue_days, 3);
    record_free(&record);
}

Test(cagr_target, case_20_the_last_known_figure_is_kept_with_its_age, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2023", "1.55", 'A');
    struct judgement judgement =
        record_judge_at(&record, NULL, (struct as_of){UINT64_MAX, day(2025, 11, 1)});
    expect_verdict(&judgement, IS(ACCELERATE), REASON_NONE);
    cr_expect_eq(judgement.overdue_days, 5);
    record_free(&record);
}

Test(cagr_target, a_target_without_date_is_achieved_or_cannot_be_judged, .timeout = 10)
{
    struct record record = record_of(UP("{id: t, comparator: \">=\", value: 10, undated: true}"));
    record_add(&record, "2022", "9.99", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(NO_DATA), REASON_NO_DEADLINE);
    record_add(&record, "2023", "10.00", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    record_free(&record);
}

Test(cagr_target, no_rate_is_taken_across_a_break_in_the_series, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2021", "1.39", 'A');
    record_add(&record, "2022", "1.10", 'B');
    record_add(&record, "2023", "1.20", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(NO_DATA), REASON_SERIES_BREAK);
    record_add(&record, "2024", "2.5", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    record_free(&record);
}

Test(cagr_target, the_cuts_belong_to_the_better_side, .timeout = 10)
{
    /* With a base of 1 and one year of two gone, v is (y - 1) over the yearly growth to 4, which is 1. */
    static const struct {
        const char *value;
        Songhua__V1__Judgement verdict;
    } cuts[] = {{"1.95", IS(ON_TRACK)},   {"1.9499", IS(ACCELERATE)}, {"1.6001", IS(ACCELERATE)},
                {"1.5999", IS(LAGGING)},  {"1", IS(LAGGING)},         {"0.9999", IS(MOVING_AWAY)},
                {"3.9999", IS(ON_TRACK)}, {"4", IS(ACHIEVED)}};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct record record = record_of(UP("{id: t, comparator: \">=\", value: 4, deadline: 2022}")
                                             BASE("2020", "1"));
        record_add(&record, "2021", cuts[i].value, 'A');
        struct judgement judgement = record_judge(&record, NULL);
        cr_expect_eq(judgement.verdict, cuts[i].verdict, "%s is %s", cuts[i].value,
                     verdict_name(judgement.verdict));
        record_free(&record);
    }
}

Test(cagr_target, points_are_held_between_minus_five_and_five, .timeout = 10)
{
    struct record record =
        record_of(UP("{id: t, comparator: \">=\", value: 4, deadline: 2022}") BASE("2020", "1"));
    record_add(&record, "2021", "3.99", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_POINTS, 5, 0);
    record_add(&record, "2021", "0.01", 'A');
    judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_POINTS, -5, 2);
    cr_expect_geq(judgement.numbers[NUMBER_POINTS], -5);
    record_free(&record);
}

Test(cagr_target, more_is_never_worse, .timeout = 20)
{
    double last = -INFINITY;
    for (int hundredths = 1; hundredths < 400; hundredths += 3) {
        char value[16];
        snprintf(value, sizeof value, "%d.%02d", hundredths / 100, hundredths % 100);
        struct record record = record_of(RD);
        record_add(&record, "2023", value, 'A');
        struct judgement judgement = record_judge(&record, NULL);
        cr_expect_geq(judgement.numbers[NUMBER_POINTS], last, "at %s", value);
        last = judgement.numbers[NUMBER_POINTS];
        record_free(&record);
    }
}
