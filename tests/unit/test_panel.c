/* Source  EVALUATION-METHODS.md 3.1: (3, NA, 5), (NA, 5, 6), (7, 8, NA). */
#include "consumers/evaluate/panel.h"

#include <criterion/criterion.h>
#include <math.h>

enum { YEARS = 3 };

static struct panel_point nearest(const double *values, int year, int step)
{
    for (int i = year + step; i >= 0 && i < YEARS; i += step)
        if (!isnan(values[i]))
            return (struct panel_point){true, 2000 + i, values[i]};
    return (struct panel_point){0};
}

/* Each gap filled, as a table of a composite would have it. */
static void expect_filled(enum panel_method method, double max_age, const double *values,
                          const double *wanted)
{
    for (int i = 0; i < YEARS; i++) {
        double age, value = values[i];
        if (isnan(value))
            value = panel_value(method, max_age, 2000 + i, nearest(values, i, -1),
                                nearest(values, i, 1), &age);
        cr_expect(value == wanted[i] || (isnan(value) && isnan(wanted[i])), "%d: %g", i, value);
    }
}

static const double inside[] = {3, NAN, 5}, ahead[] = {NAN, 5, 6}, behind[] = {7, 8, NAN};

Test(panel, linear_interpolates_inside_and_takes_the_nearest_outside, .timeout = 10)
{
    expect_filled(PANEL_LINEAR, 0, inside, (double[]){3, 4, 5});
    expect_filled(PANEL_LINEAR, 0, ahead, (double[]){5, 5, 6});
    expect_filled(PANEL_LINEAR, 0, behind, (double[]){7, 8, 8});
}

Test(panel, constant_keeps_the_step, .timeout = 10)
{
    expect_filled(PANEL_CONSTANT, 0, inside, (double[]){3, 3, 5});
    expect_filled(PANEL_CONSTANT, 0, ahead, (double[]){5, 5, 6});
    expect_filled(PANEL_CONSTANT, 0, behind, (double[]){7, 8, 8});
}

Test(panel, latest_never_looks_ahead, .timeout = 10)
{
    expect_filled(PANEL_LATEST, 0, inside, (double[]){3, 3, 5});
    expect_filled(PANEL_LATEST, 0, ahead, (double[]){NAN, 5, 6});
    expect_filled(PANEL_LATEST, 0, behind, (double[]){7, 8, 8});
}

Test(panel, latest_ends_at_its_age, .timeout = 10)
{
    struct panel_point before = {true, 2000, 7}, none = {0};
    double age;
    cr_expect_eq(panel_value(PANEL_LATEST, 2, 2002, before, none, &age), 7);
    cr_expect_eq(age, 2);
    cr_expect(isnan(panel_value(PANEL_LATEST, 2, 2003, before, none, &age)));
}

Test(panel, nothing_to_fill_from_or_no_method_is_missing, .timeout = 10)
{
    struct panel_point before = {true, 2000, 7}, none = {0};
    double age;
    cr_expect(isnan(panel_value(PANEL_LINEAR, 0, 2001, none, none, &age)));
    cr_expect(isnan(panel_value(PANEL_NONE, 0, 2001, before, none, &age)));
    cr_expect_eq(age, 0);
}
