/* The keys of composites in a framework document, and what makes them unusable. For framework_*.c. */
#ifndef SONGHUA_EVENT_FRAMEWORK_COMPOSITE_SCHEMA_H
#define SONGHUA_EVENT_FRAMEWORK_COMPOSITE_SCHEMA_H

#include "proto/event/framework.h"
#include "proto/event/schema.h"

extern const struct schema unit_schema, scale_schema, fill_schema, outlier_schema, composite_schema;
extern const struct schema comparison_schema, column_schema;
extern const char *const composite_mean_words[], *const composite_weight_words[];

/* Indicators that list no regions are reported by all units of the framework, if it has any. Before
 * framework_validate(). Errors  ERR_NOMEM. */
MUST_CHECK enum err framework_fill_regions(struct framework *framework, struct arena *arena);

/* After framework_validate(), which links parents: references, orders and ranges of units, columns and
 * composites. Links roots and divisors; composites without units get theirs. Errors  ERR_NOMEM. */
MUST_CHECK enum err framework_validate_composites(struct framework *framework, struct arena *arena,
                                                  struct diag *diag);

/* References of columns; each gets what its indicator says. After framework_validate(). */
void framework_link_columns(struct framework *framework, struct diag *diag);

/* What groups say of their means and weights. Works out the weights of the children of those that
 * compare them in pairs. */
void framework_validate_levels(struct framework *framework, struct diag *diag);

/* What composites may still have forgotten; part of framework_check(). */
void framework_check_composites(const struct framework *framework, struct diag *diag);

#endif
