#include "broker/commands.h"

#include "broker/question.h"
#include "proto/base/clock.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/cli/table.h"

#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(struct positions_settings, field)

const struct option broker_positions_options[] = {
    ASK_OPTIONS(struct positions_settings, ask),
    {"until-caught-up", 0, OPTION_DURATION, AT(until_ms), "TIME",
     "wait until the named consumers have finished what is stored; exit 75 when they have not"},
    {"delete", 0, OPTION_FLAG, AT(is_delete), NULL,
     "take the named consumers' positions away, so that they hold back no retention (roles operator, admin)"},
    {0},
};

enum { ASK_AGAIN_MS = 100, LINE_MAX_BYTES = 4096 };

/* One consumer's place in a stream. */
struct place {
    const Songhua__V1__Position *position;
    uint64_t last;
};

static uint64_t last_of(const Songhua__V1__StreamList *streams, const char *name)
{
    for (size_t i = 0; i < streams->n_streams; i++)
        if (!strcmp(streams->streams[i]->name, name))
            return streams->streams[i]->last;
    return 0;
}

static uint64_t lag_of(const struct place *place)
{
    uint64_t position = place->position->position;
    return place->last > position ? place->last - position : 0;
}

#define POSITIONS SONGHUA__V1__REQUEST__BODY_LIST_POSITIONS
#define STREAMS   SONGHUA__V1__REQUEST__BODY_LIST_STREAMS

/* --- showing ---------------------------------------------------------------------------------- */

static enum err print_json(const struct place *place)
{
    struct buffer line;
    buffer_init(&line, LINE_MAX_BYTES);
    struct json json = json_start(&line);
    json_open(&json, NULL, '{');
    json_text(&json, "stream", place->position->stream);
    json_text(&json, "consumer", place->position->consumer);
    json_u64(&json, "position", place->position->position);
    json_u64(&json, "last", place->last);
    json_u64(&json, "lag", lag_of(place));
    json_u64(&json, "saved_ms", place->position->saved_ms);
    json_close(&json, '}');
    enum err err = json_print(&json, stdout);
    buffer_fini(&line);
    return err;
}

static void add_age(struct table *table, uint64_t saved_ms)
{
    enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };
    uint64_t now_ms = clock_realtime_ms();
    uint64_t age_ms = now_ms > saved_ms ? now_ms - saved_ms : 0;
    if (age_ms >= DAY_MS)
        table_cell_format(table, "%" PRIu64 "d", age_ms / DAY_MS);
    else if (age_ms >= HOUR_MS)
        table_cell_format(table, "%" PRIu64 "h", age_ms / HOUR_MS);
    else
        table_cell_format(table, "%" PRIu64 "m", age_ms / MINUTE_MS);
}

static void add_row(struct table *table, const struct place *place)
{
    char saved[TEXT_TIME_BYTES];
    text_format_time(place->position->saved_ms, false, saved);
    table_cell(table, place->position->stream);
    table_cell(table, place->position->consumer);
    table_cell_format(table, "%llu", (unsigned long long)place->position->position);
    table_cell_format(table, "%llu", (unsigned long long)place->last);
    table_cell_format(table, "%llu", (unsigned long long)lag_of(place));
    table_cell(table, saved);
    add_age(table, place->position->saved_ms);
}

static enum err show(const Songhua__V1__PositionList *list, const Songhua__V1__StreamList *streams,
                     bool is_json)
{
    static const struct table_column columns[] = {
        {"stream", false}, {"consumer", false}, {"position", true}, {"newest", true},
        {"lag", true},     {"saved", false},    {"age", true},      {0}};
    struct table *table;
    enum err err = table_new(columns, &table);
    if (err)
        return err;
    for (size_t i = 0; i < list->n_positions && !err; i++) {
        const struct place place = {list->positions[i],
                                    last_of(streams, list->positions[i]->stream)};
        if (is_json)
            err = print_json(&place);
        else
            add_row(table, &place);
    }
    if (!err && !is_json)
        err = table_print(table);
    table_free(table);
    return err;
}

/* --- waiting ---------------------------------------------------------------------------------- */

static bool is_caught_up(const Songhua__V1__PositionList *list,
                         const Songhua__V1__StreamList *streams, const char *consumer)
{
    for (size_t i = 0; i < list->n_positions; i++) {
        const struct place place = {list->positions[i],
                                    last_of(streams, list->positions[i]->stream)};
        if (!strcmp(list->positions[i]->consumer, consumer))
            return !lag_of(&place);
    }
    return false;
}

static bool are_caught_up(const struct invocation *invocation,
                          const Songhua__V1__PositionList *list,
                          const Songhua__V1__StreamList *streams)
{
    for (size_t i = 0; i < invocation->operand_count; i++)
        if (!is_caught_up(list, streams, invocation->operands[i]))
            return false;
    return true;
}

/* --- taking away ------------------------------------------------------------------------------ */

/* What the consumer has in all streams. Errors  ERR_NOT_FOUND, ERR_CONFLICT: said. */
static enum err delete_all(const struct invocation *invocation, struct question *question,
                           const Songhua__V1__PositionList *list, const char *consumer)
{
    enum err err = ERR_OK;
    bool is_known = false;
    for (size_t i = 0; i < list->n_positions && !err; i++) {
        const Songhua__V1__Position *position = list->positions[i];
        if (strcmp(position->consumer, consumer) != 0)
            continue;
        is_known = true;
        err = question_delete(question, position);
        if (!err)
            fprintf(stderr,
                    "%s: %s 在 %s 的位置 %" PRIu64 " 已删除 / position %" PRIu64
                    " of %s in %s taken away\n",
                    invocation->program, consumer, position->stream, position->position,
                    position->position, consumer, position->stream);
        else if (err == ERR_CONFLICT)
            command_fail(invocation, err, "%s is alive: its position in %s has moved meanwhile",
                         consumer, position->stream);
    }
    return is_known ? err
                    : command_fail(invocation, ERR_NOT_FOUND, "no position of %s; see %s positions",
                                   consumer, invocation->program);
}

static enum err delete_positions(const struct invocation *invocation)
{
    const struct positions_settings *settings = invocation->settings;
    struct question *question;
    Songhua__V1__Reply *positions = NULL;
    if (!invocation->operand_count)
        return command_fail(invocation, ERR_USAGE, "--delete needs the name of a consumer");
    enum err err = question_open(invocation, &settings->ask, &question);
    if (!err)
        err = question_ask(question, POSITIONS, &positions);
    for (size_t i = 0; i < invocation->operand_count && !err; i++)
        err = delete_all(invocation, question, positions->positions, invocation->operands[i]);
    songhua__v1__reply__free_unpacked(positions, NULL);
    question_close(&question);
    return err;
}

/* --- the command ------------------------------------------------------------------------------ */

enum err broker_positions(const struct invocation *invocation)
{
    const struct positions_settings *settings = invocation->settings;
    if (settings->is_delete)
        return delete_positions(invocation);
    uint64_t end_us = clock_monotonic_us() + settings->until_ms * 1000;
    struct question *question;
    bool is_done = false;
    enum err err = question_open(invocation, &settings->ask, &question);
    while (!err && !is_done) {
        Songhua__V1__Reply *positions = NULL, *streams = NULL;
        /* Positions first: a stream that grows in between only makes the answer more careful. */
        err = question_ask(question, POSITIONS, &positions);
        if (!err)
            err = question_ask(question, STREAMS, &streams);
        bool is_late = clock_monotonic_us() >= end_us;
        is_done =
            !err && (is_late || are_caught_up(invocation, positions->positions, streams->streams));
        if (!err && is_done)
            err = show(positions->positions, streams->streams, settings->ask.is_json);
        if (!err && is_done && settings->until_ms &&
            !are_caught_up(invocation, positions->positions, streams->streams))
            err = ERR_TIMEOUT;
        songhua__v1__reply__free_unpacked(positions, NULL);
        songhua__v1__reply__free_unpacked(streams, NULL);
        if (!err && !is_done)
            poll(NULL, 0, ASK_AGAIN_MS);
    }
    question_close(&question);
    return err;
}
