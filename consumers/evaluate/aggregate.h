/* Several values into one, by weights; and where the one then stands among the others.
 *
 * Values that are missing (NaN) are left out and the weights of the others re-scaled. Nothing there,
 * or a total weight of zero, is missing. Sums run in the order given.
 * Source  EVALUATION-METHODS.md 3.5, 3.6.
 */
#ifndef SONGHUA_EVALUATE_AGGREGATE_H
#define SONGHUA_EVALUATE_AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum aggregation {
    AGGREGATE_ARITHMETIC,
    AGGREGATE_GEOMETRIC, /* a value of 0 or less: missing; no floor is put in for it */
    AGGREGATE_HARMONIC,  /* the same */
    AGGREGATE_POWER /* of `power`, not 0; below 0 the same, above it a value below 0 is missing */
};

/* part of whole, compared in integers: 2/3 is 2/3. {0, 0}: no threshold. */
struct fraction {
    uint32_t part, whole;
};
bool fraction_is_reached(struct fraction threshold, size_t count, size_t of);

/* Weights are not negative; `power` is AGGREGATE_POWER's alone. */
double aggregate(enum aggregation kind, double power, const double *values, const double *weights,
                 size_t n);

/* ranks[i] = 1 + how many are strictly better; missing: 0, which is no rank. Values are held against
 * each other after rounding to `decimals` (half away from zero); -1: as they are. `scratch`: n. */
void rank_values(const double *values, size_t n, int decimals, double *scratch, uint32_t *ranks);

/* The group of a value: how many of the ascending `cuts` it has reached. Missing: -1. */
int band_of(double value, const double *cuts, size_t cut_count);

#endif
