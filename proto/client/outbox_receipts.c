#include "proto/base/bytes.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/client/outbox_internal.h"

#include <stdio.h>
#include <string.h>

/* --- in --------------------------------------------------------------------------------------- */

struct receipt_key {
    unsigned char bytes[RECEIPT_KEY_BYTES];
};

static void receipt_encode(const struct chain *chain, struct receipt_key *key,
                           unsigned char row[RECEIPT_ROW_BYTES])
{
    bytes_put_be64(key->bytes, chain->epoch);
    bytes_put_be64(key->bytes + 8, chain->acknowledged);
    bytes_put_le64(row, chain->receipt_record);
    bytes_put_le64(row + 8, clock_realtime_ms());
    memcpy(row + 16, chain->receipt_digest, DIGEST_BYTES);
}

/* One goes for each that comes, once there are enough. */
static int drop_oldest(struct outbox *outbox, MDB_txn *txn)
{
    MDB_cursor *cursor;
    MDB_stat stat;
    MDB_val key, value;
    int code = mdb_stat(txn, outbox->tables.receipts.dbi, &stat);
    if (code || stat.ms_entries <= OUTBOX_RECEIPTS_MAX)
        return code;
    code = mdb_cursor_open(txn, outbox->tables.receipts.dbi, &cursor);
    if (code)
        return code;
    code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    if (!code)
        code = mdb_cursor_del(cursor, 0);
    mdb_cursor_close(cursor);
    return code;
}

int outbox_note_receipt(struct outbox *outbox, MDB_txn *txn)
{
    struct receipt_key key;
    unsigned char row[RECEIPT_ROW_BYTES];
    if (outbox->chain.acknowledged == outbox->noted || !outbox->chain.acknowledged)
        return 0;
    receipt_encode(&outbox->chain, &key, row);
    int code = outbox_row_put(txn, outbox->tables.receipts, outbox_val(key.bytes, sizeof key.bytes),
                              outbox_val(row, sizeof row));
    return code ? code : drop_oldest(outbox, txn);
}

/* --- out, for another process ----------------------------------------------------------------- */

struct reading {
    MDB_env *env;
    MDB_txn *txn;
    struct outbox_tables tables;
    char stream[NAME_MAX_BYTES + 1], producer[NAME_MAX_BYTES + 1];
};

static int read_owner(struct reading *reading)
{
    MDB_val row;
    struct outbox_table meta = reading->tables.meta;
    int code =
        outbox_row_get(reading->txn, meta, outbox_val(META_VERSION, strlen(META_VERSION)), &row);
    if (!code && (row.mv_size != 8 || bytes_get_le64(row.mv_data) != OUTBOX_VERSION))
        return MDB_VERSION_MISMATCH;
    if (!code)
        code = outbox_row_get(reading->txn, meta, outbox_val(META_OWNER, strlen(META_OWNER)), &row);
    if (code)
        return code;
    const char *names = row.mv_data, *nul = memchr(names, '\0', row.mv_size);
    size_t stream_size = nul ? (size_t)(nul - names) : row.mv_size;
    size_t producer_size = row.mv_size - stream_size - 1;
    if (!nul || stream_size > NAME_MAX_BYTES || producer_size > NAME_MAX_BYTES)
        return MDB_CORRUPTED;
    memcpy(reading->stream, names, stream_size);
    memcpy(reading->producer, nul + 1, producer_size);
    return 0;
}

static int begin(struct reading *reading, const char *path)
{
    int code = mdb_env_create(&reading->env);
    if (!code)
        code = mdb_env_set_maxdbs(reading->env, 4);
    if (!code)
        code = mdb_env_open(reading->env, path, MDB_RDONLY | MDB_NOTLS | MDB_NOSUBDIR, 0600);
    if (!code)
        code = mdb_txn_begin(reading->env, NULL, MDB_RDONLY, &reading->txn);
    if (!code)
        code = outbox_tables_open(reading->txn, false, &reading->tables);
    return code ? code : read_owner(reading);
}

static int visit_all(struct reading *reading, outbox_visit_receipt *visit, void *context)
{
    MDB_cursor *cursor;
    MDB_val key, row;
    int code = outbox_receipts_open(reading->txn, false, &reading->tables);
    if (!code)
        code = mdb_cursor_open(reading->txn, reading->tables.receipts.dbi, &cursor);
    if (code) /* none was made yet */
        return code == MDB_NOTFOUND ? 0 : code;
    bool is_wanted = true;
    while (is_wanted && !(code = mdb_cursor_get(cursor, &key, &row, MDB_NEXT))) {
        code = outbox_row_check(reading->tables.receipts, key, &row);
        if (code || key.mv_size != RECEIPT_KEY_BYTES || row.mv_size != RECEIPT_ROW_BYTES) {
            code = MDB_CORRUPTED;
            break;
        }
        const unsigned char *names = key.mv_data, *from = row.mv_data;
        struct outbox_receipt receipt = {.epoch = bytes_get_be64(names),
                                         .sequence = bytes_get_be64(names + 8),
                                         .record = bytes_get_le64(from),
                                         .noted_ms = bytes_get_le64(from + 8)};
        memcpy(receipt.digest, from + 16, DIGEST_BYTES);
        is_wanted = visit(context, reading->stream, reading->producer, &receipt);
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? 0 : code;
}

enum err outbox_each_receipt(const char *directory, outbox_visit_receipt *visit, void *context)
{
    char path[PATH_MAX];
    struct reading reading = {0};
    if (snprintf(path, sizeof path, "%s/" OUTBOX_FILE, directory) >= (int)sizeof path)
        return ERR_LIMIT;
    if (!file_exists(path))
        return ERR_NOT_FOUND;
    int code = begin(&reading, path);
    if (code == MDB_NOTFOUND)
        code = MDB_CORRUPTED;
    if (!code)
        code = visit_all(&reading, visit, context);
    if (reading.txn)
        mdb_txn_abort(reading.txn);
    if (reading.env)
        mdb_env_close(reading.env);
    return outbox_error(code);
}
