/* Durable ingest through the public publisher: CURVE on, digest and signature on, each acknowledgement
 * from a flushed commit, the broker a process of its own on this machine. Publishers are shared out to as
 * many threads as there are processors: agents are programs of their own.
 *
 *     ingest.curve.128          16 publishers, 128-byte events through single publish calls
 *     ingest.curve.128.4, .1    four publishers, one
 *     ingest.curve.128.random   16 publishers, events of random letters: nothing to compress
 *     ingest.one_per_message.curve   each event a message of its own, signed once in 64
 *     ingest.lmdb_alone.128     raw LMDB: the same bytes, 64 KiB values, one commit for 32 of them, into
 *                               a file that was written before, as the broker's is
 */
#include "tests/bench/events.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/bench/raw_lmdb.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROOM_BYTES ((size_t)2500 << 20)

enum { PUBLISHERS = 16, FLUSH_MS = 120000 };

struct load {
    size_t publishers, event_bytes, events;
    uint32_t linger_ms, signature_every;
    enum bench_text text;
};

/* One of the threads that the publishers are shared out to, as programs of their own would be. */
struct driver {
    pthread_t thread;
    const struct load *load;
    struct publisher **publishers; /* of this thread */
    size_t count, events;
    const unsigned char *made;
};

static void *drive(void *argument)
{
    const struct driver *driver = argument;
    size_t event_bytes = driver->load->event_bytes;
    for (size_t n = 0; n < driver->events; n++) {
        struct publisher *publisher = driver->publishers[n / 512 % driver->count];
        const unsigned char *event = driver->made + n % BENCH_EVENTS * event_bytes;
        bench_check(publisher_publish(publisher, 220000, "observation", event, event_bytes),
                    "publish");
    }
    for (size_t i = 0; i < driver->count; i++)
        bench_check(publisher_flush(driver->publishers[i], FLUSH_MS), "flush");
    return NULL;
}

/* Events a second that reach the disk. */
static double drive_all(const struct load *load, struct publisher **publishers,
                        const unsigned char *made)
{
    struct driver drivers[PUBLISHERS];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t threads = processors > 1 ? (size_t)processors : 1;
    if (threads > load->publishers)
        threads = load->publishers;
    double started = measure_seconds();
    for (size_t i = 0; i < threads; i++) {
        size_t first = i * load->publishers / threads, end = (i + 1) * load->publishers / threads;
        drivers[i] = (struct driver){.load = load,
                                     .publishers = publishers + first,
                                     .count = end - first,
                                     .events = load->events * (end - first) / load->publishers,
                                     .made = made};
        bench_check(pthread_create(&drivers[i].thread, NULL, drive, &drivers[i]) ? ERR_NOMEM
                                                                                 : ERR_OK,
                    "thread");
    }
    for (size_t i = 0; i < threads; i++)
        pthread_join(drivers[i].thread, NULL);
    return (double)load->events / (measure_seconds() - started);
}

static double ingest(struct world *world, struct net *net, const struct load *load)
{
    static unsigned run;
    struct publisher *publishers[PUBLISHERS];
    unsigned char *made = bench_events_make(load->event_bytes, load->text);
    run++;
    for (size_t i = 0; i < load->publishers; i++) {
        char name[64];
        snprintf(name, sizeof name, "bench.%u-%zu", run, i);
        publishers[i] = bench_publisher(world, net, name, load->linger_ms, load->signature_every);
    }
    for (size_t i = 0; i < load->publishers; i++)
        bench_check(
            publisher_publish(publishers[i], 220000, "observation", made, load->event_bytes),
            "publish");
    for (size_t i = 0; i < load->publishers; i++)
        bench_check(publisher_flush(publishers[i], FLUSH_MS), "flush");
    double rate = drive_all(load, publishers, made);
    for (size_t i = 0; i < load->publishers; i++)
        publisher_close(&publishers[i]);
    free(made);
    return rate;
}

/* What LMDB itself does with the same bytes: no network, no encryption, no checks. */
static double lmdb_alone(struct world *world, size_t events, size_t event_bytes)
{
    enum { VALUE_BYTES = 65536, VALUES_PER_COMMIT = 32 };
    static unsigned run;
    size_t commits = events * event_bytes / VALUE_BYTES / VALUES_PER_COMMIT;
    size_t bytes = commits * VALUES_PER_COMMIT * VALUE_BYTES;
    struct raw_lmdb *raw = raw_lmdb_open(world_path(world, "lmdb-%u", run++), bytes + bytes / 4);
    double started = measure_seconds();
    for (size_t i = 0; i < commits; i++)
        raw_lmdb_commit(raw, VALUES_PER_COMMIT, VALUE_BYTES);
    double seconds = measure_seconds() - started;
    raw_lmdb_close(&raw);
    return (double)(bytes / event_bytes) / seconds;
}

int main(void)
{
    const struct load many = {PUBLISHERS, 128, 6000000, 5, 1, BENCH_TEXT_SOURCE};
    const struct load four = {4, 128, 6000000, 5, 1, BENCH_TEXT_SOURCE};
    const struct load one = {1, 128, 6000000, 5, 1, BENCH_TEXT_SOURCE};
    const struct load noise = {PUBLISHERS, 128, 3000000, 5, 1, BENCH_TEXT_RANDOM};
    const struct load small = {PUBLISHERS, 64, 6000000, 5, 1, BENCH_TEXT_SOURCE};
    const struct load large = {PUBLISHERS, 1024, 1000000, 5, 1, BENCH_TEXT_SOURCE};
    const struct load single = {1, 128, 300000, 0, 64, BENCH_TEXT_SOURCE};
    struct {
        struct measure measure;
        const struct load *load;
    } figures[] = {{{"ingest.curve.64", "events/s", {0}, 0}, &small},
                   {{"ingest.curve.128", "events/s", {0}, 0}, &many},
                   {{"ingest.curve.1024", "events/s", {0}, 0}, &large},
                   {{"ingest.curve.128.4", "events/s", {0}, 0}, &four},
                   {{"ingest.curve.128.1", "events/s", {0}, 0}, &one},
                   {{"ingest.curve.128.random", "events/s", {0}, 0}, &noise},
                   {{"ingest.one_per_message.curve", "events/s", {0}, 0}, &single}};
    struct measure alone = {"ingest.lmdb_alone.128", "events/s", {0}, 0};
    size_t runs = measure_runs(3);
    struct net *net;
    bench_check(net_open(1, &net), "net");
    for (size_t run = 0; run < runs; run++) {
        struct world *world = bench_world(ROOM_BYTES);
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
            fprintf(stderr, "run %zu of %zu: %s\n", run + 1, runs, figures[i].measure.name);
            measure_add(&figures[i].measure, ingest(world, net, figures[i].load));
        }
        measure_add(&alone, lmdb_alone(world, many.events, 128));
        world_stop_broker(world, false);
        world_free(&world);
    }
    net_close(&net);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        measure_print(&figures[i].measure);
    measure_print(&alone);
    return 0;
}
