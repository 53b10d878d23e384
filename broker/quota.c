#include "broker/quota.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { US = 1000000, RETRY_MAX_MS = 60000, RETRY_MIN_MS = 10 };
static const uint64_t rate_max = (uint64_t)1 << 40;

/* Millionths of an event or byte: elapsed microseconds times the rate is what flows in. */
struct bucket {
    int64_t level;
    uint64_t filled_us;
};

struct client {
    char name[IDENTITY_NAME_BYTES];
    char user[ZAP_USER_BYTES]; /* whose limits these are */
    unsigned version;          /* of the access they were read from */
    struct identity_quota limits;
    struct bucket events, bytes;
    uint64_t stored_bytes, producers;    /* committed; written with the lock held */
    uint64_t open_bytes, open_producers; /* of the open transaction */
    struct client *next_open;
    UT_hash_handle hh;
};

struct counted_stream {
    char name[NAME_MAX_BYTES + 1];
    uint64_t last, open; /* records: committed, and of the open transaction */
};

struct quota {
    struct quota_options options;
    struct counted_stream streams[JOURNAL_MAX_STREAMS];
    size_t stream_count;
    struct client *clients; /* changed with the lock held */
    struct client *current; /* of the last quota_check() */
    struct client *open;    /* list of those that the transaction touched */
    pthread_mutex_t lock;
    uint64_t version;
};

enum err quota_new(const struct quota_options *options, struct quota **out)
{
    struct quota *quota = calloc(1, sizeof *quota);
    if (!quota)
        return ERR_NOMEM;
    quota->options = *options;
    pthread_mutex_init(&quota->lock, NULL);
    *out = quota;
    return ERR_OK;
}

void quota_free(struct quota *quota)
{
    struct client *client, *next;
    if (!quota)
        return;
    HASH_ITER(hh, quota->clients, client, next)
    {
        HASH_DEL(quota->clients, client);
        free(client);
    }
    pthread_mutex_destroy(&quota->lock);
    free(quota);
}

/* --- clients ---------------------------------------------------------------------------------- */

static struct client *find(struct quota *quota, const char *name, size_t size)
{
    struct client *client;
    HASH_FIND(hh, quota->clients, name, size, client);
    if (client)
        return client;
    client = calloc(1, sizeof *client);
    if (!client)
        return NULL;
    snprintf(client->name, sizeof client->name, "%.*s", (int)size, name);
    pthread_mutex_lock(&quota->lock);
    HASH_ADD_KEYPTR(hh, quota->clients, client->name, strlen(client->name), client);
    pthread_mutex_unlock(&quota->lock);
    return client;
}

static void set(uint64_t *limit, uint64_t otherwise, uint64_t most)
{
    if (!*limit)
        *limit = otherwise;
    if (*limit > most)
        *limit = most;
}

/* The limits as the certificate has them now; a bucket whose rate changes begins full. */
static void read_limits(struct quota *quota, struct client *client, const char *user)
{
    const struct identity_quota *defaults = &quota->options.defaults;
    struct identity_quota limits = {0}, before = client->limits;
    client->version = access_version(quota->options.access);
    if (!access_quota(quota->options.access, user, &limits))
        return; /* shut out meanwhile: its next message is denied */
    set(&limits.events_per_second, defaults->events_per_second, rate_max);
    set(&limits.bytes_per_second, defaults->bytes_per_second, rate_max);
    set(&limits.stored_bytes, defaults->stored_bytes, UINT64_MAX);
    set(&limits.max_producers, defaults->max_producers, UINT64_MAX);
    client->limits = limits;
    if (limits.events_per_second != before.events_per_second)
        client->events = (struct bucket){.level = (int64_t)limits.events_per_second * US};
    if (limits.bytes_per_second != before.bytes_per_second)
        client->bytes = (struct bucket){.level = (int64_t)limits.bytes_per_second * US};
    snprintf(client->user, sizeof client->user, "%s", user);
}

static struct client *client_of(struct quota *quota, const char *user)
{
    struct client *client = quota->current;
    unsigned version = access_version(quota->options.access);
    if (client && client->version == version && !strcmp(client->user, user))
        return client;
    client = find(quota, user, strcspn(user, "@"));
    if (client && (client->version != version || strcmp(client->user, user)))
        read_limits(quota, client, user);
    quota->current = client;
    return client;
}

enum err quota_add_use(struct quota *quota, const char *name, uint64_t stored_bytes,
                       uint64_t producers)
{
    struct client *client = find(quota, name, strlen(name));
    if (!client)
        return ERR_NOMEM;
    client->stored_bytes += stored_bytes;
    client->producers += producers;
    return ERR_OK;
}

enum err quota_add_stream(struct quota *quota, const char *stream, uint64_t last)
{
    if (quota->stream_count == JOURNAL_MAX_STREAMS)
        return ERR_LIMIT;
    struct counted_stream *counted = &quota->streams[quota->stream_count++];
    snprintf(counted->name, sizeof counted->name, "%s", stream);
    counted->last = counted->open = last;
    return ERR_OK;
}

/* --- buckets ---------------------------------------------------------------------------------- */

/* Full again after a second without use, later after a debt. */
static void fill(struct bucket *bucket, uint64_t rate, uint64_t now_us)
{
    int64_t full = (int64_t)rate * US;
    uint64_t elapsed_us = now_us - bucket->filled_us;
    bool is_full = elapsed_us >= (uint64_t)(full - bucket->level) / rate;
    bucket->level = is_full ? full : bucket->level + (int64_t)(elapsed_us * rate);
    bucket->filled_us = now_us;
}

/* 0, or how long until something is in it. */
static uint64_t wait_ms(struct bucket *bucket, uint64_t rate, uint64_t now_us)
{
    if (!rate)
        return 0;
    fill(bucket, rate, now_us);
    if (bucket->level > 0)
        return 0;
    uint64_t ms = (uint64_t)-bucket->level / rate / 1000 + 1;
    return ms < RETRY_MIN_MS ? RETRY_MIN_MS : ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
}

static void pay(struct bucket *bucket, uint64_t rate, uint64_t amount)
{
    if (rate)
        bucket->level -= (int64_t)(amount * US);
}

/* --- checking --------------------------------------------------------------------------------- */

static bool is_first(const struct batch *batch)
{
    static const unsigned char none[DIGEST_BYTES];
    return batch->sequence == 1 && !memcmp(batch->previous_digest, none, DIGEST_BYTES);
}

/* At the limit only names that are known go on; a first batch may be the repeat of one that is. */
static bool has_room_for_producer(struct quota *quota, const struct client *client,
                                  const struct batch *batch)
{
    struct producer_state state;
    uint64_t limit = client->limits.max_producers;
    if (!limit || !is_first(batch) || client->producers + client->open_producers < limit)
        return true;
    return !journal_producer(quota->options.journal, batch->stream, batch->producer, &state) &&
           state.epoch;
}

static enum err throttle(struct quota *quota, enum quota_kind kind, const struct client *client,
                         const char *what, uint64_t limit, char why[ACCESS_WHY_BYTES])
{
    count_add(&quota->options.counters->throttled[kind], 1);
    snprintf(why, ACCESS_WHY_BYTES, "%s is at its limit of %" PRIu64 " %s", client->name, limit,
             what);
    return ERR_THROTTLED;
}

enum err quota_check(struct quota *quota, const char *user, const struct batch *batch,
                     uint64_t now_us, char why[ACCESS_WHY_BYTES], uint64_t *retry_ms)
{
    struct client *client = client_of(quota, user);
    if (!client)
        return ERR_NOMEM;
    const struct identity_quota *limits = &client->limits;
    *retry_ms = RETRY_MAX_MS;
    if (limits->stored_bytes && client->stored_bytes + client->open_bytes >= limits->stored_bytes)
        return throttle(quota, QUOTA_STORED, client, "stored bytes", limits->stored_bytes, why);
    if (!has_room_for_producer(quota, client, batch))
        return throttle(quota, QUOTA_PRODUCERS, client, "producers", limits->max_producers, why);
    *retry_ms = wait_ms(&client->events, limits->events_per_second, now_us);
    if (*retry_ms)
        return throttle(quota, QUOTA_EVENTS, client, "events a second", limits->events_per_second,
                        why);
    *retry_ms = wait_ms(&client->bytes, limits->bytes_per_second, now_us);
    if (*retry_ms)
        return throttle(quota, QUOTA_BYTES, client, "bytes a second", limits->bytes_per_second,
                        why);
    return ERR_OK;
}

const char *quota_name(const struct quota *quota)
{
    return quota->current ? quota->current->name : "";
}

void quota_charge(struct quota *quota, const struct batch *batch, size_t frame_size,
                  uint64_t record)
{
    struct client *client = quota->current;
    for (size_t i = 0; i < quota->stream_count; i++)
        if (!strcmp(quota->streams[i].name, batch->stream))
            quota->streams[i].open = record;
    if (!client)
        return;
    pay(&client->events, client->limits.events_per_second, batch->event_count);
    pay(&client->bytes, client->limits.bytes_per_second, frame_size);
    if (!client->open_bytes) {
        client->next_open = quota->open;
        quota->open = client;
    }
    client->open_bytes += frame_size;
    client->open_producers += is_first(batch);
}

void quota_settle(struct quota *quota, bool is_committed)
{
    if (!quota->open)
        return;
    pthread_mutex_lock(&quota->lock);
    for (struct client *client; (client = quota->open);) {
        quota->open = client->next_open;
        if (is_committed) {
            client->stored_bytes += client->open_bytes;
            client->producers += client->open_producers;
        }
        client->open_bytes = client->open_producers = 0;
    }
    for (size_t i = 0; i < quota->stream_count; i++) {
        struct counted_stream *stream = &quota->streams[i];
        *(is_committed ? &stream->last : &stream->open) =
            is_committed ? stream->open : stream->last;
    }
    quota->version += is_committed;
    pthread_mutex_unlock(&quota->lock);
}

/* --- telling ---------------------------------------------------------------------------------- */

enum err quota_format(struct quota *quota, struct buffer *out, uint64_t *version)
{
    enum err err = ERR_OK;
    pthread_mutex_lock(&quota->lock);
    bool is_other = *version != quota->version;
    *version = quota->version;
    for (size_t i = 0; is_other && i < quota->stream_count && !err; i++)
        err = buffer_append_format(out, "stream %s %" PRIu64 "\n", quota->streams[i].name,
                                   quota->streams[i].last);
    for (struct client *c = quota->clients; is_other && c && !err; c = c->hh.next)
        if (c->stored_bytes)
            err = buffer_append_format(out, "client %s %" PRIu64 "\n", c->name, c->stored_bytes);
    pthread_mutex_unlock(&quota->lock);
    return err;
}
