#include "proto/client/outbox.h"

#include "proto/base/file.h"
#include "proto/client/outbox_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- opening and closing ---------------------------------------------------------------------- */

static enum err check_options(const struct outbox_options *options)
{
    if (!options->directory || !options->stream || !options->producer)
        return ERR_USAGE;
    return batch_name_is_valid(options->stream) && batch_name_is_valid(options->producer)
               ? ERR_OK
               : ERR_USAGE;
}

static enum err take_lock(struct outbox *outbox)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/" OUTBOX_LOCK, outbox->directory) >= (int)sizeof path)
        return ERR_LIMIT;
    return file_lock(path, &outbox->lock);
}

static enum err open_parts(struct outbox *outbox)
{
    enum err err = file_make_directory(outbox->directory);
    if (!err)
        err = file_check_directory(outbox->directory);
    if (!err)
        err = take_lock(outbox);
    if (!err)
        err = outbox_file_open(outbox);
    if (err)
        return err;
    outbox->chain = outbox->kept;
    outbox->noted = outbox->kept.acknowledged;
    return outbox_count(outbox);
}

enum err outbox_open(const struct outbox_options *options, struct outbox **out)
{
    enum err err = check_options(options);
    if (err)
        return err;
    struct outbox *outbox = calloc(1, sizeof *outbox);
    if (!outbox)
        return ERR_NOMEM;
    outbox->lock = -1;
    outbox->signing_key = options->signing_key;
    outbox->map_bytes = options->max_bytes;
    outbox->keep_batches = options->keep_batches;
    buffer_init(&outbox->frame, BATCH_FRAME_MAX_BYTES);
    buffer_init(&outbox->packed, BATCH_PAYLOAD_MAX_BYTES);
    packer_init(&outbox->packer);
    strcpy(outbox->stream, options->stream);
    strcpy(outbox->producer, options->producer);
    if (snprintf(outbox->directory, PATH_MAX, "%s", options->directory) >= PATH_MAX)
        err = ERR_LIMIT;
    if (!err)
        err = open_parts(outbox);
    if (err)
        outbox_close(&outbox);
    else
        *out = outbox;
    return err;
}

/* What is left of the purge at a crash is sent again, and acknowledged again. */
static void close_environment(struct outbox *outbox)
{
    if (!outbox->env)
        return;
    outbox_abort(outbox);
    if (outbox_purge(outbox))
        outbox->was_full = true;
    if (outbox->reader)
        mdb_txn_abort(outbox->reader);
    mdb_env_close(outbox->env);
}

void outbox_close(struct outbox **outbox)
{
    if (!*outbox)
        return;
    close_environment(*outbox);
    if ((*outbox)->lock >= 0)
        close((*outbox)->lock);
    buffer_fini(&(*outbox)->frame);
    buffer_fini(&(*outbox)->packed);
    packer_fini(&(*outbox)->packer);
    free(*outbox);
    *outbox = NULL;
}

/* --- failure ---------------------------------------------------------------------------------- */

static enum err write_error(const struct outbox *outbox, int code)
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
        return !mdb_env_get_fd(outbox->env, &fd) && file_has_full_disk(fd) ? ERR_FULL : ERR_IO;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
        return ERR_CORRUPT;
    default:
        return ERR_IO;
    }
}

/* After a failed flush the kernel calls the pages clean: the next flush would succeed over bytes that
 * are not on disk. So what is not known to be harmless ends all writing. */
enum err outbox_write_failed(struct outbox *outbox, int code)
{
    enum err err = write_error(outbox, code);
    if (err == ERR_IO || err == ERR_CORRUPT)
        outbox->final_error = err;
    if (err == ERR_FULL)
        outbox->was_full = true;
    if (err)
        outbox->spoilt = err;
    return err;
}

/* --- room ------------------------------------------------------------------------------------- */

/* What a value of that size costs at most: small ones share a page, large ones have pages alone. */
static uint64_t cost_of(size_t size)
{
    enum { PAGE = 4096, PAGE_HEADER = 16, NODE_BYTES = 64, SHARED_MAX = 1900 };
    if (size > SHARED_MAX)
        return (size + PAGE_HEADER + PAGE - 1) / PAGE * PAGE + NODE_BYTES;
    return 2 * (size + NODE_BYTES);
}

/* Removing and signing anew copy pages before they free any, and what a transaction frees is used
 * again two transactions later. */
uint64_t outbox_reserve_bytes(const struct outbox *outbox)
{
    uint64_t tenth = outbox->map_bytes / 10;
    uint64_t few = 4 * cost_of(outbox->largest_bytes);
    return tenth > few ? tenth : few;
}

enum err outbox_take_room(struct outbox *outbox, size_t size)
{
    uint64_t cost = cost_of(size);
    if (outbox->used_bytes + cost + outbox_reserve_bytes(outbox) > outbox->map_bytes)
        return outbox_write_failed(outbox, MDB_MAP_FULL);
    outbox->used_bytes += cost;
    return ERR_OK;
}

/* Pages of all tables, LMDB's two own included. */
static int measure(struct outbox *outbox)
{
    enum { FREE_TABLE = 0, NAMES_TABLE = 1, HEADER_PAGES = 2 };
    const MDB_dbi tables[] = {FREE_TABLE,
                              NAMES_TABLE,
                              outbox->tables.meta.dbi,
                              outbox->tables.batches.dbi,
                              outbox->tables.state.dbi,
                              outbox->tables.receipts.dbi};
    MDB_stat stat = {0};
    uint64_t pages = HEADER_PAGES;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        int code = mdb_stat(outbox->txn, tables[i], &stat);
        if (code)
            return code;
        pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    }
    outbox->used_bytes = pages * stat.ms_psize;
    outbox->is_crowded = outbox->used_bytes > outbox->map_bytes / 2;
    return 0;
}

/* --- transactions ----------------------------------------------------------------------------- */

static enum err begin(struct outbox *outbox)
{
    int code = mdb_txn_begin(outbox->env, NULL, 0, &outbox->txn);
    if (!code)
        code = measure(outbox);
    enum err err = outbox_write_failed(outbox, code);
    if (err)
        outbox_abort(outbox);
    return err;
}

/* Pages that one transaction frees are used again by the next but one, hence a commit of nothing. */
static enum err make_room(struct outbox *outbox)
{
    outbox->was_full = false;
    outbox->is_crowded = true;
    enum err err = outbox_purge(outbox);
    if (!err)
        err = begin(outbox);
    return err ? err : outbox_commit(outbox);
}

enum err outbox_begin(struct outbox *outbox)
{
    if (outbox->txn)
        return ERR_USAGE;
    enum err err = outbox->final_error;
    if (!err && outbox->was_full)
        err = make_room(outbox);
    return err ? err : begin(outbox);
}

void outbox_abort(struct outbox *outbox)
{
    if (outbox->txn)
        mdb_txn_abort(outbox->txn);
    outbox->txn = NULL;
    outbox->spoilt = ERR_OK;
    outbox->chain = outbox->kept;
    outbox->appended = (struct waiting){0};
}

enum err outbox_check_open(const struct outbox *outbox)
{
    if (outbox->spoilt)
        return outbox->spoilt;
    return outbox->txn ? ERR_OK : ERR_USAGE;
}

static void add_waiting(struct waiting *waiting, const struct waiting *more)
{
    if (!waiting->batches)
        waiting->oldest_ms = more->oldest_ms;
    waiting->batches += more->batches;
    waiting->events += more->events;
}

/* The acknowledgements that came in meanwhile go along, so they cost no flush of their own. */
enum err outbox_commit(struct outbox *outbox)
{
    uint64_t removed;
    enum err err = outbox_check_open(outbox);
    if (!err)
        err = outbox_write_failed(outbox, outbox_remove_some(outbox, outbox->txn, &removed));
    if (!err)
        err = outbox_write_failed(outbox, outbox_note_receipt(outbox, outbox->txn));
    if (!err)
        err = outbox_write_failed(outbox, chain_put(outbox->txn, &outbox->tables, &outbox->chain));
    if (!err) {
        err = outbox_write_failed(outbox, mdb_txn_commit(outbox->txn));
        outbox->txn = NULL; /* it is gone whatever the code */
    }
    if (!err) {
        outbox->removed = removed;
        outbox->noted = outbox->chain.acknowledged;
        outbox->kept = outbox->chain;
        add_waiting(&outbox->waiting, &outbox->appended);
    }
    outbox_abort(outbox);
    return err;
}

/* --- reading ---------------------------------------------------------------------------------- */

enum err outbox_view(struct outbox *outbox, bool is_committed, MDB_txn **out)
{
    int code = 0;
    if (outbox->txn && !is_committed) {
        if (outbox->spoilt)
            return outbox->spoilt;
        *out = outbox->txn;
        return ERR_OK;
    }
    if (!outbox->reader)
        code = mdb_txn_begin(outbox->env, NULL, MDB_RDONLY, &outbox->reader);
    else if (!outbox->views)
        code = mdb_txn_renew(outbox->reader);
    if (code)
        return outbox_error(code);
    outbox->views++;
    *out = outbox->reader;
    return ERR_OK;
}

void outbox_view_end(struct outbox *outbox, MDB_txn *txn)
{
    if (txn == outbox->reader && --outbox->views == 0)
        mdb_txn_reset(txn);
}

/* What is committed: a transaction that is open may yet be aborted. */
void outbox_status(struct outbox *outbox, struct outbox_status *out)
{
    const struct chain *chain = &outbox->kept;
    *out = (struct outbox_status){.epoch = chain->epoch,
                                  .next_sequence = chain->next_sequence,
                                  .acknowledged = chain->acknowledged,
                                  .batches = outbox->waiting.batches,
                                  .events = outbox->waiting.events,
                                  .oldest_ms = outbox->waiting.oldest_ms,
                                  .receipt_record = chain->receipt_record,
                                  .is_rolled_back = outbox->rollback.noticed_ms != 0};
    memcpy(out->receipt_digest, chain->receipt_digest, DIGEST_BYTES);
    memcpy(out->broker_id, chain->broker_id, sizeof out->broker_id);
}
