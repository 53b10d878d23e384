/* What networks do, between a broker's process and clients that know nothing of it. Senders and followers
 * each stand behind a proxy of their own. */
#include "tests/support/follower.h"
#include "tests/support/proxy.h"
#include "tests/support/sender.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEED = 20250101, SENDERS = 12, FOLLOWERS = 4, LANES = SENDERS + FOLLOWERS };

struct lane {
    struct proxy *proxy;
    struct sender *sender;     /* or … */
    struct follower *follower; /* … this */
    char name[32];
    uint64_t acts_seen;
};

struct stage {
    struct world *world;
    struct lane lanes[LANES];
    unsigned short random[3];
};

static int from_environment(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text && atoi(text) > 0 ? atoi(text) : otherwise;
}

static void open_lane(struct stage *stage, size_t place)
{
    struct lane *lane = &stage->lanes[place];
    bool is_sender = place < SENDERS;
    snprintf(lane->name, sizeof lane->name, is_sender ? "agent-%zu" : "reader-%zu", place);
    const struct identity *identity =
        world_identity(stage->world, lane->name, is_sender ? ROLE_AGENT : ROLE_READER, "*");
    lane->proxy = proxy_open(world_endpoint(stage->world, is_sender ? "publish" : "fetch"));
    if (!is_sender) {
        lane->follower = follower_open(stage->world, lane->name, identity, "events",
                                       proxy_endpoint(lane->proxy));
        return;
    }
    const struct sender_options options = {.world = stage->world,
                                           .name = lane->name,
                                           .identity = identity,
                                           .endpoint = proxy_endpoint(lane->proxy),
                                           .region = 220100,
                                           .waiting_max = 4,
                                           .payload_bytes = 200,
                                           .ack_timeout_ms = 400};
    lane->sender = sender_open(&options);
}

static void open_stage(struct stage *stage)
{
    static const char *const extra[] = {"--journal-size", "256MiB", NULL};
    *stage = (struct stage){.world = world_new(), .random = {SEED & 0xffff, SEED >> 16, 0}};
    world_start_broker(stage->world, extra);
    for (size_t i = 0; i < LANES; i++)
        open_lane(stage, i);
}

static void step(struct lane *lane)
{
    if (lane->sender)
        (void)sender_step(lane->sender, 0);
    else
        follower_step(lane->follower, 0);
}

static void step_all(struct stage *stage)
{
    for (size_t i = 0; i < LANES; i++)
        step(&stage->lanes[i]);
}

/* Nothing waits any more. */
static void drain(struct stage *stage)
{
    for (size_t i = 0; i < SENDERS; i++)
        while (sender_waiting(stage->lanes[i].sender))
            (void)sender_drain_step(stage->lanes[i].sender, 10);
}

static uint64_t acknowledged(const struct stage *stage)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SENDERS; i++)
        sum += sender_acknowledged(stage->lanes[i].sender);
    return sum;
}

static uint64_t acts(struct stage *stage)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < LANES; i++)
        sum += proxy_counts(stage->lanes[i].proxy).acts;
    return sum;
}

/* The network is well again: everything arrives, once; then P0. */
static void close_stage(struct stage *stage, const char *what)
{
    char line[HISTORY_LINE_BYTES];
    struct history *history = history_new();
    uint64_t met = acts(stage);
    for (size_t i = 0; i < LANES; i++)
        proxy_heal(stage->lanes[i].proxy);
    drain(stage);
    uint64_t total = acknowledged(stage);
    for (size_t i = SENDERS; i < LANES; i++)
        while (follower_last(stage->lanes[i].follower) < total)
            follower_step(stage->lanes[i].follower, 50);
    cr_assert_eq(world_stop_broker(stage->world, false), 0);
    for (size_t i = 0; i < SENDERS; i++)
        sender_tell(stage->world, stage->lanes[i].name, history);
    sender_tell_journal(stage->world, "events", NULL, history);
    for (size_t i = SENDERS; i < LANES; i++)
        follower_tell(stage->lanes[i].follower, history);
    bool is_good = history_verdict(history, line);
    cr_assert(is_good, "%s, seed %d: %s", what, SEED, line);
    fprintf(stderr, "network %s: seed %d, %lu connections met it: %s\n", what, SEED,
            (unsigned long)met, line);
    history_free(&history);
    for (size_t i = 0; i < LANES; i++) {
        sender_close(&stage->lanes[i].sender);
        follower_close(&stage->lanes[i].follower);
        proxy_close(&stage->lanes[i].proxy);
    }
    world_free(&stage->world);
}

/* --- cuts ------------------------------------------------------------------------------------- */

/* Each connection of the lane, the present one too, is reset after `bytes` in that direction. A rule for the
 * next alone would come too late where the client is quicker than we are. */
static void cut_after(struct lane *lane, enum proxy_way way, uint64_t bytes)
{
    proxy_rule(lane->proxy, way, &(struct proxy_rule){.act = PROXY_CUT, .after_bytes = bytes});
}

/* The lane's last cut has happened. */
static bool is_cut(struct lane *lane)
{
    uint64_t seen = proxy_counts(lane->proxy).acts;
    bool is_new = seen != lane->acts_seen;
    lane->acts_seen = seen;
    return is_new;
}

/* Cut every connection, each some bytes later than the one before it, from the greeting through the
 * handshake into the batches. The lanes share the places among them. */
static void cut_everywhere(struct stage *stage, size_t first, size_t last, enum proxy_way way,
                           uint64_t bytes_max, uint64_t stride)
{
    uint64_t place = 0;
    for (size_t i = first; i < last; i++, place += stride) {
        (void)is_cut(&stage->lanes[i]);
        cut_after(&stage->lanes[i], way, place);
    }
    while (place < bytes_max) {
        step_all(stage);
        for (size_t i = first; i < last; i++) {
            if (!is_cut(&stage->lanes[i]))
                continue;
            cut_after(&stage->lanes[i], way, place);
            place += stride;
        }
    }
    for (size_t i = first; i < last; i++)
        proxy_heal(stage->lanes[i].proxy);
}

/* STRIDE=1 is every byte. */
Test(fault_network, cuts_inside_handshakes_and_batches_lose_and_double_nothing, .timeout = 1800)
{
    struct stage stage;
    const uint64_t stride = (uint64_t)from_environment("STRIDE", 7);
    open_stage(&stage);
    cut_everywhere(&stage, 0, SENDERS, PROXY_TO_BROKER, 1600, stride);
    cut_everywhere(&stage, 0, SENDERS, PROXY_TO_CLIENT, 800, stride);
    cut_everywhere(&stage, SENDERS, LANES, PROXY_TO_BROKER, 800, 3 * stride);
    cut_everywhere(&stage, SENDERS, LANES, PROXY_TO_CLIENT, 1600, 3 * stride);
    close_stage(&stage, "cuts");
}

/* --- what does not close the connection ------------------------------------------------------- */

enum { HANDSHAKE_BYTES = 700 };

static void meet(struct stage *stage, struct lane *lane, enum proxy_act act, enum proxy_way way,
                 uint32_t connections)
{
    const struct proxy_rule rule = {.act = act,
                                    .after_bytes =
                                        HANDSHAKE_BYTES + (uint64_t)(nrand48(stage->random) % 3000),
                                    .connections = connections};
    proxy_rule(lane->proxy, way, &rule);
}

/* Each connection of each sender meets the act, until each has met it `times` times; they have to find out by
 * themselves that nothing comes. The first follower meets it once, since it waits long for an answer. */
static void suffer(enum proxy_act act, enum proxy_way way, int times, const char *what)
{
    struct stage stage;
    int met[LANES] = {0}, left = SENDERS * times;
    open_stage(&stage);
    for (size_t i = 0; i < SENDERS; i++)
        meet(&stage, &stage.lanes[i], act, way, 0);
    meet(&stage, &stage.lanes[SENDERS], act, way, 1);
    proxy_cut(stage.lanes[SENDERS].proxy);
    while (left > 0) {
        step_all(&stage);
        for (size_t i = 0; i < SENDERS; i++) {
            if (!is_cut(&stage.lanes[i]) || met[i] == times)
                continue;
            left--;
            if (++met[i] < times)
                meet(&stage, &stage.lanes[i], act, way, 0);
            else
                proxy_heal(stage.lanes[i].proxy);
        }
    }
    uint64_t before = acknowledged(&stage);
    while (acknowledged(&stage) < before + SENDERS)
        step_all(&stage);
    close_stage(&stage, what);
}

Test(fault_network, lost_acknowledgements_are_asked_for_again, .timeout = 300)
{
    suffer(PROXY_SWALLOW, PROXY_TO_CLIENT, 5, "lost acknowledgements");
}

Test(fault_network, lost_batches_are_sent_again, .timeout = 300)
{
    suffer(PROXY_SWALLOW, PROXY_TO_BROKER, 5, "lost batches");
}

Test(fault_network, connections_that_only_one_side_believes_in_are_given_up, .timeout = 300)
{
    suffer(PROXY_HALF, PROXY_TO_BROKER, 5, "half-open connections");
}

Test(fault_network, a_stalled_connection_is_replaced, .timeout = 300)
{
    suffer(PROXY_STALL, PROXY_TO_BROKER, 3, "stalls");
}

Test(fault_network, a_slow_network_delays_and_nothing_else, .timeout = 300)
{
    struct stage stage;
    open_stage(&stage);
    for (size_t i = 0; i < LANES; i++)
        for (enum proxy_way way = 0; way < PROXY_WAYS; way++)
            proxy_rule(stage.lanes[i].proxy, way,
                       &(struct proxy_rule){.delay_ms = (uint32_t)(5 + 5 * (i % 4))});
    while (acknowledged(&stage) < SENDERS * 100ul)
        step_all(&stage);
    close_stage(&stage, "delays");
}
