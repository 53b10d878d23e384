/* What each key may use: events and bytes a second, bytes stored, producers. Above it a batch is refused
 * with THROTTLED and when to try again; the publisher waits and nothing is lost.
 *
 *     quota_check(…)     before a batch is stored: does the key have room?
 *     quota_charge(…)    it was added to the transaction
 *     quota_settle(…)    the transaction was committed, or was not
 *
 * Those three are the intake's thread's and cost one look-up a batch; quota_format() may be called by any.
 * A second's worth may be used at once. A batch passes while anything is left of it and may go into debt,
 * so that a batch larger than a second's worth passes too and the next waits longer. Repeats cost nothing.
 * A key's limits are those of its certificate, else the broker's; use is kept by the client's name, so a
 * new key does not make it new. Bytes stored are never given back: pruning is the operator's doing, and
 * so is a higher limit.
 */
#ifndef SONGHUA_BROKER_QUOTA_H
#define SONGHUA_BROKER_QUOTA_H

#include "broker/access.h"
#include "broker/counters.h"
#include "broker/journal/journal.h"
#include "proto/base/buffer.h"

struct quota;

struct quota_options {
    struct access *access;
    struct journal *journal;
    struct counters *counters;
    struct identity_quota defaults; /* 0: no limit */
};
MUST_CHECK enum err quota_new(const struct quota_options *options, struct quota **out);
void quota_free(struct quota *quota); /* accepts NULL */

/* ERR_OK, or ERR_THROTTLED with one sentence in `why` and when to come again. */
MUST_CHECK enum err quota_check(struct quota *quota, const char *user, const struct batch *batch,
                                uint64_t now_us, char why[ACCESS_WHY_BYTES], uint64_t *retry_ms);
/* The batch of quota_check() just before is stored as that record, once it is committed. */
void quota_charge(struct quota *quota, const struct batch *batch, size_t frame_size,
                  uint64_t record);
/* The client of the last quota_check(). */
const char *quota_name(const struct quota *quota);
void quota_settle(struct quota *quota, bool is_committed);

/* What is known from before: bytes stored by the client, more producers of it, and the last record of each
 * stream that is counted in. Before the intake starts. Errors  ERR_NOMEM, ERR_LIMIT. */
MUST_CHECK enum err quota_add_use(struct quota *quota, const char *name, uint64_t stored_bytes,
                                  uint64_t producers);
MUST_CHECK enum err quota_add_stream(struct quota *quota, const char *stream, uint64_t last);

/* Append "stream NAME RECORD" and "client NAME BYTES" lines, as committed. `version` is another number
 * whenever they are other lines; equal to what it was: nothing is appended. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err quota_format(struct quota *quota, struct buffer *out, uint64_t *version);

#endif
