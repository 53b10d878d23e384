/* Every thread of a broker at work at once for SECONDS (10): publishers, fetchers and live subscribers at full
 * rate, questions, positions, metrics, and an access directory that changes. Run with a broker that was built
 * with ThreadSanitizer, by `make tsan`: the finding is its report, and a client that fails. */
#include "proto/base/clock.h"
#include "proto/client/control.h"
#include "proto/client/publisher.h"
#include "proto/client/subscriber.h"
#include "proto/net/socket.h"
#include "tests/support/world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PUBLISHERS = 4,
    FETCHERS = 3,
    LISTENERS = 2,
    THREADS = PUBLISHERS + FETCHERS + LISTENERS + 2
};
enum { WAIT_MS = 60000 };

struct load {
    struct world *world;
    char publish[128], fetch[128], live[128];
    const char *server_key;
    const struct identity *publishers[PUBLISHERS], *reader;
    atomic_bool is_over;
    atomic_ulong published, fetched, heard, asked, changed;
};

struct task {
    struct load *load;
    size_t place;
};

static void must(enum err err, const char *what)
{
    if (!err)
        return;
    fprintf(stderr, "load: %s: %s\n", what, err_text(err));
    exit(1);
}

static void *publish(void *context)
{
    struct task *task = context;
    struct load *load = task->load;
    struct publisher *publisher;
    static const char event[120] = {0x7a, 118};
    const struct identity *identity = load->publishers[task->place];
    const struct publisher_options options = {.endpoint = load->publish,
                                              .server_key = load->server_key,
                                              .identity = identity,
                                              .stream = "events",
                                              .producer = identity->name,
                                              .linger_ms = task->place % 2 ? 5 : 0,
                                              .ack_timeout_ms = WAIT_MS};
    must(publisher_open(&options, &publisher), "publisher");
    while (!atomic_load(&load->is_over)) {
        must(publisher_publish(publisher, 220100, "observation", event, sizeof event), "publish");
        atomic_fetch_add(&load->published, 1);
    }
    must(publisher_flush(publisher, WAIT_MS), "flush");
    publisher_close(&publisher);
    return NULL;
}

static void *fetch(void *context)
{
    struct task *task = context;
    struct load *load = task->load;
    struct subscriber *subscriber;
    const uint32_t region = 220100;
    const struct subscriber_options options = {.endpoint = load->fetch,
                                               .server_key = load->server_key,
                                               .identity = load->reader,
                                               .stream = "events",
                                               .start = task->place ? SUBSCRIBE_FROM_SEQUENCE
                                                                    : SUBSCRIBE_FROM_END,
                                               .from = 1,
                                               .regions = task->place % 2 ? &region : NULL,
                                               .region_count = task->place % 2};
    must(subscriber_open(&options, &subscriber), "subscriber");
    while (!atomic_load(&load->is_over)) {
        struct subscriber_record record;
        enum err err = subscriber_next(subscriber, 100, &record);
        if (err != ERR_TIMEOUT && err != ERR_UNREACHABLE)
            must(err, "fetch");
        atomic_fetch_add(&load->fetched, !err);
    }
    subscriber_close(&subscriber);
    return NULL;
}

static void *hear(void *context)
{
    struct task *task = context;
    struct load *load = task->load;
    struct net *net;
    struct net_socket *socket;
    struct net_message message;
    const struct net_socket_options options = {.kind = NET_SUB,
                                               .endpoint = load->live,
                                               .identity = load->reader,
                                               .server_key = load->server_key};
    must(net_open(1, &net), "net");
    must(net_socket_open(net, &options, &socket), "listener");
    must(net_subscribe(socket, task->place ? "events/220100/" : "events/"), "subscribe");
    net_message_init(&message);
    while (!atomic_load(&load->is_over)) {
        bool has_more;
        struct net_poll_item item = {.socket = socket};
        net_poll(&item, 1, 100);
        while (!net_receive(socket, &message, &has_more))
            atomic_fetch_add(&load->heard, 1);
    }
    net_message_fini(&message);
    net_socket_close(&socket);
    net_close(&net);
    return NULL;
}

static void *ask(void *context)
{
    struct task *task = context;
    struct load *load = task->load;
    struct control *control;
    uint64_t position = 0;
    must(control_open(load->fetch, load->server_key, load->reader, &control), "control");
    while (!atomic_load(&load->is_over)) {
        must(control_save_position(control, "events", load->reader->name, position, position + 1,
                                   WAIT_MS, NULL),
             "position");
        position++;
        if (world_metric(load->world, "songhua_broker_events_total") < 0)
            must(ERR_IO, "metrics");
        atomic_fetch_add(&load->asked, 1);
    }
    control_close(&control);
    return NULL;
}

/* Somebody is let in and shut out again and again. */
static void *change(void *context)
{
    struct task *task = context;
    struct load *load = task->load;
    char from[256], to[256];
    snprintf(from, sizeof from, "%s/access/guest.cert", world_directory(load->world));
    snprintf(to, sizeof to, "%s.revoked", from);
    while (!atomic_load(&load->is_over)) {
        struct net_poll_item none = {.fd = -1};
        if (rename(from, to) || rename(to, from))
            must(ERR_IO, from);
        net_poll(&none, 1, 50);
        atomic_fetch_add(&load->changed, 1);
    }
    return NULL;
}

static void prepare(struct load *load)
{
    static const char *const extra[] = {"--journal-size", "2GiB", "--io-threads", "2", NULL};
    load->world = world_new();
    load->reader = world_identity(load->world, "reader", ROLE_READER, "*");
    (void)world_identity(load->world, "guest", ROLE_READER, "*");
    for (size_t i = 0; i < PUBLISHERS; i++) {
        char name[32];
        snprintf(name, sizeof name, "agent-%zu", i);
        load->publishers[i] = world_identity(load->world, name, ROLE_AGENT, "220100");
    }
    world_start_broker(load->world, extra);
    load->server_key = world_server_key(load->world);
    snprintf(load->publish, sizeof load->publish, "%s", world_endpoint(load->world, "publish"));
    snprintf(load->fetch, sizeof load->fetch, "%s", world_endpoint(load->world, "fetch"));
    snprintf(load->live, sizeof load->live, "%s", world_endpoint(load->world, "live"));
}

static void run(struct load *load, struct task tasks[THREADS], uint64_t seconds)
{
    pthread_t threads[THREADS];
    size_t count = 0;
    static void *(*const work[])(void *) = {publish, fetch, hear, ask, change};
    static const size_t how_many[] = {PUBLISHERS, FETCHERS, LISTENERS, 1, 1};
    for (size_t i = 0; i < sizeof work / sizeof *work; i++)
        for (size_t j = 0; j < how_many[i]; j++, count++) {
            tasks[count] = (struct task){.load = load, .place = j};
            if (pthread_create(&threads[count], NULL, work[i], &tasks[count]))
                must(ERR_NOMEM, "thread");
        }
    uint64_t end_us = clock_monotonic_us() + seconds * 1000000;
    struct net_poll_item none = {.fd = -1};
    while (clock_monotonic_us() < end_us)
        net_poll(&none, 1, 100);
    atomic_store(&load->is_over, true);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    static struct load load;
    static struct task tasks[THREADS];
    const char *seconds = getenv("SECONDS");
    prepare(&load);
    run(&load, tasks, seconds && atoi(seconds) > 0 ? (uint64_t)atoi(seconds) : 10);
    int code = world_stop_broker(load.world, false);
    printf(
        "load: %lu events published, %lu records fetched, %lu frames heard live, %lu questions, %lu "
        "changes of access; the broker ended with %d\n",
        atomic_load(&load.published), atomic_load(&load.fetched), atomic_load(&load.heard),
        atomic_load(&load.asked), atomic_load(&load.changed), code);
    world_free(&load.world);
    return code != 0;
}
