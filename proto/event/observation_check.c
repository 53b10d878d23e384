#include "proto/event/observation_check.h"

#include "proto/base/text.h"
#include "proto/event/obs_status.h"
#include "proto/event/observation_issues.h"
#include "proto/event/unit.h"

#include <stdio.h>
#include <string.h>

static const char *const names[FIELD_COUNT][2] = {
    [FIELD_INDICATOR] = {"indicator", "指标"},
    [FIELD_REGION] = {"region", "地区"},
    [FIELD_PERIOD] = {"period", "时期"},
    [FIELD_VALUE] = {"value", "数值"},
    [FIELD_UNIT] = {"unit", "单位"},
    [FIELD_OBS_STATUS] = {"obs_status", "状态"},
    [FIELD_DEFINITION] = {"definition", "定义"},
    [FIELD_SOURCE] = {"source", "来源"},
    [FIELD_NOTE] = {"note", "备注"},
};

const char *observation_field_name(enum observation_field field)
{
    return (unsigned)field < FIELD_COUNT ? names[field][0] : "";
}

const char *observation_field_name_zh(enum observation_field field)
{
    return (unsigned)field < FIELD_COUNT ? names[field][1] : "";
}

/* --- issues ------------------------------------------------------------------------------------- */

/* Cut on a character's border. */
static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from);
    to[text_utf8_valid(to, strlen(to))] = '\0';
}

void issue_add(struct observation_issues *issues, enum finding finding,
               enum observation_field field, const char *value, const char *zh, const char *en)
{
    for (size_t i = 0; i < issues->count; i++)
        if (issues->items[i].field == field)
            return; /* what follows from the first is not worth saying */
    if (issues->count == OBSERVATION_MAX_ISSUES)
        return;
    struct observation_issue *issue = &issues->items[issues->count++];
    struct finding_words words;
    issue->finding = finding;
    issue->field = field;
    copy_text(issue->value, sizeof issue->value, value);
    finding_say(finding, zh, en, &words);
    copy_text(issue->zh, sizeof issue->zh, words.zh);
    copy_text(issue->en, sizeof issue->en, words.en);
}

/* --- form --------------------------------------------------------------------------------------- */

static bool is_plain_text(const char *text, size_t max)
{
    size_t size = strlen(text);
    for (const char *c = text; *c != '\0'; c++)
        if (((unsigned char)*c < 0x20 && *c != '\t' && *c != '\n' && *c != '\r') || *c == 0x7F)
            return false;
    return size <= max && text_utf8_valid(text, size) == size;
}

static void check_text(struct observation_issues *issues, enum observation_field field,
                       const char *text, size_t max)
{
    char zh[80], en[80];
    snprintf(zh, sizeof zh, "最多 %zu 字节的普通文本", max);
    snprintf(en, sizeof en, "plain text of at most %zu bytes", max);
    if (!is_plain_text(text, max))
        issue_add(issues, FINDING_TEXT_FORM, field, text, zh, en);
}

static void check_form(const Songhua__V1__Observation *observation,
                       struct observation_issues *issues)
{
    if (observation->indicator[0] == '\0')
        issue_add(issues, FINDING_FIELD_MISSING, FIELD_INDICATOR, "", "", "");
    check_text(issues, FIELD_INDICATOR, observation->indicator, OBSERVATION_ID_MAX_BYTES);
    check_text(issues, FIELD_UNIT, observation->unit, OBSERVATION_ID_MAX_BYTES);
    check_text(issues, FIELD_DEFINITION, observation->definition, OBSERVATION_ID_MAX_BYTES);
    check_text(issues, FIELD_SOURCE, observation->source, OBSERVATION_TEXT_MAX_BYTES);
    check_text(issues, FIELD_NOTE, observation->note, OBSERVATION_TEXT_MAX_BYTES);
    if (observation->decimals > DECIMAL_MAX_DECIMALS)
        issue_add(issues, FINDING_NUMBER_RANGE, FIELD_VALUE, "", "", "");
    if (!obs_status_is_known(observation->obs_status))
        issue_add(issues, FINDING_STATUS_UNKNOWN, FIELD_OBS_STATUS, "", "", "");
}

/* --- against the framework ---------------------------------------------------------------------- */

static void check_region(const struct indicator *indicator, uint32_t region,
                         struct observation_issues *issues)
{
    char code[REGION_CODE_BYTES], zh[160], en[160], list[96] = "";
    size_t used = 0;
    if (indicator_has_region(indicator, region))
        return;
    region_format(region, code);
    for (size_t i = 0; i < indicator->region_count && used + 12 < sizeof list; i++) {
        char one[REGION_CODE_BYTES];
        region_format(indicator->regions[i], one);
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", one);
    }
    const char *more = indicator->region_count > 10 ? ", …" : "";
    snprintf(zh, sizeof zh, "填报地区为 %s%s", list, more);
    snprintf(en, sizeof en, "%s%s do", list, more);
    issue_add(issues, FINDING_REGION_NOT_LISTED, FIELD_REGION, code, zh, en);
}

static enum cadence cadence_of(const struct indicator *indicator, const char *definition_id)
{
    const struct definition *definition = indicator_definition(indicator, definition_id);
    bool has_own = definition != NULL && definition->has_cadence;
    return has_own ? definition->cadence : indicator->cadence;
}

static void check_period(const struct indicator *indicator,
                         const Songhua__V1__Observation *observation,
                         struct observation_issues *issues)
{
    struct period period;
    enum finding why;
    if (period_parse(observation->period, &period, &why) != ERR_OK) {
        issue_add(issues, why, FIELD_PERIOD, observation->period, "", "");
        return;
    }
    if (indicator == NULL)
        return;
    enum cadence cadence = cadence_of(indicator, observation->definition);
    if (cadence == CADENCE_ONCE || period.frequency == cadence_frequency(cadence))
        return;
    static const char *const forms[][2] = {{"年度，如 2024", "annual, as 2024"},
                                           {"季度，如 2024-Q3", "quarterly, as 2024-Q3"},
                                           {"月度，如 2024-06", "monthly, as 2024-06"}};
    issue_add(issues, FINDING_PERIOD_CADENCE, FIELD_PERIOD, observation->period, forms[cadence][0],
              forms[cadence][1]);
}

static void check_unit(const struct indicator *indicator, const char *unit,
                       struct observation_issues *issues)
{
    char zh[160], en[160];
    snprintf(zh, sizeof zh, "应为 %s", indicator->unit);
    snprintf(en, sizeof en, "%s is wanted", indicator->unit);
    if (unit[0] != '\0' && !unit_is_convertible(unit, indicator->unit))
        issue_add(issues, FINDING_UNIT_UNKNOWN, FIELD_UNIT, unit, zh, en);
}

static void check_definition(const struct indicator *indicator, const char *id,
                             struct observation_issues *issues)
{
    char list[160] = "", zh[240], en[240];
    size_t used = 0;
    if (id[0] == '\0' || indicator_definition(indicator, id) != NULL)
        return;
    for (size_t i = 0; i < indicator->definition_count && used + 70 < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                 indicator->definitions[i].id);
    snprintf(zh, sizeof zh, used > 0 ? "可用：%s" : "该指标没有口径代码，请留空", list);
    snprintf(en, sizeof en, used > 0 ? "one of %s" : "the indicator has none, leave it empty",
             list);
    issue_add(issues, FINDING_DEFINITION_UNKNOWN, FIELD_DEFINITION, id, zh, en);
}

static void format_bound(const struct optional_decimal *bound, char out[DECIMAL_TEXT_BYTES])
{
    if (bound->is_set)
        decimal_format(bound->value, out);
    else
        snprintf(out, DECIMAL_TEXT_BYTES, "…");
}

static void check_value(const struct indicator *indicator,
                        const Songhua__V1__Observation *observation,
                        struct observation_issues *issues)
{
    const struct range *range = &indicator->plausible;
    struct decimal reported = {observation->unscaled, observation->decimals}, value;
    const char *unit = observation->unit[0] != '\0' ? observation->unit : indicator->unit;
    char text[DECIMAL_TEXT_BYTES], min[DECIMAL_TEXT_BYTES], max[DECIMAL_TEXT_BYTES];
    char zh[160], en[160];
    if (observation->decimals > DECIMAL_MAX_DECIMALS ||
        obs_status_is_missing(observation->obs_status) ||
        !unit_is_convertible(unit, indicator->unit))
        return;
    decimal_format(reported, text);
    if (unit_convert(reported, unit, indicator->unit, &value) != ERR_OK) {
        issue_add(issues, FINDING_NUMBER_RANGE, FIELD_VALUE, text, "", "");
        return;
    }
    if (range_side(range, value) == 0)
        return;
    format_bound(&range->min, min);
    format_bound(&range->max, max);
    snprintf(zh, sizeof zh, "合理范围 %s 至 %s %s，请核对单位和小数点", min, max, indicator->unit);
    snprintf(en, sizeof en, "%s to %s %s is plausible, check unit and decimal point", min, max,
             indicator->unit);
    issue_add(issues, FINDING_VALUE_IMPLAUSIBLE, FIELD_VALUE, text, zh, en);
}

static void check_indicator(const struct framework *framework, const char *id,
                            struct observation_issues *issues)
{
    char zh[160] = "", en[160] = "";
    const char *nearest = framework_suggest(framework, id);
    if (nearest != NULL) {
        snprintf(zh, sizeof zh, "是否指 %s", nearest);
        snprintf(en, sizeof en, "did you mean %s", nearest);
    }
    issue_add(issues, FINDING_INDICATOR_UNKNOWN, FIELD_INDICATOR, id, zh, en);
}

void observation_check(const struct framework *framework, uint32_t region,
                       const Songhua__V1__Observation *observation, struct observation_issues *out)
{
    const struct indicator *indicator =
        framework != NULL ? framework_indicator(framework, observation->indicator) : NULL;
    check_form(observation, out);
    check_period(indicator, observation, out);
    if (framework == NULL)
        return;
    if (indicator == NULL) {
        check_indicator(framework, observation->indicator, out);
        return;
    }
    check_region(indicator, region, out);
    check_unit(indicator, observation->unit, out);
    check_definition(indicator, observation->definition, out);
    check_value(indicator, observation, out);
}
