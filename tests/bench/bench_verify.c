/* songhua-replay verify as its users run it: every checksum, number, digest, chain and signature of a
 * record, from a broker on the same machine whose file is in memory. Seconds of the whole program count.
 *
 *     verify.events                  large batches, compressed; a thread for each processor
 *     verify.random.bytes            large batches that do not compress: bytes of records
 *     verify.random.bytes.1          the same with one thread beside the one that fetches
 *     verify.small, verify.small.1   each event a batch with a signature of its own
 *     check.random.bytes             songhua-broker check of the same, straight from the file
 */
#include "tests/bench/load.h"
#include "tests/bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_BYTES = 128, EVENTS = 8000000, RANDOM_EVENTS = 4000000, SMALL_EVENTS = 100000 };

static double verify(struct world *world, const char *threads)
{
    char *output;
    const char *const arguments[] = {"verify",
                                     "--broker",
                                     world_endpoint(world, "fetch"),
                                     "--server-cert",
                                     world_path(world, "broker.cert"),
                                     "--identity",
                                     world_path(world, "bench.cert"),
                                     "--keys",
                                     world_path(world, "access"),
                                     "--threads",
                                     threads,
                                     NULL};
    double started = measure_seconds();
    int code = world_run(world, "songhua-replay", arguments, &output);
    double seconds = measure_seconds() - started;
    if (code || !strstr(output, " 0 batches not covered")) {
        fprintf(stderr, "verify: exit %d: %s\n", code, output);
        exit(1);
    }
    free(output);
    return seconds;
}

static double check(struct world *world)
{
    char *output;
    const char *const arguments[] = {"check", "--state", world_path(world, "broker"), NULL};
    double started = measure_seconds();
    int code = world_run(world, "songhua-broker", arguments, &output);
    double seconds = measure_seconds() - started;
    if (code) {
        fprintf(stderr, "check: exit %d: %s\n", code, output);
        exit(1);
    }
    free(output);
    return seconds;
}

/* A broker with so many events; *bytes is what its records come to. */
static struct world *fill(struct net *net, size_t events, enum bench_text text, uint32_t linger_ms,
                          double *bytes)
{
    struct world *world = bench_world(events * (linger_ms ? 160 : 1024));
    fprintf(stderr, "filling the stream with %zu events\n", events);
    bench_fill_with(world, net, events, EVENT_BYTES, text, linger_ms);
    *bytes = world_metric(world, "songhua_broker_bytes_total");
    verify(world, "0"); /* the pages are in memory from here on */
    return world;
}

static void measure(struct world *world, double work, struct measure *all, struct measure *one)
{
    size_t runs = measure_runs(5);
    for (size_t run = 0; run < runs; run++) {
        measure_add(all, work / verify(world, "0"));
        measure_add(one, work / verify(world, "1"));
    }
    measure_print(all);
    measure_print(one);
}

int main(void)
{
    struct measure events[] = {{"verify.events", "events/s", {0}, 0},
                               {"verify.events.1", "events/s", {0}, 0}};
    struct measure random[] = {{"verify.random.bytes", "bytes/s", {0}, 0},
                               {"verify.random.bytes.1", "bytes/s", {0}, 0}};
    struct measure small[] = {{"verify.small", "events/s", {0}, 0},
                              {"verify.small.1", "events/s", {0}, 0}};
    struct measure checked = {"check.random.bytes", "bytes/s", {0}, 0};
    struct net *net;
    double bytes;
    bench_check(net_open(1, &net), "net");
    struct world *world = fill(net, EVENTS, BENCH_TEXT_SOURCE, 5, &bytes);
    measure(world, EVENTS, &events[0], &events[1]);
    world_free(&world);
    world = fill(net, RANDOM_EVENTS, BENCH_TEXT_RANDOM, 5, &bytes);
    measure(world, bytes, &random[0], &random[1]);
    for (size_t run = 0; run < measure_runs(5); run++)
        measure_add(&checked, bytes / check(world));
    measure_print(&checked);
    world_free(&world);
    world = fill(net, SMALL_EVENTS, BENCH_TEXT_SOURCE, 0, &bytes);
    measure(world, SMALL_EVENTS, &small[0], &small[1]);
    world_free(&world);
    net_close(&net);
    return 0;
}
