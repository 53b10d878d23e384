/* broker/guard: when all connections are ended, and when not again. */
#include "broker/guard.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MORE_BYTES = 256 << 20 };

static struct wake wakes[2];

/* Above its limit by a little, as the process is now. */
static struct guard guard_below_use(void)
{
    for (int i = 0; i < 2; i++)
        cr_assert_eq(wake_open(&wakes[i]), ERR_OK);
    uint64_t bytes = guard_memory_bytes();
    cr_assert_gt(bytes, 0);
    return (struct guard){.limit_bytes = bytes / 4 * 3, .owners = {&wakes[0], &wakes[1]}};
}

static unsigned look(struct guard *guard)
{
    guard_look(guard);
    return atomic_load(&guard->renewals);
}

Test(guard_look, memory_that_is_no_clients_ends_their_connections_once, .timeout = 20)
{
    struct guard guard = guard_below_use();
    cr_expect_eq(look(&guard), 1);
    cr_expect_eq(look(&guard), 1);
    cr_expect_eq(look(&guard), 1);
}

Test(guard_look, what_clients_put_on_top_of_it_ends_them_again, .timeout = 20)
{
    struct guard guard = guard_below_use();
    cr_expect_eq(look(&guard), 1);
    cr_expect_eq(look(&guard), 1);
    char *more = malloc(MORE_BYTES);
    cr_assert_not_null(more);
    memset(more, 1, MORE_BYTES);
    cr_expect_eq(look(&guard), 2);
    cr_expect_eq(more[MORE_BYTES - 1], 1);
    free(more);
}
