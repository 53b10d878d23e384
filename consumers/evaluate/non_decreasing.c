/* A figure that must not fall below the one before it (并逐步增加). It is kept or broken anew with
 * each figure, so it is never achieved for good. With a number to reach (达到10亿元并逐步增加) that comes
 * first: until a figure has reached it the way there is judged, and from then on none may fall.
 *
 * Source  EVALUATION.md section 2 "Others"; EVALUATION-METHODS.md 2.10 case 18.
 */
#include "consumers/evaluate/progress.h"

/* Whether a figure before the latest has reached the number. */
static bool was_reached(const struct question *question)
{
    const struct target *target = question->target;
    struct point point = question->latest;
    while (history_before(question->history, period_key(point.period), &point))
        if (comparator_is_met(target->comparator, point.value, target->value.value))
            return true;
    return false;
}

static bool has_to_reach(const struct question *question)
{
    const struct target *target = question->target;
    return target->has_comparator && target->value.is_set;
}

void non_decreasing_judge(const struct question *question, struct judgement *out)
{
    struct point before;
    double growth;
    if (has_to_reach(question) && !was_reached(question)) {
        cagr_target_judge(question, out);
        return;
    }
    if (progress_growth(question, &growth))
        judgement_set(out, NUMBER_GROWTH, growth);
    if (!history_before(question->history, period_key(question->latest.period), &before)) {
        out->verdict = SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
        out->reason = REASON_TOO_SHORT;
        return;
    }
    progress_cite(out, before.address);
    if (question->latest.status == SONGHUA__V1__OBS_STATUS__OBS_STATUS_B_BREAK) {
        out->verdict = SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
        out->reason = REASON_SERIES_BREAK;
        return;
    }
    judgement_set(out, NUMBER_REQUIRED_NOW, before.number);
    judgement_set(out, NUMBER_GAP, question->direction * (before.number - question->latest.number));
    int change = decimal_compare(question->latest.value, before.value) * question->direction;
    if (change >= 0 && has_to_reach(question) && !question->is_settled) {
        cagr_target_judge(question, out); /* it was lost: the way back */
        return;
    }
    if (change < 0) {
        out->verdict = SONGHUA__V1__JUDGEMENT__JUDGEMENT_MOVING_AWAY;
        out->reason = REASON_DECREASED;
        out->has &= ~(1U << NUMBER_POINTS); /* which are those of what is achieved */
    } else if (!has_to_reach(question)) {
        out->verdict = SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK;
    }
}
