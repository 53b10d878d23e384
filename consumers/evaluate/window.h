/* The figures of a series nearest to one of them, for doubts. For consumers/evaluate alone. */
#ifndef SONGHUA_EVALUATE_WINDOW_H
#define SONGHUA_EVALUATE_WINDOW_H

#include "consumers/evaluate/doubts.h"
#include "consumers/evaluate/history.h"

enum { WINDOW_BEFORE = 40, WINDOW_AFTER = 20, WINDOW_MOST = WINDOW_BEFORE + WINDOW_AFTER + 1 };

struct window {
    const struct history *history;
    struct point points[WINDOW_MOST]; /* usable ones, in order of period */
    uint32_t slots[WINDOW_MOST];      /* of the series, by point */
    size_t count, at;                 /* `at`: the figure that is looked at */
};

/* False: there is no usable figure for the period. */
bool window_read(const struct history *history, struct period period, struct window *out);

/* A doubt about the window's figure, with its own address as evidence. */
struct doubt window_doubt(const struct window *window, const struct doubt_place *place,
                          Songhua__V1__DoubtKind kind);

void doubt_cite(struct doubt *doubt, struct address address);

/* Hand it out unless a number in it is not finite. */
MUST_CHECK enum err doubt_say(const struct doubt *doubt, doubt_visit *visit, void *context);

/* The rules: doubts_series.c, doubts_kind.c, doubts_record.c, doubts_identity.c. */
typedef enum err doubt_rule(const struct window *window, const struct doubt_place *place,
                            doubt_visit *visit, void *context);
doubt_rule doubts_of_series; /* range, unit_slip, jump, decrease, copy, digits */
doubt_rule doubts_of_kind;   /* kind */
doubt_rule doubts_of_record; /* late, early, revision */
MUST_CHECK enum err doubts_of_identities(const struct evaluation *evaluation,
                                         const struct window *window,
                                         const struct doubt_place *place, doubt_visit *visit,
                                         void *context);

/* The other places of the series where `kind` may come or go when the figure at `place` changes: two at most. */
enum err kind_touched(const struct history *history, const struct doubt_place *place,
                      doubt_place_visit *visit, void *context);

#endif
