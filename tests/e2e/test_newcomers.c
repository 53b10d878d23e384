/* A producer that signs with another key than its certificate's finds out with its first batch. */
#include "proto/base/text.h"
#include "proto/client/outbox.h"
#include "proto/wire/code.h"
#include "tests/support/hub_raw.h"

#include <criterion/criterion.h>
#include <string.h>

enum { WAIT_MS = 20000 };

static struct hub hub;
static const struct identity *right;
static struct identity wrong;

static void begin(void)
{
    hub_open(&hub);
    right = world_identity(hub.world, "agent", ROLE_AGENT, "220100");
    broker_reload(hub.broker);
    wrong = *right;
    signing_key_make(NULL, &wrong.signing);
}

static void end(void)
{
    hub_close(&hub);
}

TestSuite(newcomers, .init = begin, .fini = end, .timeout = 60);

Test(newcomers, a_wrong_signature_is_refused_and_the_key_that_was_expected_is_named)
{
    char expected[17];
    struct publisher_status status;
    struct publisher *publisher = hub_publisher(&hub, &wrong, "events", "agent");
    cr_expect_eq(hub_publish(publisher, 220100, "observation", "x"), ERR_DENIED);
    publisher_status(publisher, &status);
    text_from_bytes(right->signing_public, 8, expected);
    cr_expect_not_null(strstr(status.last_error_text, expected), "%s", status.last_error_text);
    publisher_close(&publisher);
    publisher = hub_publisher(&hub, right, "events", "agent");
    cr_expect_eq(hub_publish(publisher, 220100, "observation", "x"), ERR_OK);
    publisher_status(publisher, &status);
    cr_expect_eq(status.last_record, 1, "nothing was stored before");
    publisher_close(&publisher);
}

static enum err take_reply(struct raw *raw)
{
    Songhua__V1__Reply *reply = raw_receive(raw);
    enum err err = code_to_err(reply->code);
    songhua__v1__reply__free_unpacked(reply, NULL);
    return err;
}

static enum err say_hello(struct raw *raw)
{
    raw_send_hello(raw);
    return take_reply(raw);
}

/* What was refused is no part of the chain. */
static enum err publish(struct raw *raw, const struct signing_key *key)
{
    struct chain before = raw->chain;
    raw_send_batch(raw, key);
    enum err err = take_reply(raw);
    if (err)
        raw->chain = before;
    return err;
}

Test(newcomers, one_signature_a_session_is_checked_and_that_one_until_it_is_right)
{
    struct raw raw;
    raw_open(&raw, &hub, right, "events", "agent");
    cr_assert_eq(say_hello(&raw), ERR_OK);
    cr_expect_eq(publish(&raw, &wrong.signing), ERR_DENIED);
    cr_expect_eq(publish(&raw, &wrong.signing), ERR_DENIED);
    cr_expect_eq(publish(&raw, &right->signing), ERR_OK);
    cr_expect_eq(publish(&raw, &wrong.signing), ERR_OK, "later ones are an auditor's to check");
    cr_assert_eq(say_hello(&raw), ERR_OK);
    cr_expect_eq(publish(&raw, &wrong.signing), ERR_DENIED);
    raw_close(&raw);
}

/* Until the outbox is empty, or it is refused for good. */
static enum err drain(const struct identity *identity)
{
    struct outbox *outbox;
    struct publisher *publisher;
    struct outbox_status status;
    const struct outbox_options options = {.directory = world_path(hub.world, "outbox"),
                                           .stream = "events",
                                           .producer = "agent",
                                           .signing_key = &identity->signing};
    cr_assert_eq(outbox_open(&options, &outbox), ERR_OK);
    outbox_status(outbox, &status);
    if (!status.next_sequence || !status.batches) {
        const struct batch_draft draft = {.topic = "observation",
                                          .region = 220100,
                                          .event_count = 1,
                                          .payload = "\n\001x",
                                          .payload_size = 3};
        cr_assert_eq(outbox_begin(outbox), ERR_OK);
        cr_assert_eq(outbox_append(outbox, &draft, NULL), ERR_OK);
        cr_assert_eq(outbox_commit(outbox), ERR_OK);
    }
    cr_assert_eq(publisher_open(&(struct publisher_options){.endpoint = hub.publish,
                                                            .server_key = hub.server.public_key,
                                                            .identity = identity,
                                                            .stream = "events",
                                                            .producer = "agent",
                                                            .outbox = outbox},
                                &publisher),
                 ERR_OK);
    enum err err = publisher_flush(publisher, WAIT_MS);
    publisher_close(&publisher);
    outbox_close(&outbox);
    return err;
}

Test(newcomers, what_a_wrong_key_has_signed_is_stored_once_the_key_is_right)
{
    cr_expect_eq(drain(&wrong), ERR_DENIED);
    cr_expect_eq(drain(right), ERR_OK);
}
