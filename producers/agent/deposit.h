/* Takes a parcel into the outbox: the events that are new, what was sent for each figure, and the
 * file's digest, all in one transaction. Killed at any moment and run again, a file is taken once.
 *
 * The problem: a file is submitted again with one figure corrected, or holds the whole history of a
 * figure, each row replacing the one before. The rule: for each figure the outbox remembers what was
 * sent, in order; of the file's rows for it, those that repeat the end of what was sent are left out and
 * the rest is sent. Without it a corrected file would send every figure again, and a history would go
 * back and forth each time it is submitted.
 *
 * A row that is left out changes nothing; a row for a figure that was sent before with other content is
 * a new vintage: a later event for the same key, beside which the earlier one stays on the record.
 */
#ifndef SONGHUA_AGENT_DEPOSIT_H
#define SONGHUA_AGENT_DEPOSIT_H

#include "proto/base/err.h"
#include "proto/client/outbox.h"
#include "proto/net/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DEPOSIT_MAX_VINTAGES = 4096, /* of one figure in one parcel, and remembered of one figure */
    DEPOSIT_MAX_FILES = 65536    /* remembered by their digest */
};

/* Keys of the outbox's state: prefix | key of the figure → fingerprints sent, oldest first;
 * prefix | digest of the file → when it was taken u64 le | its name. */
#define DEPOSIT_FIGURES "figure/"
#define DEPOSIT_FILES   "file/"

struct deposit_outcome {
    bool is_repeat;        /* this file was taken before: nothing was done */
    uint64_t submitted_ms; /* of a repeat: when that was */
    uint64_t superseded;   /* of a repeat: figures for which something else was sent since */
    uint64_t fresh;        /* events enqueued for figures never sent before */
    uint64_t revised;      /* events enqueued for figures sent before with other content */
    uint64_t unchanged;    /* rows left out */
    uint64_t batches;      /* enqueued */
};

/* Must not be called inside a transaction. On an error, and for a parcel that is dry or a repeat, the
 * outbox is as before.
 *
 * Errors  ERR_MALFORMED (the parcel), ERR_DENIED (a region or topic that the identity may not use: in
 *         the outbox such a batch would block all that come after), ERR_LIMIT, ERR_TOO_LARGE, ERR_FULL,
 *         ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err deposit_parcel(struct outbox *outbox, const struct identity *identity,
                                   const void *parcel, size_t size, uint64_t now_ms,
                                   struct deposit_outcome *out);

/* Forget which files and figures were sent, so that they are sent when they are submitted again: the
 * broker has lost some for good. Errors  ERR_FULL, ERR_IO, ERR_CORRUPT, ERR_NOMEM. */
MUST_CHECK enum err deposit_forget(struct outbox *outbox);

/* When more files than `most` are remembered, forget the oldest until three quarters of that are left. Such
 * a file is then compared figure by figure when it is submitted again. Looks at every file: once in a while.
 * A full outbox is no error: the next time. Errors  ERR_IO, ERR_CORRUPT, ERR_NOMEM. */
MUST_CHECK enum err deposit_trim(struct outbox *outbox, size_t most);

#endif
