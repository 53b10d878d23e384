#include "proto/cli/keys.h"

#include <string.h>

/* Without its certificate a program is not set up: that is no missing input. */
static enum err say(const struct invocation *invocation, const char *option, enum err err,
                    const char *why)
{
    if (err == ERR_NOT_FOUND)
        err = ERR_KEY;
    return err ? command_fail(invocation, err, "%s: %s", option, why) : ERR_OK;
}

enum err keys_own(const struct invocation *invocation, const char *path, struct identity *out)
{
    char why[200];
    enum err err = identity_load(path, out, why);
    return say(invocation, "--identity", err, why);
}

enum err keys_own_public(const struct invocation *invocation, const char *path,
                         struct identity *out)
{
    char why[200];
    enum err err = identity_load_public(path, out, why);
    return say(invocation, "--identity", err, why);
}

enum err keys_server(const struct invocation *invocation, const char *path,
                     char out[CURVE_TEXT_BYTES])
{
    char why[200];
    struct identity server;
    enum err err = identity_load_public(path, &server, why);
    if (!err)
        memcpy(out, server.public_key, CURVE_TEXT_BYTES);
    return say(invocation, "--server-cert", err, why);
}
