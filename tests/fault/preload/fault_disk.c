/* A disk that keeps a record of what is done to it, and one that fails: loaded before libc by
 * LD_PRELOAD, for the files below one directory.
 *
 *   FAULT_DISK_ROOT    the directory, without symbolic links
 *   FAULT_DISK_TRACE   file to append the record to (trace.h); unset: none is kept
 *   FAULT_DISK_FAIL    CALL:NTH:HOW: the NTH call fails. CALL is write or flush; HOW is
 *                      EIO, ENOSPC   nothing is done
 *                      short         a write does half of it; the disk has room
 *                      full          from then on nothing can be written and the file system says that
 *                                    it has no room, until the file FAULT_DISK_ROOM is there
 *   FAULT_DISK_ROOM    see there
 *   FAULT_DISK_ARMED   calls are counted from when this file is there; unset: from the start
 *   FAULT_DISK_FAILED  file that is made when the failure has been met
 *
 * System calls are made directly: nothing here depends on the order in which libraries are loaded. A
 * library has no main() to make its state in, hence the one variable.
 */
#include "tests/fault/preload/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { CALL_WRITE, CALL_FLUSH };
enum how { HOW_EIO, HOW_ENOSPC, HOW_SHORT, HOW_FULL };

static struct {
    pthread_mutex_t mutex;
    char root[PATH_MAX]; /* empty: nothing is looked at */
    size_t root_size;
    int trace; /* -1: none */
    bool can_fail, is_armed, is_full;
    enum call call;
    enum how how;
    unsigned long nth, seen;
    char room[PATH_MAX], failed[PATH_MAX], armed[PATH_MAX];
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER, .trace = -1};

/* --- settings --------------------------------------------------------------------------------- */

static void read_failure(const char *text)
{
    static const char *const names[] = {"EIO", "ENOSPC", "short", "full"};
    char call[16], how[16];
    if (sscanf(text, "%15[^:]:%lu:%15s", call, &disk.nth, how) != 3)
        return;
    disk.call = strcmp(call, "flush") ? CALL_WRITE : CALL_FLUSH;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(how, names[i])) {
            disk.how = (enum how)i;
            disk.can_fail = true;
        }
}

static void copy_setting(char to[PATH_MAX], const char *name)
{
    const char *value = getenv(name);
    snprintf(to, PATH_MAX, "%s", value ? value : "");
}

__attribute__((constructor)) static void read_settings(void)
{
    const char *trace = getenv("FAULT_DISK_TRACE"), *fail = getenv("FAULT_DISK_FAIL");
    copy_setting(disk.root, "FAULT_DISK_ROOT");
    copy_setting(disk.room, "FAULT_DISK_ROOM");
    copy_setting(disk.failed, "FAULT_DISK_FAILED");
    copy_setting(disk.armed, "FAULT_DISK_ARMED");
    disk.is_armed = !disk.armed[0];
    disk.root_size = strlen(disk.root);
    if (fail)
        read_failure(fail);
    if (trace)
        disk.trace = (int)syscall(SYS_openat, AT_FDCWD, trace,
                                  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* --- what belongs to the disk ----------------------------------------------------------------- */

static bool is_below(const char *path)
{
    return disk.root_size && !strncmp(path, disk.root, disk.root_size) &&
           (path[disk.root_size] == '/' || !path[disk.root_size]);
}

static bool path_of(int fd, char path[PATH_MAX])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    path[size > 0 ? size : 0] = '\0';
    return size > 0;
}

static bool is_ours(int fd)
{
    char path[PATH_MAX];
    int error = errno;
    bool is_in = disk.root_size && path_of(fd, path) && is_below(path);
    errno = error;
    return is_in;
}

static uint64_t inode_of(const char *path)
{
    struct stat info;
    return stat(path, &info) ? 0 : (uint64_t)info.st_ino;
}

static uint64_t inode_of_fd(int fd)
{
    struct stat info;
    return fstat(fd, &info) ? 0 : (uint64_t)info.st_ino;
}

/* Where an entry of a directory is. */
struct entry {
    uint64_t parent; /* 0: not on the disk */
    char name[NAME_MAX + 1];
};

static struct entry entry_of(const char *path)
{
    struct entry entry = {0};
    char copy[PATH_MAX], whole[PATH_MAX];
    int error = errno;
    snprintf(copy, sizeof copy, "%s", path);
    char *slash = strrchr(copy, '/');
    if (slash)
        *slash = '\0';
    snprintf(entry.name, sizeof entry.name, "%s", slash ? slash + 1 : copy);
    if (realpath(slash ? copy : ".", whole) && is_below(whole))
        entry.parent = inode_of(whole);
    errno = error;
    return entry;
}

/* --- the record ------------------------------------------------------------------------------- */

static void enter(struct trace_entry entry, const struct iovec *parts, int count)
{
    struct iovec all[64] = {{&entry, sizeof entry}};
    int error = errno, used = 1;
    if (disk.trace < 0)
        return;
    for (int i = 0; i < count && used < 64; i++) {
        all[used++] = parts[i];
        entry.size += (uint32_t)parts[i].iov_len;
    }
    if (used <= count ||
        syscall(SYS_writev, disk.trace, all, used) != (long)(sizeof entry + entry.size))
        abort(); /* a record with a hole would prove nothing */
    errno = error;
}

static void enter_name(struct trace_entry entry, const char *name)
{
    struct iovec part = {(void *)(uintptr_t)name, strlen(name)};
    enter(entry, &part, 1);
}

void fault_disk_note(const void *bytes, size_t size)
{
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    pthread_mutex_lock(&disk.mutex);
    enter((struct trace_entry){.kind = TRACE_NOTE}, &part, 1);
    pthread_mutex_unlock(&disk.mutex);
}

/* --- failing ---------------------------------------------------------------------------------- */

static bool has_no_room(void)
{
    if (disk.is_full && disk.room[0] && !access(disk.room, F_OK))
        disk.is_full = false;
    return disk.is_full;
}

static bool is_armed(void)
{
    int error = errno;
    disk.is_armed = disk.is_armed || !access(disk.armed, F_OK);
    errno = error;
    return disk.is_armed;
}

/* 0: go on; -1: errno is set; else the size of the short write. */
static long meet_failure(enum call call, size_t size)
{
    if (call == CALL_WRITE && has_no_room()) {
        errno = ENOSPC;
        return -1;
    }
    if (!disk.can_fail || call != disk.call || !is_armed() || ++disk.seen != disk.nth)
        return 0;
    if (disk.failed[0]) {
        int fd =
            (int)syscall(SYS_openat, AT_FDCWD, disk.failed, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        syscall(SYS_close, fd);
    }
    disk.is_full = disk.how == HOW_FULL;
    if ((disk.how == HOW_SHORT || disk.how == HOW_FULL) && call == CALL_WRITE && size > 1)
        return (long)(size / 2);
    errno = disk.how == HOW_EIO ? EIO : ENOSPC;
    return -1;
}

/* --- writing ---------------------------------------------------------------------------------- */

static size_t size_of(const struct iovec *parts, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += parts[i].iov_len;
    return size;
}

/* offset -1: where the file stands. */
static ssize_t pass(int fd, const struct iovec *parts, int count, off_t offset)
{
    if (offset < 0)
        return syscall(SYS_writev, fd, parts, count);
    return syscall(SYS_pwritev, fd, parts, count, offset, 0);
}

static ssize_t write_short(int fd, const struct iovec *parts, int count, off_t offset, size_t size)
{
    struct iovec some[64];
    int used = 0;
    for (; used < count && used < 64 && size; used++) {
        some[used] = parts[used];
        if (some[used].iov_len > size)
            some[used].iov_len = size;
        size -= some[used].iov_len;
    }
    return pass(fd, some, used, offset);
}

static off_t place_of(int fd, off_t offset)
{
    if (offset >= 0)
        return offset;
    return lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
}

static ssize_t do_write(int fd, const struct iovec *parts, int count, off_t offset)
{
    if (!is_ours(fd))
        return pass(fd, parts, count, offset);
    pthread_mutex_lock(&disk.mutex);
    long failure = meet_failure(CALL_WRITE, size_of(parts, count));
    ssize_t done = failure;
    if (!failure) {
        off_t place = place_of(fd, offset);
        struct trace_entry entry = {
            .kind = TRACE_WRITE, .file = inode_of_fd(fd), .place = (uint64_t)place};
        enter(entry, parts, count);
        done = pass(fd, parts, count, offset);
        if (done >= 0 && fcntl(fd, F_GETFL) & O_DSYNC) {
            entry.kind = TRACE_SYNC_RANGE;
            entry.other = (uint64_t)done;
            enter(entry, NULL, 0);
        }
    } else if (failure > 0) {
        done = write_short(fd, parts, count, offset, (size_t)failure);
    }
    pthread_mutex_unlock(&disk.mutex);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    return do_write(fd, &part, 1, -1);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return do_write(fd, parts, count, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    return do_write(fd, &part, 1, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    return pwrite(fd, bytes, size, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    return do_write(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset)
{
    return do_write(fd, parts, count, offset);
}

/* --- flushing --------------------------------------------------------------------------------- */

static int do_flush(long number, int fd)
{
    if (!is_ours(fd))
        return (int)syscall(number, fd);
    pthread_mutex_lock(&disk.mutex);
    int result = meet_failure(CALL_FLUSH, 0) ? -1 : (int)syscall(number, fd);
    if (!result)
        enter((struct trace_entry){.kind = TRACE_SYNC, .file = inode_of_fd(fd)}, NULL, 0);
    pthread_mutex_unlock(&disk.mutex);
    return result;
}

int fsync(int fd)
{
    return do_flush(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return do_flush(SYS_fdatasync, fd);
}

/* --- sizes ------------------------------------------------------------------------------------ */

static void enter_size(int fd, uint64_t size)
{
    pthread_mutex_lock(&disk.mutex);
    enter((struct trace_entry){.kind = TRACE_RESIZE, .file = inode_of_fd(fd), .place = size}, NULL,
          0);
    pthread_mutex_unlock(&disk.mutex);
}

int ftruncate(int fd, off_t size)
{
    if (is_ours(fd))
        enter_size(fd, (uint64_t)size);
    return (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return ftruncate(fd, size);
}

int fallocate(int fd, int mode, off_t offset, off_t size)
{
    struct stat info;
    if (is_ours(fd) && has_no_room()) {
        errno = ENOSPC;
        return -1;
    }
    int result = (int)syscall(SYS_fallocate, fd, mode, offset, size);
    if (!result && !mode && is_ours(fd) && !fstat(fd, &info))
        enter_size(fd, (uint64_t)info.st_size);
    return result;
}

int fallocate64(int fd, int mode, off_t offset, off_t size)
{
    return fallocate(fd, mode, offset, size);
}

int posix_fallocate(int fd, off_t offset, off_t size)
{
    int error = errno, code = fallocate(fd, 0, offset, size) ? errno : 0;
    errno = error;
    return code;
}

int posix_fallocate64(int fd, off_t offset, off_t size)
{
    return posix_fallocate(fd, offset, size);
}

int fstatvfs(int fd, struct statvfs *out)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int result = statvfs(path, out);
    if (!result && is_ours(fd) && has_no_room())
        out->f_bavail = out->f_bfree = 0;
    return result;
}

/* --- names ------------------------------------------------------------------------------------ */

static void enter_creation(const char *path, bool is_directory)
{
    struct entry entry = entry_of(path);
    if (!entry.parent)
        return;
    pthread_mutex_lock(&disk.mutex);
    enter_name((struct trace_entry){.kind = TRACE_CREATE,
                                    .file = inode_of(path),
                                    .place = is_directory,
                                    .other = entry.parent},
               entry.name);
    pthread_mutex_unlock(&disk.mutex);
}

int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list arguments;
        va_start(arguments, flags);
        mode = va_arg(arguments, mode_t);
        va_end(arguments);
    }
    int error = errno;
    bool is_new =
        disk.root_size && (flags & O_CREAT) && directory == AT_FDCWD && access(path, F_OK);
    errno = error;
    int fd = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (fd >= 0 && is_new)
        enter_creation(path, false);
    return fd;
}

/* The mode is an unsigned int in every call, given or not. */
int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return openat(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return openat(AT_FDCWD, path, flags, mode);
}

int mkdir(const char *path, mode_t mode)
{
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (!result)
        enter_creation(path, true);
    return result;
}

int rename(const char *from, const char *to)
{
    struct entry before = entry_of(from), after = entry_of(to);
    struct trace_entry entry = {.kind = TRACE_RENAME,
                                .file = inode_of(from),
                                .place = before.parent,
                                .other = after.parent};
    int result = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    if (result || !before.parent || !after.parent)
        return result;
    const struct iovec names[] = {{before.name, strlen(before.name) + 1},
                                  {after.name, strlen(after.name) + 1}};
    pthread_mutex_lock(&disk.mutex);
    enter(entry, names, 2);
    pthread_mutex_unlock(&disk.mutex);
    return 0;
}

static int do_remove(const char *path, int flags)
{
    struct entry entry = entry_of(path);
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, flags);
    if (result || !entry.parent)
        return result;
    pthread_mutex_lock(&disk.mutex);
    enter_name((struct trace_entry){.kind = TRACE_REMOVE, .other = entry.parent}, entry.name);
    pthread_mutex_unlock(&disk.mutex);
    return 0;
}

int unlink(const char *path)
{
    return do_remove(path, 0);
}

int rmdir(const char *path)
{
    return do_remove(path, AT_REMOVEDIR);
}
