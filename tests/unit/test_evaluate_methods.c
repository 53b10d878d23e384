#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <math.h>

static struct judgement judge_figure(const char *indicator, const char *period, const char *value)
{
    struct record record = record_of(indicator);
    record_add(&record, period, value, 'A');
    struct judgement judgement = record_judge(&record, NULL);
    record_free(&record); /* what is looked at afterwards is held by value */
    return judgement;
}

static struct judgement judge_growth(const char *from, const char *to)
{
    struct record record = record_of("    direction: up\n    method: cagr_no_target\n");
    record_add(&record, "2020", from, 'A');
    record_add(&record, "2021", to, 'A');
    struct judgement judgement = record_judge(&record, NULL);
    record_free(&record);
    return judgement;
}

static void expect_points(const struct judgement *judgement, double wanted)
{
    cr_assert(judgement_has(judgement, NUMBER_POINTS));
    cr_expect(fabs(judgement->numbers[NUMBER_POINTS] - wanted) < 1e-9, "%.12g instead of %g",
              judgement->numbers[NUMBER_POINTS], wanted);
}

Test(cagr_no_target, every_class_and_its_points, .timeout = 10)
{
    static const struct {
        const char *to;
        Songhua__V1__Judgement verdict;
        double points;
    } cases[] = {
        {"102.5", IS(ON_TRACK), 5},      {"101.75", IS(ON_TRACK), 3.75},
        {"101.0", IS(ACCELERATE), 1.25}, {"100.25", IS(LAGGING), -1.25},
        {"100.0", IS(LAGGING), -2.5},    {"99.0", IS(MOVING_AWAY), -3.75},
        {"90.0", IS(MOVING_AWAY), -5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct judgement judgement = judge_growth("100", cases[i].to);
        cr_expect_eq(judgement.verdict, cases[i].verdict, "%s", cases[i].to);
        expect_points(&judgement, cases[i].points);
    }
}

Test(cagr_no_target, less_growth_is_asked_for_near_a_natural_limit, .timeout = 10)
{
    const char *limited = "    direction: up\n    method: cagr_no_target\n    limit: 100\n";
    struct record record = record_of(limited);
    record_add(&record, "2020", "95", 'A');
    record_add(&record, "2021", "95.5", 'A'); /* 0.526 %; c = 0.2036, so 1.5 % becomes 0.305 % */
    cr_expect_eq(record_judge(&record, NULL).verdict, IS(ON_TRACK));
    record_free(&record);
    cr_expect_eq(judge_growth("95", "95.5").verdict, IS(ACCELERATE));
}

Test(cagr_no_target, standing_at_the_limit_is_enough, .timeout = 10)
{
    struct record record =
        record_of("    direction: up\n    method: cagr_no_target\n    limit: 100\n");
    record_add(&record, "2020", "100", 'A');
    record_add(&record, "2021", "100", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.verdict, IS(ON_TRACK));
    expect_points(&judgement, 5);
    record_free(&record);
}

Test(cagr_no_target, figures_of_two_signs_or_a_single_one_have_no_growth, .timeout = 10)
{
    struct judgement judgement = judge_growth("-1", "1");
    cr_expect_eq(judgement.verdict, IS(NO_DATA));
    judgement = judge_figure("    direction: up\n    method: cagr_no_target\n", "2020", "5");
    cr_expect_eq(judgement.verdict, IS(NO_DATA));
    cr_expect_eq(judgement.reason, REASON_TOO_SHORT);
}

Test(cagr_no_target, of_all_negative_figures_less_deep_is_more, .timeout = 10)
{
    cr_expect_eq(judge_growth("-100", "-90").verdict, IS(ON_TRACK));
    cr_expect_eq(judge_growth("-100", "-110").verdict, IS(MOVING_AWAY));
}

Test(schedule, its_cuts_are_those_of_project_practice, .timeout = 10)
{
    static const char *const schedule =
        "    direction: up\n    method: schedule\n    targets:\n"
        "      - {id: \"2030\", comparator: \">=\", value: 100, deadline: 2030}\n" BASE("2020",
                                                                                        "0");
    cr_expect_eq(judge_figure(schedule, "2025", "47.5").verdict, IS(ON_TRACK));
    cr_expect_eq(judge_figure(schedule, "2025", "40").verdict, IS(ACCELERATE));
    cr_expect_eq(judge_figure(schedule, "2025", "39.9").verdict, IS(LAGGING));
    cr_expect_eq(judge_figure(schedule, "2025", "-1").verdict, IS(MOVING_AWAY));
    cr_expect_eq(judge_figure(schedule, "2025", "100").verdict, IS(ACHIEVED));
}

Test(coverage, three_zones_of_eight_at_the_start_are_judged_on_a_straight_path, .timeout = 10)
{
    static const char *const zones =
        "    direction: up\n    method: coverage\n    targets:\n"
        "      - {id: \"2025\", comparator: \">=\", value: 8, deadline: 2025}\n" BASE("2020", "3");
    cr_expect_eq(judge_figure(zones, "2022", "5").verdict, IS(ON_TRACK));
    cr_expect_eq(judge_figure(zones, "2023", "5").verdict, IS(ACCELERATE));
    cr_expect_eq(judge_figure(zones, "2023", "4").verdict, IS(LAGGING));
    cr_expect_eq(judge_figure(zones, "2023", "8").verdict, IS(ACHIEVED));
}

Test(coverage, case_15_the_number_of_things_is_the_frameworks_in_force, .timeout = 10)
{
    struct record eight = record_of(
        "    direction: up\n    method: coverage\n    targets:\n"
        "      - {id: \"2025\", comparator: \">=\", value: 8, deadline: 2025}\n" BASE("2020", "0"));
    struct record ten =
        record_of("    direction: up\n    method: coverage\n    targets:\n"
                  "      - {id: \"2025\", comparator: \">=\", value: 10, deadline: 2025}\n" BASE(
                      "2020", "0"));
    record_add(&eight, "2023", "4", 'A');
    cr_assert_eq(evaluation_set_framework(eight.evaluation, ten.framework, (struct address){5, 0}),
                 ERR_OK);
    struct judgement judgement = record_judge_at(&eight, NULL, (struct as_of){4, UINT64_MAX});
    cr_expect_eq(judgement.numbers[NUMBER_COMPLETION], 0.5);
    eight.sequence = 5;
    struct framework *first = eight.framework;
    eight.framework = ten.framework;
    judgement = record_judge(&eight, NULL);
    cr_expect_eq(judgement.numbers[NUMBER_COMPLETION], 0.4);
    eight.framework = first;
    record_free(&eight);
    record_free(&ten);
}

Test(rank, a_smaller_place_is_better_on_a_straight_path, .timeout = 10)
{
    static const char *const place =
        "    direction: down\n    method: rank\n    targets:\n"
        "      - {id: \"2035\", comparator: \"<=\", value: 15, deadline: 2035}\n" BASE("2020",
                                                                                       "25");
    cr_expect_eq(judge_figure(place, "2026", "21").verdict, IS(ON_TRACK));
    cr_expect_eq(judge_figure(place, "2026", "22").verdict, IS(ACCELERATE));
    cr_expect_eq(judge_figure(place, "2026", "25").verdict, IS(LAGGING));
    cr_expect_eq(judge_figure(place, "2026", "26").verdict, IS(MOVING_AWAY));
    cr_expect_eq(judge_figure(place, "2026", "15").verdict, IS(ACHIEVED));
}
