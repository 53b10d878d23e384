/* From publish to acknowledgement, over CURVE, each acknowledgement from a flushed commit.
 *
 *     latency.one.p50_us, .p99_us         one event outstanding, each batch signed
 *     latency.one.unsigned.p50_us         the same, one batch in 64 signed
 *     latency.one.read.p50_us             the same, each batch signed, while a reader waits for what comes next
 *     latency.one.seen.p50_us             until that reader has it
 *     latency.lmdb_commit.p50_us          LMDB's own flushed commit of a value of the same size: the least
 *                                         that any event in LMDB can take; takes turns with the above
 *     latency.max_rate                    events a second that four publishers reach, batched by themselves
 *     latency.10.*, latency.half_load.*, latency.90.*   p50_us, p99_us and p999_us of single events while
 *                                         the same publishers are given 10, 50 and 90 % of that
 *
 * Under load, event n is due at start + n / rate, whatever became of those before it, and its latency
 * counts from then: what waits because the publisher or the broker is behind is not left out.
 */
#include "proto/client/subscriber.h"
#include "tests/bench/events.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/bench/raw_lmdb.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define ROOM_BYTES ((size_t)1500 << 20)

enum {
    EVENT_BYTES = 128,
    SAMPLES = 2000,
    TURN = 200, /* of each of the kinds that take turns */
    PUBLISHERS = 4,
    LINGER_MS = 1,
    MAX_RATE_EVENTS = 6000000,
    LOAD_SECONDS = 3,
    TICK_US = 50,
    FLUSH_MS = 60000,
    HISTOGRAM_US = 1000000
};

/* --- one outstanding -------------------------------------------------------------------------- */

static void measure_publish(struct publisher *publisher, const unsigned char *events,
                            double *micros, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double started = measure_seconds();
        bench_check(publisher_publish(publisher, 220000, "observation",
                                      events + i % BENCH_EVENTS * EVENT_BYTES, EVENT_BYTES),
                    "publish");
        bench_check(publisher_flush(publisher, 10000), "flush");
        micros[i] = (measure_seconds() - started) * 1e6;
    }
}

static void measure_lmdb(struct raw_lmdb *raw, size_t value_bytes, double *micros, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double started = measure_seconds();
        raw_lmdb_commit(raw, 1, value_bytes);
        micros[i] = (measure_seconds() - started) * 1e6;
    }
}

/* --- while a reader waits --------------------------------------------------------------------- */

struct reader {
    struct subscriber *subscriber;
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t has_news;
    bool is_waiting, is_over;
    uint64_t count; /* of records */
    double at;      /* when the last came */
};

static void *read_on(void *argument)
{
    struct reader *reader = argument;
    for (bool is_over = false; !is_over;) {
        struct subscriber_record record;
        enum err err = subscriber_next(reader->subscriber, 100, &record);
        double now = measure_seconds();
        if (err != ERR_UNREACHABLE && err != ERR_TIMEOUT)
            bench_check(err, "read");
        pthread_mutex_lock(&reader->mutex);
        reader->is_waiting = reader->is_waiting || err == ERR_TIMEOUT;
        reader->count += !err;
        reader->at = err ? reader->at : now;
        is_over = reader->is_over;
        pthread_cond_signal(&reader->has_news);
        pthread_mutex_unlock(&reader->mutex);
    }
    return NULL;
}

/* It waits at the stream's end. */
static void start_reader(struct reader *reader, struct world *world, struct net *net)
{
    const struct subscriber_options options = {.endpoint = world_endpoint(world, "fetch"),
                                               .server_key = world_server_key(world),
                                               .identity =
                                                   world_identity(world, "bench", ROLE_ADMIN, "*"),
                                               .stream = "events",
                                               .start = SUBSCRIBE_FROM_END,
                                               .net = net};
    *reader = (struct reader){.count = 0};
    pthread_mutex_init(&reader->mutex, NULL);
    pthread_cond_init(&reader->has_news, NULL);
    bench_check(subscriber_open(&options, &reader->subscriber), "open a subscriber");
    bench_check(pthread_create(&reader->thread, NULL, read_on, reader) ? ERR_NOMEM : ERR_OK,
                "thread");
    pthread_mutex_lock(&reader->mutex);
    while (!reader->is_waiting)
        pthread_cond_wait(&reader->has_news, &reader->mutex);
    pthread_mutex_unlock(&reader->mutex);
}

static void stop_reader(struct reader *reader)
{
    pthread_mutex_lock(&reader->mutex);
    reader->is_over = true;
    pthread_mutex_unlock(&reader->mutex);
    pthread_join(reader->thread, NULL);
    subscriber_close(&reader->subscriber);
}

/* When it has read so many records. */
static double has_read(struct reader *reader, uint64_t count)
{
    pthread_mutex_lock(&reader->mutex);
    while (reader->count < count)
        pthread_cond_wait(&reader->has_news, &reader->mutex);
    double at = reader->at;
    pthread_mutex_unlock(&reader->mutex);
    return at;
}

static void measure_read(struct reader *reader, struct publisher *publisher,
                         const unsigned char *events, double *acknowledged, double *seen,
                         size_t count)
{
    uint64_t before = reader->count; /* all that was published has been read */
    for (size_t i = 0; i < count; i++) {
        double started = measure_seconds();
        measure_publish(publisher, events + i % BENCH_EVENTS * EVENT_BYTES, acknowledged + i, 1);
        seen[i] = (has_read(reader, before + i + 1) - started) * 1e6;
    }
}

/* ---------------------------------------------------------------------------------------------- */

struct one {
    struct measure p50, p99, unsigned_p50, read_p50, seen_p50, lmdb;
};

static void measure_one(struct world *world, struct net *net, size_t run, struct one *one)
{
    static double all_signed[SAMPLES], few_signed[SAMPLES], lmdb[SAMPLES], read[SAMPLES],
        seen[SAMPLES];
    struct reader reader;
    unsigned char *events = bench_events_make(EVENT_BYTES, BENCH_TEXT_SOURCE);
    struct publisher *each = bench_publisher(world, net, "bench.each", 0, 1);
    struct publisher *some = bench_publisher(world, net, "bench.some", 0, 64);
    struct raw_lmdb *raw = raw_lmdb_open(world_path(world, "lmdb-%zu", run), (size_t)64 << 20);
    double bytes = world_metric(world, "songhua_broker_bytes_total");
    measure_publish(each, events, all_signed, TURN); /* to warm up */
    size_t value_bytes =
        (size_t)((world_metric(world, "songhua_broker_bytes_total") - bytes) / TURN);
    measure_publish(some, events, few_signed, TURN);
    measure_lmdb(raw, value_bytes, lmdb, TURN);
    for (size_t at = 0; at < SAMPLES; at += TURN) {
        measure_publish(each, events, all_signed + at, TURN);
        measure_lmdb(raw, value_bytes, lmdb + at, TURN);
        measure_publish(some, events, few_signed + at, TURN);
    }
    start_reader(&reader, world, net);
    measure_read(&reader, each, events, read, seen, TURN); /* to warm up */
    measure_read(&reader, each, events, read, seen, SAMPLES);
    stop_reader(&reader);
    measure_add(&one->read_p50, measure_percentile(read, SAMPLES, 0.5));
    measure_add(&one->seen_p50, measure_percentile(seen, SAMPLES, 0.5));
    measure_add(&one->p50, measure_percentile(all_signed, SAMPLES, 0.5));
    measure_add(&one->p99, measure_percentile(all_signed, SAMPLES, 0.99));
    measure_add(&one->unsigned_p50, measure_percentile(few_signed, SAMPLES, 0.5));
    measure_add(&one->lmdb, measure_percentile(lmdb, SAMPLES, 0.5));
    raw_lmdb_close(&raw);
    publisher_close(&each);
    publisher_close(&some);
    free(events);
}

/* --- under load ------------------------------------------------------------------------------- */

/* Events go to the publishers in turn, so the n-th of publisher p is event n * PUBLISHERS + p. */
struct load {
    struct publisher *publishers[PUBLISHERS];
    uint64_t acknowledged[PUBLISHERS];
    unsigned char *events;
    double started, rate;
    uint64_t due, published;
    uint32_t *histogram; /* of microseconds; the last stands for that and more */
};

static void load_open(struct load *load, struct world *world, struct net *net)
{
    static unsigned run;
    *load = (struct load){.events = bench_events_make(EVENT_BYTES, BENCH_TEXT_SOURCE)};
    load->histogram = calloc(HISTOGRAM_US, sizeof *load->histogram);
    bench_check(load->histogram ? ERR_OK : ERR_NOMEM, "memory");
    run++;
    for (size_t i = 0; i < PUBLISHERS; i++) {
        char name[64];
        snprintf(name, sizeof name, "bench.%u-%zu", run, i);
        load->publishers[i] = bench_publisher(world, net, name, LINGER_MS, 1);
        bench_check(publisher_publish(load->publishers[i], 220000, "observation", load->events,
                                      EVENT_BYTES),
                    "publish");
        bench_check(publisher_flush(load->publishers[i], FLUSH_MS), "flush");
    }
}

static void load_close(struct load *load)
{
    for (size_t i = 0; i < PUBLISHERS; i++)
        publisher_close(&load->publishers[i]);
    free(load->histogram);
    free(load->events);
}

static void publish_next(struct load *load)
{
    const unsigned char *event = load->events + load->published % BENCH_EVENTS * EVENT_BYTES;
    bench_check(publisher_publish(load->publishers[load->published % PUBLISHERS], 220000,
                                  "observation", event, EVENT_BYTES),
                "publish");
    load->published++;
}

static void record(struct load *load, uint64_t event, double now)
{
    double micros = (now - load->started - (double)event / load->rate) * 1e6;
    size_t bucket = micros < 0 ? 0 : micros >= HISTOGRAM_US ? HISTOGRAM_US - 1 : (size_t)micros;
    load->histogram[bucket]++;
}

static void take_acknowledgements(struct load *load)
{
    for (size_t i = 0; i < PUBLISHERS; i++) {
        struct publisher_status status;
        bench_check(publisher_pump(load->publishers[i], 0), "pump");
        publisher_status(load->publishers[i], &status);
        uint64_t count = status.acknowledged_events - 1; /* without the one to warm up */
        double now = measure_seconds();
        while (load->acknowledged[i] < count)
            record(load, load->acknowledged[i]++ * PUBLISHERS + i, now);
    }
}

static bool is_all_acknowledged(const struct load *load)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < PUBLISHERS; i++)
        sum += load->acknowledged[i];
    return sum == load->published;
}

static void run_load(struct load *load, double rate)
{
    uint64_t total = (uint64_t)(rate * LOAD_SECONDS);
    load->rate = rate;
    load->started = measure_seconds();
    while (load->published < total || !is_all_acknowledged(load)) {
        double now = measure_seconds();
        uint64_t due = (uint64_t)((now - load->started) * rate) + 1;
        while (load->published < due && load->published < total)
            publish_next(load);
        take_acknowledgements(load);
        ppoll(NULL, 0, &(struct timespec){.tv_nsec = TICK_US * 1000}, NULL);
    }
}

static double percentile(const struct load *load, double p)
{
    uint64_t below = 0, wanted = (uint64_t)(p * (double)load->published);
    for (size_t us = 0; us < HISTOGRAM_US; us++) {
        below += load->histogram[us];
        if (below > wanted)
            return (double)us;
    }
    return HISTOGRAM_US;
}

static double measure_max_rate(struct world *world, struct net *net)
{
    struct load load;
    load_open(&load, world, net);
    double started = measure_seconds();
    while (load.published < MAX_RATE_EVENTS)
        publish_next(&load);
    for (size_t i = 0; i < PUBLISHERS; i++)
        bench_check(publisher_flush(load.publishers[i], FLUSH_MS), "flush");
    double rate = MAX_RATE_EVENTS / (measure_seconds() - started);
    load_close(&load);
    return rate;
}

struct level {
    double share;
    struct measure p50, p99, p999;
};

static void measure_level(struct world *world, struct net *net, double max_rate,
                          struct level *level)
{
    struct load load;
    load_open(&load, world, net);
    run_load(&load, max_rate * level->share);
    measure_add(&level->p50, percentile(&load, 0.5));
    measure_add(&level->p99, percentile(&load, 0.99));
    measure_add(&level->p999, percentile(&load, 0.999));
    load_close(&load);
}

/* ---------------------------------------------------------------------------------------------- */

#define US(name)                                                                                   \
    {                                                                                              \
        name, "us", {0}, 0                                                                         \
    }

int main(void)
{
    struct one one = {US("latency.one.p50_us"),          US("latency.one.p99_us"),
                      US("latency.one.unsigned.p50_us"), US("latency.one.read.p50_us"),
                      US("latency.one.seen.p50_us"),     US("latency.lmdb_commit.p50_us")};
    struct measure max_rate = {"latency.max_rate", "events/s", {0}, 0};
    struct level levels[] = {
        {0.1, US("latency.10.p50_us"), US("latency.10.p99_us"), US("latency.10.p999_us")},
        {0.5, US("latency.half_load.p50_us"), US("latency.half_load.p99_us"),
         US("latency.half_load.p999_us")},
        {0.9, US("latency.90.p50_us"), US("latency.90.p99_us"), US("latency.90.p999_us")}};
    enum { LEVELS = sizeof levels / sizeof *levels };
    size_t runs = measure_runs(3);
    struct net *net;
    prctl(PR_SET_TIMERSLACK, 1000); /* a tick is a tick */
    bench_check(net_open(1, &net), "net");
    for (size_t run = 0; run < runs; run++) {
        struct world *world = bench_world(ROOM_BYTES);
        fprintf(stderr, "run %zu of %zu\n", run + 1, runs);
        measure_one(world, net, run, &one);
        double rate = measure_max_rate(world, net);
        measure_add(&max_rate, rate);
        for (size_t i = 0; i < LEVELS; i++)
            measure_level(world, net, rate, &levels[i]);
        world_stop_broker(world, false);
        world_free(&world);
    }
    net_close(&net);
    const struct measure *ones[] = {&one.p50,      &one.p99,  &one.unsigned_p50, &one.read_p50,
                                    &one.seen_p50, &one.lmdb, &max_rate};
    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)
        measure_print(ones[i]);
    for (size_t i = 0; i < LEVELS; i++) {
        measure_print(&levels[i].p50);
        measure_print(&levels[i].p99);
        measure_print(&levels[i].p999);
    }
    return 0;
}
