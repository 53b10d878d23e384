/* How far a figure has come towards a target, for the target column of a composite. For
 * consumers/evaluate, and to explain it.
 *
 * c = d (x - b) / |T - b|, which is (x - b) / (T - b) unless the baseline is beyond the target; not clamped:
 * the column's scale does that. A figure that meets the target, by its comparator, has come all the way
 * at least; one that does not, where the baseline is the target, none of it. 2.00 of more than 2 is all the
 * way too, though it does not meet it: the formula asks for the number alone.
 * The pace is c over the share of the time from the baseline to the deadline that has passed by the
 * figure's period, at most all of it.
 * Source  EVALUATION-METHODS.md 2.8, 2.10 case 2, 6.2.
 */
#ifndef SONGHUA_EVALUATE_ATTAINED_H
#define SONGHUA_EVALUATE_ATTAINED_H

#include "consumers/evaluate/history.h"

#include <stdbool.h>

/* What it is worked out from. */
struct attainment {
    const struct target *target;
    struct point point;
    bool has_base, is_recorded; /* the baseline is a figure of the record */
    double base;
    struct period base_period;
    struct address base_address;
    bool is_broken; /* between baseline and figure */
    bool is_met;
    double completion; /* NaN: see attained() */
    double time_share; /* at most 1; NaN: no deadline, or no time has passed */
};

struct attainment attainment_of(const struct history *history, const struct target *target,
                                uint32_t region, const struct point *point);

/* NaN: the target is not the region's or has no number, there is no baseline, a break lies between, or (pace)
 * no time has passed or there is no deadline. */
double attained(const struct history *history, const struct target *target, uint32_t region,
                const struct point *point, bool is_pace);

#endif
