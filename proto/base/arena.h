/* Memory that is given out piece by piece and taken back all at once.
 *
 *     struct arena arena;
 *     arena_init(&arena, 4 << 20);
 *     message = unpack(…, arena_protobuf(&arena) …);      (event/arena_protobuf.h)
 *     arena_reset(&arena);
 *
 * Blocks of the usual size are kept on reset, so a loop allocates a few times and no more. What fits
 * below the maximum depends on what was taken since the reset, never on earlier rounds. Pieces are
 * aligned to 16.
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_BASE_ARENA_H
#define SONGHUA_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *first, *current;
    size_t used;  /* bytes of the current block */
    size_t total; /* bytes of all blocks */
    size_t max;   /* total never exceeds it */
    bool is_large;
};

void arena_init(struct arena *arena, size_t max);
/* Said after arena_init() of one that is to hold hundreds of megabytes and is not reset: beyond the first
 * few it grows by 2 MiB at once, for which the system is asked for huge pages. Taking memory page by page
 * was a quarter of a scorer's start. */
void arena_expect_much(struct arena *arena);
void arena_fini(struct arena *arena); /* accepts an all-zero arena */
void arena_reset(struct arena *arena);

/* NULL when the maximum is reached or memory is short. The bytes are not cleared. */
void *arena_take(struct arena *arena, size_t size);

/* A copy of the text; NULL as arena_take(). */
char *arena_text(struct arena *arena, const char *text);

/* Whether arena_take() answered NULL for this size because of the maximum. */
bool arena_is_at_limit(const struct arena *arena, size_t size);

#endif
