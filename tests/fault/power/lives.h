/* Lives: processes of this program that work under the disk of tests/fault/preload, and where they do. */
#ifndef SONGHUA_TESTS_LIVES_H
#define SONGHUA_TESTS_LIVES_H

#include "tests/fault/power/check.h"
#include "tests/support/scratch.h"

#include <limits.h>

struct kind {
    const char *name;
    void (*work)(const char *root, uint64_t seed, unsigned commits);
    check *check;
};

struct place {
    char directory[SCRATCH_BYTES];
};

_Noreturn void lives_die(const char *what,
                         const char *why); /* what cannot be set up is no finding */

struct place place_new(void); /* in memory where there is room */
void place_remove(struct place *place);
void place_path(const struct place *place, const char *name, char path[PATH_MAX]);
void place_remove_one(const struct place *place, const char *name); /* and what is in it */

/* One life in place/root, which is made, recorded in place/trace. `fail` as FAULT_DISK_FAIL, or NULL; if
 * that was met, place/failed is there. Returns the exit status as waitpid() gives it. */
int life_run(const struct place *place, const struct kind *kind, uint64_t seed, unsigned commits,
             const char *fail);

int life_wait(int child);

/* Every write and every flush of a life fails in turn, in each way. 0: all that was acknowledged was
 * there each time. */
int fail_each(const struct kind *kind, uint64_t seed, unsigned commits);

#endif
