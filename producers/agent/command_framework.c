#include "producers/agent/commands.h"
#include "producers/agent/dispatch.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/text.h"
#include "proto/event/event.h"

#include <stdio.h>

struct settings {
    struct agent_settings agent;
    struct dispatch_settings dispatch;
    const char *reason;
};

static const struct option options[] = {AGENT_OPTIONS(struct settings),
                                        DISPATCH_OPTIONS(struct settings),
                                        {"reason", 0, OPTION_TEXT,
                                         offsetof(struct settings, reason), "TEXT",
                                         "why it changes, citing the result that it follows from"},
                                        {0}};

/* A new version reaches everyone; the findings that a usable framework may have are said, not held
 * against it. */
static enum err load(const struct invocation *invocation, const struct buffer *document,
                     struct framework **out)
{
    struct diag diag;
    const char *path = invocation->operands[0];
    enum err err = diag_init(&diag, path, AGENT_FRAMEWORK_MAX_FINDINGS);
    if (!err)
        err = framework_load(document->data, document->size, &diag, out);
    if (!err)
        framework_check(*out, &diag);
    diag_print(&diag, stderr);
    diag_fini(&diag);
    return err ? command_fail(invocation, err, "%s: 未发送 / nothing was sent", path) : ERR_OK;
}

static enum err pack(const struct settings *settings, const struct framework *framework,
                     const struct buffer *document, uint32_t region, struct parcel *parcel)
{
    struct figure figure;
    struct buffer bytes;
    Songhua__V1__FrameworkVersion version = SONGHUA__V1__FRAMEWORK_VERSION__INIT;
    version.id = text_unconst(framework->id);
    version.version = (uint32_t)framework->version; /* its schema ends at UINT32_MAX */
    version.document = (ProtobufCBinaryData){document->size, document->data};
    version.reason = text_unconst(settings->reason ? settings->reason : framework->reason);
    Songhua__V1__Event event = event_of_framework(&version, clock_realtime_ms());
    figure_of_framework(framework->id, document->data, document->size, &figure);
    buffer_init(&bytes, BATCH_PAYLOAD_MAX_BYTES);
    enum err err = event_pack(&event, &bytes);
    if (!err)
        err = parcel_add(parcel, region, &figure, bytes.data, bytes.size);
    buffer_fini(&bytes);
    return err;
}

/* The province's, whatever prefecture the configuration is for: a planner may use an agent's machine. */
static enum err choose_region(struct dispatch *dispatch, uint32_t *out)
{
    if (agent_may_report(&dispatch->identity, REGION_JILIN)) {
        *out = REGION_JILIN;
        return ERR_OK;
    }
    return agent_choose_region(dispatch->invocation, dispatch->agent, &dispatch->identity, out);
}

static enum err publish(struct dispatch *dispatch, const struct framework *framework,
                        const struct buffer *document)
{
    uint32_t region;
    struct parcel parcel;
    const char *path = dispatch->invocation->operands[0];
    struct account account = {.name = path};
    enum err err = choose_region(dispatch, &region);
    if (err)
        return err;
    err = parcel_init(&parcel, "framework", path);
    if (!err)
        err = pack(dispatch->invocation->settings, framework, document, region, &parcel);
    if (err)
        err = command_fail(dispatch->invocation, err, "%s: 上限 1 MiB / at most 1 MiB", path);
    else
        err = dispatch_parcel(dispatch, &parcel, &account);
    parcel_fini(&parcel);
    return err;
}

static enum err read_and_publish(struct dispatch *dispatch)
{
    struct buffer document;
    struct framework *framework = NULL;
    const struct invocation *invocation = dispatch->invocation;
    buffer_init(&document, FRAMEWORK_MAX_BYTES);
    enum err err = file_read(invocation->operands[0], &document);
    if (err)
        command_fail(invocation, err, "%s", invocation->operands[0]);
    if (!err)
        err = load(invocation, &document, &framework);
    if (!err)
        err = publish(dispatch, framework, &document);
    framework_free(framework);
    buffer_fini(&document);
    return err;
}

static enum err run(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;
    struct dispatch dispatch;
    if (invocation->operand_count != 1)
        return command_fail(invocation, ERR_USAGE, "请给出一个文件 / name one file");
    enum err err = dispatch_open(invocation, &settings->agent, &settings->dispatch, &dispatch);
    if (err)
        return err;
    if (agent_may_publish(&dispatch.identity, "framework"))
        err = read_and_publish(&dispatch);
    else
        err = command_fail(
            invocation, ERR_DENIED,
            "%s: 角色 %s 不得发布指标体系，须为 planner 或 admin / the role %s may not "
            "publish a framework; planner or admin may",
            dispatch.identity.name, role_name(dispatch.identity.role),
            role_name(dispatch.identity.role));
    dispatch_close(&dispatch);
    return err;
}

struct command agent_framework_command(void)
{
    return (struct command){
        .name = "framework",
        .summary = "发布指标体系 / check a framework and publish it as the one in force",
        .operands = "FILE",
        .run = run,
        .options = options,
        .settings_bytes = sizeof(struct settings),
        .examples = "songhua-agent framework jilin-2021.yaml --identity /etc/songhua/planner.cert "
                    "--state /var/lib/songhua/planner"};
}
