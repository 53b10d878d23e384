#include "tests/support/sender.h"

#include "broker/journal/journal.h"
#include "proto/client/outbox.h"
#include "proto/client/publisher.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PATH_BYTES = 512 };

struct sender {
    struct outbox *outbox;
    struct publisher *publisher;
    struct buffer frame;
    char *payload;
    size_t payload_bytes, waiting_max;
    uint32_t region;
    int log;
    uint64_t epoch;                            /* 0: not adopted, nothing is made yet */
    uint64_t logged_sent;                      /* batches that the log has as sent, … */
    uint64_t logged_receipt;                   /* … and the last that it has as acknowledged */
    struct batch kept[2 * SENDER_WAITING_MAX]; /* those in between, without payload */
};

/* A sender may be a process without a test framework: it says where it failed and ends. */
#define must(is_good) ((is_good) ? (void)0 : failed(#is_good))

static _Noreturn void failed(const char *what)
{
    fprintf(stderr, "sender: failed: %s\n", what);
    abort();
}

/* --- opening ---------------------------------------------------------------------------------- */

static void open_outbox(struct sender *sender, const struct sender_options *options)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s", world_path(options->world, "%s-outbox", options->name));
    const struct outbox_options outbox = {.directory = path,
                                          .stream = "events",
                                          .producer = options->name,
                                          .signing_key = &options->identity->signing,
                                          .max_bytes = 64 << 20};
    must(!outbox_open(&outbox, &sender->outbox));
}

static void open_publisher(struct sender *sender, const struct sender_options *options)
{
    const struct publisher_options publisher = {
        .endpoint =
            options->endpoint ? options->endpoint : world_endpoint(options->world, "publish"),
        .server_key = world_server_key(options->world),
        .identity = options->identity,
        .stream = "events",
        .producer = options->name,
        .ack_timeout_ms = options->ack_timeout_ms ? options->ack_timeout_ms : 1000,
        .outbox = sender->outbox};
    must(!publisher_open(&publisher, &sender->publisher));
}

struct sender *sender_open(const struct sender_options *options)
{
    struct sender *sender = calloc(1, sizeof *sender);
    must(sender);
    buffer_init(&sender->frame, BATCH_FRAME_MAX_BYTES);
    sender->region = options->region;
    sender->waiting_max = options->waiting_max ? options->waiting_max : SENDER_WAITING_MAX;
    must(sender->waiting_max <= SENDER_WAITING_MAX);
    sender->payload_bytes = options->payload_bytes > 16 ? options->payload_bytes : 16;
    must(sender->payload = malloc(sender->payload_bytes));
    memset(sender->payload, 'x', sender->payload_bytes);
    must((sender->log =
              history_log_open(world_path(options->world, "%s.history", options->name))) >= 0);
    open_outbox(sender, options);
    open_publisher(sender, options);
    return sender;
}

void sender_close(struct sender **sender)
{
    if (!*sender)
        return;
    publisher_close(&(*sender)->publisher);
    outbox_close(&(*sender)->outbox);
    buffer_fini(&(*sender)->frame);
    close((*sender)->log);
    free((*sender)->payload);
    free(*sender);
    *sender = NULL;
}

/* --- steps ------------------------------------------------------------------------------------ */

static struct outbox_status status_of(struct sender *sender)
{
    struct outbox_status status;
    outbox_status(sender->outbox, &status);
    return status;
}

/* What waits is logged before the publisher may send it. */
static void log_waiting(struct sender *sender)
{
    uint64_t sequence;
    for (;;) {
        struct batch batch;
        buffer_clear(&sender->frame);
        if (outbox_next(sender->outbox, sender->logged_sent, &sender->frame, &sequence))
            return;
        must(!batch_parse(sender->frame.data, sender->frame.size, &batch));
        must(history_log(sender->log, HISTORY_SENT, &batch));
        batch.payload = NULL;
        sender->kept[sequence % (2 * SENDER_WAITING_MAX)] = batch;
        sender->logged_sent = sequence;
    }
}

static bool log_acknowledged(struct sender *sender)
{
    struct outbox_status status = status_of(sender);
    bool is_news = sender->logged_receipt < status.acknowledged;
    while (sender->logged_receipt < status.acknowledged)
        must(history_log(sender->log, HISTORY_ACKNOWLEDGED,
                         &sender->kept[++sender->logged_receipt % (2 * SENDER_WAITING_MAX)]));
    return is_news;
}

/* One event that no reader knows what to do with: a field of a number that is not in use, whose bytes differ
 * from batch to batch. */
static void append(struct sender *sender, uint64_t number)
{
    enum { EVENT = 0x0a, UNKNOWN_FIELD = 0x7a, LENGTH_BYTES = 3, HEAD_BYTES = 1 + LENGTH_BYTES };
    char *at = sender->payload;
    size_t size = sender->payload_bytes;
    for (int level = 0; level < 2; level++) {
        size -= HEAD_BYTES;
        *at++ = level ? UNKNOWN_FIELD : EVENT;
        *at++ = (char)(0x80 | (size & 0x7f));
        *at++ = (char)(0x80 | (size >> 7 & 0x7f));
        *at++ = (char)(size >> 14 & 0x7f);
    }
    memcpy(at, &number, sizeof number);
    const struct batch_draft draft = {.topic = "heartbeat",
                                      .region = sender->region,
                                      .event_count = 1,
                                      .created_ms = 1700000000000 + number,
                                      .payload = sender->payload,
                                      .payload_size = sender->payload_bytes};
    must(!outbox_begin(sender->outbox) && !outbox_append(sender->outbox, &draft, NULL) &&
         !outbox_commit(sender->outbox));
}

static void pump(struct sender *sender, uint32_t wait_ms)
{
    struct publisher_status status;
    if (!publisher_pump(sender->publisher, wait_ms))
        return;
    publisher_status(sender->publisher, &status);
    failed(status.last_error_text);
}

/* Until the broker has adopted the outbox, numbers are provisional. One that was adopted in an earlier life
 * is not pumped before what waits in it is in the log. */
static bool is_adopted(struct sender *sender, uint32_t wait_ms)
{
    if (sender->epoch)
        return true;
    struct outbox_status status = status_of(sender);
    if (!status.epoch) {
        struct pollfd broker = {.fd = publisher_fd(sender->publisher), .events = POLLIN};
        pump(sender, 0); /* does not wait: there is nothing to send yet */
        poll(&broker, 1, (int)wait_ms);
        status = status_of(sender);
    }
    sender->epoch = status.epoch;
    sender->logged_sent = sender->logged_receipt = status.acknowledged;
    return sender->epoch;
}

bool sender_drain_step(struct sender *sender, uint32_t wait_ms)
{
    if (!is_adopted(sender, wait_ms))
        return false;
    log_waiting(sender);
    pump(sender, wait_ms);
    return log_acknowledged(sender);
}

bool sender_step(struct sender *sender, uint32_t wait_ms)
{
    struct outbox_status status = status_of(sender);
    bool has_room = status.batches < sender->waiting_max;
    if (sender->epoch && has_room)
        append(sender, status.next_sequence);
    return sender_drain_step(sender, sender->epoch && has_room ? 0 : wait_ms);
}

size_t sender_waiting(struct sender *sender)
{
    return status_of(sender).batches;
}

uint64_t sender_acknowledged(struct sender *sender)
{
    return status_of(sender).acknowledged;
}

/* --- as a process ----------------------------------------------------------------------------- */

pid_t sender_start(const struct sender_options *options, int *told)
{
    int ends[2];
    must(!pipe(ends));
    pid_t pid = fork();
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        struct sender *sender = sender_open(options);
        for (;;)
            if (sender_step(sender, 10))
                must(write(ends[1], "a", 1) == 1);
    }
    must(pid > 0);
    close(ends[1]);
    *told = ends[0];
    return pid;
}

/* --- what the checker is told ----------------------------------------------------------------- */

void sender_tell(struct world *world, const char *name, struct history *history)
{
    must(history_read_log(history, world_path(world, "%s.history", name)));
}

struct telling {
    struct history *history;
    const char *unlogged;
};

static bool take(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct telling *telling = context;
    struct batch batch;
    (void)bytes;
    (void)size;
    must(!batch_parse(record->frame, record->frame_size, &batch));
    if (telling->unlogged && !strncmp(batch.producer, telling->unlogged, strlen(telling->unlogged)))
        history_sent(telling->history, &batch);
    history_stored(telling->history, record->sequence, &batch);
    return true;
}

void sender_tell_journal(struct world *world, const char *stream, const char *unlogged,
                         struct history *history)
{
    struct telling telling = {.history = history, .unlogged = unlogged};
    uint64_t next = 1, from;
    struct journal *journal;
    char path[PATH_BYTES];
    static const char *const streams[] = {"events", "scores", "alerts", NULL};
    snprintf(path, sizeof path, "%s", world_path(world, "broker"));
    const struct journal_options options = {
        .directory = path, .max_bytes = JOURNAL_MIN_BYTES, .streams = streams};
    must(!journal_open(&options, &journal));
    do {
        from = next;
        must(!journal_read(journal, stream, from, take, &telling, &next));
    } while (next > from);
    journal_close(&journal);
}
