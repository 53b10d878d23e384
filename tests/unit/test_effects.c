#include "consumers/service/effects.h"

#include "proto/event/event.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

static enum err publish(struct effects *effects, uint32_t region, const char *topic, size_t bytes)
{
    static char text[300 * 1024];
    Songhua__V1__Heartbeat heartbeat = SONGHUA__V1__HEARTBEAT__INIT;
    Songhua__V1__Event event = event_of_heartbeat(&heartbeat, 0);
    memset(text, 'x', bytes);
    text[bytes] = '\0';
    heartbeat.version = text;
    return effects_publish(effects, region, topic, &event);
}

struct seen {
    size_t batches, events;
    uint32_t counts[16];
    uint64_t created_ms[16];
};

static enum err note(void *context, const struct batch_draft *draft)
{
    struct seen *seen = context;
    Songhua__V1__EventBatch *batch =
        songhua__v1__event_batch__unpack(NULL, draft->payload_size, draft->payload);
    cr_assert_not_null(batch);
    cr_assert_eq(batch->n_events, draft->event_count);
    songhua__v1__event_batch__free_unpacked(batch, NULL);
    seen->counts[seen->batches] = draft->event_count;
    seen->created_ms[seen->batches] = draft->created_ms;
    seen->batches++;
    seen->events += draft->event_count;
    return ERR_OK;
}

static struct seen look(const struct effects *effects)
{
    struct seen seen = {0};
    cr_assert_eq(effects_each(effects, note, &seen), ERR_OK);
    return seen;
}

Test(effects, events_of_one_region_and_topic_that_follow_each_other_are_one_batch, .timeout = 20)
{
    struct effects effects;
    effects_init(&effects);
    effects_begin(&effects, 5);
    cr_assert_eq(publish(&effects, 220100, "a", 3), ERR_OK);
    cr_assert_eq(publish(&effects, 220100, "a", 3), ERR_OK);
    cr_assert_eq(publish(&effects, 220100, "b", 3), ERR_OK);
    cr_assert_eq(publish(&effects, 220200, "b", 3), ERR_OK);
    effects_end(&effects);
    struct seen seen = look(&effects);
    cr_expect_eq(seen.batches, 3);
    cr_expect_eq(seen.counts[0], 2);
    cr_expect_eq(effects.batch_count, 3);
    cr_expect_eq(effects.event_count, 4);
    effects_fini(&effects);
}

Test(effects, state_changes_in_between_do_not_split_a_batch, .timeout = 20)
{
    struct effects effects;
    effects_init(&effects);
    effects_begin(&effects, 5);
    cr_assert_eq(publish(&effects, 220100, "a", 3), ERR_OK);
    cr_assert_eq(effects_put(&effects, "k", 1, "v", 1), ERR_OK);
    cr_assert_eq(publish(&effects, 220100, "a", 3), ERR_OK);
    cr_expect_eq(look(&effects).batches, 1);
    effects_fini(&effects);
}

Test(effects, no_batch_spans_two_records, .timeout = 20)
{
    struct effects effects;
    effects_init(&effects);
    for (uint64_t ms = 1; ms <= 2; ms++) {
        effects_begin(&effects, ms);
        cr_assert_eq(publish(&effects, 220100, "a", 3), ERR_OK);
        effects_end(&effects);
    }
    struct seen seen = look(&effects);
    cr_expect_eq(seen.batches, 2);
    cr_expect_eq(seen.created_ms[0], 1);
    cr_expect_eq(seen.created_ms[1], 2);
    effects_fini(&effects);
}

Test(effects, a_batch_is_closed_before_it_grows_too_large, .timeout = 20)
{
    struct effects effects;
    effects_init(&effects);
    effects_begin(&effects, 5);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(publish(&effects, 220100, "a", 100000), ERR_OK);
    cr_assert_eq(publish(&effects, 220100, "a", 290000), ERR_OK);
    struct seen seen = look(&effects);
    cr_expect_eq(seen.batches, 3);
    cr_expect_eq(seen.events, 5);
    effects_fini(&effects);
}

Test(effects, what_was_cancelled_leaves_nothing, .timeout = 20)
{
    struct effects effects;
    effects_init(&effects);
    effects_begin(&effects, 5);
    cr_assert_eq(publish(&effects, 220100, "a", 3), ERR_OK);
    effects_end(&effects);
    size_t bytes = effects_bytes(&effects);
    effects_begin(&effects, 6);
    cr_assert_eq(publish(&effects, 220100, "a", 3), ERR_OK);
    cr_assert_eq(effects_put(&effects, "k", 1, "v", 1), ERR_OK);
    effects_cancel(&effects);
    cr_expect_eq(effects_bytes(&effects), bytes);
    cr_expect_eq(look(&effects).batches, 1);
    cr_expect_eq(effects.event_count, 1);
    effects_fini(&effects);
}

Test(effects, a_topic_that_the_protocol_forbids_is_refused, .timeout = 20)
{
    struct effects effects;
    effects_init(&effects);
    effects_begin(&effects, 5);
    cr_expect_eq(publish(&effects, 220100, "a topic", 3), ERR_USAGE);
    effects_fini(&effects);
}
