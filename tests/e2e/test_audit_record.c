/* The stream `audit` of a running broker: what is on it, and who may see it. */
#include "proto/base/clock.h"
#include "proto/client/control.h"
#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 20000 };

HUB_SUITE(audit_record, 60);

static const struct identity *operator(void)
{
    return world_identity(hub.world, "operator", ROLE_OPERATOR, "*");
}

/* As an operator sees it, in CSV. To be freed. */
static char *replay(const char *format)
{
    char *output;
    operator();
    cr_assert_eq(hub_ask(&hub, "songhua-replay", "operator",
                         ARGUMENTS("audit", format, "--timeout", "10s"), &output),
                 0);
    return output;
}

/* Entries are stored a moment later, so look until they are there. */
static void is_on_record(const char *text)
{
    uint64_t until_us = clock_monotonic_us() + WAIT_MS * 1000ull;
    for (bool is_found = false; !is_found;) {
        char *output = replay("--csv");
        is_found = strstr(output, text);
        cr_assert(is_found || clock_monotonic_us() < until_us, "%s is not in\n%s", text, output);
        free(output);
    }
}

static enum err publish_as(const struct identity *identity, const char *producer, uint32_t region)
{
    struct publisher *publisher = hub_publisher(&hub, identity, "events", producer);
    enum err err = hub_publish(publisher, region, "observation", "x");
    publisher_close(&publisher);
    return err;
}

static void to_a_reader(const char *name)
{
    char why[200], path[256];
    struct identity identity;
    snprintf(path, sizeof path, "%s", world_path(hub.world, "access/%s.cert", name));
    cr_assert_eq(identity_load_public(path, &identity, why), ERR_OK);
    identity.role = ROLE_READER;
    cr_assert_eq(identity_save_public(&identity, path), ERR_OK);
}

Test(audit_record, letting_in_changing_and_shutting_out_are_on_record)
{
    const struct identity *agent = world_identity(hub.world, "agent", ROLE_AGENT, "220100");
    cr_assert_eq(publish_as(agent, "agent", 220100), ERR_OK);
    is_on_record(",broker,authorized,agent,1,\"role agent, 1 regions");
    to_a_reader("agent");
    is_on_record(",broker,changed,agent,1,\"role reader");
    world_revoke(hub.world, "agent");
    is_on_record(",broker,revoked,agent,1,\"role reader");
}

Test(audit_record, denials_and_unknown_keys_are_on_record)
{
    struct identity stranger;
    const struct identity *agent = world_identity(hub.world, "agent", ROLE_AGENT, "220100");
    cr_assert_eq(publish_as(agent, "agent", 220200), ERR_DENIED);
    is_on_record(",denied,agent,1,agent may not publish for region 220200");
    cr_assert_eq(identity_make("stranger", ROLE_ADMIN, NULL, 0, true, &stranger), ERR_OK);
    cr_assert_neq(publish_as(&stranger, "stranger", 220100), ERR_OK);
    is_on_record(",unknown_key,127.0.0.1,1,");
}

Test(audit_record, throttling_is_on_record)
{
    char path[256];
    struct identity agent = *world_identity(hub.world, "agent", ROLE_AGENT, "*");
    agent.quota.max_producers = 1;
    snprintf(path, sizeof path, "%s", world_path(hub.world, "access/agent.cert"));
    cr_assert_eq(identity_save_public(&agent, path), ERR_OK);
    cr_assert_eq(publish_as(&agent, "agent", 220100), ERR_OK);
    struct publisher *publisher = hub_publisher(&hub, &agent, "events", "agent.second");
    cr_assert_eq(publisher_publish(publisher, 220100, "observation", "x", 1), ERR_OK);
    cr_assert_eq(publisher_flush(publisher, 300), ERR_TIMEOUT);
    publisher_close(&publisher);
    is_on_record(",throttled,agent,1,agent is at its limit of 1 producers");
}

static enum err save(const struct identity *identity, const char *consumer, uint64_t expected,
                     uint64_t position)
{
    struct control *control;
    cr_assert_eq(control_open(hub.fetch, hub.server.public_key, identity, &control), ERR_OK);
    enum err err =
        control_save_position(control, "events", consumer, expected, position, WAIT_MS, NULL);
    control_close(&control);
    return err;
}

/* In the order of asking, so that the last, once it is on record, shows that the others never will be. */
Test(audit_record, a_position_is_taken_away_on_record_once_it_is_gone_and_not_before)
{
    const struct identity *agent = world_identity(hub.world, "agent", ROLE_AGENT, "220100");
    const struct identity *reader = world_identity(hub.world, "reader", ROLE_READER, "*");
    operator();
    broker_reload(hub.broker);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(publish_as(agent, "agent", 220100), ERR_OK);
    cr_assert_eq(save(reader, "reader.alive", 0, 2), ERR_OK);
    cr_assert_eq(save(reader, "reader.gone", 0, 2), ERR_OK);
    cr_assert_eq(save(reader, "reader.own", 0, 2), ERR_OK);
    cr_expect_eq(save(operator(), "reader.alive", 1, 0), ERR_CONFLICT);
    cr_expect_eq(save(operator(), "reader.never", 0, 0), ERR_OK);
    cr_expect_eq(save(reader, "reader.own", 2, 0), ERR_OK);
    cr_expect_eq(save(operator(), "reader.gone", 2, 0), ERR_OK);
    is_on_record(",config,operator,1,takes away the position of reader.gone in events");
    char *output = replay("--csv");
    const char *entry = strstr(output, "takes away");
    cr_expect_null(strstr(entry + 1, "takes away"), "one was: %s", output);
    free(output);
}

static uint64_t count_entries(struct control *control)
{
    Songhua__V1__Reply *reply;
    uint64_t events = 0;
    cr_assert_eq(control_ask(control, SONGHUA__V1__REQUEST__BODY_LIST_STREAMS, WAIT_MS, &reply),
                 ERR_OK);
    for (size_t i = 0; i < reply->streams->n_streams; i++)
        if (!strcmp(reply->streams->streams[i]->name, "audit"))
            events = reply->streams->streams[i]->events;
    songhua__v1__reply__free_unpacked(reply, NULL);
    return events;
}

/* No moment lies between the two in which a crash could keep one of them alone. One connection asks for both,
 * so that nothing is stored meanwhile that was not stored before the answer. */
Test(audit_record, a_position_that_is_gone_is_on_record_when_its_deletion_is_answered)
{
    enum { ROUNDS = 30 };
    struct control *control;
    const struct identity *agent = world_identity(hub.world, "agent", ROLE_AGENT, "220100");
    const struct identity *reader = world_identity(hub.world, "reader", ROLE_READER, "*");
    operator();
    broker_reload(hub.broker);
    cr_assert_eq(publish_as(agent, "agent", 220100), ERR_OK);
    cr_assert_eq(control_open(hub.fetch, hub.server.public_key, operator(), &control), ERR_OK);
    for (int i = 0; i < ROUNDS; i++) {
        char name[32];
        snprintf(name, sizeof name, "reader.%d", i);
        cr_assert_eq(save(reader, name, 0, 1), ERR_OK);
        uint64_t before = count_entries(control);
        cr_assert_eq(control_save_position(control, "events", name, 1, 0, WAIT_MS, NULL), ERR_OK);
        cr_assert_gt(count_entries(control), before, "round %d", i);
    }
    control_close(&control);
}

Test(audit_record, starts_and_stops_are_on_record_with_the_settings)
{
    hub_stop(&hub);
    hub_start(&hub);
    is_on_record(",stopped,broker,1,songhua-broker ");
    is_on_record(",config,broker,1,journal-size=67108864 quota=0/0/0/0 clients=");
    char *output = replay("--json");
    const char *first = strstr(output, "\"action\":\"started\"");
    cr_assert_not_null(first);
    cr_assert_not_null(strstr(first + 1, "\"action\":\"started\""), "once for each start");
    cr_assert_not_null(strstr(output, "\"type\":\"audit\""));
    free(output);
}

Test(audit_record, operators_and_admins_see_it_and_nobody_else)
{
    static const enum role others[] = {ROLE_AGENT, ROLE_SCORER, ROLE_ALERTER, ROLE_READER,
                                       ROLE_PLANNER};
    struct subscriber_record record;
    const struct identity *admin = world_identity(hub.world, "admin", ROLE_ADMIN, "*");
    const struct identity *seeing[] = {operator(), admin};
    for (size_t i = 0; i < 2; i++) {
        struct subscriber *subscriber = hub_subscriber(&hub, seeing[i], "audit");
        cr_assert_eq(subscriber_next(subscriber, WAIT_MS, &record), ERR_OK);
        subscriber_close(&subscriber);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct identity *other =
            world_identity(hub.world, role_name(others[i]), others[i], "*");
        struct subscriber *subscriber = hub_subscriber(&hub, other, "audit");
        cr_assert_eq(subscriber_next(subscriber, WAIT_MS, &record), ERR_DENIED, "%s",
                     role_name(others[i]));
        subscriber_close(&subscriber);
    }
}

Test(audit_record, nobody_writes_it_but_the_broker)
{
    const struct identity *admin = world_identity(hub.world, "admin", ROLE_ADMIN, "*");
    struct publisher *publisher = hub_publisher(&hub, admin, "audit", "admin");
    cr_assert_eq(hub_publish(publisher, 0, "denied", "x"), ERR_DENIED);
    publisher_close(&publisher);
}

Test(audit_record, it_is_verified_by_the_brokers_own_key)
{
    char *output;
    operator();
    hub_stop(&hub);
    hub_start(&hub);
    is_on_record(",stopped,broker,");
    cr_assert_eq(hub_ask(&hub, "songhua-replay", "operator",
                         ARGUMENTS("verify", "--stream", "audit", "--keys",
                                   world_path(hub.world, "access"), "--json"),
                         &output),
                 0);
    cr_assert_not_null(strstr(output, "\"verdict\":\"whole\""), "%s", output);
    cr_assert_not_null(strstr(output, "\"not_signed\":0"), "%s", output);
    free(output);
}
