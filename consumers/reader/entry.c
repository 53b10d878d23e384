#include "consumers/reader/entry.h"

#include "consumers/reader/words.h"
#include "proto/event/arena_protobuf.h"
#include "proto/event/event.h"

#include <stdlib.h>
#include <string.h>

#define BODY(name) SONGHUA__V1__EVENT__BODY_##name

enum err entry_visit_record(const struct subscriber_record *record, struct arena *arena,
                            entry_visit *visit, void *context)
{
    const struct batch *batch = &record->batch;
    Songhua__V1__EventBatch *events;
    arena_reset(arena);
    enum err err =
        event_batch_unpack(batch->payload, batch->payload_size, batch->event_count, arena, &events);
    if (err)
        return err;
    struct entry entry = {.sequence = record->sequence,
                          .stored_ms = record->stored_ms,
                          .region = batch->region,
                          .stream = batch->stream,
                          .producer = batch->producer};
    for (size_t i = 0; i < events->n_events && !err; i++) {
        entry.index = (uint32_t)i;
        entry.event = events->events[i];
        err = visit(context, &entry);
    }
    return err;
}

/* --- copies ----------------------------------------------------------------------------------- */

enum err entry_copy(const struct entry *entry, struct entry_copy *out)
{
    size_t stream = strlen(entry->stream) + 1, producer = strlen(entry->producer) + 1;
    struct entry_copy copy = {.entry = *entry};
    copy.size = songhua__v1__event__get_packed_size(entry->event);
    copy.names = malloc(stream + producer);
    copy.bytes = malloc(copy.size + 1);
    if (!copy.names || !copy.bytes) {
        entry_copy_free(&copy);
        return ERR_NOMEM;
    }
    memcpy(copy.names, entry->stream, stream);
    memcpy(copy.names + stream, entry->producer, producer);
    songhua__v1__event__pack(entry->event, copy.bytes);
    copy.entry.stream = copy.names;
    copy.entry.producer = copy.names + stream;
    copy.entry.event = NULL;
    *out = copy;
    return ERR_OK;
}

void entry_copy_free(struct entry_copy *copy)
{
    free(copy->names);
    free(copy->bytes);
    *copy = (struct entry_copy){0};
}

enum err entry_copy_visit(const struct entry_copy *copy, struct arena *arena, entry_visit *visit,
                          void *context)
{
    struct entry entry = copy->entry;
    arena_reset(arena);
    ProtobufCAllocator allocator = arena_protobuf(arena);
    entry.event = songhua__v1__event__unpack(&allocator, copy->size, copy->bytes);
    return entry.event ? visit(context, &entry) : ERR_NOMEM;
}

/* --- what it is about ------------------------------------------------------------------------- */

const char *entry_type(const struct entry *entry)
{
    static const char *const types[] = {
        [BODY(OBSERVATION)] = "observation",
        [BODY(RETRACTION)] = "retraction",
        [BODY(MILESTONE)] = "milestone",
        [BODY(FRAMEWORK)] = "framework",
        [BODY(HEARTBEAT)] = "heartbeat",
        [BODY(SCORE)] = "score",
        [BODY(ALERT)] = "alert",
        [BODY(ALERT_ACTION)] = "alert_action",
        [BODY(DOUBT)] = "doubt",
        [BODY(COMPOSITE_SCORE)] = "composite_score",
        [BODY(FRAMEWORK_REFUSAL)] = "framework_refusal",
        [BODY(AUDIT)] = "audit",
    };
    unsigned body = (unsigned)entry->event->body_case;
    const char *type = body < sizeof types / sizeof *types ? types[body] : NULL;
    return type ? type : "unknown";
}

const char *entry_indicator(const struct entry *entry)
{
    const Songhua__V1__Event *event = entry->event;
    switch (event->body_case) {
    case BODY(OBSERVATION):
        return event->observation->indicator;
    case BODY(RETRACTION):
        return event->retraction->indicator;
    case BODY(MILESTONE):
        return event->milestone->indicator;
    case BODY(SCORE):
        return event->score->indicator;
    case BODY(ALERT):
        return event->alert->indicator;
    case BODY(DOUBT):
        return event->doubt->indicator;
    case BODY(COMPOSITE_SCORE):
        return event->composite_score->node;
    default:
        return "";
    }
}

/* --- keys ------------------------------------------------------------------------------------- */

/* A byte below any that an id may hold stands between the parts, so that bytes sort as parts do. */
static enum err put_key(struct buffer *out, const struct entry *entry, const char *kind,
                        const char *third, const char *fourth)
{
    buffer_clear(out);
    enum err err = buffer_append_format(out, "%06u\1%s\1%s\1%s\1%s", entry->region,
                                        entry_indicator(entry), third, fourth, kind);
    if (!err && !*buffer_text(out))
        err = ERR_NOMEM;
    return err;
}

enum err entry_key(const struct entry *entry, struct buffer *out)
{
    const Songhua__V1__Event *event = entry->event;
    switch (event->body_case) {
    case BODY(OBSERVATION):
        return put_key(out, entry, "figure", event->observation->period,
                       event->observation->definition);
    case BODY(RETRACTION):
        return put_key(out, entry, "figure", event->retraction->period,
                       event->retraction->definition);
    case BODY(MILESTONE):
        return put_key(out, entry, "milestone", event->milestone->part, "");
    case BODY(FRAMEWORK):
        return put_key(out, entry, "framework", event->framework->id, "");
    case BODY(SCORE):
        return put_key(out, entry, "score", event->score->target, "");
    case BODY(DOUBT):
        return put_key(out, entry, word_of_doubt(event->doubt->kind).id, event->doubt->period,
                       event->doubt->definition);
    case BODY(COMPOSITE_SCORE):
        return put_key(out, entry, "composite", event->composite_score->composite,
                       event->composite_score->period);
    case BODY(FRAMEWORK_REFUSAL):
        return put_key(out, entry, "refusal", event->framework_refusal->id, "");
    case BODY(ALERT):
        return put_key(out, entry, "alert", event->alert->target, event->alert->id);
    case BODY(ALERT_ACTION):
        return put_key(out, entry, "action", "", event->alert_action->alert_id);
    case BODY(AUDIT):
        return put_key(out, entry, "audit", word_of_audit(event->audit->action).id,
                       event->audit->subject);
    default:
        return put_key(out, entry, entry_type(entry), entry->producer, "");
    }
}
