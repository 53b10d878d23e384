#include "proto/client/outbox_internal.h"

#include "proto/base/bytes.h"

#include <string.h>
#include <xxhash.h>

enum err outbox_error(int code)
{
    switch (code) {
    case 0:
        return ERR_OK;
    case MDB_NOTFOUND:
        return ERR_NOT_FOUND;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_CURSOR_FULL:
        return ERR_CORRUPT;
    case MDB_VERSION_MISMATCH:
        return ERR_VERSION;
    default:
        return code > 0 ? err_from_errno(code) : ERR_IO;
    }
}

/* --- tables ----------------------------------------------------------------------------------- */

static int open_table(MDB_txn *txn, const char *name, bool is_new, struct outbox_table *out)
{
    out->seed = XXH3_64bits(name, strlen(name));
    return mdb_dbi_open(txn, name, is_new ? MDB_CREATE : 0, &out->dbi);
}

int outbox_tables_open(MDB_txn *txn, bool is_new, struct outbox_tables *out)
{
    int code = open_table(txn, "meta", is_new, &out->meta);
    if (!code)
        code = open_table(txn, "batches", is_new, &out->batches);
    if (!code)
        code = open_table(txn, "state", is_new, &out->state);
    return code;
}

int outbox_receipts_open(MDB_txn *txn, bool may_make, struct outbox_tables *out)
{
    return open_table(txn, "receipts", may_make, &out->receipts);
}

/* --- rows ------------------------------------------------------------------------------------- */

static uint64_t check_of(struct outbox_table table, MDB_val key, const void *bytes, size_t size)
{
    return XXH3_64bits_withSeed(bytes, size,
                                XXH3_64bits_withSeed(key.mv_data, key.mv_size, table.seed));
}

int outbox_row_put(MDB_txn *txn, struct outbox_table table, MDB_val key, MDB_val bytes)
{
    MDB_val value = {.mv_size = CHECK_BYTES + bytes.mv_size};
    int code = mdb_put(txn, table.dbi, &key, &value, MDB_RESERVE);
    if (code)
        return code;
    unsigned char *to = value.mv_data;
    bytes_put_le64(to, check_of(table, key, bytes.mv_data, bytes.mv_size));
    if (bytes.mv_size)
        memcpy(to + CHECK_BYTES, bytes.mv_data, bytes.mv_size);
    return 0;
}

int outbox_row_check(struct outbox_table table, MDB_val key, MDB_val *value)
{
    const unsigned char *from = value->mv_data;
    if (value->mv_size < CHECK_BYTES)
        return MDB_CORRUPTED;
    MDB_val bytes = outbox_val(from + CHECK_BYTES, value->mv_size - CHECK_BYTES);
    if (bytes_get_le64(from) != check_of(table, key, bytes.mv_data, bytes.mv_size))
        return MDB_CORRUPTED;
    *value = bytes;
    return 0;
}

int outbox_row_get(MDB_txn *txn, struct outbox_table table, MDB_val key, MDB_val *out)
{
    MDB_val value;
    int code = mdb_get(txn, table.dbi, &key, &value);
    if (!code)
        code = outbox_row_check(table, key, &value);
    if (!code)
        *out = value;
    return code;
}

/* --- the chain -------------------------------------------------------------------------------- */

static void chain_encode(const struct chain *chain, unsigned char row[CHAIN_ROW_BYTES])
{
    const uint64_t numbers[] = {chain->epoch, chain->next_sequence, chain->acknowledged,
                                chain->receipt_record};
    unsigned char *at = row;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++, at += 8)
        bytes_put_le64(at, numbers[i]);
    memcpy(at, chain->head, DIGEST_BYTES);
    memcpy(at + DIGEST_BYTES, chain->base, DIGEST_BYTES);
    memcpy(at + 2 * DIGEST_BYTES, chain->receipt_digest, DIGEST_BYTES);
    memcpy(at + 3 * DIGEST_BYTES, chain->broker_id, BROKER_ID_BYTES);
}

static void chain_decode(const unsigned char *row, struct chain *out)
{
    const unsigned char *at = row + 4 * 8;
    *out = (struct chain){.epoch = bytes_get_le64(row),
                          .next_sequence = bytes_get_le64(row + 8),
                          .acknowledged = bytes_get_le64(row + 16),
                          .receipt_record = bytes_get_le64(row + 24)};
    memcpy(out->head, at, DIGEST_BYTES);
    memcpy(out->base, at + DIGEST_BYTES, DIGEST_BYTES);
    memcpy(out->receipt_digest, at + 2 * DIGEST_BYTES, DIGEST_BYTES);
    memcpy(out->broker_id, at + 3 * DIGEST_BYTES, BROKER_ID_BYTES);
}

int chain_get(MDB_txn *txn, const struct outbox_tables *tables, struct chain *out)
{
    MDB_val row;
    int code = outbox_row_get(txn, tables->meta, outbox_val(META_CHAIN, strlen(META_CHAIN)), &row);
    if (!code && row.mv_size != CHAIN_ROW_BYTES)
        code = MDB_CORRUPTED;
    if (!code)
        chain_decode(row.mv_data, out);
    return code;
}

int chain_put(MDB_txn *txn, const struct outbox_tables *tables, const struct chain *chain)
{
    unsigned char row[CHAIN_ROW_BYTES];
    chain_encode(chain, row);
    return outbox_row_put(txn, tables->meta, outbox_val(META_CHAIN, strlen(META_CHAIN)),
                          outbox_val(row, sizeof row));
}
