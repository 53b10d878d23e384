#include "tests/fault/power/check.h"

#include "broker/journal/journal.h"
#include "proto/base/file.h"
#include "tests/fault/power/workload.h"
#include "tests/support/batches.h"
#include "tests/support/history.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The last batch of a producer, by the records. */
struct last {
    struct batch batch;
    uint64_t record;
};

struct reading {
    struct history *history;
    const struct state *found;
    uint64_t count;
    struct last last[WORKLOAD_PRODUCERS];
    size_t producers;
};

static void remember(struct reading *reading, const struct batch *batch, uint64_t record)
{
    size_t i = 0;
    while (i < reading->producers && (strcmp(reading->last[i].batch.producer, batch->producer) ||
                                      strcmp(reading->last[i].batch.stream, batch->stream)))
        i++;
    if (i == WORKLOAD_PRODUCERS)
        return; /* one that was never there: the history will say so */
    if (i == reading->producers)
        reading->producers++;
    reading->last[i] = (struct last){*batch, record};
}

static bool take(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct reading *reading = context;
    struct batch batch;
    (void)bytes;
    (void)size;
    if (batch_parse(record->frame, record->frame_size, &batch))
        return false;
    /* What was removed from the front on purpose is no hole: found->first was compared before. */
    uint64_t first = reading->found->first[knowledge_stream(batch.stream)];
    history_stored(reading->history, record->sequence - first + 1, &batch);
    remember(reading, &batch, record->sequence);
    reading->count++;
    return true;
}

static enum err find_state(struct journal *journal, struct state *out)
{
    *out = (struct state){0};
    enum err err = ERR_OK;
    for (size_t i = 0; i < NOTE_STREAMS && !err; i++) {
        struct stream_bounds bounds;
        struct position position;
        err = journal_bounds(journal, workload_streams[i], &bounds);
        if (!err)
            err = journal_position(journal, workload_streams[i], "scorer", &position);
        if (err)
            return err;
        out->first[i] = bounds.first ? bounds.first : bounds.last + 1;
        out->last[i] = bounds.last;
        out->position[i] = position.position;
        if (bounds.events != bounds.last)
            return ERR_CORRUPT; /* every batch of the workload is one event */
    }
    return err;
}

static enum verdict corrupt(const char *what, enum err err, char why[CHECK_WHY_BYTES])
{
    snprintf(why, CHECK_WHY_BYTES, "%s: %s", what, err_name(err));
    return VERDICT_CORRUPT;
}

static bool is_state_allowed(const struct knowledge *knowledge, const struct state *found)
{
    static const struct state none = {.first = {1, 1}};
    const struct state *did = knowledge->has_did ? &knowledge->did : &none;
    return !memcmp(found, did, sizeof *did) ||
           (knowledge->is_under_way && !memcmp(found, &knowledge->will, sizeof *found));
}

/* A producer's row says what its last batch is: exactly what the records say. */
static enum verdict check_row(struct journal *journal, const struct last *last,
                              char why[CHECK_WHY_BYTES])
{
    struct producer_state state;
    enum err err = journal_producer(journal, last->batch.stream, last->batch.producer, &state);
    if (err)
        return corrupt("journal_producer", err, why);
    if (state.sequence == last->batch.sequence && state.epoch == last->batch.epoch &&
        state.record == last->record && !memcmp(state.digest, last->batch.digest, DIGEST_BYTES))
        return VERDICT_SOUND;
    snprintf(why, CHECK_WHY_BYTES, "the row of %s is at %llu, record %llu; its last is %llu, %llu",
             last->batch.producer, (unsigned long long)state.sequence,
             (unsigned long long)state.record, (unsigned long long)last->batch.sequence,
             (unsigned long long)last->record);
    return state.sequence < last->batch.sequence ? VERDICT_LOST : VERDICT_INVENTED;
}

static enum verdict check_records(struct journal *journal, const struct knowledge *knowledge,
                                  const struct state *found, char why[CHECK_WHY_BYTES])
{
    struct history *history = history_new();
    struct reading reading = {.history = history, .found = found};
    enum verdict verdict = VERDICT_SOUND;
    uint64_t next, expected = 0;
    knowledge_tell(knowledge, found, history);
    for (size_t i = 0; i < NOTE_STREAMS && !verdict; i++) {
        enum err err = journal_read(journal, workload_streams[i], 1, take, &reading, &next);
        if (err)
            verdict = corrupt("journal_read", err, why);
        expected += found->last[i] + 1 - found->first[i];
    }
    if (!verdict && reading.count != expected)
        verdict = corrupt("records are missing at the end", ERR_CORRUPT, why);
    if (!verdict)
        verdict = knowledge_ask(history, why);
    for (size_t i = 0; i < reading.producers && !verdict; i++)
        verdict = check_row(journal, &reading.last[i], why);
    history_free(&history);
    return verdict;
}

/* After the restart each producer's next batch is stored and read, as if nothing had been. */
static enum verdict check_going_on(struct journal *journal, char why[CHECK_WHY_BYTES])
{
    struct buffer frame;
    struct chain chain = chain_start(workload_streams[0], "agent-0", 1);
    struct producer_state state;
    struct journal_receipt receipt;
    enum err err = journal_producer(journal, chain.stream, chain.producer, &state);
    chain.sequence = state.sequence;
    memcpy(chain.head, state.digest, DIGEST_BYTES);
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    struct batch batch = chain_next(&chain, "and so on", &frame);
    if (!err)
        err = journal_append(journal, &batch, frame.data, frame.size, 1700000000000, &receipt);
    if (!err)
        err = journal_commit(journal);
    if (!err)
        err = journal_append(journal, &batch, frame.data, frame.size, 1700000000000, &receipt);
    if (!err && !receipt.is_repeat)
        err = ERR_CONFLICT;
    buffer_fini(&frame);
    return err ? corrupt("going on", err, why) : VERDICT_SOUND;
}

static enum verdict check_open(struct journal *journal, const struct knowledge *knowledge,
                               char why[CHECK_WHY_BYTES])
{
    struct state found;
    enum err err = find_state(journal, &found);
    if (err)
        return corrupt("its state", err, why);
    if (!is_state_allowed(knowledge, &found))
        return knowledge_blame(knowledge, &found, why);
    if (knowledge->has_id && memcmp(knowledge->id, journal_id(journal), JOURNAL_ID_BYTES)) {
        snprintf(why, CHECK_WHY_BYTES, "it is another journal");
        return VERDICT_LOST;
    }
    return check_records(journal, knowledge, &found, why);
}

enum verdict check_journal(const struct knowledge *knowledge, const char *root, bool goes_on,
                           char why[CHECK_WHY_BYTES])
{
    char directory[PATH_MAX];
    struct journal *journal;
    snprintf(directory, sizeof directory, "%s/state", root);
    const struct journal_options options = {
        .directory = directory, .max_bytes = JOURNAL_MIN_BYTES, .streams = workload_streams};
    enum err err = file_make_directory(directory);
    if (!err)
        err = journal_open(&options, &journal);
    if (err)
        return corrupt("journal_open", err, why);
    enum verdict verdict = check_open(journal, knowledge, why);
    if (!verdict && goes_on)
        verdict = check_going_on(journal, why);
    journal_close(&journal);
    return verdict;
}
