/* A producer without our library: it sends what a test tells it to, whatever came of it, and reads one
 * reply at a time. Findings are Criterion's.
 *
 *     raw_open(&raw, &hub, identity, "events", "agent");
 *     raw_send_hello(&raw);
 *     reply = raw_receive(&raw);       to be freed with songhua__v1__reply__free_unpacked()
 *     raw_close(&raw);
 */
#ifndef SONGHUA_TESTS_HUB_RAW_H
#define SONGHUA_TESTS_HUB_RAW_H

#include "proto/wire/wire.pb-c.h"
#include "tests/support/batches.h"
#include "tests/support/hub.h"

struct raw {
    struct net *net;
    struct net_socket *socket;
    struct chain chain; /* of what was sent; a test may put it back */
    struct buffer frame, signed_frame;
};

/* A connection that is up, and a chain of epoch 1. */
void raw_open(struct raw *raw, struct hub *hub, const struct identity *identity, const char *stream,
              const char *producer);
void raw_close(struct raw *raw);

void raw_send_hello(struct raw *raw);
/* The chain's next batch, signed so. */
void raw_send_batch(struct raw *raw, const struct signing_key *key);
Songhua__V1__Reply *raw_receive(struct raw *raw);

#endif
