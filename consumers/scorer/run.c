#include "consumers/scorer/commands.h"
#include "consumers/scorer/scorer.h"

const struct option scorer_run_options[] = {
    SERVICE_OPTIONS(struct scorer_run_settings, service, "scorer", false), {0}};

enum err scorer_run(const struct invocation *invocation)
{
    const struct scorer_run_settings *settings = invocation->settings;
    struct scorer *scorer;
    enum err err = scorer_new(&scorer);
    if (err)
        return command_fail(invocation, err, "scorer");
    const struct service_definition definition = {.name = "scorer",
                                                  .input = "events",
                                                  .output = "scores",
                                                  .context = scorer,
                                                  .load = scorer_load,
                                                  .reset = scorer_reset,
                                                  .handle = scorer_handle,
                                                  .keep = scorer_keep};
    err = service_command(invocation, &settings->service, &definition);
    scorer_free(scorer);
    return err;
}
