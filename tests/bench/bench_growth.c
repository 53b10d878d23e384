/* Whether the journal's cost stays flat while it grows to 10^6, 10^7 and 10^8 events.
 *
 *     growth.append.1e6     events a second, flushed, over the 950,000 before that size, five million
 *                           before the larger ones; the median of five parts
 *     growth.open_ms.1e6    opening a journal of that size, its pages in memory
 *     growth.seek_us.1e6    finding the first record stored at or after a moment, moments at random
 *     growth.read_us.1e6    reading one batch, places at random
 *
 * and the same for 1e7 and 1e8. EVENTS=1e8 in the environment chooses the largest (1e7); that one takes
 * 18 GB of disk. argv[1]: a directory on the disk to be measured (default: TMPDIR, or /tmp). A batch is
 * 256 events of 128 bytes, a commit 32 batches; making them is outside the time that counts.
 */
#include "broker/journal/journal.h"
#include "tests/bench/measure.h"
#include "tests/support/batches.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_EVENTS = 256,
    BATCH_BYTES = BATCH_EVENTS * 131, /* as EventBatch has them: 128 and their length */
    STORED_BYTES = 9 * 4096,          /* what the file gives to such a batch */
    COMMIT_BATCHES = 32,
    PARTS = 5,
    OPENS = 5,
    LOOKUPS = 1000
};

static const uint64_t first_ms = 1700000000000;

static void check(enum err err, const char *what)
{
    if (!err)
        return;
    fprintf(stderr, "bench_growth: %s: %s\n", what, err_text(err));
    exit(1);
}

struct growth {
    char directory[4096];
    struct journal *journal;
    struct chain chain;
    struct buffer frames[COMMIT_BATCHES];
    struct batch batches[COMMIT_BATCHES];
    char payload[BATCH_BYTES + 1];
    uint64_t max_bytes, events, records;
    unsigned long long random;
};

/* --- the journal ------------------------------------------------------------------------------ */

static void open_journal(struct growth *growth)
{
    static const char *const streams[] = {"events", NULL};
    const struct journal_options options = {
        .directory = growth->directory, .max_bytes = growth->max_bytes, .streams = streams};
    check(journal_open(&options, &growth->journal), "open");
}

/* Room that is quick to write to, as in a broker that has been idle for a while. */
static void prepare(struct growth *growth)
{
    bool is_done = false;
    struct journal_stats stats;
    for (size_t calls = 0; !is_done; calls++) {
        check(journal_prepare(growth->journal, &is_done), "prepare");
        check(journal_stats(growth->journal, &stats), "stats");
        if (is_done || calls % 256 == 0)
            fprintf(stderr, "\rmaking room: %.1f of %.1f GB ", (double)stats.prepared_bytes / 1e9,
                    (double)growth->max_bytes / 1e9);
    }
    fputc('\n', stderr);
}

static void start(struct growth *growth, const char *parent, double largest)
{
    snprintf(growth->directory, sizeof growth->directory, "%s/songhua-bench-XXXXXX", parent);
    check(mkdtemp(growth->directory) ? ERR_OK : ERR_IO, growth->directory);
    /* Nine tenths of the file can be filled; a little more is for the tables. */
    growth->max_bytes = (uint64_t)(largest / BATCH_EVENTS * STORED_BYTES * 1.2) + (256u << 20);
    growth->chain = chain_start("events", "bench", 1);
    for (size_t i = 0; i < COMMIT_BATCHES; i++)
        buffer_init(&growth->frames[i], BATCH_FRAME_MAX_BYTES);
    for (size_t i = 0; i < BATCH_BYTES; i++)
        growth->payload[i] = (char)(1 + i * 7 % 251);
    open_journal(growth);
    prepare(growth);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void finish(struct growth *growth)
{
    journal_close(&growth->journal);
    for (size_t i = 0; i < COMMIT_BATCHES; i++)
        buffer_fini(&growth->frames[i]);
    nftw(growth->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* --- growing ---------------------------------------------------------------------------------- */

/* One commit; a batch is stored each millisecond. Returns its seconds. */
static double commit(struct growth *growth)
{
    for (size_t i = 0; i < COMMIT_BATCHES; i++)
        growth->batches[i] = chain_next(&growth->chain, growth->payload, &growth->frames[i]);
    double started = measure_seconds();
    for (size_t i = 0; i < COMMIT_BATCHES; i++)
        check(journal_append(growth->journal, &growth->batches[i], growth->frames[i].data,
                             growth->frames[i].size, first_ms + growth->records + i, NULL),
              "append");
    check(journal_commit(growth->journal), "commit");
    double seconds = measure_seconds() - started;
    growth->records += COMMIT_BATCHES;
    growth->events += COMMIT_BATCHES * BATCH_EVENTS;
    return seconds;
}

/* Events a second until there are so many. */
static double grow_to(struct growth *growth, double events)
{
    double seconds = 0;
    uint64_t before = growth->events;
    while ((double)growth->events < events) {
        if (growth->events / 1000000 != (growth->events - COMMIT_BATCHES * BATCH_EVENTS) / 1000000)
            fprintf(stderr, "\r%llu million events ", (unsigned long long)growth->events / 1000000);
        seconds += commit(growth);
    }
    return (double)(growth->events - before) / seconds;
}

/* --- looking ---------------------------------------------------------------------------------- */

static uint64_t random_below(struct growth *growth, uint64_t limit)
{
    growth->random = growth->random * 6364136223846793005ull + 1442695040888963407ull;
    return (growth->random >> 16) % limit;
}

static void measure_open(struct growth *growth, struct measure *measure)
{
    for (size_t i = 0; i < OPENS; i++) {
        journal_close(&growth->journal);
        double started = measure_seconds();
        open_journal(growth);
        measure_add(measure, (measure_seconds() - started) * 1e3);
    }
}

static double seek_us(struct growth *growth)
{
    uint64_t place = random_below(growth, growth->records), found;
    double started = measure_seconds();
    check(journal_seek(growth->journal, "events", first_ms + place, &found), "seek");
    double seconds = measure_seconds() - started;
    check(found == place + 1 ? ERR_OK : ERR_INTERNAL, "seek found another record");
    return seconds * 1e6;
}

static bool take_one(void *context, const struct record *record, const void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    *(uint64_t *)context = record->sequence;
    return false;
}

static double read_us(struct growth *growth)
{
    uint64_t place = 1 + random_below(growth, growth->records), found = 0, next;
    double started = measure_seconds();
    check(journal_read(growth->journal, "events", place, take_one, &found, &next), "read");
    double seconds = measure_seconds() - started;
    check(found == place ? ERR_OK : ERR_INTERNAL, "read another record");
    return seconds * 1e6;
}

/* The median of many look-ups, some times over. */
static void measure_lookup(struct growth *growth, double (*lookup)(struct growth *growth),
                           struct measure *measure)
{
    static double micros[LOOKUPS];
    for (size_t part = 0; part < PARTS; part++) {
        for (size_t i = 0; i < LOOKUPS; i++)
            micros[i] = lookup(growth);
        measure_add(measure, measure_percentile(micros, LOOKUPS, 0.5));
    }
}

/* --- sizes ------------------------------------------------------------------------------------ */

static const struct size {
    double events, part_events;
    const char *append, *open, *seek, *read;
} sizes[] = {{1e6, 190e3, "growth.append.1e6", "growth.open_ms.1e6", "growth.seek_us.1e6",
              "growth.read_us.1e6"},
             {1e7, 1e6, "growth.append.1e7", "growth.open_ms.1e7", "growth.seek_us.1e7",
              "growth.read_us.1e7"},
             {1e8, 1e6, "growth.append.1e8", "growth.open_ms.1e8", "growth.seek_us.1e8",
              "growth.read_us.1e8"}};

static void measure_size(struct growth *growth, const struct size *size)
{
    struct measure append = {size->append, "events/s", {0}, 0}, open = {size->open, "ms", {0}, 0};
    struct measure seek = {size->seek, "us", {0}, 0}, reading = {size->read, "us", {0}, 0};
    grow_to(growth, size->events - PARTS * size->part_events);
    for (size_t part = PARTS; part-- > 0;)
        measure_add(&append, grow_to(growth, size->events - (double)part * size->part_events));
    fputc('\n', stderr);
    measure_open(growth, &open);
    measure_lookup(growth, seek_us, &seek);
    measure_lookup(growth, read_us, &reading);
    measure_print(&append);
    measure_print(&open);
    measure_print(&seek);
    measure_print(&reading);
}

int main(int argc, char **argv)
{
    static struct growth growth;
    const char *parent = argc > 1 ? argv[1] : getenv("TMPDIR"), *text = getenv("EVENTS");
    double largest = text ? strtod(text, NULL) : 1e7;
    start(&growth, parent ? parent : "/tmp", largest);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && sizes[i].events <= largest; i++)
        measure_size(&growth, &sizes[i]);
    finish(&growth);
    return 0;
}
