/* How firm scores and ranks are: the composite worked out again many times, each time with other
 * choices that could have been made as well.
 *
 * The choices come from a written seed by a generator of our own (splitmix64), in a fixed order, so the
 * same rule gives the same bits.
 * Source  EVALUATION.md section 3 "Uncertainty"; EVALUATION-METHODS.md 3.7; OECD/JRC handbook.
 */
#ifndef SONGHUA_EVALUATE_UNCERTAINTY_H
#define SONGHUA_EVALUATE_UNCERTAINTY_H

#include "consumers/evaluate/composite.h"

struct uncertainty_rule {
    uint64_t seed;
    size_t draws;        /* 1,000 */
    double weight_noise; /* 0.25: each weight times 1 + u, u even in ±0.25; 0 to 1 */
    bool varies_scale;   /* half of the draws: percentiles on the same scale instead of the rule */
    bool varies_aggregation; /* half: geometric instead of arithmetic, and the reverse */
    bool varies_missing;     /* half: gaps that a rule fills are left, the others filled */
};

/* At least one draw, noise from 0 to 1. */
bool uncertainty_rule_is_right(const struct uncertainty_rule *rule);

/* The 5th, 50th and 95th of a hundred draws. Units that never had a value: NaN. */
struct interval {
    double low, middle, high;
};

/* A difference of ranks is significant when it holds in at least so many of the draws. */
#define UNCERTAINTY_SIGNIFICANT 0.95

/* Intervals of the root's scores and ranks, one for each unit, from the figures that `composite` has; and
 * behind: the share of the draws in which a unit stays behind the one that `composite` ranks next above it
 * (of several the first), of those that rank both; NaN: there is none above. Equal weights and those from
 * data are not drawn. `composite` has been refreshed.
 * Errors  ERR_USAGE (no draw, noise outside 0 to 1), ERR_NOMEM. */
MUST_CHECK enum err uncertainty_run(const struct composite *composite,
                                    const struct uncertainty_rule *rule, struct interval *scores,
                                    struct interval *ranks, double *behind);

#endif
