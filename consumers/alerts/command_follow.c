#include "consumers/alerts/alert_list.h"
#include "consumers/alerts/alert_view.h"
#include "consumers/alerts/commands.h"

#include <stddef.h>
#include <stdio.h>

static const struct option options[] = {ALERTS_OPTIONS,
                                        ALERTS_REGION_OPTION,
                                        {"count", 'n', OPTION_NUMBER,
                                         offsetof(struct alerts_settings, count), "N",
                                         "stop after so many changes"},
                                        {0}};

struct following {
    const struct alerts_settings *settings;
    struct alert_list *list; /* what was there at the start; NULL once it is shown */
    uint64_t open, changes;
};

static enum err show(const struct following *following, const struct entry *entry)
{
    const struct alerts_settings *settings = following->settings;
    return settings->is_json ? view_json(entry, settings->is_utc)
                             : view_line(entry, settings->is_utc);
}

static enum err take(void *context, const struct entry *entry)
{
    struct following *following = context;
    if (!alerts_wants(following->settings, entry))
        return ERR_OK;
    if (following->list)
        return alert_list_put(following->list, entry);
    enum err err = show(following, entry);
    if (err)
        return err;
    bool is_enough = ++following->changes == following->settings->count;
    return is_enough ? ERR_STOPPED : ERR_OK;
}

static enum err show_open(void *context, const struct entry *entry)
{
    struct following *following = context;
    following->open++;
    return show(following, entry);
}

/* All that was stored has been read: what is open now, then wait for changes. */
static enum err rest(void *context)
{
    struct following *following = context;
    if (!following->list)
        return ERR_OK;
    enum err err = alert_list_each(following->list, false, show_open, following);
    alert_list_free(following->list);
    following->list = NULL;
    if (!err)
        fprintf(stderr, "未解除 %llu 条，等待变化 / %llu open; waiting for changes, Ctrl-C ends\n",
                (unsigned long long)following->open, (unsigned long long)following->open);
    return err;
}

static enum err run(const struct invocation *invocation)
{
    struct following following = {.settings = invocation->settings};
    const struct alerts_handler handler = {.context = &following, .take = take, .rest = rest};
    uint64_t last;
    enum err err = alert_list_new(&following.list);
    if (err)
        return command_fail(invocation, err, "alerts");
    err = alerts_read(invocation, &handler, true, &last);
    alert_list_free(following.list);
    return err;
}

struct command alerts_follow_command(void)
{
    return (struct command){.name = "follow",
                            .summary =
                                "先列当前预警，再逐条显示变化 / the open alerts, then each change",
                            .run = run,
                            .options = options,
                            .settings_bytes = sizeof(struct alerts_settings),
                            .examples = "songhua-alerts follow\n"
                                        "songhua-alerts follow --json | jq -r .data.summary_zh"};
}
