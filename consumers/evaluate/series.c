#include "consumers/evaluate/series.h"

#include <string.h>

enum { FIRST_BLOCK = 4, LARGEST_BLOCK = 32, DOUBLINGS = 3 };

/* The first slot whose period is not before `key`. */
static uint32_t slot_place(const struct series *series, uint32_t key)
{
    uint32_t low = 0, high = series->count;
    if (high > 0 && series->slots[high - 1].key < key)
        return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (series->slots[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Twice the slots, the old ones left behind in the arena. */
static enum err grow_slots(struct series *series, struct arena *arena)
{
    uint32_t larger = series->capacity == 0 ? 1 : series->capacity * 2;
    struct period_slot *slots =
        larger > series->capacity ? arena_take(arena, larger * sizeof *slots) : NULL;
    if (slots == NULL)
        return ERR_NOMEM;
    if (series->count > 0)
        memcpy(slots, series->slots, series->count * sizeof *slots);
    series->slots = slots;
    series->capacity = larger;
    return ERR_OK;
}

static struct period_slot *slot_of(struct series *series, uint32_t key, struct arena *arena)
{
    uint32_t place = slot_place(series, key);
    if (place < series->count && series->slots[place].key == key)
        return &series->slots[place];
    if (series->count == series->capacity && grow_slots(series, arena) != ERR_OK)
        return NULL;
    struct period_slot *slot = &series->slots[place];
    memmove(slot + 1, slot, (series->count - place) * sizeof *slot);
    *slot = (struct period_slot){.key = key};
    series->count++;
    return slot;
}

uint32_t block_capacity(uint32_t number)
{
    return number < DOUBLINGS ? (uint32_t)FIRST_BLOCK << number : LARGEST_BLOCK;
}

static struct block *block_with_room(struct series *series, struct arena *arena)
{
    struct block *last = series->last;
    if (last != NULL && last->count < block_capacity(last->number))
        return last;
    uint32_t number = last != NULL ? last->number + 1 : 0;
    struct block *block =
        arena_take(arena, sizeof *block + block_capacity(number) * sizeof *block->entries);
    if (block == NULL)
        return NULL;
    *block = (struct block){.number = number};
    *(last != NULL ? &last->next : &series->first) = block;
    series->last = block;
    return block;
}

static void note_time(struct series *series, const struct vintage *vintage)
{
    if (vintage->stored_ms < series->since_ms)
        series->since_ms = vintage->stored_ms;
}

enum err series_append(struct series *series, uint32_t key, const struct vintage *vintage,
                       struct arena *arena)
{
    struct block *block = block_with_room(series, arena);
    if (block == NULL)
        return ERR_NOMEM;
    block->entries[block->count++] = (struct entry){.vintage = *vintage, .key = key};
    note_time(series, vintage);
    return ERR_OK;
}

static int compare_address(const struct vintage *a, const struct vintage *b)
{
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Where a vintage of this address belongs in the slot; *is_new is false when there is one already. */
static struct entry **place_in(struct period_slot *slot, const struct vintage *vintage,
                               bool *is_new)
{
    struct entry **place = &slot->latest;
    while (*place != NULL && compare_address(&(*place)->vintage, vintage) > 0)
        place = &(*place)->earlier;
    *is_new = *place == NULL || compare_address(&(*place)->vintage, vintage) != 0;
    return place;
}

enum err series_add(struct series *series, uint32_t key, const struct vintage *vintage,
                    struct arena *arena, bool *is_new)
{
    struct period_slot *slot = slot_of(series, key, arena);
    if (slot == NULL)
        return ERR_NOMEM;
    struct entry **place = place_in(slot, vintage, is_new);
    if (!*is_new)
        return ERR_OK;
    struct block *block = block_with_room(series, arena);
    if (block == NULL)
        return ERR_NOMEM;
    struct entry *entry = &block->entries[block->count++];
    *entry = (struct entry){.vintage = *vintage, .earlier = *place, .key = key};
    *place = entry;
    note_time(series, vintage);
    if (series->unsaved == NULL)
        series->unsaved = block;
    return ERR_OK;
}

/* --- all at once -------------------------------------------------------------------------------- */

/* Mark the periods that the series has; returns how many. */
static uint32_t mark_periods(const struct series *series, struct period_ranks *ranks)
{
    uint32_t count = 0;
    for (const struct block *block = series->first; block != NULL; block = block->next)
        for (uint32_t i = 0; i < block->count; i++) {
            uint32_t place = block->entries[i].key - PERIOD_FIRST_KEY;
            uint64_t bit = (uint64_t)1 << place % 64;
            count += (ranks->seen[place / 64] & bit) == 0;
            ranks->seen[place / 64] |= bit;
        }
    return count;
}

/* A slot for each period that is marked, in order; the marks are taken away. */
static void make_slots(struct series *series, struct period_ranks *ranks)
{
    for (uint32_t word = 0; series->count < series->capacity; word++)
        for (; ranks->seen[word] != 0; ranks->seen[word] &= ranks->seen[word] - 1) {
            uint32_t place = word * 64 + (uint32_t)__builtin_ctzll(ranks->seen[word]);
            ranks->ranks[place] = (uint16_t)series->count;
            series->slots[series->count++] = (struct period_slot){.key = place + PERIOD_FIRST_KEY};
        }
}

static enum err link_entries(struct series *series, const struct period_ranks *ranks)
{
    bool is_new = true;
    for (struct block *block = series->first; block != NULL && is_new; block = block->next)
        for (uint32_t i = 0; i < block->count && is_new; i++) {
            struct entry *entry = &block->entries[i];
            struct entry **place =
                place_in(&series->slots[ranks->ranks[entry->key - PERIOD_FIRST_KEY]],
                         &entry->vintage, &is_new);
            entry->earlier = *place;
            *place = entry;
        }
    return is_new ? ERR_OK : ERR_CORRUPT;
}

enum err series_index(struct series *series, struct period_ranks *ranks, struct arena *arena)
{
    uint32_t count = mark_periods(series, ranks);
    struct period_slot *slots = arena_take(arena, (count + 1) * sizeof *slots);
    if (slots == NULL)
        return ERR_NOMEM;
    series->slots = slots;
    series->capacity = count;
    make_slots(series, ranks);
    return link_entries(series, ranks);
}

const struct vintage *slot_in_force(const struct period_slot *slot, struct as_of as_of)
{
    for (const struct entry *entry = slot->latest; entry != NULL; entry = entry->earlier)
        if (entry->vintage.sequence <= as_of.sequence && entry->vintage.stored_ms <= as_of.ms)
            return &entry->vintage;
    return NULL;
}
