/* What the intake owes its clients at the end of a turn. Acknowledgements of one producer's batches
 * that follow each other are one answer: the last.
 */
#ifndef SONGHUA_BROKER_ANSWERS_H
#define SONGHUA_BROKER_ANSWERS_H

#include "broker/access.h"
#include "broker/journal/journal.h"
#include "broker/saves.h"
#include "proto/base/buffer.h"
#include "proto/net/socket.h"
#include "proto/wire/wire.pb-c.h"

enum { ANSWERS_MAX = 4096, ANSWER_TEXT_BYTES = ACCESS_WHY_BYTES };

enum answer_kind { ANSWER_ACK, ANSWER_REFUSAL, ANSWER_WELCOME, ANSWER_ERROR };

struct answer {
    enum answer_kind kind;
    struct client_address client;
    char stream[NAME_MAX_BYTES + 1], producer[NAME_MAX_BYTES + 1];
    uint64_t request_id;         /* WELCOME, ERROR */
    uint64_t epoch, sequence;    /* of the batch */
    struct producer_state state; /* ACK: as stored; REFUSAL: what stands */
    enum err err;                /* REFUSAL, ERROR */
    uint64_t retry_ms;
    char text[ANSWER_TEXT_BYTES];
};

struct answers {
    struct net_socket *socket; /* borrowed, as journal and software */
    struct journal *journal;
    const char *software;
    char broker_id[2 * JOURNAL_ID_BYTES + 1];
    struct buffer scratch;
    struct answer items[ANSWERS_MAX];
    size_t count;
};

void answers_init(struct answers *answers, struct net_socket *socket, struct journal *journal,
                  const char *software);
void answers_fini(struct answers *answers);

/* A free answer, or NULL when there is no room: the turn is then at its end. */
struct answer *answers_add(struct answers *answers, const struct client_address *client,
                           enum answer_kind kind);

/* The acknowledgement that a batch can be folded into, or a new one. */
struct answer *answers_ack(struct answers *answers, const struct client_address *client,
                           const struct batch *batch);

/* The commit failed: every acknowledgement becomes a refusal with `err`, and so does a Welcome, which would
 * tell less than was acknowledged while something kept is not committed. */
void answers_refuse_all(struct answers *answers, enum err err, uint64_t retry_ms);

/* Say them all, in order, and forget them. A Welcome tells what the journal has committed, and the time. */
void answers_send(struct answers *answers, uint64_t now_ms);

/* One message of a client: its routing id, then one frame. False when there is none. Not whole: no frame,
 * more than one, or a routing id that we did not give (client->size is then 0: it cannot be answered). */
bool client_receive(struct net_socket *socket, struct net_message *sender,
                    struct net_message *frame, struct client_address *client, bool *is_whole);

/* Pack a reply and send it to the client; what cannot be sent (the client is gone, its queue is full)
 * is dropped: the client asks again after its time-out. `second` may be NULL and is emptied. */
void reply_send(struct net_socket *socket, const struct client_address *client,
                const Songhua__V1__Reply *reply, struct net_message *second,
                struct buffer *scratch);

bool client_address_is(const struct client_address *a, const struct client_address *b);

#endif
