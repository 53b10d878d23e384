/* What a record leads to: changes of the service's state and events to publish, kept in memory until
 * they are stored in one transaction.
 *
 *     effects_begin(&effects, stored_ms)              for each record
 *       effects_put(&effects, key, …)
 *       effects_publish(&effects, region, topic, &event)
 *     effects_end(&effects)                           or effects_cancel(): nothing of this record,
 *                                                     after effects_keep_quiet(): its changes alone
 *     err = effects_store(&effects, outbox, key, position)
 *     effects_clear(&effects)                         once that is committed
 *
 * The batches follow from the record alone: events of the same region and topic that follow each other
 * form one, none spans two records, and its created_ms is the time the record was stored. So the same
 * record gives the same bytes whenever it is handled. Not for use by two threads at once.
 */
#ifndef SONGHUA_SERVICE_EFFECTS_H
#define SONGHUA_SERVICE_EFFECTS_H

#include "proto/base/buffer.h"
#include "proto/client/outbox.h"
#include "proto/event/event.pb-c.h"

enum {
    EFFECTS_MAX_BYTES = 256 * 1024 * 1024,
    EFFECTS_BATCH_BYTES = 256 * 1024, /* a batch is closed before it grows beyond */
    EFFECTS_BATCH_EVENTS = 65535
};

struct effects {
    struct buffer changes, batches; /* entries one behind the other; effects.c knows their form */
    uint64_t time_ms;
    size_t open_batch; /* offset in `batches` of the one that takes more events; SIZE_MAX: none */
    uint64_t batch_count, event_count;
    struct {
        size_t changes, batches;
        uint64_t batch_count, event_count;
    } mark; /* where the record began */
};

void effects_init(struct effects *effects);
void effects_fini(struct effects *effects); /* accepts an all-zero struct */
void effects_clear(struct effects *effects);
size_t effects_bytes(const struct effects *effects);

void effects_begin(struct effects *effects, uint64_t stored_ms);
void effects_end(struct effects *effects);
void effects_cancel(struct effects *effects);
/* Of this record, what was to be published is left out and its changes stay. */
void effects_keep_quiet(struct effects *effects);

/* Errors of these  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err effects_put(struct effects *effects, const void *key, size_t key_size,
                                const void *value, size_t value_size);
MUST_CHECK enum err effects_delete(struct effects *effects, const void *key, size_t key_size);

/* Publish the event, whose time_ms is set here to the time the record was stored.
 * Errors also  ERR_USAGE (a topic the protocol does not allow). */
MUST_CHECK enum err effects_publish(struct effects *effects, uint32_t region, const char *topic,
                                    Songhua__V1__Event *event);

/* Put all changes and batches into the outbox's open transaction. Errors  as outbox_append(). */
MUST_CHECK enum err effects_apply(const struct effects *effects, struct outbox *outbox);
/* The same and the position that they lead to, under the key of the outbox's state, as 8 bytes: in one
 * transaction of its own. What follows from a record is there exactly when the position says so.
 * Errors  as outbox_commit() too; nothing is stored then. */
MUST_CHECK enum err effects_store(const struct effects *effects, struct outbox *outbox,
                                  const char *key, uint64_t position);

/* The batches in order; stops when `visit` answers an error, and answers it. */
typedef enum err effects_visit(void *context, const struct batch_draft *draft);
MUST_CHECK enum err effects_each(const struct effects *effects, effects_visit *visit,
                                 void *context);

#endif
