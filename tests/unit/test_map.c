/* The table that services keep their state in, against a list. */
#include "consumers/service/map.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

Test(map, a_new_entry_is_all_zero_and_found_again, .timeout = 20)
{
    struct map map;
    void *value;
    map_init(&map, sizeof(uint64_t), 10);
    cr_expect_null(map_find(&map, "k", 1));
    cr_assert_eq(map_at(&map, "k", 1, &value), ERR_OK);
    cr_expect_eq(*(uint64_t *)value, 0);
    *(uint64_t *)value = 7;
    cr_expect_eq(map_find(&map, "k", 1), value);
    map_fini(&map);
}

Test(map, values_stay_where_they_are_while_it_grows, .timeout = 20)
{
    struct map map;
    void *first, *value;
    map_init(&map, sizeof(uint64_t), 100000);
    cr_assert_eq(map_at(&map, "first", 5, &first), ERR_OK);
    for (uint64_t i = 0; i < 10000; i++) {
        cr_assert_eq(map_at(&map, &i, sizeof i, &value), ERR_OK);
        *(uint64_t *)value = i;
    }
    cr_expect_eq(map_find(&map, "first", 5), first);
    for (uint64_t i = 0; i < 10000; i++)
        cr_assert_eq(*(uint64_t *)map_find(&map, &i, sizeof i), i);
    map_fini(&map);
}

Test(map, no_more_entries_than_the_maximum_are_taken, .timeout = 20)
{
    struct map map;
    void *value;
    map_init(&map, 1, 2);
    cr_assert_eq(map_at(&map, "a", 1, &value), ERR_OK);
    cr_assert_eq(map_at(&map, "b", 1, &value), ERR_OK);
    cr_expect_eq(map_at(&map, "c", 1, &value), ERR_LIMIT);
    cr_expect_eq(map_at(&map, "a", 1, &value), ERR_OK);
    map_fini(&map);
}

enum { KEYS = 300, STEPS = 200000, MOST = 250 };

static size_t key_of(unsigned i, char out[64])
{
    return (size_t)snprintf(out, 64, "%.*s%u", (int)(i % 40),
                            "----------------------------------------", i);
}

Test(map, whatever_is_put_and_removed_the_rest_is_found, .timeout = 60)
{
    struct map map;
    uint32_t values[KEYS] = {0}; /* 0: not there */
    size_t count = 0;
    unsigned short random[3] = {1, 2, 3};
    map_init(&map, sizeof *values, MOST);
    for (uint32_t step = 1; step <= STEPS; step++) {
        char key[64];
        void *value;
        unsigned i = (unsigned)nrand48(random) % KEYS;
        size_t size = key_of(i, key);
        if (nrand48(random) % 3) {
            enum err err = map_at(&map, key, size, &value);
            cr_assert_eq(err, values[i] || count < MOST ? ERR_OK : ERR_LIMIT);
            if (err)
                continue;
            cr_assert(values[i] || *(uint32_t *)value == 0, "new values are zero");
            count += !values[i];
            values[i] = step;
            memcpy(value, &step, sizeof step);
        } else {
            map_remove(&map, key, size);
            count -= values[i] != 0;
            values[i] = 0;
        }
        cr_assert_eq(map.count, count);
        i = (unsigned)nrand48(random) % KEYS;
        value = map_find(&map, key, key_of(i, key));
        cr_assert_eq(value ? *(uint32_t *)value : 0, values[i], "step %u", (unsigned)step);
    }
    map_fini(&map);
}

static size_t chunks_of(const struct map *map)
{
    size_t count = 0;
    for (const char *chunk = (const char *)map->chunks; chunk; count++)
        memcpy(&chunk, chunk, sizeof chunk); /* each begins with the one made before */
    return count;
}

Test(map, what_comes_and_goes_takes_the_same_memory_again, .timeout = 60)
{
    struct map map;
    void *value;
    char key[32];
    map_init(&map, 36, 10);
    for (unsigned i = 0; i < STEPS; i++) {
        size_t size = (size_t)snprintf(key, sizeof key, "220100/rd/2024-%06u", i);
        cr_assert_eq(map_at(&map, key, size, &value), ERR_OK);
        map_remove(&map, key, size);
    }
    cr_expect_eq(chunks_of(&map), 1);
    cr_expect_eq(map.count, 0);
    map_fini(&map);
}
