/* The serving thread: fetches with long poll, questions, and the live port.
 *
 * It only reads the journal. A reader that asks for what is not there yet is parked, without a thread
 * or a cursor, until the intake announces something or its time is up.
 */
#ifndef SONGHUA_BROKER_SERVE_H
#define SONGHUA_BROKER_SERVE_H

#include "broker/access.h"
#include "broker/audience.h"
#include "broker/counters.h"
#include "broker/guard.h"
#include "broker/journal/journal.h"
#include "broker/saves.h"
#include "proto/base/wake.h"
#include "proto/net/socket.h"

struct serve;

struct serve_options {
    struct net_socket *socket; /* ROUTER, bound; all borrowed, used by this thread alone */
    struct net_socket *live;   /* XPUB, bound */
    struct journal *journal;
    struct access *access;
    struct saves *saves;
    struct counters *counters;
    const struct guard *guard;
    const char *const *streams;      /* NULL-terminated */
    const char *const *live_streams; /* those of them that are on the live port */
    struct wake *wake;               /* something was stored or saved, or it is time to stop */
    struct audience *audience;       /* told whether somebody waits for what is stored next */
    const char *software;
    uint64_t started_ms;
};

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err serve_start(const struct serve_options *options, struct serve **out);
void serve_stop(struct serve **serve);

#endif
