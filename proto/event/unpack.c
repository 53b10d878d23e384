#include "proto/event/unpack.h"

#include <stdbool.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_64_BITS = 1, WIRE_LENGTH = 2, WIRE_32_BITS = 5, DEPTH_MAX = 8 };

struct reader {
    const unsigned char *at, *end;
};

/* A message that is being made: its struct, and, from its first string on, room for all its strings.
 * Each takes at least a byte more on the wire than it has letters, so what is left of the wire then is
 * room enough. A message without strings of its own, as an event is, takes none: what a batch takes
 * should stay in the processor's cache. */
struct making {
    const ProtobufCMessageDescriptor *type;
    char *message, *room;
    unsigned next_field; /* fields mostly come in the descriptor's order */
};

/* protobuf-c takes values of up to ten bytes, and tags and lengths of up to five. What is written longer than
 * that, or says more than 64 bits, is left to it. */
enum { VALUE_BYTES = 10, TAG_BYTES = 5 };

static bool take_long_varint(struct reader *reader, unsigned bytes_max, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes_max && reader->at < reader->end; i++) {
        unsigned char byte = *reader->at++;
        value |= (uint64_t)(byte & 0x7f) << 7 * i;
        if (byte < 0x80) {
            *out = value;
            return i + 1 < VALUE_BYTES || byte <= 1;
        }
    }
    return false;
}

static inline bool take_varint(struct reader *reader, unsigned bytes_max, uint64_t *out)
{
    if (reader->at == reader->end || *reader->at >= 0x80)
        return take_long_varint(reader, bytes_max, out);
    *out = *reader->at++;
    return true;
}

static inline bool take_bytes(struct reader *reader, const unsigned char **bytes, size_t *size)
{
    uint64_t length;
    if (!take_varint(reader, TAG_BYTES, &length) || length > (uint64_t)(reader->end - reader->at))
        return false;
    *bytes = reader->at;
    *size = (size_t)length;
    reader->at += length;
    return true;
}

/* Most strings of a report are shorter than the call of memcpy() is worth. */
static inline void copy_string(char *to, const unsigned char *from, size_t size)
{
    if (size > 32) {
        memcpy(to, from, size);
    } else if (size >= 16) { /* two pieces that may overlap */
        memcpy(to, from, 16);
        memcpy(to + size - 16, from + size - 16, 16);
    } else if (size >= 8) {
        memcpy(to, from, 8);
        memcpy(to + size - 8, from + size - 8, 8);
    } else if (size >= 4) {
        memcpy(to, from, 4);
        memcpy(to + size - 4, from + size - 4, 4);
    } else {
        for (size_t i = 0; i < size; i++)
            to[i] = (char)from[i];
    }
}

static const ProtobufCFieldDescriptor *find_field(struct making *making, uint64_t number)
{
    const ProtobufCMessageDescriptor *type = making->type;
    for (unsigned tried = 0; tried < type->n_fields; tried++) {
        unsigned i = making->next_field;
        making->next_field = i + 1 < type->n_fields ? i + 1 : 0;
        if (type->fields[i].id == number)
            return &type->fields[i];
    }
    return NULL;
}

/* The word that says that an optional field is there, or which of a oneof is. False: this one is there
 * already, or is a list. */
static bool mark(const ProtobufCFieldDescriptor *field, char *message)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return false;
    bool is_oneof = field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
    if (!is_oneof && field->label != PROTOBUF_C_LABEL_OPTIONAL)
        return true;
    if (!is_oneof &&
        (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE))
        return true;
    uint32_t *word = (uint32_t *)(void *)(message + field->quantifier_offset);
    if (*word)
        return false;
    *word = is_oneof ? field->id : 1;
    return true;
}

static bool put_varint(const ProtobufCFieldDescriptor *field, void *member, uint64_t value)
{
    uint32_t low = (uint32_t)value;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_ENUM:
        memcpy(member, &low, sizeof low);
        return true;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)member = value != 0;
        return true;
    case PROTOBUF_C_TYPE_SINT64:
        value = (value >> 1) ^ (0 - (value & 1));
        memcpy(member, &value, sizeof value);
        return true;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        memcpy(member, &value, sizeof value);
        return true;
    default:
        return false;
    }
}

static void *unpack(const ProtobufCMessageDescriptor *type, struct reader reader,
                    struct arena *arena, unsigned depth);

static bool put_length(const ProtobufCFieldDescriptor *field, struct making *making,
                       struct reader *reader, struct arena *arena, unsigned depth)
{
    const unsigned char *bytes;
    size_t size;
    void *member = making->message + field->offset;
    if (!take_bytes(reader, &bytes, &size))
        return false;
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const struct reader inner = {bytes, bytes + size};
        void **place = member;
        if (*place)
            return false;
        *place = unpack(field->descriptor, inner, arena, depth + 1);
        return *place != NULL;
    }
    if (!making->room)
        making->room = arena_take(arena, 1 + size + (size_t)(reader->end - reader->at));
    char *copy = making->room;
    if (!copy)
        return false;
    making->room += size + 1;
    copy_string(copy, bytes, size);
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        copy[size] = '\0';
        *(char **)member = copy;
        return true;
    }
    *(ProtobufCBinaryData *)member =
        (ProtobufCBinaryData){.len = size, .data = size ? (uint8_t *)copy : NULL};
    return field->type == PROTOBUF_C_TYPE_BYTES;
}

static bool put_fixed(const ProtobufCFieldDescriptor *field, void *member, struct reader *reader,
                      size_t size)
{
    bool is_right = size == 8 ? field->type == PROTOBUF_C_TYPE_DOUBLE ||
                                    field->type == PROTOBUF_C_TYPE_FIXED64 ||
                                    field->type == PROTOBUF_C_TYPE_SFIXED64
                              : field->type == PROTOBUF_C_TYPE_FLOAT ||
                                    field->type == PROTOBUF_C_TYPE_FIXED32 ||
                                    field->type == PROTOBUF_C_TYPE_SFIXED32;
    if (!is_right || size > (size_t)(reader->end - reader->at))
        return false;
    memcpy(member, reader->at, size);
    reader->at += size;
    return true;
}

static bool put_field(struct making *making, struct reader *reader, struct arena *arena,
                      unsigned depth)
{
    uint64_t tag, value;
    if (!take_varint(reader, TAG_BYTES, &tag))
        return false;
    const ProtobufCFieldDescriptor *field = find_field(making, tag >> 3);
    if (!field || !mark(field, making->message))
        return false;
    void *member = making->message + field->offset;
    switch (tag & 7) {
    case WIRE_VARINT:
        return take_varint(reader, VALUE_BYTES, &value) && put_varint(field, member, value);
    case WIRE_64_BITS:
        return put_fixed(field, member, reader, 8);
    case WIRE_LENGTH:
        return put_length(field, making, reader, arena, depth);
    case WIRE_32_BITS:
        return put_fixed(field, member, reader, 4);
    default:
        return false;
    }
}

static void *unpack(const ProtobufCMessageDescriptor *type, struct reader reader,
                    struct arena *arena, unsigned depth)
{
    char *message = depth < DEPTH_MAX ? arena_take(arena, type->sizeof_message) : NULL;
    if (!message)
        return NULL;
    struct making making = {type, message, NULL, 0};
    type->message_init((ProtobufCMessage *)(void *)message);
    while (reader.at < reader.end)
        if (!put_field(&making, &reader, arena, depth))
            return NULL;
    return message;
}

Songhua__V1__EventBatch *unpack_events(const unsigned char *payload, size_t size,
                                       uint32_t event_count, struct arena *arena)
{
    enum { EVENTS_TAG = 1 << 3 | WIRE_LENGTH };
    struct reader reader = {payload, payload + size};
    Songhua__V1__EventBatch *batch = arena_take(arena, sizeof *batch);
    Songhua__V1__Event **events = arena_take(arena, event_count * sizeof *events);
    if (!batch || !events)
        return NULL;
    songhua__v1__event_batch__init(batch);
    batch->events = events;
    while (reader.at < reader.end) {
        struct reader event = {0};
        uint64_t tag;
        size_t event_size;
        if (!take_varint(&reader, TAG_BYTES, &tag) || tag != EVENTS_TAG ||
            batch->n_events == event_count || !take_bytes(&reader, &event.at, &event_size))
            return NULL;
        event.end = event.at + event_size;
        events[batch->n_events] = unpack(&songhua__v1__event__descriptor, event, arena, 0);
        if (!events[batch->n_events++])
            return NULL;
    }
    return batch->n_events == event_count ? batch : NULL;
}
