#include "consumers/evaluate/aggregate.h"
#include "consumers/evaluate/impute.h"
#include "consumers/evaluate/normalise.h"
#include "consumers/evaluate/treat.h"
#include "consumers/evaluate/weigh.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static void assert_near(double got, double wanted, double tolerance)
{
    cr_assert(fabs(got - wanted) <= tolerance, "%.17g instead of %.17g", got, wanted);
}

static void run(struct normalisation_rule rule, const double *in, size_t n, double *out)
{
    double scratch[16];
    normalise(&rule, in, n, scratch, out);
}

Test(composite_steps, min_max_puts_the_extremes_at_the_ends, .timeout = 10)
{
    double in[] = {4, NAN, 2, 6}, out[4];
    run((struct normalisation_rule){NORMALISE_MIN_MAX, 1, .from = 0, .to = 100}, in, 4, out);
    cr_assert(out[0] == 50 && isnan(out[1]) && out[2] == 0 && out[3] == 100);
    run((struct normalisation_rule){NORMALISE_MIN_MAX, -1, .from = 0, .to = 100}, in, 4, out);
    cr_assert(out[0] == 50 && isnan(out[1]) && out[2] == 100 && out[3] == 0);
}

Test(composite_steps, a_column_without_spread_has_no_scale, .timeout = 10)
{
    static const enum normalisation kinds[] = {NORMALISE_MIN_MAX, NORMALISE_Z_SCORE};
    double equal[] = {0.1, 0.1, 0.1}, out[3];
    for (size_t k = 0; k < 2; k++) {
        run((struct normalisation_rule){kinds[k], 1, .from = 0, .to = 1}, equal, 3, out);
        cr_assert(isnan(out[0]) && isnan(out[1]) && isnan(out[2]));
    }
    run((struct normalisation_rule){NORMALISE_PERCENTILE, 1, .from = 0, .to = 1}, equal, 1, out);
    cr_assert(isnan(out[0]));
}

Test(composite_steps, z_scores_use_the_deviation_of_a_sample, .timeout = 10)
{
    double in[] = {1, 2, 3}, out[3];
    run((struct normalisation_rule){NORMALISE_Z_SCORE, 1, .from = 50, .to = 10}, in, 3, out);
    cr_assert(out[0] == 40 && out[1] == 50 && out[2] == 60);
}

Test(composite_steps, goalposts_clamp_and_turn_round, .timeout = 10)
{
    double in[] = {-1, 0, 5, 10, 11}, out[5];
    struct normalisation_rule rule = {NORMALISE_GOALPOSTS, -1,        .low = 0,
                                      .high = 10,          .from = 0, .to = 1};
    run(rule, in, 5, out);
    cr_assert(out[0] == 1 && out[1] == 1 && out[2] == 0.5 && out[3] == 0 && out[4] == 0);
}

Test(composite_steps, distance_to_target_is_capped_only_when_asked, .timeout = 10)
{
    double in[] = {0, 5, 20}, out[3];
    struct normalisation_rule rule = {NORMALISE_TO_TARGET, 1, .target = 10};
    run(rule, in, 3, out);
    cr_assert(out[0] == 0 && out[1] == 0.5 && out[2] == 2);
    rule.is_capped = true;
    run(rule, in, 3, out);
    cr_assert(out[2] == 1);
}

Test(composite_steps, the_standard_value_index_stops_at_its_top, .timeout = 10)
{
    double in[] = {1.25, 2.5, 5}, out[3];
    run((struct normalisation_rule){NORMALISE_STANDARD, 1, .target = 2.5, .to = 100}, in, 3, out);
    cr_assert(out[0] == 50 && out[1] == 100 && out[2] == 100);
}

Test(composite_steps, ties_share_a_rank_and_missing_has_none, .timeout = 10)
{
    double values[] = {3, NAN, 5, 3, 1, INFINITY}, scratch[6];
    uint32_t ranks[6];
    rank_values(values, 6, -1, scratch, ranks);
    cr_assert(ranks[0] == 2 && ranks[1] == 0 && ranks[2] == 1 && ranks[3] == 2 && ranks[4] == 4 &&
              ranks[5] == 0);
}

Test(composite_steps, rounding_before_ranking_makes_ties, .timeout = 10)
{
    double values[] = {0.9494, 0.9486, 0.947}, scratch[3];
    uint32_t ranks[3];
    rank_values(values, 3, 3, scratch, ranks);
    cr_assert(ranks[0] == 1 && ranks[1] == 1 && ranks[2] == 3);
    rank_values(values, 3, -1, scratch, ranks);
    cr_assert(ranks[1] == 2);
}

Test(composite_steps, means_leave_out_what_is_missing, .timeout = 10)
{
    double values[] = {1, NAN, 4}, weights[] = {1, 5, 1};
    assert_near(aggregate(AGGREGATE_ARITHMETIC, 0, values, weights, 3), 2.5, 0);
    assert_near(aggregate(AGGREGATE_GEOMETRIC, 0, values, weights, 3), 2, 1e-15);
    assert_near(aggregate(AGGREGATE_HARMONIC, 0, values, weights, 3), 1.6, 1e-15);
}

Test(composite_steps, zero_has_no_geometric_or_harmonic_mean, .timeout = 10)
{
    double values[] = {0, 4}, weights[] = {1, 1};
    cr_assert(isnan(aggregate(AGGREGATE_GEOMETRIC, 0, values, weights, 2)));
    cr_assert(isnan(aggregate(AGGREGATE_HARMONIC, 0, values, weights, 2)));
    cr_assert(isnan(aggregate(AGGREGATE_ARITHMETIC, 0, values, weights, 0)));
}

Test(composite_steps, two_thirds_are_compared_in_whole_numbers, .timeout = 10)
{
    struct fraction threshold = {2, 3};
    cr_assert(fraction_is_reached(threshold, 2, 3));
    cr_assert(fraction_is_reached(threshold, 14, 21));
    cr_assert_not(fraction_is_reached(threshold, 13, 20));
}

/* Source  EVALUATION-METHODS.md 3.4. */
Test(composite_steps, entropy_weights_of_the_published_example, .timeout = 10)
{
    double table[] = {1, 4, 2, 16}, scratch[2], weights[2];
    weigh_by_entropy(table, 2, 2, scratch, weights);
    assert_near(weights[0], 0.358889, 5e-7);
    assert_near(weights[1], 0.641111, 5e-7);
}

Test(composite_steps, columns_that_say_nothing_weigh_nothing, .timeout = 10)
{
    double table[] = {1, 1, 1, 2}, scratch[2], weights[2];
    weigh_by_entropy(table, 2, 2, scratch, weights);
    cr_assert(weights[0] == 0 && weights[1] == 1);
    double equal[] = {1, 1, 2, 2};
    weigh_by_entropy(equal, 2, 2, scratch, weights);
    cr_assert(weights[0] == 0.5 && weights[1] == 0.5);
}

Test(composite_steps, topsis_ranks_best_1_and_worst_0, .timeout = 10)
{
    double table[] = {1, 2, 3, 9, 5, 1}, weights[] = {0.5, 0.5}, scratch[9], closeness[3];
    int directions[] = {1, -1};
    topsis(table, 3, 2, weights, directions, scratch, closeness);
    cr_assert(closeness[0] == 0 && closeness[2] == 1);
    assert_near(closeness[1], 0.5, 1e-15);
    double equal[] = {1, 1, 1, 2, 2, 2};
    topsis(equal, 3, 2, weights, directions, scratch, closeness);
    cr_assert(isnan(closeness[0]));
}

Test(composite_steps, one_far_value_is_winsorised, .timeout = 10)
{
    struct treatment_rule rule = {2, 3.5, 5};
    double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1000}, scratch[20];
    cr_assert_eq(treat(&rule, values, 10, scratch), TREAT_WINSORISED);
    cr_assert(values[9] == 9 && values[0] == 1);
}

Test(composite_steps, where_winsorising_does_not_do_the_logarithm_is_taken, .timeout = 10)
{
    struct treatment_rule rule = {2, 3.5, 1, .transform = TRANSFORM_LOGARITHM};
    double values[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 500, 1000};
    double before[16], scratch[32];
    memcpy(before, values, sizeof before);
    cr_assert_eq(treat(&rule, values, 16, scratch), TREAT_TRANSFORMED);
    for (int i = 0; i < 16; i++)
        assert_near(values[i], log(before[i] - 1 + 0.01 * 999), 1e-12);
}

Test(composite_steps, too_few_or_equal_values_are_never_outliers, .timeout = 10)
{
    struct treatment_rule rule = {2, 3.5, 5};
    double few[] = {1, 1, 1000}, equal[] = {2, 2, 2, 2, 2}, scratch[20];
    cr_assert_eq(treat(&rule, few, 3, scratch), TREAT_NOTHING);
    cr_assert_eq(treat(&rule, equal, 5, scratch), TREAT_NOTHING);
}

Test(composite_steps, a_group_without_figures_stays_missing, .timeout = 10)
{
    double values[] = {1, NAN, 3, NAN}, scratch[8];
    uint32_t groups[] = {1, 1, 1, 2};
    uint8_t is_filled[4];
    cr_assert_eq(impute(IMPUTE_GROUP_MEAN, groups, values, 4, scratch, is_filled), 1);
    cr_assert(values[1] == 2 && isnan(values[3]) && is_filled[1] == 1 && is_filled[3] == 0);
}

Test(composite_steps, what_was_filled_in_fills_nothing_else, .timeout = 10)
{
    double values[] = {0, NAN, NAN, 1, 8}, scratch[10];
    uint8_t is_filled[5];
    cr_assert_eq(impute(IMPUTE_MEAN, NULL, values, 5, scratch, is_filled), 2);
    cr_assert(values[1] == 3 && values[2] == 3);
}

Test(composite_steps, another_unit_of_measure_changes_no_normalised_bit, .timeout = 10)
{
    static const enum normalisation kinds[] = {
        NORMALISE_MIN_MAX, NORMALISE_Z_SCORE, NORMALISE_RANK,        NORMALISE_PERCENTILE,
        NORMALISE_OF_MAX,  NORMALISE_BORDA,   NORMALISE_TO_REFERENCE};
    double in[] = {1.3, 2.7, NAN, 0.4, 9.1}, large[5], a[5], b[5];
    for (int i = 0; i < 5; i++)
        large[i] = in[i] * 1024; /* exact in binary */
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct normalisation_rule rule = {kinds[k], 1, .from = 1, .to = 100};
        run(rule, in, 5, a);
        run(rule, large, 5, b);
        for (int i = 0; i < 5; i++)
            cr_assert((isnan(a[i]) && isnan(b[i])) || memcmp(&a[i], &b[i], sizeof *a) == 0);
    }
}

Test(composite_steps, more_is_never_worse, .timeout = 10)
{
    for (int kind = NORMALISE_NONE; kind <= NORMALISE_TO_REFERENCE; kind++)
        for (int step = 0; step < 100; step++) {
            double in[] = {1, 4, 9, step / 10.0}, out[4], more[4];
            struct normalisation_rule rule = {(enum normalisation)kind,
                                              1,
                                              .low = 2,
                                              .high = 8,
                                              .target = 12,
                                              .from = 1,
                                              .to = 100,
                                              .reference = 2};
            run(rule, in, 4, out);
            in[3] += 0.1;
            run(rule, in, 4, more);
            cr_assert(more[3] >= out[3] - 1e-9, "kind %d at %g", kind, in[3]);
        }
}

Test(composite_steps, linear_goes_past_both_ends, .timeout = 10)
{
    /* China's efficacy coefficient: 60 at the worst, 100 at the best. */
    const double in[] = {2, 8, 11, 5};
    double out[4];
    run((struct normalisation_rule){NORMALISE_LINEAR, 1, 2, 8, .from = 60, .to = 100}, in, 4, out);
    cr_expect(out[0] == 60 && out[1] == 100 && out[2] == 120 && out[3] == 80);
    run((struct normalisation_rule){NORMALISE_LINEAR, -1, 2, 8, .from = 60, .to = 100}, in, 4, out);
    cr_expect(out[0] == 100 && out[1] == 60 && out[2] == 40 && out[3] == 80);
}

Test(composite_steps, share_of_the_largest_has_none_of_a_column_without_one_above_0, .timeout = 10)
{
    const double in[] = {2, 8, NAN}, none[] = {0, -1};
    double out[3];
    run((struct normalisation_rule){NORMALISE_OF_MAX, 1, .to = 100}, in, 3, out);
    cr_expect(out[0] == 25 && out[1] == 100 && isnan(out[2]));
    run((struct normalisation_rule){NORMALISE_OF_MAX, 1, .to = 100}, none, 2, out);
    cr_expect(isnan(out[0]) && isnan(out[1]));
}

Test(composite_steps, copeland_counts_who_outranks_whom, .timeout = 10)
{
    /* The first beats the second by weight and ties with the third, which beats the second; the fourth
     * lacks a value. */
    const double table[] = {9, 5, 9, 1, 3, 4, 3, NAN}, weights[] = {0.6, 0.4};
    double scores[4];
    copeland(table, 4, 2, weights, scores);
    cr_expect(scores[0] == 1 && scores[1] == -2 && scores[2] == 1 && isnan(scores[3]));
}
