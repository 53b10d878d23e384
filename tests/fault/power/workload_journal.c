#include "tests/fault/power/workload.h"

#include "broker/journal/journal.h"
#include "proto/base/file.h"
#include "tests/fault/power/note.h"
#include "tests/support/batches.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* Two producers in each stream; old records are removed from the second stream only, so that the first
 * shows what is lost from the beginning. */
enum { BATCHES_MAX = 8, TRIMMED_STREAM = 1, KEPT = 5 };

struct stored {
    struct batch batch; /* without its payload */
    uint64_t record;
};

struct work {
    struct journal *journal;
    struct journal_options options;
    unsigned short random[3];
    uint64_t seed, now_ms;
    struct buffer frame;
    struct chain chains[WORKLOAD_PRODUCERS];
    struct state state, kept; /* as the transaction leaves it; as it is committed */
    struct stored stored[BATCHES_MAX];
    size_t stored_count;
};

static long dice(struct work *work, long sides)
{
    return nrand48(work->random) % sides;
}

static void must(const char *what, enum err err)
{
    if (err)
        workload_failed(what, err);
}

static void open_journal(struct work *work)
{
    must("journal_open", journal_open(&work->options, &work->journal));
}

static unsigned stream_of(unsigned producer)
{
    return producer % NOTE_STREAMS;
}

static void append(struct work *work, unsigned producer)
{
    struct chain *chain = &work->chains[producer];
    struct journal_receipt receipt;
    struct batch batch = chain_next(
        chain, workload_payload(work->seed, producer, chain->sequence + 1), &work->frame);
    must("journal_append", journal_append(work->journal, &batch, work->frame.data, work->frame.size,
                                          work->now_ms, &receipt));
    batch.payload = NULL;
    note_batch(NOTE_SENT, &batch, 0);
    work->stored[work->stored_count++] = (struct stored){batch, receipt.record};
    work->state.last[stream_of(producer)] = receipt.record;
}

static void save_position(struct work *work)
{
    unsigned stream = (unsigned)dice(work, NOTE_STREAMS);
    uint64_t position = work->kept.last[stream];
    if (position <= work->kept.position[stream])
        return;
    must("journal_save_position",
         journal_save_position(work->journal, workload_streams[stream], "scorer",
                               work->kept.position[stream], position, work->now_ms, NULL));
    work->state.position[stream] = position;
}

static void trim(struct work *work)
{
    uint64_t removed, last = work->kept.last[TRIMMED_STREAM];
    if (last <= KEPT)
        return;
    must("journal_trim",
         journal_trim(work->journal, workload_streams[TRIMMED_STREAM], last - KEPT, &removed));
    work->state.first[TRIMMED_STREAM] += removed;
}

static void commit(struct work *work)
{
    note_state(NOTE_WILL, &work->state);
    must("journal_commit", journal_commit(work->journal));
    work->kept = work->state;
    note_state(NOTE_DID, &work->state);
    for (size_t i = 0; i < work->stored_count; i++)
        note_batch(NOTE_ACKNOWLEDGED, &work->stored[i].batch, work->stored[i].record);
}

/* Nothing of it may ever be found: its batches are made again, with the same bytes. */
static void abort_all(struct work *work, const struct chain chains[WORKLOAD_PRODUCERS])
{
    journal_abort(work->journal);
    work->state = work->kept;
    for (size_t i = 0; i < WORKLOAD_PRODUCERS; i++)
        work->chains[i] = chains[i];
}

static void work_once(struct work *work)
{
    struct chain chains[WORKLOAD_PRODUCERS];
    long batches = dice(work, 3) ? dice(work, 3) : dice(work, BATCHES_MAX + 1);
    for (size_t i = 0; i < WORKLOAD_PRODUCERS; i++)
        chains[i] = work->chains[i];
    work->stored_count = 0;
    work->now_ms += (uint64_t)dice(work, 1000);
    for (long i = 0; i < batches; i++)
        append(work, (unsigned)dice(work, WORKLOAD_PRODUCERS));
    if (!dice(work, 4))
        save_position(work);
    if (!dice(work, 6))
        trim(work);
    if (dice(work, 12))
        commit(work);
    else
        abort_all(work, chains);
}

/* An orderly end and a new start, or a moment without work. */
static void pause_work(struct work *work)
{
    bool is_done;
    if (dice(work, 4)) {
        journal_close(&work->journal);
        open_journal(work);
    } else {
        must("journal_prepare", journal_prepare(work->journal, &is_done));
    }
}

void workload_journal(const char *root, uint64_t seed, unsigned commits)
{
    static const char *const names[WORKLOAD_PRODUCERS] = {"agent-0", "agent-1", "agent-2",
                                                          "agent-3"};
    char directory[PATH_MAX];
    struct work work = {.seed = seed,
                        .random = {(unsigned short)seed, (unsigned short)(seed >> 16), 7},
                        .now_ms = 1700000000000};
    snprintf(directory, sizeof directory, "%s/state", root);
    work.options = (struct journal_options){.directory = directory, .streams = workload_streams};
    buffer_init(&work.frame, BATCH_FRAME_MAX_BYTES);
    for (unsigned i = 0; i < WORKLOAD_PRODUCERS; i++)
        work.chains[i] = chain_start(workload_streams[stream_of(i)], names[i], 1);
    for (size_t i = 0; i < NOTE_STREAMS; i++)
        work.state.first[i] = 1;
    work.kept = work.state;
    must("file_make_directory", file_make_directory(directory));
    work.options.max_bytes = JOURNAL_MIN_BYTES;
    open_journal(&work);
    note_id(journal_id(work.journal), JOURNAL_ID_BYTES);
    note_state(NOTE_DID, &work.state);
    for (unsigned i = 0; i < commits; i++) {
        work_once(&work);
        if (!dice(&work, 20))
            pause_work(&work);
    }
    journal_close(&work.journal);
    buffer_fini(&work.frame);
}
