/* Nine thousand agents at once, each with a key of its own, over CURVE: how long until every one of
 * them has said Hello and was answered, and what they cost the broker.
 *
 *     connections.9000.seconds  from the first connect to the last Welcome, all beginning together
 *     connections.9000.rss_mb   the broker's resident memory then
 *
 * A connection is one TCP connection to the publish port, encrypted, its key looked up among as many
 * certificates, its producer greeted; an agent that only reports needs no other. Both ends are on this
 * machine, so a second of it pays for both sides of a handshake (0.8 ms of processor each, half of it
 * curve25519, a fifth the guarded pages in which libsodium keeps the secrets of one).
 *
 * The agents are nine processes with a thousand publishers each, on the same machine. Broker and agents
 * need descriptors: when the limit (ulimit -n) is too low that is said, and there is no figure.
 */
#include "proto/base/text.h"
#include "tests/bench/load.h"
#include "tests/bench/measure.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    AGENTS = 9000,
    PROCESSES = 9,
    AGENT_DESCRIPTORS =
        4, /* of a publisher: its connection and what ZeroMQ wakes its threads with */
    SPARE_DESCRIPTORS = 200,
    EVENTS_MAX = 64,
    LOOK_MS = 1000,
    CONNECT_MS = 60000
};

struct agents {
    struct world *world;
    struct identity *identities;
    size_t count; /* of all processes */
};

/* --- before the time that counts -------------------------------------------------------------- */

/* Raise the soft limit to the hard one; false when that is not enough. */
static bool has_descriptors(size_t agents)
{
    struct rlimit limit;
    size_t a_process = agents / PROCESSES * AGENT_DESCRIPTORS;
    size_t needed = (agents > a_process ? agents : a_process) + SPARE_DESCRIPTORS;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max >= needed)
        return true;
    fprintf(
        stderr,
        "bench_connections: %zu descriptors are needed and %llu allowed (ulimit -Hn): no figure\n",
        needed, (unsigned long long)limit.rlim_max);
    return false;
}

/* The public part alone, as identity_save() writes it, without its flushes. */
static void authorize(struct world *world, const struct identity *identity)
{
    char signing[2 * SIGNING_PUBLIC_BYTES + 1];
    FILE *file = fopen(world_path(world, "access/%s.cert", identity->name), "w");
    text_from_bytes(identity->signing_public, SIGNING_PUBLIC_BYTES, signing);
    if (!file ||
        fprintf(file,
                "metadata\n    name = \"%s\"\n    role = \"agent\"\n    regions = \"220100\"\n"
                "    signing_key = \"%s\"\ncurve\n    public-key = \"%s\"\n",
                identity->name, signing, identity->public_key) < 0 ||
        fclose(file))
        bench_check(ERR_IO, "certificate");
}

static void make_agents(struct agents *agents)
{
    static const uint32_t region = 220100;
    agents->identities = calloc(agents->count, sizeof *agents->identities);
    bench_check(agents->identities ? ERR_OK : ERR_NOMEM, "identities");
    for (size_t i = 0; i < agents->count; i++) {
        char name[IDENTITY_NAME_BYTES];
        snprintf(name, sizeof name, "agent-%zu", i);
        bench_check(identity_make(name, ROLE_AGENT, &region, 1, false, &agents->identities[i]),
                    "identity");
        authorize(agents->world, &agents->identities[i]);
    }
}

/* --- a process of agents ---------------------------------------------------------------------- */

static struct publisher *connect_agent(const struct agents *agents, struct net *net, size_t number)
{
    struct publisher *publisher;
    const struct identity *identity = &agents->identities[number];
    const struct publisher_options options = {.endpoint = world_endpoint(agents->world, "publish"),
                                              .server_key = world_server_key(agents->world),
                                              .identity = identity,
                                              .stream = "events",
                                              .producer = identity->name,
                                              .net = net,
                                              .ack_timeout_ms = CONNECT_MS};
    bench_check(publisher_open(&options, &publisher), "open a publisher");
    return publisher;
}

static bool is_welcome(struct publisher *publisher)
{
    struct publisher_status status;
    bench_check(publisher_pump(publisher, 0), "hello");
    publisher_status(publisher, &status);
    return status.is_connected;
}

/* Agents whose descriptor says that there is something to do are looked at, and all of them once in
 * LOOK_MS: agents on machines of their own would not take the broker's time by looking. */
struct waiting {
    struct publisher **publishers; /* NULL: connected */
    size_t count, left;
    int poll; /* epoll */
    double looked;
};

static void look_at(struct waiting *waiting, size_t i)
{
    if (!waiting->publishers[i] || !is_welcome(waiting->publishers[i]))
        return;
    epoll_ctl(waiting->poll, EPOLL_CTL_DEL, publisher_fd(waiting->publishers[i]), NULL);
    waiting->publishers[i] = NULL;
    waiting->left--;
}

static void look(struct waiting *waiting)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(waiting->poll, events, EVENTS_MAX, LOOK_MS);
    for (int i = 0; i < count; i++)
        look_at(waiting, events[i].data.u32);
    if (measure_seconds() < waiting->looked + LOOK_MS / 1e3)
        return;
    for (size_t i = 0; i < waiting->count; i++)
        look_at(waiting, i);
    waiting->looked = measure_seconds();
}

static void await_each(struct publisher **publishers, size_t count)
{
    struct waiting waiting = {publishers, count, count, epoll_create1(EPOLL_CLOEXEC), 0};
    for (size_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        bench_check(epoll_ctl(waiting.poll, EPOLL_CTL_ADD, publisher_fd(publishers[i]), &event)
                        ? ERR_IO
                        : ERR_OK,
                    "epoll");
    }
    while (waiting.left)
        look(&waiting);
}

/* Begins when told on `from`, tells on `to` when all are connected, and stays until it is ended. */
static void run_agents(const struct agents *agents, size_t first, size_t count, int from, int to)
{
    char word;
    struct net *net;
    struct publisher **publishers = calloc(count, sizeof *publishers);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    bench_check(net_open(1, &net), "net");
    bench_check(publishers && read(from, &word, 1) == 1 ? ERR_OK : ERR_IO, "begin");
    for (size_t i = 0; i < count; i++)
        publishers[i] = connect_agent(agents, net, first + i);
    await_each(publishers, count);
    bench_check(write(to, "", 1) == 1 ? ERR_OK : ERR_IO, "connected");
    pause();
    _exit(0);
}

/* --- all of them ------------------------------------------------------------------------------ */

struct group {
    int begin[2], done[2]; /* pipes */
    pid_t pids[PROCESSES];
};

static void start_agents(const struct agents *agents, struct group *group)
{
    bench_check(pipe(group->begin) || pipe(group->done) ? ERR_IO : ERR_OK, "pipe");
    for (size_t i = 0; i < PROCESSES; i++) {
        size_t count = agents->count / PROCESSES;
        group->pids[i] = fork();
        bench_check(group->pids[i] < 0 ? ERR_IO : ERR_OK, "fork");
        if (!group->pids[i]) {
            close(group->begin[1]);
            run_agents(agents, i * count, count, group->begin[0], group->done[1]);
        }
    }
    close(group->begin[0]);
    close(group->done[1]);
}

/* Seconds until all are connected; -1: they were not. */
static double await_agents(struct group *group)
{
    char words[PROCESSES] = {0};
    double started = measure_seconds();
    bench_check(write(group->begin[1], words, PROCESSES) == PROCESSES ? ERR_OK : ERR_IO, "begin");
    for (size_t done = 0; done < PROCESSES; done++) {
        struct pollfd item = {.fd = group->done[0], .events = POLLIN};
        double left_ms = CONNECT_MS - (measure_seconds() - started) * 1e3;
        if (left_ms < 0 || poll(&item, 1, (int)left_ms) != 1 || read(item.fd, words, 1) != 1)
            return -1;
    }
    return measure_seconds() - started;
}

static void end_agents(struct group *group)
{
    close(group->begin[1]);
    for (size_t i = 0; i < PROCESSES; i++) {
        kill(group->pids[i], SIGKILL); /* those that still try do not look at their pipe */
        waitpid(group->pids[i], NULL, 0);
    }
    close(group->done[0]);
}

/* Whether all agents were connected. */
static bool run_once(size_t count, struct measure *seconds, struct measure *memory)
{
    struct agents agents = {.world = world_new(), .count = count};
    struct group group;
    make_agents(&agents);
    pid_t broker = world_start_broker(agents.world, NULL);
    start_agents(&agents, &group);
    double taken = await_agents(&group);
    if (taken >= 0) {
        measure_add(seconds, taken);
        measure_add(memory, bench_status_mb(broker, "VmRSS:"));
    }
    end_agents(&group);
    world_free(&agents.world);
    free(agents.identities);
    return taken >= 0;
}

int main(void)
{
    struct measure seconds = {"connections.9000.seconds", "s", {0}, 0};
    struct measure memory = {"connections.9000.rss_mb", "MB", {0}, 0};
    bool are_connected = has_descriptors(AGENTS);
    if (!are_connected)
        return 0;
    for (size_t run = 0, runs = measure_runs(3); run < runs && are_connected; run++) {
        fprintf(stderr, "run %zu of %zu\n", run + 1, runs);
        are_connected = run_once(AGENTS, &seconds, &memory);
    }
    if (!are_connected) {
        fprintf(stderr,
                "bench_connections: not all of %d agents were connected after %d s: no figure\n",
                AGENTS, CONNECT_MS / 1000);
        return 1;
    }
    measure_print(&seconds);
    measure_print(&memory);
    return 0;
}
