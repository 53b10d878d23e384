#include "consumers/alerter/summary.h"

#include "consumers/evaluate/alert_call.h"
#include "proto/event/region.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES = 48, OUTLOOK_BYTES = 100, UNIT_BYTES = 80 };

/* --- parts ---------------------------------------------------------------------------------------- */

/* A figure as it was reported. */
static const char *reported(double value, char out[NUMBER_BYTES])
{
    snprintf(out, NUMBER_BYTES, fabs(value) < 1e9 ? "%.10g" : "%.0f", value);
    return out;
}

/* A number that was computed: four digits, all those before the point. */
static const char *computed(double value, char out[NUMBER_BYTES])
{
    snprintf(out, NUMBER_BYTES, fabs(value) < 1000 ? "%.4g" : "%.0f", value);
    return out;
}

static const char *percent(double rate, char out[NUMBER_BYTES])
{
    snprintf(out, NUMBER_BYTES, "%.1f", fabs(rate) * 100);
    return out;
}

/* A gap, too, is rounded, but no finer than its figures. */
static const char *gap(double value, char out[NUMBER_BYTES])
{
    snprintf(out, NUMBER_BYTES, fabs(value) < 1000 ? "%.3g" : "%.0f", fabs(value));
    return out;
}

static void period_zh(const char *period, char out[PERIOD_TEXT_BYTES + 4])
{
    snprintf(out, PERIOD_TEXT_BYTES + 4, strlen(period) == 4 ? "%.11s年" : "%.11s", period);
}

void alert_place(uint32_t region, const char *unit_zh, const char *unit_en, struct alert_place *out)
{
    const struct region *known = region_find(region);
    region_format(region, out->code);
    out->zh = known ? known->zh : *unit_zh ? unit_zh : out->code;
    out->en = known ? known->en : *unit_en ? unit_en : out->code;
}

static void place_of(const struct alert_fact *fact, struct alert_place *out)
{
    alert_place(fact->region, fact->score->unit_name_zh, fact->score->unit_name_en, out);
}

/* The difference of two percentages is counted in points. */
static void gap_unit(const char *unit, bool is_zh, char out[UNIT_BYTES])
{
    if (!strcmp(unit, "%"))
        snprintf(out, UNIT_BYTES, "%s", is_zh ? "个百分点" : " percentage points");
    else
        snprintf(out, UNIT_BYTES, *unit && !is_zh ? " %.64s" : "%.64s", unit);
}

/* Keeps the first failure of a run of appends. */
#define ADD(...) (*err = *err ? *err : buffer_append_format(out, __VA_ARGS__))

/* --- Chinese -------------------------------------------------------------------------------------- */

static void figure_zh(const Songhua__V1__Score *score, struct buffer *out, enum err *err)
{
    char number[NUMBER_BYTES], unit[UNIT_BYTES], period[PERIOD_TEXT_BYTES + 4];
    period_zh(score->period, period);
    if (score_has(score, NUMBER_VALUE))
        ADD("，%s为%s%s", period, reported(score->value, number), score->unit);
    if (score_has(score, NUMBER_REQUIRED_NOW))
        ADD("，应达%s%s", computed(score->required_now, number), score->unit);
    if (score_has(score, NUMBER_GAP) && score->gap > 0) {
        gap_unit(score->unit, true, unit);
        ADD("，差%s%s", gap(score->gap, number), unit);
    }
}

static void target_zh(const Songhua__V1__Score *score, struct buffer *out, enum err *err)
{
    char number[NUMBER_BYTES], period[PERIOD_TEXT_BYTES + 4];
    period_zh(score->deadline, period);
    bool has_target = score_has(score, NUMBER_TARGET),
         has_rate = score_has(score, NUMBER_RATE_NEEDED);
    if (has_rate)
        ADD("；此后每年需%s%s%%", score->rate_needed < 0 ? "下降" : "增长",
            percent(score->rate_needed, number));
    if (has_target && *score->deadline)
        ADD("%s%s目标%s%s", has_rate ? "，以达到" : "；", period,
            reported(score->target_value, number), score->unit);
    else if (has_target)
        ADD("；目标%s%s", reported(score->target_value, number), score->unit);
}

/* A series that rises and falls: growth between two of its figures is not all there is to say. */
static void second_zh(const Songhua__V1__Score *score, struct buffer *out, enum err *err)
{
    char number[NUMBER_BYTES], since[PERIOD_TEXT_BYTES + 4];
    bool has_recent = score->recent_judgement != SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
    bool has_outlook = score->outlook != SONGHUA__V1__OUTLOOK__OUTLOOK_NONE;
    if (has_recent || has_outlook)
        ADD("；数据有升有降");
    period_zh(score->recent_since, since);
    if (has_recent)
        ADD("，自%s的近三期为%s", since, verdict_name_zh(score->recent_judgement));
    period_zh(score->slope_since, since);
    if (has_outlook)
        ADD("，按%s以来年均变化到期为%s%s（%s）", since, computed(score->slope_value, number),
            score->unit, outlook_name_zh(score->outlook));
}

/* Why an alert is not what the judgement's class says. */
enum why { WHY_CLASS, WHY_HELD, WHY_RATIO, WHY_PACE, WHY_STALLED };

static enum why why_of(const Songhua__V1__Score *score)
{
    Songhua__V1__Severity by_class, by_call;
    if (score->alert_call == SONGHUA__V1__ALERT_CALL__ALERT_CALL_HOLD)
        return WHY_HELD;
    if (score->alert_call == SONGHUA__V1__ALERT_CALL__ALERT_CALL_PACE)
        return score_has(score, NUMBER_ACCELERATION) ? WHY_PACE : WHY_STALLED;
    bool is_behind = alert_call_severity(
        score->judgement, SONGHUA__V1__ALERT_CALL__ALERT_CALL_BY_JUDGEMENT, &by_class);
    bool is_called = alert_call_severity(score->judgement, score->alert_call, &by_call);
    return is_behind != is_called || (is_behind && by_class != by_call) ? WHY_RATIO : WHY_CLASS;
}

static void why_zh(const Songhua__V1__Score *score, struct buffer *out, enum err *err)
{
    char ratio[NUMBER_BYTES], threshold[NUMBER_BYTES], times[NUMBER_BYTES];
    bool is_clear = score->alert_call == SONGHUA__V1__ALERT_CALL__ALERT_CALL_CLEAR;
    computed(score->ratio, ratio);
    computed(score->alert_threshold, threshold);
    switch (why_of(score)) {
    case WHY_HELD:
        ADD("；比值%s，达到%s方解除预警", ratio, threshold);
        break;
    case WHY_RATIO:
        ADD("；比值%s，%s预警界限%s", ratio, is_clear ? "已达" : "低于", threshold);
        break;
    case WHY_PACE:
        ADD("；剩余时间不足一半，此后须为以往速度的%s倍", computed(score->acceleration, times));
        break;
    case WHY_STALLED:
        ADD("；剩余时间不足一半，至今没有进展");
        break;
    case WHY_CLASS:
        break;
    }
}

static void firing_zh(const struct alert_fact *fact, const struct alert_news *news,
                      struct buffer *out, enum err *err)
{
    char period[PERIOD_TEXT_BYTES + 4];
    ADD("%s%s", verdict_name_zh(fact->score->judgement),
        fact->score->provisional ? "（待定）" : "");
    figure_zh(fact->score, out, err);
    period_zh(news->alert.since_period, period);
    if (*period)
        ADD("；自%s起落后", period);
    why_zh(fact->score, out, err);
    target_zh(fact->score, out, err);
    second_zh(fact->score, out, err);
}

static void ended_zh(const struct alert_fact *fact, const struct alert_news *news,
                     struct buffer *out, enum err *err)
{
    char period[PERIOD_TEXT_BYTES + 4];
    period_zh(news->alert.since_period, period);
    if (news->state == SONGHUA__V1__ALERT_STATE__ALERT_RESOLVED) {
        ADD("已恢复（%s）", verdict_name_zh(fact->score->judgement));
        figure_zh(fact->score, out, err);
        why_zh(fact->score, out, err);
        ADD("；此前自%s起落后", *period ? period : "未知时期");
        return;
    }
    if (fact->score->judgement == SONGHUA__V1__JUDGEMENT__JUDGEMENT_CLOSED) {
        ADD("预警终止：%s（%s）", reason_text_zh(reason_from_id(fact->score->reason)),
            fact->score->framework);
        return;
    }
    ADD("预警撤回：%s数据或指标体系经修订，原因不复存在，现为%s", period,
        verdict_name_zh(fact->score->judgement));
    figure_zh(fact->score, out, err);
    why_zh(fact->score, out, err);
}

enum err alert_summary_zh(const struct alert_fact *fact, const struct alert_news *news,
                          struct buffer *out)
{
    enum err result = ERR_OK, *err = &result;
    struct alert_place where;
    place_of(fact, &where);
    if (*fact->score->name_zh)
        ADD("%s%s：", where.zh, fact->score->name_zh);
    else
        ADD("%s 指标 %s：", where.zh, fact->score->indicator);
    if (news->state == SONGHUA__V1__ALERT_STATE__ALERT_FIRING)
        firing_zh(fact, news, out, err);
    else
        ended_zh(fact, news, out, err);
    ADD("。");
    return result;
}

/* --- English -------------------------------------------------------------------------------------- */

/* "13.6 %", "25 户": a number and its unit, if there is one. */
#define UNIT(score) *(score)->unit ? " " : "", (score)->unit

static void figure_en(const Songhua__V1__Score *score, struct buffer *out, enum err *err)
{
    char number[NUMBER_BYTES], unit[UNIT_BYTES];
    if (score_has(score, NUMBER_VALUE))
        ADD(", %s%s%s in %s", reported(score->value, number), UNIT(score), score->period);
    if (score_has(score, NUMBER_REQUIRED_NOW))
        ADD(", required %s%s%s", computed(score->required_now, number), UNIT(score));
    if (score_has(score, NUMBER_GAP) && score->gap > 0) {
        gap_unit(score->unit, false, unit);
        ADD(", gap %s%s", gap(score->gap, number), unit);
    }
}

static void target_en(const Songhua__V1__Score *score, struct buffer *out, enum err *err)
{
    char number[NUMBER_BYTES];
    bool has_target = score_has(score, NUMBER_TARGET),
         has_rate = score_has(score, NUMBER_RATE_NEEDED);
    if (has_rate)
        ADD("; a yearly %s of %s %% is needed from now on",
            score->rate_needed < 0 ? "decrease" : "growth", percent(score->rate_needed, number));
    if (has_target)
        ADD("%s %s%s%s", has_rate ? " to reach" : "; the target is",
            reported(score->target_value, number), UNIT(score));
    if (has_target && *score->deadline)
        ADD(" in %s", score->deadline);
}

static const char *words_of(Songhua__V1__Judgement judgement)
{
    switch (judgement) {
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACCELERATE:
        return "needs to accelerate";
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_LAGGING:
        return "lags behind its required path";
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_MOVING_AWAY:
        return "moves away from its target";
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_MISSED:
        return "missed its target";
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACHIEVED:
        return "has reached its target";
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK:
        return "is on track";
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA:
        return "has no data";
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_EXEMPT:
        return "is exempt";
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_CLOSED:
        return "is closed";
    default:
        return "has no target";
    }
}

static void second_en(const Songhua__V1__Score *score, struct buffer *out, enum err *err)
{
    char number[NUMBER_BYTES], outlook[OUTLOOK_BYTES];
    bool has_recent = score->recent_judgement != SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
    bool has_outlook = score->outlook != SONGHUA__V1__OUTLOOK__OUTLOOK_NONE;
    if (has_recent || has_outlook)
        ADD("; the series rises and falls");
    if (has_recent)
        ADD(", by its last three figures since %s it %s", score->recent_since,
            words_of(score->recent_judgement));
    snprintf(outlook, sizeof outlook, "%s", outlook_name(score->outlook));
    for (char *at = outlook; *at; at++)
        *at = *at == '_' ? ' ' : *at;
    if (has_outlook)
        ADD(", the mean yearly change since %s leads to %s%s%s by the deadline (%s)",
            score->slope_since, computed(score->slope_value, number), UNIT(score), outlook);
}

static void why_en(const Songhua__V1__Score *score, struct buffer *out, enum err *err)
{
    char ratio[NUMBER_BYTES], threshold[NUMBER_BYTES], times[NUMBER_BYTES];
    bool is_clear = score->alert_call == SONGHUA__V1__ALERT_CALL__ALERT_CALL_CLEAR;
    computed(score->ratio, ratio);
    computed(score->alert_threshold, threshold);
    switch (why_of(score)) {
    case WHY_HELD:
        ADD("; at a ratio of %s the alert goes on, it ends from %s on", ratio, threshold);
        break;
    case WHY_RATIO:
        ADD("; its ratio of %s is %s the alert threshold of %s", ratio,
            is_clear ? "not below" : "below", threshold);
        break;
    case WHY_PACE:
        ADD("; less than half of the time is left, and %s times the pace so far is needed",
            computed(score->acceleration, times));
        break;
    case WHY_STALLED:
        ADD("; less than half of the time is left, and nothing was gained so far");
        break;
    case WHY_CLASS:
        break;
    }
}

static void firing_en(const struct alert_fact *fact, const struct alert_news *news,
                      struct buffer *out, enum err *err)
{
    ADD("%s%s", words_of(fact->score->judgement), fact->score->provisional ? " (provisional)" : "");
    figure_en(fact->score, out, err);
    if (*news->alert.since_period)
        ADD("; behind since %s", news->alert.since_period);
    why_en(fact->score, out, err);
    target_en(fact->score, out, err);
    second_en(fact->score, out, err);
}

static void ended_en(const struct alert_fact *fact, const struct alert_news *news,
                     struct buffer *out, enum err *err)
{
    const char *since = news->alert.since_period;
    if (news->state == SONGHUA__V1__ALERT_STATE__ALERT_RESOLVED) {
        ADD("recovered and %s", words_of(fact->score->judgement));
        figure_en(fact->score, out, err);
        why_en(fact->score, out, err);
        ADD("; it was behind since %s", *since ? since : "an unknown period");
        return;
    }
    if (fact->score->judgement == SONGHUA__V1__JUDGEMENT__JUDGEMENT_CLOSED) {
        ADD("alert closed; %s (%s)", reason_text(reason_from_id(fact->score->reason)),
            fact->score->framework);
        return;
    }
    ADD("alert withdrawn; the figure for %s or the framework was revised and the cause is gone, now "
        "it %s",
        *since ? since : "an unknown period", words_of(fact->score->judgement));
    figure_en(fact->score, out, err);
    why_en(fact->score, out, err);
}

enum err alert_summary_en(const struct alert_fact *fact, const struct alert_news *news,
                          struct buffer *out)
{
    enum err result = ERR_OK, *err = &result;
    struct alert_place where;
    place_of(fact, &where);
    if (*fact->score->name_en)
        ADD("%s, %s: ", where.en, fact->score->name_en);
    else
        ADD("%s, indicator %s: ", where.en, fact->score->indicator);
    if (news->state == SONGHUA__V1__ALERT_STATE__ALERT_FIRING)
        firing_en(fact, news, out, err);
    else
        ended_en(fact, news, out, err);
    ADD(".");
    return result;
}
