#include "proto/wire/record.h"

#include "proto/base/bytes.h"
#include "proto/base/mutant.h"

#include <string.h>
#ifdef __x86_64__
#include <xxh_x86dispatch.h> /* the same function, by what the processor can do */
#else
#include <xxhash.h>
#endif

enum { NUMBERS_BYTES = 16 };

/* Both numbers reach the checksum as the seed of the frame's. The streaming form over all three would
 * cost a few hundred nanoseconds of set-up, which records of one event would feel. */
static uint64_t checksum_of(const unsigned char numbers[NUMBERS_BYTES], const void *frame,
                            size_t frame_size)
{
    return XXH3_64bits_withSeed(frame, frame_size, XXH3_64bits(numbers, NUMBERS_BYTES));
}

void record_write(const struct record *record, void *to)
{
    unsigned char *bytes = to;
    bytes_put_le64(bytes, record->sequence);
    bytes_put_le64(bytes + 8, record->stored_ms);
    bytes_put_le64(bytes + 16, checksum_of(bytes, record->frame, record->frame_size));
    memcpy(bytes + RECORD_PREFIX_BYTES, record->frame, record->frame_size);
}

enum err record_parse(const void *bytes, size_t size, struct record *out)
{
    const unsigned char *from = bytes;
    if (size < RECORD_PREFIX_BYTES + BATCH_PREFIX_BYTES || size > RECORD_MAX_BYTES)
        return ERR_MALFORMED;
    struct record record = {.sequence = bytes_get_le64(from),
                            .stored_ms = bytes_get_le64(from + 8),
                            .frame = from + RECORD_PREFIX_BYTES,
                            .frame_size = size - RECORD_PREFIX_BYTES};
    if (!is_mutant(MUTANT_NO_CHECKSUM) &&
        bytes_get_le64(from + 16) != checksum_of(from, record.frame, record.frame_size))
        return ERR_CORRUPT;
    *out = record;
    return ERR_OK;
}
