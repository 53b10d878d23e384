#include "consumers/alerter/alerter.h"
#include "consumers/alerter/commands.h"

const struct option alerter_run_options[] = {
    SERVICE_OPTIONS(struct alerter_run_settings, service, "alerter", false), {0}};

enum err alerter_run(const struct invocation *invocation)
{
    const struct alerter_run_settings *settings = invocation->settings;
    struct alerter *alerter;
    enum err err = alerter_new(&alerter);
    if (err)
        return command_fail(invocation, err, "alerter");
    const struct service_definition definition = {.name = "alerter",
                                                  .input = "scores",
                                                  .output = "alerts",
                                                  .context = alerter,
                                                  .load = alerter_load,
                                                  .handle = alerter_handle};
    err = service_command(invocation, &settings->service, &definition);
    alerter_free(alerter);
    return err;
}
