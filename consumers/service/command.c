#include "consumers/service/command.h"

#include "consumers/service/link.h"
#include "proto/base/log.h"
#include "proto/cli/keys.h"
#include "proto/cli/terminal.h"
#include "proto/net/http_status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- the status port -------------------------------------------------------------------------- */

struct running {
    const struct service_definition *definition;
    struct service *service;
};

static enum err append_metrics(void *context, struct buffer *out)
{
    struct running *running = context;
    struct service_counters counters = service_counters(running->service);
    return service_metrics(&counters, running->definition->name, out);
}

static bool is_ready(void *context, char why[200])
{
    struct running *running = context;
    struct service_counters counters = service_counters(running->service);
    if (!counters.is_caught_up && !counters.is_connected)
        snprintf(why, 200, "the broker does not answer");
    else if (!counters.is_caught_up)
        snprintf(why, 200, "catching up: %" PRIu64 " records behind", service_lag(&counters));
    return counters.is_caught_up;
}

static enum err open_http(const char *address, struct running *running, struct http_status **out)
{
    const struct http_status_options options = {
        .address = address, .metrics = append_metrics, .is_ready = is_ready, .context = running};
    return *address ? http_status_open(&options, out) : ERR_OK;
}

/* --- running ---------------------------------------------------------------------------------- */

static enum err run_service(const struct invocation *invocation,
                            const struct service_settings *settings,
                            const struct service_definition *definition, struct link *link)
{
    struct running running = {.definition = definition};
    struct http_status *http = NULL;
    const struct service_options options = {.name = definition->name,
                                            .ports = link_ports(link),
                                            .handle = definition->handle,
                                            .keep = definition->keep,
                                            .context = definition->context,
                                            .position = link_position(link),
                                            .published = link_published(link)};
    enum err err = service_new(&options, &running.service);
    if (err)
        return command_fail(invocation, err, "%s", definition->name);
    err = open_http(settings->http, &running, &http);
    if (err) {
        command_fail(invocation, err, "--http %s", settings->http);
        goto out;
    }
    log_info("service.start", "service=%s position=%" PRIu64, definition->name,
             link_position(link));
    notify_state("READY=1");
    err = service_run(running.service);
    notify_state("STOPPING=1");
    if (err)
        command_fail(invocation, err, "%s", definition->name);
    else
        log_info("service.stop", "service=%s position=%" PRIu64, definition->name,
                 service_counters(running.service).position);
out:
    http_status_close(&http);
    service_free(running.service);
    return err;
}

static enum err open_link(const struct invocation *invocation,
                          const struct service_settings *settings,
                          const struct service_definition *definition,
                          const struct identity *identity, const char *server_key,
                          struct link **out)
{
    const struct link_options options = {.publish = settings->broker,
                                         .fetch = settings->fetch,
                                         .server_key = server_key,
                                         .identity = identity,
                                         .input = definition->input,
                                         .output = definition->output,
                                         .state = settings->state,
                                         .state_bytes = settings->state_bytes};
    enum err err = link_open(&options, out);
    return err ? command_fail(invocation, err, "--state %s, --broker %s, --fetch %s",
                              settings->state, settings->broker, settings->fetch)
               : ERR_OK;
}

/* A state that cannot be used is made anew from the record. */
static enum err load(const struct service_definition *definition, struct link *link)
{
    enum err err = definition->load(definition->context, link_outbox(link));
    if ((err != ERR_CORRUPT && err != ERR_VERSION) || !definition->reset)
        return err;
    log_warn("service.rebuild", "service=%s position=%" PRIu64 " error=%s action=from_the_record",
             definition->name, link_position(link), err_name(err));
    err = definition->reset(definition->context);
    return err ? err : link_forget_state(link);
}

enum err service_command(const struct invocation *invocation,
                         const struct service_settings *settings,
                         const struct service_definition *definition)
{
    struct identity identity;
    char server_key[CURVE_TEXT_BYTES];
    struct link *link = NULL;
    enum err err = stop_init();
    if (err)
        return command_fail(invocation, err, "signals");
    err = keys_own(invocation, settings->identity, &identity);
    if (err)
        return err;
    err = keys_server(invocation, settings->server_cert, server_key);
    if (!err)
        err = open_link(invocation, settings, definition, &identity, server_key, &link);
    if (!err && definition->load) {
        err = load(definition, link);
        if (err)
            command_fail(invocation, err, "--state %s", settings->state);
    }
    if (!err)
        err = run_service(invocation, settings, definition, link);
    link_close(&link);
    identity_clear(&identity);
    return err;
}
