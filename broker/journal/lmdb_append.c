#include "broker/journal/lmdb_internal.h"
#include "broker/journal/order.h"

/* --- the producer ----------------------------------------------------------------------------- */

/* Its state as the open transaction has it. */
static enum err find_producer(struct lmdb_journal *journal, const struct batch *batch,
                              struct touched_producer **out)
{
    struct key key;
    unsigned char row[PRODUCER_ROW_BYTES];
    key_of_names(&key, KEY_PRODUCER, batch->stream, batch->producer);
    *out = touched_find(&journal->touched, &key);
    if (*out)
        return ERR_OK;
    if (touched_is_full(&journal->touched)) {
        enum err err = lmdb_write_producers(journal);
        if (err)
            return err;
    }
    int code = lmdb_row_get(journal->txn, journal->rows, &key, row, sizeof row);
    if (code && code != MDB_NOTFOUND)
        return code == MDB_CORRUPTED ? ERR_CORRUPT : lmdb_write_failed(journal, code);
    *out = touched_add(&journal->touched, &key);
    if (!code)
        producer_decode(row, &(*out)->state);
    return ERR_OK;
}

/* --- storing ---------------------------------------------------------------------------------- */

/* The bytes are copied once, into the page that LMDB will write. */
static enum err put_entry(struct lmdb_journal *journal, struct lmdb_stream *stream,
                          const struct record *record, uint64_t previous)
{
    unsigned char number[8];
    bytes_put_be64(number, record->sequence);
    MDB_val key = lmdb_val(number, sizeof number);
    MDB_val value = {.mv_size = ENTRY_PREFIX_BYTES + RECORD_PREFIX_BYTES + record->frame_size};
    int code = mdb_put(journal->txn, stream->table, &key, &value, MDB_APPEND | MDB_RESERVE);
    if (code)
        return lmdb_write_failed(journal, code);
    unsigned char *entry = value.mv_data;
    record_write(record, entry + ENTRY_PREFIX_BYTES);
    entry_seal(stream->seed, previous, entry);
    lmdb_front_add(journal, entry + ENTRY_PREFIX_BYTES, value.mv_size - ENTRY_PREFIX_BYTES);
    return ERR_OK;
}

static enum err store(struct lmdb_journal *journal, struct lmdb_stream *stream,
                      struct touched_producer *producer, const struct batch *batch,
                      struct record *record)
{
    struct totals *totals = &stream->totals;
    size_t size = RECORD_PREFIX_BYTES + record->frame_size;
    enum err err = lmdb_take_room(journal, LMDB_ROOM_RECORD, ENTRY_PREFIX_BYTES + size);
    if (err)
        return err;
    record->sequence = totals->last + 1;
    if (record->stored_ms < totals->last_ms)
        record->stored_ms = totals->last_ms;
    journal->is_dirty = true;
    err = put_entry(journal, stream, record, producer->state.record);
    if (err)
        return err;
    *totals = (struct totals){.last = record->sequence,
                              .last_ms = record->stored_ms,
                              .events = totals->events + batch->event_count,
                              .bytes = totals->bytes + size};
    producer->state = (struct producer_state){.epoch = batch->epoch,
                                              .sequence = batch->sequence,
                                              .record = record->sequence,
                                              .stored_ms = record->stored_ms};
    memcpy(producer->state.digest, batch->digest, DIGEST_BYTES);
    producer->is_changed = true;
    return ERR_OK;
}

/* --- repeats ---------------------------------------------------------------------------------- */

static enum err get_entry(struct lmdb_journal *journal, const struct lmdb_stream *stream,
                          uint64_t sequence, struct entry *out)
{
    unsigned char number[8];
    bytes_put_be64(number, sequence);
    MDB_val key = lmdb_val(number, sizeof number), value;
    int code = mdb_get(journal->txn, stream->table, &key, &value);
    if (code == MDB_NOTFOUND)
        return ERR_NOT_FOUND;
    if (code)
        return lmdb_write_failed(journal, code);
    return entry_decode(stream->seed, sequence, value.mv_data, value.mv_size, out) ? ERR_OK
                                                                                   : ERR_CORRUPT;
}

/* The batch in the entry must be the one that the chain of records says is there. */
static enum err compare_entry(const struct entry *entry, const struct batch *batch)
{
    struct record record;
    struct batch stored;
    if (record_parse(entry->record, entry->record_size, &record) ||
        batch_parse(record.frame, record.frame_size, &stored))
        return ERR_CORRUPT;
    if (strcmp(stored.producer, batch->producer) || stored.epoch != batch->epoch ||
        stored.sequence != batch->sequence)
        return ERR_CORRUPT;
    return order_compare(stored.digest, batch->digest);
}

/* Walk back from the producer's last record, one batch a step, to the one of this number. A program
 * that repeats what is that old or pruned cannot be told from one that makes it up: ERR_CONFLICT. */
static enum err find_earlier(struct lmdb_journal *journal, const struct lmdb_stream *stream,
                             const struct producer_state *state, const struct batch *batch,
                             uint64_t *out)
{
    uint64_t steps = state->sequence - batch->sequence;
    uint64_t sequence = state->record;
    struct entry entry = {0};
    if (steps > LMDB_LOOK_BACK_MAX)
        return ERR_CONFLICT;
    for (;;) {
        enum err err = get_entry(journal, stream, sequence, &entry);
        if (err)
            return err == ERR_NOT_FOUND ? ERR_CONFLICT : err;
        if (!steps)
            break;
        sequence = entry.previous;
        steps--;
    }
    *out = sequence;
    return compare_entry(&entry, batch);
}

/* ---------------------------------------------------------------------------------------------- */

static bool tells_state(enum err err)
{
    return !err || err == ERR_GAP || err == ERR_FENCED || err == ERR_LINK || err == ERR_CONFLICT ||
           err == ERR_MALFORMED;
}

enum err lmdb_append(struct journal *base, const struct batch *batch, const void *frame,
                     size_t frame_size, uint64_t now_ms, struct journal_receipt *out)
{
    struct lmdb_journal *journal = lmdb_of(base);
    struct lmdb_stream *stream = lmdb_stream(journal, batch->stream);
    struct record record = {.stored_ms = now_ms, .frame = frame, .frame_size = frame_size};
    struct touched_producer *producer;
    enum order order = ORDER_NEXT;
    if (!stream)
        return ERR_NOT_FOUND;
    if (frame_size > BATCH_FRAME_MAX_BYTES)
        return ERR_TOO_LARGE;
    enum err err = lmdb_begin(journal);
    if (!err)
        err = find_producer(journal, batch, &producer);
    if (err)
        return err;
    record.sequence = producer->state.record;
    err = order_of(&producer->state, batch, &order);
    if (!err && order == ORDER_NEXT)
        err = store(journal, stream, producer, batch, &record);
    else if (!err && order == ORDER_REPEAT_EARLIER)
        err = find_earlier(journal, stream, &producer->state, batch, &record.sequence);
    if (out && tells_state(err))
        *out = (struct journal_receipt){
            .record = record.sequence, .is_repeat = order != ORDER_NEXT, .state = producer->state};
    return err;
}
