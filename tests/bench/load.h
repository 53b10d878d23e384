/* A broker with room made ready, publishers on it, and a stream filled with events: what the benchmarks
 * of the network have in common. What fails ends the process: it is not a figure.
 */
#ifndef SONGHUA_BENCH_LOAD_H
#define SONGHUA_BENCH_LOAD_H

#include "proto/client/publisher.h"
#include "proto/net/socket.h"
#include "tests/bench/events.h"
#include "tests/support/world.h"

#include <sys/types.h>

void bench_check(enum err err, const char *what);

/* A broker of its own process whose journal has `bytes` of room that is quick to write to, as one has
 * that has been up for a while. The identity "bench" may do everything. */
struct world *bench_world(size_t bytes);

struct publisher *bench_publisher(struct world *world, struct net *net, const char *producer,
                                  uint32_t linger_ms, uint32_t signature_every);

/* Publish so many events of that size into "events" and wait until all are on disk. linger_ms 0: each
 * event is a batch of its own. */
void bench_fill_with(struct world *world, struct net *net, size_t events, size_t event_bytes,
                     enum bench_text text, uint32_t linger_ms);

/* A line of /proc/PID/status, "VmRSS:", in MB of 10^6 bytes. */
double bench_status_mb(pid_t pid, const char *name);

#endif
