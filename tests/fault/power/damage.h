/* A journal's file, damaged again and again: a flipped bit, two pages that have changed places, a file cut
 * short. Each time everything is asked of it that it can tell.
 *
 * Right is: it does not open; or reading says so and what is told beside is what was stored; or what was
 * damaged is nowhere used and all is told as it was. LMDB may end the process that reads, as long as
 * the third start at the latest refuses the file.
 */
#ifndef SONGHUA_TESTS_DAMAGE_H
#define SONGHUA_TESTS_DAMAGE_H

#include "tests/fault/power/lives.h"

/* 0: nothing altered was told. The journal comes from the workload with that seed; a tenth of `count` of
 * the other kinds each. */
int damage_each(const struct kind *kind, uint64_t seed, unsigned count);

#endif
