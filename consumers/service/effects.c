#include "consumers/service/effects.h"

#include "proto/base/bytes.h"
#include "proto/base/mutant.h"

#include <string.h>

enum { EVENT_TAG = 0x0a /* EventBatch.events: field 1, length-delimited */, ENTRY_HEADER_MAX = 12 };

/* An entry of `changes`: this, the key, the value. */
struct change {
    bool is_delete;
    size_t key_size, value_size;
};

/* An entry of `batches`: this and the payload. */
struct made_batch {
    uint64_t created_ms;
    uint32_t region, event_count;
    size_t payload_size;
    char topic[TOPIC_MAX_BYTES + 1];
};

void effects_init(struct effects *effects)
{
    *effects = (struct effects){.open_batch = SIZE_MAX};
    buffer_init(&effects->changes, EFFECTS_MAX_BYTES);
    buffer_init(&effects->batches, EFFECTS_MAX_BYTES);
}

void effects_fini(struct effects *effects)
{
    buffer_fini(&effects->changes);
    buffer_fini(&effects->batches);
}

void effects_clear(struct effects *effects)
{
    buffer_clear(&effects->changes);
    buffer_clear(&effects->batches);
    effects->batch_count = effects->event_count = 0;
    effects->open_batch = SIZE_MAX;
}

size_t effects_bytes(const struct effects *effects)
{
    return effects->changes.size + effects->batches.size;
}

/* --- one record ------------------------------------------------------------------------------- */

void effects_begin(struct effects *effects, uint64_t stored_ms)
{
    effects->time_ms = stored_ms;
    effects->open_batch = SIZE_MAX;
    effects->mark.changes = effects->changes.size;
    effects->mark.batches = effects->batches.size;
    effects->mark.batch_count = effects->batch_count;
    effects->mark.event_count = effects->event_count;
}

void effects_end(struct effects *effects)
{
    effects->open_batch = SIZE_MAX;
}

void effects_cancel(struct effects *effects)
{
    effects_keep_quiet(effects);
    effects->changes.size = effects->mark.changes;
}

void effects_keep_quiet(struct effects *effects)
{
    effects->open_batch = SIZE_MAX;
    effects->batches.size = effects->mark.batches;
    effects->batch_count = effects->mark.batch_count;
    effects->event_count = effects->mark.event_count;
}

/* --- state ------------------------------------------------------------------------------------ */

static enum err add_change(struct effects *effects, const struct change *change, const void *key,
                           const void *value)
{
    void *room;
    size_t size = sizeof *change + change->key_size + change->value_size;
    enum err err = buffer_reserve(&effects->changes, size, &room);
    if (err)
        return err;
    unsigned char *to = room;
    memcpy(to, change, sizeof *change);
    memcpy(to + sizeof *change, key, change->key_size);
    memcpy(to + sizeof *change + change->key_size, value, change->value_size);
    effects->changes.size += size;
    return ERR_OK;
}

enum err effects_put(struct effects *effects, const void *key, size_t key_size, const void *value,
                     size_t value_size)
{
    const struct change change = {.key_size = key_size, .value_size = value_size};
    return add_change(effects, &change, key, value);
}

enum err effects_delete(struct effects *effects, const void *key, size_t key_size)
{
    const struct change change = {.is_delete = true, .key_size = key_size};
    return add_change(effects, &change, key, "");
}

/* --- events ----------------------------------------------------------------------------------- */

static bool is_taken(const struct effects *effects, uint32_t region, const char *topic, size_t size)
{
    struct made_batch batch;
    if (effects->open_batch == SIZE_MAX)
        return false;
    memcpy(&batch, effects->batches.data + effects->open_batch, sizeof batch);
    return batch.region == region && !strcmp(batch.topic, topic) &&
           batch.event_count < EFFECTS_BATCH_EVENTS &&
           batch.payload_size + size <= EFFECTS_BATCH_BYTES;
}

static enum err open_batch(struct effects *effects, uint32_t region, const char *topic)
{
    struct made_batch batch = {.created_ms = effects->time_ms, .region = region};
    size_t offset = effects->batches.size;
    if (!batch_topic_is_valid(topic))
        return ERR_USAGE;
    strcpy(batch.topic, topic);
    enum err err = buffer_append(&effects->batches, &batch, sizeof batch);
    if (err)
        return err;
    effects->open_batch = offset;
    effects->batch_count++;
    return ERR_OK;
}

static size_t put_entry_header(unsigned char *to, size_t size)
{
    size_t used = 0;
    to[used++] = EVENT_TAG;
    for (; size >= 0x80; size >>= 7)
        to[used++] = (unsigned char)(size | 0x80);
    to[used++] = (unsigned char)size;
    return used;
}

enum err effects_publish(struct effects *effects, uint32_t region, const char *topic,
                         Songhua__V1__Event *event)
{
    unsigned char header[ENTRY_HEADER_MAX];
    struct made_batch batch;
    void *room;
    event->time_ms = effects->time_ms;
    size_t event_size = songhua__v1__event__get_packed_size(event);
    size_t header_size = put_entry_header(header, event_size);
    size_t size = header_size + event_size;
    if (size > BATCH_PAYLOAD_MAX_BYTES)
        return ERR_LIMIT;
    enum err err = ERR_OK;
    if (!is_taken(effects, region, topic, size))
        err = open_batch(effects, region, topic);
    if (!err)
        err = buffer_reserve(&effects->batches, size, &room);
    if (err)
        return err;
    memcpy(room, header, header_size);
    songhua__v1__event__pack(event, (unsigned char *)room + header_size);
    effects->batches.size += size;
    effects->event_count++;
    unsigned char *open = effects->batches.data + effects->open_batch;
    memcpy(&batch, open, sizeof batch);
    batch.event_count++;
    batch.payload_size += size;
    memcpy(open, &batch, sizeof batch);
    return ERR_OK;
}

/* --- all of them ------------------------------------------------------------------------------ */

static enum err apply_changes(const struct effects *effects, struct outbox *outbox)
{
    struct change change;
    size_t end = effects->changes.size;
    for (size_t at = 0; at < end;) {
        memcpy(&change, effects->changes.data + at, sizeof change);
        const unsigned char *key = effects->changes.data + at + sizeof change;
        const unsigned char *value = key + change.key_size;
        enum err err = change.is_delete
                           ? outbox_delete(outbox, key, change.key_size)
                           : outbox_put(outbox, key, change.key_size, value, change.value_size);
        if (err && err != ERR_NOT_FOUND)
            return err;
        at += sizeof change + change.key_size + change.value_size;
    }
    return ERR_OK;
}

enum err effects_each(const struct effects *effects, effects_visit *visit, void *context)
{
    struct made_batch batch;
    for (size_t at = 0; at < effects->batches.size; at += sizeof batch + batch.payload_size) {
        memcpy(&batch, effects->batches.data + at, sizeof batch);
        const struct batch_draft draft = {.topic = batch.topic,
                                          .region = batch.region,
                                          .event_count = batch.event_count,
                                          .created_ms = batch.created_ms,
                                          .payload = effects->batches.data + at + sizeof batch,
                                          .payload_size = batch.payload_size};
        enum err err = visit(context, &draft);
        if (err)
            return err;
    }
    return ERR_OK;
}

static enum err append(void *context, const struct batch_draft *draft)
{
    return outbox_append(context, draft, NULL);
}

enum err effects_apply(const struct effects *effects, struct outbox *outbox)
{
    enum err err = apply_changes(effects, outbox);
    return err ? err : effects_each(effects, append, outbox);
}

static enum err put_position(struct outbox *outbox, const char *key, uint64_t position)
{
    unsigned char value[8];
    bytes_put_le64(value, position);
    return outbox_put(outbox, key, strlen(key), value, sizeof value);
}

static enum err end(struct outbox *outbox, enum err err)
{
    if (!err)
        return outbox_commit(outbox);
    outbox_abort(outbox);
    return err;
}

enum err effects_store(const struct effects *effects, struct outbox *outbox, const char *key,
                       uint64_t position)
{
    enum err err = outbox_begin(outbox);
    if (!err && is_mutant(MUTANT_POSITION_FIRST)) {
        err = end(outbox, put_position(outbox, key, position));
        if (!err)
            err = outbox_begin(outbox);
    }
    if (err)
        return err;
    err = effects_apply(effects, outbox);
    if (!err)
        err = put_position(outbox, key, position);
    return end(outbox, err);
}
