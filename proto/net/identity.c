#include "proto/net/identity.h"

#include "proto/base/file.h"
#include "proto/base/text.h"
#include "proto/wire/batch.h"

#include <czmq.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const role_names[] = {
    [ROLE_AGENT] = "agent",       [ROLE_SCORER] = "scorer", [ROLE_ALERTER] = "alerter",
    [ROLE_OPERATOR] = "operator", [ROLE_READER] = "reader", [ROLE_PLANNER] = "planner",
    [ROLE_ADMIN] = "admin",
};
enum { CERTIFICATE_MAX_BYTES = 16384 };
enum { ROLE_COUNT = sizeof role_names / sizeof *role_names, PATH_BYTES = PATH_MAX };

const char *role_name(enum role role)
{
    return (unsigned)role < ROLE_COUNT && role_names[role] ? role_names[role] : "none";
}

enum role role_from_name(const char *name)
{
    for (unsigned i = 0; i < ROLE_COUNT; i++)
        if (role_names[i] && !strcmp(role_names[i], name))
            return (enum role)i;
    return ROLE_NONE;
}

void identity_clear(struct identity *identity)
{
    sodium_memzero(identity, sizeof *identity);
}

static enum err fail(char why[200], enum err err, const char *path, const char *what)
{
    if (why)
        snprintf(why, 200, "%.120s: %s", path, what);
    return err;
}

/* --- making ----------------------------------------------------------------------------------- */

enum err identity_make(const char *name, enum role role, const uint32_t *regions,
                       size_t region_count, bool has_all_regions, struct identity *out)
{
    if (!batch_name_is_valid(name) || region_count > IDENTITY_MAX_REGIONS || role == ROLE_NONE)
        return ERR_USAGE;
    if (sodium_init() < 0)
        return ERR_INTERNAL;
    struct identity identity = {.role = role,
                                .region_count = region_count,
                                .has_all_regions = has_all_regions,
                                .has_signing_public = true};
    snprintf(identity.name, sizeof identity.name, "%s", name);
    for (size_t i = 0; i < region_count; i++)
        identity.regions[i] = regions[i];
    if (zmq_curve_keypair(identity.public_key, identity.secret_key))
        return ERR_INTERNAL;
    signing_key_make(NULL, &identity.signing);
    memcpy(identity.signing_public, identity.signing.public_key, SIGNING_PUBLIC_BYTES);
    *out = identity;
    identity_clear(&identity);
    return ERR_OK;
}

/* --- saving ----------------------------------------------------------------------------------- */

/* "220100 220200", or "*". */
static void format_regions(const struct identity *identity, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    if (identity->has_all_regions)
        snprintf(text, size, "*");
    for (size_t i = 0; i < identity->region_count && !identity->has_all_regions; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%06u", i ? " " : "",
                                 identity->regions[i]);
}

/* The optional lines; the names are those of the metadata. */
static const struct {
    const char *name;
    size_t offset;
} quota_fields[] = {
    {"events_per_second", offsetof(struct identity_quota, events_per_second)},
    {"bytes_per_second", offsetof(struct identity_quota, bytes_per_second)},
    {"stored_bytes", offsetof(struct identity_quota, stored_bytes)},
    {"max_producers", offsetof(struct identity_quota, max_producers)},
};
enum { QUOTA_FIELDS = sizeof quota_fields / sizeof *quota_fields };

static uint64_t *quota_field(struct identity_quota *quota, size_t i)
{
    return (uint64_t *)((char *)quota + quota_fields[i].offset);
}

static enum err format_limits(const struct identity *identity, struct buffer *out)
{
    struct identity_quota quota = identity->quota;
    enum err err = ERR_OK;
    if (*identity->streams)
        err = buffer_append_format(out, "    streams = \"%s\"\n", identity->streams);
    if (!err && *identity->producers)
        err = buffer_append_format(out, "    producers = \"%s\"\n", identity->producers);
    for (size_t i = 0; i < QUOTA_FIELDS && !err; i++)
        if (*quota_field(&quota, i))
            err = buffer_append_format(out, "    %s = \"%" PRIu64 "\"\n", quota_fields[i].name,
                                       *quota_field(&quota, i));
    return err;
}

bool identity_owns_name(const char *owner, const char *name)
{
    size_t size = strlen(owner);
    return *owner && !strncmp(owner, name, size) && (!name[size] || name[size] == '.');
}

/* Streams and producers must be names, and the producers the client's own: signatures are looked up by
 * the name that owns a producer, so a name of somebody else would make both unverifiable. */
static bool lists_are_valid(const struct identity *identity)
{
    const char *const lists[] = {identity->streams, identity->producers};
    for (size_t i = 0; i < 2; i++) {
        for (const char *word = lists[i]; *word; word += strspn(word, " ")) {
            char name[IDENTITY_NAME_BYTES];
            size_t size = strcspn(word, " ");
            if (size >= sizeof name)
                return false;
            memcpy(name, word, size);
            name[size] = '\0';
            if (!batch_name_is_valid(name) || (i && !identity_owns_name(identity->name, name)))
                return false;
            word += size;
        }
    }
    return true;
}

/* The text form that zcert_load() and pyzmq's zmq.auth read (ZPL). Written by file_write(), because
 * zcert_save() says nothing when the disk is full. */
static enum err format_certificate(const struct identity *identity, bool with_secret,
                                   struct buffer *out)
{
    char regions[IDENTITY_MAX_REGIONS * 7 + 1], signing[2 * SIGNING_PUBLIC_BYTES + 1];
    format_regions(identity, regions, sizeof regions);
    text_from_bytes(identity->signing_public, SIGNING_PUBLIC_BYTES, signing);
    enum err err = buffer_append_format(
        out,
        "#   Songhua %s certificate of %s\n"
        "metadata\n    name = \"%s\"\n    role = \"%s\"\n    regions = \"%s\"\n",
        with_secret ? "SECRET" : "public", identity->name, identity->name,
        role_name(identity->role), regions);
    if (!err && identity->has_signing_public)
        err = buffer_append_format(out, "    signing_key = \"%s\"\n", signing);
    if (!err)
        err = format_limits(identity, out);
    if (!err)
        err = buffer_append_format(out, "curve\n    public-key = \"%s\"\n", identity->public_key);
    if (!err && with_secret)
        err = buffer_append_format(out, "    secret-key = \"%s\"\n", identity->secret_key);
    return err;
}

static enum err save_part(const char *path, const char *suffix, struct buffer *text, mode_t mode)
{
    char full[PATH_BYTES];
    if (snprintf(full, sizeof full, "%s%s", path, suffix) >= (int)sizeof full)
        return ERR_USAGE;
    return file_write(full, text->data, text->size, mode);
}

static bool any_part_exists(const char *path)
{
    static const char *const suffixes[] = {"", "_secret", "_signing"};
    for (size_t i = 0; i < 3; i++) {
        char full[PATH_BYTES];
        snprintf(full, sizeof full, "%s%s", path, suffixes[i]);
        if (file_exists(full))
            return true;
    }
    return false;
}

enum err identity_save(const struct identity *identity, const char *path)
{
    char seed[2 * SIGNING_SEED_BYTES + 1];
    struct buffer text;
    if (any_part_exists(path))
        return ERR_EXISTS;
    if (!lists_are_valid(identity))
        return ERR_USAGE;
    buffer_init(&text, CERTIFICATE_MAX_BYTES);
    text_from_bytes(identity->signing.secret_key, SIGNING_SEED_BYTES, seed);
    enum err err = buffer_append_format(&text, "%s\n", seed);
    if (!err)
        err = save_part(path, "_signing", &text, 0600);
    buffer_clear(&text);
    if (!err)
        err = format_certificate(identity, true, &text);
    if (!err)
        err = save_part(path, "_secret", &text, 0600);
    buffer_clear(&text);
    if (!err)
        err = format_certificate(identity, false, &text);
    if (!err)
        err = save_part(path, "", &text, 0644);
    sodium_memzero(seed, sizeof seed);
    if (text.data)
        sodium_memzero(text.data, text.capacity);
    buffer_fini(&text);
    return err;
}

enum err identity_save_public(const struct identity *identity, const char *path)
{
    struct buffer text;
    if (!lists_are_valid(identity))
        return ERR_USAGE;
    buffer_init(&text, CERTIFICATE_MAX_BYTES);
    enum err err = format_certificate(identity, false, &text);
    if (!err)
        err = file_write(path, text.data, text.size, 0644);
    buffer_fini(&text);
    return err;
}

/* --- loading ---------------------------------------------------------------------------------- */

static bool parse_regions(const char *text, struct identity *out)
{
    out->has_all_regions = !strcmp(text, "*");
    if (out->has_all_regions)
        return true;
    while (*text) {
        char *end;
        unsigned long code = strtoul(text, &end, 10);
        if (end != text + 6 || (*end && *end != ' ') || out->region_count == IDENTITY_MAX_REGIONS)
            return false;
        out->regions[out->region_count++] = (uint32_t)code;
        text = end + strspn(end, " ");
    }
    return true;
}

static bool copy_key(zconfig_t *root, const char *path, char out[CURVE_TEXT_BYTES])
{
    const char *text = zconfig_get(root, path, "");
    uint8_t decoded[32];
    if (strlen(text) != CURVE_TEXT_BYTES - 1 || !zmq_z85_decode(decoded, text))
        return false;
    memcpy(out, text, CURVE_TEXT_BYTES);
    sodium_memzero(decoded, sizeof decoded);
    return true;
}

static const char *read_limits(zconfig_t *root, struct identity *out)
{
    const char *streams = zconfig_get(root, "/metadata/streams", "");
    const char *producers = zconfig_get(root, "/metadata/producers", "");
    if (strlen(streams) >= sizeof out->streams || strlen(producers) >= sizeof out->producers)
        return "metadata/streams or metadata/producers is too long";
    strcpy(out->streams, streams);
    strcpy(out->producers, producers);
    if (!lists_are_valid(out))
        return "metadata/streams and metadata/producers must be names separated by spaces, producers "
               "NAME or NAME.…";
    for (size_t i = 0; i < QUOTA_FIELDS; i++) {
        char path[64];
        snprintf(path, sizeof path, "/metadata/%s", quota_fields[i].name);
        const char *text = zconfig_get(root, path, NULL);
        if (text &&
            (text_parse_size(text, quota_field(&out->quota, i)) || !*quota_field(&out->quota, i)))
            return "a quota in metadata must be a number above 0 (sizes as 64MiB)";
    }
    return NULL;
}

/* What a certificate says, with or without its secret; NULL, or what is wrong with it. */
static const char *read_certificate(zconfig_t *root, struct identity *out)
{
    const char *name = zconfig_get(root, "/metadata/name", "");
    const char *signing = zconfig_get(root, "/metadata/signing_key", "");
    if (!copy_key(root, "/curve/public-key", out->public_key))
        return "curve/public-key must be 40 characters of Z85";
    if (!batch_name_is_valid(name))
        return "metadata/name must be 1 to 64 of a-z 0-9 . _ -";
    out->role = role_from_name(zconfig_get(root, "/metadata/role", ""));
    if (out->role == ROLE_NONE)
        return "metadata/role must be agent, scorer, alerter, operator, reader, planner or admin";
    if (!parse_regions(zconfig_get(root, "/metadata/regions", ""), out))
        return "metadata/regions must be six-digit codes separated by spaces, or *";
    out->has_signing_public = *signing != '\0';
    if (*signing && text_to_bytes(signing, out->signing_public, SIGNING_PUBLIC_BYTES))
        return "metadata/signing_key must be 64 hex digits";
    snprintf(out->name, sizeof out->name, "%s", name);
    return read_limits(root, out);
}

/* Read a bounded text file; a NUL in it would hide what follows from everybody. */
static enum err read_text(const char *path, struct buffer *text, char why[200])
{
    enum err err = file_read(path, text);
    if (err == ERR_LIMIT || (!err && text->data && memchr(text->data, 0, text->size)))
        return fail(why, ERR_KEY, path, "not a certificate");
    return err ? fail(why, err, path, err_text(err)) : ERR_OK;
}

static enum err load_part(const char *path, bool wants_secret, struct identity *out, char why[200])
{
    struct buffer text;
    buffer_init(&text, CERTIFICATE_MAX_BYTES);
    enum err err = read_text(path, &text, why);
    if (err)
        goto out;
    zconfig_t *root = zconfig_str_load(buffer_text(&text));
    const char *what = root ? read_certificate(root, out) : "not a certificate";
    if (!what && wants_secret && !copy_key(root, "/curve/secret-key", out->secret_key))
        what = "curve/secret-key must be 40 characters of Z85";
    zconfig_destroy(&root);
    if (what)
        err = fail(why, ERR_KEY, path, what);
out:
    if (text.data)
        sodium_memzero(text.data, text.capacity);
    buffer_fini(&text);
    return err;
}

enum err identity_load_public(const char *path, struct identity *out, char why[200])
{
    struct identity identity = {0};
    enum err err = load_part(path, false, &identity, why);
    if (!err)
        *out = identity;
    return err;
}

static enum err load_signing(const char *path, struct identity *out, char why[200])
{
    struct buffer text;
    unsigned char seed[SIGNING_SEED_BYTES];
    buffer_init(&text, 256);
    enum err err = read_text(path, &text, why);
    if (!err) {
        size_t size = strcspn(buffer_text(&text), "\r\n");
        text.size = size;
        if (text_to_bytes(buffer_text(&text), seed, sizeof seed))
            err = fail(why, ERR_KEY, path, "must be 64 hex digits");
        else
            signing_key_make(seed, &out->signing);
    }
    sodium_memzero(seed, sizeof seed);
    if (text.data)
        sodium_memzero(text.data, text.capacity);
    buffer_fini(&text);
    return err;
}

static enum err check_secret(const char *path, char why[200])
{
    enum err err = file_check_secret(path);
    return err ? fail(why, err, path, err_text(err)) : ERR_OK;
}

/* The secret must be the public key's other half, and so must the signing key. */
static enum err check_pair(const struct identity *identity, const char *path, char why[200])
{
    char derived[CURVE_TEXT_BYTES];
    if (zmq_curve_public(derived, identity->secret_key) || strcmp(derived, identity->public_key))
        return fail(why, ERR_KEY, path, "the secret key does not belong to the public key");
    if (identity->has_signing_public &&
        memcmp(identity->signing.public_key, identity->signing_public, SIGNING_PUBLIC_BYTES))
        return fail(why, ERR_KEY, path, "the signing key does not belong to the certificate");
    return ERR_OK;
}

enum err identity_load(const char *path, struct identity *out, char why[200])
{
    char secret[PATH_BYTES], signing[PATH_BYTES];
    struct identity identity = {0};
    if (snprintf(secret, sizeof secret, "%s_secret", path) >= (int)sizeof secret ||
        snprintf(signing, sizeof signing, "%s_signing", path) >= (int)sizeof signing)
        return fail(why, ERR_USAGE, path, "path is too long");
    enum err err = check_secret(secret, why);
    if (!err)
        err = check_secret(signing, why);
    if (!err)
        err = load_part(secret, true, &identity, why);
    if (!err)
        err = load_signing(signing, &identity, why);
    if (!err)
        err = check_pair(&identity, path, why);
    if (!err)
        *out = identity;
    identity_clear(&identity);
    return err;
}
