#include "proto/event/observation_csv.h"

#include "proto/base/buffer.h"
#include "proto/base/text.h"
#include "proto/event/observation_row.h"
#include "proto/event/text_lines.h"

#include <csv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_COLUMNS = 32, READ_BYTES = 64 * 1024, NO_COLUMN = -1 };

struct observation_csv {
    struct observation_csv_options options;
    struct diag *diag;
    observation_csv_visit *visit;
    void *context;
    struct text_lines *lines;
    struct csv_parser parser;

    int field_of[MAX_COLUMNS]; /* column of the header -> enum observation_field */
    size_t columns;            /* 0: the header has not come yet */
    char separator;            /* of columns; 0: likewise */

    struct buffer row;          /* the fields so far, each with its NUL */
    size_t start[MAX_COLUMNS];  /* of each field in `row` */
    size_t fields;              /* may be more than MAX_COLUMNS: those are counted only */
    size_t row_bytes;           /* fed to the parser since the row began */
    uint64_t line, row_line;    /* being read; where the row began */
    bool is_in_row;             /* a quoted field goes on over the line's end */
    enum finding field_finding; /* a field is too large */
    struct observation_csv_counts counts;
    enum err err; /* from inside libcsv's callbacks */
};

static void on_field(void *bytes, size_t size, void *context);
static void on_row(int end, void *context);
static text_line_visit take_line;

/* --- findings ----------------------------------------------------------------------------------- */

static uint64_t column_of(const struct observation_csv *csv, enum observation_field field)
{
    for (size_t i = 0; i < csv->columns; i++)
        if (csv->field_of[i] == (int)field)
            return i + 1;
    return 0;
}

static void report_issues(struct observation_csv *csv, const struct observation_issues *issues)
{
    for (size_t i = 0; i < issues->count; i++) {
        const struct observation_issue *issue = &issues->items[i];
        diag_add(csv->diag, csv->row_line, column_of(csv, issue->field),
                 finding_code(issue->finding), observation_field_name(issue->field), issue->value,
                 issue->zh, issue->en);
    }
}

/* --- the parser's state ------------------------------------------------------------------------- */

static enum err start_parser(struct observation_csv *csv)
{
    if (csv_init(&csv->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return ERR_NOMEM;
    if (csv->separator != 0)
        csv_set_delim(&csv->parser, (unsigned char)csv->separator);
    return ERR_OK;
}

static void clear_row(struct observation_csv *csv)
{
    buffer_clear(&csv->row);
    csv->fields = 0;
    csv->row_bytes = 0;
    csv->is_in_row = false;
    csv->field_finding = FINDING_NONE;
}

/* Count the row; ERR_ROWS when that is one too many. */
static enum err count_row(struct observation_csv *csv, bool is_good)
{
    if (csv->counts.rows == csv->options.max_rows) {
        char zh[80], en[80];
        snprintf(zh, sizeof zh, "最多 %llu 行", (unsigned long long)csv->options.max_rows);
        snprintf(en, sizeof en, "at most %llu rows", (unsigned long long)csv->options.max_rows);
        finding_add(csv->diag, csv->row_line, 0, FINDING_CSV_LIMIT, NULL, NULL, zh, en);
        return ERR_ROWS;
    }
    csv->counts.rows++;
    csv->counts.good += is_good ? 1 : 0;
    csv->counts.refused += is_good ? 0 : 1;
    return ERR_OK;
}

/* The row cannot be read: begin anew behind it. Without a header there is nothing to begin. */
static enum err abandon_row(struct observation_csv *csv)
{
    csv_free(&csv->parser);
    clear_row(csv);
    enum err err = start_parser(csv);
    if (err != ERR_OK)
        return err;
    return csv->columns == 0 ? ERR_ROWS : count_row(csv, false);
}

enum err observation_csv_new(const struct observation_csv_options *options, struct diag *diag,
                             observation_csv_visit *visit, void *context,
                             struct observation_csv **out)
{
    struct observation_csv *csv = calloc(1, sizeof *csv);
    if (csv == NULL)
        return ERR_NOMEM;
    csv->options = *options;
    if (csv->options.max_rows == 0)
        csv->options.max_rows = CSV_DEFAULT_MAX_ROWS;
    csv->diag = diag;
    csv->visit = visit;
    csv->context = context;
    buffer_init(&csv->row, CSV_ROW_MAX_BYTES + MAX_COLUMNS);
    enum err err = start_parser(csv);
    if (err == ERR_OK)
        err = text_lines_new(CSV_ROW_MAX_BYTES, take_line, csv, &csv->lines);
    if (err != ERR_OK) {
        observation_csv_free(csv);
        return err;
    }
    *out = csv;
    return ERR_OK;
}

void observation_csv_free(struct observation_csv *csv)
{
    if (csv == NULL)
        return;
    csv_free(&csv->parser);
    text_lines_free(csv->lines);
    buffer_fini(&csv->row);
    free(csv);
}

/* --- header ------------------------------------------------------------------------------------- */

static int field_named(const char *name)
{
    for (int field = 0; field < FIELD_COUNT; field++)
        if (strcasecmp(observation_field_name((enum observation_field)field), name) == 0 ||
            strcmp(observation_field_name_zh((enum observation_field)field), name) == 0)
            return field;
    return NO_COLUMN;
}

static void find_unknown_column(struct observation_csv *csv, size_t column, const char *name)
{
    char zh[120] = "", en[120] = "";
    size_t best = 4;
    for (int i = 0; i < FIELD_COUNT; i++) {
        const char *known = observation_field_name((enum observation_field)i);
        size_t distance = text_distance(known, name);
        bool is_part = strlen(name) >= 4 && strstr(known, name) != NULL;
        if (distance >= best && !is_part)
            continue;
        best = is_part ? 0 : distance;
        snprintf(zh, sizeof zh, "是否指 %s", known);
        snprintf(en, sizeof en, "did you mean %s", known);
    }
    if (strstr(name, "，") != NULL || strstr(name, "；") != NULL) {
        snprintf(zh, sizeof zh, "列之间是全角标点；请改用半角逗号 ,");
        snprintf(en, sizeof en, "full-width punctuation between columns; write a plain comma");
    }
    finding_add(csv->diag, csv->row_line, column + 1, FINDING_CSV_COLUMN, NULL, name, zh, en);
}

static void take_column(struct observation_csv *csv, size_t column, const char *name)
{
    int field = field_named(name);
    csv->field_of[column] = NO_COLUMN;
    if (field == NO_COLUMN)
        find_unknown_column(csv, column, name);
    else if (column_of(csv, (enum observation_field)field) != 0)
        finding_add(csv->diag, csv->row_line, column + 1, FINDING_CSV_HEADER,
                    observation_field_name((enum observation_field)field), name, "列名重复",
                    "the column is there twice");
    csv->field_of[column] = field;
    csv->columns = column + 1;
}

static enum err take_header(struct observation_csv *csv)
{
    size_t before = csv->diag->total;
    if (csv->fields > MAX_COLUMNS) {
        finding_add(csv->diag, csv->row_line, 0, FINDING_CSV_HEADER, NULL, NULL, "列数过多",
                    "too many columns");
        return ERR_ROWS;
    }
    for (size_t i = 0; i < csv->fields; i++)
        take_column(csv, i, (const char *)csv->row.data + csv->start[i]);
    for (int field = FIELD_INDICATOR; field <= FIELD_VALUE; field++) {
        char zh[60], en[60];
        const char *name = observation_field_name((enum observation_field)field);
        snprintf(zh, sizeof zh, "缺少列 %s（%s）",
                 observation_field_name_zh((enum observation_field)field), name);
        snprintf(en, sizeof en, "column %s is missing", name);
        if (column_of(csv, (enum observation_field)field) == 0)
            finding_add(csv->diag, csv->row_line, 0, FINDING_CSV_HEADER, name, NULL, zh, en);
    }
    return csv->diag->total == before ? ERR_OK : ERR_ROWS;
}

/* --- rows --------------------------------------------------------------------------------------- */

static bool is_blank_row(const struct observation_csv *csv)
{
    return csv->row.size == csv->fields; /* nothing but the fields' NULs */
}

/* A row with too few fields, and a full-width comma in one of them. */
static bool has_wide_comma(const struct observation_csv *csv)
{
    for (size_t i = 0; i < csv->fields && csv->fields < csv->columns; i++)
        if (strstr((const char *)csv->row.data + csv->start[i], "，"))
            return true;
    return false;
}

static enum err refuse_width(struct observation_csv *csv)
{
    char zh[120], en[160];
    bool is_wide = has_wide_comma(csv);
    snprintf(zh, sizeof zh, "该行 %zu 个字段，表头 %zu 个；%s", csv->fields, csv->columns,
             is_wide ? "行内有全角逗号，列之间请改用半角逗号 ," : "检查逗号和引号");
    snprintf(en, sizeof en, "%zu fields, the header has %zu; %s", csv->fields, csv->columns,
             is_wide ? "there is a full-width comma; write a plain one between columns"
                     : "check commas and quotes");
    finding_add(csv->diag, csv->row_line, 0, FINDING_CSV_WIDTH, NULL, NULL, zh, en);
    return count_row(csv, false);
}

static enum err refuse_field(struct observation_csv *csv)
{
    char zh[60], en[60];
    snprintf(zh, sizeof zh, "一个字段最多 %d 字节", CSV_FIELD_MAX_BYTES);
    snprintf(en, sizeof en, "a field has at most %d bytes", CSV_FIELD_MAX_BYTES);
    finding_add(csv->diag, csv->row_line, 0, csv->field_finding, NULL, NULL, zh, en);
    return count_row(csv, false);
}

static enum err take_observation(struct observation_csv *csv)
{
    struct observation_texts texts;
    struct observation_room room;
    struct observation_issues issues;
    Songhua__V1__Observation observation;
    uint32_t region;
    for (int i = 0; i < FIELD_COUNT; i++)
        texts.text[i] = "";
    for (size_t i = 0; i < csv->columns; i++)
        texts.text[csv->field_of[i]] = (const char *)csv->row.data + csv->start[i];
    observation_row_build(&texts, csv->options.framework, &room, &region, &observation, &issues);
    report_issues(csv, &issues);
    enum err err = count_row(csv, issues.count == 0);
    if (err != ERR_OK || issues.count > 0)
        return err;
    struct observation_row row = {csv->counts.rows, csv->row_line, region, &observation};
    return csv->visit(csv->context, &row);
}

static enum err take_row(struct observation_csv *csv)
{
    if (csv->field_finding != FINDING_NONE)
        return csv->columns == 0 ? ERR_ROWS : refuse_field(csv);
    if (is_blank_row(csv) && (csv->columns > 0 || csv->fields == 0))
        return ERR_OK;
    if (csv->columns == 0)
        return take_header(csv);
    if (csv->fields != csv->columns)
        return refuse_width(csv);
    return take_observation(csv);
}

/* libcsv keeps spaces inside quotes; people do not mean them. */
static void trim(const char **text, size_t *size)
{
    while (*size > 0 && strchr(" \t\r\n", **text) != NULL) {
        (*text)++;
        (*size)--;
    }
    while (*size > 0 && strchr(" \t\r\n", (*text)[*size - 1]) != NULL)
        (*size)--;
}

static void on_field(void *bytes, size_t size, void *context)
{
    struct observation_csv *csv = context;
    const char *text = bytes != NULL ? bytes : "";
    size_t column = csv->fields++;
    trim(&text, &size);
    if (size > CSV_FIELD_MAX_BYTES)
        csv->field_finding = FINDING_CSV_LIMIT;
    if (column >= MAX_COLUMNS || size > CSV_FIELD_MAX_BYTES || csv->err != ERR_OK)
        return;
    csv->start[column] = csv->row.size;
    csv->err = buffer_append(&csv->row, text, size);
    if (csv->err == ERR_OK)
        csv->err = buffer_append(&csv->row, "", 1);
}

static void on_row(int end, void *context)
{
    struct observation_csv *csv = context;
    (void)end;
    if (csv->err == ERR_OK)
        csv->err = take_row(csv);
    clear_row(csv);
}

/* --- lines -------------------------------------------------------------------------------------- */

static bool is_blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (strchr(" \t\r\n", text[i]) == NULL)
            return false;
    return true;
}

static enum err refuse_line(struct observation_csv *csv, enum finding finding)
{
    char zh[60] = "", en[60] = "";
    if (finding == FINDING_CSV_LIMIT) {
        snprintf(zh, sizeof zh, "一行最多 %d 字节", CSV_ROW_MAX_BYTES);
        snprintf(en, sizeof en, "a line has at most %d bytes", CSV_ROW_MAX_BYTES);
    }
    finding_add(csv->diag, csv->line, 0, finding, NULL, NULL, zh, en);
    return finding == FINDING_CSV_NUL || finding == FINDING_CSV_UTF16 ? ERR_ROWS : abandon_row(csv);
}

/* A quote that is never closed swallows the rest of the file: say where it began, and stop. */
static enum err refuse_open_quote(struct observation_csv *csv)
{
    finding_add(csv->diag, csv->row_line, csv->fields + 1, FINDING_CSV_QUOTES, NULL, NULL,
                "该行的引号没有结束", "a quote that begins in this row is never closed");
    return ERR_ROWS;
}

static enum err refuse_quotes(struct observation_csv *csv)
{
    finding_add(csv->diag, csv->row_line, csv->fields + 1, FINDING_CSV_QUOTES, NULL, NULL, "", "");
    return abandon_row(csv);
}

static enum err take_line(void *context, uint64_t line, const char *text, size_t size,
                          enum finding finding)
{
    struct observation_csv *csv = context;
    csv->line = line;
    if (!csv->is_in_row && finding == FINDING_NONE && is_blank(text, size))
        return ERR_OK;
    if (!csv->is_in_row)
        csv->row_line = line;
    if (finding != FINDING_NONE)
        return refuse_line(csv, finding);
    if (csv->separator == 0) {
        csv->separator = text_lines_separator(text, size);
        csv_set_delim(&csv->parser, (unsigned char)csv->separator);
    }
    csv->row_bytes += size;
    if (csv->row_bytes > CSV_ROW_MAX_BYTES)
        return refuse_open_quote(csv);
    csv->is_in_row = true; /* on_row() says when it is not any more */
    size_t parsed = csv_parse(&csv->parser, text, size, on_field, on_row, csv);
    if (csv->err != ERR_OK)
        return csv->err;
    if (parsed == size)
        return ERR_OK;
    return csv_error(&csv->parser) == CSV_EPARSE ? refuse_quotes(csv) : ERR_NOMEM;
}

enum err observation_csv_feed(struct observation_csv *csv, const void *bytes, size_t size)
{
    return text_lines_feed(csv->lines, bytes, size);
}

static enum err finish_row(struct observation_csv *csv)
{
    if (csv_fini(&csv->parser, on_field, on_row, csv) == 0)
        return csv->err;
    return csv_error(&csv->parser) == CSV_EPARSE ? refuse_open_quote(csv) : ERR_NOMEM;
}

enum err observation_csv_finish(struct observation_csv *csv)
{
    enum err err = text_lines_finish(csv->lines);
    if (err == ERR_OK)
        err = finish_row(csv);
    if (err != ERR_OK)
        return err;
    if (csv->columns == 0)
        finding_add(csv->diag, 1, 0, FINDING_CSV_HEADER, NULL, NULL, "文件为空",
                    "the file is empty");
    else if (csv->counts.rows == 0)
        finding_add(csv->diag, csv->line, 0, FINDING_CSV_EMPTY, NULL, NULL, "", "");
    return csv->counts.rows > 0 && csv->counts.refused == 0 ? ERR_OK : ERR_ROWS;
}

struct observation_csv_counts observation_csv_counts(const struct observation_csv *csv)
{
    return csv->counts;
}

uint64_t observation_csv_column(const struct observation_csv *csv, enum observation_field field)
{
    return column_of(csv, field);
}

enum err observation_csv_read(const void *bytes, size_t size, const struct framework *framework,
                              struct diag *diag, observation_csv_visit *visit, void *context,
                              struct observation_csv_counts *counts)
{
    const struct observation_csv_options options = {.framework = framework};
    struct observation_csv *csv;
    enum err err = observation_csv_new(&options, diag, visit, context, &csv);
    if (err != ERR_OK)
        return err;
    err = observation_csv_feed(csv, bytes, size);
    if (err == ERR_OK)
        err = observation_csv_finish(csv);
    *counts = csv->counts;
    observation_csv_free(csv);
    return err;
}
