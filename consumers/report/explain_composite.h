/* A score of a composite explained: from the root down, each value as the weighted mean of its parts, each
 * indicator as its figure on the scale, each figure with its address and source.
 *
 * Every mean is worked out again from its parts and held against the composite's own value to 14 digits.
 */
#ifndef SONGHUA_REPORT_EXPLAIN_COMPOSITE_H
#define SONGHUA_REPORT_EXPLAIN_COMPOSITE_H

#include "consumers/evaluate/ranking.h"
#include "consumers/report/explain.h"

struct composite_question {
    const struct basis *basis;
    const struct ranking *ranking; /* refreshed from `evaluation` as of `as_of` */
    const struct evaluation *evaluation;
    struct as_of as_of;
    size_t table, node, row;
};

/* Append the explanation of one unit's value in one group.
 * Errors  ERR_DIFFERENT, ERR_LIMIT (the buffer), ERR_NOMEM. */
MUST_CHECK enum err explain_composite(const struct composite_question *question,
                                      enum language language, struct buffer *out);

/* For explain_composite.c: how far a column's figure has come towards its target, worked out again from
 * figure, baseline and dates. A column that takes figures as they are adds nothing. */
void explain_attained(struct explanation *page, const struct composite_question *question,
                      size_t column, int indent);

/* Where a group stands among the framework's composites: false, it is in none of them. */
bool explain_find_group(const struct framework *framework, const char *id,
                        const struct framework_composite **composite);

#endif
