#include "consumers/scorer/doubting.h"

#include "consumers/evaluate/doubts.h"
#include "proto/event/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_KEY_BYTES = 256, MOST_DOUBTS = 64, KINDS = 32 };

/* One figure while it is doubted. */
struct collecting {
    struct doubting *doubting;
    Songhua__V1__Doubt doubts[MOST_DOUBTS];
    size_t count;
};

/* --- one figure --------------------------------------------------------------------------------- */

static enum err collect(void *context, const struct doubt *doubt)
{
    struct collecting *collecting = context;
    struct doubting *doubting = collecting->doubting;
    if (collecting->count == MOST_DOUBTS)
        return ERR_OK;
    enum err err = doubt_message(doubt, doubting->framework, doubting->as_of, doubting->arena,
                                 &collecting->doubts[collecting->count]);
    collecting->count += err ? 0 : 1;
    return err;
}

static enum err publish(struct doubting *doubting, uint32_t region, Songhua__V1__Doubt *doubt)
{
    char topic[EVENT_TOPIC_BYTES];
    Songhua__V1__Event event = event_of_doubt(doubt, 0);
    enum err err = event_topic(&event, topic);
    return err ? err : effects_publish(doubting->effects, region, topic, &event);
}

/* protobuf-c's message types have no const; packing does not write through them. */
static char *unconst(const char *text)
{
    return (char *)(uintptr_t)text;
}

static enum err publish_cleared(struct doubting *doubting, const struct doubt_place *place,
                                Songhua__V1__DoubtKind kind)
{
    char period[PERIOD_TEXT_BYTES], label[FRAMEWORK_LABEL_BYTES];
    Songhua__V1__Doubt cleared = SONGHUA__V1__DOUBT__INIT;
    period_format(place->period, period);
    framework_label(doubting->framework, label);
    cleared.indicator = unconst(place->indicator->id);
    cleared.definition = unconst(place->definition ? place->definition->id : "");
    cleared.period = period;
    cleared.kind = kind;
    cleared.is_cleared = true;
    cleared.as_of_sequence = doubting->as_of.sequence;
    cleared.framework = label;
    cleared.unit = unconst(place->indicator->unit);
    return publish(doubting, place->region, &cleared);
}

static enum err publish_changes(struct collecting *collecting, const struct doubt_place *place,
                                uint32_t before)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < collecting->count && !err; i++) {
        before &= ~(1U << collecting->doubts[i].kind);
        err = publish(collecting->doubting, place->region, &collecting->doubts[i]);
    }
    for (unsigned kind = 0; kind < KINDS && !err; kind++)
        if (before & 1U << kind)
            err = publish_cleared(collecting->doubting, place, (Songhua__V1__DoubtKind)kind);
    return err;
}

static enum err look_at(void *context, const struct doubt_place *place)
{
    struct collecting collecting = {.doubting = context};
    struct doubting *doubting = context;
    char key[PLACE_KEY_BYTES], period[PERIOD_TEXT_BYTES];
    uint32_t before;
    bool is_changed;
    period_format(place->period, period);
    snprintf(key, sizeof key, "%06" PRIu32 "/%s/%s/%s", place->region, place->indicator->id,
             place->definition ? place->definition->id : "", period);
    arena_reset(doubting->arena);
    enum err err =
        doubts_at(doubting->state->evaluation, doubting->as_of, place, collect, &collecting);
    if (!err)
        err = scorer_state_doubt(doubting->state, key, collecting.doubts, collecting.count,
                                 doubting->effects, &before, &is_changed);
    return err || !is_changed ? err : publish_changes(&collecting, place, before);
}

/* --- the record --------------------------------------------------------------------------------- */

static bool names_figure(const Songhua__V1__Event *event, const char **indicator,
                         const char **definition, const char **period)
{
    switch (event->body_case) {
    case SONGHUA__V1__EVENT__BODY_OBSERVATION:
        *indicator = event->observation->indicator;
        *definition = event->observation->definition;
        *period = event->observation->period;
        return true;
    case SONGHUA__V1__EVENT__BODY_RETRACTION:
        *indicator = event->retraction->indicator;
        *definition = event->retraction->definition;
        *period = event->retraction->period;
        return true;
    default:
        return false;
    }
}

/* False: no figure that the framework watches there. */
static bool place_of(const struct doubting *doubting, const Songhua__V1__Event *event,
                     uint32_t region, struct doubt_place *out)
{
    const char *indicator, *definition, *period;
    if (!names_figure(event, &indicator, &definition, &period))
        return false;
    *out = (struct doubt_place){.indicator = framework_indicator(doubting->framework, indicator),
                                .region = region};
    if (!out->indicator || !indicator_has_region(out->indicator, region))
        return false;
    out->definition = indicator_definition(out->indicator, definition);
    return (out->definition || !*definition) && !period_parse(period, &out->period, NULL);
}

static int compare_places(const void *left, const void *right)
{
    const struct doubt_place *a = left, *b = right;
    if (a->indicator->index != b->indicator->index)
        return a->indicator->index < b->indicator->index ? -1 : 1;
    if (a->definition != b->definition)
        return a->definition < b->definition ? -1 : 1;
    uint32_t x = period_key(a->period), y = period_key(b->period);
    return (x > y) - (x < y);
}

static bool is_same_series(const struct doubt_place *a, const struct doubt_place *b)
{
    return a->indicator == b->indicator && a->definition == b->definition;
}

/* The record's figures, each once, in the framework's order. */
static enum err read_places(const struct doubting *doubting, const struct service_input *input,
                            struct doubt_place **out, size_t *count)
{
    struct doubt_place *places = malloc((input->event_count + 1) * sizeof *places);
    size_t read = 0, kept = 0;
    if (!places)
        return ERR_NOMEM;
    for (size_t i = 0; i < input->event_count; i++)
        if (place_of(doubting, input->events[i], input->batch->region, &places[read]))
            read++;
    qsort(places, read, sizeof *places, compare_places);
    for (size_t i = 0; i < read; i++) {
        bool is_last = i + 1 == read || (input->event_count > DOUBTING_FIGURES
                                             ? !is_same_series(&places[i], &places[i + 1])
                                             : compare_places(&places[i], &places[i + 1]) != 0);
        if (is_last)
            places[kept++] = places[i];
    }
    *out = places;
    *count = kept;
    return ERR_OK;
}

enum err doubting_of_record(struct doubting *doubting, const struct service_input *input)
{
    struct doubt_place *places;
    size_t count;
    enum err err = read_places(doubting, input, &places, &count);
    if (err)
        return err;
    bool is_load = input->event_count > DOUBTING_FIGURES;
    for (size_t i = 0; i < count && !err; i++)
        err = is_load ? look_at(doubting, &places[i])
                      : doubts_touched(doubting->state->evaluation, doubting->as_of, &places[i],
                                       look_at, doubting);
    free(places);
    return err;
}
