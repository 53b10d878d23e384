#include "consumers/evaluate/evaluation.h"

#include "consumers/evaluate/figures.h"
#include "consumers/evaluate/history.h"
#include "consumers/evaluate/judge.h"
#include "consumers/evaluate/milestones.h"

#include <stdlib.h>

enum { MAX_FRAMEWORKS = 4096 };

struct framework_at {
    const struct framework *framework;
    struct address address;
};

struct evaluation {
    struct figures figures;
    struct milestones milestones;
    struct framework_at *frameworks; /* in order of address */
    size_t framework_count;
};

enum err evaluation_new(const struct evaluation_limits *limits, struct evaluation **out)
{
    struct evaluation *evaluation = calloc(1, sizeof *evaluation);
    if (evaluation == NULL)
        return ERR_NOMEM;
    enum err err = figures_init(&evaluation->figures, limits);
    milestones_init(&evaluation->milestones, &evaluation->figures.arena);
    if (err != ERR_OK)
        evaluation_free(evaluation);
    else
        *out = evaluation;
    return err;
}

void evaluation_free(struct evaluation *evaluation)
{
    if (evaluation == NULL)
        return;
    milestones_fini(&evaluation->milestones);
    figures_fini(&evaluation->figures);
    free(evaluation->frameworks);
    free(evaluation);
}

struct evaluation_counts evaluation_counts(const struct evaluation *evaluation)
{
    return evaluation->figures.counts;
}

/* --- frameworks --------------------------------------------------------------------------------- */

static bool is_after(struct address a, struct address b)
{
    return a.sequence != b.sequence ? a.sequence > b.sequence : a.index > b.index;
}

enum err evaluation_set_framework(struct evaluation *evaluation, const struct framework *framework,
                                  struct address address)
{
    if (evaluation->framework_count == MAX_FRAMEWORKS)
        return ERR_LIMIT;
    struct framework_at *larger =
        realloc(evaluation->frameworks, (evaluation->framework_count + 1) * sizeof *larger);
    if (larger == NULL)
        return ERR_NOMEM;
    evaluation->frameworks = larger;
    size_t place = evaluation->framework_count++;
    for (; place > 0 && is_after(larger[place - 1].address, address); place--)
        larger[place] = larger[place - 1];
    larger[place] = (struct framework_at){framework, address};
    return ERR_OK;
}

const struct framework *evaluation_framework(const struct evaluation *evaluation,
                                             struct as_of as_of)
{
    for (size_t i = evaluation->framework_count; i > 0; i--)
        if (evaluation->frameworks[i - 1].address.sequence <= as_of.sequence)
            return evaluation->frameworks[i - 1].framework;
    return NULL;
}

/* --- adding ------------------------------------------------------------------------------------- */

/* The event's period and names are checked here, the rest was. */
static enum err add(struct evaluation *evaluation, const struct series_name *name,
                    const char *period_text, const char *unit, struct vintage *vintage)
{
    struct period period;
    if (period_parse(period_text, &period, NULL) != ERR_OK)
        return ERR_USAGE;
    return figures_add(&evaluation->figures, name, period_key(period), unit, vintage);
}

enum err evaluation_add_observation(struct evaluation *evaluation, uint32_t region,
                                    const Songhua__V1__Observation *observation,
                                    struct address address, uint64_t stored_ms)
{
    if (observation->decimals > DECIMAL_MAX_DECIMALS ||
        !obs_status_is_known(observation->obs_status))
        return ERR_USAGE;
    const struct series_name name = {observation->indicator, observation->definition, region};
    const unsigned confirmed = observation->confirmed ? VINTAGE_CONFIRMED : 0;
    struct vintage vintage = {.unscaled = observation->unscaled,
                              .sequence = address.sequence,
                              .stored_ms = stored_ms,
                              .index = address.index,
                              .decimals = (uint8_t)(observation->decimals | confirmed),
                              .status = (uint8_t)observation->obs_status};
    return add(evaluation, &name, observation->period, observation->unit, &vintage);
}

enum err evaluation_add_retraction(struct evaluation *evaluation, uint32_t region,
                                   const Songhua__V1__Retraction *retraction,
                                   struct address address, uint64_t stored_ms)
{
    const struct series_name name = {retraction->indicator, retraction->definition, region};
    struct vintage vintage = {.sequence = address.sequence,
                              .stored_ms = stored_ms,
                              .index = address.index,
                              .status = VINTAGE_RETRACTED};
    return add(evaluation, &name, retraction->period, "", &vintage);
}

enum err evaluation_save(struct evaluation *evaluation, evaluation_row *row, void *context)
{
    return figures_save(&evaluation->figures, row, context);
}

enum err evaluation_restore(struct evaluation *evaluation, const void *key, size_t key_size,
                            const void *value, size_t value_size)
{
    return figures_restore(&evaluation->figures, key, key_size, value, value_size);
}

enum err evaluation_restored(struct evaluation *evaluation)
{
    return figures_restored(&evaluation->figures);
}

enum err evaluation_add_milestone(struct evaluation *evaluation, uint32_t region,
                                  const Songhua__V1__Milestone *milestone, struct address address,
                                  uint64_t stored_ms)
{
    struct evaluation_counts *counts = &evaluation->figures.counts;
    bool is_new;
    if (figures_are_full(&evaluation->figures))
        return ERR_LIMIT;
    enum err err =
        milestones_add(&evaluation->milestones, region, milestone, address, stored_ms, &is_new);
    if (err == ERR_OK)
        *(is_new ? &counts->milestones : &counts->repeated) += 1;
    return err;
}

/* --- judging ------------------------------------------------------------------------------------ */

struct history evaluation_history(const struct evaluation *evaluation, struct as_of as_of,
                                  const struct indicator *indicator, uint32_t region)
{
    return evaluation_history_of(evaluation, as_of, indicator,
                                 indicator_primary_definition(indicator), region);
}

struct history evaluation_history_of(const struct evaluation *evaluation, struct as_of as_of,
                                     const struct indicator *indicator,
                                     const struct definition *definition, uint32_t region)
{
    const struct series_name name = {indicator->id, definition != NULL ? definition->id : "",
                                     region};
    return (struct history){.series = figures_find(&evaluation->figures, &name),
                            .milestones =
                                milestones_find(&evaluation->milestones, indicator->id, region),
                            .indicator = indicator,
                            .definition = definition,
                            .units = evaluation->figures.units,
                            .as_of = as_of};
}

void evaluation_judge(const struct evaluation *evaluation, struct as_of as_of,
                      const struct indicator *indicator, const struct target *target,
                      uint32_t region, struct judgement *out)
{
    struct history history = evaluation_history(evaluation, as_of, indicator, region);
    judge(&history, target, region, out);
}

static bool has_target(const struct indicator *indicator, uint32_t region)
{
    for (size_t i = 0; i < indicator->target_count; i++)
        if (target_has_region(indicator, &indicator->targets[i], region))
            return true;
    return false;
}

bool evaluation_asks(const struct indicator *indicator, const char *target_id, uint32_t region)
{
    if (target_id[0] == '\0')
        return !has_target(indicator, region);
    const struct target *target = indicator_target(indicator, target_id);
    return target != NULL && target_has_region(indicator, target, region);
}

struct visiting {
    const struct evaluation *evaluation;
    struct as_of as_of;
    evaluation_visit *visit;
    void *context;
};

static enum err visit_one(const struct visiting *visiting, const struct indicator *indicator,
                          const struct target *target, uint32_t region)
{
    struct judgement judgement;
    bool applies = target != NULL ? target_has_region(indicator, target, region)
                                  : !has_target(indicator, region);
    if (!applies)
        return ERR_OK;
    evaluation_judge(visiting->evaluation, visiting->as_of, indicator, target, region, &judgement);
    return visiting->visit(visiting->context, &judgement);
}

/* The indicator's targets in order and last without one, each in the `count` regions given. */
static enum err visit_indicator(const struct visiting *visiting, const struct indicator *indicator,
                                const uint32_t *regions, size_t count)
{
    for (size_t i = 0; i <= indicator->target_count; i++) {
        const struct target *target = i < indicator->target_count ? &indicator->targets[i] : NULL;
        for (size_t j = 0; j < count; j++) {
            enum err err = visit_one(visiting, indicator, target, regions[j]);
            if (err != ERR_OK)
                return err;
        }
    }
    return ERR_OK;
}

enum err evaluation_judge_all(const struct evaluation *evaluation, struct as_of as_of,
                              evaluation_visit *visit, void *context)
{
    const struct visiting visiting = {evaluation, as_of, visit, context};
    const struct framework *framework = evaluation_framework(evaluation, as_of);
    enum err err = framework == NULL ? ERR_NOT_FOUND : ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < framework->indicator_count; i++) {
        const struct indicator *indicator = &framework->indicators[i];
        err = visit_indicator(&visiting, indicator, indicator->regions, indicator->region_count);
    }
    return err;
}

enum err evaluation_judge_one(const struct evaluation *evaluation, struct as_of as_of,
                              const char *indicator_id, uint32_t region, evaluation_visit *visit,
                              void *context)
{
    const struct visiting visiting = {evaluation, as_of, visit, context};
    const struct framework *framework = evaluation_framework(evaluation, as_of);
    if (framework == NULL)
        return ERR_NOT_FOUND;
    const struct indicator *indicator = framework_indicator(framework, indicator_id);
    if (indicator == NULL || !indicator_has_region(indicator, region))
        return ERR_OK;
    return visit_indicator(&visiting, indicator, &region, 1);
}
