/* songhua-broker retention: what the rules would let go now. The running broker prunes by itself. */
#include "broker/commands.h"
#include "broker/journal/care.h"
#include "broker/retention.h"
#include "proto/base/clock.h"
#include "proto/base/json.h"
#include "proto/cli/table.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define AT(field) offsetof(struct retention_settings, field)

const struct option broker_retention_options[] = {
    {"state", 's', OPTION_TEXT, AT(state), "DIR", "directory of the journal",
     .initial = "/var/lib/songhua/broker"},
    {"retention", 0, OPTION_LIST, AT(rules), "RULE", "as of run"},
    {"dry-run", 'n', OPTION_FLAG, AT(is_dry), NULL, "say what would go; nothing is removed"},
    {"json", 0, OPTION_FLAG, AT(is_json), NULL, "one JSON object a line"},
    {0},
};

enum err broker_retention_rules(const struct invocation *invocation, const struct option_list *list,
                                struct retention_rules *out)
{
    char why[RETENTION_WHY_BYTES];
    *out = (struct retention_rules){0};
    for (size_t i = 0; i < list->count; i++)
        if (retention_add(out, list->items[i], why))
            return command_fail(invocation, ERR_CONFIG, "--retention %s", why);
    return ERR_OK;
}

static enum err print_json(const struct retention_rule *rule, const struct retention_plan *plan)
{
    struct buffer line;
    buffer_init(&line, 4096);
    struct json json = json_start(&line);
    json_open(&json, NULL, '{');
    json_text(&json, "stream", rule->stream);
    json_u64(&json, "records", plan->before - plan->first);
    json_u64(&json, "first", plan->first);
    json_u64(&json, "before", plan->before);
    json_u64(&json, "bytes", plan->bytes);
    json_u64(&json, "held", plan->held);
    json_text(&json, "held_by", plan->held ? plan->held_by : NULL);
    json_u64(&json, "held_at", plan->held_at);
    json_close(&json, '}');
    enum err err = json_print(&json, stdout);
    buffer_fini(&line);
    return err;
}

static void add_row(struct table *table, const struct retention_rule *rule,
                    const struct retention_plan *plan)
{
    uint64_t records = plan->before - plan->first;
    table_cell(table, rule->stream);
    table_cell_format(table, "%" PRIu64, records);
    if (records)
        table_cell_format(table, "%" PRIu64 "-%" PRIu64, plan->first, plan->before - 1);
    else
        table_cell(table, "-");
    table_cell_format(table, "%" PRIu64, plan->bytes);
    if (plan->held)
        table_cell_format(table, "%" PRIu64 " by %s at %" PRIu64, plan->held, plan->held_by,
                          plan->held_at);
    else
        table_cell(table, "-");
}

static enum err show(const struct invocation *invocation, const struct retention_rules *rules,
                     struct journal *journal, struct table *table)
{
    const struct retention_settings *settings = invocation->settings;
    uint64_t now_ms = clock_realtime_ms();
    enum err err = ERR_OK;
    for (size_t i = 0; i < rules->count && !err; i++) {
        struct retention_plan plan;
        err = retention_plan(journal, &rules->items[i], now_ms, UINT64_MAX / 2, &plan);
        if (!err && settings->is_json)
            err = print_json(&rules->items[i], &plan);
        else if (!err)
            add_row(table, &rules->items[i], &plan);
        if (err)
            return command_fail(invocation, err, "the stream %s", rules->items[i].stream);
    }
    if (!settings->is_json)
        err = table_print(table);
    return err ? command_fail(invocation, err, "stdout") : ERR_OK;
}

static enum err look(const struct invocation *invocation, const struct retention_rules *rules)
{
    const struct retention_settings *settings = invocation->settings;
    static const struct table_column columns[] = {{"stream", false},    {"would go", true},
                                                  {"records", false},   {"bytes", true},
                                                  {"held back", false}, {0}};
    char folder[CARE_PATH_BYTES];
    struct journal *journal;
    struct table *table;
    enum err err = journal_folder(settings->state, folder);
    if (!err)
        err = journal_catch_up(settings->state);
    if (!err)
        err = journal_look(folder, false, &journal);
    if (err)
        return broker_fail_journal(invocation, folder, err);
    err = table_new(columns, &table);
    if (err) {
        command_fail(invocation, err, "table");
    } else {
        err = show(invocation, rules, journal, table);
        table_free(table);
    }
    journal_close(&journal);
    return err;
}

enum err broker_retention(const struct invocation *invocation)
{
    const struct retention_settings *settings = invocation->settings;
    struct retention_rules rules;
    if (!settings->is_dry)
        return command_fail(invocation, ERR_USAGE,
                            "the running broker prunes by itself; --dry-run says what would go");
    enum err err = broker_retention_rules(invocation, &settings->rules, &rules);
    if (err)
        return err;
    if (!rules.count) {
        fprintf(stderr, "%s: 没有规则，全部保留 / no rule: everything is kept for good\n",
                invocation->program);
        return ERR_OK;
    }
    return look(invocation, &rules);
}
