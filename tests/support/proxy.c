#include "tests/support/proxy.h"

#include "proto/base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One direction of a connection: what was read and is not written yet. */
struct stretch {
    struct proxy_rule rule;
    uint64_t passed; /* bytes read and let through or lost */
    unsigned char *bytes;
    size_t size, used;
    uint64_t due_us;
    bool is_met; /* the rule has been */
};

struct connection {
    int fds[PROXY_WAYS]; /* that bytes of a direction are written to; -1: closed */
    struct stretch stretches[PROXY_WAYS];
};

struct proxy {
    int listener, wake[2];
    char endpoint[64];
    struct sockaddr_in target;
    pthread_t thread;
    pthread_mutex_t mutex; /* all below, and the connections */
    struct connection *connections[PROXY_CONNECTIONS_MAX];
    struct proxy_rule rules[PROXY_WAYS];
    struct proxy_counts counts;
    bool is_stopping;
};

static void die(const char *what)
{
    fprintf(stderr, "proxy: %s: %s\n", what, strerror(errno));
    abort();
}

/* --- connections ------------------------------------------------------------------------------ */

static void reset(int *fd)
{
    const struct linger now = {.l_onoff = 1};
    if (*fd < 0)
        return;
    setsockopt(*fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(*fd);
    *fd = -1;
}

static void end(struct connection **connection)
{
    for (size_t way = 0; way < PROXY_WAYS; way++) {
        reset(&(*connection)->fds[way]);
        free((*connection)->stretches[way].bytes);
    }
    free(*connection);
    *connection = NULL;
}

/* The rule that a new connection gets in a direction; one for a number of connections wears off. */
static struct proxy_rule rule_for_new(struct proxy *proxy, enum proxy_way way)
{
    struct proxy_rule rule = proxy->rules[way];
    if (rule.connections && !--proxy->rules[way].connections)
        proxy->rules[way] = (struct proxy_rule){0};
    return rule;
}

static int connect_to_target(const struct proxy *proxy)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&proxy->target, sizeof proxy->target)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void prepare(int fd)
{
    const int on = 1;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void take_connection(struct proxy *proxy)
{
    size_t place = 0;
    while (place < PROXY_CONNECTIONS_MAX && proxy->connections[place])
        place++;
    int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    int broker = place < PROXY_CONNECTIONS_MAX ? connect_to_target(proxy) : -1;
    if (broker < 0) { /* as if nobody listened */
        reset(&client);
        return;
    }
    prepare(client);
    prepare(broker);
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        die("memory");
    connection->fds[PROXY_TO_BROKER] = broker;
    connection->fds[PROXY_TO_CLIENT] = client;
    for (enum proxy_way way = 0; way < PROXY_WAYS; way++) {
        connection->stretches[way].rule = rule_for_new(proxy, way);
        connection->stretches[way].bytes = malloc(PROXY_BUFFER_BYTES);
        if (!connection->stretches[way].bytes)
            die("memory");
    }
    proxy->connections[place] = connection;
    proxy->counts.connections++;
}

/* --- bytes ------------------------------------------------------------------------------------ */

static int source_of(const struct connection *connection, enum proxy_way way)
{
    return connection->fds[way == PROXY_TO_BROKER ? PROXY_TO_CLIENT : PROXY_TO_BROKER];
}

/* How much may be read before the rule is met. */
static size_t room_in(const struct stretch *stretch)
{
    size_t room = PROXY_BUFFER_BYTES;
    if (stretch->rule.act == PROXY_PASS || stretch->is_met)
        return room;
    uint64_t left = stretch->rule.after_bytes > stretch->passed
                        ? stretch->rule.after_bytes - stretch->passed
                        : 0;
    return left < room ? (size_t)left : room;
}

static bool wants_read(const struct connection *connection, enum proxy_way way)
{
    const struct stretch *stretch = &connection->stretches[way];
    bool is_stalled = stretch->is_met && stretch->rule.act == PROXY_STALL;
    return source_of(connection, way) >= 0 && !stretch->size && !is_stalled;
}

/* The rule's act, once the bytes before it are written. False: the connection has ended. */
static bool meet_rule(struct proxy *proxy, struct connection **connection, enum proxy_way way)
{
    struct stretch *stretch = &(*connection)->stretches[way];
    if (stretch->is_met || stretch->rule.act == PROXY_PASS || stretch->size ||
        stretch->passed < stretch->rule.after_bytes)
        return true;
    stretch->is_met = true;
    proxy->counts.acts++;
    if (stretch->rule.act == PROXY_CUT) {
        end(connection);
        return false;
    }
    if (stretch->rule.act == PROXY_HALF) {
        reset(&(*connection)->fds[PROXY_TO_BROKER]);
        (*connection)->stretches[PROXY_TO_BROKER].size = 0;
    }
    return true;
}

/* False: the connection has ended. */
static bool read_some(struct proxy *proxy, struct connection **connection, enum proxy_way way)
{
    struct stretch *stretch = &(*connection)->stretches[way];
    size_t room = room_in(stretch);
    if (!room)
        return true;
    ssize_t got = recv(source_of(*connection, way), stretch->bytes, room, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (got <= 0) {
        end(connection);
        return false;
    }
    stretch->passed += (uint64_t)got;
    bool is_lost = stretch->is_met && stretch->rule.act != PROXY_PASS;
    if (is_lost || (*connection)->fds[way] < 0)
        return true;
    proxy->counts.bytes[way] += (uint64_t)got;
    stretch->size = (size_t)got;
    stretch->used = 0;
    stretch->due_us = clock_monotonic_us() + stretch->rule.delay_ms * 1000ull;
    return true;
}

static bool write_some(struct connection **connection, enum proxy_way way)
{
    struct stretch *stretch = &(*connection)->stretches[way];
    ssize_t put = send((*connection)->fds[way], stretch->bytes + stretch->used,
                       stretch->size - stretch->used, MSG_NOSIGNAL);
    if (put < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (put < 0) {
        end(connection);
        return false;
    }
    stretch->used += (size_t)put;
    if (stretch->used == stretch->size)
        stretch->size = 0;
    return true;
}

/* --- the loop --------------------------------------------------------------------------------- */

struct round {
    struct pollfd items[2 + PROXY_CONNECTIONS_MAX * PROXY_WAYS];
    int timeout_ms;
};

static void want(struct round *round, const struct connection *connection, size_t place,
                 uint64_t now_us)
{
    struct pollfd *items = &round->items[2 + place * PROXY_WAYS];
    for (size_t way = 0; way < PROXY_WAYS; way++)
        items[way] = (struct pollfd){.fd = -1};
    if (!connection)
        return;
    for (enum proxy_way way = 0; way < PROXY_WAYS; way++) {
        const struct stretch *stretch = &connection->stretches[way];
        struct pollfd *to = &items[way];
        struct pollfd *from = &items[way == PROXY_TO_BROKER ? PROXY_TO_CLIENT : PROXY_TO_BROKER];
        to->fd = connection->fds[way];
        if (wants_read(connection, way))
            from->events |= POLLIN;
        if (stretch->size && stretch->due_us <= now_us)
            to->events |= POLLOUT;
        else if (stretch->size && (stretch->due_us - now_us) / 1000 + 1 < 1000)
            round->timeout_ms = (int)((stretch->due_us - now_us) / 1000 + 1);
    }
    for (size_t way = 0; way < PROXY_WAYS; way++)
        if (!items[way].events)
            items[way].fd = -1; /* else an error on it would be reported without end */
}

static void serve(struct proxy *proxy, size_t place, const struct round *round)
{
    struct connection **connection = &proxy->connections[place];
    const struct pollfd *items = &round->items[2 + place * PROXY_WAYS];
    for (enum proxy_way way = 0; way < PROXY_WAYS && *connection; way++) {
        const enum proxy_way other = way == PROXY_TO_BROKER ? PROXY_TO_CLIENT : PROXY_TO_BROKER;
        const short failed = POLLERR | POLLHUP;
        if ((items[way].revents & (POLLOUT | failed)) && (*connection)->stretches[way].size &&
            !write_some(connection, way))
            return;
        if (!meet_rule(proxy, connection, way))
            return;
        if ((items[other].revents & (POLLIN | failed)) && wants_read(*connection, way) &&
            !read_some(proxy, connection, way))
            return;
        if (!meet_rule(proxy, connection, way))
            return;
    }
}

static void *run(void *context)
{
    struct proxy *proxy = context;
    struct round *round = calloc(1, sizeof *round);
    const nfds_t count = sizeof round->items / sizeof *round->items;
    char bytes[64];
    if (!round)
        die("memory");
    pthread_mutex_lock(&proxy->mutex);
    while (!proxy->is_stopping) {
        uint64_t now_us = clock_monotonic_us();
        round->timeout_ms = 1000;
        round->items[0] = (struct pollfd){.fd = proxy->wake[0], .events = POLLIN};
        round->items[1] = (struct pollfd){.fd = proxy->listener, .events = POLLIN};
        for (size_t i = 0; i < PROXY_CONNECTIONS_MAX; i++)
            want(round, proxy->connections[i], i, now_us);
        pthread_mutex_unlock(&proxy->mutex);
        poll(round->items, count, round->timeout_ms);
        pthread_mutex_lock(&proxy->mutex);
        if (round->items[0].revents) { /* the connections may be others now */
            (void)!read(proxy->wake[0], bytes, sizeof bytes);
            continue;
        }
        for (size_t i = 0; i < PROXY_CONNECTIONS_MAX; i++)
            if (proxy->connections[i])
                serve(proxy, i, round);
        if (round->items[1].revents)
            take_connection(proxy);
    }
    pthread_mutex_unlock(&proxy->mutex);
    free(round);
    return NULL;
}

/* --- for the test ----------------------------------------------------------------------------- */

static void listen_anywhere(struct proxy *proxy)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (proxy->listener < 0 || bind(proxy->listener, (struct sockaddr *)&address, size) ||
        listen(proxy->listener, PROXY_CONNECTIONS_MAX) ||
        getsockname(proxy->listener, (struct sockaddr *)&address, &size))
        die("listen");
    snprintf(proxy->endpoint, sizeof proxy->endpoint, "tcp://127.0.0.1:%u",
             ntohs(address.sin_port));
}

struct proxy *proxy_open(const char *target)
{
    unsigned port;
    struct proxy *proxy = calloc(1, sizeof *proxy);
    if (!proxy || sscanf(target, "tcp://127.0.0.1:%u", &port) != 1 ||
        pipe2(proxy->wake, O_CLOEXEC | O_NONBLOCK))
        die(target);
    proxy->target = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    proxy->target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pthread_mutex_init(&proxy->mutex, NULL);
    listen_anywhere(proxy);
    if (pthread_create(&proxy->thread, NULL, run, proxy))
        die("thread");
    return proxy;
}

static void wake(struct proxy *proxy)
{
    (void)!write(proxy->wake[1], "w", 1); /* a full pipe wakes too */
}

void proxy_close(struct proxy **proxy)
{
    if (!*proxy)
        return;
    pthread_mutex_lock(&(*proxy)->mutex);
    (*proxy)->is_stopping = true;
    pthread_mutex_unlock(&(*proxy)->mutex);
    wake(*proxy);
    pthread_join((*proxy)->thread, NULL);
    for (size_t i = 0; i < PROXY_CONNECTIONS_MAX; i++)
        if ((*proxy)->connections[i])
            end(&(*proxy)->connections[i]);
    close((*proxy)->listener);
    close((*proxy)->wake[0]);
    close((*proxy)->wake[1]);
    pthread_mutex_destroy(&(*proxy)->mutex);
    free(*proxy);
    *proxy = NULL;
}

const char *proxy_endpoint(const struct proxy *proxy)
{
    return proxy->endpoint;
}

void proxy_rule(struct proxy *proxy, enum proxy_way way, const struct proxy_rule *rule)
{
    pthread_mutex_lock(&proxy->mutex);
    proxy->rules[way] = *rule;
    for (size_t i = 0; i < PROXY_CONNECTIONS_MAX && !rule->connections; i++)
        if (proxy->connections[i] && !proxy->connections[i]->stretches[way].is_met)
            proxy->connections[i]->stretches[way].rule = *rule;
    pthread_mutex_unlock(&proxy->mutex);
    wake(proxy);
}

static bool has_lost(const struct stretch *stretch)
{
    return stretch->is_met && stretch->rule.act != PROXY_STALL;
}

static void heal(struct connection **connection)
{
    struct stretch *stretches = (*connection)->stretches;
    if (has_lost(&stretches[PROXY_TO_BROKER]) || has_lost(&stretches[PROXY_TO_CLIENT])) {
        end(connection);
        return;
    }
    for (size_t way = 0; way < PROXY_WAYS; way++) {
        stretches[way].is_met = false;
        stretches[way].rule = (struct proxy_rule){0};
    }
}

void proxy_heal(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->mutex);
    for (size_t i = 0; i < PROXY_CONNECTIONS_MAX; i++)
        if (proxy->connections[i])
            heal(&proxy->connections[i]);
    for (size_t way = 0; way < PROXY_WAYS; way++)
        proxy->rules[way] = (struct proxy_rule){0};
    pthread_mutex_unlock(&proxy->mutex);
    wake(proxy);
}

void proxy_cut(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->mutex);
    for (size_t i = 0; i < PROXY_CONNECTIONS_MAX; i++)
        if (proxy->connections[i])
            end(&proxy->connections[i]);
    pthread_mutex_unlock(&proxy->mutex);
    wake(proxy);
}

struct proxy_counts proxy_counts(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->mutex);
    struct proxy_counts counts = proxy->counts;
    pthread_mutex_unlock(&proxy->mutex);
    return counts;
}
