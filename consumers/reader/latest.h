/* The last event of each key (entry.h): who stands where now. Events are kept packed, so that what is held
 * is about the size of what is shown. */
#ifndef SONGHUA_READER_LATEST_H
#define SONGHUA_READER_LATEST_H

#include "consumers/reader/entry.h"

enum { LATEST_MAX_KEYS = 1000000 };

struct latest;

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err latest_new(struct latest **out);
void latest_free(struct latest *latest); /* accepts NULL */

/* The entry takes the place of an earlier one with its key. Errors  ERR_NOMEM, ERR_LIMIT (more than
 * LATEST_MAX_KEYS). */
MUST_CHECK enum err latest_put(struct latest *latest, const struct entry *entry);

/* In order of key: region, indicator, target. Errors  what `visit` answered, ERR_NOMEM. */
MUST_CHECK enum err latest_each(const struct latest *latest, entry_visit *visit, void *context);

#endif
