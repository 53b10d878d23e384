#include "proto/client/outbox_internal.h"

#include "proto/base/bytes.h"
#include "proto/base/file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_MAP_BYTES ((uint64_t)1 << 30)
#define MAX_TABLES        4

enum { VERDICT = 100 }; /* exit code of the child that looks at the file: VERDICT + enum err */

static enum err path_of(const struct outbox *outbox, const char *name, char out[PATH_MAX])
{
    int size = snprintf(out, PATH_MAX, "%s/%s", outbox->directory, name);
    return size < PATH_MAX ? ERR_OK : ERR_LIMIT;
}

static int open_environment(const char *path, uint64_t map_bytes, unsigned flags, MDB_env **out)
{
    MDB_env *env;
    int code = mdb_env_create(&env);
    if (code)
        return code;
    mdb_env_set_maxdbs(env, MAX_TABLES);
    code = mdb_env_set_mapsize(env, map_bytes);
    if (!code)
        code = mdb_env_open(env, path, flags | MDB_NOTLS | MDB_NOSUBDIR, 0600);
    if (code)
        mdb_env_close(env);
    else
        *out = env;
    return code;
}

/* --- a new outbox ----------------------------------------------------------------------------- */

static size_t owner_of(const struct outbox *outbox, char owner[2 * NAME_MAX_BYTES + 2])
{
    size_t stream_size = strlen(outbox->stream) + 1;
    strcpy(owner, outbox->stream);
    strcpy(owner + stream_size, outbox->producer);
    return stream_size + strlen(outbox->producer);
}

static int put_first_rows(const struct outbox *outbox, MDB_txn *txn)
{
    struct outbox_tables tables;
    const struct chain chain = {.next_sequence = 1};
    unsigned char version[8];
    char owner[2 * NAME_MAX_BYTES + 2];
    bytes_put_le64(version, OUTBOX_VERSION);
    int code = outbox_tables_open(txn, true, &tables);
    if (!code)
        code = outbox_row_put(txn, tables.meta, outbox_val(META_VERSION, strlen(META_VERSION)),
                              outbox_val(version, sizeof version));
    if (!code)
        code = outbox_row_put(txn, tables.meta, outbox_val(META_OWNER, strlen(META_OWNER)),
                              outbox_val(owner, owner_of(outbox, owner)));
    return code ? code : chain_put(txn, &tables, &chain);
}

static int fill(const struct outbox *outbox, MDB_env *env)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(env, NULL, 0, &txn);
    if (code)
        return code;
    code = put_first_rows(outbox, txn);
    if (code) {
        mdb_txn_abort(txn);
        return code;
    }
    code = mdb_txn_commit(txn);
    return code ? code : mdb_env_sync(env, 1);
}

static void remove_unfinished(const char *path)
{
    char lock[PATH_MAX + 8];
    snprintf(lock, sizeof lock, "%s-lock", path);
    unlink(path);
    unlink(lock);
}

/* Made under another name and renamed: a power cut leaves an outbox that is whole, or none. LMDB itself
 * flushes no directory. */
static enum err create(const struct outbox *outbox, const char *path)
{
    char path_new[PATH_MAX];
    MDB_env *env;
    enum err err = path_of(outbox, OUTBOX_FILE_NEW, path_new);
    if (err)
        return err;
    remove_unfinished(path_new);
    err = outbox_error(open_environment(path_new, outbox->map_bytes, 0, &env));
    if (err)
        return err;
    err = outbox_error(fill(outbox, env));
    mdb_env_close(env);
    if (!err && rename(path_new, path))
        err = err_from_errno(errno);
    remove_unfinished(path_new);
    return err ? err : file_sync_directory(outbox->directory);
}

/* --- a look before it is trusted -------------------------------------------------------------- */

/* A damaged tree can send a cursor in circles, so no more rows are looked at than the table says. */
static int examine_table(MDB_txn *txn, struct outbox_table table)
{
    MDB_stat stat;
    MDB_cursor *cursor;
    MDB_val key, value;
    size_t left = 0;
    int code = mdb_stat(txn, table.dbi, &stat);
    if (!code)
        code = mdb_cursor_open(txn, table.dbi, &cursor);
    if (code)
        return code;
    for (left = stat.ms_entries; left && !code; left--) {
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        if (!code)
            code = outbox_row_check(table, key, &value);
    }
    if (!code && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) != MDB_NOTFOUND)
        code = MDB_CORRUPTED;
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
}

static int examine_rows(MDB_txn *txn)
{
    struct outbox_tables tables;
    struct chain chain;
    int code = outbox_tables_open(txn, false, &tables);
    if (!code)
        code = chain_get(txn, &tables, &chain);
    if (!code)
        code = examine_table(txn, tables.meta);
    if (!code)
        code = examine_table(txn, tables.batches);
    if (!code)
        code = examine_table(txn, tables.state);
    if (!code && !outbox_receipts_open(txn, false, &tables))
        code = examine_table(txn, tables.receipts);
    return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
}

static void on_assert(MDB_env *env, const char *text)
{
    (void)env;
    (void)text;
    _exit(VERDICT + (int)ERR_CORRUPT);
}

static enum err examine_here(const char *path, uint64_t map_bytes)
{
    MDB_env *env;
    MDB_txn *txn;
    int code = open_environment(path, map_bytes, MDB_RDONLY | MDB_NOLOCK, &env);
    if (code)
        return outbox_error(code);
    mdb_env_set_assert(env, on_assert);
    code = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    return outbox_error(code ? code : examine_rows(txn));
}

/* LMDB trusts its pages: a truncated or damaged file ends the process that reads it. A child reads it
 * first, so that damage is a verdict and not a crash loop. Memory of the parent is not written by it. */
static enum err examine(const struct outbox *outbox, const char *path)
{
    int status;
    pid_t child = fork();
    if (child < 0)
        return ERR_NOMEM;
    if (!child) {
        close(outbox->lock); /* the lock must not outlive the parent */
        signal(SIGBUS, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        _exit(VERDICT + (int)examine_here(path, outbox->map_bytes));
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return ERR_INTERNAL;
    if (!WIFEXITED(status) || WEXITSTATUS(status) < VERDICT ||
        WEXITSTATUS(status) >= VERDICT + ERR_COUNT)
        return ERR_CORRUPT;
    return (enum err)(WEXITSTATUS(status) - VERDICT);
}

/* --- opening ---------------------------------------------------------------------------------- */

static int check_owner(const struct outbox *outbox, MDB_txn *txn, enum err *verdict)
{
    MDB_val row;
    char owner[2 * NAME_MAX_BYTES + 2];
    struct outbox_table meta = outbox->tables.meta;
    int code = outbox_row_get(txn, meta, outbox_val(META_VERSION, strlen(META_VERSION)), &row);
    if (!code && (row.mv_size != 8 || bytes_get_le64(row.mv_data) != OUTBOX_VERSION))
        code = MDB_VERSION_MISMATCH;
    if (!code)
        code = outbox_row_get(txn, meta, outbox_val(META_OWNER, strlen(META_OWNER)), &row);
    size_t size = owner_of(outbox, owner);
    if (!code && (row.mv_size != size || memcmp(row.mv_data, owner, size)))
        *verdict = ERR_CONFIG;
    return code;
}

static int read_first_rows(struct outbox *outbox, enum err *verdict)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(outbox->env, NULL, 0, &txn);
    if (code)
        return code;
    code = outbox_tables_open(txn, false, &outbox->tables);
    if (!code)
        code = check_owner(outbox, txn, verdict);
    if (!code)
        code = chain_get(txn, &outbox->tables, &outbox->kept);
    if (!code)
        code = outbox_receipts_open(txn, true, &outbox->tables);
    if (!code)
        code = outbox_rollback_read(outbox, txn);
    if (code) {
        mdb_txn_abort(txn);
        return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
    }
    return mdb_txn_commit(txn); /* keeps the tables' handles */
}

static uint64_t map_bytes_of(uint64_t max_bytes)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (!max_bytes)
        max_bytes = DEFAULT_MAP_BYTES;
    if (max_bytes < OUTBOX_MIN_BYTES)
        max_bytes = OUTBOX_MIN_BYTES;
    return (max_bytes + page - 1) / page * page;
}

enum err outbox_file_open(struct outbox *outbox)
{
    char path[PATH_MAX];
    MDB_envinfo info;
    enum err err = path_of(outbox, OUTBOX_FILE, path);
    if (err)
        return err;
    outbox->map_bytes = map_bytes_of(outbox->map_bytes);
    err = file_exists(path) ? examine(outbox, path) : create(outbox, path);
    if (err)
        return err;
    int code = open_environment(path, outbox->map_bytes, 0, &outbox->env);
    if (!code) /* the page cache may hold a commit that the disk lacks */
        code = mdb_env_sync(outbox->env, 1);
    if (!code)
        code = mdb_env_info(outbox->env, &info);
    if (!code)
        code = read_first_rows(outbox, &err);
    if (code)
        return outbox_error(code);
    outbox->map_bytes = info.me_mapsize;
    return err;
}
