/* What the methods that follow a path to a target have in common. For consumers/evaluate alone. */
#ifndef SONGHUA_EVALUATE_PROGRESS_H
#define SONGHUA_EVALUATE_PROGRESS_H

#include "consumers/evaluate/method.h"

/* From y0 at t0 by way of y at t to yT at tT; years as real numbers. */
struct path {
    double y0, t0, y, t, yT, tT;
};

/* The path of the question, when there is one: a value to reach, a deadline, a baseline at least a year
 * back, and no break in between. Otherwise false, and the verdict of an unsettled question is no_data
 * with its reason. Sets completion and time share. */
bool progress_path(const struct question *question, struct path *path, struct judgement *out);

/* The verdict and points of ratio v. The verdict is left alone when the question is settled.
 * Source  EVALUATION.md section 2, steps 3 and 4. */
void progress_grade(const struct question *question, double v, struct judgement *out);

/* The class of a ratio by a method's cuts (method_cuts()); the same of a path: 0.95, 0.60, 0. */
Songhua__V1__Judgement progress_class(enum method method, double ratio);
Songhua__V1__Judgement progress_verdict(double v);

/* Where target and baseline are equal no rate leads from one to the other: only the comparator and
 * the sign of what has changed can be judged. Source  EVALUATION-METHODS.md 2.10, case 2. */
void progress_grade_flat(const struct question *question, const struct path *path,
                         struct judgement *out);

/* required_now, gap, rate_needed and acceleration (or that the way is stalled), given the level that the
 * path requires at path->t. */
void progress_requirements(const struct question *question, const struct path *path,
                           double required_now, struct judgement *out);

/* projected_low, _mid, _high: where the latest figure leads by the deadline.
 *
 * The last four usable figures (fewer when there are fewer, none from before a break) give up to
 * three yearly rates, each (x_i / x_{i-1})^(1 / years between) - 1. Low and high are the smallest and
 * largest of x·(1+r)^(tT-t), mid the one of the median rate (of two rates: of their mean). When one of
 * the figures is not positive, yearly differences take the place of rates. Three intervals is the
 * shortest window that Eurostat calls a trend (three years).
 * Nothing is projected at or past the deadline. */
void progress_project(const struct question *question, struct judgement *out);

/* The yearly growth from the baseline to the latest figure; false when it has none (less than a year,
 * other sign, a break). `small` stands for a baseline of zero. */
bool progress_growth(const struct question *question, double *growth);

/* No judgement, unless the question is settled: why. */
void progress_refuse(const struct question *question, enum reason reason, struct judgement *out);

/* Names the address of a figure that the judgement rests on, once, keeping the order given. */
void progress_cite(struct judgement *out, struct address address);

/* The same, the latest recorded first and of too many the latest. */
void progress_cite_in_order(struct judgement *out, struct address address);

#endif
