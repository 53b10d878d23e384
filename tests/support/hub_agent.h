/* songhua-agent as a program, agent-220100 of a hub, with the framework of agent_case.h: for tests of the
 * two against each other. ARGUMENTS() is that of agent_case.h.
 *
 *     hub_agent_prepare(&hub);                                        the identity, a reader, the framework
 *     int exit_code = hub_agent(&hub, "submit", ARGUMENTS("a.csv"), &output);
 *     pid_t pid = hub_agent_start(&hub, ARGUMENTS("--heartbeat", "0s"));
 */
#ifndef SONGHUA_TESTS_HUB_AGENT_H
#define SONGHUA_TESTS_HUB_AGENT_H

#include "tests/support/agent_case.h"
#include "tests/support/hub.h"

#include <sys/types.h>

void hub_agent_prepare(struct hub *hub);

/* The command with every path and port of the hub, then the special arguments, run to its end; *output
 * (may be NULL) is the caller's. Returns the exit code. */
int hub_agent(struct hub *hub, const char *command, const char *const *special, char **output);

/* `run`, until it is ready. */
pid_t hub_agent_start(struct hub *hub, const char *const *special);

#endif
