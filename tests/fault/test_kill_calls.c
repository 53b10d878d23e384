/* SIGKILL of the broker before or after its n-th write, flush or sending, from its very start on. */
#include "tests/support/sender.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { SENDERS = 3, PLACES = 14, CHECK_EVERY = 7 };
static const char *const calls[] = {"write", "flush", "send"};

struct stage {
    struct world *world;
    struct sender *senders[SENDERS];
    char names[SENDERS][16];
};

static unsigned places(void)
{
    const char *text = getenv("ROUNDS");
    return (unsigned)(text && atoi(text) > 0 ? atoi(text) : PLACES);
}

static void open_stage(struct stage *stage)
{
    static const char *const extra[] = {"--journal-size", "256MiB", NULL};
    *stage = (struct stage){.world = world_new()};
    for (size_t i = 0; i < SENDERS; i++) {
        snprintf(stage->names[i], sizeof stage->names[i], "agent-%zu", i);
        (void)world_identity(stage->world, stage->names[i], ROLE_AGENT, "*");
    }
    world_start_broker(stage->world, extra);
    for (size_t i = 0; i < SENDERS; i++) {
        const struct sender_options options = {
            .world = stage->world,
            .name = stage->names[i],
            .identity = world_identity(stage->world, stage->names[i], ROLE_AGENT, "*"),
            .region = 220100};
        stage->senders[i] = sender_open(&options);
    }
    cr_assert_eq(world_stop_broker(stage->world, false), 0);
}

static void check(struct stage *stage, const char *when, char line[HISTORY_LINE_BYTES])
{
    struct history *history = history_new();
    for (size_t i = 0; i < SENDERS; i++)
        sender_tell(stage->world, stage->names[i], history);
    sender_tell_journal(stage->world, "events", NULL, history);
    cr_assert(history_verdict(history, line), "after %s: %s", when, line);
    history_free(&history);
}

/* The senders go on until the broker has met its end. */
static void live_and_die(struct stage *stage, const char *when)
{
    cr_assert_eq(setenv("FAULT_KILL", when, 1), 0);
    cr_assert_eq(setenv("LD_PRELOAD", world_library(stage->world, "libfaultkill.so"), 1), 0);
    pid_t pid = world_launch_broker(stage->world);
    unsetenv("LD_PRELOAD");
    unsetenv("FAULT_KILL");
    while (world_is_running(stage->world, pid))
        for (size_t i = 0; i < SENDERS; i++)
            (void)sender_step(stage->senders[i], 2);
    cr_assert_eq(world_wait(stage->world, pid), -SIGKILL, "%s", when);
}

Test(fault_kill_calls, a_broker_killed_at_any_write_flush_or_sending_keeps_its_word,
     .timeout = 7200)
{
    struct stage stage;
    char line[HISTORY_LINE_BYTES], when[32];
    unsigned rounds = 0;
    open_stage(&stage);
    for (unsigned nth = 1; nth <= places(); nth++)
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
            snprintf(when, sizeof when, "%s:%u:%s", calls[i], nth,
                     (nth + i) % 2 ? "before" : "after");
            live_and_die(&stage, when);
            if (++rounds % CHECK_EVERY == 0)
                check(&stage, when, line);
        }
    check(&stage, when, line);
    fprintf(stderr, "kill: the broker at %u writes, flushes and sendings: %s\n", rounds, line);
    for (size_t i = 0; i < SENDERS; i++)
        sender_close(&stage.senders[i]);
    world_free(&stage.world);
}
