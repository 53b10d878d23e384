/* Steps of a composite against what others have published, and what must hold of each whatever the
 * figures are. */
#include "consumers/evaluate/aggregate.h"
#include "consumers/evaluate/impute.h"
#include "consumers/evaluate/normalise.h"
#include "consumers/evaluate/treat.h"
#include "consumers/evaluate/weigh.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { UNITS = 12, COLUMNS = 4 };

static void assert_near(double got, double wanted, double tolerance)
{
    cr_assert(fabs(got - wanted) <= tolerance, "%.17g instead of %.17g", got, wanted);
}

static void assert_same(double a, double b)
{
    cr_assert((isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0, "%.17g, %.17g", a, b);
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

/* 0.25 to 100 in quarters; some missing. */
static void draw_table(uint64_t *state, double *table)
{
    for (size_t i = 0; i < UNITS * COLUMNS; i++)
        table[i] = draw(state) % 20 == 0 ? NAN : (double)(draw(state) % 400 + 1) / 4;
}

static size_t moved(size_t unit)
{
    return (unit * 5 + 3) % UNITS;
}

static void shuffle(const double *table, size_t columns, double *out)
{
    for (size_t i = 0; i < UNITS * columns; i++)
        out[i / UNITS * UNITS + moved(i % UNITS)] = table[i];
}

/* --- published -------------------------------------------------------------------------------------- */

/* Source  Tzeng & Huang (2011), Multiple attribute decision making, as in EVALUATION-METHODS.md 3.5. */
Test(composite_methods, topsis_of_the_published_example, .timeout = 10)
{
    static const double table[] = {5, 7, 8, 7, 8, 6, 8, 4, 4, 8, 6, 6}, weights[] = {0.3, 0.4, 0.3};
    static const double wanted[] = {0.5037, 0.6581, 0.7482, 0.3340};
    static const uint32_t places[] = {3, 2, 1, 4};
    const int directions[] = {1, 1, 1};
    double scratch[12], closeness[4];
    uint32_t ranks[4];
    topsis(table, 4, 3, weights, directions, scratch, closeness);
    rank_values(closeness, 4, -1, scratch, ranks);
    for (int i = 0; i < 4; i++) {
        assert_near(closeness[i], wanted[i], 5e-5);
        cr_expect_eq(ranks[i], places[i]);
    }
}

/* Source  Diakoulaki, Mavrotas & Papayannakis (1995), eight firms by three criteria. */
Test(composite_methods, critic_of_the_published_example, .timeout = 10)
{
    double table[] = {61,   20.7, 16.3, 9,    5.4,  4,    -6.1, -34.6, 1.08, 0.26, 1.98, 3.29,
                      2.77, 4.12, 3.52, 3.31, 4.33, 4.34, 2.53, 1.65,  2.33, 1.21, 2.10, 0.98};
    double scratch[16], weights[3];
    weigh_by_critic(table, 8, 3, scratch, weights);
    assert_near(weights[0], 0.20222554, 5e-9);
    assert_near(weights[1], 0.48090173, 5e-9);
    assert_near(weights[2], 0.31687273, 5e-9);
}

/* --- CRITIC ----------------------------------------------------------------------------------------- */

Test(composite_methods, critic_gives_nothing_to_a_column_that_says_nothing, .timeout = 10)
{
    double table[] = {1, 2, 4, 5, 5, 5, 4, 1, 2}, scratch[6], weights[3];
    weigh_by_critic(table, 3, 3, scratch, weights);
    cr_expect_eq(weights[1], 0);
    cr_expect(weights[0] > 0 && weights[2] > 0);
    double alike[] = {1, 2, 4, 2, 4, 8}; /* r = 1: neither says anything the other does not */
    weigh_by_critic(alike, 3, 2, scratch, weights);
    cr_expect(weights[0] == 0.5 && weights[1] == 0.5);
}

Test(composite_methods, critic_and_entropy_do_without_units_that_lack_a_value, .timeout = 10)
{
    double whole[] = {1, 2, 4, 7, 4, 1, 2, 9}, lacking[] = {1, 2, 4, 7, 5, 4, 1, 2, 9, NAN};
    double scratch[10], a[2], b[2];
    weigh_by_critic(whole, 4, 2, scratch, a);
    weigh_by_critic(lacking, 5, 2, scratch, b);
    assert_same(a[0], b[0]);
    assert_same(a[1], b[1]);
}

/* --- TOPSIS, Copeland ------------------------------------------------------------------------------- */

/* 0.1, 0.35 and 0.05 add up to a little less than 0.5 in binary. */
Test(composite_methods, copeland_takes_no_rounding_for_a_lead, .timeout = 10)
{
    static const double table[] = {2, 1, 2, 1, 2, 1, 1, 2, 1, 2};
    static const double weights[] = {0.1, 0.35, 0.05, 0.25, 0.25};
    double scores[2];
    copeland(table, 2, 5, weights, scores);
    cr_expect(scores[0] == 0 && scores[1] == 0, "%g %g", scores[0], scores[1]);
}

Test(composite_methods, the_order_of_the_units_changes_no_bit_of_weights_and_views, .timeout = 20)
{
    static const double weights[COLUMNS] = {0.1, 0.2, 0.3, 0.4};
    const int directions[COLUMNS] = {1, -1, 1, 1};
    for (uint64_t state = 1; state < 200; state++) {
        double table[UNITS * COLUMNS], other[UNITS * COLUMNS], scratch[3 * UNITS];
        double a[UNITS], b[UNITS];
        uint64_t seed = state;
        draw_table(&seed, table);
        shuffle(table, COLUMNS, other);
        topsis(table, UNITS, COLUMNS, weights, directions, scratch, a);
        topsis(other, UNITS, COLUMNS, weights, directions, scratch, b);
        for (size_t i = 0; i < UNITS; i++)
            assert_same(a[i], b[moved(i)]);
        copeland(table, UNITS, COLUMNS, weights, a);
        copeland(other, UNITS, COLUMNS, weights, b);
        for (size_t i = 0; i < UNITS; i++)
            assert_same(a[i], b[moved(i)]);
        weigh_by_entropy(table, UNITS, COLUMNS, scratch, a);
        weigh_by_entropy(other, UNITS, COLUMNS, scratch, b);
        for (size_t i = 0; i < COLUMNS; i++)
            assert_same(a[i], b[i]);
        weigh_by_critic(table, UNITS, COLUMNS, scratch, a);
        weigh_by_critic(other, UNITS, COLUMNS, scratch, b);
        for (size_t i = 0; i < COLUMNS; i++)
            assert_same(a[i], b[i]);
    }
}

Test(composite_methods, another_unit_of_measure_changes_no_bit_of_weights_and_views, .timeout = 20)
{
    static const double weights[COLUMNS] = {0.1, 0.2, 0.3, 0.4};
    const int directions[COLUMNS] = {1, -1, 1, 1};
    for (uint64_t state = 1; state < 100; state++) {
        double table[UNITS * COLUMNS], large[UNITS * COLUMNS], scratch[3 * UNITS];
        double a[UNITS], b[UNITS];
        uint64_t seed = state;
        draw_table(&seed, table);
        for (size_t i = 0; i < UNITS * COLUMNS; i++)
            large[i] = table[i] * (i < UNITS ? 1024 : 1); /* exact in binary */
        topsis(table, UNITS, COLUMNS, weights, directions, scratch, a);
        topsis(large, UNITS, COLUMNS, weights, directions, scratch, b);
        for (size_t i = 0; i < UNITS; i++)
            assert_same(a[i], b[i]);
        weigh_by_critic(table, UNITS, COLUMNS, scratch, a);
        weigh_by_critic(large, UNITS, COLUMNS, scratch, b);
        for (size_t i = 0; i < COLUMNS; i++)
            assert_same(a[i], b[i]);
    }
}

/* --- scales ----------------------------------------------------------------------------------------- */

static void run(struct normalisation_rule rule, const double *in, size_t n, double *out)
{
    double scratch[16];
    normalise(&rule, in, n, scratch, out);
}

Test(composite_methods, borda_counts_who_is_worse, .timeout = 10)
{
    const double in[] = {3, NAN, 5, 3, 1};
    double out[5];
    run((struct normalisation_rule){NORMALISE_BORDA, 1}, in, 5, out);
    cr_expect(out[0] == 1 && isnan(out[1]) && out[2] == 3 && out[3] == 1 && out[4] == 0);
    run((struct normalisation_rule){NORMALISE_BORDA, -1}, in, 5, out);
    cr_expect(out[0] == 1 && out[2] == 0 && out[4] == 3);
}

/* 1 - (ref - x) / (ref - min). */
Test(composite_methods, distance_to_a_reference_is_1_at_the_reference, .timeout = 10)
{
    const double in[] = {2, 6, 8, 10}, same[] = {5, 5, 7, 9};
    double out[4];
    struct normalisation_rule rule = {NORMALISE_TO_REFERENCE, 1, .reference = 1};
    run(rule, in, 4, out);
    cr_expect(out[0] == 0 && out[1] == 1 && out[2] == 1.5 && out[3] == 2);
    rule.is_capped = true;
    run(rule, in, 4, out);
    cr_expect(out[2] == 1 && out[3] == 1);
    rule.direction = -1;
    run(rule, in, 4, out);
    cr_expect(out[0] == 1 && out[1] == 1 && out[2] == 0.5 && out[3] == 0);
    run(rule, (const double[]){2, NAN, 8, 10}, 4, out);
    cr_expect(isnan(out[0]) && isnan(out[3]));
    run((struct normalisation_rule){NORMALISE_TO_REFERENCE, 1, .reference = 0}, same, 4, out);
    cr_expect(isnan(out[0]) && isnan(out[2])); /* the reference is the worst: no way to it */
}

Test(composite_methods, the_distance_to_the_maximum_is_min_max, .timeout = 10)
{
    const double in[] = {2, 5, 11, 4};
    double out[4];
    run((struct normalisation_rule){NORMALISE_MIN_MAX, 1, .to = 1}, in, 4, out);
    for (int i = 0; i < 4; i++)
        assert_near(out[i], 1 - (11 - in[i]) / (11.0 - 2), 1e-15);
}

Test(composite_methods, less_than_the_standard_is_full_marks_where_less_is_better, .timeout = 10)
{
    const double in[] = {10, 5, 2.5, 0, -1};
    double out[5];
    run((struct normalisation_rule){NORMALISE_STANDARD, -1, .target = 5, .to = 100}, in, 5, out);
    cr_expect(out[0] == 50 && out[1] == 100 && out[2] == 100 && out[3] == 100 && out[4] == 100);
}

Test(composite_methods, without_spread_there_is_no_place_between_worst_and_best, .timeout = 10)
{
    static const enum normalisation kinds[] = {NORMALISE_MIN_MAX, NORMALISE_Z_SCORE,
                                               NORMALISE_PERCENTILE, NORMALISE_TO_REFERENCE};
    const double equal[] = {0.1, 0.1, 0.1};
    double out[3];
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        run((struct normalisation_rule){kinds[k], 1, .to = 1}, equal, 3, out);
        for (int i = 0; i < 3; i++)
            cr_expect(isnan(out[i]), "%zu", k);
    }
    run((struct normalisation_rule){NORMALISE_BORDA, 1}, equal, 3, out);
    cr_expect(out[0] == 0 && out[2] == 0);
}

/* --- outliers --------------------------------------------------------------------------------------- */

Test(composite_methods, tied_maxima_are_winsorised_together_and_counted_as_points, .timeout = 10)
{
    /* Two of 1000: a single point allowed is one step, which changes both; the column then passes. */
    const double figures[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1000, 1000};
    double values[20], scratch[20];
    const struct treatment_rule one = {2, 3.5, 1};
    memcpy(values, figures, sizeof values);
    cr_expect_eq(treat(&one, values, 20, scratch), TREAT_WINSORISED);
    cr_expect(values[18] == 10 && values[19] == 10 && values[9] == 10);
    /* 1000 twice, then 500: two points are enough for the first step, and leave none for the second. */
    double three[40] = {[37] = 500, [38] = 1000, [39] = 1000}, again[40];
    for (int i = 0; i < 37; i++)
        three[i] = i % 10;
    memcpy(again, three, sizeof again);
    double wide[40];
    const struct treatment_rule two = {2, 3.5, 2};
    treat(&two, three, 40, wide);
    cr_expect(three[39] == 500 && three[37] == 500, "%g", three[39]);
    const struct treatment_rule more = {2, 3.5, 3};
    treat(&more, again, 40, wide);
    cr_expect(again[39] == 9 && again[37] == 9, "%g", again[39]);
}

Test(composite_methods, points_of_both_ends_are_counted, .timeout = 10)
{
    /* Far out on both sides: when the high one is set back, the low ones stand out, one after the other. */
    double values[43] = {[40] = 1500, [41] = -700, [42] = -600}, scratch[43], again[43];
    const struct treatment_rule two = {2, 3.5, 2}, three = {2, 3.5, 3};
    for (int i = 0; i < 40; i++)
        values[i] = i % 5;
    memcpy(again, values, sizeof again);
    treat(&two, values, 43, scratch);
    cr_expect(values[40] == 4 && values[41] == -600 && values[42] == -600, "%g", values[41]);
    treat(&three, again, 43, scratch);
    cr_expect(again[40] == 4 && again[41] == 0 && again[42] == 0, "%g", again[41]);
}

static const struct treatment_rule at_once = {.max_skewness = 2, .max_kurtosis = 3.5};

static void transform(enum transform kind, double lambda, double *values, size_t n)
{
    double scratch[16];
    struct treatment_rule rule = at_once;
    rule.transform = kind;
    rule.lambda = lambda;
    cr_assert_eq(treat(&rule, values, n, scratch), TREAT_TRANSFORMED);
}

/* EVALUATION-METHODS.md 3.2: each as it is written there. */
Test(composite_methods, each_transform_is_the_formula_of_its_name, .timeout = 10)
{
    enum { N = 10 };
    static const double figures[N] = {3, 2, 3, 4, 5, 6, 7, 8, 9, 1000};
    const double min = 2, max = 1000;
    for (int kind = TRANSFORM_LOGARITHM; kind < TRANSFORM_COUNT; kind++) {
        double values[N];
        memcpy(values, figures, sizeof values);
        transform((enum transform)kind, 0.5, values, N);
        for (int i = 0; i < N; i++) {
            double x = figures[i];
            const double wanted[] = {[TRANSFORM_LOGARITHM] = log(x - min + 0.01 * (max - min)),
                                     [TRANSFORM_LOGARITHM_PLUS_1] = log(x - min + 1),
                                     [TRANSFORM_LOGARITHM_GII] =
                                         log((max - 1) * (x - min) / (max - min) + 1),
                                     [TRANSFORM_SQUARE_ROOT] = sqrt(x),
                                     [TRANSFORM_BOX_COX] = (sqrt(x - min + 1) - 1) / 0.5};
            assert_near(values[i], wanted[kind], 1e-12);
        }
    }
    double plain[N], power[N];
    memcpy(plain, figures, sizeof plain);
    memcpy(power, figures, sizeof power);
    transform(TRANSFORM_LOGARITHM_PLUS_1, 0, plain, N);
    transform(TRANSFORM_BOX_COX, 0, power, N);
    for (int i = 0; i < N; i++)
        assert_same(plain[i], power[i]);
}

Test(composite_methods, a_transform_that_would_turn_a_column_over_leaves_it, .timeout = 10)
{
    double values[] = {0.1, 0.2, 0.1, 0.2, 0.1, 0.2, 0.1, 0.2, 0.1, 0.9};
    transform(TRANSFORM_LOGARITHM_GII, 0, values, 10);
    cr_expect(values[0] == 0.1 && values[9] == 0.9);
    double below[] = {-1, 1, 2, 1, 2, 1, 2, 1, 2, 900};
    transform(TRANSFORM_SQUARE_ROOT, 0, below, 10);
    cr_expect(isnan(below[0]) && below[9] == 30);
}

Test(composite_methods, a_transform_keeps_the_order, .timeout = 20)
{
    for (int kind = TRANSFORM_LOGARITHM; kind < TRANSFORM_COUNT; kind++)
        for (uint64_t state = 1; state < 100; state++) {
            double values[UNITS], before[UNITS], scratch[UNITS];
            uint64_t seed = state;
            for (int i = 0; i < UNITS; i++)
                values[i] = (double)(draw(&seed) % 400 + 1) / 4 * (i == 0 ? 1000 : 1);
            memcpy(before, values, sizeof before);
            struct treatment_rule rule = {0, -100, 0, (enum transform)kind, -0.5, 2};
            treat(&rule, values, UNITS, scratch);
            for (int i = 0; i < UNITS * UNITS; i++)
                cr_assert(!(before[i / UNITS] < before[i % UNITS]) ||
                              values[i / UNITS] <= values[i % UNITS],
                          "%s", transform_name((enum transform)kind));
        }
}

Test(composite_methods, what_lies_too_far_from_the_mean_is_out_of_the_extremes, .timeout = 10)
{
    double values[12] = {[10] = 100, [11] = NAN}, scratch[12];
    for (int i = 0; i < 10; i++)
        values[i] = i;
    const struct treatment_rule three = {.deviations = 2};
    cr_expect_eq(treat(&three, values, 12, scratch), TREAT_SET_BACK);
    cr_expect(values[10] == 9 && values[0] == 0 && isnan(values[11]));
    cr_expect_eq(treat(&three, values, 12, scratch), TREAT_NOTHING);
    double equal[] = {3, 3, 3};
    cr_expect_eq(treat(&three, equal, 3, scratch), TREAT_NOTHING);
}

/* --- gaps ------------------------------------------------------------------------------------------- */

Test(composite_methods, a_gap_takes_the_units_mean_place_among_its_siblings, .timeout = 10)
{
    /* The first stands at 0.25 and at 0.75 of the others; the last column has no spread. */
    const double family[] = {NAN, 10, 30, 1, 0, 4, 4, 6, -2, 7, 7, 7};
    double low[4], high[4], values[3];
    uint8_t is_filled[3];
    cr_assert_eq(impute_by_row(family, 4, 3, 0, low, high, values, is_filled), 1);
    cr_expect(values[0] == 10 + 0.5 * 20, "%g", values[0]);
    cr_expect(values[1] == 10 && values[2] == 30);
    cr_expect(is_filled[0] == 1 && is_filled[1] == 0);
}

Test(composite_methods, a_row_that_says_nothing_fills_nothing, .timeout = 10)
{
    const double alone[] = {NAN, 10, 30, NAN, 0, 4}, none[] = {NAN, NAN, 1, 2};
    double low[2], high[2], values[3];
    uint8_t is_filled[3];
    cr_expect_eq(impute_by_row(alone, 2, 3, 0, low, high, values, is_filled), 0);
    cr_expect(isnan(values[0]));
    cr_expect_eq(impute_by_row(none, 2, 2, 0, low, high, values, is_filled), 0);
    cr_expect(isnan(values[0]) && isnan(values[1]));
}

/* --- means ------------------------------------------------------------------------------------------ */

Test(composite_methods, power_means_lie_between_those_of_other_names, .timeout = 10)
{
    const double values[] = {1, NAN, 4}, weights[] = {1, 5, 1};
    assert_near(aggregate(AGGREGATE_POWER, 1, values, weights, 3), 2.5, 1e-15);
    assert_near(aggregate(AGGREGATE_POWER, -1, values, weights, 3), 1.6, 1e-15);
    assert_near(aggregate(AGGREGATE_POWER, 2, values, weights, 3), sqrt(8.5), 1e-15);
    assert_near(aggregate(AGGREGATE_POWER, 0.5, values, weights, 3), 2.25, 1e-15);
    assert_near(aggregate(AGGREGATE_POWER, 1e-9, values, weights, 3), 2, 1e-6);
}

Test(composite_methods, a_power_mean_of_zero_is_there_for_powers_above_zero_alone, .timeout = 10)
{
    const double values[] = {0, 4}, below[] = {-1, 4}, weights[] = {1, 1};
    assert_near(aggregate(AGGREGATE_POWER, 0.5, values, weights, 2), 1, 1e-15);
    cr_expect(isnan(aggregate(AGGREGATE_POWER, -1, values, weights, 2)));
    cr_expect(isnan(aggregate(AGGREGATE_POWER, 2, below, weights, 2)));
}

Test(composite_methods, more_never_lowers_a_mean, .timeout = 20)
{
    static const double powers[] = {-3, -1, -0.5, 0.5, 1, 2, 5};
    for (int kind = AGGREGATE_ARITHMETIC; kind <= AGGREGATE_POWER; kind++)
        for (size_t p = 0; p < sizeof powers / sizeof *powers; p++)
            for (uint64_t state = 1; state < 50; state++) {
                double values[COLUMNS], weights[COLUMNS];
                uint64_t seed = state;
                for (int i = 0; i < COLUMNS; i++) {
                    values[i] = (double)(draw(&seed) % 400 + 1) / 4;
                    weights[i] = (double)(draw(&seed) % 9 + 1);
                }
                double less =
                    aggregate((enum aggregation)kind, powers[p], values, weights, COLUMNS);
                values[draw(&seed) % COLUMNS] += 0.25;
                double more =
                    aggregate((enum aggregation)kind, powers[p], values, weights, COLUMNS);
                cr_assert(more >= less - 1e-12 * less, "%d %g", kind, powers[p]);
            }
}
