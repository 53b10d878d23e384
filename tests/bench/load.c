#include "tests/bench/load.h"

#include "tests/bench/events.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACK_TIMEOUT_MS = 60000 };

void bench_check(enum err err, const char *what)
{
    if (!err)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, err_text(err));
    exit(1);
}

struct world *bench_world(size_t bytes)
{
    char size[32];
    const char *const room[] = {"--journal-size", size, NULL};
    struct world *world = world_new();
    /* Records are taken up to nine tenths of the file. */
    snprintf(size, sizeof size, "%zu", bytes / 8 * 10);
    world_identity(world, "bench", ROLE_ADMIN, "*");
    world_start_broker(world, room);
    while (world_metric(world, "songhua_broker_journal_prepared_bytes") < (double)bytes)
        poll(NULL, 0, 100);
    return world;
}

struct publisher *bench_publisher(struct world *world, struct net *net, const char *producer,
                                  uint32_t linger_ms, uint32_t signature_every)
{
    struct publisher *publisher;
    const struct publisher_options options = {.endpoint = world_endpoint(world, "publish"),
                                              .server_key = world_server_key(world),
                                              .identity =
                                                  world_identity(world, "bench", ROLE_ADMIN, "*"),
                                              .stream = "events",
                                              .producer = producer,
                                              .net = net,
                                              .linger_ms = linger_ms,
                                              .ack_timeout_ms = ACK_TIMEOUT_MS,
                                              .signature_every = signature_every};
    bench_check(publisher_open(&options, &publisher), "open a publisher");
    return publisher;
}

void bench_fill_with(struct world *world, struct net *net, size_t events, size_t event_bytes,
                     enum bench_text text, uint32_t linger_ms)
{
    unsigned char *made = bench_events_make(event_bytes, text);
    struct publisher *publisher = bench_publisher(world, net, "bench.fill", linger_ms, 1);
    for (size_t n = 0; n < events; n++)
        bench_check(publisher_publish(publisher, 220000, "observation",
                                      made + n % BENCH_EVENTS * event_bytes, event_bytes),
                    "publish");
    bench_check(publisher_flush(publisher, 10 * ACK_TIMEOUT_MS), "flush");
    publisher_close(&publisher);
    free(made);
}

double bench_status_mb(pid_t pid, const char *name)
{
    char path[64], line[256];
    unsigned long kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, name, strlen(name)))
            kilobytes = strtoul(line + strlen(name) + 1, NULL, 10);
    if (!file || fclose(file) || !kilobytes) {
        fprintf(stderr, "bench: %s has no %s\n", path, name);
        exit(1);
    }
    return (double)kilobytes * 1024 / 1e6;
}
