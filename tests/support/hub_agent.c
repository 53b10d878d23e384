#include "tests/support/hub_agent.h"

#include "proto/base/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { ARGUMENTS_MAX = 32, OPTIONS = 5 };

struct line {
    char paths[OPTIONS][512];
    const char *arguments[ARGUMENTS_MAX];
};

void hub_agent_prepare(struct hub *hub)
{
    world_identity(hub->world, "agent-220100", ROLE_AGENT, "220100");
    world_identity(hub->world, "reader", ROLE_READER, "*");
    broker_reload(hub->broker);
    cr_assert_eq(file_write(world_path(hub->world, "framework.yaml"), agent_case_framework,
                            strlen(agent_case_framework), 0644),
                 ERR_OK);
}

static const char *const *fill(struct line *line, struct hub *hub, const char *command,
                               const char *const *special)
{
    static const char *const options[OPTIONS][2] = {{"--identity", "agent-220100.cert"},
                                                    {"--server-cert", "broker.cert"},
                                                    {"--state", "agent"},
                                                    {"--framework", "framework.yaml"},
                                                    {"--broker", NULL}};
    size_t count = 0;
    line->arguments[count++] = command;
    for (size_t i = 0; i < OPTIONS; i++) {
        const char *file = options[i][1];
        snprintf(line->paths[i], sizeof line->paths[i], "%s",
                 file ? world_path(hub->world, "%s", file) : hub->publish);
        line->arguments[count++] = options[i][0];
        line->arguments[count++] = line->paths[i];
    }
    while (*special && count < ARGUMENTS_MAX - 1)
        line->arguments[count++] = *special++;
    line->arguments[count] = NULL;
    return line->arguments;
}

int hub_agent(struct hub *hub, const char *command, const char *const *special, char **output)
{
    struct line line;
    return world_run(hub->world, "songhua-agent", fill(&line, hub, command, special), output);
}

pid_t hub_agent_start(struct hub *hub, const char *const *special)
{
    struct line line;
    return world_start(hub->world, "songhua-agent", fill(&line, hub, "run", special), true, NULL);
}
