/* Damage to a journal's file: whatever is changed in it, nothing altered is ever served (tests/fault/power,
 * damage.h says what is right). FLIPS=100000 SEED=7 make fault does more of it. An older copy of the whole
 * file is tests/e2e/test_rollback.c. */
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

Test(fault_damage, no_flipped_bit_swapped_page_or_cut_file_is_served_altered, .timeout = 3600)
{
    const char *flips = getenv("FLIPS"), *seed = getenv("SEED");
    const char *const arguments[] = {"damage", seed ? seed : "20211220", flips ? flips : "10000",
                                     NULL};
    char *output = NULL;
    struct world *world = world_new();
    int code = world_run(world, "fault-power", arguments, &output);
    cr_assert_eq(code, 0, "%s", output);
    fprintf(stderr, "%s", output);
    free(output);
    world_free(&world);
}
