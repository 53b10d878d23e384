/* A subscriber against a broker that does not keep the protocol, played by the test. */
#include "proto/base/bytes.h"
#include "proto/client/subscriber.h"
#include "proto/net/zap.h"
#include "proto/wire/wire.pb-c.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(subscriber, .timeout = 30);

/* What the broker answers to each Fetch. */
struct script {
    Songhua__V1__Fetched fetched;
    const void *records;
    size_t size;
};

struct played {
    struct net *net;
    struct zap *zap;
    struct net_socket *socket;
    struct identity server, client;
    struct subscriber *subscriber;
};

static bool let_in(void *context, const char *public_key, char name[IDENTITY_NAME_BYTES])
{
    const struct identity *client = context;
    snprintf(name, IDENTITY_NAME_BYTES, "%s", client->name);
    return !strcmp(public_key, client->public_key);
}

static void open_played(struct played *played)
{
    cr_assert_eq(identity_make("broker", ROLE_ADMIN, NULL, 0, true, &played->server), ERR_OK);
    cr_assert_eq(identity_make("reader", ROLE_READER, NULL, 0, true, &played->client), ERR_OK);
    cr_assert_eq(net_open(1, &played->net), ERR_OK);
    cr_assert_eq(zap_open(played->net, let_in, &played->client, &played->zap), ERR_OK);
    const struct net_socket_options options = {.kind = NET_ROUTER,
                                               .endpoint = "tcp://127.0.0.1:*",
                                               .is_server = true,
                                               .identity = &played->server};
    cr_assert_eq(net_socket_open(played->net, &options, &played->socket), ERR_OK);
    const struct subscriber_options reading = {.endpoint = net_socket_endpoint(played->socket),
                                               .server_key = played->server.public_key,
                                               .identity = &played->client,
                                               .stream = "events",
                                               .start = SUBSCRIBE_FROM_SEQUENCE,
                                               .from = 1};
    cr_assert_eq(subscriber_open(&reading, &played->subscriber), ERR_OK);
}

static void close_played(struct played *played)
{
    subscriber_close(&played->subscriber);
    net_socket_close(&played->socket);
    zap_close(&played->zap);
    net_close(&played->net);
}

static void send_bytes(struct played *played, const void *bytes, size_t size, bool has_more)
{
    struct net_message frame;
    net_message_init(&frame);
    cr_assert_eq(net_message_set(&frame, bytes, size), ERR_OK);
    cr_assert_eq(net_send(played->socket, &frame, has_more), ERR_OK);
    net_message_fini(&frame);
}

/* Answer the question that has come, if one has. */
static void answer(struct played *played, struct script *script)
{
    bool has_more;
    struct net_message sender, frame;
    unsigned char packed[256];
    net_message_init(&sender);
    net_message_init(&frame);
    if (!net_receive(played->socket, &sender, &has_more)) {
        cr_assert_eq(net_receive(played->socket, &frame, &has_more), ERR_OK);
        Songhua__V1__Request *request =
            songhua__v1__request__unpack(NULL, net_message_size(&frame), net_message_data(&frame));
        cr_assert_not_null(request);
        Songhua__V1__Reply reply = SONGHUA__V1__REPLY__INIT;
        reply.id = request->id;
        reply.body_case = SONGHUA__V1__REPLY__BODY_FETCHED;
        reply.fetched = &script->fetched;
        songhua__v1__request__free_unpacked(request, NULL);
        send_bytes(played, net_message_data(&sender), net_message_size(&sender), true);
        send_bytes(played, packed, songhua__v1__reply__pack(&reply, packed), true);
        send_bytes(played, script->records, script->size, false);
    }
    net_message_fini(&sender);
    net_message_fini(&frame);
}

static enum err next(struct played *played, struct script *script)
{
    struct subscriber_record record;
    enum err err = ERR_TIMEOUT;
    while (err == ERR_TIMEOUT || err == ERR_UNREACHABLE) {
        answer(played, script);
        err = subscriber_next(played->subscriber, 10, &record);
    }
    return err;
}

static struct script scripted(uint64_t first, uint64_t last, uint64_t next_number)
{
    struct script script = {.fetched = SONGHUA__V1__FETCHED__INIT, .records = ""};
    script.fetched.stream = (char *)(uintptr_t) "events";
    script.fetched.first = first;
    script.fetched.last = last;
    script.fetched.next = next_number;
    return script;
}

Test(subscriber, fewer_bytes_than_records_promised_are_not_read_beyond)
{
    struct played played;
    struct script script = scripted(1, 3, 4);
    script.fetched.records = 3;
    script.records = "\0\0\0\0\1\0"; /* a record of no bytes, and half a size */
    script.size = 6;
    open_played(&played);
    for (int i = 0; i < 6; i++)
        cr_expect_eq(next(&played, &script), ERR_MALFORMED);
    close_played(&played);
}

Test(subscriber, a_stream_that_was_pruned_whole_is_a_gap)
{
    struct played played;
    struct script script = scripted(0, 10, 11);
    open_played(&played);
    cr_expect_eq(next(&played, &script), ERR_GAP);
    close_played(&played);
}

/* One such batch of one key must not end all who read the stream. */
Test(subscriber, a_payload_that_cannot_be_decompressed_is_a_record_without_events)
{
    static const unsigned char payload[] = "\x28\xb5\x2f\xfd is no frame of zstd";
    struct batch batch = {.stream = "events",
                          .producer = "agent-220200",
                          .topic = "observation",
                          .epoch = 1,
                          .sequence = 1,
                          .region = 220200,
                          .event_count = 1,
                          .codec = CODEC_ZSTANDARD,
                          .payload = payload,
                          .payload_size = sizeof payload};
    struct played played;
    struct script script = scripted(1, 1, 2);
    struct subscriber_record found;
    struct buffer frame;
    unsigned char answered[512];
    enum err err = ERR_TIMEOUT;
    buffer_init(&frame, sizeof answered);
    batch_digest(&batch, batch.digest);
    cr_assert_eq(batch_write(&batch, &frame), ERR_OK);
    struct record record = {
        .sequence = 1, .stored_ms = 1, .frame = frame.data, .frame_size = frame.size};
    bytes_put_le32(answered, (uint32_t)(RECORD_PREFIX_BYTES + frame.size));
    record_write(&record, answered + 4);
    script.fetched.records = 1;
    script.records = answered;
    script.size = 4 + RECORD_PREFIX_BYTES + frame.size;
    open_played(&played);
    while (err == ERR_TIMEOUT || err == ERR_UNREACHABLE) {
        answer(&played, &script);
        err = subscriber_next(played.subscriber, 10, &found);
    }
    cr_assert_eq(err, ERR_OK);
    cr_expect_eq(found.sequence, 1);
    cr_expect_eq(found.batch.payload_size, 0);
    close_played(&played);
    buffer_fini(&frame);
}
