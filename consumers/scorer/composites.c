#include "consumers/scorer/composites.h"

#include "proto/base/text.h"
#include "proto/event/event.h"

#include <math.h>
#include <string.h>

void composites_init(struct composites *composites)
{
    *composites = (struct composites){0};
}

void composites_fini(struct composites *composites)
{
    for (size_t i = 0; i < composites->count; i++)
        ranking_free(composites->rankings[i]);
    composites_init(composites);
}

enum err composites_touch(struct composites *composites, const struct evaluation *evaluation,
                          struct as_of as_of, const struct indicator *indicator, uint32_t region)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < composites->count && !err; i++)
        err = ranking_touch(composites->rankings[i], evaluation, as_of, indicator, region);
    return err;
}

/* --- publishing --------------------------------------------------------------------------------- */

struct publishing {
    const struct composites *composites;
    struct as_of as_of;
    struct effects *effects;
};

static void put_texts(const struct framework *framework, const struct standing *standing,
                      Songhua__V1__CompositeScore *out)
{
    const struct name unit = framework_region_name(framework, standing->unit);
    out->composite = text_unconst(standing->composite->id);
    out->node = text_unconst(standing->group->id);
    out->name_zh = text_unconst(standing->group->name.zh);
    out->name_en = text_unconst(standing->group->name.en);
    out->unit_zh = text_unconst(unit.zh);
    out->unit_en = text_unconst(unit.en);
    out->reason = text_unconst(standing_reason_id(standing->reason));
    if (standing->band < 0)
        return;
    out->band_zh = text_unconst(standing->composite->bands[standing->band].name.zh);
    out->band_en = text_unconst(standing->composite->bands[standing->band].name.en);
}

static enum err publish_standing(void *context, const struct standing *standing)
{
    const struct publishing *publishing = context;
    Songhua__V1__CompositeScore score = SONGHUA__V1__COMPOSITE_SCORE__INIT;
    char label[FRAMEWORK_LABEL_BYTES], period[PERIOD_TEXT_BYTES], topic[EVENT_TOPIC_BYTES];
    framework_label(publishing->composites->framework, label);
    period_format(standing->period, period);
    put_texts(publishing->composites->framework, standing, &score);
    score.framework = label;
    score.period = period;
    score.as_of_sequence = publishing->as_of.sequence;
    score.has_value = !isnan(standing->value);
    score.value = score.has_value ? standing->value : 0;
    score.rank = standing->rank;
    score.ranked = standing->ranked;
    score.available = standing->available;
    score.wanted = standing->wanted;
    Songhua__V1__Event event = event_of_composite_score(&score, 0);
    enum err err = event_topic(&event, topic);
    return err ? err : effects_publish(publishing->effects, standing->unit, topic, &event);
}

enum err composites_publish(struct composites *composites, struct as_of as_of,
                            struct effects *effects)
{
    struct publishing publishing = {composites, as_of, effects};
    enum err err = ERR_OK;
    for (size_t i = 0; i < composites->count && !err; i++)
        err = ranking_visit(composites->rankings[i], true, publish_standing, &publishing);
    return err;
}

/* --- the framework in force --------------------------------------------------------------------- */

/* Composites of the framework before while those in force are known. */
struct leaving {
    const struct composites *now;
    const struct framework *before;
    struct as_of as_of;
    struct effects *effects;
};

static bool stands(const struct ranking *ranking, const struct standing *standing)
{
    const struct plan *plan = ranking_plan(ranking);
    if (strcmp(plan->composite->id, standing->composite->id) ||
        plan_row(plan, standing->unit) == COMPOSITE_NONE)
        return false;
    for (size_t i = 0; i < plan->design.node_count; i++)
        if (!strcmp(plan->nodes[i]->id, standing->group->id))
            return true;
    return false;
}

static enum err close_standing(void *context, const struct standing *standing)
{
    const struct leaving *leaving = context;
    Songhua__V1__CompositeScore score = SONGHUA__V1__COMPOSITE_SCORE__INIT;
    char label[FRAMEWORK_LABEL_BYTES], period[PERIOD_TEXT_BYTES], topic[EVENT_TOPIC_BYTES];
    for (size_t i = 0; i < leaving->now->count; i++)
        if (stands(leaving->now->rankings[i], standing))
            return ERR_OK;
    framework_label(leaving->now->framework, label);
    period_format(standing->period, period);
    put_texts(leaving->before, standing, &score);
    score.band_zh = score.band_en = text_unconst("");
    score.framework = label;
    score.period = period;
    score.as_of_sequence = leaving->as_of.sequence;
    score.reason = text_unconst("left_out");
    Songhua__V1__Event event = event_of_composite_score(&score, 0);
    enum err err = event_topic(&event, topic);
    return err ? err : effects_publish(leaving->effects, standing->unit, topic, &event);
}

static enum err make(struct composites *composites, const struct evaluation *evaluation,
                     const struct framework *framework, struct as_of as_of)
{
    enum err err = ERR_OK;
    composites->framework = framework;
    for (size_t i = 0; i < framework->composite_count && !err; i++) {
        struct ranking *ranking;
        err = ranking_new(framework, &framework->composites[i], &ranking);
        if (err)
            break;
        composites->rankings[composites->count++] = ranking;
        err = ranking_refresh(ranking, evaluation, as_of);
    }
    return err;
}

enum err composites_follow(struct composites *composites, const struct evaluation *evaluation,
                           const struct framework *framework, struct as_of as_of,
                           struct effects *effects)
{
    struct composites before = *composites;
    struct leaving leaving = {composites, before.framework, as_of, effects};
    if (framework == before.framework)
        return ERR_OK;
    composites_init(composites);
    enum err err = make(composites, evaluation, framework, as_of);
    for (size_t i = 0; i < before.count && effects && !err; i++)
        err = ranking_visit(before.rankings[i], false, close_standing, &leaving);
    composites_fini(&before);
    return err;
}

enum err composites_settle(struct composites *composites, const struct evaluation *evaluation)
{
    const struct as_of all = {UINT64_MAX, UINT64_MAX};
    const struct framework *framework = evaluation_framework(evaluation, all);
    if (!framework)
        return ERR_OK;
    enum err err = composites_follow(composites, evaluation, framework, all, NULL);
    for (size_t i = 0; i < composites->count && !err; i++)
        err = ranking_visit(composites->rankings[i], true, NULL, NULL);
    return err;
}
