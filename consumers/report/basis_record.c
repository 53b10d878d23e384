/* Figures from the broker's record: the stream events from its beginning to the moment. */
#include "consumers/report/basis.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"
#include "proto/cli/keys.h"
#include "proto/cli/terminal.h"
#include "proto/client/subscriber.h"
#include "proto/event/event.h"
#include "proto/net/socket.h"
#include "proto/wire/chains.h"

#include <inttypes.h>
#include <string.h>

#define FRAMEWORK_TOPIC "framework"

enum { STEP_MS = 100, WAIT_MS = 10 * 1000, RECORD_ARENA_BYTES = 256 << 20, FINDINGS_KEPT = 1 };

struct reading {
    const struct invocation *invocation;
    struct basis *basis;
    const char *framework_path; /* NULL: those in the record count */
    struct subscriber *subscriber;
    struct chains *chains;
    struct arena arena;
    struct progress progress;
};

/* A framework that does not validate is left out, as the scorer leaves it out. */
static enum err take_framework(struct basis *basis, const Songhua__V1__FrameworkVersion *version,
                               struct address address)
{
    struct diag diag;
    struct framework *framework;
    enum err err = diag_init(&diag, version->id, FINDINGS_KEPT);
    if (err)
        return err;
    err = framework_load(version->document.data, version->document.len, &diag, &framework);
    diag_fini(&diag);
    if (err == ERR_FRAMEWORK)
        return ERR_OK;
    return err ? err : basis_add_framework(basis, framework, address);
}

static enum err take_event(struct reading *reading, const struct subscriber_record *record,
                           const char *producer, const Songhua__V1__Event *event, uint32_t index)
{
    const struct address address = {record->sequence, index};
    switch (event->body_case) {
    case SONGHUA__V1__EVENT__BODY_FRAMEWORK:
        if (reading->framework_path || strcmp(record->batch.topic, FRAMEWORK_TOPIC))
            return ERR_OK;
        return take_framework(reading->basis, event->framework, address);
    case SONGHUA__V1__EVENT__BODY_OBSERVATION:
    case SONGHUA__V1__EVENT__BODY_RETRACTION:
    case SONGHUA__V1__EVENT__BODY_MILESTONE:
        return basis_add(reading->basis, record->batch.region, producer, event, address,
                         record->stored_ms);
    default:
        return ERR_OK;
    }
}

/* Records that are no protobuf of events are passed over, as every service does. */
static enum err take_record(struct reading *reading, const struct subscriber_record *record)
{
    Songhua__V1__EventBatch *batch;
    struct basis *basis = reading->basis;
    struct chain_link link;
    chain_inspect(record->bytes, record->size, NULL, &link);
    enum err err = chains_take(reading->chains, &link);
    if (err)
        return err == ERR_NOMEM
                   ? err
                   : command_fail(reading->invocation, err, "%s", chains_why(reading->chains));
    basis->last = record->sequence;
    arena_reset(&reading->arena);
    err = event_batch_unpack(record->batch.payload, record->batch.payload_size,
                             record->batch.event_count, &reading->arena, &batch);
    if (err)
        return err == ERR_NOMEM ? err : ERR_OK;
    const char *producer = basis_keep(basis, record->batch.producer);
    err = producer ? ERR_OK : ERR_NOMEM;
    for (size_t i = 0; i < batch->n_events && !err; i++)
        err = take_event(reading, record, producer, batch->events[i], (uint32_t)i);
    return err;
}

/* The next record, waited for while the broker is away. ERR_TIMEOUT: there is none. */
static enum err next(struct reading *reading, struct subscriber_record *out)
{
    uint64_t end_us = clock_monotonic_us() + WAIT_MS * 1000ull;
    for (;;) {
        enum err err = subscriber_next(reading->subscriber, STEP_MS, out);
        if (err != ERR_TIMEOUT && err != ERR_UNREACHABLE)
            return err;
        if (stop_requested())
            return ERR_STOPPED;
        if (subscriber_is_at_end(reading->subscriber))
            return ERR_TIMEOUT;
        if (clock_monotonic_us() >= end_us)
            return ERR_UNREACHABLE;
    }
}

/* Up to the moment, or to the end that the stream had when it began. */
static enum err read_all(struct reading *reading)
{
    const struct as_of *as_of = &reading->basis->as_of;
    struct subscriber_record record;
    struct subscriber_status status;
    uint64_t end = 0;
    for (;;) {
        enum err err = next(reading, &record);
        if (err == ERR_TIMEOUT)
            return ERR_OK;
        if (err == ERR_MALFORMED || err == ERR_TOO_LARGE)
            continue; /* its payload cannot be unpacked: no service takes it up */
        if (err)
            return err == ERR_STOPPED ? err
                                      : command_fail(reading->invocation, err, "the stream events");
        if (!end) {
            subscriber_status(reading->subscriber, &status);
            end = status.last;
        }
        if (record.sequence > as_of->sequence || record.stored_ms > as_of->ms ||
            record.sequence > end)
            return ERR_OK;
        reading->progress.total = end;
        progress_update(&reading->progress, record.sequence);
        err = take_record(reading, &record);
        if (err || record.sequence == end)
            return err;
    }
}

static enum err load_other_framework(const struct reading *reading)
{
    struct diag diag;
    struct framework *framework;
    enum err err = diag_init(&diag, reading->framework_path, 200);
    if (err)
        return err;
    err = framework_load_file(reading->framework_path, &diag, &framework);
    if (diag.total)
        diag_print(&diag, stderr);
    diag_fini(&diag);
    if (err)
        return command_fail(reading->invocation, err, "%s", reading->framework_path);
    return basis_add_framework(reading->basis, framework, (struct address){0, 0});
}

static enum err open_stream(struct reading *reading, const struct service_settings *settings,
                            struct net *net, const struct identity *identity)
{
    char server_key[CURVE_TEXT_BYTES];
    enum err err = keys_server(reading->invocation, settings->server_cert, server_key);
    if (err)
        return err;
    const struct subscriber_options options = {.endpoint = settings->fetch,
                                               .server_key = server_key,
                                               .identity = identity,
                                               .stream = "events",
                                               .start = SUBSCRIBE_FROM_SEQUENCE,
                                               .from = 1,
                                               .net = net};
    err = subscriber_open(&options, &reading->subscriber);
    if (!err)
        err = chains_new(&reading->chains);
    return err;
}

static void finish(struct reading *reading)
{
    struct chains_report report;
    struct basis *basis = reading->basis;
    chains_report(reading->chains, &report);
    text_from_bytes(report.heads, sizeof report.heads, basis->heads);
    if (basis->as_of.sequence > basis->last)
        basis->as_of.sequence = basis->last;
}

enum err basis_read_record(const struct invocation *invocation,
                           const struct basis_settings *settings, struct basis *basis)
{
    struct reading reading = {.invocation = invocation,
                              .basis = basis,
                              .framework_path = settings->framework,
                              .progress = progress_start("reading", 0)};
    struct identity identity;
    struct net *net = NULL;
    basis->is_record = true;
    enum err err = stop_init();
    if (!err && settings->framework)
        err = load_other_framework(&reading);
    if (!err)
        err = keys_own(invocation, settings->service.identity, &identity);
    if (err)
        return err;
    arena_init(&reading.arena, RECORD_ARENA_BYTES);
    err = net_open(1, &net);
    if (!err)
        err = open_stream(&reading, &settings->service, net, &identity);
    if (!err) {
        chains_begin(reading.chains, "events");
        err = read_all(&reading);
    }
    if (!err)
        finish(&reading);
    progress_end(&reading.progress);
    subscriber_close(&reading.subscriber);
    if (reading.chains)
        chains_free(&reading.chains);
    if (net)
        net_close(&net);
    arena_fini(&reading.arena);
    identity_clear(&identity);
    return err;
}
