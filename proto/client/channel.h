/* A client's connection to one port of a broker: requests out, replies in, and a new socket when the
 * old one is no good. Shared by publisher, subscriber and control; not for others.
 */
#ifndef SONGHUA_CLIENT_CHANNEL_H
#define SONGHUA_CLIENT_CHANNEL_H

#include "proto/base/buffer.h"
#include "proto/net/socket.h"
#include "proto/wire/wire.pb-c.h"

struct channel {
    struct net *net;
    bool owns_net;
    struct net_socket *socket; /* never NULL between channel_open and channel_close */
    char endpoint[256], server_key[CURVE_TEXT_BYTES];
    const struct identity *identity;
    struct buffer scratch;
    uint64_t next_id;
    unsigned connects_seen;
};

/* `net` NULL: one of its own. Errors  ERR_KEY, ERR_USAGE, ERR_NOMEM. */
MUST_CHECK enum err channel_open(struct channel *channel, struct net *net, const char *endpoint,
                                 const char *server_key, const struct identity *identity);
void channel_close(struct channel *channel); /* accepts an all-zero channel */

/* A new socket in place of the old: what was queued in it is forgotten. */
MUST_CHECK enum err channel_reopen(struct channel *channel);

/* Whether the connection below was made anew since the last call: what was sent may be lost. */
bool channel_is_renewed(struct channel *channel);
/* Why there is no connection: ERR_OK when there is, ERR_KEY, ERR_UNREACHABLE. */
enum err channel_failure(struct channel *channel);

/* Send the request; its id is set here. Errors  ERR_TIMEOUT (not connected or queue full). */
MUST_CHECK enum err channel_send(struct channel *channel, Songhua__V1__Request *request);

/* The next reply, to be released with songhua__v1__reply__free_unpacked(reply, NULL). `second` gets
 * the second frame, empty when there was none; NULL: it is dropped.
 * Errors  ERR_TIMEOUT (none there), ERR_MALFORMED (one was dropped), ERR_IO. */
MUST_CHECK enum err channel_receive(struct channel *channel, Songhua__V1__Reply **out,
                                    struct net_message *second);

/* Wait until something can be received (or sent, when wants_write) or timeout_ms have passed. */
void channel_wait(struct channel *channel, bool wants_write, long timeout_ms);

extern const char client_software[]; /* "libsonghua 0.1.0" */

#endif
