#include "consumers/evaluate/composite.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { UNITS = 12, INDICATORS = 6, NODES = 3 };

/* Two areas below a whole, each step of the pipeline used somewhere. */
static const struct composite_indicator indicators[INDICATORS] = {
    {.parent = 0,
     .weight = 1,
     .denominator = COMPOSITE_NONE,
     .treatment = {2, 3.5, 5},
     .normalisation = {.kind = NORMALISE_MIN_MAX, .direction = 1, .from = 1, .to = 100}},
    {.parent = 0,
     .weight = 2,
     .denominator = 4,
     .factor = 100,
     .imputation = IMPUTE_MEDIAN,
     .normalisation = {.kind = NORMALISE_PERCENTILE, .direction = -1, .from = 1, .to = 100}},
    {.parent = 0,
     .weight = 1,
     .denominator = COMPOSITE_NONE,
     .normalisation = {.kind = NORMALISE_GOALPOSTS,
                       .direction = 1,
                       .low = 10,
                       .high = 90,
                       .from = 1,
                       .to = 100}},
    {.parent = 1,
     .weight = 1,
     .denominator = COMPOSITE_NONE,
     .imputation = IMPUTE_MEAN,
     .normalisation = {.kind = NORMALISE_Z_SCORE, .direction = 1, .from = 50, .to = 10}},
    {.parent = 1,
     .weight = 1,
     .denominator = COMPOSITE_NONE,
     .normalisation = {.kind = NORMALISE_RANK, .direction = 1}},
    {.parent = 1,
     .weight = 1,
     .denominator = COMPOSITE_NONE,
     .normalisation = {.kind = NORMALISE_MIN_MAX, .direction = -1, .from = 1, .to = 100}},
};
static const struct composite_node nodes[NODES] = {
    {.parent = 2, .weight = 1, .aggregation = AGGREGATE_GEOMETRIC},
    {.parent = 2, .weight = 3, .weighting = WEIGHT_ENTROPY},
    {.parent = COMPOSITE_NONE},
};
static const double cuts[] = {30, 60};
static const struct composite_design design = {.indicators = indicators,
                                               .indicator_count = INDICATORS,
                                               .nodes = nodes,
                                               .node_count = NODES,
                                               .availability = {4, 5},
                                               .rank_decimals = -1,
                                               .cuts = cuts,
                                               .cut_count = 2};

/* The same tree with the other methods: gaps filled along the row, a transform, figures set back, ranks,
 * a reference, the standard; a power mean above a floor, CRITIC weights, a coverage by weight. */
static const struct composite_indicator other_indicators[INDICATORS] = {
    {.parent = 0,
     .weight = 1,
     .denominator = COMPOSITE_NONE,
     .imputation = IMPUTE_ROW_MEAN,
     .treatment = {1, 0, 0, TRANSFORM_SQUARE_ROOT, .deviations = 3},
     .normalisation = {.kind = NORMALISE_MIN_MAX, .direction = 1, .to = 100}},
    {.parent = 0,
     .weight = 2,
     .denominator = 4,
     .imputation = IMPUTE_ROW_MEAN,
     .normalisation = {.kind = NORMALISE_BORDA, .direction = -1}},
    {.parent = 0,
     .weight = 1,
     .denominator = COMPOSITE_NONE,
     .normalisation =
         {.kind = NORMALISE_TO_REFERENCE, .direction = 1, .is_capped = true, .reference = 3}},
    {.parent = 1,
     .weight = 1,
     .denominator = COMPOSITE_NONE,
     .treatment = {2, 3.5, 1, TRANSFORM_BOX_COX, 0.5},
     .normalisation = {.kind = NORMALISE_STANDARD, .direction = -1, .target = 20, .to = 100}},
    {.parent = 1,
     .weight = 1,
     .denominator = COMPOSITE_NONE,
     .imputation = IMPUTE_ROW_MEAN,
     .treatment = {2, 3.5, 0, TRANSFORM_LOGARITHM_GII},
     .normalisation = {.kind = NORMALISE_Z_SCORE, .direction = 1, .from = 50, .to = 10}},
    {.parent = 1,
     .weight = 1,
     .denominator = COMPOSITE_NONE,
     .normalisation = {.kind = NORMALISE_OF_MAX, .direction = 1, .to = 100}},
};
static const struct composite_node other_nodes[NODES] = {
    {.parent = 2,
     .weight = 1,
     .aggregation = AGGREGATE_POWER,
     .power = 0.5,
     .has_floor = true,
     .floor = 1,
     .coverage = {2, 3}},
    {.parent = 2, .weight = 3, .weighting = WEIGHT_CRITIC, .imputation = IMPUTE_MEDIAN},
    {.parent = COMPOSITE_NONE, .coverage = {3, 4}},
};
static const struct composite_design other_design = {.indicators = other_indicators,
                                                     .indicator_count = INDICATORS,
                                                     .nodes = other_nodes,
                                                     .node_count = NODES,
                                                     .availability = {1, 2},
                                                     .rank_decimals = 3,
                                                     .cuts = cuts,
                                                     .cut_count = 2};
static const struct composite_design *const designs[] = {&design, &other_design};
enum { DESIGNS = sizeof designs / sizeof *designs };

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

/* 1 to 100 with ties; now and then missing, and far out. */
static double draw_figure(uint64_t *state)
{
    uint64_t kind = draw(state) % 12;
    double value = (double)(draw(state) % 400 + 4) / 4;
    return kind == 0 ? NAN : kind == 1 ? value * 1000 : value;
}

static struct composite *fresh_of(const struct composite_design *of)
{
    struct composite *composite = NULL;
    cr_assert_eq(composite_new(of, UNITS, &composite), ERR_OK);
    return composite;
}

static struct composite *fresh(void)
{
    return fresh_of(&design);
}

static bool same_bits(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static void assert_same(const struct composite *a, size_t unit_a, const struct composite *b,
                        size_t unit_b)
{
    for (size_t i = 0; i < INDICATORS; i++)
        cr_assert(same_bits(composite_normalised(a, i, unit_a), composite_normalised(b, i, unit_b)),
                  "indicator %zu", i);
    for (size_t i = 0; i < NODES; i++) {
        cr_assert(same_bits(composite_value(a, i, unit_a), composite_value(b, i, unit_b)),
                  "node %zu: %.17g %.17g", i, composite_value(a, i, unit_a),
                  composite_value(b, i, unit_b));
        cr_assert_eq(composite_rank(a, i, unit_a), composite_rank(b, i, unit_b));
        cr_assert_eq(composite_band(a, i, unit_a), composite_band(b, i, unit_b));
    }
}

static void expect_full(const struct composite *step, const double table[INDICATORS][UNITS],
                        const struct composite_design *of)
{
    struct composite *full = fresh_of(of);
    for (size_t i = 0; i < INDICATORS * UNITS; i++)
        composite_set(full, i % UNITS, i / UNITS, table[i / UNITS][i % UNITS]);
    composite_refresh(full);
    for (size_t i = 0; i < UNITS; i++)
        assert_same(step, i, full, i);
    composite_free(full);
}

Test(composite, one_figure_at_a_time_gives_the_bits_of_all_at_once, .timeout = 60)
{
    for (size_t d = 0; d < DESIGNS; d++) {
        uint64_t state = 20211220;
        double table[INDICATORS][UNITS];
        struct composite *step = fresh_of(designs[d]);
        for (size_t i = 0; i < INDICATORS * UNITS; i++)
            table[i / UNITS][i % UNITS] = NAN;
        for (int k = 0; k < 3000; k++) {
            size_t unit = draw(&state) % UNITS, indicator = draw(&state) % INDICATORS;
            table[indicator][unit] = draw_figure(&state);
            composite_set(step, unit, indicator, table[indicator][unit]);
            composite_refresh(step);
            expect_full(step, table, designs[d]);
        }
        composite_free(step);
    }
}

Test(composite, a_figure_on_fixed_goalposts_costs_one_column_and_its_branch, .timeout = 10)
{
    uint64_t state = 7;
    struct composite *composite = fresh();
    for (size_t i = 0; i < INDICATORS * UNITS; i++)
        composite_set(composite, i % UNITS, i / UNITS, (double)(draw(&state) % 70 + 15));
    composite_refresh(composite);
    uint64_t before = composite_work(composite);
    composite_set(composite, 3, 2, 50.125);
    composite_refresh(composite);
    cr_assert_eq(composite_work(composite) - before, UNITS + 2);
    composite_free(composite);
}

static size_t moved(size_t unit)
{
    return (unit * 5 + 3) % UNITS;
}

Test(composite, the_order_of_the_units_changes_no_bit, .timeout = 60)
{
    for (size_t d = 0; d < DESIGNS; d++) {
        struct composite_indicator turned[INDICATORS];
        struct composite_design other = *designs[d];
        memcpy(turned, other.indicators, sizeof turned);
        for (size_t i = 0; i < INDICATORS; i++)
            turned[i].normalisation.reference = moved(turned[i].normalisation.reference);
        other.indicators = turned;
        for (uint64_t state = 1; state < 300; state++) {
            struct composite *a = fresh_of(designs[d]), *b = fresh_of(&other);
            uint64_t seed = state;
            for (size_t i = 0; i < INDICATORS * UNITS; i++) {
                double figure = draw_figure(&seed);
                composite_set(a, i % UNITS, i / UNITS, figure);
                composite_set(b, moved(i % UNITS), i / UNITS, figure);
            }
            composite_refresh(a);
            composite_refresh(b);
            for (size_t i = 0; i < UNITS; i++)
                assert_same(a, i, b, moved(i));
            composite_free(a);
            composite_free(b);
        }
    }
}

/* Two children of weight 1 and 2 of 4: three quarters are asked for. */
Test(composite, too_little_weight_is_no_value_however_many_there_are, .timeout = 10)
{
    static const struct composite_indicator three[] = {{.parent = 0,
                                                        .weight = 1,
                                                        .denominator = COMPOSITE_NONE,
                                                        .normalisation = {.direction = 1}},
                                                       {.parent = 0,
                                                        .weight = 1,
                                                        .denominator = COMPOSITE_NONE,
                                                        .normalisation = {.direction = 1}},
                                                       {.parent = 0,
                                                        .weight = 2,
                                                        .denominator = COMPOSITE_NONE,
                                                        .normalisation = {.direction = 1}}};
    static const struct composite_node root = {.parent = COMPOSITE_NONE, .coverage = {3, 4}};
    const struct composite_design by_weight = {.indicators = three,
                                               .indicator_count = 3,
                                               .nodes = &root,
                                               .node_count = 1,
                                               .rank_decimals = -1};
    static const double figures[][3] = {{5, 5, NAN}, {5, NAN, 5}, {5, 5, 5}};
    struct composite *composite = NULL;
    cr_assert_eq(composite_new(&by_weight, 3, &composite), ERR_OK);
    for (size_t i = 0; i < 9; i++)
        composite_set(composite, i / 3, i % 3, figures[i / 3][i % 3]);
    composite_refresh(composite);
    cr_expect(isnan(composite_value(composite, 0, 0)) && composite_rank(composite, 0, 0) == 0);
    cr_expect_eq(composite_value(composite, 0, 1), 5);
    cr_expect_eq(composite_value(composite, 0, 2), 5);
    composite_free(composite);
}

/* As the SDG Index fills a missing goal with the mean of its region before goals are averaged. */
Test(composite, a_node_without_a_value_takes_the_mean_of_the_units_group, .timeout = 10)
{
    static const struct composite_indicator two[] = {{.parent = 0,
                                                      .weight = 1,
                                                      .denominator = COMPOSITE_NONE,
                                                      .normalisation = {.direction = 1}},
                                                     {.parent = 1,
                                                      .weight = 1,
                                                      .denominator = COMPOSITE_NONE,
                                                      .normalisation = {.direction = 1}}};
    static const struct composite_node tree[] = {
        {.parent = 1, .weight = 1, .imputation = IMPUTE_GROUP_MEAN}, {.parent = COMPOSITE_NONE}};
    static const uint32_t groups[] = {1, 1, 1, 2, 2};
    static const double goals[] = {30, 50, NAN, 90, NAN}, others[] = {10, 10, 20, 10, 20};
    const struct composite_design design_of_goals = {.indicators = two,
                                                     .indicator_count = 2,
                                                     .nodes = tree,
                                                     .node_count = 2,
                                                     .rank_decimals = -1,
                                                     .groups = groups};
    struct composite *composite = NULL;
    cr_assert_eq(composite_new(&design_of_goals, 5, &composite), ERR_OK);
    for (size_t i = 0; i < 5; i++) {
        composite_set(composite, i, 0, goals[i]);
        composite_set(composite, i, 1, others[i]);
    }
    composite_refresh(composite);
    cr_expect_eq(composite_value(composite, 0, 2), 40);
    cr_expect_eq(composite_value(composite, 1, 2), 30);
    cr_expect_eq(composite_value(composite, 0, 4), 90);
    cr_expect(composite_is_imputed(composite, 2, 2) && !composite_is_imputed(composite, 2, 1));
    cr_expect_eq(composite_available(composite, 2), 1);
    composite_set(composite, 1, 0, 70); /* another's figure moves what was filled in */
    composite_refresh(composite);
    cr_expect_eq(composite_value(composite, 1, 2), 35);
    composite_free(composite);
}

Test(composite, a_floor_saves_a_geometric_mean_from_nothing, .timeout = 10)
{
    static const struct composite_indicator two[] = {{.parent = 0,
                                                      .weight = 1,
                                                      .denominator = COMPOSITE_NONE,
                                                      .normalisation = {.direction = 1}},
                                                     {.parent = 0,
                                                      .weight = 1,
                                                      .denominator = COMPOSITE_NONE,
                                                      .normalisation = {.direction = 1}}};
    static const struct composite_node root = {.parent = COMPOSITE_NONE,
                                               .aggregation = AGGREGATE_GEOMETRIC,
                                               .has_floor = true,
                                               .floor = 1};
    const struct composite_design lifted = {.indicators = two,
                                            .indicator_count = 2,
                                            .nodes = &root,
                                            .node_count = 1,
                                            .rank_decimals = -1};
    struct composite *composite = NULL;
    cr_assert_eq(composite_new(&lifted, 1, &composite), ERR_OK);
    composite_set(composite, 0, 0, 0);
    composite_set(composite, 0, 1, 4);
    composite_refresh(composite);
    cr_expect(fabs(composite_value(composite, 0, 0) - 2) < 1e-15);
    composite_free(composite);
}

Test(composite, all_missing_gives_nothing_and_no_rank, .timeout = 10)
{
    struct composite *composite = fresh();
    composite_set(composite, 0, 0, INFINITY);
    composite_refresh(composite);
    for (size_t i = 0; i < UNITS; i++) {
        cr_assert(isnan(composite_value(composite, NODES - 1, i)));
        cr_assert_eq(composite_rank(composite, NODES - 1, i), 0);
        cr_assert_eq(composite_band(composite, NODES - 1, i), -1);
    }
    composite_free(composite);
}

Test(composite, a_unit_below_the_threshold_has_areas_but_no_rank, .timeout = 10)
{
    uint64_t state = 3;
    struct composite *composite = fresh();
    for (size_t i = 0; i < INDICATORS * UNITS; i++)
        composite_set(composite, i % UNITS, i / UNITS, (double)(draw(&state) % 70 + 15));
    composite_set(composite, 4, 0, NAN);
    composite_set(composite, 4, 3, NAN);
    composite_refresh(composite);
    cr_assert_eq(composite_available(composite, 4), 4);
    cr_assert(isfinite(composite_value(composite, 0, 4)));
    cr_assert(isnan(composite_value(composite, 2, 4)));
    cr_assert_eq(composite_rank(composite, 2, 4), 0);
    cr_assert(composite_is_imputed(composite, 3, 4));
    for (size_t i = 0; i < UNITS; i++)
        cr_assert(i == 4 || composite_rank(composite, 2, i) > 0);
    composite_free(composite);
}

Test(composite, a_denominator_of_zero_makes_the_figure_missing, .timeout = 10)
{
    struct composite *composite = fresh();
    composite_set(composite, 0, 1, 5);
    composite_set(composite, 0, 4, 0);
    composite_set(composite, 1, 1, 0);
    composite_set(composite, 1, 4, 0);
    composite_refresh(composite);
    cr_assert_eq(composite_available(composite, 0), 1);
    cr_assert_eq(composite_available(composite, 1), 1);
    composite_free(composite);
}

Test(composite, a_tree_that_does_not_lead_to_one_root_is_refused, .timeout = 10)
{
    struct composite *composite = NULL;
    struct composite_node loop[NODES] = {{.parent = 1}, {.parent = 0}, {.parent = COMPOSITE_NONE}};
    struct composite_design wrong = design;
    wrong.nodes = loop;
    cr_assert_eq(composite_new(&wrong, UNITS, &composite), ERR_USAGE);
    wrong = design;
    wrong.indicator_count = 0;
    cr_assert_eq(composite_new(&wrong, UNITS, &composite), ERR_USAGE);
    cr_assert_eq(composite_new(&design, 0, &composite), ERR_USAGE);
    cr_assert_null(composite);
}
