/* The choices behind a composite that could have been made otherwise: weights somewhat off, percentiles
 * instead of the rule's scale, the other mean, gaps dealt with the other way. A design with other choices,
 * from numbers that say which.
 */
#ifndef SONGHUA_EVALUATE_CHOICES_H
#define SONGHUA_EVALUATE_CHOICES_H

#include "consumers/evaluate/composite.h"

struct choices {
    uint64_t weights; /* seed of what the weights are off by; the same one gives the same weights */
    bool is_percentile; /* instead of a rule whose scale rises */
    bool is_other_mean; /* geometric instead of arithmetic, and the reverse */
    /* Gaps that a rule fills are left, those that none does take the median of the other units. */
    bool is_other_fill;
};

/* splitmix64: the next of the numbers that follow from *state. */
uint64_t choice_draw(uint64_t *state);

/* A design of its own arrays that can be changed again and again. */
struct choice_design {
    const struct composite_design *base; /* borrowed */
    struct composite_design design;
    struct composite_indicator *indicators;
    struct composite_node *nodes;
};

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err choice_design_init(struct choice_design *design,
                                       const struct composite_design *base);
void choice_design_fini(struct choice_design *design);

/* The base with these choices: each given weight times 1 + u, u even in ±noise. */
void choice_design_make(struct choice_design *design, const struct choices *choices, double noise);

#endif
