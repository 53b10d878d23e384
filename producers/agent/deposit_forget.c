#include "producers/agent/deposit.h"

#include "proto/base/buffer.h"
#include "proto/base/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { FORGET_MAX = 1000 };

struct forgetting {
    struct buffer keys; /* size u64 | key */
    size_t count;
    enum err err;
    uint64_t until_ms; /* files that were taken later stay; UINT64_MAX: whatever it is goes */
};

static bool is_kept(const struct forgetting *forgetting, const void *value, size_t value_size)
{
    return forgetting->until_ms != UINT64_MAX && value_size >= 8 &&
           bytes_get_le64(value) > forgetting->until_ms;
}

static bool note_key(void *context, const void *key, size_t key_size, const void *value,
                     size_t value_size)
{
    struct forgetting *forgetting = context;
    unsigned char size[8];
    if (is_kept(forgetting, value, value_size))
        return true;
    bytes_put_le64(size, key_size);
    forgetting->err = buffer_append(&forgetting->keys, size, sizeof size);
    if (!forgetting->err)
        forgetting->err = buffer_append(&forgetting->keys, key, key_size);
    return !forgetting->err && ++forgetting->count < FORGET_MAX;
}

static enum err delete_noted(struct outbox *outbox, const struct forgetting *forgetting)
{
    const unsigned char *at = forgetting->keys.data;
    enum err err = outbox_begin(outbox);
    for (size_t i = 0; i < forgetting->count && !err; i++) {
        size_t size = (size_t)bytes_get_le64(at);
        err = outbox_delete(outbox, at + 8, size);
        at += 8 + size;
    }
    if (!err)
        return outbox_commit(outbox);
    outbox_abort(outbox);
    return err;
}

/* A thousand at a time, so that a full outbox can do it too. */
static enum err forget(struct outbox *outbox, const char *prefix, uint64_t until_ms)
{
    struct forgetting forgetting = {.until_ms = until_ms};
    enum err err;
    buffer_init(&forgetting.keys, FORGET_MAX * 512);
    do {
        buffer_clear(&forgetting.keys);
        forgetting.count = 0;
        err = outbox_each(outbox, prefix, strlen(prefix), note_key, &forgetting);
        err = err ? err : forgetting.err;
        if (!err && forgetting.count)
            err = delete_noted(outbox, &forgetting);
    } while (!err && forgetting.count);
    buffer_fini(&forgetting.keys);
    return err;
}

enum err deposit_forget(struct outbox *outbox)
{
    enum err err = forget(outbox, DEPOSIT_FIGURES, UINT64_MAX);
    return err ? err : forget(outbox, DEPOSIT_FILES, UINT64_MAX);
}

/* --- the oldest files ------------------------------------------------------------------------- */

struct times {
    struct buffer ms; /* u64 each, as memory has them */
    enum err err;
};

static bool note_time(void *context, const void *key, size_t key_size, const void *value,
                      size_t value_size)
{
    struct times *times = context;
    (void)key;
    (void)key_size;
    uint64_t ms = value_size >= 8 ? bytes_get_le64(value) : 0;
    times->err = buffer_append(&times->ms, &ms, sizeof ms);
    return !times->err;
}

static int compare_times(const void *left, const void *right)
{
    uint64_t a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return (a > b) - (a < b);
}

enum err deposit_trim(struct outbox *outbox, size_t most)
{
    enum { TIMES_MAX_BYTES = 256 << 20 };
    struct times times = {.err = ERR_OK};
    uint64_t until_ms;
    buffer_init(&times.ms, TIMES_MAX_BYTES);
    enum err err = outbox_each(outbox, DEPOSIT_FILES, strlen(DEPOSIT_FILES), note_time, &times);
    size_t count = times.ms.size / sizeof until_ms;
    err = err ? err : times.err;
    if (!err && count > most) {
        size_t last = count - most / 4 * 3 - 1; /* of those that go */
        qsort(times.ms.data, count, sizeof until_ms, compare_times);
        memcpy(&until_ms, times.ms.data + last * sizeof until_ms, sizeof until_ms);
        err = forget(outbox, DEPOSIT_FILES, until_ms);
    }
    buffer_fini(&times.ms);
    return err == ERR_FULL ? ERR_OK : err;
}
