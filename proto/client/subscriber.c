#include "proto/client/subscriber.h"

#include "proto/base/bytes.h"
#include "proto/base/clock.h"
#include "proto/client/channel.h"
#include "proto/wire/code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum {
    LONG_POLL_MS = 10000,
    REPLY_TIMEOUT_MS = LONG_POLL_MS + 5000,
    WAIT_STEP_MS = 250,
    MAX_FILTERS = 256,
    PAYLOAD_PLAIN_MAX_BYTES = 16 * 1024 * 1024
};

/* The records of one reply and how far they have been handed out. */
struct page {
    struct net_message bytes;
    size_t offset;
    uint32_t left;
};

struct subscriber {
    struct subscriber_options options;
    char stream[NAME_MAX_BYTES + 1], consumer[NAME_MAX_BYTES + 1];
    uint32_t regions[MAX_FILTERS];
    char producers[MAX_FILTERS][NAME_MAX_BYTES + 1];
    struct channel channel;
    struct page current, ahead;
    bool has_ahead;
    bool is_asked; /* a request is out */
    uint64_t asked_id, asked_us;
    bool is_placed;          /* status.next is known; else the start has to be asked for */
    bool has_reply;          /* a Fetched came: status is true */
    bool has_gap, is_beyond; /* of the place asked for: pruned; behind the stream's end */
    enum err refusal;        /* the broker's last answer was no */
    struct buffer plain;     /* decompressed payload */
    ZSTD_DCtx *unpacker;     /* made by the first compressed payload */
    struct subscriber_status status;
};

/* --- opening ---------------------------------------------------------------------------------- */

static enum err copy_options(struct subscriber *subscriber,
                             const struct subscriber_options *options)
{
    if (!options->stream || !batch_name_is_valid(options->stream) ||
        options->region_count > MAX_FILTERS || options->producer_count > MAX_FILTERS)
        return ERR_USAGE;
    if (options->consumer && !batch_name_is_valid(options->consumer))
        return ERR_USAGE;
    if (options->start == SUBSCRIBE_FROM_POSITION && !options->consumer)
        return ERR_USAGE;
    subscriber->options = *options;
    snprintf(subscriber->stream, sizeof subscriber->stream, "%s", options->stream);
    if (options->consumer)
        snprintf(subscriber->consumer, sizeof subscriber->consumer, "%s", options->consumer);
    for (size_t i = 0; i < options->region_count; i++)
        subscriber->regions[i] = options->regions[i];
    for (size_t i = 0; i < options->producer_count; i++) {
        if (!batch_name_is_valid(options->producers[i]))
            return ERR_USAGE;
        strcpy(subscriber->producers[i], options->producers[i]);
    }
    return ERR_OK;
}

enum err subscriber_open(const struct subscriber_options *options, struct subscriber **out)
{
    struct subscriber *subscriber = calloc(1, sizeof *subscriber);
    if (!subscriber)
        return ERR_NOMEM;
    net_message_init(&subscriber->current.bytes);
    net_message_init(&subscriber->ahead.bytes);
    buffer_init(&subscriber->plain, PAYLOAD_PLAIN_MAX_BYTES);
    enum err err = copy_options(subscriber, options);
    if (!err)
        err = channel_open(&subscriber->channel, options->net, options->endpoint,
                           options->server_key, options->identity);
    if (err) {
        subscriber_close(&subscriber);
        return err;
    }
    subscriber->is_placed =
        options->start == SUBSCRIBE_FROM_SEQUENCE || options->start == SUBSCRIBE_FROM_TIME;
    if (options->start == SUBSCRIBE_FROM_SEQUENCE)
        subscriber->status.next = options->from ? options->from : 1;
    *out = subscriber;
    return ERR_OK;
}

void subscriber_close(struct subscriber **subscriber)
{
    if (!*subscriber)
        return;
    net_message_fini(&(*subscriber)->current.bytes);
    net_message_fini(&(*subscriber)->ahead.bytes);
    channel_close(&(*subscriber)->channel);
    buffer_fini(&(*subscriber)->plain);
    ZSTD_freeDCtx((*subscriber)->unpacker);
    free(*subscriber);
    *subscriber = NULL;
}

/* --- asking ----------------------------------------------------------------------------------- */

static void ask(struct subscriber *subscriber, Songhua__V1__Request *request)
{
    if (channel_send(&subscriber->channel, request))
        return; /* not connected yet */
    subscriber->is_asked = true;
    subscriber->asked_id = request->id;
    subscriber->asked_us = clock_monotonic_us();
}

/* Where to begin is the broker's to say: the saved position, or the stream's end. */
static void ask_place(struct subscriber *subscriber)
{
    Songhua__V1__Request request = SONGHUA__V1__REQUEST__INIT;
    Songhua__V1__ListPositions positions = SONGHUA__V1__LIST_POSITIONS__INIT;
    Songhua__V1__ListStreams streams = SONGHUA__V1__LIST_STREAMS__INIT;
    if (subscriber->options.start == SUBSCRIBE_FROM_POSITION) {
        positions.stream = subscriber->stream;
        positions.consumer = subscriber->consumer;
        request.body_case = SONGHUA__V1__REQUEST__BODY_LIST_POSITIONS;
        request.list_positions = &positions;
    } else {
        request.body_case = SONGHUA__V1__REQUEST__BODY_LIST_STREAMS;
        request.list_streams = &streams;
    }
    ask(subscriber, &request);
}

/* A first question does not wait at the broker, so that the end of an empty stream is known at once;
 * once at the end, questions wait there. */
static void ask_records(struct subscriber *subscriber)
{
    char *producers[MAX_FILTERS];
    Songhua__V1__Request request = SONGHUA__V1__REQUEST__INIT;
    Songhua__V1__Fetch fetch = SONGHUA__V1__FETCH__INIT;
    const struct subscriber_status *status = &subscriber->status;
    for (size_t i = 0; i < subscriber->options.producer_count; i++)
        producers[i] = subscriber->producers[i];
    fetch.stream = subscriber->stream;
    fetch.from = status->next;
    fetch.from_time_ms = status->next ? 0 : subscriber->options.from;
    fetch.max_bytes = subscriber->options.max_bytes;
    fetch.wait_ms = subscriber->has_reply && status->next > status->last ? LONG_POLL_MS : 0;
    fetch.n_regions = subscriber->options.region_count;
    fetch.regions = subscriber->regions;
    fetch.n_producers = subscriber->options.producer_count;
    fetch.producers = producers;
    request.body_case = SONGHUA__V1__REQUEST__BODY_FETCH;
    request.fetch = &fetch;
    ask(subscriber, &request);
}

/* --- hearing ---------------------------------------------------------------------------------- */

static void note(struct subscriber *subscriber, enum err err, const char *text)
{
    subscriber->status.last_error = err;
    snprintf(subscriber->status.last_error_text, sizeof subscriber->status.last_error_text, "%s",
             text && *text ? text : err_text(err));
}

static void on_fetched(struct subscriber *subscriber, const Songhua__V1__Fetched *fetched,
                       struct net_message *bytes)
{
    struct subscriber_status *status = &subscriber->status;
    /* first is 0 when nothing is left of the stream; last still says how far it went. */
    uint64_t oldest = fetched->first ? fetched->first : fetched->last + 1;
    bool is_pruned = status->next && status->next <= fetched->last && status->next < oldest;
    subscriber->has_gap = subscriber->has_gap || is_pruned;
    subscriber->is_beyond = status->next > fetched->last + 1;
    status->first = fetched->first;
    status->last = fetched->last;
    status->next = fetched->next;
    status->broker_ms = fetched->time_ms;
    subscriber->has_reply = true;
    if (!fetched->records)
        return;
    net_message_share(&subscriber->ahead.bytes, bytes);
    subscriber->ahead.offset = 0;
    subscriber->ahead.left = fetched->records;
    subscriber->has_ahead = true;
}

static void on_place(struct subscriber *subscriber, const Songhua__V1__Reply *reply)
{
    uint64_t next = 1;
    if (reply->body_case == SONGHUA__V1__REPLY__BODY_POSITIONS) {
        if (reply->positions->n_positions)
            next = reply->positions->positions[0]->position + 1;
    } else {
        for (size_t i = 0; i < reply->streams->n_streams; i++)
            if (!strcmp(reply->streams->streams[i]->name, subscriber->stream))
                next = reply->streams->streams[i]->last + 1;
    }
    subscriber->status.next = next;
    subscriber->is_placed = true;
}

static void on_reply(struct subscriber *subscriber, const Songhua__V1__Reply *reply,
                     struct net_message *bytes)
{
    if (!subscriber->is_asked || reply->id != subscriber->asked_id)
        return; /* an answer to a question of before the last reconnect */
    subscriber->is_asked = false;
    subscriber->status.is_connected = true;
    if (reply->code) {
        subscriber->refusal = code_to_err(reply->code);
        note(subscriber, subscriber->refusal, reply->message);
        return;
    }
    subscriber->status.last_error = ERR_OK;
    if (reply->body_case == SONGHUA__V1__REPLY__BODY_FETCHED)
        on_fetched(subscriber, reply->fetched, bytes);
    else if (reply->body_case == SONGHUA__V1__REPLY__BODY_POSITIONS ||
             reply->body_case == SONGHUA__V1__REPLY__BODY_STREAMS)
        on_place(subscriber, reply);
}

static void listen(struct subscriber *subscriber)
{
    Songhua__V1__Reply *reply;
    struct net_message bytes;
    enum err err = ERR_OK;
    net_message_init(&bytes);
    while (!subscriber->has_ahead && err != ERR_TIMEOUT && err != ERR_IO) {
        err = channel_receive(&subscriber->channel, &reply, &bytes);
        if (err)
            continue;
        on_reply(subscriber, reply, &bytes);
        songhua__v1__reply__free_unpacked(reply, NULL);
    }
    net_message_fini(&bytes);
}

static void check_link(struct subscriber *subscriber)
{
    enum err failure = channel_failure(&subscriber->channel);
    if (channel_is_renewed(&subscriber->channel))
        subscriber->is_asked = false; /* the question or its answer may be lost: ask again */
    if (failure) {
        subscriber->status.is_connected = false;
        note(subscriber, failure, NULL);
    }
    if (!subscriber->is_asked ||
        clock_monotonic_us() - subscriber->asked_us < REPLY_TIMEOUT_MS * 1000ull)
        return;
    note(subscriber, ERR_TIMEOUT, "the broker does not answer");
    subscriber->status.is_connected = false;
    subscriber->is_asked = false;
    if (!channel_reopen(&subscriber->channel))
        subscriber->status.reconnects++;
}

/* --- handing out ------------------------------------------------------------------------------ */

static enum err inflate(struct subscriber *subscriber, struct batch *batch)
{
    unsigned long long size = ZSTD_getFrameContentSize(batch->payload, batch->payload_size);
    if (size > PAYLOAD_PLAIN_MAX_BYTES) /* unknown and error are the two largest values */
        return ERR_MALFORMED;
    void *room;
    buffer_clear(&subscriber->plain);
    enum err err = buffer_reserve(&subscriber->plain, (size_t)size, &room);
    if (err)
        return err;
    if (!subscriber->unpacker && !(subscriber->unpacker = ZSTD_createDCtx()))
        return ERR_NOMEM;
    size_t got = ZSTD_decompressDCtx(subscriber->unpacker, room, (size_t)size, batch->payload,
                                     batch->payload_size);
    if (ZSTD_isError(got) || got != size)
        return ERR_MALFORMED;
    batch->payload = room;
    batch->payload_size = (size_t)size;
    return ERR_OK;
}

/* What cannot be decompressed holds no events: one such batch must not end all who read. */
static enum err inflate_or_empty(struct subscriber *subscriber, struct batch *batch)
{
    enum err err = inflate(subscriber, batch);
    if (err != ERR_MALFORMED)
        return err;
    batch->payload_size = 0;
    return ERR_OK;
}

static enum err take_record(struct subscriber *subscriber, struct subscriber_record *out)
{
    struct page *page = &subscriber->current;
    const unsigned char *bytes = net_message_data(&page->bytes);
    size_t left = net_message_size(&page->bytes) - page->offset;
    struct record record;
    struct subscriber_record found;
    uint32_t size = left >= 4 ? bytes_get_le32(bytes + page->offset) : 0;
    if (left < 4 || size > left - 4) {
        page->left = 0;
        return ERR_MALFORMED;
    }
    found.bytes = bytes + page->offset + 4;
    found.size = size;
    page->offset += 4 + (size_t)size;
    page->left--;
    enum err err = record_parse(found.bytes, size, &record);
    if (!err)
        err = batch_parse(record.frame, record.frame_size, &found.batch);
    if (!err && found.batch.codec == CODEC_ZSTANDARD && !subscriber->options.is_packed)
        err = inflate_or_empty(subscriber, &found.batch);
    if (err)
        return err;
    found.sequence = record.sequence;
    found.stored_ms = record.stored_ms;
    *out = found;
    return ERR_OK;
}

static void turn_page(struct subscriber *subscriber)
{
    net_message_share(&subscriber->current.bytes, &subscriber->ahead.bytes);
    subscriber->current.offset = 0;
    subscriber->current.left = subscriber->ahead.left;
    subscriber->has_ahead = false;
}

/* Keep one question out while the last answer is being used. */
static void keep_asking(struct subscriber *subscriber)
{
    if (subscriber->is_asked || subscriber->has_ahead)
        return;
    if (subscriber->is_placed)
        ask_records(subscriber);
    else
        ask_place(subscriber);
}

static void note_beyond(struct subscriber *subscriber)
{
    char text[sizeof subscriber->status.last_error_text];
    const struct subscriber_status *status = &subscriber->status;
    snprintf(text, sizeof text,
             "%s ends at record %llu, and record %llu is to be read next: the broker was put back "
             "from an older copy, or is another one",
             subscriber->stream, (unsigned long long)status->last,
             (unsigned long long)status->next);
    note(subscriber, ERR_ROLLBACK, text);
}

/* One round of hearing and asking. ERR_TIMEOUT: nothing to hand out yet. */
static enum err step(struct subscriber *subscriber)
{
    listen(subscriber);
    if (subscriber->refusal) {
        enum err refusal = subscriber->refusal;
        subscriber->refusal = ERR_OK;
        return refusal;
    }
    if (subscriber->has_gap) {
        subscriber->has_gap = false;
        return ERR_GAP;
    }
    if (subscriber->is_beyond) {
        subscriber->is_beyond = false;
        note_beyond(subscriber);
        return ERR_ROLLBACK;
    }
    check_link(subscriber);
    if (subscriber->has_ahead)
        turn_page(subscriber);
    keep_asking(subscriber);
    return subscriber->current.left ? ERR_OK : ERR_TIMEOUT;
}

enum err subscriber_next(struct subscriber *subscriber, uint32_t wait_ms,
                         struct subscriber_record *out)
{
    uint64_t end_us = clock_monotonic_us() + wait_ms * 1000ull;
    while (!subscriber->current.left) {
        enum err err = step(subscriber);
        if (!err)
            break;
        if (err != ERR_TIMEOUT)
            return err;
        uint64_t now_us = clock_monotonic_us();
        enum err failure = channel_failure(&subscriber->channel);
        if (now_us >= end_us)
            return failure ? failure : ERR_TIMEOUT;
        uint64_t left_ms = (end_us - now_us + 999) / 1000;
        channel_wait(&subscriber->channel, !subscriber->is_asked,
                     (long)(left_ms < WAIT_STEP_MS ? left_ms : WAIT_STEP_MS));
    }
    return take_record(subscriber, out);
}

bool subscriber_is_at_end(const struct subscriber *subscriber)
{
    return subscriber->has_reply && !subscriber->current.left && !subscriber->has_ahead &&
           subscriber->status.next > subscriber->status.last;
}

void subscriber_status(const struct subscriber *subscriber, struct subscriber_status *out)
{
    *out = subscriber->status;
}
