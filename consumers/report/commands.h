/* The scorer's commands that explain, compare and report, as the program's table takes them. All of them
 * read the broker's record, or files with --framework and --observations. */
#ifndef SONGHUA_REPORT_COMMANDS_H
#define SONGHUA_REPORT_COMMANDS_H

#include "consumers/report/basis.h"

/* explain INDICATOR REGION [--target ID] [--year Y] [--set I,R,P=V] [--lang zh|en] */
struct explain_settings {
    struct basis_settings basis;
    const char *target;
    uint64_t year; /* no period after it counts; 0: all */
    struct option_list set;
    const char *lang;
};
extern const struct option explain_options[];
command_run explain_command;

/* diff [--since-sequence N] [--since TIME] [--other-framework F] [--set I,R,P=V] [--json] */
struct diff_settings {
    struct basis_settings basis;
    uint64_t since_sequence, since_ms;
    const char *other_framework;
    struct option_list set;
    bool has_json;
};
extern const struct option diff_options[];
command_run diff_command;

/* report [--years 2022-2024] [--format html|xlsx|csv|json] [--output FILE] [--weights …]
 * [--restates FILE] */
struct report_settings {
    struct basis_settings basis;
    const char *years, *format, *output, *weights, *restates;
};
extern const struct option report_options[];
command_run report_command;

#endif
