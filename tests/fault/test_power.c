/* Power cuts: lives of a journal, an outbox and a service are recorded write by write, and every disk
 * that a cut could have left of them is made and opened (tests/fault/power). IMAGES=1000000 SEED=7 make
 * fault looks at more of them. */
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEED = 20211220, COMMITS = 60 };

/* IMAGES is of all together. */
static void check_images(const char *kind, unsigned long images, unsigned share_percent)
{
    char count[32], seed[32], commits[32], *output = NULL;
    const char *wanted = getenv("IMAGES"), *chosen = getenv("SEED");
    if (wanted)
        images = strtoul(wanted, NULL, 10) / 100 * share_percent;
    snprintf(count, sizeof count, "%lu", images);
    snprintf(seed, sizeof seed, "%lu", chosen ? strtoul(chosen, NULL, 10) : (unsigned long)SEED);
    snprintf(commits, sizeof commits, "%d", COMMITS);
    const char *const arguments[] = {kind, count, seed, commits, NULL};
    struct world *world = world_new();
    int code = world_run(world, "fault-power", arguments, &output);
    cr_assert_eq(code, 0, "%s", output);
    fprintf(stderr, "%s", output);
    free(output);
    world_free(&world);
}

Test(fault_power, no_cut_takes_what_the_journal_acknowledged, .timeout = 7200)
{
    check_images("journal", 55000, 55);
}

Test(fault_power, no_cut_takes_what_the_outbox_committed, .timeout = 7200)
{
    check_images("outbox", 35000, 35);
}

/* Effects exactly once: a service's state, its position and what it publishes. */
Test(fault_power, no_cut_parts_a_services_effects_from_its_position, .timeout = 7200)
{
    check_images("service", 10000, 10);
}
