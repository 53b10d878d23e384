/* What the broker takes of the machine's memory while 16 publishers send as fast as they can, and what an
 * agent takes that waits beside it. (Scorer and alerter: bench_pipeline.c.)
 *
 *     memory.broker.full_load_mb  the most of its own memory (anonymous), seen during the run
 *     memory.broker.mapped_mb     pages of the journal's file in its map, which the system takes back
 *                                 whenever it needs them
 *     memory.agent_mb             an agent's own memory (anonymous), running, with nothing to send
 */
#include "tests/bench/events.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PUBLISHERS = 16,
    EVENT_BYTES = 128,
    EVENTS = 6000000,
    LOOK_EVERY = 50000,
    FLUSH_MS = 120000
};

static void load(struct world *world, struct net *net, pid_t broker, struct measure *own,
                 struct measure *mapped)
{
    struct publisher *publishers[PUBLISHERS];
    double most = 0, file = 0;
    unsigned char *events = bench_events_make(EVENT_BYTES, BENCH_TEXT_RANDOM);
    for (size_t i = 0; i < PUBLISHERS; i++) {
        char name[64];
        snprintf(name, sizeof name, "bench.%zu", i);
        publishers[i] = bench_publisher(world, net, name, 5, 1);
    }
    for (size_t n = 0; n < EVENTS; n++) {
        bench_check(publisher_publish(publishers[n / 512 % PUBLISHERS], 220000, "observation",
                                      events + n % BENCH_EVENTS * EVENT_BYTES, EVENT_BYTES),
                    "publish");
        double now = n % LOOK_EVERY ? 0 : bench_status_mb(broker, "RssAnon:");
        most = now > most ? now : most;
    }
    for (size_t i = 0; i < PUBLISHERS; i++)
        bench_check(publisher_flush(publishers[i], FLUSH_MS), "flush");
    file = bench_status_mb(broker, "RssFile:");
    for (size_t i = 0; i < PUBLISHERS; i++)
        publisher_close(&publishers[i]);
    measure_add(own, most);
    measure_add(mapped, file);
    free(events);
}

static pid_t start_agent(struct world *world)
{
    char state[PATH_MAX], identity[PATH_MAX], server[PATH_MAX];
    world_identity(world, "agent-220100", ROLE_AGENT, "220100");
    snprintf(state, sizeof state, "%s", world_path(world, "state"));
    snprintf(identity, sizeof identity, "%s", world_path(world, "agent-220100.cert"));
    snprintf(server, sizeof server, "%s", world_path(world, "broker.cert"));
    const char *const arguments[] = {"run",           "--broker", world_endpoint(world, "publish"),
                                     "--server-cert", server,     "--identity",
                                     identity,        "--state",  state,
                                     "--region",      "220100",   NULL};
    return world_start(world, "songhua-agent", arguments, true, NULL);
}

int main(void)
{
    struct measure agents = {"memory.agent_mb", "MB", {0}, 0};
    struct measure own = {"memory.broker.full_load_mb", "MB", {0}, 0};
    struct measure mapped = {"memory.broker.mapped_mb", "MB", {0}, 0};
    static const char *const room[] = {"--journal-size", "2000000000", NULL};
    struct net *net;
    bench_check(net_open(1, &net), "net");
    for (size_t run = 0, runs = measure_runs(3); run < runs; run++) {
        struct world *world = world_new();
        world_identity(world, "bench", ROLE_ADMIN, "*");
        pid_t broker = world_start_broker(world, room);
        fprintf(stderr, "run %zu of %zu\n", run + 1, runs);
        pid_t agent = start_agent(world);
        load(world, net, broker, &own, &mapped);
        measure_add(&agents, bench_status_mb(agent, "RssAnon:"));
        world_stop_broker(world, false);
        world_free(&world);
    }
    net_close(&net);
    measure_print(&own);
    measure_print(&mapped);
    measure_print(&agents);
    return 0;
}
