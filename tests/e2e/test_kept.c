/* Small batches are acknowledged before they are committed; nobody may notice. */
#include "proto/wire/code.h"
#include "proto/wire/wire.pb-c.h"
#include "tests/support/batches.h"
#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { WAIT_MS = 20000 };

static void send_bytes(struct net_socket *socket, const void *bytes, size_t size)
{
    struct net_message message;
    net_message_init(&message);
    cr_assert_eq(net_message_set(&message, bytes, size), ERR_OK);
    cr_assert_eq(net_send(socket, &message, false), ERR_OK);
}

static Songhua__V1__Reply *receive(struct net_socket *socket)
{
    struct net_message message;
    struct net_poll_item item = {.socket = socket};
    bool has_more;
    net_message_init(&message);
    net_poll(&item, 1, WAIT_MS);
    cr_assert_eq(net_receive(socket, &message, &has_more), ERR_OK);
    Songhua__V1__Reply *reply =
        songhua__v1__reply__unpack(NULL, net_message_size(&message), net_message_data(&message));
    cr_assert_not_null(reply);
    net_message_fini(&message);
    return reply;
}

Test(kept, a_welcome_tells_all_that_was_acknowledged, .timeout = 60)
{
    struct hub hub;
    hub_open(&hub);
    const struct identity *right = world_identity(hub.world, "agent", ROLE_AGENT, "220100");
    broker_reload(hub.broker);
    struct net *net;
    struct buffer frame, signed_frame;
    struct chain chain = chain_start("events", "agent", 1);
    unsigned char bytes[256];
    unsigned fewer = 0, rounds = 300;
    cr_assert_eq(net_open(1, &net), ERR_OK);
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    buffer_init(&signed_frame, BATCH_FRAME_MAX_BYTES);
    struct net_socket *socket = hub_socket(&hub, net, NET_DEALER, hub.publish, right);
    struct net_poll_item item = {.socket = socket, .wants_write = true};
    Songhua__V1__Request request = SONGHUA__V1__REQUEST__INIT;
    Songhua__V1__Hello hello = SONGHUA__V1__HELLO__INIT;
    hello.stream = chain.stream;
    hello.producer = chain.producer;
    hello.protocol = 1;
    request.body_case = SONGHUA__V1__REQUEST__BODY_HELLO;
    request.hello = &hello;
    size_t size = songhua__v1__request__pack(&request, bytes);
    net_poll(&item, 1, WAIT_MS);
    send_bytes(socket, bytes, size);
    songhua__v1__reply__free_unpacked(receive(socket), NULL);
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t acknowledged = 0;
        struct batch batch = chain_next(&chain, "x", &frame);
        batch.is_signed = true;
        digest_sign(batch.digest, &right->signing, batch.signature);
        buffer_clear(&signed_frame);
        cr_assert_eq(batch_write(&batch, &signed_frame), ERR_OK);
        send_bytes(socket, signed_frame.data, signed_frame.size);
        send_bytes(socket, bytes, size);
        for (int j = 0; j < 2; j++) {
            Songhua__V1__Reply *reply = receive(socket);
            if (reply->body_case == SONGHUA__V1__REPLY__BODY_ACK)
                acknowledged = reply->ack->sequence;
            else if (reply->body_case == SONGHUA__V1__REPLY__BODY_WELCOME) {
                if (reply->welcome->sequence < acknowledged)
                    fewer++;
            } else
                cr_assert_fail("code %d %s", (int)reply->code, reply->message);
            songhua__v1__reply__free_unpacked(reply, NULL);
        }
    }
    cr_expect_eq(fewer, 0, "%u of %u Welcomes told less than was acknowledged", fewer, rounds);
    net_socket_close(&socket);
    net_close(&net);
    buffer_fini(&frame);
    hub_close(&hub);
}
