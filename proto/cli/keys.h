/* The certificates that a program's options name. What is wrong is said on stderr; callers only return.
 *
 * Errors of all  ERR_KEY (missing, malformed, or parts that do not belong together), ERR_INSECURE (a secret
 *                that others can read), ERR_IO.
 */
#ifndef SONGHUA_CLI_KEYS_H
#define SONGHUA_CLI_KEYS_H

#include "proto/cli/command.h"
#include "proto/net/identity.h"

#include <stddef.h>

/* Their rows of an option table: `member` of `type` has server_cert and identity, `own` is "agent". */
/* clang-format off */
#define KEY_OPTIONS(type, member, own)                                                                 \
    {"server-cert", 0, OPTION_TEXT, offsetof(type, member.server_cert), "FILE",                        \
     "the broker's public certificate", .initial = "/etc/songhua/broker.cert"},                        \
    {"identity", 'i', OPTION_TEXT, offsetof(type, member.identity), "FILE",                            \
     "own certificate, made by songhua-agent keygen", .initial = "/etc/songhua/" own ".cert"}
/* clang-format on */

/* --identity: with its secrets, or the public part alone. */
MUST_CHECK enum err keys_own(const struct invocation *invocation, const char *path,
                             struct identity *out);
MUST_CHECK enum err keys_own_public(const struct invocation *invocation, const char *path,
                                    struct identity *out);

/* --server-cert: the broker's public key, Z85. */
MUST_CHECK enum err keys_server(const struct invocation *invocation, const char *path,
                                char out[CURVE_TEXT_BYTES]);

#endif
