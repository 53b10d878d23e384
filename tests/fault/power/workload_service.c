#include "tests/fault/power/workload.h"

#include "consumers/service/effects.h"
#include "proto/client/outbox.h"
#include "proto/event/event.h"
#include "tests/fault/power/note.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 3, BATCHES_MAX = 8 };

struct work {
    struct outbox *outbox;
    struct effects effects;
    unsigned short random[3];
    struct state state; /* position: the count, and the position */
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
    if (err == ERR_IO)
        workload_refused(what, err);
    if (err)
        workload_failed(what, err);
}

static void publish(struct work *work, uint64_t record)
{
    static const char *const topics[] = {"observation", "heartbeat"};
    Songhua__V1__Event event = SONGHUA__V1__EVENT__INIT;
    Songhua__V1__Retraction retraction = SONGHUA__V1__RETRACTION__INIT;
    char period[16];
    snprintf(period, sizeof period, "%u", 2000 + (unsigned)(record % 100));
    retraction.indicator = (char *)(uintptr_t) "x";
    retraction.period = period;
    event.body_case = SONGHUA__V1__EVENT__BODY_RETRACTION;
    event.retraction = &retraction;
    must("effects_publish", effects_publish(&work->effects, 220100 + (unsigned)dice(work, 2),
                                            topics[dice(work, 2)], &event));
}

static enum err note_made(void *context, const struct batch_draft *draft)
{
    struct work *work = context;
    if (work->made_count == BATCHES_MAX)
        return ERR_LIMIT;
    struct batch batch = workload_foresee(work->head, draft, ++work->state.last[0]);
    note_batch(NOTE_SENT, &batch, 0);
    work->made[work->made_count++] = batch;
    return ERR_OK;
}

/* What follows from one record. */
static void work_once(struct work *work)
{
    uint64_t record = ++work->state.position[1];
    char count[32];
    int size = snprintf(count, sizeof count, "%llu", (unsigned long long)++work->state.position[0]);
    work->made_count = 0;
    effects_begin(&work->effects, 1700000000000 + record);
    must("effects_put", effects_put(&work->effects, "count", 5, count, (size_t)size));
    for (long i = dice(work, EVENTS_MAX + 1); i; i--)
        publish(work, record);
    effects_end(&work->effects);
    must("effects_each", effects_each(&work->effects, note_made, work));
    note_state(NOTE_WILL, &work->state);
    must("effects_store", effects_store(&work->effects, work->outbox, "position", record));
    note_state(NOTE_DID, &work->state);
    for (size_t i = 0; i < work->made_count; i++)
        note_batch(NOTE_ACKNOWLEDGED, &work->made[i], work->made[i].sequence);
    effects_clear(&work->effects);
}

void workload_service(const char *root, uint64_t seed, unsigned commits)
{
    const struct outbox_welcome stranger = {.broker_id = "0123456789abcdef0123456789abcdef"};
    char directory[PATH_MAX];
    struct work work = {.random = {(unsigned short)seed, (unsigned short)(seed >> 16), 13},
                        .state.first = {1}};
    snprintf(directory, sizeof directory, "%s/state", root);
    const struct outbox_options options = {
        .directory = directory, .stream = "events", .producer = "agent-0"};
    effects_init(&work.effects);
    must("outbox_open", outbox_open(&options, &work.outbox));
    note_state(NOTE_DID, &work.state);
    work.state.epoch = WORKLOAD_EPOCH;
    note_state(NOTE_WILL, &work.state);
    must("outbox_adopt", outbox_adopt(work.outbox, &stranger));
    note_state(NOTE_DID, &work.state);
    for (unsigned i = 0; i < commits; i++)
        work_once(&work);
    outbox_close(&work.outbox);
    effects_fini(&work.effects);
}
