/* A composite of the framework over the figures of the record: one table for each of its periods, and
 * where each unit stands in each of its groups.
 *
 *     ranking_new(framework, composite, &ranking)
 *     ranking_refresh(ranking, evaluation, as_of)                     from all figures
 *     ranking_touch(ranking, evaluation, as_of, indicator, region)    after one more was recorded
 *     ranking_visit(ranking, false, visit, context)
 *     ranking_free(ranking)
 *
 * A touch redoes what the figure touches and comes to the same bits as a refresh. A composite without
 * `from` has the latest period only that any of its units has a figure for, and moves on with it.
 */
#ifndef SONGHUA_EVALUATE_RANKING_H
#define SONGHUA_EVALUATE_RANKING_H

#include "consumers/evaluate/attained.h"
#include "consumers/evaluate/evaluation.h"
#include "consumers/evaluate/plan.h"

struct ranking;

/* Framework and composite are borrowed. Errors  ERR_NOMEM. */
MUST_CHECK enum err ranking_new(const struct framework *framework,
                                const struct framework_composite *composite, struct ranking **out);
void ranking_free(struct ranking *ranking);

/* `as_of` never goes back for one ranking. Errors  ERR_NOMEM. */
MUST_CHECK enum err ranking_refresh(struct ranking *ranking, const struct evaluation *evaluation,
                                    struct as_of as_of);
/* An indicator or region that is not the composite's touches nothing. */
MUST_CHECK enum err ranking_touch(struct ranking *ranking, const struct evaluation *evaluation,
                                  struct as_of as_of, const struct indicator *indicator,
                                  uint32_t region);

const struct plan *ranking_plan(const struct ranking *ranking);
size_t ranking_tables(const struct ranking *ranking);
struct period ranking_period(const struct ranking *ranking, size_t table);
const struct composite *ranking_composite(const struct ranking *ranking, size_t table);
/* The age in years of the figure behind a filled gap; 0: the figure is the period's own, or missing. */
double ranking_age(const struct ranking *ranking, size_t table, size_t column, size_t row);

/* The column's own figure for the table's period, by the figures that the ranking was refreshed with: of the
 * definition that is judged, the one in force. False: there is none that can be used. */
bool ranking_figure(const struct ranking *ranking, const struct evaluation *evaluation,
                    struct as_of as_of, size_t table, size_t column, size_t row, struct point *out);

/* What a completion or pace is worked out from, by the figures that the ranking was refreshed with. False: the
 * column takes none, or has no figure or target there. */
bool ranking_attainment(const struct ranking *ranking, const struct evaluation *evaluation,
                        struct as_of as_of, size_t table, size_t column, size_t row,
                        struct attainment *out);

/* Why a unit has no value in a group. X(name, id, English, Chinese) */
#define STANDING_REASON_TABLE(X)                                                                   \
    X(NONE, "", "", "")                                                                            \
    X(NO_FIGURES, "no_figures", "no figure of the period", "该期无数据")                           \
    X(BELOW_AVAILABILITY, "below_availability", "too few of its indicators have a figure",         \
      "可用指标不足")                                                                              \
    X(NO_VALUE, "no_value", "what is there gives no value", "现有数据得不出分值")

enum standing_reason {
#define X(name, ...) STANDING_##name,
    STANDING_REASON_TABLE(X)
#undef X
};
const char *standing_reason_id(enum standing_reason reason);
const char *standing_reason_text(enum standing_reason reason);
const char *standing_reason_text_zh(enum standing_reason reason);

/* One unit in one group in one period. */
struct standing {
    const struct framework_composite *composite;
    const struct framework_group *group;
    struct period period;
    uint32_t unit;
    double value;          /* NaN: none, see reason */
    uint32_t rank, ranked; /* 0: 不排名; of how many */
    int band;              /* in composite->bands; -1: none */
    uint32_t available, wanted;
    enum standing_reason reason;
};

/* Group by group from the deepest to the root, unit by unit, period by period. `visit` may be NULL.
 * With `only_changed`, those that differ from what was visited before. Stops when `visit` answers an
 * error, and answers it. */
typedef enum err ranking_visitor(void *context, const struct standing *standing);
MUST_CHECK enum err ranking_visit(struct ranking *ranking, bool only_changed,
                                  ranking_visitor *visit, void *context);
struct standing ranking_standing(const struct ranking *ranking, size_t table, size_t node,
                                 size_t row);

/* Where a unit stands among its own peers, by the ranks of all. */
struct peer_standing {
    const struct composite_peers *peers; /* NULL: it is nobody's peer */
    uint32_t rank, ranked;               /* 0: no rank of its own; of how many */
};
struct peer_standing ranking_among_peers(const struct ranking *ranking, size_t table, size_t node,
                                         size_t row);

#endif
