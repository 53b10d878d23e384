/* The journal against raw LMDB: the same bytes, the same commits, the same run, on the same disk.
 *
 *     store.flush.mb_s         journal, 64 KiB batches, 32 a commit
 *     store.lmdb_alone.mb_s    raw LMDB, the same
 *     store.flush.small        journal, 256-byte batches a second, 4,096 a commit
 *     store.lmdb_alone.small   raw LMDB, the same
 *     store.append.large       64 KiB batches a second that one thread appends, without the flush
 *     store.append.small       the same of 256-byte batches
 *     store.put.large, store.put.small   raw LMDB, the same
 *     store.commit.p50_us      one 256-byte batch a commit, journal
 *     store.lmdb_commit.p50_us raw LMDB, the same
 *
 * argv[1]: a directory on the disk to be measured (default: TMPDIR, or /tmp). Frames are made outside
 * the time that counts. Both files are written once before, so that neither pays for first writes.
 */
#include "broker/journal/journal.h"
#include "tests/bench/measure.h"
#include "tests/bench/raw_lmdb.h"
#include "tests/support/batches.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(bool has_failed, const char *what)
{
    if (!has_failed)
        return;
    fprintf(stderr, "bench_store: %s failed\n", what);
    exit(1);
}

/* --- work ------------------------------------------------------------------------------------- */

struct work {
    size_t batch_bytes, batches_per_commit, commits;
};

/* Room for twice the data. */
static size_t map_bytes(const struct work *work)
{
    return 2 * work->batch_bytes * work->batches_per_commit * work->commits + ((size_t)32 << 20);
}

/* The frames of one commit, each in its own buffer. */
struct frames {
    size_t count;
    struct batch *batches;
    struct buffer *buffers;
    struct raw_value *values; /* the same, as raw LMDB takes them */
    struct chain chain;
    char *payload;
};

static void frames_init(struct frames *frames, const struct work *work)
{
    enum { HEADER = 160 }; /* about */
    frames->count = work->batches_per_commit;
    frames->batches = calloc(frames->count, sizeof *frames->batches);
    frames->buffers = calloc(frames->count, sizeof *frames->buffers);
    frames->values = calloc(frames->count, sizeof *frames->values);
    frames->payload = malloc(work->batch_bytes);
    check(!frames->batches || !frames->buffers || !frames->values || !frames->payload, "memory");
    frames->chain = chain_start("events", "bench", 1);
    for (size_t i = 0; i < frames->count; i++)
        buffer_init(&frames->buffers[i], BATCH_FRAME_MAX_BYTES);
    for (size_t i = 0; i < work->batch_bytes; i++)
        frames->payload[i] = (char)(1 + i * 7 % 251);
    frames->payload[work->batch_bytes - HEADER] = '\0';
}

static void frames_make(struct frames *frames)
{
    for (size_t i = 0; i < frames->count; i++)
        frames->batches[i] = chain_next(&frames->chain, frames->payload, &frames->buffers[i]);
}

static void frames_fini(struct frames *frames)
{
    for (size_t i = 0; i < frames->count; i++)
        buffer_fini(&frames->buffers[i]);
    free(frames->buffers);
    free(frames->batches);
    free(frames->values);
    free(frames->payload);
}

/* What one run took: adding, and adding with the commits. */
struct spent {
    double adding, all;
    double *commits; /* seconds of each, adding included */
};

/* --- the two stores --------------------------------------------------------------------------- */

struct store {
    struct journal *journal;
    struct raw_lmdb *raw;
};

static void open_journal(struct store *store, const char *directory, const struct work *work)
{
    static const char *const streams[] = {"events", NULL};
    const struct journal_options options = {
        .directory = directory, .max_bytes = map_bytes(work), .streams = streams};
    bool is_done = false;
    check(journal_open(&options, &store->journal), "journal_open");
    while (!is_done)
        check(journal_prepare(store->journal, &is_done), "journal_prepare");
}

static void open_raw(struct store *store, const char *directory, const struct work *work)
{
    char path[4096];
    int size = snprintf(path, sizeof path, "%s/lmdb", directory);
    check(size >= (int)sizeof path, directory);
    store->raw = raw_lmdb_open(path, map_bytes(work));
}

static void close_store(struct store *store)
{
    journal_close(&store->journal);
    if (store->raw)
        raw_lmdb_close(&store->raw);
}

static double add_to_journal(struct store *store, const struct frames *frames)
{
    double begun = measure_seconds();
    for (size_t i = 0; i < frames->count; i++)
        check(journal_append(store->journal, &frames->batches[i], frames->buffers[i].data,
                             frames->buffers[i].size, 1700000000000, NULL),
              "journal_append");
    double added = measure_seconds();
    check(journal_commit(store->journal), "journal_commit");
    return added - begun;
}

static double add_to_raw(struct store *store, const struct frames *frames)
{
    for (size_t i = 0; i < frames->count; i++)
        frames->values[i] = (struct raw_value){frames->buffers[i].data, frames->buffers[i].size};
    return raw_lmdb_commit_values(store->raw, frames->values, frames->count);
}

/* --- measuring -------------------------------------------------------------------------------- */

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void run(const char *parent, const struct work *work, bool is_raw, struct spent *spent)
{
    char directory[4096];
    struct store store = {0};
    struct frames frames;
    snprintf(directory, sizeof directory, "%s/songhua-bench-XXXXXX", parent);
    check(!mkdtemp(directory), "mkdtemp");
    (is_raw ? open_raw : open_journal)(&store, directory, work);
    frames_init(&frames, work);
    spent->adding = spent->all = 0;
    for (size_t i = 0; i < work->commits; i++) {
        frames_make(&frames);
        double begun = measure_seconds();
        spent->adding += (is_raw ? add_to_raw : add_to_journal)(&store, &frames);
        spent->commits[i] = measure_seconds() - begun;
        spent->all += spent->commits[i];
    }
    frames_fini(&frames);
    close_store(&store);
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* What is printed of a piece of work, of the journal and of raw LMDB; NULL: not of interest. */
struct figures {
    struct work work;
    struct figure {
        const char *name, *unit;
        enum { FLUSHED_MB, FLUSHED_BATCHES, ADDED_BATCHES, COMMIT_P50_US } kind;
    } of[2][2];
};

static const struct figures table[] = {
    {{64 * 1024, 32, 100},
     {{{"store.flush.mb_s", "MB/s", FLUSHED_MB}, {"store.append.large", "1/s", ADDED_BATCHES}},
      {{"store.lmdb_alone.mb_s", "MB/s", FLUSHED_MB}, {"store.put.large", "1/s", ADDED_BATCHES}}}},
    {{256, 4096, 60},
     {{{"store.flush.small", "1/s", FLUSHED_BATCHES}, {"store.append.small", "1/s", ADDED_BATCHES}},
      {{"store.lmdb_alone.small", "1/s", FLUSHED_BATCHES},
       {"store.put.small", "1/s", ADDED_BATCHES}}}},
    {{256, 1, 500},
     {{{"store.commit.p50_us", "us", COMMIT_P50_US}, {NULL, NULL, FLUSHED_MB}},
      {{"store.lmdb_commit.p50_us", "us", COMMIT_P50_US}, {NULL, NULL, FLUSHED_MB}}}}};

static double figure_of(const struct figure *figure, const struct work *work,
                        const struct spent *spent)
{
    double batches = (double)(work->batches_per_commit * work->commits);
    switch (figure->kind) {
    case FLUSHED_MB:
        return batches * (double)work->batch_bytes / spent->all / 1e6;
    case FLUSHED_BATCHES:
        return batches / spent->all;
    case ADDED_BATCHES:
        return batches / spent->adding;
    case COMMIT_P50_US:
        return measure_percentile(spent->commits, work->commits, 0.5) * 1e6;
    }
    return 0;
}

/* Journal and raw LMDB take turns, so that a disk that changes its mind changes it for both. */
static void measure(const char *parent, const struct figures *figures)
{
    struct measure measures[2][2] = {0};
    struct spent spent = {.commits = calloc(figures->work.commits, sizeof *spent.commits)};
    check(!spent.commits, "memory");
    for (size_t runs = measure_runs(5); runs; runs--)
        for (int is_raw = 0; is_raw < 2; is_raw++) {
            run(parent, &figures->work, is_raw, &spent);
            for (int i = 0; i < 2; i++)
                if (figures->of[is_raw][i].name)
                    measure_add(&measures[is_raw][i],
                                figure_of(&figures->of[is_raw][i], &figures->work, &spent));
        }
    for (int is_raw = 0; is_raw < 2; is_raw++)
        for (int i = 0; i < 2; i++) {
            measures[is_raw][i].name = figures->of[is_raw][i].name;
            measures[is_raw][i].unit = figures->of[is_raw][i].unit;
            if (measures[is_raw][i].name)
                measure_print(&measures[is_raw][i]);
        }
    free(spent.commits);
}

int main(int argc, char **argv)
{
    const char *directory = argc > 1 ? argv[1] : getenv("TMPDIR");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        measure(directory ? directory : "/tmp", &table[i]);
    return 0;
}
