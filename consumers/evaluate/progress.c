#include "consumers/evaluate/progress.h"

#include <math.h>

void progress_refuse(const struct question *question, enum reason reason, struct judgement *out)
{
    if (question->is_settled)
        return;
    out->verdict = SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
    out->reason = reason;
}

void progress_cite(struct judgement *out, struct address address)
{
    for (size_t i = 0; i < out->evidence_count; i++)
        if (out->evidence[i].sequence == address.sequence &&
            out->evidence[i].index == address.index)
            return;
    if (out->evidence_count < JUDGEMENT_MAX_EVIDENCE)
        out->evidence[out->evidence_count++] = address;
}

static bool is_later(struct address a, struct address b)
{
    return a.sequence != b.sequence ? a.sequence > b.sequence : a.index > b.index;
}

void progress_cite_in_order(struct judgement *out, struct address address)
{
    size_t place = out->evidence_count;
    while (place > 0 && is_later(address, out->evidence[place - 1]))
        place--;
    if (place == JUDGEMENT_MAX_EVIDENCE)
        return;
    if (out->evidence_count < JUDGEMENT_MAX_EVIDENCE)
        out->evidence_count++;
    for (size_t i = out->evidence_count - 1; i > place; i--)
        out->evidence[i] = out->evidence[i - 1];
    out->evidence[place] = address;
}

/* The latest figure is the baseline's own or older: what is missing is the next one. */
static enum reason missing_figure(const struct question *question, const struct judgement *out)
{
    if (question->as_of.ms == UINT64_MAX)
        return REASON_TOO_SHORT;
    return out->overdue_days > 0 ? REASON_OVERDUE : REASON_NOT_DUE;
}

static bool is_long_enough(const struct question *question, struct judgement *out)
{
    const struct base *base = &question->base;
    double years = period_years(question->latest.period) - period_years(base->period);
    if (years >= 1)
        return true;
    progress_refuse(question, years <= 0 ? missing_figure(question, out) : REASON_TOO_SHORT, out);
    return false;
}

bool progress_path(const struct question *question, struct path *path, struct judgement *out)
{
    const struct target *target = question->target;
    const struct base *base = &question->base;
    if (!target->value.is_set || !target->deadline.is_set) {
        progress_refuse(question, REASON_NO_DEADLINE, out);
        return false;
    }
    double deadline = period_years(target->deadline.period);
    if (!base->is_set || period_years(base->period) >= deadline) {
        progress_refuse(question, REASON_NO_BASELINE, out);
        return false;
    }
    if (!is_long_enough(question, out))
        return false;
    if (history_breaks(question->history, base->period, question->latest.period)) {
        progress_refuse(question, REASON_SERIES_BREAK, out);
        return false;
    }
    *path = (struct path){.y0 = base->value,
                          .t0 = period_years(base->period),
                          .y = question->latest.number,
                          .t = period_years(question->latest.period),
                          .yT = decimal_to_double(target->value.value),
                          .tT = deadline};
    judgement_set(out, NUMBER_TIME_SHARE, (path->t - path->t0) / (path->tT - path->t0));
    judgement_set(out, NUMBER_COMPLETION, (path->y - path->y0) / (path->yT - path->y0));
    return true;
}

Songhua__V1__Judgement progress_class(enum method method, double ratio)
{
    const struct alert_cuts cuts = method_cuts(method);
    if (ratio >= cuts.watch)
        return SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK;
    if (ratio >= cuts.lagging)
        return SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACCELERATE;
    if (ratio >= cuts.severe)
        return SONGHUA__V1__JUDGEMENT__JUDGEMENT_LAGGING;
    return SONGHUA__V1__JUDGEMENT__JUDGEMENT_MOVING_AWAY;
}

Songhua__V1__Judgement progress_verdict(double v)
{
    return progress_class(METHOD_LINEAR_PATH, v);
}

static double points_of(double v)
{
    return v > 0.6 ? fmin(7.1429 * v - 4.2857, 5) : fmax(4.1667 * v - 2.5, -5);
}

void progress_grade(const struct question *question, double v, struct judgement *out)
{
    judgement_set(out, NUMBER_RATIO, v);
    if (!question->is_settled)
        out->verdict = progress_verdict(v);
    if (out->verdict != SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACHIEVED)
        judgement_set(out, NUMBER_POINTS, points_of(v));
}

void progress_grade_flat(const struct question *question, const struct path *path,
                         struct judgement *out)
{
    if (question->is_settled)
        return;
    bool is_worse = question->direction * (path->y - path->y0) < 0;
    out->verdict = is_worse ? SONGHUA__V1__JUDGEMENT__JUDGEMENT_MOVING_AWAY
                            : SONGHUA__V1__JUDGEMENT__JUDGEMENT_LAGGING;
    out->reason = REASON_NO_REQUIRED_GROWTH;
}

void progress_requirements(const struct question *question, const struct path *path,
                           double required_now, struct judgement *out)
{
    judgement_set(out, NUMBER_REQUIRED_NOW, required_now);
    judgement_set(out, NUMBER_GAP, question->direction * (required_now - path->y));
    if (question->is_settled || path->t >= path->tT)
        return;
    double made = question->direction * (path->y - path->y0) / (path->t - path->t0);
    double needed = question->direction * (path->yT - path->y) / (path->tT - path->t);
    if (made > 0)
        judgement_set(out, NUMBER_ACCELERATION, needed / made);
    out->is_stalled = made <= 0 && needed > 0;
    if (path->y != 0 && path->yT / path->y > 0)
        judgement_set(out, NUMBER_RATE_NEEDED,
                      pow(path->yT / path->y, 1 / (path->tT - path->t)) - 1);
}

bool progress_growth(const struct question *question, double *growth)
{
    const struct base *base = &question->base;
    if (!base->is_set)
        return false;
    double years = period_years(question->latest.period) - period_years(base->period);
    double y = question->latest.number;
    double y0 =
        base->value != 0 ? base->value : decimal_to_double(question->indicator->small_value.value);
    if (years < 1 || y / y0 < 0 ||
        history_breaks(question->history, base->period, question->latest.period))
        return false;
    *growth = pow(y / y0, 1 / years) - 1;
    return true;
}

/* --- projections -------------------------------------------------------------------------------- */

enum { WINDOW_POINTS = 4 };

/* The last figures, latest first. */
static size_t recent_points(const struct question *question, struct point points[WINDOW_POINTS])
{
    size_t count = 1;
    points[0] = question->latest;
    while (count < WINDOW_POINTS &&
           points[count - 1].status != SONGHUA__V1__OBS_STATUS__OBS_STATUS_B_BREAK &&
           history_before(question->history, period_key(points[count - 1].period), &points[count]))
        count++;
    return count;
}

static bool are_positive(const struct point *points, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(points[i].number > 0))
            return false;
    return true;
}

/* Yearly rates between neighbours, in order of size. */
static size_t yearly_rates(const struct point *points, size_t count, bool is_relative,
                           double *rates)
{
    for (size_t i = 0; i + 1 < count; i++) {
        double years = period_years(points[i].period) - period_years(points[i + 1].period);
        double rate = is_relative ? pow(points[i].number / points[i + 1].number, 1 / years) - 1
                                  : (points[i].number - points[i + 1].number) / years;
        size_t place = i;
        for (; place > 0 && rates[place - 1] > rate; place--)
            rates[place] = rates[place - 1];
        rates[place] = rate;
    }
    return count - 1;
}

static double project(double value, double rate, double years, bool is_relative)
{
    return is_relative ? value * pow(1 + rate, years) : value + rate * years;
}

void progress_project(const struct question *question, struct judgement *out)
{
    struct point points[WINDOW_POINTS];
    double rates[WINDOW_POINTS];
    if (question->target == NULL || !question->target->deadline.is_set)
        return;
    double years =
        period_years(question->target->deadline.period) - period_years(question->latest.period);
    size_t count = recent_points(question, points);
    if (count < 2 || years <= 0)
        return;
    bool is_relative = are_positive(points, count);
    size_t rate_count = yearly_rates(points, count, is_relative, rates);
    double middle = (rates[(rate_count - 1) / 2] + rates[rate_count / 2]) / 2;
    double value = question->latest.number;
    judgement_set(out, NUMBER_PROJECTED_LOW, project(value, rates[0], years, is_relative));
    judgement_set(out, NUMBER_PROJECTED_MID, project(value, middle, years, is_relative));
    judgement_set(out, NUMBER_PROJECTED_HIGH,
                  project(value, rates[rate_count - 1], years, is_relative));
    for (size_t i = 0; i < count; i++)
        progress_cite(out, points[i].address);
}
