/* The vintages of one series: every figure that was recorded for an indicator, a region and a
 * definition, by period, in the order of their addresses. For consumers/evaluate alone.
 *
 *     slots, in order of period          blocks, in the order in which the figures were added
 *     | 2019 | 2020 | 2021 |             | a b c d | e f g h … | →
 *         └──────────────────────────────────► c ──earlier──► a
 *
 * All memory comes from the evaluation's arena. A vintage never moves, so adding one is a search and a
 * store. How large a block is follows from its number: a series that is read back from its rows
 * (series_row.h), one for each block, has the same blocks again.
 */
#ifndef SONGHUA_EVALUATE_SERIES_H
#define SONGHUA_EVALUATE_SERIES_H

#include "consumers/evaluate/evaluation.h"
#include "proto/base/arena.h"
#include "proto/event/obs_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VINTAGE_RETRACTED = 255,   /* as status */
    VINTAGE_CONFIRMED = 1 << 7 /* in decimals: the reporter looked at it again, and it is right */
};

struct vintage {
    int64_t unscaled;
    uint64_t sequence;
    uint64_t stored_ms;
    uint32_t index;
    uint16_t unit;    /* in the table of units */
    uint8_t decimals; /* may hold VINTAGE_CONFIRMED */
    uint8_t status;   /* obs_status, or VINTAGE_RETRACTED */
};

struct entry {
    struct vintage vintage;
    struct entry *earlier; /* of the same period, by address; NULL: none */
    uint32_t key;          /* period_key() */
};

struct block {
    struct block *next;
    uint32_t number, count;
    struct entry entries[];
};

struct period_slot {
    uint32_t key;         /* period_key() */
    struct entry *latest; /* by address; NULL: none could be added */
};

struct series {
    uint64_t hash;
    const char *indicator, *definition;
    uint32_t region;
    uint32_t count, capacity;
    struct period_slot *slots; /* in order of period */
    struct block *first, *last;
    uint64_t since_ms;           /* when its first figure was recorded; UINT64_MAX: none was */
    struct block *unsaved;       /* the first with figures that are in no row yet; NULL: none has */
    struct series *next_unsaved; /* list of figures.h */
};

/* Figures that the block with this number has room for. */
uint32_t block_capacity(uint32_t number);

/* *is_new is false when a vintage of the same address is there already: nothing is added then.
 * Errors  ERR_NOMEM. */
MUST_CHECK enum err series_add(struct series *series, uint32_t key, const struct vintage *vintage,
                               struct arena *arena, bool *is_new);

/* The same in two steps, for many figures at once: append each, then make the slots of them all, which
 * the series must not have yet. What only series_index() uses is in `ranks`, zero at first, which any
 * number of series may use one after the other.
 * Errors  ERR_NOMEM; of series_index() also ERR_CORRUPT (an address that comes twice). */
struct period_ranks {
    uint64_t seen[(PERIOD_END_KEY - PERIOD_FIRST_KEY + 63) / 64]; /* all zero between calls */
    uint16_t ranks[PERIOD_END_KEY - PERIOD_FIRST_KEY];
};
MUST_CHECK enum err series_append(struct series *series, uint32_t key,
                                  const struct vintage *vintage, struct arena *arena);
MUST_CHECK enum err series_index(struct series *series, struct period_ranks *ranks,
                                 struct arena *arena);

/* The vintage in force as of the moment; NULL: none yet. */
const struct vintage *slot_in_force(const struct period_slot *slot, struct as_of as_of);

#endif
