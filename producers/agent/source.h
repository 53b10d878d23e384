/* Where figures come from: one table of kinds of files. To add a kind, write source_KIND.c with one
 * function of type source_read and give it a line in source.c.
 */
#ifndef SONGHUA_AGENT_SOURCE_H
#define SONGHUA_AGENT_SOURCE_H

#include "proto/base/diag.h"
#include "proto/cli/terminal.h"
#include "proto/event/milestone_csv.h"
#include "proto/event/observation_csv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source_input {
    const unsigned char *bytes; /* the whole file */
    size_t size;
    const struct framework *framework; /* checked against it */
    uint64_t max_rows;
    uint64_t now_ms;           /* by when what is reported has happened */
    struct progress *progress; /* told the bytes that were read; NULL: nobody is */
};

/* A row that fits the framework, valid during the call. */
struct source_row {
    const struct observation_row *observation; /* NULL: a milestone */
    const struct milestone_row *milestone;     /* NULL: a figure */
    uint64_t region_column, value_column;      /* of these fields in the row; 0: not known */
};
typedef enum err source_visit(void *context, const struct source_row *row);

/* Hand out every good row in the file's order, and put a finding for everything else into `diag`.
 * *is_whole  whether it is certain where each row begins and ends: then the good rows may be used
 *            without the others
 * Errors     ERR_ROWS (there are findings), ERR_NOMEM, or what `visit` answered; counts and is_whole are
 *            set in any case. */
typedef enum err source_read(const struct source_input *input, struct diag *diag,
                             source_visit *visit, void *context,
                             struct observation_csv_counts *counts, bool *is_whole);

struct source {
    const char *name;
    const char *suffixes; /* of file names, between spaces: " .csv .txt " */
    source_read *read;
};

/* By the end of the name, in any case; "-" (standard input) is CSV. NULL: no such kind. */
const struct source *source_for(const char *path);

/* "csv", … for messages. */
const char *source_names(void);

source_read source_csv_read;

/* The topic of what a file holds: "observation", or "milestone" for CSV with those columns. */
const char *source_topic(const struct source *source, const void *bytes, size_t size);

#endif
