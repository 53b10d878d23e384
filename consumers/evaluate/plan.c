#include "consumers/evaluate/plan.h"

#include <stdlib.h>

/* --- the members ---------------------------------------------------------------------------------- */

static bool has_indicator_below(const struct plan *plan, const struct framework_group *group)
{
    const struct framework *framework = plan->framework;
    for (size_t i = 0; i < framework_member_count(framework); i++) {
        const struct indicator *member = framework_member(framework, i);
        if (composite_has_indicator(plan->composite, member) &&
            group_is_within(member->parent, group))
            return true;
    }
    return false;
}

static size_t depth_of(const struct framework_group *group, const struct framework_group *root)
{
    size_t depth = 0;
    for (; group != root; group = group->parent)
        depth++;
    return depth;
}

/* From the deepest to the root, so that children come before their parents. */
static void gather_nodes(struct plan *plan)
{
    const struct framework *framework = plan->framework;
    const struct framework_group *root = plan->composite->root;
    size_t *count = &plan->design.node_count;
    for (size_t depth = framework->group_count; depth-- > 0;)
        for (size_t i = 0; i < framework->group_count; i++) {
            const struct framework_group *group = &framework->groups[i];
            if (group_is_within(group, root) && depth_of(group, root) == depth &&
                has_indicator_below(plan, group))
                plan->nodes[(*count)++] = group;
        }
}

static size_t column_number(const struct plan *plan, const struct indicator *indicator)
{
    for (size_t i = 0; i < plan->design.indicator_count; i++)
        if (plan->indicators[i] == indicator)
            return i;
    return COMPOSITE_NONE;
}

static void gather_indicators(struct plan *plan)
{
    const struct framework *framework = plan->framework;
    size_t *count = &plan->design.indicator_count;
    for (size_t i = 0; i < framework_member_count(framework); i++) {
        bool is_column = i >= framework->indicator_count;
        if (!composite_has_indicator(plan->composite, framework_member(framework, i)))
            continue;
        plan->columns[*count] =
            is_column ? &framework->columns[i - framework->indicator_count] : NULL;
        plan->indicators[(*count)++] = framework_member(framework, i);
    }
    size_t own = *count;
    for (size_t i = 0; i < own; i++) {
        const struct composite_column *column = &plan->indicators[i]->column;
        const struct indicator *divisor = &framework->indicators[column->divisor];
        if (column->divisor_id[0] != '\0' && column_number(plan, divisor) == COMPOSITE_NONE)
            plan->indicators[(*count)++] = divisor;
    }
}

static size_t node_of(const struct plan *plan, const struct framework_group *group)
{
    for (size_t i = 0; i < plan->design.node_count; i++)
        if (plan->nodes[i] == group)
            return i;
    return COMPOSITE_NONE;
}

const struct indicator *plan_source(const struct plan *plan, size_t column)
{
    return plan->columns[column] != NULL ? plan->columns[column]->of : plan->indicators[column];
}

size_t plan_row(const struct plan *plan, uint32_t unit)
{
    for (size_t i = 0; i < plan->unit_count; i++)
        if (plan->units[i] == unit)
            return i;
    return COMPOSITE_NONE;
}

/* --- rules ---------------------------------------------------------------------------------------- */

static double number_or(struct optional_decimal number, double otherwise)
{
    return number.is_set ? decimal_to_double(number.value) : otherwise;
}

static struct normalisation_rule normalisation_of(const struct plan *plan,
                                                  const struct indicator *indicator)
{
    static const enum normalisation kinds[] = {[SCALE_NONE] = NORMALISE_NONE,
                                               [SCALE_MIN_MAX] = NORMALISE_MIN_MAX,
                                               [SCALE_Z_SCORE] = NORMALISE_Z_SCORE,
                                               [SCALE_GOALPOSTS] = NORMALISE_GOALPOSTS,
                                               [SCALE_TO_TARGET] = NORMALISE_TO_TARGET,
                                               [SCALE_RANK] = NORMALISE_RANK,
                                               [SCALE_PERCENTILE] = NORMALISE_PERCENTILE,
                                               [SCALE_LINEAR] = NORMALISE_LINEAR,
                                               [SCALE_OF_MAX] = NORMALISE_OF_MAX,
                                               [SCALE_STANDARD] = NORMALISE_STANDARD,
                                               [SCALE_BORDA] = NORMALISE_BORDA,
                                               [SCALE_TO_REFERENCE] = NORMALISE_TO_REFERENCE};
    const struct scale_rule *scale = &indicator->column.scale;
    bool is_z = scale->method == SCALE_Z_SCORE;
    return (struct normalisation_rule){.kind = kinds[scale->method],
                                       .direction =
                                           indicator->has_direction ? indicator->direction : 1,
                                       .low = number_or(scale->low, 0),
                                       .high = number_or(scale->high, 0),
                                       .target = number_or(scale->target, 0),
                                       .from = number_or(scale->from, 0),
                                       .to = number_or(scale->to, is_z ? 1 : 100),
                                       .is_logarithmic = scale->is_logarithmic,
                                       .is_capped = scale->is_capped,
                                       .reference = plan_row(plan, scale->reference)};
}

static struct treatment_rule treatment_of(const struct outlier_rule *outlier)
{
    static const enum transform transforms[] = {[OUTLIERS_LEFT] = TRANSFORM_NONE,
                                                [OUTLIERS_LOGARITHM] = TRANSFORM_LOGARITHM,
                                                [OUTLIERS_LOGARITHM_PLUS_1] =
                                                    TRANSFORM_LOGARITHM_PLUS_1,
                                                [OUTLIERS_LOGARITHM_GII] = TRANSFORM_LOGARITHM_GII,
                                                [OUTLIERS_SQUARE_ROOT] = TRANSFORM_SQUARE_ROOT,
                                                [OUTLIERS_BOX_COX] = TRANSFORM_BOX_COX};
    return (struct treatment_rule){.max_skewness = outlier->skewness,
                                   .max_kurtosis = outlier->kurtosis,
                                   .max_points = outlier->points,
                                   .transform = transforms[outlier->transform],
                                   .lambda = outlier->lambda,
                                   .deviations = outlier->deviations};
}

static double weight_of(double judged, struct optional_decimal given)
{
    return judged > 0 ? judged : number_or(given, 1);
}

static enum imputation imputation_of(enum fill_method method)
{
    switch (method) {
    case FILL_MEAN:
        return IMPUTE_MEAN;
    case FILL_MEDIAN:
        return IMPUTE_MEDIAN;
    case FILL_GROUP_MEAN:
        return IMPUTE_GROUP_MEAN;
    case FILL_GROUP_MEDIAN:
        return IMPUTE_GROUP_MEDIAN;
    case FILL_ROW_MEAN:
        return IMPUTE_ROW_MEAN;
    case FILL_NONE:
    case FILL_LATEST:
    case FILL_LINEAR:
    case FILL_CONSTANT:
        break;
    }
    return IMPUTE_NONE; /* the unit's own series is filled before the table is made */
}

static bool is_carried(enum fill_method method)
{
    return method == FILL_LATEST || method == FILL_LINEAR || method == FILL_CONSTANT;
}

static struct composite_indicator column_of(const struct plan *plan, size_t number)
{
    const struct indicator *indicator = plan->indicators[number];
    const struct composite_column *column = &indicator->column;
    if (!composite_has_indicator(plan->composite, indicator))
        return (struct composite_indicator){.parent = COMPOSITE_NONE,
                                            .denominator = COMPOSITE_NONE,
                                            .normalisation = {.direction = 1}};
    struct composite_indicator out = {
        .parent = node_of(plan, indicator->parent),
        .weight = weight_of(column->judged_weight, indicator->weight),
        .denominator = COMPOSITE_NONE,
        .factor = number_or(column->factor, 1),
        .imputation = imputation_of(column->fill.method),
        .is_carried = is_carried(column->fill.method),
        .normalisation = normalisation_of(plan, indicator),
    };
    if (column->divisor_id[0] != '\0')
        out.denominator = column_number(plan, &plan->framework->indicators[column->divisor]);
    if (column->has_outlier)
        out.treatment = treatment_of(&column->outlier);
    return out;
}

static struct composite_node level_of(const struct plan *plan, size_t number)
{
    static const enum aggregation means[] = {[MEAN_ARITHMETIC] = AGGREGATE_ARITHMETIC,
                                             [MEAN_GEOMETRIC] = AGGREGATE_GEOMETRIC,
                                             [MEAN_HARMONIC] = AGGREGATE_HARMONIC,
                                             [MEAN_POWER] = AGGREGATE_POWER};
    static const enum weighting weightings[] = {[WEIGHTS_GIVEN] = WEIGHT_GIVEN,
                                                [WEIGHTS_EQUAL] = WEIGHT_EQUAL,
                                                [WEIGHTS_ENTROPY] = WEIGHT_ENTROPY,
                                                [WEIGHTS_CRITIC] = WEIGHT_CRITIC};
    const struct framework_group *group = plan->nodes[number];
    bool is_root = group == plan->composite->root;
    return (struct composite_node){
        .parent = is_root ? COMPOSITE_NONE : node_of(plan, group->parent),
        .weight = weight_of(group->judged_weight, group->weight),
        .aggregation = means[group->level.mean],
        .power = number_or(group->level.power, 1),
        .weighting = weightings[group->level.weights],
        .availability = {group->level.availability.part, group->level.availability.whole},
        .coverage = {group->level.coverage.part, group->level.coverage.whole},
        .has_floor = group->level.floor.is_set,
        .floor = number_or(group->level.floor, 0),
        .imputation = imputation_of(group->level.fill.method)};
}

static void group_units(const struct plan *plan, uint32_t *groups)
{
    const struct framework_composite *composite = plan->composite;
    for (size_t row = 0; row < plan->unit_count; row++) {
        groups[row] = 0; /* those that are nobody's peers stand for each other */
        for (size_t i = 0; i < composite->peers_count; i++)
            for (size_t j = 0; j < composite->peers[i].unit_count; j++)
                if (composite->peers[i].units[j] == plan->units[row])
                    groups[row] = (uint32_t)i + 1;
    }
}

/* --- memory --------------------------------------------------------------------------------------- */

static enum err fill_design(struct plan *plan)
{
    const struct framework_composite *composite = plan->composite;
    struct composite_design *design = &plan->design;
    struct composite_indicator *columns = calloc(design->indicator_count, sizeof *columns);
    struct composite_node *nodes = calloc(design->node_count, sizeof *nodes);
    double *cuts = calloc(composite->band_count + 1, sizeof *cuts);
    uint32_t *groups = calloc(plan->unit_count, sizeof *groups);
    design->indicators = columns;
    design->nodes = nodes;
    design->cuts = cuts;
    design->groups = groups;
    if (columns == NULL || nodes == NULL || cuts == NULL || groups == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < design->indicator_count; i++)
        columns[i] = column_of(plan, i);
    for (size_t i = 0; i < design->node_count; i++)
        nodes[i] = level_of(plan, i);
    for (size_t i = 1; i < composite->band_count; i++)
        cuts[design->cut_count++] = number_or(composite->bands[i].from, 0);
    group_units(plan, groups);
    design->availability =
        (struct fraction){composite->availability.part, composite->availability.whole};
    design->rank_decimals = composite->has_rank_decimals ? (int)composite->rank_decimals : -1;
    return ERR_OK;
}

enum err plan_new(const struct framework *framework, const struct framework_composite *composite,
                  struct plan **out)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return ERR_NOMEM;
    plan->framework = framework;
    plan->composite = composite;
    plan->units = composite->units;
    plan->unit_count = composite->unit_count;
    size_t most = framework_member_count(framework) + framework->indicator_count;
    plan->indicators = calloc(most, sizeof *plan->indicators);
    plan->columns = calloc(most, sizeof *plan->columns);
    plan->nodes = calloc(framework->group_count, sizeof *plan->nodes);
    enum err err = plan->indicators != NULL && plan->columns != NULL && plan->nodes != NULL
                       ? ERR_OK
                       : ERR_NOMEM;
    if (err == ERR_OK) {
        gather_indicators(plan);
        gather_nodes(plan);
        err = fill_design(plan);
    }
    if (err != ERR_OK) {
        plan_free(plan);
        return err;
    }
    *out = plan;
    return ERR_OK;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL)
        return;
    free((void *)plan->indicators);
    free((void *)plan->columns);
    free((void *)plan->nodes);
    free((void *)plan->design.indicators);
    free((void *)plan->design.nodes);
    free((void *)plan->design.cuts);
    free((void *)plan->design.groups);
    free(plan);
}

struct uncertainty_rule plan_uncertainty(const struct plan *plan)
{
    const struct composite_uncertainty *rule = &plan->composite->uncertainty;
    return (struct uncertainty_rule){.seed = rule->seed,
                                     .draws = rule->draws,
                                     .weight_noise = rule->weight_noise,
                                     .varies_scale = rule->varies_scale,
                                     .varies_aggregation = rule->varies_mean,
                                     .varies_missing = rule->varies_missing};
}
