#include "proto/event/event.h"

#include "proto/event/arena_protobuf.h"
#include "proto/event/unpack.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

enum { EVENTS_FIELD = 1, WIRE_LENGTH = 2, OTHER_FIELDS_MAX = 64 };

/* --- counting --------------------------------------------------------------------------------- */

struct cursor {
    const unsigned char *at, *end;
};

static bool take_varint(struct cursor *cursor, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && cursor->at < cursor->end; shift += 7) {
        unsigned char byte = *cursor->at++;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

/* Pass over one field; *tag says which it was. False: there is none. */
static bool pass_field(struct cursor *cursor, uint64_t *tag)
{
    enum { WIRE_VARINT = 0, WIRE_64_BITS = 1, WIRE_32_BITS = 5 };
    uint64_t size;
    if (!take_varint(cursor, tag))
        return false;
    switch (*tag & 7) {
    case WIRE_VARINT:
        return take_varint(cursor, &size);
    case WIRE_64_BITS:
        size = 8;
        break;
    case WIRE_LENGTH:
        if (!take_varint(cursor, &size))
            return false;
        break;
    case WIRE_32_BITS:
        size = 4;
        break;
    default:
        return false;
    }
    if (size > (uint64_t)(cursor->end - cursor->at))
        return false;
    cursor->at += size;
    return true;
}

/* protobuf-c takes some hundred bytes for each entry, and an entry can be two bytes: payloads that hold
 * another number of events than the header says are refused before anything is made of them. */
static bool holds(const void *payload, size_t size, uint32_t event_count)
{
    struct cursor cursor = {payload, (const unsigned char *)payload + size};
    uint32_t events = 0, others = 0;
    while (cursor.at < cursor.end) {
        uint64_t tag;
        if (!pass_field(&cursor, &tag))
            return false;
        if (tag == (EVENTS_FIELD << 3 | WIRE_LENGTH))
            events++;
        else
            others++;
        if (events > event_count || others > OTHER_FIELDS_MAX)
            return false;
    }
    return events == event_count;
}

/* --- unpacking -------------------------------------------------------------------------------- */

/* protobuf-c answers NULL for bytes it cannot read and for memory it did not get; this tells them
 * apart. */
struct watched_arena {
    struct arena *arena;
    enum err err;
};

static void *watched_take(void *context, size_t size)
{
    struct watched_arena *watched = context;
    void *piece = arena_take(watched->arena, size);
    if (!piece && !watched->err)
        watched->err = arena_is_at_limit(watched->arena, size) ? ERR_TOO_LARGE : ERR_NOMEM;
    return piece;
}

enum err event_batch_unpack(const void *payload, size_t size, uint32_t event_count,
                            struct arena *arena, Songhua__V1__EventBatch **out)
{
    if (size > EVENT_PAYLOAD_MAX_BYTES || event_count > EVENT_MAX_PER_BATCH)
        return ERR_TOO_LARGE;
    if (event_count == 0)
        return ERR_MALFORMED;
    *out = unpack_events(payload, size, event_count, arena);
    if (*out)
        return ERR_OK;
    if (!holds(payload, size, event_count))
        return ERR_MALFORMED;
    struct watched_arena watched = {arena, ERR_OK};
    ProtobufCAllocator allocator = arena_protobuf(arena);
    allocator.alloc = watched_take;
    allocator.allocator_data = &watched;
    Songhua__V1__EventBatch *batch = songhua__v1__event_batch__unpack(&allocator, size, payload);
    if (batch == NULL)
        return watched.err ? watched.err : ERR_MALFORMED;
    if (batch->n_events != event_count)
        return ERR_MALFORMED;
    *out = batch;
    return ERR_OK;
}

enum err event_pack(const Songhua__V1__Event *event, struct buffer *out)
{
    size_t size = songhua__v1__event__get_packed_size(event);
    void *room;
    enum err err = buffer_reserve(out, size, &room);
    if (err != ERR_OK)
        return err;
    out->size += songhua__v1__event__pack(event, room);
    return ERR_OK;
}

static Songhua__V1__Event event_at(uint64_t time_ms, Songhua__V1__Event__BodyCase body_case)
{
    Songhua__V1__Event event = SONGHUA__V1__EVENT__INIT;
    event.time_ms = time_ms;
    event.body_case = body_case;
    return event;
}

#define EVENT_OF(kind, type, body)                                                                 \
    Songhua__V1__Event event_of_##kind(Songhua__V1__##type *kind, uint64_t time_ms)                \
    {                                                                                              \
        Songhua__V1__Event event = event_at(time_ms, SONGHUA__V1__EVENT__BODY_##body);             \
        event.kind = kind;                                                                         \
        return event;                                                                              \
    }
EVENT_OF(observation, Observation, OBSERVATION)
EVENT_OF(retraction, Retraction, RETRACTION)
EVENT_OF(framework, FrameworkVersion, FRAMEWORK)
EVENT_OF(heartbeat, Heartbeat, HEARTBEAT)
EVENT_OF(score, Score, SCORE)
EVENT_OF(composite_score, CompositeScore, COMPOSITE_SCORE)
EVENT_OF(alert, Alert, ALERT)
EVENT_OF(milestone, Milestone, MILESTONE)
EVENT_OF(doubt, Doubt, DOUBT)
EVENT_OF(framework_refusal, FrameworkRefusal, FRAMEWORK_REFUSAL)

static const char *alert_state_name(Songhua__V1__AlertState state)
{
    static const char *const names[] = {"firing", "resolved", "withdrawn"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : NULL;
}

static bool is_about_data(const Songhua__V1__Alert *alert)
{
    return alert->family == SONGHUA__V1__ALERT_FAMILY__ALERT_FAMILY_DATA;
}

static enum err write_topic(char out[EVENT_TOPIC_BYTES], int written)
{
    bool fits = written > 0 && written < EVENT_TOPIC_BYTES;
    if (!fits)
        out[0] = '\0';
    return fits ? ERR_OK : ERR_LIMIT;
}

enum err event_topic(const Songhua__V1__Event *event, char out[EVENT_TOPIC_BYTES])
{
    static const char *const fixed[] = {
        [SONGHUA__V1__EVENT__BODY_OBSERVATION] = "observation",
        [SONGHUA__V1__EVENT__BODY_RETRACTION] = "retraction",
        [SONGHUA__V1__EVENT__BODY_MILESTONE] = "milestone",
        [SONGHUA__V1__EVENT__BODY_FRAMEWORK] = "framework",
        [SONGHUA__V1__EVENT__BODY_HEARTBEAT] = "heartbeat",
        [SONGHUA__V1__EVENT__BODY_ALERT_ACTION] = "action",
        [SONGHUA__V1__EVENT__BODY_FRAMEWORK_REFUSAL] = "framework/refused",
    };
    unsigned body = (unsigned)event->body_case;
    if (body == SONGHUA__V1__EVENT__BODY_SCORE)
        return write_topic(out, snprintf(out, EVENT_TOPIC_BYTES, "%s", event->score->indicator));
    if (body == SONGHUA__V1__EVENT__BODY_COMPOSITE_SCORE)
        return write_topic(
            out, snprintf(out, EVENT_TOPIC_BYTES, "composite/%s", event->composite_score->node));
    if (body == SONGHUA__V1__EVENT__BODY_DOUBT)
        return write_topic(out,
                           snprintf(out, EVENT_TOPIC_BYTES, "doubt/%s", event->doubt->indicator));
    if (body == SONGHUA__V1__EVENT__BODY_ALERT) {
        const Songhua__V1__Alert *alert = event->alert;
        const char *state = alert_state_name(alert->state);
        if (state == NULL)
            return ERR_USAGE;
        return write_topic(out,
                           snprintf(out, EVENT_TOPIC_BYTES, "%s/%s/%s", alert->indicator,
                                    is_about_data(alert) ? alert->rule : alert->target, state));
    }
    if (body >= sizeof fixed / sizeof *fixed || fixed[body] == NULL)
        return ERR_USAGE;
    return write_topic(out, snprintf(out, EVENT_TOPIC_BYTES, "%s", fixed[body]));
}

void event_address_format(uint64_t sequence, uint32_t index, char out[EVENT_ADDRESS_BYTES])
{
    snprintf(out, EVENT_ADDRESS_BYTES, "%" PRIu64 ".%" PRIu32, sequence, index);
}
