/* A bounded list of findings about an input: what is wrong, where, and what would be right.
 *
 * Parsers of things that people write (CSV, YAML, options) report every finding, not the first, so
 * that a file is corrected in one go. Each finding is in Chinese and English.
 */
#ifndef SONGHUA_BASE_DIAG_H
#define SONGHUA_BASE_DIAG_H

#include "proto/base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct diag_item {
    uint64_t line, column; /* from 1; 0: not known */
    const char *code;      /* "SH-2103", static text */
    char *field;           /* name of the column or key; may be NULL */
    char *value;           /* as it was found; may be NULL */
    char *zh, *en;         /* what is wrong and what would be right */
};

struct diag {
    char *input; /* name of the file */
    struct diag_item *items;
    size_t count; /* kept, at most max */
    size_t total; /* found */
    size_t max;
};

/* Keep at most `max` findings about `input` (copied; shown as the file's name). */
MUST_CHECK enum err diag_init(struct diag *diag, const char *input, size_t max);
void diag_fini(struct diag *diag); /* accepts an all-zero diag */

/* Add a finding. The texts are copied; `value` is cut at 80 bytes on a character's border and its
 * control characters are shown as '?'. A finding that cannot be kept for want of memory or room
 * still counts in total. `zh` and `en` are whole sentences without a full stop. */
void diag_add(struct diag *diag, uint64_t line, uint64_t column, const char *code,
              const char *field, const char *value, const char *zh, const char *en);

/* Write all findings for people: "file:line:column: 中文 / English (SH-2103)", in order of line and
 * column, the same at the same place once, and a last line with how many more there were. */
void diag_print(const struct diag *diag, FILE *out);

#endif
