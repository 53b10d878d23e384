/* What the files of the outbox share. Nobody else includes it.
 *
 *   outbox.c          open and close; transactions; what may still be added
 *   outbox_file.c     the files: a new one that is whole or absent, a look before they are trusted
 *   outbox_rows.c     rows with checks; LMDB's codes as ours
 *   outbox_batches.c  batches in, to the publisher, and out when they are acknowledged
 *   outbox_state.c    the caller's own keys and values
 *   outbox_adopt.c    the broker's Welcome
 *   outbox_rollback.c a broker that has lost what it acknowledged
 *   outbox_receipts.c what was acknowledged, kept
 *
 * On disk, in DIRECTORY: outbox.mdb (LMDB, one file), outbox.mdb-lock (LMDB's), outbox.lock (ours).
 * Numbers in values are u64, little-endian; `|` joins, NUL is one zero byte. Each value is
 *
 *     check u64 | bytes        check: XXH3-64 of the bytes, seeded by table and key
 *
 *   table    key                       bytes
 *   meta     version                   OUTBOX_VERSION
 *            owner                     STREAM NUL PRODUCER
 *            chain                     epoch | next_sequence | acknowledged | receipt_record | head |
 *                                      base | receipt_digest, 32 bytes each | broker_id, 32 bytes
 *            rollback                  epoch | sequence | record | noticed_ms | digest, 32 bytes |
 *                                      broker_id, 32 bytes: of the Welcome that had too little; while
 *                                      no operator has decided
 *   batches  sequence, big-endian      the frame (proto/wire/batch.h)
 *   receipts epoch, sequence, both     record | noted_ms | digest, 32 bytes; the table is made when it
 *            big-endian                is missing
 *   state    the caller's              the caller's
 *
 * A batch of an outbox that is not adopted yet has epoch 1 and zeros for digest and signature: it is
 * not to be sent. Functions that return int return LMDB's own code.
 */
#ifndef SONGHUA_CLIENT_OUTBOX_INTERNAL_H
#define SONGHUA_CLIENT_OUTBOX_INTERNAL_H

#include "proto/base/buffer.h"
#include "proto/client/outbox.h"
#include "proto/client/packer.h"

#include <limits.h>
#include <lmdb.h>

enum {
    OUTBOX_VERSION = 1,
    OUTBOX_KEY_MAX_BYTES = 500,
    OUTBOX_VALUE_MAX_BYTES = 16 * 1024 * 1024,
    OUTBOX_MIN_BYTES = 8 * 1024 * 1024, /* the largest batch fits into an empty outbox */
    OUTBOX_REMOVE_MAX = 256,            /* acknowledged batches in one transaction */
    CHECK_BYTES = 8,
    BROKER_ID_BYTES = 32
};

#define OUTBOX_FILE     "outbox.mdb"
#define OUTBOX_FILE_NEW "outbox.new"
#define OUTBOX_LOCK     "outbox.lock"

#define META_VERSION    "version"
#define META_OWNER      "owner"
#define META_CHAIN      "chain"
#define META_ROLLBACK   "rollback"

/* The producer's chain, as this outbox knows it. */
struct chain {
    uint64_t epoch, next_sequence, acknowledged;
    uint64_t receipt_record;
    unsigned char head[DIGEST_BYTES]; /* digest of the last batch made, or `base` */
    unsigned char base[DIGEST_BYTES]; /* what the first batch of the epoch continues */
    unsigned char
        receipt_digest[DIGEST_BYTES]; /* all zero: nothing was acknowledged in this epoch */
    char broker_id[BROKER_ID_BYTES + 1];
};

enum {
    CHAIN_ROW_BYTES = 4 * 8 + 3 * DIGEST_BYTES + BROKER_ID_BYTES,
    RECEIPT_KEY_BYTES = 2 * 8,
    RECEIPT_ROW_BYTES = 2 * 8 + DIGEST_BYTES
};

/* The Welcome of a broker that has too little. noticed_ms 0: there is none. */
struct rollback_mark {
    uint64_t epoch, sequence, record, noticed_ms;
    unsigned char digest[DIGEST_BYTES]; /* zeros when epoch is 0 */
    char broker_id[BROKER_ID_BYTES + 1];
};

struct waiting {
    uint64_t batches, events;
    uint64_t oldest_ms;
    size_t largest_bytes; /* of one payload */
};

struct outbox_table {
    MDB_dbi dbi;
    uint64_t seed; /* of its rows' checks */
};

struct outbox_tables {
    struct outbox_table meta, batches, state, receipts;
};

struct outbox {
    char directory[PATH_MAX];
    char stream[NAME_MAX_BYTES + 1], producer[NAME_MAX_BYTES + 1];
    const struct signing_key *signing_key;
    int lock; /* -1: not held */
    MDB_env *env;
    struct outbox_tables tables;
    uint64_t map_bytes;

    MDB_txn *txn;         /* the open transaction; NULL: none */
    MDB_txn *reader;      /* kept and renewed; NULL: never used */
    unsigned views;       /* of it, in use */
    enum err spoilt;      /* not ERR_OK: the transaction can only be aborted, for this reason */
    enum err final_error; /* the disk failed; never cleared */
    bool was_full;        /* make room before the next transaction */
    uint64_t used_bytes;  /* of the map, an estimate while the transaction grows */
    size_t largest_bytes; /* the largest payload met since the outbox was opened */
    struct buffer frame;  /* where batches are made */
    struct buffer packed; /* and where their payloads are compressed */
    struct packer packer;

    struct chain chain, kept;         /* as the transaction leaves it; as it is committed */
    struct waiting waiting, appended; /* committed and not acknowledged; by the transaction */
    uint64_t removed;                 /* batches up to this number are gone from the file */
    uint64_t keep_batches;            /* acknowledged ones that stay */
    bool is_crowded;                  /* then none of them does */
    uint64_t noted;                   /* acknowledged: as the last receipt in the file says */
    struct rollback_mark rollback;
};

static inline MDB_val outbox_val(const void *bytes, size_t size)
{
    return (MDB_val){.mv_size = size, .mv_data = (void *)(uintptr_t)bytes};
}

/* --- outbox_rows.c ---------------------------------------------------------------------------- */

/* LMDB's or the system's code as ours, for everything but writing (outbox_write_failed()). */
enum err outbox_error(int code);

int outbox_tables_open(MDB_txn *txn, bool is_new, struct outbox_tables *out);
/* The table of receipts; MDB_NOTFOUND in a read transaction on a file that has none yet. */
int outbox_receipts_open(MDB_txn *txn, bool may_make, struct outbox_tables *out);
int outbox_row_put(MDB_txn *txn, struct outbox_table table, MDB_val key, MDB_val bytes);
/* *out points into the file and is valid until the transaction ends. MDB_CORRUPTED: wrong check. */
int outbox_row_get(MDB_txn *txn, struct outbox_table table, MDB_val key, MDB_val *out);
/* Check what a cursor found; *value becomes the bytes alone. */
int outbox_row_check(struct outbox_table table, MDB_val key, MDB_val *value);

int chain_get(MDB_txn *txn, const struct outbox_tables *tables, struct chain *out);
int chain_put(MDB_txn *txn, const struct outbox_tables *tables, const struct chain *chain);

/* --- outbox_file.c ---------------------------------------------------------------------------- */

/* Open the environment, made first when there is none. The lock is held by the caller.
 * Errors  as outbox_open(). */
MUST_CHECK enum err outbox_file_open(struct outbox *outbox);

/* --- outbox.c --------------------------------------------------------------------------------- */

/* The code of a failed write as ours. Spoils the open transaction; latches what is final. */
enum err outbox_write_failed(struct outbox *outbox, int code);
/* Whether so much may be added, and that it will be. Errors  ERR_FULL. */
MUST_CHECK enum err outbox_take_room(struct outbox *outbox, size_t size);
/* What is kept free, so that batches can be removed and signed anew in a full outbox. */
uint64_t outbox_reserve_bytes(const struct outbox *outbox);
/* ERR_OK when a transaction is open and sound. */
MUST_CHECK enum err outbox_check_open(const struct outbox *outbox);
/* The open transaction, else a read transaction, to be given back. Errors  ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err outbox_view(struct outbox *outbox, bool is_committed, MDB_txn **out);
void outbox_view_end(struct outbox *outbox, MDB_txn *txn);

/* --- outbox_batches.c ------------------------------------------------------------------------- */

/* Give the batch its epoch, number, place in the chain, digest and signature by outbox->chain, write it,
 * and move the chain on. Errors  ERR_FULL, ERR_IO, ERR_NOMEM, ERR_LIMIT. */
MUST_CHECK enum err outbox_store(struct outbox *outbox, struct batch *batch);
/* Write the batch as it is, in place of one with its number. Errors  as outbox_store(). */
MUST_CHECK enum err outbox_put_batch(struct outbox *outbox, const struct batch *batch);
/* The batch with number `sequence`; its payload is valid until `txn` ends or writes.
 * Errors  ERR_NOT_FOUND, ERR_CORRUPT, ERR_IO. */
MUST_CHECK enum err outbox_read_batch(struct outbox *outbox, MDB_txn *txn, uint64_t sequence,
                                      struct batch *out);
/* The same of one that must be there, to be written anew: its payload is copied to `payload`. By the open
 * write transaction. Errors  ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err outbox_take_out(struct outbox *outbox, uint64_t sequence,
                                    struct buffer *payload, struct batch *out);
/* Delete acknowledged batches that are not to be kept, at most OUTBOX_REMOVE_MAX; *upto is the last that
 * is gone. */
int outbox_remove_some(struct outbox *outbox, MDB_txn *txn, uint64_t *upto);
/* Count anew what waits, and what is acknowledged and not yet removed.
 * Errors  ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err outbox_count(struct outbox *outbox);
/* Take everything up to `sequence` as acknowledged, in memory. Errors  as outbox_count(). */
MUST_CHECK enum err outbox_release(struct outbox *outbox, uint64_t sequence,
                                   const unsigned char digest[DIGEST_BYTES], uint64_t record);
/* Remove what is acknowledged and not to be kept from the file, in transactions of its own. */
MUST_CHECK enum err outbox_purge(struct outbox *outbox);

/* --- outbox_sign.c ---------------------------------------------------------------------------- */

/* Sign what waits anew if its first batch is signed by another key than the outbox's: that was replaced, and
 * the broker takes no session that begins with it. Errors  ERR_FULL, ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err outbox_sign_anew(struct outbox *outbox);

/* --- outbox_receipts.c ------------------------------------------------------------------------ */

/* The receipt of the chain's last acknowledgement into the transaction, unless it is there. */
int outbox_note_receipt(struct outbox *outbox, MDB_txn *txn);

/* --- outbox_rollback.c ------------------------------------------------------------------------ */

/* Read the mark when the outbox is opened. */
int outbox_rollback_read(struct outbox *outbox, MDB_txn *txn);
/* Keep the Welcome as a mark, or drop the mark. What cannot be written now is kept in memory. */
void outbox_rollback_mark(struct outbox *outbox, const struct outbox_welcome *welcome);
void outbox_rollback_unmark(struct outbox *outbox);

#endif
