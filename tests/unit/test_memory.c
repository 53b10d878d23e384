/* broker/memory: what ZeroMQ's queues are made of. */
#include "broker/memory.h"
#include "tests/support/gauge.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

enum { PARTS = 256, ALIGNMENT = 64, PART_BYTES = 16400 };

static void *take(size_t alignment, size_t size)
{
    void *bytes = NULL;
    cr_assert_eq(posix_memalign(&bytes, alignment, size), 0);
    cr_assert_eq((uintptr_t)bytes % alignment, 0);
    return bytes;
}

static bool is_among(void *const *parts, const void *bytes)
{
    for (size_t i = 0; i < PARTS; i++)
        if (parts[i] == bytes)
            return true;
    return false;
}

/* What a connection has beside its queues; it also fills what is left over where a part is aligned. */
static void take_small(void *pieces[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        pieces[i] = malloc(i % 4 * 32 + 24);
}

Test(broker_memory, parts_of_queues_that_were_freed_are_the_next_ones, .timeout = 20)
{
    enum { SMALL = 16 };
    static void *parts[PARTS], *small[PARTS][SMALL];
    size_t again = 0;
    if (GAUGE_HAS_SANITIZER)
        return;
    memory_set_up();
    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = take(ALIGNMENT, PART_BYTES);
        take_small(small[i], SMALL);
    }
    for (size_t i = 0; i < PARTS; i++)
        free(parts[i]);
    for (size_t i = 0; i < PARTS; i++)
        again += is_among(parts, take(ALIGNMENT, PART_BYTES));
    cr_expect_geq(again, PARTS / 10 * 9, "%zu of %d", again, PARTS);
}

Test(broker_memory, what_is_asked_for_is_aligned_or_refused, .timeout = 20)
{
    void *bytes = NULL;
    for (size_t alignment = sizeof(void *); alignment <= 1 << 20; alignment *= 2)
        for (size_t size = 1; size <= 1 << 20; size = size * 3 + 1)
            free(take(alignment, size));
    cr_expect_eq(posix_memalign(&bytes, 0, 1), EINVAL);
    cr_expect_eq(posix_memalign(&bytes, 4, 1), EINVAL);
    cr_expect_eq(posix_memalign(&bytes, 24, 1), EINVAL);
    for (size_t more = 0; more < 64; more++)
        cr_expect_eq(posix_memalign(&bytes, 128, SIZE_MAX - more), ENOMEM, "%zu", more);
    if (!GAUGE_HAS_SANITIZER) /* which ends a process that asks its malloc for so much */
        cr_expect_eq(posix_memalign(&bytes, 64, SIZE_MAX / 2 + 1), ENOMEM);
    cr_expect_null(bytes);
}

Test(broker_memory, libraries_get_theirs_from_it_too, .timeout = 20)
{
    memory_set_up();
    void *libc = dlsym(RTLD_NEXT, "posix_memalign");
    void *found = dlsym(RTLD_DEFAULT, "posix_memalign");
    cr_assert_not_null(found);
    cr_expect_neq(found, libc);
}
