#include "consumers/evaluate/weigh.h"

#include "consumers/evaluate/column.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* --- entropy -------------------------------------------------------------------------------------- */

static bool is_share(double value)
{
    return isfinite(value) && value >= 0;
}

/* 1 - e_j: how much the column tells the units apart. */
static double divergence(const double *column, size_t units, double *sorted)
{
    double total = 0, entropy = 0;
    size_t all = column_sort(column, units, sorted), first = 0;
    while (first < all && !is_share(sorted[first]))
        first++;
    for (size_t i = first; i < all; i++)
        total += sorted[i];
    if (all - first < 2 || !(total > 0))
        return 0;
    for (size_t i = first; i < all; i++)
        if (sorted[i] > 0)
            entropy -= sorted[i] / total * log(sorted[i] / total);
    double out = 1 - entropy / log((double)(all - first));
    return out > 1e-15 ? out : 0; /* all equal, but for rounding */
}

/* To 1 in all. */
static void scale_weights(double *weights, size_t columns)
{
    double total = 0;
    for (size_t j = 0; j < columns; j++)
        total += weights[j];
    for (size_t j = 0; j < columns; j++)
        weights[j] = total > 0 ? weights[j] / total : 1 / (double)columns;
}

void weigh_by_entropy(const double *table, size_t units, size_t columns, double *scratch,
                      double *weights)
{
    for (size_t j = 0; j < columns; j++)
        weights[j] = divergence(table + j * units, units, scratch);
    scale_weights(weights, columns);
}

/* --- complete units ------------------------------------------------------------------------------- */

static bool is_complete(const double *table, size_t units, size_t columns, size_t unit)
{
    for (size_t j = 0; j < columns; j++)
        if (!isfinite(table[j * units + unit]))
            return false;
    return true;
}

/* The column with NaN for the units that are not complete. */
static void keep_complete(const double *table, size_t units, size_t columns, size_t j, double *out)
{
    for (size_t i = 0; i < units; i++)
        out[i] = is_complete(table, units, columns, i) ? table[j * units + i] : (double)NAN;
}

/* --- CRITIC --------------------------------------------------------------------------------------- */

/* Its sum of squares, or with another column of products, about the means. `work`: 2 x units; sums run
 * over sorted values. */
static double covariation(const double *a, const double *b, size_t units, double *work)
{
    double *products = work, *sorted = work + units;
    double mean_a = column_mean(sorted, column_sort(a, units, sorted));
    double mean_b = column_mean(sorted, column_sort(b, units, sorted));
    for (size_t i = 0; i < units; i++)
        products[i] = (a[i] - mean_a) * (b[i] - mean_b);
    size_t count = column_sort(products, units, sorted);
    return count > 0 ? column_mean(sorted, count) * (double)count : 0;
}

/* The sample deviation of the column on the scale of its own extremes; 0: it has no spread. */
static double contrast(const double *column, size_t units, double *sorted)
{
    size_t count = column_sort(column, units, sorted);
    double range = count > 1 ? sorted[count - 1] - sorted[0] : 0;
    return range > 0 ? column_deviation(sorted, count) / range : 0;
}

/* 1 - r; 0 when either has no spread. */
static double conflict(const double *a, const double *b, size_t units, double *work)
{
    double square = covariation(a, a, units, work) * covariation(b, b, units, work);
    double out = square > 0 ? 1 - covariation(a, b, units, work) / sqrt(square) : 0;
    return out > 1e-12 ? out : 0; /* the same, but for rounding */
}

void weigh_by_critic(double *table, size_t units, size_t columns, double *scratch, double *weights)
{
    for (size_t i = 0; i < units; i++)
        if (!is_complete(table, units, columns, i))
            for (size_t j = 0; j < columns; j++)
                table[j * units + i] = NAN;
    for (size_t j = 0; j < columns; j++) {
        double sum = 0, own = contrast(table + j * units, units, scratch);
        for (size_t k = 0; k < columns && own > 0; k++)
            if (k != j && contrast(table + k * units, units, scratch) > 0)
                sum += conflict(table + j * units, table + k * units, units, scratch);
        weights[j] = own * sum;
    }
    scale_weights(weights, columns);
}

/* --- TOPSIS --------------------------------------------------------------------------------------- */

struct spread {
    double length, best, worst; /* of a column over the complete units */
};

static struct spread column_spread(const double *column, size_t units, int direction,
                                   double *scratch)
{
    struct spread out = {.best = NAN, .worst = NAN};
    size_t count = column_sort(column, units, scratch);
    if (count == 0)
        return out;
    out.best = scratch[direction < 0 ? 0 : count - 1];
    out.worst = scratch[direction < 0 ? count - 1 : 0];
    for (size_t i = 0; i < count; i++)
        scratch[i] *= scratch[i];
    count = column_sort(scratch, count, scratch);
    out.length = sqrt(column_mean(scratch, count) * (double)count);
    return out;
}

void topsis(const double *table, size_t units, size_t columns, const double *weights,
            const int *directions, double *scratch, double *closeness)
{
    double *column = scratch, *sorted = scratch + units, *to_best = scratch + 2 * units;
    memset(to_best, 0, units * sizeof *to_best);
    memset(closeness, 0, units * sizeof *closeness); /* the way to the worst, at first */
    for (size_t j = 0; j < columns; j++) {
        keep_complete(table, units, columns, j, column);
        struct spread spread = column_spread(column, units, directions[j], sorted);
        double unit = spread.length > 0 ? weights[j] / spread.length : 0;
        for (size_t i = 0; i < units; i++) {
            double best = (column[i] - spread.best) * unit;
            double worst = (column[i] - spread.worst) * unit;
            to_best[i] += best * best;
            closeness[i] += worst * worst;
        }
    }
    for (size_t i = 0; i < units; i++) {
        double share = sqrt(closeness[i]) / (sqrt(to_best[i]) + sqrt(closeness[i]));
        closeness[i] = isfinite(share) ? share : (double)NAN;
    }
}

/* --- Copeland ------------------------------------------------------------------------------------- */

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
            double lead = favour(table, units, columns, weights, i, j) -
                          favour(table, units, columns, weights, j, i);
            scores[i] += lead > 1e-12 ? 1 : lead < -1e-12 ? -1 : 0;
        }
    }
}
