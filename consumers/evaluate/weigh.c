#include "consumers/evaluate/weigh.h"

#include <math.h>
#include <stdbool.h>

static bool is_share(double value)
{
    return isfinite(value) && value >= 0;
}

/* 1 - e_j: how much the column tells the units apart. */
static double divergence(const double *column, size_t units)
{
    double total = 0, entropy = 0;
    size_t count = 0;
    for (size_t i = 0; i < units; i++) {
        if (!is_share(column[i]))
            continue;
        total += column[i];
        count++;
    }
    if (count < 2 || !(total > 0))
        return 0;
    for (size_t i = 0; i < units; i++)
        if (is_share(column[i]) && column[i] > 0)
            entropy -= column[i] / total * log(column[i] / total);
    double out = 1 - entropy / log((double)count);
    return out > 1e-15 ? out : 0; /* all equal, but for rounding */
}

void weigh_by_entropy(const double *table, size_t units, size_t columns, double *weights)
{
    double total = 0;
    for (size_t j = 0; j < columns; j++) {
        weights[j] = divergence(table + j * units, units);
        total += weights[j];
    }
    for (size_t j = 0; j < columns; j++)
        weights[j] = total > 0 ? weights[j] / total : 1 / (double)columns;
}

static bool is_complete(const double *table, size_t units, size_t columns, size_t unit)
{
    for (size_t j = 0; j < columns; j++)
        if (!isfinite(table[j * units + unit]))
            return false;
    return true;
}

struct spread {
    double length, best, worst; /* of a column over the complete units */
};

static struct spread column_spread(const double *table, size_t units, size_t columns, size_t j,
                                   int direction)
{
    const double *column = table + j * units;
    struct spread out = {.best = NAN, .worst = NAN};
    for (size_t i = 0; i < units; i++) {
        if (!is_complete(table, units, columns, i))
            continue;
        out.length += column[i] * column[i];
        out.best = direction < 0 ? fmin(out.best, column[i]) : fmax(out.best, column[i]);
        out.worst = direction < 0 ? fmax(out.worst, column[i]) : fmin(out.worst, column[i]);
    }
    out.length = sqrt(out.length);
    return out;
}

void topsis(const double *table, size_t units, size_t columns, const double *weights,
            const int *directions, double *closeness)
{
    for (size_t i = 0; i < units; i++) {
        double to_best = 0, to_worst = 0;
        for (size_t j = 0; j < columns; j++) {
            struct spread spread = column_spread(table, units, columns, j, directions[j]);
            double unit = spread.length > 0 ? weights[j] / spread.length : 0;
            double value = table[j * units + i];
            to_best += (value - spread.best) * unit * ((value - spread.best) * unit);
            to_worst += (value - spread.worst) * unit * ((value - spread.worst) * unit);
        }
        double share = sqrt(to_worst) / (sqrt(to_best) + sqrt(to_worst));
        closeness[i] = is_complete(table, units, columns, i) && isfinite(share) ? share : NAN;
    }
}

/* The weights in favour of unit i against unit j. */
static double favour(const double *table, size_t units, size_t columns, const double *weights,
                     size_t i, size_t j)
{
    double sum = 0;
    for (size_t column = 0; column < columns; column++) {
        double left = table[column * units + i], right = table[column * units + j];
        if (left > right)
            sum += weights[column];
        else if (left == right)
            sum += weights[column] / 2;
    }
    return sum;
}

void copeland(const double *table, size_t units, size_t columns, const double *weights,
              double *scores)
{
    for (size_t i = 0; i < units; i++) {
        bool is_there = is_complete(table, units, columns, i);
        scores[i] = is_there ? 0 : (double)NAN;
        for (size_t j = 0; j < units && is_there; j++) {
            if (j == i || !is_complete(table, units, columns, j))
                continue;
            double for_it = favour(table, units, columns, weights, i, j);
            double against = favour(table, units, columns, weights, j, i);
            scores[i] += for_it > against ? 1 : for_it < against ? -1 : 0;
        }
    }
}
