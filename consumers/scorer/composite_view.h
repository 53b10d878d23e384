/* What both forms of a composite's report show of one table. For composite_report*.c. */
#ifndef SONGHUA_SCORER_COMPOSITE_VIEW_H
#define SONGHUA_SCORER_COMPOSITE_VIEW_H

#include "consumers/evaluate/ranking.h"
#include "consumers/evaluate/sensitivity.h"

struct composite_view {
    const struct ranking *ranking;
    const struct plan *plan;
    const struct composite *composite;
    size_t table, root;
    struct interval *scores, *ranks; /* by row; NULL: the composite states no uncertainty */
    double *closeness;               /* TOPSIS, by row; NULL: not asked for */
    uint32_t *closeness_ranks;
    double *wins; /* Copeland, by row; NULL: not asked for */
    uint32_t *wins_ranks;
    double *moves; /* by child, when it is left out; NULL: no sensitivity is asked for */
    struct index indices[CHOICE_COUNT];
    size_t *order; /* rows, best first, those without a rank last, each in the order of units */
};

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err composite_view_open(const struct ranking *ranking, size_t table,
                                        struct composite_view *out);
void composite_view_close(struct composite_view *view);

#endif
