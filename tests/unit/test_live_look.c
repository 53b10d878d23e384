/* When the live port takes it that nobody listens any more, by a clock that the test tells. */
#include "broker/live.h"
#include "proto/net/zap.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { SECOND_US = 1000 * 1000 };

TestSuite(live_look, .timeout = 30);

struct port {
    struct net *net;
    struct zap *zap;
    struct identity server, client;
    struct live live;
    uint64_t now_us;
};

static bool let_in(void *context, const char *public_key, char user[ZAP_USER_BYTES])
{
    const struct identity *client = context;
    snprintf(user, ZAP_USER_BYTES, "%s", client->name);
    return !strcmp(public_key, client->public_key);
}

/* Somebody has subscribed, whom nobody has looked for yet. */
static void open_port(struct port *port)
{
    *port = (struct port){.live.has_listeners = true, .now_us = 60 * SECOND_US};
    cr_assert_eq(identity_make("broker", ROLE_ADMIN, NULL, 0, true, &port->server), ERR_OK);
    cr_assert_eq(identity_make("reader", ROLE_READER, NULL, 0, true, &port->client), ERR_OK);
    cr_assert_eq(net_open(1, &port->net), ERR_OK);
    cr_assert_eq(zap_open(port->net, let_in, &port->client, &port->zap), ERR_OK);
    const struct net_socket_options options = {.kind = NET_XPUB,
                                               .endpoint = "tcp://127.0.0.1:*",
                                               .is_server = true,
                                               .identity = &port->server};
    cr_assert_eq(net_socket_open(port->net, &options, &port->live.socket), ERR_OK);
}

static void close_port(struct port *port)
{
    net_socket_close(&port->live.socket);
    zap_close(&port->zap);
    net_close(&port->net);
}

static struct net_socket *connect_to(struct port *port)
{
    struct net_socket *socket;
    const struct net_socket_options options = {.kind = NET_SUB,
                                               .endpoint = net_socket_endpoint(port->live.socket),
                                               .identity = &port->client,
                                               .server_key = port->server.public_key};
    cr_assert_eq(net_socket_open(port->net, &options, &socket), ERR_OK);
    return socket;
}

static void await_connections(struct port *port, long count)
{
    struct net_poll_item item = {.socket = port->live.socket};
    while (net_socket_connections(port->live.socket) != count)
        net_poll(&item, 1, 1);
}

/* So much later; is there somebody? */
static bool look(struct port *port, uint64_t later_us)
{
    port->now_us += later_us;
    live_look_around(&port->live, port->now_us);
    return port->live.has_listeners;
}

Test(live_look, while_one_is_connected_there_is_somebody)
{
    struct port port;
    open_port(&port);
    struct net_socket *first = connect_to(&port), *second = connect_to(&port);
    await_connections(&port, 2);
    cr_expect(look(&port, SECOND_US));
    net_socket_close(&first);
    await_connections(&port, 1);
    for (int i = 0; i < 100; i++)
        cr_assert(look(&port, SECOND_US), "look %d", i);
    net_socket_close(&second);
    close_port(&port);
}

Test(live_look, nobody_is_there_once_two_looks_a_second_apart_found_no_connection)
{
    struct port port;
    open_port(&port);
    cr_expect(look(&port, SECOND_US), "it may be on its way");
    for (int i = 0; i < 9; i++)
        cr_expect(look(&port, SECOND_US / 10), "no second has passed");
    cr_expect_not(look(&port, SECOND_US / 10));
    close_port(&port);
}

Test(live_look, one_that_comes_between_two_looks_is_looked_for_twice_again)
{
    struct port port;
    open_port(&port);
    cr_expect(look(&port, SECOND_US));
    struct net_socket *socket = connect_to(&port);
    await_connections(&port, 1);
    cr_expect(look(&port, SECOND_US));
    net_socket_close(&socket);
    await_connections(&port, 0);
    cr_expect(look(&port, SECOND_US));
    cr_expect_not(look(&port, SECOND_US));
    close_port(&port);
}
