/* Observations a second through the scorer, without a network: its own loop over records in memory.
 *
 *     scorer.core     unpacked, taken up, judged, scores made; batches of 2,000 observations
 *     scorer.stored   the same, with state and scores flushed to an outbox in groups as the loop makes
 *                     them
 *     scorer.single   as core, each record one observation: a judgement for each
 *
 * The framework is deploy/framework/jilin-2021.yaml, so run it from the project's folder. Observations
 * are of its indicators that figures are reported for, in its units, for its ten regions and the years
 * 2003 to 2022 at random, all over when they are recorded. Each series grows by a twentieth a year, give
 * or take a hundredth, as statistics do: figures without any order or before their time would all be
 * doubted, and making doubts would be what is measured.
 */
#include "consumers/scorer/scorer.h"
#include "consumers/service/service.h"
#include "proto/base/file.h"
#include "proto/event/event.h"
#include "proto/event/framework.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES = 64, BATCH_MAX_BYTES = 1 << 20, EVENT_TAG = 0x0a, FIRST_YEAR = 2003, YEARS = 20 };

static const char framework_path[] = "deploy/framework/jilin-2021.yaml";
static const uint32_t regions[] = {220000, 220100, 220200, 220300, 220400,
                                   220500, 220600, 220700, 220800, 222400};
enum { REGIONS = sizeof regions / sizeof *regions };

/* --- records ---------------------------------------------------------------------------------- */

/* Record 1 is the framework, the others take turns. */
struct input {
    struct buffer framework, batches[BATCHES];
    uint32_t batch_events;
    uint64_t records, given, stored;
    struct outbox *outbox; /* NULL: nothing is stored */
};

static void add_event(const Songhua__V1__Event *event, struct buffer *batch)
{
    struct buffer bytes;
    unsigned char prefix[4] = {EVENT_TAG};
    size_t prefix_size = 2;
    buffer_init(&bytes, BATCH_MAX_BYTES);
    bench_check(event_pack(event, &bytes), "pack");
    prefix[1] = (unsigned char)(bytes.size & 0x7f);
    for (size_t rest = bytes.size >> 7; rest && prefix_size < sizeof prefix; rest >>= 7) {
        prefix[prefix_size - 1] |= 0x80;
        prefix[prefix_size++] = (unsigned char)(rest & 0x7f);
    }
    bench_check(buffer_append(batch, prefix, prefix_size), "batch");
    bench_check(buffer_append(batch, bytes.data, bytes.size), "batch");
    buffer_fini(&bytes);
}

static unsigned next_random(void)
{
    static unsigned long long state = 1;
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(state >> 33);
}

/* Of its own size, and what becomes of it in twenty years is still plausible. */
static double start_of(const struct indicator *indicator)
{
    const struct range *plausible = &indicator->plausible;
    double start = 1000 + 10 * (double)indicator->index;
    if (!plausible->max.is_set && *indicator->unit != '%')
        return start;
    double most = plausible->max.is_set ? decimal_to_double(plausible->max.value) : 100;
    return start < most / 4 ? start : most / 4 - (double)indicator->index * most / 1e4;
}

/* Things counted come in whole numbers, ten thousand times as many. */
static bool is_whole(const struct indicator *indicator)
{
    return indicator->kind == KIND_COUNT ||
           (indicator->kind == KIND_COVERAGE && *indicator->unit != '%');
}

static void add_observation(const struct framework *framework, struct buffer *batch)
{
    char period[8];
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    const struct indicator *indicator =
        &framework->indicators[next_random() % framework->indicator_count];
    while (!*indicator->unit || indicator->method == METHOD_MILESTONE ||
           indicator->kind == KIND_RANK)
        indicator = &framework->indicators[next_random() % framework->indicator_count];
    unsigned year = next_random() % YEARS;
    snprintf(period, sizeof period, "%u", FIRST_YEAR + year);
    observation.indicator = (char *)(uintptr_t)indicator->id;
    observation.unit = (char *)(uintptr_t)indicator->unit;
    observation.period = period;
    observation.unscaled = (int64_t)(start_of(indicator) * 1e4 * (1 + 0.05 * (double)year) *
                                     (0.99 + next_random() % 2001 / 1e5));
    observation.decimals = is_whole(indicator) ? 0 : 4;
    observation.source = (char *)(uintptr_t) "吉林统计年鉴";
    Songhua__V1__Event event = event_of_observation(&observation, 1700000000000);
    add_event(&event, batch);
}

static void add_framework(const struct buffer *document, struct buffer *batch)
{
    Songhua__V1__FrameworkVersion version = SONGHUA__V1__FRAMEWORK_VERSION__INIT;
    version.id = (char *)(uintptr_t) "jilin-2021";
    version.version = 1;
    version.document = (ProtobufCBinaryData){document->size, document->data};
    Songhua__V1__Event event = event_of_framework(&version, 1700000000000);
    add_event(&event, batch);
}

static void make_input(struct input *input, uint32_t batch_events)
{
    struct buffer document;
    struct diag diag;
    struct framework *framework;
    buffer_init(&document, FRAMEWORK_MAX_BYTES);
    buffer_init(&input->framework, FRAMEWORK_MAX_BYTES);
    bench_check(file_read(framework_path, &document), framework_path);
    bench_check(diag_init(&diag, framework_path, 1), "diag");
    bench_check(framework_load(document.data, document.size, &diag, &framework), framework_path);
    add_framework(&document, &input->framework);
    input->batch_events = batch_events;
    for (size_t i = 0; i < BATCHES; i++) {
        buffer_init(&input->batches[i], BATCH_MAX_BYTES);
        for (uint32_t n = 0; n < batch_events; n++)
            add_observation(framework, &input->batches[i]);
    }
    framework_free(framework);
    diag_fini(&diag);
    buffer_fini(&document);
}

static void free_input(struct input *input)
{
    buffer_fini(&input->framework);
    for (size_t i = 0; i < BATCHES; i++)
        buffer_fini(&input->batches[i]);
}

/* --- the service's ports ---------------------------------------------------------------------- */

static enum err fetch(void *context, uint32_t wait_ms, struct subscriber_record *out)
{
    struct input *input = context;
    (void)wait_ms;
    if (input->given == input->records)
        return ERR_TIMEOUT;
    uint64_t sequence = ++input->given;
    bool is_framework = sequence == 1;
    const struct buffer *payload =
        is_framework ? &input->framework : &input->batches[sequence % BATCHES];
    *out =
        (struct subscriber_record){.sequence = sequence,
                                   .stored_ms = 1700000000000 + sequence,
                                   .batch = {.region = regions[sequence / BATCHES % REGIONS],
                                             .event_count = is_framework ? 1 : input->batch_events,
                                             .payload = payload->data,
                                             .payload_size = payload->size}};
    snprintf(out->batch.topic, sizeof out->batch.topic, "%s",
             is_framework ? "framework" : "observation");
    return ERR_OK;
}

static enum err store(void *context, const struct effects *effects, uint64_t position)
{
    struct input *input = context;
    input->stored = position;
    if (!input->outbox)
        return ERR_OK;
    enum err err = outbox_begin(input->outbox);
    if (!err)
        err = effects_apply(effects, input->outbox);
    return err ? err : outbox_commit(input->outbox);
}

static bool must_stop(void *context)
{
    const struct input *input = context;
    return input->stored == input->records;
}

/* --- measuring -------------------------------------------------------------------------------- */

/* Observations a second; the framework's record is in the time, and next to nothing. */
static double score(struct input *input, uint64_t records)
{
    const struct service_ports ports = {
        .context = input, .fetch = fetch, .store = store, .must_stop = must_stop};
    struct scorer *scorer;
    struct service *service;
    bench_check(scorer_new(&scorer), "scorer");
    const struct service_options options = {.name = "bench",
                                            .ports = &ports,
                                            .handle = scorer_handle,
                                            .keep = scorer_keep,
                                            .context = scorer};
    bench_check(service_new(&options, &service), "service");
    input->records = records + 1;
    input->given = input->stored = 0;
    double started = measure_seconds();
    bench_check(service_run(service), "run");
    double seconds = measure_seconds() - started;
    if (service_counters(service).events != records * input->batch_events + 1 ||
        !service_counters(service).events_made) {
        fprintf(stderr, "bench_scorer: not everything was scored\n");
        exit(1);
    }
    service_free(service);
    scorer_free(scorer);
    return (double)(records * input->batch_events) / seconds;
}

static double score_stored(struct world *world, struct input *input, uint64_t records)
{
    static unsigned run;
    const struct outbox_options options = {.directory = world_path(world, "outbox-%u", run++),
                                           .stream = "scores",
                                           .producer = "scorer",
                                           .max_bytes = (uint64_t)16 << 30};
    bench_check(outbox_open(&options, &input->outbox), "outbox");
    double rate = score(input, records);
    outbox_close(&input->outbox);
    input->outbox = NULL;
    return rate;
}

int main(void)
{
    enum { LARGE_EVENTS = 2000, LARGE_RECORDS = 1500, SINGLE_RECORDS = 200000 };
    static struct input large, single;
    struct measure core = {"scorer.core", "events/s", {0}, 0};
    struct measure stored = {"scorer.stored", "events/s", {0}, 0};
    struct measure one = {"scorer.single", "events/s", {0}, 0};
    struct world *world = world_new();
    make_input(&large, LARGE_EVENTS);
    make_input(&single, 1);
    for (size_t run = 0, runs = measure_runs(3); run < runs; run++) {
        fprintf(stderr, "run %zu of %zu\n", run + 1, runs);
        measure_add(&core, score(&large, LARGE_RECORDS));
        measure_add(&stored, score_stored(world, &large, LARGE_RECORDS));
        measure_add(&one, score(&single, SINGLE_RECORDS));
    }
    measure_print(&core);
    measure_print(&stored);
    measure_print(&one);
    free_input(&large);
    free_input(&single);
    world_free(&world);
    return 0;
}
