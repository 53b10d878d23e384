#include "broker/journal/lmdb_internal.h"

/* --- one -------------------------------------------------------------------------------------- */

static enum err get_committed(struct lmdb_journal *journal, const struct key *key,
                              unsigned char *row, size_t size)
{
    struct lmdb_reader *reader;
    enum err err = lmdb_read_begin(journal, &reader);
    if (err)
        return err;
    int code = lmdb_row_get(reader->txn, journal->rows, key, row, size);
    lmdb_read_end(journal, reader);
    return lmdb_error(code);
}

enum err lmdb_producer(struct journal *base, const char *stream, const char *producer,
                       struct producer_state *out)
{
    struct lmdb_journal *journal = lmdb_of(base);
    struct key key;
    unsigned char row[PRODUCER_ROW_BYTES];
    if (!lmdb_stream(journal, stream))
        return ERR_NOT_FOUND;
    key_of_names(&key, KEY_PRODUCER, stream, producer);
    enum err err = get_committed(journal, &key, row, sizeof row);
    if (err && err != ERR_NOT_FOUND)
        return err;
    *out = (struct producer_state){0};
    if (!err)
        producer_decode(row, out);
    return ERR_OK;
}

enum err lmdb_position(struct journal *base, const char *stream, const char *consumer,
                       struct position *out)
{
    struct lmdb_journal *journal = lmdb_of(base);
    struct key key;
    unsigned char row[POSITION_ROW_BYTES];
    if (!lmdb_stream(journal, stream))
        return ERR_NOT_FOUND;
    key_of_names(&key, KEY_POSITION, stream, consumer);
    enum err err = get_committed(journal, &key, row, sizeof row);
    if (err && err != ERR_NOT_FOUND)
        return err;
    *out = (struct position){0};
    if (!err)
        position_decode(row, out);
    return ERR_OK;
}

/* --- all -------------------------------------------------------------------------------------- */

/* One row whose key are two names. False: no more, please. */
typedef bool visit_row(void *context, const char *stream, const char *name,
                       const unsigned char *row);

/* From the first row of the table on: one of the wanted kind whose key is damaged has lost its place,
 * and is met as one of no kind, or as an unsound one of another. */
static enum err visit_rows(MDB_cursor *cursor, enum row_kind wanted, visit_row *visit,
                           void *context)
{
    char stream[NAME_MAX_BYTES + 1], name[NAME_MAX_BYTES + 1];
    MDB_val key, value;
    int code;
    while (!(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        enum row_kind kind = lmdb_row_kind(&key, &value);
        if (kind == ROW_UNKNOWN)
            return ERR_CORRUPT;
        if (kind > wanted)
            return ERR_OK;
        if (kind < wanted)
            continue;
        if (!key_to_names(key.mv_data, key.mv_size, stream, name))
            return ERR_CORRUPT;
        if (!visit(context, stream, name, value.mv_data))
            return ERR_OK;
    }
    return code == MDB_NOTFOUND ? ERR_OK : lmdb_error(code);
}

static enum err visit_kind(struct lmdb_journal *journal, enum row_kind wanted, visit_row *visit,
                           void *context)
{
    struct lmdb_reader *reader;
    MDB_cursor *cursor;
    enum err err = lmdb_read_begin(journal, &reader);
    if (err)
        return err;
    err = lmdb_error(mdb_cursor_open(reader->txn, journal->rows, &cursor));
    if (!err) {
        err = visit_rows(cursor, wanted, visit, context);
        mdb_cursor_close(cursor);
    }
    lmdb_read_end(journal, reader);
    return err;
}

struct producer_visit {
    journal_visit_producer *visit;
    void *context;
};

static bool visit_producer(void *context, const char *stream, const char *name,
                           const unsigned char *row)
{
    const struct producer_visit *producers = context;
    struct producer_state state;
    producer_decode(row, &state);
    return producers->visit(producers->context, stream, name, &state);
}

enum err lmdb_producers(struct journal *base, journal_visit_producer *visit, void *context)
{
    struct lmdb_journal *journal = lmdb_of(base);
    struct producer_visit producers = {visit, context};
    return visit_kind(journal, ROW_PRODUCER, visit_producer, &producers);
}

struct position_visit {
    journal_visit_position *visit;
    void *context;
};

static bool visit_position(void *context, const char *stream, const char *name,
                           const unsigned char *row)
{
    const struct position_visit *positions = context;
    struct position position;
    position_decode(row, &position);
    return positions->visit(positions->context, stream, name, &position);
}

enum err lmdb_positions(struct journal *base, journal_visit_position *visit, void *context)
{
    struct lmdb_journal *journal = lmdb_of(base);
    struct position_visit positions = {visit, context};
    return visit_kind(journal, ROW_POSITION, visit_position, &positions);
}

/* --- saving ----------------------------------------------------------------------------------- */

static enum err replace_position(struct lmdb_journal *journal, const struct key *key,
                                 const struct position *position)
{
    unsigned char row[POSITION_ROW_BYTES];
    enum err err = lmdb_take_room(journal, LMDB_ROOM_POSITION, key->size + sizeof row);
    if (err)
        return err;
    position_encode(position, row);
    lmdb_changed(journal);
    int code = lmdb_row_put(journal->txn, journal->rows, key, row, sizeof row);
    return lmdb_write_failed(journal, code);
}

/* A consumer without a position holds nothing back. */
static enum err drop_position(struct lmdb_journal *journal, const struct key *key)
{
    MDB_val name = lmdb_val(key->bytes, key->size);
    lmdb_changed(journal);
    int code = mdb_del(journal->txn, journal->rows, &name, NULL);
    return lmdb_write_failed(journal, code == MDB_NOTFOUND ? 0 : code);
}

enum err lmdb_save_position(struct journal *base, const char *stream, const char *consumer,
                            uint64_t expected, uint64_t position, uint64_t now_ms,
                            struct position *out)
{
    struct lmdb_journal *journal = lmdb_of(base);
    struct position standing = {0}, wanted = {.position = position, .saved_ms = now_ms};
    struct key key;
    unsigned char row[POSITION_ROW_BYTES];
    if (!lmdb_stream(journal, stream))
        return ERR_NOT_FOUND;
    enum err err = lmdb_begin(journal);
    if (err)
        return err;
    key_of_names(&key, KEY_POSITION, stream, consumer);
    int code = lmdb_row_get(journal->txn, journal->rows, &key, row, sizeof row);
    if (code && code != MDB_NOTFOUND)
        return code == MDB_CORRUPTED ? ERR_CORRUPT : lmdb_write_failed(journal, code);
    if (!code)
        position_decode(row, &standing);
    if (standing.position != expected)
        err = ERR_CONFLICT;
    else
        err = position ? replace_position(journal, &key, &wanted) : drop_position(journal, &key);
    if (out && (!err || err == ERR_CONFLICT))
        *out = err ? standing : wanted;
    return err;
}
