/* The live port: every stored record to whoever subscribed, as soon as it is on disk. It reads what
 * was stored from the journal, so a slow subscriber or a slow network never touches the intake, and
 * it skips ahead while nobody listens.
 */
#ifndef SONGHUA_BROKER_LIVE_H
#define SONGHUA_BROKER_LIVE_H

#include "broker/access.h"
#include "broker/audience.h"
#include "broker/counters.h"
#include "broker/journal/journal.h"
#include "broker/listeners.h"
#include "proto/net/socket.h"

struct live {
    struct net_socket *socket; /* XPUB */
    struct journal *journal;
    struct audience *audience;
    struct access *access;
    struct listeners listeners;
    struct counters *counters;
    const char *const *streams;
    uint64_t next[JOURNAL_MAX_STREAMS];
    bool has_listeners; /* somebody has subscribed, and has not been alone since */
    bool was_alone;     /* nobody was connected at the last look */
    uint64_t looked_us;
    bool is_closed; /* the port, until it can be opened again */
};

/* Begin behind what is stored now. Errors  those of journal_bounds(). */
MUST_CHECK enum err live_init(struct live *live);
void live_fini(struct live *live);
/* End every connection when somebody who listens may read less than before; see listeners.h. */
void live_check_listeners(struct live *live);
/* Take subscriptions that have come: allow what the reader may read, ignore the rest. */
void live_take_subscriptions(struct live *live);
/* Once a second by clock_monotonic_us(): has the last listener gone? */
void live_look_around(struct live *live, uint64_t now_us);
/* Publish what is new, up to a few megabytes; true when there is more. */
bool live_publish(struct live *live);

#endif
