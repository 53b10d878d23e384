#include "consumers/replay/keyring.h"

#include "proto/net/identity.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct key {
    unsigned char bytes[SIGNING_PUBLIC_BYTES];
    struct key *next; /* another of the same name */
};

struct owner {
    char name[IDENTITY_NAME_BYTES];
    struct key *keys;
    UT_hash_handle hh;
};

struct keyring {
    struct owner *owners;
    size_t count;
};

/* --- loading ---------------------------------------------------------------------------------- */

static struct owner *owner_of(struct keyring *keyring, const char *name)
{
    struct owner *owner;
    HASH_FIND_STR(keyring->owners, name, owner);
    if (owner || !(owner = calloc(1, sizeof *owner)))
        return owner;
    snprintf(owner->name, sizeof owner->name, "%s", name);
    HASH_ADD_STR(keyring->owners, name, owner);
    return owner;
}

enum err keyring_add(struct keyring *keyring, const char *path)
{
    struct identity identity;
    if (identity_load_public(path, &identity, NULL) || !identity.has_signing_public)
        return ERR_OK; /* a broker's or a broken one: signatures of that name stay unchecked */
    struct owner *owner = owner_of(keyring, identity.name);
    struct key *key = calloc(1, sizeof *key);
    if (!owner || !key) {
        free(key);
        return ERR_NOMEM;
    }
    memcpy(key->bytes, identity.signing_public, sizeof key->bytes);
    key->next = owner->keys;
    owner->keys = key;
    keyring->count++;
    return ERR_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && !strcmp(text + size - end_size, end);
}

static enum err load(struct keyring *keyring, const char *directory)
{
    enum err err = ERR_OK;
    DIR *dir = opendir(directory);
    if (!dir)
        return ERR_NOT_FOUND;
    for (struct dirent *entry; !err && (entry = readdir(dir));) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (ends_with(entry->d_name, ".cert") || ends_with(entry->d_name, ".cert.revoked"))
            err = keyring_add(keyring, path);
    }
    closedir(dir);
    return err;
}

enum err keyring_load(const char *directory, struct keyring **out)
{
    struct keyring *keyring = calloc(1, sizeof *keyring);
    if (!keyring)
        return ERR_NOMEM;
    enum err err = directory && *directory ? load(keyring, directory) : ERR_OK;
    if (err)
        keyring_free(&keyring);
    else
        *out = keyring;
    return err;
}

static void free_owner(struct owner *owner)
{
    for (struct key *key = owner->keys, *next; key; key = next) {
        next = key->next;
        free(key);
    }
    free(owner);
}

void keyring_free(struct keyring **keyring)
{
    struct owner *owner, *next;
    if (!*keyring)
        return;
    HASH_ITER(hh, (*keyring)->owners, owner, next)
    {
        HASH_DEL((*keyring)->owners, owner);
        free_owner(owner);
    }
    free(*keyring);
    *keyring = NULL;
}

size_t keyring_count(const struct keyring *keyring)
{
    return keyring->count;
}

/* --- finding ---------------------------------------------------------------------------------- */

static const unsigned char *find(const void *context, const char *producer, size_t nth)
{
    const struct keyring *keyring = context;
    const struct owner *owner;
    char name[NAME_MAX_BYTES + 1];
    snprintf(name, sizeof name, "%s", producer);
    for (;;) {
        HASH_FIND_STR(keyring->owners, name, owner);
        char *dot = strrchr(name, '.');
        if (owner || !dot)
            break;
        *dot = '\0';
    }
    const struct key *key = owner ? owner->keys : NULL;
    for (; key && nth; nth--)
        key = key->next;
    return key ? key->bytes : NULL;
}

struct chain_keys keyring_keys(const struct keyring *keyring)
{
    return (struct chain_keys){.find = find, .context = keyring};
}
