/* The command line of a service: what every service's `run` begins with.
 *
 * The functions that take the invocation say on stderr what was wrong; their callers only return.
 */
#ifndef SONGHUA_SERVICE_COMMAND_H
#define SONGHUA_SERVICE_COMMAND_H

#include "consumers/service/service.h"
#include "proto/cli/command.h"
#include "proto/cli/keys.h"
#include "proto/net/identity.h"

struct service_settings {
    const char *broker, *fetch; /* endpoints */
    const char *server_cert;    /* the broker's public certificate */
    const char *identity;       /* NAME.cert, with its two secret parts beside it */
    const char *state;          /* directory of the outbox */
    const char *http;           /* address of the status port; "" is none */
    uint64_t state_bytes;
};

/* The rows of the option table; `type` holds a struct service_settings named `member`, `program` is
 * "scorer". A command that only reads hides the rest, so that it takes the service's own configuration
 * file. */
/* clang-format off */
#define SERVICE_OPTIONS(type, member, program, only_reads)                                             \
    {"broker", 'b', OPTION_TEXT, offsetof(type, member.broker), "ENDPOINT",                            \
     "publish port of the broker", .initial = "tcp://127.0.0.1:7301", .is_hidden = (only_reads)},      \
    {"fetch", 0, OPTION_TEXT, offsetof(type, member.fetch), "ENDPOINT",                                \
     "fetch port of the broker", .initial = "tcp://127.0.0.1:7302"},                                   \
    KEY_OPTIONS(type, member, program),                                                                \
    {"state", 's', OPTION_TEXT, offsetof(type, member.state), "DIR",                                   \
     "directory of state and outbox", .initial = "/var/lib/songhua/" program,                          \
     .is_hidden = (only_reads)},                                                                       \
    {"state-size", 0, OPTION_SIZE, offsetof(type, member.state_bytes), "SIZE",                         \
     "the most that state and outbox may take", .initial = "16GiB", .is_hidden = (only_reads)},        \
    {"http", 0, OPTION_TEXT, offsetof(type, member.http), "ADDRESS",                                   \
     "/metrics, /healthz, /readyz; empty: none", .initial = "", .is_hidden = (only_reads)}
/* clang-format on */

/* What makes a service a certain one. */
struct service_definition {
    const char *name;           /* "scorer" */
    const char *input, *output; /* streams */
    void *context;
    /* Take up the state that was stored. May be NULL. After ERR_CORRUPT and ERR_VERSION `reset`, which
     * makes the context as new, and all records from the first one are handled again. */
    enum err (*load)(void *context, struct outbox *outbox);
    enum err (*reset)(void *context); /* NULL: those errors end the service */
    service_handle *handle;
    service_keep *keep; /* may be NULL */
};

/* Run until SIGINT or SIGTERM. Errors  what ended it. */
MUST_CHECK enum err service_command(const struct invocation *invocation,
                                    const struct service_settings *settings,
                                    const struct service_definition *definition);

#endif
