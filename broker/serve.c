#include "broker/serve.h"

#include "broker/answers.h"
#include "broker/fetches.h"
#include "broker/live.h"
#include "broker/questions.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/text.h"
#include "proto/base/thread.h"
#include "proto/wire/code.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURN_MAX_REQUESTS = 256, TICK_MS = 500, REQUEST_MAX_BYTES = 64 * 1024 };

struct serve {
    struct serve_options options;
    pthread_t thread;
    atomic_bool is_stopping;
    struct questions questions;
    struct live live;
    struct frame_pool *pool;
    struct fetch *waiting; /* parked until something is stored or their time is up */
    size_t waiting_count;
    struct save_list saves;
    struct net_message sender, frame;
    bool has_more_live;
    struct guarded guarded;
};

/* --- fetches ---------------------------------------------------------------------------------- */

static void send_fetched(struct serve *serve, const struct fetch *fetch,
                         const struct stream_bounds *bounds, struct fetch_result *result)
{
    Songhua__V1__Reply reply = SONGHUA__V1__REPLY__INIT;
    Songhua__V1__Fetched fetched = SONGHUA__V1__FETCHED__INIT;
    fetched.stream = text_unconst(fetch->stream);
    fetched.next = result->next;
    fetched.first = bounds->first > bounds->last ? 0 : bounds->first;
    fetched.last = bounds->last;
    fetched.records = result->count;
    fetched.time_ms = clock_realtime_ms();
    reply.id = fetch->request_id;
    reply.body_case = SONGHUA__V1__REPLY__BODY_FETCHED;
    reply.fetched = &fetched;
    reply_send(serve->options.socket, &fetch->client, &reply, &result->records,
               &serve->questions.scratch);
    count_add(&serve->options.counters->fetches, 1);
    count_add(&serve->options.counters->fetched_bytes, result->bytes);
}

static void refuse(struct serve *serve, const struct client_address *client, uint64_t id,
                   enum err err, const char *text)
{
    questions_refuse(&serve->questions, client, id, err, text);
}

/* Answer the fetch if there is something to say; false: it should wait. */
static bool try_fetch(struct serve *serve, struct fetch *fetch, bool is_due)
{
    struct stream_bounds bounds;
    struct fetch_result result = {.next = fetch->from};
    enum err err = journal_bounds(serve->options.journal, fetch->stream, &bounds);
    if (!err && bounds.first > fetch->from)
        fetch->from = result.next = bounds.first;
    bool is_beyond =
        !err && fetch->from > bounds.last + 1; /* what was there once is gone: not worth a wait */
    if (!err && fetch->from > bounds.last && !is_due && !is_beyond)
        return false;
    net_message_init(&result.records);
    if (!err && fetch->from <= bounds.last)
        err = fetch_collect(fetch, serve->options.journal, serve->pool, &result);
    if (err == ERR_CORRUPT)
        log_error("journal.corrupt", "stream=%s record=%llu not served", fetch->stream,
                  (unsigned long long)fetch->from);
    bool is_answered = err || result.count || is_due || is_beyond || result.next <= bounds.last;
    if (err)
        refuse(serve, &fetch->client, fetch->request_id, err, NULL);
    else if (is_answered)
        send_fetched(serve, fetch, &bounds, &result);
    else
        fetch->from = result.next; /* all of it was filtered out: wait for more */
    net_message_fini(&result.records);
    return is_answered;
}

static void park(struct serve *serve, struct fetch *fetch)
{
    fetch->next = serve->waiting;
    serve->waiting = fetch;
    serve->waiting_count++;
    atomic_store(&serve->options.counters->waiting, serve->waiting_count);
}

static enum err place(struct serve *serve, const Songhua__V1__Fetch *request, struct fetch *fetch)
{
    if (request->from || request->from_time_ms)
        return request->from ? ERR_OK
                             : journal_seek(serve->options.journal, fetch->stream,
                                            request->from_time_ms, &fetch->from);
    fetch->from = 1;
    return ERR_OK;
}

static void take_fetch(struct serve *serve, const struct client_address *client, const char *user,
                       const Songhua__V1__Request *request)
{
    char why[ACCESS_WHY_BYTES] = "";
    struct access_regions allowed;
    struct fetch *fetch = NULL;
    const struct access_request question = {.user = user, .stream = request->fetch->stream};
    unsigned version = access_version(serve->options.access);
    enum err err = access_may_read(serve->options.access, &question, &allowed, why);
    if (err) {
        access_denied(serve->options.access, user, why);
    } else {
        err = fetch_new(request->fetch, &allowed, &fetch);
    }
    if (!err)
        err = place(serve, request->fetch, fetch);
    if (err) {
        refuse(serve, client, request->id, err, why);
        fetch_free(fetch);
        return;
    }
    uint32_t wait_ms =
        request->fetch->wait_ms < FETCH_MAX_WAIT_MS ? request->fetch->wait_ms : FETCH_MAX_WAIT_MS;
    fetch->client = *client;
    fetch->request_id = request->id;
    fetch->access_version = version;
    fetch->deadline_us = clock_monotonic_us() + wait_ms * 1000ull;
    bool may_wait = wait_ms && serve->waiting_count < FETCHES_MAX;
    if (try_fetch(serve, fetch, !may_wait))
        fetch_free(fetch);
    else
        park(serve, fetch);
}

/* Rights have changed since the fetch was parked: it ends without records, and when the reader asks
 * again it is asked who it is. */
static void send_away(struct serve *serve, const struct fetch *fetch)
{
    struct stream_bounds bounds;
    struct fetch_result result = {.next = fetch->from};
    enum err err = journal_bounds(serve->options.journal, fetch->stream, &bounds);
    net_message_init(&result.records);
    if (err)
        refuse(serve, &fetch->client, fetch->request_id, err, NULL);
    else
        send_fetched(serve, fetch, &bounds, &result);
    net_message_fini(&result.records);
}

static bool serve_parked(struct serve *serve, struct fetch *fetch, uint64_t now_us)
{
    if (fetch->access_version == access_version(serve->options.access))
        return try_fetch(serve, fetch, now_us >= fetch->deadline_us);
    send_away(serve, fetch);
    return true;
}

/* Look at every parked fetch: answer those that have something, or whose time is up. */
static void serve_waiting(struct serve *serve)
{
    uint64_t now_us = clock_monotonic_us();
    for (struct fetch **link = &serve->waiting; *link;) {
        struct fetch *fetch = *link;
        if (!serve_parked(serve, fetch, now_us)) {
            link = &fetch->next;
            continue;
        }
        *link = fetch->next;
        fetch_free(fetch);
        serve->waiting_count--;
    }
    atomic_store(&serve->options.counters->waiting, serve->waiting_count);
}

static long next_deadline_ms(const struct serve *serve)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t left_us = TICK_MS * 1000;
    for (const struct fetch *fetch = serve->waiting; fetch; fetch = fetch->next) {
        if (fetch->deadline_us <= now_us)
            return 0;
        if (fetch->deadline_us - now_us < left_us)
            left_us = fetch->deadline_us - now_us;
    }
    return (long)((left_us + 999) / 1000);
}

/* --- positions -------------------------------------------------------------------------------- */

/* A position beyond the end would make its consumer skip, for ever, what is stored there later. */
static enum err check_end(struct serve *serve, const Songhua__V1__SavePosition *wanted,
                          char why[ACCESS_WHY_BYTES])
{
    struct stream_bounds bounds;
    enum err err = journal_bounds(serve->options.journal, wanted->stream, &bounds);
    if (err || wanted->position <= bounds.last) {
        *why = '\0';
        return err;
    }
    snprintf(why, ACCESS_WHY_BYTES,
             "position %" PRIu64 " is beyond the end of %s, which is %" PRIu64, wanted->position,
             wanted->stream, bounds.last);
    return ERR_MALFORMED;
}

/* save->by is set. */
static enum err check_save(struct serve *serve, const char *user,
                           const Songhua__V1__SavePosition *wanted, struct save *save,
                           char why[ACCESS_WHY_BYTES])
{
    struct access *access = serve->options.access;
    struct access_regions regions;
    const struct access_request question = {.user = user, .stream = wanted->stream};
    if (!batch_name_is_valid(wanted->stream) || !batch_name_is_valid(wanted->consumer)) {
        snprintf(why, ACCESS_WHY_BYTES, "names must be 1 to 64 of a-z 0-9 . _ -");
        return ERR_MALFORMED;
    }
    enum err err = access_may_read(access, &question, &regions, why);
    if (!err && wanted->position)
        err = access_may_keep(access, user, wanted->consumer, why);
    else if (!err)
        err = access_may_drop(access, user, wanted->consumer, save->by, why);
    if (err)
        access_denied(access, user, why);
    return err ? err : check_end(serve, wanted, why);
}

static void take_save(struct serve *serve, const struct client_address *client, const char *user,
                      const Songhua__V1__Request *request)
{
    char why[ACCESS_WHY_BYTES];
    const Songhua__V1__SavePosition *wanted = request->save_position;
    struct save save = {.client = *client,
                        .request_id = request->id,
                        .expected = wanted->expected,
                        .position = wanted->position};
    enum err err = check_save(serve, user, wanted, &save, why);
    if (!err) {
        strcpy(save.stream, wanted->stream);
        strcpy(save.consumer, wanted->consumer);
        err = saves_ask(serve->options.saves, &save);
    }
    if (err)
        refuse(serve, client, request->id, err, why);
}

static void answer_saves(struct serve *serve)
{
    saves_collect(serve->options.saves, &serve->saves);
    for (size_t i = 0; i < serve->saves.count; i++) {
        struct save *save = &serve->saves.items[i];
        Songhua__V1__Reply reply = SONGHUA__V1__REPLY__INIT;
        Songhua__V1__Position position = SONGHUA__V1__POSITION__INIT;
        position.stream = save->stream;
        position.consumer = save->consumer;
        position.position = save->standing;
        position.saved_ms = save->saved_ms;
        reply.id = save->request_id;
        reply.code = code_from_err(save->err);
        if (save->err)
            reply.message = text_unconst(err_text(save->err));
        reply.body_case = SONGHUA__V1__REPLY__BODY_POSITION;
        reply.position = &position;
        reply_send(serve->options.socket, &save->client, &reply, NULL, &serve->questions.scratch);
    }
}

/* --- requests --------------------------------------------------------------------------------- */

static void dispatch(struct serve *serve, const struct client_address *client,
                     const Songhua__V1__Request *request)
{
    const char *user = net_message_user(&serve->frame);
    audience_catch_up(serve->options.audience); /* what its own batches were told is there */
    if (!access_is_known(serve->options.access, user)) {
        refuse(serve, client, request->id, ERR_DENIED, "no certificate names this client");
        return;
    }
    switch (request->body_case) {
    case SONGHUA__V1__REQUEST__BODY_FETCH:
        take_fetch(serve, client, user, request);
        break;
    case SONGHUA__V1__REQUEST__BODY_SAVE_POSITION:
        take_save(serve, client, user, request);
        break;
    case SONGHUA__V1__REQUEST__BODY_LIST_STREAMS:
    case SONGHUA__V1__REQUEST__BODY_LIST_POSITIONS:
    case SONGHUA__V1__REQUEST__BODY_LIST_PRODUCERS:
    case SONGHUA__V1__REQUEST__BODY_GET_STATUS:
        questions_answer(&serve->questions, client, user, request);
        break;
    default:
        refuse(serve, client, request->id, ERR_VERSION, "this port does not take that request");
    }
}

static bool take_message(struct serve *serve)
{
    bool is_whole;
    struct client_address client;
    if (!client_receive(serve->options.socket, &serve->sender, &serve->frame, &client, &is_whole))
        return false;
    size_t size = net_message_size(&serve->frame);
    Songhua__V1__Request *request =
        is_whole && size <= REQUEST_MAX_BYTES
            ? songhua__v1__request__unpack(NULL, size, net_message_data(&serve->frame))
            : NULL;
    if (request)
        dispatch(serve, &client, request);
    else if (client.size)
        refuse(serve, &client, 0, ERR_MALFORMED, "the request cannot be read");
    songhua__v1__request__free_unpacked(request, NULL);
    return true;
}

static void take_requests(struct serve *serve)
{
    for (unsigned i = 0; i < TURN_MAX_REQUESTS && take_message(serve); i++)
        continue;
}

/* --- the loop --------------------------------------------------------------------------------- */

static void forget_waiting(struct serve *serve)
{
    for (struct fetch *fetch; (fetch = serve->waiting);) {
        serve->waiting = fetch->next;
        fetch_free(fetch);
    }
    serve->waiting_count = 0;
    atomic_store(&serve->options.counters->waiting, 0);
}

static void wait_for_work(struct serve *serve)
{
    struct net_poll_item items[] = {{.socket = serve->options.socket},
                                    {.socket = serve->options.live},
                                    {.fd = serve->options.wake->fd}};
    bool is_awaited = serve->waiting_count || serve->live.has_listeners;
    bool must_look = audience_set(serve->options.audience, is_awaited) || serve->has_more_live;
    long wait_ms = must_look ? 0 : next_deadline_ms(serve);
    if ((serve->live.is_closed || serve->guarded.is_closed) && wait_ms > GUARD_REOPEN_MS)
        wait_ms = GUARD_REOPEN_MS;
    net_poll(items, 3, wait_ms);
    if (items[2].is_ready)
        wake_drain(serve->options.wake);
}

static void *run(void *argument)
{
    struct serve *serve = argument;
    while (!atomic_load(&serve->is_stopping)) {
        wait_for_work(serve);
        if (guard_renews(serve->options.guard, &serve->guarded, serve->options.socket))
            forget_waiting(serve); /* their connections are gone */
        access_refresh(serve->options.access, false);
        live_check_listeners(&serve->live);
        live_take_subscriptions(&serve->live);
        live_look_around(&serve->live, clock_monotonic_us());
        serve->has_more_live = live_publish(&serve->live);
        answer_saves(serve);
        serve_waiting(serve);
        take_requests(serve);
    }
    return NULL;
}

static enum err init(struct serve *serve, const struct serve_options *options)
{
    serve->options = *options;
    serve->questions = (struct questions){.socket = options->socket,
                                          .journal = options->journal,
                                          .access = options->access,
                                          .streams = options->streams,
                                          .software = options->software,
                                          .started_ms = options->started_ms};
    questions_init(&serve->questions);
    serve->live = (struct live){.socket = options->live,
                                .journal = options->journal,
                                .audience = options->audience,
                                .access = options->access,
                                .counters = options->counters,
                                .streams = options->live_streams};
    net_message_init(&serve->sender);
    net_message_init(&serve->frame);
    enum err err = live_init(&serve->live);
    return err ? err : frame_pool_new(FETCH_FRAME_BYTES, &serve->pool);
}

static void fini(struct serve *serve)
{
    forget_waiting(serve);
    live_fini(&serve->live);
    questions_fini(&serve->questions);
    frame_pool_drop(serve->pool);
    net_message_fini(&serve->sender);
    net_message_fini(&serve->frame);
    free(serve);
}

enum err serve_start(const struct serve_options *options, struct serve **out)
{
    struct serve *serve = calloc(1, sizeof *serve);
    if (!serve)
        return ERR_NOMEM;
    enum err err = init(serve, options);
    if (!err)
        err = thread_start("serve", run, serve, &serve->thread);
    if (err)
        fini(serve);
    else
        *out = serve;
    return err;
}

void serve_stop(struct serve **serve)
{
    if (!*serve)
        return;
    atomic_store(&(*serve)->is_stopping, true);
    wake_signal((*serve)->options.wake);
    pthread_join((*serve)->thread, NULL);
    fini(*serve);
    *serve = NULL;
}
