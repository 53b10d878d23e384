/* Growth where no number is to be reached: the yearly compound growth, in the desired direction,
 * against 1.5 %, 0.5 % and 0. Near a natural limit on the desired side less growth is asked for.
 *
 * Source  EVALUATION.md section 2 "Others"; EVALUATION-METHODS.md 2.2 (Open SDG, Statistics Canada).
 */
#include "consumers/evaluate/second_look.h"

#include <math.h>

/* What the thresholds above zero are multiplied by. The minimum's formula is for figures between the
 * limit and twice the limit; a limit of zero corrects nothing. */
static double correction(double base, double limit, int direction)
{
    if (direction > 0 && base >= 0 && base < limit)
        return 1 - pow(base / limit, 4.44);
    if (direction < 0 && limit > 0 && base >= limit && base < 2 * limit)
        return 1 - pow((2 * limit - base) / limit, 4.44);
    return base == limit && limit > 0 ? 0 : 1;
}

/* Straight lines through (-2 %, -5) (0, -2.5) (0.5 % c, 0) (1.5 % c, 2.5) (2 % c, 5). */
static double points_of(double growth, double c)
{
    if (growth < 0)
        return fmax(-5, growth / 0.02 * 2.5 - 2.5);
    if (growth < 0.005 * c)
        return growth / (0.005 * c) * 2.5 - 2.5;
    if (growth < 0.015 * c)
        return (growth - 0.005 * c) / (0.01 * c) * 2.5;
    return growth < 0.02 * c ? 2.5 + (growth - 0.015 * c) / (0.005 * c) * 2.5 : 5;
}

static Songhua__V1__Judgement verdict_of(double growth, double c)
{
    if (growth < 0)
        return SONGHUA__V1__JUDGEMENT__JUDGEMENT_MOVING_AWAY;
    if (growth >= 0.015 * c)
        return SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK;
    return growth >= 0.005 * c ? SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACCELERATE
                               : SONGHUA__V1__JUDGEMENT__JUDGEMENT_LAGGING;
}

/* The same of growth over 1.5 % c. */
static Songhua__V1__Judgement verdict_of_ratio(double ratio)
{
    if (ratio < 0)
        return SONGHUA__V1__JUDGEMENT__JUDGEMENT_MOVING_AWAY;
    if (ratio >= 1)
        return SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK;
    return 3 * ratio >= 1 ? SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACCELERATE
                          : SONGHUA__V1__JUDGEMENT__JUDGEMENT_LAGGING;
}

/* Why there is no growth to judge. */
static enum reason obstacle(const struct question *question)
{
    const struct base *base = &question->base;
    if (!base->is_set)
        return REASON_NO_BASELINE;
    bool breaks = history_breaks(question->history, base->period, question->latest.period);
    return breaks ? REASON_SERIES_BREAK : REASON_TOO_SHORT;
}

void cagr_no_target_judge(const struct question *question, struct judgement *out)
{
    const struct optional_decimal *limit = &question->indicator->limit;
    double growth;
    if (!progress_growth(question, &growth)) {
        if (question->is_settled)
            return;
        out->verdict = SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
        out->reason = obstacle(question);
        return;
    }
    judgement_set(out, NUMBER_GROWTH, growth);
    double base = question->base.value;
    double c =
        limit->is_set ? correction(base, decimal_to_double(limit->value), question->direction) : 1;
    /* Of all-negative figures the magnitude grows when the figure falls. */
    int direction = base < 0 ? -question->direction : question->direction;
    double desired = direction * growth;
    if (question->is_settled)
        return;
    out->verdict = verdict_of(desired, c);
    judgement_set(out, NUMBER_POINTS, points_of(desired, c));
    const struct yardstick yardstick = {true, direction, 0.015 * c, verdict_of_ratio};
    second_look(question, &yardstick, out);
}
