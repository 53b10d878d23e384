#include "consumers/alerts/alert_view.h"

#include "consumers/alerts/alert_list.h"
#include "consumers/evaluate/judgement.h"
#include "consumers/reader/event_json.h"
#include "consumers/reader/words.h"
#include "proto/base/text.h"

#include <stdio.h>

#define BODY(name)  SONGHUA__V1__EVENT__BODY_##name
#define HAS(number) (1u << (number))

static const char *color_of(const struct entry *entry)
{
    return alert_is_open(entry) ? "red" : NULL;
}

static void put_number(struct table *table, const Songhua__V1__Score *score,
                       enum judgement_number which, double number)
{
    char text[TEXT_NUMBER_BYTES];
    if (score && score->has & HAS(which))
        table_cell(table, text_format_number(number, 4, text));
    else
        table_cell(table, NULL);
}

/* --- the list --------------------------------------------------------------------------------- */

enum err view_list_new(struct table **out)
{
    static const struct table_column columns[] = {
        {"id"},
        {"state"},
        {"severity"},
        {"region", .drop = 6},
        {"name", .drop = 4}, /* the summary has it, as it has what follows */
        {"indicator", .drop = 1},
        {"target", .drop = 2},
        {"since", .drop = 3},
        {"value", true, .drop = 5},
        {"required now", true, .drop = 7},
        {"summary", .is_wrapped = true},
        {0}};
    return table_new(columns, out);
}

void view_list_row(struct table *table, const struct entry *entry)
{
    const Songhua__V1__Alert *alert = entry->event->alert;
    const Songhua__V1__Score *score = alert->score;
    table_cell(table, alert->id);
    table_cell_color(table, word_of_alert_state(alert->state).zh, color_of(entry));
    table_cell(table, word_of_severity(alert->severity).zh);
    table_cell_format(table, "%06u", entry->region);
    table_cell(table, word_of_place(entry->region, entry->event).zh);
    table_cell(table, alert->indicator);
    table_cell(table, alert->target);
    table_cell(table, alert->since_period);
    put_number(table, score, NUMBER_VALUE, score ? score->value : 0);
    put_number(table, score, NUMBER_REQUIRED_NOW, score ? score->required_now : 0);
    table_cell(table, alert->summary_zh);
}

/* --- one line --------------------------------------------------------------------------------- */

static int print_alert(const Songhua__V1__Alert *alert, const struct entry *entry, const char *when)
{
    return printf("%s  %s %s  %06u %s  %s%s%s  %s  [%s]\n", when,
                  word_of_alert_state(alert->state).zh, word_of_severity(alert->severity).zh,
                  entry->region, word_of_place(entry->region, entry->event).zh, alert->indicator,
                  *alert->target ? "/" : "", alert->target, alert->summary_zh, alert->id);
}

static int print_action(const Songhua__V1__AlertAction *action, const char *when)
{
    return printf("%s  %s  %s  %s  [%s]\n", when, word_of_action(action->kind).zh, action->by,
                  action->comment, action->alert_id);
}

enum err view_line(const struct entry *entry, bool is_utc)
{
    const Songhua__V1__Event *event = entry->event;
    char when[TEXT_TIME_BYTES];
    int size = 0;
    text_format_time(entry->stored_ms, is_utc, when);
    if (event->body_case == BODY(ALERT))
        size = print_alert(event->alert, entry, when);
    else if (event->body_case == BODY(ALERT_ACTION))
        size = print_action(event->alert_action, when);
    return size < 0 || fflush(stdout) ? ERR_IO : ERR_OK;
}

/* --- one alert -------------------------------------------------------------------------------- */

enum err view_head(const struct entry *entry, bool is_utc)
{
    const Songhua__V1__Alert *alert = entry->event->alert;
    const struct word region = word_of_place(entry->region, entry->event);
    char since[TEXT_TIME_BYTES];
    text_format_time(alert->since_ms, is_utc, since);
    int size = printf(
        "预警 alert      %s\n地区 region     %06u %s %s\n指标 indicator  %s\n目标 target     "
        "%s\n规则 rule       %s\n状态 state      %s %s, %s %s\n起始 since      %s (%s)\n%s\n%s\n\n",
        alert->id, entry->region, region.zh, region.id, alert->indicator,
        *alert->target ? alert->target : "–", alert->rule, word_of_alert_state(alert->state).zh,
        word_of_alert_state(alert->state).id, word_of_severity(alert->severity).zh,
        word_of_severity(alert->severity).id, since, alert->since_period, alert->summary_zh,
        alert->summary_en);
    return size < 0 ? ERR_IO : ERR_OK;
}

enum err view_history_new(struct table **out)
{
    static const struct table_column columns[] = {{"event"},
                                                  {"stored"},
                                                  {"state"},
                                                  {"severity", .drop = 1},
                                                  {"judgement", .drop = 3},
                                                  {"period", .drop = 4},
                                                  {"value", true, .drop = 5},
                                                  {"required now", true, .drop = 6},
                                                  {"cause", .drop = 2},
                                                  {"words", .is_wrapped = true},
                                                  {0}};
    return table_new(columns, out);
}

static void put_alert(struct table *table, const struct entry *entry)
{
    const Songhua__V1__Alert *alert = entry->event->alert;
    const Songhua__V1__Score *score = alert->score;
    table_cell_color(table, word_of_alert_state(alert->state).zh, color_of(entry));
    table_cell(table, word_of_severity(alert->severity).zh);
    table_cell(table, score ? verdict_name_zh(score->judgement) : NULL);
    table_cell(table, score ? score->period : NULL);
    put_number(table, score, NUMBER_VALUE, score ? score->value : 0);
    put_number(table, score, NUMBER_REQUIRED_NOW, score ? score->required_now : 0);
    table_cell(table, alert->cause);
    table_cell(table, alert->summary_zh);
}

static void put_action(struct table *table, const Songhua__V1__AlertAction *action)
{
    table_cell(table, word_of_action(action->kind).zh);
    for (int i = 0; i < 6; i++)
        table_cell(table, NULL);
    table_cell_format(table, "%s: %s", action->by, action->comment);
}

void view_history_row(struct table *table, const struct entry *entry, bool is_utc)
{
    char when[TEXT_TIME_BYTES];
    text_format_time(entry->stored_ms, is_utc, when);
    table_cell_format(table, "%llu.%u", (unsigned long long)entry->sequence, entry->index);
    table_cell(table, when);
    if (entry->event->body_case == BODY(ALERT))
        put_alert(table, entry);
    else
        put_action(table, entry->event->alert_action);
}

/* --- for programs ----------------------------------------------------------------------------- */

enum err view_json(const struct entry *entry, bool is_utc)
{
    struct buffer line;
    buffer_init(&line, EVENT_JSON_MAX_BYTES);
    enum err err = event_json(entry, is_utc, &line);
    if (!err)
        err = buffer_write(&line, stdout);
    buffer_fini(&line);
    return err || !fflush(stdout) ? err : ERR_IO;
}
