/* ZeroMQ sockets with CURVE and every limit set: the one way to the network.
 *
 *     net_open(1, &net)
 *     net_socket_open(net, &options, &socket)
 *     net_message_init(&message); while (!net_receive(socket, &message, &has_more)) …
 *     net_socket_close(&socket); net_close(&net)
 *
 * A socket is used by one thread at a time; a net by any. Nothing here blocks except net_poll():
 * sending and receiving answer ERR_TIMEOUT when they would have to wait. A message given to a
 * socket is not delivered until the other side says so (RELIABILITY: queues are no store).
 */
#ifndef SONGHUA_NET_SOCKET_H
#define SONGHUA_NET_SOCKET_H

#include "proto/base/err.h"
#include "proto/net/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

struct net;
struct net_socket;

/* A context with so many I/O threads (encryption runs in them). Errors  ERR_NOMEM, ERR_INTERNAL. */
MUST_CHECK enum err net_open(unsigned io_threads, struct net **out);
void net_close(struct net **net); /* every socket was closed before */

enum net_kind { NET_DEALER, NET_ROUTER, NET_SUB, NET_XPUB };

struct net_socket_options {
    enum net_kind kind;
    const char *endpoint;            /* tcp://127.0.0.1:7301; a server may say port * */
    bool is_server;                  /* binds, and asks ZAP (net/zap.h) about every client's key */
    const struct identity *identity; /* own keys */
    const char *server_key;          /* client: the server's public key, Z85 */
    int queue_messages;              /* per connection and direction; 0: 1,000 */
    int64_t max_message_bytes;       /* 0: 1,050,656 */
};

/* Errors  ERR_USAGE (endpoint), ERR_KEY, ERR_EXISTS (port taken), ERR_NOMEM, ERR_INTERNAL. */
MUST_CHECK enum err net_socket_open(struct net *net, const struct net_socket_options *options,
                                    struct net_socket **out);
void net_socket_close(struct net_socket **socket); /* unsent messages are dropped */

/* A server's socket: end every connection, and open the same port again. Clients come back by themselves
 * and are asked who they are. What was on its way is dropped. Between the two the socket is quiet: it
 * receives nothing and cannot send.
 * Errors  ERR_TIMEOUT (the port is not free yet: call again soon), ERR_NOMEM, ERR_INTERNAL. */
MUST_CHECK enum err net_socket_renew(struct net_socket *socket);
/* How many connections an XPUB has, those that are still in their handshake included. For a moment it may be
 * one too few: an end can be told before its beginning. */
long net_socket_connections(struct net_socket *socket);
const char *net_socket_endpoint(const struct net_socket *socket); /* with the port that was bound */

/* --- messages --------------------------------------------------------------------------------- */

struct net_message {
    zmq_msg_t raw;
};

void net_message_init(struct net_message *message);
void net_message_fini(struct net_message *message);
/* Room for `size` bytes, what was there is dropped; write to net_message_data(). Errors  ERR_NOMEM. */
MUST_CHECK enum err net_message_resize(struct net_message *message, size_t size);
MUST_CHECK enum err net_message_set(struct net_message *message, const void *bytes, size_t size);
/* Take `bytes` without copying them: `release` is called when nothing needs them any more, in whatever
 * thread that happens. Errors  ERR_NOMEM (nothing was taken). */
typedef void net_release(void *bytes, void *context);
MUST_CHECK enum err net_message_wrap(struct net_message *message, void *bytes, size_t size,
                                     net_release *release, void *context);
/* Make `message` a second hold on the bytes of `of`; large ones are shared, not copied. */
void net_message_share(struct net_message *message, struct net_message *of);
void *net_message_data(struct net_message *message);
size_t net_message_size(const struct net_message *message);
/* The authenticated name of who sent this *last* frame; NULL: none, deny. */
const char *net_message_user(struct net_message *message);

/* One frame. Errors  ERR_TIMEOUT (nothing there), ERR_IO. */
MUST_CHECK enum err net_receive(struct net_socket *socket, struct net_message *message,
                                bool *has_more);
/* One frame; on ERR_OK the message is empty again, else it is kept. For a ROUTER the first frame is
 * the client's routing id. Errors  ERR_TIMEOUT (queue full or not connected), ERR_UNREACHABLE (the
 * ROUTER's client is gone; the rest of the message must not be sent), ERR_IO. */
MUST_CHECK enum err net_send(struct net_socket *socket, struct net_message *message, bool has_more);
/* Receive and drop what is left of a message of several frames. */
void net_drop_rest(struct net_socket *socket, bool has_more);

/* SUB: topics to receive, by prefix. */
MUST_CHECK enum err net_subscribe(struct net_socket *socket, const char *prefix);
/* XPUB: allow the subscription that was last received, or end it. */
MUST_CHECK enum err net_allow(struct net_socket *socket, const void *prefix, size_t size,
                              bool is_on);

/* --- waiting ---------------------------------------------------------------------------------- */

struct net_poll_item {
    struct net_socket *socket; /* or NULL, then fd */
    int fd;
    bool wants_write; /* else read */
    bool is_ready;    /* out */
};
/* Wait until one item is ready or timeout_ms have passed (-1: for ever). At most 16 items. */
void net_poll(struct net_poll_item *items, size_t count, long timeout_ms);

int net_socket_fd(const struct net_socket *socket); /* edge-triggered; see zmq_getsockopt ZMQ_FD */

/* What a client's socket knows of its connection. */
struct net_link {
    bool is_up;        /* handshake done and not disconnected since */
    unsigned connects; /* handshakes done so far */
    enum err failure;  /* ERR_OK, ERR_KEY (the broker refuses our key, or its key is not the one we
                             were given), ERR_UNREACHABLE (no connection so far) */
};
void net_socket_link(struct net_socket *socket, struct net_link *out);

const char *net_library_version(void); /* "ZeroMQ 4.3.4, CZMQ 4.2.1, libsodium 1.0.18" */

#endif
