#include "proto/base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_init(struct buffer *buffer, size_t max)
{
    *buffer = (struct buffer){.max = max};
}

void buffer_fini(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
}

static enum err grow(struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity < needed)
        capacity *= 2;
    unsigned char *data = realloc(buffer->data, capacity);
    if (!data)
        return ERR_NOMEM;
    buffer->data = data;
    buffer->capacity = capacity;
    return ERR_OK;
}

enum err buffer_reserve(struct buffer *buffer, size_t more, void **out)
{
    if (more > buffer->max - buffer->size)
        return ERR_LIMIT;
    size_t needed = buffer->size + more + 1; /* one for the NUL of buffer_text() */
    if (needed > buffer->capacity) {
        enum err err = grow(buffer, needed);
        if (err)
            return err;
    }
    *out = buffer->data + buffer->size;
    return ERR_OK;
}

enum err buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    void *room;
    enum err err = buffer_reserve(buffer, size, &room);
    if (err)
        return err;
    if (size)
        memcpy(room, bytes, size);
    buffer->size += size;
    return ERR_OK;
}

enum err buffer_append_text(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

enum err buffer_append_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0)
        return ERR_INTERNAL;
    void *room;
    enum err err = buffer_reserve(buffer, (size_t)size, &room);
    if (err)
        return err;
    va_start(arguments, format);
    vsnprintf(room, (size_t)size + 1, format, arguments);
    va_end(arguments);
    buffer->size += (size_t)size;
    return ERR_OK;
}

enum err buffer_write(const struct buffer *buffer, FILE *out)
{
    return fwrite(buffer->data, 1, buffer->size, out) == buffer->size ? ERR_OK : ERR_IO;
}

const char *buffer_text(struct buffer *buffer)
{
    void *room;
    if (!buffer->data && buffer_reserve(buffer, 0, &room))
        return "";
    buffer->data[buffer->size] = '\0';
    return (const char *)buffer->data;
}
