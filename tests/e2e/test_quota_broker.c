/* Quotas against a running broker: THROTTLED and when to come again; nothing is lost, nothing is forgotten
 * by a restart. */
#include "proto/base/file.h"
#include "proto/wire/wire.pb-c.h"
#include "tests/support/batches.h"
#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 20000 };

static uint64_t retry_ms;
HUB_SUITE(quotas, 60);

static const struct identity *client(const char *name, struct identity_quota quota)
{
    char path[256];
    const struct identity *identity = world_identity(hub.world, name, ROLE_AGENT, "*");
    struct identity limited = *identity;
    limited.quota = quota;
    snprintf(path, sizeof path, "%s", world_path(hub.world, "access/%s.cert", name));
    cr_assert_eq(identity_save_public(&limited, path), ERR_OK);
    broker_reload(hub.broker);
    return identity;
}

/* Send the batch, and hear what the broker says. */
static Songhua__V1__Code publish(const struct identity *identity, const struct buffer *frame)
{
    bool has_more;
    struct net *net;
    struct net_message message;
    cr_assert_eq(net_open(1, &net), ERR_OK);
    struct net_socket *socket = hub_socket(&hub, net, NET_DEALER, hub.publish, identity);
    struct net_poll_item item = {.socket = socket, .wants_write = true};
    net_message_init(&message);
    cr_assert_eq(net_message_set(&message, frame->data, frame->size), ERR_OK);
    net_poll(&item, 1, WAIT_MS);
    cr_assert_eq(net_send(socket, &message, false), ERR_OK);
    item.wants_write = false;
    net_poll(&item, 1, WAIT_MS);
    cr_assert_eq(net_receive(socket, &message, &has_more), ERR_OK);
    Songhua__V1__Reply *reply =
        songhua__v1__reply__unpack(NULL, net_message_size(&message), net_message_data(&message));
    cr_assert_not_null(reply);
    Songhua__V1__Code code = reply->code;
    retry_ms = reply->retry_ms;
    songhua__v1__reply__free_unpacked(reply, NULL);
    net_message_fini(&message);
    net_socket_close(&socket);
    net_close(&net);
    return code;
}

/* The next batch of the chain; one that was refused is taken back. */
static Songhua__V1__Code publish_next(const struct identity *identity, struct chain *chain,
                                      const char *payload)
{
    struct buffer frame;
    struct chain before = *chain;
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    chain_next(chain, payload, &frame);
    Songhua__V1__Code code = publish(identity, &frame);
    if (code)
        *chain = before;
    buffer_fini(&frame);
    return code;
}

static void restart(void)
{
    hub_stop(&hub);
    hub_start(&hub);
}

Test(quotas, above_the_rate_a_batch_is_refused_and_told_when_to_come_again)
{
    const struct identity *agent = client("agent", (struct identity_quota){.events_per_second = 1});
    const struct identity *other = client("other", (struct identity_quota){0});
    struct chain chain = chain_start("events", "agent", 1);
    struct chain free_chain = chain_start("events", "other", 1);
    Songhua__V1__Code code = SONGHUA__V1__CODE__CODE_OK;
    for (int i = 0; i < 100 && !code; i++)
        code = publish_next(agent, &chain, "x");
    cr_assert_eq(code, SONGHUA__V1__CODE__CODE_THROTTLED);
    cr_assert_gt(retry_ms, 0);
    cr_assert_leq(retry_ms, 2000);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(publish_next(other, &free_chain, "x"), SONGHUA__V1__CODE__CODE_OK);
}

static uint64_t count_events(const char *producer)
{
    struct subscriber_record record;
    const struct identity *reader = world_identity(hub.world, "reader", ROLE_READER, "*");
    struct subscriber *subscriber = hub_subscriber(&hub, reader, "events");
    uint64_t events = 0;
    while (!subscriber_is_at_end(subscriber))
        if (!subscriber_next(subscriber, WAIT_MS, &record) &&
            !strcmp(record.batch.producer, producer))
            events += record.batch.event_count;
    subscriber_close(&subscriber);
    return events;
}

Test(quotas, the_publisher_waits_and_loses_nothing)
{
    enum { RATE = 200, EVENTS = 3 * RATE };
    const struct identity *agent =
        client("agent", (struct identity_quota){.events_per_second = RATE});
    struct publisher *publisher = hub_publisher(&hub, agent, "events", "agent");
    struct publisher_status status;
    bool was_throttled = false;
    for (int i = 0; i < EVENTS; i++) {
        cr_assert_eq(
            publisher_publish(publisher, 220100, i & 1 ? "observation" : "heartbeat", "x", 1),
            ERR_OK);
        cr_assert_eq(publisher_pump(publisher, 0), ERR_OK);
        publisher_status(publisher, &status);
        was_throttled = was_throttled || status.last_error == ERR_THROTTLED;
    }
    while (publisher_flush(publisher, 20) == ERR_TIMEOUT) {
        publisher_status(publisher, &status);
        was_throttled = was_throttled || status.last_error == ERR_THROTTLED;
    }
    cr_assert(was_throttled);
    cr_assert_eq(count_events("agent"), EVENTS);
    publisher_close(&publisher);
}

static Songhua__V1__Code publish_as(const struct identity *identity, const char *producer)
{
    struct chain chain = chain_start("events", producer, 1);
    return publish_next(identity, &chain, "x");
}

Test(quotas, many_names_from_one_key_end_at_the_limit_also_after_a_restart)
{
    char name[IDENTITY_NAME_BYTES];
    int stored = 0;
    const struct identity *agent = client("agent", (struct identity_quota){.max_producers = 5});
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "agent.%d", i);
        stored += publish_as(agent, name) == SONGHUA__V1__CODE__CODE_OK;
    }
    cr_assert_eq(stored, 5);
    cr_assert_eq(publish_as(agent, "agent.3"), SONGHUA__V1__CODE__CODE_OK, "a repeat");
    restart();
    cr_assert_eq(publish_as(agent, "agent.7"), SONGHUA__V1__CODE__CODE_THROTTLED);
    cr_assert_eq(publish_as(agent, "agent.3"), SONGHUA__V1__CODE__CODE_OK, "a repeat");
    client("agent", (struct identity_quota){.max_producers = 6});
    cr_assert_eq(publish_as(agent, "agent.7"), SONGHUA__V1__CODE__CODE_OK);
    cr_assert_eq(publish_as(agent, "agent.8"), SONGHUA__V1__CODE__CODE_THROTTLED);
}

/* A batch fits twice under the limit: the one that reaches it is the last. */
static struct chain fill_up(const struct identity **agent)
{
    static char payload[1200];
    memset(payload, 'x', sizeof payload - 1);
    *agent = client("agent", (struct identity_quota){.stored_bytes = 2000});
    struct chain chain = chain_start("events", "agent", 1);
    cr_assert_eq(publish_next(*agent, &chain, payload), SONGHUA__V1__CODE__CODE_OK);
    cr_assert_eq(publish_next(*agent, &chain, payload), SONGHUA__V1__CODE__CODE_OK);
    cr_assert_eq(publish_next(*agent, &chain, "x"), SONGHUA__V1__CODE__CODE_THROTTLED);
    cr_assert_eq(retry_ms, 60000);
    return chain;
}

Test(quotas, stored_bytes_are_remembered_by_a_restart)
{
    const struct identity *agent;
    struct chain chain = fill_up(&agent);
    restart();
    cr_assert_eq(publish_next(agent, &chain, "x"), SONGHUA__V1__CODE__CODE_THROTTLED);
}

Test(quotas, stored_bytes_are_counted_from_the_record_when_their_file_is_gone)
{
    const struct identity *agent;
    struct chain chain = fill_up(&agent);
    hub_stop(&hub);
    cr_assert_eq(unlink(world_path(hub.world, "journal/usage")), 0);
    hub_start(&hub);
    cr_assert_eq(publish_next(agent, &chain, "x"), SONGHUA__V1__CODE__CODE_THROTTLED);
}

/* As after a kill: the file is from before the last batches. */
Test(quotas, stored_bytes_of_what_came_after_their_file_are_counted_too)
{
    struct buffer old;
    const struct identity *agent;
    restart(); /* writes one that counts nothing */
    hub_stop(&hub);
    buffer_init(&old, 65536);
    cr_assert_eq(file_read(world_path(hub.world, "journal/usage"), &old), ERR_OK);
    hub_start(&hub);
    struct chain chain = fill_up(&agent);
    hub_stop(&hub);
    cr_assert_eq(file_write(world_path(hub.world, "journal/usage"), old.data, old.size, 0600),
                 ERR_OK);
    hub_start(&hub);
    cr_assert_eq(publish_next(agent, &chain, "x"), SONGHUA__V1__CODE__CODE_THROTTLED);
    buffer_fini(&old);
}

Test(quotas, a_usage_file_of_another_journal_or_none_at_all_changes_nothing)
{
    static const char *const texts[] = {
        "", "\n\n", "songhua-usage 1\njournal 00\nstream events 9\nclient agent 999999\n",
        "songhua-usage 1\nclient agent 999999\n", "songhua-usage 2\nclient agent 999999\n"};
    const struct identity *agent = client("agent", (struct identity_quota){.stored_bytes = 9000});
    struct chain chain = chain_start("events", "agent", 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hub_stop(&hub);
        cr_assert_eq(
            file_write(world_path(hub.world, "journal/usage"), texts[i], strlen(texts[i]), 0600),
            ERR_OK);
        hub_start(&hub);
        cr_assert_eq(publish_next(agent, &chain, "x"), SONGHUA__V1__CODE__CODE_OK);
    }
}

/* --- the commands ----------------------------------------------------------------------------- */

static struct identity kept_as(const char *name)
{
    char why[200];
    struct identity identity;
    cr_assert_eq(
        identity_load_public(world_path(hub.world, "access/%s.cert", name), &identity, why), ERR_OK,
        "%s", why);
    return identity;
}

static int run_broker(const char *command, const char *operand, const char *option,
                      const char *value)
{
    char *output;
    const char *const arguments[] = {command, operand, "--access", world_path(hub.world, "access"),
                                     option,  value,   NULL};
    int code = world_run(hub.world, "songhua-broker", arguments, &output);
    free(output);
    return code;
}

Test(quotas, the_operator_sets_limits_and_not_who_asks_to_be_let_in)
{
    struct identity asking;
    const char *file = world_path(hub.world, "asking.cert");
    cr_assert_eq(identity_make("asking", ROLE_AGENT, NULL, 0, true, &asking), ERR_OK);
    asking.quota.stored_bytes = UINT64_MAX / 2;
    asking.quota.max_producers = 1000000;
    cr_assert_eq(identity_save_public(&asking, file), ERR_OK);
    cr_assert_eq(run_broker("authorize", file, "--events-per-second", "100"), 0);
    struct identity kept = kept_as("asking");
    cr_assert_eq(kept.quota.events_per_second, 100);
    cr_assert_eq(kept.quota.stored_bytes, 0);
    cr_assert_eq(kept.quota.max_producers, 0);
    cr_assert_str_eq(kept.public_key, asking.public_key);
    cr_assert_eq(memcmp(kept.signing_public, asking.signing_public, SIGNING_PUBLIC_BYTES), 0);
    cr_assert_eq(run_broker("limit", "asking", "--stored-bytes", "1KiB"), 0);
    kept = kept_as("asking");
    cr_assert_eq(kept.quota.events_per_second, 0);
    cr_assert_eq(kept.quota.stored_bytes, 1024);
    cr_assert_eq(run_broker("limit", "asking", "--stream", "events"), 0);
    cr_assert_eq(run_broker("limit", "asking", "--stored-bytes", "2KiB"), 0);
    kept = kept_as("asking");
    cr_assert_eq(kept.quota.stored_bytes, 2048);
    cr_expect_str_eq(kept.streams, "events", "a key that was narrowed stays so");
    cr_assert_eq(run_broker("limit", "asking", "--producer", "other"), 64);
    cr_assert_eq(run_broker("limit", "nobody", "--stored-bytes", "1KiB"), 66);
}
