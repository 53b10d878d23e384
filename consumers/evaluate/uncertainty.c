#include "consumers/evaluate/uncertainty.h"

#include "consumers/evaluate/choices.h"
#include "consumers/evaluate/column.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct study {
    const struct composite *of;
    const struct uncertainty_rule *rule;
    size_t units;
    uint64_t state, missing_state;
    struct choice_design drawn;
    double *scores, *ranks; /* units x draws */
    double *sorted;         /* draws */
};

/* Drawn always: each keeps its place. */
static bool toss(uint64_t *state, bool is_varied)
{
    bool is_heads = choice_draw(state) >> 63 != 0;
    return is_varied && is_heads;
}

static void draw_design(struct study *study)
{
    struct choices choices;
    choices.weights = choice_draw(&study->state);
    choices.is_percentile = toss(&study->state, study->rule->varies_scale);
    choices.is_other_mean = toss(&study->state, study->rule->varies_aggregation);
    choices.is_other_fill = toss(&study->missing_state, study->rule->varies_missing);
    choice_design_make(&study->drawn, &choices, study->rule->weight_noise);
}

static enum err run_draw(struct study *study, size_t number)
{
    struct composite *composite = NULL;
    size_t draws = study->rule->draws, root = study->drawn.base->node_count - 1;
    draw_design(study);
    enum err err = composite_new(&study->drawn.design, study->units, &composite);
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

bool uncertainty_rule_is_right(const struct uncertainty_rule *rule)
{
    return rule->draws > 0 && rule->weight_noise >= 0 && rule->weight_noise <= 1;
}

static enum err allocate(struct study *study)
{
    size_t draws = study->rule->draws;
    enum err err = choice_design_init(&study->drawn, composite_design(study->of));
    study->scores = calloc(draws, study->units * sizeof(double));
    study->ranks = calloc(draws, study->units * sizeof(double));
    study->sorted = calloc(draws, sizeof(double));
    bool has_room = study->scores != NULL && study->ranks != NULL && study->sorted != NULL;
    return err == ERR_OK && !has_room ? ERR_NOMEM : err;
}

static size_t next_above(const struct composite *composite, size_t unit)
{
    size_t root = composite_design(composite)->node_count - 1, above = COMPOSITE_NONE;
    uint32_t own = composite_rank(composite, root, unit), nearest = 0;
    for (size_t i = 0; i < composite_units(composite); i++) {
        uint32_t rank = composite_rank(composite, root, i);
        if (rank == 0 || rank >= own || rank <= nearest)
            continue;
        nearest = rank;
        above = i;
    }
    return above;
}

static double share_behind(const struct study *study, size_t unit)
{
    size_t draws = study->rule->draws, above = next_above(study->of, unit);
    double there = 0, behind = 0;
    for (size_t i = 0; i < draws && above != COMPOSITE_NONE; i++) {
        double own = study->ranks[unit * draws + i], other = study->ranks[above * draws + i];
        there += isnan(own) || isnan(other) ? 0 : 1;
        behind += own > other ? 1 : 0;
    }
    return there > 0 ? behind / there : (double)NAN;
}

enum err uncertainty_run(const struct composite *composite, const struct uncertainty_rule *rule,
                         struct interval *scores, struct interval *ranks, double *behind)
{
    size_t units = composite_units(composite);
    struct study study = {.of = composite,
                          .rule = rule,
                          .units = units,
                          .state = rule->seed,
                          .missing_state = ~rule->seed};
    if (!uncertainty_rule_is_right(rule))
        return ERR_USAGE;
    enum err err = allocate(&study);
    for (size_t i = 0; i < rule->draws && err == ERR_OK; i++)
        err = run_draw(&study, i);
    for (size_t unit = 0; unit < units && err == ERR_OK; unit++) {
        scores[unit] = interval_of(&study, study.scores + unit * rule->draws);
        ranks[unit] = interval_of(&study, study.ranks + unit * rule->draws);
        behind[unit] = share_behind(&study, unit);
    }
    choice_design_fini(&study.drawn);
    free(study.scores);
    free(study.ranks);
    free(study.sorted);
    return err;
}
