#include "consumers/service/service.h"

#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/event/event.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

/* Several times what 65,535 events of all fields take. What needs more was made to; it is skipped. */
#define ARENA_BYTES ((uint64_t)256 << 20)

enum {
    GROUP_RECORDS = 1000, /* handled before one flush */
    GROUP_BYTES = 4 << 20,
    GROUP_EVENTS = 8192, /* each may have a row of a few kilobytes stored */
    WAIT_IDLE_MS = 100,  /* for a record, when nothing waits to be published */
    WAIT_BUSY_MS = 1,    /* for a record, when something waits for its acknowledgement */
    WAIT_ACK_MS = 20,    /* for an acknowledgement, when there is no connection */
    WAIT_FULL_MS = 200,  /* for room in the outbox */
    WAIT_STOP_MS = 2000, /* for the last acknowledgements when stopping */
    WAIT_SAVE_MS = 1000, /* for the last position to be saved, likewise */
    SAVE_EVERY_US = 500 * 1000
};

struct service {
    struct service_options options;
    const struct service_ports *ports;
    struct arena arena;
    struct effects effects;
    uint64_t expected;     /* number of the next record */
    bool is_gap_announced; /* the records up to the next were pruned: a jump is right, once */
    uint64_t group_events; /* handled and not stored */
    uint64_t handled;      /* last record whose effects are in `effects` or stored */
    uint64_t stored;       /* last record whose effects are stored */
    struct {
        bool is_open;
        uint64_t position, batch;
        uint64_t since_us;
    } save; /* a position to be saved once the batches up to `batch` are acknowledged */
    uint64_t saved;
    struct service_counters counters; /* of the loop */
    pthread_mutex_t lock;
    struct service_counters published; /* what other threads see; guarded by lock */
};

enum err service_new(const struct service_options *options, struct service **out)
{
    struct service *service = calloc(1, sizeof *service);
    if (!service)
        return ERR_NOMEM;
    if (pthread_mutex_init(&service->lock, NULL)) {
        free(service);
        return ERR_NOMEM;
    }
    service->options = *options;
    service->ports = options->ports;
    service->handled = service->stored = options->position;
    service->expected = options->position + 1;
    service->counters.position = options->position;
    arena_init(&service->arena, options->arena_bytes ? options->arena_bytes : ARENA_BYTES);
    effects_init(&service->effects);
    *out = service;
    return ERR_OK;
}

void service_free(struct service *service)
{
    if (!service)
        return;
    effects_fini(&service->effects);
    arena_fini(&service->arena);
    pthread_mutex_destroy(&service->lock);
    free(service);
}

/* --- handling --------------------------------------------------------------------------------- */

static void skip_malformed(struct service *service, uint64_t sequence)
{
    log_warn("service.malformed", "service=%s record=%" PRIu64 " action=skipped",
             service->options.name, sequence);
    service->counters.malformed++;
    service->handled = sequence;
    service->expected = sequence + 1;
}

static bool is_poison(enum err err)
{
    return err == ERR_MALFORMED || err == ERR_TOO_LARGE;
}

static enum err handle(struct service *service, const struct subscriber_record *record)
{
    Songhua__V1__EventBatch *events;
    arena_reset(&service->arena);
    enum err err = event_batch_unpack(record->batch.payload, record->batch.payload_size,
                                      record->batch.event_count, &service->arena, &events);
    if (is_poison(err)) {
        skip_malformed(service, record->sequence);
        return ERR_OK;
    }
    if (err)
        return err;
    const struct service_input input = {.sequence = record->sequence,
                                        .stored_ms = record->stored_ms,
                                        .batch = &record->batch,
                                        .events = events->events,
                                        .event_count = events->n_events};
    effects_begin(&service->effects, record->stored_ms);
    err = service->options.handle(service->options.context, &input, &service->effects);
    if (err) {
        effects_cancel(&service->effects);
        log_error("service.handle", "service=%s record=%" PRIu64 " error=%s", service->options.name,
                  record->sequence, err_name(err));
        return err;
    }
    if (record->sequence <= service->options.published)
        effects_keep_quiet(&service->effects);
    effects_end(&service->effects);
    service->handled = record->sequence;
    service->expected = record->sequence + 1;
    service->counters.records++;
    service->counters.events += events->n_events;
    service->group_events += events->n_events;
    return ERR_OK;
}

/* Records are dense: a number that is missing was lost on the way, and what follows from the rest would
 * be wrong for ever. */
static enum err check_number(struct service *service, uint64_t sequence)
{
    if (sequence == service->expected ||
        (service->is_gap_announced && sequence > service->expected)) {
        service->is_gap_announced = false;
        return ERR_OK;
    }
    log_error("service.jump", "service=%s expected=%" PRIu64 " found=%" PRIu64,
              service->options.name, service->expected, sequence);
    return ERR_GAP;
}

/* What a fetch answers instead of a record: ERR_OK when the loop goes on. */
static enum err take_no_record(struct service *service, enum err err)
{
    if (err == ERR_GAP) {
        log_error("service.pruned", "service=%s first_missing=%" PRIu64 " action=goes_on",
                  service->options.name, service->expected);
        service->is_gap_announced = true;
        return ERR_OK;
    }
    if (is_poison(err)) {
        skip_malformed(service, service->expected);
        return ERR_OK;
    }
    return err_is_retriable(err) ? ERR_OK : err;
}

static bool is_group_full(const struct service *service)
{
    return effects_bytes(&service->effects) >= GROUP_BYTES || service->group_events >= GROUP_EVENTS;
}

/* A service that is behind takes what is there; one that is not waits for the next record. */
static enum err take_records(struct service *service, uint32_t wait_ms)
{
    struct subscriber_record record;
    for (size_t taken = 0; taken < GROUP_RECORDS; taken++) {
        enum err err = service->ports->fetch(service->ports->context, taken ? 0 : wait_ms, &record);
        if (err == ERR_TIMEOUT || err == ERR_UNREACHABLE)
            return ERR_OK;
        if (err)
            err = take_no_record(service, err);
        else if (record.sequence >= service->expected || service->expected == 0) {
            err = check_number(service, record.sequence);
            if (!err)
                err = handle(service, &record);
        }
        if (err || is_group_full(service))
            return err;
    }
    return ERR_OK;
}

/* --- storing ---------------------------------------------------------------------------------- */

static enum err publish(const struct service *service, uint32_t wait_ms)
{
    const struct service_ports *ports = service->ports;
    return ports->publish ? ports->publish(ports->context, wait_ms) : ERR_OK;
}

/* A full outbox is emptied by publishing; until then nothing new is taken. */
static enum err store(struct service *service)
{
    const struct service_ports *ports = service->ports;
    if (service->handled == service->stored)
        return ERR_OK;
    enum err err = ERR_OK;
    if (service->options.keep)
        err = service->options.keep(service->options.context, &service->effects);
    if (!err)
        err = ports->store(ports->context, &service->effects, service->handled);
    if (err == ERR_FULL) {
        log_warn("service.full", "service=%s position=%" PRIu64, service->options.name,
                 service->stored);
        service->counters.full++;
        return publish(service, WAIT_FULL_MS);
    }
    if (err)
        return err;
    service->stored = service->handled;
    service->group_events = 0;
    service->counters.commits++;
    service->counters.batches_made += service->effects.batch_count;
    service->counters.events_made += service->effects.event_count;
    effects_clear(&service->effects);
    return ERR_OK;
}

static bool is_stored(const struct service *service)
{
    return service->handled == service->stored;
}

/* --- after that ------------------------------------------------------------------------------- */

/* A position at the broker says that all that follows from the records up to it is in the record too.
 * So one is chosen, with the last batch made by then, and saved when that is acknowledged; records go on
 * meanwhile. */
static void save_position(struct service *service, const struct service_report *report,
                          uint32_t wait_ms)
{
    uint64_t now_us = clock_monotonic_us();
    if (!service->ports->save_position || service->stored < service->options.published)
        return; /* nobody asks, or the broker has a later one */
    if (!service->save.is_open && service->stored != service->saved &&
        now_us - service->save.since_us >= SAVE_EVERY_US) {
        service->save.is_open = true;
        service->save.position = service->stored;
        service->save.batch = report->made;
    }
    if (!service->save.is_open || report->acknowledged < service->save.batch)
        return;
    enum err err =
        service->ports->save_position(service->ports->context, service->save.position, wait_ms);
    if (err == ERR_TIMEOUT)
        return;
    if (!err)
        service->saved = service->save.position;
    service->save.is_open = false;
    service->save.since_us = now_us;
}

static void count(struct service *service, const struct service_report *report)
{
    struct service_counters *counters = &service->counters;
    bool is_caught_up = report->is_at_end && is_stored(service);
    if (is_caught_up && !counters->is_caught_up)
        log_info("service.caught_up", "service=%s position=%" PRIu64, service->options.name,
                 service->stored);
    if (report->is_connected != counters->is_connected)
        log_info(report->is_connected ? "service.connected" : "service.disconnected",
                 "service=%s error=%s", service->options.name, err_name(report->last_error));
    counters->is_caught_up = counters->is_caught_up || is_caught_up;
    counters->position = service->stored;
    counters->stream_last = report->stream_last;
    counters->waiting = report->made - report->acknowledged;
    counters->last_ack_ms = report->last_ack_ms;
    counters->is_connected = report->is_connected;
    counters->last_error = report->last_error;
    pthread_mutex_lock(&service->lock);
    service->published = *counters;
    pthread_mutex_unlock(&service->lock);
}

static void look_around(struct service *service, struct service_report *report, uint32_t wait_ms)
{
    *report = (struct service_report){0};
    if (service->ports->report)
        service->ports->report(service->ports->context, report);
    save_position(service, report, wait_ms);
    count(service, report);
}

struct service_counters service_counters(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    struct service_counters copy = service->published;
    pthread_mutex_unlock(&service->lock);
    return copy;
}

/* --- the loop --------------------------------------------------------------------------------- */

static enum err publish_last(struct service *service)
{
    struct service_report report;
    enum err err = store(service);
    if (!err)
        err = publish(service, WAIT_STOP_MS);
    look_around(service, &report, WAIT_SAVE_MS); /* one that is under way */
    service->save.since_us = 0;
    look_around(service, &report, WAIT_SAVE_MS);
    return err;
}

/* What was stored is sent at once; its acknowledgement is not waited for. The next record would lie there
 * meanwhile, a flush of the broker long. */
enum err service_run(struct service *service)
{
    const struct service_ports *ports = service->ports;
    struct service_report report = {0};
    enum err err = ERR_OK;
    while (!err && !ports->must_stop(ports->context)) {
        bool is_waiting = report.made != report.acknowledged;
        bool is_cut_off = is_waiting && !report.is_connected;
        if (is_stored(service))
            err = take_records(service, is_waiting ? WAIT_BUSY_MS : WAIT_IDLE_MS);
        if (!err)
            err = store(service);
        if (!err)
            err = publish(service, is_cut_off ? WAIT_ACK_MS : 0);
        look_around(service, &report, 0);
    }
    return err ? err : publish_last(service);
}
