/* What the files of the LMDB engine share. Nobody else includes it.
 *
 *   lmdb_open.c      the engine's table; open, lock, grow, close
 *   lmdb_create.c    a new journal that is whole or absent, whenever the power fails
 *   lmdb_examine.c   a look at the files in a child process, before they are trusted
 *   lmdb_headers.c   a part of that: LMDB's two headers, against each other and what they lead to
 *   lmdb_rows.c      rows with checks; LMDB's codes as ours
 *   lmdb_write.c     the write transaction: begin, room, failure, commit, abort
 *   lmdb_front.c     its last batches, beside LMDB: one flush for a small commit
 *   lmdb_append.c    batches into it
 *   lmdb_trim.c      old records out of it
 *   lmdb_state.c     producers and positions
 *   lmdb_readers.c   read transactions, kept and used again
 *   lmdb_read.c      records, seek, bounds
 *   lmdb_look.c      a journal opened from outside its broker, to read
 *   lmdb_settle.c    what its front alone has, stored from outside its broker; from format 2 to this
 *   lmdb_copy.c      a copy of it, while it is written to
 *   lmdb_replace.c   a copy put in its place; one without free pages
 *   lmdb_upgrade.c   from format 1 to this
 *
 * Functions that return int return LMDB's own code.
 */
#ifndef SONGHUA_JOURNAL_LMDB_INTERNAL_H
#define SONGHUA_JOURNAL_LMDB_INTERNAL_H

#include "broker/journal/engine.h"
#include "broker/journal/keys.h"
#include "broker/journal/touched.h"

#include <limits.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    LMDB_READERS = 64,                     /* at once, in this process */
    LMDB_MAX_READERS = 2 * LMDB_READERS,   /* with tools that look at the files from outside */
    LMDB_MAX_TABLES = JOURNAL_MAX_STREAMS, /* besides the main one */
    LMDB_TRIM_MAX = 100,                   /* records in one transaction */
    LMDB_LOOK_BACK_MAX = 65536,            /* batches of one producer */
    LMDB_FRONT_STEP = 512,                 /* a sector: a piece of the front begins with one */
    LMDB_FRONT_BYTES = 64 * 1024           /* behind the map: whole pages on every machine */
};

/* The journal is a directory in options->directory, made under another name and renamed. */
#define LMDB_FOLDER            "journal"
#define LMDB_FOLDER_NEW        "journal.new"
#define LMDB_DATA_FILE         "data.mdb"
#define LMDB_TABLE_OF_FORMAT_1 "meta"
#define LMDB_LOCK_FILE         "journal.lock" /* ours; LMDB has its own in the folder */

struct lmdb_stream {
    char name[NAME_MAX_BYTES + 1];
    MDB_dbi table;
    uint64_t seed; /* of its entries' checks */
    struct key totals_key;
    struct totals totals;      /* as the open transaction leaves them */
    struct totals kept_totals; /* as they are committed */
};

struct lmdb_reader {
    MDB_txn *txn; /* NULL: never used */
    uint64_t since_us;
    bool is_busy;
};

/* The batches of the open transaction, as they may be kept beside it (lmdb_front.c). */
struct lmdb_front {
    unsigned char bytes[LMDB_FRONT_BYTES];
    size_t size, kept; /* added; of that in the file, flushed and acknowledged */
    size_t owed;       /* what was kept by a transaction that has failed; nothing was added since */
    size_t step;       /* LMDB_FRONT_STEP; in format 2 pieces stood side by side: 1 */
    uint64_t seed;     /* of the next piece's check */
    bool is_closed;    /* nothing more is added: it is full, or being read */
    bool is_too_little; /* the transaction changes more than its batches tell */
};

struct lmdb_journal {
    struct journal base;
    int lock; /* descriptor of LMDB_LOCK_FILE, -1: not held */
    MDB_env *env;
    uint64_t map_bytes; /* LMDB's part of the file */
    unsigned char id[JOURNAL_ID_BYTES];
    MDB_dbi rows; /* the main table */
    struct lmdb_stream streams[JOURNAL_MAX_STREAMS];
    size_t stream_count;

    /* of the thread that writes */
    MDB_txn *txn;         /* NULL: none is open */
    bool is_dirty;        /* it changes something */
    enum err spoilt;      /* not ERR_OK: it can only be aborted, for this reason */
    enum err final_error; /* ERR_IO once the disk has failed; never cleared */
    uint64_t used_bytes;  /* of the map, an estimate while the transaction grows */
    uint64_t stale_readers_us;
    _Atomic uint64_t prepared_bytes; /* from the file's start; 0: not looked at yet */
    struct touched touched;
    struct lmdb_front front;

    _Atomic uint64_t commits, commit_us_total, commit_us_last;

    pthread_mutex_t readers_mutex; /* guards is_busy and since_us */
    struct lmdb_reader readers[LMDB_READERS];
};

static inline struct lmdb_journal *lmdb_of(struct journal *journal)
{
    return (struct lmdb_journal *)journal;
}

static inline MDB_val lmdb_val(const void *bytes, size_t size)
{
    return (MDB_val){.mv_size = size, .mv_data = (void *)(uintptr_t)bytes};
}

/* NULL: no such stream. */
struct lmdb_stream *lmdb_stream(struct lmdb_journal *journal, const char *name);

/* --- lmdb_rows.c ---------------------------------------------------------------------------- */

/* LMDB's or the system's code as ours, for everything but writing (lmdb_write_failed()). */
enum err lmdb_error(int code);

/* Also MDB_NOTFOUND, and MDB_CORRUPTED for a row of another size or with a wrong check. */
int lmdb_row_get(MDB_txn *txn, MDB_dbi rows, const struct key *key, unsigned char *row,
                 size_t size);
int lmdb_row_put(MDB_txn *txn, MDB_dbi rows, const struct key *key, unsigned char *row,
                 size_t size);                   /* seals the row */
int lmdb_put_commit(MDB_txn *txn, MDB_dbi rows); /* the row `commit` */
int lmdb_put_version(MDB_txn *txn, MDB_dbi rows);
/* What the row is; ROW_UNKNOWN also when its check is wrong. LMDB's own rows have none. */
enum row_kind lmdb_row_kind(const MDB_val *key, const MDB_val *value);
int lmdb_table_pages(MDB_txn *txn, MDB_dbi table, uint64_t *pages); /* adds to *pages */

/* --- lmdb_create.c, lmdb_examine.c, lmdb_headers.c ------------------------------------------- */

uint64_t lmdb_map_bytes(uint64_t max_bytes); /* what is asked for, as whole pages within limits */

/* The room of the file on disk, so that no commit meets a full file system. ERR_FULL, ERR_IO. */
MUST_CHECK enum err lmdb_preallocate(MDB_env *env, uint64_t file_bytes);
MUST_CHECK enum err lmdb_create(const char *directory, uint64_t file_bytes);

/* Call before the files are opened in this process. is_thorough: every record is looked at.
 * Errors  ERR_CORRUPT, ERR_VERSION, ERR_PERMISSION, ERR_NOMEM. */
MUST_CHECK enum err lmdb_examine(const char *folder, bool is_thorough);
/* The same of a journal of format 2, thoroughly. */
MUST_CHECK enum err lmdb_examine_older(const char *folder);
MUST_CHECK enum err lmdb_check_headers(const char *path, size_t page_size);
/* mdb_txn_commit() that leaves the headers sound when it fails. */
int lmdb_txn_commit(MDB_env *env, MDB_txn *txn);

/* What a creation that did not end has left. */
void lmdb_remove_files(const char *folder);
/* The same of a copy, which is no larger than what is in use. */
MUST_CHECK enum err lmdb_examine_copy(const char *folder);

/* --- lmdb_open.c ---------------------------------------------------------------------------- */

struct lmdb_journal *lmdb_new(void); /* NULL: no memory */
void lmdb_release(struct lmdb_journal *journal);
/* Open the files, which were examined, and commit what the front alone has. map_bytes: LMDB's part where
 * that is more than its headers say. */
MUST_CHECK enum err lmdb_open_settled(struct lmdb_journal *journal, const char *folder,
                                      uint64_t map_bytes);
/* How long data.mdb is. */
MUST_CHECK enum err lmdb_file_bytes(const char *folder, uint64_t *out);
/* The handles of the tables, by the transaction that is open. */
int lmdb_open_main_table(struct lmdb_journal *journal);

/* --- lmdb_write.c --------------------------------------------------------------------------- */

/* The code of a failed write as ours. Spoils the open transaction; latches what is final. */
enum err lmdb_write_failed(struct lmdb_journal *journal, int code);

MUST_CHECK enum err lmdb_begin(struct lmdb_journal *journal); /* unless one is open */
void lmdb_changed(struct lmdb_journal *journal);              /* by more than a batch */

/* May so much be added? Records stop at the limit; the reserve behind it is for positions and trims. */
enum lmdb_room { LMDB_ROOM_RECORD, LMDB_ROOM_POSITION };
MUST_CHECK enum err lmdb_take_room(struct lmdb_journal *journal, enum lmdb_room kind, size_t size);
uint64_t lmdb_limit_bytes(uint64_t map_bytes, enum lmdb_room kind);
int lmdb_used_bytes(struct lmdb_journal *journal, MDB_txn *txn, uint64_t *out);

MUST_CHECK enum err lmdb_write_producers(struct lmdb_journal *journal); /* and forget them */
enum err lmdb_commit(struct journal *journal);
void lmdb_abort(struct journal *journal);

/* --- lmdb_front.c --------------------------------------------------------------------------- */

void lmdb_front_clear(struct lmdb_journal *journal); /* before a transaction's first batch */
void lmdb_front_add(struct lmdb_journal *journal, const void *record, size_t size);
enum err lmdb_keep(struct journal *journal, bool *is_kept);
/* Commit what the file's front has and LMDB has not, once the tables are open and before anything else is.
 * Errors  ERR_CORRUPT (it does not fit), and those of a commit. */
MUST_CHECK enum err lmdb_front_apply(struct lmdb_journal *journal);
MUST_CHECK enum err lmdb_front_repay(struct lmdb_journal *journal); /* the same of what is owed */
/* The number of the transaction that its first piece is of; 0: it has none.
 * Errors  ERR_CORRUPT (the file ends before it), ERR_IO. */
MUST_CHECK enum err lmdb_front_number(struct lmdb_journal *journal, uint64_t *out);
/* Write an empty one, or only where none is. */
MUST_CHECK enum err lmdb_front_make(struct lmdb_journal *journal);
MUST_CHECK enum err lmdb_front_open(struct lmdb_journal *journal);

/* --- lmdb_prepare.c ------------------------------------------------------------------------- */

enum err lmdb_prepare(struct journal *journal, bool *is_done);

/* --- lmdb_look.c ---------------------------------------------------------------------------- */

/* What root makes belongs to whom `like` belongs, or the broker could not open it. */
void lmdb_keep_owner(const char *like, const char *path);
void lmdb_keep_lock_owner(const char *folder); /* of LMDB's lock file */

/* --- lmdb_settle.c -------------------------------------------------------------------------- */

/* A journal of format 2, which was examined, becomes one of this format. */
MUST_CHECK enum err lmdb_raise(const char *folder);

/* --- lmdb_copy.c ---------------------------------------------------------------------------- */

/* Read a copy's data file to its end; what is read goes to `to` too, unless that is -1. */
struct journal_copied;
enum err lmdb_pass_copy(const char *folder, int to,
                        bool (*copying)(void *context, uint64_t done, uint64_t total),
                        void *context, struct journal_copied *out);

/* --- lmdb_replace.c ------------------------------------------------------------------------- */

/* STATE/NAME; `out` has CARE_PATH_BYTES. Errors  ERR_LIMIT. */
MUST_CHECK enum err lmdb_path_in(const char *state, const char *name, char *out);
/* A new file is as long as its map and the front, and on disk. */
MUST_CHECK enum err lmdb_finish_file(MDB_env *env, const char *folder);
/* Make the file the journal's data: one rename. LMDB's lock file goes first: it belongs to the file that
 * was, and a reader that still has both goes on with both. */
MUST_CHECK enum err lmdb_use_data(const char *state, const char *path);

/* --- lmdb_readers.c ------------------------------------------------------------------------- */

/* A read transaction on what is committed now. End it soon: what it sees cannot be reused.
 * Errors  ERR_NOMEM (also: LMDB_READERS are in use), ERR_IO. */
MUST_CHECK enum err lmdb_read_begin(struct lmdb_journal *journal, struct lmdb_reader **out);
void lmdb_read_end(struct lmdb_journal *journal, struct lmdb_reader *reader);
void lmdb_readers_free(struct lmdb_journal *journal);
void lmdb_readers_count(struct lmdb_journal *journal, struct journal_stats *out);

/* --- the engine's functions, as in journal.h ------------------------------------------------- */

enum err lmdb_append(struct journal *base, const struct batch *batch, const void *frame,
                     size_t frame_size, uint64_t now_ms, struct journal_receipt *out);
enum err lmdb_trim(struct journal *base, const char *stream, uint64_t before, uint64_t *removed);
enum err lmdb_weigh(struct journal *base, const char *stream, uint64_t from, uint64_t max_records,
                    uint64_t max_bytes, uint64_t *next, uint64_t *bytes);
enum err lmdb_save_position(struct journal *base, const char *stream, const char *consumer,
                            uint64_t expected, uint64_t position, uint64_t now_ms,
                            struct position *out);
enum err lmdb_producer(struct journal *base, const char *stream, const char *producer,
                       struct producer_state *out);
enum err lmdb_position(struct journal *base, const char *stream, const char *consumer,
                       struct position *out);
enum err lmdb_producers(struct journal *base, journal_visit_producer *visit, void *context);
enum err lmdb_positions(struct journal *base, journal_visit_position *visit, void *context);
enum err lmdb_read(struct journal *base, const char *stream, uint64_t from, journal_visit *visit,
                   void *context, uint64_t *next);
enum err lmdb_seek(struct journal *base, const char *stream, uint64_t ms, uint64_t *out);
enum err lmdb_bounds(struct journal *base, const char *stream, struct stream_bounds *out);

#endif
