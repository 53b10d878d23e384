#include "proto/event/milestone_check.h"

#include "proto/base/text.h"
#include "proto/event/observation_check.h"

#include <stdio.h>
#include <string.h>

static const char *const names[MILESTONE_FIELDS][2] = {
    [MILESTONE_INDICATOR] = {"indicator", "指标"}, [MILESTONE_REGION] = {"region", "地区"},
    [MILESTONE_PART] = {"part", "分项"},           [MILESTONE_STATE] = {"state", "进展"},
    [MILESTONE_DATE] = {"date", "日期"},           [MILESTONE_SOURCE] = {"source", "来源"},
    [MILESTONE_NOTE] = {"note", "备注"},
};

const char *milestone_field_name(enum milestone_field field)
{
    return (unsigned)field < MILESTONE_FIELDS ? names[field][0] : "";
}

const char *milestone_field_name_zh(enum milestone_field field)
{
    return (unsigned)field < MILESTONE_FIELDS ? names[field][1] : "";
}

/* In the order of MilestoneState. */
static const char *const states[][2] = {{"planned", "计划"},
                                        {"started", "已启动"},
                                        {"done", "已完成"},
                                        {"cancelled", "已取消"},
                                        {"exempt", "容错免责"}};
enum { STATES = sizeof states / sizeof *states };

static void add_issue(struct milestone_issues *issues, enum finding finding,
                      enum milestone_field field, const char *zh, const char *en)
{
    for (size_t i = 0; i < issues->count; i++)
        if (issues->items[i].field == field)
            return; /* what follows from the first is not worth saying */
    struct finding_words words;
    struct milestone_issue *issue = &issues->items[issues->count++];
    issue->finding = finding;
    issue->field = field;
    finding_say(finding, zh, en, &words);
    snprintf(issue->zh, sizeof issue->zh, "%s", words.zh);
    snprintf(issue->en, sizeof issue->en, "%s", words.en);
}

/* --- form --------------------------------------------------------------------------------------- */

static void check_text(struct milestone_issues *issues, enum milestone_field field,
                       const char *text, size_t max)
{
    size_t size = strlen(text);
    bool is_plain = size <= max && text_utf8_valid(text, size) == size;
    for (const char *c = text; *c != '\0'; c++)
        is_plain = is_plain && ((unsigned char)*c >= 0x20 || *c == '\t') && *c != 0x7F;
    if (!is_plain)
        add_issue(issues, FINDING_TEXT_FORM, field, "", "");
}

static void read_state(const char *text, Songhua__V1__Milestone *out,
                       struct milestone_issues *issues)
{
    for (int i = 0; i < STATES; i++)
        if (strcmp(states[i][0], text) == 0 || strcmp(states[i][1], text) == 0) {
            out->state = (Songhua__V1__MilestoneState)i;
            return;
        }
    add_issue(issues, text[0] == '\0' ? FINDING_FIELD_MISSING : FINDING_STATE_UNKNOWN,
              MILESTONE_STATE, finding_remedy_zh(FINDING_STATE_UNKNOWN),
              finding_remedy(FINDING_STATE_UNKNOWN));
}

static void read_date(const char *text, struct milestone_room *room, Songhua__V1__Milestone *out,
                      struct milestone_issues *issues)
{
    struct date date;
    if (date_parse(text, &date) != ERR_OK) {
        add_issue(issues, text[0] == '\0' ? FINDING_FIELD_MISSING : FINDING_DATE_FORM,
                  MILESTONE_DATE, "应为 2024-06-30 这样的日期",
                  "a day such as 2024-06-30 is wanted");
        return;
    }
    date_format(date, room->date);
    out->date = room->date;
}

static void check_day(const Songhua__V1__Milestone *milestone, uint64_t now_ms,
                      struct milestone_issues *issues)
{
    struct date date;
    bool lies_ahead = now_ms != UINT64_MAX && date_parse(milestone->date, &date) == ERR_OK &&
                      date_start_ms(date) > now_ms;
    if (lies_ahead && milestone->state != SONGHUA__V1__MILESTONE_STATE__MILESTONE_PLANNED)
        add_issue(issues, FINDING_DATE_FUTURE, MILESTONE_DATE, "", "");
}

static void read_region(const char *text, uint32_t *region, struct milestone_issues *issues)
{
    struct region_hint hint;
    if (region_parse(text, region) == ERR_OK)
        return;
    region_suggest(text, &hint);
    add_issue(issues, FINDING_REGION_UNKNOWN, MILESTONE_REGION, hint.zh, hint.en);
}

/* --- against the framework ---------------------------------------------------------------------- */

static bool uses(const struct indicator *indicator, enum method method)
{
    for (size_t i = 0; i < indicator->target_count; i++)
        if (target_method(indicator, &indicator->targets[i]) == method)
            return true;
    return indicator->method == method;
}

enum milestone_kind milestone_kind(const struct indicator *indicator)
{
    if (uses(indicator, METHOD_RECURRING))
        return MILESTONE_DUTY;
    return uses(indicator, METHOD_MILESTONE) ? MILESTONE_PARTS : MILESTONE_NOT;
}

static void list_parts(const struct indicator *indicator, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < indicator->part_count && used + OBSERVATION_ID_MAX_BYTES + 8 < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "",
                                 indicator->parts[i].id);
}

/* A part by its id or its Chinese name. */
static void check_part(const struct indicator *indicator, const char *text,
                       Songhua__V1__Milestone *out, struct milestone_issues *issues)
{
    char list[240], zh[300], en[300];
    if (indicator->part_count == 0 && text[0] == '\0')
        return;
    for (size_t i = 0; i < indicator->part_count; i++) {
        const struct part *part = &indicator->parts[i];
        if (strcmp(part->id, text) != 0 && strcmp(part->name.zh, text) != 0)
            continue;
        out->part = text_unconst(part->id);
        return;
    }
    list_parts(indicator, list, sizeof list);
    snprintf(zh, sizeof zh, "%s%s", list[0] != '\0' ? "可用：" : "该事项没有分项，请留空", list);
    snprintf(en, sizeof en, "%s%s", list[0] != '\0' ? "one of " : "it has none, leave it empty",
             list);
    add_issue(issues, FINDING_PART_MISFIT, MILESTONE_PART, zh, en);
}

/* A duty's part is the period it was done for. */
static void check_turn(const struct indicator *indicator, const char *text,
                       struct milestone_room *room, Songhua__V1__Milestone *out,
                       struct milestone_issues *issues)
{
    struct period period;
    if (period_parse(text, &period, NULL) == ERR_OK &&
        period.frequency == cadence_frequency(indicator->cadence)) {
        period_format(period, room->period);
        out->part = room->period;
        return;
    }
    add_issue(issues, FINDING_PART_MISFIT, MILESTONE_PART, "应为完成的时期，如 2024",
              "the period that it was done for is wanted, as 2024");
}

static void check_indicator(const struct framework *framework, const struct milestone_texts *texts,
                            uint32_t region, struct milestone_room *room,
                            Songhua__V1__Milestone *out, struct milestone_issues *issues)
{
    char zh[160] = "", en[160] = "";
    const char *id = texts->text[MILESTONE_INDICATOR], *part = texts->text[MILESTONE_PART];
    const struct indicator *indicator = framework_indicator(framework, id);
    const char *nearest = indicator == NULL ? framework_suggest(framework, id) : NULL;
    if (nearest != NULL) {
        snprintf(zh, sizeof zh, "是否指 %s", nearest);
        snprintf(en, sizeof en, "did you mean %s", nearest);
    }
    if (indicator == NULL) {
        add_issue(issues, FINDING_INDICATOR_UNKNOWN, MILESTONE_INDICATOR, zh, en);
        return;
    }
    if (!indicator_has_region(indicator, region))
        add_issue(issues, FINDING_REGION_NOT_LISTED, MILESTONE_REGION, "", "");
    enum milestone_kind kind = milestone_kind(indicator);
    if (kind == MILESTONE_DUTY)
        check_turn(indicator, part, room, out, issues);
    else if (kind == MILESTONE_PARTS)
        check_part(indicator, part, out, issues);
    else
        add_issue(issues, FINDING_METHOD_MISFIT, MILESTONE_INDICATOR, "该指标填报数值，不填报进展",
                  "figures are reported for it, not states");
}

void milestone_build(const struct milestone_texts *texts, const struct framework *framework,
                     uint64_t now_ms, struct milestone_room *room, uint32_t *region,
                     Songhua__V1__Milestone *out, struct milestone_issues *issues)
{
    issues->count = 0;
    *region = 0;
    songhua__v1__milestone__init(out);
    out->indicator = text_unconst(texts->text[MILESTONE_INDICATOR]);
    out->part = text_unconst(texts->text[MILESTONE_PART]);
    out->source = text_unconst(texts->text[MILESTONE_SOURCE]);
    out->note = text_unconst(texts->text[MILESTONE_NOTE]);
    if (out->indicator[0] == '\0')
        add_issue(issues, FINDING_FIELD_MISSING, MILESTONE_INDICATOR, "", "");
    check_text(issues, MILESTONE_INDICATOR, out->indicator, OBSERVATION_ID_MAX_BYTES);
    check_text(issues, MILESTONE_PART, out->part, OBSERVATION_ID_MAX_BYTES);
    check_text(issues, MILESTONE_SOURCE, out->source, OBSERVATION_TEXT_MAX_BYTES);
    check_text(issues, MILESTONE_NOTE, out->note, OBSERVATION_TEXT_MAX_BYTES);
    read_region(texts->text[MILESTONE_REGION], region, issues);
    read_state(texts->text[MILESTONE_STATE], out, issues);
    read_date(texts->text[MILESTONE_DATE], room, out, issues);
    check_day(out, now_ms, issues);
    if (framework != NULL)
        check_indicator(framework, texts, *region, room, out, issues);
}
