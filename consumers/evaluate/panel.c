#include "consumers/evaluate/panel.h"

#include <math.h>

static double carry(double year, struct panel_point point, double *age)
{
    *age = fabs(year - point.year);
    return point.value;
}

static double latest(double max_age, double year, struct panel_point before, double *age)
{
    bool is_fresh = max_age <= 0 || year - before.year <= max_age;
    return before.is_there && is_fresh ? carry(year, before, age) : (double)NAN;
}

static double between(double year, struct panel_point before, struct panel_point after, double *age)
{
    double share = (year - before.year) / (after.year - before.year);
    *age = fmax(year - before.year, after.year - year);
    return before.value + (after.value - before.value) * share;
}

double panel_value(enum panel_method method, double max_age, double year, struct panel_point before,
                   struct panel_point after, double *age)
{
    *age = 0;
    if (method == PANEL_NONE || (!before.is_there && !after.is_there))
        return NAN;
    if (method == PANEL_LATEST)
        return latest(max_age, year, before, age);
    if (method == PANEL_LINEAR && before.is_there && after.is_there)
        return between(year, before, after, age);
    return carry(year, before.is_there ? before : after, age);
}
