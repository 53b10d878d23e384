/* SIGKILL of agent, scorer and alerter while figures come in: the record holds each figure once and in
 * order, and scores and alerts are those of a pipeline that nobody killed. */
#include "proto/base/clock.h"
#include "tests/support/pipeline.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 20211220, ROUNDS = 30, KILL_WITHIN_US = 40000 };

static unsigned rounds(void)
{
    const char *text = getenv("ROUNDS");
    return (unsigned)(text && atoi(text) > 0 ? atoi(text) : ROUNDS);
}

static struct pipeline *open_pipeline(void)
{
    struct pipeline *pipeline = pipeline_new("1GiB");
    for (enum pipeline_program i = 0; i < PIPELINE_PROGRAMS; i++)
        pipeline_start(pipeline, i);
    pipeline_publish_framework(pipeline);
    return pipeline;
}

struct outcome {
    char *events, *scores, *alerts;
};

static struct outcome close_pipeline(struct pipeline **pipeline)
{
    pipeline_await(*pipeline);
    pipeline_verify(*pipeline);
    struct outcome outcome = {pipeline_read(*pipeline, "events"),
                              pipeline_read(*pipeline, "scores"),
                              pipeline_read(*pipeline, "alerts")};
    pipeline_free(pipeline);
    return outcome;
}

static void free_outcome(struct outcome *outcome)
{
    free(outcome->events);
    free(outcome->scores);
    free(outcome->alerts);
}

static struct outcome run_undisturbed(unsigned editions)
{
    struct pipeline *pipeline = open_pipeline();
    for (unsigned i = 1; i <= editions; i++)
        pipeline_submit(pipeline, i);
    return close_pipeline(&pipeline);
}

/* The moment of the kill is drawn from the seed; nothing is waited for. */
static void let_pass(uint64_t us)
{
    uint64_t end_us = clock_monotonic_us() + us;
    while (clock_monotonic_us() < end_us)
        poll(NULL, 0, 0);
}

static void kill_and_restart(struct pipeline *pipeline, enum pipeline_program victim)
{
    pipeline_stop(pipeline, victim, true);
    pipeline_start(pipeline, victim);
}

static struct outcome run_disturbed(unsigned editions)
{
    unsigned short random[3] = {SEED & 0xffff, SEED >> 16, 0};
    struct pipeline *pipeline = open_pipeline();
    for (unsigned i = 1; i <= editions; i++) {
        pipeline_submit(pipeline, i);
        let_pass((uint64_t)(nrand48(random) % KILL_WITHIN_US));
        kill_and_restart(pipeline, i % PIPELINE_PROGRAMS);
    }
    return close_pipeline(&pipeline);
}

/* --- at each call ------------------------------------------------------------------------------ */

/* The program is killed at its n-th write, flush or sending; figures come in until it is. Returns how many
 * editions that took. */
static unsigned live_and_die(struct pipeline *pipeline, enum pipeline_program victim,
                             const char *when, unsigned edition)
{
    struct world *world = pipeline_world(pipeline);
    unsigned first = edition;
    cr_assert_eq(setenv("FAULT_KILL", when, 1), 0);
    cr_assert_eq(setenv("LD_PRELOAD", world_library(world, "libfaultkill.so"), 1), 0);
    pipeline_stop(pipeline, victim, false);
    pid_t pid = pipeline_launch(pipeline, victim);
    unsetenv("LD_PRELOAD");
    unsetenv("FAULT_KILL");
    while (world_is_running(world, pid))
        edition += pipeline_try_submit(pipeline, edition + 1);
    pipeline_stop(pipeline, victim, true);
    pipeline_start(pipeline, victim);
    return edition - first;
}

static struct outcome run_killed_at_calls(unsigned places, unsigned *editions)
{
    static const char *const calls[] = {"write", "flush", "send"};
    char when[32];
    struct pipeline *pipeline = open_pipeline();
    *editions = 0;
    for (unsigned nth = 1; nth <= places; nth++)
        for (unsigned i = 0; i < 3 * PIPELINE_PROGRAMS; i++) {
            snprintf(when, sizeof when, "%s:%u:%s", calls[i % 3], nth,
                     (nth + i) % 2 ? "before" : "after");
            *editions += live_and_die(pipeline, i / 3, when, *editions);
        }
    return close_pipeline(&pipeline);
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void expect_as_undisturbed(struct outcome *found, unsigned editions, const char *what)
{
    struct outcome expected = run_undisturbed(editions);
    cr_assert_eq(count_lines(expected.events), editions * PIPELINE_ROWS + 1, "and the framework");
    cr_assert_gt(count_lines(expected.scores), editions);
    cr_assert_gt(count_lines(expected.alerts), 2);
    cr_assert(!strcmp(found->events, expected.events), "the events differ");
    cr_assert(!strcmp(found->scores, expected.scores), "the scores differ");
    cr_assert(!strcmp(found->alerts, expected.alerts), "the alerts differ");
    fprintf(stderr, "kill: %s: %zu events, %zu scores, %zu alerts, as undisturbed\n", what,
            count_lines(found->events), count_lines(found->scores), count_lines(found->alerts));
    free_outcome(&expected);
    free_outcome(found);
}

Test(fault_kill_services, effects_are_those_of_a_pipeline_that_nobody_killed, .timeout = 7200)
{
    char what[100];
    unsigned editions = rounds() * PIPELINE_PROGRAMS;
    struct outcome found = run_disturbed(editions);
    snprintf(what, sizeof what, "seed %d, %u rounds of agent, scorer and alerter", SEED, editions);
    expect_as_undisturbed(&found, editions, what);
}

Test(fault_kill_services, effects_are_the_same_whichever_call_was_the_last, .timeout = 7200)
{
    char what[100];
    unsigned editions, places = rounds() / 5;
    struct outcome found = run_killed_at_calls(places, &editions);
    snprintf(what, sizeof what, "agent, scorer and alerter at %u writes, flushes and sendings",
             places * 3 * PIPELINE_PROGRAMS);
    expect_as_undisturbed(&found, editions, what);
}
