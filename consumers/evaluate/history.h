/* The figures of one indicator in one region as of a moment, as a judgement may use them: in the
 * indicator's unit, of its cadence, of its primary definition. For consumers/evaluate alone. */
#ifndef SONGHUA_EVALUATE_HISTORY_H
#define SONGHUA_EVALUATE_HISTORY_H

#include "consumers/evaluate/series.h"

struct history {
    const struct series *series;            /* NULL: nothing was ever recorded */
    const struct milestone_log *milestones; /* NULL: nothing was ever reported */
    const struct indicator *indicator;
    const struct definition *definition; /* NULL: figures without one */
    const char *const *units;            /* by vintage.unit */
    struct as_of as_of;
};

/* The figures of an indicator of the framework in force, as of the moment. */
struct history evaluation_history(const struct evaluation *evaluation, struct as_of as_of,
                                  const struct indicator *indicator, uint32_t region);

/* The same of another definition than the primary one; NULL: of figures without one. */
struct history evaluation_history_of(const struct evaluation *evaluation, struct as_of as_of,
                                     const struct indicator *indicator,
                                     const struct definition *definition, uint32_t region);

struct point {
    struct period period;
    struct decimal value; /* in the indicator's unit */
    double number;        /* the same */
    obs_status status;
    struct address address;
    bool is_confirmed; /* by the reporter, against what is doubted of it */
};

enum point_state {
    POINT_NONE,
    POINT_USABLE,
    POINT_RETRACTED,
    POINT_NO_FIGURE, /* a status that says so, or one that no judgement rests on */
    POINT_REFUSED    /* unit or size do not fit the indicator */
};

/* The figure for one period. *out is set when it is usable. */
enum point_state history_at(const struct history *history, struct period period, struct point *out);

/* By the place in the series: how many periods there are; the place of a period, or as many as there are
 * when it has none; the figure of a place. */
uint32_t history_slot_count(const struct history *history);
uint32_t history_slot_of(const struct history *history, struct period period);
enum point_state history_slot(const struct history *history, uint32_t slot, struct point *out);

/* The last figure of another value that `own`, the one in force there, replaced; and when the period's
 * first was recorded. False: there is none among the last so many vintages. */
enum { HISTORY_VINTAGES = 16 };
bool history_replaced(const struct history *history, uint32_t slot, const struct point *own,
                      struct point *out);
bool history_came(const struct history *history, uint32_t slot, uint64_t *stored_ms);

/* The latest usable figure before the period with key `before` (UINT32_MAX: of all). */
bool history_before(const struct history *history, uint32_t before, struct point *out);

/* The first usable figure at or after the period with key `from`. */
bool history_from(const struct history *history, uint32_t from, struct point *out);

/* Whether a usable figure after `from` and up to `to` is marked as a break in the series. */
bool history_breaks(const struct history *history, struct period from, struct period to);

/* Of the latest period that anything is in force for: why it is not usable; POINT_NONE: nothing is. */
enum point_state history_last_state(const struct history *history);

#endif
