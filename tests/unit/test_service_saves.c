/* A service whose broker takes its time to save a position. */
#include "consumers/service/service.h"
#include "proto/event/event.h"

#include <criterion/criterion.h>
#include <string.h>

enum { RECORDS = 5000, SLOW = 20 };

struct slow {
    struct service_ports ports;
    uint64_t cursor, handled;
    uint64_t asked;         /* the position under way; 0: none */
    unsigned calls;         /* for it */
    uint64_t handled_first; /* records handled when the first was asked for … */
    uint64_t handled_then;  /* … and when it was saved */
    uint64_t saved;
    unsigned saves, waits;
    enum err refusal; /* of the first */
    unsigned char payload[256];
};

static enum err fetch(void *context, uint32_t wait_ms, struct subscriber_record *out)
{
    struct slow *slow = context;
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    Songhua__V1__Event event = event_of_observation(&observation, 1);
    Songhua__V1__Event *events[] = {&event};
    Songhua__V1__EventBatch batch = SONGHUA__V1__EVENT_BATCH__INIT;
    (void)wait_ms;
    if (slow->cursor == RECORDS)
        return ERR_TIMEOUT;
    batch.n_events = 1;
    batch.events = events;
    *out = (struct subscriber_record){.sequence = ++slow->cursor, .stored_ms = 1};
    out->batch.payload_size = songhua__v1__event_batch__pack(&batch, slow->payload);
    out->batch.payload = slow->payload;
    out->batch.event_count = 1;
    return ERR_OK;
}

static enum err handle(void *context, const struct service_input *input, struct effects *effects)
{
    struct slow *slow = context;
    (void)effects;
    slow->handled = input->sequence;
    return ERR_OK;
}

static enum err store(void *context, const struct effects *effects, uint64_t position)
{
    (void)context;
    (void)effects;
    (void)position;
    return ERR_OK;
}

/* Answered at the 20th call, or when it is waited for. */
static enum err save_position(void *context, uint64_t position, uint32_t wait_ms)
{
    struct slow *slow = context;
    cr_assert(!slow->asked || slow->asked == position, "one at a time");
    slow->asked = position;
    slow->waits += wait_ms != 0;
    slow->handled_first = slow->handled_first ? slow->handled_first : slow->handled;
    if (++slow->calls < SLOW && !wait_ms)
        return ERR_TIMEOUT;
    enum err err = slow->refusal;
    slow->refusal = ERR_OK;
    slow->handled_then = slow->handled_then ? slow->handled_then : slow->handled;
    slow->asked = 0;
    slow->calls = 0;
    slow->saved = err ? slow->saved : position;
    slow->saves += err ? 0 : 1;
    return err;
}

static void report(void *context, struct service_report *out)
{
    const struct slow *slow = context;
    *out = (struct service_report){.is_connected = true, .is_at_end = slow->cursor == RECORDS};
}

static bool must_stop(void *context)
{
    const struct slow *slow = context;
    return slow->cursor == RECORDS;
}

static void run(struct slow *slow)
{
    struct service *service;
    slow->ports =
        (struct service_ports){slow, fetch, store, NULL, save_position, report, must_stop};
    const struct service_options options = {
        .name = "slow", .ports = &slow->ports, .handle = handle, .context = slow};
    cr_assert_eq(service_new(&options, &service), ERR_OK);
    cr_assert_eq(service_run(service), ERR_OK);
    service_free(service);
}

Test(service_saves, records_go_on_while_a_position_is_being_saved, .timeout = 60)
{
    struct slow slow = {.cursor = 0};
    run(&slow);
    cr_expect_eq(slow.handled, RECORDS);
    cr_expect_gt(slow.handled_then, slow.handled_first);
}

Test(service_saves, the_last_position_is_waited_for_behind_the_one_under_way, .timeout = 60)
{
    struct slow slow = {.cursor = 0};
    run(&slow);
    cr_expect_eq(slow.saved, RECORDS);
    cr_expect_gt(slow.waits, 0);
    cr_expect_eq(slow.asked, 0);
}

Test(service_saves, one_that_was_refused_is_tried_again_with_the_next, .timeout = 60)
{
    struct slow slow = {.cursor = 0, .refusal = ERR_FULL};
    run(&slow);
    cr_expect_eq(slow.saved, RECORDS);
    cr_expect_gt(slow.saves, 0);
}
