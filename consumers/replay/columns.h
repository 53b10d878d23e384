/* What CSV and table show of an event: a list of columns for each stream. To add a column, add a row to
 * columns_events.c, columns_scores.c, columns_alerts.c or columns_audit.c. */
#ifndef SONGHUA_REPLAY_COLUMNS_H
#define SONGHUA_REPLAY_COLUMNS_H

#include "consumers/reader/entry.h"
#include "proto/base/buffer.h"

#include <stdbool.h>

enum { COLUMNS_MAX = 64, ROW_MAX_BYTES = 16 << 20 };

/* How cells are written. */
struct style {
    bool is_utc;
    bool is_exact; /* for programs: every digit, ids; else for people: rounded, words */
};

struct column {
    const char *key;   /* header in CSV, a promise; NULL: not in CSV, or the end with title NULL */
    const char *title; /* in the table; NULL: not in the table */
    bool is_right;
    unsigned width; /* in the table, at least */
    /* Append the cell; nothing for what the event does not have. `which` is the column's. */
    enum err (*put)(const struct entry *entry, const struct style *style, size_t which,
                    struct buffer *out);
    size_t which;
    const char *(*color)(const struct entry *entry); /* NULL, and may answer NULL: none */
    unsigned drop;   /* in the table, on a narrow terminal: the highest first; 0: never */
    bool is_wrapped; /* likewise: a long text */
};

/* Those of a stream: events, scores, alerts, audit. */
const struct column *columns_of(const char *stream);

/* The cells of those columns that have a key (is_exact) or a title, each ended by a NUL, in `row`.
 * cells[i] points to the i-th of them; *count says how many. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err columns_row(const struct column *columns, const struct entry *entry,
                                const struct style *style, struct buffer *row,
                                const char *cells[COLUMNS_MAX], size_t *count);

/* --- for the lists themselves ----------------------------------------------------------------- */

extern const struct column event_columns[], score_columns[], alert_columns[], audit_columns[];

/* Columns that every stream has; the first four are not for people. */
enum {
    ROW_SEQ,
    ROW_INDEX,
    ROW_STORED,
    ROW_RECORDED,
    ROW_PRODUCER,
    ROW_REGION,
    ROW_REGION_NAME,
    ROW_TYPE
};
MUST_CHECK enum err put_common(const struct entry *entry, const struct style *style, size_t which,
                               struct buffer *out);
MUST_CHECK enum err put_address(const struct entry *entry, const struct style *style, size_t which,
                                struct buffer *out);
#define COMMON_COLUMNS                                                                             \
    {"seq", NULL, false, 0, put_common, ROW_SEQ},                                                  \
    {                                                                                              \
        "index", NULL, false, 0, put_common, ROW_INDEX                                             \
    }

/* A number: exact, or with the digits that people read. */
MUST_CHECK enum err put_number(double number, const struct style *style, struct buffer *out);

/* "▼ 滞后（待定）" for people, "lagging" exactly; and the colour. */
MUST_CHECK enum err put_judgement(const Songhua__V1__Score *score, const struct style *style,
                                  struct buffer *out);
const char *judgement_color(const Songhua__V1__Score *score);

#endif
