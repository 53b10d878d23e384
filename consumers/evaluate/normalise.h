/* From figures in their own units to one scale on which more is always better.
 *
 * A missing value stays missing. Where a column has no spread (all equal, a single unit) min-max,
 * z-score and percentile have no answer: every value becomes missing, never 0 or the middle.
 * Source  EVALUATION-METHODS.md 3.3 (as COINr, whose dist2max 1 - (max - x) / (max - min) is min-max),
 *         3.5 (logarithm of HDI's income).
 */
#ifndef SONGHUA_EVALUATE_NORMALISE_H
#define SONGHUA_EVALUATE_NORMALISE_H

#include <stdbool.h>
#include <stddef.h>

enum normalisation {
    NORMALISE_NONE,        /* x, or -x where less is better                             */
    NORMALISE_MIN_MAX,     /* the column's extremes become `from` and `to`              */
    NORMALISE_Z_SCORE,     /* mean becomes `from`, a sample deviation `to`              */
    NORMALISE_GOALPOSTS,   /* `low` and `high` become `from` and `to`; clamped          */
    NORMALISE_TO_TARGET,   /* share of the way from the worst value to `target`         */
    NORMALISE_RANK,        /* 1 for the worst; ties share the lower number              */
    NORMALISE_PERCENTILE,  /* (rank - 1) / (n - 1), onto `from` to `to`                 */
    NORMALISE_STANDARD,    /* China: share of the standard `target`, at most `to`; where less
                             is better, of the figure that the standard is              */
    NORMALISE_LINEAR,      /* `low` and `high` become `from` and `to`; not clamped. China's
                             efficacy coefficient with 60 and 100                      */
    NORMALISE_OF_MAX,      /* share of the column's largest value, onto 0 to `to`       */
    NORMALISE_BORDA,       /* rank - 1: how many are worse                              */
    NORMALISE_TO_REFERENCE /* share of the way from the worst value to the unit `reference` */
};

struct normalisation_rule {
    enum normalisation kind;
    int direction;    /* 1: more is better, -1: less is */
    double low, high; /* goalposts, linear: in the figure's unit, low < high */
    double target;
    double from, to;
    bool is_logarithmic; /* figures and goalposts by their natural logarithm; 0 or less: missing */
    bool is_capped;      /* distance to target or reference: at most 1 */
    size_t reference;    /* whose value is 1; missing: the whole column is */
};

/* `scratch` and `out` have room for n; `out` may be `values`. */
void normalise(const struct normalisation_rule *rule, const double *values, size_t n,
               double *scratch, double *out);

#endif
