/* What every command of the agent begins with: the common options, and the files they name.
 *
 * The functions that take the invocation say on stderr what was wrong; their callers only return.
 */
#ifndef SONGHUA_AGENT_AGENT_H
#define SONGHUA_AGENT_AGENT_H

#include "proto/cli/command.h"
#include "proto/cli/keys.h"
#include "proto/event/framework.h"
#include "proto/net/identity.h"

#include <limits.h>

struct agent_settings {
    const char *broker;      /* tcp://host:7301 */
    const char *server_cert; /* the broker's public certificate */
    const char *identity;    /* NAME.cert, with its two secret parts beside it */
    const char *state;       /* directory of the outbox */
    const char *framework;   /* YAML that figures are checked against */
    const char *region;      /* code or name; NULL: the identity's single region */
};

/* The rows of the option table; `type` holds a struct agent_settings named `agent`. */
/* clang-format off */
#define AGENT_OPTIONS(type)                                                                            \
    {"broker", 'b', OPTION_TEXT, offsetof(type, agent.broker), "ENDPOINT",                             \
     "publish port of the broker", .initial = "tcp://127.0.0.1:7301"},                                 \
    KEY_OPTIONS(type, agent, "agent"),                                                                 \
    {"state", 's', OPTION_TEXT, offsetof(type, agent.state), "DIR",                                    \
     "directory of the outbox", .initial = "/var/lib/songhua/agent"},                                  \
    {"framework", 'f', OPTION_TEXT, offsetof(type, agent.framework), "FILE",                           \
     "framework that figures are checked against", .initial = "/etc/songhua/framework.yaml"},          \
    {"region", 'r', OPTION_TEXT, offsetof(type, agent.region), "REGION",                               \
     "GB/T 2260 code or name; default: the identity's single region"}
/* clang-format on */

/* Those of commands that only look, and say what they see as JSON on demand. */
struct agent_view_settings {
    struct agent_settings agent;
    bool is_json;
};
extern const struct option agent_view_options[];

enum { AGENT_FRAMEWORK_MAX_FINDINGS = 200 };

/* Released by framework_free(). Errors  ERR_FRAMEWORK, ERR_NOT_FOUND, ERR_NOMEM. */
MUST_CHECK enum err agent_load_framework(const struct invocation *invocation,
                                         const struct agent_settings *settings,
                                         struct framework **out);
/* The region of --region, else the only one of the identity (which may be NULL).
 * Errors  ERR_USAGE (none or several to choose from), ERR_DENIED (not one of the identity's). */
MUST_CHECK enum err agent_choose_region(const struct invocation *invocation,
                                        const struct agent_settings *settings,
                                        const struct identity *identity, uint32_t *out);

/* Whether the broker lets this identity publish for the region: one of its own, exactly. */
bool agent_may_report(const struct identity *identity, uint32_t region);

/* Whether the broker lets this identity publish under the topic. Source  proto/README.md "Topics". */
bool agent_may_publish(const struct identity *identity, const char *topic);

/* STATE/name. Errors  ERR_LIMIT. */
MUST_CHECK enum err agent_path(const char *state, const char *name, char out[PATH_MAX]);

#endif
