/* Outliers tamed before a column is put on a scale.
 *
 * Source  EVALUATION-METHODS.md 3.2 (COINr; its log_GII as it is meant, not as it is: it returns the figures
 *         as they were), 3.9 (square root and deviations: European Innovation Scoreboard).
 */
#ifndef SONGHUA_EVALUATE_TREAT_H
#define SONGHUA_EVALUATE_TREAT_H

#include <stddef.h>

/* None lowers a higher value below a lower one. min and max are the column's. */
enum transform {
    TRANSFORM_NONE,
    TRANSFORM_LOGARITHM,        /* log(x - min + 0.01 (max - min)); COINr's log_CT            */
    TRANSFORM_LOGARITHM_PLUS_1, /* log(x - min + 1); log_CT_orig                              */
    TRANSFORM_LOGARITHM_GII,    /* log((max - 1) (x - min) / (max - min) + 1). With a largest
                                   value of 1 or less it would turn the column over: left as is */
    TRANSFORM_SQUARE_ROOT,      /* below 0: missing                                           */
    TRANSFORM_BOX_COX,          /* ((x - min + 1)^lambda - 1) / lambda; lambda 0: logarithm   */
    TRANSFORM_COUNT
};
const char *transform_name(enum transform transform);

/* All zero: nothing is treated. */
struct treatment_rule {
    double max_skewness, max_kurtosis; /* flagged when both are passed: 2 and 3.5 */
    size_t max_points; /* at most so many are winsorised (5), tied ones together; 0: none is */
    enum transform transform; /* of a column that is still flagged then, as it was before */
    double lambda;            /* Box-Cox alone */
    /* After that, what lies further than so many sample deviations from the mean takes the value of its
     * nearest neighbour that does not, which leaves it out of the extremes of a scale; 0: off. */
    double deviations;
};

/* What was done to a column; the last may come with one of the others. */
enum treatment {
    TREAT_NOTHING = 0,
    TREAT_WINSORISED = 1,
    TREAT_TRANSFORMED = 2,
    TREAT_SET_BACK = 4
};

/* Columns too short to have a skewness, or all equal, are left as they are. Returns enum treatment's
 * numbers added up. `scratch`: n. */
unsigned treat(const struct treatment_rule *rule, double *values, size_t n, double *scratch);

#endif
