#include "consumers/evaluate/sensitivity.h"

#include "consumers/evaluate/choices.h"

#include <math.h>
#include <stdlib.h>

enum { LEAST_POINTS = 16 };

/* --- ranks ---------------------------------------------------------------------------------------- */

/* The mean absolute difference of the ranks at the root, over units that both rank; 0 of none. */
static double mean_move(const struct composite *base, const struct composite *other)
{
    size_t root = composite_design(base)->node_count - 1, count = 0;
    double sum = 0;
    for (size_t unit = 0; unit < composite_units(base); unit++) {
        uint32_t before = composite_rank(base, root, unit);
        uint32_t after = composite_rank(other, root, unit);
        if (before == 0 || after == 0)
            continue;
        sum += fabs((double)before - (double)after);
        count++;
    }
    return count > 0 ? sum / (double)count : 0;
}

static enum err move_under(const struct composite *base, const struct composite_design *design,
                           double *move)
{
    struct composite *other = NULL;
    enum err err = composite_new(design, composite_units(base), &other);
    if (err != ERR_OK)
        return err;
    composite_take(other, base);
    composite_refresh(other);
    *move = mean_move(base, other);
    composite_free(other);
    return ERR_OK;
}

/* --- leaving out ---------------------------------------------------------------------------------- */

/* The weights as they came out, entropy or not, and without the child. */
static void make_without(struct choice_design *design, const struct composite *composite,
                         size_t left_out)
{
    size_t indicators = design->base->indicator_count;
    for (size_t i = 0; i < indicators; i++)
        design->indicators[i].weight = i == left_out ? 0 : composite_weight(composite, i);
    for (size_t i = 0; i < design->base->node_count; i++) {
        design->nodes[i].weighting = WEIGHT_GIVEN;
        design->nodes[i].weight =
            indicators + i == left_out ? 0 : composite_weight(composite, indicators + i);
    }
}

enum err sensitivity_leave_out(const struct composite *composite, double *moves)
{
    struct choice_design design;
    const struct composite_design *base = composite_design(composite);
    size_t children = base->indicator_count + base->node_count - 1;
    enum err err = choice_design_init(&design, base);
    if (err != ERR_OK)
        return err;
    for (size_t child = 0; child < children && err == ERR_OK; child++) {
        bool is_divisor =
            child < base->indicator_count && base->indicators[child].parent == COMPOSITE_NONE;
        make_without(&design, composite, child);
        moves[child] = 0;
        if (!is_divisor)
            err = move_under(composite, &design.design, &moves[child]);
    }
    choice_design_fini(&design);
    return err;
}

/* --- indices -------------------------------------------------------------------------------------- */

static double variance(const double *a, const double *b, size_t n)
{
    double mean = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        mean += (a[i] + b[i]) / (2 * (double)n);
    for (size_t i = 0; i < n; i++)
        sum += (a[i] - mean) * (a[i] - mean) + (b[i] - mean) * (b[i] - mean);
    return sum / (2 * (double)n - 1);
}

void sensitivity_indices(const double *a, const double *b, const double *mixed, size_t n,
                         size_t factors, struct index *out)
{
    double spread = variance(a, b, n);
    for (size_t factor = 0; factor < factors; factor++) {
        const double *ab = mixed + factor * n;
        double first = 0, total = 0;
        for (size_t i = 0; i < n; i++) {
            first += b[i] * (ab[i] - a[i]) / (double)n;
            total += (a[i] - ab[i]) * (a[i] - ab[i]) / (2 * (double)n);
        }
        out[factor].first = spread > 0 ? first / spread : (double)NAN;
        out[factor].total = spread > 0 ? total / spread : (double)NAN;
    }
}

const char *choice_name(enum choice choice)
{
    static const char *const names[CHOICE_COUNT] = {"weights", "scale", "mean", "missing"};
    return (unsigned)choice < CHOICE_COUNT ? names[choice] : "";
}

/* --- the study ------------------------------------------------------------------------------------ */

struct point {
    uint64_t at[CHOICE_COUNT];
};

struct study {
    const struct composite *composite;
    const struct uncertainty_rule *rule;
    struct choice_design design;
    struct point *a, *b;
    double *values; /* of a, of b, then of each mixture; n each */
    size_t n;
};

static enum err value_at(struct study *study, const struct point *point, double *value)
{
    const struct uncertainty_rule *rule = study->rule;
    struct choices choices = {
        .weights = point->at[CHOICE_WEIGHTS],
        .is_percentile = rule->varies_scale && point->at[CHOICE_SCALE] >> 63 != 0,
        .is_other_mean = rule->varies_aggregation && point->at[CHOICE_MEAN] >> 63 != 0,
        .is_other_fill = rule->varies_missing && point->at[CHOICE_MISSING] >> 63 != 0};
    choice_design_make(&study->design, &choices, rule->weight_noise);
    return move_under(study->composite, &study->design.design, value);
}

static bool is_varied(const struct uncertainty_rule *rule, enum choice choice)
{
    const bool varied[CHOICE_COUNT] = {[CHOICE_WEIGHTS] = rule->weight_noise > 0,
                                       [CHOICE_SCALE] = rule->varies_scale,
                                       [CHOICE_MEAN] = rule->varies_aggregation,
                                       [CHOICE_MISSING] = rule->varies_missing};
    return varied[choice];
}

/* So many that they come to about as many evaluations as draws were asked for. */
static size_t count_points(const struct uncertainty_rule *rule)
{
    size_t samples = 2;
    for (int choice = 0; choice < CHOICE_COUNT; choice++)
        samples += is_varied(rule, (enum choice)choice) ? 1 : 0;
    size_t count = (rule->draws + samples - 1) / samples;
    return count < LEAST_POINTS ? LEAST_POINTS : count;
}

static void draw_points(struct study *study)
{
    uint64_t state = study->rule->seed;
    for (size_t i = 0; i < study->n; i++)
        for (size_t choice = 0; choice < CHOICE_COUNT; choice++) {
            study->a[i].at[choice] = choice_draw(&state);
            study->b[i].at[choice] = choice_draw(&state);
        }
}

static enum err run(struct study *study)
{
    size_t n = study->n;
    enum err err = ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        err = value_at(study, &study->a[i], &study->values[i]);
        if (err == ERR_OK)
            err = value_at(study, &study->b[i], &study->values[n + i]);
        for (size_t choice = 0; choice < CHOICE_COUNT && err == ERR_OK; choice++) {
            struct point mixed = study->a[i];
            double *value = &study->values[(2 + choice) * n + i];
            mixed.at[choice] = study->b[i].at[choice];
            *value = study->values[i]; /* what is not varied changes nothing */
            if (is_varied(study->rule, (enum choice)choice))
                err = value_at(study, &mixed, value);
        }
    }
    return err;
}

enum err sensitivity_run(const struct composite *composite, const struct uncertainty_rule *rule,
                         struct index indices[CHOICE_COUNT])
{
    if (!uncertainty_rule_is_right(rule))
        return ERR_USAGE;
    struct study study = {.composite = composite, .rule = rule};
    study.n = count_points(rule);
    enum err err = choice_design_init(&study.design, composite_design(composite));
    if (err != ERR_OK)
        return err;
    study.a = calloc(study.n, sizeof *study.a);
    study.b = calloc(study.n, sizeof *study.b);
    study.values = calloc(study.n, (CHOICE_COUNT + 2) * sizeof *study.values);
    err = study.a != NULL && study.b != NULL && study.values != NULL ? ERR_OK : ERR_NOMEM;
    if (err == ERR_OK) {
        draw_points(&study);
        err = run(&study);
    }
    if (err == ERR_OK)
        sensitivity_indices(study.values, study.values + study.n, study.values + 2 * study.n,
                            study.n, CHOICE_COUNT, indices);
    free(study.a);
    free(study.b);
    free(study.values);
    choice_design_fini(&study.design);
    return err;
}
