/* The keys of a framework document, as the table that schema_read() goes by. */
#ifndef SONGHUA_EVENT_FRAMEWORK_SCHEMA_H
#define SONGHUA_EVENT_FRAMEWORK_SCHEMA_H

#include "proto/event/framework.h"
#include "proto/event/schema.h"

extern const struct schema name_schema;
extern const struct schema framework_schema; /* fills struct framework but for `index` and links */

/* A baseline without region; a target's baseline has none, an indicator's must. */
enum { REGION_NOT_GIVEN = -1 };

/* The words behind SCHEMA_WORD, NULL-terminated, in the order of their enums. */
extern const char *const method_words[], *const comparator_words[], *const kind_words[];
extern const char *const cadence_words[], *const identity_words[];

/* Parts of the schema that have files of their own: framework_schema_items.c. */
extern const struct schema name_schema; /* framework_schema.c */
extern const struct schema part_schema, stages_schema, checks_schema, identity_schema;

/* Everything that makes a loaded document unusable: references, repeated ids, circles, targets that
 * are not complete. Links parents on the way. Adds to diag. */
void framework_validate(struct framework *framework, struct diag *diag);
void framework_validate_items(const struct indicator *indicator, struct diag *diag);
void framework_validate_identities(struct framework *framework, struct diag *diag);

/* The parts of framework_check() that have a file of their own. */
void framework_check_items(const struct indicator *indicator, struct diag *diag);
void framework_check_identities(const struct framework *framework, struct diag *diag);

#endif
