/* A program's identity: a CURVE key pair, an Ed25519 signing key and what the certificate says.
 *
 * NAME.cert          public part, CZMQ's certificate form: public key, and as metadata name, role,
 *                    regions ("220100 220200", or "*") and signing_key (64 hex digits); optional, and
 *                    written by who lets the key in: streams, producers (both narrow what role and name
 *                    allow), events_per_second, bytes_per_second, stored_bytes, max_producers
 * NAME.cert_secret   CZMQ's form with the CURVE secret, mode 0600
 * NAME.cert_signing  the Ed25519 seed, 64 hex digits, mode 0600
 */
#ifndef SONGHUA_NET_IDENTITY_H
#define SONGHUA_NET_IDENTITY_H

#include "proto/base/err.h"
#include "proto/wire/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IDENTITY_NAME_BYTES = 65,
    CURVE_TEXT_BYTES = 41,
    IDENTITY_MAX_REGIONS = 64,
    IDENTITY_STREAMS_BYTES = 200,
    IDENTITY_PRODUCERS_BYTES = 1024
};

/* What a key may do; the table of rights is broker/rights.c. */
enum role {
    ROLE_NONE,
    ROLE_AGENT,
    ROLE_SCORER,
    ROLE_ALERTER,
    ROLE_OPERATOR,
    ROLE_READER,
    ROLE_PLANNER,
    ROLE_ADMIN
};

/* What a key may use; 0: the broker's own setting counts. */
struct identity_quota {
    uint64_t events_per_second, bytes_per_second;
    uint64_t stored_bytes, max_producers;
};

struct identity {
    char name[IDENTITY_NAME_BYTES];
    enum role role;
    uint32_t regions[IDENTITY_MAX_REGIONS];
    size_t region_count;
    bool has_all_regions;
    char streams[IDENTITY_STREAMS_BYTES];     /* "events scores"; empty: all of the role's */
    char producers[IDENTITY_PRODUCERS_BYTES]; /* names it publishes as; empty: all of its own */
    struct identity_quota quota;
    char public_key[CURVE_TEXT_BYTES]; /* Z85 */
    char secret_key[CURVE_TEXT_BYTES]; /* empty when only the public part was loaded */
    unsigned char signing_public[SIGNING_PUBLIC_BYTES];
    bool has_signing_public;
    struct signing_key signing; /* all zero when only the public part was loaded */
};

/* Make new keys for the given name, role and regions. */
MUST_CHECK enum err identity_make(const char *name, enum role role, const uint32_t *regions,
                                  size_t region_count, bool has_all_regions, struct identity *out);

/* Write NAME.cert, NAME.cert_secret and NAME.cert_signing; `path` is that of NAME.cert. Existing files
 * are not overwritten. Errors  ERR_EXISTS, ERR_PERMISSION, ERR_IO, ERR_FULL. */
MUST_CHECK enum err identity_save(const struct identity *identity, const char *path);

/* Load all three files, or the public one alone. `why` (may be NULL) gets one sentence on an error.
 * Errors  ERR_NOT_FOUND, ERR_INSECURE (a secret others can read), ERR_KEY (malformed, or parts that
 *         do not belong together), ERR_IO. */
MUST_CHECK enum err identity_load(const char *path, struct identity *out, char why[200]);
MUST_CHECK enum err identity_load_public(const char *path, struct identity *out, char why[200]);

/* Write the public part alone, over what is there: what a broker keeps of a client. Errors  as above
 * without ERR_EXISTS, ERR_USAGE (lists that identity_load_public() would refuse). */
MUST_CHECK enum err identity_save_public(const struct identity *identity, const char *path);

/* A name is its owner's own when it is the owner's name, or that and a dot and anything. */
bool identity_owns_name(const char *owner, const char *name);

void identity_clear(struct identity *identity); /* overwrites the secrets */

const char *role_name(enum role role);
enum role role_from_name(const char *name); /* ROLE_NONE when unknown */

#endif
