#include "proto/event/framework.h"
#include "proto/event/observation_check.h"
#include "tests/support/framework_case.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define HEAD "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\n" /* lines 1 to 4 */
#define UNITS                                                                                      \
    "units:\n" /* line 5 */                                                                        \
    "  - {code: 900001, id: a, name: {zh: 甲, en: Alpha}}\n"                                      \
    "  - {code: 900002, id: b, name: {zh: 乙, en: Beta}}\n"
#define GROUPS "groups:\n  - {id: g, name: {zh: 组, en: g}}\n" /* lines 8 and 9 */
#define ITEM(more)                                                                                 \
    "indicators:\n" /* line 10 */                                                                  \
    "  - {id: x, name: {zh: 测, en: x}, kind: share, unit: \"%\", parent: g" more "}\n"
#define SCALED          ", direction: up, normalise: {method: min_max}"
#define COMPOSITE(more) "composites:\n  - {id: c, name: {zh: 综, en: c}, root: g" more "}\n"
#define WHOLE           HEAD UNITS GROUPS ITEM(SCALED)

Test(framework_composite, units_are_found_by_code_id_and_name, .timeout = 10)
{
    struct diag diag;
    struct framework *framework = framework_case_load(WHOLE COMPOSITE(""), ERR_OK, &diag);
    static const char *const texts[] = {"900002", "b", "乙", "beta"};
    for (size_t i = 0; i < 4; i++) {
        uint32_t code = 0;
        cr_expect_eq(framework_region_parse(framework, texts[i], &code), ERR_OK);
        cr_expect_eq(code, 900002, "%s", texts[i]);
    }
    uint32_t code = 0;
    cr_expect_eq(framework_region_parse(framework, "长春市", &code), ERR_OK);
    cr_expect_eq(code, 220100);
    cr_expect_eq(framework_region_parse(framework, "c", &code), ERR_NOT_FOUND);
    cr_expect_str_eq(framework_region_name(framework, 900001).en, "Alpha");
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework_composite, a_figure_of_a_unit_that_the_framework_lacks_is_refused, .timeout = 10)
{
    struct diag diag;
    struct framework *framework = framework_case_load(WHOLE COMPOSITE(""), ERR_OK, &diag);
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    struct observation_issues issues = {0};
    observation.indicator = (char *)"x";
    observation.period = (char *)"2020";
    observation_check(framework, 900002, &observation, &issues);
    cr_expect_eq(issues.count, 0);
    observation_check(framework, 900009, &observation, &issues);
    cr_assert_eq(issues.count, 1);
    cr_expect_eq(issues.items[0].finding, FINDING_REGION_NOT_LISTED);
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework_composite, an_indicator_without_regions_is_reported_by_all_units, .timeout = 10)
{
    struct diag diag;
    struct framework *framework = framework_case_load(WHOLE COMPOSITE(""), ERR_OK, &diag);
    cr_expect_eq(framework->indicators[0].region_count, 2);
    cr_expect_eq(framework->composites[0].unit_count, 2);
    cr_expect_eq(framework->composites[0].units[1], 900002);
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework_composite, shares_are_kept_in_integers, .timeout = 10)
{
    struct diag diag;
    struct framework *framework = framework_case_load(
        WHOLE COMPOSITE(", availability: 2/3, rank_decimals: 3"), ERR_OK, &diag);
    cr_expect_eq(framework->composites[0].availability.part, 2);
    cr_expect_eq(framework->composites[0].availability.whole, 3);
    cr_expect_eq(framework->composites[0].rank_decimals, 3);
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework_composite, wrong_units_are_named_with_their_place, .timeout = 10)
{
    framework_case_refused(
        HEAD "units:\n  - {code: 220100, id: a, name: {zh: 甲, en: A}}\n" GROUPS ITEM(SCALED),
        FINDING_NUMBER_OUT, 6, 12, "between 900000 and 999999");
    framework_case_refused(HEAD UNITS
                           "  - {code: 900001, id: c, name: {zh: 丙, en: C}}\n" GROUPS ITEM(SCALED),
                           FINDING_ID_REPEATED, 8, 5, "");
    framework_case_refused(HEAD UNITS
                           "  - {code: 900003, id: a, name: {zh: 丙, en: C}}\n" GROUPS ITEM(SCALED),
                           FINDING_ID_REPEATED, 8, 5, "");
    framework_case_refused(HEAD UNITS GROUPS ITEM(SCALED ", regions: [900009]"),
                           FINDING_REFERENCE_UNKNOWN, 11, 5, "units");
    framework_case_refused(WHOLE COMPOSITE(", units: [900009]"), FINDING_REFERENCE_UNKNOWN, 13, 5,
                           "units");
    framework_case_refused(WHOLE COMPOSITE(", units: [900001, 900001]"), FINDING_ID_REPEATED, 13, 5,
                           "");
}

Test(framework_composite, a_scale_that_lacks_what_its_method_needs_is_refused, .timeout = 10)
{
    framework_case_refused(HEAD UNITS GROUPS ITEM(", normalise: {method: min_max}"),
                           FINDING_METHOD_MISFIT, 11, 81, "direction");
    framework_case_refused(
        HEAD UNITS GROUPS ITEM(", direction: up, normalise: {method: goalposts, low: 1}"),
        FINDING_METHOD_MISFIT, 11, 96, "needs low and high");
    framework_case_refused(
        HEAD UNITS GROUPS ITEM(", direction: up, normalise: {method: to_target}"),
        FINDING_METHOD_MISFIT, 11, 96, "target");
    framework_case_refused(
        HEAD UNITS GROUPS ITEM(", direction: up, normalise: {method: goalposts, low: 3, high: 2}"),
        FINDING_NUMBER_OUT, 11, 96, "below");
    framework_case_refused(
        HEAD UNITS GROUPS ITEM(
            ", direction: up, normalise: {method: goalposts, low: 0, high: 2, log: true}"),
        FINDING_NUMBER_OUT, 11, 96, "logarithm");
    framework_case_refused(HEAD UNITS GROUPS ITEM(", direction: up, normalise: {method: minmax}"),
                           FINDING_WORD_UNKNOWN, 11, 105, "min_max");
    framework_case_refused(HEAD UNITS GROUPS ITEM(SCALED ", divide_by: y"),
                           FINDING_REFERENCE_UNKNOWN, 11, 5, "no such indicator");
    framework_case_refused(HEAD UNITS GROUPS ITEM(SCALED ", divide_by: x"),
                           FINDING_REFERENCE_UNKNOWN, 11, 5, "divided");
}

Test(framework_composite, a_composite_that_cannot_be_made_is_refused, .timeout = 10)
{
    framework_case_refused(WHOLE "composites:\n  - {id: c, name: {zh: 综, en: c}, root: h}\n",
                           FINDING_REFERENCE_UNKNOWN, 13, 5, "no such group");
    framework_case_refused(HEAD UNITS GROUPS ITEM("") COMPOSITE(""), FINDING_REFERENCE_UNKNOWN, 13,
                           5, "normalise");
    framework_case_refused(WHOLE COMPOSITE(", from: 2020, to: 2019"), FINDING_NUMBER_OUT, 13, 5,
                           "order");
    framework_case_refused(WHOLE COMPOSITE(", to: 2019"), FINDING_NUMBER_OUT, 13, 5, "order");
    framework_case_refused(WHOLE COMPOSITE(", from: 2000-Q1, to: 2016-Q1"), FINDING_NUMBER_OUT, 13,
                           5, "at most 64");
    framework_case_refused(WHOLE COMPOSITE(", bands: [{from: 1, name: {zh: 一, en: a}}]"),
                           FINDING_NUMBER_OUT, 13, 5, "ascend");
    framework_case_refused(WHOLE COMPOSITE(", availability: 3/2"), FINDING_NUMBER_OUT, 13, 58,
                           "share");
    framework_case_refused(WHOLE COMPOSITE(", availability: -2/-1"), FINDING_NUMBER_OUT, 13, 58,
                           "share");
    framework_case_refused(WHOLE COMPOSITE(", uncertainty: {seed: 1, draws: 0}"),
                           FINDING_NUMBER_OUT, 13, 74, "between");
    framework_case_refused(
        WHOLE COMPOSITE(", peers: [{id: p, units: [900001]}, {id: q, units: [900001]}]"),
        FINDING_ID_REPEATED, 13, 78, "one group");
    framework_case_refused(WHOLE COMPOSITE("") "  - {id: c, name: {zh: 综, en: c}, root: g}\n",
                           FINDING_ID_REPEATED, 14, 5, "");
}

/* 500 units, 100 indicators, one group: at most 48 periods. */
static size_t write_large(char *out, size_t size, const char *periods)
{
    size_t used = (size_t)snprintf(out, size, HEAD "units:\n");
    for (int i = 0; i < 500; i++)
        used += (size_t)snprintf(out + used, size - used,
                                 "  - {code: %d, id: u%d, name: {zh: 单, en: u}}\n", 900000 + i, i);
    used += (size_t)snprintf(out + used, size - used, GROUPS "indicators:\n");
    for (int i = 0; i < 100; i++)
        used += (size_t)snprintf(out + used, size - used,
                                 "  - {id: x%d, name: {zh: 测, en: x}, kind: share, unit: \"%%\","
                                 " parent: g" SCALED "}\n",
                                 i);
    return used + (size_t)snprintf(out + used, size - used, COMPOSITE("%s"), periods);
}

Test(framework_composite, one_that_would_take_too_much_memory_is_refused, .timeout = 20)
{
    static char document[200 * 1024];
    struct diag diag;
    cr_assert_lt(write_large(document, sizeof document, ", from: 1990, to: 2037"), sizeof document);
    framework_free(framework_case_load(document, ERR_OK, &diag));
    diag_fini(&diag);
    (void)write_large(document, sizeof document, ", from: 1990, to: 2038");
    (void)framework_case_load(document, ERR_FRAMEWORK, &diag);
    cr_expect_str_eq(diag.items[0].code, finding_code(FINDING_LIST_LIMIT));
    diag_fini(&diag);
    (void)write_large(document, sizeof document, ", from: 1990");
    (void)framework_case_load(document, ERR_FRAMEWORK, &diag);
    diag_fini(&diag);
}

static void expect_checked(const char *document, enum finding finding, const char *en)
{
    struct diag diag;
    bool is_there = false;
    struct framework *framework = framework_case_load(document, ERR_OK, &diag);
    framework_check(framework, &diag);
    for (size_t i = 0; i < diag.count; i++)
        is_there |= strcmp(diag.items[i].code, finding_code(finding)) == 0 &&
                    strstr(diag.items[i].en, en) != NULL;
    cr_expect(is_there, "no %s", finding_code(finding));
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework_composite, what_was_forgotten_is_said_by_the_check, .timeout = 10)
{
    expect_checked(WHOLE, FINDING_REFERENCE_UNKNOWN, "no composite takes it");
    expect_checked(HEAD UNITS GROUPS ITEM(SCALED ", fill: {method: group_mean}") COMPOSITE(""),
                   FINDING_METHOD_MISFIT, "peers");
    expect_checked(HEAD UNITS
                   "groups:\n  - {id: g, name: {zh: 组, en: g}, mean: geometric}\n" ITEM(SCALED)
                       COMPOSITE(""),
                   FINDING_METHOD_MISFIT, "above 0");
}

Test(framework_composite, groups_in_a_circle_are_refused_and_not_followed_forever, .timeout = 10)
{
    struct diag diag;
    (void)framework_case_load(
        HEAD UNITS "groups:\n"
                   "  - {id: g, parent: h, name: {zh: 组, en: g}}\n"
                   "  - {id: h, parent: g, name: {zh: 组, en: h}}\n" ITEM(SCALED) COMPOSITE(""),
        ERR_FRAMEWORK, &diag);
    cr_expect_gt(diag.total, 0);
    diag_fini(&diag);
}

Test(framework_composite, the_worked_examples_load_and_check_without_a_finding, .timeout = 20)
{
    static const char *const paths[] = {
        "deploy/framework/hdi.yaml",          "deploy/framework/hdi-2023.yaml",
        "deploy/framework/rd-provinces.yaml", "deploy/framework/sdg-canada.yaml",
        "deploy/framework/asem.yaml",         "deploy/framework/two-columns.yaml"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct diag diag;
        struct framework *framework = NULL;
        cr_assert_eq(diag_init(&diag, paths[i], 100), ERR_OK);
        cr_assert_eq(framework_load_file(paths[i], &diag, &framework), ERR_OK);
        framework_check(framework, &diag);
        diag_print(&diag, stderr);
        cr_expect_eq(diag.total, 0, "%s", paths[i]);
        framework_free(framework);
        diag_fini(&diag);
    }
}
