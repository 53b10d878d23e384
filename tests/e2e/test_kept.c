/* Small batches are acknowledged before they are committed (journal_keep()); nobody may notice. */
#include "tests/support/hub_raw.h"

#include <criterion/criterion.h>

/* What an Ack or a Welcome says is the last batch that the broker has. */
struct told {
    uint64_t acknowledged, welcomed;
};

static void take_reply(struct raw *raw, struct told *told)
{
    Songhua__V1__Reply *reply = raw_receive(raw);
    if (reply->body_case == SONGHUA__V1__REPLY__BODY_ACK)
        told->acknowledged = reply->ack->sequence;
    else if (reply->body_case == SONGHUA__V1__REPLY__BODY_WELCOME)
        told->welcomed = reply->welcome->sequence;
    else
        cr_assert_fail("code %d %s", (int)reply->code, reply->message);
    songhua__v1__reply__free_unpacked(reply, NULL);
}

/* A Hello right behind a batch is often answered while that batch is kept and not yet committed. A Welcome that
 * did not count it would make its producer send it a second time. In a few hundred rounds it meets many such
 * moments. */
Test(kept, a_welcome_tells_all_that_was_acknowledged, .timeout = 60)
{
    enum { ROUNDS = 300 };
    struct hub hub;
    struct raw raw;
    struct told told = {0};
    unsigned fewer = 0;
    hub_open(&hub);
    const struct identity *agent = world_identity(hub.world, "agent", ROLE_AGENT, "220100");
    broker_reload(hub.broker);
    raw_open(&raw, &hub, agent, "events", "agent");
    raw_send_hello(&raw);
    take_reply(&raw, &told);
    for (int i = 0; i < ROUNDS; i++) {
        raw_send_batch(&raw, &agent->signing);
        raw_send_hello(&raw);
        take_reply(&raw, &told); /* the Ack and the Welcome, in this order */
        take_reply(&raw, &told);
        fewer += told.welcomed < told.acknowledged;
    }
    cr_expect_eq(told.acknowledged, ROUNDS);
    cr_expect_eq(fewer, 0, "%u of %d Welcomes told less than was acknowledged", fewer, ROUNDS);
    raw_close(&raw);
    hub_close(&hub);
}
