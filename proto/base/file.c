#include "proto/base/file.h"

#include "proto/base/mutant.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static enum err read_all(int fd, struct buffer *out)
{
    for (;;) {
        void *room;
        size_t step = out->max - out->size < 65536 ? out->max - out->size : 65536;
        enum err err = buffer_reserve(out, step, &room);
        if (err)
            return err;
        char beyond;
        ssize_t got = step ? read(fd, room, step) : read(fd, &beyond, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_from_errno(errno);
        if (got == 0)
            return ERR_OK;
        if (!step)
            return ERR_LIMIT;
        out->size += (size_t)got;
    }
}

enum err file_read(const char *path, struct buffer *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    enum err err = read_all(fd, out);
    close(fd);
    return err;
}

enum err file_put(int fd, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    while (size) {
        ssize_t done = write(fd, at, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_from_errno(errno);
        at += done;
        size -= (size_t)done;
    }
    return ERR_OK;
}

static enum err sync_parent(const char *path)
{
    char copy[PATH_MAX];
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return ERR_LIMIT;
    return file_sync_directory(dirname(copy));
}

enum err file_write(const char *path, const void *bytes, size_t size, mode_t mode)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.new", path) >= (int)sizeof temporary)
        return ERR_LIMIT;
    unlink(temporary);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return err_from_errno(errno);
    enum err err = file_put(fd, bytes, size);
    if (!err && fsync(fd))
        err = err_from_errno(errno);
    close(fd);
    if (!err && rename(temporary, path))
        err = err_from_errno(errno);
    if (err) {
        unlink(temporary);
        return err;
    }
    return sync_parent(path);
}

/* A directory whose entry a power cut may take away takes with it all that is flushed inside. */
static enum err make_one(const char *path)
{
    if (!mkdir(path, 0700))
        return sync_parent(path);
    return errno == EEXIST ? ERR_OK : err_from_errno(errno);
}

enum err file_make_directory(const char *path)
{
    char copy[PATH_MAX];
    enum err err = ERR_OK;
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
        return ERR_LIMIT;
    for (char *slash = copy + 1; !err && (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        err = make_one(copy);
        *slash = '/';
    }
    if (!err)
        err = make_one(copy);
    struct stat info;
    if (!err && stat(copy, &info))
        err = err_from_errno(errno);
    if (err)
        return err;
    return S_ISDIR(info.st_mode) ? ERR_OK : ERR_EXISTS;
}

enum err file_sync_directory(const char *path)
{
    if (is_mutant(MUTANT_NO_DIRECTORY_SYNC))
        return ERR_OK;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_from_errno(errno);
    enum err err = fsync(fd) ? err_from_errno(errno) : ERR_OK;
    close(fd);
    return err;
}

enum err file_lock(const char *path, int *out)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_from_errno(errno);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        enum err err = errno == EWOULDBLOCK ? ERR_LOCKED : err_from_errno(errno);
        close(fd);
        return err;
    }
    *out = fd;
    return ERR_OK;
}

enum err file_check_secret(const char *path)
{
    struct stat info;
    if (stat(path, &info))
        return err_from_errno(errno);
    bool is_private = S_ISREG(info.st_mode) && !(info.st_mode & 077);
    return is_private && (info.st_uid == geteuid() || !info.st_uid) ? ERR_OK : ERR_INSECURE;
}

enum err file_check_directory(const char *path)
{
    struct stat info;
    if (stat(path, &info))
        return err_from_errno(errno);
    bool is_ours = info.st_uid == geteuid() || !info.st_uid || !geteuid();
    return is_ours && !(info.st_mode & (S_IWGRP | S_IWOTH)) ? ERR_OK : ERR_INSECURE;
}

enum err file_check_public(const char *path)
{
    struct stat info;
    if (stat(path, &info))
        return err_from_errno(errno);
    return info.st_mode & S_IWOTH ? ERR_INSECURE : ERR_OK;
}

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool file_has_full_disk(int fd)
{
    enum { NO_ROOM_BYTES = 1 << 20 };
    struct statvfs info;
    return !fstatvfs(fd, &info) && (uint64_t)info.f_bavail * info.f_frsize < NO_ROOM_BYTES;
}
