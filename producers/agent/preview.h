/* The observations of a parcel as a table on stdout: what a dry run would send. */
#ifndef SONGHUA_AGENT_PREVIEW_H
#define SONGHUA_AGENT_PREVIEW_H

#include "producers/agent/parcel.h"
#include "proto/event/framework.h"

enum {
    PREVIEW_MAX_ROWS = 1000 /* shown; more are counted in a last line */
};

/* `framework` has the names of its own units; may be NULL.
 * Errors  ERR_MALFORMED (the parcel), ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err preview_print(const struct parcel *parcel, const struct framework *framework);

#endif
