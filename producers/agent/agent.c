#include "producers/agent/agent.h"

#include <stdio.h>
#include <string.h>

const struct option agent_view_options[] = {AGENT_OPTIONS(struct agent_view_settings),
                                            {"json", 0, OPTION_FLAG,
                                             offsetof(struct agent_view_settings, is_json), NULL,
                                             "one JSON object a line"},
                                            {0}};

enum err agent_load_framework(const struct invocation *invocation,
                              const struct agent_settings *settings, struct framework **out)
{
    struct diag diag;
    enum err err = diag_init(&diag, settings->framework, AGENT_FRAMEWORK_MAX_FINDINGS);
    if (!err)
        err = framework_load_file(settings->framework, &diag, out);
    diag_print(&diag, stderr);
    diag_fini(&diag);
    return err ? command_fail(invocation, err, "--framework: %s", settings->framework) : ERR_OK;
}

static enum err parse_region(const struct invocation *invocation, const char *text, uint32_t *out)
{
    struct region_hint hint;
    enum err err = region_parse(text, out);
    if (!err)
        return ERR_OK;
    region_suggest(text, &hint);
    return command_fail(invocation, ERR_USAGE, "--region %s%s%s%s%s", text, *hint.zh ? ": " : "",
                        hint.zh, *hint.en ? " / " : "", hint.en);
}

enum err agent_choose_region(const struct invocation *invocation,
                             const struct agent_settings *settings, const struct identity *identity,
                             uint32_t *out)
{
    uint32_t region = 0;
    if (settings->region) {
        enum err err = parse_region(invocation, settings->region, &region);
        if (err)
            return err;
    } else if (identity && !identity->has_all_regions && identity->region_count == 1) {
        region = identity->regions[0];
    } else {
        return command_fail(invocation, ERR_USAGE,
                            "请用 --region 指明地区 / say with --region which region is meant");
    }
    if (identity && !agent_may_report(identity, region))
        return command_fail(invocation, ERR_DENIED,
                            "%s: region %06u 不在证书的地区之内 / is not one of its regions",
                            identity->name, region);
    *out = region;
    return ERR_OK;
}

bool agent_may_report(const struct identity *identity, uint32_t region)
{
    for (size_t i = 0; i < identity->region_count; i++)
        if (identity->regions[i] == region)
            return true;
    return identity->has_all_regions;
}

bool agent_may_publish(const struct identity *identity, const char *topic)
{
    bool is_planner = identity->role == ROLE_PLANNER || identity->role == ROLE_ADMIN;
    return is_planner || (identity->role == ROLE_AGENT && strcmp(topic, "framework") != 0);
}

enum err agent_path(const char *state, const char *name, char out[PATH_MAX])
{
    return snprintf(out, PATH_MAX, "%s/%s", state, name) < PATH_MAX ? ERR_OK : ERR_LIMIT;
}
