#include "proto/base/bytes.h"
#include "proto/base/clock.h"
#include "proto/client/outbox_internal.h"

#include <stdio.h>
#include <string.h>

/* The problem: a broker that was put back from an older copy has lost batches that it acknowledged, and
 * the outbox has removed most of those. To go on as if nothing were amiss would hide the loss. So the
 * outbox stops and keeps a mark until an operator has decided. What it still has is then sent again:
 * byte for byte where that continues what the broker has; otherwise there is a hole that nobody can
 * fill, the chain cannot be continued, and the rest begins a new epoch. */

enum { MARK_ROW_BYTES = 4 * 8 + DIGEST_BYTES + BROKER_ID_BYTES };

static MDB_val mark_key(void)
{
    return outbox_val(META_ROLLBACK, strlen(META_ROLLBACK));
}

/* --- the mark --------------------------------------------------------------------------------- */

static void mark_encode(const struct rollback_mark *mark, unsigned char row[MARK_ROW_BYTES])
{
    bytes_put_le64(row, mark->epoch);
    bytes_put_le64(row + 8, mark->sequence);
    bytes_put_le64(row + 16, mark->record);
    bytes_put_le64(row + 24, mark->noticed_ms);
    memcpy(row + 32, mark->digest, DIGEST_BYTES);
    memcpy(row + 32 + DIGEST_BYTES, mark->broker_id, BROKER_ID_BYTES);
}

int outbox_rollback_read(struct outbox *outbox, MDB_txn *txn)
{
    MDB_val row;
    struct rollback_mark *mark = &outbox->rollback;
    int code = outbox_row_get(txn, outbox->tables.meta, mark_key(), &row);
    if (code)
        return code == MDB_NOTFOUND ? 0 : code;
    if (row.mv_size != MARK_ROW_BYTES)
        return MDB_CORRUPTED;
    const unsigned char *from = row.mv_data;
    *mark = (struct rollback_mark){.epoch = bytes_get_le64(from),
                                   .sequence = bytes_get_le64(from + 8),
                                   .record = bytes_get_le64(from + 16),
                                   .noticed_ms = bytes_get_le64(from + 24)};
    memcpy(mark->digest, from + 32, DIGEST_BYTES);
    memcpy(mark->broker_id, from + 32 + DIGEST_BYTES, BROKER_ID_BYTES);
    return 0;
}

static int put_mark(struct outbox *outbox)
{
    unsigned char row[MARK_ROW_BYTES];
    mark_encode(&outbox->rollback, row);
    return outbox_row_put(outbox->txn, outbox->tables.meta, mark_key(),
                          outbox_val(row, sizeof row));
}

static int delete_mark(struct outbox *outbox)
{
    MDB_val key = mark_key();
    int code = mdb_del(outbox->txn, outbox->tables.meta.dbi, &key, NULL);
    return code == MDB_NOTFOUND ? 0 : code;
}

/* A transaction of its own. Without room the mark is as good in memory: the next Welcome says it again. */
static void write_mark(struct outbox *outbox, int (*write)(struct outbox *outbox))
{
    enum err err = outbox_begin(outbox);
    if (!err)
        err = outbox_write_failed(outbox, write(outbox));
    if (!err)
        err = outbox_commit(outbox);
    if (err)
        outbox_abort(outbox);
}

void outbox_rollback_mark(struct outbox *outbox, const struct outbox_welcome *welcome)
{
    struct rollback_mark *mark = &outbox->rollback;
    uint64_t noticed_ms = mark->noticed_ms ? mark->noticed_ms : clock_realtime_ms();
    bool is_noted =
        mark->noticed_ms && mark->epoch == welcome->epoch && mark->sequence == welcome->sequence;
    *mark = (struct rollback_mark){.epoch = welcome->epoch,
                                   .sequence = welcome->sequence,
                                   .record = welcome->record,
                                   .noticed_ms = noticed_ms};
    if (welcome->digest)
        memcpy(mark->digest, welcome->digest, DIGEST_BYTES);
    snprintf(mark->broker_id, sizeof mark->broker_id, "%s", welcome->broker_id);
    if (!is_noted)
        write_mark(outbox, put_mark);
}

void outbox_rollback_unmark(struct outbox *outbox)
{
    if (!outbox->rollback.noticed_ms)
        return;
    outbox->rollback = (struct rollback_mark){0};
    write_mark(outbox, delete_mark);
}

/* --- how it stands ---------------------------------------------------------------------------- */

/* Of our epoch the broker has this many batches. */
static uint64_t stands_at(const struct outbox *outbox)
{
    return outbox->rollback.epoch == outbox->kept.epoch ? outbox->rollback.sequence : 0;
}

/* Whether the batch behind what the broker has is here, and continues it. */
static enum err continues(struct outbox *outbox, bool *out)
{
    MDB_txn *txn;
    struct batch batch;
    uint64_t next = stands_at(outbox) + 1;
    *out = false;
    if (next <= outbox->removed || next >= outbox->kept.next_sequence)
        return ERR_OK;
    enum err err = outbox_view(outbox, true, &txn);
    if (err)
        return err;
    err = outbox_read_batch(outbox, txn, next, &batch);
    if (!err)
        *out = !memcmp(batch.previous_digest, outbox->rollback.digest, DIGEST_BYTES);
    outbox_view_end(outbox, txn);
    return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

enum err outbox_rollback(struct outbox *outbox, struct outbox_rollback *out)
{
    const struct rollback_mark *mark = &outbox->rollback;
    const struct chain *chain = &outbox->kept;
    uint64_t stands = stands_at(outbox);
    bool is_whole;
    if (!mark->noticed_ms)
        return ERR_NOT_FOUND;
    enum err err = continues(outbox, &is_whole);
    if (err)
        return err;
    *out = (struct outbox_rollback){.noticed_ms = mark->noticed_ms,
                                    .is_other_broker = strcmp(mark->broker_id, chain->broker_id),
                                    .epoch = chain->epoch,
                                    .acknowledged = chain->acknowledged,
                                    .record = chain->receipt_record,
                                    .broker_epoch = mark->epoch,
                                    .broker_sequence = mark->sequence,
                                    .broker_record = mark->record,
                                    .is_whole = is_whole};
    out->again = chain->next_sequence - 1 - (is_whole ? stands : outbox->removed);
    if (!is_whole && stands < outbox->removed) {
        out->lost_first = stands + 1;
        out->lost_last = outbox->removed;
    }
    return ERR_OK;
}

/* --- the decision ----------------------------------------------------------------------------- */

/* Everything behind what the broker has is here: it waits again, unchanged. */
static void go_back(struct outbox *outbox)
{
    const struct rollback_mark *mark = &outbox->rollback;
    struct chain *chain = &outbox->chain;
    chain->acknowledged = stands_at(outbox);
    chain->receipt_record = chain->acknowledged ? mark->record : 0;
    memset(chain->receipt_digest, 0, DIGEST_BYTES);
    if (chain->acknowledged)
        memcpy(chain->receipt_digest, mark->digest, DIGEST_BYTES);
    memcpy(chain->broker_id, mark->broker_id, sizeof chain->broker_id);
}

static enum err move_one(struct outbox *outbox, uint64_t sequence, struct buffer *payload)
{
    struct batch batch;
    enum err err = outbox_take_out(outbox, sequence, payload, &batch);
    return err ? err : outbox_store(outbox, &batch);
}

static int delete_batches(struct outbox *outbox, uint64_t first, uint64_t end)
{
    for (uint64_t sequence = first; sequence < end; sequence++) {
        unsigned char bytes[8];
        bytes_put_be64(bytes, sequence);
        MDB_val key = outbox_val(bytes, sizeof bytes);
        int code = mdb_del(outbox->txn, outbox->tables.batches.dbi, &key, NULL);
        if (code && code != MDB_NOTFOUND)
            return code;
    }
    return 0;
}

/* What is left begins a new epoch behind what the broker has. New numbers are not above the old ones, so
 * no batch is overwritten before it is read. */
static enum err begin_anew(struct outbox *outbox)
{
    struct buffer payload;
    const struct rollback_mark *mark = &outbox->rollback;
    uint64_t end = outbox->kept.next_sequence, first = outbox->removed + 1;
    uint64_t epoch = mark->epoch > outbox->kept.epoch ? mark->epoch : outbox->kept.epoch;
    struct chain chain = {.epoch = epoch + 1, .next_sequence = 1};
    enum err err = ERR_OK;
    memcpy(chain.head, mark->digest, DIGEST_BYTES);
    memcpy(chain.base, mark->digest, DIGEST_BYTES);
    memcpy(chain.broker_id, mark->broker_id, sizeof chain.broker_id);
    outbox->chain = chain;
    buffer_init(&payload, BATCH_PAYLOAD_MAX_BYTES);
    for (uint64_t sequence = first; sequence < end && !err; sequence++)
        err = move_one(outbox, sequence, &payload);
    buffer_fini(&payload);
    if (!err)
        err = outbox_write_failed(outbox, delete_batches(outbox, outbox->chain.next_sequence, end));
    outbox->removed = 0;
    return err;
}

/* In the transaction. Neither a receipt nor a removal goes along: both are of what was. */
static enum err accept_in_transaction(struct outbox *outbox, bool is_whole)
{
    enum err err = ERR_OK;
    if (is_whole)
        go_back(outbox);
    else
        err = begin_anew(outbox);
    outbox->noted = outbox->chain.acknowledged;
    if (!err)
        err = outbox_write_failed(outbox, delete_mark(outbox));
    return err;
}

enum err outbox_accept_rollback(struct outbox *outbox)
{
    struct outbox_rollback plan;
    uint64_t removed, noted;
    enum err err = outbox_settle(outbox); /* the last receipts are proof of what was lost */
    if (!err)
        err = outbox_rollback(outbox, &plan);
    if (!err)
        err = outbox_begin(outbox);
    if (err)
        return err;
    removed = outbox->removed;
    noted = outbox->noted;
    err = accept_in_transaction(outbox, plan.is_whole);
    if (err)
        outbox_abort(outbox);
    else
        err = outbox_commit(outbox);
    if (err) {
        outbox->removed = removed;
        outbox->noted = noted;
        return err;
    }
    outbox->rollback = (struct rollback_mark){0};
    return outbox_count(outbox);
}
