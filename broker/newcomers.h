/* Connections that have said Hello and whose first signed batch is still to be checked.
 *
 * The intake checks digests and leaves signatures to `verify`, as they would cost more than all else
 * together. But a producer with a wrong signing key should find out when it begins, not from an auditor:
 * so one signature a session is checked. Connections are looked for by the end of their routing id, which
 * ROUTER counts up; the few that meet in one place, or chose their id, go unchecked.
 */
#ifndef SONGHUA_BROKER_NEWCOMERS_H
#define SONGHUA_BROKER_NEWCOMERS_H

#include "broker/access.h"
#include "broker/saves.h"

enum { NEWCOMERS_MAX = 16384 };

struct newcomers {
    struct client_address places[NEWCOMERS_MAX];
};

void newcomers_add(struct newcomers *newcomers, const struct client_address *client);

/* ERR_DENIED, with one sentence in `why`, when the connection is new and its batch is signed by another
 * key than the one in the producer's certificate; the next is then checked as well. */
MUST_CHECK enum err newcomers_check(struct newcomers *newcomers, struct access *access,
                                    const struct client_address *client, const struct batch *batch,
                                    char why[ACCESS_WHY_BYTES]);

#endif
