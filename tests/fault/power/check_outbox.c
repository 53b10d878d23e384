#include "tests/fault/power/check.h"

#include "proto/base/bytes.h"
#include "proto/client/outbox.h"
#include "tests/fault/power/workload.h"
#include "tests/support/history.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum verdict corrupt(const char *what, enum err err, char why[CHECK_WHY_BYTES])
{
    snprintf(why, CHECK_WHY_BYTES, "%s: %s", what, err_name(err));
    return VERDICT_CORRUPT;
}

/* Of the workload's own: text, or a position's 8 bytes; 0 when there is none. */
static enum err get_number(struct outbox *outbox, const char *key, uint64_t *out)
{
    struct buffer value;
    buffer_init(&value, 64);
    enum err err = outbox_get(outbox, key, strlen(key), &value);
    if (!err)
        *out =
            value.size == 8 ? bytes_get_le64(value.data) : strtoull(buffer_text(&value), NULL, 10);
    buffer_fini(&value);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err find_state(struct outbox *outbox, struct state *out)
{
    struct outbox_status status;
    outbox_status(outbox, &status);
    *out = (struct state){.first = {status.acknowledged + 1},
                          .last = {status.next_sequence - 1},
                          .epoch = status.epoch};
    enum err err = get_number(outbox, "count", &out->position[0]);
    return err ? err : get_number(outbox, "position", &out->position[1]);
}

/* What is acknowledged may be taken out later than it was told, and then is sent once more. */
static bool is_like(const struct state *found, const struct state *expected, uint64_t first_max)
{
    struct state same = *expected;
    if (found->first[0] < expected->first[0] || found->first[0] > first_max)
        return false;
    same.first[0] = found->first[0];
    return !memcmp(found, &same, sizeof same);
}

static bool is_state_allowed(const struct knowledge *knowledge, const struct state *found)
{
    static const struct state none = {.first = {1}};
    const struct state *did = knowledge->has_did ? &knowledge->did : &none;
    uint64_t told = knowledge->is_under_way ? knowledge->will.first[0] : did->first[0];
    struct state will = knowledge->will;
    will.first[0] = did->first[0];
    return is_like(found, did, told) || (knowledge->is_under_way && is_like(found, &will, told));
}

static bool is_payload_right(const struct knowledge *knowledge, const struct batch *batch)
{
    const char *expected = workload_payload(knowledge->seed, 0, batch->sequence);
    return batch->payload_size == strlen(expected) &&
           !memcmp(batch->payload, expected, batch->payload_size);
}

/* Until the outbox is adopted its batches have no digest yet, and only their payloads can be compared. */
static enum verdict check_batches(struct outbox *outbox, const struct knowledge *knowledge,
                                  const struct state *found, struct history *history,
                                  char why[CHECK_WHY_BYTES])
{
    struct buffer frame;
    enum verdict verdict = VERDICT_SOUND;
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    for (uint64_t at = found->first[0]; at <= found->last[0] && !verdict; at++) {
        struct batch batch;
        uint64_t sequence = 0;
        buffer_clear(&frame);
        enum err err = outbox_next(outbox, at - 1, &frame, &sequence);
        if (!err)
            err = batch_parse(frame.data, frame.size, &batch);
        if (err || sequence != at || (!found->epoch && !is_payload_right(knowledge, &batch)))
            verdict = corrupt("a batch", err ? err : ERR_CORRUPT, why);
        else if (found->epoch)
            history_stored(history, at - found->first[0] + 1, &batch);
    }
    buffer_fini(&frame);
    return verdict;
}

static enum verdict check_open(struct outbox *outbox, const struct knowledge *knowledge,
                               char why[CHECK_WHY_BYTES])
{
    struct state found;
    enum err err = find_state(outbox, &found);
    if (err)
        return corrupt("its state", err, why);
    if (!is_state_allowed(knowledge, &found))
        return knowledge_blame(knowledge, &found, why);
    struct history *history = history_new();
    if (found.epoch)
        knowledge_tell(knowledge, &found, history);
    enum verdict verdict = check_batches(outbox, knowledge, &found, history, why);
    if (!verdict)
        verdict = knowledge_ask(history, why);
    history_free(&history);
    return verdict;
}

static enum verdict check_going_on(struct outbox *outbox, char why[CHECK_WHY_BYTES])
{
    const struct batch_draft draft = {.topic = "observation",
                                      .region = 220100,
                                      .event_count = 1,
                                      .created_ms = 1700000000000,
                                      .payload = "and so on",
                                      .payload_size = 9};
    enum err err = outbox_begin(outbox);
    if (!err)
        err = outbox_append(outbox, &draft, NULL);
    if (!err)
        err = outbox_commit(outbox);
    return err ? corrupt("going on", err, why) : VERDICT_SOUND;
}

enum verdict check_outbox(const struct knowledge *knowledge, const char *root, bool goes_on,
                          char why[CHECK_WHY_BYTES])
{
    char directory[PATH_MAX];
    struct outbox *outbox;
    snprintf(directory, sizeof directory, "%s/state", root);
    const struct outbox_options options = {
        .directory = directory, .stream = "events", .producer = "agent-0"};
    enum err err = outbox_open(&options, &outbox);
    if (err)
        return corrupt("outbox_open", err, why);
    enum verdict verdict = check_open(outbox, knowledge, why);
    if (!verdict && goes_on)
        verdict = check_going_on(outbox, why);
    outbox_close(&outbox);
    return verdict;
}
