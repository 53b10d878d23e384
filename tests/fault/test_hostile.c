/* Hostile clients against a broker's process: each gets nothing, the log says who it was, and good clients
 * are served all the while. */
#include "proto/base/buffer.h"
#include "tests/support/batches.h"
#include "tests/support/siege.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 20000, CODE_NONE = -1 };

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text && atoll(text) > 0 ? (uint64_t)atoll(text) : otherwise;
}

static const struct identity *agent(struct siege *siege)
{
    return world_identity(siege_world(siege), "x-agent", ROLE_AGENT, "220100");
}

/* --- who may not ------------------------------------------------------------------------------ */

/* The code that a batch of that producer for that region gets, sent with that key. */
static int publish(struct siege *siege, const struct identity *identity, const char *producer,
                   uint32_t region, long wait_ms)
{
    struct buffer frame;
    struct chain chain = chain_start("events", producer, 1);
    struct attacker *attacker = attacker_open(siege, "publish", identity);
    int code = CODE_NONE;
    chain.region = region;
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    (void)chain_next(&chain, "payload", &frame);
    if (attacker_send(attacker, frame.data, frame.size, false, wait_ms))
        code = attacker_hear(attacker, wait_ms);
    buffer_fini(&frame);
    attacker_close(&attacker);
    return code;
}

Test(fault_hostile, a_stranger_does_not_get_as_far_as_a_message, .timeout = 120)
{
    struct identity stranger;
    struct siege *siege = siege_open(NULL);
    cr_assert_eq(identity_make("good-a", ROLE_ADMIN, NULL, 0, true, &stranger), ERR_OK);
    cr_assert_eq(publish(siege, &stranger, "good-a", 220100, 1500), CODE_NONE);
    cr_assert(siege_log_says(siege, "access.unknown_key"));
    cr_assert(siege_log_says(siege, stranger.public_key), "the log names the key");
    siege_close(&siege, "a stranger's key", NULL);
}

Test(fault_hostile, a_revoked_key_is_refused_and_named, .timeout = 120)
{
    struct siege *siege = siege_open(NULL);
    const struct identity *gone = agent(siege);
    cr_assert_eq(publish(siege, gone, "x-agent", 220100, WAIT_MS), SONGHUA__V1__CODE__CODE_OK);
    struct attacker *attacker = attacker_open(siege, "publish", gone);
    cr_assert_neq(attacker_ask(attacker, "S", 1), CODE_NONE); /* it is connected */
    world_revoke(siege_world(siege), "x-agent");
    struct buffer frame;
    struct chain chain = chain_start("events", "x-agent", 2);
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    (void)chain_next(&chain, "payload", &frame);
    int code = attacker_ask(attacker, frame.data, frame.size);
    cr_assert(code == SONGHUA__V1__CODE__CODE_DENIED, "%d", code);
    cr_assert(siege_log_says(siege, "access.denied") && siege_log_says(siege, "user=x-agent"));
    buffer_fini(&frame);
    attacker_close(&attacker);
    siege_close(&siege, "a revoked key", "x-");
}

Test(fault_hostile, roles_names_and_regions_of_others_are_denied_and_named, .timeout = 120)
{
    struct siege *siege = siege_open(NULL);
    const struct identity *reader =
        world_identity(siege_world(siege), "x-reader", ROLE_READER, "*");
    cr_assert_eq(publish(siege, reader, "x-reader", 220100, WAIT_MS),
                 SONGHUA__V1__CODE__CODE_DENIED);
    cr_assert(siege_log_says(siege, "user=x-reader"));
    cr_assert_eq(publish(siege, agent(siege), "good-a", 220100, WAIT_MS),
                 SONGHUA__V1__CODE__CODE_DENIED);
    cr_assert(siege_log_says(siege, "user=x-agent"));
    cr_assert_eq(publish(siege, agent(siege), "x-agent", 220200, WAIT_MS),
                 SONGHUA__V1__CODE__CODE_DENIED);
    siege_close(&siege, "wrong role, foreign name, foreign region", NULL);
}

/* --- what was said before --------------------------------------------------------------------- */

Test(fault_hostile, replayed_requests_store_nothing_twice, .timeout = 120)
{
    enum { BATCHES = 20, TIMES = 50 };
    struct buffer frames[BATCHES];
    struct siege *siege = siege_open(NULL);
    struct chain chain = chain_start("events", "x-agent", 1);
    struct attacker *owner = attacker_open(siege, "publish", agent(siege));
    struct attacker *other = attacker_open(
        siege, "publish", world_identity(siege_world(siege), "x-other", ROLE_AGENT, "220100"));
    for (size_t i = 0; i < BATCHES; i++) {
        buffer_init(&frames[i], BATCH_FRAME_MAX_BYTES);
        (void)chain_next(&chain, "payload", &frames[i]);
        cr_assert_eq(attacker_ask(owner, frames[i].data, frames[i].size), 0);
    }
    for (size_t i = 0; i < BATCHES * TIMES; i++) {
        const struct buffer *frame = &frames[i * 7 % BATCHES];
        cr_assert_eq(attacker_ask(owner, frame->data, frame->size), 0, "its own again: Ack");
        cr_assert_eq(attacker_ask(other, frame->data, frame->size), SONGHUA__V1__CODE__CODE_DENIED,
                     "another's: DENIED");
    }
    cr_assert_eq(world_metric(siege_world(siege), "songhua_broker_repeats_total"), BATCHES * TIMES);
    for (size_t i = 0; i < BATCHES; i++)
        buffer_fini(&frames[i]);
    attacker_close(&owner);
    attacker_close(&other);
    siege_close(&siege, "replayed requests", "x-");
}

Test(fault_hostile, zombies_of_older_epochs_are_fenced, .timeout = 120)
{
    struct buffer frame;
    struct siege *siege = siege_open(NULL);
    struct attacker *attacker = attacker_open(siege, "publish", agent(siege));
    struct chain old = chain_start("events", "x-agent", 1), new = old, branch;
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    (void)chain_next(&old, "of the first life", &frame);
    cr_assert_eq(attacker_ask(attacker, frame.data, frame.size), 0);
    new = chain_start("events", "x-agent", UINT64_MAX);
    (void)chain_next(&new, "of a life after which there is none", &frame);
    cr_assert_eq(attacker_ask(attacker, frame.data, frame.size), SONGHUA__V1__CODE__CODE_MALFORMED);
    new = chain_start("events", "x-agent", ((uint64_t)1 << 48) + 1);
    memcpy(new.head, old.head, DIGEST_BYTES);
    branch = new;
    branch.head[0] ^= 1;
    (void)chain_next(&branch, "a life that begins elsewhere", &frame);
    cr_assert_eq(attacker_ask(attacker, frame.data, frame.size), SONGHUA__V1__CODE__CODE_LINK);
    (void)chain_next(&new, "of the last life", &frame);
    cr_assert_eq(attacker_ask(attacker, frame.data, frame.size), 0);
    for (int i = 0; i < 100; i++) {
        (void)chain_next(&old, "of the dead", &frame);
        cr_assert_eq(attacker_ask(attacker, frame.data, frame.size),
                     SONGHUA__V1__CODE__CODE_FENCED);
    }
    buffer_fini(&frame);
    attacker_close(&attacker);
    siege_close(&siege, "zombies", "x-");
}

/* --- too much --------------------------------------------------------------------------------- */

/* MEGABYTES in one message of many frames, each of a size that is allowed. A client's ZeroMQ sends it once it
 * is whole; the broker's must not keep it until then. */
Test(fault_hostile, a_message_without_end_takes_no_memory, .timeout = 600)
{
    static unsigned char part[1 << 20];
    static const char *const extra[] = {"--memory-limit", "64MiB", NULL};
    struct siege *siege = siege_open(extra);
    double before = siege_memory_kib(siege), most = before;
    struct attacker *attacker = attacker_open(siege, "publish", agent(siege));
    const uint64_t parts = from_environment("MEGABYTES", 512) * 1024 * 1024 / sizeof part;
    for (uint64_t i = 0; i < parts; i++)
        cr_assert(attacker_send(attacker, part, sizeof part, i + 1 < parts, 5000));
    for (int i = 0; i < 60; i++) {
        siege_serves(siege);
        most = siege_memory_kib(siege) > most ? siege_memory_kib(siege) : most;
    }
    fprintf(stderr, "hostile: a message of %lu MiB: the broker grew by %.0f KiB\n",
            (unsigned long)parts, most - before);
    cr_assert_lt(most - before, 192 * 1024, "the broker has grown by %.0f KiB", most - before);
    cr_assert(siege_log_says(siege, "memory.guard"));
    attacker_close(&attacker);
    siege_close(&siege, "a message without end", NULL);
}

/* NAMES from one key: a limit holds, whatever comes above it is refused. */
Test(fault_hostile, a_million_names_from_one_key_end_at_the_limit, .timeout = 1800)
{
    enum { LIMIT = 200, WINDOW = 500 };
    static const char *const extra[] = {"--max-producers", "200", NULL};
    struct siege *siege = siege_open(extra);
    const uint64_t names = from_environment("NAMES", 50000);
    struct attacker *attacker = attacker_open(siege, "publish", agent(siege));
    struct buffer frame;
    uint64_t heard = 0, stored = 0, throttled = 0;
    double after_limit = 0;
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    for (uint64_t i = 0; i < names || heard < names;) {
        if (i < names && i - heard < WINDOW) {
            char name[NAME_MAX_BYTES];
            snprintf(name, sizeof name, "x-agent.%lu", (unsigned long)i++);
            struct chain chain = chain_start("events", name, 1);
            (void)chain_next(&chain, "payload", &frame);
            cr_assert(attacker_send(attacker, frame.data, frame.size, false, WAIT_MS));
            continue;
        }
        int code = attacker_hear(attacker, WAIT_MS);
        cr_assert(code == SONGHUA__V1__CODE__CODE_OK || code == SONGHUA__V1__CODE__CODE_THROTTLED,
                  "%d", code);
        stored += code == SONGHUA__V1__CODE__CODE_OK;
        throttled += code == SONGHUA__V1__CODE__CODE_THROTTLED;
        if (++heard % 1000 == 0)
            siege_step(siege);
        if (heard == 10000)
            after_limit = siege_memory_kib(siege);
    }
    cr_assert_eq(throttled, names - LIMIT);
    cr_assert_eq(stored, LIMIT);
    if (after_limit > 0)
        cr_assert_lt(siege_memory_kib(siege) - after_limit, 16 * 1024, "memory grows");
    buffer_fini(&frame);
    attacker_close(&attacker);
    siege_close(&siege, "names without end", "x-");
}
