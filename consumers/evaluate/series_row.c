#include "consumers/evaluate/series_row.h"

#include "proto/base/bytes.h"

#include <string.h>

enum {
    NUMBERS = 5,
    HEAD_BYTES = 2,
    HAS_KIND = 1 << 2 * NUMBERS,
    NUMBERS_MAX_BYTES = HEAD_BYTES + NUMBERS * 8,
    KIND_BYTES = 3,
    FIGURE_MAX_BYTES = NUMBERS_MAX_BYTES + KIND_BYTES + OBSERVATION_ID_MAX_BYTES
};

/* --- keys --------------------------------------------------------------------------------------- */

static void put_be32(unsigned char *to, uint32_t value)
{
    value = htobe32(value);
    memcpy(to, &value, sizeof value);
}

static uint32_t get_be32(const unsigned char *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return be32toh(value);
}

size_t series_row_key(const struct series *series, uint32_t block,
                      unsigned char out[SERIES_KEY_MAX_BYTES])
{
    size_t indicator_size = strlen(series->indicator) + 1;
    size_t definition_size = strlen(series->definition) + 1;
    unsigned char *to = out;
    put_be32(to, series->region);
    to += sizeof series->region;
    memcpy(to, series->indicator, indicator_size);
    to += indicator_size;
    memcpy(to, series->definition, definition_size);
    to += definition_size;
    put_be32(to, block);
    return (size_t)(to - out) + sizeof block;
}

enum err series_row_parse_key(const void *key, size_t size, struct series_row_name *out)
{
    const unsigned char *at = key, *end = at + size;
    if (size < sizeof out->region + 2 + sizeof out->block)
        return ERR_CORRUPT;
    end -= sizeof out->block;
    const unsigned char *indicator = at + sizeof out->region;
    const unsigned char *middle = memchr(indicator, '\0', (size_t)(end - indicator));
    if (middle == NULL || middle + 1 == end)
        return ERR_CORRUPT;
    const unsigned char *definition = middle + 1;
    if (memchr(definition, '\0', (size_t)(end - definition)) != end - 1)
        return ERR_CORRUPT;
    *out = (struct series_row_name){.indicator = (const char *)indicator,
                                    .definition = (const char *)definition,
                                    .region = get_be32(at),
                                    .block = get_be32(end)};
    return ERR_OK;
}

/* --- writing ------------------------------------------------------------------------------------ */

/* A number in 1, 2, 4 or 8 bytes, which is code 0 to 3. */
static unsigned char *put_number(unsigned char *to, uint64_t value, unsigned *code)
{
    unsigned char bytes[8];
    *code = value >> 8 == 0 ? 0 : value >> 16 == 0 ? 1 : value >> 32 == 0 ? 2 : 3;
    bytes_put_le64(bytes, value);
    memcpy(to, bytes, (size_t)1 << *code);
    return to + ((size_t)1 << *code);
}

static uint64_t zigzag(uint64_t value)
{
    return value << 1 ^ (0 - (value >> 63));
}

static bool is_same_kind(const struct vintage *a, const struct vintage *b)
{
    return a->unit == b->unit && a->decimals == b->decimals && a->status == b->status;
}

static unsigned char *put_kind(unsigned char *to, const struct vintage *vintage, const char *unit)
{
    size_t size = strlen(unit);
    *to++ = vintage->decimals;
    *to++ = vintage->status;
    *to++ = (unsigned char)size;
    memcpy(to, unit, size);
    return to + size;
}

static unsigned char *put_figure(unsigned char *to, const struct entry *entry,
                                 const struct entry *before, const char *unit)
{
    const struct vintage *vintage = &entry->vintage, *earlier = &before->vintage;
    const uint64_t numbers[NUMBERS] = {
        zigzag((uint64_t)((int64_t)entry->key - (int64_t)before->key)),
        zigzag((uint64_t)vintage->unscaled), zigzag(vintage->sequence - earlier->sequence),
        zigzag(vintage->stored_ms - earlier->stored_ms), vintage->index};
    unsigned head = unit != NULL ? HAS_KIND : 0, code;
    unsigned char *start = to;
    to += HEAD_BYTES;
    for (unsigned i = 0; i < NUMBERS; i++) {
        to = put_number(to, numbers[i], &code);
        head |= code << (2 * i);
    }
    start[0] = (unsigned char)head;
    start[1] = (unsigned char)(head >> 8);
    return unit != NULL ? put_kind(to, vintage, unit) : to;
}

enum err series_row_write(const struct block *block, const char *const *units, struct buffer *out)
{
    static const struct entry start = {.key = 0};
    const struct entry *before = &start;
    void *room;
    enum err err = buffer_reserve(out, block->count * FIGURE_MAX_BYTES, &room);
    if (err != ERR_OK)
        return err;
    unsigned char *to = room;
    for (uint32_t i = 0; i < block->count; i++) {
        const struct entry *entry = &block->entries[i];
        bool has_kind = i == 0 || !is_same_kind(&entry->vintage, &before->vintage);
        to = put_figure(to, entry, before, has_kind ? units[entry->vintage.unit] : NULL);
        before = entry;
    }
    out->size += (size_t)(to - (unsigned char *)room);
    return ERR_OK;
}

/* --- reading ------------------------------------------------------------------------------------ */

static uint64_t unzigzag(uint64_t value)
{
    return value >> 1 ^ (0 - (value & 1));
}

/* Eight bytes are read whatever the number's size, so no branch depends on it. */
static inline uint64_t take_number(const unsigned char **at, unsigned code)
{
    static const uint64_t masks[] = {0xff, 0xffff, 0xffffffff, UINT64_MAX};
    uint64_t value = bytes_get_le64(*at) & masks[code & 3];
    *at += (size_t)1 << (code & 3);
    return value;
}

static const unsigned char *take_kind(const unsigned char *at, const unsigned char *end,
                                      struct series_row_figure *figure)
{
    if (end - at < KIND_BYTES || at[2] > end - at - KIND_BYTES)
        return NULL;
    figure->vintage.decimals = at[0];
    figure->vintage.status = at[1];
    figure->unit_size = at[2];
    figure->unit = (const char *)at + KIND_BYTES;
    return at + KIND_BYTES + figure->unit_size;
}

bool series_row_next(struct series_row_reader *reader)
{
    struct series_row_figure *figure = &reader->figure;
    unsigned char last[2 * NUMBERS_MAX_BYTES] = {0}; /* near the end: a copy, to be read beyond */
    size_t rest = (size_t)(reader->end - reader->at);
    const unsigned char *at = reader->at;
    if (rest < NUMBERS_MAX_BYTES)
        at = memcpy(last, at, rest);
    const unsigned char *start = at;
    unsigned head = at[0] | (unsigned)at[1] << 8;
    at += HEAD_BYTES;
    uint64_t step = take_number(&at, head), unscaled = take_number(&at, head >> 2);
    uint64_t sequence = take_number(&at, head >> 4), stored_ms = take_number(&at, head >> 6);
    uint64_t index = take_number(&at, head >> 8);
    size_t size = (size_t)(at - start);
    if (rest == 0 || size > rest || head >= 2 * HAS_KIND || index > UINT32_MAX)
        return false;
    at = reader->at + size;
    if (head & HAS_KIND)
        at = take_kind(at, reader->end, figure);
    if (at == NULL || figure->unit == NULL)
        return false;
    reader->at = at;
    reader->has_kind = head & HAS_KIND;
    figure->key += (uint32_t)unzigzag(step);
    figure->vintage.unscaled = (int64_t)unzigzag(unscaled);
    figure->vintage.sequence += unzigzag(sequence);
    figure->vintage.stored_ms += unzigzag(stored_ms);
    figure->vintage.index = (uint32_t)index;
    return true;
}
