#include "tests/support/siege.h"

#include "proto/net/socket.h"
#include "tests/support/follower.h"
#include "tests/support/gauge.h"
#include "tests/support/sender.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOOD = 2, ANSWER_MS = 20000, MORE = 20 };

struct siege {
    struct world *world;
    struct sender *senders[GOOD];
    struct follower *follower;
    unsigned late; /* good clients that came later and have gone */
    char late_names[16][32];
};

static const char *const good_names[GOOD] = {"good-a", "good-b"};

static struct sender *open_good(struct siege *siege, const char *name)
{
    const struct sender_options options = {
        .world = siege->world,
        .name = name,
        .identity = world_identity(siege->world, name, ROLE_AGENT, "220100"),
        .region = 220100,
        .ack_timeout_ms = 3000};
    return sender_open(&options);
}

struct siege *siege_open(const char *const *extra)
{
    struct siege *siege = calloc(1, sizeof *siege);
    cr_assert_not_null(siege);
    siege->world = world_new();
    const struct identity *reader = world_identity(siege->world, "reader", ROLE_READER, "*");
    for (size_t i = 0; i < GOOD; i++)
        (void)world_identity(siege->world, good_names[i], ROLE_AGENT, "220100");
    world_start_broker(siege->world, extra);
    for (size_t i = 0; i < GOOD; i++)
        siege->senders[i] = open_good(siege, good_names[i]);
    siege->follower = follower_open(siege->world, "reader", reader, "events", NULL);
    siege_serves(siege);
    return siege;
}

struct world *siege_world(struct siege *siege)
{
    return siege->world;
}

static uint64_t acknowledged(const struct siege *siege)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < GOOD; i++)
        sum += sender_acknowledged(siege->senders[i]);
    return sum;
}

void siege_step(struct siege *siege)
{
    for (size_t i = 0; i < GOOD; i++)
        (void)sender_step(siege->senders[i], 0);
    follower_step(siege->follower, 0);
}

void siege_serves(struct siege *siege)
{
    uint64_t wanted = acknowledged(siege) + MORE,
             wanted_read = follower_last(siege->follower) + MORE;
    while (acknowledged(siege) < wanted || follower_last(siege->follower) < wanted_read)
        siege_step(siege);
}

void siege_lets_in(struct siege *siege, const char *name)
{
    struct sender *sender = open_good(siege, name);
    cr_assert_lt(siege->late, 16);
    snprintf(siege->late_names[siege->late++], sizeof *siege->late_names, "%s", name);
    while (sender_acknowledged(sender) < MORE)
        (void)sender_step(sender, 10);
    while (sender_waiting(sender))
        (void)sender_drain_step(sender, 10);
    sender_close(&sender);
}

double siege_memory_kib(struct siege *siege)
{
    return GAUGE_HAS_SANITIZER ? 0 : gauge_memory_kib(world_broker(siege->world));
}

double siege_descriptors(struct siege *siege)
{
    return gauge_descriptors(world_broker(siege->world));
}

bool siege_log_says(struct siege *siege, const char *text)
{
    char *log = world_read(siege->world, "broker.log");
    bool is_there = strstr(log, text) != NULL;
    free(log);
    return is_there;
}

void siege_close(struct siege **siege, const char *what, const char *attackers)
{
    char line[HISTORY_LINE_BYTES];
    struct siege *s = *siege;
    struct history *history = history_new();
    siege_serves(s);
    for (size_t i = 0; i < GOOD; i++) {
        while (sender_waiting(s->senders[i]))
            (void)sender_drain_step(s->senders[i], 10);
        sender_tell(s->world, good_names[i], history);
        sender_close(&s->senders[i]);
    }
    for (size_t i = 0; i < s->late; i++)
        sender_tell(s->world, s->late_names[i], history);
    cr_assert_eq(world_stop_broker(s->world, false), 0);
    sender_tell_journal(s->world, "events", attackers, history);
    follower_tell(s->follower, history);
    cr_assert(history_verdict(history, line), "%s: %s", what, line);
    fprintf(stderr, "hostile: %s: %s\n", what, line);
    history_free(&history);
    follower_close(&s->follower);
    world_free(&s->world);
    free(s);
    *siege = NULL;
}

/* --- the attacker ----------------------------------------------------------------------------- */

struct attacker {
    struct net *net;
    struct net_socket *socket;
    struct net_message message;
};

struct attacker *attacker_open(struct siege *siege, const char *port,
                               const struct identity *identity)
{
    struct attacker *attacker = calloc(1, sizeof *attacker);
    const struct net_socket_options options = {.kind = NET_DEALER,
                                               .endpoint = world_endpoint(siege->world, port),
                                               .identity = identity,
                                               .server_key = world_server_key(siege->world),
                                               .queue_messages = 100000,
                                               .max_message_bytes = 64 << 20};
    cr_assert(attacker && !net_open(1, &attacker->net) &&
              !net_socket_open(attacker->net, &options, &attacker->socket));
    net_message_init(&attacker->message);
    return attacker;
}

void attacker_close(struct attacker **attacker)
{
    net_message_fini(&(*attacker)->message);
    net_socket_close(&(*attacker)->socket);
    net_close(&(*attacker)->net);
    free(*attacker);
    *attacker = NULL;
}

bool attacker_send(struct attacker *attacker, const void *bytes, size_t size, bool has_more,
                   long wait_ms)
{
    struct net_poll_item item = {.socket = attacker->socket, .wants_write = true};
    cr_assert_eq(net_message_set(&attacker->message, bytes, size), ERR_OK);
    if (!net_send(attacker->socket, &attacker->message, has_more))
        return true;
    net_poll(&item, 1, wait_ms);
    return !net_send(attacker->socket, &attacker->message, has_more);
}

int attacker_hear(struct attacker *attacker, long wait_ms)
{
    bool has_more;
    struct net_poll_item item = {.socket = attacker->socket};
    if (net_receive(attacker->socket, &attacker->message, &has_more)) {
        net_poll(&item, 1, wait_ms);
        if (net_receive(attacker->socket, &attacker->message, &has_more))
            return -1;
    }
    net_drop_rest(attacker->socket, has_more);
    Songhua__V1__Reply *reply = songhua__v1__reply__unpack(
        NULL, net_message_size(&attacker->message), net_message_data(&attacker->message));
    cr_assert_not_null(reply, "the broker answers with a Reply");
    int code = (int)reply->code;
    songhua__v1__reply__free_unpacked(reply, NULL);
    return code;
}

int attacker_ask(struct attacker *attacker, const void *bytes, size_t size)
{
    cr_assert(attacker_send(attacker, bytes, size, false, ANSWER_MS));
    return attacker_hear(attacker, ANSWER_MS);
}
