#include "consumers/evaluate/attained.h"

#include "consumers/evaluate/judge.h"

#include <math.h>

static double share_of_time(const struct target *target, struct period from, struct period at)
{
    double begin = period_years(from), end = period_years(target->deadline.period);
    double share = (period_years(at) - begin) / (end - begin);
    return target->deadline.is_set && share > 0 ? fmin(share, 1) : (double)NAN;
}

static double completion(const struct indicator *indicator, const struct target *target,
                         const struct base *base, const struct point *point)
{
    double way = fabs(decimal_to_double(target->value.value) - base->value);
    double come = (point->number - base->value) * (indicator->direction < 0 ? -1 : 1);
    double share = way > 0 ? come / way : 0;
    bool is_met = target->has_comparator &&
                  comparator_is_met(target->comparator, point->value, target->value.value);
    return is_met ? fmax(share, 1) : share;
}

double attained(const struct history *history, const struct target *target, uint32_t region,
                const struct point *point, bool is_pace)
{
    if (!target->value.is_set || !target_has_region(history->indicator, target, region))
        return NAN;
    struct base base = judge_base(history, target, region, point);
    if (!base.is_set || history_breaks(history, base.period, point->period))
        return NAN;
    double share = completion(history->indicator, target, &base, point);
    return is_pace ? share / share_of_time(target, base.period, point->period) : share;
}
