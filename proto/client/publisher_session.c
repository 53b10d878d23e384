#include "proto/client/publisher_internal.h"

#include "proto/base/clock.h"
#include "proto/base/text.h"
#include "proto/client/outbox.h"
#include "proto/wire/code.h"
#include "proto/wire/group.h"

#include <stdio.h>
#include <string.h>

enum {
    RETRY_DEFAULT_MS = 200,
    LINK_REFUSALS_MAX = 3,
    CHECK_LINK_US = 20000,
    OUTBOX_FULL_RETRY_MS = 1000
};

static void note(struct publisher *publisher, enum err err, const char *text)
{
    publisher->status.last_error = err;
    snprintf(publisher->status.last_error_text, sizeof publisher->status.last_error_text, "%s",
             text && *text ? text : err_text(err));
}

void session_fail(struct publisher *publisher, enum err err, const char *text)
{
    note(publisher, err, text);
    publisher->final = err;
}

void session_begin_again(struct publisher *publisher, uint64_t wait_ms)
{
    uint64_t now_us = clock_monotonic_us();
    publisher->session = SESSION_NEW;
    publisher->window.sent = 0;
    publisher->progress_us = now_us;
    publisher->not_before_us = now_us + wait_ms * 1000;
}

static void say_hello(struct publisher *publisher)
{
    Songhua__V1__Hello hello = SONGHUA__V1__HELLO__INIT;
    Songhua__V1__Request request = SONGHUA__V1__REQUEST__INIT;
    hello.stream = publisher->stream;
    hello.producer = publisher->producer;
    hello.protocol = 1;
    hello.software = text_unconst(client_software);
    request.body_case = SONGHUA__V1__REQUEST__BODY_HELLO;
    request.hello = &hello;
    if (channel_send(&publisher->channel, &request))
        return; /* not connected yet */
    publisher->hello_id = request.id;
    publisher->session = SESSION_HELLO_SENT;
    publisher->progress_us = clock_monotonic_us();
}

/* --- what the broker says --------------------------------------------------------------------- */

static bool is_digest_of(const struct flight *flight, const ProtobufCBinaryData *digest)
{
    return digest->len == DIGEST_BYTES && !memcmp(digest->data, flight->digest, DIGEST_BYTES);
}

static void count_stored(struct publisher *publisher, const struct flight *flight)
{
    publisher->status.acknowledged++;
    publisher->status.acknowledged_events += flight->event_count;
}

/* Drop what the broker has of our epoch. Its last must be one of ours, or another instance has taken the
 * same epoch; and it must have all that it confirmed. */
static enum err drop_stored(struct publisher *publisher, const Songhua__V1__Welcome *welcome)
{
    struct window *window = &publisher->window;
    while (window->count && window_at(window, 0)->sequence <= welcome->sequence) {
        const struct flight *flight = window_at(window, 0);
        if (flight->sequence == welcome->sequence && !is_digest_of(flight, &welcome->digest))
            return ERR_CONFLICT;
        count_stored(publisher, flight);
        window_pop(window);
    }
    uint64_t next = window->count ? window_at(window, 0)->sequence : publisher->next_sequence;
    if (next == welcome->sequence + 1)
        return ERR_OK;
    return next > welcome->sequence ? ERR_ROLLBACK : ERR_CONFLICT;
}

/* Without an outbox: the chain lives in this process, so the broker's state must be ours, or the one
 * that our first batch has not yet replaced. */
static enum err adopt_chain(struct publisher *publisher, const Songhua__V1__Welcome *welcome)
{
    if (!publisher->epoch) {
        publisher->epoch = welcome->epoch + 1;
        publisher->next_sequence = 1;
        memset(publisher->head, 0, DIGEST_BYTES);
        if (welcome->digest.len == DIGEST_BYTES)
            memcpy(publisher->head, welcome->digest.data, DIGEST_BYTES);
        return ERR_OK;
    }
    if (welcome->epoch > publisher->epoch)
        return ERR_FENCED;
    if (welcome->epoch == publisher->epoch)
        return drop_stored(publisher, welcome);
    return publisher->status.acknowledged ? ERR_ROLLBACK : ERR_OK; /* what it confirmed is gone */
}

static enum err adopt_outbox(struct publisher *publisher, const Songhua__V1__Welcome *welcome)
{
    const struct outbox_welcome state = {
        .broker_id = welcome->broker_id,
        .epoch = welcome->epoch,
        .sequence = welcome->sequence,
        .record = welcome->record,
        .digest = welcome->digest.len == DIGEST_BYTES ? welcome->digest.data : NULL};
    enum err err = outbox_adopt(publisher->options.outbox, &state);
    if (err)
        return err;
    while (publisher->window.count) /* refilled from the outbox */
        window_pop(&publisher->window);
    struct outbox_status status;
    outbox_status(publisher->options.outbox, &status);
    publisher->next_sequence = status.acknowledged + 1;
    return ERR_OK;
}

static uint32_t limit(uint64_t value, uint64_t most)
{
    return (uint32_t)(value && value < most ? value : most);
}

static void on_welcome(struct publisher *publisher, const Songhua__V1__Welcome *welcome)
{
    enum err err = publisher->options.outbox ? adopt_outbox(publisher, welcome)
                                             : adopt_chain(publisher, welcome);
    if (err_is_retriable(err)) { /* no room to sign what waits anew */
        note(publisher, err, NULL);
        session_begin_again(publisher, OUTBOX_FULL_RETRY_MS);
        return;
    }
    if (err) {
        publisher->status.is_connected = false;
        session_fail(publisher, err, NULL);
        return;
    }
    uint32_t wanted = publisher->options.max_batch_bytes;
    publisher->max_batch_bytes = limit(welcome->max_batch_bytes, wanted);
    publisher->max_batch_events = limit(welcome->max_batch_events, BATCH_MAX_EVENTS);
    publisher->window.max_batches = limit(welcome->window_batches, WINDOW_MAX_BATCHES);
    publisher->window.max_bytes = welcome->window_bytes ? welcome->window_bytes : UINT64_MAX;
    publisher->max_group =
        welcome->group_batches < GROUP_MAX_BATCHES ? welcome->group_batches : GROUP_MAX_BATCHES;
    publisher->session = SESSION_GREETED;
    publisher->was_greeted = true;
    publisher->status.is_connected = true;
    publisher->status.last_error = ERR_OK;
    publisher->status.last_error_text[0] = '\0';
}

static void on_ack(struct publisher *publisher, const Songhua__V1__Ack *ack)
{
    struct window *window = &publisher->window;
    bool is_moved = false, is_lone = window->count == 1;
    if (ack->digest.len != DIGEST_BYTES)
        return; /* no broker of ours sends that; unanswered, the connection is replaced */
    while (window->count && window->sent && window_at(window, 0)->sequence <= ack->sequence) {
        const struct flight *flight = window_at(window, 0);
        if (flight->sequence == ack->sequence && !is_digest_of(flight, &ack->digest)) {
            session_fail(publisher, ERR_CONFLICT, "the broker acknowledged another batch");
            return;
        }
        count_stored(publisher, flight);
        window_pop(window);
        is_moved = true;
    }
    if (!is_moved)
        return;
    uint64_t now_us = clock_monotonic_us();
    publisher->answer_us = is_lone ? now_us - publisher->progress_us : 0;
    publisher->progress_us = now_us;
    publisher->link_refusals = 0;
    publisher->status.last_ack_ms = clock_realtime_ms();
    publisher->status.last_record = ack->record;
    if (publisher->options.outbox) {
        enum err err = outbox_acknowledge(publisher->options.outbox, ack->sequence,
                                          ack->digest.data, ack->record);
        if (err)
            session_fail(publisher, err, "the outbox could not be written");
    }
}

/* A refusal that another try can mend leads back to Hello; what is on its way behind it will be
 * refused too, and those answers come before the Welcome and are not listened to. */
static void on_refusal(struct publisher *publisher, const Songhua__V1__Reply *reply)
{
    enum err err = code_to_err(reply->code);
    bool is_mended_by_hello =
        err == ERR_GAP || (err == ERR_LINK && ++publisher->link_refusals < LINK_REFUSALS_MAX);
    note(publisher, err, reply->message);
    if (is_mended_by_hello)
        session_begin_again(publisher, 0);
    else if (reply->retry_ms || err_is_retriable(err))
        session_begin_again(publisher, reply->retry_ms ? reply->retry_ms : RETRY_DEFAULT_MS);
    else
        session_fail(publisher, err, reply->message);
}

static void on_reply(struct publisher *publisher, const Songhua__V1__Reply *reply)
{
    if (publisher->session == SESSION_HELLO_SENT && reply->id == publisher->hello_id) {
        if (reply->body_case == SONGHUA__V1__REPLY__BODY_WELCOME && !reply->code)
            on_welcome(publisher, reply->welcome);
        else
            on_refusal(publisher, reply);
    } else if (publisher->session == SESSION_GREETED) {
        if (reply->body_case == SONGHUA__V1__REPLY__BODY_ACK)
            on_ack(publisher, reply->ack);
        else if (reply->code)
            on_refusal(publisher, reply);
    }
}

static void listen(struct publisher *publisher)
{
    Songhua__V1__Reply *reply;
    enum err err = ERR_OK;
    while (!publisher->final && err != ERR_TIMEOUT && err != ERR_IO) {
        err = channel_receive(&publisher->channel, &reply, NULL);
        if (err)
            continue;
        on_reply(publisher, reply);
        songhua__v1__reply__free_unpacked(reply, NULL);
    }
}

/* --- what we say ------------------------------------------------------------------------------ */

/* Take batches from the outbox while the window has room. */
static enum err refill(struct publisher *publisher)
{
    enum err err = ERR_OK;
    struct buffer frame;
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    while (window_has_room(&publisher->window, publisher->max_batch_bytes)) {
        uint64_t sequence;
        struct batch batch;
        buffer_clear(&frame);
        err =
            outbox_next(publisher->options.outbox, publisher->next_sequence - 1, &frame, &sequence);
        if (!err)
            err = batch_parse(frame.data, frame.size, &batch);
        if (err)
            break;
        struct flight *flight = window_push(&publisher->window, &batch, frame.size);
        err = net_message_set(&flight->frame, frame.data, frame.size);
        if (err)
            break;
        publisher->next_sequence = sequence + 1;
    }
    buffer_fini(&frame);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Small batches that wait travel together. *count says how many `out` then holds. */
static enum err gather(struct publisher *publisher, struct net_message *out, size_t *count)
{
    struct window *window = &publisher->window;
    struct buffer *group = &publisher->group;
    enum err err = ERR_OK;
    buffer_clear(group);
    for (*count = 0; !err && *count < publisher->max_group; ++*count) {
        size_t index = window->sent + *count;
        if (index == window->count || window_at(window, index)->size > GROUPED_MAX_BYTES ||
            group->size > GROUP_MAX_BYTES - 2 * GROUPED_MAX_BYTES)
            break;
        struct net_message *frame = &window_at(window, index)->frame;
        err = group_add(group, net_message_data(frame), net_message_size(frame));
    }
    if (!err && *count > 1)
        return net_message_set(out, group->data, group->size);
    *count = 1;
    net_message_share(out, &window_at(window, window->sent)->frame);
    return ERR_OK;
}

static void send_window(struct publisher *publisher)
{
    struct window *window = &publisher->window;
    struct net_message message;
    size_t count;
    net_message_init(&message);
    while (window->sent < window->count) {
        if (!window->sent)
            publisher->progress_us = clock_monotonic_us(); /* waiting for an answer begins */
        if (gather(publisher, &message, &count) ||
            net_send(publisher->channel.socket, &message, false))
            break;
        window->sent += count;
    }
    net_message_fini(&message);
    publisher->status.in_flight = window->sent;
}

static bool is_waiting(const struct publisher *publisher)
{
    return publisher->session == SESSION_HELLO_SENT ||
           (publisher->session == SESSION_GREETED && publisher->window.sent);
}

/* A connection that does not answer is replaced: its queue may hold what will never arrive. Asking
 * the socket about its connection costs more than sending a small batch, so not every step does. */
static void check_link(struct publisher *publisher)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t waited_us = now_us - publisher->progress_us;
    if (now_us - publisher->checked_us < CHECK_LINK_US)
        return;
    publisher->checked_us = now_us;
    enum err failure = channel_failure(&publisher->channel);
    if (channel_is_renewed(&publisher->channel) && publisher->session != SESSION_NEW)
        session_begin_again(publisher, 0);
    if (failure) {
        publisher->status.is_connected = false;
        note(publisher, failure, NULL);
    }
    if (is_waiting(publisher) && waited_us > publisher->options.ack_timeout_ms * 1000ull) {
        note(publisher, ERR_TIMEOUT, "the broker does not answer");
        publisher->status.is_connected = false;
        if (!channel_reopen(&publisher->channel))
            publisher->status.reconnects++;
        session_begin_again(publisher, 0);
    }
}

bool session_is_idle(const struct publisher *publisher)
{
    if (publisher->window.count || publisher->open.event_count)
        return false;
    if (!publisher->options.outbox)
        return true;
    struct outbox_status status;
    outbox_status(publisher->options.outbox, &status);
    return !status.batches;
}

enum err session_step(struct publisher *publisher)
{
    listen(publisher);
    if (publisher->final)
        return publisher->final;
    check_link(publisher);
    if (publisher->session == SESSION_NEW && clock_monotonic_us() >= publisher->not_before_us)
        say_hello(publisher);
    if (publisher->session != SESSION_GREETED)
        return ERR_OK;
    enum err err = publisher->options.outbox ? refill(publisher) : ERR_OK;
    if (err) {
        session_fail(publisher, err, "the outbox could not be read");
        return err;
    }
    send_window(publisher);
    return ERR_OK;
}
