#include "consumers/scorer/closing.h"

#include "consumers/evaluate/history.h"
#include "proto/base/text.h"
#include "proto/event/event.h"

/* One indicator of the framework before, in one region. */
struct leaving {
    struct closing *closing;
    const struct indicator *indicator;
    uint32_t region;
    const struct indicator *now; /* as the framework in force has it there; NULL: not at all */
};

/* --- targets ------------------------------------------------------------------------------------ */

static enum err close_target(const struct leaving *leaving, const char *target)
{
    struct doubting *doubting = &leaving->closing->doubting;
    const struct indicator *indicator = leaving->indicator;
    char topic[EVENT_TOPIC_BYTES], label[FRAMEWORK_LABEL_BYTES];
    bool is_changed;
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    framework_label(doubting->framework, label);
    score.indicator = text_unconst(indicator->id);
    score.target = text_unconst(target);
    score.framework = label;
    score.as_of_sequence = doubting->as_of.sequence;
    score.judgement = SONGHUA__V1__JUDGEMENT__JUDGEMENT_CLOSED;
    score.reason =
        text_unconst(reason_id(leaving->now ? REASON_TARGET_LEFT_OUT : REASON_ITEM_LEFT_OUT));
    score.unit = text_unconst(indicator->unit);
    score.name_zh = text_unconst(indicator->name.zh);
    score.name_en = text_unconst(indicator->name.en);
    const struct framework_unit *unit = framework_unit(leaving->closing->before, leaving->region);
    if (unit) {
        score.unit_name_zh = text_unconst(unit->name.zh);
        score.unit_name_en = text_unconst(unit->name.en);
    }
    enum err err = scorer_state_close(doubting->state, leaving->region, &score, doubting->effects,
                                      &is_changed);
    if (err || !is_changed)
        return err;
    Songhua__V1__Event event = event_of_score(&score, 0);
    err = event_topic(&event, topic);
    return err ? err : effects_publish(doubting->effects, leaving->region, topic, &event);
}

static enum err close_targets(const struct leaving *leaving)
{
    const struct indicator *indicator = leaving->indicator;
    enum err err = ERR_OK;
    for (size_t i = 0; i <= indicator->target_count && !err; i++) {
        const char *target = i < indicator->target_count ? indicator->targets[i].id : "";
        if (!leaving->now || !evaluation_asks(leaving->now, target, leaving->region))
            err = close_target(leaving, target);
    }
    return err;
}

/* --- doubts ------------------------------------------------------------------------------------- */

static enum err close_series(const struct leaving *leaving, const struct definition *definition)
{
    struct doubting *doubting = &leaving->closing->doubting;
    struct history history = evaluation_history_of(doubting->state->evaluation, doubting->as_of,
                                                   leaving->indicator, definition, leaving->region);
    struct doubt_place place = {leaving->indicator, definition, leaving->region, {0}};
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < history_slot_count(&history) && !err; i++) {
        place.period = period_from_key(history.series->slots[i].key);
        err = doubting_end(doubting, &place);
    }
    return err;
}

/* Figures without a definition first. */
static enum err close_doubts(const struct leaving *leaving)
{
    const struct indicator *indicator = leaving->indicator;
    enum err err = leaving->now ? ERR_OK : close_series(leaving, NULL);
    for (size_t i = 0; i < indicator->definition_count && !err; i++) {
        const struct definition *definition = &indicator->definitions[i];
        if (!leaving->now || !indicator_definition(leaving->now, definition->id))
            err = close_series(leaving, definition);
    }
    return err;
}

enum err closing_of_framework(struct closing *closing)
{
    const struct framework *before = closing->before;
    enum err err = ERR_OK;
    for (size_t i = 0; before && i < before->indicator_count && !err; i++) {
        const struct indicator *indicator = &before->indicators[i];
        const struct indicator *now =
            framework_indicator(closing->doubting.framework, indicator->id);
        for (size_t j = 0; j < indicator->region_count && !err; j++) {
            uint32_t region = indicator->regions[j];
            bool is_watched = now && indicator_has_region(now, region);
            const struct leaving leaving = {closing, indicator, region, is_watched ? now : NULL};
            err = close_targets(&leaving);
            if (!err)
                err = close_doubts(&leaving);
        }
    }
    return err;
}
