#include "consumers/scorer/composite_view.h"

#include "consumers/evaluate/choices.h"
#include "consumers/evaluate/weigh.h"

#include <stdlib.h>

/* Intervals of units that have no score of their own would be of something else. */
static enum err run_uncertainty(struct composite_view *view)
{
    size_t units = view->plan->unit_count;
    struct uncertainty_rule rule = plan_uncertainty(view->plan);
    view->scores = calloc(units, sizeof *view->scores);
    view->ranks = calloc(units, sizeof *view->ranks);
    view->behind = calloc(units, sizeof *view->behind);
    if (view->scores == NULL || view->ranks == NULL || view->behind == NULL)
        return ERR_NOMEM;
    return uncertainty_run(view->composite, &rule, view->scores, view->ranks, view->behind);
}

static enum err run_sensitivity(struct composite_view *view)
{
    const struct composite_design *design = &view->plan->design;
    struct uncertainty_rule rule = plan_uncertainty(view->plan);
    view->moves = calloc(design->indicator_count + design->node_count, sizeof *view->moves);
    enum err err = view->moves != NULL ? ERR_OK : ERR_NOMEM;
    if (err == ERR_OK)
        err = sensitivity_leave_out(view->composite, view->moves);
    return err == ERR_OK ? sensitivity_run(view->composite, &rule, view->indices) : err;
}

double composite_view_weight(const struct composite_view *view, size_t column)
{
    const struct composite_design *design = &view->plan->design;
    double weight = composite_weight(view->composite, column);
    for (size_t node = design->indicators[column].parent; node != view->root;
         node = design->nodes[node].parent)
        weight *= composite_weight(view->composite, design->indicator_count + node);
    return weight;
}

/* What the other views start from: a table of the composite's own indicators and their weights. */
struct sheet {
    double *table, *weights, *scratch;
    int *directions;
    size_t columns;
};

static void sheet_free(struct sheet *sheet)
{
    free(sheet->table);
    free(sheet->weights);
    free(sheet->scratch);
    free(sheet->directions);
}

static enum err sheet_new(const struct composite_view *view, bool is_normalised, struct sheet *out)
{
    const struct composite_design *design = &view->plan->design;
    size_t units = view->plan->unit_count, columns = composite_wanted(view->composite);
    struct sheet sheet = {.table = calloc(columns * units, sizeof(double)),
                          .weights = calloc(columns, sizeof(double)),
                          .scratch = calloc(units, 3 * sizeof(double)),
                          .directions = calloc(columns, sizeof(int)),
                          .columns = columns};
    if (sheet.table == NULL || sheet.weights == NULL || sheet.scratch == NULL ||
        sheet.directions == NULL) {
        sheet_free(&sheet);
        return ERR_NOMEM;
    }
    for (size_t column = 0; column < columns; column++) {
        sheet.weights[column] = composite_view_weight(view, column);
        sheet.directions[column] = design->indicators[column].normalisation.direction;
        for (size_t row = 0; row < units; row++)
            sheet.table[column * units + row] =
                is_normalised ? composite_normalised(view->composite, column, row)
                              : composite_figure(view->composite, column, row);
    }
    *out = sheet;
    return ERR_OK;
}

static enum err run_topsis(const struct composite_view *view, struct composite_side *side)
{
    size_t units = view->plan->unit_count;
    struct sheet sheet;
    enum err err = sheet_new(view, false, &sheet);
    if (err != ERR_OK)
        return err;
    topsis(sheet.table, units, sheet.columns, sheet.weights, sheet.directions, sheet.scratch,
           side->values);
    rank_values(side->values, units, -1, sheet.scratch, side->ranks);
    sheet_free(&sheet);
    return ERR_OK;
}

static enum err run_copeland(const struct composite_view *view, struct composite_side *side)
{
    size_t units = view->plan->unit_count;
    struct sheet sheet;
    enum err err = sheet_new(view, true, &sheet);
    if (err != ERR_OK)
        return err;
    copeland(sheet.table, units, sheet.columns, sheet.weights, side->values);
    rank_values(side->values, units, -1, sheet.scratch, side->ranks);
    sheet_free(&sheet);
    return ERR_OK;
}

/* The same composite with all weights of this kind. */
static enum err run_weighting(const struct composite_view *view, enum weighting weighting,
                              struct composite_side *side)
{
    struct choice_design other;
    struct composite *composite = NULL;
    size_t units = view->plan->unit_count;
    enum err err = choice_design_init(&other, &view->plan->design);
    if (err != ERR_OK)
        return err;
    for (size_t i = 0; i < other.design.node_count; i++)
        other.nodes[i].weighting = weighting;
    err = composite_new(&other.design, units, &composite);
    if (err == ERR_OK) {
        composite_take(composite, view->composite);
        composite_refresh(composite);
    }
    for (size_t row = 0; row < units && err == ERR_OK; row++) {
        side->values[row] = composite_value(composite, view->root, row);
        side->ranks[row] = composite_rank(composite, view->root, row);
    }
    composite_free(composite);
    choice_design_fini(&other);
    return err;
}

static enum err run_entropy(const struct composite_view *view, struct composite_side *side)
{
    return run_weighting(view, WEIGHT_ENTROPY, side);
}

static enum err run_critic(const struct composite_view *view, struct composite_side *side)
{
    return run_weighting(view, WEIGHT_CRITIC, side);
}

static enum err run_equal(const struct composite_view *view, struct composite_side *side)
{
    return run_weighting(view, WEIGHT_EQUAL, side);
}

typedef enum err run_side(const struct composite_view *view, struct composite_side *side);

static enum err add_side(struct composite_view *view, const char *id, int decimals, run_side *run)
{
    size_t units = view->plan->unit_count;
    struct composite_side *side = &view->sides[view->side_count++];
    *side = (struct composite_side){id, decimals, calloc(units, sizeof *side->values),
                                    calloc(units, sizeof *side->ranks)};
    return side->values != NULL && side->ranks != NULL ? run(view, side) : ERR_NOMEM;
}

static enum err add_sides(struct composite_view *view)
{
    const struct framework_composite *composite = view->plan->composite;
    const struct {
        bool is_wanted;
        const char *id;
        int decimals;
        run_side *run;
    } sides[SIDE_MAX] = {{composite->has_topsis, "topsis", 4, run_topsis},
                         {composite->has_copeland, "copeland", 0, run_copeland},
                         {composite->has_entropy, "entropy", 4, run_entropy},
                         {composite->has_critic, "critic", 4, run_critic},
                         {composite->has_equal, "equal", 4, run_equal}};
    enum err err = ERR_OK;
    for (size_t i = 0; i < SIDE_MAX && err == ERR_OK; i++)
        if (sides[i].is_wanted)
            err = add_side(view, sides[i].id, sides[i].decimals, sides[i].run);
    return err;
}

static void put_in_order(struct composite_view *view)
{
    size_t units = view->plan->unit_count, count = 0;
    for (uint32_t rank = 1; rank <= units; rank++)
        for (size_t row = 0; row < units; row++)
            if (composite_rank(view->composite, view->root, row) == rank)
                view->order[count++] = row;
    for (size_t row = 0; row < units; row++)
        if (composite_rank(view->composite, view->root, row) == 0)
            view->order[count++] = row;
}

enum err composite_view_open(const struct ranking *ranking, size_t table,
                             struct composite_view *out)
{
    const struct plan *plan = ranking_plan(ranking);
    struct composite_view view = {.ranking = ranking,
                                  .plan = plan,
                                  .composite = ranking_composite(ranking, table),
                                  .table = table,
                                  .root = plan->design.node_count - 1};
    view.order = calloc(plan->unit_count, sizeof *view.order);
    enum err err = view.order != NULL ? ERR_OK : ERR_NOMEM;
    if (err == ERR_OK)
        put_in_order(&view);
    if (err == ERR_OK && plan->composite->has_uncertainty)
        err = run_uncertainty(&view);
    if (err == ERR_OK && plan->composite->uncertainty.has_sensitivity)
        err = run_sensitivity(&view);
    if (err == ERR_OK)
        err = add_sides(&view);
    if (err != ERR_OK)
        composite_view_close(&view);
    else
        *out = view;
    return err;
}

void composite_view_close(struct composite_view *view)
{
    free(view->scores);
    free(view->ranks);
    free(view->behind);
    for (size_t i = 0; i < view->side_count; i++) {
        free(view->sides[i].values);
        free(view->sides[i].ranks);
    }
    free(view->moves);
    free(view->order);
    *view = (struct composite_view){0};
}
