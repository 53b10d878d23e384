#include "proto/event/kind_check.h"

#include <criterion/criterion.h>

static struct decimal number(const char *text)
{
    struct decimal value;
    cr_assert_eq(decimal_parse(text, &value, NULL), ERR_OK, "%s", text);
    return value;
}

/* An indicator of that kind, nothing said of what is plausible. */
static struct indicator of(enum indicator_kind kind, const char *unit)
{
    return (struct indicator){.kind = kind, .unit = unit};
}

static void expect_fits(const struct indicator *indicator, const char *value)
{
    struct decimal nearest;
    cr_expect(kind_fits(indicator, number(value), &nearest), "%s %s", value, indicator->unit);
}

static void expect_nearest(const struct indicator *indicator, const char *value, const char *wanted)
{
    struct decimal nearest = {-1, 9};
    cr_expect_not(kind_fits(indicator, number(value), &nearest), "%s %s", value, indicator->unit);
    cr_expect_eq(decimal_compare(nearest, number(wanted)), 0, "%s %s", value, indicator->unit);
    cr_expect_neq(kind_rule(indicator).zh[0], '\0');
    cr_expect_neq(kind_rule(indicator).en[0], '\0');
}

Test(kind_check, a_share_lies_between_nothing_and_the_whole, .timeout = 10)
{
    static const enum indicator_kind kinds[] = {KIND_SHARE, KIND_COVERAGE};
    for (size_t i = 0; i < 2; i++) {
        struct indicator percent = of(kinds[i], "%"), permille = of(kinds[i], "‰");
        expect_fits(&percent, "0");
        expect_fits(&percent, "41.67");
        expect_fits(&percent, "100.00");
        expect_nearest(&percent, "-0.01", "0");
        expect_nearest(&percent, "100.01", "100");
        expect_fits(&permille, "1000");
        expect_nearest(&permille, "1000.1", "1000");
        expect_nearest(&permille, "-1", "0");
    }
}

Test(kind_check, of_a_share_told_otherwise_and_of_a_quantity_nothing_is_asked, .timeout = 10)
{
    struct indicator ratio = of(KIND_SHARE, "倍"), growth = of(KIND_QUANTITY, "%"),
                     balance = of(KIND_QUANTITY, "亿元");
    expect_fits(&ratio, "250.5");
    expect_fits(&growth, "-1.9");
    expect_fits(&growth, "120");
    expect_fits(&balance, "-12.5");
    cr_expect_str_eq(kind_rule(&balance).en, "");
}

Test(kind_check, a_count_is_a_whole_number_of_at_least_nothing, .timeout = 10)
{
    static const enum indicator_kind kinds[] = {KIND_COUNT, KIND_COVERAGE};
    for (size_t i = 0; i < 2; i++) {
        struct indicator firms = of(kinds[i], "户");
        expect_fits(&firms, "0");
        expect_fits(&firms, "12");
        expect_fits(&firms, "12.00");
        expect_nearest(&firms, "12.4", "12");
        expect_nearest(&firms, "12.5", "13");
        expect_nearest(&firms, "12.0001", "12");
        expect_nearest(&firms, "-1", "0");
        expect_nearest(&firms, "-0.5", "0");
    }
}

Test(kind_check, a_count_told_in_ten_thousands_may_have_as_many_decimals, .timeout = 10)
{
    struct indicator people = of(KIND_COUNT, "万人"), yuan = of(KIND_COUNT, "亿元"),
                     copies = of(KIND_COUNT, "百万册"), heads = of(KIND_COUNT, "千头");
    expect_fits(&people, "2407.3453");
    expect_nearest(&people, "2407.34531", "2407.3453");
    expect_nearest(&people, "2407.34535", "2407.3454");
    expect_fits(&yuan, "12.12345678");
    expect_nearest(&yuan, "12.123456789", "12.12345679");
    expect_fits(&copies, "1.234567");
    expect_nearest(&copies, "1.2345678", "1.234568");
    expect_fits(&heads, "0.125");
    expect_nearest(&heads, "0.1251", "0.125");
}

Test(kind_check, a_rank_is_a_whole_number_of_at_least_one, .timeout = 10)
{
    struct indicator rank = of(KIND_RANK, "位");
    expect_fits(&rank, "1");
    expect_fits(&rank, "16");
    expect_nearest(&rank, "0", "1");
    expect_nearest(&rank, "0.9", "1");
    expect_nearest(&rank, "-3", "1");
    expect_nearest(&rank, "2.5", "3");
}

Test(kind_check, a_bound_of_the_framework_takes_the_place_of_the_kinds, .timeout = 10)
{
    struct indicator growth = of(KIND_SHARE, "%"), openness = of(KIND_SHARE, "%"),
                     rank = of(KIND_RANK, "位");
    growth.plausible.min = (struct optional_decimal){true, {-50, 0}};
    expect_fits(&growth, "-1.9");
    expect_fits(&growth, "-60"); /* is outside `plausible`, and said there */
    expect_nearest(&growth, "100.1", "100");
    openness.plausible.max = (struct optional_decimal){true, {300, 0}};
    expect_fits(&openness, "250");
    expect_fits(&openness, "301");
    expect_nearest(&openness, "-1", "0");
    rank.plausible.min = (struct optional_decimal){true, {0, 0}};
    rank.plausible.max = (struct optional_decimal){true, {31, 0}};
    expect_fits(&rank, "0");
    expect_fits(&rank, "31.5");
    expect_nearest(&rank, "30.5", "31");
}

Test(kind_check, the_framework_may_say_that_nothing_is_asked, .timeout = 10)
{
    struct indicator openness = of(KIND_SHARE, "%");
    openness.checks.no_kind = true;
    expect_fits(&openness, "130");
}

Test(kind_check, numbers_at_the_end_of_what_can_be_held_are_rounded, .timeout = 10)
{
    struct indicator firms = of(KIND_COUNT, "户"), gain = of(KIND_COUNT, "户");
    expect_nearest(&firms, "922337203685477580.7", "922337203685477581");
    expect_nearest(&firms, "9.223372036854775807", "9");
    expect_nearest(&firms, "0.500000000000000000", "1");
    expect_nearest(&firms, "0.499999999999999999", "0");
    expect_nearest(&firms, "-9.223372036854775808", "0");
    gain.plausible.min = (struct optional_decimal){true, {-10, 0}};
    expect_nearest(&gain, "-9.223372036854775808", "-9");
    expect_nearest(&gain, "-2.5", "-3");
}

Test(kind_check, what_would_be_right_is_said_without_decimals_that_are_none, .timeout = 10)
{
    struct decimal nearest;
    char text[DECIMAL_TEXT_BYTES];
    struct indicator firms = of(KIND_COUNT, "户"), people = of(KIND_COUNT, "万人");
    cr_assert_not(kind_fits(&firms, number("12.50"), &nearest));
    decimal_format(nearest, text);
    cr_expect_str_eq(text, "13");
    cr_assert_not(kind_fits(&people, number("2407.345312"), &nearest));
    decimal_format(nearest, text);
    cr_expect_str_eq(text, "2407.3453");
}
