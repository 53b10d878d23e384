/* What the live port tells, and from when on. */
#include "tests/support/hub.h"

#include <criterion/criterion.h>

HUB_SUITE(live, 60);

/* The number of the first record that is heard, while others are being published. */
static uint64_t first_heard(struct net_socket *socket, struct publisher *publisher)
{
    bool has_more = false;
    struct record record = {0};
    struct net_message message;
    struct net_poll_item item = {.socket = socket};
    net_message_init(&message);
    while (net_receive(socket, &message, &has_more)) {
        cr_assert_eq(hub_publish(publisher, 220100, "observation", "new"), ERR_OK);
        net_poll(&item, 1, 30);
    }
    cr_assert(has_more);
    cr_assert_eq(net_receive(socket, &message, &has_more), ERR_OK);
    cr_assert_eq(record_parse(net_message_data(&message), net_message_size(&message), &record),
                 ERR_OK);
    net_message_fini(&message);
    return record.sequence;
}

/* While nobody listens the serving thread is not told of what is stored. */
Test(live, a_listener_hears_nothing_of_what_was_stored_before_it_came)
{
    enum { OLD = 20 };
    struct net *net;
    const struct identity *agent = world_identity(hub.world, "agent-220100", ROLE_AGENT, "220100");
    const struct identity *reader = world_identity(hub.world, "reader", ROLE_READER, "*");
    struct publisher *publisher = hub_publisher(&hub, agent, "events", "agent-220100");
    cr_assert_eq(net_open(1, &net), ERR_OK);
    for (int i = 0; i < OLD; i++)
        cr_assert_eq(hub_publish(publisher, 220100, "observation", "old"), ERR_OK);
    struct net_socket *socket = hub_socket(&hub, net, NET_SUB, hub.live, reader);
    cr_assert_eq(net_subscribe(socket, "events/"), ERR_OK);
    cr_assert_gt(first_heard(socket, publisher), OLD);
    net_socket_close(&socket);
    publisher_close(&publisher);
    net_close(&net);
}

static double live_messages(struct world *world)
{
    return world_metric(world, "songhua_broker_live_messages_total");
}

/* How many of some records that are stored now are published. */
static double published_of(struct world *world, struct publisher *publisher, int records)
{
    double before = live_messages(world);
    for (int i = 0; i < records; i++)
        cr_assert_eq(hub_publish(publisher, 220100, "observation", "x"), ERR_OK);
    return live_messages(world) - before;
}

static struct net_socket *listen_to(struct world *world, struct net *net)
{
    struct net_socket *socket;
    const struct net_socket_options options = {
        .kind = NET_SUB,
        .endpoint = world_endpoint(world, "live"),
        .identity = world_identity(world, "reader", ROLE_READER, "*"),
        .server_key = world_server_key(world)};
    cr_assert_eq(net_socket_open(net, &options, &socket), ERR_OK);
    cr_assert_eq(net_subscribe(socket, "events/"), ERR_OK);
    return socket;
}

/* A world's broker, as it tells its numbers. */
Test(live_alone, nothing_is_published_once_the_last_listener_has_gone, .timeout = 60)
{
    enum { RECORDS = 40 };
    struct net *net;
    struct publisher *publisher;
    struct world *world = world_new();
    const struct identity *agent = world_identity(world, "agent-220100", ROLE_AGENT, "220100");
    world_identity(world, "reader", ROLE_READER, "*");
    world_start_broker(world, NULL);
    cr_assert_eq(net_open(1, &net), ERR_OK);
    cr_assert_eq(
        publisher_open(&(struct publisher_options){.endpoint = world_endpoint(world, "publish"),
                                                   .server_key = world_server_key(world),
                                                   .identity = agent,
                                                   .stream = "events",
                                                   .producer = agent->name},
                       &publisher),
        ERR_OK);
    struct net_socket *first = listen_to(world, net), *second = listen_to(world, net);
    first_heard(first, publisher);
    first_heard(second, publisher);
    net_socket_close(&first);
    net_socket_close(&second);
    while (published_of(world, publisher, RECORDS) > 0)
        continue; /* until the broker has looked around twice (test_live_look.c) */
    first = listen_to(world, net);
    first_heard(first, publisher);
    net_socket_close(&first);
    publisher_close(&publisher);
    net_close(&net);
    world_free(&world);
}
