/* Figures from the broker's record: the stream events from its beginning to the moment. */
#include "consumers/reader/figure_files.h"
#include "consumers/reader/reader.h"
#include "consumers/report/basis.h"
#include "proto/base/text.h"
#include "proto/cli/terminal.h"
#include "proto/event/event.h"
#include "proto/wire/chains.h"

#include <string.h>

#define FRAMEWORK_TOPIC "framework"

enum { WAIT_MS = 10 * 1000, RECORD_ARENA_BYTES = 256 << 20, FINDINGS_KEPT = 1 };

struct reading {
    const struct invocation *invocation;
    struct basis *basis;
    const char *framework_path; /* NULL: those in the record count */
    struct reader *reader;
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

/* Up to the moment. */
static enum err take(void *context, const struct subscriber_record *record)
{
    struct reading *reading = context;
    const struct as_of *as_of = &reading->basis->as_of;
    if (record->sequence > as_of->sequence || record->stored_ms > as_of->ms)
        return ERR_STOPPED;
    reading->progress.total = reader_end(reading->reader);
    progress_update(&reading->progress, record->sequence);
    return take_record(reading, record);
}

static enum err load_other_framework(const struct reading *reading)
{
    struct framework *framework;
    enum err err = figure_files_framework(reading->invocation, reading->framework_path, &framework);
    return err ? err : basis_add_framework(reading->basis, framework, (struct address){0, 0});
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

static enum err read_all(struct reading *reading, const struct service_settings *settings)
{
    const struct reader_settings connection = {.broker = settings->fetch,
                                               .server_cert = settings->server_cert,
                                               .identity = settings->identity,
                                               .timeout_ms = WAIT_MS};
    const struct reader_request request = {.stream = "events", .from = 1};
    const struct reader_handler handler = {.context = reading, .take = take};
    enum err err = reader_open(reading->invocation, &connection, &request, &reading->reader);
    if (!err)
        err = chains_new(&reading->chains);
    if (!err) {
        chains_begin(reading->chains, "events");
        err = reader_run(reading->reader, &handler);
    }
    return err;
}

enum err basis_read_record(const struct invocation *invocation,
                           const struct basis_settings *settings, struct basis *basis)
{
    struct reading reading = {.invocation = invocation,
                              .basis = basis,
                              .framework_path = settings->framework,
                              .progress = progress_start("reading", 0)};
    basis->is_record = true;
    arena_init(&reading.arena, RECORD_ARENA_BYTES);
    enum err err = settings->framework ? load_other_framework(&reading) : ERR_OK;
    if (!err)
        err = read_all(&reading, &settings->service);
    if (!err)
        finish(&reading);
    progress_end(&reading.progress);
    reader_close(&reading.reader);
    chains_free(&reading.chains);
    arena_fini(&reading.arena);
    return err;
}
