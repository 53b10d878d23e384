#include "broker/journal/care.h"

#include "broker/journal/lmdb_internal.h"
#include "proto/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum err journal_folder(const char *state, char out[CARE_PATH_BYTES])
{
    return lmdb_path_in(state, LMDB_FOLDER, out);
}

static enum err check_there(const char *folder)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/" LMDB_DATA_FILE, folder);
    return size < (int)sizeof path && file_exists(path) ? ERR_OK : ERR_NOT_FOUND;
}

/* The row `version` keeps its form; it stood in a table of its own in format 1. */
static int read_format(MDB_txn *txn, uint64_t *out)
{
    MDB_dbi table;
    struct key key;
    unsigned char row[VERSION_ROW_BYTES];
    int code = mdb_dbi_open(txn, LMDB_TABLE_OF_FORMAT_1, 0, &table);
    if (code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE)
        code = mdb_dbi_open(txn, NULL, 0, &table);
    key_of_text(&key, KEY_VERSION);
    if (!code)
        code = lmdb_row_get(txn, table, &key, row, sizeof row);
    if (!code)
        *out = bytes_get_le64(row);
    return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
}

void lmdb_keep_owner(const char *like, const char *path)
{
    struct stat info;
    if (geteuid() || stat(like, &info))
        return;
    if (chown(path, info.st_uid, info.st_gid)) /* the broker says so when it cannot open it */
        return;
}

/* LMDB makes its lock file when there is none. */
void lmdb_keep_lock_owner(const char *folder)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/lock.mdb", folder) < (int)sizeof path && file_exists(path))
        lmdb_keep_owner(folder, path);
}

/* --- looking ---------------------------------------------------------------------------------- */

static int open_to_read(struct lmdb_journal *journal, const char *folder, bool is_copy)
{
    MDB_envinfo info;
    unsigned flags = MDB_RDONLY | MDB_NOTLS | (is_copy ? MDB_NOLOCK : 0);
    int code = mdb_env_create(&journal->env);
    if (code)
        return code;
    mdb_env_set_maxdbs(journal->env, LMDB_MAX_TABLES);
    code = mdb_env_open(journal->env, folder, flags, 0600);
    if (!code && !is_copy)
        lmdb_keep_lock_owner(folder);
    if (!code)
        code = mdb_env_info(journal->env, &info);
    if (!code)
        journal->map_bytes = info.me_mapsize;
    return code;
}

/* As in a broker, a handle lives on when the transaction that opened it is committed. */
static int open_tables(struct lmdb_journal *journal, bool is_copy)
{
    uint64_t format;
    int code = mdb_txn_begin(journal->env, NULL, MDB_RDONLY, &journal->txn);
    if (!code)
        code = read_format(journal->txn, &format);
    if (code)
        return code;
    bool is_readable = is_copy ? journal_reads_copy(format) : format == FORMAT_VERSION;
    code = is_readable ? lmdb_open_main_table(journal) : MDB_VERSION_MISMATCH;
    if (code)
        return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
    code = mdb_txn_commit(journal->txn);
    journal->txn = NULL;
    return code;
}

enum err journal_look(const char *folder, bool is_copy, struct journal **out)
{
    enum err err = check_there(folder);
    if (err)
        return err;
    struct lmdb_journal *journal = lmdb_new();
    if (!journal)
        return ERR_NOMEM;
    int code = open_to_read(journal, folder, is_copy);
    if (!code)
        code = open_tables(journal, is_copy);
    struct journal *base = &journal->base;
    if (code)
        journal_close(&base);
    else
        *out = base;
    return lmdb_error(code);
}

size_t journal_stream_names(struct journal *base, const char *names[JOURNAL_MAX_STREAMS])
{
    struct lmdb_journal *journal = lmdb_of(base);
    for (size_t i = 0; i < journal->stream_count; i++)
        names[i] = journal->streams[i].name;
    return journal->stream_count;
}

/* --- format ----------------------------------------------------------------------------------- */

uint64_t journal_format_written(void)
{
    return FORMAT_VERSION;
}

bool journal_reads_copy(uint64_t format)
{
    return format == FORMAT_VERSION || format == FORMAT_WITHOUT_FRONT;
}

enum err journal_format(const char *folder, uint64_t *out)
{
    MDB_env *env;
    MDB_txn *txn;
    enum err err = check_there(folder);
    if (err)
        return err;
    int code = mdb_env_create(&env);
    if (code)
        return lmdb_error(code);
    mdb_env_set_maxdbs(env, LMDB_MAX_TABLES);
    code = mdb_env_open(env, folder, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0);
    if (!code)
        code = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (!code) {
        code = read_format(txn, out);
        mdb_txn_abort(txn);
    }
    mdb_env_close(env);
    return lmdb_error(code);
}

/* --- the rest --------------------------------------------------------------------------------- */

enum err journal_examine(const char *folder, bool is_copy)
{
    enum err err = check_there(folder);
    if (err)
        return err;
    return is_copy ? lmdb_examine_copy(folder) : lmdb_examine(folder, true);
}

enum err journal_lock(const char *state, int *out)
{
    char path[PATH_MAX];
    struct stat info;
    if (snprintf(path, sizeof path, "%s/" LMDB_LOCK_FILE, state) >= (int)sizeof path ||
        stat(state, &info) || !S_ISDIR(info.st_mode))
        return ERR_NOT_FOUND;
    enum err err = file_lock(path, out);
    if (!err)
        lmdb_keep_owner(state, path);
    return err;
}

void journal_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

enum err journal_measure(const char *folder, struct journal_sizes *out)
{
    char path[PATH_MAX];
    struct stat file;
    MDB_envinfo info;
    MDB_stat stat_of;
    struct journal *journal;
    enum err err = journal_look(folder, true, &journal);
    if (err)
        return err;
    int code = mdb_env_info(lmdb_of(journal)->env, &info);
    if (!code)
        code = mdb_env_stat(lmdb_of(journal)->env, &stat_of);
    journal_close(&journal);
    if (snprintf(path, sizeof path, "%s/" LMDB_DATA_FILE, folder) >= (int)sizeof path ||
        stat(path, &file))
        return ERR_NOT_FOUND;
    if (!code)
        *out = (struct journal_sizes){.file_bytes = (uint64_t)file.st_size,
                                      .used_bytes =
                                          ((uint64_t)info.me_last_pgno + 1) * stat_of.ms_psize};
    return lmdb_error(code);
}
