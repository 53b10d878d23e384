/* Figures and reports of milestones from files: the CSV of agents, in the order in which they became known.
 *
 *     struct figure_files files = {.invocation = …, .framework = …, .take_row = …, …}
 *     err = figure_files_read(&files, path)       for each file; "-" is stdin
 *     err = figure_files_end(&files)
 *
 * A file with bad rows does not keep the others from being read: all that is wrong is said at once, on
 * stderr, and refused at the end.
 */
#ifndef SONGHUA_READER_FIGURE_FILES_H
#define SONGHUA_READER_FIGURE_FILES_H

#include "proto/cli/command.h"
#include "proto/event/milestone_csv.h"
#include "proto/event/observation_csv.h"

#include <stdbool.h>

struct figure_files {
    const struct invocation *invocation;
    const struct framework *framework;
    uint64_t now_ms; /* what is dated later cannot have been reached */
    observation_csv_visit *take_row;
    milestone_csv_visit *take_milestone;
    void (*take_bytes)(void *context, const void *bytes,
                       size_t size); /* of each file; may be NULL */
    void *context;
    const char *path; /* of the file being read */
    bool has_refused;
};

/* The framework from a YAML file; what is wrong was said. Errors  ERR_USAGE (no path), ERR_FRAMEWORK,
 * ERR_NOT_FOUND, ERR_NOMEM … */
MUST_CHECK enum err figure_files_framework(const struct invocation *invocation, const char *path,
                                           struct framework **out);

/* Errors  ERR_NOT_FOUND, ERR_IO, ERR_LIMIT (1 GiB), ERR_NOMEM, what the visitors answered; said. */
MUST_CHECK enum err figure_files_read(struct figure_files *files, const char *path);
/* Errors  ERR_ROWS (a row was refused); said. */
MUST_CHECK enum err figure_files_end(const struct figure_files *files);

#endif
