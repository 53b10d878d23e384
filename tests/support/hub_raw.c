#include "tests/support/hub_raw.h"

#include <criterion/criterion.h>

enum { WAIT_MS = 20000 };

void raw_open(struct raw *raw, struct hub *hub, const struct identity *identity, const char *stream,
              const char *producer)
{
    *raw = (struct raw){.chain = chain_start(stream, producer, 1)};
    cr_assert_eq(net_open(1, &raw->net), ERR_OK);
    buffer_init(&raw->frame, BATCH_FRAME_MAX_BYTES);
    buffer_init(&raw->signed_frame, BATCH_FRAME_MAX_BYTES);
    raw->socket = hub_socket(hub, raw->net, NET_DEALER, hub->publish, identity);
    struct net_poll_item item = {.socket = raw->socket, .wants_write = true};
    net_poll(&item, 1, WAIT_MS);
}

void raw_close(struct raw *raw)
{
    net_socket_close(&raw->socket);
    net_close(&raw->net);
    buffer_fini(&raw->frame);
    buffer_fini(&raw->signed_frame);
}

static void send_bytes(struct raw *raw, const void *bytes, size_t size)
{
    struct net_message message;
    net_message_init(&message);
    cr_assert_eq(net_message_set(&message, bytes, size), ERR_OK);
    cr_assert_eq(net_send(raw->socket, &message, false), ERR_OK);
}

void raw_send_hello(struct raw *raw)
{
    unsigned char bytes[256];
    Songhua__V1__Request request = SONGHUA__V1__REQUEST__INIT;
    Songhua__V1__Hello hello = SONGHUA__V1__HELLO__INIT;
    hello.stream = raw->chain.stream;
    hello.producer = raw->chain.producer;
    hello.protocol = 1;
    request.body_case = SONGHUA__V1__REQUEST__BODY_HELLO;
    request.hello = &hello;
    send_bytes(raw, bytes, songhua__v1__request__pack(&request, bytes));
}

void raw_send_batch(struct raw *raw, const struct signing_key *key)
{
    struct batch batch = chain_next(&raw->chain, "x", &raw->frame);
    batch.is_signed = true;
    digest_sign(batch.digest, key, batch.signature);
    buffer_clear(&raw->signed_frame);
    cr_assert_eq(batch_write(&batch, &raw->signed_frame), ERR_OK);
    send_bytes(raw, raw->signed_frame.data, raw->signed_frame.size);
}

Songhua__V1__Reply *raw_receive(struct raw *raw)
{
    struct net_message message;
    struct net_poll_item item = {.socket = raw->socket};
    bool has_more;
    net_message_init(&message);
    net_poll(&item, 1, WAIT_MS);
    cr_assert_eq(net_receive(raw->socket, &message, &has_more), ERR_OK);
    Songhua__V1__Reply *reply =
        songhua__v1__reply__unpack(NULL, net_message_size(&message), net_message_data(&message));
    cr_assert_not_null(reply);
    net_message_fini(&message);
    return reply;
}
