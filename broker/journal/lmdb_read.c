#include "broker/journal/lmdb_internal.h"

/* The oldest record kept, or last + 1 when there is none. Numbers are dense, so it follows from the
 * last one and the count. */
static enum err read_extent(MDB_txn *txn, const struct lmdb_stream *stream, MDB_dbi rows,
                            struct totals *totals, uint64_t *first)
{
    unsigned char row[TOTALS_ROW_BYTES];
    MDB_stat stat;
    int code = lmdb_row_get(txn, rows, &stream->totals_key, row, sizeof row);
    if (!code)
        code = mdb_stat(txn, stream->table, &stat);
    if (code)
        return code == MDB_NOTFOUND ? ERR_CORRUPT : lmdb_error(code);
    totals_decode(row, totals);
    *first = totals->last - stat.ms_entries + 1;
    return ERR_OK;
}

/* --- records ---------------------------------------------------------------------------------- */

/* The entry under the cursor, down to the record's own checksum. */
static enum err parse_entry(const struct lmdb_stream *stream, uint64_t sequence, const MDB_val *key,
                            const MDB_val *value, struct record *out)
{
    struct entry entry;
    if (key->mv_size != 8 || bytes_get_be64(key->mv_data) != sequence ||
        !entry_decode(stream->seed, sequence, value->mv_data, value->mv_size, &entry))
        return ERR_CORRUPT;
    return record_parse(entry.record, entry.record_size, out) ? ERR_CORRUPT : ERR_OK;
}

/* Every number from the first kept to the last ever stored must be there: a table whose damage hides
 * a record is not taken for one that was trimmed. */
static enum err visit_records(MDB_cursor *cursor, const struct lmdb_stream *stream, uint64_t last,
                              journal_visit *visit, void *context, uint64_t *next)
{
    unsigned char number[8];
    bytes_put_be64(number, *next);
    MDB_val key = lmdb_val(number, sizeof number), value;
    MDB_cursor_op step = MDB_SET_RANGE;
    bool is_wanted = true;
    while (is_wanted && *next <= last) {
        struct record record;
        int code = mdb_cursor_get(cursor, &key, &value, step);
        if (code)
            return code == MDB_NOTFOUND ? ERR_CORRUPT : lmdb_error(code);
        enum err err = parse_entry(stream, *next, &key, &value, &record);
        if (err)
            return err;
        is_wanted = visit(context, &record, (unsigned char *)value.mv_data + ENTRY_PREFIX_BYTES,
                          value.mv_size - ENTRY_PREFIX_BYTES);
        step = MDB_NEXT;
        ++*next;
    }
    return ERR_OK;
}

static enum err read_from(struct lmdb_journal *journal, MDB_txn *txn,
                          const struct lmdb_stream *stream, journal_visit *visit, void *context,
                          uint64_t *next)
{
    MDB_cursor *cursor;
    struct totals totals;
    uint64_t first;
    enum err err = read_extent(txn, stream, journal->rows, &totals, &first);
    if (err)
        return err;
    if (*next < first)
        *next = first;
    if (*next > totals.last)
        return ERR_OK;
    err = lmdb_error(mdb_cursor_open(txn, stream->table, &cursor));
    if (err)
        return err;
    err = visit_records(cursor, stream, totals.last, visit, context, next);
    mdb_cursor_close(cursor);
    return err;
}

enum err lmdb_read(struct journal *base, const char *stream_name, uint64_t from,
                   journal_visit *visit, void *context, uint64_t *next)
{
    struct lmdb_journal *journal = lmdb_of(base);
    const struct lmdb_stream *stream = lmdb_stream(journal, stream_name);
    struct lmdb_reader *reader;
    if (!stream)
        return ERR_NOT_FOUND;
    enum err err = lmdb_read_begin(journal, &reader);
    if (err)
        return err;
    *next = from;
    err = read_from(journal, reader->txn, stream, visit, context, next);
    lmdb_read_end(journal, reader);
    return err;
}

/* --- bounds ----------------------------------------------------------------------------------- */

static enum err stored_at(MDB_txn *txn, const struct lmdb_stream *stream, uint64_t sequence,
                          uint64_t *ms)
{
    unsigned char number[8];
    bytes_put_be64(number, sequence);
    MDB_val key = lmdb_val(number, sizeof number), value;
    struct entry entry;
    int code = mdb_get(txn, stream->table, &key, &value);
    if (code)
        return code == MDB_NOTFOUND ? ERR_CORRUPT : lmdb_error(code);
    if (!entry_decode(stream->seed, sequence, value.mv_data, value.mv_size, &entry))
        return ERR_CORRUPT;
    *ms = entry.stored_ms;
    return ERR_OK;
}

enum err lmdb_bounds(struct journal *base, const char *stream_name, struct stream_bounds *out)
{
    struct lmdb_journal *journal = lmdb_of(base);
    const struct lmdb_stream *stream = lmdb_stream(journal, stream_name);
    struct lmdb_reader *reader;
    struct totals totals;
    uint64_t first, first_ms = 0, pages = 0;
    MDB_stat stat = {0};
    if (!stream)
        return ERR_NOT_FOUND;
    enum err err = lmdb_read_begin(journal, &reader);
    if (err)
        return err;
    err = read_extent(reader->txn, stream, journal->rows, &totals, &first);
    bool is_empty = !err && first > totals.last;
    if (!err && !is_empty)
        err = stored_at(reader->txn, stream, first, &first_ms);
    if (!err)
        err = lmdb_error(lmdb_table_pages(reader->txn, stream->table, &pages));
    if (!err)
        err = lmdb_error(mdb_stat(reader->txn, stream->table, &stat));
    lmdb_read_end(journal, reader);
    if (!err)
        *out = (struct stream_bounds){.first = is_empty ? 0 : first,
                                      .last = totals.last,
                                      .first_ms = first_ms,
                                      .last_ms = totals.last_ms,
                                      .events = totals.events,
                                      .bytes = totals.bytes,
                                      .disk_bytes = pages * stat.ms_psize};
    return err;
}

/* --- seeking ---------------------------------------------------------------------------------- */

/* Times never decrease, so halving finds the place without an index. */
static enum err seek_between(MDB_txn *txn, const struct lmdb_stream *stream, uint64_t first,
                             uint64_t last, uint64_t ms, uint64_t *out)
{
    uint64_t low = first, high = last + 1; /* the answer is in low … high */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2, middle_ms;
        enum err err = stored_at(txn, stream, middle, &middle_ms);
        if (err)
            return err;
        if (middle_ms < ms)
            low = middle + 1;
        else
            high = middle;
    }
    *out = low;
    return ERR_OK;
}

enum err lmdb_seek(struct journal *base, const char *stream_name, uint64_t ms, uint64_t *out)
{
    struct lmdb_journal *journal = lmdb_of(base);
    const struct lmdb_stream *stream = lmdb_stream(journal, stream_name);
    struct lmdb_reader *reader;
    struct totals totals;
    uint64_t first;
    if (!stream)
        return ERR_NOT_FOUND;
    enum err err = lmdb_read_begin(journal, &reader);
    if (err)
        return err;
    err = read_extent(reader->txn, stream, journal->rows, &totals, &first);
    if (!err)
        err = seek_between(reader->txn, stream, first, totals.last, ms, out);
    lmdb_read_end(journal, reader);
    return err;
}
