#include "consumers/evaluate/alert_call.h"

#define IS(verdict)    SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict
#define CALL(name)     SONGHUA__V1__ALERT_CALL__ALERT_CALL_##name
#define SEVERITY(name) SONGHUA__V1__SEVERITY__SEVERITY_##name
#define LIMIT(name)    SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_##name

/* A part that is overdue, or a figure below the one before, lags whatever the ratio is. */
static bool is_by_ratio(const struct judgement *judgement)
{
    bool is_class = judgement->verdict == IS(ON_TRACK) || judgement->verdict == IS(ACCELERATE) ||
                    judgement->verdict == IS(LAGGING) || judgement->verdict == IS(MOVING_AWAY);
    return is_class && judgement_has(judgement, NUMBER_RATIO) &&
           (judgement->reason == REASON_NONE || judgement->reason == REASON_AWAITING_DEADLINE);
}

static bool is_out_of_pace(const struct judgement *judgement)
{
    bool is_late =
        judgement_has(judgement, NUMBER_TIME_SHARE) && judgement->numbers[NUMBER_TIME_SHARE] > 0.5;
    bool is_much = judgement_has(judgement, NUMBER_ACCELERATION) &&
                   judgement->numbers[NUMBER_ACCELERATION] > ALERT_PACE;
    return is_late && (is_much || judgement->is_stalled);
}

static void call(struct judgement *judgement, Songhua__V1__AlertCall call, double threshold)
{
    judgement->alert_call = call;
    judgement->alert_threshold = threshold;
}

void alert_call_state(struct judgement *judgement)
{
    if (!is_by_ratio(judgement))
        return;
    const struct alert_cuts cuts = target_alert_cuts(judgement->indicator, judgement->target);
    double ratio = judgement->numbers[NUMBER_RATIO];
    if (ratio >= cuts.watch)
        call(judgement, ratio >= cuts.clear ? CALL(CLEAR) : CALL(HOLD), cuts.clear);
    else if (ratio < cuts.severe)
        call(judgement, CALL(SEVERE), cuts.severe);
    else if (is_out_of_pace(judgement))
        call(judgement, CALL(PACE), cuts.watch);
    else if (ratio < cuts.lagging)
        call(judgement, CALL(LAGGING), cuts.lagging);
    else
        call(judgement, CALL(WATCH), cuts.watch);
}

static bool class_severity(Songhua__V1__Judgement verdict, Songhua__V1__Severity *out)
{
    switch (verdict) {
    case IS(ACCELERATE):
        *out = SEVERITY(WATCH);
        return true;
    case IS(LAGGING):
        *out = SEVERITY(LAGGING);
        return true;
    case IS(MOVING_AWAY):
    case IS(MISSED):
        *out = SEVERITY(SEVERE);
        return true;
    default:
        return false;
    }
}

bool alert_call_severity(Songhua__V1__Judgement verdict, Songhua__V1__AlertCall call,
                         Songhua__V1__Severity *out)
{
    switch (call) {
    case CALL(CLEAR):
    case CALL(HOLD):
        return false;
    case CALL(WATCH):
        *out = SEVERITY(WATCH);
        return true;
    case CALL(LAGGING):
        *out = SEVERITY(LAGGING);
        return true;
    case CALL(SEVERE):
    case CALL(PACE):
        *out = SEVERITY(SEVERE);
        return true;
    default: /* of a later version, too */
        return class_severity(verdict, out);
    }
}

Songhua__V1__AlertLimit alert_call_limit(const struct judgement *before)
{
    Songhua__V1__Severity severity = SEVERITY(WATCH);
    if (!alert_call_severity(before->verdict, before->alert_call, &severity))
        return LIMIT(WATCH);
    return severity == SEVERITY(SEVERE)    ? LIMIT(NONE)
           : severity == SEVERITY(LAGGING) ? LIMIT(LAGGING)
                                           : LIMIT(WATCH);
}

const char *alert_call_name(Songhua__V1__AlertCall call)
{
    static const char *const names[] = {
        [CALL(BY_JUDGEMENT)] = "by_judgement",
        [CALL(CLEAR)] = "clear",
        [CALL(HOLD)] = "hold",
        [CALL(WATCH)] = "watch",
        [CALL(LAGGING)] = "lagging",
        [CALL(SEVERE)] = "severe",
        [CALL(PACE)] = "pace",
    };
    return (unsigned)call < sizeof names / sizeof *names ? names[call] : "unknown";
}
