/* Partitions in a network of the test's own: a new network namespace whose loopback is taken down and put
 * up again, and in which nftables drops what goes one way. Needs root; says why where it cannot run. */
#include "proto/base/clock.h"
#include "tests/support/follower.h"
#include "tests/support/sender.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SENDERS = 4, ROUNDS = 6, PARTITION_MS = 700 };

struct stage {
    struct world *world;
    struct sender *senders[SENDERS];
    struct follower *follower;
};

static bool set_loopback(bool is_up)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_set = fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &request);
    if (is_set) {
        request.ifr_flags =
            (short)(is_up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
        is_set = !ioctl(fd, SIOCSIFFLAGS, &request);
    }
    close(fd);
    return is_set;
}

/* False: it was said why. */
static bool enter_network_of_our_own(void)
{
    if (!unshare(CLONE_NEWNET) && set_loopback(true))
        return true;
    fprintf(stderr, "partition: skipped: no network namespace of our own: %s\n", strerror(errno));
    return false;
}

static void open_stage(struct stage *stage)
{
    static const char *const extra[] = {"--journal-size", "256MiB", NULL};
    *stage = (struct stage){.world = world_new()};
    world_start_broker(stage->world, extra);
    for (size_t i = 0; i < SENDERS; i++) {
        char name[32];
        snprintf(name, sizeof name, "agent-%zu", i);
        const struct sender_options options = {
            .world = stage->world,
            .name = name,
            .identity = world_identity(stage->world, name, ROLE_AGENT, "*"),
            .region = 220100,
            .ack_timeout_ms = 300};
        stage->senders[i] = sender_open(&options);
    }
    stage->follower =
        follower_open(stage->world, "reader",
                      world_identity(stage->world, "reader", ROLE_READER, "*"), "events", NULL);
}

static void step(struct stage *stage)
{
    for (size_t i = 0; i < SENDERS; i++)
        (void)sender_step(stage->senders[i], 0);
    follower_step(stage->follower, 0);
}

static uint64_t acknowledged(const struct stage *stage)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SENDERS; i++)
        sum += sender_acknowledged(stage->senders[i]);
    return sum;
}

static void step_until_more(struct stage *stage, uint64_t more)
{
    uint64_t from = acknowledged(stage);
    while (acknowledged(stage) < from + more)
        step(stage);
}

/* The fault itself lasts so long; everybody goes on trying. */
static void step_through(struct stage *stage, uint64_t ms)
{
    uint64_t end_us = clock_monotonic_us() + ms * 1000;
    while (clock_monotonic_us() < end_us)
        step(stage);
}

static void close_stage(struct stage *stage, const char *what)
{
    char line[HISTORY_LINE_BYTES], name[32];
    struct history *history = history_new();
    for (size_t i = 0; i < SENDERS; i++)
        while (sender_waiting(stage->senders[i]))
            (void)sender_drain_step(stage->senders[i], 10);
    while (follower_last(stage->follower) < acknowledged(stage))
        follower_step(stage->follower, 50);
    cr_assert_eq(world_stop_broker(stage->world, false), 0);
    for (size_t i = 0; i < SENDERS; i++) {
        snprintf(name, sizeof name, "agent-%zu", i);
        sender_tell(stage->world, name, history);
        sender_close(&stage->senders[i]);
    }
    sender_tell_journal(stage->world, "events", NULL, history);
    follower_tell(stage->follower, history);
    bool is_good = history_verdict(history, line);
    cr_assert(is_good, "%s: %s", what, line);
    fprintf(stderr, "partition %s: %d rounds: %s\n", what, ROUNDS, line);
    history_free(&history);
    follower_close(&stage->follower);
    world_free(&stage->world);
}

Test(fault_partition, a_network_that_is_gone_for_a_while_loses_nothing, .timeout = 300)
{
    struct stage stage;
    if (!enter_network_of_our_own())
        return;
    open_stage(&stage);
    for (int i = 0; i < ROUNDS; i++) {
        step_until_more(&stage, 100);
        cr_assert(set_loopback(false));
        step_through(&stage, PARTITION_MS);
        cr_assert(set_loopback(true));
    }
    step_until_more(&stage, 100);
    close_stage(&stage, "both ways");
}

/* One command of nft; %s is the argument. It acts in the test's own network namespace. */
static bool nft(struct stage *stage, const char *format, const char *argument)
{
    char line[256], *output;
    snprintf(line, sizeof line, format, argument);
    int code = world_run(stage->world, "/usr/sbin/nft", (const char *const[]){line, NULL}, &output);
    free(output);
    return code == 0;
}

/* Drop what comes from, or goes to, the broker's publish port. */
Test(fault_partition, packets_that_pass_one_way_only_lose_nothing, .timeout = 300)
{
    struct stage stage;
    static const char *const ways[] = {"add rule inet fault out tcp sport %s drop",
                                       "add rule inet fault out tcp dport %s drop"};
    if (!enter_network_of_our_own())
        return;
    open_stage(&stage);
    if (!nft(&stage, "add table inet fault%s", "") ||
        !nft(&stage, "add chain inet fault out { type filter hook output priority 0; }%s", "")) {
        fprintf(stderr, "partition: skipped: nftables is not installed or not in the kernel\n");
        world_free(&stage.world);
        return;
    }
    const char *port = strrchr(world_endpoint(stage.world, "publish"), ':') + 1;
    for (int i = 0; i < ROUNDS; i++) {
        step_until_more(&stage, 100);
        cr_assert(nft(&stage, ways[i % 2], port));
        step_through(&stage, PARTITION_MS);
        cr_assert(nft(&stage, "flush chain inet fault out%s", ""));
    }
    step_until_more(&stage, 100);
    close_stage(&stage, "one way");
}
