/* Gaps in a unit's own series, filled from the figures before and after.
 *
 * Source  EVALUATION-METHODS.md 3.1 (COINr's imputation of panels).
 */
#ifndef SONGHUA_EVALUATE_PANEL_H
#define SONGHUA_EVALUATE_PANEL_H

#include <stdbool.h>

enum panel_method {
    PANEL_NONE,
    PANEL_LATEST,  /* the figure before, if it is not too old; nothing from after        */
    PANEL_LINEAR,  /* on the line between before and after; past the ends the nearest    */
    PANEL_CONSTANT /* the figure before; ahead of the first, the first                   */
};

struct panel_point {
    bool is_there;
    double year, value;
};

/* The value for `year`, or NaN. max_age in years, PANEL_LATEST alone; 0: any. *age is how many years lie
 * between `year` and the figure that the value rests on (linear: the farther one). */
double panel_value(enum panel_method method, double max_age, double year, struct panel_point before,
                   struct panel_point after, double *age);

#endif
