/* The scorer's commands, as the program's table takes them. */
#ifndef SONGHUA_SCORER_COMMANDS_H
#define SONGHUA_SCORER_COMMANDS_H

#include "consumers/service/command.h"
#include "proto/cli/command.h"

/* evaluate --framework F --observations CSV… [CSV…] [--as-of TIME] [--as-of-row N] [--overdue] [--json]
 *
 * Rows count as recorded in the order they are read, file after file: row n of all has address n.0.
 * All rows must be right, as for an agent; otherwise they are listed and nothing is judged. */
struct evaluate_settings {
    const char *framework;
    struct option_list observations;
    uint64_t as_of_ms;  /* moment for deadlines and due dates; 0: now */
    uint64_t as_of_row; /* only the first so many rows; 0: all */
    bool has_overdue;   /* which reports are late, instead of judgements */
    bool has_json;
};
extern const struct option evaluate_options[];
command_run evaluate_command;

/* framework check FILE… [--strict]
 *
 * Errors make a framework unusable (exit 78). What was only forgotten is listed too, and is an error
 * with --strict. */
struct framework_check_settings {
    bool is_strict;
};
extern const struct option framework_check_options[];
command_run framework_check_command;

/* run: fetch events, publish scores, until stopped. */
struct scorer_run_settings {
    struct service_settings service;
};
extern const struct option scorer_run_options[];
command_run scorer_run;

/* verify [--producer NAME] [--json]: does the stream scores follow from the stream events? */
struct scorer_verify_settings {
    struct service_settings service;
    const char *producer; /* whose scores */
    uint64_t wait_ms;     /* for the broker, and for scores that should be there */
    bool has_json;
};
extern const struct option scorer_verify_options[];
command_run scorer_verify;

#endif
