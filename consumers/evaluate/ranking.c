#include "consumers/evaluate/ranking.h"

#include "consumers/evaluate/history.h"
#include "consumers/evaluate/panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ranking_table {
    struct period period;
    struct composite *composite;
    double *ages;             /* columns x rows */
    struct standing *visited; /* nodes x rows; composite NULL: not yet */
    uint64_t visited_work;    /* composite_work() then: the same now, and nothing has changed */
};

struct ranking {
    struct plan *plan;
    struct ranking_table tables[COMPOSITE_MAX_PERIODS]; /* in order of period */
    size_t table_count;
    uint32_t *latest; /* period_key() of each cell's latest figure, 0: none; columns x rows */
};

/* One look at the record. */
struct reading {
    struct ranking *ranking;
    const struct evaluation *evaluation;
    struct as_of as_of;
};

static size_t cell_count(const struct ranking *ranking)
{
    return ranking->plan->design.indicator_count * ranking->plan->unit_count;
}

static size_t standing_count(const struct ranking *ranking)
{
    return ranking->plan->design.node_count * ranking->plan->unit_count;
}

/* --- memory --------------------------------------------------------------------------------------- */

enum err ranking_new(const struct framework *framework, const struct framework_composite *composite,
                     struct ranking **out)
{
    struct ranking *ranking = calloc(1, sizeof *ranking);
    if (ranking == NULL)
        return ERR_NOMEM;
    enum err err = plan_new(framework, composite, &ranking->plan);
    if (err == ERR_OK) {
        ranking->latest = calloc(cell_count(ranking), sizeof *ranking->latest);
        err = ranking->latest != NULL ? ERR_OK : ERR_NOMEM;
    }
    if (err != ERR_OK) {
        ranking_free(ranking);
        return err;
    }
    *out = ranking;
    return ERR_OK;
}

static void table_clear(struct ranking_table *table)
{
    composite_free(table->composite);
    free(table->ages);
    free(table->visited);
    *table = (struct ranking_table){0};
}

void ranking_free(struct ranking *ranking)
{
    if (ranking == NULL)
        return;
    for (size_t i = 0; i < ranking->table_count; i++)
        table_clear(&ranking->tables[i]);
    free(ranking->latest);
    plan_free(ranking->plan);
    free(ranking);
}

/* --- cells ---------------------------------------------------------------------------------------- */

static enum panel_method panel_of(enum fill_method method)
{
    switch (method) {
    case FILL_LATEST:
        return PANEL_LATEST;
    case FILL_LINEAR:
        return PANEL_LINEAR;
    case FILL_CONSTANT:
        return PANEL_CONSTANT;
    default:
        return PANEL_NONE;
    }
}

static struct panel_point panel_point_of(bool is_there, const struct point *point)
{
    return is_there ? (struct panel_point){true, period_years(point->period), point->number}
                    : (struct panel_point){0};
}

/* What the unit's own series says in place of a figure that is missing. */
static double filled_value(const struct history *history, const struct fill_rule *fill,
                           struct period period, double *age)
{
    struct point before, after;
    uint32_t key = period_key(period);
    bool has_before = history_before(history, key, &before);
    bool has_after = history_from(history, key + 1, &after);
    return panel_value(panel_of(fill->method), (double)fill->max_age, period_years(period),
                       panel_point_of(has_before, &before), panel_point_of(has_after, &after), age);
}

static struct history history_of(const struct plan *plan, const struct evaluation *evaluation,
                                 struct as_of as_of, size_t column, size_t row)
{
    const struct indicator *indicator = plan_source(plan, column);
    if (!indicator_has_region(indicator, plan->units[row]))
        return (struct history){.indicator = indicator};
    return evaluation_history(evaluation, as_of, indicator, plan->units[row]);
}

/* What the column takes of the figure. */
static double taken(const struct framework_column *column, const struct history *history,
                    uint32_t unit, const struct point *point)
{
    if (column == NULL || column->take == TAKE_FIGURE)
        return point->number;
    const struct target *target = column_target(column, unit);
    return target != NULL ? attained(history, target, unit, point, column->take == TAKE_PACE)
                          : (double)NAN;
}

static void read_cell(const struct reading *reading, struct ranking_table *table, size_t column,
                      size_t row)
{
    const struct plan *plan = reading->ranking->plan;
    struct history history = history_of(plan, reading->evaluation, reading->as_of, column, row);
    double *age = &table->ages[column * plan->unit_count + row];
    const struct fill_rule *fill = &plan->indicators[column]->column.fill;
    struct point point;
    *age = 0;
    if (history_at(&history, table->period, &point) == POINT_USABLE)
        composite_set(table->composite, row, column,
                      taken(plan->columns[column], &history, plan->units[row], &point));
    else
        composite_fill(table->composite, row, column,
                       filled_value(&history, fill, table->period, age));
}

static void read_latest(const struct reading *reading, size_t column, size_t row)
{
    const struct plan *plan = reading->ranking->plan;
    struct history history = history_of(plan, reading->evaluation, reading->as_of, column, row);
    struct point point;
    bool is_there = history_before(&history, UINT32_MAX, &point);
    reading->ranking->latest[column * plan->unit_count + row] =
        is_there ? period_key(point.period) : 0;
}

/* --- tables --------------------------------------------------------------------------------------- */

static enum err table_open(const struct reading *reading, struct period period,
                           struct ranking_table *table)
{
    const struct plan *plan = reading->ranking->plan;
    *table = (struct ranking_table){.period = period};
    enum err err = composite_new(&plan->design, plan->unit_count, &table->composite);
    if (err != ERR_OK)
        return err;
    table->ages = calloc(cell_count(reading->ranking), sizeof *table->ages);
    table->visited = calloc(standing_count(reading->ranking), sizeof *table->visited);
    if (table->ages == NULL || table->visited == NULL) {
        table_clear(table);
        return ERR_NOMEM;
    }
    for (size_t column = 0; column < plan->design.indicator_count; column++)
        for (size_t row = 0; row < plan->unit_count; row++)
            read_cell(reading, table, column, row);
    return ERR_OK;
}

/* The latest period of the composite's own indicators; 0: there is no figure. */
static uint32_t latest_key(const struct ranking *ranking)
{
    uint32_t latest = 0;
    for (size_t i = 0; i < cell_count(ranking); i++) {
        size_t column = i / ranking->plan->unit_count;
        bool is_own = ranking->plan->design.indicators[column].parent != COMPOSITE_NONE;
        if (is_own && ranking->latest[i] > latest)
            latest = ranking->latest[i];
    }
    return latest;
}

/* The periods that there should be tables for now. */
static size_t wanted_periods(const struct ranking *ranking,
                             struct period periods[COMPOSITE_MAX_PERIODS])
{
    const struct framework_composite *composite = ranking->plan->composite;
    uint32_t latest = latest_key(ranking);
    size_t count = 0;
    if (!composite->from.is_set) {
        if (latest != 0)
            periods[count++] = period_from_key(latest);
        return count;
    }
    uint32_t last = composite->to.is_set ? period_key(composite->to.period) : latest;
    struct period period = composite->from.period;
    while (count < COMPOSITE_MAX_PERIODS && period_key(period) <= last) {
        periods[count++] = period;
        struct period next = period_next(period);
        if (period_key(next) == period_key(period))
            break;
        period = next;
    }
    return count;
}

static struct ranking_table *find_table(struct ranking *ranking, struct period period)
{
    for (size_t i = 0; i < ranking->table_count; i++)
        if (period_key(ranking->tables[i].period) == period_key(period))
            return &ranking->tables[i];
    return NULL;
}

/* Keep the tables that are still wanted, make those that are new. */
static enum err arrange_tables(const struct reading *reading)
{
    struct ranking *ranking = reading->ranking;
    struct period periods[COMPOSITE_MAX_PERIODS];
    struct ranking_table tables[COMPOSITE_MAX_PERIODS];
    size_t count = wanted_periods(ranking, periods), made = 0;
    enum err err = ERR_OK;
    for (; made < count && err == ERR_OK; made++) {
        struct ranking_table *kept = find_table(ranking, periods[made]);
        if (kept != NULL) {
            tables[made] = *kept;
            *kept = (struct ranking_table){0};
        } else {
            err = table_open(reading, periods[made], &tables[made]);
        }
    }
    if (err != ERR_OK)
        made--; /* that one was not made */
    for (size_t i = 0; i < ranking->table_count; i++)
        table_clear(&ranking->tables[i]);
    memcpy(ranking->tables, tables, made * sizeof *tables);
    ranking->table_count = made;
    return err;
}

/* --- from the record ------------------------------------------------------------------------------ */

static void refresh_tables(struct ranking *ranking)
{
    for (size_t i = 0; i < ranking->table_count; i++)
        composite_refresh(ranking->tables[i].composite);
}

enum err ranking_refresh(struct ranking *ranking, const struct evaluation *evaluation,
                         struct as_of as_of)
{
    const struct reading reading = {ranking, evaluation, as_of};
    const struct plan *plan = ranking->plan;
    for (size_t column = 0; column < plan->design.indicator_count; column++)
        for (size_t row = 0; row < plan->unit_count; row++) {
            read_latest(&reading, column, row);
            for (size_t i = 0; i < ranking->table_count; i++)
                read_cell(&reading, &ranking->tables[i], column, row);
        }
    enum err err = arrange_tables(&reading);
    refresh_tables(ranking);
    return err;
}

enum err ranking_touch(struct ranking *ranking, const struct evaluation *evaluation,
                       struct as_of as_of, const struct indicator *indicator, uint32_t region)
{
    const struct reading reading = {ranking, evaluation, as_of};
    size_t row = plan_row(ranking->plan, region);
    bool is_member = false;
    for (size_t column = 0; column < ranking->plan->design.indicator_count; column++) {
        if (row == COMPOSITE_NONE || plan_source(ranking->plan, column) != indicator)
            continue;
        is_member = true;
        read_latest(&reading, column, row);
        for (size_t i = 0; i < ranking->table_count; i++)
            read_cell(&reading, &ranking->tables[i], column, row);
    }
    if (!is_member)
        return ERR_OK;
    enum err err = arrange_tables(&reading);
    refresh_tables(ranking);
    return err;
}

/* --- what came out -------------------------------------------------------------------------------- */

const struct plan *ranking_plan(const struct ranking *ranking)
{
    return ranking->plan;
}

size_t ranking_tables(const struct ranking *ranking)
{
    return ranking->table_count;
}

struct period ranking_period(const struct ranking *ranking, size_t table)
{
    return ranking->tables[table].period;
}

const struct composite *ranking_composite(const struct ranking *ranking, size_t table)
{
    return ranking->tables[table].composite;
}

double ranking_age(const struct ranking *ranking, size_t table, size_t column, size_t row)
{
    return ranking->tables[table].ages[column * ranking->plan->unit_count + row];
}

bool ranking_figure(const struct ranking *ranking, const struct evaluation *evaluation,
                    struct as_of as_of, size_t table, size_t column, size_t row, struct point *out)
{
    struct history history = history_of(ranking->plan, evaluation, as_of, column, row);
    return history_at(&history, ranking_period(ranking, table), out) == POINT_USABLE;
}

bool ranking_attainment(const struct ranking *ranking, const struct evaluation *evaluation,
                        struct as_of as_of, size_t table, size_t column, size_t row,
                        struct attainment *out)
{
    const struct plan *plan = ranking->plan;
    const struct framework_column *taking = plan->columns[column];
    if (taking == NULL || taking->take == TAKE_FIGURE)
        return false;
    const struct target *target = column_target(taking, plan->units[row]);
    struct history history = history_of(plan, evaluation, as_of, column, row);
    struct point point;
    if (target == NULL || !ranking_figure(ranking, evaluation, as_of, table, column, row, &point))
        return false;
    *out = attainment_of(&history, target, plan->units[row], &point);
    return true;
}

#define TEXTS_OF(member)                                                                           \
    static const char *const texts[] = {STANDING_REASON_TABLE(member)};                            \
    return (unsigned)reason < sizeof texts / sizeof *texts ? texts[reason] : ""

const char *standing_reason_id(enum standing_reason reason)
{
#define ID(name, id, en, zh) id,
    TEXTS_OF(ID);
}

const char *standing_reason_text(enum standing_reason reason)
{
#define EN(name, id, en, zh) en,
    TEXTS_OF(EN);
}

const char *standing_reason_text_zh(enum standing_reason reason)
{
#define ZH(name, id, en, zh) zh,
    TEXTS_OF(ZH);
}

static uint32_t count_ranked(const struct ranking *ranking, const struct composite *composite,
                             size_t node)
{
    uint32_t count = 0;
    for (size_t row = 0; row < ranking->plan->unit_count; row++)
        count += composite_rank(composite, node, row) > 0 ? 1 : 0;
    return count;
}

static enum standing_reason reason_of(const struct plan *plan, const struct standing *standing)
{
    if (!isnan(standing->value))
        return STANDING_NONE;
    bool is_root = standing->group == plan->composite->root;
    if (standing->available == 0)
        return STANDING_NO_FIGURES;
    return is_root && !fraction_is_reached(plan->design.availability, standing->available,
                                           standing->wanted)
               ? STANDING_BELOW_AVAILABILITY
               : STANDING_NO_VALUE;
}

static struct standing standing_of(const struct ranking *ranking, size_t table, size_t node,
                                   size_t row, uint32_t ranked)
{
    const struct plan *plan = ranking->plan;
    const struct composite *composite = ranking->tables[table].composite;
    struct standing standing = {.composite = plan->composite,
                                .group = plan->nodes[node],
                                .period = ranking->tables[table].period,
                                .unit = plan->units[row],
                                .value = composite_value(composite, node, row),
                                .rank = composite_rank(composite, node, row),
                                .ranked = ranked,
                                .band = -1,
                                .available = (uint32_t)composite_available(composite, row),
                                .wanted = (uint32_t)composite_wanted(composite)};
    /* Bands are of the whole; a group's values need not be on its scale. */
    if (plan->composite->band_count > 0 && standing.group == plan->composite->root)
        standing.band = composite_band(composite, node, row);
    standing.reason = reason_of(plan, &standing);
    return standing;
}

struct standing ranking_standing(const struct ranking *ranking, size_t table, size_t node,
                                 size_t row)
{
    const struct composite *composite = ranking->tables[table].composite;
    return standing_of(ranking, table, node, row, count_ranked(ranking, composite, node));
}

struct peer_standing ranking_among_peers(const struct ranking *ranking, size_t table, size_t node,
                                         size_t row)
{
    const struct plan *plan = ranking->plan;
    const struct composite *composite = ranking->tables[table].composite;
    const uint32_t *groups = plan->design.groups;
    uint32_t own = composite_rank(composite, node, row), better = 0;
    struct peer_standing standing = {0};
    if (groups[row] == 0)
        return standing;
    standing.peers = &plan->composite->peers[groups[row] - 1];
    for (size_t i = 0; i < plan->unit_count; i++) {
        uint32_t rank = groups[i] == groups[row] ? composite_rank(composite, node, i) : 0;
        standing.ranked += rank > 0 ? 1 : 0;
        better += rank > 0 && rank < own ? 1 : 0;
    }
    standing.rank = own > 0 ? better + 1 : 0;
    return standing;
}

static bool is_same(const struct standing *a, const struct standing *b)
{
    return a->composite == b->composite && memcmp(&a->value, &b->value, sizeof a->value) == 0 &&
           a->rank == b->rank && a->ranked == b->ranked && a->band == b->band &&
           a->available == b->available && a->wanted == b->wanted && a->reason == b->reason;
}

static enum err visit_standing(struct ranking_table *table, size_t at, bool only_changed,
                               const struct standing *standing, ranking_visitor *visit,
                               void *context)
{
    if (only_changed && is_same(&table->visited[at], standing))
        return ERR_OK;
    table->visited[at] = *standing;
    return visit != NULL ? visit(context, standing) : ERR_OK;
}

/* Which tables have changed since they were visited. */
struct changes {
    size_t tables[COMPOSITE_MAX_PERIODS];
    size_t count;
};

static struct changes find_changes(const struct ranking *ranking, bool only_changed)
{
    struct changes changes = {.count = 0};
    for (size_t i = 0; i < ranking->table_count; i++) {
        const struct ranking_table *table = &ranking->tables[i];
        if (!only_changed || composite_work(table->composite) != table->visited_work)
            changes.tables[changes.count++] = i;
    }
    return changes;
}

static enum err visit_node(struct ranking *ranking, const struct changes *changes, size_t node,
                           bool only_changed, ranking_visitor *visit, void *context)
{
    uint32_t ranked[COMPOSITE_MAX_PERIODS];
    size_t units = ranking->plan->unit_count;
    enum err err = ERR_OK;
    for (size_t i = 0; i < changes->count; i++)
        ranked[i] = count_ranked(ranking, ranking->tables[changes->tables[i]].composite, node);
    for (size_t row = 0; row < units && err == ERR_OK; row++)
        for (size_t i = 0; i < changes->count && err == ERR_OK; i++) {
            size_t number = changes->tables[i];
            struct standing standing = standing_of(ranking, number, node, row, ranked[i]);
            err = visit_standing(&ranking->tables[number], node * units + row, only_changed,
                                 &standing, visit, context);
        }
    return err;
}

enum err ranking_visit(struct ranking *ranking, bool only_changed, ranking_visitor *visit,
                       void *context)
{
    struct changes changes = find_changes(ranking, only_changed);
    enum err err = ERR_OK;
    for (size_t node = 0; node < ranking->plan->design.node_count && err == ERR_OK; node++)
        err = visit_node(ranking, &changes, node, only_changed, visit, context);
    for (size_t i = 0; i < changes.count && err == ERR_OK; i++) {
        struct ranking_table *table = &ranking->tables[changes.tables[i]];
        table->visited_work = composite_work(table->composite);
    }
    return err;
}
