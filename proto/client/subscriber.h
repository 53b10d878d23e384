/* Reads a stream of a broker from a place on, in order, with nothing left out.
 *
 *     subscriber_open(&options, &subscriber)
 *     while (!(err = subscriber_next(subscriber, wait_ms, &record)))
 *         use record.batch and its payload; valid until the next call
 *     subscriber_close(&subscriber)
 *
 * The next records are asked for while the last are handled. Lost connections are made again without
 * the caller noticing more than a delay. If the place asked for has been pruned, one call answers
 * ERR_GAP and subscriber_status() says the oldest record there is; the call after it goes on from
 * there. If it lies behind the stream's end, that is ERR_ROLLBACK: what was read there once is gone.
 * Never a silent jump, and never a silent wait for what was there before.
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_CLIENT_SUBSCRIBER_H
#define SONGHUA_CLIENT_SUBSCRIBER_H

#include "proto/base/err.h"
#include "proto/net/identity.h"
#include "proto/wire/batch.h"
#include "proto/wire/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net;
struct subscriber;

enum subscriber_start {
    SUBSCRIBE_FROM_SEQUENCE, /* `from`: the first record wanted, 1 is the beginning */
    SUBSCRIBE_FROM_TIME,     /* `from`: stored at or after these milliseconds */
    SUBSCRIBE_FROM_POSITION, /* behind the position saved for `consumer` at the broker */
    SUBSCRIBE_FROM_END       /* what is stored from now on */
};

struct subscriber_options {
    const char *endpoint;            /* tcp://host:7302 */
    const char *server_key;          /* the broker's public CURVE key, Z85 */
    const struct identity *identity; /* borrowed */
    const char *stream;
    const char *consumer; /* name for positions; NULL: none */
    enum subscriber_start start;
    uint64_t from;
    const uint32_t *regions; /* filter; NULL and 0: all */
    size_t region_count;
    const char *const *producers; /* filter */
    size_t producer_count;
    uint32_t max_bytes; /* of one reply; 0: 1 MiB */
    bool is_packed;     /* payloads are wanted as they are stored, not decompressed */
    struct net *net;    /* borrowed, shared by several clients; NULL: one of its own */
};

struct subscriber_record {
    uint64_t sequence; /* in the stream */
    uint64_t stored_ms;
    struct batch batch;         /* parsed header; payload decompressed when it was compressed;
                                  of none when it cannot be: then it holds no events */
    const unsigned char *bytes; /* the whole record as stored */
    size_t size;
};

struct subscriber_status {
    bool is_connected;
    uint64_t first, last; /* of the stream, as of the last reply */
    uint64_t next;        /* record asked for next */
    uint64_t broker_ms;   /* the broker's clock in that reply */
    uint64_t reconnects;
    enum err last_error;
    char last_error_text[200];
};

/* Does not wait for the broker. Errors  ERR_KEY, ERR_USAGE, ERR_NOMEM. */
MUST_CHECK enum err subscriber_open(const struct subscriber_options *options,
                                    struct subscriber **out);
void subscriber_close(struct subscriber **subscriber);

/* The next record. Errors  ERR_TIMEOUT (none within wait_ms; call again), ERR_GAP (pruned),
 *         ERR_ROLLBACK, ERR_DENIED, ERR_NOT_FOUND (stream), ERR_KEY, ERR_CORRUPT (checksum), ERR_UNREACHABLE (no
 *         connection within wait_ms; call again). */
MUST_CHECK enum err subscriber_next(struct subscriber *subscriber, uint32_t wait_ms,
                                    struct subscriber_record *out);

/* Whether all records that the broker had at the last reply have been handed out: the end, for a
 * reader that does not follow. False until the first reply. */
bool subscriber_is_at_end(const struct subscriber *subscriber);

void subscriber_status(const struct subscriber *subscriber, struct subscriber_status *out);

#endif
