/* Publishes events into one stream of a broker, exactly once and in order.
 *
 *     publisher_open(&options, &publisher)
 *     publisher_publish(publisher, region, topic, event, size) …   batches by itself
 *     publisher_flush(publisher, timeout_ms)                       all acknowledged, or an error
 *     publisher_close(&publisher)
 *
 * Events with the same region and topic that follow each other become one batch; a batch is closed when
 * it is full, when region or topic change, when linger_ms have passed, or at once when nothing is on
 * its way. Large ones are compressed where that pays (packer.h). Batches travel in order, up to the
 * broker's window unacknowledged; after a lost connection they are sent again as the same bytes and the
 * broker keeps each once.
 *
 * With `outbox`, batches come from the outbox alone (outbox_append) and survive the process;
 * publisher_publish() is then ERR_USAGE. Without, they live in memory: for a program that can read
 * its source again. Such a program takes a new epoch each time it is opened.
 *
 * A publisher works only inside its calls: call publish, pump or flush regularly.
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_CLIENT_PUBLISHER_H
#define SONGHUA_CLIENT_PUBLISHER_H

#include "proto/base/err.h"
#include "proto/net/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net;
struct outbox;
struct publisher;

struct publisher_options {
    const char *endpoint;            /* tcp://host:7301 */
    const char *server_key;          /* the broker's public CURVE key, Z85, 40 characters */
    const struct identity *identity; /* borrowed: CURVE and signing keys */
    const char *stream, *producer;
    struct net *net;       /* borrowed, shared by several clients; NULL: one of its own */
    struct outbox *outbox; /* borrowed, or NULL */
    uint32_t linger_ms; /* 0: every publish is a batch of its own; in a burst they share messages,
                               * and the last leave with the next call */
    uint32_t max_batch_bytes; /* 0: 256 KiB, never above the broker's limit */
    uint32_t ack_timeout_ms;  /* 0: 5,000. Without an answer for so long, connect anew */
    uint32_t signature_every; /* 0 or 1: sign each batch; n: each n-th and the last of a flush */
};

struct publisher_status {
    bool is_connected;            /* the broker has said Welcome and answered since */
    uint64_t published;           /* events given to publisher_publish */
    uint64_t acknowledged;        /* batches on the broker's disk */
    uint64_t acknowledged_events; /* events in them */
    uint64_t in_flight;           /* batches sent and not acknowledged */
    uint64_t reconnects;
    uint64_t last_ack_ms;      /* time of the last acknowledgement, 0: none */
    uint64_t last_record;      /* its record */
    enum err last_error;       /* why nothing moves; ERR_OK when it does */
    char last_error_text[200]; /* the broker's or the connection's words */
};

/* Does not wait for the broker. Errors  ERR_KEY, ERR_USAGE (name or endpoint), ERR_NOMEM. */
MUST_CHECK enum err publisher_open(const struct publisher_options *options, struct publisher **out);
/* What is not acknowledged is dropped (with an outbox it stays in the outbox): flush first. */
void publisher_close(struct publisher **publisher);

/* Add one encoded Event (not an EventBatch). Waits, up to ack_timeout_ms, while the window is full.
 * Errors  ERR_TIMEOUT (the event was not taken), ERR_TOO_LARGE, ERR_USAGE, or a final refusal by the
 *         broker (ERR_DENIED, ERR_FENCED, ERR_CONFLICT, ERR_DIGEST, ERR_LINK, ERR_ROLLBACK), after which
 *         the publisher only answers that. */
MUST_CHECK enum err publisher_publish(struct publisher *publisher, uint32_t region,
                                      const char *topic, const void *event, size_t size);

/* Send and receive for up to timeout_ms (0: only what can be done now), returning early when
 * nothing is left to send or await. Errors  a final refusal, as above. */
MUST_CHECK enum err publisher_pump(struct publisher *publisher, uint32_t timeout_ms);

/* Until everything is acknowledged. Errors  ERR_TIMEOUT, ERR_UNREACHABLE (never reached the broker),
 *         ERR_KEY (the broker refuses the key), or a final refusal. */
MUST_CHECK enum err publisher_flush(struct publisher *publisher, uint32_t timeout_ms);

void publisher_status(const struct publisher *publisher, struct publisher_status *out);

/* After ERR_ROLLBACK: forget that answer and say Hello anew. The broker may have been put right, or an
 * operator has decided (outbox_accept_rollback()). */
void publisher_ask_again(struct publisher *publisher);

/* A descriptor that becomes readable when pump has something to do; for a caller's own poll().
 * It changes when the publisher reconnects, so ask before each poll. */
int publisher_fd(const struct publisher *publisher);

#endif
