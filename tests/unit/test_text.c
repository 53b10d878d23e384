#include "proto/base/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const uint64_t now_ms = 1719720000000; /* 2024-06-30T12:00:00+08:00 */

static void use_china_time(void)
{
    setenv("TZ", "CST-8", 1);
    tzset();
}

TestSuite(text, .init = use_china_time, .timeout = 10);

Test(text, whole_numbers_and_nothing_else_are_numbers)
{
    uint64_t value;
    cr_assert_eq(text_parse_u64("18446744073709551615", &value), ERR_OK);
    cr_assert_eq(value, UINT64_MAX);
    const char *const wrong[] = {"", " 1", "1 ", "-1", "+1", "1.0", "0x10", "18446744073709551616"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_eq(text_parse_u64(wrong[i], &value), ERR_USAGE, "%s", wrong[i]);
}

Test(text, sizes_are_binary_with_i_and_decimal_without)
{
    uint64_t value;
    const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"10", 10}, {"64KiB", 65536}, {"1MiB", 1048576}, {"2GiB", 2147483648}, {"5kB", 5000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(text_parse_size(cases[i].text, &value), ERR_OK);
        cr_assert_eq(value, cases[i].bytes, "%s", cases[i].text);
    }
    cr_assert_eq(text_parse_size("17179869184GiB", &value), ERR_USAGE);
    cr_assert_eq(text_parse_size("1X", &value), ERR_USAGE);
    cr_assert_eq(text_parse_size("GiB", &value), ERR_USAGE);
}

Test(text, durations_add_up)
{
    uint64_t value;
    cr_assert_eq(text_parse_duration("1d3h5m2s", &value), ERR_OK);
    cr_assert_eq(value, (uint64_t)((27 * 60 + 5) * 60 + 2) * 1000);
    cr_assert_eq(text_parse_duration("250ms", &value), ERR_OK);
    cr_assert_eq(value, 250);
    cr_assert_eq(text_parse_duration("1min", &value), ERR_OK);
    cr_assert_eq(value, 60000);
    cr_assert_eq(text_parse_duration("5", &value), ERR_USAGE);
    cr_assert_eq(text_parse_duration("", &value), ERR_USAGE);
    cr_assert_eq(text_parse_duration("1d3", &value), ERR_USAGE);
    cr_assert_eq(text_parse_duration("99999999999999y", &value), ERR_USAGE);
}

Test(text, times_are_read_as_people_write_them)
{
    const struct {
        const char *text, *expected; /* in UTC */
    } cases[] = {
        {"2024-06-30T12:00:00+08:00", "2024-06-30T04:00:00.000Z"},
        {"2024-06-30T04:00:00Z", "2024-06-30T04:00:00.000Z"},
        {"2024-06-30T12:00:00.250+08:00", "2024-06-30T04:00:00.250Z"},
        {"2024-06-30 12:00", "2024-06-30T04:00:00.000Z"},
        {"2024-06-30", "2024-06-29T16:00:00.000Z"},
        {"2024-06", "2024-05-31T16:00:00.000Z"},
        {"2024", "2023-12-31T16:00:00.000Z"},
        {"2024年", "2023-12-31T16:00:00.000Z"},
        {"2024Q3", "2024-06-30T16:00:00.000Z"},
        {"2024-Q3", "2024-06-30T16:00:00.000Z"},
        {"now", "2024-06-30T04:00:00.000Z"},
        {"today", "2024-06-29T16:00:00.000Z"},
        {"yesterday", "2024-06-28T16:00:00.000Z"},
        {"-1h", "2024-06-30T03:00:00.000Z"},
        {"@1719720000000", "2024-06-30T04:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t ms;
        char shown[TEXT_TIME_BYTES];
        cr_assert_eq(text_parse_time(cases[i].text, now_ms, &ms), ERR_OK, "%s", cases[i].text);
        text_format_time(ms, true, shown);
        cr_assert_str_eq(shown, cases[i].expected, "%s gave %s", cases[i].text, shown);
    }
}

Test(text, what_is_no_time_is_refused)
{
    uint64_t ms;
    const char *const wrong[] = {
        "",         "2024-13",     "2024-06-31", "2024-06-30T25:00",   "2024-6-3", "2024Q5",
        "tomorrow", "2024-06-30x", "1969-01-01", "2024-06-30T12:00+8", "@x",       "-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_eq(text_parse_time(wrong[i], now_ms, &ms), ERR_USAGE, "%s", wrong[i]);
}

Test(text, local_times_carry_their_offset)
{
    char shown[TEXT_TIME_BYTES];
    text_format_time(now_ms, false, shown);
    cr_assert_str_eq(shown, "2024-06-30T12:00:00.000+08:00");
    setenv("TZ", "NST3:30", 1);
    tzset();
    text_format_time(now_ms, false, shown);
    cr_assert_str_eq(shown, "2024-06-30T00:30:00.000-03:30");
}

Test(text, bytes_become_hexadecimal_and_back)
{
    unsigned char bytes[3];
    char hex[7];
    text_from_bytes("\x00\xab\xff", 3, hex);
    cr_assert_str_eq(hex, "00abff");
    cr_assert_eq(text_to_bytes("00ABff", bytes, 3), ERR_OK);
    cr_assert_eq(memcmp(bytes, "\x00\xab\xff", 3), 0);
    cr_assert_eq(text_to_bytes("00abf", bytes, 3), ERR_USAGE);
    cr_assert_eq(text_to_bytes("00abfff", bytes, 3), ERR_USAGE);
    cr_assert_eq(text_to_bytes("00abfg", bytes, 3), ERR_USAGE);
}

Test(text, only_well_formed_utf8_is_valid)
{
    cr_assert_eq(text_utf8_valid("吉林", 6), 6);
    cr_assert_eq(text_utf8_valid("a\xf0\x9f\x8c\x8a", 5), 5);
    cr_assert_eq(text_utf8_valid("ab\xc0\x80", 4), 2, "an overlong NUL");
    cr_assert_eq(text_utf8_valid("\xed\xa0\x80", 3), 0, "a surrogate");
    cr_assert_eq(text_utf8_valid("\xf4\x90\x80\x80", 4), 0, "beyond Unicode");
    cr_assert_eq(text_utf8_valid("a\xe5\x90", 3), 1, "cut short");
    cr_assert_eq(text_utf8_valid("\xbc\xaa\xc1\xd6", 4), 0, "GB18030");
}

Test(text, distance_counts_single_edits)
{
    cr_assert_eq(text_distance("json", "json"), 0);
    cr_assert_eq(text_distance("jsno", "json"), 1, "a swap of neighbours is one");
    cr_assert_eq(text_distance("", "abc"), 3);
    cr_assert_eq(text_distance("kitten", "sitting"), 3);
    char longest[80];
    memset(longest, 'a', 79);
    longest[79] = '\0';
    cr_assert_eq(text_distance(longest, "a"), SIZE_MAX);
}

Test(text, a_number_for_people_has_no_exponent, .timeout = 10)
{
    static const struct {
        double number;
        int digits;
        const char *text;
    } cases[] = {{1156958.3, 6, "1156958"},
                 {7920490, 4, "7920490"},
                 {37.5231, 6, "37.5231"},
                 {0.1, 6, "0.1"},
                 {10000, 6, "10000"},
                 {9.9999996, 6, "10"},
                 {-0.0133359, 6, "-0.0133359"},
                 {0.00000123456789, 3, "0.00000123"},
                 {0, 6, "0"},
                 {-1250, 2, "-1250"},
                 {2e15, 3, "2.00e+15"},
                 {9.9999e14, 6, "999990000000000"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[TEXT_NUMBER_BYTES];
        cr_expect_str_eq(text_format_number(cases[i].number, cases[i].digits, text), cases[i].text);
    }
}
