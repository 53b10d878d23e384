/* Room that ends: the journal's map, a producer's outbox. Full is an answer; what empties it goes on. */
#include "broker/journal/journal.h"
#include "proto/client/outbox.h"
#include "proto/client/publisher.h"
#include "tests/support/batches.h"
#include "tests/support/history.h"
#include "tests/support/noise.h"
#include "tests/support/scratch.h"
#include "tests/support/sender.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_BYTES = 8000, RECORDS_MAX = 65536, CYCLES = 4 };

/* --- the map ---------------------------------------------------------------------------------- */

struct stored {
    struct batch batch; /* without its payload */
    uint64_t record;
};

struct stage {
    struct journal *journal;
    struct chain chain;
    struct buffer frame;
    struct stored *stored;
    size_t count;
    uint64_t position;
    struct history *history;
};

static const char *const streams[] = {"events", NULL};

/* The chain moves on when it is stored. */
static enum err append(struct stage *stage)
{
    char payload[PAYLOAD_BYTES + 1];
    struct chain before = stage->chain;
    struct journal_receipt receipt;
    int used =
        snprintf(payload, sizeof payload, "%llu ", (unsigned long long)stage->chain.sequence);
    memset(payload + used, 'x', sizeof payload - (size_t)used);
    payload[PAYLOAD_BYTES] = '\0';
    struct batch batch = chain_next(&stage->chain, payload, &stage->frame);
    history_sent(stage->history, &batch);
    enum err err = journal_append(stage->journal, &batch, stage->frame.data, stage->frame.size,
                                  1700000000000, &receipt);
    if (!err)
        err = journal_commit(stage->journal);
    else
        journal_abort(stage->journal);
    if (err) {
        stage->chain = before;
        return err;
    }
    cr_assert_lt(stage->count, (size_t)RECORDS_MAX);
    batch.payload = NULL;
    stage->stored[stage->count++] = (struct stored){batch, receipt.record};
    return ERR_OK;
}

static void fill(struct stage *stage)
{
    enum err err = ERR_OK;
    while (!err)
        err = append(stage);
    cr_assert_eq(err, ERR_FULL);
    cr_assert_eq(append(stage), ERR_FULL);
}

struct reading {
    struct history *history;
    uint64_t first, count;
};

static bool take(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct reading *reading = context;
    struct batch batch;
    (void)bytes;
    (void)size;
    cr_assert_eq(batch_parse(record->frame, record->frame_size, &batch), ERR_OK);
    if (reading->history) /* as if those that were trimmed had never been */
        history_stored(reading->history, record->sequence - reading->first + 1, &batch);
    reading->count++;
    return true;
}

static struct reading read_all(struct stage *stage, struct history *history)
{
    struct stream_bounds bounds;
    uint64_t next;
    cr_assert_eq(journal_bounds(stage->journal, "events", &bounds), ERR_OK);
    struct reading reading = {.history = history, .first = bounds.first};
    cr_assert_eq(journal_read(stage->journal, "events", 1, take, &reading, &next), ERR_OK);
    cr_assert_eq(reading.count, bounds.last + 1 - bounds.first);
    return reading;
}

/* Readers go on, and trims follow them. */
static void make_room(struct stage *stage)
{
    uint64_t removed, last = stage->count;
    (void)read_all(stage, NULL);
    cr_assert_eq(journal_save_position(stage->journal, "events", "scorer", stage->position, last,
                                       1700000000000, NULL),
                 ERR_OK);
    cr_assert_eq(journal_commit(stage->journal), ERR_OK);
    stage->position = last;
    do {
        cr_assert_eq(journal_trim(stage->journal, "events", last - 200, &removed), ERR_OK);
        cr_assert_eq(journal_commit(stage->journal), ERR_OK);
    } while (removed);
}

static void open_journal(struct stage *stage, const struct scratch *scratch)
{
    const struct journal_options options = {
        .directory = scratch->directory, .max_bytes = JOURNAL_MIN_BYTES, .streams = streams};
    cr_assert_eq(journal_open(&options, &stage->journal), ERR_OK);
}

static void check(struct stage *stage)
{
    char line[HISTORY_LINE_BYTES];
    struct reading reading = read_all(stage, stage->history);
    for (size_t i = 0; i < stage->count; i++)
        if (stage->stored[i].record >= reading.first)
            history_acknowledged(stage->history, &stage->stored[i].batch);
    bool is_good = history_verdict(stage->history, line);
    cr_assert(is_good, "%s", line);
    fprintf(stderr, "full map: %d times full and emptied, %zu stored in all, from %llu on: %s\n",
            CYCLES, stage->count, (unsigned long long)reading.first, line);
}

Test(fault_full, a_full_map_is_emptied_by_trims_and_filled_again_without_a_restart, .timeout = 120)
{
    struct scratch scratch = scratch_new();
    struct stage stage = {.chain = chain_start("events", "agent", 1),
                          .stored = malloc(RECORDS_MAX * sizeof(struct stored)),
                          .history = history_new()};
    buffer_init(&stage.frame, BATCH_FRAME_MAX_BYTES);
    open_journal(&stage, &scratch);
    for (int cycle = 0; cycle < CYCLES; cycle++) {
        size_t before = stage.count;
        fill(&stage);
        cr_assert_gt(stage.count, before + 500, "cycle %d: there was no room", cycle);
        make_room(&stage);
    }
    cr_assert_eq(append(&stage), ERR_OK);
    journal_close(&stage.journal);
    open_journal(&stage, &scratch);
    check(&stage);
    journal_close(&stage.journal);
    history_free(&stage.history);
    buffer_fini(&stage.frame);
    free(stage.stored);
    scratch_remove(&scratch);
}

/* --- the outbox ------------------------------------------------------------------------------- */

struct post {
    struct world *world;
    struct outbox *outbox;
    struct publisher *publisher;
    struct history *history;
    struct buffer frame;
    uint64_t told; /* batches that the history has as sent and acknowledged */
};

static void start_broker(struct post *post)
{
    static const char *const extra[] = {"--journal-size", "64MiB", NULL};
    world_start_broker(post->world, extra);
}

static void open_post(struct post *post)
{
    const struct identity *identity = world_identity(post->world, "agent", ROLE_AGENT, "*");
    start_broker(post);
    const struct outbox_options outbox = {.directory = world_path(post->world, "outbox"),
                                          .stream = "events",
                                          .producer = "agent",
                                          .signing_key = &identity->signing,
                                          .max_bytes = (uint64_t)8 << 20};
    cr_assert_eq(outbox_open(&outbox, &post->outbox), ERR_OK);
    const struct publisher_options options = {.endpoint = world_endpoint(post->world, "publish"),
                                              .server_key = world_server_key(post->world),
                                              .identity = identity,
                                              .stream = "events",
                                              .producer = "agent",
                                              .ack_timeout_ms = 500,
                                              .outbox = post->outbox};
    cr_assert_eq(publisher_open(&options, &post->publisher), ERR_OK);
}

static enum err put(struct post *post)
{
    static unsigned char payload[100000];
    noise_fill(payload, sizeof payload);
    const struct batch_draft draft = {.topic = "observation",
                                      .region = 220100,
                                      .event_count = 1,
                                      .created_ms = 1700000000000,
                                      .payload = payload,
                                      .payload_size = sizeof payload};
    enum err err = outbox_begin(post->outbox);
    if (err)
        return err;
    err = outbox_append(post->outbox, &draft, NULL);
    if (!err)
        return outbox_commit(post->outbox);
    outbox_abort(post->outbox);
    return err;
}

static struct outbox_status status_of(struct post *post)
{
    struct outbox_status status;
    outbox_status(post->outbox, &status);
    return status;
}

static void pump_until_empty(struct post *post)
{
    do
        cr_assert_eq(publisher_pump(post->publisher, 20), ERR_OK);
    while (status_of(post).batches || !status_of(post).epoch);
}

/* What waits will have been acknowledged at the end. */
static void tell_waiting(struct post *post)
{
    uint64_t sequence;
    for (;;) {
        struct batch batch;
        buffer_clear(&post->frame);
        if (outbox_next(post->outbox, post->told, &post->frame, &sequence))
            return;
        cr_assert_eq(batch_parse(post->frame.data, post->frame.size, &batch), ERR_OK);
        history_acknowledged(post->history, &batch);
        post->told = sequence;
    }
}

Test(fault_full, a_full_outbox_refuses_keeps_what_it_has_and_goes_on_when_it_is_sent,
     .timeout = 120)
{
    char line[HISTORY_LINE_BYTES];
    struct post post = {.world = world_new(), .history = history_new()};
    buffer_init(&post.frame, BATCH_FRAME_MAX_BYTES);
    open_post(&post);
    pump_until_empty(&post);
    for (int cycle = 0; cycle < CYCLES; cycle++) {
        enum err err = ERR_OK;
        cr_assert_eq(world_stop_broker(post.world, false), 0);
        while (!err)
            err = put(&post);
        cr_assert_eq(err, ERR_FULL);
        cr_assert_gt(status_of(&post).batches, 50, "cycle %d: there was no room", cycle);
        tell_waiting(&post);
        start_broker(&post);
        pump_until_empty(&post);
    }
    publisher_close(&post.publisher);
    outbox_close(&post.outbox);
    cr_assert_eq(world_stop_broker(post.world, false), 0);
    sender_tell_journal(post.world, "events", NULL, post.history);
    bool is_good = history_verdict(post.history, line);
    cr_assert(is_good, "%s", line);
    fprintf(stderr, "full outbox: %d times: %s\n", CYCLES, line);
    history_free(&post.history);
    buffer_fini(&post.frame);
    world_free(&post.world);
}
