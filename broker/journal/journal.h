/* The journal: the durable log behind the broker, as the broker sees it.
 *
 *     journal_open()                        once; another process on the directory is refused
 *     loop: journal_append()…               into the open transaction, made on first use
 *           journal_commit()                one flush for all of it; only now may anyone be told
 *     journal_read(), journal_bounds() …    any thread, any time; a flush does not stall them
 *     journal_close()
 *
 * One thread appends, commits, aborts, saves positions and trims; any thread reads. A record's
 * number is promised only by a commit: after an abort or a failed commit the next record takes the
 * same number. A failed commit ends the transaction; after ERR_IO every later append answers ERR_IO
 * (a disk that lied once is not asked again). What is read was checked against its checksum.
 *
 * An engine is a table of functions (struct journal_engine); LMDB is the one that is always there.
 * tests/contract runs the same suite on every engine.
 */
#ifndef SONGHUA_JOURNAL_H
#define SONGHUA_JOURNAL_H

#include "proto/base/err.h"
#include "proto/wire/batch.h"
#include "proto/wire/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JOURNAL_ID_BYTES = 16, JOURNAL_MAX_STREAMS = 16, JOURNAL_MIN_BYTES = 16 * 1024 * 1024 };

struct journal;

struct journal_options {
    const char *directory;      /* must exist; the journal's files live in it */
    uint64_t max_bytes;         /* of the file, preallocated when it is created; grows with a larger
                                   value at a later open, never shrinks. 0: 1 GiB; less than
                                   JOURNAL_MIN_BYTES is taken as that */
    const char *const *streams; /* names, NULL-terminated; streams are only added between opens */
};

/* What is stored last of one producer in one stream. epoch 0: nothing yet. */
struct producer_state {
    uint64_t epoch, sequence;
    unsigned char digest[DIGEST_BYTES];
    uint64_t record; /* sequence of the record that holds its last batch */
    uint64_t stored_ms;
};

struct stream_bounds {
    uint64_t first, last; /* oldest kept and newest record; 0, n: empty after n records */
    uint64_t first_ms, last_ms;
    uint64_t events;     /* stored since the journal was created, pruned ones included */
    uint64_t bytes;      /* likewise, of records */
    uint64_t disk_bytes; /* what the records that are kept take on disk now */
};

struct journal_stats {
    uint64_t used_bytes, limit_bytes; /* ERR_FULL begins at the limit */
    uint64_t map_bytes;
    uint64_t prepared_bytes; /* of the map: see journal_prepare() */
    uint64_t readers, oldest_reader_ms;
    uint64_t commits, commit_us_total, commit_us_last;
};

/* Open, or create when the directory has no journal. Syncs before it returns, so that what a reader
 * or a repeated batch is told next is on disk even after a crash of the machine.
 * Errors  ERR_NOT_FOUND (directory), ERR_LOCKED (another broker has it), ERR_CORRUPT, ERR_VERSION
 *         (made by a program of another format), ERR_FULL (no room to create or to grow), ERR_CONFIG (a stream's
 *         name, or more than JOURNAL_MAX_STREAMS), ERR_PERMISSION, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_open(const struct journal_options *options, struct journal **out);
void journal_close(struct journal **journal); /* aborts an open transaction */

/* JOURNAL_ID_BYTES, random at creation. */
const unsigned char *journal_id(const struct journal *journal);

/* Check the batch against its producer's state and add it to the open transaction.
 * The caller has checked digest and permission. `frame` is the batch's bytes as they came.
 *   last+1 of the same epoch whose previous_digest is the stored digest  → stored, ERR_OK
 *   sequence 1 of a higher epoch whose previous_digest is the stored digest → stored, ERR_OK
 *   a number already stored, in the last epoch: ERR_OK with is_repeat when it is the last one and the
 *   digest agrees or when an earlier one is found with the same digest; else ERR_CONFLICT
 * `out` (not NULL) gets the record's number and the producer's state as it will be after the commit;
 * on ERR_GAP, ERR_FENCED, ERR_LINK, ERR_CONFLICT and ERR_MALFORMED it gets the state that stands.
 * Errors  ERR_GAP, ERR_FENCED (older epoch), ERR_LINK (previous_digest differs), ERR_CONFLICT,
 *         ERR_MALFORMED (an epoch more than 2^48 ahead),
 *         ERR_NOT_FOUND (stream), ERR_TOO_LARGE (frame), ERR_CORRUPT (what is stored of the producer
 *         is damaged), ERR_FULL, ERR_IO, ERR_NOMEM.
 * None of them ends the transaction, so that one producer's batch does not cost the others theirs.
 * ERR_FULL at the limit leaves it as it was. Where the store itself failed (ERR_IO, ERR_NOMEM, the map
 * or the disk truly full) every later call of the transaction answers the same until
 * journal_abort() or journal_commit(), which then stores nothing and answers the same. */
struct journal_receipt {
    uint64_t record;
    bool is_repeat;
    struct producer_state state;
};
MUST_CHECK enum err journal_append(struct journal *journal, const struct batch *batch,
                                   const void *frame, size_t frame_size, uint64_t now_ms,
                                   struct journal_receipt *out);

/* Save a consumer's position in the open transaction when the stored one equals `expected` (0: none).
 * Position 0 takes it away: the consumer then has none, and holds nothing back.
 * Goes on while journal_append() answers ERR_FULL at the limit, so that trims may follow readers.
 * Errors  ERR_CONFLICT (*out is what stands), ERR_NOT_FOUND (stream), ERR_CORRUPT, ERR_FULL, ERR_IO,
 *         ERR_NOMEM. */
struct position {
    uint64_t position, saved_ms;
};
MUST_CHECK enum err journal_save_position(struct journal *journal, const char *stream,
                                          const char *consumer, uint64_t expected,
                                          uint64_t position, uint64_t now_ms, struct position *out);

/* Make durable what the open transaction has appended, and leave it open: no reader sees it before
 * journal_commit(), but it may be acknowledged. A fraction of a commit's time for a few small batches; for
 * anything else *is_kept is false and nothing was done. From then on the batches are there for good, also
 * after journal_abort(). On an error what was appended since the last keep is not stored.
 * Errors  as of journal_commit(). */
MUST_CHECK enum err journal_keep(struct journal *journal, bool *is_kept);

/* Flush. Nothing to do is ERR_OK. On any error nothing of the transaction is stored but what was
 * kept, and it has ended.
 * Errors  ERR_FULL, ERR_NOMEM (retry later), ERR_IO (final). */
MUST_CHECK enum err journal_commit(struct journal *journal);
void journal_abort(struct journal *journal);

/* Call `visit` for the records of `stream` from number `from` on, in order, in one short read
 * transaction, until it returns false or the stream ends. `bytes` is the whole record and is valid
 * during the call only; `record` is it parsed. Records that were trimmed are passed over. *next is
 * the number after the last one that visit() was called with, or where the first would have been.
 * Errors  ERR_NOT_FOUND (stream), ERR_CORRUPT (*next is the damaged record), ERR_IO, ERR_NOMEM (also:
 *         too many reads at once), as all reading functions. */
typedef bool journal_visit(void *context, const struct record *record, const void *bytes,
                           size_t size);
MUST_CHECK enum err journal_read(struct journal *journal, const char *stream, uint64_t from,
                                 journal_visit *visit, void *context, uint64_t *next);

/* The first record stored at or after `ms`; last+1 when there is none.
 * Errors of both  ERR_NOT_FOUND (stream), ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_seek(struct journal *journal, const char *stream, uint64_t ms,
                                 uint64_t *out);
MUST_CHECK enum err journal_bounds(struct journal *journal, const char *stream,
                                   struct stream_bounds *out);

/* Committed state, any thread. A producer or consumer that is not known is all zero, ERR_OK.
 * Errors  ERR_NOT_FOUND (stream), ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_producer(struct journal *journal, const char *stream,
                                     const char *producer, struct producer_state *out);
MUST_CHECK enum err journal_position(struct journal *journal, const char *stream,
                                     const char *consumer, struct position *out);

/* Every producer, every position, in order of stream and name. The callback returns false to stop.
 * Errors  ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
typedef bool journal_visit_producer(void *context, const char *stream, const char *producer,
                                    const struct producer_state *state);
typedef bool journal_visit_position(void *context, const char *stream, const char *consumer,
                                    const struct position *position);
MUST_CHECK enum err journal_producers(struct journal *journal, journal_visit_producer *visit,
                                      void *context);
MUST_CHECK enum err journal_positions(struct journal *journal, journal_visit_position *visit,
                                      void *context);

/* Remove at most 100 of the oldest records below number `before`, in the open transaction; *removed
 * says how many. Producers' states stay. Works while the journal is full.
 * Errors  ERR_NOT_FOUND (stream), ERR_FULL, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_trim(struct journal *journal, const char *stream, uint64_t before,
                                 uint64_t *removed);

/* What the records from number `from` on take on disk: of max_records at most, and of no more than it takes
 * to come to max_bytes. *next is the number behind the last that was counted. The records are not read.
 * Errors  ERR_NOT_FOUND (stream), ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_weigh(struct journal *journal, const char *stream, uint64_t from,
                                  uint64_t max_records, uint64_t max_bytes, uint64_t *next,
                                  uint64_t *bytes);

/* Make a little more of the journal's room quick to write to, outside a transaction; *is_done when
 * nothing is left to do. For moments without work: a call takes some milliseconds of the disk.
 * Errors  ERR_IO, ERR_FULL. */
MUST_CHECK enum err journal_prepare(struct journal *journal, bool *is_done);

MUST_CHECK enum err journal_stats(struct journal *journal, struct journal_stats *out);

#endif
