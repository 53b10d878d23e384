#include "proto/client/outbox_internal.h"

#include <string.h>

static bool is_key(size_t key_size)
{
    return key_size > 0 && key_size <= OUTBOX_KEY_MAX_BYTES;
}

enum err outbox_put(struct outbox *outbox, const void *key, size_t key_size, const void *value,
                    size_t value_size)
{
    enum err err = outbox_check_open(outbox);
    if (err)
        return err;
    if (!is_key(key_size) || value_size > OUTBOX_VALUE_MAX_BYTES)
        return ERR_LIMIT;
    err = outbox_take_room(outbox, key_size + value_size);
    if (err)
        return err;
    return outbox_write_failed(outbox, outbox_row_put(outbox->txn, outbox->tables.state,
                                                      outbox_val(key, key_size),
                                                      outbox_val(value, value_size)));
}

enum err outbox_delete(struct outbox *outbox, const void *key, size_t key_size)
{
    enum err err = outbox_check_open(outbox);
    if (err)
        return err;
    if (!is_key(key_size))
        return ERR_LIMIT;
    MDB_val name = outbox_val(key, key_size);
    int code = mdb_del(outbox->txn, outbox->tables.state.dbi, &name, NULL);
    return code == MDB_NOTFOUND ? ERR_NOT_FOUND : outbox_write_failed(outbox, code);
}

enum err outbox_clear(struct outbox *outbox)
{
    enum err err = outbox_check_open(outbox);
    return err ? err
               : outbox_write_failed(outbox, mdb_drop(outbox->txn, outbox->tables.state.dbi, 0));
}

enum err outbox_get(struct outbox *outbox, const void *key, size_t key_size, struct buffer *out)
{
    MDB_txn *txn;
    MDB_val value;
    if (!is_key(key_size))
        return ERR_LIMIT;
    enum err err = outbox_view(outbox, false, &txn);
    if (err)
        return err;
    err =
        outbox_error(outbox_row_get(txn, outbox->tables.state, outbox_val(key, key_size), &value));
    if (!err)
        err = buffer_append(out, value.mv_data, value.mv_size);
    outbox_view_end(outbox, txn);
    return err;
}

static int visit_from(struct outbox *outbox, MDB_cursor *cursor, MDB_val prefix,
                      outbox_visit *visit, void *context)
{
    MDB_val key = prefix, value;
    MDB_cursor_op op = prefix.mv_size ? MDB_SET_RANGE : MDB_FIRST;
    int code = mdb_cursor_get(cursor, &key, &value, op);
    while (!code) {
        if (key.mv_size < prefix.mv_size || memcmp(key.mv_data, prefix.mv_data, prefix.mv_size))
            return 0;
        code = outbox_row_check(outbox->tables.state, key, &value);
        if (code || !visit(context, key.mv_data, key.mv_size, value.mv_data, value.mv_size))
            return code;
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return code == MDB_NOTFOUND ? 0 : code;
}

enum err outbox_each(struct outbox *outbox, const void *prefix, size_t prefix_size,
                     outbox_visit *visit, void *context)
{
    MDB_txn *txn;
    MDB_cursor *cursor;
    if (prefix_size > OUTBOX_KEY_MAX_BYTES)
        return ERR_LIMIT;
    enum err err = outbox_view(outbox, false, &txn);
    if (err)
        return err;
    int code = mdb_cursor_open(txn, outbox->tables.state.dbi, &cursor);
    if (!code) {
        code = visit_from(outbox, cursor, outbox_val(prefix, prefix_size), visit, context);
        mdb_cursor_close(cursor);
    }
    outbox_view_end(outbox, txn);
    return outbox_error(code);
}
