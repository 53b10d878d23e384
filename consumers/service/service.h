/* The one loop that every service runs: fetch, handle, store, publish.
 *
 *     service_new(&options, &service)
 *     err = service_run(service)            until must_stop() or a final error
 *     service_free(service)
 *
 *     source ──fetch──► handle ──effects──► store: state + position + batches, one flush ──► publish
 *
 * A record's effects are kept in memory until they are stored; no record is handled before the effects
 * of an earlier group are stored. A service that is killed between any two steps goes on from what is
 * stored, and as its outputs follow from the records alone, each effect happens exactly once.
 *
 * A service whose state was lost or is of an older program handles all records again and publishes
 * nothing for those that it had published: the same records would give the same outputs.
 *
 * A record that is not protobuf of events is skipped, counted and named in the log. Nothing else is
 * ever skipped: a number that is missing in the stream ends the service.
 */
#ifndef SONGHUA_SERVICE_H
#define SONGHUA_SERVICE_H

#include "consumers/service/counters.h"
#include "consumers/service/effects.h"
#include "proto/client/subscriber.h"
#include "proto/event/event.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A record as a service sees it. All is valid during the call of its handle only. */
struct service_input {
    uint64_t sequence, stored_ms;
    const struct batch *batch; /* its header: region, topic, producer … */
    Songhua__V1__Event **events;
    size_t event_count;
};

/* What the service is about. It changes what it keeps in memory and says in `effects` what of it is to
 * be stored and what to be published. It reads no clock, no file, no network: the same records in the
 * same order give the same effects.
 * Errors  any ends the service. */
typedef enum err service_handle(void *context, const struct service_input *input,
                                struct effects *effects);

/* Once for all records that are stored together: what of the state is to be stored besides what `handle`
 * said, so that what several of them changed is stored once.
 * Errors  any ends the service. */
typedef enum err service_keep(void *context, struct effects *effects);

/* Numbers that only the outside knows. */
struct service_report {
    bool is_connected, is_at_end;
    uint64_t stream_last; /* newest record of the input, 0: not known */
    uint64_t made,
        acknowledged; /* batches: number of the last in the outbox, of the last at the broker */
    uint64_t last_ack_ms;
    enum err last_error; /* why nothing moves; ERR_OK when it does */
};

/* The service's way to the world; a test puts its own here. */
struct service_ports {
    void *context;
    /* As subscriber_next(). */
    enum err (*fetch)(void *context, uint32_t wait_ms, struct subscriber_record *out);
    /* Effects and position in one flushed transaction. ERR_FULL: nothing was stored, try again. */
    enum err (*store)(void *context, const struct effects *effects, uint64_t position);
    /* The next three may be NULL, where nothing is published. */
    /* Send what is stored, hear what is acknowledged. Errors  a final refusal. */
    enum err (*publish)(void *context, uint32_t wait_ms);
    /* Tell the broker how far the service is; informational. ERR_TIMEOUT: that is under way, so call it again
     * with the same position; any other answer ends it. */
    enum err (*save_position)(void *context, uint64_t position, uint32_t wait_ms);
    void (*report)(void *context, struct service_report *out);
    bool (*must_stop)(void *context);
};

struct service_options {
    const char *name;                  /* in log lines and metrics, "scorer" */
    const struct service_ports *ports; /* borrowed */
    service_handle *handle;
    service_keep *keep;   /* NULL: handle says all */
    void *context;        /* of both */
    uint64_t position;    /* the last record whose effects are stored */
    uint64_t published;   /* the last record whose outputs are; up to it only state is made anew */
    uint64_t arena_bytes; /* for the events of one record; 0: 256 MiB */
};

struct service;

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err service_new(const struct service_options *options, struct service **out);
void service_free(struct service *service);

/* Errors  ERR_OK after must_stop(); else what ended it: of handle, ERR_GAP (a record is missing),
 *         ERR_CORRUPT (the broker's record, or the outbox), ERR_IO, ERR_DENIED, ERR_FENCED … */
MUST_CHECK enum err service_run(struct service *service);

/* Any thread. */
struct service_counters service_counters(struct service *service);

#endif
