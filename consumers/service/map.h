/* A table from byte strings to values of one size, with a maximum number of entries.
 *
 *     map_init(&map, sizeof(struct track), 1000000)
 *     err = map_at(&map, key, key_size, &value)       found, or made with all bytes zero
 *     track = map_find(&map, key, key_size)           NULL: not there
 *     map_remove(&map, key, key_size)                 its place is taken by another of its size
 *     map_fini(&map)
 *
 * Entries never move: a value's address holds until it is removed, or map_fini().
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_SERVICE_MAP_H
#define SONGHUA_SERVICE_MAP_H

#include "proto/base/err.h"

#include <stddef.h>

struct map_entry;
struct map_chunk;

enum { MAP_SIZES = 32 };

struct map {
    struct map_entry **slots; /* open addressing; a power of two */
    size_t slot_count, count, max;
    size_t value_size;
    struct map_chunk *chunks; /* entries lie in them; the last made comes first */
    void *removed[MAP_SIZES]; /* places of removed entries, by size; each begins with the next */
};

/* Values of `value_size` bytes each, for at most `max` keys. */
void map_init(struct map *map, size_t value_size, size_t max);
void map_fini(struct map *map); /* accepts an all-zero map */

/* The value, where it lies until the key is removed; NULL: there is none. */
void *map_find(const struct map *map, const void *key, size_t key_size);

/* The same, made of zeroes when there is none. Errors  ERR_LIMIT (the maximum is reached), ERR_NOMEM. */
MUST_CHECK enum err map_at(struct map *map, const void *key, size_t key_size, void **out);

/* Nothing happens when it is not there. */
void map_remove(struct map *map, const void *key, size_t key_size);

#endif
