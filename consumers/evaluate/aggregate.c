#include "consumers/evaluate/aggregate.h"

#include "consumers/evaluate/column.h"

#include <math.h>

bool fraction_is_reached(struct fraction threshold, size_t count, size_t of)
{
    return (uint64_t)count * threshold.whole >= (uint64_t)threshold.part * of;
}

/* What is summed, and what the sum is turned back into. Outside the domain: NaN. */
static double term(enum aggregation kind, double power, double value)
{
    if (kind == AGGREGATE_ARITHMETIC)
        return value;
    if (kind == AGGREGATE_POWER && power > 0 && value == 0)
        return 0;
    if (!(value > 0))
        return NAN;
    if (kind == AGGREGATE_POWER)
        return pow(value, power);
    return kind == AGGREGATE_GEOMETRIC ? log(value) : 1 / value;
}

static double result(enum aggregation kind, double power, double mean)
{
    if (kind == AGGREGATE_ARITHMETIC)
        return mean;
    if (kind == AGGREGATE_POWER)
        return pow(mean, 1 / power);
    return kind == AGGREGATE_GEOMETRIC ? exp(mean) : 1 / mean;
}

double aggregate(enum aggregation kind, double power, const double *values, const double *weights,
                 size_t n)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i]) || !(weights[i] > 0))
            continue;
        sum += weights[i] * term(kind, power, values[i]);
        total += weights[i];
    }
    double out = total > 0 ? result(kind, power, sum / total) : NAN;
    return isfinite(out) ? out + 0.0 : NAN;
}

static double rounded(double value, int decimals)
{
    return decimals < 0 ? value : round(value * pow(10, decimals));
}

void rank_values(const double *values, size_t n, int decimals, double *scratch, uint32_t *ranks)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            scratch[count++] = rounded(values[i], decimals);
    count = column_sort(scratch, count, scratch);
    for (size_t i = 0; i < n; i++) {
        size_t low = 0, high = count; /* how many are not better */
        double value = rounded(values[i], decimals);
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (scratch[middle] <= value)
                low = middle + 1;
            else
                high = middle;
        }
        ranks[i] = isfinite(values[i]) ? (uint32_t)(count - low + 1) : 0;
    }
}

int band_of(double value, const double *cuts, size_t cut_count)
{
    int band = 0;
    if (!isfinite(value))
        return -1;
    while ((size_t)band < cut_count && value >= cuts[band])
        band++;
    return band;
}
