/* The outbox: what a producer has made and the broker has not yet acknowledged, on disk; and beside
 * it the small state that must change in the same step (an agent's list of files sent, a service's
 * state and position). One LMDB environment, one process.
 *
 *     outbox_open(&options, &outbox)
 *     outbox_begin(outbox)
 *       outbox_put(outbox, key, …)            state
 *       outbox_append(outbox, &draft)         a batch: numbered, chained and signed here
 *     outbox_commit(outbox)                   both or neither, flushed
 *     publisher_pump(publisher, …)            sends what the outbox holds, removes what is acknowledged
 *
 * A batch gets its number, digest and signature when it is appended and keeps them over restarts,
 * so that a resend is the same bytes and the broker stores it once. An outbox that is new (or lost)
 * takes up a producer's chain from the broker: see outbox_adopt().
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_CLIENT_OUTBOX_H
#define SONGHUA_CLIENT_OUTBOX_H

#include "proto/base/err.h"
#include "proto/wire/batch.h"
#include "proto/wire/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outbox;

struct outbox_options {
    const char *directory; /* made when missing, mode 0700 */
    const char *stream, *producer;
    const struct signing_key *signing_key; /* borrowed for the life of the outbox; NULL: unsigned */
    uint64_t max_bytes; /* of the file; 0: 1 GiB, at least 8 MiB. Grows as it fills */
    /* Acknowledged batches that stay, so that they can be sent again should the broker lose them; all go
     * once the outbox is half full, unless a rollback is undecided. 0: none */
    uint64_t keep_batches;
};

struct outbox_status {
    uint64_t epoch;           /* 0: not yet adopted by a broker */
    uint64_t next_sequence;   /* of the next batch made */
    uint64_t acknowledged;    /* last sequence acknowledged in this epoch */
    uint64_t batches, events; /* waiting */
    uint64_t oldest_ms;       /* created_ms of the oldest waiting batch; 0: none */
    uint64_t receipt_record;  /* of the last acknowledgement */
    unsigned char receipt_digest[DIGEST_BYTES];
    char broker_id[33];  /* empty until adopted */
    bool is_rolled_back; /* see outbox_rollback() */
};

/* Errors  ERR_LOCKED (another process has it), ERR_CORRUPT, ERR_CONFIG (made for another stream or
 *         producer), ERR_VERSION (made by a newer program), ERR_USAGE (names), ERR_PERMISSION,
 *         ERR_INSECURE (others may write to the directory), ERR_FULL, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err outbox_open(const struct outbox_options *options, struct outbox **out);
void outbox_close(struct outbox **outbox); /* aborts an open transaction */

/* One transaction at a time. After ERR_FULL, ERR_IO, ERR_CORRUPT or ERR_NOMEM from anything in it, it
 * can only be aborted, and outbox_commit() does that. Full is an answer: what is committed stays, and
 * there is room again once batches are acknowledged. After ERR_IO every call answers ERR_IO. */
MUST_CHECK enum err outbox_begin(struct outbox *outbox);
MUST_CHECK enum err outbox_commit(struct outbox *outbox); /* flushed. Errors  ERR_FULL, ERR_IO */
void outbox_abort(struct outbox *outbox);

/* What a batch is made from. `payload` is an encoded EventBatch. */
struct batch_draft {
    const char *topic;
    uint32_t region;
    uint32_t event_count;
    uint64_t created_ms;
    const void *payload;
    size_t payload_size;
};

/* Append a batch inside a transaction. *sequence (may be NULL) is its number.
 * Before adoption batches are numbered provisionally and made final by outbox_adopt().
 * Errors  ERR_FULL, ERR_LIMIT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err outbox_append(struct outbox *outbox, const struct batch_draft *draft,
                                  uint64_t *sequence);

/* State: keys of 1 to 500 bytes, values up to 16 MiB. Inside a transaction for put and delete; get and
 * each work inside (seeing what the transaction changed) and outside. A value from outbox_get is
 * copied into `out`. Errors  ERR_NOT_FOUND, ERR_FULL, ERR_IO, ERR_NOMEM, ERR_LIMIT, ERR_CORRUPT. */
struct buffer;
MUST_CHECK enum err outbox_put(struct outbox *outbox, const void *key, size_t key_size,
                               const void *value, size_t value_size);
MUST_CHECK enum err outbox_delete(struct outbox *outbox, const void *key, size_t key_size);
/* Delete every key. Inside a transaction; batches stay. */
MUST_CHECK enum err outbox_clear(struct outbox *outbox);
MUST_CHECK enum err outbox_get(struct outbox *outbox, const void *key, size_t key_size,
                               struct buffer *out);
/* Keys that start with the prefix, in byte order; the callback returns false to stop. */
typedef bool outbox_visit(void *context, const void *key, size_t key_size, const void *value,
                          size_t value_size);
MUST_CHECK enum err outbox_each(struct outbox *outbox, const void *prefix, size_t prefix_size,
                                outbox_visit *visit, void *context);

void outbox_status(struct outbox *outbox, struct outbox_status *out);

/* --- for the publisher ------------------------------------------------------------------------ */

/* The broker's Welcome for this producer. Does one of these, in a transaction of its own:
 *   never adopted: take epoch = welcome epoch + 1, chain from the welcome's digest, renumber and
 *     re-sign what waits;
 *   adopted, the broker has this epoch and a batch we know as sent: remove what it has, and sign what
 *     waits anew if another signing key did (numbers and digests stay);
 *   adopted, the broker has less than it once acknowledged to us: ERR_ROLLBACK. That is written down,
 *     nothing else changes, an operator decides (outbox_accept_rollback());
 *   adopted, the broker's last batch of this epoch is none of ours (another program has used the
 *     name, or the outbox was put back from a copy): ERR_LINK;
 *   adopted, the broker has a newer epoch: ERR_FENCED.
 * Must not be called inside a transaction.
 * Errors  also ERR_FULL (no room to sign anew; nothing is adopted, try again), ERR_IO, ERR_NOMEM. */
struct outbox_welcome {
    const char *broker_id;
    uint64_t epoch, sequence, record;
    const unsigned char *digest; /* DIGEST_BYTES, or NULL when epoch is 0 */
};
MUST_CHECK enum err outbox_adopt(struct outbox *outbox, const struct outbox_welcome *welcome);

/* How it stands between an outbox and a broker that has lost what it acknowledged. */
struct outbox_rollback {
    uint64_t noticed_ms;
    bool is_other_broker;         /* its id is not that of the one that acknowledged */
    uint64_t epoch, acknowledged; /* what was acknowledged last, and its record */
    uint64_t record;
    uint64_t broker_epoch, broker_sequence; /* what the broker has last; epoch 0: nothing */
    uint64_t broker_record;
    uint64_t lost_first,
        lost_last;  /* acknowledged batches of `epoch` that are in neither; 0: none */
    uint64_t again; /* batches that would be sent again, or for the first time */
    bool is_whole;  /* those continue what the broker has: it will be as if nothing had happened.
                      Otherwise they begin a new epoch, with new numbers and digests */
};
/* Errors  ERR_NOT_FOUND (all is well), ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err outbox_rollback(struct outbox *outbox, struct outbox_rollback *out);

/* Take the broker as it is: what the outbox still has waits to be sent again. All or nothing.
 * Must not be called inside a transaction.
 * Errors  ERR_NOT_FOUND (all is well), ERR_FULL (no room for a second copy of what waits), ERR_CORRUPT,
 *         ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err outbox_accept_rollback(struct outbox *outbox);

/* The frame of the first waiting batch with a number > `after`, appended to `out`; *sequence is its
 * number. Before adoption it is provisional and not to be sent.
 * Errors  ERR_NOT_FOUND (none waits), ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err outbox_next(struct outbox *outbox, uint64_t after, struct buffer *out,
                                uint64_t *sequence);

/* Remove the batches up to `sequence` and keep the receipt; in a transaction of its own, which may be
 * put off until the next outbox_commit() (a lost removal only means a resend).
 * Errors  ERR_CONFLICT (no such batch was made), ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err outbox_acknowledge(struct outbox *outbox, uint64_t sequence,
                                       const unsigned char digest[DIGEST_BYTES], uint64_t record);

/* Write down now what was acknowledged since the last commit. Errors  ERR_IO, ERR_CORRUPT, ERR_NOMEM. */
MUST_CHECK enum err outbox_settle(struct outbox *outbox);

/* --- receipts --------------------------------------------------------------------------------- */

/* With every commit that removes acknowledged batches the receipt of the last of them is kept: through
 * the chain its digest stands for all before it. The newest OUTBOX_RECEIPTS_MAX stay (about 10 MB). */
enum { OUTBOX_RECEIPTS_MAX = 100000 };

struct outbox_receipt {
    uint64_t epoch, sequence, record;
    uint64_t noted_ms; /* when it was written down */
    unsigned char digest[DIGEST_BYTES];
};

/* Every receipt of the outbox in `directory`, oldest first, while another process may have it open: it
 * must not be this one. `stream` and `producer` are those the outbox was made for.
 * Errors  ERR_NOT_FOUND (no outbox there), ERR_CORRUPT, ERR_VERSION, ERR_PERMISSION, ERR_IO, ERR_NOMEM. */
typedef bool outbox_visit_receipt(void *context, const char *stream, const char *producer,
                                  const struct outbox_receipt *receipt);
MUST_CHECK enum err outbox_each_receipt(const char *directory, outbox_visit_receipt *visit,
                                        void *context);

#endif
