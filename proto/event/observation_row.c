#include "proto/event/observation_row.h"

#include "proto/base/text.h"
#include "proto/event/obs_status.h"
#include "proto/event/observation_issues.h"

#include <string.h>

/* protobuf-c's strings are not const; these are only read. */
static char *as_string(const char *text)
{
    return text_unconst(text);
}

static void require(const struct observation_texts *texts, enum observation_field field,
                    struct observation_issues *issues)
{
    if (texts->text[field][0] == '\0')
        issue_add(issues, FINDING_FIELD_MISSING, field, "", "", "");
}

static uint32_t read_region(const struct framework *framework, const char *text,
                            struct observation_issues *issues)
{
    uint32_t region = REGION_NATION;
    if (text[0] == '\0' || framework_region_parse(framework, text, &region) == ERR_OK)
        return region;
    struct region_hint hint;
    region_suggest(text, &hint);
    issue_add(issues, FINDING_REGION_UNKNOWN, FIELD_REGION, text, hint.zh, hint.en);
    return region;
}

static void read_status(const char *text, Songhua__V1__Observation *out,
                        struct observation_issues *issues)
{
    if (obs_status_parse(text, &out->obs_status) != ERR_OK)
        issue_add(issues, FINDING_STATUS_UNKNOWN, FIELD_OBS_STATUS, text, "", "");
}

static void read_value(const char *text, Songhua__V1__Observation *out,
                       struct observation_issues *issues)
{
    struct decimal value = {0, 0};
    enum finding why;
    if (obs_status_is_missing(out->obs_status)) {
        if (text[0] != '\0')
            issue_add(issues, FINDING_STATUS_VALUE, FIELD_VALUE, text, "", "");
        return;
    }
    if (decimal_parse(text, &value, &why) != ERR_OK)
        issue_add(issues, why, FIELD_VALUE, text, "", "");
    out->unscaled = value.unscaled;
    out->decimals = value.decimals;
}

static void read_period(const char *text, struct observation_room *room,
                        Songhua__V1__Observation *out, struct observation_issues *issues)
{
    struct period period;
    enum finding why;
    out->period = as_string(text);
    if (text[0] == '\0')
        return;
    if (period_parse(text, &period, &why) != ERR_OK) {
        issue_add(issues, why, FIELD_PERIOD, text, "", "");
        return;
    }
    period_format(period, room->period);
    out->period = room->period;
}

/* What the row leaves to the framework. */
static void fill_in(const struct indicator *indicator, Songhua__V1__Observation *out)
{
    const struct definition *primary = indicator_primary_definition(indicator);
    if (out->unit[0] == '\0')
        out->unit = as_string(indicator->unit);
    if (out->definition[0] == '\0' && primary != NULL)
        out->definition = as_string(primary->id);
    const struct definition *definition = indicator_definition(indicator, out->definition);
    out->cumulative = definition != NULL && definition->is_cumulative;
}

void observation_row_build(const struct observation_texts *texts, const struct framework *framework,
                           struct observation_room *room, uint32_t *region,
                           Songhua__V1__Observation *out, struct observation_issues *issues)
{
    issues->count = 0;
    songhua__v1__observation__init(out);
    require(texts, FIELD_INDICATOR, issues);
    require(texts, FIELD_REGION, issues);
    require(texts, FIELD_PERIOD, issues);
    out->indicator = as_string(texts->text[FIELD_INDICATOR]);
    out->unit = as_string(texts->text[FIELD_UNIT]);
    out->definition = as_string(texts->text[FIELD_DEFINITION]);
    out->source = as_string(texts->text[FIELD_SOURCE]);
    out->note = as_string(texts->text[FIELD_NOTE]);
    *region = read_region(framework, texts->text[FIELD_REGION], issues);
    read_status(texts->text[FIELD_OBS_STATUS], out, issues);
    read_value(texts->text[FIELD_VALUE], out, issues);
    read_period(texts->text[FIELD_PERIOD], room, out, issues);
    const struct indicator *indicator =
        framework != NULL ? framework_indicator(framework, out->indicator) : NULL;
    if (indicator != NULL)
        fill_in(indicator, out);
    observation_check(framework, *region, out, issues);
}
