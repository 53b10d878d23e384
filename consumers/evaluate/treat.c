#include "consumers/evaluate/treat.h"

#include "consumers/evaluate/column.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

const char *transform_name(enum transform transform)
{
    static const char *const names[TRANSFORM_COUNT] = {
        "none", "logarithm", "logarithm_plus_1", "logarithm_gii", "square_root", "box_cox"};
    return (unsigned)transform < TRANSFORM_COUNT ? names[transform] : "";
}

static bool is_flagged(const struct treatment_rule *rule, const double *sorted, size_t count)
{
    return fabs(column_skewness(sorted, count)) > rule->max_skewness &&
           column_kurtosis(sorted, count) > rule->max_kurtosis;
}

/* All at one end become their next neighbour. Returns how many they are, with those before. */
static size_t winsorise_end(double *sorted, size_t count, bool is_high)
{
    size_t at_end = 1;
    size_t end = is_high ? count - 1 : 0;
    while (at_end < count && sorted[is_high ? end - at_end : at_end] == sorted[end])
        at_end++;
    double neighbour = at_end < count ? sorted[is_high ? end - at_end : at_end] : sorted[end];
    for (size_t i = 0; i < at_end; i++)
        sorted[is_high ? end - i : i] = neighbour;
    return at_end;
}

/* Until the column passes or enough points have been changed: points, of both ends, not steps. */
static void winsorise(const struct treatment_rule *rule, double *sorted, size_t count)
{
    size_t high = 0, low = 0;
    while (high + low < rule->max_points && is_flagged(rule, sorted, count)) {
        bool is_high = column_skewness(sorted, count) >= 0;
        *(is_high ? &high : &low) = winsorise_end(sorted, count, is_high);
    }
}

static void clamp(double *values, size_t n, double low, double high)
{
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            values[i] = fmin(fmax(values[i], low), high);
}

static double transformed(const struct treatment_rule *rule, double value, double min, double max)
{
    double above = value - min;
    switch (rule->transform) {
    case TRANSFORM_LOGARITHM:
        return log(above + 0.01 * (max - min));
    case TRANSFORM_LOGARITHM_PLUS_1:
        return log(above + 1);
    case TRANSFORM_LOGARITHM_GII:
        return max > 1 ? log((max - 1) * above / (max - min) + 1) : value;
    case TRANSFORM_SQUARE_ROOT:
        return value >= 0 ? sqrt(value) : (double)NAN;
    case TRANSFORM_BOX_COX:
        return rule->lambda == 0 ? log(above + 1)
                                 : (pow(above + 1, rule->lambda) - 1) / rule->lambda;
    case TRANSFORM_NONE:
    case TRANSFORM_COUNT:
        break;
    }
    return value;
}

/* Winsorised if that does, else transformed, of the figures as they were. */
static unsigned tame(const struct treatment_rule *rule, double *values, size_t n, double *sorted)
{
    size_t count = column_sort(values, n, sorted);
    if (!is_flagged(rule, sorted, count))
        return TREAT_NOTHING;
    double min = sorted[0], max = sorted[count - 1];
    winsorise(rule, sorted, count);
    if (rule->transform == TRANSFORM_NONE || !is_flagged(rule, sorted, count)) {
        clamp(values, n, sorted[0], sorted[count - 1]);
        return rule->max_points > 0 ? TREAT_WINSORISED : TREAT_NOTHING;
    }
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            values[i] = transformed(rule, values[i], min, max);
    return TREAT_TRANSFORMED;
}

static unsigned set_back(double deviations, double *values, size_t n, double *sorted)
{
    size_t count = column_sort(values, n, sorted), first = 0, last = count;
    double mean = column_mean(sorted, count);
    double most = deviations * column_deviation(sorted, count);
    while (first < count && mean - sorted[first] > most)
        first++;
    while (last > first && sorted[last - 1] - mean > most)
        last--;
    if (last - first == count || first == last)
        return TREAT_NOTHING;
    clamp(values, n, sorted[first], sorted[last - 1]);
    return TREAT_SET_BACK;
}

unsigned treat(const struct treatment_rule *rule, double *values, size_t n, double *scratch)
{
    unsigned treated = TREAT_NOTHING;
    if (rule->max_points > 0 || rule->transform != TRANSFORM_NONE)
        treated |= tame(rule, values, n, scratch);
    if (rule->deviations > 0)
        treated |= set_back(rule->deviations, values, n, scratch);
    return treated;
}
