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

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

Test(fault_kill_services, effects_are_those_of_a_pipeline_that_nobody_killed, .timeout = 7200)
{
    unsigned editions = rounds() * PIPELINE_PROGRAMS;
    struct outcome expected = run_undisturbed(editions), found = run_disturbed(editions);
    cr_assert_eq(count_lines(expected.events), editions * PIPELINE_ROWS + 1, "and the framework");
    cr_assert_gt(count_lines(expected.scores), editions);
    cr_assert_gt(count_lines(expected.alerts), 2);
    cr_assert(!strcmp(found.events, expected.events), "the events differ");
    cr_assert(!strcmp(found.scores, expected.scores), "the scores differ");
    cr_assert(!strcmp(found.alerts, expected.alerts), "the alerts differ");
    fprintf(stderr,
            "kill: seed %d, %u rounds of agent, scorer and alerter: %zu events, %zu scores, "
            "%zu alerts, as undisturbed\n",
            SEED, editions, count_lines(found.events), count_lines(found.scores),
            count_lines(found.alerts));
    free_outcome(&expected);
    free_outcome(&found);
}
