#include "consumers/scorer/composite_view.h"

#include "consumers/evaluate/weigh.h"

#include <math.h>
#include <stdlib.h>

/* Intervals of units that have no score of their own would be of something else. */
static enum err run_uncertainty(struct composite_view *view)
{
    size_t units = view->plan->unit_count;
    struct uncertainty_rule rule = plan_uncertainty(view->plan);
    view->scores = calloc(units, sizeof *view->scores);
    view->ranks = calloc(units, sizeof *view->ranks);
    if (view->scores == NULL || view->ranks == NULL)
        return ERR_NOMEM;
    return uncertainty_run(view->composite, &rule, view->scores, view->ranks);
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

/* The weight of an indicator in the whole: the product of the weights up the tree. */
static double effective_weight(const struct composite_view *view, size_t column)
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
                          .scratch = calloc(units, sizeof(double)),
                          .directions = calloc(columns, sizeof(int)),
                          .columns = columns};
    if (sheet.table == NULL || sheet.weights == NULL || sheet.scratch == NULL ||
        sheet.directions == NULL) {
        sheet_free(&sheet);
        return ERR_NOMEM;
    }
    for (size_t column = 0; column < columns; column++) {
        sheet.weights[column] = effective_weight(view, column);
        sheet.directions[column] = design->indicators[column].normalisation.direction;
        for (size_t row = 0; row < units; row++)
            sheet.table[column * units + row] =
                is_normalised ? composite_normalised(view->composite, column, row)
                              : composite_figure(view->composite, column, row);
    }
    *out = sheet;
    return ERR_OK;
}

static enum err run_topsis(struct composite_view *view)
{
    size_t units = view->plan->unit_count;
    struct sheet sheet;
    view->closeness = calloc(units, sizeof *view->closeness);
    view->closeness_ranks = calloc(units, sizeof *view->closeness_ranks);
    if (view->closeness == NULL || view->closeness_ranks == NULL)
        return ERR_NOMEM;
    enum err err = sheet_new(view, false, &sheet);
    if (err != ERR_OK)
        return err;
    topsis(sheet.table, units, sheet.columns, sheet.weights, sheet.directions, view->closeness);
    rank_values(view->closeness, units, -1, sheet.scratch, view->closeness_ranks);
    sheet_free(&sheet);
    return ERR_OK;
}

static enum err run_copeland(struct composite_view *view)
{
    size_t units = view->plan->unit_count;
    struct sheet sheet;
    view->wins = calloc(units, sizeof *view->wins);
    view->wins_ranks = calloc(units, sizeof *view->wins_ranks);
    if (view->wins == NULL || view->wins_ranks == NULL)
        return ERR_NOMEM;
    enum err err = sheet_new(view, true, &sheet);
    if (err != ERR_OK)
        return err;
    copeland(sheet.table, units, sheet.columns, sheet.weights, view->wins);
    rank_values(view->wins, units, -1, sheet.scratch, view->wins_ranks);
    sheet_free(&sheet);
    return ERR_OK;
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
    if (err == ERR_OK && plan->composite->has_topsis)
        err = run_topsis(&view);
    if (err == ERR_OK && plan->composite->has_copeland)
        err = run_copeland(&view);
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
    free(view->closeness);
    free(view->closeness_ranks);
    free(view->wins);
    free(view->wins_ranks);
    free(view->moves);
    free(view->order);
    *view = (struct composite_view){0};
}
