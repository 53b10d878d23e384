#include "consumers/evaluate/doubts.h"

#include "consumers/evaluate/window.h"

enum err doubts_at(const struct evaluation *evaluation, struct as_of as_of,
                   const struct doubt_place *place, doubt_visit *visit, void *context)
{
    struct window window;
    struct history history = evaluation_history_of(evaluation, as_of, place->indicator,
                                                   place->definition, place->region);
    if (!window_read(&history, place->period, &window))
        return ERR_OK;
    enum err err = doubts_of_series(&window, place, visit, context);
    if (err == ERR_OK)
        err = doubts_of_kind(&window, place, visit, context);
    if (err == ERR_OK)
        err = doubts_of_record(&window, place, visit, context);
    return err == ERR_OK ? doubts_of_identities(evaluation, &window, place, visit, context) : err;
}

/* --- everything --------------------------------------------------------------------------------- */

static enum err doubts_of_slots(const struct evaluation *evaluation, struct as_of as_of,
                                struct doubt_place *place, doubt_visit *visit, void *context)
{
    struct history history = evaluation_history_of(evaluation, as_of, place->indicator,
                                                   place->definition, place->region);
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < history_slot_count(&history) && err == ERR_OK; i++) {
        place->period = period_from_key(history.series->slots[i].key);
        err = doubts_at(evaluation, as_of, place, visit, context);
    }
    return err;
}

static enum err doubts_of_indicator(const struct evaluation *evaluation, struct as_of as_of,
                                    const struct indicator *indicator, doubt_visit *visit,
                                    void *context)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i <= indicator->definition_count; i++) {
        struct doubt_place place = {.indicator = indicator};
        place.definition = i > 0 ? &indicator->definitions[i - 1] : NULL;
        for (size_t j = 0; j < indicator->region_count && err == ERR_OK; j++) {
            place.region = indicator->regions[j];
            err = doubts_of_slots(evaluation, as_of, &place, visit, context);
        }
    }
    return err;
}

enum err doubts_all(const struct evaluation *evaluation, struct as_of as_of, doubt_visit *visit,
                    void *context)
{
    const struct framework *framework = evaluation_framework(evaluation, as_of);
    enum err err = framework != NULL ? ERR_OK : ERR_NOT_FOUND;
    for (size_t i = 0; err == ERR_OK && i < framework->indicator_count; i++)
        err = doubts_of_indicator(evaluation, as_of, &framework->indicators[i], visit, context);
    return err;
}

/* --- what a figure touches ---------------------------------------------------------------------- */

static bool has_region(const struct figure_identity *identity, uint32_t region)
{
    for (size_t i = 0; i < identity->region_count; i++)
        if (identity->regions[i] == region)
            return true;
    return false;
}

/* The figure that the identity is about, when the one at `place` is one of the others in it. */
static bool is_part_of(const struct figure_identity *identity, const struct doubt_place *place,
                       struct doubt_place *about)
{
    const struct indicator *indicator = place->indicator;
    *about = (struct doubt_place){.indicator = identity->of,
                                  .definition = indicator_primary_definition(identity->of),
                                  .region = place->region,
                                  .period = place->period};
    if (identity->kind == IDENTITY_SUM) {
        about->region = identity->region;
        return indicator == identity->of && has_region(identity, place->region);
    }
    if (identity->kind == IDENTITY_CUMULATIVE)
        return indicator == identity->of && place->definition != NULL &&
               place->definition == indicator_definition(indicator, identity->definition_id);
    if (identity->kind == IDENTITY_SAME)
        return indicator == (identity->with != NULL ? identity->with : identity->of) &&
               place->definition == identity_other(identity);
    return indicator == identity->numerator || indicator == identity->denominator ||
           indicator == identity->whole;
}

static enum err visit_identities(const struct framework *framework, const struct doubt_place *place,
                                 doubt_place_visit *visit, void *context)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < framework->identity_count && err == ERR_OK; i++) {
        struct doubt_place about;
        if (!is_part_of(&framework->identities[i], place, &about))
            continue;
        err = visit(context, &about);
        about.period = period_next(about.period);
        if (err == ERR_OK && framework->identities[i].kind == IDENTITY_CUMULATIVE)
            err = visit(context, &about);
    }
    return err;
}

/* The next period that anything is recorded for, and those that `kind` holds against this one. */
static enum err visit_series(const struct evaluation *evaluation, struct as_of as_of,
                             const struct doubt_place *place, doubt_place_visit *visit,
                             void *context)
{
    struct history history = evaluation_history_of(evaluation, as_of, place->indicator,
                                                   place->definition, place->region);
    struct doubt_place next = *place;
    uint32_t at = history_slot_of(&history, place->period);
    if (at + 1 < history_slot_count(&history)) {
        next.period = period_from_key(history.series->slots[at + 1].key);
        enum err err = visit(context, &next);
        if (err != ERR_OK)
            return err;
    }
    return kind_touched(&history, place, visit, context);
}

enum err doubts_touched(const struct evaluation *evaluation, struct as_of as_of,
                        const struct doubt_place *place, doubt_place_visit *visit, void *context)
{
    const struct framework *framework = evaluation_framework(evaluation, as_of);
    enum err err = framework != NULL ? visit(context, place) : ERR_OK;
    if (err == ERR_OK)
        err = visit_series(evaluation, as_of, place, visit, context);
    if (err == ERR_OK && framework != NULL)
        err = visit_identities(framework, place, visit, context);
    return err;
}
