/* Each allocation fails in turn, in every program: it ends with an error or does its work as always, never by
 * a signal; and what it left behind can be gone on with. */
#include "tests/support/gauge.h"
#include "tests/support/pipeline.h"
#include "tests/support/sender.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EACH = 24, PATH_BYTES = 256 };

/* False: it was said why. */
static bool can_run(void)
{
    if (GAUGE_HAS_SANITIZER)
        fprintf(stderr, "memory: skipped: malloc is the sanitizer's\n");
    return !GAUGE_HAS_SANITIZER;
}

/* What we end it with is no finding: it may come before the program has set up how it ends. */
static int end_softly(struct world *world, pid_t pid)
{
    world_signal(world, pid, SIGTERM);
    int code = world_wait(world, pid);
    return code == -SIGTERM ? 0 : code;
}

/* 1, 2, 3 … and later in larger steps; EVERY=1 for each. */
static unsigned long after(unsigned long nth)
{
    return nth < EACH || getenv("EVERY") ? nth + 1 : nth + nth / 3;
}

struct scarcity {
    char met[PATH_BYTES], library[PATH_BYTES];
};

static void plan(struct scarcity *scarcity, struct world *world)
{
    snprintf(scarcity->met, sizeof scarcity->met, "%s", world_path(world, "met"));
    snprintf(scarcity->library, sizeof scarcity->library, "%s",
             world_library(world, "libfaultmemory.so"));
}

static void begin(struct scarcity *scarcity, unsigned long nth)
{
    char text[32];
    snprintf(text, sizeof text, "%lu%s", nth, nth % 2 ? "" : "+"); /* one, or all from there on */
    unlink(scarcity->met);
    setenv("FAULT_MEMORY", text, 1);
    setenv("FAULT_MEMORY_MET", scarcity->met, 1);
    setenv("LD_PRELOAD", scarcity->library, 1);
}

static void end(void)
{
    unsetenv("LD_PRELOAD");
    unsetenv("FAULT_MEMORY");
}

static bool is_met(const struct scarcity *scarcity)
{
    return access(scarcity->met, F_OK) == 0;
}

/* --- commands that change nothing -------------------------------------------------------------- */

static const char *const commands[][8] = {
    {"songhua-scorer", "evaluate", "--framework", "deploy/framework/jilin-2021.yaml", "--as-of",
     "2024-06-01", "deploy/data/220000.csv", NULL},
    {"songhua-scorer", "framework", "check", "deploy/framework/jilin-2021.yaml", NULL},
    {"songhua-agent", "check", "--framework", "deploy/framework/jilin-2021.yaml", "--region",
     "220000", "deploy/data/220000.csv", NULL},
    {"songhua-scorer", "evaluate", "--help", NULL}};

Test(fault_memory, commands_answer_as_always_or_say_that_they_cannot, .timeout = 1800)
{
    struct scarcity scarcity;
    if (!can_run())
        return;
    struct world *world = world_new();
    plan(&scarcity, world);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char *expected, *output;
        unsigned long runs = 0;
        int good = world_run(world, commands[i][0], &commands[i][1], &expected);
        for (unsigned long nth = 1;; nth = after(nth), runs++) {
            begin(&scarcity, nth);
            int code = world_run(world, commands[i][0], &commands[i][1], &output);
            end();
            cr_assert_geq(code, 0, "%s %s ended by signal %d when allocation %lu failed",
                          commands[i][0], commands[i][1], -code, nth);
            cr_expect(code != good || !strcmp(output, expected),
                      "%s %s said something else when allocation %lu failed", commands[i][0],
                      commands[i][1], nth);
            free(output);
            if (!is_met(&scarcity))
                break;
        }
        fprintf(stderr, "memory: %s %s: %lu allocations failed in turn\n", commands[i][0],
                commands[i][1], runs);
        free(expected);
    }
    world_free(&world);
}

/* --- publishing, serving, judging -------------------------------------------------------------- */

static struct pipeline *open_pipeline(struct scarcity *scarcity)
{
    struct pipeline *pipeline = pipeline_new("256MiB");
    plan(scarcity, pipeline_world(pipeline));
    pipeline_start(pipeline, PIPELINE_SCORER);
    pipeline_start(pipeline, PIPELINE_ALERTER);
    pipeline_publish_framework(pipeline);
    return pipeline;
}

static void close_pipeline(struct pipeline **pipeline, unsigned editions, const char *what,
                           unsigned long runs)
{
    size_t lines = 0;
    pipeline_await(*pipeline);
    pipeline_verify(*pipeline);
    char *events = pipeline_read(*pipeline, "events");
    for (const char *at = events; *at; at++)
        lines += *at == '\n';
    cr_assert_eq(lines, editions * PIPELINE_ROWS + 1, "each figure once");
    free(events);
    fprintf(stderr, "memory: %s: %lu allocations failed in turn, %u editions, each figure once\n",
            what, runs, editions);
    pipeline_free(pipeline);
}

/* The agent's command does all itself here: outbox, publisher, acknowledgement. */
Test(fault_memory, a_submission_that_failed_is_made_again_and_counts_once, .timeout = 1800)
{
    struct scarcity scarcity;
    if (!can_run())
        return;
    struct pipeline *pipeline = open_pipeline(&scarcity);
    unsigned editions = 0;
    unsigned long nth = 1, runs = 0;
    do {
        begin(&scarcity, nth);
        editions++;
        (void)pipeline_try_submit_and_wait(pipeline, editions);
        end();
        pipeline_submit(pipeline, editions);
        nth = after(nth);
        runs++;
    } while (is_met(&scarcity));
    pipeline_start(pipeline, PIPELINE_AGENT);
    close_pipeline(&pipeline, editions, "songhua-agent submit", runs);
}

/* A service lives until it has met its failure, and on if it can. */
static void scarce_service(enum pipeline_program program, const char *name)
{
    struct scarcity scarcity;
    struct pipeline *pipeline = open_pipeline(&scarcity);
    struct world *world = pipeline_world(pipeline);
    unsigned editions = 0;
    unsigned long nth = 1, runs = 0;
    pipeline_start(pipeline, PIPELINE_AGENT);
    for (; nth < 1500; nth = after(nth), runs++) {
        pipeline_stop(pipeline, program, false);
        begin(&scarcity, nth);
        pid_t pid = pipeline_launch(pipeline, program);
        end();
        while (world_is_running(world, pid) && !is_met(&scarcity))
            pipeline_submit(pipeline, ++editions);
        pipeline_submit(pipeline, ++editions);
        int code = end_softly(world, pid);
        cr_assert_geq(code, 0, "%s ended by signal %d when allocation %lu failed", name, -code,
                      nth);
        pipeline_start(pipeline, program);
    }
    close_pipeline(&pipeline, editions, name, runs);
}

Test(fault_memory, the_scorer_ends_or_goes_on_and_nothing_is_left_out, .timeout = 1800)
{
    if (!can_run())
        return;
    scarce_service(PIPELINE_SCORER, "songhua-scorer run");
}

Test(fault_memory, the_alerter_ends_or_goes_on_and_nothing_is_left_out, .timeout = 1800)
{
    if (!can_run())
        return;
    scarce_service(PIPELINE_ALERTER, "songhua-alerter run");
}

Test(fault_memory, the_broker_ends_or_goes_on_and_keeps_its_word, .timeout = 1800)
{
    struct scarcity scarcity;
    if (!can_run())
        return;
    char line[HISTORY_LINE_BYTES];
    struct world *world = world_new();
    struct history *history = history_new();
    const struct identity *agent = world_identity(world, "agent", ROLE_AGENT, "*");
    unsigned long runs = 0;
    plan(&scarcity, world);
    world_start_broker(world, (const char *const[]){"--journal-size", "256MiB", NULL});
    struct sender *sender = sender_open(&(struct sender_options){
        .world = world, .name = "agent", .identity = agent, .region = 220100});
    cr_assert_eq(world_stop_broker(world, false), 0);
    for (unsigned long nth = 1; nth < 4000; nth = after(nth), runs++) {
        begin(&scarcity, nth);
        pid_t pid = world_launch_broker(world);
        end();
        while (world_is_running(world, pid) && !is_met(&scarcity))
            (void)sender_step(sender, 2);
        for (int i = 0; i < 100 && world_is_running(world, pid); i++)
            (void)sender_step(sender, 1);
        int code = end_softly(world, pid);
        cr_assert_geq(code, 0, "the broker ended by signal %d when allocation %lu failed", -code,
                      nth);
    }
    world_start_broker(world, NULL);
    while (sender_waiting(sender))
        (void)sender_drain_step(sender, 10);
    sender_close(&sender);
    cr_assert_eq(world_stop_broker(world, false), 0);
    sender_tell(world, "agent", history);
    sender_tell_journal(world, "events", NULL, history);
    cr_assert(history_verdict(history, line), "%s", line);
    fprintf(stderr, "memory: songhua-broker run: %lu allocations failed in turn: %s\n", runs, line);
    history_free(&history);
    world_free(&world);
}
