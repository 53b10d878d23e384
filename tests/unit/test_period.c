#include "proto/event/period.h"

#include <criterion/criterion.h>

static struct period read(const char *text)
{
    struct period period = {0, 0, 0};
    cr_assert(period_parse(text, &period, NULL) == ERR_OK, "%s is refused", text);
    return period;
}

static void expect_canonical(const char *text, const char *canonical)
{
    char out[PERIOD_TEXT_BYTES];
    period_format(read(text), out);
    cr_expect_str_eq(out, canonical, "%s became %s", text, out);
}

static enum finding refusal(const char *text)
{
    struct period period;
    enum finding why = FINDING_NONE;
    cr_assert(period_parse(text, &period, &why) == ERR_USAGE, "%s is accepted", text);
    return why;
}

Test(period, every_spelling_has_one_canonical_text, .timeout = 10)
{
    expect_canonical("2024", "2024");
    expect_canonical("2024年", "2024");
    expect_canonical("2024-Q3", "2024-Q3");
    expect_canonical("2024Q3", "2024-Q3");
    expect_canonical("2024q3", "2024-Q3");
    expect_canonical("2024年3季度", "2024-Q3");
    expect_canonical("2024年第三季度", "2024-Q3");
    expect_canonical("2024年四季度", "2024-Q4");
    expect_canonical("2024-06", "2024-06");
    expect_canonical("202406", "2024-06");
    expect_canonical("2024年6月", "2024-06");
    expect_canonical("2024年12月", "2024-12");
    expect_canonical("2024-6", "2024-06");
}

Test(period, what_is_no_period_is_refused_as_such, .timeout = 10)
{
    static const char *const texts[] = {
        "",         "24",       "2024-",      "2024-Q",  "20246",    "abc",
        "2024 ",    " 2024",    "2024-06-30", "2024H1",  "2024.0",   "2024年上半年",
        "2024-Q33", "2024-Q3x", "２０２４",   "2024年3", "2024年月", "-2024"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_eq(refusal(texts[i]), FINDING_PERIOD_FORM, "%s", texts[i]);
}

Test(period, what_lies_outside_the_bounds_is_refused_as_such, .timeout = 10)
{
    static const char *const texts[] = {"1948",    "2101",    "0000",   "9999",   "2024-Q0",
                                        "2024-Q5", "2024-00", "202413", "2024-13"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_eq(refusal(texts[i]), FINDING_PERIOD_RANGE, "%s", texts[i]);
    cr_expect_eq(read("1949").year, 1949);
    cr_expect_eq(read("2100-12").part, 12);
}

Test(period, keys_sort_by_the_end_of_the_period_and_tell_frequencies_apart, .timeout = 10)
{
    static const char *const order[] = {"2023", "2024-03", "2024-06", "2024-11",
                                        "2024", "2024-Q4", "2024-12", "2025-01"};
    for (size_t i = 1; i < sizeof order / sizeof *order; i++)
        cr_expect_lt(period_key(read(order[i - 1])), period_key(read(order[i])), "%s", order[i]);
}

Test(period, a_key_gives_its_period_back, .timeout = 10)
{
    static const char *const texts[] = {"1949", "2024", "2024-Q1", "2024-Q4", "2024-01", "2100-12"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char out[PERIOD_TEXT_BYTES];
        period_format(period_from_key(period_key(read(texts[i]))), out);
        cr_expect_str_eq(out, texts[i]);
    }
}

Test(period, what_is_a_key_and_what_is_none_is_told_apart, .timeout = 10)
{
    static const uint8_t parts[] = {1, 4, 12};
    uint32_t keys = 0, found = 0;
    for (uint16_t year = PERIOD_FIRST_YEAR; year <= PERIOD_LAST_YEAR; year++)
        for (uint8_t frequency = 0; frequency < 3; frequency++)
            for (uint8_t part = 0; part < parts[frequency]; part++) {
                const struct period period = {year, frequency,
                                              frequency == FREQUENCY_YEAR ? 0 : part + 1};
                cr_expect(period_is_key(period_key(period)));
                keys++;
            }
    for (uint32_t key = 0; key < 2 * PERIOD_END_KEY; key++)
        found += period_is_key(key);
    cr_expect_eq(found, keys);
}

Test(period, a_year_is_one_and_a_quarter_a_fourth_of_the_axis, .timeout = 10)
{
    cr_expect_eq(period_years(read("2020")), 2020.0);
    cr_expect_eq(period_years(read("2020-Q2")) - period_years(read("2020-Q1")), 0.25);
    cr_expect_eq(period_years(read("2021-Q1")) - period_years(read("2020-Q1")), 1.0);
    cr_expect_eq(period_years(read("2020-07")), 2020.5);
}

Test(period, a_period_ends_at_midnight_in_china, .timeout = 10)
{
    /* date -d '2026-01-01T00:00:00+08:00' +%s and so on */
    cr_expect_eq(period_end_ms(read("2025")), 1767196800000U);
    cr_expect_eq(period_end_ms(read("2024-02")), 1709222400000U);
    cr_expect_eq(period_end_ms(read("2024-Q1")), 1711900800000U);
    cr_expect_eq(period_end_ms(read("1949")), 0);
}

Test(period, the_next_period_is_of_the_same_frequency, .timeout = 10)
{
    static const char *const pairs[][2] = {{"2024", "2025"},       {"2024-Q4", "2025-Q1"},
                                           {"2024-Q1", "2024-Q2"}, {"2024-12", "2025-01"},
                                           {"2100", "2100"},       {"2100-Q4", "2100-Q4"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char out[PERIOD_TEXT_BYTES];
        period_format(period_next(read(pairs[i][0])), out);
        cr_expect_str_eq(out, pairs[i][1]);
    }
}

Test(period, a_figure_reaches_the_deadline_when_it_ends_with_it_or_later, .timeout = 10)
{
    cr_expect(period_reaches(read("2025"), read("2025")));
    cr_expect(period_reaches(read("2025-Q4"), read("2025")));
    cr_expect(period_reaches(read("2026-01"), read("2025")));
    cr_expect_not(period_reaches(read("2025-Q3"), read("2025")));
    cr_expect_not(period_reaches(read("2024"), read("2025")));
}
