/* A broker process on a disk that fails when it is told to (tests/fault/preload): below world/broker the
 * n-th write or flush from bad_disk_arm() on.
 *
 *     bad_disk_prepare(world, "flush:3:EIO");
 *     world_start_broker(world, extra);
 *     bad_disk_release();                        other programs have a disk as usual
 *     bad_disk_arm(world);
 *     while (!bad_disk_has_failed(world)) …
 */
#ifndef SONGHUA_TESTS_BAD_DISK_H
#define SONGHUA_TESTS_BAD_DISK_H

#include "tests/support/world.h"

/* `fail` as FAULT_DISK_FAIL. Forgets an earlier failure. */
void bad_disk_prepare(struct world *world, const char *fail);
void bad_disk_release(void);
void bad_disk_arm(struct world *world);
bool bad_disk_has_failed(struct world *world);
void bad_disk_make_room(struct world *world); /* ends "full" */

#endif
