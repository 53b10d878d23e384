#include "proto/net/internal.h"

#include <czmq.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Present in libzmq 4.3.4 though only its draft header names it. Without it a missing ZAP handler
 * would let everyone in. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

/* Likewise. Small messages are copied out of the buffer they were received in; otherwise each connection
 * has a table beside that buffer, a page of it written to by its first message. Large ones have memory of
 * their own either way. */
#ifndef ZMQ_ZERO_COPY_RECV
#define ZMQ_ZERO_COPY_RECV 10
#endif

enum { DEFAULT_QUEUE = 1000, ENDPOINT_BYTES = 256, POLL_MAX = 16 };
static const int64_t default_max_message = 1050656;
static const char zap_domain[] = "songhua";

struct net_socket {
    void *raw;
    void *monitor;    /* clients, and XPUB */
    long connections; /* of an XPUB */
    struct net_link link;
    char endpoint[ENDPOINT_BYTES];
    struct net *net;
    struct net_socket_options options; /* its endpoint is the one above */
};

/* --- context ---------------------------------------------------------------------------------- */

enum err net_open(unsigned io_threads, struct net **out)
{
    setenv("ZSYS_SIGHANDLER", "false", 1); /* signals are the program's, not CZMQ's */
    if (sodium_init() < 0)
        return ERR_INTERNAL;
    struct net *net = calloc(1, sizeof *net);
    if (!net)
        return ERR_NOMEM;
    net->context = zmq_ctx_new();
    if (!net->context) {
        free(net);
        return ERR_NOMEM;
    }
    zmq_ctx_set(net->context, ZMQ_IO_THREADS, (int)io_threads);
    zmq_ctx_set(net->context, ZMQ_MAX_SOCKETS, 4096);
    zmq_ctx_set(net->context, ZMQ_ZERO_COPY_RECV, 0);
    *out = net;
    return ERR_OK;
}

void net_close(struct net **net)
{
    if (!*net)
        return;
    while (zmq_ctx_term((*net)->context) && errno == EINTR)
        continue;
    free(*net);
    *net = NULL;
}

#define TEXT_(x)           #x
#define TEXT(x)            TEXT_(x)
#define VERSION_OF(prefix) TEXT(prefix##_MAJOR) "." TEXT(prefix##_MINOR) "." TEXT(prefix##_PATCH)

const char *net_library_version(void)
{
    return "ZeroMQ " VERSION_OF(ZMQ_VERSION) ", CZMQ " VERSION_OF(
        CZMQ_VERSION) ", libsodium " SODIUM_VERSION_STRING;
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum err set_int(void *raw, int option, int value)
{
    return zmq_setsockopt(raw, option, &value, sizeof value) ? ERR_INTERNAL : ERR_OK;
}

/* Numbers that bound what a peer can make us hold or wait for. Only clients ask for signs of life: libzmq
 * walks through all its timers to end one, so that with thousands of connections a server with two or three
 * for each does nothing else. It finds the dead by TCP's own keepalive. */
static enum err set_limits(void *raw, const struct net_socket_options *options)
{
    int queue = options->queue_messages ? options->queue_messages : DEFAULT_QUEUE;
    const struct {
        int option, value;
    } settings[] = {
        {ZMQ_LINGER, 0},
        {ZMQ_RCVHWM, queue},
        {ZMQ_SNDHWM, queue},
        {ZMQ_HANDSHAKE_IVL, 10000},
        {ZMQ_HEARTBEAT_IVL, options->is_server ? 0 : 5000},
        {ZMQ_HEARTBEAT_TIMEOUT, 15000},
        {ZMQ_HEARTBEAT_TTL, 0},
        {ZMQ_BACKLOG, 4096},
        {ZMQ_RECONNECT_IVL, 100},
        {ZMQ_RECONNECT_IVL_MAX, 3000},
        {ZMQ_TCP_KEEPALIVE, 1},
        {ZMQ_TCP_KEEPALIVE_IDLE, 15},
        {ZMQ_TCP_KEEPALIVE_INTVL, 5},
        {ZMQ_TCP_KEEPALIVE_CNT, 3},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        enum err err = set_int(raw, settings[i].option, settings[i].value);
        if (err)
            return err;
    }
    int64_t max = options->max_message_bytes ? options->max_message_bytes : default_max_message;
    return zmq_setsockopt(raw, ZMQ_MAXMSGSIZE, &max, sizeof max) ? ERR_INTERNAL : ERR_OK;
}

static enum err set_keys(void *raw, const struct net_socket_options *options)
{
    const struct identity *identity = options->identity;
    if (!identity || !identity->secret_key[0])
        return ERR_KEY;
    if (zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, identity->secret_key, CURVE_TEXT_BYTES))
        return ERR_KEY;
    if (options->is_server) {
        enum err err = set_int(raw, ZMQ_CURVE_SERVER, 1);
        if (!err)
            err = set_int(raw, ZMQ_ZAP_ENFORCE_DOMAIN, 1);
        if (!err && zmq_setsockopt(raw, ZMQ_ZAP_DOMAIN, zap_domain, sizeof zap_domain - 1))
            err = ERR_INTERNAL;
        return err;
    }
    if (zmq_setsockopt(raw, ZMQ_CURVE_PUBLICKEY, identity->public_key, CURVE_TEXT_BYTES))
        return ERR_KEY;
    if (!options->server_key || strlen(options->server_key) != CURVE_TEXT_BYTES - 1 ||
        zmq_setsockopt(raw, ZMQ_CURVE_SERVERKEY, options->server_key, CURVE_TEXT_BYTES))
        return ERR_KEY;
    return ERR_OK;
}

/* What only one kind of socket needs. */
static enum err set_kind(void *raw, enum net_kind kind)
{
    switch (kind) {
    case NET_ROUTER:
        return set_int(raw, ZMQ_ROUTER_MANDATORY, 1);
    case NET_DEALER:
        return set_int(raw, ZMQ_IMMEDIATE, 1);
    case NET_XPUB:
        return set_int(raw, ZMQ_XPUB_MANUAL, 1);
    case NET_SUB:
        return ERR_OK;
    }
    return ERR_INTERNAL;
}

enum {
    LINK_EVENTS = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                  ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                  ZMQ_EVENT_DISCONNECTED,
    CONNECTION_EVENTS = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED
};

/* The queue has no limit: who tells of an event is the thread that moves everybody's bytes, and would wait. */
static enum err watch(struct net *net, struct net_socket *socket, int events)
{
    char address[64];
    snprintf(address, sizeof address, "inproc://monitor-%u",
             __atomic_fetch_add(&net->monitors, 1, __ATOMIC_RELAXED));
    if (zmq_socket_monitor(socket->raw, address, events))
        return ERR_INTERNAL;
    socket->monitor = zmq_socket(net->context, ZMQ_PAIR);
    if (!socket->monitor)
        return ERR_NOMEM;
    if (set_int(socket->monitor, ZMQ_LINGER, 0) || set_int(socket->monitor, ZMQ_RCVHWM, 0) ||
        zmq_connect(socket->monitor, address))
        return ERR_INTERNAL;
    return ERR_OK;
}

static enum err attach(struct net *net, struct net_socket *socket,
                       const struct net_socket_options *options)
{
    if (!options->is_server) {
        socket->link.failure = ERR_UNREACHABLE;
        enum err err = watch(net, socket, LINK_EVENTS);
        if (err)
            return err;
        snprintf(socket->endpoint, sizeof socket->endpoint, "%s", options->endpoint);
        return zmq_connect(socket->raw, options->endpoint) ? ERR_USAGE : ERR_OK;
    }
    enum err err = options->kind == NET_XPUB ? watch(net, socket, CONNECTION_EVENTS) : ERR_OK;
    if (err)
        return err;
    if (zmq_bind(socket->raw, options->endpoint))
        return errno == EADDRINUSE ? ERR_EXISTS : ERR_USAGE;
    size_t size = sizeof socket->endpoint;
    return zmq_getsockopt(socket->raw, ZMQ_LAST_ENDPOINT, socket->endpoint, &size) ? ERR_INTERNAL
                                                                                   : ERR_OK;
}

/* A ROUTER numbers its clients from rand(), which libzmq seeds from the clock when a context starts.
 * Who could predict the numbers could address another client's answers. */
static enum err seed_routing_ids(void)
{
    unsigned seed;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        return ERR_INTERNAL;
    srand(seed);
    return ERR_OK;
}

static void *new_raw(struct net *net, enum net_kind kind)
{
    static const int types[] = {[NET_DEALER] = ZMQ_DEALER,
                                [NET_ROUTER] = ZMQ_ROUTER,
                                [NET_SUB] = ZMQ_SUB,
                                [NET_XPUB] = ZMQ_XPUB};
    if (kind == NET_ROUTER) {
        void *starter = zmq_socket(net->context, ZMQ_PAIR); /* the context starts and seeds here */
        if (!starter)
            return NULL;
        zmq_close(starter);
        if (seed_routing_ids())
            return NULL;
    }
    return zmq_socket(net->context, types[kind]);
}

static enum err open_raw(struct net_socket *socket)
{
    const struct net_socket_options *options = &socket->options;
    socket->raw = new_raw(socket->net, options->kind);
    if (!socket->raw)
        return ERR_NOMEM;
    enum err err = set_limits(socket->raw, options);
    if (!err)
        err = set_kind(socket->raw, options->kind);
    if (!err)
        err = set_keys(socket->raw, options);
    return err ? err : attach(socket->net, socket, options);
}

enum err net_socket_open(struct net *net, const struct net_socket_options *options,
                         struct net_socket **out)
{
    struct net_socket *socket = calloc(1, sizeof *socket);
    if (!socket)
        return ERR_NOMEM;
    socket->net = net;
    socket->options = *options;
    enum err err = open_raw(socket);
    if (err)
        goto out;
    socket->options.endpoint = socket->endpoint;
    *out = socket;
    socket = NULL;
out:
    net_socket_close(&socket);
    return err;
}

static void close_raw(struct net_socket *socket)
{
    if (socket->monitor) {
        zmq_socket_monitor(socket->raw, NULL, 0);
        zmq_close(socket->monitor);
    }
    if (socket->raw)
        zmq_close(socket->raw);
    socket->raw = socket->monitor = NULL;
    socket->connections = 0;
}

void net_socket_close(struct net_socket **socket)
{
    if (!*socket)
        return;
    close_raw(*socket);
    free(*socket);
    *socket = NULL;
}

enum err net_socket_renew(struct net_socket *socket)
{
    close_raw(socket);
    enum err err = open_raw(socket);
    if (!err)
        return ERR_OK;
    close_raw(socket);
    return err == ERR_EXISTS ? ERR_TIMEOUT : err; /* the last one's port is closed elsewhere */
}

const char *net_socket_endpoint(const struct net_socket *socket)
{
    return socket->endpoint;
}

int net_socket_fd(const struct net_socket *socket)
{
    int fd = -1;
    size_t size = sizeof fd;
    zmq_getsockopt(socket->raw, ZMQ_FD, &fd, &size);
    return fd;
}

/* --- messages --------------------------------------------------------------------------------- */

void net_message_init(struct net_message *message)
{
    zmq_msg_init(&message->raw);
}

void net_message_fini(struct net_message *message)
{
    zmq_msg_close(&message->raw);
}

enum err net_message_resize(struct net_message *message, size_t size)
{
    zmq_msg_close(&message->raw);
    if (!zmq_msg_init_size(&message->raw, size))
        return ERR_OK;
    zmq_msg_init(&message->raw);
    return ERR_NOMEM;
}

enum err net_message_set(struct net_message *message, const void *bytes, size_t size)
{
    enum err err = net_message_resize(message, size);
    if (!err && size)
        memcpy(zmq_msg_data(&message->raw), bytes, size);
    return err;
}

enum err net_message_wrap(struct net_message *message, void *bytes, size_t size,
                          net_release *release, void *context)
{
    zmq_msg_close(&message->raw);
    if (!zmq_msg_init_data(&message->raw, bytes, size, release, context))
        return ERR_OK;
    zmq_msg_init(&message->raw);
    return ERR_NOMEM;
}

void net_message_share(struct net_message *message, struct net_message *of)
{
    zmq_msg_copy(&message->raw, &of->raw);
}

void *net_message_data(struct net_message *message)
{
    return zmq_msg_data(&message->raw);
}

size_t net_message_size(const struct net_message *message)
{
    return zmq_msg_size(&message->raw);
}

const char *net_message_user(struct net_message *message)
{
    const char *user = zmq_msg_gets(&message->raw, "User-Id");
    return user && *user ? user : NULL;
}

static enum err from_zmq(void)
{
    switch (errno) {
    case EAGAIN:
    case EINTR:
        return ERR_TIMEOUT;
    case EHOSTUNREACH:
        return ERR_UNREACHABLE;
    default:
        return ERR_IO;
    }
}

enum err net_receive(struct net_socket *socket, struct net_message *message, bool *has_more)
{
    if (!socket->raw)
        return ERR_TIMEOUT;
    if (zmq_msg_recv(&message->raw, socket->raw, ZMQ_DONTWAIT) < 0)
        return from_zmq();
    *has_more = zmq_msg_more(&message->raw);
    return ERR_OK;
}

enum err net_send(struct net_socket *socket, struct net_message *message, bool has_more)
{
    int flags = ZMQ_DONTWAIT | (has_more ? ZMQ_SNDMORE : 0);
    if (!socket->raw)
        return ERR_TIMEOUT;
    return zmq_msg_send(&message->raw, socket->raw, flags) < 0 ? from_zmq() : ERR_OK;
}

void net_drop_rest(struct net_socket *socket, bool has_more)
{
    struct net_message message;
    net_message_init(&message);
    while (has_more && !net_receive(socket, &message, &has_more))
        continue;
    net_message_fini(&message);
}

enum err net_subscribe(struct net_socket *socket, const char *prefix)
{
    return zmq_setsockopt(socket->raw, ZMQ_SUBSCRIBE, prefix, strlen(prefix)) ? ERR_INTERNAL
                                                                              : ERR_OK;
}

enum err net_allow(struct net_socket *socket, const void *prefix, size_t size, bool is_on)
{
    int option = is_on ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE;
    return zmq_setsockopt(socket->raw, option, prefix, size) ? ERR_INTERNAL : ERR_OK;
}

/* --- waiting ---------------------------------------------------------------------------------- */

void net_poll(struct net_poll_item *items, size_t count, long timeout_ms)
{
    zmq_pollitem_t raw[POLL_MAX];
    if (count > POLL_MAX)
        count = POLL_MAX;
    for (size_t i = 0; i < count; i++) {
        items[i].is_ready = false;
        raw[i] = (zmq_pollitem_t){.socket = items[i].socket ? items[i].socket->raw : NULL,
                                  .fd = items[i].socket ? -1 : items[i].fd,
                                  .events = items[i].wants_write ? ZMQ_POLLOUT : ZMQ_POLLIN};
    }
    if (zmq_poll(raw, (int)count, timeout_ms) <= 0)
        return;
    for (size_t i = 0; i < count; i++)
        items[i].is_ready = raw[i].revents != 0;
}

/* A monitor's message: event u16, value u32, then the address in a second frame. */
static bool next_event(struct net_socket *socket, unsigned *event)
{
    struct net_message message;
    net_message_init(&message);
    bool got = zmq_msg_recv(&message.raw, socket->monitor, ZMQ_DONTWAIT) >= 2;
    if (got) {
        uint16_t id;
        memcpy(&id, zmq_msg_data(&message.raw), sizeof id);
        *event = id;
        while (zmq_msg_more(&message.raw) &&
               zmq_msg_recv(&message.raw, socket->monitor, ZMQ_DONTWAIT) >= 0)
            continue;
    }
    net_message_fini(&message);
    return got;
}

void net_socket_link(struct net_socket *socket, struct net_link *out)
{
    unsigned event;
    while (socket->monitor && next_event(socket, &event)) {
        socket->link.is_up = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
        if (socket->link.is_up) {
            socket->link.connects++;
            socket->link.failure = ERR_OK;
        } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH) {
            socket->link.failure = ERR_KEY;
        } else if (socket->link.failure != ERR_KEY) {
            socket->link.failure = ERR_UNREACHABLE;
        }
    }
    *out = socket->link;
}

/* Every connection that was accepted ends with an event of its own, whatever came of its handshake. */
long net_socket_connections(struct net_socket *socket)
{
    unsigned event;
    while (socket->monitor && next_event(socket, &event))
        socket->connections += event == ZMQ_EVENT_ACCEPTED ? 1 : -1;
    return socket->connections;
}
