/* Tables for people on stdout, aligned also in Chinese (libsmartcols); no colour, cut or lines when
 * stdout is not a terminal. The same rows as CSV on demand.
 *
 * A table that is wider than the terminal is made to fit: columns without content go first, then those
 * that may, and stderr says which; then long texts are wrapped.
 */
#ifndef SONGHUA_CLI_TABLE_H
#define SONGHUA_CLI_TABLE_H

#include "proto/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct table;

struct table_column {
    const char *title; /* NULL ends the list */
    bool is_right;     /* numbers */
    unsigned width;    /* in terminal cells, at least; 0: as wide as what is in it */
    unsigned drop;     /* may be left out on a narrow terminal, the highest first; 0: never */
    bool is_wrapped;   /* a long text, which goes on in the next line there */
};

/* The titles are borrowed for the table's life. Errors  ERR_NOMEM. */
MUST_CHECK enum err table_new(const struct table_column *columns, struct table **out);
void table_free(struct table *table);
/* One cell after the other, row by row; NULL is an empty cell. The text is copied. */
void table_cell(struct table *table, const char *text);
void table_cell_format(struct table *table, const char *format, ...) PRINTF_LIKE(2, 3);
/* As table_cell(), in a colour that is not used when terminal_has_color() is false. `color` is one of
 * "red", "brown", "yellow", "green", "cyan", "blue", "magenta"; NULL: none. */
void table_cell_color(struct table *table, const char *text, const char *color);
/* Write to stdout; after that the table is empty, and what is printed next goes on below without titles, in
 * the same columns. Errors  ERR_NOMEM (also of an earlier cell), ERR_IO. */
MUST_CHECK enum err table_print(struct table *table);

/* One CSV line (RFC 4180, LF) of `count` fields to stdout. */
void csv_line(const char *const *fields, size_t count);

#endif
