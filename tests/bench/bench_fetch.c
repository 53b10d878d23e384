/* Reading the record back through the public subscriber: CURVE on, checksums checked. The clock starts
 * before the connections are made, as subscribers read ahead.
 *
 *     fetch.warm        one subscriber, every event decoded into its message
 *     fetch.cold        the same after the broker has started anew and the system has forgotten the file
 *     fetch.filtered    events passed over a second by a subscriber of one of nine regions, which decodes
 *                       those of its region
 *     fetch.fanout1, .fanout10, .fanout100
 *                       so many subscribers at once in one process, batches counted by their headers;
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
    FANOUT_MAX = 100,
    FANOUT_EVENTS = 20000000, /* for all together, each at most the whole stream */
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
    arena_init(&arena, ARENA_BYTES);
    double started = measure_seconds();
    struct subscriber *subscriber = subscribe(world, net, region_count);
    bench_check(subscriber_next(subscriber, WAIT_MS, &record), "connect");
    events += record.batch.event_count;
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

static double fetch_fanout(struct world *world, struct net *net, size_t count)
{
    struct subscriber *subscribers[FANOUT_MAX];
    size_t events[FANOUT_MAX] = {0}, total = 0, finished = 0;
    size_t each = FANOUT_EVENTS / count < EVENTS ? FANOUT_EVENTS / count : EVENTS;
    struct subscriber_record record;
    double started = measure_seconds();
    for (size_t i = 0; i < count; i++)
        subscribers[i] = subscribe(world, net, 0);
    while (finished < count)
        for (size_t i = 0; i < count; i++)
            while (events[i] < each && !subscriber_next(subscribers[i], 0, &record)) {
                events[i] += record.batch.event_count;
                total += record.batch.event_count;
                finished += events[i] >= each;
            }
    double seconds = measure_seconds() - started;
    for (size_t i = 0; i < count; i++)
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
    struct {
        size_t subscribers;
        struct measure measure;
    } fanouts[] = {{1, {"fetch.fanout1", "events/s", {0}, 0}},
                   {10, {"fetch.fanout10", "events/s", {0}, 0}},
                   {100, {"fetch.fanout100", "events/s", {0}, 0}}};
    enum { FANOUTS = sizeof fanouts / sizeof *fanouts };
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
        for (size_t i = 0; i < FANOUTS; i++)
            measure_add(&fanouts[i].measure, fetch_fanout(world, net, fanouts[i].subscribers));
    }
    measure_print(&warm);
    measure_print(&cold);
    measure_print(&filtered);
    for (size_t i = 0; i < FANOUTS; i++)
        measure_print(&fanouts[i].measure);
    world_free(&world);
    net_close(&net);
    return 0;
}
