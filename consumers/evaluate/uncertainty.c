#include "consumers/evaluate/uncertainty.h"

#include "consumers/evaluate/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct study {
    const struct composite *of;
    const struct composite_design *design;
    const struct uncertainty_rule *rule;
    size_t units;
    uint64_t state;
    struct composite_design drawn;
    struct composite_indicator *indicators; /* of `drawn` */
    struct composite_node *nodes;
    double *scores, *ranks; /* units x draws */
    double *sorted;         /* draws */
};

static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* The weight times 1 + u; u is even in ±noise. */
static double noisy(struct study *study, double weight)
{
    double even = (double)(draw(&study->state) >> 11) * 0x1p-53;
    return weight * (1 + study->rule->weight_noise * (2 * even - 1));
}

static bool toss(struct study *study, bool is_varied)
{
    bool is_heads = draw(&study->state) >> 63 != 0; /* drawn always: choices keep their places */
    return is_varied && is_heads;
}

static enum aggregation other_mean(enum aggregation kind)
{
    return kind == AGGREGATE_ARITHMETIC ? AGGREGATE_GEOMETRIC : AGGREGATE_ARITHMETIC;
}

static void draw_design(struct study *study)
{
    const struct composite_design *design = study->design;
    bool is_percentile = toss(study, study->rule->varies_scale);
    bool is_other_mean = toss(study, study->rule->varies_aggregation);
    for (size_t i = 0; i < design->indicator_count; i++) {
        struct composite_indicator *indicator = &study->indicators[i];
        *indicator = design->indicators[i];
        indicator->weight = noisy(study, indicator->weight);
        if (is_percentile && indicator->normalisation.from < indicator->normalisation.to)
            indicator->normalisation.kind = NORMALISE_PERCENTILE;
    }
    for (size_t i = 0; i < design->node_count; i++) {
        struct composite_node *node = &study->nodes[i];
        *node = design->nodes[i];
        node->weight = noisy(study, node->weight);
        if (is_other_mean)
            node->aggregation = other_mean(node->aggregation);
    }
}

static enum err run_draw(struct study *study, size_t number)
{
    struct composite *composite = NULL;
    size_t draws = study->rule->draws, root = study->design->node_count - 1;
    draw_design(study);
    enum err err = composite_new(&study->drawn, study->units, &composite);
    if (err != ERR_OK)
        return err;
    composite_take(composite, study->of);
    composite_refresh(composite);
    for (size_t unit = 0; unit < study->units; unit++) {
        uint32_t rank = composite_rank(composite, root, unit);
        study->scores[unit * draws + number] = composite_value(composite, root, unit);
        study->ranks[unit * draws + number] = rank > 0 ? (double)rank : (double)NAN;
    }
    composite_free(composite);
    return ERR_OK;
}

static struct interval interval_of(const struct study *study, const double *drawn)
{
    size_t count = column_sort(drawn, study->rule->draws, study->sorted);
    return (struct interval){.low = column_quantile(study->sorted, count, 0.05),
                             .middle = column_quantile(study->sorted, count, 0.5),
                             .high = column_quantile(study->sorted, count, 0.95)};
}

static bool is_rule_right(const struct uncertainty_rule *rule)
{
    return rule->draws > 0 && rule->weight_noise >= 0 && rule->weight_noise <= 1;
}

static bool allocate(struct study *study)
{
    size_t draws = study->rule->draws;
    study->indicators = calloc(study->design->indicator_count, sizeof *study->indicators);
    study->nodes = calloc(study->design->node_count, sizeof *study->nodes);
    study->scores = calloc(draws, study->units * sizeof(double));
    study->ranks = calloc(draws, study->units * sizeof(double));
    study->sorted = calloc(draws, sizeof(double));
    study->drawn = *study->design;
    study->drawn.indicators = study->indicators;
    study->drawn.nodes = study->nodes;
    return study->indicators != NULL && study->nodes != NULL && study->scores != NULL &&
           study->ranks != NULL && study->sorted != NULL;
}

enum err uncertainty_run(const struct composite *composite, const struct uncertainty_rule *rule,
                         struct interval *scores, struct interval *ranks)
{
    size_t units = composite_units(composite);
    struct study study = {.of = composite,
                          .design = composite_design(composite),
                          .rule = rule,
                          .units = units,
                          .state = rule->seed};
    if (!is_rule_right(rule))
        return ERR_USAGE;
    enum err err = allocate(&study) ? ERR_OK : ERR_NOMEM;
    for (size_t i = 0; i < rule->draws && err == ERR_OK; i++)
        err = run_draw(&study, i);
    for (size_t unit = 0; unit < units && err == ERR_OK; unit++) {
        scores[unit] = interval_of(&study, study.scores + unit * rule->draws);
        ranks[unit] = interval_of(&study, study.ranks + unit * rule->draws);
    }
    free(study.indicators);
    free(study.nodes);
    free(study.scores);
    free(study.ranks);
    free(study.sorted);
    return err;
}
