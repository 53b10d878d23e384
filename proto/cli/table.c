#include "proto/cli/table.h"

#include "proto/cli/terminal.h"

#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum {
    CELL_BYTES = 1024,
    SEPARATOR = 2,
    READABLE = 32, /* cells that a wrapped text is given rather than other columns */
    NARROWEST = 16
};

/* What is known of a column beside what libsmartcols knows. */
struct look {
    struct libscols_column *column;
    const char *title;
    size_t cells; /* width of its widest cell; 0: all are empty */
    unsigned least, drop;
    bool is_wrapped, is_left_out;
};

struct table {
    struct libscols_table *scols;
    struct libscols_line *line;
    size_t columns, next; /* cell of the line */
    struct look *looks;
    bool goes_on; /* a part of it was printed, with titles */
    enum err err;
};

/* The width of Chinese text is the locale's to know. Only this category is set, so that numbers stay
 * as they are everywhere. */
static void use_wide_characters(void)
{
    if (setlocale(LC_CTYPE, "") && MB_CUR_MAX > 1)
        return;
    setlocale(LC_CTYPE, "C.UTF-8");
}

static size_t width_of(const char *text)
{
    wchar_t wide[CELL_BYTES];
    size_t count = mbstowcs(wide, text, CELL_BYTES);
    int width = count == (size_t)-1 ? -1 : wcswidth(wide, count < CELL_BYTES ? count : CELL_BYTES);
    return width < 0 ? strlen(text) : (size_t)width;
}

static void add_column(struct table *table, const struct table_column *column)
{
    table->looks[table->columns] =
        (struct look){.column = scols_table_new_column(table->scols, column->title, column->width,
                                                       column->is_right ? SCOLS_FL_RIGHT : 0),
                      .title = column->title,
                      .least = column->width,
                      .drop = column->drop,
                      .is_wrapped = column->is_wrapped};
    if (!table->looks[table->columns++].column)
        table->err = ERR_NOMEM;
}

enum err table_new(const struct table_column *columns, struct table **out)
{
    use_wide_characters();
    size_t count = 0;
    while (columns[count].title)
        count++;
    struct table *table = calloc(1, sizeof *table);
    if (!table)
        return ERR_NOMEM;
    table->looks = calloc(count + 1, sizeof *table->looks);
    table->scols = scols_new_table();
    if (!table->scols || !table->looks) {
        table_free(table);
        return ERR_NOMEM;
    }
    scols_table_set_column_separator(table->scols, "  ");
    for (size_t i = 0; i < count; i++)
        add_column(table, &columns[i]);
    scols_table_enable_colors(table->scols, terminal_has_color());
    *out = table;
    return ERR_OK;
}

void table_free(struct table *table)
{
    if (!table)
        return;
    scols_unref_table(table->scols);
    free(table->looks);
    free(table);
}

void table_cell(struct table *table, const char *text)
{
    if (table->next == 0)
        table->line = scols_table_new_line(table->scols, NULL);
    if (!table->line || scols_line_set_data(table->line, table->next, text ? text : ""))
        table->err = ERR_NOMEM;
    struct look *look = &table->looks[table->next];
    size_t width = text ? width_of(text) : 0;
    look->cells = width > look->cells ? width : look->cells;
    table->next = (table->next + 1) % table->columns;
}

void table_cell_color(struct table *table, const char *text, const char *color)
{
    size_t column = table->next;
    table_cell(table, text);
    struct libscols_cell *cell =
        color && table->line ? scols_line_get_cell(table->line, column) : NULL;
    if (cell && scols_cell_set_color(cell, color))
        table->err = ERR_NOMEM;
}

void table_cell_format(struct table *table, const char *format, ...)
{
    char text[CELL_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    table_cell(table, text);
}

/* --- fitting ---------------------------------------------------------------------------------- */

static size_t width_of_column(const struct look *look)
{
    size_t title = width_of(look->title);
    size_t width = look->cells > title ? look->cells : title;
    return width > look->least ? width : look->least;
}

/* With wrapped columns no wider than `wrapped`. */
static size_t total_width(const struct table *table, size_t wrapped)
{
    size_t total = 0;
    for (size_t i = 0; i < table->columns; i++) {
        const struct look *look = &table->looks[i];
        size_t width = width_of_column(look);
        if (look->is_wrapped && width > wrapped)
            width = wrapped;
        if (!look->is_left_out)
            total += width + (total ? SEPARATOR : 0);
    }
    return total;
}

/* Empty columns first, then by their number, the rightmost of equals; NULL: none may go. */
static struct look *find_dispensable(struct table *table)
{
    struct look *found = NULL;
    for (size_t i = 0; i < table->columns; i++) {
        struct look *look = &table->looks[i];
        if (look->is_left_out || (look->cells && !look->drop))
            continue;
        if (!found || !look->cells || (found->cells && look->drop >= found->drop))
            found = look;
    }
    return found;
}

static void leave_out(struct look *look)
{
    look->is_left_out = true;
    scols_column_set_flags(look->column, scols_column_get_flags(look->column) | SCOLS_FL_HIDDEN);
}

/* A text in a column of a few cells is read by nobody: there it is left out. */
static void fit(struct table *table, size_t width)
{
    struct look *look;
    while (total_width(table, READABLE) > width && (look = find_dispensable(table)))
        leave_out(look);
    bool has_room = total_width(table, NARROWEST) <= width;
    if (total_width(table, SIZE_MAX) <= width)
        return;
    for (size_t i = 0; i < table->columns; i++) {
        look = &table->looks[i];
        if (look->is_wrapped && has_room)
            scols_column_set_flags(look->column, SCOLS_FL_WRAP);
        else if (look->is_wrapped && !look->is_left_out)
            leave_out(look);
    }
}

static void say_left_out(const struct table *table)
{
    const char *before = "终端较窄，未显示 / no room for: ";
    bool is_any = false;
    for (size_t i = 0; i < table->columns; i++) {
        if (!table->looks[i].is_left_out || !table->looks[i].cells)
            continue;
        fprintf(stderr, "%s%s", is_any ? ", " : before, table->looks[i].title);
        is_any = true;
    }
    if (is_any)
        fputc('\n', stderr);
}

/* What comes after has the columns of what was shown, and they are no narrower. */
static void go_on(struct table *table)
{
    scols_table_remove_lines(table->scols);
    scols_table_enable_noheadings(table->scols, 1);
    for (size_t i = 0; i < table->columns; i++) {
        struct look *look = &table->looks[i];
        if (!look->is_wrapped)
            scols_column_set_whint(look->column, (double)width_of_column(look));
    }
    table->line = NULL;
    table->goes_on = true;
}

enum err table_print(struct table *table)
{
    size_t width = terminal_width();
    if (table->err)
        return table->err;
    if (width && !table->goes_on)
        fit(table, width);
    /* Nothing is cut to a width that is not there. */
    scols_table_set_termforce(table->scols, width ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    scols_table_set_termwidth(table->scols, width);
    if (scols_print_table(table->scols))
        return ERR_NOMEM;
    if (fflush(stdout))
        return ERR_IO;
    if (!table->goes_on)
        say_left_out(table);
    go_on(table);
    return ERR_OK;
}

/* --- CSV -------------------------------------------------------------------------------------- */

static void put_field(const char *field)
{
    if (!strpbrk(field, "\",\r\n")) {
        fputs(field, stdout);
        return;
    }
    putchar('"');
    for (; *field; field++) {
        if (*field == '"')
            putchar('"');
        putchar(*field);
    }
    putchar('"');
}

void csv_line(const char *const *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i)
            putchar(',');
        put_field(fields[i] ? fields[i] : "");
    }
    putchar('\n');
}
