#include "broker/questions.h"

#include "broker/answers.h"
#include "proto/base/clock.h"
#include "proto/base/text.h"
#include "proto/wire/code.h"

#include <stdio.h>
#include <string.h>

enum { ARENA_MAX_BYTES = 64 * 1024 * 1024, ANSWER_MAX_BYTES = 4 * 1024 * 1024, LIST_MAX = 10000 };

void questions_init(struct questions *questions)
{
    arena_init(&questions->arena, ARENA_MAX_BYTES);
    buffer_init(&questions->scratch, ANSWER_MAX_BYTES);
}

void questions_fini(struct questions *questions)
{
    arena_fini(&questions->arena);
    buffer_fini(&questions->scratch);
}

void questions_refuse(struct questions *questions, const struct client_address *client, uint64_t id,
                      enum err err, const char *text)
{
    Songhua__V1__Reply reply = SONGHUA__V1__REPLY__INIT;
    reply.id = id;
    reply.code = code_from_err(err);
    reply.message = text_unconst(text && *text ? text : err_text(err));
    reply_send(questions->socket, client, &reply, NULL, &questions->scratch);
}

static bool may_read(struct questions *questions, const char *user, const char *stream)
{
    char why[ACCESS_WHY_BYTES];
    struct access_regions regions;
    const struct access_request request = {.user = user, .stream = stream};
    return !access_may_read(questions->access, &request, &regions, why);
}

/* --- streams ---------------------------------------------------------------------------------- */

static enum err fill_streams(struct questions *questions, const char *user,
                             Songhua__V1__StreamList *list)
{
    list->streams = arena_take(&questions->arena, JOURNAL_MAX_STREAMS * sizeof *list->streams);
    if (!list->streams)
        return ERR_NOMEM;
    for (size_t i = 0; questions->streams[i]; i++) {
        struct stream_bounds bounds;
        if (!may_read(questions, user, questions->streams[i]))
            continue;
        enum err err = journal_bounds(questions->journal, questions->streams[i], &bounds);
        Songhua__V1__Stream *stream = arena_take(&questions->arena, sizeof *stream);
        if (err || !stream)
            return err ? err : ERR_NOMEM;
        songhua__v1__stream__init(stream);
        stream->name = text_unconst(questions->streams[i]);
        stream->first = bounds.first;
        stream->last = bounds.last;
        stream->first_ms = bounds.first_ms;
        stream->last_ms = bounds.last_ms;
        stream->events = bounds.events;
        stream->bytes = bounds.bytes;
        list->streams[list->n_streams++] = stream;
    }
    return ERR_OK;
}

/* --- positions and producers ------------------------------------------------------------------ */

struct listing {
    struct questions *questions;
    const char *user, *stream, *consumer; /* filters; "" is all */
    Songhua__V1__PositionList *positions;
    Songhua__V1__ProducerList *producers;
    enum err err;
};

static bool is_listed(const struct listing *listing, const char *stream)
{
    return (!*listing->stream || !strcmp(listing->stream, stream)) &&
           may_read(listing->questions, listing->user, stream);
}

static bool add_position(void *context, const char *stream, const char *consumer,
                         const struct position *position)
{
    struct listing *listing = context;
    struct arena *arena = &listing->questions->arena;
    if (!is_listed(listing, stream) || (*listing->consumer && strcmp(listing->consumer, consumer)))
        return true;
    Songhua__V1__Position *item = arena_take(arena, sizeof *item);
    char *names[] = {arena_text(arena, stream), arena_text(arena, consumer)};
    if (!item || !names[0] || !names[1]) {
        listing->err = ERR_NOMEM;
        return false;
    }
    songhua__v1__position__init(item);
    item->stream = names[0];
    item->consumer = names[1];
    item->position = position->position;
    item->saved_ms = position->saved_ms;
    listing->positions->positions[listing->positions->n_positions++] = item;
    return listing->positions->n_positions < LIST_MAX;
}

static bool add_producer(void *context, const char *stream, const char *producer,
                         const struct producer_state *state)
{
    struct listing *listing = context;
    struct arena *arena = &listing->questions->arena;
    if (!is_listed(listing, stream))
        return true;
    Songhua__V1__Producer *item = arena_take(arena, sizeof *item);
    unsigned char *digest = arena_take(arena, DIGEST_BYTES);
    char *names[] = {arena_text(arena, stream), arena_text(arena, producer)};
    if (!item || !digest || !names[0] || !names[1]) {
        listing->err = ERR_NOMEM;
        return false;
    }
    songhua__v1__producer__init(item);
    item->stream = names[0];
    item->producer = names[1];
    item->epoch = state->epoch;
    item->sequence = state->sequence;
    item->digest.len = DIGEST_BYTES;
    item->digest.data = memcpy(digest, state->digest, DIGEST_BYTES);
    item->record = state->record;
    item->stored_ms = state->stored_ms;
    listing->producers->producers[listing->producers->n_producers++] = item;
    return listing->producers->n_producers < LIST_MAX;
}

static enum err fill_positions(struct listing *listing)
{
    struct questions *questions = listing->questions;
    listing->positions->positions = arena_take(&questions->arena, LIST_MAX * sizeof(void *));
    if (!listing->positions->positions)
        return ERR_NOMEM;
    enum err err = journal_positions(questions->journal, add_position, listing);
    return err ? err : listing->err;
}

static enum err fill_producers(struct listing *listing)
{
    struct questions *questions = listing->questions;
    listing->producers->producers = arena_take(&questions->arena, LIST_MAX * sizeof(void *));
    if (!listing->producers->producers)
        return ERR_NOMEM;
    enum err err = journal_producers(questions->journal, add_producer, listing);
    return err ? err : listing->err;
}

/* --- status ----------------------------------------------------------------------------------- */

static enum err fill_status(struct questions *questions, char id[2 * JOURNAL_ID_BYTES + 1],
                            Songhua__V1__Status *status)
{
    struct journal_stats stats;
    enum err err = journal_stats(questions->journal, &stats);
    if (err)
        return err;
    text_from_bytes(journal_id(questions->journal), JOURNAL_ID_BYTES, id);
    status->broker_id = id;
    status->software = text_unconst(questions->software);
    status->started_ms = questions->started_ms;
    status->time_ms = clock_realtime_ms();
    status->journal_bytes = stats.used_bytes;
    status->journal_limit = stats.limit_bytes;
    status->readers = stats.readers;
    return ERR_OK;
}

void questions_answer(struct questions *questions, const struct client_address *client,
                      const char *user, const Songhua__V1__Request *request)
{
    Songhua__V1__Reply reply = SONGHUA__V1__REPLY__INIT;
    Songhua__V1__StreamList streams = SONGHUA__V1__STREAM_LIST__INIT;
    Songhua__V1__PositionList positions = SONGHUA__V1__POSITION_LIST__INIT;
    Songhua__V1__ProducerList producers = SONGHUA__V1__PRODUCER_LIST__INIT;
    Songhua__V1__Status status = SONGHUA__V1__STATUS__INIT;
    char id[2 * JOURNAL_ID_BYTES + 1];
    struct listing listing = {.questions = questions,
                              .user = user,
                              .stream = "",
                              .consumer = "",
                              .positions = &positions,
                              .producers = &producers};
    enum err err;
    arena_reset(&questions->arena);
    switch (request->body_case) {
    case SONGHUA__V1__REQUEST__BODY_LIST_STREAMS:
        err = fill_streams(questions, user, &streams);
        reply.body_case = SONGHUA__V1__REPLY__BODY_STREAMS;
        reply.streams = &streams;
        break;
    case SONGHUA__V1__REQUEST__BODY_LIST_POSITIONS:
        listing.stream = request->list_positions->stream;
        listing.consumer = request->list_positions->consumer;
        err = fill_positions(&listing);
        reply.body_case = SONGHUA__V1__REPLY__BODY_POSITIONS;
        reply.positions = &positions;
        break;
    case SONGHUA__V1__REQUEST__BODY_LIST_PRODUCERS:
        listing.stream = request->list_producers->stream;
        err = fill_producers(&listing);
        reply.body_case = SONGHUA__V1__REPLY__BODY_PRODUCERS;
        reply.producers = &producers;
        break;
    default:
        err = fill_status(questions, id, &status);
        reply.body_case = SONGHUA__V1__REPLY__BODY_STATUS;
        reply.status = &status;
        break;
    }
    reply.id = request->id;
    if (err)
        questions_refuse(questions, client, request->id, err, NULL);
    else
        reply_send(questions->socket, client, &reply, NULL, &questions->scratch);
}
