/* A second look at a series that rises and falls: growth between two of its figures hangs on those two, so
 * what the last three say and where the last six lead stand beside the judgement.
 *
 * It is given when a question is open, the series has risen and has fallen since the baseline or within
 * the last six figures, whichever reaches further back, and the deadline lies ahead of the latest
 * figure.
 *
 *   recent    the yearly rate between the first and last of the last three figures, over the rate that is
 *             required, with the method's own cuts: the same yardstick as the judgement's
 *   outlook   the mean yearly change between the sixth last and the last figure, drawn on to the deadline.
 *             Of what is still to go it misses m: below 5 % sun, up to 20 % slightly cloudy, above
 *             cloud; no improvement: thunderstorm. At the target itself (strictly to be passed) m has no value,
 *             and any improvement is sun.
 *
 * Months and quarters are held against the same ones of other years. Gaps are not filled: changes are
 * divided by the years between. Nothing is taken across a break.
 *
 * Source  EVALUATION-METHODS.md 2.7 (Destatis), 2.10 case 8.
 */
#ifndef SONGHUA_EVALUATE_SECOND_LOOK_H
#define SONGHUA_EVALUATE_SECOND_LOOK_H

#include "consumers/evaluate/progress.h"

/* What the method holds rates against. */
struct yardstick {
    bool is_growth;  /* rates are compound growth; else they are changes */
    int direction;   /* of rates */
    double required; /* a year; 0: there is no ratio and no recent judgement */
    Songhua__V1__Judgement (*verdict)(double ratio);
};

void second_look(const struct question *question, const struct yardstick *yardstick,
                 struct judgement *out);

#endif
