/* How long a scorer takes that is started with 10^7 observations behind it, and what it needs for them.
 *
 *     scorer.restart_seconds.1e7          from opening its state until it can take the next record: the
 *                                         file examined and flushed, every row read, memory built
 *     scorer.bytes_per_observation        its own memory (anonymous) after that, by observations
 *     scorer.state_bytes_per_observation  its file on disk, likewise
 *
 * OBSERVATIONS=1e6 in the environment takes another number; the figures' names stay. The indicators are
 * those of deploy/framework/jilin-2021.yaml, so run it from the project's folder; regions are all of
 * Jilin's, periods the years and months of 2003 to 2022, all at random, in records of 2,000.
 */
#include "consumers/scorer/scorer.h"
#include "proto/base/file.h"
#include "proto/event/event.h"
#include "proto/event/framework.h"
#include "proto/event/region_table.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"
#include "tests/support/world.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    RECORD_EVENTS = 2000,
    GROUP_RECORDS = 50, /* stored in one transaction */
    FIRST_YEAR = 2003,
    YEARS = 20,
    PERIOD_BYTES = 8
};

static const char framework_path[] = "deploy/framework/jilin-2021.yaml";
static const uint64_t first_ms = 1700000000000;

struct restart {
    const char *directory;
    struct framework *framework;
    struct buffer document;
    double observations;
    unsigned long long random;
};

static struct outbox *open_state(const struct restart *restart)
{
    struct outbox *outbox;
    const struct outbox_options options = {.directory = restart->directory,
                                           .stream = "scores",
                                           .producer = "scorer",
                                           .max_bytes = (uint64_t)16 << 30};
    bench_check(outbox_open(&options, &outbox), "outbox");
    return outbox;
}

/* --- a scorer's life ---------------------------------------------------------------------------- */

static unsigned next_random(struct restart *restart, unsigned below)
{
    restart->random = restart->random * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(restart->random >> 33) % below;
}

static uint32_t next_region(struct restart *restart)
{
    const struct region *region;
    do
        region = &region_table[next_random(restart, (unsigned)region_table_count)];
    while (region->code / 10000 != REGION_JILIN / 10000);
    return region->code;
}

static void next_observation(struct restart *restart, char period[PERIOD_BYTES],
                             Songhua__V1__Observation *out)
{
    const struct framework *framework = restart->framework;
    const struct indicator *indicator =
        &framework->indicators[next_random(restart, (unsigned)framework->indicator_count)];
    unsigned year = FIRST_YEAR + next_random(restart, YEARS), month = next_random(restart, 13);
    snprintf(period, PERIOD_BYTES, month ? "%04u-%02u" : "%04u", year, month);
    songhua__v1__observation__init(out);
    out->indicator = (char *)(uintptr_t)indicator->id;
    out->unit = (char *)(uintptr_t)indicator->unit;
    out->period = period;
    out->unscaled = next_random(restart, 1000000);
    out->decimals = 2;
}

static void handle(struct scorer *scorer, struct effects *effects, uint64_t sequence,
                   const struct batch *batch, Songhua__V1__Event **events)
{
    const struct service_input input = {.sequence = sequence,
                                        .stored_ms = first_ms + sequence,
                                        .batch = batch,
                                        .events = events,
                                        .event_count = batch->event_count};
    effects_begin(effects, input.stored_ms);
    bench_check(scorer_handle(scorer, &input, effects), "handle");
    effects_keep_quiet(effects); /* acknowledged long ago */
    effects_end(effects);
}

static void tell_framework(struct restart *restart, struct scorer *scorer, struct effects *effects)
{
    static unsigned char payload[1 << 20];
    struct batch batch = {.region = 220000, .topic = "framework", .event_count = 1};
    Songhua__V1__FrameworkVersion version = SONGHUA__V1__FRAMEWORK_VERSION__INIT;
    version.id = (char *)(uintptr_t) "jilin-2021";
    version.document = (ProtobufCBinaryData){restart->document.size, restart->document.data};
    Songhua__V1__Event event = event_of_framework(&version, first_ms), *events[] = {&event};
    Songhua__V1__EventBatch list = SONGHUA__V1__EVENT_BATCH__INIT;
    list.n_events = 1;
    list.events = events;
    if (songhua__v1__event_batch__get_packed_size(&list) > sizeof payload)
        bench_check(ERR_LIMIT, framework_path);
    batch.payload = payload;
    batch.payload_size = songhua__v1__event_batch__pack(&list, payload);
    handle(scorer, effects, 1, &batch, events);
}

static void tell_record(struct restart *restart, struct scorer *scorer, struct effects *effects,
                        uint64_t sequence)
{
    static char periods[RECORD_EVENTS][PERIOD_BYTES];
    static Songhua__V1__Observation observations[RECORD_EVENTS];
    static Songhua__V1__Event events[RECORD_EVENTS], *list[RECORD_EVENTS];
    struct batch batch = {
        .region = next_region(restart), .topic = "observation", .event_count = RECORD_EVENTS};
    for (size_t i = 0; i < RECORD_EVENTS; i++) {
        next_observation(restart, periods[i], &observations[i]);
        events[i] = event_of_observation(&observations[i], first_ms);
        list[i] = &events[i];
    }
    handle(scorer, effects, sequence, &batch, list);
}

static void store(struct scorer *scorer, struct outbox *outbox, struct effects *effects)
{
    bench_check(scorer_keep(scorer, effects), "keep");
    bench_check(outbox_begin(outbox), "begin");
    bench_check(effects_apply(effects, outbox), "apply");
    bench_check(outbox_commit(outbox), "commit");
    effects_clear(effects);
}

static void live(struct restart *restart)
{
    struct outbox *outbox = open_state(restart);
    struct scorer *scorer;
    struct effects effects;
    uint64_t records = (uint64_t)(restart->observations / RECORD_EVENTS);
    effects_init(&effects);
    bench_check(scorer_new(&scorer), "scorer");
    bench_check(scorer_load(scorer, outbox), "load");
    tell_framework(restart, scorer, &effects);
    for (uint64_t i = 0; i < records; i++) {
        tell_record(restart, scorer, &effects, 2 + i);
        if (i % GROUP_RECORDS && i + 1 < records)
            continue;
        store(scorer, outbox, &effects);
        fprintf(stderr, "\r%.1f million observations stored ",
                (double)(i + 1) * RECORD_EVENTS / 1e6);
    }
    fputc('\n', stderr);
    effects_fini(&effects);
    scorer_free(scorer);
    outbox_close(&outbox);
    malloc_trim(0); /* what is free here would not be counted as taken there */
}

/* --- and the next one --------------------------------------------------------------------------- */

struct found {
    double seconds, own_mb;
};

static struct found start(const struct restart *restart)
{
    struct scorer *scorer;
    double before = bench_status_mb(getpid(), "RssAnon:"), started = measure_seconds();
    struct outbox *outbox = open_state(restart);
    bench_check(scorer_new(&scorer), "scorer");
    bench_check(scorer_load(scorer, outbox), "load");
    double seconds = measure_seconds() - started;
    return (struct found){seconds, bench_status_mb(getpid(), "RssAnon:") - before};
}

/* In a process of its own, as memory that was given back would be used again. */
static struct found start_apart(const struct restart *restart)
{
    struct found found;
    int ends[2], status;
    bench_check(pipe(ends) ? ERR_IO : ERR_OK, "pipe");
    pid_t child = fork();
    bench_check(child < 0 ? ERR_NOMEM : ERR_OK, "fork");
    if (!child) {
        found = start(restart);
        _exit(write(ends[1], &found, sizeof found) != sizeof found);
    }
    close(ends[1]);
    bool is_read = read(ends[0], &found, sizeof found) == sizeof found;
    close(ends[0]);
    bool is_well = waitpid(child, &status, 0) == child && status == 0;
    bench_check(is_read && is_well ? ERR_OK : ERR_INTERNAL, "the scorer that was started");
    return found;
}

static double bytes_on_disk(const struct restart *restart)
{
    char path[4096];
    struct stat info;
    snprintf(path, sizeof path, "%s/outbox.mdb", restart->directory);
    bench_check(stat(path, &info) ? ERR_IO : ERR_OK, path);
    return (double)info.st_blocks * 512;
}

int main(void)
{
    struct measure seconds = {"scorer.restart_seconds.1e7", "s", {0}, 0};
    struct measure own = {"scorer.bytes_per_observation", "bytes", {0}, 0};
    struct measure disk = {"scorer.state_bytes_per_observation", "bytes", {0}, 0};
    struct world *world = world_new();
    struct restart restart = {.directory = world_path(world, "state"), .random = 1};
    struct diag diag;
    const char *text = getenv("OBSERVATIONS");
    restart.observations = text ? strtod(text, NULL) : 1e7;
    buffer_init(&restart.document, FRAMEWORK_MAX_BYTES);
    bench_check(file_read(framework_path, &restart.document), framework_path);
    bench_check(diag_init(&diag, framework_path, 1), "diag");
    bench_check(
        framework_load(restart.document.data, restart.document.size, &diag, &restart.framework),
        framework_path);
    live(&restart);
    for (size_t run = 0, runs = measure_runs(5); run < runs; run++) {
        struct found found = start_apart(&restart);
        measure_add(&seconds, found.seconds);
        measure_add(&own, found.own_mb * 1e6 / restart.observations);
    }
    measure_add(&disk, bytes_on_disk(&restart));
    disk.values[0] /= restart.observations;
    measure_print(&seconds);
    measure_print(&own);
    measure_print(&disk);
    framework_free(restart.framework);
    diag_fini(&diag);
    buffer_fini(&restart.document);
    world_free(&world);
    return 0;
}
