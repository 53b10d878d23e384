/* SIGKILL of the broker and of its client at places of the history that SEED chooses, under load. */
#include "tests/support/sender.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEED = 20211220, ROUNDS = 60, ACKNOWLEDGED_MAX = 100 };

struct stage {
    struct world *world;
    struct sender_options options;
    int told; /* from the client; at its end when the client has died */
    pid_t client;
};

static int rounds(void)
{
    const char *text = getenv("ROUNDS");
    return text ? 2 * atoi(text) : ROUNDS;
}

static void start_broker(struct stage *stage)
{
    static const char *const extra[] = {"--journal-size", "256MiB", NULL};
    world_start_broker(stage->world, extra);
}

static void start_client(struct stage *stage)
{
    stage->client = sender_start(&stage->options, &stage->told);
}

static void kill_client(struct stage *stage)
{
    int status;
    cr_assert_eq(kill(stage->client, SIGKILL), 0);
    cr_assert_eq(waitpid(stage->client, &status, 0), stage->client);
    close(stage->told);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the client ended by itself");
}

/* The broker is dead: its journal against the client's history. */
static void check(struct stage *stage, int round, bool is_last)
{
    char line[HISTORY_LINE_BYTES];
    struct history *history = history_new();
    sender_tell(stage->world, "agent", history);
    sender_tell_journal(stage->world, "events", NULL, history);
    bool is_good = history_verdict(history, line);
    cr_assert(is_good, "seed %d, round %d: %s", SEED, round, line);
    if (is_last)
        fprintf(stderr, "kill: seed %d, %d rounds: %s\n", SEED, round, line);
    history_free(&history);
}

static void await_acknowledgements(struct stage *stage, int count)
{
    char byte;
    for (int i = 0; i < count; i++)
        cr_assert_eq(read(stage->told, &byte, 1), 1, "the client has died");
}

/* Every other round the broker is killed, in the rest the client, whose outbox outlives it. */
Test(fault_kill, nothing_acknowledged_is_lost_or_doubled_by_kills_of_either_side, .timeout = 7200)
{
    struct stage stage = {.world = world_new()};
    unsigned short state[3] = {SEED & 0xffff, SEED >> 16, 0};
    int count = rounds();
    stage.options =
        (struct sender_options){.world = stage.world,
                                .name = "agent",
                                .identity = world_identity(stage.world, "agent", ROLE_AGENT, "*"),
                                .region = 220100};
    start_broker(&stage);
    start_client(&stage);
    for (int round = 1; round <= count; round++) {
        await_acknowledgements(&stage, 1 + (int)(nrand48(state) % ACKNOWLEDGED_MAX));
        if (round % 2) {
            kill_client(&stage);
            start_client(&stage);
        } else {
            cr_assert_eq(world_stop_broker(stage.world, true), -SIGKILL);
            check(&stage, round, round == count);
            start_broker(&stage);
        }
    }
    kill_client(&stage);
    world_free(&stage.world);
}
