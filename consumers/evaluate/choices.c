#include "consumers/evaluate/choices.h"

#include <stdlib.h>
#include <string.h>

uint64_t choice_draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

enum err choice_design_init(struct choice_design *design, const struct composite_design *base)
{
    *design = (struct choice_design){.base = base, .design = *base};
    design->indicators = calloc(base->indicator_count, sizeof *design->indicators);
    design->nodes = calloc(base->node_count, sizeof *design->nodes);
    if (design->indicators == NULL || design->nodes == NULL) {
        choice_design_fini(design);
        return ERR_NOMEM;
    }
    memcpy(design->indicators, base->indicators,
           base->indicator_count * sizeof *design->indicators);
    memcpy(design->nodes, base->nodes, base->node_count * sizeof *design->nodes);
    design->design.indicators = design->indicators;
    design->design.nodes = design->nodes;
    return ERR_OK;
}

void choice_design_fini(struct choice_design *design)
{
    free(design->indicators);
    free(design->nodes);
    *design = (struct choice_design){0};
}

/* The weight times 1 + u. */
static double noisy(uint64_t *state, double weight, double noise)
{
    double even = (double)(choice_draw(state) >> 11) * 0x1p-53;
    return weight * (1 + noise * (2 * even - 1));
}

static enum aggregation other_mean(enum aggregation kind)
{
    return kind == AGGREGATE_ARITHMETIC ? AGGREGATE_GEOMETRIC : AGGREGATE_ARITHMETIC;
}

static enum imputation other_fill(const struct composite_indicator *indicator)
{
    return indicator->imputation == IMPUTE_NONE && !indicator->is_carried ? IMPUTE_MEDIAN
                                                                          : IMPUTE_NONE;
}

void choice_design_make(struct choice_design *design, const struct choices *choices, double noise)
{
    uint64_t state = choices->weights;
    design->design.drops_filled = design->base->drops_filled || choices->is_other_fill;
    for (size_t i = 0; i < design->base->indicator_count; i++) {
        struct composite_indicator *indicator = &design->indicators[i];
        *indicator = design->base->indicators[i];
        indicator->weight = noisy(&state, indicator->weight, noise);
        if (choices->is_percentile && indicator->normalisation.from < indicator->normalisation.to)
            indicator->normalisation.kind = NORMALISE_PERCENTILE;
        if (choices->is_other_fill)
            indicator->imputation = other_fill(indicator);
    }
    for (size_t i = 0; i < design->base->node_count; i++) {
        struct composite_node *node = &design->nodes[i];
        *node = design->base->nodes[i];
        node->weight = noisy(&state, node->weight, noise);
        if (choices->is_other_fill)
            node->imputation = IMPUTE_NONE;
        if (choices->is_other_mean)
            node->aggregation = other_mean(node->aggregation);
    }
}
