/* The values of a command's options: where they are kept, how they are read, where they came from.
 * Shared between the files of cli/ alone.
 */
#ifndef SONGHUA_CLI_OPTIONS_H
#define SONGHUA_CLI_OPTIONS_H

#include "proto/base/arena.h"
#include "proto/cli/command.h"

enum origin { ORIGIN_TABLE, ORIGIN_FILE, ORIGIN_ENVIRONMENT, ORIGIN_LINE };

enum { OPTIONS_MAX = 64 };

/* The options of one command, filled from wherever they come; later origins win. */
struct options {
    const struct program *program; /* whose other commands' keys a file may hold too */
    const struct option *table;
    void *settings;
    enum origin origins[OPTIONS_MAX];
    struct arena texts; /* of the configuration file; settings point at them */
};

/* Set the table's own values. Errors  ERR_INTERNAL (the table is wrong). */
MUST_CHECK enum err options_init(struct options *options, const struct program *program,
                                 const struct option *table, void *settings);
void options_fini(struct options *options); /* the settings are not used after it */

/* By its long name; NULL: there is none. */
const struct option *options_find(const struct option *table, const char *name);
/* The name nearest to a mistyped one, or NULL. */
const char *options_nearest(const struct option *table, const char *name);

/* Set one option from text. A list grows, but drops what an earlier origin put there.
 * Errors  ERR_USAGE, with what would be right in `why`. */
enum { WHY_BYTES = 1024 };
MUST_CHECK enum err options_set(struct options *options, const struct option *option,
                                const char *text, enum origin origin, char why[WHY_BYTES]);

/* Drop what an earlier origin put into a list, also when no item follows; options_set() does it too. */
void options_begin_list(struct options *options, const struct option *option, enum origin origin);

/* SONGHUA_BROKER for "broker", SONGHUA_SERVER_CERT for "server-cert". */
MUST_CHECK enum err options_from_environment(struct options *options, char why[WHY_BYTES]);

/* Flat YAML: `broker: value`, or a list of values. A key stands once. Texts live until options_fini().
 * Errors  ERR_NOT_FOUND, ERR_CONFIG (`why` has line and column), ERR_LIMIT (1 MiB), ERR_IO, ERR_NOMEM;
 *         `why` names the file. */
MUST_CHECK enum err options_from_file(struct options *options, const char *path,
                                      char why[WHY_BYTES]);

/* Each value and where it came from, on stdout. */
void options_show(const struct options *options);

/* Help of one command, and of a program; on stdout. */
void help_command(const struct program *program, const struct command *command);
void help_program(const struct program *program);

#endif
