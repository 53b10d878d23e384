#include "consumers/service/map.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FIRST_SLOTS = 256, FIRST_CHUNK_BYTES = 1024, LARGEST_CHUNK_BYTES = 256 * 1024 };

/* The value follows, then the key. */
struct map_entry {
    uint64_t hash;
    size_t key_size;
    alignas(max_align_t) unsigned char value[];
};

/* Entries, one after the other: as many as fit, all of them freed together. */
struct map_chunk {
    struct map_chunk *earlier;
    size_t size, used;
    alignas(max_align_t) unsigned char bytes[];
};

void map_init(struct map *map, size_t value_size, size_t max)
{
    *map = (struct map){.value_size = value_size, .max = max};
}

void map_fini(struct map *map)
{
    for (struct map_chunk *chunk = map->chunks, *earlier; chunk; chunk = earlier) {
        earlier = chunk->earlier;
        free(chunk);
    }
    free(map->slots);
    *map = (struct map){0};
}

static bool is_of_key(const struct map *map, const struct map_entry *entry, uint64_t hash,
                      const void *key, size_t key_size)
{
    return entry->hash == hash && entry->key_size == key_size &&
           !memcmp(entry->value + map->value_size, key, key_size);
}

/* The slot that holds the key, or the free one where it belongs. There is always a free one. */
static struct map_entry **slot_of(const struct map *map, uint64_t hash, const void *key,
                                  size_t key_size)
{
    size_t i = hash & (map->slot_count - 1);
    while (map->slots[i] && !is_of_key(map, map->slots[i], hash, key, key_size))
        i = (i + 1) & (map->slot_count - 1);
    return &map->slots[i];
}

void *map_find(const struct map *map, const void *key, size_t key_size)
{
    if (!map->slot_count)
        return NULL;
    struct map_entry *entry = *slot_of(map, XXH3_64bits(key, key_size), key, key_size);
    return entry ? entry->value : NULL;
}

static enum err grow(struct map *map)
{
    struct map larger = *map;
    larger.slot_count = map->slot_count ? 2 * map->slot_count : FIRST_SLOTS;
    larger.slots = calloc(larger.slot_count, sizeof *larger.slots);
    if (!larger.slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < map->slot_count; i++) {
        struct map_entry *entry = map->slots[i];
        if (entry)
            *slot_of(&larger, entry->hash, entry->value + map->value_size, entry->key_size) = entry;
    }
    free(map->slots);
    *map = larger;
    return ERR_OK;
}

/* The list of removed places that large; NULL: so large a one is not taken again. */
static void **removed_of(struct map *map, size_t size)
{
    size_t i = size / alignof(max_align_t);
    return i < MAP_SIZES ? &map->removed[i] : NULL;
}

static void *take_removed(struct map *map, size_t size)
{
    void **list = removed_of(map, size);
    void *place = list ? *list : NULL;
    if (place) {
        memcpy(list, place, sizeof *list);
        memset(place, 0, size);
    }
    return place;
}

static size_t size_of_entry(const struct map *map, size_t key_size)
{
    size_t size = sizeof(struct map_entry) + map->value_size + key_size;
    return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

/* All bytes are zero. NULL: no memory. */
static struct map_entry *make_entry(struct map *map, size_t size)
{
    struct map_chunk *chunk = map->chunks;
    void *entry = take_removed(map, size);
    if (entry)
        return entry;
    if (!chunk || chunk->size - chunk->used < size) {
        size_t room = chunk ? 2 * chunk->size : FIRST_CHUNK_BYTES;
        room = room < LARGEST_CHUNK_BYTES ? room : LARGEST_CHUNK_BYTES;
        room = room > size ? room : size;
        chunk = calloc(1, sizeof *chunk + room);
        if (!chunk)
            return NULL;
        chunk->earlier = map->chunks;
        chunk->size = room;
        map->chunks = chunk;
    }
    entry = chunk->bytes + chunk->used;
    chunk->used += size;
    return entry;
}

enum err map_at(struct map *map, const void *key, size_t key_size, void **out)
{
    void *found = map_find(map, key, key_size);
    if (found) {
        *out = found;
        return ERR_OK;
    }
    if (map->count == map->max)
        return ERR_LIMIT;
    if (2 * map->count >= map->slot_count) {
        enum err err = grow(map);
        if (err)
            return err;
    }
    struct map_entry *entry = make_entry(map, size_of_entry(map, key_size));
    if (!entry)
        return ERR_NOMEM;
    entry->hash = XXH3_64bits(key, key_size);
    entry->key_size = key_size;
    memcpy(entry->value + map->value_size, key, key_size);
    *slot_of(map, entry->hash, key, key_size) = entry;
    map->count++;
    *out = entry->value;
    return ERR_OK;
}

/* What lies behind a slot that becomes free, up to the next free one, moves to where it is looked for. */
static void close_gap(struct map *map, size_t gap)
{
    size_t mask = map->slot_count - 1;
    for (size_t i = (gap + 1) & mask; map->slots[i]; i = (i + 1) & mask) {
        size_t home = map->slots[i]->hash & mask;
        if (((i - home) & mask) < ((i - gap) & mask))
            continue; /* its own place is behind the gap */
        map->slots[gap] = map->slots[i];
        gap = i;
    }
    map->slots[gap] = NULL;
}

void map_remove(struct map *map, const void *key, size_t key_size)
{
    if (!map->slot_count)
        return;
    struct map_entry **slot = slot_of(map, XXH3_64bits(key, key_size), key, key_size);
    void *entry = *slot;
    if (!entry)
        return;
    close_gap(map, (size_t)(slot - map->slots));
    map->count--;
    void **list = removed_of(map, size_of_entry(map, key_size));
    if (!list)
        return;
    memcpy(entry, list, sizeof *list);
    *list = entry;
}
