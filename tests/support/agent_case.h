/* One agent in a temporary directory, and its commands run in processes of their own: keys, a broker's
 * certificate, a small framework, no broker. For unit tests; what cannot be set up ends the process.
 *
 *     struct agent_case *agent = agent_case_new("220100");
 *     agent_case_write(agent, "a.csv", "indicator,region,…");
 *     int exit_code = agent_case_run(agent, ARGUMENTS("submit", "--timeout", "0s", "a.csv"));
 *     … agent->out, agent->err …
 *     agent_case_free(&agent);
 */
#ifndef SONGHUA_TESTS_AGENT_CASE_H
#define SONGHUA_TESTS_AGENT_CASE_H

#include "proto/cli/command.h"
#include "proto/client/outbox.h"
#include "proto/event/event.pb-c.h"
#include "proto/net/identity.h"
#include "tests/support/scratch.h"
#include "tests/support/world.h"

#include <sys/types.h>

struct agent_case {
    char directory[SCRATCH_BYTES]; /* also the working directory of the commands */
    struct identity identity;
    char *out, *err; /* of the last command that ended */
};

/* Indicators of the framework: rd_intensity (%, annual, 220000 220100 220200, plausible 0 to 100),
 * patents (件, quarterly, 220100 220200; definitions granted, filed). */
extern const char agent_case_framework[];

struct agent_case *agent_case_new(const char *region);
void agent_case_free(struct agent_case **agent);

/* A file in the directory; its path, valid until the next call. */
const char *agent_case_path(struct agent_case *agent, const char *name);
void agent_case_write(struct agent_case *agent, const char *name, const char *text);

/* NULL-ended list of the arguments after the program's name. */

/* Run a command with --identity, --server-cert, --state and --framework of the case and a broker that
 * is not there, where the command has these options and neither they nor --config are among the
 * arguments. Returns the exit code, or -signal. */
int agent_case_run(struct agent_case *agent, const char *const *arguments);

/* The same without waiting; the command writes to NAME.out and NAME.err. */
pid_t agent_case_start(struct agent_case *agent, const char *name, const char *const *arguments);
/* The same, returning once the command has told systemd's socket that it is ready. */
pid_t agent_case_start_ready(struct agent_case *agent, const char *name,
                             const char *const *arguments);
/* Wait for it and read what it wrote into agent->out and err. */
int agent_case_wait(struct agent_case *agent, const char *name, pid_t pid);

/* What waits in the outbox. */
struct outbox_status agent_case_outbox(struct agent_case *agent);

/* The events that wait in the outbox, in order; *count of them, to be released one by one with
 * songhua__v1__event__free_unpacked() and free(). regions[i] (may be NULL) is where the i-th belongs. */
enum { AGENT_CASE_MAX_EVENTS = 1000 };
Songhua__V1__Event **agent_case_events(struct agent_case *agent, size_t *count,
                                       uint32_t regions[AGENT_CASE_MAX_EVENTS]);
void agent_case_free_events(Songhua__V1__Event **events, size_t count);

#endif
