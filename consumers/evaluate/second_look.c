#include "consumers/evaluate/second_look.h"

#include <math.h>

#define OUTLOOK(name) SONGHUA__V1__OUTLOOK__OUTLOOK_##name

enum { RECENT_FIGURES = 3, SLOPE_FIGURES = 6 };

/* The figures that are looked at, latest first, and which ways the series went. */
struct course {
    struct point points[SLOPE_FIGURES];
    size_t count;
    bool has_risen, has_fallen;
};

static bool is_comparable(struct period a, struct period b)
{
    return a.frequency == b.frequency && a.part == b.part;
}

static void note_change(struct course *course, double change)
{
    course->has_risen = course->has_risen || change > 0;
    course->has_fallen = course->has_fallen || change < 0;
}

/* The framework's baseline is a point of the course too, when the record's points step over it. */
static void note_base(struct course *course, const struct base *base, const struct point *newer,
                      const struct point *older)
{
    if (!base->is_set || base->is_recorded || !is_comparable(base->period, newer->period))
        return;
    uint32_t key = period_key(base->period);
    if (key < period_key(newer->period) && (older == NULL || period_key(older->period) < key))
        note_change(course, newer->number - base->value);
}

static bool is_done(const struct course *course, const struct base *base, const struct point *at)
{
    bool is_at_base = !base->is_set || period_years(at->period) <= period_years(base->period);
    return course->count == SLOPE_FIGURES && is_at_base;
}

static void read_course(const struct question *question, struct course *course)
{
    const struct history *history = question->history;
    struct point newer = question->latest, older;
    uint32_t slot = history_slot_of(history, newer.period);
    *course = (struct course){.points = {newer}, .count = 1};
    while (slot-- > 0 && newer.status != SONGHUA__V1__OBS_STATUS__OBS_STATUS_B_BREAK) {
        if (history_slot(history, slot, &older) != POINT_USABLE ||
            !is_comparable(older.period, newer.period))
            continue;
        note_base(course, &question->base, &newer, &older);
        note_change(course, newer.number - older.number);
        if (course->count < SLOPE_FIGURES)
            course->points[course->count++] = older;
        if (is_done(course, &question->base, &older))
            return;
        newer = older;
    }
    note_base(course, &question->base, &newer, NULL);
}

static double years_between(const struct point *from, const struct point *to)
{
    return period_years(to->period) - period_years(from->period);
}

static double yearly_rate(const struct question *question, const struct point *from, bool is_growth)
{
    const struct point *to = &question->latest;
    double small = decimal_to_double(question->indicator->small_value.value);
    double start = from->number != 0 || !is_growth ? from->number : small;
    double years = years_between(from, to);
    return is_growth ? pow(to->number / start, 1 / years) - 1 : (to->number - start) / years;
}

static void cite(const struct course *course, size_t count, struct judgement *out)
{
    for (size_t i = 0; i < count; i++)
        progress_cite(out, course->points[i].address);
}

static void look_at_recent(const struct question *question, const struct course *course,
                           const struct yardstick *yardstick, struct judgement *out)
{
    if (course->count < RECENT_FIGURES || yardstick->required == 0)
        return;
    const struct point *first = &course->points[RECENT_FIGURES - 1];
    double rate = yearly_rate(question, first, yardstick->is_growth);
    double ratio = yardstick->direction * rate / fabs(yardstick->required);
    if (!isfinite(ratio))
        return;
    judgement_set(out, NUMBER_RECENT_RATE, rate);
    judgement_set(out, NUMBER_RECENT_RATIO, ratio);
    out->recent = yardstick->verdict(ratio);
    out->recent_since = (struct optional_period){true, first->period};
    cite(course, RECENT_FIGURES, out);
}

static Songhua__V1__Outlook outlook_of(double miss)
{
    if (miss > 0.20)
        return OUTLOOK(CLOUD);
    return miss >= 0.05 ? OUTLOOK(SLIGHTLY_CLOUDY) : OUTLOOK(SUN);
}

static void look_ahead(const struct question *question, const struct course *course,
                       struct judgement *out)
{
    const struct target *target = question->target;
    if (course->count < SLOPE_FIGURES)
        return;
    const struct point *first = &course->points[SLOPE_FIGURES - 1];
    double y = question->latest.number, yT = decimal_to_double(target->value.value);
    double years = period_years(target->deadline.period) - period_years(question->latest.period);
    double slope = yearly_rate(question, first, false);
    double value = y + slope * years;
    double miss = y != yT ? (yT - value) / (yT - y) : 0;
    if (!isfinite(value) || !isfinite(miss))
        return;
    judgement_set(out, NUMBER_SLOPE, slope);
    judgement_set(out, NUMBER_SLOPE_VALUE, value);
    if (y != yT)
        judgement_set(out, NUMBER_SLOPE_MISS, miss);
    out->outlook = question->direction * slope > 0 ? outlook_of(miss) : OUTLOOK(THUNDERSTORM);
    out->slope_since = (struct optional_period){true, first->period};
    cite(course, SLOPE_FIGURES, out);
}

void second_look(const struct question *question, const struct yardstick *yardstick,
                 struct judgement *out)
{
    const struct target *target = question->target;
    struct course course;
    if (question->is_settled || (target != NULL && target->deadline.is_set &&
                                 period_reaches(question->latest.period, target->deadline.period)))
        return;
    read_course(question, &course);
    if (!course.has_risen || !course.has_fallen)
        return;
    look_at_recent(question, &course, yardstick, out);
    if (target != NULL && target->value.is_set && target->deadline.is_set)
        look_ahead(question, &course, out);
}
