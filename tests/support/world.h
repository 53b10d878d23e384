/* A whole Songhua in a temporary directory: keys, a broker process on ports of the system's choice,
 * other programs, all ended and removed at the end. For end-to-end tests and benchmarks; it needs no
 * test framework. What cannot be set up ends the process with a message: it is not a finding.
 *
 *     struct world *world = world_new();
 *     world_identity(world, "agent-220100", ROLE_AGENT, "220100");
 *     world_start_broker(world);
 *     …
 *     world_free(&world);
 */
#ifndef SONGHUA_TESTS_WORLD_H
#define SONGHUA_TESTS_WORLD_H

#include "proto/net/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct world;

struct world *world_new(void);
void world_free(struct world **world); /* kills what still runs, removes the directory */

const char *world_directory(const struct world *world);

/* The path of a file in the directory; valid until the 16th call after this one. */
const char *world_path(struct world *world, const char *format, ...) PRINTF_LIKE(2, 3);

/* Make keys, let the broker know them, and return the loaded identity. `regions` is "220100 220200"
 * or "*". Making one that is there loads it. */
const struct identity *world_identity(struct world *world, const char *name, enum role role,
                                      const char *regions);

/* Start the broker and wait until it is ready; extra arguments end with NULL. */
pid_t world_start_broker(struct world *world, const char *const *extra);
/* Start it again on the same ports, without waiting: it may end on the way. */
pid_t world_launch_broker(struct world *world);
/* End with SIGTERM, or SIGKILL, and wait. Returns the exit code, or -signal. */
int world_stop_broker(struct world *world, bool is_kill);

pid_t world_broker(const struct world *world); /* its process */

/* Endpoints as bound: "publish", "fetch", "live", "http". */
const char *world_endpoint(struct world *world, const char *which);
const char *world_server_key(struct world *world);

/* The value of a metric without labels on the broker's status port; -1 when it cannot be had. */
double world_metric(struct world *world, const char *name);

/* Start a program of the build ("songhua-agent"); arguments end with NULL. With wait_ready it returns
 * once the program has told NOTIFY_SOCKET that it is ready. stdout and stderr go to `log` in the
 * directory (NULL: NAME-N.log). */
pid_t world_start(struct world *world, const char *program, const char *const *arguments,
                  bool wait_ready, const char *log);
/* A service by that name, which has a certificate, against the world's broker, until it is ready. Its state
 * and its log are NAME-state and NAME.log. */
pid_t world_start_service(struct world *world, const char *program, const char *name);
/* Wait for the program to end. Returns its exit code, or -signal. */
int world_wait(struct world *world, pid_t pid);
bool world_is_running(struct world *world, pid_t pid); /* world_wait() has still to be called */
void world_signal(struct world *world, pid_t pid, int signal);

/* Run to the end with stdout captured (owned by the caller, free()); returns the exit code. */
int world_run(struct world *world, const char *program, const char *const *arguments,
              char **output);

/* A list of words for the calls here, ended by NULL. */
#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* words[0], the command, then the options with which a program reads the record as the owner of
 * NAME.cert (the fetch port is --fetch for songhua-scorer, --broker for the others), then the other
 * words. Valid with `line`. */
enum { WORLD_LINE_MAX = 24 };
struct world_line {
    char identity[256], server[256];
    const char *arguments[WORLD_LINE_MAX];
};
const char *const *world_line(struct world *world, struct world_line *line, const char *program,
                              const char *endpoint, const char *name, const char *const *words);
/* Run it to the end, as world_run(). */
int world_ask(struct world *world, const char *program, const char *endpoint, const char *name,
              const char *const *words, char **output);

/* Shut the name out, as `songhua-broker revoke` does. */
void world_revoke(struct world *world, const char *name);

/* The path of a library of the build, for LD_PRELOAD; valid as those of world_path(). */
const char *world_library(struct world *world, const char *name);

/* The contents of a file in the directory, as text to be freed; "" when there is none. */
char *world_read(struct world *world, const char *name);

#endif
