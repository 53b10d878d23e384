#include "broker/answers.h"

#include <stdio.h>
#include <string.h>

enum { FOLD_LOOK_BACK = 32 };

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
