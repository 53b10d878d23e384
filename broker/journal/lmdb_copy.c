#include "broker/journal/care.h"

#include "broker/journal/lmdb_internal.h"
#include "proto/base/file.h"
#include "proto/base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* LMDB writes the copy into a pipe, from a thread of its own; the thread that called takes it from there,
 * so that it can be slow, say how far it is, digest what passes, and stop. The two headers fit into the
 * pipe: the writer, whom LMDB keeps waiting while it copies them, waits for no disk and no throttle. */
enum { CHUNK_BYTES = 64 * 1024 };

struct copying {
    MDB_env *env;
    int to_pipe, from_pipe, file;
    pthread_t thread;
    int code; /* LMDB's, once the thread has ended */
    uint64_t total, first_end;
    journal_copying *callback;
    void *context;
    crypto_generichash_state digest;
    struct journal_copied copied;
};

static void *run_copy(void *argument)
{
    struct copying *copying = argument;
    copying->code = mdb_env_copyfd2(copying->env, copying->to_pipe, 0);
    close(copying->to_pipe);
    return NULL;
}

static int find_end(MDB_env *env, uint64_t *out)
{
    MDB_envinfo info;
    MDB_stat stat;
    int code = mdb_env_info(env, &info);
    if (!code)
        code = mdb_env_stat(env, &stat);
    if (!code)
        *out = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    return code;
}

/* The writer takes new pages for those that it may not use again because of us. Nineteen twentieths are
 * as far as records and positions go (lmdb_limit_bytes()). */
static bool is_crowding(const struct copying *copying)
{
    uint64_t end;
    MDB_envinfo info;
    if (find_end(copying->env, &end) || mdb_env_info(copying->env, &info))
        return false;
    return end > copying->first_end && end > info.me_mapsize / 20 * 19;
}

static enum err take_chunks(struct copying *copying)
{
    static const size_t size = CHUNK_BYTES;
    unsigned char *chunk = malloc(size);
    enum err err = chunk ? ERR_OK : ERR_NOMEM;
    while (!err) {
        ssize_t got = read(copying->from_pipe, chunk, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        crypto_generichash_update(&copying->digest, chunk, (size_t)got);
        err = file_put(copying->file, chunk, (size_t)got);
        copying->copied.bytes += (uint64_t)got;
        if (!err && is_crowding(copying))
            err = ERR_FULL;
        if (!err && !copying->callback(copying->context, copying->copied.bytes, copying->total))
            err = ERR_STOPPED;
    }
    free(chunk);
    return err;
}

/* The thread ends when all is copied, or when nobody takes it any more. */
static enum err copy_through_pipe(struct copying *copying)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return err_from_errno(errno);
    copying->from_pipe = ends[0];
    copying->to_pipe = ends[1];
    enum err err = thread_start("copy", run_copy, copying, &copying->thread);
    if (err) {
        close(ends[0]);
        close(ends[1]);
        return err;
    }
    err = take_chunks(copying);
    close(copying->from_pipe);
    pthread_join(copying->thread, NULL);
    return err ? err : lmdb_error(copying->code);
}

static enum err open_file(const char *to, int *out)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/" LMDB_DATA_FILE, to) >= (int)sizeof path)
        return ERR_LIMIT;
    *out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return *out < 0 ? err_from_errno(errno) : ERR_OK;
}

static enum err copy_to_file(struct copying *copying, const char *to)
{
    enum err err = lmdb_error(find_end(copying->env, &copying->total));
    copying->first_end = copying->total;
    if (!err)
        err = open_file(to, &copying->file);
    if (err)
        return err;
    crypto_generichash_init(&copying->digest, NULL, 0, DIGEST_BYTES);
    err = copy_through_pipe(copying);
    if (!err && fsync(copying->file))
        err = err_from_errno(errno);
    close(copying->file);
    crypto_generichash_final(&copying->digest, copying->copied.digest, DIGEST_BYTES);
    return err ? err : file_sync_directory(to);
}

enum err journal_copy(const char *folder, const char *to, journal_copying *callback, void *context,
                      struct journal_copied *out)
{
    struct journal *journal;
    struct copying copying = {.callback = callback, .context = context};
    enum err err = journal_look(folder, false, &journal);
    if (err)
        return err;
    copying.env = lmdb_of(journal)->env;
    err = copy_to_file(&copying, to);
    journal_close(&journal);
    if (!err)
        *out = copying.copied;
    return err;
}

/* --- measuring -------------------------------------------------------------------------------- */

/* Read a file to its end; what is read goes to `to` too, unless that is -1. */
static enum err pass_file(int from, int to, journal_copying *callback, void *context,
                          struct journal_copied *out)
{
    crypto_generichash_state digest;
    struct journal_copied copied = {0};
    off_t total = lseek(from, 0, SEEK_END);
    unsigned char *chunk = malloc(CHUNK_BYTES);
    enum err err = !chunk ? ERR_NOMEM : total < 0 || lseek(from, 0, SEEK_SET) < 0 ? ERR_IO : ERR_OK;
    crypto_generichash_init(&digest, NULL, 0, DIGEST_BYTES);
    while (!err) {
        ssize_t got = read(from, chunk, CHUNK_BYTES);
        if (got < 0)
            err = errno == EINTR ? ERR_OK : err_from_errno(errno);
        if (!got)
            break;
        if (got < 0)
            continue;
        crypto_generichash_update(&digest, chunk, (size_t)got);
        if (to >= 0)
            err = file_put(to, chunk, (size_t)got);
        copied.bytes += (uint64_t)got;
        if (!err && !callback(context, copied.bytes, (uint64_t)total))
            err = ERR_STOPPED;
    }
    free(chunk);
    crypto_generichash_final(&digest, copied.digest, DIGEST_BYTES);
    if (!err)
        *out = copied;
    return err;
}

enum err lmdb_pass_copy(const char *folder, int to, journal_copying *callback, void *context,
                        struct journal_copied *out)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/" LMDB_DATA_FILE, folder) >= (int)sizeof path)
        return ERR_LIMIT;
    int from = open(path, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return err_from_errno(errno);
    enum err err = pass_file(from, to, callback, context, out);
    close(from);
    return err;
}

enum err journal_measure_copy(const char *folder, journal_copying *callback, void *context,
                              struct journal_copied *out)
{
    return lmdb_pass_copy(folder, -1, callback, context, out);
}
