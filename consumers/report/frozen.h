/* A report that was published as JSON, read back: a published evaluation is never changed, a later one is
 * set beside it as a restatement.
 *
 * Source  EVALUATION.md section 3 (frozen, restated).
 */
#ifndef SONGHUA_REPORT_FROZEN_H
#define SONGHUA_REPORT_FROZEN_H

#include "proto/base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { FROZEN_MAX_BYTES = 256 * 1024 * 1024, FROZEN_WHY_BYTES = 200 };

struct frozen;

/* Read the file. `why` says in English what is wrong with it.
 * Errors  ERR_NOT_FOUND, ERR_PERMISSION, ERR_CONFIG (no report of ours), ERR_LIMIT, ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err frozen_load(const char *path, struct frozen **out, char why[FROZEN_WHY_BYTES]);
void frozen_free(struct frozen *frozen); /* accepts NULL */

/* A fact by its id ("result", "as_of_sequence"); "" when there is none. */
const char *frozen_fact(const struct frozen *frozen, const char *id);

/* What stood there of a target. Texts are "" and numbers NaN where nothing did. */
struct frozen_target {
    const char *judgement, *period;
    double value, points;
};
/* False: the target was not in it. */
bool frozen_target(const struct frozen *frozen, const char *indicator, const char *target,
                   const char *region, struct frozen_target *out);

#endif
