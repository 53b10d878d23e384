#include "broker/commands.h"

#include "broker/question.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/cli/table.h"
#include "proto/wire/digest.h"

#include <stddef.h>
#include <stdio.h>

/* ASK_OPTIONS names a member; these commands have nothing beside it. */
struct only {
    struct ask_settings ask;
};
const struct option broker_ask_options[] = {ASK_OPTIONS(struct only, ask), {0}};

enum { LINE_MAX_BYTES = 65536 };

typedef enum err print_reply(const Songhua__V1__Reply *reply);

/* Ask one question and show the reply. */
static enum err show(const struct invocation *invocation, Songhua__V1__Request__BodyCase what,
                     print_reply *print, print_reply *print_json)
{
    const struct ask_settings *settings = invocation->settings;
    struct question *question;
    Songhua__V1__Reply *reply = NULL;
    enum err err = question_open(invocation, settings, &question);
    if (!err)
        err = question_ask(question, what, &reply);
    if (!err) {
        err = (settings->is_json ? print_json : print)(reply);
        if (err)
            command_fail(invocation, err, "standard output");
    }
    songhua__v1__reply__free_unpacked(reply, NULL);
    question_close(&question);
    return err;
}

/* --- streams ---------------------------------------------------------------------------------- */

static enum err print_streams(const Songhua__V1__Reply *reply)
{
    const Songhua__V1__StreamList *list = reply->streams;
    static const struct table_column columns[] = {{"stream", false},
                                                  {"first", true},
                                                  {"last", true},
                                                  {"events", true},
                                                  {"bytes", true},
                                                  {"newest", false},
                                                  {0}};
    struct table *table;
    enum err err = table_new(columns, &table);
    if (err)
        return err;
    for (size_t i = 0; i < list->n_streams; i++) {
        const Songhua__V1__Stream *stream = list->streams[i];
        char newest[TEXT_TIME_BYTES] = "";
        if (stream->last_ms)
            text_format_time(stream->last_ms, false, newest);
        table_cell(table, stream->name);
        table_cell_format(table, "%llu", (unsigned long long)stream->first);
        table_cell_format(table, "%llu", (unsigned long long)stream->last);
        table_cell_format(table, "%llu", (unsigned long long)stream->events);
        table_cell_format(table, "%llu", (unsigned long long)stream->bytes);
        table_cell(table, newest);
    }
    err = table_print(table);
    table_free(table);
    return err;
}

static enum err print_streams_json(const Songhua__V1__Reply *reply)
{
    const Songhua__V1__StreamList *list = reply->streams;
    struct buffer line;
    enum err err = ERR_OK;
    buffer_init(&line, LINE_MAX_BYTES);
    for (size_t i = 0; i < list->n_streams && !err; i++) {
        const Songhua__V1__Stream *stream = list->streams[i];
        struct json json = json_start(&line);
        json_open(&json, NULL, '{');
        json_text(&json, "stream", stream->name);
        json_u64(&json, "first", stream->first);
        json_u64(&json, "last", stream->last);
        json_u64(&json, "first_ms", stream->first_ms);
        json_u64(&json, "last_ms", stream->last_ms);
        json_u64(&json, "events", stream->events);
        json_u64(&json, "bytes", stream->bytes);
        json_close(&json, '}');
        err = json_print(&json, stdout);
    }
    buffer_fini(&line);
    return err;
}

enum err broker_streams(const struct invocation *invocation)
{
    return show(invocation, SONGHUA__V1__REQUEST__BODY_LIST_STREAMS, print_streams,
                print_streams_json);
}

/* --- producers -------------------------------------------------------------------------------- */

static enum err print_producers(const Songhua__V1__Reply *reply)
{
    const Songhua__V1__ProducerList *list = reply->producers;
    static const struct table_column columns[] = {
        {"stream", false}, {"producer", false},    {"epoch", true},       {"sequence", true},
        {"record", true},  {"last stored", false}, {"chain head", false}, {0}};
    struct table *table;
    enum err err = table_new(columns, &table);
    if (err)
        return err;
    for (size_t i = 0; i < list->n_producers; i++) {
        const Songhua__V1__Producer *producer = list->producers[i];
        char stored[TEXT_TIME_BYTES], head[17];
        text_format_time(producer->stored_ms, false, stored);
        text_from_bytes(producer->digest.data, producer->digest.len < 8 ? 0 : 8, head);
        table_cell(table, producer->stream);
        table_cell(table, producer->producer);
        table_cell_format(table, "%llu", (unsigned long long)producer->epoch);
        table_cell_format(table, "%llu", (unsigned long long)producer->sequence);
        table_cell_format(table, "%llu", (unsigned long long)producer->record);
        table_cell(table, stored);
        table_cell(table, head);
    }
    err = table_print(table);
    table_free(table);
    return err;
}

static enum err print_producers_json(const Songhua__V1__Reply *reply)
{
    const Songhua__V1__ProducerList *list = reply->producers;
    struct buffer line;
    enum err err = ERR_OK;
    buffer_init(&line, LINE_MAX_BYTES);
    for (size_t i = 0; i < list->n_producers && !err; i++) {
        const Songhua__V1__Producer *producer = list->producers[i];
        char head[2 * DIGEST_BYTES + 1];
        struct json json = json_start(&line);
        text_from_bytes(producer->digest.data,
                        producer->digest.len == DIGEST_BYTES ? DIGEST_BYTES : 0, head);
        json_open(&json, NULL, '{');
        json_text(&json, "stream", producer->stream);
        json_text(&json, "producer", producer->producer);
        json_u64(&json, "epoch", producer->epoch);
        json_u64(&json, "sequence", producer->sequence);
        json_u64(&json, "record", producer->record);
        json_u64(&json, "stored_ms", producer->stored_ms);
        json_text(&json, "head", head);
        json_close(&json, '}');
        err = json_print(&json, stdout);
    }
    buffer_fini(&line);
    return err;
}

enum err broker_producers(const struct invocation *invocation)
{
    return show(invocation, SONGHUA__V1__REQUEST__BODY_LIST_PRODUCERS, print_producers,
                print_producers_json);
}

/* --- status ----------------------------------------------------------------------------------- */

static enum err print_status_json(const Songhua__V1__Reply *reply)
{
    const Songhua__V1__Status *status = reply->status;
    struct buffer line;
    buffer_init(&line, LINE_MAX_BYTES);
    struct json json = json_start(&line);
    json_open(&json, NULL, '{');
    json_text(&json, "broker_id", status->broker_id);
    json_text(&json, "software", status->software);
    json_u64(&json, "started_ms", status->started_ms);
    json_u64(&json, "time_ms", status->time_ms);
    json_u64(&json, "journal_bytes", status->journal_bytes);
    json_u64(&json, "journal_limit", status->journal_limit);
    json_u64(&json, "readers", status->readers);
    json_close(&json, '}');
    enum err err = json_print(&json, stdout);
    buffer_fini(&line);
    return err;
}

static enum err print_status(const Songhua__V1__Reply *reply)
{
    const Songhua__V1__Status *status = reply->status;
    char started[TEXT_TIME_BYTES];
    text_format_time(status->started_ms, false, started);
    double percent = status->journal_limit
                         ? 100 * (double)status->journal_bytes / (double)status->journal_limit
                         : 0;
    printf("%s, id %s, since %s\njournal %llu of %llu bytes (%.1f %%), %llu readers\n",
           status->software, status->broker_id, started, (unsigned long long)status->journal_bytes,
           (unsigned long long)status->journal_limit, percent, (unsigned long long)status->readers);
    return ERR_OK;
}

enum err broker_status(const struct invocation *invocation)
{
    return show(invocation, SONGHUA__V1__REQUEST__BODY_GET_STATUS, print_status, print_status_json);
}
