/* Who listens on the live port, and what they could read when they subscribed.
 *
 * ZeroMQ cannot end one peer's subscription from this side: what was allowed lasts as long as the
 * connection. So when somebody who listens may read less than before, the port is closed and opened
 * again; all come back within a moment and are asked anew. A new client costs nobody anything.
 */
#ifndef SONGHUA_BROKER_LISTENERS_H
#define SONGHUA_BROKER_LISTENERS_H

#include "broker/access.h"

struct listener;

struct listeners {
    struct access *access;
    struct listener *by_user;
    unsigned version; /* of the access, when all of them were last looked at */
};

/* The user's subscription is about to be allowed, by rights as they were at `reading`.
 * Errors  ERR_NOMEM. */
MUST_CHECK enum err listeners_add(struct listeners *listeners, const char *user, uint64_t reading);
/* Whether somebody's rights have changed since; cheap while nobody's have. */
bool listeners_have_changed(struct listeners *listeners);
void listeners_clear(struct listeners *listeners);

#endif
