#include "consumers/scorer/judgement_report.h"

#include "consumers/evaluate/alert_call.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/event/event.h"

#include <stdio.h>

const struct table_column judgement_columns[] = {{"indicator"},
                                                 {"target"},
                                                 {"region"},
                                                 {"period"},
                                                 {"value", true},
                                                 {"judgement"},
                                                 {"ratio", true, .drop = 2},
                                                 {"points", true, .drop = 1},
                                                 {"required", true, .drop = 3},
                                                 {"gap", true, .drop = 4},
                                                 {"completion", true, .drop = 7},
                                                 {"time share", true, .drop = 8},
                                                 {"needed/year", true, .drop = 5},
                                                 {"growth/year", true, .drop = 6},
                                                 {"second look", .drop = 9},
                                                 {"why", .is_wrapped = true},
                                                 {0}};

static void number_cell(struct table *table, const struct judgement *judgement,
                        enum judgement_number number, const char *format, double factor)
{
    char text[40];
    if (!judgement_has(judgement, number)) {
        table_cell(table, NULL);
        return;
    }
    snprintf(text, sizeof text, format, judgement->numbers[number] * factor);
    table_cell(table, text);
}

/* In the figures' own unit, where a format of fixed decimals does not fit them all. */
static void quantity_cell(struct table *table, const struct judgement *judgement,
                          enum judgement_number number)
{
    char text[TEXT_NUMBER_BYTES];
    table_cell(table, judgement_has(judgement, number)
                          ? text_format_number(judgement->numbers[number], 6, text)
                          : NULL);
}

static void period_text(struct optional_period period, char out[PERIOD_TEXT_BYTES])
{
    out[0] = '\0';
    if (period.is_set)
        period_format(period.period, out);
}

static void value_text(const struct judgement *judgement, char out[DECIMAL_TEXT_BYTES])
{
    out[0] = '\0';
    if (judgement->value.is_set)
        decimal_format(judgement->value.value, out);
}

static void reason_cell(struct table *table, const struct judgement *judgement)
{
    bool has_days = judgement->reason == REASON_OVERDUE || judgement->overdue_total > 0 ||
                    judgement->reason == REASON_DONE_LATE;
    if (has_days)
        table_cell_format(table, "%s (%u d)", reason_text_zh(judgement->reason),
                          judgement->overdue_days);
    else
        table_cell(table, reason_text_zh(judgement->reason));
}

/* By the last three figures, and by the mean yearly change over the last six. */
static void second_look_cell(struct table *table, const struct judgement *judgement)
{
    bool has_recent = judgement->recent != SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
    bool has_both = has_recent && judgement->outlook != SONGHUA__V1__OUTLOOK__OUTLOOK_NONE;
    table_cell_format(table, "%s%s%s", has_recent ? verdict_name_zh(judgement->recent) : "",
                      has_both ? " " : "", outlook_name_zh(judgement->outlook));
}

void judgement_to_table(const struct framework *framework, const struct judgement *judgement,
                        struct table *table)
{
    char period[PERIOD_TEXT_BYTES], value[DECIMAL_TEXT_BYTES];
    period_text(judgement->period, period);
    value_text(judgement, value);
    table_cell(table, judgement->indicator->id);
    table_cell(table, judgement->target != NULL ? judgement->target->id : "");
    table_cell_format(table, "%06u %s", judgement->region,
                      framework_region_name(framework, judgement->region).zh);
    table_cell(table, period);
    table_cell(table, value);
    table_cell_format(table, "%s %s%s", verdict_name(judgement->verdict),
                      verdict_name_zh(judgement->verdict), judgement->is_provisional ? " *" : "");
    number_cell(table, judgement, NUMBER_RATIO, "%.3f", 1);
    number_cell(table, judgement, NUMBER_POINTS, "%.3f", 1);
    quantity_cell(table, judgement, NUMBER_REQUIRED_NOW);
    quantity_cell(table, judgement, NUMBER_GAP);
    number_cell(table, judgement, NUMBER_COMPLETION, "%.3f", 1);
    number_cell(table, judgement, NUMBER_TIME_SHARE, "%.3f", 1);
    number_cell(table, judgement, NUMBER_RATE_NEEDED, "%.1f%%", 100);
    number_cell(table, judgement, NUMBER_GROWTH, "%.1f%%", 100);
    second_look_cell(table, judgement);
    reason_cell(table, judgement);
}

/* --- JSON: the names are those of Score -------------------------------------------------------- */

static void write_numbers(struct json *json, const struct judgement *judgement)
{
    char digits[DECIMAL_TEXT_BYTES];
    value_text(judgement, digits);
    for (int i = 0; i < NUMBER_COUNT; i++) {
        if (!judgement_has(judgement, (enum judgement_number)i))
            continue;
        if (i == NUMBER_VALUE && judgement->value.is_set)
            json_number(json, number_name((enum judgement_number)i),
                        digits); /* as reported: 1.30 */
        else
            json_double(json, number_name((enum judgement_number)i), judgement->numbers[i]);
    }
}

static void write_period(struct json *json, const char *key, struct optional_period period)
{
    char text[PERIOD_TEXT_BYTES];
    period_text(period, text);
    if (period.is_set)
        json_text(json, key, text);
}

static void write_second_look(struct json *json, const struct judgement *judgement)
{
    if (judgement->recent != SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA)
        json_text(json, "recent_judgement", verdict_name(judgement->recent));
    write_period(json, "recent_since", judgement->recent_since);
    if (judgement->outlook != SONGHUA__V1__OUTLOOK__OUTLOOK_NONE)
        json_text(json, "outlook", outlook_name(judgement->outlook));
    write_period(json, "slope_since", judgement->slope_since);
}

static void write_evidence(struct json *json, const struct judgement *judgement)
{
    json_open(json, "evidence", '[');
    for (size_t i = 0; i < judgement->evidence_count; i++) {
        char address[EVENT_ADDRESS_BYTES];
        event_address_format(judgement->evidence[i].sequence, judgement->evidence[i].index,
                             address);
        json_text(json, NULL, address);
    }
    json_close(json, ']');
}

static void write_overdue(struct json *json, const struct judgement *judgement)
{
    if (judgement->overdue_total == 0)
        return;
    json_open(json, "overdue", '[');
    for (size_t i = 0; i < judgement->overdue_total && i < JUDGEMENT_MAX_OVERDUE; i++) {
        char text[OVERDUE_TEXT_BYTES];
        overdue_format(&judgement->overdue[i], text);
        json_text(json, NULL, text);
    }
    json_close(json, ']');
}

enum err judgement_to_json(const struct judgement *judgement, struct buffer *out)
{
    struct json json = json_start(out);
    char region[REGION_CODE_BYTES];
    region_format(judgement->region, region);
    json_open(&json, NULL, '{');
    json_text(&json, "indicator", judgement->indicator->id);
    json_text(&json, "target", judgement->target != NULL ? judgement->target->id : "");
    json_text(&json, "region", region);
    json_text(&json, "judgement", verdict_name(judgement->verdict));
    json_bool(&json, "provisional", judgement->is_provisional);
    json_text(&json, "reason", reason_id(judgement->reason));
    if (judgement->overdue_days > 0)
        json_u64(&json, "overdue_days", judgement->overdue_days);
    json_text(&json, "unit", judgement->indicator->unit);
    write_period(&json, "period", judgement->period);
    write_period(&json, "baseline_period", judgement->baseline_period);
    if (judgement->target != NULL)
        write_period(&json, "deadline", judgement->target->deadline);
    write_second_look(&json, judgement);
    write_numbers(&json, judgement);
    write_evidence(&json, judgement);
    write_overdue(&json, judgement);
    json_text(&json, "alert_call", alert_call_name(judgement->alert_call));
    if (judgement->alert_call)
        json_double(&json, "alert_threshold", judgement->alert_threshold);
    json_close(&json, '}');
    return json_end(&json);
}
