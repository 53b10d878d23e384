#include "broker/journal/lmdb_internal.h"

static bool is_below(const MDB_val *key, uint64_t before)
{
    return key->mv_size == 8 && bytes_get_be64(key->mv_data) < before;
}

/* Few at a time: at a full map the pages that a large deletion needs are not there. */
enum err lmdb_trim(struct journal *base, const char *stream_name, uint64_t before,
                   uint64_t *removed)
{
    struct lmdb_journal *journal = lmdb_of(base);
    struct lmdb_stream *stream = lmdb_stream(journal, stream_name);
    MDB_cursor *cursor;
    MDB_val key, value;
    uint64_t count = 0;
    if (!stream)
        return ERR_NOT_FOUND;
    enum err err = lmdb_begin(journal);
    if (err)
        return err;
    int code = mdb_cursor_open(journal->txn, stream->table, &cursor);
    if (code)
        return lmdb_write_failed(journal, code);
    while (count < LMDB_TRIM_MAX) {
        code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
        if (code || !is_below(&key, before))
            break;
        lmdb_changed(journal);
        code = mdb_cursor_del(cursor, 0);
        if (code)
            break;
        count++;
    }
    mdb_cursor_close(cursor);
    if (code && code != MDB_NOTFOUND)
        return lmdb_write_failed(journal, code);
    *removed = count;
    return ERR_OK;
}

/* --- weighing --------------------------------------------------------------------------------- */

/* A large entry has pages of its own, small ones share theirs. */
static uint64_t weight_of(size_t size)
{
    enum { PAGE = 4096, PAGE_HEADER = 16, NODE_HEADER = 8 + 8 + 2, SHARED_MAX = 2000 };
    if (size > SHARED_MAX)
        return (size + PAGE_HEADER + PAGE - 1) / PAGE * PAGE + NODE_HEADER;
    return size + NODE_HEADER;
}

static enum err weigh(MDB_cursor *cursor, uint64_t max_records, uint64_t max_bytes, uint64_t *next,
                      uint64_t *bytes)
{
    unsigned char number[8];
    bytes_put_be64(number, *next);
    MDB_val key = lmdb_val(number, sizeof number), value;
    MDB_cursor_op step = MDB_SET_RANGE;
    *bytes = 0;
    for (uint64_t i = 0; i < max_records && *bytes < max_bytes; i++, step = MDB_NEXT) {
        int code = mdb_cursor_get(cursor, &key, &value, step);
        if (code == MDB_NOTFOUND)
            return ERR_OK;
        if (code)
            return lmdb_error(code);
        if (key.mv_size != 8)
            return ERR_CORRUPT;
        *bytes += weight_of(value.mv_size);
        *next = bytes_get_be64(key.mv_data) + 1;
    }
    return ERR_OK;
}

enum err lmdb_weigh(struct journal *base, const char *stream_name, uint64_t from,
                    uint64_t max_records, uint64_t max_bytes, uint64_t *next, uint64_t *bytes)
{
    struct lmdb_journal *journal = lmdb_of(base);
    struct lmdb_stream *stream = lmdb_stream(journal, stream_name);
    struct lmdb_reader *reader;
    MDB_cursor *cursor;
    if (!stream)
        return ERR_NOT_FOUND;
    enum err err = lmdb_read_begin(journal, &reader);
    if (err)
        return err;
    *next = from;
    err = lmdb_error(mdb_cursor_open(reader->txn, stream->table, &cursor));
    if (!err) {
        err = weigh(cursor, max_records, max_bytes, next, bytes);
        mdb_cursor_close(cursor);
    }
    lmdb_read_end(journal, reader);
    return err;
}
