/* From a figure to its alert: published, flushed, scored, flushed, judged an alert, flushed, and heard
 * on the live port. Broker, scorer and alerter are processes of their own, over CURVE.
 *
 *     alert.p50_ms       alert.p99_ms        while 100,000 other events a second are published and scored
 *     alert.rest.p50_ms  alert.rest.p99_ms   nothing else to do
 *     alert.load         what that load really was, events a second
 *     memory.scorer.loaded_mb, memory.alerter.loaded_mb  their own memory (anonymous) behind that load
 *
 * Time starts before the figure is published, so its storing (latency.one) is in it. The figures are of
 * R&D intensity in 2025, by turns below and above the target of the framework, which is
 * deploy/framework/jilin-2021.yaml: run it from the project's folder.
 */
#include "proto/base/file.h"
#include "proto/event/event.h"
#include "proto/event/framework.h"
#include "proto/wire/record.h"
#include "tests/bench/events.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOM_BYTES ((size_t)1 << 30)

enum {
    REGION = 220000,
    OTHER_REGION = 220200,
    SAMPLES = 1000,
    WARM_UP = 100,
    ALERT_MS = 20000,
    FLUSH_MS = 60000,
    LOAD_EVENT_BYTES = 128,
    LOAD_STEP_EVENTS = 1000,
    LOAD_STEP_MS = 10,
    ARENA_BYTES = 64 << 20
};

static const char framework_path[] = "deploy/framework/jilin-2021.yaml";

struct pipeline {
    struct world *world;
    pid_t scorer, alerter;
    struct net *net;
    struct publisher *figures, *load;
    struct net_socket *live;
    struct arena arena;
    size_t published;
    pthread_t thread;
    atomic_bool is_loaded;
    double load_rate;
};

/* --- setting up ------------------------------------------------------------------------------- */

static pid_t start_service(struct pipeline *pipeline, const char *program, const char *name,
                           enum role role)
{
    world_identity(pipeline->world, name, role, "*");
    return world_start_service(pipeline->world, program, name);
}

static void listen_to_alerts(struct pipeline *pipeline)
{
    const struct net_socket_options options = {
        .kind = NET_SUB,
        .endpoint = world_endpoint(pipeline->world, "live"),
        .identity = world_identity(pipeline->world, "bench", ROLE_ADMIN, "*"),
        .server_key = world_server_key(pipeline->world)};
    bench_check(net_socket_open(pipeline->net, &options, &pipeline->live), "listen");
    bench_check(net_subscribe(pipeline->live, "alerts/220000/rd_intensity/"), "subscribe");
}

static void publish(struct publisher *publisher, const Songhua__V1__Event *event, const char *topic)
{
    struct buffer bytes;
    buffer_init(&bytes, FRAMEWORK_MAX_BYTES);
    bench_check(event_pack(event, &bytes), "pack");
    bench_check(publisher_publish(publisher, REGION, topic, bytes.data, bytes.size), "publish");
    bench_check(publisher_flush(publisher, FLUSH_MS), "flush");
    buffer_fini(&bytes);
}

static void publish_framework(struct pipeline *pipeline)
{
    struct buffer document;
    Songhua__V1__FrameworkVersion version = SONGHUA__V1__FRAMEWORK_VERSION__INIT;
    buffer_init(&document, FRAMEWORK_MAX_BYTES);
    bench_check(file_read(framework_path, &document), framework_path);
    version.id = (char *)(uintptr_t) "jilin-2021";
    version.version = 1;
    version.document = (ProtobufCBinaryData){document.size, document.data};
    Songhua__V1__Event event = event_of_framework(&version, 1700000000000);
    publish(pipeline->figures, &event, "framework");
    buffer_fini(&document);
}

static void open_pipeline(struct pipeline *pipeline)
{
    pipeline->world = bench_world(ROOM_BYTES);
    bench_check(net_open(1, &pipeline->net), "net");
    arena_init(&pipeline->arena, ARENA_BYTES);
    pipeline->scorer = start_service(pipeline, "songhua-scorer", "scorer", ROLE_SCORER);
    pipeline->alerter = start_service(pipeline, "songhua-alerter", "alerter", ROLE_ALERTER);
    listen_to_alerts(pipeline);
    pipeline->figures = bench_publisher(pipeline->world, pipeline->net, "bench.figures", 0, 1);
    pipeline->load = bench_publisher(pipeline->world, pipeline->net, "bench.load", 5, 1);
    publish_framework(pipeline);
}

static void close_pipeline(struct pipeline *pipeline)
{
    publisher_close(&pipeline->figures);
    publisher_close(&pipeline->load);
    net_socket_close(&pipeline->live);
    net_close(&pipeline->net);
    arena_fini(&pipeline->arena);
    world_free(&pipeline->world);
}

/* --- a figure and its alert ------------------------------------------------------------------- */

static void publish_figure(struct pipeline *pipeline)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = (char *)(uintptr_t) "rd_intensity";
    observation.period = (char *)(uintptr_t) "2025";
    observation.unit = (char *)(uintptr_t) "%";
    observation.unscaled = pipeline->published++ % 2 ? 250 : 131; /* the target is above 2.00 */
    observation.decimals = 2;
    Songhua__V1__Event event = event_of_observation(&observation, 1700000000000);
    publish(pipeline->figures, &event, "observation");
}

/* The record of the events that the alert in this record follows from. */
static uint64_t cause_of(struct pipeline *pipeline, struct net_message *message)
{
    struct record record;
    struct batch batch;
    Songhua__V1__EventBatch *events;
    bench_check(record_parse(net_message_data(message), net_message_size(message), &record),
                "record");
    bench_check(batch_parse(record.frame, record.frame_size, &batch), "batch");
    arena_reset(&pipeline->arena);
    bench_check(event_batch_unpack(batch.payload, batch.payload_size, batch.event_count,
                                   &pipeline->arena, &events),
                "unpack");
    const Songhua__V1__Event *last = events->events[events->n_events - 1];
    return last->body_case == SONGHUA__V1__EVENT__BODY_ALERT && last->alert->score
               ? last->alert->score->as_of_sequence
               : 0;
}

/* Whether the alert of that record, or of a later one, was heard in time. */
static bool hear_alert(struct pipeline *pipeline, uint64_t record, double limit_ms)
{
    struct net_message message;
    bool has_more, is_heard = false;
    double until = measure_seconds() + limit_ms / 1e3;
    net_message_init(&message);
    while (!is_heard && measure_seconds() < until) {
        struct net_poll_item item = {.socket = pipeline->live};
        net_poll(&item, 1, 10);
        while (!is_heard && !net_receive(pipeline->live, &message, &has_more))
            is_heard = !has_more && cause_of(pipeline, &message) >= record;
    }
    net_message_fini(&message);
    return is_heard;
}

/* Milliseconds from before its publishing until it is heard; -1: never. */
static double alert_ms(struct pipeline *pipeline, double limit_ms)
{
    struct publisher_status status;
    double started = measure_seconds();
    publish_figure(pipeline);
    publisher_status(pipeline->figures, &status);
    bool is_heard = hear_alert(pipeline, status.last_record, limit_ms);
    return is_heard ? (measure_seconds() - started) * 1e3 : -1;
}

static void warm_up(struct pipeline *pipeline)
{
    double limit = measure_seconds() + ALERT_MS / 1e3;
    while (alert_ms(pipeline, 100) < 0) /* the subscription takes its time */
        bench_check(measure_seconds() > limit ? ERR_TIMEOUT : ERR_OK, "no alert is heard");
    for (size_t i = 0; i < WARM_UP; i++)
        bench_check(alert_ms(pipeline, ALERT_MS) < 0 ? ERR_TIMEOUT : ERR_OK, "alert");
}

static void measure_alerts(struct pipeline *pipeline, struct measure *p50, struct measure *p99)
{
    static double millis[SAMPLES];
    warm_up(pipeline);
    for (size_t i = 0; i < SAMPLES; i++) {
        millis[i] = alert_ms(pipeline, ALERT_MS);
        bench_check(millis[i] < 0 ? ERR_TIMEOUT : ERR_OK, "alert");
    }
    measure_add(p50, measure_percentile(millis, SAMPLES, 0.5));
    measure_add(p99, measure_percentile(millis, SAMPLES, 0.99));
}

/* --- load ------------------------------------------------------------------------------------- */

static void *publish_load(void *context)
{
    struct pipeline *pipeline = context;
    unsigned char *events = bench_events_make(LOAD_EVENT_BYTES, BENCH_TEXT_SOURCE);
    double started = measure_seconds();
    size_t n = 0;
    while (atomic_load(&pipeline->is_loaded)) {
        for (size_t end = n + LOAD_STEP_EVENTS; n < end; n++)
            bench_check(publisher_publish(pipeline->load, OTHER_REGION, "observation",
                                          events + n % BENCH_EVENTS * LOAD_EVENT_BYTES,
                                          LOAD_EVENT_BYTES),
                        "load");
        double due = started + (double)n / LOAD_STEP_EVENTS * LOAD_STEP_MS / 1e3;
        while (measure_seconds() < due) {
            bench_check(publisher_pump(pipeline->load, 1), "pump");
            poll(NULL, 0, 1); /* pumping returns at once when all is acknowledged */
        }
    }
    pipeline->load_rate = (double)n / (measure_seconds() - started);
    bench_check(publisher_flush(pipeline->load, FLUSH_MS), "flush");
    free(events);
    return NULL;
}

static void start_load(struct pipeline *pipeline)
{
    atomic_store(&pipeline->is_loaded, true);
    if (pthread_create(&pipeline->thread, NULL, publish_load, pipeline))
        bench_check(ERR_NOMEM, "thread");
}

static void stop_load(struct pipeline *pipeline)
{
    atomic_store(&pipeline->is_loaded, false);
    pthread_join(pipeline->thread, NULL);
}

int main(void)
{
    struct measure loaded[] = {{"alert.p50_ms", "ms", {0}, 0}, {"alert.p99_ms", "ms", {0}, 0}};
    struct measure rest[] = {{"alert.rest.p50_ms", "ms", {0}, 0},
                             {"alert.rest.p99_ms", "ms", {0}, 0}};
    struct measure memory[] = {{"memory.scorer.loaded_mb", "MB", {0}, 0},
                               {"memory.alerter.loaded_mb", "MB", {0}, 0}};
    struct measure load = {"alert.load", "events/s", {0}, 0};
    for (size_t run = 0, runs = measure_runs(3); run < runs; run++) {
        static struct pipeline pipeline;
        fprintf(stderr, "run %zu of %zu\n", run + 1, runs);
        open_pipeline(&pipeline);
        measure_alerts(&pipeline, &rest[0], &rest[1]);
        start_load(&pipeline);
        measure_alerts(&pipeline, &loaded[0], &loaded[1]);
        stop_load(&pipeline);
        measure_add(&load, pipeline.load_rate);
        measure_add(&memory[0], bench_status_mb(pipeline.scorer, "RssAnon:"));
        measure_add(&memory[1], bench_status_mb(pipeline.alerter, "RssAnon:"));
        close_pipeline(&pipeline);
    }
    for (size_t i = 0; i < 2; i++)
        measure_print(&loaded[i]);
    for (size_t i = 0; i < 2; i++)
        measure_print(&rest[i]);
    measure_print(&load);
    for (size_t i = 0; i < 2; i++)
        measure_print(&memory[i]);
    return 0;
}
