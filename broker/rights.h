/* What a certificate allows: one table by role, narrowed by the certificate's own regions, streams and
 * producer names. Pure: no lock, no file. What the table does not name is denied.
 *
 * A broker keeps the rights of thousands, most of whom have one region and no list: hence not a struct
 * identity, which has room for the longest.
 */
#ifndef SONGHUA_BROKER_RIGHTS_H
#define SONGHUA_BROKER_RIGHTS_H

#include "proto/net/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rights {
    const char *name, *key;          /* the public one, Z85 */
    const char *streams, *producers; /* lists; empty: all of the role's, all that are its own */
    const uint32_t *regions;
    size_t region_count;
    bool has_all_regions;
    enum role role;
    struct identity_quota quota;
};

/* What this certificate gives, in one piece of memory for free(); NULL: there is none. */
struct rights *rights_new(const struct identity *identity);

/* The first thing that stands in the way. */
enum rights_finding { RIGHTS_OK, RIGHTS_TOPIC, RIGHTS_STREAM, RIGHTS_PRODUCER, RIGHTS_REGION };

struct rights_publish {
    const char *stream, *producer, *topic;
    uint32_t region;
};
enum rights_finding rights_may_publish(const struct rights *rights,
                                       const struct rights_publish *what);

/* Whether it may publish under this name at all, and keep positions under this one. */
bool rights_may_be(const struct rights *rights, const char *producer);
bool rights_is_own_name(const struct rights *rights, const char *name);
/* Whether it may take this consumer's position away: its own; operators and admins anybody's. */
bool rights_may_drop(const struct rights *rights, const char *consumer);

bool rights_may_read(const struct rights *rights, const char *stream);

/* One number for the key and all that it may read: another when any of it changes. Never 0. */
uint64_t rights_to_read(const struct rights *rights);

#endif
