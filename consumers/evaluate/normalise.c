#include "consumers/evaluate/normalise.h"

#include "consumers/evaluate/column.h"

#include <math.h>

/* Onto the scale, exact at both ends. Out of range or no spread: NaN from 0/0. */
static double between(const struct normalisation_rule *rule, double share)
{
    return share * (rule->to - rule->from) + rule->from;
}

static size_t count_below(const double *sorted, size_t count, double value)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static double share_of_way(const struct normalisation_rule *rule, double value, double low,
                           double high)
{
    return rule->direction < 0 ? (value - high) / (low - high) : (value - low) / (high - low);
}

static double goalposts(const struct normalisation_rule *rule, double value, double low,
                        double high)
{
    return between(rule, fmin(fmax(share_of_way(rule, value, low, high), 0), 1));
}

static double capped(const struct normalisation_rule *rule, double share)
{
    return rule->is_capped && share > 1 ? 1 : share;
}

static double to_target(const struct normalisation_rule *rule, double value, double target,
                        double min, double max)
{
    return capped(rule, rule->direction < 0 ? (max - value) / (max - target)
                                            : (value - min) / (target - min));
}

/* Nothing at all, of what there should be less of, is as good as can be. */
static double of_standard(const struct normalisation_rule *rule, double value, double standard)
{
    if (rule->direction < 0)
        return value > 0 ? fmin(rule->to * standard / value, rule->to) : rule->to;
    return fmin(rule->to * value / standard, rule->to);
}

struct facts {
    const double *sorted;
    size_t count;
    double mean, deviation, min, max, low, high, target, reference;
};

/* `value` is on the side of its direction already where the formula is symmetric. */
static double scaled(const struct normalisation_rule *rule, const struct facts *facts, double value)
{
    size_t below = count_below(facts->sorted, facts->count, value);
    switch (rule->kind) {
    case NORMALISE_MIN_MAX:
        return between(rule, (value - facts->min) / (facts->max - facts->min));
    case NORMALISE_Z_SCORE:
        return (value - facts->mean) / facts->deviation * rule->to + rule->from;
    case NORMALISE_GOALPOSTS:
        return goalposts(rule, value, facts->low, facts->high);
    case NORMALISE_TO_TARGET:
        return to_target(rule, value, facts->target, facts->min, facts->max);
    case NORMALISE_RANK:
        return (double)(below + 1);
    case NORMALISE_PERCENTILE:
        return facts->min < facts->max ? between(rule, (double)below / (double)(facts->count - 1))
                                       : (double)NAN;
    case NORMALISE_LINEAR:
        return between(rule, share_of_way(rule, value, facts->low, facts->high));
    case NORMALISE_OF_MAX:
        return facts->max > 0 ? value / facts->max * rule->to : (double)NAN;
    case NORMALISE_STANDARD:
        return of_standard(rule, value, facts->target);
    case NORMALISE_BORDA:
        return (double)below;
    case NORMALISE_TO_REFERENCE:
        return capped(rule, (value - facts->min) / (facts->reference - facts->min));
    case NORMALISE_NONE:
        break;
    }
    return value;
}

/* Whether the formula is symmetric, so that less is better means more of -x is better. */
static bool is_mirrored(const struct normalisation_rule *rule)
{
    return rule->direction < 0 && rule->kind != NORMALISE_GOALPOSTS &&
           rule->kind != NORMALISE_TO_TARGET && rule->kind != NORMALISE_STANDARD &&
           rule->kind != NORMALISE_LINEAR;
}

static double prepared(const struct normalisation_rule *rule, double value)
{
    if (rule->is_logarithmic)
        value = value > 0 ? log(value) : NAN;
    return is_mirrored(rule) ? -value : value;
}

void normalise(const struct normalisation_rule *rule, const double *values, size_t n,
               double *scratch, double *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = prepared(rule, values[i]);
    size_t count = column_sort(out, n, scratch);
    struct facts facts = {.sorted = scratch,
                          .count = count,
                          .mean = column_mean(scratch, count),
                          .deviation = column_deviation(scratch, count),
                          .min = count > 0 ? scratch[0] : NAN,
                          .max = count > 0 ? scratch[count - 1] : NAN,
                          .low = rule->is_logarithmic ? log(rule->low) : rule->low,
                          .high = rule->is_logarithmic ? log(rule->high) : rule->high,
                          .target = rule->is_logarithmic ? log(rule->target) : rule->target,
                          .reference = rule->reference < n ? out[rule->reference] : (double)NAN};
    for (size_t i = 0; i < n; i++) {
        double value = isfinite(out[i]) ? scaled(rule, &facts, out[i]) : NAN;
        out[i] = isfinite(value) ? value + 0.0 : NAN;
    }
}
