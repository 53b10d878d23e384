#include "consumers/evaluate/judge.h"

#include "consumers/evaluate/alert_call.h"
#include "consumers/evaluate/progress.h"
#include "consumers/evaluate/standing.h"

#define LIMIT(name) SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_##name

static struct base base_of(const struct point *point)
{
    return (struct base){.is_set = true,
                         .value = point->number,
                         .period = point->period,
                         .is_recorded = true,
                         .is_provisional = obs_status_is_provisional(point->status),
                         .address = point->address};
}

/* The deadline of an earlier number that the target leads on from has passed, and there is a figure for it
 * and one at least a year after: the path starts anew from what was reached then. A baseline of the
 * target's own goes before. Source  EVALUATION-METHODS.md 2.10 case 11. */
static bool find_leg(const struct history *history, const struct target *target, uint32_t region,
                     const struct point *latest, struct base *out)
{
    const struct indicator *indicator = history->indicator;
    struct point point;
    bool has_any = false;
    if (target == NULL || target->has_baseline || !target->value.is_set || !target->deadline.is_set)
        return false;
    for (size_t i = 0; i < indicator->target_count; i++) {
        const struct target *other = &indicator->targets[i];
        if (!other->value.is_set || !other->deadline.is_set ||
            !target_has_region(indicator, other, region) ||
            period_key(other->deadline.period) >= period_key(target->deadline.period) ||
            period_years(latest->period) < period_years(other->deadline.period) + 1 ||
            history_at(history, other->deadline.period, &point) != POINT_USABLE)
            continue;
        if (!has_any || period_key(point.period) > period_key(out->period))
            *out = base_of(&point);
        has_any = true;
    }
    return has_any;
}

struct base judge_base(const struct history *history, const struct target *target, uint32_t region,
                       const struct point *latest)
{
    struct point point;
    struct base leg;
    if (latest != NULL && find_leg(history, target, region, latest, &leg))
        return leg;
    const struct baseline *baseline = indicator_baseline(history->indicator, target, region);
    if (baseline == NULL && target != NULL && target->value.is_set)
        return (struct base){.is_set = false};
    if (baseline != NULL && baseline->value.is_set)
        return (struct base){.is_set = true,
                             .value = decimal_to_double(baseline->value.value),
                             .period = baseline->period.period};
    bool has_period = baseline != NULL && baseline->period.is_set;
    uint32_t from = has_period ? period_key(baseline->period.period) : 0;
    if (!history_from(history, from, &point))
        return (struct base){.is_set = false};
    return base_of(&point);
}

static void state_base(const struct base *base, struct judgement *out)
{
    if (!base->is_set)
        return;
    judgement_set(out, NUMBER_BASELINE, base->value);
    out->baseline_period = (struct optional_period){true, base->period};
    out->is_provisional = out->is_provisional || base->is_provisional;
}

/* By how many days the figure for `next` is overdue as of the moment, and since when. What is reported
 * once only is never overdue. */
static void state_overdue(const struct history *history, struct period next, struct judgement *out)
{
    const struct indicator *indicator = history->indicator;
    uint64_t due_ms = period_end_ms(next);
    if (indicator->cadence == CADENCE_ONCE)
        return;
    out->overdue_days = days_past(history->as_of, due_ms, indicator->due_days);
    if (out->overdue_days > 0)
        out->overdue_since_ms = due_ms + indicator->due_days * STANDING_DAY_MS;
}

static void explain_nothing(const struct history *history, const struct base *base,
                            struct judgement *out)
{
    static const enum reason reasons[] = {
        [POINT_NONE] = REASON_NEVER_REPORTED, [POINT_USABLE] = REASON_NONE,
        [POINT_RETRACTED] = REASON_RETRACTED, [POINT_NO_FIGURE] = REASON_NO_FIGURE,
        [POINT_REFUSED] = REASON_REFUSED,
    };
    out->verdict = SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
    out->reason = reasons[history_last_state(history)];
    if (history->indicator->since.is_set)
        state_overdue(history, history->indicator->since.period, out);
    else if (base->is_set)
        state_overdue(history, period_next(base->period), out);
}

static void state_latest(const struct history *history, const struct point *latest,
                         struct judgement *out)
{
    judgement_set(out, NUMBER_VALUE, latest->number);
    out->value = (struct optional_decimal){true, latest->value};
    out->period = (struct optional_period){true, latest->period};
    out->is_provisional = obs_status_is_provisional(latest->status);
    state_overdue(history, period_next(latest->period), out);
    progress_cite(out, latest->address);
}

static bool is_met(const struct target *target, const struct point *point)
{
    return comparator_is_met(target->comparator, point->value, target->value.value);
}

static void settle_achieved(struct question *question, struct judgement *out)
{
    question->is_settled = true;
    out->verdict = SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACHIEVED;
    judgement_set(out, NUMBER_POINTS, 5);
}

/* Step 1: the latest figure meets the target; or the deadline's own figure did or did not; or, when
 * that one is lacking, a later one did not. A target that was met at its deadline stays met whatever
 * came after (EVALUATION-METHODS.md 2.10 case 10: the deadline's period is what is judged). */
static void settle(struct question *question, struct judgement *out)
{
    const struct target *target = question->target;
    const struct point *latest = &question->latest;
    struct point own;
    if (!target->has_comparator || !target->value.is_set)
        return;
    if (is_met(target, latest)) {
        settle_achieved(question, out);
        return;
    }
    if (!target->deadline.is_set || !period_reaches(latest->period, target->deadline.period))
        return;
    if (history_at(question->history, target->deadline.period, &own) == POINT_USABLE) {
        progress_cite(out, own.address);
        if (is_met(target, &own)) {
            settle_achieved(question, out);
            return;
        }
    }
    question->is_settled = true;
    out->verdict = SONGHUA__V1__JUDGEMENT__JUDGEMENT_MISSED;
    out->reason = REASON_DEADLINE_MISSED;
}

/* The deadline's date alone misses nothing: until its figure comes the judgement stands, marked. */
static void mark_awaiting(const struct question *question, struct judgement *out)
{
    const struct target *target = question->target;
    bool has_passed = question->as_of.ms != UINT64_MAX && target->deadline.is_set &&
                      question->as_of.ms >= period_end_ms(target->deadline.period);
    if (question->is_settled || !has_passed)
        return;
    out->is_provisional = true;
    if (out->reason == REASON_NONE)
        out->reason = REASON_AWAITING_DEADLINE;
}

static void judge_target(struct question *question, struct judgement *out)
{
    const struct target *target = question->target;
    if (target->value.is_set)
        judgement_set(out, NUMBER_TARGET, decimal_to_double(target->value.value));
    settle(question, out);
    judge_method *method = method_judge(target_method(question->indicator, target));
    if (method != NULL) {
        method(question, out);
    } else if (!question->is_settled) {
        out->verdict = SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
        out->reason = REASON_NO_METHOD;
    }
    mark_awaiting(question, out);
}

/* Judge by the question's latest figure, which is given. */
static void judge_figure(struct question *question, uint32_t region, struct judgement *out)
{
    const struct target *target = question->target;
    question->base = judge_base(question->history, target, region, &question->latest);
    state_latest(question->history, &question->latest, out);
    state_base(&question->base, out);
    if (target != NULL && target->is_quantified)
        judge_target(question, out);
    else if (target_method(question->indicator, target) == METHOD_CAGR_NO_TARGET)
        cagr_no_target_judge(question, out);
    else
        no_target_judge(question, out);
    if (question->base.is_recorded)
        progress_cite(out, question->base.address);
    alert_call_state(out);
}

static bool rests_on_provisional(const struct question *question)
{
    return obs_status_is_provisional(question->latest.status) || question->base.is_provisional;
}

/* What asks for more than watch on a provisional figure has the one before asked as well: what two of them
 * say is said. Source  EVALUATION-METHODS.md 6.3. */
static void limit_alert(const struct question *question, uint32_t region, struct judgement *out)
{
    struct question earlier = *question;
    struct judgement before = {.indicator = out->indicator, .target = out->target};
    Songhua__V1__Severity severity;
    if (out->alert_limit != LIMIT(NONE) || question->indicator->alert.fires_on_provisional ||
        !rests_on_provisional(question))
        return;
    out->alert_limit = LIMIT(WATCH);
    if (!alert_call_severity(out->verdict, out->alert_call, &severity) ||
        severity == SONGHUA__V1__SEVERITY__SEVERITY_WATCH ||
        !history_before(question->history, period_key(question->latest.period), &earlier.latest))
        return;
    earlier.is_settled = false;
    judge_figure(&earlier, region, &before);
    out->alert_limit = alert_call_limit(&before);
}

void judge(const struct history *history, const struct target *target, uint32_t region,
           struct judgement *out)
{
    const struct indicator *indicator = history->indicator;
    *out = (struct judgement){.indicator = indicator,
                              .target = target,
                              .region = region,
                              .as_of_sequence = history->as_of.sequence,
                              .alert_limit = indicator->alert.is_off ? LIMIT(OFF) : LIMIT(NONE)};
    struct question question = {.indicator = indicator,
                                .target = target,
                                .history = history,
                                .as_of = history->as_of,
                                .direction = indicator->direction < 0 ? -1 : 1};
    enum method method = target_method(indicator, target);
    if (method_is_by_reports(method)) {
        method_judge(method)(&question, out);
        alert_call_state(out);
        return;
    }
    if (history_before(history, UINT32_MAX, &question.latest)) {
        judge_figure(&question, region, out);
        limit_alert(&question, region, out);
        return;
    }
    question.base = judge_base(history, target, region, NULL);
    state_base(&question.base, out);
    explain_nothing(history, &question.base, out);
}
