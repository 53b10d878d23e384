#include "consumers/evaluate/column.h"

#include <math.h>
#include <stdlib.h>

enum { SHORT_COLUMN = 64 };

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* A short column is put in order as it is: a call for each comparison takes ten times as long. */
static void insert_in_order(double *sorted, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        double value = sorted[i];
        size_t at = i;
        for (; at > 0 && sorted[at - 1] > value; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = value;
    }
}

size_t column_sort(const double *values, size_t n, double *sorted)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            sorted[count++] = values[i] + 0.0; /* -0 and 0 are equal: let them be the same bits */
    if (count <= SHORT_COLUMN)
        insert_in_order(sorted, count);
    else
        qsort(sorted, count, sizeof *sorted, compare);
    return count;
}

double column_mean(const double *sorted, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += sorted[i];
    return count > 0 ? sum / (double)count : NAN;
}

double column_median(const double *sorted, size_t count)
{
    if (count == 0)
        return NAN;
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/* Sum of (x - mean)^power. */
static double moment(const double *sorted, size_t count, int power)
{
    double mean = column_mean(sorted, count), sum = 0;
    for (size_t i = 0; i < count; i++) {
        double term = 1;
        for (int k = 0; k < power; k++)
            term *= sorted[i] - mean;
        sum += term;
    }
    return sum;
}

/* All equal is asked of the values: the rounded mean of equal values may differ from them. */
static int has_spread(const double *sorted, size_t count)
{
    return count > 1 && sorted[0] < sorted[count - 1];
}

double column_deviation(const double *sorted, size_t count)
{
    if (count < 2)
        return NAN;
    return has_spread(sorted, count) ? sqrt(moment(sorted, count, 2) / (double)(count - 1)) : 0;
}

double column_skewness(const double *sorted, size_t count)
{
    if (count < 3 || !has_spread(sorted, count))
        return NAN;
    double n = (double)count, square = moment(sorted, count, 2);
    double plain = sqrt(n) * moment(sorted, count, 3) / (square * sqrt(square));
    return plain * sqrt(n * (n - 1)) / (n - 2);
}

double column_kurtosis(const double *sorted, size_t count)
{
    if (count < 4 || !has_spread(sorted, count))
        return NAN;
    double n = (double)count, square = moment(sorted, count, 2);
    double plain = n * moment(sorted, count, 4) / (square * square);
    return ((n + 1) * (plain - 3) + 6) * (n - 1) / ((n - 2) * (n - 3));
}

double column_quantile(const double *sorted, size_t count, double share)
{
    if (count == 0)
        return NAN;
    double place = ceil(share * (double)count);
    if (!(place >= 1))
        return sorted[0];
    return place < (double)count ? sorted[(size_t)place - 1] : sorted[count - 1];
}
