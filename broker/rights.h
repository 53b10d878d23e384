/* What a certificate allows: one table by role, narrowed by the certificate's own regions, streams and
 * producer names. Pure: no lock, no file. What the table does not name is denied.
 */
#ifndef SONGHUA_BROKER_RIGHTS_H
#define SONGHUA_BROKER_RIGHTS_H

#include "proto/net/identity.h"

#include <stdbool.h>
#include <stdint.h>

/* The first thing that stands in the way. */
enum rights_finding { RIGHTS_OK, RIGHTS_TOPIC, RIGHTS_STREAM, RIGHTS_PRODUCER, RIGHTS_REGION };

struct rights_publish {
    const char *stream, *producer, *topic;
    uint32_t region;
};
enum rights_finding rights_may_publish(const struct identity *identity,
                                       const struct rights_publish *what);

/* Whether it may publish under this name at all, and keep positions under this one. */
bool rights_may_be(const struct identity *identity, const char *producer);
bool rights_is_own_name(const struct identity *identity, const char *name);
/* Whether it may take this consumer's position away: its own, and an admin anybody's. */
bool rights_may_drop(const struct identity *identity, const char *consumer);

bool rights_may_read(const struct identity *identity, const char *stream);

/* One number for the key and all that it may read: another when any of it changes. Never 0. */
uint64_t rights_to_read(const struct identity *identity);

#endif
