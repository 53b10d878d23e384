/* A growable run of bytes with a maximum given when it is made.
 *
 *     struct buffer buffer;
 *     buffer_init(&buffer, 1 << 20);
 *     err = buffer_append(&buffer, bytes, size);
 *     buffer_fini(&buffer);
 *
 * The room is kept on buffer_clear(), so a buffer used in a loop allocates a few times and no more.
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_BASE_BUFFER_H
#define SONGHUA_BASE_BUFFER_H

#include "proto/base/err.h"

#include <stddef.h>
#include <stdio.h>

struct buffer {
    unsigned char *data; /* may be NULL while size is 0 */
    size_t size;         /* bytes in use */
    size_t capacity;
    size_t max; /* size never exceeds it */
};

void buffer_init(struct buffer *buffer, size_t max);
void buffer_fini(struct buffer *buffer); /* accepts an all-zero buffer */
void buffer_clear(struct buffer *buffer);

/* Room for `more` bytes behind what is there; *out points at it, size is not changed.
 * Errors  ERR_LIMIT (beyond max), ERR_NOMEM. */
MUST_CHECK enum err buffer_reserve(struct buffer *buffer, size_t more, void **out);
MUST_CHECK enum err buffer_append(struct buffer *buffer, const void *bytes, size_t size);
MUST_CHECK enum err buffer_append_text(struct buffer *buffer, const char *text);
MUST_CHECK enum err buffer_append_format(struct buffer *buffer, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* Write all bytes. Errors  ERR_IO. */
MUST_CHECK enum err buffer_write(const struct buffer *buffer, FILE *out);

/* Ends the bytes with a NUL that is not counted in size, and returns them as text; "" when that
 * fails for want of memory. Valid until the buffer is next changed. */
const char *buffer_text(struct buffer *buffer);

#endif
