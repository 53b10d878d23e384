#include "proto/event/framework.h"

#include "proto/base/arena.h"
#include "proto/base/buffer.h"
#include "proto/base/file.h"
#include "proto/base/text.h"
#include "proto/event/framework_composite_schema.h"
#include "proto/event/framework_schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { ARENA_MAX_BYTES = 256 * 1024 * 1024 };

/* The memory everything lives in, this struct included, and the indicators in order of id and by the
 * hash of it: each event that a scorer takes up names one. */
struct framework_index {
    struct arena arena;
    const struct indicator **by_id;
    const struct indicator **slots; /* open addressing; a power of two, never full */
    size_t slot_count;
};

/* Where the indicator of this id is, or would be; of several the first. */
static const struct indicator **slot_of(const struct framework_index *index, const char *id)
{
    size_t place = XXH3_64bits(id, strlen(id)) & (index->slot_count - 1);
    while (index->slots[place] != NULL && strcmp(index->slots[place]->id, id) != 0)
        place = (place + 1) & (index->slot_count - 1);
    return &index->slots[place];
}

static enum err hash_ids(const struct framework *framework, struct framework_index *index,
                         struct arena *arena)
{
    index->slot_count = 2;
    while (index->slot_count < 2 * framework->indicator_count + 2)
        index->slot_count *= 2;
    size_t bytes = index->slot_count * sizeof *index->slots;
    index->slots = arena_take(arena, bytes);
    if (index->slots == NULL)
        return ERR_NOMEM;
    memset(index->slots, 0, bytes);
    for (size_t i = 0; i < framework->indicator_count; i++) {
        const struct indicator **slot = slot_of(index, framework->indicators[i].id);
        if (*slot == NULL)
            *slot = &framework->indicators[i];
    }
    return ERR_OK;
}

static int compare_indicators(const void *a, const void *b)
{
    const struct indicator *const *left = a, *const *right = b;
    int order = strcmp((*left)->id, (*right)->id);
    return order != 0 ? order
                      : ((*left)->index > (*right)->index) - ((*left)->index < (*right)->index);
}

static void find_repeated_ids(const struct framework *framework, struct diag *diag)
{
    for (size_t i = 1; i < framework->indicator_count; i++) {
        const struct indicator *indicator = framework->index->by_id[i];
        if (indicator->id[0] != '\0' &&
            strcmp(indicator->id, framework->index->by_id[i - 1]->id) == 0)
            schema_find(diag, indicator->place, FINDING_ID_REPEATED, "id", indicator->id, "", "");
    }
}

static enum err build_index(struct framework *framework, struct arena *arena)
{
    size_t count = framework->indicator_count;
    struct framework_index *index = arena_take(arena, sizeof *index);
    const struct indicator **by_id = arena_take(arena, (count + 1) * sizeof(struct indicator *));
    if (index == NULL || by_id == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        framework->indicators[i].index = i;
        by_id[i] = &framework->indicators[i];
    }
    qsort(by_id, count, sizeof(struct indicator *), compare_indicators);
    index->by_id = by_id;
    framework->index = index;
    return hash_ids(framework, index, arena);
}

enum err framework_load(const void *bytes, size_t size, struct diag *diag, struct framework **out)
{
    struct arena arena;
    size_t before = diag->total;
    enum err err = ERR_FRAMEWORK;
    arena_init(&arena, ARENA_MAX_BYTES);
    if (size > FRAMEWORK_MAX_BYTES) {
        schema_find(diag, (struct place){1, 1}, FINDING_LIST_LIMIT, NULL, NULL, "文件最大 8 MiB",
                    "a framework has at most 8 MiB");
        goto out;
    }
    struct framework *framework = arena_take(&arena, sizeof *framework);
    err = framework == NULL ? ERR_NOMEM
                            : schema_read(bytes, size, &framework_schema, &arena, diag, framework);
    if (err != ERR_OK && err != ERR_FRAMEWORK)
        goto out;
    enum err indexed = build_index(framework, &arena);
    if (indexed == ERR_OK)
        indexed = framework_fill_regions(framework, &arena);
    if (indexed != ERR_OK) {
        err = indexed;
        goto out;
    }
    find_repeated_ids(framework, diag);
    framework_validate(framework, diag);
    indexed = framework_validate_composites(framework, &arena, diag);
    if (indexed != ERR_OK)
        err = indexed;
    else if (diag->total > before)
        err = ERR_FRAMEWORK;
out:
    if (err != ERR_OK) {
        arena_fini(&arena);
        return err;
    }
    framework->index->arena = arena;
    *out = framework;
    return ERR_OK;
}

enum err framework_load_file(const char *path, struct diag *diag, struct framework **out)
{
    struct buffer buffer;
    buffer_init(&buffer, FRAMEWORK_MAX_BYTES);
    enum err err = file_read(path, &buffer);
    if (err == ERR_OK)
        err = framework_load(buffer.data != NULL ? (const void *)buffer.data : "", buffer.size,
                             diag, out);
    buffer_fini(&buffer);
    return err;
}

void framework_free(struct framework *framework)
{
    if (framework == NULL)
        return;
    struct arena arena = framework->index->arena; /* the framework itself lies in it */
    arena_fini(&arena);
}

int range_side(const struct range *range, struct decimal value)
{
    if (range->min.is_set && decimal_compare(value, range->min.value) < 0)
        return -1;
    return range->max.is_set && decimal_compare(value, range->max.value) > 0 ? 1 : 0;
}

const struct indicator *framework_indicator(const struct framework *framework, const char *id)
{
    return *slot_of(framework->index, id);
}

const char *framework_suggest(const struct framework *framework, const char *id)
{
    const char *nearest = NULL;
    size_t best = strlen(id) / 3 + 2;
    for (size_t i = 0; i < framework->indicator_count; i++) {
        const struct indicator *indicator = &framework->indicators[i];
        if (strcmp(indicator->name.zh, id) == 0)
            return indicator->id;
        size_t distance = text_distance(indicator->id, id);
        if (distance < best) {
            best = distance;
            nearest = indicator->id;
        }
    }
    return nearest;
}

const struct target *indicator_target(const struct indicator *indicator, const char *id)
{
    for (size_t i = 0; i < indicator->target_count; i++)
        if (strcmp(indicator->targets[i].id, id) == 0)
            return &indicator->targets[i];
    return NULL;
}

const struct part *indicator_part(const struct indicator *indicator, const char *id)
{
    for (size_t i = 0; i < indicator->part_count; i++)
        if (strcmp(indicator->parts[i].id, id) == 0)
            return &indicator->parts[i];
    return NULL;
}

const struct definition *indicator_definition(const struct indicator *indicator, const char *id)
{
    for (size_t i = 0; i < indicator->definition_count; i++)
        if (strcmp(indicator->definitions[i].id, id) == 0)
            return &indicator->definitions[i];
    return NULL;
}

const struct definition *indicator_primary_definition(const struct indicator *indicator)
{
    for (size_t i = 0; i < indicator->definition_count; i++)
        if (indicator->definitions[i].is_primary)
            return &indicator->definitions[i];
    return NULL;
}

const struct baseline *indicator_baseline(const struct indicator *indicator,
                                          const struct target *target, uint32_t region)
{
    if (target != NULL && target->has_baseline)
        return &target->baseline;
    for (size_t i = 0; i < indicator->baseline_count; i++)
        if (indicator->baselines[i].region == region)
            return &indicator->baselines[i];
    return NULL;
}

static bool has_region(const uint32_t *regions, size_t count, uint32_t region)
{
    for (size_t i = 0; i < count; i++)
        if (regions[i] == region)
            return true;
    return false;
}

bool indicator_has_region(const struct indicator *indicator, uint32_t region)
{
    return has_region(indicator->regions, indicator->region_count, region);
}

bool target_has_region(const struct indicator *indicator, const struct target *target,
                       uint32_t region)
{
    if (target->region_count == 0)
        return indicator_has_region(indicator, region);
    return has_region(target->regions, target->region_count, region);
}

enum method target_method(const struct indicator *indicator, const struct target *target)
{
    return target != NULL && target->has_method ? target->method : indicator->method;
}

enum frequency cadence_frequency(enum cadence cadence)
{
    return cadence == CADENCE_QUARTER ? FREQUENCY_QUARTER
           : cadence == CADENCE_MONTH ? FREQUENCY_MONTH
                                      : FREQUENCY_YEAR;
}

void framework_label(const struct framework *framework, char out[FRAMEWORK_LABEL_BYTES])
{
    snprintf(out, FRAMEWORK_LABEL_BYTES, "%s@%" PRIu64, framework->id, framework->version);
}

const char *method_name(enum method method)
{
    return (unsigned)method < METHOD_COUNT ? method_words[method] : "";
}

const char *comparator_name(enum comparator comparator)
{
    return (unsigned)comparator <= COMPARATOR_BELOW ? comparator_words[comparator] : "";
}

bool comparator_is_met(enum comparator comparator, struct decimal value, struct decimal target)
{
    int order = decimal_compare(value, target);
    switch (comparator) {
    case COMPARATOR_ABOVE:
        return order > 0;
    case COMPARATOR_AT_LEAST:
        return order >= 0;
    case COMPARATOR_EQUAL:
        return order == 0;
    case COMPARATOR_AT_MOST:
        return order <= 0;
    case COMPARATOR_BELOW:
        return order < 0;
    }
    return false;
}
