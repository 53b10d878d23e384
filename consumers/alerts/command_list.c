#include "consumers/alerts/alert_list.h"
#include "consumers/alerts/alert_view.h"
#include "consumers/alerts/commands.h"

#include <stdio.h>

static const struct option options[] = {ALERTS_OPTIONS,
                                        ALERTS_REGION_OPTION,
                                        {"all", 'a', OPTION_FLAG,
                                         offsetof(struct alerts_settings, is_all), NULL,
                                         "also those that have ended"},
                                        {0}};

struct listing {
    const struct alerts_settings *settings;
    struct alert_list *list;
    struct table *table;
    uint64_t shown, last; /* last: newest record */
};

static enum err take(void *context, const struct entry *entry)
{
    struct listing *listing = context;
    return alerts_wants(listing->settings, entry) ? alert_list_put(listing->list, entry) : ERR_OK;
}

static enum err show(void *context, const struct entry *entry)
{
    struct listing *listing = context;
    listing->shown++;
    if (listing->settings->is_json)
        return view_json(entry, listing->settings->is_utc);
    view_list_row(listing->table, entry);
    return ERR_OK;
}

/* Silence must not be mistaken for health: it is said that there is none, and as of when. */
static void say_none(const struct listing *listing)
{
    printf("没有%s预警（截至记录 %llu）/ no %salerts (as of record %llu)\n",
           listing->settings->is_all ? "" : "未解除的", (unsigned long long)listing->last,
           listing->settings->is_all ? "" : "open ", (unsigned long long)listing->last);
}

static enum err show_all(struct listing *listing)
{
    const struct alerts_settings *settings = listing->settings;
    enum err err = view_list_new(&listing->table);
    if (!err)
        err = alert_list_each(listing->list, settings->is_all, show, listing);
    if (!err && !settings->is_json && listing->shown)
        err = table_print(listing->table);
    if (!err && !settings->is_json && !listing->shown)
        say_none(listing);
    table_free(listing->table);
    return err;
}

static enum err run(const struct invocation *invocation)
{
    struct listing listing = {.settings = invocation->settings};
    const struct alerts_handler handler = {.context = &listing, .take = take};
    enum err err = alert_list_new(&listing.list);
    if (err)
        return command_fail(invocation, err, "alerts");
    err = alerts_read(invocation, &handler, false, &listing.last);
    if (!err) {
        err = show_all(&listing);
        if (err)
            command_fail(invocation, err, "alerts");
    }
    alert_list_free(listing.list);
    return err;
}

struct command alerts_list_command(void)
{
    return (struct command){.name = "list",
                            .summary = "当前预警 / the alerts that are open now",
                            .run = run,
                            .options = options,
                            .settings_bytes = sizeof(struct alerts_settings),
                            .examples = "songhua-alerts list\n"
                                        "songhua-alerts list --all --region 220200\n"
                                        "songhua-alerts list --json | jq -r .data.summary_zh"};
}
