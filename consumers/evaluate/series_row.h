/* A block of a series as a row: a key and a value to be kept in any store that sorts its keys by
 * bytes. For consumers/evaluate alone.
 *
 *   key    region u32 be | indicator | 0 | definition | 0 | number of the block u32 be
 *   value  for each figure, in the order they were added:
 *            head       u16 le: 2 bits for each number that follows, the first lowest: it has 1, 2, 4
 *                       or 8 bytes; bit 10: has_kind
 *            numbers    little-endian: period key - the one before, zigzag | unscaled, zigzag |
 *                       sequence - the one before, zigzag | stored_ms - the one before, zigzag | index
 *            has_kind   decimals u8 | status u8 | size of the unit u8 | unit
 *
 * Before the first figure all numbers are 0; it has a kind, and each that differs from the one before in
 * decimals, status or unit has. Zigzag maps 0, -1, 1, -2 … to 0, 1, 2, 3 … About 13 bytes a figure, and
 * read without a branch for each byte: a start reads millions.
 */
#ifndef SONGHUA_EVALUATE_SERIES_ROW_H
#define SONGHUA_EVALUATE_SERIES_ROW_H

#include "consumers/evaluate/series.h"
#include "proto/base/buffer.h"
#include "proto/event/observation_check.h"

enum { SERIES_KEY_MAX_BYTES = 4 + 2 * (OBSERVATION_ID_MAX_BYTES + 1) + 4 };

/* Returns the key's size. */
size_t series_row_key(const struct series *series, uint32_t block,
                      unsigned char out[SERIES_KEY_MAX_BYTES]);

/* Errors  ERR_CORRUPT (no such key). The texts point into `key`. */
struct series_row_name {
    const char *indicator, *definition;
    uint32_t region, block;
};
MUST_CHECK enum err series_row_parse_key(const void *key, size_t size, struct series_row_name *out);

/* `units` by vintage.unit. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err series_row_write(const struct block *block, const char *const *units,
                                     struct buffer *out);

/* One figure of a value; `unit` is not terminated and points into it. */
struct series_row_figure {
    struct vintage vintage; /* without its unit */
    uint32_t key;
    const char *unit;
    size_t unit_size;
};

struct series_row_reader {
    const unsigned char *at, *end;
    struct series_row_figure figure; /* the one read last */
    bool has_kind;                   /* it brought a unit of its own, or is the first */
};

/* False at the end and when the value is damaged: then `at` is not `end`. */
bool series_row_next(struct series_row_reader *reader);

#endif
