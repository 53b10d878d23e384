/* The enrolled signing keys: of NAME.cert and NAME.cert.revoked in a directory, all that a name has had.
 * What a revoked key has signed stays its producer's. Not changed after loading: safe from any thread.
 */
#ifndef SONGHUA_REPLAY_KEYRING_H
#define SONGHUA_REPLAY_KEYRING_H

#include "proto/wire/chains.h"

struct keyring;

/* `directory` NULL or "": an empty one. Errors  ERR_NOT_FOUND, ERR_NOMEM. */
MUST_CHECK enum err keyring_load(const char *directory, struct keyring **out);
/* One more certificate, wherever it is; one that cannot be read or has no signing key adds none.
 * Errors  ERR_NOMEM. */
MUST_CHECK enum err keyring_add(struct keyring *keyring, const char *path);
void keyring_free(struct keyring **keyring);

size_t keyring_count(const struct keyring *keyring);

/* For chain_inspect(); valid as long as the keyring. NAME.PART is NAME's to use, so that its keys count
 * where NAME.PART has none. */
struct chain_keys keyring_keys(const struct keyring *keyring);

#endif
