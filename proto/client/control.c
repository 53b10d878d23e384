#include "proto/client/control.h"

#include "proto/base/clock.h"
#include "proto/base/text.h"
#include "proto/client/channel.h"
#include "proto/wire/code.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAIT_STEP_MS = 250, ERROR_TEXT_BYTES = 200 };

struct control {
    struct channel channel;
    char error_text[ERROR_TEXT_BYTES];
};

enum err control_open(const char *endpoint, const char *server_key, const struct identity *identity,
                      struct control **out)
{
    struct control *control = calloc(1, sizeof *control);
    if (!control)
        return ERR_NOMEM;
    enum err err = channel_open(&control->channel, NULL, endpoint, server_key, identity);
    if (err)
        free(control);
    else
        *out = control;
    return err;
}

void control_close(struct control **control)
{
    if (!*control)
        return;
    channel_close(&(*control)->channel);
    free(*control);
    *control = NULL;
}

const char *control_error_text(const struct control *control)
{
    return control->error_text;
}

static void note(struct control *control, const char *text)
{
    snprintf(control->error_text, sizeof control->error_text, "%s", text);
}

/* The reply to question `id`; answers to earlier ones, given up on, are dropped. */
static enum err hear(struct control *control, uint64_t id, Songhua__V1__Reply **out)
{
    for (;;) {
        Songhua__V1__Reply *reply;
        enum err err = channel_receive(&control->channel, &reply, NULL);
        if (err)
            return err;
        if (reply->id == id) {
            *out = reply;
            return ERR_OK;
        }
        songhua__v1__reply__free_unpacked(reply, NULL);
    }
}

static enum err give_up(struct control *control, bool is_sent)
{
    enum err failure = channel_failure(&control->channel);
    enum err err = failure ? failure : is_sent ? ERR_TIMEOUT : ERR_UNREACHABLE;
    note(control, err_text(err));
    return err;
}

/* A reply's body is a union: one of another kind than was asked for must not be read as that. */
static bool is_reply_to(const Songhua__V1__Request *request, const Songhua__V1__Reply *reply)
{
    static const Songhua__V1__Reply__BodyCase expected[] = {
        [SONGHUA__V1__REQUEST__BODY_HELLO] = SONGHUA__V1__REPLY__BODY_WELCOME,
        [SONGHUA__V1__REQUEST__BODY_FETCH] = SONGHUA__V1__REPLY__BODY_FETCHED,
        [SONGHUA__V1__REQUEST__BODY_SAVE_POSITION] = SONGHUA__V1__REPLY__BODY_POSITION,
        [SONGHUA__V1__REQUEST__BODY_LIST_POSITIONS] = SONGHUA__V1__REPLY__BODY_POSITIONS,
        [SONGHUA__V1__REQUEST__BODY_LIST_STREAMS] = SONGHUA__V1__REPLY__BODY_STREAMS,
        [SONGHUA__V1__REQUEST__BODY_LIST_PRODUCERS] = SONGHUA__V1__REPLY__BODY_PRODUCERS,
        [SONGHUA__V1__REQUEST__BODY_GET_STATUS] = SONGHUA__V1__REPLY__BODY_STATUS,
    };
    unsigned asked = (unsigned)request->body_case;
    return asked < sizeof expected / sizeof *expected && reply->body_case == expected[asked];
}

/* Send the request unless its id says that it is under way, and wait for the reply. ERR_TIMEOUT: it is
 * under way, or still to be sent. */
static enum err go_on(struct control *control, Songhua__V1__Request *request, uint32_t wait_ms,
                      Songhua__V1__Reply **out)
{
    uint64_t end_us = clock_monotonic_us() + wait_ms * 1000ull;
    Songhua__V1__Reply *reply = NULL;
    while (!reply) {
        if (channel_is_renewed(&control->channel))
            request->id = 0;
        if (!request->id && channel_send(&control->channel, request))
            request->id = 0;
        if (request->id && !hear(control, request->id, &reply))
            break;
        uint64_t now_us = clock_monotonic_us();
        if (now_us >= end_us)
            return ERR_TIMEOUT;
        uint64_t left_ms = (end_us - now_us + 999) / 1000;
        channel_wait(&control->channel, !request->id,
                     (long)(left_ms < WAIT_STEP_MS ? left_ms : WAIT_STEP_MS));
    }
    enum err err = code_to_err(reply->code);
    bool has_body = is_reply_to(request, reply);
    if (!err && !has_body)
        err = ERR_MALFORMED;
    if (err && !has_body) {
        note(control, *reply->message ? reply->message : err_text(err));
        songhua__v1__reply__free_unpacked(reply, NULL);
        return err;
    }
    *out = reply;
    return ERR_OK;
}

enum err control_ask(struct control *control, Songhua__V1__Request__BodyCase question,
                     uint32_t timeout_ms, Songhua__V1__Reply **out)
{
    Songhua__V1__Request request = SONGHUA__V1__REQUEST__INIT;
    Songhua__V1__ListStreams streams = SONGHUA__V1__LIST_STREAMS__INIT;
    Songhua__V1__ListPositions positions = SONGHUA__V1__LIST_POSITIONS__INIT;
    Songhua__V1__ListProducers producers = SONGHUA__V1__LIST_PRODUCERS__INIT;
    Songhua__V1__GetStatus status = SONGHUA__V1__GET_STATUS__INIT;
    request.body_case = question;
    switch (question) {
    case SONGHUA__V1__REQUEST__BODY_LIST_STREAMS:
        request.list_streams = &streams;
        break;
    case SONGHUA__V1__REQUEST__BODY_LIST_POSITIONS:
        request.list_positions = &positions;
        break;
    case SONGHUA__V1__REQUEST__BODY_LIST_PRODUCERS:
        request.list_producers = &producers;
        break;
    default:
        request.get_status = &status;
    }
    enum err err = go_on(control, &request, timeout_ms, out);
    return err == ERR_TIMEOUT ? give_up(control, request.id != 0) : err;
}

enum err control_save_step(struct control *control, struct control_save *save, uint32_t wait_ms)
{
    Songhua__V1__SavePosition body = SONGHUA__V1__SAVE_POSITION__INIT;
    Songhua__V1__Request request = SONGHUA__V1__REQUEST__INIT;
    Songhua__V1__Reply *reply;
    body.stream = text_unconst(save->stream);
    body.consumer = text_unconst(save->consumer);
    body.expected = save->expected;
    body.position = save->position;
    request.id = save->id;
    request.body_case = SONGHUA__V1__REQUEST__BODY_SAVE_POSITION;
    request.save_position = &body;
    enum err err = go_on(control, &request, wait_ms, &reply);
    save->id = err == ERR_TIMEOUT ? request.id : 0;
    if (err)
        return err;
    err = code_to_err(reply->code);
    if (err == ERR_CONFLICT) {
        save->standing = reply->position->position;
        if (save->standing == save->position) /* our own, whose answer was lost with a connection */
            err = ERR_OK;
    }
    note(control, reply->message);
    songhua__v1__reply__free_unpacked(reply, NULL);
    return err;
}

enum err control_save_position(struct control *control, const char *stream, const char *consumer,
                               uint64_t expected, uint64_t position, uint32_t timeout_ms,
                               uint64_t *standing)
{
    struct control_save save = {
        .stream = stream, .consumer = consumer, .expected = expected, .position = position};
    enum err err = control_save_step(control, &save, timeout_ms);
    if (err == ERR_CONFLICT && standing)
        *standing = save.standing;
    return err == ERR_TIMEOUT ? give_up(control, save.id != 0) : err;
}
