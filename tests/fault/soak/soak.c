/* A pipeline under load and mixed faults for MINUTES (30): each few seconds a kill, a restart, a cut, a stall
 * or a loss, from SEED. In the end P0 holds, scores and alerts follow from the record, and memory,
 * descriptors and files are as they were after the first minute. */
#include "proto/base/clock.h"
#include "tests/support/follower.h"
#include "tests/support/gauge.h"
#include "tests/support/pipeline.h"
#include "tests/support/proxy.h"
#include "tests/support/sender.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENDERS = 4, STEP_MS = 20, SUBMIT_EVERY_MS = 700, MEASURE_EVERY_MS = 5000 };

enum fault {
    KILL_AGENT,
    KILL_SCORER,
    KILL_ALERTER,
    KILL_BROKER,
    RESTART_BROKER,
    CUT,
    STALL,
    LOSE_ACKNOWLEDGEMENTS,
    LOSE_REQUESTS,
    HALF_OPEN,
    FAULTS
};
static const char *const fault_names[FAULTS] = {
    "agent killed", "scorer killed", "alerter killed",        "broker killed", "broker restarted",
    "cuts",         "stalls",        "acknowledgements lost", "requests lost", "half-open"};

enum { MEMORY, DESCRIPTORS = 4, STATES = 8, LOGS = 11, GAUGES };

struct soak {
    struct pipeline *pipeline;
    struct world *world;
    pid_t broker;
    struct proxy *publish, *fetch;
    struct sender *senders[SENDERS];
    struct follower *follower;
    unsigned editions;
    unsigned short random[3];
    unsigned counts[FAULTS];
    uint64_t start_us, heal_us, fault_us, submit_us, measure_us;
    struct gauge gauges[GAUGES];
};

static long draw(struct soak *soak, long most)
{
    return nrand48(soak->random) % most;
}

static const char *sender_name(size_t place)
{
    static const char *const names[SENDERS] = {"agent-a", "agent-b", "agent-c", "agent-d"};
    return names[place];
}

/* --- setting up ------------------------------------------------------------------------------- */

static void open_gauges(struct soak *soak)
{
    static const char *const names[GAUGES] = {
        "broker memory",      "agent memory",      "scorer memory",      "alerter memory",
        "broker descriptors", "agent descriptors", "scorer descriptors", "alerter descriptors",
        "agent files",        "scorer files",      "alerter files",      "logs"};
    for (size_t i = 0; i < GAUGES; i++) {
        bool is_descriptors = i >= DESCRIPTORS && i < STATES;
        soak->gauges[i] = (struct gauge){.name = names[i],
                                         .unit = is_descriptors ? "open" : "KiB",
                                         .allowed = is_descriptors ? 16 : 32 * 1024};
    }
}

static void open_soak(struct soak *soak, unsigned seed)
{
    *soak = (struct soak){.random = {(unsigned short)seed, (unsigned short)(seed >> 16), 0}};
    soak->pipeline = pipeline_new("4GiB");
    soak->world = pipeline_world(soak->pipeline);
    soak->publish = proxy_open(world_endpoint(soak->world, "publish"));
    soak->fetch = proxy_open(world_endpoint(soak->world, "fetch"));
    pipeline_talk_to(soak->pipeline, proxy_endpoint(soak->publish), proxy_endpoint(soak->fetch));
    for (enum pipeline_program i = 0; i < PIPELINE_PROGRAMS; i++)
        pipeline_start(soak->pipeline, i);
    pipeline_publish_framework(soak->pipeline);
    for (size_t i = 0; i < SENDERS; i++) {
        const char *name = sender_name(i);
        const struct sender_options options = {
            .world = soak->world,
            .name = name,
            .identity = world_identity(soak->world, name, ROLE_AGENT, "*"),
            .endpoint = proxy_endpoint(soak->publish),
            .region = 220100,
            .payload_bytes = 200};
        soak->senders[i] = sender_open(&options);
    }
    soak->follower = follower_open(soak->world, "follower",
                                   world_identity(soak->world, "reader", ROLE_READER, "*"),
                                   "events", proxy_endpoint(soak->fetch));
    open_gauges(soak);
    soak->broker = world_broker(soak->world);
    soak->start_us = clock_monotonic_us();
}

/* --- faults ----------------------------------------------------------------------------------- */

static void heal(struct soak *soak)
{
    proxy_heal(soak->publish);
    proxy_heal(soak->fetch);
    soak->heal_us = UINT64_MAX;
}

static void disturb(struct soak *soak, enum proxy_act act, enum proxy_way way)
{
    const struct proxy_rule rule = {.act = act, .after_bytes = 1 + (uint64_t)draw(soak, 20000)};
    proxy_rule(draw(soak, 2) ? soak->publish : soak->fetch, way, &rule);
    soak->heal_us = clock_monotonic_us() + 500000 + (uint64_t)draw(soak, 2000000);
}

static void kill_program(struct soak *soak, enum pipeline_program program)
{
    pipeline_stop(soak->pipeline, program, true);
    heal(soak); /* its start is waited for */
    pipeline_start(soak->pipeline, program);
}

static void end_broker(struct soak *soak, bool is_kill)
{
    int code = world_stop_broker(soak->world, is_kill);
    cr_assert_eq(code, is_kill ? -SIGKILL : 0, "the broker ended with %d", code);
    pipeline_start_broker(soak->pipeline);
    soak->broker = world_broker(soak->world);
}

static void inject(struct soak *soak)
{
    /* In every other two minutes the programs live, so that what they lose can add up. */
    bool is_calm = (clock_monotonic_us() - soak->start_us) / 120000000 % 2;
    enum fault fault = (enum fault)(is_calm ? CUT + draw(soak, FAULTS - CUT) : draw(soak, FAULTS));
    soak->counts[fault]++;
    switch (fault) {
    case KILL_AGENT:
    case KILL_SCORER:
    case KILL_ALERTER:
        kill_program(soak, (enum pipeline_program)(fault - KILL_AGENT));
        break;
    case KILL_BROKER:
    case RESTART_BROKER:
        end_broker(soak, fault == KILL_BROKER);
        break;
    case CUT:
        proxy_cut(draw(soak, 2) ? soak->publish : soak->fetch);
        break;
    case STALL:
        disturb(soak, PROXY_STALL, draw(soak, 2) ? PROXY_TO_BROKER : PROXY_TO_CLIENT);
        break;
    case LOSE_ACKNOWLEDGEMENTS:
        disturb(soak, PROXY_SWALLOW, PROXY_TO_CLIENT);
        break;
    case LOSE_REQUESTS:
        disturb(soak, PROXY_SWALLOW, PROXY_TO_BROKER);
        break;
    default:
        disturb(soak, PROXY_HALF, PROXY_TO_BROKER);
    }
}

/* --- load and gauges -------------------------------------------------------------------------- */

static uint64_t acknowledged(const struct soak *soak)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SENDERS; i++)
        sum += sender_acknowledged(soak->senders[i]);
    return sum;
}

static void measure(struct soak *soak, double minutes)
{
    const pid_t pids[] = {soak->broker, pipeline_pid(soak->pipeline, PIPELINE_AGENT),
                          pipeline_pid(soak->pipeline, PIPELINE_SCORER),
                          pipeline_pid(soak->pipeline, PIPELINE_ALERTER)};
    static const char *const states[] = {"state-agent", "state-scorer", "state-alerter"};
    for (size_t i = 0; i < 4; i++) {
        gauge_add(&soak->gauges[MEMORY + i], minutes, gauge_memory_kib(pids[i]));
        gauge_add(&soak->gauges[DESCRIPTORS + i], minutes, gauge_descriptors(pids[i]));
    }
    for (size_t i = 0; i < 3; i++)
        gauge_add(&soak->gauges[STATES + i], minutes,
                  gauge_folder_kib(world_path(soak->world, "%s", states[i])));
    double logs = 0;
    static const char *const names[] = {"broker", "agent-220000", "scorer", "alerter"};
    for (size_t i = 0; i < 4; i++)
        logs += gauge_file_kib(world_path(soak->world, "%s.log", names[i]));
    gauge_add(&soak->gauges[LOGS], minutes, logs);
}

static void show_progress(const struct soak *soak, double minutes)
{
    unsigned faults = 0;
    for (size_t i = 0; i < FAULTS; i++)
        faults += soak->counts[i];
    fprintf(
        stderr,
        "soak: %5.1f min, %u faults, %u editions, %lu batches acknowledged, %lu read; broker %.0f "
        "KiB, %.0f descriptors\n",
        minutes, faults, soak->editions, (unsigned long)acknowledged(soak),
        (unsigned long)follower_last(soak->follower), soak->gauges[MEMORY].last,
        soak->gauges[DESCRIPTORS].last);
}

static void step(struct soak *soak)
{
    uint64_t now_us = clock_monotonic_us();
    for (size_t i = 0; i < SENDERS; i++)
        (void)sender_step(soak->senders[i], 0);
    follower_step(soak->follower, STEP_MS);
    if (now_us >= soak->heal_us)
        heal(soak);
    if (now_us >= soak->submit_us && pipeline_try_submit(soak->pipeline, soak->editions + 1)) {
        soak->editions++;
        soak->submit_us = now_us + SUBMIT_EVERY_MS * 1000;
    }
    if (now_us >= soak->fault_us) {
        inject(soak);
        soak->fault_us = clock_monotonic_us() + 1500000 + (uint64_t)draw(soak, 3000000);
    }
    double minutes = (double)(now_us - soak->start_us) / 60e6;
    if (now_us >= soak->measure_us && minutes >= 0.5) {
        measure(soak, minutes);
        show_progress(soak, minutes);
        soak->measure_us = now_us + MEASURE_EVERY_MS * 1000;
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static void drain(struct soak *soak)
{
    heal(soak);
    for (size_t i = 0; i < SENDERS; i++)
        while (sender_waiting(soak->senders[i]))
            (void)sender_drain_step(soak->senders[i], 10);
    pipeline_await(soak->pipeline);
    while (follower_last(soak->follower) < pipeline_last(soak->pipeline, "events"))
        follower_step(soak->follower, 50);
}

static size_t lines_of_agent(struct soak *soak)
{
    char *output;
    size_t lines = 0;
    const char *const words[] = {"events", "--json", "--producer", "agent-220000", NULL};
    cr_assert_eq(pipeline_run(soak->pipeline, "songhua-replay", "reader.yaml", words, &output), 0);
    for (const char *at = output; *at; at++)
        lines += *at == '\n';
    free(output);
    return lines;
}

static void check(struct soak *soak)
{
    char line[HISTORY_LINE_BYTES];
    struct history *history = history_new();
    cr_expect_eq(lines_of_agent(soak), soak->editions * PIPELINE_ROWS + 1, "each figure once");
    pipeline_verify(soak->pipeline);
    for (enum pipeline_program i = 0; i < PIPELINE_PROGRAMS; i++)
        pipeline_stop(soak->pipeline, i, false);
    cr_assert_eq(world_stop_broker(soak->world, false), 0);
    for (size_t i = 0; i < SENDERS; i++) {
        sender_tell(soak->world, sender_name(i), history);
        sender_close(&soak->senders[i]);
    }
    sender_tell_journal(soak->world, "events", "agent-220000", history);
    follower_tell(soak->follower, history);
    bool is_good = history_verdict(history, line);
    fprintf(stderr, "soak: %s\n", line);
    cr_expect(is_good, "%s", line);
    history_free(&history);
}

Test(soak, mixed_faults_leave_the_record_whole_and_the_programs_small, .timeout = 100000)
{
    static struct soak soak;
    const char *minutes = getenv("MINUTES"), *seed = getenv("SEED");
    const uint64_t lasts_us = (uint64_t)(minutes ? atoi(minutes) : 30) * 60000000;
    open_soak(&soak, seed ? (unsigned)atoi(seed) : 20211220);
    while (clock_monotonic_us() - soak.start_us < lasts_us)
        step(&soak);
    drain(&soak);
    for (size_t i = 0; i < FAULTS; i++)
        fprintf(stderr, "soak: %4u %s\n", soak.counts[i], fault_names[i]);
    for (size_t i = 0; i < GAUGES; i++)
        cr_expect(gauge_report(&soak.gauges[i]), "%s grows", soak.gauges[i].name);
    check(&soak);
    follower_close(&soak.follower);
    proxy_close(&soak.publish);
    proxy_close(&soak.fetch);
    pipeline_free(&soak.pipeline);
}
