/* What an indicator's kind says of one of its figures: its type, its sign. doubts.h has the rules. */
#include "consumers/evaluate/window.h"
#include "proto/event/kind_check.h"

#include <math.h>
#include <string.h>

enum { LEAST_POSITIVE = 3 };

/* Whether its figures may be expected to be of one sign: rates rise and fall, and where the framework says how
 * low a figure may lie there is nothing left to expect. */
static bool has_sign(const struct indicator *indicator)
{
    return indicator->kind == KIND_QUANTITY && !indicator->checks.no_kind &&
           !indicator->plausible.min.is_set && !kind_is_told_as_share(indicator) &&
           strcmp(indicator->unit, "百分点") != 0;
}

/* Below zero, while the others are all above it, and are more than a few. */
static bool is_odd_sign(const struct window *window)
{
    if (!(window->points[window->at].number < 0) || window->count <= LEAST_POSITIVE)
        return false;
    for (size_t i = 0; i < window->count; i++)
        if (i != window->at && !(window->points[i].number > 0))
            return false;
    return true;
}

enum err doubts_of_kind(const struct window *window, const struct doubt_place *place,
                        doubt_visit *visit, void *context)
{
    const struct indicator *indicator = place->indicator;
    struct decimal nearest = {0, 0};
    if (kind_fits(indicator, window->points[window->at].value, &nearest) &&
        !(has_sign(indicator) && is_odd_sign(window)))
        return ERR_OK;
    struct doubt doubt = window_doubt(window, place, SONGHUA__V1__DOUBT_KIND__DOUBT_KIND);
    doubt.expected = decimal_to_double(nearest);
    doubt.measure = fabs(doubt.value - doubt.expected);
    return doubt_say(&doubt, visit, context);
}

/* From `at` on, `reach` slots that way: only the first figure that is not above zero may be alone in its sign. */
static enum err visit_negative(const struct history *history, uint32_t at, int step, uint32_t reach,
                               struct doubt_place place, doubt_place_visit *visit, void *context)
{
    struct point point;
    for (uint32_t i = 1; i <= reach; i++) {
        uint32_t slot = step < 0 ? at - i : at + i;
        if (history_slot(history, slot, &point) != POINT_USABLE || point.number > 0)
            continue;
        place.period = point.period;
        return point.number < 0 ? visit(context, &place) : ERR_OK;
    }
    return ERR_OK;
}

enum err kind_touched(const struct history *history, const struct doubt_place *place,
                      doubt_place_visit *visit, void *context)
{
    uint32_t count = history_slot_count(history), at = history_slot_of(history, place->period);
    if (!has_sign(place->indicator) || at >= count)
        return ERR_OK;
    uint32_t before =
        at < WINDOW_AFTER ? at : WINDOW_AFTER; /* whose windows reach as far as here */
    uint32_t after = count - 1 - at < WINDOW_BEFORE ? count - 1 - at : WINDOW_BEFORE;
    enum err err = visit_negative(history, at, -1, before, *place, visit, context);
    return err == ERR_OK ? visit_negative(history, at, 1, after, *place, visit, context) : err;
}
