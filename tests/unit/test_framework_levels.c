/* How the parts of a group become one value: what the document may say, and where it is refused. */
#include "proto/event/framework.h"
#include "tests/support/framework_case.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HEAD                                                                                       \
    "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\n"                               \
    "units:\n" /* line 5 */                                                                        \
    "  - {code: 900001, id: a, name: {zh: 甲, en: Alpha}}\n"                                      \
    "  - {code: 900002, id: b, name: {zh: 乙, en: Beta}}\n"                                       \
    "groups:\n"
#define GROUP(more) "  - {id: g, name: {zh: 组, en: g}" more "}\n" /* line 9 */
#define ITEM(id, more)                                                                             \
    "  - {id: " id                                                                                 \
    ", name: {zh: 测, en: x}, kind: share, unit: \"%\", parent: g, direction: up" more "}\n"
#define SCALED ", normalise: {method: min_max, from: 1}"
#define ITEMS  "indicators:\n" ITEM("x", SCALED) ITEM("y", SCALED) ITEM("z", SCALED) /* line 10 */
#define END    "composites:\n  - {id: c, name: {zh: 综, en: c}, root: g}\n"
#define ONE_WITH(more)                                                                             \
    HEAD GROUP("") "indicators:\n" ITEM("x", more) END /* the indicator is line 11 */

static bool checks_with(const char *document, const char *en)
{
    struct diag diag;
    bool is_there = false;
    struct framework *framework = framework_case_load(document, ERR_OK, &diag);
    framework_check(framework, &diag);
    for (size_t i = 0; i < diag.count; i++)
        is_there |= strstr(diag.items[i].en, en) != NULL;
    framework_free(framework);
    diag_fini(&diag);
    return is_there;
}

/* --- comparisons in pairs --------------------------------------------------------------------------- */

#define PAIRS(first, second, third)                                                                \
    ",\n     pairwise: [{more: x, than: y, times: " first "},\n"                                   \
    "                {more: y, than: z, times: " second "},\n"                                     \
    "                {more: x, than: z, times: " third "}]"

Test(framework_levels, comparisons_that_agree_become_weights, .timeout = 10)
{
    struct diag diag;
    struct framework *framework =
        framework_case_load(HEAD GROUP(PAIRS("2", "2", "4")) ITEMS END, ERR_OK, &diag);
    cr_expect(fabs(framework->indicators[0].column.judged_weight - 4.0 / 7) < 1e-12);
    cr_expect(fabs(framework->indicators[1].column.judged_weight - 2.0 / 7) < 1e-12);
    cr_expect(fabs(framework->indicators[2].column.judged_weight - 1.0 / 7) < 1e-12);
    cr_expect(fabs(framework->groups[0].level.consistency) < 1e-12);
    framework_free(framework);
    diag_fini(&diag);
}

Test(framework_levels, comparisons_that_contradict_are_refused_at_the_odd_one_with_the_ratio,
     .timeout = 10)
{
    /* x is 3 times y and y 3 times z; then x can hardly be less than z, and 1 is said: a ratio of 0.483. */
    framework_case_refused(HEAD GROUP(PAIRS("3", "3", "1")) ITEMS END, FINDING_NUMBER_OUT, 12, 17,
                           "CR = 0.483");
    struct diag diag;
    framework_free(framework_case_load(HEAD GROUP(PAIRS("3", "2", "4")) ITEMS END, ERR_OK, &diag));
    diag_fini(&diag);
}

Test(framework_levels, comparisons_name_every_pair_of_parts_once, .timeout = 10)
{
    framework_case_refused(HEAD GROUP(", pairwise: [{more: x, than: yy, times: 2}]") ITEMS END,
                           FINDING_REFERENCE_UNKNOWN, 9, 46, "did you mean y");
    framework_case_refused(HEAD GROUP(", pairwise: [{more: x, than: y, times: 2}]") ITEMS END,
                           FINDING_METHOD_MISFIT, 9, 5, "not compared");
    framework_case_refused(HEAD GROUP(", pairwise: [{more: x, than: y, times: 2},"
                                      " {more: y, than: x, times: 2}]") ITEMS END,
                           FINDING_ID_REPEATED, 9, 76, "once");
    framework_case_refused(HEAD GROUP(", pairwise: [{more: x, than: y, times: 0.5}]") ITEMS END,
                           FINDING_NUMBER_OUT, 9, 72, "between");
    framework_case_refused(HEAD GROUP(", pairwise: [{more: x, then: y, times: 2}]") ITEMS END,
                           FINDING_KEY_UNKNOWN, 9, 56, "than");
}

/* The earlier part is the one that is worth more: its own half of the matrix has no figure either. */
Test(framework_levels, a_comparison_without_a_usable_figure_is_refused_and_not_judged,
     .timeout = 10)
{
    framework_case_refused(HEAD GROUP(PAIRS("2", "2", "12")) ITEMS END, FINDING_NUMBER_OUT, 12, 43,
                           "between");
    framework_case_refused(HEAD GROUP(",\n     pairwise: [{more: x, than: y, times: 2},"
                                      " {more: y, than: z, times: 2}, {more: x, than: z}]")
                               ITEMS END,
                           FINDING_KEY_MISSING, 10, 77, "required key");
}

Test(framework_levels, what_is_compared_has_no_other_weights, .timeout = 10)
{
    framework_case_refused(HEAD GROUP(", weights: equal" PAIRS("2", "2", "4")) ITEMS END,
                           FINDING_METHOD_MISFIT, 9, 5, "either");
    framework_case_refused(HEAD GROUP(PAIRS("2", "2", "4")) "indicators:\n" ITEM("x", SCALED)
                               ITEM("y", SCALED) ITEM("z", SCALED ", weight: 0.5") END,
                           FINDING_METHOD_MISFIT, 16, 5, "follows from pairwise");
}

/* Findings that say `en` of a group of so many parts, the last of which has a weight of its own. */
static size_t too_many(int parts, const char *en)
{
    char document[8192];
    struct diag diag;
    size_t count = 0;
    int size = snprintf(document, sizeof document, "%s",
                        HEAD GROUP(", pairwise: [{more: p0, than: p1, times: 2}]") "indicators:\n");
    for (int i = 0; i < parts; i++)
        size +=
            snprintf(document + size, sizeof document - (size_t)size,
                     "  - {id: p%d, name: {zh: 测, en: x}, kind: share, unit: \"%%\", parent: g,\n"
                     "     direction: up" SCALED "%s}\n",
                     i, i == parts - 1 ? ", weight: 0.5" : "");
    snprintf(document + size, sizeof document - (size_t)size, END);
    (void)framework_case_load(document, ERR_FRAMEWORK, &diag);
    for (size_t i = 0; i < diag.count; i++)
        count += strstr(diag.items[i].en, en) != NULL ? 1 : 0;
    diag_fini(&diag);
    return count;
}

Test(framework_levels, only_more_than_ten_parts_are_too_many_to_compare, .timeout = 10)
{
    cr_expect_eq(too_many(10, "at most 10"), 0);
    cr_expect_eq(too_many(10, "follows from pairwise"), 1);
    cr_expect_eq(too_many(11, "at most 10"), 1);
}

/* --- means ------------------------------------------------------------------------------------------ */

Test(framework_levels, a_power_belongs_to_a_power_mean, .timeout = 10)
{
    framework_case_refused(HEAD GROUP(", mean: power") ITEMS END, FINDING_METHOD_MISFIT, 9, 5,
                           "power");
    framework_case_refused(HEAD GROUP(", power: 2") ITEMS END, FINDING_METHOD_MISFIT, 9, 5,
                           "power");
    framework_case_refused(HEAD GROUP(", mean: power, power: 0") ITEMS END, FINDING_NUMBER_OUT, 9,
                           5, "geometric");
    framework_case_refused(HEAD GROUP(", mean: powr") ITEMS END, FINDING_WORD_UNKNOWN, 9, 41,
                           "power");
}

Test(framework_levels, a_floor_or_a_positive_power_needs_no_scale_above_zero, .timeout = 10)
{
#define FROM_ZERO "indicators:\n" ITEM("x", ", normalise: {method: min_max}") END
    cr_expect(checks_with(HEAD GROUP(", mean: geometric") FROM_ZERO, "above 0"));
    cr_expect(checks_with(HEAD GROUP(", mean: power, power: -1") FROM_ZERO, "above 0"));
    cr_expect_not(checks_with(HEAD GROUP(", mean: power, power: 0.5") FROM_ZERO, "above 0"));
    cr_expect_not(checks_with(HEAD GROUP(", mean: geometric, floor: 1") FROM_ZERO, "above 0"));
}

Test(framework_levels, weights_from_data_are_warned_of_where_they_make_a_score, .timeout = 10)
{
    static const char *const from_data = "hold nobody to account";
    cr_expect(checks_with(HEAD GROUP(", weights: entropy") ITEMS END, from_data));
    cr_expect(checks_with(HEAD GROUP(", weights: critic") ITEMS END, from_data));
    cr_expect_not(checks_with(HEAD GROUP(", weights: equal") ITEMS END, from_data));
    cr_expect_not(checks_with(HEAD GROUP("") ITEMS
                              "composites:\n  - {id: c, name: {zh: 综, en: c}, root: g,"
                              " entropy: true, critic: true, equal: true}\n",
                              from_data));
}

Test(framework_levels, a_group_is_filled_from_other_units_and_the_score_itself_never, .timeout = 10)
{
#define BELOW "  - {id: h, name: {zh: 组, en: h}, parent: g, fill: {method: "
    struct diag diag;
    framework_free(framework_case_load(HEAD GROUP("") BELOW "mean}}\n" ITEMS END, ERR_OK, &diag));
    diag_fini(&diag);
    cr_expect(checks_with(HEAD GROUP("") BELOW "group_mean}}\n" ITEMS END, "composite's peers"));
    framework_case_refused(HEAD GROUP("") BELOW "row_mean}}\n" ITEMS END, FINDING_METHOD_MISFIT, 10,
                           5, "a group is filled by");
    framework_case_refused(HEAD GROUP(", fill: {method: mean}") ITEMS END, FINDING_METHOD_MISFIT, 9,
                           5, "score itself");
}

Test(framework_levels, filling_asks_for_an_availability, .timeout = 10)
{
#define FILLED "indicators:\n" ITEM("x", SCALED ", fill: {method: median}")
    static const char *const said = "a unit that reported nothing";
    cr_expect(checks_with(HEAD GROUP("") FILLED END, said));
    cr_expect_not(checks_with(HEAD GROUP("") FILLED
                              "composites:\n  - {id: c, name: {zh: 综, en: c}, root: g,"
                              " availability: 0.8}\n",
                              said));
    cr_expect_not(checks_with(HEAD GROUP("") ITEMS END, said));
}

/* --- scales and outliers ---------------------------------------------------------------------------- */

Test(framework_levels, a_reference_is_a_unit_of_the_composite, .timeout = 10)
{
    struct diag diag;
    framework_free(framework_case_load(
        ONE_WITH(", normalise: {method: to_reference, reference: 900002}"), ERR_OK, &diag));
    diag_fini(&diag);
    framework_case_refused(ONE_WITH(", normalise: {method: to_reference}"), FINDING_METHOD_MISFIT,
                           11, 96, "reference");
    framework_case_refused(ONE_WITH(", normalise: {method: min_max, reference: 900002}"),
                           FINDING_METHOD_MISFIT, 11, 96, "reference");
    framework_case_refused(ONE_WITH(", normalise: {method: to_reference, reference: 220100}"),
                           FINDING_REFERENCE_UNKNOWN, 11, 96, "no unit of the composite");
}

Test(framework_levels, a_standard_of_zero_is_refused, .timeout = 10)
{
    framework_case_refused(ONE_WITH(", normalise: {method: standard, target: 0}"),
                           FINDING_NUMBER_OUT, 11, 96, "above 0");
}

Test(framework_levels, transforms_are_named_and_suggested, .timeout = 10)
{
    struct diag diag;
    struct framework *framework = framework_case_load(
        ONE_WITH(SCALED
                 ", outliers: {points: 0, transform: square_root, kurtosis: -9, deviations: 3}"),
        ERR_OK, &diag);
    const struct outlier_rule *rule = &framework->indicators[0].column.outlier;
    cr_expect(rule->transform == OUTLIERS_SQUARE_ROOT && rule->points == 0 &&
              rule->deviations == 3 && rule->skewness == 2 && rule->kurtosis == -9);
    framework_free(framework);
    diag_fini(&diag);
    framework_case_refused(ONE_WITH(SCALED ", outliers: {transform: squareroot}"),
                           FINDING_WORD_UNKNOWN, 11, 146, "square_root");
}

Test(framework_levels, ranks_may_be_asked_for_unrounded_by_name, .timeout = 10)
{
    struct diag diag;
    struct framework *framework = framework_case_load(
        HEAD GROUP("") ITEMS
        "composites:\n  - {id: c, name: {zh: 综, en: c}, root: g, rank_decimals: -1}\n",
        ERR_OK, &diag);
    cr_expect_eq(framework->composites[0].rank_decimals, -1);
    framework_free(framework);
    diag_fini(&diag);
    framework_case_refused(
        HEAD GROUP("") ITEMS
        "composites:\n  - {id: c, name: {zh: 综, en: c}, root: g, rank_decimals: -2}\n",
        FINDING_NUMBER_OUT, 15, 59, "between");
}
