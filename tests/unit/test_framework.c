#include "proto/base/buffer.h"
#include "proto/event/framework.h"
#include "tests/support/framework_case.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\n" /* four lines */
#define ITEM                                                                                       \
    "indicators:\n  - id: x\n    name: {zh: 测, en: x}\n    kind: share\n    unit: \"%\"\n"       \
    "    direction: up\n    method: cagr_target\n    regions: [220000, 220100]\n" /* lines 5 to 12 */

static struct diag load(const char *document, enum err expected, struct framework **out)
{
    struct diag diag;
    struct framework *framework = NULL;
    cr_assert_eq(diag_init(&diag, "test.yaml", 100), ERR_OK);
    enum err err = framework_load(document, strlen(document), &diag, &framework);
    if (err != expected)
        diag_print(&diag, stderr);
    cr_assert_eq(err, expected, "%s: %s", document, err_text(err));
    if (out != NULL)
        *out = framework;
    else
        framework_free(framework);
    return diag;
}

static const struct diag_item *item_at(const struct diag *diag, const char *code, uint64_t line,
                                       uint64_t column)
{
    for (size_t i = 0; i < diag->count; i++)
        if (strcmp(diag->items[i].code, code) == 0 && diag->items[i].line == line &&
            diag->items[i].column == column)
            return &diag->items[i];
    return NULL;
}

/* The document is refused with this finding at this place; with `en` in its text. */
static void expect_refused(const char *document, enum finding finding, uint64_t line,
                           uint64_t column, const char *en)
{
    struct diag diag = load(document, ERR_FRAMEWORK, NULL);
    const struct diag_item *item = item_at(&diag, finding_code(finding), line, column);
    if (item == NULL)
        diag_print(&diag, stderr);
    cr_assert_not_null(item, "no %s at %u:%u", finding_code(finding), (unsigned)line,
                       (unsigned)column);
    cr_expect_not_null(strstr(item->en, en), "'%s' does not say '%s'", item->en, en);
    cr_expect(item->zh[0] != '\0');
    diag_fini(&diag);
}

static void expect_checked(const char *document, enum finding finding)
{
    struct framework *framework;
    struct diag diag = load(document, ERR_OK, &framework);
    size_t found = 0;
    framework_check(framework, &diag);
    for (size_t i = 0; i < diag.count; i++)
        found += strcmp(diag.items[i].code, finding_code(finding)) == 0 ? 1 : 0;
    cr_expect_gt(found, 0, "no %s", finding_code(finding));
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework, the_shipped_one_loads_and_checks_without_a_finding, .timeout = 20)
{
    struct diag diag;
    struct framework *framework = NULL;
    cr_assert_eq(diag_init(&diag, "jilin-2021.yaml", 100), ERR_OK);
    cr_assert_eq(framework_load_file("deploy/framework/jilin-2021.yaml", &diag, &framework),
                 ERR_OK);
    framework_check(framework, &diag);
    diag_print(&diag, stderr);
    cr_expect_eq(diag.total, 0);
    cr_expect_str_eq(framework->id, "jilin-2021");
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework, the_shipped_targets_are_the_policys_numbers, .timeout = 20)
{
    static const struct {
        const char *indicator, *target, *comparator, *value;
    } wanted[] = {{"rd_intensity", "2025", ">", "2"},
                  {"rd_intensity", "2035", ">", "3"},
                  {"sei_share", "2025", ">", "18"},
                  {"prov_st_fund", "reach", ">=", "10"},
                  {"national_hightech_zone_coverage", "full", "=", "100"},
                  {"county_hightech_zone_coverage", "full", "=", "100"}};
    struct framework *framework = framework_case_file("deploy/framework/jilin-2021.yaml");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const struct indicator *indicator = framework_indicator(framework, wanted[i].indicator);
        cr_assert_not_null(indicator);
        const struct target *target = indicator_target(indicator, wanted[i].target);
        cr_assert_not_null(target, "%s", wanted[i].indicator);
        char value[DECIMAL_TEXT_BYTES];
        decimal_format(target->value.value, value);
        cr_expect_str_eq(value, wanted[i].value);
        cr_expect_str_eq(comparator_name(target->comparator), wanted[i].comparator);
        cr_expect(target->clause[0] != '\0' && target->quote[0] != '\0');
    }
    framework_free(framework);
}

Test(framework, values_are_kept_as_exact_decimals, .timeout = 10)
{
    struct framework *framework;
    struct diag diag =
        load(HEAD ITEM "    baselines:\n      - {region: 220000, period: 2020年, value: 1.30}\n",
             ERR_OK, &framework);
    const struct baseline *baseline = &framework->indicators[0].baselines[0];
    cr_expect_eq(baseline->value.value.unscaled, 130);
    cr_expect_eq(baseline->value.value.decimals, 2);
    cr_expect_eq(baseline->period.period.year, 2020);
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework, texts_and_lists_that_are_not_given_are_empty_not_null, .timeout = 10)
{
    struct framework *framework;
    struct diag diag = load(HEAD ITEM, ERR_OK, &framework);
    const struct indicator *indicator = framework_indicator(framework, "x");
    cr_assert_not_null(indicator);
    cr_expect_str_eq(indicator->clause, "");
    cr_expect_str_eq(indicator->note, "");
    cr_expect_eq(indicator->target_count, 0);
    cr_expect_eq(target_alert_cuts(indicator, NULL).watch, 0.95);
    cr_expect_eq(indicator->direction, 1);
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework, thresholds_of_alerts_are_the_methods_unless_given, .timeout = 10)
{
    struct framework *framework;
    struct diag diag =
        load(HEAD ITEM "    alert: {lagging: 0.7, hysteresis: 0.2}\n    targets:\n"
                       "      - {id: a, comparator: \">\", value: 2, deadline: 2025}\n"
                       "      - {id: b, comparator: \">\", value: 2, deadline: 2025,"
                       " method: sdsn_trend}\n",
             ERR_OK, &framework);
    const struct indicator *indicator = framework_indicator(framework, "x");
    struct alert_cuts cuts = target_alert_cuts(indicator, &indicator->targets[0]);
    cr_expect_eq(cuts.watch, 0.95);
    cr_expect_eq(cuts.lagging, 0.7);
    cr_expect_eq(cuts.severe, 0);
    cr_expect_eq(cuts.clear, 1.15);
    cuts = target_alert_cuts(indicator, &indicator->targets[1]);
    cr_expect_eq(cuts.watch, 1);
    cr_expect_eq(cuts.clear, 1.2);
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework, an_alert_ends_from_the_sum_on_as_it_is_written, .timeout = 10)
{
    struct framework *framework;
    struct diag diag =
        load(HEAD ITEM "    alert: {watch: 0.8, hysteresis: 0.05}\n", ERR_OK, &framework);
    cr_expect_eq(target_alert_cuts(framework_indicator(framework, "x"), NULL).clear, 0.85,
                 "0.8 and 0.05 as binary numbers are a little more");
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework, a_deadline_is_after_the_baselines_of_its_own_regions_alone, .timeout = 10)
{
    struct framework *framework;
    struct diag diag =
        load(HEAD ITEM "    baselines:\n      - {region: 220000, period: 2020, value: 1}\n"
                       "      - {region: 220100, period: 2026, value: 1}\n    targets:\n"
                       "      - {id: a, comparator: \">\", value: 2, deadline: 2025,"
                       " regions: [220000]}\n",
             ERR_OK, &framework);
    framework_free(framework);
    diag_fini(&diag);
    expect_refused(HEAD ITEM "    baselines:\n      - {region: 220000, period: 2020, value: 1}\n"
                             "      - {region: 220100, period: 2026, value: 1}\n    targets:\n"
                             "      - {id: a, comparator: \">\", value: 2, deadline: 2025}\n",
                   FINDING_DEADLINE_ORDER, 17, 9, "");
}

Test(framework, an_unknown_key_is_named_with_its_place_and_the_right_one, .timeout = 10)
{
    expect_refused(HEAD ITEM "    tagets: []\n", FINDING_KEY_UNKNOWN, 13, 5,
                   "did you mean targets");
    expect_refused(HEAD ITEM "    zzzzzzzz: 1\n", FINDING_KEY_UNKNOWN, 13, 5, "one of id, name");
}

Test(framework, a_missing_key_is_named, .timeout = 10)
{
    expect_refused("framework: t\nversion: 1\nsource: s\n" ITEM, FINDING_KEY_MISSING, 1, 1,
                   "title");
    expect_refused(HEAD "indicators:\n  - id: x\n    name: {zh: 测, en: x}\n    kind: share\n",
                   FINDING_KEY_MISSING, 6, 5, "regions");
}

Test(framework, a_key_given_twice_is_refused, .timeout = 10)
{
    expect_refused(HEAD "version: 2\n" ITEM, FINDING_KEY_REPEATED, 5, 1, "twice");
}

Test(framework, the_wrong_kind_of_node_is_refused, .timeout = 10)
{
    expect_refused(HEAD "indicators: 5\n", FINDING_NODE_KIND, 5, 13, "a list is wanted");
    expect_refused(HEAD ITEM "    plausible: 5\n", FINDING_NODE_KIND, 13, 16, "a mapping");
    expect_refused(HEAD ITEM "    clause: [a]\n", FINDING_NODE_KIND, 13, 13, "a single value");
}

Test(framework, words_numbers_periods_and_regions_are_checked_where_they_stand, .timeout = 10)
{
    expect_refused(HEAD ITEM "    cadence: yearly\n", FINDING_WORD_UNKNOWN, 13, 14, "annual");
    expect_refused(HEAD ITEM "    due_days: -1\n", FINDING_NUMBER_OUT, 13, 15,
                   "between 0 and 3660");
    expect_refused(HEAD ITEM "    due_days: 1.5\n", FINDING_NUMBER_OUT, 13, 15, "between");
    expect_refused(HEAD ITEM "    weight: nan\n", FINDING_NUMBER_FORM, 13, 13, "");
    expect_refused(HEAD ITEM "    weight: 1,000\n", FINDING_NUMBER_SEPARATOR, 13, 13, "");
    expect_refused(HEAD ITEM "    baselines:\n      - {region: 吉林, period: 2020}\n",
                   FINDING_REGION_UNKNOWN, 14, 18, "did you mean 220200");
    expect_refused(HEAD ITEM "    baselines:\n      - {region: 220000, period: 20}\n",
                   FINDING_PERIOD_FORM, 14, 34, "");
}

Test(framework, ids_are_checked_and_unique, .timeout = 10)
{
    expect_refused("framework: Jilin 2021\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\n" ITEM,
                   FINDING_ID_FORM, 1, 12, "a-z");
    expect_refused(HEAD ITEM
                   "  - id: x\n    name: {zh: 测, en: x}\n    kind: share\n    regions: [220000]\n",
                   FINDING_ID_REPEATED, 13, 5, "");
    expect_refused(HEAD ITEM "    targets:\n      - {id: a, quantified: false}\n"
                             "      - {id: a, quantified: false}\n",
                   FINDING_ID_REPEATED, 15, 9, "");
}

Test(framework, groups_must_exist_and_form_no_circle, .timeout = 10)
{
    expect_refused(HEAD ITEM "    parent: nowhere\n", FINDING_REFERENCE_UNKNOWN, 6, 5,
                   "no such group");
    expect_refused(HEAD "groups:\n  - {id: a, name: {zh: 甲, en: a}, parent: b}\n"
                        "  - {id: b, name: {zh: 乙, en: b}, parent: a}\n" ITEM,
                   FINDING_GROUP_CYCLE, 6, 5, "circle");
}

Test(framework, a_target_has_a_number_or_says_that_it_has_none, .timeout = 10)
{
    expect_refused(HEAD ITEM "    targets:\n      - {id: a, value: 2}\n", FINDING_TARGET_INCOMPLETE,
                   14, 9, "comparator and value");
    expect_refused(HEAD ITEM "    targets:\n      - {id: a, quantified: false, value: 2}\n",
                   FINDING_TARGET_INCOMPLETE, 14, 9, "");
    expect_refused(HEAD ITEM
                   "    targets:\n      - {id: a, comparator: \">\", value: 2, undated: true, "
                   "deadline: 2025}\n",
                   FINDING_TARGET_INCOMPLETE, 14, 9, "undated");
}

Test(framework, a_target_may_not_name_regions_that_do_not_report, .timeout = 10)
{
    expect_refused(HEAD ITEM
                   "    targets:\n      - {id: a, quantified: false, regions: [220200]}\n",
                   FINDING_REGION_NOT_LISTED, 14, 9, "");
}

Test(framework, a_deadline_is_later_than_the_baseline, .timeout = 10)
{
    expect_refused(HEAD ITEM
                   "    baselines:\n      - {region: 220000, period: 2025, value: 1}\n"
                   "    targets:\n      - {id: a, comparator: \">\", value: 2, deadline: 2025}\n",
                   FINDING_DEADLINE_ORDER, 16, 9, "");
}

Test(framework, a_method_that_asks_for_better_needs_a_direction, .timeout = 10)
{
    expect_refused(HEAD "indicators:\n  - id: x\n    name: {zh: 测, en: x}\n    kind: share\n"
                        "    method: cagr_target\n    regions: [220000]\n    targets:\n"
                        "      - {id: a, comparator: \">\", value: 2, deadline: 2025}\n",
                   FINDING_METHOD_MISFIT, 12, 9, "direction");
}

Test(framework, ranges_and_thresholds_are_in_order, .timeout = 10)
{
    expect_refused(HEAD ITEM "    plausible: {min: 5, max: 1}\n", FINDING_NUMBER_OUT, 6, 5, "min");
    expect_refused(HEAD ITEM "    alert: {watch: 0.5, lagging: 0.6}\n", FINDING_NUMBER_OUT, 6, 5,
                   "watch");
    expect_refused(HEAD ITEM "    alert: {watch: 0.5}\n", FINDING_NUMBER_OUT, 6, 5, "the method's");
    expect_refused(HEAD ITEM "    alert: {severe: 0.7}\n", FINDING_NUMBER_OUT, 6, 5, "lagging");
    expect_refused(HEAD ITEM "    alert: {watch: 0.7}\n    targets:\n"
                             "      - {id: a, comparator: \">\", value: 2, deadline: 2025,"
                             " method: schedule}\n",
                   FINDING_NUMBER_OUT, 6, 5, "watch");
    expect_refused(HEAD ITEM "    small_value: 0\n", FINDING_NUMBER_OUT, 6, 5, "above 0");
    expect_refused(HEAD ITEM "    weight: -1\n", FINDING_NUMBER_OUT, 6, 5, "negative");
}

Test(framework, all_findings_are_reported_not_the_first, .timeout = 10)
{
    struct diag diag = load(HEAD ITEM "    tagets: []\n    cadence: yearly\n    due_days: x\n"
                                      "    parent: nowhere\n",
                            ERR_FRAMEWORK, NULL);
    cr_expect_eq(diag.total, 4);
    diag_fini(&diag);
}

Test(framework, broken_yaml_is_refused_with_its_place, .timeout = 10)
{
    expect_refused("framework: [a\nversion: 1\n", FINDING_YAML_SYNTAX, 2, 8, "");
    expect_refused("", FINDING_YAML_SYNTAX, 1, 1, "empty");
    expect_refused("framework: \"open\n", FINDING_YAML_SYNTAX, 2, 1, "");
    expect_refused(HEAD ITEM "---\nx: 1\n", FINDING_YAML_SYNTAX, 14, 1, "one document");
    expect_refused("- a\n- b\n", FINDING_NODE_KIND, 1, 1, "mapping");
    expect_refused("framework: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", FINDING_YAML_SYNTAX, 1,
                   43, "nested too deep");
}

Test(framework, bytes_that_are_no_text_are_refused, .timeout = 10)
{
    static const char bytes[] = "framework: \xFF\xFE\x01\n";
    struct diag diag;
    struct framework *framework = NULL;
    cr_assert_eq(diag_init(&diag, "test.yaml", 10), ERR_OK);
    cr_expect_eq(framework_load(bytes, sizeof bytes, &diag, &framework), ERR_FRAMEWORK);
    cr_expect_gt(diag.total, 0);
    cr_expect_null(framework);
    diag_fini(&diag);
}

Test(framework, a_document_above_the_limit_is_refused_before_it_is_read, .timeout = 20)
{
    size_t size = FRAMEWORK_MAX_BYTES + 1;
    char *bytes = malloc(size);
    struct diag diag;
    struct framework *framework = NULL;
    cr_assert_not_null(bytes);
    memset(bytes, ' ', size);
    cr_assert_eq(diag_init(&diag, "test.yaml", 10), ERR_OK);
    cr_expect_eq(framework_load(bytes, size, &diag, &framework), ERR_FRAMEWORK);
    cr_expect_str_eq(diag.items[0].code, finding_code(FINDING_LIST_LIMIT));
    diag_fini(&diag);
    free(bytes);
}

/* 20 KB whose aliases stand for more than a million nodes. */
Test(framework, a_document_that_unfolds_beyond_measure_is_refused, .timeout = 30)
{
    enum { ALIASES = 2500 };
    struct buffer document;
    enum err err;
    buffer_init(&document, 64 * 1024);
    err = buffer_append_text(&document, HEAD "indicators:\n  - &a {id: a, name: {zh: 测, en: a}, "
                                             "kind: share, regions: [220000");
    for (int i = 1; err == ERR_OK && i < FRAMEWORK_MAX_REGIONS; i++)
        err = buffer_append_text(&document, ",220000");
    if (err == ERR_OK)
        err = buffer_append_text(&document, "]}\n");
    for (int i = 0; err == ERR_OK && i < ALIASES; i++)
        err = buffer_append_text(&document, "  - *a\n");
    cr_assert_eq(err, ERR_OK);
    struct diag diag = load(buffer_text(&document), ERR_FRAMEWORK, NULL);
    size_t found = 0;
    for (size_t i = 0; i < diag.count; i++)
        found += strstr(diag.items[i].en, "unfolds to more than") != NULL ? 1 : 0;
    cr_expect_eq(found, 1);
    diag_fini(&diag);
    buffer_fini(&document);
}

Test(framework, what_was_forgotten_is_found_by_check, .timeout = 10)
{
    expect_checked(HEAD "indicators:\n  - id: x\n    name: {zh: 测, en: x}\n    kind: duty\n"
                        "    method: recurring\n    regions: [220000]\n"
                        "    alert: {watch: 0.9}\n",
                   FINDING_METHOD_MISFIT);
    expect_checked(HEAD ITEM "    targets:\n      - {id: a, comparator: \">\", value: 2}\n",
                   FINDING_DEADLINE_MISSING);
    expect_checked(HEAD ITEM
                   "    targets:\n      - {id: a, comparator: \">\", value: 2, deadline: 2025}\n",
                   FINDING_BASELINE_MISSING);
    expect_checked(HEAD ITEM
                   "    targets:\n      - {id: a, comparator: \">\", value: 2, deadline: 2025}\n",
                   FINDING_SOURCE_MISSING);
    expect_checked(HEAD ITEM
                   "    baselines:\n      - {region: 220000, period: 2020, value: 3}\n"
                   "      - {region: 220100, period: 2020, value: 3}\n"
                   "    targets:\n      - {id: a, comparator: \">\", value: 2, deadline: 2025}\n",
                   FINDING_TARGET_BEHIND);
    expect_checked(HEAD ITEM
                   "    targets:\n      - {id: a, comparator: \"<\", value: 2, deadline: 2025}\n",
                   FINDING_METHOD_MISFIT);
    expect_checked(HEAD ITEM "    plausible: {max: 1}\n    targets:\n"
                             "      - {id: a, comparator: \">\", value: 2, deadline: 2025}\n",
                   FINDING_NUMBER_OUT);
}

Test(framework, weights_of_siblings_are_all_given_and_add_up, .timeout = 10)
{
    const char *groups = HEAD "groups:\n  - {id: a, name: {zh: 甲, en: a}, weight: 0.5}\n"
                              "  - {id: b, name: {zh: 乙, en: b}, weight: 0.4}\n" ITEM;
    const char *one = HEAD "groups:\n  - {id: a, name: {zh: 甲, en: a}, weight: 1}\n"
                           "  - {id: b, name: {zh: 乙, en: b}}\n" ITEM;
    expect_checked(groups, FINDING_WEIGHT_SUM);
    expect_checked(one, FINDING_WEIGHT_MISSING);
}

Test(framework, a_mistyped_indicator_is_answered_with_the_nearest, .timeout = 10)
{
    struct framework *framework;
    struct diag diag = load(HEAD "indicators:\n  - {id: rd_intensity, name: {zh: 研发强度, en: R}, "
                                 "kind: share, regions: [220000]}\n",
                            ERR_OK, &framework);
    cr_expect_str_eq(framework_suggest(framework, "rd_intensty"), "rd_intensity");
    cr_expect_str_eq(framework_suggest(framework, "研发强度"), "rd_intensity");
    cr_expect_null(framework_suggest(framework, "population"));
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework, a_comparator_is_strict_where_the_text_is, .timeout = 10)
{
    struct decimal two = {2, 0}, two_hundred = {200, 2}, more = {201, 2};
    cr_expect_not(comparator_is_met(COMPARATOR_ABOVE, two_hundred, two));
    cr_expect(comparator_is_met(COMPARATOR_ABOVE, more, two));
    cr_expect(comparator_is_met(COMPARATOR_AT_LEAST, two_hundred, two));
    cr_expect(comparator_is_met(COMPARATOR_EQUAL, two_hundred, two));
    cr_expect(comparator_is_met(COMPARATOR_AT_MOST, two_hundred, two));
    cr_expect_not(comparator_is_met(COMPARATOR_BELOW, two_hundred, two));
    cr_expect_not(comparator_is_met(COMPARATOR_AT_MOST, more, two));
}

Test(framework, freeing_nothing_is_allowed, .timeout = 10)
{
    framework_free(NULL);
}
