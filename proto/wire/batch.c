#include "proto/wire/batch.h"

#include "proto/base/bytes.h"
#include "proto/base/text.h"
#include "proto/wire/wire.pb-c.h"

#include <sodium.h>
#include <stdalign.h>
#include <string.h>

static const char magic[4] = {'S', 'H', 'B', '1'};

/* --- names ---------------------------------------------------------------------------------- */

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool batch_name_is_valid(const char *name)
{
    size_t size = strlen(name);
    if (!size || size > NAME_MAX_BYTES || !is_lower_or_digit(name[0]))
        return false;
    for (const char *c = name; *c; c++)
        if (!is_lower_or_digit(*c) && *c != '.' && *c != '_' && *c != '-')
            return false;
    return true;
}

bool batch_topic_is_valid(const char *topic)
{
    if (strlen(topic) > TOPIC_MAX_BYTES)
        return false;
    for (const char *c = topic; *c; c++)
        if (!is_lower_or_digit(*c) && !(*c >= 'A' && *c <= 'Z') && !strchr("._/-", *c))
            return false;
    return true;
}

/* --- reading -------------------------------------------------------------------------------- */

/* protobuf-c takes memory for strings and for fields it does not know; a header is small, so it gets
 * the stack and nothing is ever freed. */
enum { SCRATCH_BYTES = 8192 };

struct scratch {
    size_t used;
    alignas(16) unsigned char bytes[SCRATCH_BYTES];
};

static void *scratch_take(void *context, size_t size)
{
    struct scratch *scratch = context;
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size || rounded > SCRATCH_BYTES - scratch->used)
        return NULL;
    void *piece = scratch->bytes + scratch->used;
    scratch->used += rounded;
    return piece;
}

static void scratch_drop(void *context, void *piece)
{
    (void)context;
    (void)piece;
}

static bool copy_bytes(ProtobufCBinaryData from, unsigned char *to, size_t size)
{
    if (from.len != size)
        return false;
    memcpy(to, from.data, size);
    return true;
}

static enum err copy_header(const Songhua__V1__BatchHeader *header, struct batch *out)
{
    if (!batch_name_is_valid(header->stream) || !batch_name_is_valid(header->producer) ||
        !batch_topic_is_valid(header->topic))
        return ERR_MALFORMED;
    if (!header->epoch || !header->sequence || !header->event_count || header->region > 999999)
        return ERR_MALFORMED;
    if (header->event_count > BATCH_MAX_EVENTS)
        return ERR_TOO_LARGE;
    if (header->codec != SONGHUA__V1__CODEC__CODEC_NONE &&
        header->codec != SONGHUA__V1__CODEC__CODEC_ZSTD)
        return ERR_MALFORMED;
    if (!copy_bytes(header->previous_digest, out->previous_digest, DIGEST_BYTES) ||
        !copy_bytes(header->digest, out->digest, DIGEST_BYTES))
        return ERR_MALFORMED;
    out->is_signed = header->signature.len != 0;
    if (out->is_signed && !copy_bytes(header->signature, out->signature, SIGNATURE_BYTES))
        return ERR_MALFORMED;
    strcpy(out->stream, header->stream);
    strcpy(out->producer, header->producer);
    strcpy(out->topic, header->topic);
    out->epoch = header->epoch;
    out->sequence = header->sequence;
    out->created_ms = header->created_ms;
    out->region = header->region;
    out->event_count = header->event_count;
    out->codec = (enum codec)header->codec;
    return ERR_OK;
}

enum err batch_parse(const void *frame, size_t size, struct batch *out)
{
    const unsigned char *bytes = frame;
    if (size < BATCH_PREFIX_BYTES)
        return ERR_MALFORMED;
    if (memcmp(bytes, magic, sizeof magic))
        return ERR_VERSION;
    size_t header_size = bytes_get_le32(bytes + sizeof magic);
    if (header_size > BATCH_HEADER_MAX_BYTES || header_size > size - BATCH_PREFIX_BYTES)
        return ERR_MALFORMED;
    size_t payload_size = size - BATCH_PREFIX_BYTES - header_size;
    if (!payload_size)
        return ERR_MALFORMED;
    if (payload_size > BATCH_PAYLOAD_MAX_BYTES)
        return ERR_TOO_LARGE;
    struct scratch scratch;
    scratch.used = 0;
    ProtobufCAllocator allocator = {scratch_take, scratch_drop, &scratch};
    const Songhua__V1__BatchHeader *header =
        songhua__v1__batch_header__unpack(&allocator, header_size, bytes + BATCH_PREFIX_BYTES);
    if (!header)
        return ERR_MALFORMED;
    enum err err = copy_header(header, out);
    if (err)
        return err;
    out->payload = bytes + BATCH_PREFIX_BYTES + header_size;
    out->payload_size = payload_size;
    return ERR_OK;
}

/* --- writing -------------------------------------------------------------------------------- */

static ProtobufCBinaryData bytes_of(const unsigned char *bytes, size_t size)
{
    return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)(uintptr_t)bytes};
}

enum err batch_write_header(const struct batch *batch, void *to, size_t *size)
{
    Songhua__V1__BatchHeader header = SONGHUA__V1__BATCH_HEADER__INIT;
    header.stream = text_unconst(batch->stream);
    header.producer = text_unconst(batch->producer);
    header.topic = text_unconst(batch->topic);
    header.epoch = batch->epoch;
    header.sequence = batch->sequence;
    header.region = batch->region;
    header.event_count = batch->event_count;
    header.codec = (Songhua__V1__Codec)batch->codec;
    header.created_ms = batch->created_ms;
    header.previous_digest = bytes_of(batch->previous_digest, DIGEST_BYTES);
    header.digest = bytes_of(batch->digest, DIGEST_BYTES);
    if (batch->is_signed)
        header.signature = bytes_of(batch->signature, SIGNATURE_BYTES);
    size_t header_size = songhua__v1__batch_header__get_packed_size(&header);
    if (header_size > BATCH_HEADER_MAX_BYTES)
        return ERR_INTERNAL;
    unsigned char *bytes = to;
    memcpy(bytes, magic, sizeof magic);
    bytes_put_le32(bytes + sizeof magic, (uint32_t)header_size);
    songhua__v1__batch_header__pack(&header, bytes + BATCH_PREFIX_BYTES);
    *size = BATCH_PREFIX_BYTES + header_size;
    return ERR_OK;
}

enum err batch_write(const struct batch *batch, struct buffer *out)
{
    unsigned char head[BATCH_PREFIX_BYTES + BATCH_HEADER_MAX_BYTES];
    size_t head_size;
    if (!batch->payload_size || batch->payload_size > BATCH_PAYLOAD_MAX_BYTES)
        return ERR_INTERNAL;
    enum err err = batch_write_header(batch, head, &head_size);
    if (err)
        return err;
    size_t start = out->size;
    err = buffer_append(out, head, head_size);
    if (!err)
        err = buffer_append(out, batch->payload, batch->payload_size);
    if (err)
        out->size = start;
    return err;
}

/* --- digest --------------------------------------------------------------------------------- */

static size_t put_text(unsigned char *to, const char *text)
{
    size_t size = strlen(text);
    bytes_put_le64(to, size);
    memcpy(to + 8, text, size);
    return 8 + size;
}

void batch_digest(const struct batch *batch, unsigned char out[DIGEST_BYTES])
{
    unsigned char
        fields[sizeof magic + 6 * 8 + DIGEST_BYTES + 3 * 8 + 2 * NAME_MAX_BYTES + TOPIC_MAX_BYTES];
    const uint64_t numbers[] = {batch->epoch,       batch->sequence, batch->created_ms,
                                batch->event_count, batch->codec,    batch->region};
    unsigned char *at = fields;
    memcpy(at, magic, sizeof magic);
    at += sizeof magic;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++, at += 8)
        bytes_put_le64(at, numbers[i]);
    memcpy(at, batch->previous_digest, DIGEST_BYTES);
    at += DIGEST_BYTES;
    at += put_text(at, batch->stream);
    at += put_text(at, batch->producer);
    at += put_text(at, batch->topic);
    const struct digest_piece pieces[] = {{fields, (size_t)(at - fields)},
                                          {batch->payload, batch->payload_size}};
    digest_of(pieces, 2, out);
}

enum err batch_check_digest(const struct batch *batch)
{
    unsigned char expected[DIGEST_BYTES];
    batch_digest(batch, expected);
    return sodium_memcmp(expected, batch->digest, DIGEST_BYTES) ? ERR_DIGEST : ERR_OK;
}
