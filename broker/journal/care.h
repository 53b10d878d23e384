/* Care of a journal's files from outside the broker: look, copy, put back, make smaller. LMDB's engine.
 *
 * A process of its own may have a journal open that a broker has open too: LMDB's lock file keeps the
 * two apart, and what a reader sees is not written over while it looks. Within one process a journal is
 * never open twice. A backup is a folder like a journal's own, with a data file no larger than what was
 * in use; see broker/backup.h for what stands beside it.
 */
#ifndef SONGHUA_JOURNAL_CARE_H
#define SONGHUA_JOURNAL_CARE_H

#include "broker/journal/journal.h"

/* STATE/journal, where a broker with --state STATE has it. Errors  ERR_LIMIT. */
enum { CARE_PATH_BYTES = 4096 };
MUST_CHECK enum err journal_folder(const char *state, char out[CARE_PATH_BYTES]);

/* Open the journal in `folder` to read: journal_read() and the other reading calls work, nothing else but
 * journal_close(). is_copy: nobody writes to it, and LMDB's lock file is not made.
 * A damaged file can end the process: look in a child of one's own.
 * Errors  ERR_NOT_FOUND, ERR_VERSION, ERR_CORRUPT, ERR_PERMISSION, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_look(const char *folder, bool is_copy, struct journal **out);

/* The streams that it has; the names are valid until journal_close(). Returns how many. */
size_t journal_stream_names(struct journal *journal, const char *names[JOURNAL_MAX_STREAMS]);

/* The format of the file in `folder`, and the one that this program writes.
 * Errors  ERR_NOT_FOUND, ERR_CORRUPT, ERR_PERMISSION, ERR_NOMEM. */
MUST_CHECK enum err journal_format(const char *folder, uint64_t *out);
uint64_t journal_format_written(void);
/* Whether a copy of that format can be looked at and restored. */
bool journal_reads_copy(uint64_t format);

/* Look at the file's structure in a child process: headers, rows, both ends of the streams, free pages; of
 * a copy every record too. A journal must not be written to meanwhile: hold its lock.
 * Errors  ERR_CORRUPT, ERR_VERSION, ERR_PERMISSION, ERR_NOMEM. */
MUST_CHECK enum err journal_examine(const char *folder, bool is_copy);

/* Keep brokers out of STATE. Errors  ERR_LOCKED, ERR_NOT_FOUND, ERR_PERMISSION, ERR_IO. */
MUST_CHECK enum err journal_lock(const char *state, int *out);
void journal_unlock(int lock);

/* After a power cut the journal's front may hold batches that were acknowledged and LMDB does not have yet
 * (lmdb_front.c). A broker stores them when it starts; this does so without one. Hold the lock, and have the
 * file examined.
 * Errors  ERR_NOT_FOUND, ERR_VERSION, ERR_CORRUPT, ERR_PERMISSION, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_settle(const char *state);

/* Who then looks at the journal of STATE, or copies it, finds all that was acknowledged until now: where no
 * broker has it, it is settled; where one has, this waits until it has committed what it has kept.
 * Errors  as above, ERR_TIMEOUT (it does not commit). */
MUST_CHECK enum err journal_catch_up(const char *state);

/* --- copies ----------------------------------------------------------------------------------- */

/* Called about every 64 KiB with what is copied so far and what it will come to; it may take its time.
 * False: stop. */
typedef bool journal_copying(void *context, uint64_t done, uint64_t total);

struct journal_copied {
    uint64_t bytes;
    unsigned char digest[DIGEST_BYTES]; /* BLAKE2b of the data file */
};

/* Copy the journal in `folder`, which may be written to meanwhile, as it is at one moment, into the
 * directory `to`, which is there. Flushed. The pages of that moment cannot be used again meanwhile: where
 * the writer would so run out of room, the copy is given up.
 * Errors  ERR_FULL (no room to write to, or see above), ERR_STOPPED (by the callback), ERR_NOT_FOUND,
 *         ERR_PERMISSION, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_copy(const char *folder, const char *to, journal_copying *copying,
                                 void *context, struct journal_copied *out);

/* The size and digest of the data file in a copy. Errors  ERR_NOT_FOUND, ERR_STOPPED, ERR_PERMISSION,
 * ERR_IO. */
MUST_CHECK enum err journal_measure_copy(const char *folder, journal_copying *copying,
                                         void *context, struct journal_copied *out);

/* Make a copy the journal of STATE, whose lock is held and which has none: whole or not at all, and of this
 * program's format. What is read must have that digest. The file is made as large as max_bytes, or as it
 * was (0).
 * Errors  ERR_EXISTS, ERR_DIFFERENT (the digest), ERR_FULL, ERR_STOPPED, ERR_NOT_FOUND, ERR_PERMISSION,
 *         ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_restore(const char *copy, const char *state, uint64_t max_bytes,
                                    const struct journal_copied *expected, journal_copying *copying,
                                    void *context);

/* --- smaller ---------------------------------------------------------------------------------- */

struct journal_sizes {
    uint64_t file_bytes; /* as set aside on disk */
    uint64_t used_bytes; /* up to the last page that was ever used */
};
MUST_CHECK enum err journal_measure(const char *folder, struct journal_sizes *out);

/* Write the journal of STATE, whose lock is held, without its free pages beside it (STATE/journal.compact),
 * into a file of max_bytes or of the size it has (0). It then is a journal of its own, not yet in use.
 * Errors  ERR_FULL, ERR_NOT_FOUND, ERR_PERMISSION, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_compact(const char *state, uint64_t max_bytes,
                                    char folder[CARE_PATH_BYTES]);
/* Put it in place, in one step, or remove it. Errors  ERR_PERMISSION, ERR_IO. */
MUST_CHECK enum err journal_compact_use(const char *state);
void journal_compact_drop(const char *state);

/* --- older formats ---------------------------------------------------------------------------- */

/* From format 2, in place, by one commit; what its front has is stored first. Hold the lock.
 * Errors  ERR_CORRUPT (nothing was changed), ERR_FULL, ERR_NOT_FOUND, ERR_PERMISSION, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_raise(const char *state);

/* From format 1: write the journal of STATE, whose lock is held, anew beside it (STATE/journal.upgrade). The callback is told of records.
 * Errors  ERR_FULL, ERR_STOPPED, ERR_CORRUPT, ERR_NOT_FOUND, ERR_PERMISSION, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err journal_upgrade(const char *state, journal_copying *copying, void *context,
                                    char folder[CARE_PATH_BYTES]);
/* Put it in place, in one step, or remove it. The old data file stays: STATE/journal.format-1.mdb.
 * Errors  ERR_EXISTS (another file has that name), ERR_PERMISSION, ERR_IO. */
MUST_CHECK enum err journal_upgrade_use(const char *state);
void journal_upgrade_drop(const char *state);

#endif
