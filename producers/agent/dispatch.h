/* From a parcel to the broker, and an account of it: what submit, put and framework have in common. */
#ifndef SONGHUA_AGENT_DISPATCH_H
#define SONGHUA_AGENT_DISPATCH_H

#include "producers/agent/account.h"
#include "producers/agent/agent.h"
#include "producers/agent/delivery.h"

struct dispatch_settings {
    bool is_dry, is_again, is_json;
    uint64_t timeout_ms; /* 0: do not wait for the broker */
};

/* clang-format off */
#define DISPATCH_OPTIONS(type)                                                                         \
    {"dry-run", 'n', OPTION_FLAG, offsetof(type, dispatch.is_dry), NULL,                               \
     "show what would be sent and change nothing"},                                                    \
    {"again", 0, OPTION_FLAG, offsetof(type, dispatch.is_again), NULL,                                 \
     "submit a file that was submitted before once more"},                                             \
    {"timeout", 't', OPTION_DURATION, offsetof(type, dispatch.timeout_ms), "TIME",                     \
     "wait so long for the broker's acknowledgement; 0s: do not wait", .initial = "30s"},              \
    {"json", 0, OPTION_FLAG, offsetof(type, dispatch.is_json), NULL, "one JSON object a line"}
/* clang-format on */

struct dispatch {
    const struct invocation *invocation;
    const struct agent_settings *agent;
    const struct dispatch_settings *settings;
    const struct framework *framework; /* for the names in a preview; NULL: none was loaded */
    struct identity identity;
    char server_key[CURVE_TEXT_BYTES];
    struct delivery delivery; /* opened by the first parcel */
};

/* Everything given is borrowed until dispatch_close(). Says what was wrong.
 * Errors  ERR_KEY, ERR_INSECURE. */
MUST_CHECK enum err dispatch_open(const struct invocation *invocation,
                                  const struct agent_settings *agent,
                                  const struct dispatch_settings *settings, struct dispatch *out);
void dispatch_close(struct dispatch *dispatch);

/* Deposit the parcel, wait for the broker as the settings say, tell what became of it. `parcel` is the
 * submission's, or one of its own; account->name, submission and refused are set.
 * Errors  as delivery_open(), delivery_deposit(), delivery_wait(); they have been said. */
MUST_CHECK enum err dispatch_parcel(struct dispatch *dispatch, struct parcel *parcel,
                                    struct account *account);

#endif
