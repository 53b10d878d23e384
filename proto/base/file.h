/* Whole files and directories, the careful way. */
#ifndef SONGHUA_BASE_FILE_H
#define SONGHUA_BASE_FILE_H

#include "proto/base/buffer.h"
#include "proto/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* Append the file's bytes to `out`. Errors  ERR_NOT_FOUND, ERR_PERMISSION, ERR_LIMIT (more than
 * out->max), ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err file_read(const char *path, struct buffer *out);

/* Replace the file in one step that survives a power cut: write a temporary file beside it, flush,
 * rename, flush the directory. Errors  ERR_NOT_FOUND (directory), ERR_PERMISSION, ERR_FULL, ERR_IO. */
MUST_CHECK enum err file_write(const char *path, const void *bytes, size_t size, mode_t mode);

/* Make the directory and its parents where missing, mode 0700 for those made, and flush the entry of each:
 * what is flushed inside is there after a power cut. */
MUST_CHECK enum err file_make_directory(const char *path);

/* Flush a directory's entries to disk. */
MUST_CHECK enum err file_sync_directory(const char *path);

/* Take an exclusive lock on the file, made when missing, without waiting; it ends with the process
 * or with close(*out). Errors  ERR_LOCKED, ERR_PERMISSION, ERR_IO. */
MUST_CHECK enum err file_lock(const char *path, int *out);

/* Refuse a secret that others can read or replace: ERR_INSECURE unless it is a file, of this user or of
 * root, and open to its owner alone. */
MUST_CHECK enum err file_check_secret(const char *path);
/* Refuse a directory that others can put files into: ERR_INSECURE when group or all may write, or when it
 * is another user's (root may use anyone's). Errors  ERR_NOT_FOUND, ERR_PERMISSION. */
MUST_CHECK enum err file_check_directory(const char *path);
/* ERR_INSECURE when all may write to the file or directory. */
MUST_CHECK enum err file_check_public(const char *path);

bool file_exists(const char *path);

/* All of the bytes to an open file, unflushed. Errors  ERR_FULL, ERR_IO. */
MUST_CHECK enum err file_put(int fd, const void *bytes, size_t size);

/* Whether an open file's disk has less than 1 MiB left. LMDB reports a short write as EIO whatever its
 * cause, so that a full disk looks like a broken one. */
bool file_has_full_disk(int fd);

#endif
