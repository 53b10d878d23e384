#include "consumers/evaluate/impute.h"

#include "consumers/evaluate/column.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static bool is_by_group(enum imputation kind)
{
    return kind == IMPUTE_GROUP_MEAN || kind == IMPUTE_GROUP_MEDIAN;
}

/* The mean or median of the figures (not of what was filled in) of the group of `unit`, or of all. */
static double stand_in(enum imputation kind, const uint32_t *groups, const double *values, size_t n,
                       size_t unit, const uint8_t *is_filled, double *scratch)
{
    double *sorted = scratch + n;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!is_filled[i] && (!is_by_group(kind) || groups[i] == groups[unit]))
            scratch[count++] = values[i];
    count = column_sort(scratch, count, sorted);
    return kind == IMPUTE_MEAN || kind == IMPUTE_GROUP_MEAN ? column_mean(sorted, count)
                                                            : column_median(sorted, count);
}

size_t impute(enum imputation kind, const uint32_t *groups, double *values, size_t n,
              double *scratch, uint8_t *is_filled)
{
    size_t count = 0;
    memset(is_filled, 0, n);
    if (kind == IMPUTE_NONE || kind == IMPUTE_ROW_MEAN || (is_by_group(kind) && groups == NULL))
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(values[i]))
            continue;
        double value = stand_in(kind, groups, values, n, i, is_filled, scratch);
        if (!isfinite(value))
            continue;
        values[i] = value;
        is_filled[i] = 1;
        count++;
    }
    return count;
}

static double extreme(const double *values, size_t n, bool is_high)
{
    double out = NAN;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            out = is_high ? fmax(out, values[i]) : fmin(out, values[i]);
    return out;
}

/* The mean place of a unit between the extremes of the columns that have a spread. */
static double mean_place(const double *family, size_t columns, size_t units, size_t unit,
                         const double *low, const double *high)
{
    double sum = 0, count = 0;
    for (size_t j = 0; j < columns; j++) {
        double value = family[j * units + unit];
        if (!isfinite(value) || !(low[j] < high[j]))
            continue;
        sum += (value - low[j]) / (high[j] - low[j]);
        count++;
    }
    return count > 0 ? sum / count : (double)NAN;
}

size_t impute_by_row(const double *family, size_t columns, size_t units, size_t own, double *low,
                     double *high, double *values, uint8_t *is_filled)
{
    size_t count = 0;
    for (size_t j = 0; j < columns; j++) {
        low[j] = extreme(family + j * units, units, false);
        high[j] = extreme(family + j * units, units, true);
    }
    for (size_t unit = 0; unit < units; unit++) {
        double place = mean_place(family, columns, units, unit, low, high);
        values[unit] = family[own * units + unit];
        is_filled[unit] = 0;
        if (isfinite(values[unit]) || isnan(place) || isnan(low[own]))
            continue;
        values[unit] = low[own] + place * (high[own] - low[own]);
        is_filled[unit] = 1;
        count++;
    }
    return count;
}
