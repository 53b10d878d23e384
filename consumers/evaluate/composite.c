#include "consumers/evaluate/composite.h"

#include "consumers/evaluate/weigh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct composite {
    const struct composite_design *design;
    size_t units, indicators, nodes, children; /* children: indicators and nodes */
    double *figures;                           /* as set; indicators x units */
    double *values;                            /* normalised, then nodes; children x units */
    double *weights;                           /* by child */
    double *scratch;                           /* 3 x the larger of units, children */
    double *siblings, *sibling_weights;        /* one node's sum; children each */
    double *family;                            /* one node's columns; children x units */
    uint32_t *ranks;                           /* nodes x units */
    uint8_t *is_imputed;                       /* children x units */
    uint8_t *is_filled;                        /* the same: from the unit's own series */
    uint8_t *is_stale;                         /* columns to redo; indicators */
    uint8_t *is_touched;                       /* cells of nodes to redo; nodes x units */
    uint8_t *treatments;                       /* enum treatment's numbers; indicators */
    bool is_dirty;                             /* something was set since the last refresh */
    bool fills_by_row;                         /* a column may hang on its siblings */
    uint64_t work;
};

/* --- design --------------------------------------------------------------------------------------- */

static bool is_weight(double weight)
{
    return isfinite(weight) && weight >= 0;
}

static bool is_indicator_right(const struct composite_design *design, size_t i)
{
    const struct composite_indicator *indicator = &design->indicators[i];
    size_t denominator = indicator->denominator;
    bool has_parent = indicator->parent != COMPOSITE_NONE;
    if ((has_parent && indicator->parent >= design->node_count) || !is_weight(indicator->weight))
        return false;
    return denominator == COMPOSITE_NONE ||
           (denominator < design->indicator_count && denominator != i &&
            design->indicators[denominator].denominator == COMPOSITE_NONE);
}

static bool is_node_right(const struct composite_design *design, size_t i)
{
    const struct composite_node *node = &design->nodes[i];
    if (!is_weight(node->weight))
        return false;
    return i + 1 == design->node_count ? node->parent == COMPOSITE_NONE
                                       : node->parent > i && node->parent < design->node_count;
}

static bool is_design_right(const struct composite_design *design, size_t units)
{
    if (units == 0 || design->indicator_count == 0 || design->node_count == 0)
        return false;
    for (size_t i = 0; i < design->indicator_count; i++)
        if (!is_indicator_right(design, i))
            return false;
    for (size_t i = 0; i < design->node_count; i++)
        if (!is_node_right(design, i))
            return false;
    return true;
}

static size_t parent_of(const struct composite *composite, size_t child)
{
    return child < composite->indicators
               ? composite->design->indicators[child].parent
               : composite->design->nodes[child - composite->indicators].parent;
}

static double given_weight(const struct composite *composite, size_t child)
{
    return child < composite->indicators
               ? composite->design->indicators[child].weight
               : composite->design->nodes[child - composite->indicators].weight;
}

/* --- memory --------------------------------------------------------------------------------------- */

static bool allocate(struct composite *composite)
{
    size_t units = composite->units, children = composite->children;
    size_t longer = units > children ? units : children;
    composite->figures = calloc(composite->indicators * units, sizeof(double));
    composite->values = calloc(children * units, sizeof(double));
    composite->weights = calloc(children, sizeof(double));
    composite->scratch = calloc(longer, 3 * sizeof(double));
    composite->siblings = calloc(children, sizeof(double));
    composite->sibling_weights = calloc(children, sizeof(double));
    composite->family = calloc(children * units, sizeof(double));
    composite->ranks = calloc(composite->nodes * units, sizeof(uint32_t));
    composite->is_imputed = calloc(children, units);
    composite->is_filled = calloc(composite->indicators, units);
    composite->is_stale = calloc(composite->indicators, 1);
    composite->is_touched = calloc(composite->nodes, units);
    composite->treatments = calloc(composite->indicators, 1);
    return composite->figures != NULL && composite->values != NULL && composite->weights != NULL &&
           composite->scratch != NULL && composite->siblings != NULL &&
           composite->sibling_weights != NULL && composite->family != NULL &&
           composite->ranks != NULL && composite->is_imputed != NULL &&
           composite->is_filled != NULL && composite->is_stale != NULL &&
           composite->is_touched != NULL && composite->treatments != NULL;
}

enum err composite_new(const struct composite_design *design, size_t units, struct composite **out)
{
    if (!is_design_right(design, units))
        return ERR_USAGE;
    struct composite *composite = calloc(1, sizeof *composite);
    if (composite == NULL)
        return ERR_NOMEM;
    composite->design = design;
    composite->units = units;
    composite->indicators = design->indicator_count;
    composite->nodes = design->node_count;
    composite->children = design->indicator_count + design->node_count;
    if (!allocate(composite)) {
        composite_free(composite);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < composite->indicators * units; i++)
        composite->figures[i] = NAN;
    for (size_t i = 0; i < composite->children * units; i++)
        composite->values[i] = NAN;
    for (size_t i = 0; i < composite->indicators; i++)
        composite->fills_by_row |= design->indicators[i].imputation == IMPUTE_ROW_MEAN;
    memset(composite->is_stale, 1, composite->indicators);
    memset(composite->is_touched, 1, composite->nodes * units);
    composite->is_dirty = true;
    *out = composite;
    return ERR_OK;
}

void composite_free(struct composite *composite)
{
    if (composite == NULL)
        return;
    free(composite->figures);
    free(composite->values);
    free(composite->weights);
    free(composite->scratch);
    free(composite->siblings);
    free(composite->sibling_weights);
    free(composite->family);
    free(composite->ranks);
    free(composite->is_imputed);
    free(composite->is_filled);
    free(composite->is_stale);
    free(composite->is_touched);
    free(composite->treatments);
    free(composite);
}

/* --- columns -------------------------------------------------------------------------------------- */

static double quotient(const struct composite *composite, size_t indicator, size_t unit)
{
    const struct composite_indicator *is = &composite->design->indicators[indicator];
    double value = composite->figures[indicator * composite->units + unit];
    if (is->denominator != COMPOSITE_NONE)
        value /= composite->figures[is->denominator * composite->units + unit];
    if (is->factor != 0)
        value *= is->factor;
    return isfinite(value) ? value : NAN;
}

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void touch(struct composite *composite, size_t child, size_t unit)
{
    size_t parent = parent_of(composite, child);
    if (parent != COMPOSITE_NONE)
        composite->is_touched[parent * composite->units + unit] = 1;
}

static double direction_of(const struct composite *composite, size_t indicator)
{
    return composite->design->indicators[indicator].normalisation.direction < 0 ? -1 : 1;
}

/* The indicators of one node with their figures, so turned that more is better. */
static void fill_by_row(struct composite *composite, size_t indicator, double *column)
{
    const struct composite_indicator *all = composite->design->indicators;
    size_t units = composite->units, count = 0, own = 0;
    for (size_t i = 0; i < composite->indicators; i++) {
        if (all[i].parent != all[indicator].parent)
            continue;
        own = i == indicator ? count : own;
        for (size_t unit = 0; unit < units; unit++)
            composite->family[count * units + unit] =
                quotient(composite, i, unit) * direction_of(composite, i);
        count++;
    }
    impute_by_row(composite->family, count, units, own, composite->siblings,
                  composite->sibling_weights, column, composite->is_imputed + indicator * units);
    for (size_t unit = 0; unit < units; unit++)
        column[unit] *= direction_of(composite, indicator);
}

/* Columns that are filled from their siblings are as stale as those. */
static void spread_staleness(struct composite *composite)
{
    const struct composite_indicator *all = composite->design->indicators;
    for (size_t i = 0; i < composite->indicators; i++)
        for (size_t j = 0; j < composite->indicators && all[i].imputation == IMPUTE_ROW_MEAN; j++)
            if ((composite->is_stale[j] & 1) && all[j].parent == all[i].parent)
                composite->is_stale[i] |= 2;
}

/* From figures to normalised values; touches the parents of those that came out differently. */
static void refresh_column(struct composite *composite, size_t indicator)
{
    const struct composite_indicator *is = &composite->design->indicators[indicator];
    size_t units = composite->units;
    double *column = composite->scratch, *rest = column + units;
    for (size_t i = 0; i < units; i++)
        column[i] = quotient(composite, indicator, i);
    if (is->imputation == IMPUTE_ROW_MEAN)
        fill_by_row(composite, indicator, column);
    else
        impute(is->imputation, composite->design->groups, column, units, rest,
               composite->is_imputed + indicator * units);
    composite->treatments[indicator] = (uint8_t)treat(&is->treatment, column, units, rest);
    normalise(&is->normalisation, column, units, rest, column);
    for (size_t i = 0; i < units; i++) {
        double *value = &composite->values[indicator * units + i];
        if (!is_same(*value, column[i]))
            touch(composite, indicator, i);
        *value = column[i];
    }
    composite->is_stale[indicator] = 0;
    composite->work += units;
}

/* --- weights -------------------------------------------------------------------------------------- */

static void weights_from_data(struct composite *composite, size_t node)
{
    size_t count = 0, units = composite->units;
    for (size_t child = 0; child < composite->children; child++)
        if (parent_of(composite, child) == node)
            memcpy(composite->family + count++ * units, composite->values + child * units,
                   units * sizeof(double));
    if (composite->design->nodes[node].weighting == WEIGHT_CRITIC)
        weigh_by_critic(composite->family, units, count, composite->scratch,
                        composite->sibling_weights);
    else
        weigh_by_entropy(composite->family, units, count, composite->scratch,
                         composite->sibling_weights);
}

/* The weights of a node's children, 1 in all. Another weight than before touches every unit. Weights from
 * data are the same as long as none of the children's values is another. */
static void refresh_weights(struct composite *composite, size_t node)
{
    enum weighting weighting = composite->design->nodes[node].weighting;
    double total = 0;
    size_t count = 0;
    bool is_from_data = weighting == WEIGHT_ENTROPY || weighting == WEIGHT_CRITIC;
    if (is_from_data &&
        memchr(composite->is_touched + node * composite->units, 1, composite->units) == NULL)
        return;
    if (is_from_data)
        weights_from_data(composite, node);
    for (size_t child = 0; child < composite->children; child++) {
        if (parent_of(composite, child) != node)
            continue;
        if (!is_from_data)
            composite->sibling_weights[count] =
                weighting == WEIGHT_EQUAL ? 1 : given_weight(composite, child);
        total += composite->sibling_weights[count++];
    }
    count = 0;
    for (size_t child = 0; child < composite->children; child++) {
        if (parent_of(composite, child) != node)
            continue;
        double weight = total > 0 ? composite->sibling_weights[count] / total : 0;
        count++;
        if (weight != composite->weights[child])
            memset(composite->is_touched + node * composite->units, 1, composite->units);
        composite->weights[child] = weight;
    }
}

/* --- nodes ---------------------------------------------------------------------------------------- */

/* Rounding of sums of weights is given way to. */
static bool is_covered(struct fraction coverage, const double *values, const double *weights,
                       size_t count)
{
    double there = 0, all = 0;
    if (coverage.part == 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        all += weights[i];
        there += isfinite(values[i]) ? weights[i] : 0;
    }
    return there * coverage.whole >= all * coverage.part * (1 - 1e-12);
}

static double node_value(struct composite *composite, size_t node, size_t unit)
{
    const struct composite_node *is = &composite->design->nodes[node];
    size_t count = 0, there = 0;
    for (size_t child = 0; child < composite->children; child++) {
        if (parent_of(composite, child) != node)
            continue;
        double value = composite->values[child * composite->units + unit];
        composite->siblings[count] = is->has_floor && value < is->floor ? is->floor : value;
        composite->sibling_weights[count] = composite->weights[child];
        there += isfinite(composite->siblings[count]) ? 1 : 0;
        count++;
    }
    bool is_screened =
        is->parent == COMPOSITE_NONE &&
        !fraction_is_reached(composite->design->availability, composite_available(composite, unit),
                             composite_wanted(composite));
    if (is_screened || !fraction_is_reached(is->availability, there, count) ||
        !is_covered(is->coverage, composite->siblings, composite->sibling_weights, count))
        return NAN;
    return aggregate(is->aggregation, is->power, composite->siblings, composite->sibling_weights,
                     count);
}

/* Whether it is another value than before, which touches the node's parent. */
static bool keep_value(struct composite *composite, size_t node, size_t unit, double value)
{
    size_t child = composite->indicators + node, at = child * composite->units + unit;
    if (is_same(value, composite->values[at]))
        return false;
    composite->values[at] = value;
    touch(composite, child, unit);
    return true;
}

/* Where units without a value take one from the others, all of them are worked out. */
static bool refresh_filled(struct composite *composite, size_t node)
{
    size_t units = composite->units;
    double *column = composite->scratch;
    bool is_changed = false;
    if (memchr(composite->is_touched + node * units, 1, units) == NULL)
        return false;
    memset(composite->is_touched + node * units, 0, units);
    for (size_t unit = 0; unit < units; unit++)
        column[unit] = node_value(composite, node, unit);
    impute(composite->design->nodes[node].imputation, composite->design->groups, column, units,
           column + units, composite->is_imputed + (composite->indicators + node) * units);
    for (size_t unit = 0; unit < units; unit++)
        is_changed |= keep_value(composite, node, unit, column[unit]);
    composite->work += units;
    return is_changed;
}

static bool refresh_touched(struct composite *composite, size_t node)
{
    bool is_changed = false;
    for (size_t unit = 0; unit < composite->units; unit++) {
        uint8_t *is_touched = &composite->is_touched[node * composite->units + unit];
        if (!*is_touched)
            continue;
        *is_touched = 0;
        composite->work++;
        is_changed |= keep_value(composite, node, unit, node_value(composite, node, unit));
    }
    return is_changed;
}

static void refresh_node(struct composite *composite, size_t node)
{
    size_t units = composite->units, child = composite->indicators + node;
    bool is_filled = composite->design->nodes[node].imputation != IMPUTE_NONE;
    if (is_filled ? refresh_filled(composite, node) : refresh_touched(composite, node))
        rank_values(composite->values + child * units, units, composite->design->rank_decimals,
                    composite->scratch, composite->ranks + node * units);
}

static void set(struct composite *composite, size_t unit, size_t indicator, double value,
                uint8_t is_filled)
{
    size_t at = indicator * composite->units + unit;
    if (is_filled && composite->design->drops_filled) {
        value = NAN;
        is_filled = 0;
    }
    value = isfinite(value) ? value + 0.0 : NAN;
    if (is_same(composite->figures[at], value) && composite->is_filled[at] == is_filled)
        return;
    composite->is_dirty = true;
    composite->figures[at] = value;
    composite->is_filled[at] = is_filled;
    composite->is_stale[indicator] = 1;
    for (size_t i = 0; i < composite->indicators; i++)
        if (composite->design->indicators[i].denominator == indicator)
            composite->is_stale[i] = 1;
    /* Its availability may have changed. */
    composite->is_touched[(composite->nodes - 1) * composite->units + unit] = 1;
}

void composite_set(struct composite *composite, size_t unit, size_t indicator, double value)
{
    set(composite, unit, indicator, value, 0);
}

void composite_fill(struct composite *composite, size_t unit, size_t indicator, double value)
{
    set(composite, unit, indicator, value, isfinite(value) ? 1 : 0);
}

void composite_take(struct composite *to, const struct composite *from)
{
    for (size_t i = 0; i < from->indicators; i++)
        for (size_t unit = 0; unit < from->units; unit++) {
            size_t at = i * from->units + unit;
            set(to, unit, i, from->figures[at], from->is_filled[at]);
        }
}

void composite_refresh(struct composite *composite)
{
    if (!composite->is_dirty)
        return;
    composite->is_dirty = false;
    if (composite->fills_by_row)
        spread_staleness(composite);
    for (size_t i = 0; i < composite->indicators; i++)
        if (composite->is_stale[i])
            refresh_column(composite, i);
    for (size_t node = 0; node < composite->nodes; node++) {
        refresh_weights(composite, node);
        refresh_node(composite, node);
    }
}

/* --- what came out -------------------------------------------------------------------------------- */

const struct composite_design *composite_design(const struct composite *composite)
{
    return composite->design;
}

size_t composite_units(const struct composite *composite)
{
    return composite->units;
}

double composite_figure(const struct composite *composite, size_t indicator, size_t unit)
{
    return quotient(composite, indicator, unit);
}

double composite_normalised(const struct composite *composite, size_t indicator, size_t unit)
{
    return composite->values[indicator * composite->units + unit];
}

unsigned composite_treatment(const struct composite *composite, size_t indicator)
{
    return composite->treatments[indicator];
}

bool composite_is_imputed(const struct composite *composite, size_t child, size_t unit)
{
    size_t at = child * composite->units + unit;
    return composite->is_imputed[at] != 0 ||
           (child < composite->indicators && composite->is_filled[at] != 0);
}

double composite_value(const struct composite *composite, size_t node, size_t unit)
{
    return composite->values[(composite->indicators + node) * composite->units + unit];
}

uint32_t composite_rank(const struct composite *composite, size_t node, size_t unit)
{
    return composite->ranks[node * composite->units + unit];
}

int composite_band(const struct composite *composite, size_t node, size_t unit)
{
    return band_of(composite_value(composite, node, unit), composite->design->cuts,
                   composite->design->cut_count);
}

static bool is_own(const struct composite *composite, size_t indicator, size_t unit)
{
    size_t denominator = composite->design->indicators[indicator].denominator;
    bool is_filled = composite->is_filled[indicator * composite->units + unit] != 0 ||
                     (denominator != COMPOSITE_NONE &&
                      composite->is_filled[denominator * composite->units + unit]);
    return !is_filled && isfinite(quotient(composite, indicator, unit));
}

size_t composite_available(const struct composite *composite, size_t unit)
{
    size_t count = 0;
    for (size_t i = 0; i < composite->indicators; i++)
        if (composite->design->indicators[i].parent != COMPOSITE_NONE)
            count += is_own(composite, i, unit) ? 1 : 0;
    return count;
}

size_t composite_wanted(const struct composite *composite)
{
    size_t count = 0;
    for (size_t i = 0; i < composite->indicators; i++)
        count += composite->design->indicators[i].parent != COMPOSITE_NONE ? 1 : 0;
    return count;
}

double composite_weight(const struct composite *composite, size_t child)
{
    return composite->weights[child];
}

uint64_t composite_work(const struct composite *composite)
{
    return composite->work;
}
