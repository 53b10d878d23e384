#include "broker/commands.h"

#include "proto/base/file.h"
#include "proto/net/identity.h"
#include "proto/wire/batch.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>

#define AT(field) offsetof(struct authorize_settings, field)
#define ACCESS_OPTION                                                                              \
    {                                                                                              \
        "access", 'a', OPTION_TEXT, AT(access), "DIR", "directory of the clients' certificates",   \
            .initial = "/etc/songhua/access"                                                       \
    }

const struct option broker_authorize_options[] = {
    ACCESS_OPTION,
    {"stream", 0, OPTION_LIST, AT(streams), "NAME",
     "only these of the role's streams; may be given several times"},
    {"producer", 0, OPTION_LIST, AT(producers), "NAME",
     "only these of its names (NAME, NAME.…); may be given several times"},
    {"events-per-second", 0, OPTION_NUMBER, AT(events_per_second), "N",
     "it may publish; 0: as the broker is set"},
    {"bytes-per-second", 0, OPTION_SIZE, AT(bytes_per_second), "SIZE", "likewise"},
    {"stored-bytes", 0, OPTION_SIZE, AT(stored_bytes), "SIZE", "likewise, in all"},
    {"max-producers", 0, OPTION_NUMBER, AT(max_producers), "N", "names it may publish under"},
    {0},
};

const struct option broker_revoke_options[] = {ACCESS_OPTION, {0}};

static bool join(const struct option_list *list, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < list->count; i++) {
        int length = snprintf(out + used, size - used, "%s%s", i ? " " : "", list->items[i]);
        if (length < 0 || (size_t)length >= size - used)
            return false;
        used += (size_t)length;
    }
    return true;
}

/* What the operator says replaces what the certificate said; its quota counts only from here, or who asks
 * to be let in would set its own. */
static enum err apply(const struct invocation *invocation, struct identity *identity)
{
    const struct authorize_settings *settings = invocation->settings;
    if (!join(&settings->streams, identity->streams, sizeof identity->streams) ||
        !join(&settings->producers, identity->producers, sizeof identity->producers))
        return command_fail(invocation, ERR_USAGE, "too many names after --stream or --producer");
    identity->quota = (struct identity_quota){.events_per_second = settings->events_per_second,
                                              .bytes_per_second = settings->bytes_per_second,
                                              .stored_bytes = settings->stored_bytes,
                                              .max_producers = settings->max_producers};
    return ERR_OK;
}

static enum err keep(const struct invocation *invocation, const struct identity *identity,
                     const char *path)
{
    enum err err = identity_save_public(identity, path);
    if (err == ERR_USAGE)
        return command_fail(invocation, err,
                            "%s: --stream takes streams, --producer takes %s or names that begin "
                            "with %s and a dot",
                            identity->name, identity->name, identity->name);
    return err ? command_fail(invocation, err, "%s", path) : ERR_OK;
}

static enum err each(const struct invocation *invocation, const char *what,
                     enum err (*one)(const struct invocation *, const char *))
{
    enum err err = ERR_OK;
    if (!invocation->operand_count)
        return command_fail(invocation, ERR_USAGE, "name at least one %s", what);
    for (size_t i = 0; i < invocation->operand_count && !err; i++)
        err = one(invocation, invocation->operands[i]);
    return err;
}

/* --- letting in ------------------------------------------------------------------------------- */

static enum err authorize(const struct invocation *invocation, const char *file)
{
    const struct authorize_settings *settings = invocation->settings;
    struct identity identity;
    char why[200], path[PATH_MAX];
    enum err err = identity_load_public(file, &identity, why);
    if (err)
        return command_fail(invocation, err, "%s", why);
    snprintf(path, sizeof path, "%s/%s.cert", settings->access, identity.name);
    if (file_exists(path))
        return command_fail(
            invocation, ERR_EXISTS,
            "%s: %s was let in before; songhua-broker limit changes what it may use, "
            "revoke shuts it out",
            path, identity.name);
    err = file_make_directory(settings->access);
    if (err)
        return command_fail(invocation, err, "%s", path);
    err = apply(invocation, &identity);
    if (!err)
        err = keep(invocation, &identity, path);
    if (!err)
        printf("%s may now connect as %s\n", identity.name, role_name(identity.role));
    return err;
}

enum err broker_authorize(const struct invocation *invocation)
{
    return each(invocation, "certificate", authorize);
}

/* --- limiting --------------------------------------------------------------------------------- */

static enum err limit(const struct invocation *invocation, const char *name)
{
    const struct authorize_settings *settings = invocation->settings;
    struct identity identity;
    char why[200], path[PATH_MAX];
    if (!batch_name_is_valid(name))
        return command_fail(invocation, ERR_USAGE, "%s is not a client's name", name);
    snprintf(path, sizeof path, "%s/%s.cert", settings->access, name);
    enum err err = identity_load_public(path, &identity, why);
    if (err)
        return command_fail(invocation, err, "%s", why);
    /* A key that was narrowed stays so until it is said otherwise. */
    if (settings->streams.count)
        identity.streams[0] = '\0';
    if (settings->producers.count)
        identity.producers[0] = '\0';
    err = apply(invocation, &identity);
    if (!err)
        err = keep(invocation, &identity, path);
    if (!err)
        printf("the limits of %s are as given, others are the broker's\n", name);
    return err;
}

enum err broker_limit(const struct invocation *invocation)
{
    return each(invocation, "client", limit);
}

/* --- shutting out ----------------------------------------------------------------------------- */

/* The certificate is kept under another name, so that it can be seen who was shut out. */
static enum err revoke(const struct invocation *invocation, const char *name)
{
    const struct authorize_settings *settings = invocation->settings;
    char path[PATH_MAX], kept[PATH_MAX];
    if (!batch_name_is_valid(name))
        return command_fail(invocation, ERR_USAGE, "%s is not a client's name", name);
    snprintf(path, sizeof path, "%s/%s.cert", settings->access, name);
    snprintf(kept, sizeof kept, "%s/%s.cert.revoked", settings->access, name);
    if (rename(path, kept))
        return command_fail(invocation, err_from_errno(errno), "%s", path);
    enum err err = file_sync_directory(settings->access);
    if (err)
        return command_fail(invocation, err, "%s", settings->access);
    printf("%s is shut out; its certificate is kept as %s\n", name, kept);
    return ERR_OK;
}

enum err broker_revoke(const struct invocation *invocation)
{
    return each(invocation, "client", revoke);
}
