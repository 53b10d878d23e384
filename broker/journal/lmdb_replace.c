#include "broker/journal/care.h"

#include "broker/journal/lmdb_internal.h"
#include "proto/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_COMPACT "journal.compact"
#define FOLDER_BETWEEN "journal.between" /* the first of two passes */

enum err lmdb_path_in(const char *state, const char *name, char *out)
{
    return snprintf(out, CARE_PATH_BYTES, "%s/%s", state, name) < CARE_PATH_BYTES ? ERR_OK
                                                                                  : ERR_LIMIT;
}

static enum err make_folder(const char *folder)
{
    lmdb_remove_files(folder);
    return mkdir(folder, 0700) ? err_from_errno(errno) : ERR_OK;
}

/* --- putting back ----------------------------------------------------------------------------- */

static enum err set_aside(int file, uint64_t bytes)
{
    int code;
    do
        code = posix_fallocate(file, 0, (off_t)bytes);
    while (code == EINTR);
    if (code)
        return code == EFBIG ? ERR_FULL : err_from_errno(code);
    return fsync(file) ? err_from_errno(errno) : ERR_OK;
}

static enum err map_bytes_of(const char *folder, uint64_t *out)
{
    struct journal *journal;
    enum err err = journal_look(folder, true, &journal);
    if (err)
        return err;
    *out = lmdb_of(journal)->map_bytes;
    journal_close(&journal);
    return ERR_OK;
}

static enum err fill_file(const char *copy, int file, uint64_t bytes,
                          const struct journal_copied *expected, journal_copying *copying,
                          void *context)
{
    struct journal_copied copied;
    enum err err = lmdb_pass_copy(copy, file, copying, context, &copied);
    if (!err && (copied.bytes != expected->bytes ||
                 memcmp(copied.digest, expected->digest, DIGEST_BYTES) != 0))
        err = ERR_DIFFERENT;
    return err ? err : set_aside(file, bytes);
}

static enum err write_folder(const char *copy, const char *state, const char *folder,
                             uint64_t bytes, const struct journal_copied *expected,
                             journal_copying *copying, void *context)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/" LMDB_DATA_FILE, folder) >= (int)sizeof path)
        return ERR_LIMIT;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0)
        return err_from_errno(errno);
    enum err err = fill_file(copy, file, bytes, expected, copying, context);
    close(file);
    lmdb_keep_owner(state, path);
    return err ? err : file_sync_directory(folder);
}

/* The copy was examined, and it is the one that was. */
static enum err bring_up_to_date(const char *folder)
{
    uint64_t format;
    enum err err = journal_format(folder, &format);
    return err || format == FORMAT_VERSION ? err : lmdb_raise(folder);
}

enum err journal_restore(const char *copy, const char *state, uint64_t max_bytes,
                         const struct journal_copied *expected, journal_copying *copying,
                         void *context)
{
    char folder[CARE_PATH_BYTES], folder_new[CARE_PATH_BYTES];
    uint64_t bytes = 0;
    enum err err = lmdb_path_in(state, LMDB_FOLDER, folder);
    if (!err)
        err = lmdb_path_in(state, LMDB_FOLDER_NEW, folder_new);
    if (!err && file_exists(folder))
        err = ERR_EXISTS;
    if (!err)
        err = map_bytes_of(copy, &bytes);
    if (!err)
        err = make_folder(folder_new);
    if (err)
        return err;
    bytes += LMDB_FRONT_BYTES;
    if (max_bytes && lmdb_map_bytes(max_bytes) > bytes)
        bytes = lmdb_map_bytes(max_bytes);
    err = write_folder(copy, state, folder_new, bytes, expected, copying, context);
    if (!err)
        err = bring_up_to_date(folder_new);
    lmdb_keep_owner(state, folder_new);
    lmdb_keep_lock_owner(folder_new);
    if (!err && rename(folder_new, folder))
        err = err_from_errno(errno);
    if (err)
        lmdb_remove_files(folder_new);
    return err ? err : file_sync_directory(state);
}

/* --- without free pages ----------------------------------------------------------------------- */

/* A map no smaller than what is in use; LMDB sees to that. */
static int copy_compactly(const char *from, const char *to, uint64_t map_bytes)
{
    MDB_env *env;
    int code = mdb_env_create(&env);
    if (code)
        return code;
    mdb_env_set_maxdbs(env, LMDB_MAX_TABLES);
    code = mdb_env_set_mapsize(env, map_bytes);
    if (!code)
        code = mdb_env_open(env, from, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0);
    if (!code)
        code = mdb_env_copy2(env, to, MDB_CP_COMPACT);
    mdb_env_close(env);
    return code;
}

/* LMDB numbers the transactions of such a copy anew, so the row `commit` is not true; and each of the two
 * headers must lead to one of its own. So it is written twice. */
static int write_commit(MDB_env *env)
{
    MDB_txn *txn;
    MDB_dbi rows;
    int code = mdb_txn_begin(env, NULL, 0, &txn);
    if (code)
        return code;
    code = mdb_dbi_open(txn, NULL, 0, &rows);
    if (!code)
        code = lmdb_put_commit(txn, rows);
    if (!code)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return code;
}

enum err lmdb_finish_file(MDB_env *env, const char *folder)
{
    MDB_envinfo info;
    enum err err = lmdb_error(mdb_env_info(env, &info));
    if (!err)
        err = lmdb_preallocate(env, info.me_mapsize + LMDB_FRONT_BYTES);
    if (!err && mdb_env_sync(env, 1))
        err = ERR_IO;
    return err ? err : file_sync_directory(folder);
}

static enum err make_usable(const char *folder)
{
    MDB_env *env;
    int code = mdb_env_create(&env);
    if (code)
        return lmdb_error(code);
    mdb_env_set_maxdbs(env, LMDB_MAX_TABLES);
    code = mdb_env_open(env, folder, MDB_NOTLS, 0600);
    for (int i = 0; i < 2 && !code; i++)
        code = write_commit(env);
    enum err err = lmdb_error(code);
    if (!err)
        err = lmdb_finish_file(env, folder);
    mdb_env_close(env);
    return err;
}

/* The first pass cannot make the map smaller than the highest page that was ever used, the second can. */
static enum err compact_into(const char *from, const char *between, const char *to,
                             uint64_t map_bytes)
{
    struct journal_sizes sizes;
    enum err err = journal_measure(from, &sizes);
    if (!err && sizes.used_bytes <= map_bytes)
        return lmdb_error(copy_compactly(from, to, map_bytes));
    if (!err)
        err = make_folder(between);
    if (!err)
        err = lmdb_error(copy_compactly(from, between, map_bytes));
    if (!err)
        err = lmdb_error(copy_compactly(between, to, map_bytes));
    lmdb_remove_files(between);
    return err;
}

enum err journal_compact(const char *state, uint64_t max_bytes, char folder[CARE_PATH_BYTES])
{
    char from[CARE_PATH_BYTES], between[CARE_PATH_BYTES];
    uint64_t map_bytes = 0;
    enum err err = lmdb_path_in(state, LMDB_FOLDER, from);
    if (!err)
        err = lmdb_path_in(state, FOLDER_BETWEEN, between);
    if (!err)
        err = lmdb_path_in(state, FOLDER_COMPACT, folder);
    if (!err)
        err = map_bytes_of(from, &map_bytes);
    if (!err)
        err = make_folder(folder);
    if (err)
        return err;
    if (max_bytes)
        map_bytes = lmdb_map_bytes(max_bytes) - LMDB_FRONT_BYTES;
    err = compact_into(from, between, folder, map_bytes);
    if (!err)
        err = make_usable(folder);
    if (err)
        lmdb_remove_files(folder);
    return err;
}

enum err lmdb_use_data(const char *state, const char *path)
{
    char data[CARE_PATH_BYTES], lock[CARE_PATH_BYTES], folder[CARE_PATH_BYTES];
    enum err err = lmdb_path_in(state, LMDB_FOLDER "/" LMDB_DATA_FILE, data);
    if (!err)
        err = lmdb_path_in(state, LMDB_FOLDER "/lock.mdb", lock);
    if (!err)
        err = lmdb_path_in(state, LMDB_FOLDER, folder);
    if (err)
        return err;
    lmdb_keep_owner(state, path);
    if ((unlink(lock) && errno != ENOENT) || rename(path, data))
        return err_from_errno(errno);
    return file_sync_directory(folder);
}

enum err journal_compact_use(const char *state)
{
    char from[CARE_PATH_BYTES];
    enum err err = lmdb_path_in(state, FOLDER_COMPACT "/" LMDB_DATA_FILE, from);
    if (!err)
        err = lmdb_use_data(state, from);
    if (!err)
        journal_compact_drop(state);
    return err;
}

void journal_compact_drop(const char *state)
{
    char folder[CARE_PATH_BYTES];
    if (!lmdb_path_in(state, FOLDER_COMPACT, folder))
        lmdb_remove_files(folder);
}
