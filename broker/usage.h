/* What clients have used survives the broker: bytes stored are kept in a file beside the journal, with how
 * far into each stream they count; what came after is read from the journal at the next start. Producers
 * are counted from the journal's own list. So a kill loses nothing, and a file that is missing, of another
 * journal or ahead of it (an older copy was restored) is made anew from the record.
 *
 *     usage_load(…)   before the intake starts
 *     usage_save(…)   now and then, and at the end
 */
#ifndef SONGHUA_BROKER_USAGE_H
#define SONGHUA_BROKER_USAGE_H

#include "broker/quota.h"

/* A producer's batches are charged to the client that owns its name: the longest known name that does. */
enum { USAGE_PATH_BYTES = 4096 };
struct usage {
    char path[USAGE_PATH_BYTES]; /* of the file */
    struct journal *journal;
    struct access *access;
    struct quota *quota;
    const char *const *streams;
    uint64_t saved_version;
};

/* Errors  ERR_NOMEM, ERR_CORRUPT and ERR_IO of the journal's rows. Damaged records are passed over. */
MUST_CHECK enum err usage_load(struct usage *usage);
/* Nothing is written when nothing was stored since. Errors  ERR_FULL, ERR_PERMISSION, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err usage_save(struct usage *usage);

#endif
