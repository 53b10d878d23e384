/* Publisher, broker and subscriber together. */
#include "proto/client/control.h"
#include "tests/support/hub.h"
#include "tests/support/noise.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 20000 };

HUB_SUITE(publish_fetch, 60);

static const struct identity *agent(void)
{
    return world_identity(hub.world, "agent-220100", ROLE_AGENT, "220100");
}

static const struct identity *reader(void)
{
    return world_identity(hub.world, "reader", ROLE_READER, "*");
}

/* The identities must be known before a client connects. */
static void know(const struct identity *identity)
{
    (void)identity;
    broker_reload(hub.broker);
}

/* The events of a payload of texts, one after the other, into `out` separated by spaces. */
static void append_events(const struct batch *batch, struct buffer *out)
{
    const unsigned char *at = batch->payload, *end = at + batch->payload_size;
    while (at < end) {
        cr_assert_eq(*at++, 0x0a);
        size_t size = 0;
        for (unsigned shift = 0;; shift += 7) {
            size |= (size_t)(*at & 0x7f) << shift;
            if (!(*at++ & 0x80))
                break;
        }
        cr_assert_eq(buffer_append(out, at, size), ERR_OK);
        cr_assert_eq(buffer_append(out, " ", 1), ERR_OK);
        at += size;
    }
}

/* Everything in the stream up to its end; numbers must be dense. */
static char *read_all(struct subscriber *subscriber)
{
    struct buffer text;
    struct subscriber_record record;
    uint64_t expected = 1;
    buffer_init(&text, 64 << 20);
    while (!subscriber_is_at_end(subscriber)) {
        enum err err = subscriber_next(subscriber, 200, &record);
        if (err == ERR_TIMEOUT || err == ERR_UNREACHABLE)
            continue;
        cr_assert_eq(err, ERR_OK, "%s", err_text(err));
        cr_assert_eq(record.sequence, expected++);
        append_events(&record.batch, &text);
    }
    char *copy = strdup(buffer_text(&text));
    buffer_fini(&text);
    return copy;
}

static char *read_stream(const char *stream)
{
    know(reader());
    struct subscriber *subscriber = hub_subscriber(&hub, reader(), stream);
    char *text = read_all(subscriber);
    subscriber_close(&subscriber);
    return text;
}

static char *numbers(int from, int to)
{
    struct buffer text;
    buffer_init(&text, 64 << 20);
    for (int i = from; i < to; i++)
        cr_assert_eq(buffer_append_format(&text, "%d ", i), ERR_OK);
    char *copy = strdup(buffer_text(&text));
    buffer_fini(&text);
    return copy;
}

static void publish_numbers(struct publisher *publisher, int from, int to)
{
    for (int i = from; i < to; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        enum err err = publisher_publish(publisher, 220100, "observation", text, strlen(text));
        cr_assert_eq(err, ERR_OK, "%s", err_text(err));
    }
}

Test(publish_fetch, what_is_published_is_fetched_in_order_and_once)
{
    know(agent());
    struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
    publish_numbers(publisher, 0, 100000);
    cr_assert_eq(publisher_flush(publisher, WAIT_MS), ERR_OK);
    struct publisher_status status;
    publisher_status(publisher, &status);
    cr_assert_eq(status.published, 100000);
    cr_assert_eq(status.in_flight, 0);
    publisher_close(&publisher);
    char *text = read_stream("events"), *expected = numbers(0, 100000);
    cr_assert_str_eq(text, expected);
    free(text);
    free(expected);
}

/* What the record of a batch with this one event takes, and that the event came back whole. */
static size_t record_bytes(struct publisher *publisher, struct subscriber *subscriber,
                           const char *event, size_t size)
{
    struct subscriber_record record;
    enum err err = ERR_TIMEOUT;
    cr_assert_eq(publisher_publish(publisher, 220100, "observation", event, size), ERR_OK);
    cr_assert_eq(publisher_flush(publisher, WAIT_MS), ERR_OK);
    while (err == ERR_TIMEOUT || err == ERR_UNREACHABLE)
        err = subscriber_next(subscriber, 200, &record);
    cr_assert_eq(err, ERR_OK, "%s", err_text(err));
    cr_assert_eq(record.batch.event_count, 1);
    cr_assert_gt(record.batch.payload_size, size);
    cr_assert_eq(memcmp(record.batch.payload + record.batch.payload_size - size, event, size), 0);
    return record.size;
}

Test(publish_fetch, what_repeats_is_stored_compressed_and_comes_back_whole)
{
    static char repeats[50000], noise[50000];
    memset(repeats, 'x', sizeof repeats);
    noise_fill(noise, sizeof noise);
    know(agent());
    know(reader());
    struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
    struct subscriber *subscriber = hub_subscriber(&hub, reader(), "events");
    cr_expect_lt(record_bytes(publisher, subscriber, repeats, sizeof repeats), 5000);
    cr_expect_gt(record_bytes(publisher, subscriber, noise, sizeof noise), sizeof noise);
    publisher_close(&publisher);
    subscriber_close(&subscriber);
}

/* With linger 0 each event is a batch; in a burst they share messages on their way. */
Test(publish_fetch, each_event_of_a_burst_is_a_record_of_its_own_and_in_order)
{
    enum { BURST = 20000 };
    struct publisher *publisher;
    know(agent());
    const struct publisher_options options = {.endpoint = hub.publish,
                                              .server_key = hub.server.public_key,
                                              .identity = agent(),
                                              .stream = "events",
                                              .producer = "agent-220100",
                                              .signature_every = 64};
    cr_assert_eq(publisher_open(&options, &publisher), ERR_OK);
    publish_numbers(publisher, 0, BURST);
    cr_assert_eq(publisher_flush(publisher, WAIT_MS), ERR_OK);
    struct publisher_status status;
    publisher_status(publisher, &status);
    cr_assert_eq(status.acknowledged, BURST);
    cr_assert_eq(status.last_record, BURST);
    publisher_close(&publisher);
    char *text = read_stream("events"), *expected = numbers(0, BURST);
    cr_assert_str_eq(text, expected);
    free(text);
    free(expected);
}

Test(publish_fetch, a_publisher_opened_again_continues_the_chain)
{
    know(agent());
    for (int i = 0; i < 3; i++) {
        struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
        publish_numbers(publisher, i, i + 1);
        cr_assert_eq(publisher_flush(publisher, WAIT_MS), ERR_OK);
        publisher_close(&publisher);
    }
    know(reader());
    struct subscriber *subscriber = hub_subscriber(&hub, reader(), "events");
    unsigned char head[DIGEST_BYTES] = {0};
    for (uint64_t i = 1; i <= 3; i++) {
        struct subscriber_record record;
        cr_assert_eq(subscriber_next(subscriber, WAIT_MS, &record), ERR_OK);
        cr_assert_eq(record.batch.epoch, i);
        cr_assert_eq(memcmp(record.batch.previous_digest, head, DIGEST_BYTES), 0);
        cr_assert(record.batch.is_signed);
        cr_assert_eq(
            digest_verify(record.batch.digest, record.batch.signature, agent()->signing_public),
            ERR_OK);
        memcpy(head, record.batch.digest, DIGEST_BYTES);
    }
    subscriber_close(&subscriber);
}

Test(publish_fetch, an_older_instance_is_fenced)
{
    know(agent());
    struct publisher *older = hub_publisher(&hub, agent(), "events", "agent-220100");
    cr_assert_eq(hub_publish(older, 220100, "observation", "1"), ERR_OK);
    struct publisher *newer = hub_publisher(&hub, agent(), "events", "agent-220100");
    cr_assert_eq(hub_publish(newer, 220100, "observation", "2"), ERR_OK);
    cr_assert_eq(hub_publish(older, 220100, "observation", "3"), ERR_FENCED);
    cr_assert_eq(hub_publish(newer, 220100, "observation", "4"), ERR_OK);
    publisher_close(&older);
    publisher_close(&newer);
    char *text = read_stream("events");
    cr_assert_str_eq(text, "1 2 4 ");
    free(text);
}

static void pump_until(struct publisher *publisher, bool is_connected)
{
    struct publisher_status status;
    do {
        cr_assert_eq(publisher_pump(publisher, 0), ERR_OK);
        publisher_status(publisher, &status);
    } while (status.is_connected != is_connected);
}

/* The second has its batch ready when it hears that the first has taken the number. */
Test(publish_fetch, two_instances_in_one_epoch_do_not_confirm_each_others_batches)
{
    know(agent());
    struct publisher *first = hub_publisher(&hub, agent(), "events", "agent-220100");
    struct publisher *second = hub_publisher(&hub, agent(), "events", "agent-220100");
    pump_until(second, true);
    cr_assert_eq(hub_publish(first, 220100, "observation", "1"), ERR_OK);
    hub_stop(&hub);
    pump_until(second, false);
    cr_assert_eq(publisher_publish(second, 220100, "observation", "2", 1), ERR_OK);
    cr_assert_eq(publisher_flush(second, 1), ERR_TIMEOUT);
    hub_start(&hub);
    cr_assert_eq(publisher_flush(second, WAIT_MS), ERR_CONFLICT);
    publisher_close(&first);
    publisher_close(&second);
    char *text = read_stream("events");
    cr_assert_str_eq(text, "1 ");
    free(text);
}

Test(publish_fetch, publishing_goes_on_over_restarts_of_the_broker)
{
    know(agent());
    struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
    for (int i = 0; i < 5; i++) {
        publish_numbers(publisher, i * 2000, i * 2000 + 2000);
        hub_stop(&hub); /* some batches are on their way */
        hub_start(&hub);
    }
    cr_assert_eq(publisher_flush(publisher, WAIT_MS), ERR_OK);
    publisher_close(&publisher);
    char *text = read_stream("events"), *expected = numbers(0, 10000);
    cr_assert_str_eq(text, expected);
    free(text);
    free(expected);
}

Test(publish_fetch, events_of_other_regions_and_topics_are_other_batches)
{
    know(world_identity(hub.world, "planner", ROLE_PLANNER, "*"));
    const struct identity *planner = world_identity(hub.world, "planner", ROLE_PLANNER, "*");
    struct publisher *publisher = hub_publisher(&hub, planner, "events", "planner");
    cr_assert_eq(publisher_publish(publisher, 220100, "observation", "a", 1), ERR_OK);
    cr_assert_eq(publisher_publish(publisher, 220100, "observation", "b", 1), ERR_OK);
    cr_assert_eq(publisher_publish(publisher, 220200, "observation", "c", 1), ERR_OK);
    cr_assert_eq(publisher_publish(publisher, 220200, "framework", "d", 1), ERR_OK);
    cr_assert_eq(publisher_flush(publisher, WAIT_MS), ERR_OK);
    publisher_close(&publisher);
    know(reader());
    struct subscriber *subscriber = hub_subscriber(&hub, reader(), "events");
    const struct {
        uint32_t region, count;
        const char *topic;
    } expected[] = {
        {220100, 2, "observation"}, {220200, 1, "observation"}, {220200, 1, "framework"}};
    for (size_t i = 0; i < 3; i++) {
        struct subscriber_record record;
        cr_assert_eq(subscriber_next(subscriber, WAIT_MS, &record), ERR_OK);
        cr_assert_eq(record.batch.region, expected[i].region);
        cr_assert_eq(record.batch.event_count, expected[i].count);
        cr_assert_str_eq(record.batch.topic, expected[i].topic);
    }
    subscriber_close(&subscriber);
}

Test(publish_fetch, an_event_larger_than_a_batch_is_refused_by_the_publisher)
{
    know(agent());
    struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
    char *large = calloc(1, 2 << 20);
    cr_assert_eq(publisher_publish(publisher, 220100, "observation", large, 2 << 20),
                 ERR_TOO_LARGE);
    cr_assert_eq(hub_publish(publisher, 220100, "observation", "small"), ERR_OK);
    free(large);
    publisher_close(&publisher);
}

/* --- reading ---------------------------------------------------------------------------------- */

Test(publish_fetch, an_empty_stream_is_at_its_end_at_once)
{
    char *text = read_stream("scores");
    cr_assert_str_eq(text, "");
    free(text);
}

Test(publish_fetch, a_waiting_reader_is_woken_by_what_is_stored)
{
    know(agent());
    know(reader());
    struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
    struct subscriber *subscriber = hub_subscriber(&hub, reader(), "events");
    struct subscriber_record record;
    while (!subscriber_is_at_end(subscriber))
        cr_assert_neq(subscriber_next(subscriber, 100, &record), ERR_OK);
    cr_assert_eq(subscriber_next(subscriber, 1, &record), ERR_TIMEOUT); /* the long poll is out */
    cr_assert_eq(hub_publish(publisher, 220100, "observation", "x"), ERR_OK);
    cr_assert_eq(subscriber_next(subscriber, WAIT_MS, &record), ERR_OK);
    cr_assert_eq(record.sequence, 1);
    subscriber_close(&subscriber);
    publisher_close(&publisher);
}

static struct subscriber *subscribe(const struct subscriber_options *more)
{
    struct subscriber *subscriber;
    struct subscriber_options options = *more;
    options.endpoint = hub.fetch;
    options.server_key = hub.server.public_key;
    options.identity = options.identity ? options.identity : reader();
    options.stream = "events";
    cr_assert_eq(subscriber_open(&options, &subscriber), ERR_OK);
    return subscriber;
}

static void publish_each(const struct identity *identity, const char *producer, uint32_t region,
                         const char *const *texts)
{
    struct publisher *publisher = hub_publisher(&hub, identity, "events", producer);
    for (; *texts; texts++)
        cr_assert_eq(hub_publish(publisher, region, "observation", *texts), ERR_OK);
    publisher_close(&publisher);
}

Test(publish_fetch, reading_starts_from_a_sequence_a_time_the_end_or_a_position)
{
    struct subscriber_record record;
    know(agent());
    know(reader());
    publish_each(agent(), "agent-220100", 220100, (const char *const[]){"a", "b", "c", NULL});
    struct subscriber *subscriber =
        subscribe(&(struct subscriber_options){.start = SUBSCRIBE_FROM_SEQUENCE, .from = 2});
    cr_assert_eq(subscriber_next(subscriber, WAIT_MS, &record), ERR_OK);
    cr_assert_eq(record.sequence, 2);
    uint64_t second_ms = record.stored_ms;
    subscriber_close(&subscriber);

    subscriber =
        subscribe(&(struct subscriber_options){.start = SUBSCRIBE_FROM_TIME, .from = second_ms});
    cr_assert_eq(subscriber_next(subscriber, WAIT_MS, &record), ERR_OK);
    cr_assert_geq(record.stored_ms, second_ms);
    cr_assert_leq(record.sequence, 2);
    subscriber_close(&subscriber);

    struct control *control;
    uint64_t standing = 0;
    cr_assert_eq(control_open(hub.fetch, hub.server.public_key, reader(), &control), ERR_OK);
    cr_assert_eq(control_save_position(control, "events", "reader", 0, 2, WAIT_MS, NULL), ERR_OK);
    cr_assert_eq(control_save_position(control, "events", "reader", 1, 3, WAIT_MS, &standing),
                 ERR_CONFLICT);
    cr_assert_eq(standing, 2);
    control_close(&control);
    subscriber = subscribe(
        &(struct subscriber_options){.start = SUBSCRIBE_FROM_POSITION, .consumer = "reader"});
    cr_assert_eq(subscriber_next(subscriber, WAIT_MS, &record), ERR_OK);
    cr_assert_eq(record.sequence, 3);
    subscriber_close(&subscriber);

    subscriber = subscribe(&(struct subscriber_options){.start = SUBSCRIBE_FROM_END});
    while (!subscriber_is_at_end(subscriber))
        cr_assert_neq(subscriber_next(subscriber, 50, &record), ERR_OK);
    publish_each(agent(), "agent-220100", 220100, (const char *const[]){"d", NULL});
    cr_assert_eq(subscriber_next(subscriber, WAIT_MS, &record), ERR_OK);
    cr_assert_eq(record.sequence, 4);
    subscriber_close(&subscriber);
}

Test(publish_fetch, filters_by_region_and_producer_leave_out_the_rest)
{
    struct subscriber_record record;
    const struct identity *other = world_identity(hub.world, "agent-220200", ROLE_AGENT, "220200");
    know(agent());
    know(reader());
    for (int i = 0; i < 3; i++) {
        publish_each(agent(), "agent-220100", 220100, (const char *const[]){"a", NULL});
        publish_each(other, "agent-220200", 220200, (const char *const[]){"b", NULL});
    }
    const uint32_t region = 220200;
    const char *const producer = "agent-220100";
    struct subscriber *by_region = subscribe(&(struct subscriber_options){
        .start = SUBSCRIBE_FROM_SEQUENCE, .from = 1, .regions = &region, .region_count = 1});
    struct subscriber *by_producer = subscribe(&(struct subscriber_options){
        .start = SUBSCRIBE_FROM_SEQUENCE, .from = 1, .producers = &producer, .producer_count = 1});
    for (uint64_t i = 0; i < 3; i++) {
        cr_assert_eq(subscriber_next(by_region, WAIT_MS, &record), ERR_OK);
        cr_assert_eq(record.sequence, 2 * i + 2);
        cr_assert_eq(subscriber_next(by_producer, WAIT_MS, &record), ERR_OK);
        cr_assert_eq(record.sequence, 2 * i + 1);
    }
    while (!subscriber_is_at_end(by_producer))
        cr_assert_neq(subscriber_next(by_producer, 50, &record), ERR_OK);
    subscriber_close(&by_region);
    subscriber_close(&by_producer);
}

Test(publish_fetch, an_agent_reads_its_own_regions_alone)
{
    struct subscriber_record record;
    const struct identity *other = world_identity(hub.world, "agent-220200", ROLE_AGENT, "220200");
    know(agent());
    publish_each(agent(), "agent-220100", 220100, (const char *const[]){"a", NULL});
    publish_each(other, "agent-220200", 220200, (const char *const[]){"b", NULL});
    const uint32_t foreign = 220100;
    struct subscriber *all = subscribe(&(struct subscriber_options){
        .start = SUBSCRIBE_FROM_SEQUENCE, .from = 1, .identity = other});
    struct subscriber *asked =
        subscribe(&(struct subscriber_options){.start = SUBSCRIBE_FROM_SEQUENCE,
                                               .from = 1,
                                               .identity = other,
                                               .regions = &foreign,
                                               .region_count = 1});
    cr_assert_eq(subscriber_next(all, WAIT_MS, &record), ERR_OK);
    cr_assert_eq(record.sequence, 2);
    while (!subscriber_is_at_end(asked))
        cr_assert_neq(subscriber_next(asked, 50, &record), ERR_OK);
    subscriber_close(&all);
    subscriber_close(&asked);
}

Test(publish_fetch, an_unknown_stream_is_named_as_such)
{
    struct subscriber_record record;
    know(reader());
    struct subscriber *subscriber = hub_subscriber(&hub, reader(), "nosuch");
    enum err err;
    while ((err = subscriber_next(subscriber, 200, &record)) == ERR_TIMEOUT ||
           err == ERR_UNREACHABLE)
        continue;
    cr_assert_eq(err, ERR_DENIED, "%s", err_text(err)); /* no role has a right to it */
    subscriber_close(&subscriber);
}

#define ASK(what) SONGHUA__V1__REQUEST__BODY_##what
Test(publish_fetch, control_lists_streams_producers_positions_and_status)
{
    struct control *control;
    Songhua__V1__Reply *reply;
    know(agent());
    know(reader());
    publish_each(agent(), "agent-220100", 220100, (const char *const[]){"a", "b", NULL});
    cr_assert_eq(control_open(hub.fetch, hub.server.public_key, reader(), &control), ERR_OK);
    cr_assert_eq(control_ask(control, ASK(LIST_STREAMS), WAIT_MS, &reply), ERR_OK);
    cr_assert_eq(reply->streams->n_streams, 3);
    cr_assert_str_eq(reply->streams->streams[0]->name, "events");
    cr_assert_eq(reply->streams->streams[0]->last, 2);
    cr_assert_eq(reply->streams->streams[0]->events, 2);
    songhua__v1__reply__free_unpacked(reply, NULL);

    cr_assert_eq(control_ask(control, ASK(LIST_PRODUCERS), WAIT_MS, &reply), ERR_OK);
    cr_assert_eq(reply->producers->n_producers, 1);
    cr_assert_str_eq(reply->producers->producers[0]->producer, "agent-220100");
    cr_assert_eq(reply->producers->producers[0]->sequence, 2);
    songhua__v1__reply__free_unpacked(reply, NULL);

    cr_assert_eq(control_ask(control, ASK(GET_STATUS), WAIT_MS, &reply), ERR_OK);
    cr_assert_eq(strlen(reply->status->broker_id), 32);
    cr_assert_gt(reply->status->journal_limit, 0);
    songhua__v1__reply__free_unpacked(reply, NULL);
    control_close(&control);
}

/* --- full ------------------------------------------------------------------------------------- */

Test(journal_full, is_refused_with_a_reason_while_reading_goes_on, .timeout = 60)
{
    hub_open_sized(&hub, 16 << 20);
    know(agent());
    struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
    static char event[100000];
    noise_fill(event, sizeof event - 1);
    enum err err = ERR_OK;
    for (int i = 0; i < 400 && !err; i++) {
        err = publisher_publish(publisher, 220100, "observation", event, sizeof event - 1);
        if (!err)
            err = publisher_flush(publisher, 3000);
    }
    struct publisher_status status;
    publisher_status(publisher, &status);
    cr_assert_eq(err, ERR_TIMEOUT, "%s", err_text(err));
    cr_assert_eq(status.last_error, ERR_FULL, "%s", status.last_error_text);
    publisher_close(&publisher);
    know(reader());
    struct subscriber *subscriber = hub_subscriber(&hub, reader(), "events");
    uint64_t count = 0;
    while (!subscriber_is_at_end(subscriber)) {
        struct subscriber_record record;
        count += !subscriber_next(subscriber, 200, &record);
    }
    cr_assert_eq(count, status.acknowledged);
    subscriber_close(&subscriber);
    hub_close(&hub);
}
