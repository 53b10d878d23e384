#include "broker/journal/lmdb_internal.h"
#include "proto/base/mutant.h"

#include <errno.h>
#include <unistd.h>

/* A commit of LMDB flushes twice: the pages, then the header that leads to them. For a small turn the
 * second flush is half of what its producers wait for. So the batches themselves are written to the
 * front, a place of the file behind LMDB's map, before the pages: the first flush then holds all that is
 * needed to do the transaction again, and the header need not be flushed until the next one.
 *
 *   | LMDB's map: headers, pages … | slot of even transactions | slot of odd ones |
 *
 *   slot   check | number of the transaction | size of what follows | records, each behind its size
 *
 * After a power cut LMDB may be one transaction behind what was acknowledged. Then the slot of the next
 * number has it, and it is done again: same batches, same order, same times, so the same records.
 * One slot is enough for that and there are two, because the flush that makes a header durable is the
 * one of the transaction after, whose slot may reach the disk earlier than that header does.
 *
 * Only transactions of batches alone go this way, and only small ones: writing twice costs more than a
 * flush otherwise. Whatever else changes the journal flushes its header too (is_outgrown).
 *
 * While a header is late, the older of the two on the disk belongs to the transaction before the last
 * two, and LMDB writes over pages that neither of these uses. So that it can still be followed
 * (lmdb_headers.c), a read transaction that began before the late one holds what it needs (pins). */

enum { SLOT_HEADER_BYTES = 24, SIZE_BYTES = 8 };

static uint64_t check_of(const struct lmdb_journal *journal, const unsigned char *slot, size_t size)
{
    return XXH3_64bits_withSeed(slot + CHECK_BYTES, size - CHECK_BYTES,
                                XXH3_64bits(journal->id, JOURNAL_ID_BYTES));
}

static off_t place_of(const struct lmdb_journal *journal, uint64_t number)
{
    return (off_t)(journal->map_bytes + number % 2 * LMDB_SLOT_BYTES);
}

static int write_at(const struct lmdb_journal *journal, uint64_t number, size_t size)
{
    int fd, code = mdb_env_get_fd(journal->env, &fd);
    if (code)
        return code;
    ssize_t done = pwrite(fd, journal->front.slot, size, place_of(journal, number));
    return done == (ssize_t)size ? 0 : done < 0 ? errno : EIO;
}

/* --- writing ---------------------------------------------------------------------------------- */

void lmdb_front_clear(struct lmdb_journal *journal)
{
    journal->front.size = SLOT_HEADER_BYTES;
    journal->front.is_outgrown = false;
}

void lmdb_front_add(struct lmdb_journal *journal, const void *record, size_t size)
{
    struct lmdb_front *front = &journal->front;
    if (size + SIZE_BYTES > sizeof front->slot - front->size)
        front->is_outgrown = true;
    if (front->is_outgrown)
        return;
    bytes_put_le64(front->slot + front->size, size);
    memcpy(front->slot + front->size + SIZE_BYTES, record, size);
    front->size += SIZE_BYTES + size;
}

static int write_slot(struct lmdb_journal *journal, uint64_t number)
{
    struct lmdb_front *front = &journal->front;
    bytes_put_le64(front->slot + 8, number);
    bytes_put_le64(front->slot + 16, front->size - SLOT_HEADER_BYTES);
    bytes_put_le64(front->slot, check_of(journal, front->slot, front->size));
    return is_mutant(MUTANT_NO_FRONT) ? 0 : write_at(journal, number, front->size);
}

/* Of a transaction that LMDB did not take, for this reason. If that fails too, the next start
 * will find it, and nobody may be told that it was refused: the journal ends. */
static int void_slot(struct lmdb_journal *journal, uint64_t number, int reason)
{
    memset(journal->front.slot, 0, SLOT_HEADER_BYTES);
    return write_at(journal, number, SLOT_HEADER_BYTES) ? ENOTRECOVERABLE : reason;
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
    bool is_small = !front->is_outgrown && front->size > SLOT_HEADER_BYTES;
    bool is_header_late = is_small || is_mutant(MUTANT_NO_META_SYNC), is_written;
    int code = is_small ? write_slot(journal, number) : 0;
    is_written = is_small && !code;
    if (!code && is_header_late)
        code = pin(journal, number);
    if (!code)
        code = mdb_env_set_flags(journal->env, MDB_NOMETASYNC, is_header_late);
    if (code)
        mdb_txn_abort(journal->txn);
    else
        code = lmdb_txn_commit(journal->env, journal->txn);
    journal->txn = NULL; /* it is gone whatever the code */
    if (code && is_written)
        code = void_slot(journal, number, code);
    unpin(journal, code ? number : number - 1);
    return code;
}

/* --- opening ---------------------------------------------------------------------------------- */

static bool read_slot(struct lmdb_journal *journal, uint64_t slot)
{
    struct lmdb_front *front = &journal->front;
    int fd;
    if (mdb_env_get_fd(journal->env, &fd) ||
        pread(fd, front->slot, sizeof front->slot, place_of(journal, slot)) !=
            (ssize_t)sizeof front->slot)
        return false;
    uint64_t size = bytes_get_le64(front->slot + 16);
    if (size > sizeof front->slot - SLOT_HEADER_BYTES)
        return false;
    front->size = SLOT_HEADER_BYTES + size;
    return bytes_get_le64(front->slot) == check_of(journal, front->slot, front->size);
}

/* False: that transaction is not there, or not whole, and then it was not acknowledged. */
static bool find_transaction(struct lmdb_journal *journal, uint64_t number)
{
    return read_slot(journal, number) && bytes_get_le64(journal->front.slot + 8) == number;
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

static enum err commit_again(struct lmdb_journal *journal)
{
    struct lmdb_front *front = &journal->front;
    const unsigned char *end = front->slot + front->size, *at = front->slot + SLOT_HEADER_BYTES;
    enum err err = ERR_OK;
    front->is_outgrown = true; /* so the slot is not added to while it is read */
    while (!err && end - at >= SIZE_BYTES) {
        uint64_t size = bytes_get_le64(at);
        at += SIZE_BYTES;
        err = size > (uint64_t)(end - at) ? ERR_CORRUPT : append_again(journal, at, size);
        at += err ? 0 : size;
    }
    return err ? err : lmdb_commit(&journal->base);
}

enum err lmdb_front_apply(struct lmdb_journal *journal)
{
    MDB_envinfo info;
    enum err err = ERR_OK;
    for (int i = 0; i < 2 && !err; i++) {
        err = lmdb_error(mdb_env_info(journal->env, &info));
        if (err || !find_transaction(journal, info.me_last_txnid + 1))
            break;
        err = commit_again(journal);
    }
    return err;
}

/* All of it is written, so that no later write is the first of its place. */
static int make_slot(struct lmdb_journal *journal, uint64_t slot)
{
    int fd, code = mdb_env_get_fd(journal->env, &fd);
    memset(journal->front.slot, 0, sizeof journal->front.slot);
    bytes_put_le64(journal->front.slot, check_of(journal, journal->front.slot, SLOT_HEADER_BYTES));
    if (!code)
        code = write_at(journal, slot, sizeof journal->front.slot);
    return code ? code : fdatasync(fd) ? errno : 0;
}

enum err lmdb_front_open(struct lmdb_journal *journal)
{
    int code = 0;
    for (uint64_t i = 0; i < 2 && !code; i++) {
        if (!read_slot(journal, i)) /* new, or a power cut came upon it */
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
