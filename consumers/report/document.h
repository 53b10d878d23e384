/* A report as tables, before it is a file: facts about it, sheets of cells, charts. The formats (HTML,
 * XLSX, CSV, JSON) all write the same document, so they cannot differ in a number.
 *
 *     document_new("吉林省…", &document)
 *     document_fact(document, "framework", "指标体系", "jilin-2021@1")
 *     document_sheet(document, "targets", "定量目标", "…", columns)
 *     document_text(document, "R&D"); document_number(document, 1.55, "1.55"); …   cell after cell
 *     err = document_write(document, format, file)
 *     document_free(document)
 *
 * Texts are copied. A failure for want of memory is remembered and answered by document_write().
 */
#ifndef SONGHUA_REPORT_DOCUMENT_H
#define SONGHUA_REPORT_DOCUMENT_H

#include "proto/base/arena.h"
#include "proto/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { DOCUMENT_MAX_SHEETS = 16, DOCUMENT_MAX_FACTS = 24 };

struct document_column {
    const char *id;    /* in JSON; NULL ends the list */
    const char *title; /* Chinese */
    bool is_number;
    bool is_under; /* on a page: in small letters under the column before it */
};

struct cell {
    const char *text; /* "" is empty */
    double number;    /* NaN: a text */
    const char *tone; /* "good", "fair", "poor", "none" or "" */
};

struct fact {
    const char *id, *title, *text;
};

struct sheet {
    const char *id, *title, *note;
    const struct document_column *columns; /* borrowed */
    size_t column_count;
    struct cell *cells; /* row after row */
    size_t cell_count, cell_capacity;
};

/* Figures of one target and the path that leads to it. */
struct chart {
    const char *title, *unit;
    const double *years, *values;
    size_t count;
    double y0, t0, yT, tT; /* baseline and target */
    bool is_geometric;
    struct chart *next;
};

struct document {
    struct arena arena;
    const char *title, *subtitle;
    struct fact facts[DOCUMENT_MAX_FACTS];
    size_t fact_count;
    struct sheet sheets[DOCUMENT_MAX_SHEETS];
    size_t sheet_count;
    struct chart *charts, **last_chart;
    uint64_t made_ms; /* the moment the report is about; no clock is read */
    enum err err;
};

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err document_new(const char *title, const char *subtitle, struct document **out);
void document_free(struct document *document); /* accepts NULL */

void document_fact(struct document *document, const char *id, const char *title, const char *format,
                   ...) PRINTF_LIKE(4, 5);
/* `columns` is borrowed; everything after goes into this sheet. */
void document_sheet(struct document *document, const char *id, const char *title, const char *note,
                    const struct document_column *columns);
void document_text(struct document *document, const char *format, ...) PRINTF_LIKE(2, 3);
void document_tone(struct document *document, const char *text, const char *tone);
/* NaN is an empty cell. `text` is how it is shown; NULL: with `decimals` of them. */
void document_number(struct document *document, double number, const char *text, int decimals);
void document_chart(struct document *document, const struct chart *chart);

/* BLAKE2b-256 over all sheets' ids, columns and cells, hex: the same result has the same one. */
enum { DOCUMENT_DIGEST_BYTES = 65 };
void document_digest(const struct document *document, char out[DOCUMENT_DIGEST_BYTES]);

/* How many rows the sheet has. */
size_t sheet_rows(const struct sheet *sheet);

/* --- formats: a table, one file each ------------------------------------------------------------ */

/* Write the whole document. Errors  ERR_IO, ERR_NOMEM, ERR_LIMIT. */
typedef enum err document_writer(const struct document *document, const char *path, FILE *file);
document_writer write_html, write_xlsx, write_csv, write_json;

struct document_format {
    const char *name;
    document_writer *write;
    bool needs_path; /* it cannot be written to stdout */
};
/* NULL: there is none of that name. */
const struct document_format *document_format_find(const char *name);

/* Write to the path, whole or not at all; NULL or "-": stdout.
 * Errors  ERR_USAGE (a format that needs a path), as the writers, of the file system. */
MUST_CHECK enum err document_write(const struct document *document,
                                   const struct document_format *format, const char *path);

#endif
