/* What the record says of a figure: when it came, and what it replaced. doubts.h has the rules. */
#include "consumers/evaluate/column.h"
#include "consumers/evaluate/standing.h"
#include "consumers/evaluate/window.h"

#include <math.h>

#define KIND(name) SONGHUA__V1__DOUBT_KIND__DOUBT_##name

enum { LEAST_REVISIONS = 3 };

static const double usual_times = 3;

/* --- late --------------------------------------------------------------------------------------- */

static enum err say_late(const struct window *window, const struct doubt_place *place,
                         doubt_visit *visit, void *context)
{
    const struct indicator *indicator = place->indicator;
    const struct series *series = window->history->series;
    uint64_t due_ms = period_end_ms(place->period);
    struct as_of came = {0, 0};
    uint64_t last_ms = due_ms + indicator->due_days * STANDING_DAY_MS;
    if (indicator->checks.no_late || indicator->cadence == CADENCE_ONCE ||
        series->since_ms > last_ms || window->history->as_of.ms <= last_ms ||
        !history_came(window->history, window->slots[window->at], &came.ms))
        return ERR_OK;
    uint32_t days = days_past(came, due_ms, indicator->due_days);
    if (days == 0)
        return ERR_OK;
    struct doubt doubt = window_doubt(window, place, KIND(LATE));
    doubt.measure = days;
    return doubt_say(&doubt, visit, context);
}

/* --- early -------------------------------------------------------------------------------------- */

/* Of an estimate that is no surprise; and where no time is recorded nothing is known of it. */
static enum err say_early(const struct window *window, const struct doubt_place *place,
                          doubt_visit *visit, void *context)
{
    const struct indicator *indicator = place->indicator;
    const struct point *own = &window->points[window->at];
    const struct vintage *vintage = slot_in_force(
        &window->history->series->slots[window->slots[window->at]], window->history->as_of);
    uint64_t end_ms = period_end_ms(place->period);
    if (indicator->checks.no_early || indicator->cadence == CADENCE_ONCE ||
        own->status == SONGHUA__V1__OBS_STATUS__OBS_STATUS_E_ESTIMATED || vintage->stored_ms == 0 ||
        vintage->stored_ms >= end_ms)
        return ERR_OK;
    struct doubt doubt = window_doubt(window, place, KIND(EARLY));
    doubt.measure = (double)((end_ms - vintage->stored_ms + STANDING_DAY_MS - 1) / STANDING_DAY_MS);
    return doubt_say(&doubt, visit, context);
}

/* --- revision ----------------------------------------------------------------------------------- */

/* How much the figure in force differs from the last other one before it; false: it replaced none. */
static bool revision_of(const struct window *window, uint32_t slot, double *share,
                        struct point *replaced)
{
    struct point own, before;
    double small = decimal_to_double(window->history->indicator->small_value.value);
    if (history_slot(window->history, slot, &own) != POINT_USABLE)
        return false;
    if (!history_replaced(window->history, slot, &own, &before))
        return false;
    double size = fabs(before.number);
    *share = fabs(own.number - before.number) / (size > 0 ? size : small);
    *replaced = before;
    return true;
}

/* What is usual in the series: the median of the other revisions, when there are a few. */
static double usual_revision(const struct window *window)
{
    double shares[WINDOW_MOST], sorted[WINDOW_MOST], share;
    struct point replaced;
    size_t count = 0;
    for (size_t i = 0; i < window->count; i++)
        if (i != window->at && revision_of(window, window->slots[i], &share, &replaced))
            shares[count++] = share;
    count = column_sort(shares, count, sorted);
    return count >= LEAST_REVISIONS ? column_median(sorted, count) : 0;
}

static enum err say_revision(const struct window *window, const struct doubt_place *place,
                             doubt_visit *visit, void *context)
{
    double limit = place->indicator->checks.revision, share;
    struct point replaced;
    if (limit == 0 || !revision_of(window, window->slots[window->at], &share, &replaced) ||
        share <= limit)
        return ERR_OK;
    limit = fmax(limit, usual_times * usual_revision(window));
    if (share <= limit)
        return ERR_OK;
    struct doubt doubt = window_doubt(window, place, KIND(REVISION));
    doubt.expected = replaced.number;
    doubt.measure = share;
    doubt.limit = limit;
    doubt_cite(&doubt, replaced.address);
    return doubt_say(&doubt, visit, context);
}

enum err doubts_of_record(const struct window *window, const struct doubt_place *place,
                          doubt_visit *visit, void *context)
{
    enum err err = say_late(window, place, visit, context);
    if (err == ERR_OK)
        err = say_early(window, place, visit, context);
    return err == ERR_OK ? say_revision(window, place, visit, context) : err;
}
