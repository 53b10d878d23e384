/* Reads observations from CSV, as agents submit them and the scorer evaluates them offline.
 *
 *     observation_csv_new(&options, &diag, take_row, context, &csv)
 *     while there are bytes: err = observation_csv_feed(csv, bytes, size)
 *     err = observation_csv_finish(csv)          everything that was wrong is in diag
 *     observation_csv_free(csv)
 * or observation_csv_read() for all bytes at once.
 *
 * Form: RFC 4180, LF or CRLF, UTF-8 with or without BOM, else GB18030 (the first line that is not ASCII
 * decides for the whole file); tabs or semicolons for commas when the header has them instead. First
 * row: column names, English or Chinese, in any order,
 *     indicator,region,period,value,unit,obs_status,definition,source,note
 *     指标,地区,时期,数值,单位,状态,定义,来源,备注
 * of which the first four must be there. Spaces around names and fields are dropped; blank lines
 * are skipped. An unknown column is refused. The value is empty exactly when the status says that
 * there is no figure. Memory is bounded by the limits below, whatever the file's size.
 *
 * Every finding goes to diag with its line, its column (number of the field, from 1), the field's name,
 * the value and what would be right; reading goes on with the next row. A row with a finding is not
 * handed out. Findings about the header end the reading.
 */
#ifndef SONGHUA_EVENT_OBSERVATION_CSV_H
#define SONGHUA_EVENT_OBSERVATION_CSV_H

#include "proto/base/diag.h"
#include "proto/base/err.h"
#include "proto/event/event.pb-c.h"
#include "proto/event/framework.h"
#include "proto/event/observation_check.h"

#include <stddef.h>
#include <stdint.h>

enum {
    CSV_ROW_MAX_BYTES = 64 * 1024, /* one row, quoted line ends included */
    CSV_FIELD_MAX_BYTES = 8 * 1024,
    CSV_DEFAULT_MAX_ROWS = 10 * 1000 * 1000
};

/* A good row. `observation` and its texts are valid during the call only; period and unit are in
 * canonical form, an empty unit is filled in from the framework, `cumulative` is the definition's. */
struct observation_row {
    uint64_t row;  /* from 1; headers and blank lines are not counted, refused rows are */
    uint64_t line; /* from 1, where the row begins */
    uint32_t region;
    const Songhua__V1__Observation *observation;
};
/* An error ends the reading and is what feed, finish or read answer. */
typedef enum err observation_csv_visit(void *context, const struct observation_row *row);

struct observation_csv_options {
    const struct framework *framework; /* borrowed; checked against it; NULL: form only */
    uint64_t max_rows;                 /* 0: CSV_DEFAULT_MAX_ROWS */
};

struct observation_csv_counts {
    uint64_t rows, good, refused; /* rows = good + refused */
};

struct observation_csv;

/* `diag` and `framework` are borrowed until free. Errors  ERR_NOMEM. */
MUST_CHECK enum err observation_csv_new(const struct observation_csv_options *options,
                                        struct diag *diag, observation_csv_visit *visit,
                                        void *context, struct observation_csv **out);
void observation_csv_free(struct observation_csv *csv);

/* Errors  ERR_ROWS (nothing more can be read: header wrong, NUL byte, too many rows; see diag),
 *         ERR_NOMEM, or what `visit` answered. After an error only free it. */
MUST_CHECK enum err observation_csv_feed(struct observation_csv *csv, const void *bytes,
                                         size_t size);

/* The end of the file. Errors  as feed; ERR_ROWS also when any row was refused. */
MUST_CHECK enum err observation_csv_finish(struct observation_csv *csv);

struct observation_csv_counts observation_csv_counts(const struct observation_csv *csv);

/* The column of a field, from 1, once the header was read; 0: there is none. For findings of the caller's
 * own about a row. */
uint64_t observation_csv_column(const struct observation_csv *csv, enum observation_field field);

/* All of a file's bytes at once. Errors  as feed and finish. */
MUST_CHECK enum err observation_csv_read(const void *bytes, size_t size,
                                         const struct framework *framework, struct diag *diag,
                                         observation_csv_visit *visit, void *context,
                                         struct observation_csv_counts *counts);

#endif
