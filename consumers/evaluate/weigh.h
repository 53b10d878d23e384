/* Weights from the data, and other views of a table: TOPSIS, which needs no scale, and
 * Copeland, which needs no mean.
 *
 * A table is column after column, each with `units` values. Weights from data change whenever any unit
 * reports: they are for showing how sensitive a result is, never for holding anyone to account.
 * Source  EVALUATION-METHODS.md 3.4, 3.5; Hwang & Yoon (TOPSIS).
 */
#ifndef SONGHUA_EVALUATE_WEIGH_H
#define SONGHUA_EVALUATE_WEIGH_H

#include <stddef.h>

/* Entropy weights, which add up to 1. Missing and negative values are left out of their column. A
 * column that says nothing (all equal, fewer than two values, all zero) weighs 0; when all do, all weigh
 * the same. `scratch`: units. The order of the units changes no bit. */
void weigh_by_entropy(const double *table, size_t units, size_t columns, double *scratch,
                      double *weights);

/* CRITIC: a column weighs as much as it varies (between its own extremes) and differs from the others
 * (the sum of 1 - r). A unit with any value missing does not count: it loses the others in `table`.
 * Otherwise as above; `scratch`: 2 x units.
 * Source  Diakoulaki, Mavrotas & Papayannakis (1995). */
void weigh_by_critic(double *table, size_t units, size_t columns, double *scratch, double *weights);

/* Closeness of each unit to the best of all columns, 0 to 1. directions[j] < 0: less is better. A unit
 * with any value missing is missing and does not count for the best or the worst; all units alike:
 * missing. `scratch`: 3 x units. The order of the units changes no bit. */
void topsis(const double *table, size_t units, size_t columns, const double *weights,
            const int *directions, double *scratch, double *closeness);

/* How many other units each outranks, less how many outrank it: i outranks j when the weights of the
 * columns in which it is better, and half of those in which both are equal, pass one half (by more than
 * rounding). The values are normalised: more is better. Weights add up to 1; missing as in topsis().
 * Source  Copeland. */
void copeland(const double *table, size_t units, size_t columns, const double *weights,
              double *scores);

#endif
