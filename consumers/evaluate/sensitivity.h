/* What the ranks of a composite hang on: how far they move when one part is left out, and which of the
 * choices that could have been made otherwise moves them most.
 *
 * Source  EVALUATION-METHODS.md 3.7; Saltelli et al. (first-order and total indices); COINr (mean absolute
 *         change of rank).
 */
#ifndef SONGHUA_EVALUATE_SENSITIVITY_H
#define SONGHUA_EVALUATE_SENSITIVITY_H

#include "consumers/evaluate/uncertainty.h"

/* For each child (indicators of the composite, then nodes but the root; numbered as in
 * composite_weight()): the mean, over the units that are ranked, of how far their rank at the root moves
 * when the child weighs nothing. A divisor alone has 0. Weights are the composite's as they came out.
 * Errors  ERR_NOMEM. */
MUST_CHECK enum err sensitivity_leave_out(const struct composite *composite, double *moves);

enum choice { CHOICE_WEIGHTS, CHOICE_SCALE, CHOICE_MEAN, CHOICE_MISSING, CHOICE_COUNT };
const char *choice_name(enum choice choice);

struct index {
    double first, total; /* shares of the variance; NaN where nothing varies */
};

/* The indices of each choice for the mean move of the ranks; choices that the rule does not vary have 0.
 * rule->draws evaluations or somewhat more, at least 16 for each choice that is varied and both samples.
 * Errors  ERR_USAGE (as uncertainty_run()), ERR_NOMEM. */
MUST_CHECK enum err sensitivity_run(const struct composite *composite,
                                    const struct uncertainty_rule *rule,
                                    struct index indices[CHOICE_COUNT]);

/* From n values of the two samples and of the second with one factor at a time from the other:
 * mixed[factor * n + i] is sample a's point i with that factor of b's. */
void sensitivity_indices(const double *a, const double *b, const double *mixed, size_t n,
                         size_t factors, struct index *out);

#endif
