#include "consumers/scorer/overdue_report.h"

#include "consumers/evaluate/calendar.h"
#include "proto/base/json.h"
#include "proto/cli/table.h"

#include <stdio.h>

enum { OUT_MAX_BYTES = 16 * 1024 };

static const struct table_column columns[] = {{"indicator"},
                                              {"name", .is_wrapped = true},
                                              {"region"},
                                              {"last"},
                                              {"missing", .drop = 1},
                                              {"due"},
                                              {"days late", true},
                                              {"periods", true, .drop = 2},
                                              {0}};

struct printing {
    const struct framework *framework;
    struct table *table; /* NULL: JSON */
    struct buffer buffer;
    size_t late, never;
};

static void missing_text(const struct late_report *late, char out[OVERDUE_TEXT_BYTES])
{
    const struct overdue_item item = {.part = late->part, .period = late->missing};
    overdue_format(&item, out);
}

static void period_text(const struct optional_period *period, char out[PERIOD_TEXT_BYTES])
{
    out[0] = '\0';
    if (period->is_set)
        period_format(period->period, out);
}

static void add_row(const struct printing *printing, const struct late_report *late)
{
    char last[PERIOD_TEXT_BYTES], missing[OVERDUE_TEXT_BYTES], due[DATE_TEXT_BYTES];
    struct table *table = printing->table;
    period_text(&late->last, last);
    missing_text(late, missing);
    date_format(date_of(late->due_ms - 1), due);
    table_cell(table, late->indicator->id);
    table_cell(table, late->indicator->name.zh);
    table_cell_format(table, "%06u %s", late->region,
                      framework_region_name(printing->framework, late->region).zh);
    table_cell(table, last[0] != '\0' ? last : "从未填报 never");
    table_cell(table, missing);
    table_cell(table, due);
    table_cell_format(table, "%u", late->days);
    table_cell_format(table, "%u", late->periods);
}

static enum err print_object(struct printing *printing, const struct late_report *late)
{
    char region[REGION_CODE_BYTES], last[PERIOD_TEXT_BYTES], missing[OVERDUE_TEXT_BYTES];
    char due[DATE_TEXT_BYTES];
    struct json json = json_start(&printing->buffer);
    region_format(late->region, region);
    period_text(&late->last, last);
    missing_text(late, missing);
    date_format(date_of(late->due_ms - 1), due);
    json_open(&json, NULL, '{');
    json_text(&json, "indicator", late->indicator->id);
    json_text(&json, "region", region);
    json_bool(&json, "never_reported", !late->last.is_set);
    json_text(&json, "last", last);
    json_text(&json, "missing", missing);
    json_text(&json, "due", due);
    json_u64(&json, "days_late", late->days);
    json_u64(&json, "periods", late->periods);
    json_close(&json, '}');
    return json_print(&json, stdout);
}

static enum err take(void *context, const struct late_report *late)
{
    struct printing *printing = context;
    printing->late++;
    printing->never += late->last.is_set ? 0 : 1;
    if (printing->table == NULL)
        return print_object(printing, late);
    add_row(printing, late);
    return ERR_OK;
}

enum err overdue_print(const struct evaluation *evaluation, struct as_of as_of, bool is_json)
{
    struct printing printing = {.framework = evaluation_framework(evaluation, as_of)};
    buffer_init(&printing.buffer, OUT_MAX_BYTES);
    enum err err = is_json ? ERR_OK : table_new(columns, &printing.table);
    if (err == ERR_OK)
        err = calendar_late(evaluation, as_of, take, &printing);
    if (err == ERR_OK && !is_json && printing.late > 0)
        err = table_print(printing.table);
    if (err == ERR_OK && !is_json)
        printf("逾期未报 %zu 项，其中从未填报 %zu 项 / %zu late, of which %zu never reported\n",
               printing.late, printing.never, printing.late, printing.never);
    table_free(printing.table);
    buffer_fini(&printing.buffer);
    return err;
}
