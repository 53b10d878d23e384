#include "broker/journal/lmdb_internal.h"

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mutant.h"

#include <errno.h>

/* --- failure -------------------------------------------------------------------------------- */

#define STALE_READERS_EVERY_US ((uint64_t)10 * 1000 * 1000)

static enum err write_error(const struct lmdb_journal *journal, int code)
{
    int fd;
    switch (code) {
    case 0:
        return ERR_OK;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
        return ERR_FULL;
    case ENOMEM:
        return ERR_NOMEM;
    case EIO:
        if (is_mutant(MUTANT_IGNORED_EIO))
            return ERR_OK;
        return !mdb_env_get_fd(journal->env, &fd) && file_has_full_disk(fd) ? ERR_FULL : ERR_IO;
    default:
        return ERR_IO;
    }
}

/* Nothing that the disk did after a failed flush can be known, and the kernel reports a failure once
 * and then calls the pages clean: the next flush would succeed and acknowledge what is not there.
 * LMDB does not remember either. So what is not known to be harmless ends all writing. */
enum err lmdb_write_failed(struct lmdb_journal *journal, int code)
{
    enum err err = write_error(journal, code);
    if (err == ERR_IO)
        journal->final_error = err;
    if (err)
        journal->spoilt = err;
    return err;
}

/* --- room ------------------------------------------------------------------------------------- */

/* The rule: records are taken up to 90 % of the map. The last 5 % of it, or 64 MiB where that is
 * less, are kept for trims, which need pages to free pages. In between, positions are saved, so that
 * readers go on and trims may follow them. */
uint64_t lmdb_limit_bytes(uint64_t map_bytes, enum lmdb_room kind)
{
    const uint64_t reserve_max = (uint64_t)64 << 20;
    uint64_t reserve = map_bytes / 20;
    if (kind == LMDB_ROOM_RECORD)
        return map_bytes / 10 * 9;
    return map_bytes - (reserve < reserve_max ? reserve : reserve_max);
}

/* Pages of all tables, LMDB's of free pages and its two headers included. */
int lmdb_used_bytes(struct lmdb_journal *journal, MDB_txn *txn, uint64_t *out)
{
    enum { FREE_TABLE = 0, HEADER_PAGES = 2 };
    uint64_t pages = HEADER_PAGES;
    MDB_stat stat;
    int code = mdb_stat(txn, journal->rows, &stat);
    if (!code)
        code = lmdb_table_pages(txn, FREE_TABLE, &pages);
    if (!code)
        code = lmdb_table_pages(txn, journal->rows, &pages);
    for (size_t i = 0; i < journal->stream_count && !code; i++)
        code = lmdb_table_pages(txn, journal->streams[i].table, &pages);
    if (!code)
        *out = pages * stat.ms_psize;
    return code;
}

/* What an entry of that size costs at most: small ones share a page, large ones have pages alone. */
static uint64_t cost_of(size_t size)
{
    enum { PAGE = 4096, PAGE_HEADER = 16, NODE_HEADER = 8 + 8 + 2, SHARED_MAX = 2000 };
    if (size > SHARED_MAX)
        return (size + PAGE_HEADER + PAGE - 1) / PAGE * PAGE + NODE_HEADER;
    return PAGE / ((PAGE - PAGE_HEADER) / (size + NODE_HEADER)) + 1;
}

enum err lmdb_take_room(struct lmdb_journal *journal, enum lmdb_room kind, size_t size)
{
    uint64_t cost = cost_of(size);
    if (journal->used_bytes + cost > lmdb_limit_bytes(journal->map_bytes, kind))
        return ERR_FULL;
    journal->used_bytes += cost;
    return ERR_OK;
}

/* --- the transaction -------------------------------------------------------------------------- */

static void forget(struct lmdb_journal *journal)
{
    journal->txn = NULL;
    journal->is_dirty = false;
    journal->spoilt = ERR_OK;
    lmdb_front_clear(journal);
    touched_clear(&journal->touched);
    for (size_t i = 0; i < journal->stream_count; i++)
        journal->streams[i].totals = journal->streams[i].kept_totals;
}

static void keep(struct lmdb_journal *journal)
{
    for (size_t i = 0; i < journal->stream_count; i++)
        journal->streams[i].kept_totals = journal->streams[i].totals;
}

void lmdb_changed(struct lmdb_journal *journal)
{
    journal->is_dirty = journal->front.is_too_little = true;
}

enum err lmdb_begin(struct lmdb_journal *journal)
{
    if (journal->final_error)
        return journal->final_error;
    if (journal->spoilt)
        return journal->spoilt;
    if (journal->txn)
        return ERR_OK;
    enum err err = journal->front.owed ? lmdb_front_repay(journal) : ERR_OK;
    if (err)
        return err;
    int code = mdb_txn_begin(journal->env, NULL, 0, &journal->txn);
    if (!code)
        code = lmdb_used_bytes(journal, journal->txn, &journal->used_bytes);
    return lmdb_write_failed(journal, code);
}

void lmdb_abort(struct journal *base)
{
    struct lmdb_journal *journal = lmdb_of(base);
    if (journal->txn)
        mdb_txn_abort(journal->txn);
    if (journal->front.kept)
        journal->front.owed = journal->front.kept;
    forget(journal);
}

enum err lmdb_write_producers(struct lmdb_journal *journal)
{
    struct touched *touched = &journal->touched;
    for (size_t i = 0; i < touched->count; i++) {
        struct touched_producer *producer = &touched->producers[i];
        unsigned char row[PRODUCER_ROW_BYTES];
        if (!producer->is_changed)
            continue;
        producer_encode(&producer->state, row);
        int code = lmdb_row_put(journal->txn, journal->rows, &producer->key, row, sizeof row);
        if (code)
            return lmdb_write_failed(journal, code);
    }
    touched_clear(touched);
    return ERR_OK;
}

static int write_totals(struct lmdb_journal *journal)
{
    for (size_t i = 0; i < journal->stream_count; i++) {
        struct lmdb_stream *stream = &journal->streams[i];
        unsigned char row[TOTALS_ROW_BYTES];
        if (stream->totals.last == stream->kept_totals.last)
            continue;
        totals_encode(&stream->totals, row);
        int code = lmdb_row_put(journal->txn, journal->rows, &stream->totals_key, row, sizeof row);
        if (code)
            return code;
    }
    return lmdb_put_commit(journal->txn, journal->rows);
}

static enum err write_producers_apart(struct lmdb_journal *journal)
{
    enum err err = lmdb_write_failed(journal, mdb_txn_begin(journal->env, NULL, 0, &journal->txn));
    if (!err)
        err = lmdb_write_producers(journal);
    if (!err)
        err = lmdb_write_failed(journal, lmdb_put_commit(journal->txn, journal->rows));
    if (!err)
        err = lmdb_write_failed(journal, lmdb_txn_commit(journal->env, journal->txn));
    journal->txn = NULL;
    return err;
}

/* Everything that the transaction changes, and the flush: one LMDB transaction, all or nothing. */
static enum err flush(struct lmdb_journal *journal)
{
    enum err err = journal->final_error ? journal->final_error : journal->spoilt;
    if (!err && !is_mutant(MUTANT_ROWS_APART))
        err = lmdb_write_producers(journal);
    if (!err)
        err = lmdb_write_failed(journal, write_totals(journal));
    if (err)
        return err;
    int code = lmdb_txn_commit(journal->env, journal->txn);
    journal->txn = NULL; /* it is gone whatever the code */
    err = lmdb_write_failed(journal, code);
    return !err && is_mutant(MUTANT_ROWS_APART) ? write_producers_apart(journal) : err;
}

static void count_commit(struct lmdb_journal *journal, uint64_t started_us)
{
    uint64_t now_us = clock_monotonic_us();
    atomic_fetch_add(&journal->commits, 1);
    atomic_fetch_add(&journal->commit_us_total, now_us - started_us);
    atomic_store(&journal->commit_us_last, now_us - started_us);
    if (now_us - journal->stale_readers_us < STALE_READERS_EVERY_US)
        return;
    int dead;
    mdb_reader_check(journal->env, &dead); /* of tools that were killed; they would pin old pages */
    journal->stale_readers_us = now_us;
}

enum err lmdb_commit(struct journal *base)
{
    struct lmdb_journal *journal = lmdb_of(base);
    uint64_t started_us = clock_monotonic_us();
    enum err err = journal->final_error ? journal->final_error : journal->spoilt;
    if (!err && journal->front.owed)
        err = lmdb_begin(journal);
    if (!err && journal->is_dirty) {
        err = flush(journal);
        if (!err) {
            journal->front.kept = 0; /* LMDB has it */
            keep(journal);
            count_commit(journal, started_us);
        }
    }
    lmdb_abort(base);
    return err;
}
