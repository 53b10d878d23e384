/* Gaps of a column filled: from the other units, or from what else the unit reports.
 *
 * What was filled in fills nothing else. (A unit's own series: panel.h.)
 * Source  EVALUATION-METHODS.md 3.1 (COINr). Not by expectation and maximisation: with nine units and more
 *         indicators than that their covariance is singular.
 */
#ifndef SONGHUA_EVALUATE_IMPUTE_H
#define SONGHUA_EVALUATE_IMPUTE_H

#include <stddef.h>
#include <stdint.h>

enum imputation {
    IMPUTE_NONE, /* for results that hold someone to account */
    IMPUTE_MEAN,
    IMPUTE_MEDIAN,
    IMPUTE_GROUP_MEAN, /* of the unit's group; a group with no value stays missing */
    IMPUTE_GROUP_MEDIAN,
    IMPUTE_ROW_MEAN /* see impute_by_row() */
};

/* All kinds but the last. `groups`: one number for each unit, NULL when no group is asked for. `scratch`:
 * 2n. Returns how many were filled; is_filled[i] is 1 for those, else 0. */
size_t impute(enum imputation kind, const uint32_t *groups, double *values, size_t n,
              double *scratch, uint8_t *is_filled);

/* The column `own` of a family (column after column, each with a value for each unit, more is better in all
 * of them) with its gaps filled: the unit stands in it where it stands on average in the other columns,
 * each between its own lowest and highest value. A column without spread says nothing; a unit with no
 * other value, or a column without any, stays as it is.
 * low, high: room for a number for each column. values, is_filled: as above. */
size_t impute_by_row(const double *family, size_t columns, size_t units, size_t own, double *low,
                     double *high, double *values, uint8_t *is_filled);

#endif
