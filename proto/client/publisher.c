#include "proto/client/publisher.h"

#include "proto/base/clock.h"
#include "proto/client/publisher_internal.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COPY_BELOW_BYTES = 8192, /* smaller frames are copied, so that the pool's frame is used again */
    CLOCK_EVERY_EVENTS = 64,
    WAIT_STEP_MS = 50,
    NEAR_US = 500,   /* an answer that may be waited for without sleeping */
    EVENT_TAG = 0x0a /* EventBatch.events: field 1, length-delimited */
};

/* --- batches ---------------------------------------------------------------------------------- */

static enum err open_frame(struct publisher *publisher, uint32_t region, const char *topic)
{
    struct open_batch *open = &publisher->open;
    if (!open->frame)
        open->frame = frame_pool_take(publisher->pool);
    if (!open->frame)
        return ERR_NOMEM;
    open->payload_size = 0;
    open->event_count = 0;
    open->region = region;
    publisher->last_opened_us = open->opened_us;
    open->opened_us = clock_monotonic_us();
    snprintf(open->topic, sizeof open->topic, "%s", topic);
    return ERR_OK;
}

/* Compress into a second frame and change the two, where that pays. */
static enum err pack(struct publisher *publisher, struct batch *batch)
{
    struct open_batch *open = &publisher->open;
    batch->codec = CODEC_PLAIN;
    batch->payload = open->frame->bytes + ROOM_FOR_HEADER;
    batch->payload_size = open->payload_size;
    if (open->payload_size < PACKER_MIN_BYTES)
        return ERR_OK;
    struct frame *packed = frame_pool_take(publisher->pool);
    if (!packed)
        return ERR_NOMEM;
    size_t size = packer_pack(&publisher->packer, batch->payload, batch->payload_size,
                              packed->bytes + ROOM_FOR_HEADER);
    if (!size) {
        frame_pool_give(NULL, packed);
        return ERR_OK;
    }
    frame_pool_give(NULL, open->frame);
    open->frame = packed;
    open->payload_size = size;
    batch->codec = CODEC_ZSTANDARD;
    batch->payload = packed->bytes + ROOM_FOR_HEADER;
    batch->payload_size = size;
    return ERR_OK;
}

/* The batch's header from what is open; digest and signature last. */
static void seal(struct publisher *publisher, bool is_last, struct batch *batch)
{
    const struct open_batch *open = &publisher->open;
    const struct publisher_options *options = &publisher->options;
    uint32_t every = options->signature_every;
    batch->epoch = publisher->epoch;
    batch->sequence = publisher->next_sequence;
    batch->created_ms = clock_realtime_ms();
    batch->region = open->region;
    batch->event_count = open->event_count;
    memcpy(batch->stream, publisher->stream, sizeof batch->stream);
    memcpy(batch->producer, publisher->producer, sizeof batch->producer);
    memcpy(batch->topic, open->topic, sizeof batch->topic);
    memcpy(batch->previous_digest, publisher->head, DIGEST_BYTES);
    batch_digest(batch, batch->digest);
    batch->is_signed = every <= 1 || is_last || batch->sequence % every == 0;
    if (batch->is_signed)
        digest_sign(batch->digest, &options->identity->signing, batch->signature);
}

/* Put the sealed frame into the window: a small one as a copy, a large one by handing it over. */
static enum err launch(struct publisher *publisher, const struct batch *batch)
{
    unsigned char header[ROOM_FOR_HEADER];
    size_t header_size;
    struct open_batch *open = &publisher->open;
    enum err err = batch_write_header(batch, header, &header_size);
    if (err)
        return err;
    unsigned char *start = open->frame->bytes + ROOM_FOR_HEADER - header_size;
    size_t size = header_size + open->payload_size;
    memcpy(start, header, header_size);
    struct flight *flight = window_push(&publisher->window, batch, size);
    if (size < COPY_BELOW_BYTES)
        return net_message_set(&flight->frame, start, size);
    err = net_message_wrap(&flight->frame, start, size, frame_pool_give, open->frame);
    if (!err)
        open->frame = NULL;
    return err;
}

enum err publisher_close_batch(struct publisher *publisher, bool is_last)
{
    struct batch batch;
    if (!publisher->open.event_count)
        return ERR_OK;
    enum err err = pack(publisher, &batch);
    if (!err) {
        seal(publisher, is_last, &batch);
        err = launch(publisher, &batch);
    }
    if (err) {
        session_fail(publisher, err, "a batch could not be made");
        return err;
    }
    memcpy(publisher->head, batch.digest, DIGEST_BYTES);
    publisher->next_sequence++;
    publisher->open.event_count = 0;
    publisher->open.payload_size = 0;
    return ERR_OK;
}

/* --- opening and closing ---------------------------------------------------------------------- */

static enum err check_options(const struct publisher_options *options)
{
    if (!options->stream || !options->producer || !batch_name_is_valid(options->stream) ||
        !batch_name_is_valid(options->producer))
        return ERR_USAGE;
    return options->identity && options->identity->secret_key[0] ? ERR_OK : ERR_KEY;
}

static void set_defaults(struct publisher *publisher)
{
    struct publisher_options *options = &publisher->options;
    if (!options->max_batch_bytes)
        options->max_batch_bytes = DEFAULT_BATCH_BYTES;
    if (options->max_batch_bytes > BATCH_PAYLOAD_MAX_BYTES)
        options->max_batch_bytes = BATCH_PAYLOAD_MAX_BYTES;
    if (!options->ack_timeout_ms)
        options->ack_timeout_ms = DEFAULT_ACK_TIMEOUT_MS;
    publisher->max_batch_bytes = options->max_batch_bytes;
    publisher->max_batch_events = BATCH_MAX_EVENTS;
    snprintf(publisher->stream, sizeof publisher->stream, "%s", options->stream);
    snprintf(publisher->producer, sizeof publisher->producer, "%s", options->producer);
    publisher->progress_us = clock_monotonic_us();
}

enum err publisher_open(const struct publisher_options *options, struct publisher **out)
{
    enum err err = check_options(options);
    if (err)
        return err;
    struct publisher *publisher = calloc(1, sizeof *publisher);
    if (!publisher)
        return ERR_NOMEM;
    publisher->options = *options;
    set_defaults(publisher);
    packer_init(&publisher->packer);
    buffer_init(&publisher->group, 2 * GROUP_MAX_BYTES);
    err = window_init(&publisher->window);
    if (!err)
        err = frame_pool_new(ROOM_FOR_HEADER + publisher->max_batch_bytes, &publisher->pool);
    if (!err)
        err = channel_open(&publisher->channel, options->net, options->endpoint,
                           options->server_key, options->identity);
    if (err)
        publisher_close(&publisher);
    else
        *out = publisher;
    return err;
}

void publisher_close(struct publisher **publisher)
{
    if (!*publisher)
        return;
    window_fini(&(*publisher)->window);
    packer_fini(&(*publisher)->packer);
    buffer_fini(&(*publisher)->group);
    if ((*publisher)->open.frame)
        frame_pool_give(NULL, (*publisher)->open.frame);
    channel_close(&(*publisher)->channel);
    frame_pool_drop((*publisher)->pool);
    free(*publisher);
    *publisher = NULL;
}

/* --- publishing ------------------------------------------------------------------------------- */

/* To be woken up costs a tenth of what a lone batch takes to the disk and back. So where the last one
 * was quick, the answer is looked for instead of slept for, for a moment, and whatever else wants to
 * run goes first. Under load, and where the disk is slow, there is no such moment. */
static bool is_answer_near(const struct publisher *publisher, uint64_t now_us)
{
    const struct window *window = &publisher->window;
    return window->count == 1 && window->sent == 1 && publisher->answer_us &&
           publisher->answer_us < NEAR_US && now_us - publisher->progress_us < NEAR_US;
}

/* Step until `is_done`, for up to timeout_ms. Errors  ERR_TIMEOUT, or the final refusal. */
static enum err step_until(struct publisher *publisher, bool (*is_done)(const struct publisher *),
                           uint64_t timeout_ms)
{
    uint64_t end_us = clock_monotonic_us() + timeout_ms * 1000;
    for (;;) {
        enum err err = session_step(publisher);
        if (err || is_done(publisher))
            return err;
        uint64_t now_us = clock_monotonic_us();
        if (now_us >= end_us)
            return ERR_TIMEOUT;
        if (is_answer_near(publisher, now_us)) {
            sched_yield();
            continue;
        }
        uint64_t left_ms = (end_us - now_us + 999) / 1000;
        bool wants_write = publisher->session == SESSION_NEW
                               ? now_us >= publisher->not_before_us
                               : publisher->window.sent < publisher->window.count;
        channel_wait(&publisher->channel, wants_write,
                     (long)(left_ms < WAIT_STEP_MS ? left_ms : WAIT_STEP_MS));
    }
}

static bool is_greeted(const struct publisher *publisher)
{
    return publisher->epoch != 0;
}

static bool has_room(const struct publisher *publisher)
{
    return window_has_room(&publisher->window, publisher->max_batch_bytes);
}

static size_t varint_size(size_t value)
{
    size_t size = 1;
    while (value >>= 7)
        size++;
    return size;
}

static bool fits(const struct publisher *publisher, size_t entry_size, uint32_t region,
                 const char *topic)
{
    const struct open_batch *open = &publisher->open;
    return open->region == region && open->event_count < publisher->max_batch_events &&
           open->payload_size + entry_size <= publisher->max_batch_bytes &&
           !strcmp(open->topic, topic);
}

/* Close what is open and wait for room to put it, so that memory stays bounded by the window. */
static enum err rotate(struct publisher *publisher)
{
    enum err err = publisher_close_batch(publisher, false);
    return err ? err : step_until(publisher, has_room, publisher->options.ack_timeout_ms);
}

static void add(struct open_batch *open, const void *event, size_t size)
{
    unsigned char *to = open->frame->bytes + ROOM_FOR_HEADER + open->payload_size;
    unsigned char *start = to;
    size_t rest = size;
    *to++ = EVENT_TAG;
    for (; rest >= 0x80; rest >>= 7)
        *to++ = (unsigned char)(rest | 0x80);
    *to++ = (unsigned char)rest;
    memcpy(to, event, size);
    open->payload_size += (size_t)(to - start) + size;
    open->event_count++;
}

/* Whether the open batch should leave now. The clock is not asked for each event. */
static bool is_due(const struct publisher *publisher)
{
    const struct open_batch *open = &publisher->open;
    uint32_t linger_ms = publisher->options.linger_ms;
    if (!linger_ms || !open->event_count)
        return open->event_count != 0;
    return clock_monotonic_us() - open->opened_us >= linger_ms * 1000ull;
}

static enum err prepare(struct publisher *publisher, size_t entry_size, uint32_t region,
                        const char *topic)
{
    enum err err = ERR_OK;
    if (publisher->final)
        return publisher->final;
    if (!publisher->epoch)
        err = step_until(publisher, is_greeted, publisher->options.ack_timeout_ms);
    if (!err && entry_size > publisher->max_batch_bytes)
        err = ERR_TOO_LARGE;
    if (!err && publisher->open.event_count && !fits(publisher, entry_size, region, topic))
        err = rotate(publisher);
    if (!err && !has_room(publisher))
        err = step_until(publisher, has_room, publisher->options.ack_timeout_ms);
    if (!err && !publisher->open.event_count)
        err = open_frame(publisher, region, topic);
    return err;
}

/* In a burst of single-event batches, some wait for each other while others are on their way. */
static bool is_burst(const struct publisher *publisher)
{
    const struct window *window = &publisher->window;
    return window->sent && window->count - window->sent < BURST_BATCHES &&
           publisher->open.opened_us - publisher->last_opened_us < BURST_US;
}

enum err publisher_publish(struct publisher *publisher, uint32_t region, const char *topic,
                           const void *event, size_t size)
{
    if (publisher->options.outbox || !size)
        return ERR_USAGE;
    size_t entry_size = 1 + varint_size(size) + size;
    if (!publisher->open.event_count || !fits(publisher, entry_size, region, topic)) {
        if (!batch_topic_is_valid(topic) || region > 999999)
            return ERR_USAGE;
        enum err err = prepare(publisher, entry_size, region, topic);
        if (err)
            return err;
    }
    add(&publisher->open, event, size);
    publisher->status.published++;
    bool is_checked =
        !publisher->options.linger_ms || publisher->open.event_count % CLOCK_EVERY_EVENTS == 0;
    if (!is_checked || !is_due(publisher))
        return ERR_OK;
    enum err err = publisher_close_batch(publisher, false);
    return err || is_burst(publisher) ? err : session_step(publisher);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static bool never(const struct publisher *publisher)
{
    (void)publisher;
    return false;
}

/* Nothing is on its way: then waiting for more events would only cost time. */
static enum err close_if_due(struct publisher *publisher)
{
    if (publisher->open.event_count && (!publisher->window.count || is_due(publisher)))
        return publisher_close_batch(publisher, false);
    return ERR_OK;
}

enum err publisher_pump(struct publisher *publisher, uint32_t timeout_ms)
{
    enum err err = publisher->final ? publisher->final : close_if_due(publisher);
    if (err)
        return err;
    err = timeout_ms ? step_until(publisher, session_is_idle, timeout_ms)
                     : step_until(publisher, never, 0);
    return err == ERR_TIMEOUT ? ERR_OK : err;
}

enum err publisher_flush(struct publisher *publisher, uint32_t timeout_ms)
{
    enum err err = publisher->final ? publisher->final : publisher_close_batch(publisher, true);
    if (!err)
        err = step_until(publisher, session_is_idle, timeout_ms);
    if (err != ERR_TIMEOUT || publisher->was_greeted)
        return err;
    return channel_failure(&publisher->channel) == ERR_KEY ? ERR_KEY : ERR_UNREACHABLE;
}

void publisher_status(const struct publisher *publisher, struct publisher_status *out)
{
    *out = publisher->status;
    out->in_flight = publisher->window.count;
}

void publisher_ask_again(struct publisher *publisher)
{
    if (publisher->final != ERR_ROLLBACK)
        return;
    publisher->final = ERR_OK;
    session_begin_again(publisher, 0);
}

int publisher_fd(const struct publisher *publisher)
{
    return net_socket_fd(publisher->channel.socket);
}
