#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <math.h>

#define UP(target)                                                                                 \
    "    direction: up\n    method: cagr_target\n    due_days: 300\n    targets:\n      - " target \
    "\n"
#define RD UP("{id: \"2025\", comparator: \">\", value: 2.00, deadline: 2025}") BASE("2020", "1.30")

Test(cagr_target, projections_come_from_the_last_three_yearly_rates, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2019", "5", 'A'); /* the fourth last rate is not used */
    record_add(&record, "2020", "1.30", 'A');
    record_add(&record, "2021", "1.40", 'A');
    record_add(&record, "2022", "1.46", 'A');
    record_add(&record, "2023", "1.55", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_PROJECTED_LOW, 1.55 * pow(1.46 / 1.40, 2), 1e-12);
    expect_number(&judgement, NUMBER_PROJECTED_MID, 1.55 * pow(1.55 / 1.46, 2), 1e-12);
    expect_number(&judgement, NUMBER_PROJECTED_HIGH, 1.55 * pow(1.40 / 1.30, 2), 1e-12);
    record_free(&record);
}

Test(cagr_target, of_two_rates_the_middle_is_their_mean_and_of_one_all_are_that_one, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2022", "1.40", 'A');
    record_add(&record, "2023", "1.54", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_PROJECTED_LOW, 1.54 * 1.1 * 1.1, 1e-12);
    expect_number(&judgement, NUMBER_PROJECTED_HIGH, 1.54 * 1.1 * 1.1, 1e-12);
    record_add(&record, "2021", "1.40", 'A');
    judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_PROJECTED_LOW, 1.54, 1e-12);
    expect_number(&judgement, NUMBER_PROJECTED_MID, 1.54 * 1.05 * 1.05, 1e-12);
    record_free(&record);
}

Test(cagr_target, one_figure_alone_projects_nothing, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2023", "1.55", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_not(judgement_has(&judgement, NUMBER_PROJECTED_MID));
    record_free(&record);
}

Test(cagr_target, figures_that_are_not_positive_project_by_differences, .timeout = 10)
{
    struct record record =
        record_of(UP("{id: t, comparator: \">=\", value: 10, deadline: 2025}") BASE("2020", "-4"));
    record_add(&record, "2022", "-1", 'A');
    record_add(&record, "2023", "2", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_PROJECTED_MID, 8, 1e-12);
    record_free(&record);
}
