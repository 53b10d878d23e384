/* What is recorded: a journal, an outbox and a service at work, by a seed. Each runs in a process of
 * its own with the recording disk around `root`, an empty directory, and ends it when something fails.
 *
 * On a disk that fails they go on after ERR_FULL, having made room, and end with WORKLOAD_REFUSED after
 * ERR_IO, when every later attempt was refused as well.
 */
#ifndef SONGHUA_TESTS_WORKLOAD_H
#define SONGHUA_TESTS_WORKLOAD_H

#include "proto/base/err.h"
#include "proto/client/outbox.h"

#include <stdint.h>

enum { WORKLOAD_PRODUCERS = 4, WORKLOAD_EPOCH = 1, WORKLOAD_REFUSED = 78 };

extern const char *const workload_streams[]; /* NULL-terminated, NOTE_STREAMS of them */

/* The journal in root/state, made as the broker makes it. */
void workload_journal(const char *root, uint64_t seed, unsigned commits);
/* The outbox in root/state. */
void workload_outbox(const char *root, uint64_t seed, unsigned commits);
/* A service's state, position and what it publishes, in the outbox in root/state. */
void workload_service(const char *root, uint64_t seed, unsigned commits);

/* The payload of a batch, a text of its own for every seed, producer and number. Valid until the next
 * call. */
const char *workload_payload(uint64_t seed, unsigned producer, uint64_t sequence);

/* The batch that an outbox of "agent-0" in "events" will make of the draft, without its payload; `head` is
 * the digest of the one before, and then of this. */
struct batch workload_foresee(unsigned char head[DIGEST_BYTES], const struct batch_draft *draft,
                              uint64_t sequence);

_Noreturn void workload_failed(const char *what, enum err err);
_Noreturn void workload_refused(const char *what, enum err err);
void workload_make_room(void); /* on a disk that is said to be full */

#endif
