#include "proto/event/milestone_csv.h"

#include "proto/event/milestone_check.h"
#include "proto/event/text_lines.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_COLUMNS = 16, NO_COLUMN = -1, LINE_MAX_BYTES = CSV_ROW_MAX_BYTES };

struct reading {
    const struct framework *framework;
    uint64_t now_ms;
    struct diag *diag;
    milestone_csv_visit *visit;
    void *context;
    struct observation_csv_counts counts;
    int field_of[MAX_COLUMNS]; /* column -> enum milestone_field */
    size_t columns;            /* 0: the header has not come yet */
    char separator;            /* of columns; 0: likewise */
    bool is_asked_only;        /* whether the header is one of milestones, and no more */
    bool is_milestones;

    char text[LINE_MAX_BYTES + MAX_COLUMNS]; /* the line's fields, each with its NUL */
    size_t start[MAX_COLUMNS], used, fields;
};

/* --- findings ----------------------------------------------------------------------------------- */

static void find(struct reading *reading, uint64_t line, uint64_t column, enum finding finding,
                 const char *field, const char *value)
{
    finding_add(reading->diag, line, column, finding, field, value, "", "");
}

static uint64_t column_of(const struct reading *reading, enum milestone_field field)
{
    for (size_t i = 0; i < reading->columns; i++)
        if (reading->field_of[i] == (int)field)
            return i + 1;
    return 0;
}

/* --- one line as fields ------------------------------------------------------------------------- */

static void on_field(void *bytes, size_t size, void *context)
{
    struct reading *reading = context;
    const char *text = bytes != NULL ? bytes : "";
    size_t column = reading->fields++;
    while (size > 0 && strchr(" \t\r\n", *text) != NULL)
        text++, size--;
    while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL)
        size--;
    if (column >= MAX_COLUMNS)
        return;
    reading->start[column] = reading->used;
    memcpy(reading->text + reading->used, text, size);
    reading->text[reading->used + size] = '\0';
    reading->used += size + 1;
}

static void on_row(int end, void *context)
{
    (void)end;
    (void)context;
}

static enum err split(struct reading *reading, const char *text, size_t size, bool *is_whole)
{
    struct csv_parser parser;
    reading->used = reading->fields = 0;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return ERR_NOMEM;
    if (reading->separator == 0)
        reading->separator = text_lines_separator(text, size);
    csv_set_delim(&parser, (unsigned char)reading->separator);
    *is_whole = csv_parse(&parser, text, size, on_field, on_row, reading) == size &&
                csv_fini(&parser, on_field, on_row, reading) == 0;
    csv_free(&parser);
    return ERR_OK;
}

static const char *field_at(const struct reading *reading, size_t column)
{
    return reading->text + reading->start[column];
}

/* --- header ------------------------------------------------------------------------------------- */

static int field_named(const char *name)
{
    for (int field = 0; field < MILESTONE_FIELDS; field++)
        if (strcasecmp(milestone_field_name((enum milestone_field)field), name) == 0 ||
            strcmp(milestone_field_name_zh((enum milestone_field)field), name) == 0)
            return field;
    return NO_COLUMN;
}

static void take_columns(struct reading *reading)
{
    reading->columns = reading->fields < MAX_COLUMNS ? reading->fields : MAX_COLUMNS;
    for (size_t i = 0; i < reading->columns; i++)
        reading->field_of[i] = field_named(field_at(reading, i));
    reading->is_milestones = column_of(reading, MILESTONE_DATE) != 0;
    for (size_t i = 0; i < reading->columns; i++)
        if (strcasecmp(field_at(reading, i), "period") == 0 ||
            strcmp(field_at(reading, i), "时期") == 0)
            reading->is_milestones = false; /* figures have one, and no date */
}

static enum err take_header(struct reading *reading, uint64_t line)
{
    static const enum milestone_field wanted[] = {MILESTONE_INDICATOR, MILESTONE_REGION,
                                                  MILESTONE_STATE, MILESTONE_DATE};
    size_t before = reading->diag->total;
    take_columns(reading);
    if (reading->fields > MAX_COLUMNS)
        find(reading, line, 0, FINDING_CSV_HEADER, NULL, NULL);
    for (size_t i = 0; i < reading->columns; i++) {
        int field = reading->field_of[i];
        if (field == NO_COLUMN)
            find(reading, line, i + 1, FINDING_MILESTONE_COLUMN, NULL, field_at(reading, i));
        else if (column_of(reading, (enum milestone_field)field) != i + 1)
            find(reading, line, i + 1, FINDING_KEY_REPEATED, NULL, field_at(reading, i));
    }
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (column_of(reading, wanted[i]) == 0)
            find(reading, line, 0, FINDING_MILESTONE_COLUMN, milestone_field_name(wanted[i]), NULL);
    return reading->diag->total == before ? ERR_OK : ERR_ROWS;
}

/* --- rows --------------------------------------------------------------------------------------- */

static enum err take_report(struct reading *reading, uint64_t line)
{
    struct milestone_texts texts;
    struct milestone_room room;
    struct milestone_issues issues;
    Songhua__V1__Milestone milestone;
    struct milestone_row row = {.line = line, .milestone = &milestone};
    for (int i = 0; i < MILESTONE_FIELDS; i++)
        texts.text[i] = "";
    for (size_t i = 0; i < reading->columns; i++)
        texts.text[reading->field_of[i]] = field_at(reading, i);
    if (texts.text[MILESTONE_STATE][0] == '\0' && texts.text[MILESTONE_DATE][0] == '\0')
        return ERR_OK; /* not filled in */
    milestone_build(&texts, reading->framework, reading->now_ms, &room, &row.region, &milestone,
                    &issues);
    for (size_t i = 0; i < issues.count; i++) {
        const struct milestone_issue *issue = &issues.items[i];
        diag_add(reading->diag, line, column_of(reading, issue->field),
                 finding_code(issue->finding), milestone_field_name(issue->field),
                 texts.text[issue->field], issue->zh, issue->en);
    }
    row.row = ++reading->counts.rows;
    row.region_column = column_of(reading, MILESTONE_REGION);
    *(issues.count == 0 ? &reading->counts.good : &reading->counts.refused) += 1;
    return issues.count == 0 ? reading->visit(reading->context, &row) : ERR_OK;
}

static enum err refuse(struct reading *reading, uint64_t line, enum finding finding)
{
    find(reading, line, 0, finding, NULL, NULL);
    if (reading->columns == 0)
        return ERR_ROWS;
    reading->counts.rows++;
    reading->counts.refused++;
    return ERR_OK;
}

static bool is_blank(const char *text, size_t size)
{
    return strspn(text, " \t\r\n,;") >= size;
}

static enum err take_line(void *context, uint64_t line, const char *text, size_t size,
                          enum finding finding)
{
    struct reading *reading = context;
    bool is_whole;
    if (finding == FINDING_NONE && is_blank(text, size))
        return ERR_OK;
    if (size > LINE_MAX_BYTES) /* GB18030 grows when it becomes UTF-8 */
        finding = FINDING_CSV_LIMIT;
    if (finding != FINDING_NONE)
        return reading->is_asked_only ? ERR_ROWS : refuse(reading, line, finding);
    enum err err = split(reading, text, size, &is_whole);
    if (err != ERR_OK)
        return err;
    if (reading->is_asked_only) {
        take_columns(reading);
        return ERR_ROWS; /* one line is enough */
    }
    if (!is_whole)
        return refuse(reading, line, FINDING_CSV_QUOTES);
    if (reading->columns == 0)
        return take_header(reading, line);
    return reading->fields == reading->columns ? take_report(reading, line)
                                               : refuse(reading, line, FINDING_CSV_WIDTH);
}

/* --- the file ----------------------------------------------------------------------------------- */

static enum err read_lines(struct reading *reading, const void *bytes, size_t size)
{
    struct text_lines *lines;
    enum err err = text_lines_new(LINE_MAX_BYTES, take_line, reading, &lines);
    if (err != ERR_OK)
        return err;
    err = text_lines_feed(lines, bytes, size);
    if (err == ERR_OK)
        err = text_lines_finish(lines);
    text_lines_free(lines);
    return err;
}

bool milestone_csv_is(const void *bytes, size_t size)
{
    enum { ENOUGH_BYTES = 4096 };
    struct reading *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return false;
    reading->is_asked_only = true;
    enum err err = read_lines(reading, bytes, size < ENOUGH_BYTES ? size : ENOUGH_BYTES);
    bool is_milestones = err == ERR_ROWS && reading->is_milestones;
    free(reading);
    return is_milestones;
}

enum err milestone_csv_read(const void *bytes, size_t size, const struct framework *framework,
                            uint64_t now_ms, struct diag *diag, milestone_csv_visit *visit,
                            void *context, struct observation_csv_counts *counts)
{
    *counts = (struct observation_csv_counts){0};
    struct reading *reading = calloc(1, sizeof *reading);
    if (reading == NULL)
        return ERR_NOMEM;
    reading->framework = framework;
    reading->now_ms = now_ms;
    reading->diag = diag;
    reading->visit = visit;
    reading->context = context;
    enum err err = read_lines(reading, bytes, size);
    if (err == ERR_OK && reading->counts.rows == 0)
        find(reading, 1, 0, FINDING_CSV_EMPTY, NULL, NULL);
    *counts = reading->counts;
    bool is_good = counts->rows > 0 && counts->refused == 0;
    free(reading);
    return err == ERR_OK && !is_good ? ERR_ROWS : err;
}
