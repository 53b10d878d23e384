/* A client that publishes without end from an outbox and keeps the history of it (history.h), for fault
 * tests: as a process that is killed, or step by step in the test's own.
 *
 *     pid_t pid = sender_start(&options, &told);      a byte can be read for each step that brought
 *     … kill it, start it again: its outbox goes on   acknowledgements; the end when it has died
 *
 *     struct sender *sender = sender_open(&options);
 *     while (…) sender_step(sender, 10);
 *     sender_close(&sender);
 *
 * What it cannot do (a final refusal, a full disk) ends the process with a message.
 */
#ifndef SONGHUA_TESTS_SENDER_H
#define SONGHUA_TESTS_SENDER_H

#include "tests/support/history.h"
#include "tests/support/world.h"

enum { SENDER_WAITING_MAX = 64 };

struct sender_options {
    struct world *world; /* where its files are: NAME-outbox and NAME.history */
    const char *name;    /* of the producer */
    const struct identity *identity;
    const char *endpoint; /* NULL: the broker's own */
    uint32_t region;
    size_t waiting_max;      /* batches made and not acknowledged; 0: SENDER_WAITING_MAX */
    size_t payload_bytes;    /* 0: a few */
    uint32_t ack_timeout_ms; /* 0: 1,000 */
};

struct sender;

struct sender *sender_open(const struct sender_options *options);
void sender_close(struct sender **sender);

/* Make batches up to the limit, send, hear. True when something was acknowledged. */
bool sender_step(struct sender *sender, uint32_t wait_ms);
/* The same without making new batches: until nothing waits. */
bool sender_drain_step(struct sender *sender, uint32_t wait_ms);
size_t sender_waiting(struct sender *sender);
uint64_t sender_acknowledged(struct sender *sender); /* by the outbox, in its epoch */

pid_t sender_start(const struct sender_options *options, int *told);

/* Tell the checker the whole history of the producer. */
void sender_tell(struct world *world, const char *name, struct history *history);

/* The broker is not running: tell the checker what its journal holds of the stream. The batches of
 * producers whose names begin with `unlogged` (NULL: none) are taken as sent: they keep no history. */
void sender_tell_journal(struct world *world, const char *stream, const char *unlogged,
                         struct history *history);

#endif
