/* Reading the record back through the public subscriber: CURVE on, checksums checked.
 *
 *     fetch.warm        one subscriber, every event decoded into its message
 *     fetch.cold        the same after the broker has started anew and the system has forgotten the file
 *     fetch.filtered    events passed over a second by a subscriber of one of nine regions, which decodes
 *                       those of its region
 *     fetch.fanout100   100 subscribers at once in one process, batches counted by their headers;
 *                       the sum of what they receive
 */
#include "proto/client/subscriber.h"
#include "proto/event/event.h"
#include "tests/bench/events.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    EVENT_BYTES = 128,
    EVENTS = 4000000,
    REGIONS = 9,
    FANOUT = 100,
    FANOUT_EVENTS = 200000, /* for each */
    WAIT_MS = 10000,
    ARENA_BYTES = 256 << 20
};

/* The prefectures, in turns: a region's events are batches of their own. */
static void fill(struct world *world, struct net *net)
{
    enum { TURN = 1900 };
    static const uint32_t regions[] = {220100, 220200, 220300, 220400, 220500,
                                       220600, 220700, 220800, 222400};
    unsigned char *made = bench_events_make(EVENT_BYTES, BENCH_TEXT_SOURCE);
    struct publisher *publisher = bench_publisher(world, net, "bench.fill", 50, 1);
    for (size_t n = 0; n < EVENTS; n++)
        bench_check(publisher_publish(publisher, regions[n / TURN % REGIONS], "observation",
                                      made + n % BENCH_EVENTS * EVENT_BYTES, EVENT_BYTES),
                    "publish");
    bench_check(publisher_flush(publisher, 600000), "flush");
    publisher_close(&publisher);
    free(made);
}

static struct subscriber *subscribe(struct world *world, struct net *net, size_t region_count)
{
    static const uint32_t region = 220400;
    struct subscriber *subscriber;
    const struct subscriber_options options = {.endpoint = world_endpoint(world, "fetch"),
                                               .server_key = world_server_key(world),
                                               .identity =
                                                   world_identity(world, "bench", ROLE_ADMIN, "*"),
                                               .stream = "events",
                                               .start = SUBSCRIBE_FROM_SEQUENCE,
                                               .from = 1,
                                               .regions = &region,
                                               .region_count = region_count,
                                               .net = net};
    bench_check(subscriber_open(&options, &subscriber), "open a subscriber");
    return subscriber;
}

/* Events of the stream a second, up to its end. */
static double fetch_decoded(struct world *world, struct net *net, size_t region_count)
{
    struct arena arena;
    struct subscriber_record record;
    size_t events = 0;
    long long sum = 0;
    struct subscriber *subscriber = subscribe(world, net, region_count);
    arena_init(&arena, ARENA_BYTES);
    bench_check(subscriber_next(subscriber, WAIT_MS, &record), "connect");
    events += record.batch.event_count;
    double started = measure_seconds();
    while (!subscriber_is_at_end(subscriber)) {
        Songhua__V1__EventBatch *batch;
        enum err err = subscriber_next(subscriber, WAIT_MS, &record);
        if (err == ERR_TIMEOUT)
            break; /* nothing more of that region */
        bench_check(err, "fetch");
        arena_reset(&arena);
        bench_check(event_batch_unpack(record.batch.payload, record.batch.payload_size,
                                       record.batch.event_count, &arena, &batch),
                    "decode");
        for (size_t i = 0; i < batch->n_events; i++)
            sum += batch->events[i]->observation->unscaled;
        events += batch->n_events;
    }
    double seconds = measure_seconds() - started;
    if (!sum || events / (region_count ? 1 : REGIONS) > EVENTS / REGIONS + EVENTS / 100 ||
        events < (region_count ? EVENTS / REGIONS - EVENTS / 100 : EVENTS)) {
        fprintf(stderr, "bench_fetch: %zu events came\n", events);
        exit(1);
    }
    arena_fini(&arena);
    subscriber_close(&subscriber);
    return EVENTS / seconds;
}

static double fetch_fanout(struct world *world, struct net *net)
{
    struct subscriber *subscribers[FANOUT];
    size_t events[FANOUT] = {0}, total = 0, finished = 0;
    struct subscriber_record record;
    for (size_t i = 0; i < FANOUT; i++) {
        subscribers[i] = subscribe(world, net, 0);
        bench_check(subscriber_next(subscribers[i], WAIT_MS, &record), "connect");
    }
    double started = measure_seconds();
    while (finished < FANOUT)
        for (size_t i = 0; i < FANOUT; i++)
            while (events[i] < FANOUT_EVENTS && !subscriber_next(subscribers[i], 0, &record)) {
                events[i] += record.batch.event_count;
                total += record.batch.event_count;
                finished += events[i] >= FANOUT_EVENTS;
            }
    double seconds = measure_seconds() - started;
    for (size_t i = 0; i < FANOUT; i++)
        subscriber_close(&subscribers[i]);
    return (double)total / seconds;
}

static double fetch_cold(struct world *world, struct net *net)
{
    world_stop_broker(world, false);
    const char *path = world_path(world, "broker/journal/data.mdb");
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fsync(fd) || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) || close(fd)) {
        perror(path);
        exit(1);
    }
    world_start_broker(world, NULL);
    return fetch_decoded(world, net, 0);
}

int main(void)
{
    struct measure warm = {"fetch.warm", "events/s", {0}, 0};
    struct measure cold = {"fetch.cold", "events/s", {0}, 0};
    struct measure filtered = {"fetch.filtered", "events/s", {0}, 0};
    struct measure fanout = {"fetch.fanout100", "events/s", {0}, 0};
    struct net *net;
    size_t runs = measure_runs(5);
    bench_check(net_open(1, &net), "net");
    struct world *world = bench_world((size_t)EVENTS * 160);
    fprintf(stderr, "filling the stream with %d events\n", EVENTS);
    fill(world, net);
    fetch_decoded(world, net, 0); /* the pages are in memory from here on */
    for (size_t run = 0; run < runs; run++) {
        fprintf(stderr, "run %zu of %zu\n", run + 1, runs);
        measure_add(&cold, fetch_cold(world, net));
        measure_add(&warm, fetch_decoded(world, net, 0));
        measure_add(&filtered, fetch_decoded(world, net, 1));
        measure_add(&fanout, fetch_fanout(world, net));
    }
    measure_print(&warm);
    measure_print(&cold);
    measure_print(&filtered);
    measure_print(&fanout);
    world_free(&world);
    net_close(&net);
    return 0;
}
