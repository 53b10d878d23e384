#include "tests/support/record.h"

#include "consumers/scorer/judgement_report.h"
#include "proto/base/buffer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* EVALUATION-METHODS.md 2.10 case 8, 2.7. */

#define SKY(outlook) SONGHUA__V1__OUTLOOK__OUTLOOK_##outlook
#define TARGET(method, comparator, value)                                                          \
    "    direction: up\n    method: " method                                                       \
    "\n    targets:\n      - {id: t, comparator: \"" comparator "\", value: " value                \
    ", deadline: 2030}\n"
#define FROM(period) "    baselines:\n      - {region: 220000, period: " period "}\n"

/* One figure a year from 2016 on; NULL: a year without. */
static struct record record_years(const char *more, const char *const *values)
{
    struct record record = record_of(more);
    char period[PERIOD_TEXT_BYTES];
    for (unsigned year = 2016; *values; values++, year++) {
        snprintf(period, sizeof period, "%u", year);
        if (**values)
            record_add(&record, period, *values, 'A');
    }
    return record;
}

static struct judgement judge_years(const char *more, const char *const *values)
{
    struct record record = record_years(more, values);
    struct judgement judgement = record_judge(&record, NULL);
    record_free(&record);
    return judgement;
}

#define YEARS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect_none(const struct judgement *judgement)
{
    cr_expect_eq(judgement->recent, IS(NO_DATA), "%s", verdict_name(judgement->recent));
    cr_expect_eq(judgement->outlook, SKY(NONE), "%s", outlook_name(judgement->outlook));
    cr_expect_not(judgement->recent_since.is_set || judgement->slope_since.is_set);
    for (int i = NUMBER_RECENT_RATE; i <= NUMBER_SLOPE_MISS; i++)
        cr_expect_not(judgement_has(judgement, (enum judgement_number)i));
}

Test(second_look, case_8_both_stand_beside_the_judgement_of_a_series_that_rises_and_falls,
     .timeout = 10)
{
    struct judgement judgement = judge_years(TARGET("cagr_target", ">=", "200") FROM("2016"),
                                             YEARS("100", "110", "80", "90", "100", "121"));
    double required = pow(2, 1.0 / 14) - 1;
    cr_expect_eq(judgement.verdict, IS(ACCELERATE), "%s", verdict_name(judgement.verdict));
    expect_number(&judgement, NUMBER_RECENT_RATE, sqrt(121.0 / 90) - 1, 1e-12);
    expect_number(&judgement, NUMBER_RECENT_RATIO, (sqrt(121.0 / 90) - 1) / required, 1e-12);
    cr_expect_eq(judgement.recent, IS(ON_TRACK));
    cr_expect_eq(judgement.recent_since.period.year, 2019);
    expect_number(&judgement, NUMBER_SLOPE, 4.2, 1e-12);
    expect_number(&judgement, NUMBER_SLOPE_VALUE, 121 + 9 * 4.2, 1e-12);
    expect_number(&judgement, NUMBER_SLOPE_MISS, (200 - 158.8) / (200 - 121), 1e-12);
    cr_expect_eq(judgement.outlook, SKY(CLOUD));
    cr_expect_eq(judgement.slope_since.period.year, 2016);
    cr_assert_eq(judgement.evidence_count, 6, "each figure that it rests on");
    for (size_t i = 0; i < 6; i++)
        cr_expect_eq(judgement.evidence[i].sequence, 6 - i);
}

Test(second_look, a_series_that_only_rises_or_only_falls_has_none, .timeout = 10)
{
    static const char *const target = TARGET("cagr_target", ">=", "200") FROM("2016");
    struct judgement up = judge_years(target, YEARS("100", "101", "101", "102", "103", "104"));
    struct judgement down = judge_years(target, YEARS("100", "99", "99", "98", "97", "96"));
    expect_none(&up);
    expect_none(&down);
}

/* From 100 in 2016 by way of a fall; what is still to go is 9 years of it. */
static Songhua__V1__Outlook sky_at(const char *value, const char *latest)
{
    char more[400];
    snprintf(more, sizeof more,
             "    direction: up\n    method: linear_path\n    targets:\n"
             "      - {id: t, comparator: \">\", value: %s, deadline: 2030}\n" FROM("2016"),
             value);
    return judge_years(more, YEARS("100", "99", "99", "99", "99", latest)).outlook;
}

Test(second_look, the_weather_is_what_is_missed_of_what_is_still_to_go, .timeout = 10)
{
    cr_expect_eq(sky_at("119", "110"), SKY(SUN), "beyond it");
    cr_expect_eq(sky_at("128", "110"), SKY(SUN), "exactly there");
    cr_expect_eq(sky_at("129", "110"), SKY(SLIGHTLY_CLOUDY), "one of 19");
    cr_expect_eq(sky_at("132.5", "110"), SKY(SLIGHTLY_CLOUDY), "a fifth");
    cr_expect_eq(sky_at("132.6", "110"), SKY(CLOUD));
    cr_expect_eq(sky_at("200", "100"), SKY(THUNDERSTORM), "no improvement");
    cr_expect_eq(sky_at("200", "99.5"), SKY(THUNDERSTORM));
}

Test(second_look, at_a_target_to_be_passed_any_improvement_is_sun, .timeout = 10)
{
    cr_expect_eq(sky_at("110", "110"), SKY(SUN));
    struct judgement judgement = judge_years(TARGET("linear_path", ">", "110") FROM("2016"),
                                             YEARS("100", "99", "99", "99", "99", "110"));
    cr_expect_not(judgement_has(&judgement, NUMBER_SLOPE_MISS), "there is nothing to go");
}

Test(second_look, where_less_is_better_a_fall_is_the_improvement, .timeout = 10)
{
    struct judgement judgement =
        judge_years("    direction: down\n    method: linear_path\n    targets:\n"
                    "      - {id: t, comparator: \"<=\", value: 50, deadline: 2030}\n" FROM("2016"),
                    YEARS("100", "101", "90", "80", "82", "75"));
    expect_number(&judgement, NUMBER_SLOPE, -5, 1e-12);
    cr_expect_eq(judgement.outlook, SKY(SUN));
    expect_number(&judgement, NUMBER_RECENT_RATE, -2.5, 1e-12);
    cr_expect_eq(judgement.recent, IS(ACCELERATE), "2.5 of 50/14 a year");
}

Test(second_look, five_figures_have_no_slope_and_two_no_recent_judgement, .timeout = 10)
{
    static const char *const target = TARGET("cagr_target", ">=", "200") FROM("2016");
    struct judgement five = judge_years(target, YEARS("100", "90", "95", "99", "104"));
    cr_expect_eq(five.outlook, SKY(NONE));
    cr_expect_neq(five.recent, IS(NO_DATA));
    struct judgement two =
        judge_years(TARGET("cagr_target", ">=", "200") BASE("2015", "99"), YEARS("105", "104"));
    cr_expect_eq(two.verdict, IS(LAGGING));
    expect_none(&two);
}

Test(second_look, the_frameworks_baseline_is_a_point_of_the_course, .timeout = 10)
{
    struct judgement judgement = judge_years(TARGET("cagr_target", ">=", "200") BASE("2015", "120"),
                                             YEARS("100", "110", "119"));
    cr_expect_eq(judgement.verdict, IS(MOVING_AWAY));
    cr_expect_eq(judgement.recent, IS(ON_TRACK), "it fell from 120 and has risen since");
}

Test(second_look, gap_years_are_not_filled, .timeout = 10)
{
    struct judgement judgement =
        judge_years(TARGET("linear_path", ">=", "200") FROM("2016"),
                    YEARS("100", "90", "", "", "99", "100", "", "107", "108"));
    expect_number(&judgement, NUMBER_RECENT_RATE, 8.0 / 3, 1e-12);
    cr_expect_eq(judgement.recent_since.period.year, 2021);
    cr_expect_eq(judgement.outlook, SKY(CLOUD));
    cr_expect_eq(judgement.slope_since.period.year, 2016);
    expect_number(&judgement, NUMBER_SLOPE, 1, 1e-12);
}

Test(second_look, nothing_is_taken_across_a_break, .timeout = 10)
{
    struct record record =
        record_years(TARGET("cagr_target", ">=", "200") FROM("2022"), YEARS("100", "90", "95"));
    record_add(&record, "2022", "140", 'B');
    record_add(&record, "2023", "150", 'A');
    record_add(&record, "2024", "149", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.recent_since.period.year, 2022);
    cr_expect_eq(judgement.outlook, SKY(NONE), "three figures since the break");
    record_free(&record);
}

Test(second_look, months_are_held_against_the_same_month_of_other_years, .timeout = 10)
{
    struct record record = record_of(
        "    cadence: monthly\n    direction: up\n    method: linear_path\n    targets:\n"
        "      - {id: t, comparator: \">=\", value: 200, deadline: 2030-06}\n" FROM("2020-06"));
    static const char *const figures[][2] = {
        {"2020-06", "100"}, {"2020-12", "10"},  {"2021-06", "104"}, {"2021-12", "11"},
        {"2022-06", "108"}, {"2023-05", "300"}, {"2023-06", "112"}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        record_add(&record, figures[i][0], figures[i][1], 'A');
    struct judgement judgement = record_judge(&record, NULL);
    expect_none(&judgement);
    record_add(&record, "2024-06", "111", 'A');
    judgement = record_judge(&record, NULL);
    expect_number(&judgement, NUMBER_RECENT_RATE, 1.5, 1e-12);
    record_free(&record);
}

Test(second_look, what_is_decided_is_not_looked_at_again, .timeout = 10)
{
    static const char *const values[] = {"100", "110", "80", "90", "100", "121", NULL};
    struct judgement achieved =
        judge_years(TARGET("cagr_target", ">=", "121") FROM("2016"), values);
    struct judgement missed =
        judge_years("    direction: up\n    method: cagr_target\n    targets:\n"
                    "      - {id: t, comparator: \">\", value: 200, deadline: 2021}\n" FROM("2016"),
                    values);
    cr_expect_eq(achieved.verdict, IS(ACHIEVED));
    cr_expect_eq(missed.verdict, IS(MISSED));
    expect_none(&achieved);
    expect_none(&missed);
}

Test(second_look, each_method_has_its_own_cuts, .timeout = 10)
{
    static const char *const values[] = {"100", "120", "110", "119", "122", NULL};
    double change = (122.0 - 110) / 2, required = 110.0 / 14; /* 0.76 of it */
    struct judgement linear = judge_years(TARGET("linear_path", ">=", "210") FROM("2016"), values);
    struct judgement schedule = judge_years(TARGET("schedule", ">=", "210") FROM("2016"), values);
    struct judgement arrow = judge_years(TARGET("sdsn_trend", ">=", "210") FROM("2016"), values);
    expect_number(&linear, NUMBER_RECENT_RATIO, change / required, 1e-12);
    cr_expect_eq(linear.recent, IS(ACCELERATE));
    cr_expect_eq(schedule.recent, IS(LAGGING), "below 0.80");
    cr_expect_eq(arrow.recent, IS(ACCELERATE));
    struct judgement free_growth = judge_years("    direction: up\n    method: cagr_no_target\n",
                                               YEARS("100", "120", "110", "109", "112"));
    expect_number(&free_growth, NUMBER_RECENT_RATE, sqrt(112.0 / 110) - 1, 1e-12);
    cr_expect_eq(free_growth.verdict, IS(ON_TRACK));
    cr_expect_eq(free_growth.recent, IS(ACCELERATE), "0.9 % a year");
    cr_expect_eq(free_growth.outlook, SKY(NONE), "there is nothing to reach");
}

Test(second_look, it_is_in_the_score_and_in_the_report, .timeout = 10)
{
    struct record record = record_years(TARGET("cagr_target", ">=", "200") FROM("2016"),
                                        YEARS("100", "110", "80", "90", "100", "121"));
    struct judgement judgement = record_judge(&record, NULL);
    struct arena arena;
    struct buffer json;
    Songhua__V1__Score score;
    arena_init(&arena, 1 << 20);
    buffer_init(&json, 1 << 16);
    cr_assert_eq(score_from_judgement(&judgement, record.framework, &arena, &score), ERR_OK);
    cr_expect_eq(score.recent_judgement, IS(ON_TRACK));
    cr_expect_str_eq(score.recent_since, "2019");
    cr_expect_eq(score.outlook, SKY(CLOUD));
    cr_expect_str_eq(score.slope_since, "2016");
    cr_expect_eq(score.slope, judgement.numbers[NUMBER_SLOPE]);
    cr_assert_eq(judgement_to_json(&judgement, &json), ERR_OK);
    const char *text = buffer_text(&json);
    cr_expect_not_null(strstr(text, "\"recent_judgement\":\"on_track\",\"recent_since\":\"2019\""));
    cr_expect_not_null(strstr(text, "\"outlook\":\"cloud\",\"slope_since\":\"2016\""), "%s", text);
    cr_expect_not_null(strstr(text, "\"slope_miss\":0.52"));
    buffer_fini(&json);
    arena_fini(&arena);
    record_free(&record);
}
