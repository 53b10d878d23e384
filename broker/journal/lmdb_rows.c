#include "broker/journal/lmdb_internal.h"

enum err lmdb_error(int code)
{
    switch (code) {
    case MDB_NOTFOUND:
        return ERR_NOT_FOUND;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_CURSOR_FULL:
    case MDB_INCOMPATIBLE:
        return ERR_CORRUPT;
    case MDB_VERSION_MISMATCH:
        return ERR_VERSION;
    case MDB_READERS_FULL:
        return ERR_NOMEM;
    case MDB_MAP_FULL:
        return ERR_FULL;
    default:
        return code < 0 ? ERR_IO : err_from_errno(code);
    }
}

int lmdb_row_get(MDB_txn *txn, MDB_dbi rows, const struct key *key, unsigned char *row, size_t size)
{
    MDB_val name = lmdb_val(key->bytes, key->size), value;
    int code = mdb_get(txn, rows, &name, &value);
    if (code)
        return code;
    if (!row_is_sound(key->bytes, key->size, value.mv_data, value.mv_size, size))
        return MDB_CORRUPTED;
    memcpy(row, value.mv_data, size);
    return 0;
}

int lmdb_row_put(MDB_txn *txn, MDB_dbi rows, const struct key *key, unsigned char *row, size_t size)
{
    row_seal(key, row, size);
    MDB_val name = lmdb_val(key->bytes, key->size), value = lmdb_val(row, size);
    return mdb_put(txn, rows, &name, &value, 0);
}

int lmdb_put_version(MDB_txn *txn, MDB_dbi rows)
{
    struct key key;
    unsigned char row[VERSION_ROW_BYTES];
    key_of_text(&key, KEY_VERSION);
    bytes_put_le64(row, FORMAT_VERSION);
    return lmdb_row_put(txn, rows, &key, row, sizeof row);
}

int lmdb_put_commit(MDB_txn *txn, MDB_dbi rows)
{
    struct key key;
    unsigned char row[COMMIT_ROW_BYTES];
    key_of_text(&key, KEY_COMMIT);
    bytes_put_le64(row, mdb_txn_id(txn));
    return lmdb_row_put(txn, rows, &key, row, sizeof row);
}

enum row_kind lmdb_row_kind(const MDB_val *key, const MDB_val *value)
{
    static const size_t sizes[] = {
        [ROW_COMMIT] = COMMIT_ROW_BYTES,     [ROW_IDENTITY] = IDENTITY_ROW_BYTES,
        [ROW_TOTALS] = TOTALS_ROW_BYTES,     [ROW_VERSION] = VERSION_ROW_BYTES,
        [ROW_POSITION] = POSITION_ROW_BYTES, [ROW_PRODUCER] = PRODUCER_ROW_BYTES};
    enum row_kind kind = row_kind_of(key->mv_data, key->mv_size);
    if (kind == ROW_UNKNOWN || kind == ROW_STREAM)
        return kind;
    return row_is_sound(key->mv_data, key->mv_size, value->mv_data, value->mv_size, sizes[kind])
               ? kind
               : ROW_UNKNOWN;
}

int lmdb_table_pages(MDB_txn *txn, MDB_dbi table, uint64_t *pages)
{
    MDB_stat stat;
    int code = mdb_stat(txn, table, &stat);
    if (!code)
        *pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    return code;
}
