#include "broker/journal/lmdb_internal.h"
#include "proto/base/mutant.h"

#include <errno.h>
#include <unistd.h>

/* A commit of LMDB changes at least four pages and flushes twice: the pages, then the header that leads to
 * them. For a batch that comes alone that is most of what its producer waits for. So small turns are
 * written, as the batches that they are, to the front, a place of the file behind LMDB's map:
 *
 *   | LMDB's map: headers, pages … | slot of even transactions | slot of odd ones |
 *
 *   slot      pieces, until one is not whole
 *   piece     check | number of the transaction | size of what follows | records, each behind its size
 *   check     XXH3-64 over the rest of the piece; its seed is the check of the piece before, of the first
 *             the journal's id
 *
 * lmdb_keep() adds a piece and flushes it: its batches are durable, and the transaction stays open. When
 * it is committed all of it is in its slot, and the header need not be flushed until the next flush, of
 * whatever. After a power cut LMDB may be one transaction behind what was acknowledged. Then the slot of
 * the next number has it, and it is done again: same batches, same order, same times, so the same records.
 * One slot is enough for that and there are two, because the flush that makes a header durable is one of
 * the transaction after, whose slot may reach the disk earlier than that header does.
 *
 * Only batches go this way, and only few: writing twice costs more than a flush otherwise. A transaction
 * that changes anything else flushes its header too (is_outgrown).
 *
 * While a header is late, the older of the two on the disk belongs to the transaction before the last
 * two, and LMDB writes over pages that neither of these uses. So that it can still be followed
 * (lmdb_headers.c), a read transaction that began before the late one holds what it needs (pins). */

enum { PIECE_HEADER_BYTES = 24, SIZE_BYTES = 8 };

static uint64_t first_seed(const struct lmdb_journal *journal)
{
    return XXH3_64bits(journal->id, JOURNAL_ID_BYTES);
}

static uint64_t check_of(const unsigned char *piece, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(piece + CHECK_BYTES, size - CHECK_BYTES, seed);
}

static int write_at(const struct lmdb_journal *journal, uint64_t number, size_t from, size_t to)
{
    int fd, code = mdb_env_get_fd(journal->env, &fd);
    off_t place = (off_t)(journal->map_bytes + number % 2 * LMDB_SLOT_BYTES + from);
    if (code)
        return code;
    ssize_t done = pwrite(fd, journal->front.slot + from, to - from, place);
    return done == (ssize_t)(to - from) ? 0 : done < 0 ? errno : EIO;
}

static int flush_file(const struct lmdb_journal *journal)
{
    int fd, code = mdb_env_get_fd(journal->env, &fd);
    return code ? code : fdatasync(fd) ? errno : 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

void lmdb_front_clear(struct lmdb_journal *journal)
{
    journal->front.size = journal->front.written = journal->front.kept = 0;
    journal->front.is_outgrown = false;
    journal->front.seed = first_seed(journal);
}

void lmdb_front_add(struct lmdb_journal *journal, const void *record, size_t size)
{
    struct lmdb_front *front = &journal->front;
    size_t header = front->size == front->written ? PIECE_HEADER_BYTES : 0;
    if (header + SIZE_BYTES + size > sizeof front->slot - front->size)
        front->is_outgrown = true;
    if (front->is_outgrown)
        return;
    front->size += header;
    bytes_put_le64(front->slot + front->size, size);
    memcpy(front->slot + front->size + SIZE_BYTES, record, size);
    front->size += SIZE_BYTES + size;
}

/* What was added since the last, as a piece. */
static int write_piece(struct lmdb_journal *journal, uint64_t number)
{
    struct lmdb_front *front = &journal->front;
    unsigned char *piece = front->slot + front->written;
    size_t size = front->size - front->written;
    if (!size)
        return 0;
    bytes_put_le64(piece + 8, number);
    bytes_put_le64(piece + 16, size - PIECE_HEADER_BYTES);
    bytes_put_le64(piece, check_of(piece, size, front->seed));
    int code =
        is_mutant(MUTANT_NO_FRONT) ? 0 : write_at(journal, number, front->written, front->size);
    if (code)
        return code;
    front->written = front->size;
    front->seed = bytes_get_le64(piece);
    return 0;
}

/* What was written and not kept, of a transaction that LMDB did not take for this reason. If that fails
 * too, the next start will find it, and nobody may be told that it was refused: the journal ends. */
static int void_piece(struct lmdb_journal *journal, uint64_t number, int reason)
{
    size_t from = journal->front.kept;
    if (from == journal->front.written)
        return reason;
    memset(journal->front.slot + from, 0, PIECE_HEADER_BYTES);
    return write_at(journal, number, from, from + PIECE_HEADER_BYTES) ? ENOTRECOVERABLE : reason;
}

static int keep_piece(struct lmdb_journal *journal, uint64_t number)
{
    int code = write_piece(journal, number);
    if (!code)
        code = flush_file(journal);
    if (code)
        return void_piece(journal, number, code);
    journal->front.kept = journal->front.written;
    return 0;
}

enum err lmdb_keep(struct journal *base, bool *is_kept)
{
    struct lmdb_journal *journal = lmdb_of(base);
    struct lmdb_front *front = &journal->front;
    enum err err = journal->final_error ? journal->final_error : journal->spoilt;
    *is_kept = false;
    if (!err && (!journal->is_dirty || front->is_outgrown))
        return ERR_OK;
    if (!err)
        err = lmdb_write_failed(journal, keep_piece(journal, mdb_txn_id(journal->txn)));
    if (err)
        lmdb_abort(base);
    *is_kept = !err;
    return err;
}

/* On the commit before this one, until the one after it. */
static int pin(struct lmdb_journal *journal, uint64_t number)
{
    return is_mutant(MUTANT_NO_PIN) ? 0 : mdb_txn_renew(journal->front.pins[number % 2]);
}

static void unpin(struct lmdb_journal *journal, uint64_t number)
{
    mdb_txn_reset(journal->front.pins[number % 2]);
}

int lmdb_front_commit(struct lmdb_journal *journal)
{
    struct lmdb_front *front = &journal->front;
    uint64_t number = mdb_txn_id(journal->txn);
    bool is_small = !front->is_outgrown && front->size;
    bool is_header_late = is_small || is_mutant(MUTANT_NO_META_SYNC);
    int code = is_small ? write_piece(journal, number) : 0;
    if (!code && is_header_late)
        code = pin(journal, number);
    if (!code)
        code = mdb_env_set_flags(journal->env, MDB_NOMETASYNC, is_header_late);
    if (code)
        mdb_txn_abort(journal->txn);
    else
        code = lmdb_txn_commit(journal->env, journal->txn);
    journal->txn = NULL; /* it is gone whatever the code */
    if (code)
        code = void_piece(journal, number, code);
    else
        front->kept = 0; /* LMDB has it */
    unpin(journal, code ? number : number - 1);
    return code;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* The size of the whole piece at `from`, 0: none. */
static size_t find_piece(const struct lmdb_front *front, size_t from, uint64_t seed)
{
    const unsigned char *piece = front->slot + from;
    if (sizeof front->slot - from < PIECE_HEADER_BYTES)
        return 0;
    uint64_t size = bytes_get_le64(piece + 16);
    if (size > sizeof front->slot - from - PIECE_HEADER_BYTES)
        return 0;
    size += PIECE_HEADER_BYTES;
    return bytes_get_le64(piece) == check_of(piece, size, seed) ? size : 0;
}

/* Whether the slot's first piece is whole; `number` is its transaction's. */
static bool read_slot(struct lmdb_journal *journal, uint64_t slot, uint64_t *number)
{
    struct lmdb_front *front = &journal->front;
    int fd;
    off_t place = (off_t)(journal->map_bytes + slot % 2 * LMDB_SLOT_BYTES);
    if (mdb_env_get_fd(journal->env, &fd) ||
        pread(fd, front->slot, sizeof front->slot, place) != (ssize_t)sizeof front->slot)
        return false;
    *number = bytes_get_le64(front->slot + 8);
    return find_piece(front, 0, first_seed(journal)) != 0;
}

static enum err append_again(struct lmdb_journal *journal, const unsigned char *bytes, size_t size)
{
    struct record record;
    struct batch batch;
    struct journal_receipt receipt;
    if (record_parse(bytes, size, &record) || batch_parse(record.frame, record.frame_size, &batch))
        return ERR_CORRUPT;
    enum err err = lmdb_append(&journal->base, &batch, record.frame, record.frame_size,
                               record.stored_ms, &receipt);
    if (!err && (receipt.is_repeat || receipt.record != record.sequence))
        err = ERR_CORRUPT;
    return err;
}

static enum err append_piece(struct lmdb_journal *journal, const unsigned char *piece, size_t size)
{
    const unsigned char *end = piece + size, *at = piece + PIECE_HEADER_BYTES;
    enum err err = ERR_OK;
    while (!err && end - at >= SIZE_BYTES) {
        uint64_t record_size = bytes_get_le64(at);
        at += SIZE_BYTES;
        if (record_size > (uint64_t)(end - at))
            return ERR_CORRUPT;
        err = append_again(journal, at, record_size);
        at += record_size;
    }
    return err;
}

static enum err commit_again(struct lmdb_journal *journal, uint64_t number)
{
    struct lmdb_front *front = &journal->front;
    uint64_t seed = first_seed(journal);
    size_t from = 0, size;
    enum err err = ERR_OK;
    front->is_outgrown = true; /* so the slot is not added to while it is read */
    while (!err && (size = find_piece(front, from, seed)) &&
           bytes_get_le64(front->slot + from + 8) == number) {
        seed = bytes_get_le64(front->slot + from);
        err = append_piece(journal, front->slot + from, size);
        from += size;
    }
    return err ? err : lmdb_commit(&journal->base);
}

enum err lmdb_front_apply(struct lmdb_journal *journal)
{
    MDB_envinfo info;
    uint64_t number;
    enum err err = ERR_OK;
    for (int i = 0; i < 2 && !err; i++) {
        err = lmdb_error(mdb_env_info(journal->env, &info));
        if (err || !read_slot(journal, info.me_last_txnid + 1, &number) ||
            number != info.me_last_txnid + 1)
            break;
        err = commit_again(journal, number);
    }
    if (err)
        lmdb_abort(&journal->base);
    lmdb_front_clear(journal);
    return err;
}

/* All of it is written, so that no later write is the first of its place. */
static int make_slot(struct lmdb_journal *journal, uint64_t slot)
{
    struct lmdb_front *front = &journal->front;
    memset(front->slot, 0, sizeof front->slot);
    bytes_put_le64(front->slot, check_of(front->slot, PIECE_HEADER_BYTES, first_seed(journal)));
    int code = write_at(journal, slot, 0, sizeof front->slot);
    return code ? code : flush_file(journal);
}

enum err lmdb_front_open(struct lmdb_journal *journal)
{
    uint64_t number;
    int code = 0;
    for (uint64_t i = 0; i < 2 && !code; i++) {
        if (!read_slot(journal, i, &number)) /* new, or a power cut came upon it */
            code = make_slot(journal, i);
        if (!code)
            code = mdb_txn_begin(journal->env, NULL, MDB_RDONLY, &journal->front.pins[i]);
        if (!code)
            mdb_txn_reset(journal->front.pins[i]);
    }
    lmdb_front_clear(journal);
    return lmdb_error(code);
}

void lmdb_front_close(struct lmdb_journal *journal)
{
    for (size_t i = 0; i < 2; i++)
        if (journal->front.pins[i])
            mdb_txn_abort(journal->front.pins[i]);
}
