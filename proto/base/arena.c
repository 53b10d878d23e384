#include "proto/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BLOCK_BYTES = 64 * 1024, HUGE_BYTES = 2 << 20, HUGE_FROM_BYTES = 8 << 20 };

struct arena_block {
    struct arena_block *next;
    size_t size;
    alignas(16) unsigned char bytes[];
};

void arena_init(struct arena *arena, size_t max)
{
    *arena = (struct arena){.max = max};
}

void arena_expect_much(struct arena *arena)
{
    arena->is_large = true;
}

void arena_fini(struct arena *arena)
{
    for (struct arena_block *block = arena->first, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (struct arena){0};
}

/* Large blocks go: kept, they would pile up, as few later pieces are as large. */
void arena_reset(struct arena *arena)
{
    struct arena_block **link = &arena->first;
    for (struct arena_block *block = arena->first, *next; block; block = next) {
        next = block->next;
        if (block->size == BLOCK_BYTES) {
            link = &block->next;
            continue;
        }
        *link = next;
        arena->total -= block->size;
        free(block);
    }
    arena->current = NULL;
    arena->used = 0;
}

/* Blocks kept from an earlier round and not used in this one. */
static void drop_spare(struct arena *arena)
{
    struct arena_block **link = arena->current ? &arena->current->next : &arena->first;
    for (struct arena_block *block = *link, *next; block; block = next) {
        next = block->next;
        arena->total -= block->size;
        free(block);
    }
    *link = NULL;
}

static size_t block_bytes(size_t size)
{
    return size > BLOCK_BYTES ? size : BLOCK_BYTES;
}

static bool grows_hugely(const struct arena *arena, size_t bytes)
{
    return arena->is_large && bytes == BLOCK_BYTES && arena->total >= HUGE_FROM_BYTES &&
           arena->max - arena->total >= HUGE_BYTES;
}

/* Of at least so many bytes. */
static struct arena_block *make_block(const struct arena *arena, size_t bytes)
{
    bool is_huge = grows_hugely(arena, bytes);
    struct arena_block *block =
        is_huge ? aligned_alloc(HUGE_BYTES, HUGE_BYTES) : malloc(sizeof *block + bytes);
    if (!block)
        return NULL;
    if (is_huge) /* without them it is slower and nothing else */
        (void)madvise(block, HUGE_BYTES, MADV_HUGEPAGE);
    block->size = is_huge ? HUGE_BYTES - sizeof *block : bytes;
    return block;
}

/* Make room for `size` bytes: go to the next block that is kept, or hang a new one behind. */
static struct arena_block *next_block(struct arena *arena, size_t size)
{
    struct arena_block *next = arena->current ? arena->current->next : arena->first;
    if (next && next->size >= size)
        return next;
    size_t bytes = block_bytes(size);
    if (bytes > arena->max - arena->total) {
        drop_spare(arena);
        next = NULL;
    }
    if (bytes > arena->max - arena->total)
        return NULL;
    struct arena_block *block = make_block(arena, bytes);
    if (!block)
        return NULL;
    block->next = next;
    if (arena->current)
        arena->current->next = block;
    else
        arena->first = block;
    arena->total += block->size;
    return block;
}

static size_t round_up(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

bool arena_is_at_limit(const struct arena *arena, size_t size)
{
    size_t rounded = round_up(size);
    return rounded < size || block_bytes(rounded) > arena->max - arena->total;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t rounded = round_up(size);
    if (rounded < size)
        return NULL;
    if (!arena->current || rounded > arena->current->size - arena->used) {
        struct arena_block *block = next_block(arena, rounded);
        if (!block)
            return NULL;
        arena->current = block;
        arena->used = 0;
    }
    void *piece = arena->current->bytes + arena->used;
    arena->used += rounded;
    return piece;
}

char *arena_text(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_take(arena, size);
    return copy ? memcpy(copy, text, size) : NULL;
}
