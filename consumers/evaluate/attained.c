#include "consumers/evaluate/attained.h"

#include "consumers/evaluate/judge.h"

#include <math.h>

static double share_of_time(const struct target *target, struct period from, struct period at)
{
    double begin = period_years(from), end = period_years(target->deadline.period);
    double share = (period_years(at) - begin) / (end - begin);
    return target->deadline.is_set && share > 0 ? fmin(share, 1) : (double)NAN;
}

static double completion(const struct attainment *found, int direction)
{
    double way = fabs(decimal_to_double(found->target->value.value) - found->base);
    double come = (found->point.number - found->base) * (direction < 0 ? -1 : 1);
    double share = way > 0 ? come / way : 0;
    return found->is_met ? fmax(share, 1) : share;
}

static void take_base(struct attainment *found, const struct base *base)
{
    found->has_base = base->is_set;
    found->is_recorded = base->is_recorded;
    found->base = base->value;
    found->base_period = base->period;
    found->base_address = base->address;
}

struct attainment attainment_of(const struct history *history, const struct target *target,
                                uint32_t region, const struct point *point)
{
    struct attainment found = {
        .target = target, .point = *point, .completion = NAN, .time_share = NAN};
    if (!target->value.is_set || !target_has_region(history->indicator, target, region))
        return found;
    struct base base = judge_base(history, target, region, point);
    take_base(&found, &base);
    found.is_broken = base.is_set && history_breaks(history, base.period, point->period);
    if (!base.is_set || found.is_broken)
        return found;
    found.is_met = target->has_comparator &&
                   comparator_is_met(target->comparator, point->value, target->value.value);
    found.completion = completion(&found, history->indicator->direction);
    found.time_share = share_of_time(target, base.period, point->period);
    return found;
}

double attained(const struct history *history, const struct target *target, uint32_t region,
                const struct point *point, bool is_pace)
{
    struct attainment found = attainment_of(history, target, region, point);
    return is_pace ? found.completion / found.time_share : found.completion;
}
