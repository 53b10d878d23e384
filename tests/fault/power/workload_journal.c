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
enum { BATCHES_MAX = 8, TRIMMED_STREAM = 1, KEPT = 5, PAGE_BYTES = 4096 };

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
    bool is_ahead; /* batches were kept that no reader sees yet */
};

static long dice(struct work *work, long sides)
{
    return nrand48(work->random) % sides;
}

static void open_journal(struct work *work)
{
    enum err err = journal_open(&work->options, &work->journal);
    if (err)
        workload_refused("journal_open", err);
}

static unsigned stream_of(unsigned producer)
{
    return producer % NOTE_STREAMS;
}

static enum err append(struct work *work, unsigned producer)
{
    struct chain *chain = &work->chains[producer];
    struct journal_receipt receipt;
    struct batch batch = chain_next(
        chain, workload_payload(work->seed, producer, chain->sequence + 1), &work->frame);
    enum err err = journal_append(work->journal, &batch, work->frame.data, work->frame.size,
                                  work->now_ms, &receipt);
    if (err)
        return err;
    batch.payload = NULL;
    note_batch(NOTE_SENT, &batch, 0);
    work->stored[work->stored_count++] = (struct stored){batch, receipt.record};
    work->state.last[stream_of(producer)] = receipt.record;
    return ERR_OK;
}

static enum err save_position(struct work *work)
{
    unsigned stream = (unsigned)dice(work, NOTE_STREAMS);
    uint64_t position = work->kept.last[stream];
    if (position <= work->kept.position[stream])
        return ERR_OK;
    work->state.position[stream] = position;
    return journal_save_position(work->journal, workload_streams[stream], "scorer",
                                 work->kept.position[stream], position, work->now_ms, NULL);
}

static enum err trim(struct work *work)
{
    uint64_t removed = 0, last = work->kept.last[TRIMMED_STREAM];
    if (last <= KEPT)
        return ERR_OK;
    enum err err =
        journal_trim(work->journal, workload_streams[TRIMMED_STREAM], last - KEPT, &removed);
    work->state.first[TRIMMED_STREAM] += removed;
    return err;
}

/* Either is an acknowledgement. */
static enum err keep_or_commit(struct work *work)
{
    bool is_kept = false;
    enum err err = dice(work, 2) ? journal_keep(work->journal, &is_kept) : ERR_OK;
    if (!err && !is_kept)
        err = journal_commit(work->journal);
    if (!err)
        work->is_ahead = is_kept;
    return err;
}

static enum err acknowledge(struct work *work)
{
    note_state(NOTE_WILL, &work->state);
    enum err err = keep_or_commit(work);
    if (err)
        return err;
    work->kept = work->state;
    note_state(NOTE_DID, &work->state);
    for (size_t i = 0; i < work->stored_count; i++)
        note_batch(NOTE_ACKNOWLEDGED, &work->stored[i].batch, work->stored[i].record);
    return ERR_OK;
}

/* Nothing of it may ever be found: its batches are made again, with the same bytes. */
static void abort_all(struct work *work, const struct chain chains[WORKLOAD_PRODUCERS])
{
    journal_abort(work->journal);
    work->state = work->kept;
    for (size_t i = 0; i < WORKLOAD_PRODUCERS; i++)
        work->chains[i] = chains[i];
}

/* --- a disk that fails -------------------------------------------------------------------------- */

static bool count_record(void *context, const struct record *record, const void *bytes, size_t size)
{
    (void)record;
    (void)bytes;
    (void)size;
    ++*(uint64_t *)context;
    return true;
}

/* What is stored is read while the disk is full. */
static enum err check_reading(struct work *work)
{
    for (size_t i = 0; i < NOTE_STREAMS; i++) {
        uint64_t next, count = 0;
        enum err err =
            journal_read(work->journal, workload_streams[i], 1, count_record, &count, &next);
        if (err)
            return err;
        if (count != work->kept.last[i] + 1 - work->kept.first[i])
            workload_failed("reading beside a full disk finds too few", ERR_CORRUPT);
    }
    return ERR_OK;
}

/* Full: nothing was stored, and once there is room the work goes on. Anything else is final, and so is a
 * disk that takes the data and then has no room for LMDB's header: LMDB does not even read after that. */
static void meet(struct work *work, enum err err, const struct chain chains[WORKLOAD_PRODUCERS])
{
    abort_all(work, chains);
    if (err == ERR_FULL && (work->is_ahead || check_reading(work) == ERR_OK)) {
        note_state(NOTE_DID, &work->state);
        workload_make_room();
        return;
    }
    for (int i = 0; i < 3; i++) {
        enum err again = append(work, 0);
        if (!again)
            again = journal_commit(work->journal);
        if (again != ERR_IO)
            workload_failed("a disk that failed was asked again", again);
        abort_all(work, chains);
    }
    workload_refused("journal", ERR_IO);
}

/* ------------------------------------------------------------------------------------------------ */

static enum err change(struct work *work)
{
    long batches = dice(work, 3) ? dice(work, 3) : dice(work, BATCHES_MAX + 1);
    enum err err = ERR_OK;
    work->stored_count = 0;
    work->now_ms += (uint64_t)dice(work, 1000);
    for (long i = 0; i < batches && !err; i++)
        err = append(work, (unsigned)dice(work, WORKLOAD_PRODUCERS));
    if (!err && !dice(work, 4))
        err = save_position(work);
    if (!err && !dice(work, 6))
        err = trim(work);
    return err;
}

static void work_once(struct work *work)
{
    struct chain chains[WORKLOAD_PRODUCERS];
    for (size_t i = 0; i < WORKLOAD_PRODUCERS; i++)
        chains[i] = work->chains[i];
    enum err err = change(work);
    bool is_kept = dice(work, 12) != 0;
    if (!err && is_kept)
        err = acknowledge(work);
    if (err)
        meet(work, err, chains);
    else if (!is_kept)
        abort_all(work, chains);
}

/* An orderly end and a new start, with more room at times, or a moment without work. */
static void pause_work(struct work *work)
{
    bool is_done;
    if (dice(work, 4)) {
        journal_close(&work->journal);
        if (!dice(work, 2))
            work->options.max_bytes += (uint64_t)(1 + dice(work, 20)) * PAGE_BYTES;
        open_journal(work);
    } else {
        enum err err = journal_prepare(work->journal, &is_done);
        if (err)
            meet(work, err, work->chains);
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
    enum err err = file_make_directory(directory);
    if (err)
        workload_refused("file_make_directory", err);
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
