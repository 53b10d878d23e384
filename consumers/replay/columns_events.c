#include "consumers/reader/words.h"
#include "consumers/replay/columns.h"
#include "proto/event/decimal.h"
#include "proto/event/obs_status.h"

#include <string.h>

#define BODY(name) SONGHUA__V1__EVENT__BODY_##name

enum {
    INDICATOR,
    PERIOD,
    VALUE,
    UNIT,
    STATUS,
    DEFINITION,
    CUMULATIVE,
    SOURCE,
    NOTE,
    REVISES,
    DETAIL
};

static enum err put_value(const Songhua__V1__Observation *observation, struct buffer *out)
{
    char digits[DECIMAL_TEXT_BYTES];
    const struct decimal value = {observation->unscaled, observation->decimals};
    if (obs_status_is_missing(observation->obs_status))
        return ERR_OK;
    decimal_format(value, digits);
    return buffer_append_text(out, digits);
}

static enum err put_observation(const Songhua__V1__Observation *observation, size_t which,
                                struct buffer *out)
{
    const char letter[2] = {obs_status_letter(observation->obs_status)};
    switch (which) {
    case PERIOD:
        return buffer_append_text(out, observation->period);
    case VALUE:
        return put_value(observation, out);
    case UNIT:
        return buffer_append_text(out, observation->unit);
    case STATUS:
        return buffer_append_text(out, letter);
    case DEFINITION:
        return buffer_append_text(out, observation->definition);
    case CUMULATIVE:
        return buffer_append_text(out, observation->cumulative ? "true" : "false");
    case SOURCE:
        return buffer_append_text(out, observation->source);
    case NOTE:
        return buffer_append_text(out, observation->note);
    case REVISES:
        return buffer_append_text(out, observation->revises);
    default:
        return ERR_OK;
    }
}

static enum err put_retraction(const Songhua__V1__Retraction *retraction, size_t which,
                               struct buffer *out)
{
    if (which == PERIOD)
        return buffer_append_text(out, retraction->period);
    if (which == DEFINITION)
        return buffer_append_text(out, retraction->definition);
    return which == NOTE ? buffer_append_text(out, retraction->reason) : ERR_OK;
}

static enum err put_milestone(const Songhua__V1__Milestone *milestone, size_t which,
                              struct buffer *out)
{
    if (which == SOURCE)
        return buffer_append_text(out, milestone->source);
    if (which == NOTE)
        return buffer_append_text(out, milestone->note);
    if (which != DETAIL)
        return ERR_OK;
    return buffer_append_format(out, "%s%s%s %s", milestone->part, *milestone->part ? " " : "",
                                word_of_milestone(milestone->state).id, milestone->date);
}

static enum err put_framework(const Songhua__V1__FrameworkVersion *framework, size_t which,
                              struct buffer *out)
{
    if (which == NOTE)
        return buffer_append_text(out, framework->reason);
    return which == DETAIL ? buffer_append_format(out, "%s@%u, %zu bytes", framework->id,
                                                  framework->version, framework->document.len)
                           : ERR_OK;
}

static enum err put_heartbeat(const Songhua__V1__Heartbeat *heartbeat, size_t which,
                              struct buffer *out)
{
    if (which != DETAIL)
        return ERR_OK;
    return buffer_append_format(out, "%s, %llu batches waiting", heartbeat->version,
                                (unsigned long long)heartbeat->outbox_batches);
}

static enum err put(const struct entry *entry, const struct style *style, size_t which,
                    struct buffer *out)
{
    const Songhua__V1__Event *event = entry->event;
    (void)style;
    if (which == INDICATOR)
        return buffer_append_text(out, entry_indicator(entry));
    switch (event->body_case) {
    case BODY(OBSERVATION):
        return put_observation(event->observation, which, out);
    case BODY(RETRACTION):
        return put_retraction(event->retraction, which, out);
    case BODY(MILESTONE):
        return put_milestone(event->milestone, which, out);
    case BODY(FRAMEWORK):
        return put_framework(event->framework, which, out);
    case BODY(HEARTBEAT):
        return put_heartbeat(event->heartbeat, which, out);
    default:
        return ERR_OK;
    }
}

const struct column event_columns[] = {
    COMMON_COLUMNS,
    {NULL, "event", false, 8, put_address},
    {"stored", "stored", false, 29, put_common, ROW_STORED, .drop = 4},
    {"recorded", NULL, false, 0, put_common, ROW_RECORDED},
    {"producer", NULL, false, 0, put_common, ROW_PRODUCER},
    {"region", "region", false, 0, put_common, ROW_REGION},
    {"region_name", "name", false, 8, put_common, ROW_REGION_NAME, .drop = 3},
    {"type", "type", false, 11, put_common, ROW_TYPE, .drop = 2},
    {"indicator", "indicator", false, 24, put, INDICATOR},
    {"period", "period", false, 7, put, PERIOD},
    {"value", "value", true, 10, put, VALUE},
    {"unit", "unit", false, 4, put, UNIT},
    {"obs_status", "status", false, 0, put, STATUS, .drop = 1},
    {"definition", NULL, false, 0, put, DEFINITION},
    {"cumulative", NULL, false, 0, put, CUMULATIVE},
    {"source", NULL, false, 0, put, SOURCE},
    {"note", NULL, false, 0, put, NOTE},
    {"revises", NULL, false, 0, put, REVISES},
    {"detail", "detail", false, 0, put, DETAIL, .is_wrapped = true},
    {0},
};
