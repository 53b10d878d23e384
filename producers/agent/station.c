#include "producers/agent/station.h"

#include "producers/agent/agent.h"
#include "producers/agent/batcher.h"
#include "producers/agent/station_internal.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/text.h"
#include "proto/event/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Between two looks at what the broker says: its answers wake poll(), but ZeroMQ's descriptor tells of a
 * change only and sending may have swallowed it, and it does not tell of a connection made. Seldom
 * when the broker has been away for longer. */
enum {
    BUSY_WAIT_MS = 20,
    AWAY_WAIT_MS = 250,
    AWAY_AFTER_MS = 5000,
    HEARTBEAT_MAX_BYTES = 256,
    TRIM_EVERY = 1024
};

/* Acknowledged batches that are kept, in case the broker loses them; and how often a broker that has lost
 * some is asked again. */
enum { KEEP_BATCHES = 4096, ASK_AGAIN_US = 10 * 1000 * 1000 };

const char station_socket_name[] = "agent.sock";

#define STATUS_NUMBER(member) FIELD_NUMBER(struct station_status, member)
#define STATUS_TEXT(member)   FIELD_TEXT(struct station_status, member)
const struct field station_status_fields[] = {STATUS_TEXT(kind),
                                              STATUS_TEXT(producer),
                                              STATUS_NUMBER(pid),
                                              STATUS_NUMBER(started_ms),
                                              STATUS_NUMBER(is_connected),
                                              STATUS_NUMBER(reconnects),
                                              STATUS_NUMBER(acknowledged_batches),
                                              STATUS_NUMBER(last_ack_ms),
                                              STATUS_NUMBER(last_record),
                                              STATUS_NUMBER(last_error),
                                              STATUS_TEXT(last_error_text),
                                              STATUS_NUMBER(batches),
                                              STATUS_NUMBER(events),
                                              STATUS_NUMBER(oldest_ms),
                                              STATUS_NUMBER(epoch),
                                              STATUS_NUMBER(next_sequence),
                                              STATUS_NUMBER(receipt_record),
                                              STATUS_TEXT(receipt_digest),
                                              STATUS_TEXT(broker_id),
                                              STATUS_NUMBER(deposits),
                                              STATUS_NUMBER(heartbeats),
                                              STATUS_NUMBER(is_rolled_back),
                                              {0}};

#define OUTCOME_NUMBER(member) FIELD_NUMBER(struct station_outcome, member)
const struct field station_outcome_fields[] = {
    OUTCOME_NUMBER(err),        OUTCOME_NUMBER(is_repeat), OUTCOME_NUMBER(submitted_ms),
    OUTCOME_NUMBER(superseded), OUTCOME_NUMBER(fresh),     OUTCOME_NUMBER(revised),
    OUTCOME_NUMBER(unchanged),  OUTCOME_NUMBER(batches),   {0}};

/* --- opening and closing ---------------------------------------------------------------------- */

static enum err open_outbox(struct station *station)
{
    char directory[PATH_MAX];
    const struct identity *identity = station->options.identity;
    const struct outbox_options options = {.directory = directory,
                                           .stream = "events",
                                           .producer = identity->name,
                                           .keep_batches = KEEP_BATCHES,
                                           .signing_key =
                                               identity->secret_key[0] ? &identity->signing : NULL};
    enum err err = agent_path(station->options.state, "outbox", directory);
    return err ? err : outbox_open(&options, &station->outbox);
}

static enum err open_publisher(struct station *station)
{
    const struct station_options *own = &station->options;
    const struct publisher_options options = {.endpoint = own->broker,
                                              .server_key = own->server_key,
                                              .identity = own->identity,
                                              .stream = "events",
                                              .producer = own->identity->name,
                                              .outbox = station->outbox};
    return own->broker ? publisher_open(&options, &station->publisher) : ERR_OK;
}

enum err station_open(const struct station_options *options, struct station **out)
{
    struct station *station = calloc(1, sizeof *station);
    if (!station)
        return ERR_NOMEM;
    station->options = *options;
    station->started_ms = clock_realtime_ms();
    station->listener = -1;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        station->guests[i].fd = -1;
    enum err err = open_outbox(station);
    if (!err)
        err = deposit_trim(station->outbox, DEPOSIT_MAX_FILES);
    if (!err)
        err = guests_open(station);
    if (!err)
        err = open_publisher(station);
    if (err)
        station_close(&station);
    else
        *out = station;
    return err;
}

/* The outbox before the door: who comes while it closes then finds the outbox free. */
void station_close(struct station **station)
{
    if (!*station)
        return;
    publisher_close(&(*station)->publisher);
    outbox_close(&(*station)->outbox);
    guests_close(*station);
    free(*station);
    *station = NULL;
}

/* --- deposits --------------------------------------------------------------------------------- */

/* The deposit is made and its answer is owed, whatever becomes of this. */
static void trim(struct station *station)
{
    enum err err = deposit_trim(station->outbox, DEPOSIT_MAX_FILES);
    if (err)
        log_error("agent.trim", "error=%s", err_name(err));
}

enum err station_deposit(struct station *station, const void *parcel, size_t size,
                         struct deposit_outcome *outcome, uint64_t *ticket)
{
    enum err err = deposit_parcel(station->outbox, station->options.identity, parcel, size,
                                  clock_realtime_ms(), outcome);
    if (err)
        return err;
    station->appended += outcome->is_repeat ? 0 : outcome->batches;
    station->deposits++;
    *ticket = station->appended;
    if (station->deposits % TRIM_EVERY == 0)
        trim(station);
    return ERR_OK;
}

/* Batches leave in order, so what waits is the last of what was appended. */
bool station_has_delivered(const struct station *station, uint64_t ticket)
{
    struct outbox_status status;
    outbox_status(station->outbox, &status);
    return status.batches <= station->appended - ticket;
}

static enum err append_heartbeat(struct station *station, uint32_t region,
                                 const struct buffer *event, uint64_t now_ms)
{
    struct batcher batcher;
    enum err err = outbox_begin(station->outbox);
    if (err)
        return err;
    batcher_init(&batcher, station->outbox, "heartbeat", now_ms);
    err = batcher_add(&batcher, region, event->data, event->size);
    if (!err)
        err = batcher_flush(&batcher);
    batcher_fini(&batcher);
    if (!err)
        return outbox_commit(station->outbox);
    outbox_abort(station->outbox);
    return err;
}

enum err station_heartbeat(struct station *station, uint32_t region)
{
    char version[] = SONGHUA_VERSION;
    struct station_status status;
    struct buffer bytes;
    Songhua__V1__Heartbeat heartbeat = SONGHUA__V1__HEARTBEAT__INIT;
    uint64_t now_ms = clock_realtime_ms();
    station_status(station, &status);
    if (!status.is_connected)
        return ERR_OK;
    heartbeat.version = version;
    heartbeat.outbox_batches = status.batches;
    heartbeat.outbox_oldest_ms =
        status.oldest_ms && status.oldest_ms < now_ms ? now_ms - status.oldest_ms : 0;
    Songhua__V1__Event event = event_of_heartbeat(&heartbeat, now_ms);
    buffer_init(&bytes, HEARTBEAT_MAX_BYTES);
    enum err err = event_pack(&event, &bytes);
    if (!err)
        err = append_heartbeat(station, region, &bytes, now_ms);
    buffer_fini(&bytes);
    station->appended += err ? 0 : 1;
    station->heartbeats += err ? 0 : 1;
    return err;
}

/* --- turning ---------------------------------------------------------------------------------- */

static uint32_t longest_wait_ms(const struct station *station)
{
    struct station_status status;
    station_status(station, &status);
    if (!station->publisher || (status.is_connected && !status.batches))
        return UINT32_MAX;
    bool is_long_away =
        !status.is_connected && clock_realtime_ms() - station->started_ms > AWAY_AFTER_MS;
    return is_long_away ? AWAY_WAIT_MS : BUSY_WAIT_MS;
}

static void wait_for_work(const struct station *station, uint32_t timeout_ms, int wake_fd)
{
    struct pollfd items[GUESTS_MAX + 3];
    size_t count = guests_poll(station, items);
    uint32_t longest_ms = longest_wait_ms(station);
    if (wake_fd >= 0)
        items[count++] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    if (station->publisher)
        items[count++] = (struct pollfd){.fd = publisher_fd(station->publisher), .events = POLLIN};
    poll(items, count, (int)(timeout_ms < longest_ms ? timeout_ms : longest_ms));
}

/* The broker may have been put right meanwhile. */
static void ask_again(struct station *station)
{
    uint64_t now_us = clock_monotonic_us();
    if (station->asked_us && now_us - station->asked_us < ASK_AGAIN_US)
        return;
    if (station->asked_us)
        publisher_ask_again(station->publisher);
    station->asked_us = now_us;
}

static bool has_waiting(const struct station *station)
{
    struct outbox_status status;
    outbox_status(station->outbox, &status);
    return status.batches;
}

/* Once nothing waits, the receipts are written down; while something does, they go with the next commit. */
static enum err settle(struct station *station)
{
    return has_waiting(station) ? ERR_OK : outbox_settle(station->outbox);
}

enum err station_turn(struct station *station, uint32_t timeout_ms, int wake_fd)
{
    bool had_waiting = has_waiting(station);
    enum err err = station->publisher ? publisher_pump(station->publisher, 0) : ERR_OK;
    bool is_news = had_waiting && !has_waiting(station); /* of the last: its owner wants to know */
    if (err == ERR_ROLLBACK)
        ask_again(station);
    guests_serve(station);
    if (!err)
        err = settle(station);
    if ((!err || err == ERR_ROLLBACK) && timeout_ms && !is_news)
        wait_for_work(station, timeout_ms, wake_fd);
    return err;
}

void station_status(const struct station *station, struct station_status *out)
{
    struct publisher_status publisher = {0};
    struct outbox_status outbox;
    if (station->publisher)
        publisher_status(station->publisher, &publisher);
    outbox_status(station->outbox, &outbox);
    *out = (struct station_status){.pid = (uint64_t)getpid(),
                                   .started_ms = station->started_ms,
                                   .is_connected = publisher.is_connected,
                                   .reconnects = publisher.reconnects,
                                   .acknowledged_batches = publisher.acknowledged,
                                   .last_ack_ms = publisher.last_ack_ms,
                                   .last_record = publisher.last_record,
                                   .last_error = (uint64_t)publisher.last_error,
                                   .batches = outbox.batches,
                                   .events = outbox.events,
                                   .oldest_ms = outbox.oldest_ms,
                                   .epoch = outbox.epoch,
                                   .next_sequence = outbox.next_sequence,
                                   .receipt_record = outbox.receipt_record,
                                   .deposits = station->deposits,
                                   .heartbeats = station->heartbeats,
                                   .is_rolled_back = outbox.is_rolled_back};
    snprintf(out->kind, sizeof out->kind, "%s", station->options.kind);
    snprintf(out->producer, sizeof out->producer, "%s", station->options.identity->name);
    snprintf(out->last_error_text, sizeof out->last_error_text, "%s", publisher.last_error_text);
    snprintf(out->broker_id, sizeof out->broker_id, "%s", outbox.broker_id);
    text_from_bytes(outbox.receipt_digest, DIGEST_BYTES, out->receipt_digest);
}
