#include "consumers/evaluate/uncertainty.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { UNITS = 5 };

#define SCALE                                                                                      \
    {                                                                                              \
        .kind = NORMALISE_MIN_MAX, .direction = 1, .from = 1, .to = 100                            \
    }
static const struct composite_indicator indicators[] = {
    {0, 1, COMPOSITE_NONE, .normalisation = SCALE},
    {0, 2, COMPOSITE_NONE, .normalisation = SCALE},
};
static const struct composite_node nodes[] = {{.parent = COMPOSITE_NONE, .availability = {1, 1}}};
static const struct composite_design design = {.indicators = indicators,
                                               .indicator_count = 2,
                                               .nodes = nodes,
                                               .node_count = 1,
                                               .rank_decimals = -1};

/* The first is best in both, the second and third change places with the weights, the fourth is worst
 * in both, the fifth has no second figure. */
static const double figures[] = {9, 7, 2, 1, 5, 9, 4, 6.7, 1, NAN};

static const struct uncertainty_rule everything = {20211220, 1000, 0.25, true, true};

static double behind[UNITS]; /* Criterion runs each test in a process of its own */

static enum err try(const struct uncertainty_rule *rule, struct interval *scores,
                    struct interval *ranks)
{
    struct composite *composite = NULL;
    cr_assert_eq(composite_new(&design, UNITS, &composite), ERR_OK);
    for (size_t i = 0; i < design.indicator_count; i++)
        for (size_t unit = 0; unit < UNITS; unit++)
            composite_set(composite, unit, i, figures[i * UNITS + unit]);
    composite_refresh(composite);
    enum err err = uncertainty_run(composite, rule, scores, ranks, behind);
    composite_free(composite);
    return err;
}

static void run(const struct uncertainty_rule *rule, struct interval *scores,
                struct interval *ranks)
{
    cr_assert_eq(try(rule, scores, ranks), ERR_OK);
}

Test(composite_uncertainty, who_is_best_in_everything_is_first_in_every_draw, .timeout = 20)
{
    struct interval scores[UNITS], ranks[UNITS];
    run(&everything, scores, ranks);
    cr_assert(ranks[0].low == 1 && ranks[0].high == 1);
    cr_assert(ranks[3].low == 4 && ranks[3].high == 4);
    cr_assert(ranks[1].low == 2 && ranks[1].high == 3);
    cr_assert(ranks[2].low == 2 && ranks[2].high == 3);
}

Test(composite_uncertainty, without_a_value_there_is_no_interval, .timeout = 20)
{
    struct interval scores[UNITS], ranks[UNITS];
    run(&everything, scores, ranks);
    cr_assert(isnan(scores[4].low) && isnan(scores[4].high) && isnan(ranks[4].middle));
}

Test(composite_uncertainty, the_same_seed_gives_the_same_bits, .timeout = 20)
{
    struct interval scores[UNITS], ranks[UNITS], again[UNITS];
    struct uncertainty_rule other = everything;
    other.seed++;
    run(&everything, scores, ranks);
    run(&everything, again, ranks);
    cr_assert_eq(memcmp(scores, again, 4 * sizeof *scores), 0);
    run(&other, again, ranks);
    cr_assert_neq(memcmp(scores, again, 4 * sizeof *scores), 0);
}

Test(composite_uncertainty, nothing_varied_leaves_no_interval, .timeout = 20)
{
    struct interval scores[UNITS], ranks[UNITS];
    run(&(struct uncertainty_rule){1, 20, 0, false, false}, scores, ranks);
    for (int i = 0; i < 4; i++)
        cr_assert(scores[i].low == scores[i].high && ranks[i].low == ranks[i].high);
}

Test(composite_uncertainty, no_draw_or_absurd_noise_is_refused, .timeout = 20)
{
    struct interval scores[UNITS], ranks[UNITS];
    struct uncertainty_rule none = {1, 0, 0.25, false, false}, absurd = {1, 10, 1.5, false, false};
    cr_assert_eq(try(&none, scores, ranks), ERR_USAGE);
    cr_assert_eq(try(&absurd, scores, ranks), ERR_USAGE);
}

Test(composite_uncertainty, what_changes_places_is_not_significantly_behind, .timeout = 20)
{
    struct interval scores[UNITS], ranks[UNITS];
    const struct uncertainty_rule weights = {20211220, 1000, 1, false, false};
    run(&weights, scores, ranks);
    cr_expect(isnan(behind[0])); /* the first of all */
    cr_expect_eq(behind[3], 1);  /* worst in everything */
    bool second_is_1 = !isnan(behind[1]) && behind[1] == 1;
    cr_expect_neq(second_is_1, behind[2] == 1); /* one of them is behind the first alone */
    cr_expect(fmin(behind[1], behind[2]) > 0.5 &&
              fmin(behind[1], behind[2]) < UNCERTAINTY_SIGNIFICANT);
    cr_expect(isnan(behind[4])); /* never ranked */
}

/* 25 and 64 are 44.5 on the arithmetic mean and 40 on the geometric one, as 40 and 40 are on both. */
Test(composite_uncertainty, level_with_the_one_above_is_not_behind, .timeout = 20)
{
    static const struct composite_indicator plain[] = {
        {0, 1, COMPOSITE_NONE, .normalisation = {.direction = 1}},
        {0, 1, COMPOSITE_NONE, .normalisation = {.direction = 1}}};
    const struct composite_design level = {.indicators = plain,
                                           .indicator_count = 2,
                                           .nodes = nodes,
                                           .node_count = 1,
                                           .rank_decimals = 6};
    static const double two[] = {25, 40, 64, 40};
    const struct uncertainty_rule means = {20211220, 400, 0, .varies_aggregation = true};
    struct interval scores[2], ranks[2];
    struct composite *composite = NULL;
    cr_assert_eq(composite_new(&level, 2, &composite), ERR_OK);
    for (size_t i = 0; i < 4; i++)
        composite_set(composite, i % 2, i / 2, two[i]);
    composite_refresh(composite);
    cr_assert_eq(uncertainty_run(composite, &means, scores, ranks, behind), ERR_OK);
    cr_expect(isnan(behind[0]));
    cr_expect_float_eq(behind[1], 0.5, 0.1, "%g", behind[1]);
    composite_free(composite);
}

/* --- gaps dealt with otherwise ---------------------------------------------------------------------- */

static struct composite *with_gaps(const struct composite_design *of)
{
    struct composite *composite = NULL;
    cr_assert_eq(composite_new(of, UNITS, &composite), ERR_OK);
    for (size_t i = 0; i < of->indicator_count; i++)
        for (size_t unit = 0; unit < UNITS; unit++)
            composite_set(composite, unit, i, figures[i * UNITS + unit]);
    return composite;
}

static const struct composite_node any_one = {.parent = COMPOSITE_NONE};

/* The fifth unit has 5 of the first figure, which is halfway, and not the second. */
static struct interval fifth(enum imputation rule, bool is_carried, bool varies_missing)
{
    struct composite_indicator filled[2];
    struct composite_design gaps = design;
    struct interval scores[UNITS], ranks[UNITS];
    memcpy(filled, indicators, sizeof filled);
    filled[1].imputation = rule;
    filled[1].is_carried = is_carried;
    gaps.indicators = filled;
    gaps.nodes = &any_one;
    struct composite *composite = with_gaps(&gaps);
    if (is_carried)
        composite_fill(composite, 4, 1, 9);
    const struct uncertainty_rule missing = {7, 200, 0, .varies_missing = varies_missing};
    cr_assert_eq(uncertainty_run(composite, &missing, scores, ranks, behind), ERR_OK);
    composite_free(composite);
    return scores[4];
}

/* On the scale of 1 to 100: alone 50.5; with the other figure's mean 5.175 (52.66 of the scale) or median
 * 5.35 (54.8) in two parts of three; with 9 carried forward 83.5. */
Test(composite_uncertainty, a_gap_that_is_filled_is_left_in_half_of_the_draws, .timeout = 20)
{
    double place = (5.175 - 1) / 8 * 99 + 1, filled = (50.5 + 2 * place) / 3;
    struct interval mean = fifth(IMPUTE_MEAN, false, true);
    cr_expect(fabs(fmin(filled, 50.5) - mean.low) < 1e-9, "%g", mean.low);
    cr_expect(fabs(fmax(filled, 50.5) - mean.high) < 1e-9, "%g", mean.high);
    struct interval never = fifth(IMPUTE_MEAN, false, false);
    cr_expect(never.low == never.high && fabs(never.low - filled) < 1e-9);
}

Test(composite_uncertainty, a_gap_that_is_left_takes_the_median_in_half_of_the_draws, .timeout = 20)
{
    double place = (5.35 - 1) / 8 * 99 + 1;
    struct interval left = fifth(IMPUTE_NONE, false, true);
    cr_expect(fabs(left.low - 50.5) < 1e-9, "%g", left.low);
    cr_expect(fabs(left.high - (50.5 + 2 * place) / 3) < 1e-9, "%g", left.high);
}

Test(composite_uncertainty, a_figure_carried_forward_is_dropped_in_half_of_the_draws, .timeout = 20)
{
    struct interval carried = fifth(IMPUTE_NONE, true, true);
    cr_expect(fabs(carried.low - 50.5) < 1e-9, "%g", carried.low);
    cr_expect(fabs(carried.high - 83.5) < 1e-9, "%g", carried.high);
}
