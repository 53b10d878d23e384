/* What depends on the terminal: colour, progress, stopping by signal. */
#ifndef SONGHUA_CLI_TERMINAL_H
#define SONGHUA_CLI_TERMINAL_H

#include "proto/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Colour is off when stdout is no terminal, NO_COLOR is set and not empty, TERM is dumb, or
 * terminal_no_color() was called; FORCE_COLOR turns it on. */
void terminal_no_color(void);
bool terminal_has_color(void);

/* Cells in a line of stdout: COLUMNS when it is set, else what the terminal says, else 80. 0: stdout is no
 * terminal, and lines have no end. */
size_t terminal_width(void);

/* A progress line on stderr, only when it is a terminal, after one second, four times a second.
 *     struct progress progress = progress_start("submitting", total);
 *     progress_update(&progress, done);   …   progress_end(&progress); */
struct progress {
    const char *label;
    uint64_t total, started_us, shown_us; /* total 0: not known */
    bool is_shown;
};
struct progress progress_start(const char *label, uint64_t total);
void progress_update(struct progress *progress, uint64_t done);
void progress_end(struct progress *progress);

/* SIGINT and SIGTERM make stop_requested() true and stop_fd() readable; a second one ends the process.
 * SIGPIPE is ignored by stop_init(). SIGHUP is counted for reloads. Call stop_init() first in a
 * command that runs on. */
MUST_CHECK enum err stop_init(void);
bool stop_requested(void);
int stop_fd(void);
unsigned reload_count(void);

/* systemd: send "READY=1", "STATUS=…", "STOPPING=1" to $NOTIFY_SOCKET; nothing without it. */
void notify_state(const char *state);

#endif
