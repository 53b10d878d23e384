#include "tests/fault/power/workload.h"

#include "proto/client/outbox.h"
#include "tests/fault/power/note.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES_MAX = 4, PRODUCER = 0, ADOPTED_AFTER = 5 };

struct work {
    struct outbox *outbox;
    struct outbox_options options;
    unsigned short random[3];
    uint64_t seed;
    struct buffer frame;
    /* position[0] counts the transactions: it is a value in the outbox. */
    struct state state, told; /* as it is to be; as the last DID said */
    unsigned char head[DIGEST_BYTES];
    struct batch made[BATCHES_MAX];
    size_t made_count;
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

static void open_outbox(struct work *work)
{
    enum err err = outbox_open(&work->options, &work->outbox);
    if (err)
        workload_refused("outbox_open", err);
}

static enum err append(struct work *work)
{
    uint64_t sequence = work->state.last[0] + 1;
    const char *payload = workload_payload(work->seed, PRODUCER, sequence);
    const struct batch_draft draft = {.topic = "observation",
                                      .region = 220100,
                                      .event_count = 1,
                                      .created_ms = 1700000000000 + sequence,
                                      .payload = payload,
                                      .payload_size = strlen(payload)};
    enum err err = outbox_append(work->outbox, &draft, NULL);
    if (err)
        return err;
    work->state.last[0] = sequence;
    struct batch batch = workload_foresee(work->head, &draft, sequence);
    note_batch(NOTE_SENT, &batch, 0);
    work->made[work->made_count++] = batch;
    return ERR_OK;
}

static enum err put_count(struct work *work)
{
    char value[32];
    int size = snprintf(value, sizeof value, "%llu", (unsigned long long)++work->state.position[0]);
    return outbox_put(work->outbox, "count", 5, value, (size_t)size);
}

static enum err change(struct work *work)
{
    long batches = dice(work, BATCHES_MAX + 1);
    work->made_count = 0;
    enum err err = outbox_begin(work->outbox);
    if (!err)
        err = put_count(work);
    for (long i = 0; i < batches && !err; i++)
        err = append(work);
    note_state(NOTE_WILL, &work->state);
    return err ? err : outbox_commit(work->outbox);
}

/* Full: nothing was stored, and once there is room the work goes on. Anything else is final. */
static void meet(struct work *work, enum err err)
{
    outbox_abort(work->outbox);
    if (err == ERR_FULL) {
        workload_make_room();
        return;
    }
    for (int i = 0; i < 3; i++)
        if (outbox_begin(work->outbox) != ERR_IO)
            workload_failed("a disk that failed was asked again", err);
    workload_refused("outbox", err);
}

static void work_once(struct work *work)
{
    struct state state = work->state;
    unsigned char head[DIGEST_BYTES];
    memcpy(head, work->head, DIGEST_BYTES);
    enum err err = change(work);
    if (err) {
        meet(work, err);
        work->state = state;
        memcpy(work->head, head, DIGEST_BYTES);
        note_state(NOTE_DID, &work->told);
        note_state(NOTE_WILL, &work->state);
        return;
    }
    work->told = work->state;
    note_state(NOTE_DID, &work->state);
    for (size_t i = 0; i < work->made_count; i++)
        note_batch(NOTE_ACKNOWLEDGED, &work->made[i], work->made[i].sequence);
}

/* Full: not adopted, to be tried again. */
static void adopt(struct work *work)
{
    const struct outbox_welcome stranger = {.broker_id = "0123456789abcdef0123456789abcdef"};
    enum err err = ERR_FULL;
    work->state.epoch = WORKLOAD_EPOCH;
    note_state(NOTE_WILL, &work->state);
    for (int i = 0; i < 3 && err == ERR_FULL; i++) {
        err = outbox_adopt(work->outbox, &stranger);
        if (err)
            meet(work, err);
    }
    must("outbox_adopt", err);
    work->told = work->state;
    note_state(NOTE_DID, &work->state);
}

/* The broker has stored some of what waits. */
static void acknowledge(struct work *work)
{
    struct outbox_status status;
    struct batch batch;
    uint64_t sequence;
    outbox_status(work->outbox, &status);
    if (!status.epoch || !status.batches)
        return;
    uint64_t upto = status.acknowledged + 1 + (uint64_t)dice(work, (long)status.batches);
    buffer_clear(&work->frame);
    enum err err = outbox_next(work->outbox, upto - 1, &work->frame, &sequence);
    if (err) {
        meet(work, err);
        return;
    }
    must("batch_parse", batch_parse(work->frame.data, work->frame.size, &batch));
    work->state.first[0] = upto + 1;
    note_state(NOTE_WILL, &work->state); /* the next commit takes it along, or a closing */
    err = outbox_acknowledge(work->outbox, upto, batch.digest, 100 + upto);
    if (err)
        meet(work, err);
}

static void reopen(struct work *work)
{
    outbox_close(&work->outbox);
    open_outbox(work);
}

void workload_outbox(const char *root, uint64_t seed, unsigned commits)
{
    char directory[PATH_MAX];
    struct signing_key key;
    struct work work = {.seed = seed,
                        .random = {(unsigned short)seed, (unsigned short)(seed >> 16), 11},
                        .state.first = {1}};
    snprintf(directory, sizeof directory, "%s/state", root);
    signing_key_make(NULL, &key);
    work.options = (struct outbox_options){
        .directory = directory, .stream = "events", .producer = "agent-0", .signing_key = &key};
    buffer_init(&work.frame, BATCH_FRAME_MAX_BYTES);
    open_outbox(&work);
    work.told = work.state;
    note_state(NOTE_DID, &work.state);
    for (unsigned i = 0; i < commits; i++) {
        work_once(&work);
        if (i == ADOPTED_AFTER)
            adopt(&work);
        if (!dice(&work, 3))
            acknowledge(&work);
        if (!dice(&work, 20))
            reopen(&work);
    }
    outbox_close(&work.outbox);
    buffer_fini(&work.frame);
}
