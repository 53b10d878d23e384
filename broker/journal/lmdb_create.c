#include "broker/journal/lmdb_internal.h"

#include "proto/base/clock.h"
#include "proto/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_MAP_BYTES ((uint64_t)1 << 30)

uint64_t lmdb_map_bytes(uint64_t max_bytes)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    if (!max_bytes)
        max_bytes = DEFAULT_MAP_BYTES;
    if (max_bytes < JOURNAL_MIN_BYTES)
        max_bytes = JOURNAL_MIN_BYTES;
    return (max_bytes + page - 1) / page * page;
}

/* posix_fallocate() also works where the file system has no such call, only slower. What a failed
 * attempt has taken is given back: the file system may have to be kept going with it. */
enum err lmdb_preallocate(MDB_env *env, uint64_t file_bytes)
{
    int fd, code;
    struct stat before;
    if (mdb_env_get_fd(env, &fd) || fstat(fd, &before))
        return ERR_IO;
    if ((uint64_t)before.st_size >= file_bytes)
        return ERR_OK;
    do
        code = posix_fallocate(fd, 0, (off_t)file_bytes);
    while (code == EINTR);
    if (code) {
        if (ftruncate(fd, before.st_size))
            return ERR_IO;
        return code == EFBIG ? ERR_FULL : err_from_errno(code);
    }
    return fsync(fd) ? err_from_errno(errno) : ERR_OK;
}

static int put_identity(MDB_txn *txn, MDB_dbi rows)
{
    struct key key;
    unsigned char row[IDENTITY_ROW_BYTES];
    key_of_text(&key, KEY_IDENTITY);
    if (getrandom(row, JOURNAL_ID_BYTES, 0) != JOURNAL_ID_BYTES)
        return EIO;
    bytes_put_le64(row + JOURNAL_ID_BYTES, clock_realtime_ms());
    return lmdb_row_put(txn, rows, &key, row, sizeof row);
}

static int put_rows(MDB_txn *txn)
{
    MDB_dbi rows;
    int code = mdb_dbi_open(txn, NULL, 0, &rows);
    if (!code)
        code = lmdb_put_version(txn, rows);
    if (!code)
        code = put_identity(txn, rows);
    return code ? code : lmdb_put_commit(txn, rows);
}

static int fill(MDB_env *env)
{
    MDB_txn *txn;
    int fd;
    int code = mdb_txn_begin(env, NULL, 0, &txn);
    if (code)
        return code;
    code = put_rows(txn);
    if (code) {
        mdb_txn_abort(txn);
        return code;
    }
    code = mdb_txn_commit(txn);
    if (!code)
        code = mdb_env_get_fd(env, &fd);
    if (!code && fsync(fd))
        code = errno;
    return code;
}

static enum err make_files(const char *folder, uint64_t file_bytes)
{
    MDB_env *env;
    int code = mdb_env_create(&env);
    if (code)
        return lmdb_error(code);
    mdb_env_set_maxdbs(env, LMDB_MAX_TABLES);
    code = mdb_env_set_mapsize(env, file_bytes - LMDB_FRONT_BYTES);
    if (!code)
        code = mdb_env_open(env, folder, MDB_NOTLS, 0600);
    enum err err = lmdb_error(code);
    if (!err)
        err = lmdb_preallocate(env, file_bytes);
    if (!err)
        err = lmdb_error(fill(env));
    mdb_env_close(env);
    return err;
}

/* What a creation that did not end has left. Nothing in it was ever acknowledged. */
void lmdb_remove_files(const char *folder)
{
    static const char *const names[] = {LMDB_DATA_FILE, "lock.mdb"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (snprintf(path, sizeof path, "%s/%s", folder, names[i]) < (int)sizeof path)
            unlink(path);
    rmdir(folder);
}

/* The journal exists from here on, also after a power cut: LMDB itself flushes no directory. */
static enum err publish(const char *folder_new, const char *folder, const char *directory)
{
    enum err err = file_sync_directory(folder_new);
    if (err)
        return err;
    if (rename(folder_new, folder))
        return err_from_errno(errno);
    return file_sync_directory(directory);
}

enum err lmdb_create(const char *directory, uint64_t file_bytes)
{
    char folder[PATH_MAX], folder_new[PATH_MAX];
    if (snprintf(folder, sizeof folder, "%s/" LMDB_FOLDER, directory) >= (int)sizeof folder ||
        snprintf(folder_new, sizeof folder_new, "%s/" LMDB_FOLDER_NEW, directory) >=
            (int)sizeof folder_new)
        return ERR_NOT_FOUND;
    lmdb_remove_files(folder_new);
    if (mkdir(folder_new, 0700))
        return err_from_errno(errno);
    enum err err = make_files(folder_new, file_bytes);
    if (!err)
        err = publish(folder_new, folder, directory);
    if (err)
        lmdb_remove_files(folder_new);
    return err;
}
