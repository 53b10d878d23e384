/* What the live port tells, and from when on. */
#include "tests/support/hub.h"

#include <criterion/criterion.h>

static struct hub hub;

static void open_hub(void)
{
    hub_open(&hub);
}

static void close_hub(void)
{
    hub_close(&hub);
}

TestSuite(live, .init = open_hub, .fini = close_hub, .timeout = 60);

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
