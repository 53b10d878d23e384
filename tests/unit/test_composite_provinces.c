/* R&D intensity of the 31 provinces from 2011 to 2023, scored and ranked year by year, and 2018 again
 * after its revision.
 *
 * Source  Bulletins on national R&D expenditure (全国科技经费投入统计公报) 2011 to 2023; China Statistical
 * Yearbook on Science and Technology 2020, table 1-8, for 2018 as revised; both as compiled in the
 * public repository huhuaping/techme (commit 9ad60a1). The ranks below were counted apart from this
 * program, by sorting the same tables.
 */
#include "consumers/evaluate/composite.h"

#include <criterion/criterion.h>
#include <string.h>

enum { PROVINCES = 31, YEARS = 13, FIRST_YEAR = 2011 };

static const struct {
    unsigned region;
    double bulletin[YEARS];
    double revised_2018;
} provinces[PROVINCES] = {
    {110000, {5.76, 5.95, 6.08, 5.95, 6.01, 5.96, 5.64, 6.17, 6.31, 6.44, 6.53, 6.83, 6.73}, 5.65},
    {120000, {2.63, 2.8, 2.98, 2.96, 3.08, 3.0, 2.47, 2.62, 3.28, 3.44, 3.66, 3.49, 3.58}, 3.68},
    {130000, {0.82, 0.92, 1.0, 1.06, 1.18, 1.2, 1.33, 1.39, 1.61, 1.75, 1.85, 2.00, 2.08}, 1.54},
    {140000, {1.01, 1.09, 1.23, 1.19, 1.04, 1.03, 0.95, 1.05, 1.12, 1.20, 1.12, 1.07, 1.16}, 1.10},
    {150000, {0.59, 0.64, 0.7, 0.69, 0.76, 0.79, 0.82, 0.75, 0.86, 0.93, 0.93, 0.90, 0.93}, 0.80},
    {210000, {1.64, 1.57, 1.65, 1.52, 1.27, 1.69, 1.84, 1.82, 2.04, 2.19, 2.18, 2.14, 2.24}, 1.96},
    {220000, {0.84, 0.92, 0.92, 0.95, 1.01, 0.94, 0.86, 0.76, 1.27, 1.30, 1.39, 1.43, 1.55}, 1.02},
    {230000, {1.02, 1.07, 1.15, 1.07, 1.05, 0.99, 0.92, 0.83, 1.08, 1.26, 1.31, 1.37, 1.44}, 1.05},
    {310000, {3.11, 3.37, 3.6, 3.66, 3.73, 3.82, 3.93, 4.16, 4.00, 4.17, 4.21, 4.44, 4.34}, 3.77},
    {320000, {2.17, 2.38, 2.51, 2.54, 2.57, 2.66, 2.63, 2.70, 2.79, 2.93, 2.95, 3.12, 3.29}, 2.69},
    {330000, {1.85, 2.08, 2.18, 2.26, 2.36, 2.43, 2.45, 2.57, 2.68, 2.88, 2.94, 3.11, 3.20}, 2.49},
    {340000, {1.4, 1.64, 1.85, 1.89, 1.96, 1.97, 2.09, 2.16, 2.03, 2.28, 2.34, 2.56, 2.69}, 1.91},
    {350000, {1.26, 1.38, 1.44, 1.48, 1.51, 1.59, 1.69, 1.80, 1.78, 1.92, 1.98, 2.04, 2.16}, 1.66},
    {360000, {0.83, 0.88, 0.94, 0.97, 1.04, 1.13, 1.28, 1.41, 1.55, 1.68, 1.70, 1.74, 1.88}, 1.37},
    {370000, {1.86, 2.04, 2.15, 2.19, 2.27, 2.34, 2.41, 2.15, 2.10, 2.30, 2.34, 2.49, 2.59}, 2.47},
    {410000, {0.98, 1.05, 1.11, 1.14, 1.18, 1.23, 1.31, 1.40, 1.46, 1.64, 1.73, 1.86, 2.05}, 1.34},
    {420000, {1.65, 1.73, 1.81, 1.87, 1.9, 1.86, 1.97, 2.09, 2.09, 2.31, 2.32, 2.33, 2.52}, 1.96},
    {430000, {1.19, 1.3, 1.33, 1.36, 1.43, 1.5, 1.68, 1.81, 1.98, 2.15, 2.23, 2.41, 2.57}, 1.81},
    {440000, {1.96, 2.17, 2.32, 2.37, 2.47, 2.56, 2.61, 2.78, 2.88, 3.14, 3.22, 3.42, 3.54}, 2.71},
    {450000, {0.69, 0.75, 0.75, 0.71, 0.63, 0.65, 0.77, 0.71, 0.79, 0.78, 0.81, 0.83, 0.84}, 0.74},
    {460000, {0.41, 0.48, 0.47, 0.48, 0.46, 0.54, 0.52, 0.56, 0.56, 0.66, 0.73, 1.00, 1.19}, 0.55},
    {500000, {1.28, 1.4, 1.39, 1.42, 1.57, 1.72, 1.88, 2.01, 1.99, 2.11, 2.16, 2.36, 2.48}, 1.90},
    {510000, {1.4, 1.47, 1.52, 1.57, 1.67, 1.72, 1.72, 1.81, 1.87, 2.17, 2.26, 2.14, 2.26}, 1.72},
    {520000, {0.64, 0.61, 0.59, 0.6, 0.59, 0.63, 0.71, 0.82, 0.86, 0.91, 0.92, 0.99, 1.01}, 0.79},
    {530000, {0.63, 0.67, 0.68, 0.67, 0.8, 0.89, 0.96, 1.05, 0.95, 1.00, 1.04, 1.08, 1.15}, 0.90},
    {540000, {0.19, 0.25, 0.29, 0.26, 0.3, 0.19, 0.22, 0.25, 0.26, 0.23, 0.29, 0.33, 0.30}, 0.24},
    {610000, {1.99, 1.99, 2.14, 2.07, 2.18, 2.19, 2.1, 2.18, 2.27, 2.42, 2.35, 2.35, 2.50}, 2.22},
    {620000, {0.97, 1.07, 1.07, 1.12, 1.22, 1.22, 1.19, 1.18, 1.26, 1.22, 1.26, 1.29, 1.32}, 1.20},
    {630000, {0.75, 0.69, 0.65, 0.62, 0.48, 0.54, 0.68, 0.60, 0.69, 0.71, 0.80, 0.80, 0.80}, 0.63},
    {640000, {0.73, 0.78, 0.81, 0.87, 0.88, 0.95, 1.13, 1.23, 1.45, 1.52, 1.56, 1.57, 1.61}, 1.30},
    {650000, {0.5, 0.53, 0.54, 0.53, 0.56, 0.59, 0.52, 0.53, 0.47, 0.45, 0.49, 0.51, 0.60}, 0.50},
};

static const struct composite_indicator intensity = {
    .parent = 0,
    .weight = 1,
    .denominator = COMPOSITE_NONE,
    .normalisation = {.kind = NORMALISE_MIN_MAX, .direction = 1, .from = 0, .to = 100}};
static const struct composite_node root = {.parent = COMPOSITE_NONE};
static const struct composite_design design = {.indicators = &intensity,
                                               .indicator_count = 1,
                                               .nodes = &root,
                                               .node_count = 1,
                                               .rank_decimals = -1};

static size_t jilin(void)
{
    size_t i = 0;
    while (provinces[i].region != 220000)
        i++;
    return i;
}

static struct composite *score_year(int year)
{
    struct composite *composite = NULL;
    cr_assert_eq(composite_new(&design, PROVINCES, &composite), ERR_OK);
    for (size_t i = 0; i < PROVINCES; i++)
        composite_set(composite, i, 0, provinces[i].bulletin[year - FIRST_YEAR]);
    composite_refresh(composite);
    return composite;
}

Test(composite_provinces, jilin_has_its_place_in_each_of_13_years, .timeout = 10)
{
    static const uint32_t ranks[YEARS] = {20, 20, 22, 22, 22, 23, 24, 25, 20, 20, 20, 20, 20};
    for (int year = FIRST_YEAR; year < FIRST_YEAR + YEARS; year++) {
        struct composite *composite = score_year(year);
        cr_expect_eq(composite_rank(composite, 0, jilin()), ranks[year - FIRST_YEAR], "%d", year);
        composite_free(composite);
    }
}

Test(composite_provinces, the_revision_of_2018_moves_jilin_from_25_to_23, .timeout = 10)
{
    struct composite *first = score_year(2018), *revised = NULL;
    cr_assert_eq(composite_rank(first, 0, jilin()), 25);
    cr_assert_eq(composite_new(&design, PROVINCES, &revised), ERR_OK);
    for (size_t i = 0; i < PROVINCES; i++) {
        composite_set(revised, i, 0, provinces[i].revised_2018);
        composite_set(first, i, 0, provinces[i].revised_2018);
        composite_refresh(first); /* the vintages arrive one by one */
    }
    composite_refresh(revised);
    cr_expect_eq(composite_rank(first, 0, jilin()), 23);
    for (size_t i = 0; i < PROVINCES; i++) {
        double a = composite_value(first, 0, i), b = composite_value(revised, 0, i);
        cr_expect_eq(memcmp(&a, &b, sizeof a), 0, "region %u", provinces[i].region);
    }
    composite_free(first);
    composite_free(revised);
}
