#include "consumers/scorer/doubting.h"

#include "consumers/evaluate/history.h"
#include "consumers/scorer/looked.h"
#include "proto/base/text.h"
#include "proto/event/event.h"
#include "proto/event/observation_check.h"

#include <stdlib.h>
#include <string.h>

enum {
    REGION_DIGITS = 6,
    PLACE_KEY_BYTES = REGION_DIGITS + 3 + 2 * OBSERVATION_ID_MAX_BYTES + PERIOD_TEXT_BYTES,
    MOST_DOUBTS = 64,
    KINDS = 32
};

/* One figure while it is doubted. */
struct collecting {
    struct doubting *doubting;
    Songhua__V1__Doubt doubts[MOST_DOUBTS];
    size_t count;
    uint32_t answered; /* kinds, a bit each */
};

/* --- one figure --------------------------------------------------------------------------------- */

static enum err collect(void *context, const struct doubt *doubt)
{
    struct collecting *collecting = context;
    struct doubting *doubting = collecting->doubting;
    if (doubt->is_answered)
        collecting->answered |= 1U << doubt->kind;
    if (doubt->is_answered || collecting->count == MOST_DOUBTS)
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

static enum err publish_cleared(struct doubting *doubting, const struct doubt_place *place,
                                Songhua__V1__DoubtKind kind, bool is_answered)
{
    char period[PERIOD_TEXT_BYTES], label[FRAMEWORK_LABEL_BYTES];
    Songhua__V1__Doubt cleared = SONGHUA__V1__DOUBT__INIT;
    period_format(place->period, period);
    framework_label(doubting->framework, label);
    cleared.indicator = text_unconst(place->indicator->id);
    cleared.definition = text_unconst(place->definition ? place->definition->id : "");
    cleared.period = period;
    cleared.kind = kind;
    cleared.is_cleared = true;
    cleared.is_answered = is_answered;
    cleared.by_framework = doubting->is_framework && !is_answered;
    cleared.as_of_sequence = doubting->as_of.sequence;
    cleared.framework = label;
    cleared.unit = text_unconst(place->indicator->unit);
    const struct framework_unit *unit = framework_unit(doubting->framework, place->region);
    if (unit) {
        cleared.unit_name_zh = text_unconst(unit->name.zh);
        cleared.unit_name_en = text_unconst(unit->name.en);
    }
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
            err = publish_cleared(collecting->doubting, place, (Songhua__V1__DoubtKind)kind,
                                  collecting->answered & 1U << kind);
    return err;
}

/* "220100/indicator/definition/2024-06"; a snprintf() would take a third of the whole look. */
static void put_key(const struct doubt_place *place, char out[PLACE_KEY_BYTES])
{
    uint32_t code = place->region;
    const char *definition = place->definition ? place->definition->id : "";
    size_t indicator_size = strnlen(place->indicator->id, OBSERVATION_ID_MAX_BYTES);
    size_t definition_size = strnlen(definition, OBSERVATION_ID_MAX_BYTES);
    for (size_t i = REGION_DIGITS; i-- > 0; code /= 10)
        out[i] = (char)('0' + code % 10);
    char *end = out + REGION_DIGITS;
    *end++ = '/';
    end = (char *)memcpy(end, place->indicator->id, indicator_size) + indicator_size;
    *end++ = '/';
    end = (char *)memcpy(end, definition, definition_size) + definition_size;
    *end++ = '/';
    period_format(place->period, end);
}

/* What is collected is what is doubted there from now on. */
static enum err replace(struct collecting *collecting, const struct doubt_place *place)
{
    struct doubting *doubting = collecting->doubting;
    char key[PLACE_KEY_BYTES];
    uint32_t before;
    bool is_changed;
    put_key(place, key);
    enum err err = scorer_state_doubt(doubting->state, key, collecting->doubts, collecting->count,
                                      doubting->effects, &before, &is_changed);
    return err || !is_changed ? err : publish_changes(collecting, place, before);
}

/* It is large: its doubts are set one by one. */
static void begin(struct collecting *collecting, struct doubting *doubting)
{
    collecting->doubting = doubting;
    collecting->count = 0;
    collecting->answered = 0;
}

static enum err look_at(void *context, const struct doubt_place *place)
{
    struct collecting collecting;
    struct doubting *doubting = context;
    begin(&collecting, doubting);
    arena_reset(doubting->arena);
    enum err err =
        doubts_at(doubting->state->evaluation, doubting->as_of, place, collect, &collecting);
    return err ? err : replace(&collecting, place);
}

enum err doubting_end(struct doubting *doubting, const struct doubt_place *place)
{
    struct collecting collecting;
    begin(&collecting, doubting);
    return replace(&collecting, place);
}

/* --- a framework -------------------------------------------------------------------------------- */

static bool is_doubted(const struct doubting *doubting, const struct doubt_place *place)
{
    char key[PLACE_KEY_BYTES];
    put_key(place, key);
    return map_find(&doubting->state->doubts, key, strlen(key)) != NULL;
}

/* Periods in order: the table's own order is not the same after a restart. */
static enum err look_at_series(struct doubting *doubting, struct doubt_place *place, size_t *anew)
{
    struct history history =
        evaluation_history_of(doubting->state->evaluation, doubting->as_of, place->indicator,
                              place->definition, place->region);
    const uint32_t count = history_slot_count(&history);
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < count && !err; i++) {
        place->period = period_from_key(history.series->slots[i].key);
        bool is_recent = i + DOUBTING_PERIODS >= count && *anew < DOUBTING_ANEW;
        if (!is_recent && !is_doubted(doubting, place))
            continue;
        *anew += is_recent ? 1 : 0;
        err = look_at(doubting, place);
    }
    return err;
}

enum err doubting_of_framework(struct doubting *doubting)
{
    const struct framework *framework = doubting->framework;
    size_t anew = 0;
    enum err err = ERR_OK;
    for (size_t i = 0; i < framework->indicator_count && !err; i++) {
        const struct indicator *indicator = &framework->indicators[i];
        for (size_t j = 0; j <= indicator->definition_count && !err; j++)
            for (size_t k = 0; k < indicator->region_count && !err; k++) {
                struct doubt_place place = {.indicator = indicator,
                                            .region = indicator->regions[k]};
                place.definition = j > 0 ? &indicator->definitions[j - 1] : NULL;
                err = look_at_series(doubting, &place, &anew);
            }
    }
    return err;
}

/* --- the record --------------------------------------------------------------------------------- */

static bool names_figure(const Songhua__V1__Event *event, const char **definition,
                         const char **period)
{
    switch (event->body_case) {
    case SONGHUA__V1__EVENT__BODY_OBSERVATION:
        *definition = event->observation->definition;
        *period = event->observation->period;
        return true;
    case SONGHUA__V1__EVENT__BODY_RETRACTION:
        *definition = event->retraction->definition;
        *period = event->retraction->period;
        return true;
    default:
        return false;
    }
}

/* False: no figure of the framework's. */
static bool place_of(const Songhua__V1__Event *event, const struct indicator *indicator,
                     uint32_t region, struct doubt_place *out)
{
    const char *definition, *period;
    if (!indicator || !names_figure(event, &definition, &period))
        return false;
    *out = (struct doubt_place){.indicator = indicator, .region = region};
    if (*definition)
        out->definition = indicator_definition(indicator, definition);
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

/* The record's places while they are gathered. */
struct places {
    struct doubt_place *list;
    uint32_t *next;  /* by place: the one gathered before of the same indicator */
    uint32_t *heads; /* by indicator */
    size_t count;
};

static void places_fini(struct places *places)
{
    free(places->list);
    free(places->next);
    free(places->heads);
}

static enum err places_init(struct places *places, size_t most, size_t indicators)
{
    *places = (struct places){.list = malloc((most + 1) * sizeof *places->list),
                              .next = malloc((most + 1) * sizeof *places->next),
                              .heads = malloc((indicators + 1) * sizeof *places->heads)};
    if (!places->list || !places->next || !places->heads) {
        places_fini(places);
        return ERR_NOMEM;
    }
    memset(places->heads, 0xff, (indicators + 1) * sizeof *places->heads);
    return ERR_OK;
}

static void places_add(struct places *places, const struct doubt_place *place)
{
    uint32_t *head = &places->heads[place->indicator->index];
    places->next[places->count] = *head;
    *head = (uint32_t)places->count;
    places->list[places->count++] = *place;
}

/* Of each series only the last period. */
static void places_add_last(struct places *places, const struct doubt_place *place)
{
    uint32_t at = places->heads[place->indicator->index];
    while (at != UINT32_MAX && places->list[at].definition != place->definition)
        at = places->next[at];
    if (at == UINT32_MAX)
        places_add(places, place);
    else if (period_key(place->period) > period_key(places->list[at].period))
        places->list[at].period = place->period;
}

/* Those that the framework watches there, each once, in its order. */
static void places_settle(struct places *places)
{
    size_t watched = 0, kept = 0;
    struct doubt_place *list = places->list;
    for (size_t i = 0; i < places->count; i++)
        if (indicator_has_region(list[i].indicator, list[i].region))
            list[watched++] = list[i];
    qsort(list, watched, sizeof *list, compare_places);
    for (size_t i = 0; i < watched; i++)
        if (kept == 0 || compare_places(&list[kept - 1], &list[i]) != 0)
            list[kept++] = list[i];
    places->count = kept;
}

static void read_places(const struct doubting *doubting, const struct service_input *input,
                        struct places *places)
{
    struct doubt_place place;
    bool is_load = input->event_count > DOUBTING_FIGURES;
    for (size_t i = 0; i < input->event_count; i++)
        if (place_of(input->events[i], doubting->touched->by_event[i], input->batch->region,
                     &place))
            (is_load ? places_add_last : places_add)(places, &place);
    places_settle(places);
}

struct looking {
    struct doubting *doubting;
    struct looked looked;
};

static enum err look_once(void *context, const struct doubt_place *place)
{
    struct looking *looking = context;
    bool is_new;
    enum err err = looked_add(&looking->looked, place, &is_new);
    return err || !is_new ? err : look_at(looking->doubting, place);
}

/* There and wherever the figures are a part of what others are held against. */
static enum err look_around(struct doubting *doubting, const struct places *places)
{
    struct looking looking = {.doubting = doubting};
    enum err err = ERR_OK;
    for (size_t i = 0; i < places->count && !err; i++)
        err = doubts_touched(doubting->state->evaluation, doubting->as_of, &places->list[i],
                             look_once, &looking);
    looked_fini(&looking.looked);
    return err;
}

static enum err look_at_each(struct doubting *doubting, const struct places *places)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < places->count && !err; i++)
        err = look_at(doubting, &places->list[i]);
    return err;
}

enum err doubting_of_record(struct doubting *doubting, const struct service_input *input)
{
    struct places places;
    enum err err = places_init(&places, input->event_count, doubting->framework->indicator_count);
    if (err)
        return err;
    read_places(doubting, input, &places);
    err = input->event_count > DOUBTING_FIGURES ? look_at_each(doubting, &places)
                                                : look_around(doubting, &places);
    places_fini(&places);
    return err;
}
