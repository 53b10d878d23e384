#include "tests/support/record.h"

#include "consumers/evaluate/milestones.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define PARTS                                                                                      \
    "    method: milestone\n    parts:\n"                                                          \
    "      - {id: a, name: {zh: 甲, en: a}, due: 2023-06-30}\n"                                   \
    "      - {id: b, name: {zh: 乙, en: b}, due: 2024}\n"                                         \
    "      - {id: c, name: {zh: 丙, en: c}}\n"
#define BY_2025 "    targets: [{id: \"2025\", deadline: 2025}]\n"
#define STATED  "    targets: [{id: stated, quantified: false}]\n"

static void expect(const struct record *record, uint64_t ms, Songhua__V1__Judgement verdict,
                   enum reason reason)
{
    struct judgement judgement = record_judge_at(record, NULL, (struct as_of){UINT64_MAX, ms});
    cr_expect_eq(judgement.verdict, verdict, "%s, not %s (%s)", verdict_name(judgement.verdict),
                 verdict_name(verdict), reason_id(judgement.reason));
    cr_expect_eq(judgement.reason, reason, "%s, not %s", reason_id(judgement.reason),
                 reason_id(reason));
}

Test(milestone, nothing_reported_says_nothing_of_the_work, .timeout = 10)
{
    struct record record = record_of(PARTS BY_2025);
    expect(&record, day(2022, 1, 1), IS(NO_DATA), REASON_NEVER_REPORTED);
    expect(&record, day(2023, 7, 2), IS(NO_DATA), REASON_OVERDUE);
    struct judgement judgement =
        record_judge_at(&record, NULL, (struct as_of){UINT64_MAX, day(2023, 7, 2)});
    cr_assert_eq(judgement.overdue_total, 1);
    cr_expect_str_eq(judgement.overdue[0].part->id, "a");
    cr_expect_eq(judgement.overdue_days, 2, "the second day after the 30th of June has begun");
    record_free(&record);
}

Test(milestone, case_16_stages_count_by_their_weights_and_withdrawal_lowers, .timeout = 10)
{
    struct record record = record_of(PARTS BY_2025);
    const struct as_of now = {UINT64_MAX, day(2022, 6, 1)};
    record_milestone(&record, "a", 'S', "2022-01-10");
    struct judgement judgement = record_judge_at(&record, NULL, now);
    expect_number(&judgement, NUMBER_COMPLETION, 0.5 / 3, 1e-12);
    expect_number(&judgement, NUMBER_VALUE, 0, 1e-12);
    record_milestone(&record, "a", 'D', "2022-03-10");
    record_milestone(&record, "b", 'S', "2022-03-11");
    judgement = record_judge_at(&record, NULL, now);
    expect_number(&judgement, NUMBER_COMPLETION, 1.5 / 3, 1e-12);
    expect_number(&judgement, NUMBER_VALUE, 1, 1e-12);
    expect_number(&judgement, NUMBER_TARGET, 3, 1e-12);
    cr_expect_eq(judgement.verdict, IS(ON_TRACK));
    cr_expect_eq(judgement.period.period.part, 3, "of March, when the last change was");
    cr_expect_eq(judgement.evidence[0].sequence, 3, "the latest first");
    cr_expect_eq(judgement.evidence[1].sequence, 2, "the report that is in force");
    record_milestone(&record, "b", 'C', "2022-05-01");
    judgement = record_judge_at(&record, NULL, now);
    expect_number(&judgement, NUMBER_COMPLETION, 1.0 / 3, 1e-12);
    expect(&record, now.ms, IS(LAGGING), REASON_PART_CANCELLED);
    record_free(&record);
}

Test(milestone, the_weights_of_parts_and_stages_are_the_frameworks, .timeout = 10)
{
    struct record record =
        record_of("    method: milestone\n    stages: {planned: 0.1, started: 0.25}\n    parts:\n"
                  "      - {id: a, name: {zh: 甲, en: a}, weight: 0.75}\n"
                  "      - {id: b, name: {zh: 乙, en: b}, weight: 0.25}\n" BY_2025);
    record_milestone(&record, "a", 'S', "2022-01-10");
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_COMPLETION, 0.75 * 0.25 + 0.25 * 0.1, 1e-12);
    record_free(&record);
}

Test(milestone, a_part_is_overdue_after_its_own_day_or_the_targets_deadline, .timeout = 10)
{
    struct record record = record_of(PARTS BY_2025);
    record_milestone(&record, "a", 'S', "2022-01-10");
    expect(&record, day(2023, 6, 30), IS(ON_TRACK), REASON_NONE);
    expect(&record, day(2023, 7, 1), IS(LAGGING), REASON_PART_OVERDUE);
    record_milestone(&record, "a", 'D', "2023-08-10");
    record_milestone(&record, "b", 'D', "2024-08-10");
    expect(&record, day(2023, 8, 9), IS(LAGGING), REASON_PART_OVERDUE);
    expect(&record, day(2025, 12, 31), IS(ON_TRACK), REASON_NONE);
    expect(&record, day(2026, 1, 1), IS(MISSED), REASON_DEADLINE_MISSED);
    record_milestone(&record, "c", 'D', "2026-02-01");
    expect(&record, day(2026, 3, 1), IS(ACHIEVED), REASON_NONE);
    record_free(&record);
}

Test(milestone, a_report_may_take_the_days_that_the_framework_gives_it, .timeout = 10)
{
    struct record record = record_of("    due_days: 30\n" PARTS BY_2025);
    record_milestone(&record, "a", 'S', "2022-01-10");
    expect(&record, day(2023, 7, 30), IS(ON_TRACK), REASON_NONE);
    expect(&record, day(2023, 7, 31), IS(LAGGING), REASON_PART_OVERDUE);
    expect(&record, day(2026, 1, 30), IS(LAGGING), REASON_PART_OVERDUE);
    expect(&record, day(2026, 1, 31), IS(MISSED), REASON_DEADLINE_MISSED);
    record_free(&record);
}

Test(milestone, exempt_parts_do_not_count_and_all_exempt_is_exempt, .timeout = 10)
{
    struct record record = record_of(PARTS BY_2025);
    record_milestone(&record, "a", 'E', "2022-01-10");
    record_milestone(&record, "b", 'D', "2022-01-11");
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_COMPLETION, 0.5, 1e-12);
    expect(&record, day(2023, 7, 1), IS(ON_TRACK), REASON_NONE);
    record_milestone(&record, "b", 'E', "2022-02-10");
    record_milestone(&record, "c", 'E', "2022-02-10");
    expect(&record, day(2027, 7, 1), IS(EXEMPT), REASON_NONE);
    judgement = record_judge(&record, NULL);
    cr_expect_not(judgement_has(&judgement, NUMBER_COMPLETION), "nothing divided by nothing");
    record_free(&record);
}

Test(milestone, without_any_day_it_is_watched_until_it_is_done, .timeout = 10)
{
    struct record record = record_of("    method: milestone\n" STATED);
    expect(&record, UINT64_MAX, IS(NO_DATA), REASON_NEVER_REPORTED);
    record_milestone(&record, "", 'S', "2022-01-10");
    expect(&record, UINT64_MAX, IS(NO_TARGET), REASON_UNQUANTIFIED);
    record_milestone(&record, "", 'D', "2024-01-10");
    expect(&record, UINT64_MAX, IS(ACHIEVED), REASON_NONE);
    record_free(&record);
}

Test(milestone, a_target_that_should_have_a_day_and_has_none_cannot_be_judged, .timeout = 10)
{
    struct record record =
        record_of("    method: milestone\n    targets: [{id: x, undated: true}]\n");
    record_milestone(&record, "", 'S', "2022-01-10");
    expect(&record, UINT64_MAX, IS(NO_DATA), REASON_NO_DEADLINE);
    record_free(&record);
}

Test(milestone, completion_is_held_against_the_time_since_work_began, .timeout = 10)
{
    struct record record =
        record_of("    method: milestone\n    start: 2022-01-01\n" BY_2025); /* four years */
    record_milestone(&record, "", 'S', "2022-01-01");
    struct judgement judgement =
        record_judge_at(&record, NULL, (struct as_of){UINT64_MAX, day(2024, 1, 1)});
    cr_expect(judgement.numbers[NUMBER_TIME_SHARE] > 0.49 &&
              judgement.numbers[NUMBER_TIME_SHARE] < 0.51);
    expect(&record, day(2022, 1, 1), IS(ON_TRACK), REASON_NONE);
    expect(&record, day(2024, 1, 10), IS(ON_TRACK), REASON_NONE);
    expect(&record, day(2024, 4, 1), IS(ACCELERATE), REASON_NONE);
    expect(&record, day(2024, 9, 1), IS(LAGGING), REASON_NONE);
    record_free(&record);
}

Test(milestone, as_of_a_moment_later_reports_and_days_to_come_do_not_count, .timeout = 10)
{
    struct record record = record_of("    method: milestone\n" STATED);
    record_milestone(&record, "", 'S', "2022-01-10");
    record_milestone(&record, "", 'D', "2024-01-10");
    struct judgement judgement = record_judge_at(&record, NULL, (struct as_of){1, UINT64_MAX});
    cr_expect_eq(judgement.verdict, IS(NO_TARGET));
    judgement = record_judge_at(&record, NULL, (struct as_of){2, day(2023, 1, 1)});
    cr_expect_eq(judgement.verdict, IS(NO_TARGET), "done on a day that has not come");
    record_free(&record);
}

Test(milestone, the_order_and_repetition_of_reports_make_no_difference, .timeout = 10)
{
    static const char states[] = {'S', 'D', 'C', 'P'};
    struct record forwards = record_of(PARTS BY_2025), backwards = record_of(PARTS BY_2025);
    for (int i = 0; i < 24; i++) {
        forwards.sequence = (uint64_t)i;
        record_milestone(&forwards, i % 3 == 0 ? "a" : "b", states[i % 4], "2022-01-10");
        backwards.sequence = (uint64_t)(23 - i);
        record_milestone(&backwards, (23 - i) % 3 == 0 ? "a" : "b", states[(23 - i) % 4],
                         "2022-01-10");
    }
    struct evaluation_counts before = evaluation_counts(backwards.evaluation);
    backwards.sequence = 7;
    record_milestone(&backwards, "a", 'D', "2023-01-10"); /* an address that is there */
    struct evaluation_counts after = evaluation_counts(backwards.evaluation);
    cr_expect_eq(after.repeated, before.repeated + 1);
    cr_expect_eq(after.milestones, before.milestones);
    struct judgement a = record_judge(&forwards, NULL), b = record_judge(&backwards, NULL);
    cr_expect_eq(a.verdict, b.verdict);
    cr_expect_eq(a.has, b.has);
    cr_expect_arr_eq(a.numbers, b.numbers, sizeof a.numbers);
    cr_expect_arr_eq(a.evidence, b.evidence, sizeof a.evidence);
    record_free(&forwards);
    record_free(&backwards);
}

Test(milestone, reports_that_cannot_be_right_are_refused, .timeout = 10)
{
    struct record record = record_of(PARTS BY_2025);
    Songhua__V1__Milestone milestone = SONGHUA__V1__MILESTONE__INIT;
    const struct address address = {1, 0};
    milestone.indicator = "x";
    milestone.date = "2022-02-30";
    cr_expect_eq(evaluation_add_milestone(record.evaluation, 220000, &milestone, address, 1),
                 ERR_USAGE);
    milestone.date = "2022-02-28";
    milestone.state = (Songhua__V1__MilestoneState)5;
    cr_expect_eq(evaluation_add_milestone(record.evaluation, 220000, &milestone, address, 1),
                 ERR_USAGE);
    milestone.state = SONGHUA__V1__MILESTONE_STATE__MILESTONE_DONE;
    cr_expect_eq(
        evaluation_add_milestone(record.evaluation, 220000, &milestone, address, day(2022, 2, 26)),
        ERR_USAGE, "two days before it was done");
    milestone.indicator = "";
    cr_expect_eq(evaluation_add_milestone(record.evaluation, 220000, &milestone, address, 1),
                 ERR_USAGE);
    cr_expect_eq(evaluation_counts(record.evaluation).milestones, 0);
    record_free(&record);
}

Test(milestone, many_items_and_regions_are_kept_apart, .timeout = 20)
{
    struct record record = record_of(PARTS BY_2025);
    char id[16];
    Songhua__V1__Milestone milestone = SONGHUA__V1__MILESTONE__INIT;
    milestone.indicator = id;
    milestone.date = "2022-02-28";
    milestone.state = SONGHUA__V1__MILESTONE_STATE__MILESTONE_DONE;
    for (uint32_t i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "y%u", i / 10);
        cr_assert_eq(evaluation_add_milestone(record.evaluation, 220000 + i % 10, &milestone,
                                              (struct address){i + 1, 0}, 0),
                     ERR_OK);
    }
    cr_expect_eq(evaluation_counts(record.evaluation).milestones, 1000);
    expect(&record, UINT64_MAX, IS(NO_DATA), REASON_NEVER_REPORTED);
    record_free(&record);
}

/* --- duties ------------------------------------------------------------------------------------- */

#define YEARLY "    method: recurring\n    cadence: annual\n    due_days: 90\n"

Test(recurring, case_17_a_duty_is_due_each_period_and_late_by_days, .timeout = 10)
{
    struct record record = record_of(YEARLY STATED);
    expect(&record, day(2024, 6, 1), IS(NO_DATA), REASON_NEVER_REPORTED);
    record_milestone(&record, "2022", 'D', "2023-02-01");
    expect(&record, day(2024, 3, 30), IS(ON_TRACK), REASON_NONE);
    expect(&record, day(2024, 4, 1), IS(LAGGING), REASON_DUTY_OVERDUE);
    struct judgement judgement =
        record_judge_at(&record, NULL, (struct as_of){UINT64_MAX, day(2024, 4, 10)});
    cr_assert_eq(judgement.overdue_total, 1);
    cr_expect_eq(judgement.overdue[0].period.period.year, 2023);
    cr_expect_eq(judgement.overdue_days, 11, "since the 30th of March");
    expect_number(&judgement, NUMBER_VALUE, 1, 1e-12);
    expect_number(&judgement, NUMBER_TARGET, 2, 1e-12);
    expect_number(&judgement, NUMBER_COMPLETION, 0.5, 1e-12);
    expect(&record, day(2025, 4, 2), IS(MISSED), REASON_DUTY_OVERDUE);
    record_free(&record);
}

Test(recurring, done_after_its_day_is_done_late_by_so_many_days, .timeout = 10)
{
    struct record record = record_of(YEARLY STATED);
    record_milestone(&record, "2022", 'D', "2023-02-01");
    record_milestone(&record, "2023年", 'D', "2024-04-10"); /* any form of the period */
    expect(&record, day(2024, 6, 1), IS(ON_TRACK), REASON_DONE_LATE);
    struct judgement judgement =
        record_judge_at(&record, NULL, (struct as_of){UINT64_MAX, day(2024, 6, 1)});
    cr_expect_eq(judgement.overdue_days, 11);
    cr_expect_eq(judgement.overdue_total, 0);
    cr_expect_eq(judgement.period.period.year, 2023);
    record_free(&record);
}

Test(recurring, a_period_left_out_shows_until_it_is_exempt, .timeout = 10)
{
    struct record record = record_of(YEARLY STATED);
    record_milestone(&record, "2021", 'D', "2022-02-01");
    record_milestone(&record, "2023", 'D', "2024-02-01");
    expect(&record, day(2024, 6, 1), IS(ACCELERATE), REASON_DUTY_GAP);
    record_milestone(&record, "2022", 'E', "2024-03-01");
    expect(&record, day(2024, 6, 1), IS(ON_TRACK), REASON_NONE);
    record_free(&record);
}

Test(recurring, every_third_year_is_due_every_third_year, .timeout = 10)
{
    struct record record = record_of(YEARLY "    since: 2024\n    every: 3\n" STATED);
    expect(&record, day(2025, 3, 1), IS(NO_DATA), REASON_NOT_DUE);
    expect(&record, day(2025, 6, 1), IS(NO_DATA), REASON_OVERDUE);
    record_milestone(&record, "2024", 'D', "2025-07-01");
    expect(&record, day(2027, 6, 1), IS(ON_TRACK), REASON_DONE_LATE);
    expect(&record, day(2028, 3, 1), IS(ON_TRACK), REASON_DONE_LATE);
    expect(&record, day(2028, 6, 1), IS(LAGGING), REASON_DUTY_OVERDUE);
    record_free(&record);
}

Test(recurring, a_figure_above_zero_for_the_period_shows_it_done, .timeout = 10)
{
    struct record record = record_of(YEARLY STATED);
    record_add(&record, "2022", "120", 'A'); /* so many were selected */
    expect(&record, day(2024, 3, 1), IS(ON_TRACK), REASON_NONE);
    expect(&record, day(2024, 6, 1), IS(LAGGING), REASON_DUTY_OVERDUE);
    record_add(&record, "2023", "0", 'A');
    expect(&record, day(2024, 6, 1), IS(LAGGING), REASON_DUTY_OVERDUE);
    record_add(&record, "2023", "80", 'A');
    expect(&record, day(2024, 6, 1), IS(ON_TRACK), REASON_NONE);
    record_free(&record);
}

Test(recurring, without_a_moment_nothing_is_due, .timeout = 10)
{
    struct record record = record_of(YEARLY STATED);
    record_milestone(&record, "2021", 'D', "2022-02-01");
    expect(&record, UINT64_MAX, IS(ON_TRACK), REASON_NONE);
    record_free(&record);
}

/* --- the recent trend --------------------------------------------------------------------------- */

#define TREND                                                                                      \
    "    direction: up\n    method: sdsn_trend\n    targets:\n"                                    \
    "      - {id: \"2030\", comparator: \">=\", value: 100, deadline: 2030}\n"                     \
    "    baselines: [{region: 220000, period: 2015, value: 40}]\n" /* four a year are needed */

static struct judgement trend_of(const char *from, const char *to)
{
    struct record record = record_of(TREND);
    record_add(&record, "2015", "40", 'A');
    record_add(&record, "2019", from, 'A');
    record_add(&record, "2023", to, 'A');
    struct judgement judgement = record_judge(&record, NULL);
    record_free(&record);
    return judgement;
}

Test(sdsn_trend, four_arrows_by_the_change_of_the_recent_years, .timeout = 10)
{
    static const struct {
        const char *to;
        Songhua__V1__Judgement verdict;
        double ratio;
    } cases[] = {{"49.9", IS(MOVING_AWAY), -0.00625}, {"50", IS(LAGGING), 0},
                 {"57.9", IS(LAGGING), 0.49375},      {"58", IS(ACCELERATE), 0.5},
                 {"65.9", IS(ACCELERATE), 0.99375},   {"66", IS(ON_TRACK), 1},
                 {"100", IS(ACHIEVED), 3.125}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judgement judgement = trend_of("50", cases[i].to);
        cr_expect_eq(judgement.verdict, cases[i].verdict, "%s: %s", cases[i].to,
                     verdict_name(judgement.verdict));
        expect_number(&judgement, NUMBER_RATIO, cases[i].ratio, 1e-12);
    }
}

Test(sdsn_trend, less_is_better_where_the_framework_says_so, .timeout = 10)
{
    struct record record =
        record_of("    direction: down\n    method: sdsn_trend\n    targets:\n"
                  "      - {id: \"2030\", comparator: \"<=\", value: 10, deadline: 2030}\n"
                  "    baselines: [{region: 220000, period: 2015, value: 40}]\n"); /* two a year */
    record_add(&record, "2019", "30", 'A');
    record_add(&record, "2023", "22", 'A');
    cr_expect_eq(record_judge(&record, NULL).verdict, IS(ON_TRACK));
    record_add(&record, "2023", "31", 'A');
    cr_expect_eq(record_judge(&record, NULL).verdict, IS(MOVING_AWAY));
    record_free(&record);
}

Test(sdsn_trend, without_two_recent_figures_there_is_no_arrow, .timeout = 10)
{
    struct record record = record_of(TREND);
    record_add(&record, "2018", "50", 'A'); /* five years before */
    record_add(&record, "2023", "66", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.verdict, IS(NO_DATA));
    cr_expect_eq(judgement.reason, REASON_TOO_SHORT);
    record_free(&record);
}

Test(sdsn_trend, a_target_equal_to_the_baseline_has_no_arrow, .timeout = 10)
{
    struct record record =
        record_of("    direction: up\n    method: sdsn_trend\n    targets:\n"
                  "      - {id: \"2030\", comparator: \">\", value: 40, deadline: 2030}\n"
                  "    baselines: [{region: 220000, period: 2015, value: 40}]\n");
    record_add(&record, "2019", "40", 'A');
    record_add(&record, "2023", "40", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.verdict, IS(LAGGING));
    cr_expect_eq(judgement.reason, REASON_NO_REQUIRED_GROWTH);
    cr_expect_not(judgement_has(&judgement, NUMBER_RATIO));
    record_free(&record);
}

Test(milestone, parts_that_weigh_nothing_have_no_completion, .timeout = 10)
{
    struct record record = record_of("    method: milestone\n    parts:\n"
                                     "      - {id: a, name: {zh: 甲, en: a}, weight: 0}\n" BY_2025);
    record_milestone(&record, "a", 'S', "2022-01-10");
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.verdict, IS(ON_TRACK));
    cr_expect_not(judgement_has(&judgement, NUMBER_COMPLETION));
    record_free(&record);
}
