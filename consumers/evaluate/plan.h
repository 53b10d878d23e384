/* A framework's composite as a composite_design: which indicator is which column, which group which
 * node, which region which row. Made once for a framework, shared by all its tables.
 */
#ifndef SONGHUA_EVALUATE_PLAN_H
#define SONGHUA_EVALUATE_PLAN_H

#include "consumers/evaluate/composite.h"
#include "consumers/evaluate/uncertainty.h"
#include "proto/event/framework.h"

/* Read only. Columns are in the framework's order, the composite's own first and then those that only
 * divide others; nodes from the deepest to the root, on one depth in the framework's order. */
struct plan {
    struct composite_design design;
    const struct framework *framework;
    const struct framework_composite *composite;
    const struct indicator **indicators;     /* by column; a framework's column as an indicator */
    const struct framework_column **columns; /* by column; NULL: the indicator itself */
    const struct framework_group **nodes;
    const uint32_t *units; /* region or unit codes, by row */
    size_t unit_count;
};

/* `composite` is one of the framework's, which is borrowed and must outlive the plan.
 * Errors  ERR_NOMEM. */
MUST_CHECK enum err plan_new(const struct framework *framework,
                             const struct framework_composite *composite, struct plan **out);
void plan_free(struct plan *plan);

/* The indicator whose figures a column takes. */
const struct indicator *plan_source(const struct plan *plan, size_t column);
/* The row of a unit; COMPOSITE_NONE when it has none. */
size_t plan_row(const struct plan *plan, uint32_t unit);

struct uncertainty_rule plan_uncertainty(const struct plan *plan);

#endif
