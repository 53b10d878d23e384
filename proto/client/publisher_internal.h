/* Shared between publisher.c (events into batches), publisher_window.c (batches on their way) and
 * publisher_session.c (the talk with the broker).
 *
 *     events ──publish──► open batch ──close──► window ──send──► broker ──Ack──► gone
 *     outbox ─────────────refill───────────────►
 */
#ifndef SONGHUA_CLIENT_PUBLISHER_INTERNAL_H
#define SONGHUA_CLIENT_PUBLISHER_INTERNAL_H

#include "proto/client/channel.h"
#include "proto/client/packer.h"
#include "proto/client/publisher.h"
#include "proto/net/frame_pool.h"
#include "proto/wire/batch.h"
#include "proto/wire/group.h"

enum {
    ROOM_FOR_HEADER = BATCH_PREFIX_BYTES + BATCH_HEADER_MAX_BYTES,
    WINDOW_MAX_BATCHES = 4096,
    DEFAULT_BATCH_BYTES = 256 * 1024,
    DEFAULT_ACK_TIMEOUT_MS = 5000,
    GROUPED_MAX_BYTES = 4096, /* batches up to this size share a message */
    BURST_US = 200,           /* between two batches of a burst */
    BURST_BATCHES = 64        /* of which this many wait for each other */
};

/* A closed batch between its making and its acknowledgement. */
struct flight {
    struct net_message frame;
    uint64_t sequence;
    unsigned char digest[DIGEST_BYTES];
    size_t size;
    uint32_t event_count;
};

struct window {
    struct flight *flights; /* ring of WINDOW_MAX_BATCHES */
    size_t first, count;
    size_t sent; /* of count, from the front */
    uint64_t bytes;
    uint64_t max_bytes;
    size_t max_batches;
};

/* The batch that events are being added to; the header's room is kept free before the payload. */
struct open_batch {
    struct frame *frame; /* from the pool; NULL: none open */
    size_t payload_size;
    uint32_t event_count, region;
    char topic[TOPIC_MAX_BYTES + 1];
    uint64_t opened_us;
};

enum session { SESSION_NEW, SESSION_HELLO_SENT, SESSION_GREETED };

struct publisher {
    struct publisher_options options;
    char stream[NAME_MAX_BYTES + 1], producer[NAME_MAX_BYTES + 1];
    struct channel channel;
    enum session session;
    uint64_t hello_id;
    uint64_t checked_us;    /* when the connection was last looked at */
    uint64_t progress_us;   /* when the broker last moved us on */
    uint64_t answer_us;     /* what its last answer to a lone batch took; 0: none yet */
    uint64_t not_before_us; /* a refusal asked us to wait until then */
    bool was_greeted;
    unsigned link_refusals; /* LINK answers since the last acknowledgement */
    uint32_t max_batch_bytes, max_batch_events;
    uint64_t epoch,
        next_sequence; /* of the next batch; epoch 0: not known yet. Without an outbox */
    unsigned char head[DIGEST_BYTES];
    struct open_batch open;
    uint64_t last_opened_us; /* the batch before the open one */
    struct packer packer;
    uint32_t max_group;  /* batches in a message, as the broker takes them; 0: one */
    struct buffer group; /* small batches, on their way into one message */
    struct frame_pool *pool;
    struct window window;
    struct publisher_status status;
    enum err final; /* a refusal that nothing can put right; ERR_OK: none */
};

/* publisher_window.c */
MUST_CHECK enum err window_init(struct window *window);
void window_fini(struct window *window);
bool window_has_room(const struct window *window, size_t bytes);
/* The caller fills its frame. */
struct flight *window_push(struct window *window, const struct batch *batch, size_t bytes);
struct flight *window_at(struct window *window, size_t index);
void window_pop(struct window *window);

/* publisher_session.c: do all that can be done now without waiting. Errors  the final refusal. */
MUST_CHECK enum err session_step(struct publisher *publisher);
/* Whether there is anything to send or to wait for. */
bool session_is_idle(const struct publisher *publisher);
void session_fail(struct publisher *publisher, enum err err, const char *text);
/* Say Hello again and send everything that is not acknowledged once more, after the Welcome. */
void session_begin_again(struct publisher *publisher, uint64_t wait_ms);

/* publisher.c */
MUST_CHECK enum err publisher_close_batch(struct publisher *publisher, bool is_last);

#endif
