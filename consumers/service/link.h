/* A service's connection to a broker and to its own disk: the ports of service.h in earnest.
 *
 *     link_open(&options, &link)
 *     … load state with link_outbox(link), begin at link_position(link) …
 *         or, when it cannot be used: link_forget_state(link), begin at 0
 *     service with link_ports(link)
 *     link_close(&link)
 *
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_SERVICE_LINK_H
#define SONGHUA_SERVICE_LINK_H

#include "consumers/service/service.h"
#include "proto/net/identity.h"

struct link;

struct link_options {
    const char *publish, *fetch;     /* endpoints of the broker */
    const char *server_key;          /* its public CURVE key, Z85 */
    const struct identity *identity; /* borrowed; its name is the producer's and the consumer's */
    const char *input, *output;      /* streams */
    const char *state;               /* directory of the outbox */
    uint64_t state_bytes;            /* the most it may take; 0: 16 GiB */
};

/* Does not wait for the broker. Errors  as outbox_open(), publisher_open(). */
MUST_CHECK enum err link_open(const struct link_options *options, struct link **out);
void link_close(struct link **link);

/* To read the service's state from; keys that begin with "service/" are the link's own. */
struct outbox *link_outbox(struct link *link);
uint64_t link_position(const struct link *link); /* last record whose effects are stored; 0: none */
uint64_t link_published(const struct link *link); /* as in struct service_options */

/* Delete the service's state and begin with the first record again; what waits to be published stays,
 * and so does link_published(). Errors  as outbox_commit(), subscriber_open(). */
MUST_CHECK enum err link_forget_state(struct link *link);
const struct service_ports *link_ports(const struct link *link); /* must_stop is stop_requested() */

#endif
