#include "consumers/evaluate/evaluation.h"

#include "consumers/evaluate/history.h"
#include "consumers/evaluate/judge.h"
#include "consumers/evaluate/milestones.h"
#include "proto/event/observation_check.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_MAX_OBSERVATIONS = 100 * 1000 * 1000,
    DEFAULT_MAX_SERIES = 1000 * 1000,
    MAX_FRAMEWORKS = 4096,
    MAX_UNITS = 1024,
    FIRST_TABLE_SIZE = 256,
    /* A figure takes one vintage and, when it is the first of its period, one slot, each at most twice
     * over and once more in arrays that were outgrown. */
    BYTES_PER_OBSERVATION = 4 * (int)(sizeof(struct vintage) + sizeof(struct period_slot)),
    BYTES_PER_SERIES = 512,
    BYTES_AT_LEAST =
        1024 * 1024,    /* units, and the arena's blocks being larger than a small limit */
    UNIT_NOT_GIVEN = 0, /* the framework's */
    UNIT_UNKNOWN = 1    /* beyond MAX_UNITS: fits no indicator */
};

struct framework_at {
    const struct framework *framework;
    struct address address;
};

struct evaluation {
    struct evaluation_limits limits;
    struct arena arena;
    struct series **table; /* open addressing, a power of two */
    size_t table_size;
    const char *units[MAX_UNITS];
    size_t unit_count;
    struct milestones milestones;
    struct framework_at *frameworks; /* in order of address */
    size_t framework_count;
    struct evaluation_counts counts;
};

enum err evaluation_new(const struct evaluation_limits *limits, struct evaluation **out)
{
    struct evaluation *evaluation = calloc(1, sizeof *evaluation);
    if (evaluation == NULL)
        return ERR_NOMEM;
    struct evaluation_limits *own = &evaluation->limits;
    if (limits != NULL)
        *own = *limits;
    if (own->max_observations == 0)
        own->max_observations = DEFAULT_MAX_OBSERVATIONS;
    if (own->max_series == 0)
        own->max_series = DEFAULT_MAX_SERIES;
    evaluation->units[UNIT_NOT_GIVEN] = "";
    evaluation->units[UNIT_UNKNOWN] = "\x01"; /* no unit of a framework has this text */
    evaluation->unit_count = 2;
    evaluation->table_size = FIRST_TABLE_SIZE;
    evaluation->table = calloc(FIRST_TABLE_SIZE, sizeof *evaluation->table);
    arena_init(&evaluation->arena, BYTES_AT_LEAST + own->max_series * BYTES_PER_SERIES +
                                       own->max_observations * BYTES_PER_OBSERVATION);
    milestones_init(&evaluation->milestones, &evaluation->arena);
    if (evaluation->table == NULL) {
        evaluation_free(evaluation);
        return ERR_NOMEM;
    }
    *out = evaluation;
    return ERR_OK;
}

void evaluation_free(struct evaluation *evaluation)
{
    if (evaluation == NULL)
        return;
    milestones_fini(&evaluation->milestones);
    arena_fini(&evaluation->arena);
    free(evaluation->table);
    free(evaluation->frameworks);
    free(evaluation);
}

struct evaluation_counts evaluation_counts(const struct evaluation *evaluation)
{
    return evaluation->counts;
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

/* --- series by key ------------------------------------------------------------------------------ */

struct series_key {
    const char *indicator, *definition;
    uint32_t region;
    uint64_t hash;
};

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3U;
    return hash * 31;
}

static struct series_key key_of(const char *indicator, uint32_t region, const char *definition)
{
    uint64_t hash = hash_text(0xCBF29CE484222325U ^ region, indicator);
    hash = hash_text(hash, definition);
    return (struct series_key){indicator, definition, region, hash ^ hash >> 29};
}

static bool is_of_key(const struct series *series, const struct series_key *key)
{
    return series->hash == key->hash && series->region == key->region &&
           strcmp(series->indicator, key->indicator) == 0 &&
           strcmp(series->definition, key->definition) == 0;
}

/* Where the series of the key is, or would be. */
static struct series **table_place(struct series **table, size_t size, const struct series_key *key)
{
    size_t place = key->hash & (size - 1);
    while (table[place] != NULL && !is_of_key(table[place], key))
        place = (place + 1) & (size - 1);
    return &table[place];
}

static enum err grow_table(struct evaluation *evaluation)
{
    size_t size = evaluation->table_size * 2;
    struct series **table = calloc(size, sizeof *table);
    if (table == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < evaluation->table_size; i++) {
        const struct series *series = evaluation->table[i];
        if (series == NULL)
            continue;
        struct series_key key = {series->indicator, series->definition, series->region,
                                 series->hash};
        *table_place(table, size, &key) = evaluation->table[i];
    }
    free(evaluation->table);
    evaluation->table = table;
    evaluation->table_size = size;
    return ERR_OK;
}

static const char *keep_text(struct evaluation *evaluation, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = arena_take(&evaluation->arena, size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static enum err make_series(struct evaluation *evaluation, const struct series_key *key,
                            struct series **out)
{
    if (evaluation->counts.series == evaluation->limits.max_series)
        return ERR_LIMIT;
    if (evaluation->counts.series * 2 >= evaluation->table_size) {
        enum err err = grow_table(evaluation);
        if (err != ERR_OK)
            return err;
    }
    struct series *series = arena_take(&evaluation->arena, sizeof *series);
    const char *indicator = keep_text(evaluation, key->indicator);
    const char *definition = keep_text(evaluation, key->definition);
    if (series == NULL || indicator == NULL || definition == NULL)
        return ERR_NOMEM;
    *series = (struct series){
        .hash = key->hash, .indicator = indicator, .definition = definition, .region = key->region};
    *table_place(evaluation->table, evaluation->table_size, key) = series;
    evaluation->counts.series++;
    *out = series;
    return ERR_OK;
}

/* --- adding ------------------------------------------------------------------------------------- */

static uint16_t unit_id(struct evaluation *evaluation, const char *unit)
{
    for (size_t i = 0; i < evaluation->unit_count; i++)
        if (strcmp(evaluation->units[i], unit) == 0)
            return (uint16_t)i;
    const char *copy = evaluation->unit_count < MAX_UNITS ? keep_text(evaluation, unit) : NULL;
    if (copy == NULL)
        return UNIT_UNKNOWN;
    evaluation->units[evaluation->unit_count] = copy;
    return (uint16_t)evaluation->unit_count++;
}

static bool is_id(const char *text, size_t min)
{
    size_t size = strnlen(text, OBSERVATION_ID_MAX_BYTES + 1);
    return size >= min && size <= OBSERVATION_ID_MAX_BYTES;
}

/* `*repeated` or `*added` is counted. */
static enum err add(struct evaluation *evaluation, const struct series_key *key,
                    const char *period_text, const struct vintage *vintage, uint64_t *added)
{
    struct period period;
    bool is_new;
    if (!is_id(key->indicator, 1) || !is_id(key->definition, 0) ||
        period_parse(period_text, &period, NULL) != ERR_OK)
        return ERR_USAGE;
    const struct evaluation_counts *counts = &evaluation->counts;
    if (counts->observations + counts->retractions + counts->milestones >=
        evaluation->limits.max_observations)
        return ERR_LIMIT;
    struct series *series = *table_place(evaluation->table, evaluation->table_size, key);
    enum err err = series == NULL ? make_series(evaluation, key, &series) : ERR_OK;
    if (err == ERR_OK)
        err = series_add(series, period_key(period), vintage, &evaluation->arena, &is_new);
    if (err != ERR_OK)
        return err;
    *(is_new ? added : &evaluation->counts.repeated) += 1;
    return ERR_OK;
}

enum err evaluation_add_observation(struct evaluation *evaluation, uint32_t region,
                                    const Songhua__V1__Observation *observation,
                                    struct address address, uint64_t stored_ms)
{
    if (observation->decimals > DECIMAL_MAX_DECIMALS ||
        !obs_status_is_known(observation->obs_status) || !is_id(observation->unit, 0))
        return ERR_USAGE;
    struct series_key key = key_of(observation->indicator, region, observation->definition);
    struct vintage vintage = {.unscaled = observation->unscaled,
                              .sequence = address.sequence,
                              .stored_ms = stored_ms,
                              .index = address.index,
                              .unit = unit_id(evaluation, observation->unit),
                              .decimals = (uint8_t)observation->decimals,
                              .status = (uint8_t)observation->obs_status};
    return add(evaluation, &key, observation->period, &vintage, &evaluation->counts.observations);
}

enum err evaluation_add_retraction(struct evaluation *evaluation, uint32_t region,
                                   const Songhua__V1__Retraction *retraction,
                                   struct address address, uint64_t stored_ms)
{
    struct series_key key = key_of(retraction->indicator, region, retraction->definition);
    struct vintage vintage = {.sequence = address.sequence,
                              .stored_ms = stored_ms,
                              .index = address.index,
                              .status = VINTAGE_RETRACTED};
    return add(evaluation, &key, retraction->period, &vintage, &evaluation->counts.retractions);
}

enum err evaluation_add_milestone(struct evaluation *evaluation, uint32_t region,
                                  const Songhua__V1__Milestone *milestone, struct address address,
                                  uint64_t stored_ms)
{
    struct evaluation_counts *counts = &evaluation->counts;
    bool is_new;
    if (counts->observations + counts->retractions + counts->milestones >=
        evaluation->limits.max_observations)
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
    const struct definition *primary = indicator_primary_definition(indicator);
    struct series_key key = key_of(indicator->id, region, primary != NULL ? primary->id : "");
    return (struct history){.series = *table_place(evaluation->table, evaluation->table_size, &key),
                            .milestones =
                                milestones_find(&evaluation->milestones, indicator->id, region),
                            .indicator = indicator,
                            .units = evaluation->units,
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
