/* A reader of a stream that remembers what it was handed, for fault tests: the checker (history.h) takes
 * each record as an effect.
 *
 *     struct follower *follower = follower_open(world, "reader-1", identity, "events", endpoint);
 *     while (…) follower_step(follower);
 *     follower_tell(follower, history);      it must have had every record of the stream
 *     follower_close(&follower);
 */
#ifndef SONGHUA_TESTS_FOLLOWER_H
#define SONGHUA_TESTS_FOLLOWER_H

#include "tests/support/history.h"
#include "tests/support/world.h"

struct follower;

/* endpoint NULL: the broker's own. */
struct follower *follower_open(struct world *world, const char *name,
                               const struct identity *identity, const char *stream,
                               const char *endpoint);
void follower_close(struct follower **follower);

/* Take what is there now. A refusal or a damaged record ends the process with a message. */
void follower_step(struct follower *follower, uint32_t wait_ms);
uint64_t follower_last(const struct follower *follower); /* number of the last record it has had */

/* Its effects, and that it has done all up to its last record. */
void follower_tell(const struct follower *follower, struct history *history);

#endif
