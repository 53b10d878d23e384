/* What both forms of a composite's report show of one table. For composite_report*.c. */
#ifndef SONGHUA_SCORER_COMPOSITE_VIEW_H
#define SONGHUA_SCORER_COMPOSITE_VIEW_H

#include "consumers/evaluate/ranking.h"
#include "consumers/evaluate/sensitivity.h"

enum { SIDE_MAX = 5 };

/* A number of each unit beside its score, which holds nobody to account: another way to put the figures
 * together (TOPSIS, Copeland), or the score with other weights (entropy, CRITIC, equal). */
struct composite_side {
    const char *id;
    int decimals;   /* to show */
    double *values; /* by row */
    uint32_t *ranks;
};

struct composite_view {
    const struct ranking *ranking;
    const struct plan *plan;
    const struct composite *composite;
    size_t table, root;
    struct interval *scores, *ranks; /* by row; NULL: the composite states no uncertainty */
    double *behind;                  /* by row; see uncertainty_run() */
    struct composite_side sides[SIDE_MAX];
    size_t side_count;
    double *moves; /* by child, when it is left out; NULL: no sensitivity is asked for */
    struct index indices[CHOICE_COUNT];
    size_t *order; /* rows, best first, those without a rank last, each in the order of units */
};

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err composite_view_open(const struct ranking *ranking, size_t table,
                                        struct composite_view *out);
/* The weight of an indicator in the whole: the product of the weights up the tree. */
double composite_view_weight(const struct composite_view *view, size_t column);

void composite_view_close(struct composite_view *view);

#endif
