#include "proto/client/outbox_internal.h"

#include "proto/base/bytes.h"

#include <string.h>

enum { KEY_BYTES = 8, UNADOPTED_EPOCH = 1 };

struct sequence_key {
    unsigned char bytes[KEY_BYTES];
};

static MDB_val key_of(uint64_t sequence, struct sequence_key *key)
{
    bytes_put_be64(key->bytes, sequence);
    return outbox_val(key->bytes, KEY_BYTES);
}

/* --- in --------------------------------------------------------------------------------------- */

/* An outbox that is not adopted does not know yet what its first batch continues: digest and signature
 * are zeros, which take as much room as those to come. */
static void seal(const struct outbox *outbox, struct batch *batch)
{
    const struct chain *chain = &outbox->chain;
    strcpy(batch->stream, outbox->stream);
    strcpy(batch->producer, outbox->producer);
    batch->epoch = chain->epoch ? chain->epoch : UNADOPTED_EPOCH;
    batch->sequence = chain->next_sequence;
    batch->is_signed = outbox->signing_key != NULL;
    memcpy(batch->previous_digest, chain->head, DIGEST_BYTES);
    memset(batch->digest, 0, DIGEST_BYTES);
    memset(batch->signature, 0, SIGNATURE_BYTES);
    if (!chain->epoch)
        return;
    batch_digest(batch, batch->digest);
    if (batch->is_signed)
        digest_sign(batch->digest, outbox->signing_key, batch->signature);
}

enum err outbox_put_batch(struct outbox *outbox, const struct batch *batch)
{
    struct sequence_key key;
    buffer_clear(&outbox->frame);
    enum err err = batch_write(batch, &outbox->frame);
    if (err) {
        outbox->spoilt = err;
        return err;
    }
    int code = outbox_row_put(outbox->txn, outbox->tables.batches, key_of(batch->sequence, &key),
                              outbox_val(outbox->frame.data, outbox->frame.size));
    return outbox_write_failed(outbox, code);
}

enum err outbox_store(struct outbox *outbox, struct batch *batch)
{
    seal(outbox, batch);
    enum err err = outbox_put_batch(outbox, batch);
    if (err)
        return err;
    memcpy(outbox->chain.head, batch->digest, DIGEST_BYTES);
    outbox->chain.next_sequence++;
    return ERR_OK;
}

static bool is_draft_valid(const struct batch_draft *draft)
{
    return draft->payload_size && draft->payload_size <= BATCH_PAYLOAD_MAX_BYTES &&
           draft->event_count && draft->event_count <= BATCH_MAX_EVENTS &&
           batch_topic_is_valid(draft->topic);
}

/* Compress into the outbox's own buffer, where that pays. */
static enum err pack(struct outbox *outbox, struct batch *batch)
{
    void *room;
    if (batch->payload_size < PACKER_MIN_BYTES)
        return ERR_OK;
    buffer_clear(&outbox->packed);
    enum err err = buffer_reserve(&outbox->packed, batch->payload_size, &room);
    if (err)
        return err;
    size_t size = packer_pack(&outbox->packer, batch->payload, batch->payload_size, room);
    if (!size)
        return ERR_OK;
    batch->codec = CODEC_ZSTANDARD;
    batch->payload = room;
    batch->payload_size = size;
    return ERR_OK;
}

enum err outbox_append(struct outbox *outbox, const struct batch_draft *draft, uint64_t *sequence)
{
    enum err err = outbox_check_open(outbox);
    if (err)
        return err;
    if (!is_draft_valid(draft))
        return ERR_LIMIT;
    if (draft->payload_size > outbox->largest_bytes)
        outbox->largest_bytes = draft->payload_size;
    err = outbox_take_room(outbox, BATCH_HEADER_MAX_BYTES + draft->payload_size);
    if (err)
        return err;
    struct batch batch = {.created_ms = draft->created_ms,
                          .region = draft->region,
                          .event_count = draft->event_count,
                          .codec = CODEC_PLAIN,
                          .payload = draft->payload,
                          .payload_size = draft->payload_size};
    strcpy(batch.topic, draft->topic);
    err = pack(outbox, &batch);
    if (!err)
        err = outbox_store(outbox, &batch);
    if (err)
        return err;
    if (!outbox->appended.batches)
        outbox->appended.oldest_ms = draft->created_ms;
    outbox->appended.batches++;
    outbox->appended.events += draft->event_count;
    if (sequence)
        *sequence = batch.sequence;
    return ERR_OK;
}

/* --- out -------------------------------------------------------------------------------------- */

enum err outbox_read_batch(struct outbox *outbox, MDB_txn *txn, uint64_t sequence,
                           struct batch *out)
{
    struct sequence_key key;
    MDB_val frame;
    int code = outbox_row_get(txn, outbox->tables.batches, key_of(sequence, &key), &frame);
    if (code)
        return outbox_error(code);
    return batch_parse(frame.mv_data, frame.mv_size, out) ? ERR_CORRUPT : ERR_OK;
}

enum err outbox_take_out(struct outbox *outbox, uint64_t sequence, struct buffer *payload,
                         struct batch *out)
{
    enum err err = outbox_read_batch(outbox, outbox->txn, sequence, out);
    if (err)
        return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
    buffer_clear(payload);
    err = buffer_append(payload, out->payload, out->payload_size);
    out->payload = payload->data;
    return err;
}

enum err outbox_next(struct outbox *outbox, uint64_t after, struct buffer *out, uint64_t *sequence)
{
    MDB_txn *txn;
    MDB_val frame;
    struct sequence_key key;
    uint64_t next = (after > outbox->kept.acknowledged ? after : outbox->kept.acknowledged) + 1;
    if (outbox->final_error)
        return outbox->final_error;
    if (next >= outbox->kept.next_sequence)
        return ERR_NOT_FOUND;
    enum err err = outbox_view(outbox, true, &txn);
    if (err)
        return err;
    int code = outbox_row_get(txn, outbox->tables.batches, key_of(next, &key), &frame);
    if (code == MDB_NOTFOUND) /* the chain says that it is there */
        code = MDB_CORRUPTED;
    err = outbox_error(code);
    if (!err)
        err = buffer_append(out, frame.mv_data, frame.mv_size);
    outbox_view_end(outbox, txn);
    if (!err)
        *sequence = next;
    return err;
}

/* --- acknowledged ----------------------------------------------------------------------------- */

/* What the committed batches from number `first` to `last` come to. */
static enum err sum(struct outbox *outbox, MDB_txn *txn, uint64_t first, uint64_t last,
                    struct waiting *out)
{
    struct batch batch;
    *out = (struct waiting){0};
    for (uint64_t sequence = first; sequence <= last; sequence++) {
        enum err err = outbox_read_batch(outbox, txn, sequence, &batch);
        if (err)
            return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
        if (!out->batches)
            out->oldest_ms = batch.created_ms;
        out->batches++;
        out->events += batch.event_count;
        out->largest_bytes =
            batch.payload_size > out->largest_bytes ? batch.payload_size : out->largest_bytes;
    }
    return ERR_OK;
}

/* Number of the first batch in the file; `none` when there is none. */
static int first_in_file(const struct outbox *outbox, MDB_txn *txn, uint64_t none, uint64_t *out)
{
    MDB_cursor *cursor;
    MDB_val key, frame;
    int code = mdb_cursor_open(txn, outbox->tables.batches.dbi, &cursor);
    if (code)
        return code;
    code = mdb_cursor_get(cursor, &key, &frame, MDB_FIRST);
    mdb_cursor_close(cursor);
    if (code && code != MDB_NOTFOUND)
        return code;
    if (!code && key.mv_size != KEY_BYTES)
        return MDB_CORRUPTED;
    *out = code ? none : bytes_get_be64(key.mv_data);
    return 0;
}

enum err outbox_count(struct outbox *outbox)
{
    MDB_txn *txn;
    struct waiting found = {0};
    uint64_t first = 1, next = outbox->kept.next_sequence;
    uint64_t waits_from = outbox->kept.acknowledged + 1;
    enum err err = outbox_view(outbox, true, &txn);
    if (err)
        return err;
    err = outbox_error(first_in_file(outbox, txn, waits_from, &first));
    if (!err)
        err = first <= waits_from ? sum(outbox, txn, waits_from, next - 1, &found) : ERR_CORRUPT;
    outbox_view_end(outbox, txn);
    if (err)
        return err;
    outbox->waiting = found;
    outbox->removed = first - 1;
    if (found.largest_bytes > outbox->largest_bytes)
        outbox->largest_bytes = found.largest_bytes;
    return ERR_OK;
}

/* An acknowledgement is true whatever becomes of the open transaction, so it changes what is kept as
 * well as what the transaction makes of it. */
static void note_receipt(struct chain *chain, uint64_t sequence,
                         const unsigned char digest[DIGEST_BYTES], uint64_t record)
{
    chain->acknowledged = sequence;
    chain->receipt_record = record;
    memcpy(chain->receipt_digest, digest, DIGEST_BYTES);
}

enum err outbox_release(struct outbox *outbox, uint64_t sequence,
                        const unsigned char digest[DIGEST_BYTES], uint64_t record)
{
    MDB_txn *txn;
    struct waiting gone;
    struct batch next;
    bool has_next = sequence + 1 < outbox->kept.next_sequence;
    enum err err = outbox_view(outbox, true, &txn);
    if (err)
        return err;
    err = sum(outbox, txn, outbox->kept.acknowledged + 1, sequence, &gone);
    if (!err && has_next)
        err = outbox_read_batch(outbox, txn, sequence + 1, &next);
    outbox_view_end(outbox, txn);
    if (err)
        return err;
    outbox->waiting.batches -= gone.batches;
    outbox->waiting.events -= gone.events;
    outbox->waiting.oldest_ms = has_next ? next.created_ms : 0;
    note_receipt(&outbox->kept, sequence, digest, record);
    note_receipt(&outbox->chain, sequence, digest, record);
    return ERR_OK;
}

enum err outbox_acknowledge(struct outbox *outbox, uint64_t sequence,
                            const unsigned char digest[DIGEST_BYTES], uint64_t record)
{
    if (outbox->final_error)
        return outbox->final_error;
    if (sequence <= outbox->kept.acknowledged)
        return ERR_OK;
    if (!outbox->kept.epoch || sequence >= outbox->kept.next_sequence)
        return ERR_CONFLICT;
    enum err err = outbox_release(outbox, sequence, digest, record);
    if (!err && !outbox->txn && sequence - outbox->noted >= OUTBOX_REMOVE_MAX)
        err = outbox_purge(outbox);
    return err;
}

/* The last batch that need not stay. While a rollback is undecided all do, room or not: what the broker
 * has lost may be nowhere else. */
static uint64_t removable(const struct outbox *outbox)
{
    if (outbox->rollback.noticed_ms)
        return outbox->removed;
    uint64_t acknowledged = outbox->chain.acknowledged;
    uint64_t kept = outbox->is_crowded ? 0 : outbox->keep_batches;
    uint64_t last = acknowledged > kept ? acknowledged - kept : 0;
    return last > outbox->removed ? last : outbox->removed;
}

int outbox_remove_some(struct outbox *outbox, MDB_txn *txn, uint64_t *upto)
{
    struct sequence_key key;
    uint64_t last = removable(outbox);
    if (last - outbox->removed > OUTBOX_REMOVE_MAX)
        last = outbox->removed + OUTBOX_REMOVE_MAX;
    for (uint64_t sequence = outbox->removed + 1; sequence <= last; sequence++) {
        MDB_val name = key_of(sequence, &key);
        int code = mdb_del(txn, outbox->tables.batches.dbi, &name, NULL);
        if (code && code != MDB_NOTFOUND)
            return code;
    }
    *upto = last;
    return 0;
}

static enum err purge_some(struct outbox *outbox)
{
    enum err err = outbox_write_failed(outbox, mdb_txn_begin(outbox->env, NULL, 0, &outbox->txn));
    if (err)
        outbox_abort(outbox);
    return err ? err : outbox_commit(outbox);
}

/* Removing takes a few pages before it frees any. Without them it waits for the next commit: what is
 * acknowledged stays so, and a full disk must not end the publishing that empties the outbox. */
enum err outbox_purge(struct outbox *outbox)
{
    enum err err = outbox->final_error;
    while (!err &&
           (outbox->removed < removable(outbox) || outbox->noted < outbox->kept.acknowledged))
        err = purge_some(outbox);
    return err == ERR_FULL ? ERR_OK : err;
}

enum err outbox_settle(struct outbox *outbox)
{
    bool is_settled = outbox->txn || outbox->noted >= outbox->kept.acknowledged;
    return is_settled ? outbox->final_error : outbox_purge(outbox);
}
