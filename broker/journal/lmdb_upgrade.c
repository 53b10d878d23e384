#include "broker/journal/care.h"

#include "broker/journal/lmdb_internal.h"
#include "proto/base/file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* From format 1. In it rows stood in tables of their own:
 *
 *     meta        version; identity; commit; stream/NAME   totals of the stream
 *     producers   STREAM NUL PRODUCER
 *     positions   STREAM NUL CONSUMER
 *     stream/NAME as today
 *
 * Values are the same but for their checks, whose seed is the key. A new file is written beside the old
 * one, in transactions of some thousand records, and put in its place by one rename; the old data file
 * stays under another name. */
#define FOLDER_UPGRADE "journal.upgrade"
#define FILE_KEPT      "journal.format-1.mdb"

enum { RECORDS_PER_TXN = 2000, BYTES_PER_TXN = 16 << 20, OLD_TABLES = LMDB_MAX_TABLES + 3 };

struct upgrade {
    MDB_env *old_env, *env;
    MDB_txn *old, *txn;
    MDB_dbi rows;
    journal_copying *copying;
    void *context;
    uint64_t done, total; /* records */
};

/* --- transactions ----------------------------------------------------------------------------- */

static int begin(struct upgrade *upgrade)
{
    int code = mdb_txn_begin(upgrade->env, NULL, 0, &upgrade->txn);
    return code ? code : mdb_dbi_open(upgrade->txn, NULL, 0, &upgrade->rows);
}

static int commit(struct upgrade *upgrade)
{
    int code = lmdb_put_commit(upgrade->txn, upgrade->rows);
    if (!code) {
        code = mdb_txn_commit(upgrade->txn);
        upgrade->txn = NULL;
    }
    return code;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* A row of the old file under another key, its check made anew. */
static int move_row(struct upgrade *upgrade, const MDB_val *old_key, const MDB_val *value,
                    const char *prefix, size_t skipped)
{
    struct key key;
    unsigned char row[ROW_MAX_BYTES];
    size_t name_size = old_key->mv_size - skipped;
    key_of_text(&key, prefix);
    if (value->mv_size > sizeof row || name_size > sizeof key.bytes - key.size ||
        !row_is_sound(old_key->mv_data, old_key->mv_size, value->mv_data, value->mv_size,
                      value->mv_size))
        return MDB_CORRUPTED;
    memcpy(key.bytes + key.size, (const unsigned char *)old_key->mv_data + skipped, name_size);
    key.size += name_size;
    memcpy(row, value->mv_data, value->mv_size);
    return lmdb_row_put(upgrade->txn, upgrade->rows, &key, row, value->mv_size);
}

static int move_table(struct upgrade *upgrade, const char *table_name, const char *prefix)
{
    MDB_dbi table;
    MDB_cursor *cursor;
    MDB_val key, value;
    int code = mdb_dbi_open(upgrade->old, table_name, 0, &table);
    if (!code)
        code = mdb_cursor_open(upgrade->old, table, &cursor);
    if (code)
        return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
    while (!(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        code = move_row(upgrade, &key, &value, prefix, 0);
        if (code)
            break;
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? 0 : code;
}

static bool is_text(const MDB_val *key, const char *text)
{
    return key->mv_size == strlen(text) && !memcmp(key->mv_data, text, key->mv_size);
}

/* What is new is written new: version and commit. */
static int move_meta_row(struct upgrade *upgrade, const MDB_val *key, const MDB_val *value)
{
    const size_t prefix = sizeof KEY_STREAM - 1;
    if (is_text(key, KEY_VERSION) || is_text(key, KEY_COMMIT))
        return 0;
    if (is_text(key, KEY_IDENTITY))
        return move_row(upgrade, key, value, "", 0);
    if (key->mv_size <= prefix || memcmp(key->mv_data, KEY_STREAM, prefix) ||
        value->mv_size != TOTALS_ROW_BYTES)
        return MDB_CORRUPTED;
    return move_row(upgrade, key, value, KEY_TOTALS, prefix);
}

/* --- streams ---------------------------------------------------------------------------------- */

static int copy_some(struct upgrade *upgrade, MDB_cursor *from, MDB_dbi to)
{
    MDB_val key, value;
    size_t bytes = 0;
    int code = 0;
    for (int i = 0; i < RECORDS_PER_TXN && bytes < BYTES_PER_TXN && !code; i++) {
        code = mdb_cursor_get(from, &key, &value, MDB_NEXT);
        if (!code)
            code = mdb_put(upgrade->txn, to, &key, &value, MDB_APPEND);
        bytes += code ? 0 : value.mv_size;
        upgrade->done += code ? 0 : 1;
    }
    return code;
}

static int copy_stream(struct upgrade *upgrade, const char *name, MDB_cursor *from)
{
    MDB_dbi to;
    int code = 0, end = 0;
    while (!code && end != MDB_NOTFOUND) {
        code = begin(upgrade);
        if (!code)
            code = mdb_dbi_open(upgrade->txn, name, MDB_CREATE, &to);
        end = code ? code : copy_some(upgrade, from, to);
        if (!code && end && end != MDB_NOTFOUND)
            code = end;
        if (!code)
            code = commit(upgrade);
        if (!code && !upgrade->copying(upgrade->context, upgrade->done, upgrade->total))
            code = EINTR;
    }
    return code;
}

static int move_stream(struct upgrade *upgrade, const MDB_val *key)
{
    char name[KEY_MAX_BYTES + 1];
    MDB_dbi from;
    MDB_cursor *cursor;
    snprintf(name, sizeof name, "%.*s", (int)key->mv_size, (const char *)key->mv_data);
    int code = mdb_dbi_open(upgrade->old, name, 0, &from);
    if (!code)
        code = mdb_cursor_open(upgrade->old, from, &cursor);
    if (code)
        return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
    code = copy_stream(upgrade, name, cursor);
    mdb_cursor_close(cursor);
    return code;
}

/* --- all of it -------------------------------------------------------------------------------- */

typedef int visit_meta(struct upgrade *upgrade, const MDB_val *key, const MDB_val *value);

static int each_meta(struct upgrade *upgrade, visit_meta *visit)
{
    MDB_dbi meta;
    MDB_cursor *cursor;
    MDB_val key, value;
    int code = mdb_dbi_open(upgrade->old, LMDB_TABLE_OF_FORMAT_1, 0, &meta);
    if (!code)
        code = mdb_cursor_open(upgrade->old, meta, &cursor);
    if (code)
        return code;
    while (!(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) &&
           !(code = visit(upgrade, &key, &value)))
        continue;
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? 0 : code;
}

static int visit_stream(struct upgrade *upgrade, const MDB_val *key, const MDB_val *value)
{
    const size_t prefix = sizeof KEY_STREAM - 1;
    (void)value;
    if (key->mv_size <= prefix || memcmp(key->mv_data, KEY_STREAM, prefix))
        return 0;
    return move_stream(upgrade, key);
}

static int count_stream(struct upgrade *upgrade, const MDB_val *key, const MDB_val *value)
{
    const size_t prefix = sizeof KEY_STREAM - 1;
    struct totals totals;
    if (key->mv_size > prefix && !memcmp(key->mv_data, KEY_STREAM, prefix) &&
        value->mv_size == TOTALS_ROW_BYTES) {
        totals_decode(value->mv_data, &totals);
        upgrade->total += totals.last;
    }
    return 0;
}

static int convert(struct upgrade *upgrade)
{
    int code = each_meta(upgrade, count_stream);
    if (!code)
        code = begin(upgrade);
    if (!code)
        code = lmdb_put_version(upgrade->txn, upgrade->rows);
    if (!code)
        code = each_meta(upgrade, move_meta_row);
    if (!code)
        code = move_table(upgrade, "producers", KEY_PRODUCER);
    if (!code)
        code = move_table(upgrade, "positions", KEY_POSITION);
    if (!code)
        code = commit(upgrade);
    if (!code)
        code = each_meta(upgrade, visit_stream);
    if (!code)
        code = begin(upgrade);
    return code ? code : commit(upgrade);
}

static int open_both(struct upgrade *upgrade, const char *from, const char *to)
{
    MDB_envinfo info;
    int code = mdb_env_create(&upgrade->old_env);
    if (!code)
        code = mdb_env_create(&upgrade->env);
    if (code)
        return code;
    mdb_env_set_maxdbs(upgrade->old_env, OLD_TABLES);
    mdb_env_set_maxdbs(upgrade->env, LMDB_MAX_TABLES);
    code = mdb_env_open(upgrade->old_env, from, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0);
    if (!code)
        code = mdb_env_info(upgrade->old_env, &info);
    if (!code)
        code = mdb_env_set_mapsize(upgrade->env, info.me_mapsize);
    if (!code)
        code = mdb_env_open(upgrade->env, to, MDB_NOTLS, 0600);
    return code ? code : mdb_txn_begin(upgrade->old_env, NULL, MDB_RDONLY, &upgrade->old);
}

static void close_both(struct upgrade *upgrade)
{
    if (upgrade->txn)
        mdb_txn_abort(upgrade->txn);
    if (upgrade->old)
        mdb_txn_abort(upgrade->old);
    if (upgrade->env)
        mdb_env_close(upgrade->env);
    if (upgrade->old_env)
        mdb_env_close(upgrade->old_env);
}

enum err journal_upgrade(const char *state, journal_copying *copying, void *context,
                         char folder[CARE_PATH_BYTES])
{
    char from[CARE_PATH_BYTES];
    struct upgrade upgrade = {.copying = copying, .context = context};
    enum err err = lmdb_path_in(state, LMDB_FOLDER, from);
    if (!err)
        err = lmdb_path_in(state, FOLDER_UPGRADE, folder);
    if (err)
        return err;
    lmdb_remove_files(folder);
    if (mkdir(folder, 0700))
        return err_from_errno(errno);
    int code = open_both(&upgrade, from, folder);
    if (!code)
        code = convert(&upgrade);
    err = code == EINTR ? ERR_STOPPED : lmdb_error(code);
    if (!err)
        err = lmdb_finish_file(upgrade.env, folder);
    close_both(&upgrade);
    if (err)
        lmdb_remove_files(folder);
    return err;
}

/* A second name for the old file. One that is there already is that of an upgrade which was cut short, or of
 * another file, and that one is not given up for ours. On disk before the rename that takes the first name,
 * or after a power cut the old file might have neither. */
static enum err keep_old(const char *state, const char *data, const char *kept)
{
    struct stat own, other;
    if (link(data, kept)) {
        if (errno != EEXIST || stat(data, &own) || stat(kept, &other))
            return err_from_errno(errno);
        if (own.st_dev != other.st_dev || own.st_ino != other.st_ino)
            return ERR_EXISTS;
    }
    return file_sync_directory(state);
}

/* The old file gets a second name, and the new one takes over its first in one rename. */
enum err journal_upgrade_use(const char *state)
{
    char from[CARE_PATH_BYTES], data[CARE_PATH_BYTES], kept[CARE_PATH_BYTES];
    enum err err = lmdb_path_in(state, FOLDER_UPGRADE "/" LMDB_DATA_FILE, from);
    if (!err)
        err = lmdb_path_in(state, LMDB_FOLDER "/" LMDB_DATA_FILE, data);
    if (!err)
        err = lmdb_path_in(state, FILE_KEPT, kept);
    if (err)
        return err;
    err = keep_old(state, data, kept);
    if (!err)
        err = lmdb_use_data(state, from);
    if (err)
        return err;
    journal_upgrade_drop(state);
    return file_sync_directory(state);
}

void journal_upgrade_drop(const char *state)
{
    char folder[CARE_PATH_BYTES];
    if (!lmdb_path_in(state, FOLDER_UPGRADE, folder))
        lmdb_remove_files(folder);
}
