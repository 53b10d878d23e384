#include "broker/access.h"

#include "broker/audit.h"
#include "broker/rights.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/text.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <uthash.h>

struct client {
    struct rights *rights;              /* with name and key */
    unsigned char digest[DIGEST_BYTES]; /* of the whole certificate */
    unsigned char signing_public[SIGNING_PUBLIC_BYTES];
    bool has_signing_public;
    UT_hash_handle by_name, by_key;
};

struct access {
    pthread_rwlock_t lock;
    char directory[PATH_MAX];
    struct client *by_name, *by_key;
    struct timespec changed; /* of the directory, when it was read; guarded by lock */
    atomic_uint version;     /* counts the readings */
    _Atomic uint64_t denied;
    struct audit *audit;
};

/* --- clients ------------------------------------------------------------------------------------- */

static struct client *find_name(struct client *clients, const char *name, size_t size)
{
    struct client *client;
    HASH_FIND(by_name, clients, name, size, client);
    return client;
}

static struct client *find_key(struct client *clients, const char *key)
{
    struct client *client;
    HASH_FIND(by_key, clients, key, CURVE_TEXT_BYTES - 1, client);
    return client;
}

static void client_free(struct client *client)
{
    if (client)
        free(client->rights);
    free(client);
}

/* --- the directory ---------------------------------------------------------------------------- */

static void clear(struct access *access)
{
    struct client *client, *next;
    HASH_CLEAR(by_key, access->by_key);
    HASH_ITER(by_name, access->by_name, client, next)
    {
        HASH_DELETE(by_name, access->by_name, client);
        client_free(client);
    }
}

/* --- what has changed ------------------------------------------------------------------------- */

static void describe(const struct rights *rights, char *out, size_t size)
{
    const struct identity_quota *quota = &rights->quota;
    snprintf(out, size,
             "role %s, %zu regions%s, streams %.60s, producers %.60s, key %.8s, quota %" PRIu64
             "/%" PRIu64 "/%" PRIu64 "/%" PRIu64,
             role_name(rights->role), rights->region_count, rights->has_all_regions ? " (all)" : "",
             *rights->streams ? rights->streams : "of the role",
             *rights->producers ? rights->producers : "its own", rights->key,
             quota->events_per_second, quota->bytes_per_second, quota->stored_bytes,
             quota->max_producers);
}

static void note(struct access *access, enum audit_action action, const struct client *client)
{
    char text[256];
    describe(client->rights, text, sizeof text);
    audit_note(access->audit, action, client->rights->name, "%s", text);
}

/* Each name of `some` that `others` has not, or has otherwise. */
static void compare(struct access *access, struct client *some, struct client *others,
                    enum audit_action missing, bool tells_changes)
{
    for (struct client *client = some; client; client = client->by_name.next) {
        const char *name = client->rights->name;
        const struct client *other = find_name(others, name, strlen(name));
        if (!other)
            note(access, missing, client);
        else if (tells_changes && memcmp(client->digest, other->digest, DIGEST_BYTES))
            note(access, AUDIT_CHANGED, client);
    }
}

void access_set_audit(struct access *access, struct audit *audit)
{
    access->audit = audit;
}

/* The same clients in the order of their files, whatever else the directory holds. */
static void digest_clients(const struct client *clients, unsigned char digest[DIGEST_BYTES])
{
    memset(digest, 0, DIGEST_BYTES);
    for (const struct client *client = clients; client; client = client->by_name.next) {
        const struct digest_piece pieces[] = {{digest, DIGEST_BYTES},
                                              {client->digest, sizeof client->digest}};
        digest_of(pieces, 2, digest);
    }
}

static bool are_same(const struct client *some, const struct client *others)
{
    unsigned char digests[2][DIGEST_BYTES];
    digest_clients(some, digests[0]);
    digest_clients(others, digests[1]);
    return !memcmp(digests[0], digests[1], DIGEST_BYTES);
}

void access_digest(struct access *access, char out[ACCESS_DIGEST_BYTES])
{
    unsigned char digest[DIGEST_BYTES];
    pthread_rwlock_rdlock(&access->lock);
    digest_clients(access->by_name, digest);
    pthread_rwlock_unlock(&access->lock);
    text_from_bytes(digest, sizeof digest, out);
}

/* --- reading ---------------------------------------------------------------------------------- */

static void digest_identity(const struct identity *identity, unsigned char out[DIGEST_BYTES])
{
    const unsigned char facts[] = {(unsigned char)identity->role, identity->has_all_regions,
                                   identity->has_signing_public};
    const struct digest_piece pieces[] = {
        {identity->name, strlen(identity->name) + 1},
        {identity->public_key, CURVE_TEXT_BYTES},
        {identity->signing_public, sizeof identity->signing_public},
        {facts, sizeof facts},
        {identity->regions, identity->region_count * sizeof *identity->regions},
        {identity->streams, strlen(identity->streams) + 1},
        {identity->producers, strlen(identity->producers) + 1},
        {&identity->quota, sizeof identity->quota}};
    digest_of(pieces, sizeof pieces / sizeof *pieces, out);
}

static enum err read_client(const char *path, struct client **out, char why[200])
{
    struct identity identity;
    enum err err = file_check_public(path);
    snprintf(why, 200, "%.120s: %s", path, err_text(err));
    if (!err)
        err = identity_load_public(path, &identity, why);
    if (err)
        return err;
    struct client *client = calloc(1, sizeof *client);
    if (!client || !(client->rights = rights_new(&identity))) {
        client_free(client);
        snprintf(why, 200, "%.120s: %s", path, err_text(ERR_NOMEM));
        return ERR_NOMEM;
    }
    digest_identity(&identity, client->digest);
    client->has_signing_public = identity.has_signing_public;
    memcpy(client->signing_public, identity.signing_public, SIGNING_PUBLIC_BYTES);
    *out = client;
    return ERR_OK;
}

/* Two files for one name or one key leave the first in force: which one is meant cannot be known, and
 * the file that came first was there when the client was let in. */
static void add(struct access *access, const char *path)
{
    char why[200];
    struct client *client;
    if (read_client(path, &client, why)) {
        log_error("access.bad_certificate", "%s", why);
        return;
    }
    const char *name = client->rights->name, *key = client->rights->key;
    if (find_name(access->by_name, name, strlen(name)) || find_key(access->by_key, key)) {
        log_error("access.duplicate", "file=%s name=%s", path, name);
        client_free(client);
        return;
    }
    HASH_ADD_KEYPTR(by_name, access->by_name, name, strlen(name), client);
    HASH_ADD_KEYPTR(by_key, access->by_key, key, CURVE_TEXT_BYTES - 1, client);
}

static int is_certificate(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);
    return size > 5 && !strcmp(entry->d_name + size - 5, ".cert");
}

/* A directory's time moves in steps of the kernel's clock, so a change soon after this one may not show.
 * Until it would, the directory counts as changed. */
static struct timespec time_to_trust(const struct stat *info)
{
    enum { STEP_NS = 20 * 1000 * 1000 };
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age_ns = ((int64_t)now.tv_sec - info->st_mtim.tv_sec) * 1000000000 + now.tv_nsec -
                     info->st_mtim.tv_nsec;
    bool is_settled = age_ns > STEP_NS || age_ns < 0; /* below 0: the clock was set back */
    return is_settled ? info->st_mtim : (struct timespec){0};
}

/* One change of the directory is read up to three times (see time_to_trust()), and said once. */
static enum err read_directory(struct access *access, bool is_told)
{
    struct dirent **entries;
    struct stat info;
    if (stat(access->directory, &info))
        return ERR_NOT_FOUND;
    if (info.st_mode & S_IWOTH) /* anybody could let himself in */
        return ERR_INSECURE;
    struct timespec changed = time_to_trust(&info);
    int count = scandir(access->directory, &entries, is_certificate, alphasort);
    if (count < 0)
        return ERR_PERMISSION;
    pthread_rwlock_wrlock(&access->lock);
    struct access before = {.by_name = access->by_name, .by_key = access->by_key};
    access->by_name = access->by_key = NULL;
    access->changed = changed;
    atomic_fetch_add(&access->version, 1);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX + 256];
        snprintf(path, sizeof path, "%s/%s", access->directory, entries[i]->d_name);
        add(access, path);
        free(entries[i]);
    }
    unsigned known = HASH_CNT(by_name, access->by_name);
    if (access->audit) {
        compare(access, access->by_name, before.by_name, AUDIT_AUTHORIZED, true);
        compare(access, before.by_name, access->by_name, AUDIT_REVOKED, false);
    }
    is_told = is_told || !are_same(access->by_name, before.by_name);
    pthread_rwlock_unlock(&access->lock);
    clear(&before);
    free(entries);
    if (is_told)
        log_info("access.loaded", "directory=%s clients=%u", access->directory, known);
    return ERR_OK;
}

enum err access_open(const char *directory, struct access **out)
{
    struct access *access = calloc(1, sizeof *access);
    if (!access)
        return ERR_NOMEM;
    pthread_rwlock_init(&access->lock, NULL);
    snprintf(access->directory, sizeof access->directory, "%s", directory);
    enum err err = read_directory(access, true);
    if (err)
        access_close(&access);
    else
        *out = access;
    return err;
}

void access_close(struct access **access)
{
    if (!*access)
        return;
    clear(*access);
    pthread_rwlock_destroy(&(*access)->lock);
    free(*access);
    *access = NULL;
}

void access_refresh(struct access *access, bool is_forced)
{
    struct stat info;
    pthread_rwlock_rdlock(&access->lock);
    struct timespec changed = access->changed;
    pthread_rwlock_unlock(&access->lock);
    bool is_same = !stat(access->directory, &info) && !(info.st_mode & S_IWOTH) &&
                   info.st_mtim.tv_sec == changed.tv_sec && info.st_mtim.tv_nsec == changed.tv_nsec;
    if (is_same && !is_forced)
        return;
    if (!read_directory(access, is_forced))
        return;
    log_error("access.unreadable", "directory=%s nobody has access until it is back",
              access->directory);
    audit_note(access->audit, AUDIT_CONFIG, "",
               "the access directory cannot be read: nobody has access");
    pthread_rwlock_wrlock(&access->lock);
    clear(access);
    memset(&access->changed, 0, sizeof access->changed);
    atomic_fetch_add(&access->version, 1);
    pthread_rwlock_unlock(&access->lock);
}

unsigned access_version(const struct access *access)
{
    return atomic_load(&access->version);
}

size_t access_count(struct access *access)
{
    pthread_rwlock_rdlock(&access->lock);
    size_t count = HASH_CNT(by_name, access->by_name);
    pthread_rwlock_unlock(&access->lock);
    return count;
}

/* --- questions -------------------------------------------------------------------------------- */

/* A user is NAME@KEY. Who connected with a key that is another's now, or nobody's, is not the client of
 * that name any more, though the connection lasts. */
bool access_lookup(void *context, const char *public_key, char user[ZAP_USER_BYTES])
{
    struct access *access = context;
    access_refresh(access, false);
    pthread_rwlock_rdlock(&access->lock);
    const struct client *client = find_key(access->by_key, public_key);
    if (client)
        snprintf(user, ZAP_USER_BYTES, "%s@%s", client->rights->name, client->rights->key);
    pthread_rwlock_unlock(&access->lock);
    return client != NULL;
}

/* With the lock held. */
static const struct rights *find(struct access *access, const char *user)
{
    const char *at = user ? strchr(user, '@') : NULL;
    struct client *client = at ? find_name(access->by_name, user, (size_t)(at - user)) : NULL;
    return client && !strcmp(client->rights->key, at + 1) ? client->rights : NULL;
}

bool access_is_known(struct access *access, const char *user)
{
    return access_reading(access, user) != 0;
}

uint64_t access_reading(struct access *access, const char *user)
{
    pthread_rwlock_rdlock(&access->lock);
    const struct rights *rights = find(access, user);
    uint64_t sum = rights ? rights_to_read(rights) : 0;
    pthread_rwlock_unlock(&access->lock);
    return sum;
}

bool access_quota(struct access *access, const char *user, struct identity_quota *out)
{
    pthread_rwlock_rdlock(&access->lock);
    const struct rights *rights = find(access, user);
    if (rights)
        *out = rights->quota;
    pthread_rwlock_unlock(&access->lock);
    return rights != NULL;
}

/* With the lock held. *size is how much of the producer's name is the client's. */
static const struct client *find_owner(struct access *access, const char *producer, size_t *size)
{
    const struct client *client = NULL;
    for (*size = strlen(producer); *size && !client; *size -= !client)
        if (!producer[*size] || producer[*size] == '.')
            client = find_name(access->by_name, producer, *size);
    return client;
}

void access_owner(struct access *access, const char *producer, char owner[IDENTITY_NAME_BYTES])
{
    size_t size;
    snprintf(owner, IDENTITY_NAME_BYTES, "%s", producer);
    pthread_rwlock_rdlock(&access->lock);
    if (find_owner(access, producer, &size))
        owner[size] = '\0';
    pthread_rwlock_unlock(&access->lock);
}

bool access_signing_key(struct access *access, const char *producer,
                        unsigned char out[SIGNING_PUBLIC_BYTES])
{
    size_t size;
    pthread_rwlock_rdlock(&access->lock);
    const struct client *client = find_owner(access, producer, &size);
    bool has_key = client && client->has_signing_public;
    if (has_key)
        memcpy(out, client->signing_public, SIGNING_PUBLIC_BYTES);
    pthread_rwlock_unlock(&access->lock);
    return has_key;
}

/* --- rights ----------------------------------------------------------------------------------- */

static int name_length(const char *user)
{
    return user ? (int)strcspn(user, "@") : 0;
}

static enum err deny(char why[ACCESS_WHY_BYTES], const char *user, const char *what,
                     const char *value)
{
    snprintf(why, ACCESS_WHY_BYTES, "%.*s may not %s %s", user ? name_length(user) : 17,
             user ? user : "an unknown client", what, value);
    return ERR_DENIED;
}

enum err access_may_be(struct access *access, const char *user, const char *producer,
                       char why[ACCESS_WHY_BYTES])
{
    pthread_rwlock_rdlock(&access->lock);
    const struct rights *rights = find(access, user);
    bool is_allowed = rights && rights_may_be(rights, producer);
    pthread_rwlock_unlock(&access->lock);
    return is_allowed ? ERR_OK : deny(why, user, "publish as", producer);
}

enum err access_may_keep(struct access *access, const char *user, const char *consumer,
                         char why[ACCESS_WHY_BYTES])
{
    pthread_rwlock_rdlock(&access->lock);
    const struct rights *rights = find(access, user);
    bool is_allowed = rights && rights_is_own_name(rights, consumer);
    pthread_rwlock_unlock(&access->lock);
    return is_allowed ? ERR_OK : deny(why, user, "keep the position of", consumer);
}

enum err access_may_drop(struct access *access, const char *user, const char *consumer,
                         char by[IDENTITY_NAME_BYTES], char why[ACCESS_WHY_BYTES])
{
    pthread_rwlock_rdlock(&access->lock);
    const struct rights *rights = find(access, user);
    bool is_allowed = rights && rights_may_drop(rights, consumer);
    bool is_anothers = is_allowed && !rights_is_own_name(rights, consumer);
    snprintf(by, IDENTITY_NAME_BYTES, "%s", is_anothers ? rights->name : "");
    pthread_rwlock_unlock(&access->lock);
    return is_allowed ? ERR_OK : deny(why, user, "take away the position of", consumer);
}

enum err access_may_publish(struct access *access, const struct access_request *request,
                            char why[ACCESS_WHY_BYTES])
{
    char value[ACCESS_WHY_BYTES];
    enum err err = ERR_OK;
    const struct rights_publish what = {.stream = request->stream,
                                        .producer = request->producer,
                                        .topic = request->topic,
                                        .region = request->region};
    pthread_rwlock_rdlock(&access->lock);
    const struct rights *rights = find(access, request->user);
    enum rights_finding finding = rights ? rights_may_publish(rights, &what) : RIGHTS_OK;
    if (!rights) {
        err = deny(why, request->user, "publish:", "no certificate");
    } else if (finding == RIGHTS_TOPIC) {
        snprintf(value, sizeof value, "%s/%s (role %s)", request->stream, request->topic,
                 role_name(rights->role));
        err = deny(why, request->user, "publish", value);
    } else if (finding == RIGHTS_STREAM) {
        err = deny(why, request->user, "publish into stream", request->stream);
    } else if (finding == RIGHTS_PRODUCER) {
        err = deny(why, request->user, "publish as", request->producer);
    } else if (finding == RIGHTS_REGION) {
        snprintf(value, sizeof value, "%06u", request->region);
        err = deny(why, request->user, "publish for region", value);
    }
    pthread_rwlock_unlock(&access->lock);
    return err;
}

enum err access_may_read(struct access *access, const struct access_request *request,
                         struct access_regions *regions, char why[ACCESS_WHY_BYTES])
{
    enum err err = ERR_OK;
    pthread_rwlock_rdlock(&access->lock);
    const struct rights *rights = find(access, request->user);
    if (!rights) {
        err = deny(why, request->user, "read:", "no certificate");
    } else if (!rights_may_read(rights, request->stream)) {
        err = deny(why, request->user, "read", request->stream);
    } else {
        regions->is_all = rights->has_all_regions;
        regions->count = rights->region_count;
        memcpy(regions->codes, rights->regions, rights->region_count * sizeof *rights->regions);
    }
    pthread_rwlock_unlock(&access->lock);
    return err;
}

/* --- what was denied -------------------------------------------------------------------------- */

void access_denied(struct access *access, const char *user, const char *why)
{
    atomic_fetch_add_explicit(&access->denied, 1, memory_order_relaxed);
    log_warn("access.denied", "user=%.*s reason=\"%s\"", user ? name_length(user) : 1,
             user ? user : "-", why);
    char name[IDENTITY_NAME_BYTES] = "";
    snprintf(name, sizeof name, "%.*s", name_length(user), user ? user : "");
    audit_note(access->audit, AUDIT_DENIED, name, "%s", why);
}

uint64_t access_denied_count(const struct access *access)
{
    return atomic_load_explicit(&access->denied, memory_order_relaxed);
}
