#include "consumers/scorer/looked.h"

#include <stdlib.h>

enum { FIRST_SIZE = 16, MIX_SHIFT = 29 };

static const uint64_t mix = 0x9e3779b97f4a7c15; /* 2^64 by the golden ratio, made odd */

static bool is_same(const struct doubt_place *a, const struct doubt_place *b)
{
    return a->indicator == b->indicator && a->definition == b->definition &&
           a->region == b->region && period_key(a->period) == period_key(b->period);
}

/* Where the place is, or would be. There is always a free slot. */
static struct doubt_place *slot_of(const struct looked *looked, const struct doubt_place *place)
{
    uint64_t hash = (uint64_t)(uintptr_t)place->indicator * mix;
    hash = (hash ^ hash >> MIX_SHIFT ^ (uint64_t)(uintptr_t)place->definition) * mix;
    hash = (hash ^ hash >> MIX_SHIFT ^ (uint64_t)place->region << 32 ^ period_key(place->period)) *
           mix;
    size_t i = (hash ^ hash >> MIX_SHIFT) & (looked->size - 1);
    while (looked->slots[i].indicator && !is_same(&looked->slots[i], place))
        i = (i + 1) & (looked->size - 1);
    return &looked->slots[i];
}

static enum err grow(struct looked *looked)
{
    struct looked larger = {.size = looked->size ? 2 * looked->size : FIRST_SIZE,
                            .count = looked->count};
    larger.slots = calloc(larger.size, sizeof *larger.slots);
    if (!larger.slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < looked->size; i++)
        if (looked->slots[i].indicator)
            *slot_of(&larger, &looked->slots[i]) = looked->slots[i];
    free(looked->slots);
    *looked = larger;
    return ERR_OK;
}

enum err looked_add(struct looked *looked, const struct doubt_place *place, bool *is_new)
{
    enum err err = 2 * looked->count >= looked->size ? grow(looked) : ERR_OK;
    if (err)
        return err;
    struct doubt_place *slot = slot_of(looked, place);
    *is_new = !slot->indicator;
    if (*is_new) {
        *slot = *place;
        looked->count++;
    }
    return ERR_OK;
}

void looked_fini(struct looked *looked)
{
    free(looked->slots);
    *looked = (struct looked){0};
}
