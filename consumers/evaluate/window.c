#include "consumers/evaluate/window.h"

#include <math.h>

bool window_read(const struct history *history, struct period period, struct window *out)
{
    uint32_t at = history_slot_of(history, period), count = history_slot_count(history);
    struct point point;
    if (at >= count || history_slot(history, at, &point) != POINT_USABLE)
        return false;
    uint32_t first = at > WINDOW_BEFORE ? at - WINDOW_BEFORE : 0;
    uint32_t last = count - at > WINDOW_AFTER ? at + WINDOW_AFTER : count - 1;
    out->history = history;
    out->count = 0;
    for (uint32_t i = first; i <= last; i++) {
        if (history_slot(history, i, &out->points[out->count]) != POINT_USABLE)
            continue;
        if (i == at)
            out->at = out->count;
        out->slots[out->count++] = i;
    }
    return true;
}

void doubt_cite(struct doubt *doubt, struct address address)
{
    if (doubt->evidence_count < DOUBT_MAX_EVIDENCE)
        doubt->evidence[doubt->evidence_count++] = address;
}

struct doubt window_doubt(const struct window *window, const struct doubt_place *place,
                          Songhua__V1__DoubtKind kind)
{
    const struct point *point = &window->points[window->at];
    struct doubt doubt = {
        .place = *place, .kind = kind, .is_answered = point->is_confirmed, .value = point->number};
    doubt_cite(&doubt, point->address);
    return doubt;
}

enum err doubt_say(const struct doubt *doubt, doubt_visit *visit, void *context)
{
    bool is_finite = isfinite(doubt->value) && isfinite(doubt->expected) &&
                     isfinite(doubt->measure) && isfinite(doubt->limit);
    return is_finite ? visit(context, doubt) : ERR_OK;
}
