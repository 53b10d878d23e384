#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <math.h>

Test(linear_path, case_14_a_rank_falls_in_a_straight_line, .timeout = 10)
{
    struct record record = record_of(
        "    direction: down\n    method: linear_path\n    targets:\n"
        "      - {id: t, comparator: \"<=\", value: 16, deadline: 2030}\n" BASE("2020", "24"));
    record_add(&record, "2025", "21", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_RATIO, 0.75, 1e-12);
    expect_number(&judgement, NUMBER_REQUIRED_NOW, 20, 1e-12);
    expect_number(&judgement, NUMBER_GAP, 1, 1e-12);
    cr_expect_eq(judgement.verdict, IS(ACCELERATE));
    record_free(&record);
}

Test(linear_path, a_base_beyond_the_target_that_is_lost_moves_away, .timeout = 10)
{
    struct record record = record_of(
        "    direction: up\n    method: linear_path\n    targets:\n"
        "      - {id: t, comparator: \">=\", value: 3, deadline: 2030}\n" BASE("2020", "5"));
    record_add(&record, "2025", "2", 'A');
    cr_expect_eq(record_judge(&record, NULL).verdict, IS(MOVING_AWAY));
    record_free(&record);
}

Test(linear_path, where_target_equals_base_only_the_change_is_judged, .timeout = 10)
{
    struct record record = record_of(
        "    direction: up\n    method: linear_path\n    targets:\n"
        "      - {id: t, comparator: \">\", value: 5, deadline: 2030}\n" BASE("2020", "5"));
    record_add(&record, "2025", "5", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(LAGGING), REASON_NO_REQUIRED_GROWTH);
    record_free(&record);
}

#define RATCHET                                                                                    \
    "    direction: up\n    method: non_decreasing\n    targets:\n      - {id: growth}\n"

Test(non_decreasing, case_18_each_figure_is_held_against_the_one_before, .timeout = 10)
{
    struct record record = record_of(RATCHET);
    record_add(&record, "2023", "11.21", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(NO_DATA), REASON_TOO_SHORT);
    record_add(&record, "2024", "12.25", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ON_TRACK), REASON_NONE);
    record_add(&record, "2025", "12.250", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ON_TRACK), REASON_NONE);
    record_add(&record, "2026", "12.24", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(MOVING_AWAY), REASON_DECREASED);
    expect_number(&judgement, NUMBER_GAP, 0.01, 1e-12);
    cr_expect_eq(judgement.evidence[0].sequence, 4);
    cr_expect_eq(judgement.evidence[1].sequence, 3);
    record_free(&record);
}

Test(non_decreasing, case_18_a_number_is_reached_first_and_from_then_on_none_may_fall,
     .timeout = 10)
{
    struct record record = record_of(
        "    direction: up\n    method: non_decreasing\n    targets:\n"
        "      - {id: fund, comparator: \">=\", value: 10, deadline: 2030}\n" BASE("2020", "5"));
    record_add(&record, "2021", "5.6", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_RATIO, 0.12 / (pow(2, 0.1) - 1), 1e-12);
    expect_verdict(&judgement, IS(ON_TRACK), REASON_NONE);
    record_add(&record, "2022", "5.5", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACCELERATE), REASON_NONE); /* a fall, but the way is long */
    record_add(&record, "2023", "10", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    record_add(&record, "2024", "12", 'A');
    record_add(&record, "2025", "11", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(MOVING_AWAY), REASON_DECREASED);
    cr_expect_not(judgement_has(&judgement, NUMBER_POINTS));
    record_add(&record, "2026", "11", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    record_add(&record, "2027", "8", 'A');
    record_add(&record, "2028", "8.5", 'A');
    judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_TARGET, 10, 0);
    expect_verdict(&judgement, IS(ON_TRACK), REASON_NONE); /* the way back to it */
    record_free(&record);
}

Test(non_decreasing, a_break_is_not_a_decrease, .timeout = 10)
{
    struct record record = record_of(RATCHET);
    record_add(&record, "2023", "11.21", 'A');
    record_add(&record, "2024", "9.00", 'B');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(NO_DATA), REASON_SERIES_BREAK);
    record_free(&record);
}

Test(no_target, what_is_only_watched_shows_its_latest_figure_and_its_growth, .timeout = 10)
{
    struct record record = record_of("    direction: up\n");
    struct judgement judgement = record_judge(&record, "");
    expect_verdict(&judgement, IS(NO_DATA), REASON_NEVER_REPORTED);
    record_add(&record, "2020", "100", 'A');
    judgement = record_judge(&record, "");
    expect_verdict(&judgement, IS(NO_TARGET), REASON_UNQUANTIFIED);
    cr_expect_not(judgement_has(&judgement, NUMBER_GROWTH));
    record_add(&record, "2022", "121", 'A');
    judgement = record_judge(&record, "");
    expect_number(&judgement, NUMBER_VALUE, 121, 0);
    expect_number(&judgement, NUMBER_GROWTH, 0.1, 1e-12);
    record_free(&record);
}

Test(no_target, a_target_without_number_is_said_to_be_one, .timeout = 10)
{
    struct record record = record_of("    direction: up\n    method: cagr_target\n    targets:\n"
                                     "      - {id: stated, quantified: false, deadline: 2025}\n");
    record_add(&record, "2023", "7", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(NO_TARGET), REASON_UNQUANTIFIED);
    record_free(&record);
}

Test(method, one_that_this_version_lacks_is_no_data_unless_the_target_is_met, .timeout = 10)
{
    struct record record = record_of("    direction: up\n    method: coverage\n    targets:\n"
                                     "      - {id: full, comparator: \"=\", value: 100}\n");
    record.framework->indicators[0].method = METHOD_COUNT; /* as of a later version's document */
    record_add(&record, "2023", "37.5", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(NO_DATA), REASON_NO_METHOD);
    record_add(&record, "2024", "100.0", 'A');
    judgement = record_judge(&record, NULL);
    expect_verdict(&judgement, IS(ACHIEVED), REASON_NONE);
    record_free(&record);
}
