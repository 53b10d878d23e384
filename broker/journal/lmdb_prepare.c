#include "broker/journal/lmdb_internal.h"

#include <errno.h>
#include <unistd.h>

/* Room that fallocate() has set aside is marked as never written, and the first write to each part of
 * it has to change that mark in the file system's own journal: a flush then costs about twice the
 * time of one over room that was written before. So the room ahead of what is in use is filled with
 * zeros while there is nothing else to do. LMDB looks at no page above its last one, and only the
 * thread that writes comes here, so nothing in use is touched. What is left undone is only slower. */
#define STEP_BYTES ((size_t)1 << 20)

static const unsigned char zeros[64 * 1024];

/* The end of what LMDB uses, as of the last commit. */
static int find_used_end(struct lmdb_journal *journal, uint64_t *out)
{
    MDB_envinfo info;
    MDB_stat stat;
    int code = mdb_env_info(journal->env, &info);
    if (!code)
        code = mdb_env_stat(journal->env, &stat);
    if (!code)
        *out = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    return code;
}

/* Where the room begins that was never written. The file system knows: it shows it as a hole. One
 * that cannot tell says that there is none. */
static uint64_t find_start(struct lmdb_journal *journal, int fd, uint64_t used_end)
{
    uint64_t prepared = atomic_load(&journal->prepared_bytes);
    if (!prepared) {
        off_t hole = lseek(fd, (off_t)used_end, SEEK_HOLE);
        prepared = hole < 0 ? journal->map_bytes : (uint64_t)hole;
    }
    return prepared > used_end ? prepared : used_end;
}

static int fill(int fd, uint64_t from, uint64_t to)
{
    while (from < to) {
        size_t size = to - from < sizeof zeros ? (size_t)(to - from) : sizeof zeros;
        ssize_t done = pwrite(fd, zeros, size, (off_t)from);
        if (done < 0 && errno != EINTR)
            return errno;
        if (done > 0)
            from += (uint64_t)done;
    }
    return fdatasync(fd) ? errno : 0;
}

enum err lmdb_prepare(struct journal *base, bool *is_done)
{
    struct lmdb_journal *journal = lmdb_of(base);
    uint64_t used_end;
    int fd;
    if (journal->final_error)
        return journal->final_error;
    if (journal->txn) {
        *is_done = false;
        return ERR_OK;
    }
    int code = mdb_env_get_fd(journal->env, &fd);
    if (!code)
        code = find_used_end(journal, &used_end);
    if (code)
        return lmdb_error(code);
    uint64_t start = find_start(journal, fd, used_end);
    uint64_t end =
        start + STEP_BYTES < journal->map_bytes ? start + STEP_BYTES : journal->map_bytes;
    code = start < end ? fill(fd, start, end) : 0;
    if (code) {
        enum err err = lmdb_write_failed(journal, code);
        journal->spoilt = ERR_OK; /* no transaction is open that could be */
        return err;
    }
    atomic_store(&journal->prepared_bytes, end);
    *is_done = end >= journal->map_bytes;
    return ERR_OK;
}
