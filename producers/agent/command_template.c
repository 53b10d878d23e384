#include "producers/agent/agent.h"
#include "producers/agent/commands.h"
#include "proto/base/clock.h"
#include "proto/cli/table.h"
#include "proto/event/milestone_check.h"
#include "proto/event/observation_check.h"
#include "proto/event/period.h"

#include <stdio.h>

struct settings {
    struct agent_settings agent;
    const char *period;
    bool is_chinese, wants_milestones;
};

static const struct option options[] = {
    AGENT_OPTIONS(struct settings),
    {"period", 0, OPTION_TEXT, offsetof(struct settings, period), "PERIOD",
     "only the indicators of its kind; default: the last that has ended, for each"},
    {"chinese", 0, OPTION_FLAG, offsetof(struct settings, is_chinese), NULL,
     "Chinese column names"},
    {"milestones", 0, OPTION_FLAG, offsetof(struct settings, wants_milestones), NULL,
     "a row for each part of the milestones and duties, instead of figures"},
    {0}};

/* The last period of the frequency that has ended by now. */
static struct period last_ended(enum frequency frequency, uint64_t now_ms)
{
    struct period period = {.year = PERIOD_FIRST_YEAR,
                            .frequency = (uint8_t)frequency,
                            .part = frequency == FREQUENCY_YEAR ? 0 : 1};
    for (struct period next = period; period_end_ms(next) <= now_ms; next = period_next(next)) {
        period = next;
        if (period_key(period_next(next)) == period_key(next))
            break; /* the table's last year */
    }
    return period;
}

static void print_header(bool is_chinese)
{
    const char *fields[FIELD_COUNT];
    for (int i = 0; i < FIELD_COUNT; i++)
        fields[i] = is_chinese ? observation_field_name_zh((enum observation_field)i)
                               : observation_field_name((enum observation_field)i);
    csv_line(fields, FIELD_COUNT);
}

/* A row to be filled in. It says that the figure is missing, so that a row forgotten in it reports
 * nothing false. */
static void print_row(const struct indicator *indicator, uint32_t region, struct period period)
{
    char code[REGION_CODE_BYTES], when[PERIOD_TEXT_BYTES], note[400];
    const struct definition *definition = indicator_primary_definition(indicator);
    region_format(region, code);
    period_format(period, when);
    snprintf(note, sizeof note,
             "%s：填入数值和来源，状态改为 A / fill in value and source, then status A",
             indicator->name.zh);
    const char *const fields[FIELD_COUNT] = {[FIELD_INDICATOR] = indicator->id,
                                             [FIELD_REGION] = code,
                                             [FIELD_PERIOD] = when,
                                             [FIELD_VALUE] = "",
                                             [FIELD_UNIT] = indicator->unit,
                                             [FIELD_OBS_STATUS] = "O",
                                             [FIELD_DEFINITION] = definition ? definition->id : "",
                                             [FIELD_SOURCE] = "",
                                             [FIELD_NOTE] = note};
    csv_line(fields, FIELD_COUNT);
}

static enum frequency frequency_of(const struct indicator *indicator)
{
    const struct definition *definition = indicator_primary_definition(indicator);
    bool has_own = definition && definition->has_cadence;
    return cadence_frequency(has_own ? definition->cadence : indicator->cadence);
}

/* --- milestones and duties ---------------------------------------------------------------------- */

static void print_milestone_header(bool is_chinese)
{
    const char *fields[MILESTONE_FIELDS];
    for (int i = 0; i < MILESTONE_FIELDS; i++)
        fields[i] = is_chinese ? milestone_field_name_zh((enum milestone_field)i)
                               : milestone_field_name((enum milestone_field)i);
    csv_line(fields, MILESTONE_FIELDS);
}

/* Without state and date it reports nothing, so that rows not filled in may stay. */
static void print_part(const struct indicator *indicator, uint32_t region, const char *part,
                       const char *name)
{
    char code[REGION_CODE_BYTES], note[600];
    region_format(region, code);
    snprintf(note, sizeof note, "%s%s%s：填入进展和日期 / fill in state and date",
             indicator->name.zh, *name ? " " : "", name);
    const char *const fields[MILESTONE_FIELDS] = {[MILESTONE_INDICATOR] = indicator->id,
                                                  [MILESTONE_REGION] = code,
                                                  [MILESTONE_PART] = part,
                                                  [MILESTONE_STATE] = "",
                                                  [MILESTONE_DATE] = "",
                                                  [MILESTONE_SOURCE] = "",
                                                  [MILESTONE_NOTE] = note};
    csv_line(fields, MILESTONE_FIELDS);
}

/* Each part, the whole where there are none; of a duty the period. */
static size_t print_parts(const struct indicator *indicator, uint32_t region, struct period period)
{
    char when[PERIOD_TEXT_BYTES];
    if (milestone_kind(indicator) == MILESTONE_DUTY) {
        period_format(period, when);
        print_part(indicator, region, when, "");
        return 1;
    }
    if (indicator->part_count == 0)
        print_part(indicator, region, "", "");
    for (size_t i = 0; i < indicator->part_count; i++)
        print_part(indicator, region, indicator->parts[i].id, indicator->parts[i].name.zh);
    return indicator->part_count > 0 ? indicator->part_count : 1;
}

/* --- the file ----------------------------------------------------------------------------------- */

/* What the region reports of the kind that is wanted, each for its period; *others counts the other kind. */
static size_t print_all(const struct settings *settings, const struct framework *framework,
                        uint32_t region, const struct period *given, size_t *others)
{
    size_t rows = 0;
    *others = 0;
    uint64_t now_ms = clock_realtime_ms();
    for (size_t i = 0; i < framework->indicator_count; i++) {
        const struct indicator *indicator = &framework->indicators[i];
        enum frequency frequency = frequency_of(indicator);
        bool is_milestone = milestone_kind(indicator) != MILESTONE_NOT;
        if (!indicator_has_region(indicator, region) || (given && given->frequency != frequency))
            continue;
        if (is_milestone != settings->wants_milestones) {
            ++*others;
            continue;
        }
        struct period period = given ? *given : last_ended(frequency, now_ms);
        if (!is_milestone)
            print_row(indicator, region, period);
        rows += is_milestone ? print_parts(indicator, region, period) : 1;
    }
    return rows;
}

static enum err print_rows(const struct invocation *invocation, const struct framework *framework,
                           uint32_t region)
{
    struct period given;
    size_t milestones;
    const struct settings *settings = invocation->settings;
    if (settings->period && period_parse(settings->period, &given, NULL))
        return command_fail(invocation, ERR_USAGE, "--period %s: 2024, 2024-Q3, 2024-06",
                            settings->period);
    if (settings->wants_milestones)
        print_milestone_header(settings->is_chinese);
    else
        print_header(settings->is_chinese);
    if (!print_all(settings, framework, region, settings->period ? &given : NULL, &milestones))
        return command_fail(
            invocation, ERR_NOT_FOUND,
            "%06u: 指标体系中没有此地区填报的%s / the framework has no %s that this region reports",
            region, settings->wants_milestones ? "进展" : "指标",
            settings->wants_milestones ? "milestone" : "indicator");
    if (milestones && !settings->wants_milestones)
        fprintf(
            stderr,
            "另有 %zu 项填报进展 / %zu more report states: songhua-agent template --milestones\n",
            milestones, milestones);
    return ERR_OK;
}

static enum err run(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;
    char why[200];
    struct identity identity;
    const struct identity *known = NULL;
    struct framework *framework = NULL;
    uint32_t region;
    if (!settings->agent.region && !identity_load_public(settings->agent.identity, &identity, why))
        known = &identity;
    enum err err = agent_choose_region(invocation, &settings->agent, known, &region);
    if (!err)
        err = agent_load_framework(invocation, &settings->agent, &framework);
    if (!err)
        err = print_rows(invocation, framework, region);
    framework_free(framework);
    return err;
}

struct command agent_template_command(void)
{
    return (struct command){
        .name = "template",
        .summary = "输出填报模板 / print a CSV file to fill in, a row for each indicator",
        .run = run,
        .options = options,
        .settings_bytes = sizeof(struct settings),
        .examples = "songhua-agent template --region 长春市 > 2024.csv\n"
                    "songhua-agent template --milestones > milestones.csv"};
}
