/* A key whose rights end or shrink loses the connections it has, not only those it will make. */
#include "proto/base/clock.h"
#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 20000, STEP_MS = 20 };

static struct hub hub;
static struct net *net;
static struct publisher *publisher;

static void begin(void)
{
    hub_open(&hub);
    cr_assert_eq(net_open(1, &net), ERR_OK);
    const struct identity *admin = world_identity(hub.world, "admin", ROLE_ADMIN, "*");
    publisher = hub_publisher(&hub, admin, "events", "admin");
}

static void end(void)
{
    publisher_close(&publisher);
    net_close(&net);
    hub_close(&hub);
}

TestSuite(sessions, .init = begin, .fini = end, .timeout = 60);

static struct net_socket *listen_to(const struct identity *identity, const char *prefix)
{
    struct net_socket *socket = hub_socket(&hub, net, NET_SUB, hub.live, identity);
    cr_assert_eq(net_subscribe(socket, prefix), ERR_OK);
    return socket;
}

/* Take what has come; whether a record among it holds the text. */
static bool has_heard(struct net_socket *socket, const char *text)
{
    bool has_more, is_found = false;
    struct net_message message;
    net_message_init(&message);
    while (!net_receive(socket, &message, &has_more))
        is_found = is_found || memmem(net_message_data(&message), net_message_size(&message), text,
                                      strlen(text));
    net_message_fini(&message);
    return is_found;
}

/* Publish the text until the listener hears it: a subscription arrives some time later. */
static void publish_until_heard(struct net_socket *socket, const char *text)
{
    struct net_poll_item item = {.socket = socket};
    uint64_t until_us = clock_monotonic_us() + WAIT_MS * 1000ull;
    struct net_link link;
    do {
        cr_assert_lt(clock_monotonic_us(), until_us, "%s was never heard", text);
        net_socket_link(socket, &link);
        cr_assert_eq(hub_publish(publisher, 220100, "observation", text), ERR_OK);
        net_poll(&item, 1, STEP_MS);
    } while (!has_heard(socket, text));
}

static void wait_until_cut(struct net_socket *socket)
{
    struct net_link link;
    struct net_poll_item item = {.socket = socket};
    uint64_t until_us = clock_monotonic_us() + WAIT_MS * 1000ull;
    do {
        cr_assert_lt(clock_monotonic_us(), until_us, "the connection was not ended");
        has_heard(socket, "-");
        net_poll(&item, 1, STEP_MS);
        net_socket_link(socket, &link);
    } while (link.is_up);
}

/* What was announced when the connection ended is over; what comes later must not be heard. */
static void ends_and_hears_no_more(struct net_socket *ended, struct net_socket *other)
{
    wait_until_cut(ended);
    has_heard(ended, "-");
    publish_until_heard(other, "secret");
    cr_assert_not(has_heard(ended, "secret"));
}

Test(sessions, a_revoked_listener_hears_nothing_more_and_the_others_go_on)
{
    struct net_socket *ended =
        listen_to(world_identity(hub.world, "reader", ROLE_READER, "*"), "events/");
    struct net_socket *other =
        listen_to(world_identity(hub.world, "kept", ROLE_READER, "*"), "events/");
    publish_until_heard(ended, "before");
    publish_until_heard(other, "before");
    world_revoke(hub.world, "reader");
    ends_and_hears_no_more(ended, other);
    net_socket_close(&ended);
    net_socket_close(&other);
}

static void rewrite(const char *name, void change(struct identity *))
{
    char why[200], path[256];
    struct identity identity;
    snprintf(path, sizeof path, "%s", world_path(hub.world, "access/%s.cert", name));
    cr_assert_eq(identity_load_public(path, &identity, why), ERR_OK, "%s", why);
    change(&identity);
    cr_assert_eq(identity_save_public(&identity, path), ERR_OK);
}

static void to_another_region(struct identity *identity)
{
    identity->has_all_regions = false;
    identity->region_count = 1;
    identity->regions[0] = 220200;
}

Test(sessions, a_listener_whose_regions_shrink_hears_the_rest_no_more)
{
    struct net_socket *ended =
        listen_to(world_identity(hub.world, "reader", ROLE_READER, "*"), "events/220100/");
    struct net_socket *other =
        listen_to(world_identity(hub.world, "kept", ROLE_READER, "*"), "events/");
    publish_until_heard(ended, "before");
    rewrite("reader", to_another_region);
    ends_and_hears_no_more(ended, other);
    net_socket_close(&ended);
    net_socket_close(&other);
}

static void to_scores_alone(struct identity *identity)
{
    strcpy(identity->streams, "scores");
}

Test(sessions, a_listener_whose_streams_shrink_hears_the_rest_no_more)
{
    struct net_socket *ended =
        listen_to(world_identity(hub.world, "reader", ROLE_READER, "*"), "events/");
    struct net_socket *other =
        listen_to(world_identity(hub.world, "kept", ROLE_READER, "*"), "events/");
    publish_until_heard(ended, "before");
    rewrite("reader", to_scores_alone);
    ends_and_hears_no_more(ended, other);
    net_socket_close(&ended);
    net_socket_close(&other);
}

Test(sessions, a_new_client_ends_nobodys_connection)
{
    struct net_link link;
    struct net_socket *socket =
        listen_to(world_identity(hub.world, "reader", ROLE_READER, "*"), "events/");
    publish_until_heard(socket, "before");
    const struct identity *late = world_identity(hub.world, "late", ROLE_ADMIN, "*");
    struct publisher *second = hub_publisher(&hub, late, "events", "late");
    cr_assert_eq(hub_publish(second, 220100, "observation", "after"), ERR_OK);
    publish_until_heard(socket, "last");
    net_socket_link(socket, &link);
    cr_assert_eq(link.connects, 1);
    publisher_close(&second);
    net_socket_close(&socket);
}

/* The name is let in again with a new key; who holds the old one is nobody, connected or not. */
Test(sessions, a_replaced_key_is_refused_on_the_connection_it_has)
{
    struct identity other;
    const struct identity *old = world_identity(hub.world, "agent-220100", ROLE_AGENT, "220100");
    struct publisher *first = hub_publisher(&hub, old, "events", "agent-220100");
    cr_assert_eq(hub_publish(first, 220100, "observation", "before"), ERR_OK);
    cr_assert_eq(identity_make("agent-220100", ROLE_AGENT, NULL, 0, true, &other), ERR_OK);
    cr_assert_eq(identity_save_public(&other, world_path(hub.world, "access/agent-220100.cert")),
                 ERR_OK);
    cr_assert_eq(hub_publish(first, 220100, "observation", "after"), ERR_DENIED);
    publisher_close(&first);
}
