#include "consumers/evaluate/choices.h"
#include "consumers/evaluate/sensitivity.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

/* --- indices: Ishigami's function, whose indices are known in closed form ----------------------------- */

enum { FACTORS = 3, POINTS = 1 << 16 };

static double ishigami(const double x[FACTORS])
{
    double sine = sin(x[1]);
    return sin(x[0]) + 7 * sine * sine + 0.1 * x[2] * x[2] * x[2] * x[2] * sin(x[0]);
}

static void draw(uint64_t *state, double x[FACTORS])
{
    for (int i = 0; i < FACTORS; i++)
        x[i] = M_PI * (2 * (double)(choice_draw(state) >> 11) * 0x1p-53 - 1);
}

Test(sensitivity, indices_of_ishigamis_function_are_the_known_ones, .timeout = 60)
{
    static const double first[] = {0.3139, 0.4424, 0}, total[] = {0.5576, 0.4424, 0.2437};
    double *values = calloc((FACTORS + 2) * POINTS, sizeof *values);
    struct index indices[FACTORS];
    uint64_t state = 1;
    cr_assert_not_null(values);
    for (size_t i = 0; i < POINTS; i++) {
        double a[FACTORS], b[FACTORS];
        draw(&state, a);
        draw(&state, b);
        values[i] = ishigami(a);
        values[POINTS + i] = ishigami(b);
        for (size_t factor = 0; factor < FACTORS; factor++) {
            double kept = a[factor];
            a[factor] = b[factor];
            values[(2 + factor) * POINTS + i] = ishigami(a);
            a[factor] = kept;
        }
    }
    sensitivity_indices(values, values + POINTS, values + 2 * POINTS, POINTS, FACTORS, indices);
    for (int i = 0; i < FACTORS; i++) {
        cr_expect_lt(fabs(indices[i].first - first[i]), 0.02, "%d: %g", i, indices[i].first);
        cr_expect_lt(fabs(indices[i].total - total[i]), 0.02, "%d: %g", i, indices[i].total);
    }
    free(values);
}

Test(sensitivity, nothing_that_varies_has_no_indices, .timeout = 10)
{
    const double a[] = {1, 1}, b[] = {1, 1}, mixed[] = {1, 1};
    struct index out;
    sensitivity_indices(a, b, mixed, 2, 1, &out);
    cr_expect(isnan(out.first) && isnan(out.total));
}

/* --- a composite ---------------------------------------------------------------------------------------- */

#define POSTS                                                                                      \
    {                                                                                              \
        .kind = NORMALISE_GOALPOSTS, .direction = 1, .low = 0, .high = 10, .from = 0, .to = 10     \
    }

/* x and y in the node 0, z under the root with it. */
static const struct composite_indicator indicators[] = {
    {0, 1, COMPOSITE_NONE, .normalisation = POSTS},
    {0, 1, COMPOSITE_NONE, .normalisation = POSTS},
    {1, 1, COMPOSITE_NONE, .normalisation = POSTS},
};
static const struct composite_node nodes[] = {{.parent = 1, .weight = 1},
                                              {.parent = COMPOSITE_NONE}};
static const struct composite_design design = {.indicators = indicators,
                                               .indicator_count = 3,
                                               .nodes = nodes,
                                               .node_count = 2,
                                               .rank_decimals = -1};

static struct composite *three_units(void)
{
    static const double figures[3][3] = {{9, 9, 1}, {2, 6, 6}, {1, 1, 8}}; /* by unit */
    struct composite *composite = NULL;
    cr_assert_eq(composite_new(&design, 3, &composite), ERR_OK);
    for (size_t unit = 0; unit < 3; unit++)
        for (size_t i = 0; i < 3; i++)
            composite_set(composite, unit, i, figures[unit][i]);
    composite_refresh(composite);
    return composite;
}

/* Root: 5, 5, 4.5, so ranks 1 1 3. Without x: 5, 6, 4.5, ranks 2 1 3. Without y: 5, 4, 4.5, ranks 1 3 2.
 * Without z: 9, 4, 1, ranks 1 2 3. Without the node: 1, 6, 8, ranks 3 2 1. */
Test(sensitivity, leaving_out_moves_ranks_as_counted_by_hand, .timeout = 10)
{
    struct composite *composite = three_units();
    double moves[4];
    cr_assert_eq(sensitivity_leave_out(composite, moves), ERR_OK);
    cr_expect_eq(moves[0], 1.0 / 3);
    cr_expect_eq(moves[1], 1);
    cr_expect_eq(moves[2], 1.0 / 3);
    cr_expect_eq(moves[3], 5.0 / 3);
    composite_free(composite);
}

Test(sensitivity, a_choice_that_is_not_varied_has_no_share, .timeout = 20)
{
    struct composite *composite = three_units();
    struct index indices[CHOICE_COUNT];
    const struct uncertainty_rule rule = {7, 400, 0.5, false, false};
    cr_assert_eq(sensitivity_run(composite, &rule, indices), ERR_OK);
    cr_expect_eq(indices[CHOICE_SCALE].total, 0);
    cr_expect_eq(indices[CHOICE_MEAN].total, 0);
    cr_expect_gt(indices[CHOICE_WEIGHTS].total, 0.5);
    const struct uncertainty_rule none = {7, 0, 0.5, false, false};
    cr_expect_eq(sensitivity_run(composite, &none, indices), ERR_USAGE);
    composite_free(composite);
}

/* The second unit has no z. Left out it stands at 5.4, filled with the median at 5.275, behind the third
 * with 5.3. */
Test(sensitivity, how_gaps_are_dealt_with_is_one_of_the_choices, .timeout = 20)
{
    struct composite *composite = NULL;
    static const double figures[3][3] = {{9, 9, 1}, {5, 5.8, NAN}, {1, 1.6, 9.3}};
    struct index indices[CHOICE_COUNT];
    const struct uncertainty_rule missing = {7, 400, 0, .varies_missing = true};
    const struct uncertainty_rule nothing = {7, 400, 0, .varies_missing = false};
    cr_assert_eq(composite_new(&design, 3, &composite), ERR_OK);
    for (size_t unit = 0; unit < 3; unit++)
        for (size_t i = 0; i < 3; i++)
            composite_set(composite, unit, i, figures[unit][i]);
    composite_refresh(composite);
    cr_assert_eq(sensitivity_run(composite, &missing, indices), ERR_OK);
    cr_expect_str_eq(choice_name(CHOICE_MISSING), "missing");
    cr_expect_eq(indices[CHOICE_WEIGHTS].total, 0);
    cr_expect_eq(indices[CHOICE_SCALE].total, 0);
    cr_expect_float_eq(indices[CHOICE_MISSING].total, 1, 0.2);
    cr_assert_eq(sensitivity_run(composite, &nothing, indices), ERR_OK);
    cr_expect(isnan(indices[CHOICE_MISSING].total)); /* nothing moves */
    composite_free(composite);
}
