#include "proto/wire/chains.h"

#include "proto/wire/record.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { WHY_BYTES = 300, CHAIN_NAME_BYTES = 2 * NAME_MAX_BYTES + 2 };

/* A producer's chain in a stream; `name` is STREAM/PRODUCER. */
struct chain_head {
    char name[CHAIN_NAME_BYTES];
    struct chain_place place;
    uint64_t not_signed; /* since the last checked signature */
    UT_hash_handle hh;
};

struct chains {
    struct chain_head *heads;
    char stream[NAME_MAX_BYTES + 1], why[WHY_BYTES];
    uint64_t first, last; /* records of this stream; 0: none yet */
    uint64_t stored_ms;   /* of the last one */
    struct chains_report sum;
};

/* --- one record ------------------------------------------------------------------------------- */

/* ERR_NOT_FOUND: there is no key to check it with. */
static enum err check_signature(const struct batch *batch, const struct chain_keys *keys)
{
    enum err err = ERR_NOT_FOUND;
    const unsigned char *key;
    if (!keys || !batch->is_signed)
        return err;
    for (size_t i = 0; err && (key = keys->find(keys->context, batch->producer, i)); i++)
        err = digest_verify(batch->digest, batch->signature, key) ? ERR_KEY : ERR_OK;
    return err;
}

void chain_inspect(const void *bytes, size_t size, const struct chain_keys *keys,
                   struct chain_link *out)
{
    struct record record;
    struct batch batch;
    *out = (struct chain_link){.err = ERR_CORRUPT};
    if (record_parse(bytes, size, &record) || batch_parse(record.frame, record.frame_size, &batch))
        return;
    out->record = record.sequence;
    out->stored_ms = record.stored_ms;
    out->epoch = batch.epoch;
    out->sequence = batch.sequence;
    out->event_count = batch.event_count;
    memcpy(out->stream, batch.stream, sizeof out->stream);
    memcpy(out->producer, batch.producer, sizeof out->producer);
    memcpy(out->digest, batch.digest, DIGEST_BYTES);
    memcpy(out->previous_digest, batch.previous_digest, DIGEST_BYTES);
    out->err = batch_check_digest(&batch);
    if (out->err)
        return;
    enum err err = check_signature(&batch, keys);
    out->is_verified = !err;
    out->err = err == ERR_KEY ? err : ERR_OK;
}

/* --- opening ---------------------------------------------------------------------------------- */

enum err chains_new(struct chains **out)
{
    struct chains *chains = calloc(1, sizeof *chains);
    if (!chains)
        return ERR_NOMEM;
    digest_prepare();
    *out = chains;
    return ERR_OK;
}

void chains_free(struct chains **chains)
{
    struct chain_head *head, *next_head;
    if (!*chains)
        return;
    HASH_ITER(hh, (*chains)->heads, head, next_head)
    {
        HASH_DEL((*chains)->heads, head);
        free(head);
    }
    free(*chains);
    *chains = NULL;
}

static struct chains_range *range_of(struct chains *chains)
{
    return &chains->sum.ranges[chains->sum.range_count - 1];
}

void chains_begin(struct chains *chains, const char *stream)
{
    snprintf(chains->stream, sizeof chains->stream, "%s", stream);
    chains->first = chains->last = chains->stored_ms = 0;
    if (chains->sum.range_count < CHAINS_MAX_RANGES)
        chains->sum.range_count++;
    *range_of(chains) = (struct chains_range){0};
    memcpy(range_of(chains)->stream, chains->stream, sizeof chains->stream);
}

/* --- checking --------------------------------------------------------------------------------- */

static enum err damaged(struct chains *chains, uint64_t record, enum err err, const char *what)
{
    snprintf(chains->why, sizeof chains->why, "%s record %" PRIu64 ": %s", chains->stream, record,
             what);
    return err;
}

static enum err check_place(struct chains *chains, const struct chain_link *link)
{
    if (!link->record || (chains->last && link->record != chains->last + 1))
        return damaged(chains, chains->last + 1, ERR_GAP,
                       "it is missing, or another is in its place");
    if (link->stored_ms < chains->stored_ms)
        return damaged(chains, link->record, ERR_LINK,
                       "it was stored before the record in front of it");
    if (strcmp(link->stream, chains->stream) != 0)
        return damaged(chains, link->record, ERR_LINK, "it belongs to another stream");
    if (!chains->first)
        chains->first = link->record;
    chains->last = link->record;
    chains->stored_ms = link->stored_ms;
    return link->err == ERR_DIGEST
               ? damaged(chains, link->record, ERR_DIGEST, "the batch does not match its digest")
               : ERR_OK;
}

static struct chain_head *find_head(const struct chains *chains, const char *producer,
                                    char name[CHAIN_NAME_BYTES])
{
    struct chain_head *head;
    snprintf(name, CHAIN_NAME_BYTES, "%s/%s", chains->stream, producer);
    HASH_FIND_STR(chains->heads, name, head);
    return head;
}

static struct chain_head *head_of(struct chains *chains, const char *producer)
{
    char name[CHAIN_NAME_BYTES];
    struct chain_head *head = find_head(chains, producer, name);
    if (head || !(head = calloc(1, sizeof *head)))
        return head;
    memcpy(head->name, name, sizeof name);
    HASH_ADD_STR(chains->heads, name, head);
    return head;
}

/* A chain whose beginning was pruned is taken up where the record begins. */
static bool continues(const struct chains *chains, const struct chain_place *place,
                      const struct chain_link *link)
{
    bool is_begun_before = !place->epoch && chains->first > 1;
    if (is_begun_before)
        return true;
    bool is_next = link->epoch == place->epoch ? link->sequence == place->sequence + 1
                                               : link->epoch > place->epoch && link->sequence == 1;
    return is_next && !memcmp(link->previous_digest, place->digest, DIGEST_BYTES);
}

static enum err check_chain(struct chains *chains, const struct chain_link *link)
{
    struct chain_head *head = head_of(chains, link->producer);
    if (!head)
        return ERR_NOMEM;
    if (!continues(chains, &head->place, link))
        return damaged(chains, chains->last, ERR_LINK, "it does not continue its producer's chain");
    head->not_signed = link->is_verified ? 0 : head->not_signed + 1;
    head->place.epoch = link->epoch;
    head->place.sequence = link->sequence;
    head->place.record = link->record;
    memcpy(head->place.digest, link->digest, DIGEST_BYTES);
    return link->err == ERR_KEY ? damaged(chains, chains->last, ERR_KEY,
                                          "its signature is not of its producer's key")
                                : ERR_OK;
}

static void count(struct chains *chains, const struct chain_link *link)
{
    struct chains_report *sum = &chains->sum;
    struct chains_range *range = range_of(chains);
    sum->records++;
    sum->events += link->event_count;
    if (!sum->first_ms || link->stored_ms < sum->first_ms)
        sum->first_ms = link->stored_ms;
    if (link->stored_ms > sum->last_ms)
        sum->last_ms = link->stored_ms;
    range->first = chains->first;
    range->last = chains->last;
    range->events += link->event_count;
}

enum err chains_take(struct chains *chains, const struct chain_link *link)
{
    if (link->err == ERR_CORRUPT)
        return damaged(chains, chains->last + 1, ERR_CORRUPT, "its bytes are damaged");
    enum err err = check_place(chains, link);
    if (!err)
        err = check_chain(chains, link);
    if (!err || err == ERR_KEY)
        count(chains, link);
    return err;
}

const char *chains_why(const struct chains *chains)
{
    return chains->why;
}

uint64_t chains_last(const struct chains *chains)
{
    return chains->last;
}

bool chains_head(const struct chains *chains, const char *producer, struct chain_place *out)
{
    char name[CHAIN_NAME_BYTES];
    const struct chain_head *head = find_head(chains, producer, name);
    if (head)
        *out = head->place;
    return head != NULL;
}

/* --- reporting -------------------------------------------------------------------------------- */

static int by_name(const struct chain_head *a, const struct chain_head *b)
{
    return strcmp(a->name, b->name);
}

void chains_report(struct chains *chains, struct chains_report *out)
{
    crypto_generichash_state digest;
    *out = chains->sum;
    out->producers = HASH_COUNT(chains->heads);
    HASH_SORT(chains->heads, by_name);
    crypto_generichash_init(&digest, NULL, 0, DIGEST_BYTES);
    for (struct chain_head *head = chains->heads; head; head = head->hh.next) {
        out->not_signed += head->not_signed;
        crypto_generichash_update(&digest, (const unsigned char *)head->name,
                                  strlen(head->name) + 1);
        crypto_generichash_update(&digest, head->place.digest, DIGEST_BYTES);
    }
    crypto_generichash_final(&digest, out->heads, DIGEST_BYTES);
}

void chains_format_ranges(const struct chains_report *report, char out[CHAINS_RANGES_BYTES])
{
    size_t used = 0;
    *out = '\0';
    for (size_t i = 0; i < report->range_count && used < CHAINS_RANGES_BYTES; i++) {
        const struct chains_range *range = &report->ranges[i];
        const char *comma = i ? ", " : "";
        int size = range->first ? snprintf(out + used, CHAINS_RANGES_BYTES - used,
                                           "%s%s %" PRIu64 "-%" PRIu64, comma, range->stream,
                                           range->first, range->last)
                                : snprintf(out + used, CHAINS_RANGES_BYTES - used, "%s%s none",
                                           comma, range->stream);
        used += size > 0 ? (size_t)size : 0;
    }
}
