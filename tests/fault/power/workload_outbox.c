#include "tests/fault/power/workload.h"

#include "proto/client/outbox.h"
#include "tests/fault/power/note.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCHES_MAX = 4, PRODUCER = 0, EPOCH = 1, ADOPTED_AFTER = 5 };

struct work {
    struct outbox *outbox;
    struct outbox_options options;
    unsigned short random[3];
    uint64_t seed;
    struct buffer frame;
    struct state state; /* position[0] counts the transactions: it is a value in the outbox */
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

/* The batch as the outbox will have made it. */
static struct batch foresee(struct work *work, const struct batch_draft *draft, uint64_t sequence)
{
    struct batch batch = {.stream = "events",
                          .producer = "agent-0",
                          .epoch = EPOCH,
                          .sequence = sequence,
                          .created_ms = draft->created_ms,
                          .region = draft->region,
                          .event_count = draft->event_count,
                          .payload = draft->payload,
                          .payload_size = draft->payload_size};
    snprintf(batch.topic, sizeof batch.topic, "%s", draft->topic);
    memcpy(batch.previous_digest, work->head, DIGEST_BYTES);
    batch_digest(&batch, batch.digest);
    memcpy(work->head, batch.digest, DIGEST_BYTES);
    batch.payload = NULL;
    return batch;
}

static void append(struct work *work)
{
    uint64_t sequence = work->state.last[0] + 1;
    const char *payload = workload_payload(work->seed, PRODUCER, sequence);
    const struct batch_draft draft = {.topic = "observation",
                                      .region = 220100,
                                      .event_count = 1,
                                      .created_ms = 1700000000000 + sequence,
                                      .payload = payload,
                                      .payload_size = strlen(payload)};
    must("outbox_append", outbox_append(work->outbox, &draft, NULL));
    work->state.last[0] = sequence;
    struct batch batch = foresee(work, &draft, sequence);
    note_batch(NOTE_SENT, &batch, 0);
    work->made[work->made_count++] = batch;
}

static void put_count(struct work *work)
{
    char value[32];
    int size = snprintf(value, sizeof value, "%llu", (unsigned long long)++work->state.position[0]);
    must("outbox_put", outbox_put(work->outbox, "count", 5, value, (size_t)size));
}

static void work_once(struct work *work)
{
    long batches = dice(work, BATCHES_MAX + 1);
    work->made_count = 0;
    must("outbox_begin", outbox_begin(work->outbox));
    put_count(work);
    for (long i = 0; i < batches; i++)
        append(work);
    note_state(NOTE_WILL, &work->state);
    must("outbox_commit", outbox_commit(work->outbox));
    note_state(NOTE_DID, &work->state);
    for (size_t i = 0; i < work->made_count; i++)
        note_batch(NOTE_ACKNOWLEDGED, &work->made[i], work->made[i].sequence);
}

static void adopt(struct work *work)
{
    const struct outbox_welcome stranger = {.broker_id = "0123456789abcdef0123456789abcdef"};
    work->state.epoch = EPOCH;
    note_state(NOTE_WILL, &work->state);
    must("outbox_adopt", outbox_adopt(work->outbox, &stranger));
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
    must("outbox_next", outbox_next(work->outbox, upto - 1, &work->frame, &sequence));
    must("batch_parse", batch_parse(work->frame.data, work->frame.size, &batch));
    work->state.first[0] = upto + 1;
    note_state(NOTE_WILL, &work->state); /* the next commit takes it along, or a closing */
    must("outbox_acknowledge", outbox_acknowledge(work->outbox, upto, batch.digest, 100 + upto));
}

static void reopen(struct work *work)
{
    outbox_close(&work->outbox);
    must("outbox_open", outbox_open(&work->options, &work->outbox));
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
    must("outbox_open", outbox_open(&work.options, &work.outbox));
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
