/* What is recorded: a journal and an outbox at work, by a seed. Each runs in a process of its own with
 * the recording disk around `root`, an empty directory, and ends it when something fails.
 *
 * WORKLOAD_UNTIL_ERROR: the first failure of a commit ends the workload without an outcry, its error as
 * the result; for disks that are meant to fail.
 */
#ifndef SONGHUA_TESTS_WORKLOAD_H
#define SONGHUA_TESTS_WORKLOAD_H

#include "proto/base/err.h"

#include <stdint.h>

enum { WORKLOAD_PRODUCERS = 4 };

extern const char *const workload_streams[]; /* NULL-terminated, NOTE_STREAMS of them */

/* The journal in root/state, made as the broker makes it. */
void workload_journal(const char *root, uint64_t seed, unsigned commits);
/* The outbox in root/state. */
void workload_outbox(const char *root, uint64_t seed, unsigned commits);

/* The payload of a batch, a text of its own for every seed, producer and number. Valid until the next
 * call. */
const char *workload_payload(uint64_t seed, unsigned producer, uint64_t sequence);

_Noreturn void workload_failed(const char *what, enum err err);

#endif
