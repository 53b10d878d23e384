#include "consumers/reader/reader.h"

#include "proto/base/clock.h"
#include "proto/cli/keys.h"
#include "proto/cli/terminal.h"
#include "proto/client/control.h"
#include "proto/event/region.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 200 };

struct reader {
    const struct invocation *invocation;
    const struct reader_settings *settings;
    struct reader_request request;
    struct identity identity;
    char server_key[CURVE_TEXT_BYTES];
    struct subscriber *subscriber;
    uint64_t start;    /* first record asked for, unless by time */
    uint64_t end;      /* last record to hand out; 0: not known yet */
    uint64_t next;     /* behind the last record taken */
    uint64_t asked;    /* the subscriber's next, when last looked at */
    uint64_t moved_us; /* when there was progress, or nothing to wait for */
    bool is_away;      /* that the broker is away has been said */
    bool has_gap;
};

/* --- opening ---------------------------------------------------------------------------------- */

static enum err subscribe(struct reader *reader)
{
    const struct reader_request *request = &reader->request;
    bool is_timed = !request->from && request->since_ms;
    const struct subscriber_options options = {.endpoint = reader->settings->broker,
                                               .server_key = reader->server_key,
                                               .identity = &reader->identity,
                                               .stream = request->stream,
                                               .start = is_timed ? SUBSCRIBE_FROM_TIME
                                                                 : SUBSCRIBE_FROM_SEQUENCE,
                                               .from = is_timed ? request->since_ms : reader->start,
                                               .regions = request->regions,
                                               .region_count = request->region_count,
                                               .producers = request->producers,
                                               .producer_count = request->producer_count,
                                               .is_packed = request->is_packed};
    enum err err = subscriber_open(&options, &reader->subscriber);
    return err ? command_fail(reader->invocation, err, "--broker %s", options.endpoint) : ERR_OK;
}

static uint64_t last_of(const Songhua__V1__Reply *reply, const char *stream)
{
    for (size_t i = 0; i < reply->streams->n_streams; i++)
        if (!strcmp(reply->streams->streams[i]->name, stream))
            return reply->streams->streams[i]->last;
    return 0;
}

/* Turn "so many at the end" into the number to begin with. */
static enum err find_start(struct reader *reader)
{
    struct reader_request *request = &reader->request;
    struct control *control;
    Songhua__V1__Reply *reply;
    enum err err =
        control_open(reader->settings->broker, reader->server_key, &reader->identity, &control);
    if (err)
        return command_fail(reader->invocation, err, "--broker %s", reader->settings->broker);
    err = control_ask(control, SONGHUA__V1__REQUEST__BODY_LIST_STREAMS,
                      (uint32_t)reader->settings->timeout_ms, &reply);
    if (err) {
        command_fail(reader->invocation, err, "%s: %s", reader->settings->broker,
                     control_error_text(control));
    } else {
        uint64_t last = last_of(reply, request->stream);
        uint64_t first = last > request->last ? last - request->last + 1 : 1;
        reader->start = first > request->from ? first : request->from;
        songhua__v1__reply__free_unpacked(reply, NULL);
    }
    control_close(&control);
    return err;
}

/* A reader has nothing to put in order when whoever reads its output has gone. */
static enum err take_signals(void)
{
    enum err err = stop_init();
    if (!err && signal(SIGPIPE, SIG_DFL) == SIG_ERR)
        err = ERR_INTERNAL;
    return err;
}

enum err reader_open(const struct invocation *invocation, const struct reader_settings *settings,
                     const struct reader_request *request, struct reader **out)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return command_fail(invocation, ERR_NOMEM, "%s", settings->broker);
    *reader = (struct reader){.invocation = invocation,
                              .settings = settings,
                              .request = *request,
                              .start = request->from ? request->from : 1,
                              .moved_us = clock_monotonic_us()};
    enum err err = keys_own(invocation, settings->identity, &reader->identity);
    if (!err)
        err = keys_server(invocation, settings->server_cert, reader->server_key);
    if (!err)
        err = take_signals();
    if (!err && request->last)
        err = find_start(reader);
    if (!err)
        err = subscribe(reader);
    reader->next = reader->start;
    if (err)
        reader_close(&reader);
    else
        *out = reader;
    return err;
}

void reader_close(struct reader **reader)
{
    if (!*reader)
        return;
    subscriber_close(&(*reader)->subscriber);
    identity_clear(&(*reader)->identity);
    free(*reader);
    *reader = NULL;
}

uint64_t reader_next(const struct reader *reader)
{
    return reader->next;
}

uint64_t reader_end(const struct reader *reader)
{
    return reader->end;
}

/* --- the loop --------------------------------------------------------------------------------- */

static enum err fail(const struct reader *reader, enum err err)
{
    struct subscriber_status status;
    subscriber_status(reader->subscriber, &status);
    const char *text = status.last_error_text;
    bool is_news = *text && strcmp(text, err_text(err)) != 0;
    return command_fail(reader->invocation, err, "%s%s%s", reader->settings->broker,
                        is_news ? ": " : "", is_news ? text : "");
}

/* Pruned records are no failure for who asked for all there is, but are for who asked by number. */
static void note_gap(struct reader *reader)
{
    struct subscriber_status status;
    subscriber_status(reader->subscriber, &status);
    fprintf(stderr,
            "%s: 更早的记录已清理，从 %" PRIu64 " 开始 / records before %" PRIu64
            " were pruned and are not in this output\n",
            reader->invocation->program, status.first, status.first);
    reader->has_gap = reader->has_gap || reader->request.from;
}

static void note_away(struct reader *reader)
{
    if (!reader->is_away)
        fprintf(stderr,
                "%s: 连接中断，重连中 / the broker is away; reading goes on when it is back\n",
                reader->invocation->program);
    reader->is_away = true;
}

/* Nothing came. Who follows waits for good once the broker has answered at all; otherwise it is over
 * when there was no progress within the timeout. */
static enum err wait_on(struct reader *reader, const struct subscriber_status *status)
{
    uint64_t now_us = clock_monotonic_us();
    bool is_resting = status->is_connected && subscriber_is_at_end(reader->subscriber);
    if (is_resting || status->next != reader->asked) {
        reader->asked = status->next;
        reader->moved_us = now_us;
        reader->is_away = false;
    }
    if (now_us - reader->moved_us < reader->settings->timeout_ms * 1000)
        return ERR_OK;
    if (reader->request.is_following && status->broker_ms) {
        note_away(reader);
        return ERR_OK;
    }
    return fail(reader, status->is_connected ? ERR_TIMEOUT
                        : status->last_error ? status->last_error
                                             : ERR_UNREACHABLE);
}

/* No record now: whether that is the end, a moment of waiting, or a failure. */
static enum err idle(struct reader *reader, const struct reader_handler *handler, bool *is_over)
{
    struct subscriber_status status;
    subscriber_status(reader->subscriber, &status);
    if (!subscriber_is_at_end(reader->subscriber))
        return wait_on(reader, &status);
    reader->next = status.next > reader->next ? status.next : reader->next;
    *is_over = !reader->request.is_following;
    enum err err = *is_over || !handler->rest ? ERR_OK : handler->rest(handler->context);
    return err || *is_over ? err : wait_on(reader, &status);
}

static enum err take(struct reader *reader, const struct reader_handler *handler,
                     const struct subscriber_record *record, bool *is_over)
{
    struct subscriber_status status;
    subscriber_status(reader->subscriber, &status);
    reader->moved_us = clock_monotonic_us();
    reader->is_away = false;
    if (!reader->end)
        reader->end = status.last;
    *is_over = !reader->request.is_following && record->sequence > reader->end;
    if (*is_over)
        return ERR_OK;
    enum err err = handler->take(handler->context, record);
    if (!err)
        reader->next = record->sequence + 1;
    *is_over = !reader->request.is_following && record->sequence == reader->end;
    return err;
}

static enum err step(struct reader *reader, const struct reader_handler *handler, bool *is_over)
{
    struct subscriber_record record;
    bool may_wait = !subscriber_is_at_end(reader->subscriber) || reader->request.is_following;
    enum err err = subscriber_next(reader->subscriber, may_wait ? WAIT_MS : 0, &record);
    if (!err)
        return take(reader, handler, &record, is_over);
    if (err == ERR_GAP) {
        note_gap(reader);
        return ERR_OK;
    }
    if (err == ERR_THROTTLED || err == ERR_UNAVAILABLE)
        return reader_pause(WAIT_MS * 1000) ? ERR_OK : idle(reader, handler, is_over);
    if (err == ERR_TIMEOUT || err == ERR_UNREACHABLE)
        return idle(reader, handler, is_over);
    return fail(reader, err);
}

enum err reader_run(struct reader *reader, const struct reader_handler *handler)
{
    enum err err = ERR_OK;
    bool is_over = false;
    while (!err && !is_over && !stop_requested())
        err = step(reader, handler, &is_over);
    if (err == ERR_STOPPED && !stop_requested())
        err = ERR_OK;
    else if (!err && !is_over)
        err = ERR_STOPPED;
    return !err && reader->has_gap ? ERR_GAP : err;
}

enum err reader_pause(uint64_t us)
{
    struct pollfd stop = {.fd = stop_fd(), .events = POLLIN};
    uint64_t end_us = clock_monotonic_us() + us;
    for (uint64_t now_us = end_us - us; now_us < end_us && !stop_requested();
         now_us = clock_monotonic_us()) {
        struct timespec left = {.tv_sec = (time_t)((end_us - now_us) / 1000000),
                                .tv_nsec = (long)((end_us - now_us) % 1000000 * 1000)};
        ppoll(&stop, 1, &left, NULL);
    }
    return stop_requested() ? ERR_STOPPED : ERR_OK;
}

/* --- regions ---------------------------------------------------------------------------------- */

enum err reader_parse_regions(const struct invocation *invocation, const struct option_list *list,
                              uint32_t *out)
{
    for (size_t i = 0; i < list->count; i++) {
        struct region_hint hint;
        if (!region_parse(list->items[i], &out[i]))
            continue;
        region_suggest(list->items[i], &hint);
        if (!*hint.zh)
            return command_fail(invocation, ERR_USAGE,
                                "--region \"%s\": 不是地区代码或名称 / neither a region's code nor "
                                "its name, as 220200 or 吉林市",
                                list->items[i]);
        return command_fail(invocation, ERR_USAGE, "--region \"%s\": %s / %s", list->items[i],
                            hint.zh, hint.en);
    }
    return ERR_OK;
}
