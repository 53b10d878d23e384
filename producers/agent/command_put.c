#include "producers/agent/commands.h"
#include "producers/agent/dispatch.h"
#include "producers/agent/source.h"
#include "proto/base/buffer.h"
#include "proto/event/milestone_check.h"
#include "proto/event/observation_check.h"

#include <string.h>

enum { ROW_MAX_BYTES = 64 * 1024 };

struct settings {
    struct agent_settings agent;
    struct dispatch_settings dispatch;
    const char *indicator, *period, *value, *unit, *obs_status, *definition, *source, *note;
    const char *revises, *part, *state, *date;
    bool is_confirmed;
};

/* clang-format off */
#define TEXT(name, member, argument, help) \
    {name, 0, OPTION_TEXT, offsetof(struct settings, member), argument, help}
static const struct option options[] = {
    AGENT_OPTIONS(struct settings),
    DISPATCH_OPTIONS(struct settings),
    TEXT("indicator", indicator, "ID", "as in the framework"),
    TEXT("period", period, "PERIOD", "2024, 2024-Q3 or 2024-06"),
    TEXT("value", value, "NUMBER", "the figure, without its unit"),
    TEXT("unit", unit, "UNIT", "default: the framework's"),
    TEXT("obs-status", obs_status, "LETTER", "SDMX: A normal, P provisional, E estimated, M missing …"),
    TEXT("definition", definition, "ID", "one of the framework's definitions"),
    TEXT("source", source, "TEXT", "document, and page or table"),
    TEXT("note", note, "TEXT", "a remark"),
    TEXT("revises", revises, "ADDRESS", "sequence.index of the figure that this one replaces"),
    {"confirm", 0, OPTION_FLAG, offsetof(struct settings, is_confirmed), NULL,
     "the figure is doubted, was looked at again and is right; --note says why"},
    TEXT("milestone", state, "STATE", "of a milestone or duty: planned started done cancelled exempt"),
    TEXT("part", part, "PART", "with --milestone: its part; of a duty the period"),
    TEXT("date", date, "DAY", "with --milestone: the day on which it was reached, 2024-06-30"),
    {0}};
#undef TEXT
/* clang-format on */

/* A field in quotes, its own quotes doubled. */
static enum err append_field(struct buffer *out, const char *text)
{
    enum err err = buffer_append(out, "\"", 1);
    for (const char *at = text ? text : ""; *at && !err; at++) {
        err = buffer_append(out, at, 1);
        if (!err && *at == '"')
            err = buffer_append(out, at, 1);
    }
    return err ? err : buffer_append(out, "\",", 2);
}

/* A header and a row. */
static enum err write_fields(const char *const *names, const char *const *fields, int count,
                             struct buffer *out)
{
    enum err err = ERR_OK;
    for (int i = 0; i < count && !err; i++)
        err = buffer_append_format(out, "%s%s", i ? "," : "", names[i]);
    if (!err)
        err = buffer_append(out, "\n", 1);
    for (int i = 0; i < count && !err; i++)
        err = append_field(out, fields[i]);
    if (err)
        return err;
    out->data[out->size - 1] = '\n'; /* the last comma */
    return ERR_OK;
}

static enum err write_milestone(const struct settings *settings, const char *code,
                                struct buffer *out)
{
    const char *names[MILESTONE_FIELDS];
    const char *const fields[MILESTONE_FIELDS] = {[MILESTONE_INDICATOR] = settings->indicator,
                                                  [MILESTONE_REGION] = code,
                                                  [MILESTONE_PART] = settings->part,
                                                  [MILESTONE_STATE] = settings->state,
                                                  [MILESTONE_DATE] = settings->date,
                                                  [MILESTONE_SOURCE] = settings->source,
                                                  [MILESTONE_NOTE] = settings->note};
    for (int i = 0; i < MILESTONE_FIELDS; i++)
        names[i] = milestone_field_name((enum milestone_field)i);
    return write_fields(names, fields, MILESTONE_FIELDS, out);
}

/* The options as a file of one row, so that a figure by hand passes the same checks as any other. */
static enum err write_row(const struct settings *settings, uint32_t region, struct buffer *out)
{
    char code[REGION_CODE_BYTES];
    const char *names[FIELD_COUNT];
    region_format(region, code);
    if (settings->state)
        return write_milestone(settings, code, out);
    const char *const fields[FIELD_COUNT] = {[FIELD_INDICATOR] = settings->indicator,
                                             [FIELD_REGION] = code,
                                             [FIELD_PERIOD] = settings->period,
                                             [FIELD_VALUE] = settings->value,
                                             [FIELD_UNIT] = settings->unit,
                                             [FIELD_OBS_STATUS] = settings->obs_status,
                                             [FIELD_DEFINITION] = settings->definition,
                                             [FIELD_SOURCE] = settings->source,
                                             [FIELD_NOTE] = settings->note};
    for (int i = 0; i < FIELD_COUNT; i++)
        names[i] = observation_field_name((enum observation_field)i);
    return write_fields(names, fields, FIELD_COUNT, out);
}

static enum err put_row(struct dispatch *dispatch, const struct framework *framework,
                        const struct buffer *row)
{
    const struct settings *settings = dispatch->invocation->settings;
    const struct submission_options reading = {.framework = framework,
                                               .identity = &dispatch->identity,
                                               .is_repeatable = true,
                                               .revises = settings->revises,
                                               .is_confirmed = settings->is_confirmed};
    struct submission submission;
    enum err err = submission_read_bytes("put", source_for("put.csv"), row->data, row->size,
                                         &reading, &submission);
    if (err && err != ERR_ROWS)
        return command_fail(dispatch->invocation, err, "put");
    struct account account = {.name = "put", .submission = &submission, .refused = err};
    account_findings(&account);
    if (err)
        account_result(&account, settings->dispatch.is_json);
    else
        err = dispatch_parcel(dispatch, &submission.parcel, &account);
    submission_fini(&submission);
    return err;
}

/* 120.3 */
static bool is_address(const char *text)
{
    static const char digits[] = "0123456789";
    size_t sequence = strspn(text, digits);
    const char *index = text + sequence + 1;
    return sequence && text[sequence] == '.' && *index && !index[strspn(index, digits)];
}

/* A figure has a period, a milestone a state and a day; not both. */
static enum err check_options(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;
    bool is_figure =
        settings->period || settings->value || settings->revises || settings->is_confirmed;
    bool is_milestone = settings->state || settings->part || settings->date;
    if (is_figure && is_milestone)
        return command_fail(
            invocation, ERR_USAGE,
            "数值用 --period 和 --value，进展用 --milestone 和 --date，不能混用 / a figure has "
            "--period and --value, a milestone --milestone and --date: not both");
    if (!settings->indicator ||
        (is_milestone ? !settings->state || !settings->date : !settings->period))
        return command_fail(
            invocation, ERR_USAGE,
            "需要 --indicator 和 --period（数值）或 --milestone 和 --date（进展） / --indicator "
            "is needed, and --period (a figure) or --milestone and --date (a milestone)");
    if (settings->is_confirmed && !settings->note)
        return command_fail(
            invocation, ERR_USAGE,
            "--confirm 须以 --note 说明理由 / --confirm needs a --note that says why");
    if (settings->revises && !is_address(settings->revises))
        return command_fail(
            invocation, ERR_USAGE,
            "--revises \"%s\" 不是事件地址 / is not an event's address, such as 120.3",
            settings->revises);
    return ERR_OK;
}

static enum err run(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;
    struct dispatch dispatch;
    struct buffer row;
    struct framework *framework = NULL;
    uint32_t region;
    enum err err = check_options(invocation);
    if (!err)
        err = dispatch_open(invocation, &settings->agent, &settings->dispatch, &dispatch);
    if (err)
        return err;
    buffer_init(&row, ROW_MAX_BYTES);
    err = agent_choose_region(invocation, &settings->agent, &dispatch.identity, &region);
    if (!err)
        err = agent_load_framework(invocation, &settings->agent, &framework);
    if (err)
        goto out;
    dispatch.framework = framework;
    err = write_row(settings, region, &row);
    err = err ? command_fail(invocation, err, "put") : put_row(&dispatch, framework, &row);
out:
    framework_free(framework);
    buffer_fini(&row);
    dispatch_close(&dispatch);
    return err;
}

struct command agent_put_command(void)
{
    return (struct command){
        .name = "put",
        .summary = "手工上报一个数值或进展 / report one figure or milestone by hand",
        .run = run,
        .options = options,
        .settings_bytes = sizeof(struct settings),
        .examples = "songhua-agent put --indicator rd_intensity --period 2024 --value 1.41 "
                    "--source '中国科技统计年鉴 表1-8'"};
}
