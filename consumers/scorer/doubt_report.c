#include "consumers/scorer/doubt_report.h"

#include "consumers/reader/words.h"
#include "proto/base/json.h"
#include "proto/cli/table.h"
#include "proto/event/event.h"

#include <stdio.h>

enum { OUT_MAX_BYTES = 64 * 1024 };

static const struct table_column columns[] = {
    {"indicator"}, {"region"}, {"doubt", .drop = 1}, {"what", .is_wrapped = true}, {0}};

struct printing {
    const struct framework *framework;
    struct table *table;
    struct buffer buffer;
    size_t count;
};

static enum err take_row(void *context, const struct doubt *doubt)
{
    struct printing *printing = context;
    const struct doubt_place *place = &doubt->place;
    const struct word kind = word_of_doubt(doubt->kind);
    buffer_clear(&printing->buffer);
    enum err err = doubt_text(doubt, true, &printing->buffer);
    if (err != ERR_OK)
        return err;
    table_cell(printing->table, place->indicator->id);
    table_cell_format(printing->table, "%06u %s", place->region,
                      framework_region_name(printing->framework, place->region).zh);
    table_cell_format(printing->table, "%s %s%s", kind.id, kind.zh,
                      doubt->is_answered ? "（已核实）" : "");
    table_cell(printing->table, buffer_text(&printing->buffer));
    printing->count++;
    return ERR_OK;
}

enum err doubts_print_table(const struct evaluation *evaluation, struct as_of as_of)
{
    struct printing printing = {.framework = evaluation_framework(evaluation, as_of)};
    buffer_init(&printing.buffer, DOUBT_TEXT_MAX_BYTES);
    enum err err = table_new(columns, &printing.table);
    if (err == ERR_OK)
        err = doubts_all(evaluation, as_of, take_row, &printing);
    if (err == ERR_OK && printing.count > 0) {
        printf("\n存疑数据 Doubts: %zu\n", printing.count);
        err = table_print(printing.table);
    }
    table_free(printing.table);
    buffer_fini(&printing.buffer);
    return err;
}

/* --- JSON --------------------------------------------------------------------------------------- */

static void write_place(struct json *json, const struct doubt *doubt)
{
    const struct doubt_place *place = &doubt->place;
    char region[REGION_CODE_BYTES], period[PERIOD_TEXT_BYTES];
    region_format(place->region, region);
    period_format(place->period, period);
    json_text(json, "doubt", word_of_doubt(doubt->kind).id);
    json_text(json, "indicator", place->indicator->id);
    json_text(json, "definition", place->definition != NULL ? place->definition->id : "");
    json_text(json, "region", region);
    json_text(json, "period", period);
    json_bool(json, "answered", doubt->is_answered);
    json_text(json, "unit", place->indicator->unit);
    json_text(json, "identity", doubt->identity != NULL ? doubt->identity->id : "");
    if (doubt->other_period.is_set) {
        period_format(doubt->other_period.period, period);
        json_text(json, "other_period", period);
    }
}

static enum err write_text(struct json *json, const struct doubt *doubt, bool is_zh)
{
    struct buffer text;
    buffer_init(&text, DOUBT_TEXT_MAX_BYTES);
    enum err err = doubt_text(doubt, is_zh, &text);
    if (err == ERR_OK)
        json_text(json, is_zh ? "text_zh" : "text_en", buffer_text(&text));
    buffer_fini(&text);
    return err;
}

static enum err take_object(void *context, const struct doubt *doubt)
{
    struct printing *printing = context;
    struct json json = json_start(&printing->buffer);
    json_open(&json, NULL, '{');
    write_place(&json, doubt);
    json_double(&json, "value", doubt->value);
    json_double(&json, "expected", doubt->expected);
    json_double(&json, "measure", doubt->measure);
    json_double(&json, "limit", doubt->limit);
    enum err err = write_text(&json, doubt, true);
    if (err == ERR_OK)
        err = write_text(&json, doubt, false);
    json_open(&json, "evidence", '[');
    for (size_t i = 0; i < doubt->evidence_count; i++) {
        char address[EVENT_ADDRESS_BYTES];
        event_address_format(doubt->evidence[i].sequence, doubt->evidence[i].index, address);
        json_text(&json, NULL, address);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    return err == ERR_OK ? json_print(&json, stdout) : err;
}

enum err doubts_print_json(const struct evaluation *evaluation, struct as_of as_of)
{
    struct printing printing = {0};
    buffer_init(&printing.buffer, OUT_MAX_BYTES);
    enum err err = doubts_all(evaluation, as_of, take_object, &printing);
    buffer_fini(&printing.buffer);
    return err;
}
