/* Keeps what strangers and clients can make the broker hold within bounds.
 *
 * ZeroMQ hands over whole messages only: the frames of one that never ends pile up in its own threads,
 * where no limit of its counts them and nobody can see whose they are. So the memory in use is looked at
 * several times a second; above the limit the ports are closed and opened again, which frees everything
 * that is half received. Clients come back by themselves and send again what was not acknowledged.
 *
 *     guard_look(…)             in the main thread
 *     guard_renews(…)           in the thread that owns a socket, each turn
 */
#ifndef SONGHUA_BROKER_GUARD_H
#define SONGHUA_BROKER_GUARD_H

#include "broker/audit.h"
#include "proto/base/wake.h"
#include "proto/net/socket.h"

#include <stdatomic.h>
#include <stdint.h>

enum { GUARD_EVERY_MS = 200 };

struct guard {
    uint64_t limit_bytes;      /* 0: none */
    bool was_above, must_trim; /* at the last look */
    uint64_t kept_bytes;       /* that ending all connections the last time did not free */
    struct audit *audit;
    struct wake *owners[2]; /* signalled to renew their sockets */
    atomic_uint renewals;   /* asked for so far; also a metric */
};

/* As many descriptors as the system lets this process have: each connection needs one. */
void guard_raise_descriptors(void);

void guard_look(struct guard *guard);

/* One socket's part in it; all zero to begin with. */
struct guarded {
    unsigned renewals;
    bool is_closed; /* until the port is free: come back within GUARD_REOPEN_MS */
};
enum { GUARD_REOPEN_MS = 5 };
/* Whether the socket was closed and what its clients were owed is void. */
bool guard_renews(const struct guard *guard, struct guarded *guarded, struct net_socket *socket);

uint64_t guard_memory_bytes(void);           /* in use, without files' pages */
unsigned guard_descriptors(unsigned *limit); /* open now */

#endif
