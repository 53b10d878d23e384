#include "broker/answers.h"

#include "proto/base/text.h"
#include "proto/wire/code.h"
#include "proto/wire/group.h"

#include <stdio.h>
#include <string.h>

enum {
    FOLD_LOOK_BACK = 32,
    REPLY_MAX_BYTES = 4096,
    WINDOW_BATCHES = 1024,
    WINDOW_BYTES = 4 * 1024 * 1024
};

void answers_init(struct answers *answers, struct net_socket *socket, struct journal *journal,
                  const char *software)
{
    answers->socket = socket;
    answers->journal = journal;
    answers->software = software;
    answers->count = 0;
    text_from_bytes(journal_id(journal), JOURNAL_ID_BYTES, answers->broker_id);
    buffer_init(&answers->scratch, REPLY_MAX_BYTES);
}

void answers_fini(struct answers *answers)
{
    buffer_fini(&answers->scratch);
}

/* --- the list --------------------------------------------------------------------------------- */

bool client_address_is(const struct client_address *a, const struct client_address *b)
{
    return a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}

struct answer *answers_add(struct answers *answers, const struct client_address *client,
                           enum answer_kind kind)
{
    if (answers->count == ANSWERS_MAX)
        return NULL;
    struct answer *answer = &answers->items[answers->count++];
    answer->kind = kind;
    answer->client = *client;
    answer->err = ERR_OK;
    answer->retry_ms = 0;
    answer->text[0] = '\0';
    return answer;
}

struct answer *answers_ack(struct answers *answers, const struct client_address *client,
                           const struct batch *batch)
{
    size_t oldest = answers->count > FOLD_LOOK_BACK ? answers->count - FOLD_LOOK_BACK : 0;
    for (size_t i = answers->count; i > oldest; i--) {
        struct answer *answer = &answers->items[i - 1];
        if (!client_address_is(&answer->client, client))
            continue;
        bool is_same = answer->kind == ANSWER_ACK && !strcmp(answer->producer, batch->producer) &&
                       !strcmp(answer->stream, batch->stream);
        if (is_same)
            return answer;
        break; /* answers to one client keep their order */
    }
    struct answer *answer = answers_add(answers, client, ANSWER_ACK);
    if (answer) {
        memcpy(answer->stream, batch->stream, sizeof answer->stream);
        memcpy(answer->producer, batch->producer, sizeof answer->producer);
    }
    return answer;
}

void answers_refuse_all(struct answers *answers, enum err err, uint64_t retry_ms)
{
    for (size_t i = 0; i < answers->count; i++) {
        struct answer *answer = &answers->items[i];
        if (answer->kind != ANSWER_ACK && answer->kind != ANSWER_WELCOME)
            continue;
        answer->kind = answer->kind == ANSWER_ACK ? ANSWER_REFUSAL : ANSWER_ERROR;
        answer->err = err;
        answer->retry_ms = retry_ms;
        memset(&answer->state, 0, sizeof answer->state);
        snprintf(answer->text, sizeof answer->text, "not stored: %s", err_text(err));
    }
}

/* --- messages --------------------------------------------------------------------------------- */

bool client_receive(struct net_socket *socket, struct net_message *sender,
                    struct net_message *frame, struct client_address *client, bool *is_whole)
{
    bool has_more;
    if (net_receive(socket, sender, &has_more))
        return false;
    bool is_ours = net_message_size(sender) <= ROUTING_ID_BYTES;
    client->size = is_ours ? (uint8_t)net_message_size(sender) : 0;
    memcpy(client->bytes, net_message_data(sender), client->size);
    *is_whole = has_more && is_ours && !net_receive(socket, frame, &has_more) && !has_more;
    net_drop_rest(socket, has_more);
    return true;
}

void reply_send(struct net_socket *socket, const struct client_address *client,
                const Songhua__V1__Reply *reply, struct net_message *second, struct buffer *scratch)
{
    void *room;
    struct net_message address, body;
    net_message_init(&address);
    net_message_init(&body);
    buffer_clear(scratch);
    size_t size = songhua__v1__reply__get_packed_size(reply);
    enum err err = buffer_reserve(scratch, size, &room);
    if (!err) {
        songhua__v1__reply__pack(reply, room);
        err = net_message_set(&address, client->bytes, client->size);
    }
    if (!err)
        err = net_message_set(&body, room, size);
    /* Every frame is there before the first is sent: a message once begun has to be ended. */
    if (!err)
        err = net_send(socket, &address, true);
    if (!err)
        err = net_send(socket, &body, second != NULL);
    if (!err && second)
        err = net_send(socket, second, false);
    if (second) {
        net_message_fini(second);
        net_message_init(second);
    }
    net_message_fini(&body);
    net_message_fini(&address);
}

/* --- what the intake says --------------------------------------------------------------------- */

static ProtobufCBinaryData digest_bytes(const unsigned char *digest)
{
    return (ProtobufCBinaryData){.len = DIGEST_BYTES, .data = (uint8_t *)(uintptr_t)digest};
}

static void send_welcome(struct answers *answers, const struct answer *answer, uint64_t now_ms)
{
    Songhua__V1__Reply reply = SONGHUA__V1__REPLY__INIT;
    Songhua__V1__Welcome welcome = SONGHUA__V1__WELCOME__INIT;
    struct producer_state state;
    enum err err = journal_producer(answers->journal, answer->stream, answer->producer, &state);
    reply.id = answer->request_id;
    reply.code = code_from_err(err);
    if (err) {
        reply.message = text_unconst(err_text(err));
    } else {
        welcome.broker_id = answers->broker_id;
        welcome.epoch = state.epoch;
        welcome.sequence = state.sequence;
        if (state.epoch)
            welcome.digest = digest_bytes(state.digest);
        welcome.record = state.record;
        welcome.time_ms = now_ms;
        welcome.max_batch_bytes = BATCH_PAYLOAD_MAX_BYTES;
        welcome.max_batch_events = BATCH_MAX_EVENTS;
        welcome.window_batches = WINDOW_BATCHES;
        welcome.window_bytes = WINDOW_BYTES;
        welcome.group_batches = GROUP_MAX_BATCHES;
        welcome.protocol = 1;
        welcome.software = text_unconst(answers->software);
        reply.body_case = SONGHUA__V1__REPLY__BODY_WELCOME;
        reply.welcome = &welcome;
    }
    reply_send(answers->socket, &answer->client, &reply, NULL, &answers->scratch);
}

static void send_ack(struct answers *answers, const struct answer *answer)
{
    Songhua__V1__Reply reply = SONGHUA__V1__REPLY__INIT;
    Songhua__V1__Ack ack = SONGHUA__V1__ACK__INIT;
    ack.stream = text_unconst(answer->stream);
    ack.producer = text_unconst(answer->producer);
    ack.epoch = answer->state.epoch;
    ack.sequence = answer->state.sequence;
    ack.digest = digest_bytes(answer->state.digest);
    ack.record = answer->state.record;
    reply.body_case = SONGHUA__V1__REPLY__BODY_ACK;
    reply.ack = &ack;
    reply_send(answers->socket, &answer->client, &reply, NULL, &answers->scratch);
}

static void send_refusal(struct answers *answers, const struct answer *answer)
{
    Songhua__V1__Reply reply = SONGHUA__V1__REPLY__INIT;
    Songhua__V1__Refusal refusal = SONGHUA__V1__REFUSAL__INIT;
    reply.id = answer->request_id;
    reply.code = code_from_err(answer->err);
    reply.message = text_unconst(answer->text);
    reply.retry_ms = answer->retry_ms;
    if (answer->kind == ANSWER_REFUSAL) {
        refusal.stream = text_unconst(answer->stream);
        refusal.producer = text_unconst(answer->producer);
        refusal.epoch = answer->epoch;
        refusal.sequence = answer->sequence;
        refusal.expected_epoch = answer->state.epoch;
        refusal.expected_sequence = answer->state.sequence + 1;
        reply.id = 0;
        reply.body_case = SONGHUA__V1__REPLY__BODY_REFUSAL;
        reply.refusal = &refusal;
    }
    reply_send(answers->socket, &answer->client, &reply, NULL, &answers->scratch);
}

void answers_send(struct answers *answers, uint64_t now_ms)
{
    for (size_t i = 0; i < answers->count; i++) {
        const struct answer *answer = &answers->items[i];
        if (answer->kind == ANSWER_ACK)
            send_ack(answers, answer);
        else if (answer->kind == ANSWER_WELCOME)
            send_welcome(answers, answer, now_ms);
        else
            send_refusal(answers, answer);
    }
    answers->count = 0;
}
