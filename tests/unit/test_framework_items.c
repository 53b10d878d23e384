#include "proto/event/framework.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define HEAD "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\n" /* four lines */
#define ITEM                                                                                       \
    "indicators:\n  - id: x\n    name: {zh: 测, en: x}\n    kind: milestone\n"                    \
    "    method: milestone\n    regions: [220000]\n" /* lines 5 to 10 */
#define FIGURES                                                                                    \
    "indicators:\n"                                                                                \
    "  - {id: share, name: {zh: 比, en: s}, kind: share, unit: \"%\", regions: [220000]}\n"       \
    "  - {id: money, name: {zh: 钱, en: m}, kind: quantity, unit: 亿元, regions: [220000],\n"   \
    "     definitions: [{id: ytd, name: {zh: 累, en: y}, cumulative: true}]}\n" /* 5 to 8 */

static struct framework *load(const char *document, struct diag *diag, enum err expected)
{
    struct framework *framework = NULL;
    cr_assert_eq(diag_init(diag, "test.yaml", 100), ERR_OK);
    enum err err = framework_load(document, strlen(document), diag, &framework);
    if (err != expected)
        diag_print(diag, stderr);
    cr_assert_eq(err, expected, "%s: %s", document, err_text(err));
    return framework;
}

static void expect_refused(const char *document, enum finding finding, uint64_t line,
                           const char *says)
{
    struct diag diag;
    bool is_there = false;
    load(document, &diag, ERR_FRAMEWORK);
    for (size_t i = 0; i < diag.count; i++)
        is_there = is_there || (strcmp(diag.items[i].code, finding_code(finding)) == 0 &&
                                diag.items[i].line == line && strstr(diag.items[i].en, says));
    if (!is_there)
        diag_print(&diag, stderr);
    cr_expect(is_there, "no %s at line %u that says '%s'", finding_code(finding), (unsigned)line,
              says);
    diag_fini(&diag);
}

Test(date, days_of_the_calendar_are_read_in_three_forms, .timeout = 10)
{
    static const char *const forms[] = {"2024-02-29", "2024/2/29", "2024年2月29日"};
    for (size_t i = 0; i < 3; i++) {
        struct date date;
        char text[DATE_TEXT_BYTES];
        cr_assert_eq(date_parse(forms[i], &date), ERR_OK, "%s", forms[i]);
        date_format(date, text);
        cr_expect_str_eq(text, "2024-02-29");
    }
}

Test(date, what_is_no_day_is_refused, .timeout = 10)
{
    static const char *const wrong[] = {"",           "2024",        "2024-02-30", "2023-02-29",
                                        "2024-13-01", "2024-00-01",  "1900-01-01", "2024-01-01x",
                                        "2024-01/01", "20240-01-01", "2101-01-01", "-2024-01-01"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct date date;
        cr_expect_eq(date_parse(wrong[i], &date), ERR_USAGE, "%s", wrong[i]);
    }
}

Test(date, a_day_begins_and_ends_in_china, .timeout = 10)
{
    struct date date;
    cr_assert_eq(date_parse("1970-01-02", &date), ERR_OK);
    cr_expect_eq(date_start_ms(date), (24 - 8) * 3600000U);
    cr_expect_eq(date_end_ms(date), (48 - 8) * 3600000U);
    cr_assert_eq(date_parse("2024-12-31", &date), ERR_OK);
    cr_expect_eq(date_end_ms(date), period_end_ms((struct period){2024, FREQUENCY_YEAR, 0}));
    cr_expect_eq(date_number(date_end_ms(date)), date_number(date_end_ms(date) - 1) + 1);
    cr_expect_leq(date_number(UINT64_MAX), UINT64_MAX);
}

Test(framework_items, parts_have_a_day_or_a_whole_period, .timeout = 10)
{
    struct diag diag;
    struct framework *framework =
        load(HEAD ITEM "    item: [G01, G02]\n    start: 2021-12-20\n"
                       "    stages: {started: 0.25}\n"
                       "    parts:\n"
                       "      - {id: a, name: {zh: 甲, en: a}, due: 2025-06-30, weight: 0.5}\n"
                       "      - {id: b, name: {zh: 乙, en: b}, due: 2025, weight: 0.5}\n",
             &diag, ERR_OK);
    const struct indicator *indicator = framework_indicator(framework, "x");
    const struct date day = {2025, 6, 30};
    cr_assert_eq(indicator->part_count, 2);
    cr_expect_eq(indicator_part(indicator, "a")->due.end_ms, date_end_ms(day));
    cr_expect_eq(indicator_part(indicator, "b")->due.end_ms,
                 period_end_ms((struct period){2025, FREQUENCY_YEAR, 0}));
    cr_expect_str_eq(indicator->parts[1].due.text, "2025");
    cr_expect_null(indicator_part(indicator, "c"));
    cr_expect_eq(indicator->item_count, 2);
    cr_expect_str_eq(indicator->items[1], "G02");
    cr_expect_eq(indicator->stages.planned, 0);
    cr_expect_eq(indicator->stages.started, 0.25);
    cr_expect_eq(indicator->start.date.year, 2021);
    cr_expect_eq(indicator->every, 1);
    cr_expect_eq(indicator->checks.jump, 3.5);
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework_items, parts_that_cannot_be_right_are_refused_where_they_stand, .timeout = 10)
{
    expect_refused(HEAD ITEM
                   "    parts:\n      - {id: a, name: {zh: 甲, en: a}, due: 2025-02-30}\n",
                   FINDING_DATE_FORM, 12, "2025-12-31");
    expect_refused(HEAD ITEM "    parts:\n      - {id: a, name: {zh: 甲, en: a}}\n"
                             "      - {id: a, name: {zh: 乙, en: b}}\n",
                   FINDING_ID_REPEATED, 13, "");
    expect_refused(HEAD ITEM "    parts:\n      - {id: a, name: {zh: 甲, en: a}, weight: 1}\n"
                             "      - {id: b, name: {zh: 乙, en: b}}\n",
                   FINDING_WEIGHT_MISSING, 13, "");
    expect_refused(HEAD ITEM "    parts:\n      - {id: a, name: {zh: 甲, en: a}, weight: -1}\n",
                   FINDING_NUMBER_OUT, 12, "not negative");
    expect_refused(HEAD ITEM "    stages: {planned: 0.5, started: 0.2}\n", FINDING_NUMBER_OUT, 6,
                   "started");
    expect_refused(HEAD ITEM "    since: 2024-Q1\n", FINDING_PERIOD_CADENCE, 6, "");
    expect_refused(HEAD ITEM "    every: 0\n", FINDING_NUMBER_OUT, 11, "");
    expect_refused(HEAD ITEM "    start: 2021\n", FINDING_DATE_FORM, 11, "2025-12-31");
    expect_refused(HEAD ITEM "    item: G01\n", FINDING_NODE_KIND, 11, "list");
}

Test(framework_items, identities_are_linked_to_their_indicators, .timeout = 10)
{
    struct diag diag;
    struct framework *framework =
        load(HEAD FIGURES
             "identities:\n"
             "  - {id: a, kind: ratio, of: share, numerator: money, denominator: money,\n"
             "     factor: 100, tolerance: 0.01}\n"
             "  - {id: b, kind: sum, of: money, region: 220000, regions: [220100, 220200]}\n"
             "  - {id: c, kind: part, of: money, whole: money}\n"
             "  - {id: d, kind: cumulative, of: money, definition: ytd}\n"
             "  - {id: e, kind: same, of: money, with: share}\n",
             &diag, ERR_OK);
    cr_assert_eq(framework->identity_count, 5);
    cr_expect_eq(framework->identities[4].with, framework_indicator(framework, "share"));
    cr_expect_eq(framework->identities[0].denominator, framework_indicator(framework, "money"));
    cr_expect_eq(framework->identities[1].region_count, 2);
    cr_expect_str_eq(framework->identities[1].whole_id, "");
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework_items, identities_that_are_not_complete_are_refused, .timeout = 10)
{
    expect_refused(HEAD FIGURES "identities:\n  - {id: a, kind: part, of: mony, whole: share}\n",
                   FINDING_REFERENCE_UNKNOWN, 10, "did you mean money");
    expect_refused(HEAD FIGURES "identities:\n  - {id: a, kind: ratio, of: share}\n",
                   FINDING_IDENTITY_INCOMPLETE, 10, "numerator");
    expect_refused(HEAD FIGURES "identities:\n  - {id: a, kind: sum, of: share}\n",
                   FINDING_IDENTITY_INCOMPLETE, 10, "regions");
    expect_refused(HEAD FIGURES "identities:\n  - {id: a, kind: part, of: share}\n",
                   FINDING_IDENTITY_INCOMPLETE, 10, "whole");
    expect_refused(HEAD FIGURES "identities:\n  - {id: a, kind: cumulative, of: share}\n",
                   FINDING_IDENTITY_INCOMPLETE, 10, "definition");
    expect_refused(HEAD FIGURES "identities:\n  - {id: a, kind: same, of: share}\n",
                   FINDING_IDENTITY_INCOMPLETE, 10, "with");
    expect_refused(HEAD FIGURES "identities:\n  - {id: a, kind: same, of: share, with: share}\n",
                   FINDING_IDENTITY_INCOMPLETE, 10, "another");
    expect_refused(HEAD FIGURES "identities:\n  - {id: a, kind: same, of: money, definition: no}\n",
                   FINDING_IDENTITY_INCOMPLETE, 10, "other source");
    expect_refused(HEAD FIGURES "identities:\n  - {id: a, kind: part, of: share, whole: money}\n"
                                "  - {id: a, kind: part, of: share, whole: money}\n",
                   FINDING_ID_REPEATED, 11, "");
}

/* --- what was forgotten ------------------------------------------------------------------------- */

static void expect_checked(const char *document, enum finding finding, uint64_t line,
                           const char *says)
{
    struct diag diag;
    struct framework *framework = load(document, &diag, ERR_OK);
    bool is_there = false;
    framework_check(framework, &diag);
    for (size_t i = 0; i < diag.count; i++)
        is_there = is_there || (strcmp(diag.items[i].code, finding_code(finding)) == 0 &&
                                diag.items[i].line == line && strstr(diag.items[i].en, says));
    if (!is_there)
        diag_print(&diag, stderr);
    cr_expect(is_there, "no %s at line %u that says '%s'", finding_code(finding), (unsigned)line,
              says);
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework_items, an_item_without_quote_is_found, .timeout = 10)
{
    expect_checked(HEAD ITEM "    clause: 一\n", FINDING_QUOTE_MISSING, 6, "clause and quote");
    expect_checked(HEAD ITEM "    item: [G01]\n", FINDING_QUOTE_MISSING, 6, "");
    expect_checked(HEAD ITEM, FINDING_SOURCE_MISSING, 6, "author and reason");
}

Test(framework_items, parts_without_a_day_are_found_where_the_target_wants_one, .timeout = 10)
{
    expect_checked(HEAD ITEM "    targets: [{id: t}]\n    parts:\n"
                             "      - {id: a, name: {zh: 甲, en: a}, due: 2025}\n"
                             "      - {id: b, name: {zh: 乙, en: b}}\n",
                   FINDING_DUE_MISSING, 14, "due date");
    expect_checked(HEAD ITEM "    targets: [{id: t}]\n", FINDING_DUE_MISSING, 6, "");
    expect_checked(HEAD ITEM "    parts:\n      - {id: a, name: {zh: 甲, en: a}, due: 2025}\n",
                   FINDING_SOURCE_MISSING, 12, "author and reason");
}

Test(framework_items, weights_of_parts_add_up, .timeout = 10)
{
    expect_checked(HEAD ITEM "    parts:\n"
                             "      - {id: a, name: {zh: 甲, en: a}, weight: 0.5}\n"
                             "      - {id: b, name: {zh: 乙, en: b}, weight: 0.4}\n",
                   FINDING_WEIGHT_SUM, 12, "0.9");
}

Test(framework_items, keys_that_the_method_has_no_use_for_are_found, .timeout = 10)
{
    static const char head[] = HEAD "indicators:\n  - id: x\n    name: {zh: 测, en: x}\n"
                                    "    kind: duty\n    regions: [220000]\n";
    char document[600];
    snprintf(document, sizeof document, "%s    method: recurring\n    cadence: once\n", head);
    expect_checked(document, FINDING_METHOD_MISFIT, 6, "comes again");
    snprintf(document, sizeof document, "%s    every: 3\n", head);
    expect_checked(document, FINDING_METHOD_MISFIT, 6, "recurring");
    snprintf(document, sizeof document, "%s    parts: [{id: a, name: {zh: 甲, en: a}}]\n", head);
    expect_checked(document, FINDING_METHOD_MISFIT, 10, "milestone");
}

Test(framework_items, a_target_beyond_the_natural_limit_cannot_be_reached, .timeout = 10)
{
    static const char item[] = HEAD "indicators:\n  - id: x\n    name: {zh: 测, en: x}\n"
                                    "    kind: share\n    unit: \"%%\"\n    limit: 100\n"
                                    "    regions: [220000]\n    direction: up\n"
                                    "    method: cagr_target\n    targets:\n"
                                    "      - {id: t, comparator: \"%s\", value: %s}\n";
    char document[600];
    snprintf(document, sizeof document, item, ">", "100");
    expect_checked(document, FINDING_NUMBER_OUT, 15, "natural limit");
    snprintf(document, sizeof document, item, ">=", "100.1");
    expect_checked(document, FINDING_NUMBER_OUT, 15, "natural limit");
}

Test(framework_items, a_tolerance_is_somebodys_number, .timeout = 10)
{
    expect_checked(HEAD FIGURES
                   "identities:\n"
                   "  - {id: a, kind: part, of: share, whole: money, tolerance: 0.1}\n",
                   FINDING_SOURCE_MISSING, 10, "author and reason");
}
