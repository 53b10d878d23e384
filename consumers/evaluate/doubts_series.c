/* What a series says of one of its figures: its size, its change, its digits. doubts.h has the rules. */
#include "consumers/evaluate/column.h"
#include "consumers/evaluate/window.h"

#include <math.h>
#include <stdlib.h>

#define KIND(name) SONGHUA__V1__DOUBT_KIND__DOUBT_##name

enum { NEAREST = 4, LEAST_OTHERS = 3, LEAST_CHANGES = 5, COPY_DIGITS = 4, DIGITS_FIGURES = 100 };

static const double steady = 5;         /* the others lie within so many times each other */
static const double slip_reach = 0.15;  /* of the decimal logarithm */
static const double slip_limit = 7;     /* 10^(1 - slip_reach), about */
static const double chi_limit = 21.666; /* 9 degrees of freedom, 1 % */

/* --- unit_slip ---------------------------------------------------------------------------------- */

/* The power of ten that lies between the figure and the median of the others; 0: none does. */
static int slip_power(double figure, double median)
{
    static const int powers[] = {1, 2, 4, 8, -1, -2, -4, -8};
    double distance = log10(figure / median);
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++)
        if (fabs(distance - powers[i]) <= slip_reach)
            return powers[i];
    return 0;
}

/* The figures nearest to the window's, at most four: by turns the one before and the one after. */
static size_t nearest_others(const struct window *window, double others[NEAREST])
{
    size_t count = 0, at = window->at;
    for (size_t step = 1; step < window->count && count < NEAREST; step++) {
        if (step <= at)
            others[count++] = window->points[at - step].number;
        if (at + step < window->count && count < NEAREST)
            others[count++] = window->points[at + step].number;
    }
    return count;
}

static bool find_slip(const struct window *window, double *median, int *power)
{
    double others[NEAREST], sorted[NEAREST];
    size_t count = column_sort(others, nearest_others(window, others), sorted);
    double figure = window->points[window->at].number;
    if (count < LEAST_OTHERS || !(sorted[0] > 0) || !(figure > 0) ||
        sorted[count - 1] > steady * sorted[0])
        return false;
    *median = column_median(sorted, count);
    *power = slip_power(figure, *median);
    return *power != 0;
}

/* --- jump --------------------------------------------------------------------------------------- */

static bool are_positive(const struct window *window)
{
    for (size_t i = 0; i < window->count; i++)
        if (!(window->points[i].number > 0))
            return false;
    return true;
}

/* The yearly change up to point i; NaN where there is none. */
static double change_to(const struct window *window, size_t i, bool is_relative)
{
    if (i == 0 || window->points[i].status == SONGHUA__V1__OBS_STATUS__OBS_STATUS_B_BREAK)
        return NAN;
    const struct point *from = &window->points[i - 1], *to = &window->points[i];
    double years = period_years(to->period) - period_years(from->period);
    double change = is_relative ? log(to->number / from->number) : to->number - from->number;
    return change / years;
}

/* How far the values lie from their median, as a deviation of the normal distribution would: from the
 * median distance, or where that is zero from the mean distance. 0: all are equal. */
static double robust_scale(const double *sorted, size_t count, double median)
{
    double by_size[WINDOW_MOST];
    size_t above = 0;
    while (above < count && sorted[above] < median)
        above++;
    /* Distances grow to either side of the median: the smaller of the next two comes next. */
    for (size_t i = 0, below = above; i < count; i++) {
        bool is_below =
            above == count || (below > 0 && median - sorted[below - 1] < sorted[above] - median);
        by_size[i] = is_below ? median - sorted[--below] : sorted[above++] - median;
    }
    double middle = column_median(by_size, count);
    return middle > 0 ? 1.4826 * middle : 1.2533 * column_mean(by_size, count);
}

static enum err say_jump(const struct window *window, const struct doubt_place *place,
                         doubt_visit *visit, void *context)
{
    double others[WINDOW_MOST], sorted[WINDOW_MOST], limit = place->indicator->checks.jump;
    size_t count = 0, at = window->at;
    bool is_relative = are_positive(window);
    double change = change_to(window, at, is_relative);
    if (limit == 0 || isnan(change))
        return ERR_OK;
    for (size_t i = 1; i < window->count; i++)
        if (i != at && i != at + 1) /* the change after a wrong figure is wrong as well */
            others[count++] = change_to(window, i, is_relative);
    count = column_sort(others, count, sorted);
    double median = column_median(sorted, count);
    double scale = count >= LEAST_CHANGES ? robust_scale(sorted, count, median) : 0;
    if (!(scale > 0) || fabs(change - median) / scale <= limit)
        return ERR_OK;
    const struct point *before = &window->points[at - 1];
    double years = period_years(window->points[at].period) - period_years(before->period);
    struct doubt doubt = window_doubt(window, place, KIND(JUMP));
    doubt.expected =
        is_relative ? before->number * exp(median * years) : before->number + median * years;
    doubt.measure = fabs(change - median) / scale;
    doubt.limit = limit;
    doubt.other_period = (struct optional_period){true, before->period};
    doubt_cite(&doubt, before->address);
    return doubt_say(&doubt, visit, context);
}

/* A slip is a jump too; the more telling of the two is said. */
static enum err say_size(const struct window *window, const struct doubt_place *place,
                         doubt_visit *visit, void *context)
{
    double median;
    int power;
    if (place->indicator->checks.no_unit_slip)
        return say_jump(window, place, visit, context);
    if (!find_slip(window, &median, &power))
        return say_jump(window, place, visit, context);
    struct doubt doubt = window_doubt(window, place, KIND(UNIT_SLIP));
    doubt.expected = median;
    doubt.measure = pow(10, power);
    doubt.limit = slip_limit;
    return doubt_say(&doubt, visit, context);
}

/* --- decrease ----------------------------------------------------------------------------------- */

static enum err say_decrease(const struct window *window, const struct doubt_place *place,
                             doubt_visit *visit, void *context)
{
    const struct point *own = &window->points[window->at];
    bool is_cumulative = place->definition != NULL && place->definition->is_cumulative;
    if (place->indicator->checks.no_decrease || !is_cumulative || window->at == 0)
        return ERR_OK;
    const struct point *before = &window->points[window->at - 1];
    if (before->period.year != own->period.year || decimal_compare(own->value, before->value) >= 0)
        return ERR_OK;
    struct doubt doubt = window_doubt(window, place, KIND(DECREASE));
    doubt.expected = before->number;
    doubt.measure = before->number - own->number;
    doubt.other_period = (struct optional_period){true, before->period};
    doubt_cite(&doubt, before->address);
    return doubt_say(&doubt, visit, context);
}

/* --- copy, digits ------------------------------------------------------------------------------- */

static int significant_digits(struct decimal value)
{
    uint64_t digits = value.unscaled < 0 ? 0 - (uint64_t)value.unscaled : (uint64_t)value.unscaled;
    int count = 0;
    while (digits > 0 && digits % 10 == 0)
        digits /= 10;
    for (; digits > 0; digits /= 10)
        count++;
    return count;
}

static bool is_earlier(struct address a, struct address b)
{
    return a.sequence != b.sequence ? a.sequence < b.sequence : a.index < b.index;
}

static enum err say_copy(const struct window *window, const struct doubt_place *place,
                         doubt_visit *visit, void *context)
{
    const struct point *own = &window->points[window->at];
    int digits = significant_digits(own->value);
    if (place->indicator->checks.no_copy || digits < COPY_DIGITS)
        return ERR_OK;
    for (size_t i = 0; i < window->count; i++) {
        const struct point *other = &window->points[i];
        if (i == window->at || decimal_compare(other->value, own->value) != 0 ||
            !is_earlier(other->address, own->address))
            continue;
        struct doubt doubt = window_doubt(window, place, KIND(COPY));
        doubt.expected = other->number;
        doubt.measure = digits;
        doubt.limit = COPY_DIGITS;
        doubt.other_period = (struct optional_period){true, other->period};
        doubt_cite(&doubt, other->address);
        return doubt_say(&doubt, visit, context);
    }
    return ERR_OK;
}

/* How unevenly the last digits of all usable figures are spread; 0 when they are too few. */
static double last_digits(const struct history *history)
{
    size_t seen[10] = {0}, total = 0;
    double chi = 0;
    for (uint32_t i = 0; i < history_slot_count(history); i++) {
        struct point point;
        if (history_slot(history, i, &point) != POINT_USABLE)
            continue;
        seen[llabs(point.value.unscaled % 10)]++;
        total++;
    }
    if (total < DIGITS_FIGURES)
        return 0;
    double expected = (double)total / 10;
    for (int i = 0; i < 10; i++)
        chi += ((double)seen[i] - expected) * ((double)seen[i] - expected) / expected;
    return chi;
}

static enum err say_digits(const struct window *window, const struct doubt_place *place,
                           doubt_visit *visit, void *context)
{
    bool is_last = window->slots[window->at] + 1 == history_slot_count(window->history);
    if (place->indicator->checks.no_digits || !is_last ||
        history_slot_count(window->history) < DIGITS_FIGURES)
        return ERR_OK;
    struct doubt doubt = window_doubt(window, place, KIND(DIGITS));
    doubt.measure = last_digits(window->history);
    doubt.limit = chi_limit;
    return doubt.measure > chi_limit ? doubt_say(&doubt, visit, context) : ERR_OK;
}

/* Agents refuse such a figure; another program, or a framework that came later, may leave one in the record. */
static enum err say_range(const struct window *window, const struct doubt_place *place,
                          doubt_visit *visit, void *context)
{
    const struct range *range = &place->indicator->plausible;
    int side = range_side(range, window->points[window->at].value);
    if (side == 0)
        return ERR_OK;
    struct doubt doubt = window_doubt(window, place, KIND(RANGE));
    doubt.expected = decimal_to_double(side < 0 ? range->min.value : range->max.value);
    doubt.measure = fabs(doubt.value - doubt.expected);
    return doubt_say(&doubt, visit, context);
}

enum err doubts_of_series(const struct window *window, const struct doubt_place *place,
                          doubt_visit *visit, void *context)
{
    enum err err = say_range(window, place, visit, context);
    if (err == ERR_OK)
        err = say_size(window, place, visit, context);
    if (err == ERR_OK)
        err = say_decrease(window, place, visit, context);
    if (err == ERR_OK)
        err = say_copy(window, place, visit, context);
    return err == ERR_OK ? say_digits(window, place, visit, context) : err;
}
