#include "consumers/scorer/commands.h"
#include "consumers/scorer/scorer.h"
#include "proto/base/arena.h"
#include "proto/base/clock.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/cli/keys.h"
#include "proto/cli/terminal.h"
#include "proto/event/event.h"
#include "proto/net/socket.h"

#include <inttypes.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { DIFFERENCE_BYTES = 400, STEP_MS = 100, EXTRA_ARENA_BYTES = 256 << 20 };

const struct option scorer_verify_options[] = {
    SERVICE_OPTIONS(struct scorer_verify_settings, service, "scorer", true),
    {"producer", 0, OPTION_TEXT, offsetof(struct scorer_verify_settings, producer), "NAME",
     "whose scores", .initial = "scorer"},
    {"wait", 'w', OPTION_DURATION, offsetof(struct scorer_verify_settings, wait_ms), "TIME",
     "for the broker, and for scores that should be there", .initial = "10s"},
    {"json", 0, OPTION_FLAG, offsetof(struct scorer_verify_settings, has_json), NULL,
     "one JSON object"},
    {0}};

/* The scorer's own service, with other ports: what it would store is held against what is stored. */
struct verifying {
    const struct scorer_verify_settings *settings;
    struct subscriber *events, *scores;
    uint64_t until; /* the newest event when it began */
    bool is_started, is_done;
    enum err failure; /* why it could not be finished */
    const char *failed_at;
    uint64_t last_event, records, scores_seen;
    crypto_generichash_state digest; /* of all payloads, one after the other */
    char difference[DIFFERENCE_BYTES];
};

static void differ(struct verifying *verifying, uint64_t record, const struct batch_draft *draft,
                   const char *what)
{
    snprintf(verifying->difference, sizeof verifying->difference,
             "record %" PRIu64 " of scores (%06" PRIu32 "/%s, due from events up to record %" PRIu64
             "): %s",
             record, draft->region, draft->topic, verifying->last_event, what);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The next record, waited for up to --wait while the broker is away or, with `is_due`, has none yet.
 * ERR_TIMEOUT: there is none. */
static enum err read_next(struct verifying *verifying, struct subscriber *subscriber, bool is_due,
                          struct subscriber_record *out)
{
    uint64_t end_us = clock_monotonic_us() + verifying->settings->wait_ms * 1000;
    for (;;) {
        enum err err = subscriber_next(subscriber, STEP_MS, out);
        if (err != ERR_TIMEOUT && err != ERR_UNREACHABLE)
            return err;
        bool is_at_end = subscriber_is_at_end(subscriber);
        if ((is_at_end && !is_due) || stop_requested())
            return ERR_TIMEOUT;
        if (clock_monotonic_us() >= end_us)
            return is_at_end ? ERR_TIMEOUT : ERR_UNREACHABLE;
    }
}

/* Ends the verification without a verdict. */
static void give_up(struct verifying *verifying, enum err err, const char *stream)
{
    verifying->failure = err;
    verifying->failed_at = stream;
    verifying->is_done = true;
}

/* --- ports ------------------------------------------------------------------------------------ */

static enum err fetch(void *context, uint32_t wait_ms, struct subscriber_record *out)
{
    struct verifying *verifying = context;
    struct subscriber_status status;
    (void)wait_ms;
    if (verifying->is_done ||
        (verifying->is_started && verifying->last_event >= verifying->until)) {
        verifying->is_done = true;
        return ERR_TIMEOUT;
    }
    enum err err = read_next(verifying, verifying->events, false, out);
    if (!verifying->is_started) {
        subscriber_status(verifying->events, &status);
        verifying->until = status.last;
        verifying->is_started = true;
    }
    if (!err)
        verifying->last_event = out->sequence;
    else if (err == ERR_TIMEOUT)
        verifying->is_done = true;
    else if (err == ERR_MALFORMED || err == ERR_TOO_LARGE)
        verifying->last_event++;
    else
        give_up(verifying, err, "events");
    return verifying->failure ? ERR_TIMEOUT : err;
}

static const char *difference_of(const struct batch_draft *due, const struct batch *found)
{
    if (due->region != found->region || strcmp(due->topic, found->topic))
        return "another region or indicator is stored there";
    if (due->created_ms != found->created_ms)
        return "the time differs";
    if (due->event_count != found->event_count || due->payload_size != found->payload_size ||
        memcmp(due->payload, found->payload, due->payload_size))
        return "the scores differ";
    return NULL;
}

static enum err compare(void *context, const struct batch_draft *draft)
{
    struct verifying *verifying = context;
    struct subscriber_record record;
    enum err err = read_next(verifying, verifying->scores, true, &record);
    if (err == ERR_TIMEOUT && stop_requested())
        return ERR_STOPPED;
    if (err == ERR_TIMEOUT) {
        differ(verifying, 0, draft, "not stored; is the scorer behind or stopped?");
        return ERR_DIFFERENT;
    }
    if (err) {
        give_up(verifying, err, "scores");
        return err;
    }
    const char *what = difference_of(draft, &record.batch);
    if (what) {
        differ(verifying, record.sequence, draft, what);
        return ERR_DIFFERENT;
    }
    crypto_generichash_update(&verifying->digest, draft->payload, draft->payload_size);
    verifying->records++;
    verifying->scores_seen += draft->event_count;
    return ERR_OK;
}

static enum err store(void *context, const struct effects *effects, uint64_t position)
{
    (void)position;
    return effects_each(effects, compare, context);
}

static bool must_stop(void *context)
{
    const struct verifying *verifying = context;
    return verifying->is_done || stop_requested();
}

/* --- the end ---------------------------------------------------------------------------------- */

static uint64_t as_of_event(const Songhua__V1__Event *event)
{
    if (event->body_case == SONGHUA__V1__EVENT__BODY_SCORE)
        return event->score->as_of_sequence;
    if (event->body_case == SONGHUA__V1__EVENT__BODY_COMPOSITE_SCORE)
        return event->composite_score->as_of_sequence;
    return 0;
}

static uint64_t as_of(const struct subscriber_record *record)
{
    struct arena arena;
    Songhua__V1__EventBatch *batch;
    uint64_t sequence = 0;
    arena_init(&arena, EXTRA_ARENA_BYTES);
    if (!event_batch_unpack(record->batch.payload, record->batch.payload_size,
                            record->batch.event_count, &arena, &batch) &&
        batch->n_events > 0)
        sequence = as_of_event(batch->events[0]);
    arena_fini(&arena);
    return sequence;
}

/* Nothing may be stored beyond what is due, except what follows from events that came meanwhile. */
static enum err check_end(struct verifying *verifying)
{
    struct subscriber_record record;
    enum err err = read_next(verifying, verifying->scores, false, &record);
    if (err == ERR_TIMEOUT)
        return ERR_OK;
    if (err) {
        give_up(verifying, err, "scores");
        return err;
    }
    if (as_of(&record) > verifying->until)
        return ERR_OK;
    snprintf(verifying->difference, sizeof verifying->difference,
             "record %" PRIu64 " of scores: follows from no event", record.sequence);
    return ERR_DIFFERENT;
}

static enum err verify(struct verifying *verifying)
{
    struct scorer *scorer;
    struct service *service;
    enum err err = scorer_new(&scorer);
    if (err)
        return err;
    const struct service_ports ports = {
        .context = verifying, .fetch = fetch, .store = store, .must_stop = must_stop};
    const struct service_options options = {
        .name = "verify", .ports = &ports, .handle = scorer_handle, .context = scorer};
    err = service_new(&options, &service);
    if (!err) {
        err = service_run(service);
        service_free(service);
    }
    scorer_free(scorer);
    if (!err)
        err = verifying->failure;
    if (!err && stop_requested())
        err = ERR_STOPPED;
    return err ? err : check_end(verifying);
}

/* --- the verdict ------------------------------------------------------------------------------ */

static void print_text(const struct verifying *verifying, bool is_same, const char *digest)
{
    if (is_same)
        printf("一致 / identical: %" PRIu64 " records of events give the %" PRIu64
               " records of scores (%" PRIu64 " scores) byte for byte; BLAKE2b-256 %s\n",
               verifying->last_event, verifying->records, verifying->scores_seen, digest);
    else
        printf("不一致 / different: %s; %" PRIu64 " records of scores before it are right\n",
               verifying->difference, verifying->records);
}

static enum err print_json(const struct verifying *verifying, bool is_same, const char *digest)
{
    struct buffer line;
    buffer_init(&line, 8192);
    struct json json = json_start(&line);
    json_open(&json, NULL, '{');
    json_text(&json, "verdict", is_same ? "identical" : "different");
    json_u64(&json, "events_last", verifying->last_event);
    json_u64(&json, "score_records", verifying->records);
    json_u64(&json, "scores", verifying->scores_seen);
    json_text(&json, "digest", is_same ? digest : NULL);
    json_text(&json, "difference", is_same ? NULL : verifying->difference);
    json_close(&json, '}');
    enum err err = json_print(&json, stdout);
    buffer_fini(&line);
    return err;
}

static enum err say_verdict(const struct invocation *invocation, struct verifying *verifying,
                            enum err err)
{
    unsigned char digest[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1];
    bool is_same = err == ERR_OK;
    if (err && err != ERR_DIFFERENT)
        return command_fail(invocation, err, "%s",
                            verifying->failed_at ? verifying->failed_at : "no verdict");
    crypto_generichash_final(&verifying->digest, digest, DIGEST_BYTES);
    text_from_bytes(digest, DIGEST_BYTES, hex);
    if (!verifying->settings->has_json)
        print_text(verifying, is_same, hex);
    else if (print_json(verifying, is_same, hex))
        return command_fail(invocation, ERR_IO, "stdout");
    return err;
}

static enum err open_streams(struct verifying *verifying, struct net *net,
                             const struct identity *identity, const char *server_key)
{
    const struct scorer_verify_settings *settings = verifying->settings;
    struct subscriber_options options = {.endpoint = settings->service.fetch,
                                         .server_key = server_key,
                                         .identity = identity,
                                         .stream = "events",
                                         .start = SUBSCRIBE_FROM_SEQUENCE,
                                         .from = 1,
                                         .net = net};
    enum err err = subscriber_open(&options, &verifying->events);
    options.stream = "scores";
    options.producers = &settings->producer;
    options.producer_count = 1;
    return err ? err : subscriber_open(&options, &verifying->scores);
}

enum err scorer_verify(const struct invocation *invocation)
{
    struct verifying verifying = {.settings = invocation->settings};
    struct identity identity;
    char server_key[CURVE_TEXT_BYTES];
    struct net *net = NULL;
    enum err err = stop_init();
    if (!err)
        err = keys_own(invocation, verifying.settings->service.identity, &identity);
    if (err)
        return err;
    err = keys_server(invocation, verifying.settings->service.server_cert, server_key);
    if (err)
        goto out;
    crypto_generichash_init(&verifying.digest, NULL, 0, DIGEST_BYTES);
    err = net_open(1, &net);
    if (!err)
        err = open_streams(&verifying, net, &identity, server_key);
    err = say_verdict(invocation, &verifying, err ? err : verify(&verifying));
out:
    subscriber_close(&verifying.scores);
    subscriber_close(&verifying.events);
    if (net)
        net_close(&net);
    identity_clear(&identity);
    return err;
}
