#include "consumers/evaluate/figures.h"

#include "consumers/evaluate/series_row.h"
#include "proto/event/observation_check.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    DEFAULT_MAX_OBSERVATIONS = 100 * 1000 * 1000,
    DEFAULT_MAX_SERIES = 1000 * 1000,
    FIRST_TABLE_SIZE = 256,
    /* A figure takes one entry and, when it is the first of its period, one slot, at most twice over and
     * once more in arrays that were outgrown; a series has a first block with little in it. */
    BYTES_PER_OBSERVATION = 2 * (int)sizeof(struct entry) + 4 * (int)sizeof(struct period_slot),
    BYTES_PER_SERIES = 768,
    BYTES_AT_LEAST =
        1024 * 1024, /* units, and the arena's blocks being larger than a small limit */
    ROW_MAX_BYTES = 64 * 1024,
    UNIT_NOT_GIVEN = 0, /* the framework's */
    UNIT_UNKNOWN = 1    /* beyond FIGURES_MAX_UNITS: fits no indicator */
};

enum err figures_init(struct figures *figures, const struct evaluation_limits *limits)
{
    *figures = (struct figures){.table_size = FIRST_TABLE_SIZE, .unit_count = 2};
    struct evaluation_limits *own = &figures->limits;
    if (limits != NULL)
        *own = *limits;
    if (own->max_observations == 0)
        own->max_observations = DEFAULT_MAX_OBSERVATIONS;
    if (own->max_series == 0)
        own->max_series = DEFAULT_MAX_SERIES;
    figures->units[UNIT_NOT_GIVEN] = "";
    figures->units[UNIT_UNKNOWN] = "\x01"; /* no unit of a framework has this text */
    figures->unsaved_end = &figures->unsaved;
    arena_init(&figures->arena, BYTES_AT_LEAST + own->max_series * BYTES_PER_SERIES +
                                    own->max_observations * BYTES_PER_OBSERVATION);
    arena_expect_much(&figures->arena);
    figures->table = calloc(FIRST_TABLE_SIZE, sizeof(struct series *));
    return figures->table != NULL ? ERR_OK : ERR_NOMEM;
}

void figures_fini(struct figures *figures)
{
    arena_fini(&figures->arena);
    free(figures->restoring.ranks);
    free(figures->table);
}

/* --- series by name ----------------------------------------------------------------------------- */

struct series_key {
    const char *indicator, *definition;
    uint32_t region;
    uint64_t hash;
};

static uint64_t hash_of(const struct series_name *name)
{
    uint64_t hash = XXH3_64bits_withSeed(name->indicator, strlen(name->indicator), name->region);
    size_t size = strlen(name->definition);
    return size == 0 ? hash : XXH3_64bits_withSeed(name->definition, size, hash);
}

static struct series_key key_of(const struct series_name *name)
{
    return (struct series_key){name->indicator, name->definition, name->region, hash_of(name)};
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

const struct series *figures_find(const struct figures *figures, const struct series_name *name)
{
    struct series_key key = key_of(name);
    return *table_place(figures->table, figures->table_size, &key);
}

static enum err grow_table(struct figures *figures)
{
    size_t size = figures->table_size * 2;
    struct series **table = calloc(size, sizeof(struct series *));
    if (table == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < figures->table_size; i++) {
        const struct series *series = figures->table[i];
        if (series == NULL)
            continue;
        struct series_key key = {series->indicator, series->definition, series->region,
                                 series->hash};
        *table_place(table, size, &key) = figures->table[i];
    }
    free(figures->table);
    figures->table = table;
    figures->table_size = size;
    return ERR_OK;
}

static const char *keep_text(struct figures *figures, const char *text, size_t size)
{
    char *copy = arena_take(&figures->arena, size + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

static enum err make_series(struct figures *figures, const struct series_key *key,
                            struct series **out)
{
    if (figures->counts.series == figures->limits.max_series)
        return ERR_LIMIT;
    if (figures->counts.series * 2 >= figures->table_size) {
        enum err err = grow_table(figures);
        if (err != ERR_OK)
            return err;
    }
    struct series *series = arena_take(&figures->arena, sizeof *series);
    const char *indicator = keep_text(figures, key->indicator, strlen(key->indicator));
    const char *definition = keep_text(figures, key->definition, strlen(key->definition));
    if (series == NULL || indicator == NULL || definition == NULL)
        return ERR_NOMEM;
    *series = (struct series){.hash = key->hash,
                              .indicator = indicator,
                              .definition = definition,
                              .region = key->region,
                              .since_ms = UINT64_MAX};
    *table_place(figures->table, figures->table_size, key) = series;
    figures->counts.series++;
    *out = series;
    return ERR_OK;
}

static enum err series_at(struct figures *figures, const struct series_name *name,
                          struct series **out)
{
    struct series_key key = key_of(name);
    struct series *series = *table_place(figures->table, figures->table_size, &key);
    if (series == NULL)
        return make_series(figures, &key, out);
    *out = series;
    return ERR_OK;
}

/* --- adding ------------------------------------------------------------------------------------- */

static uint16_t unit_id(struct figures *figures, const char *unit, size_t size)
{
    for (size_t i = 0; i < figures->unit_count; i++)
        if (strncmp(figures->units[i], unit, size) == 0 && figures->units[i][size] == '\0')
            return (uint16_t)i;
    const char *copy =
        figures->unit_count < FIGURES_MAX_UNITS ? keep_text(figures, unit, size) : NULL;
    if (copy == NULL)
        return UNIT_UNKNOWN;
    figures->units[figures->unit_count] = copy;
    return (uint16_t)figures->unit_count++;
}

/* Most figures of a series come in the same unit. */
static uint16_t unit_of(struct figures *figures, const struct series *series, const char *unit)
{
    if (series->last != NULL && series->last->count > 0) {
        uint16_t id = series->last->entries[series->last->count - 1].vintage.unit;
        if (strcmp(figures->units[id], unit) == 0)
            return id;
    }
    return unit_id(figures, unit, strlen(unit));
}

static bool is_id(const char *text, size_t min)
{
    size_t size = strnlen(text, OBSERVATION_ID_MAX_BYTES + 1);
    return size >= min && size <= OBSERVATION_ID_MAX_BYTES;
}

bool figures_are_full(const struct figures *figures)
{
    const struct evaluation_counts *counts = &figures->counts;
    return counts->observations + counts->retractions + counts->milestones >=
           figures->limits.max_observations;
}

static enum err add_to(struct figures *figures, struct series *series, uint32_t key,
                       const struct vintage *vintage)
{
    bool is_new;
    struct evaluation_counts *counts = &figures->counts;
    if (figures_are_full(figures))
        return ERR_LIMIT;
    enum err err = series_add(series, key, vintage, &figures->arena, &is_new);
    if (err != ERR_OK)
        return err;
    if (!is_new)
        counts->repeated++;
    else if (vintage->status == VINTAGE_RETRACTED)
        counts->retractions++;
    else
        counts->observations++;
    return ERR_OK;
}

enum err figures_add(struct figures *figures, const struct series_name *name, uint32_t period_key,
                     const char *unit, struct vintage *vintage)
{
    struct series *series;
    if (!is_id(name->indicator, 1) || !is_id(name->definition, 0) || !is_id(unit, 0))
        return ERR_USAGE;
    enum err err = series_at(figures, name, &series);
    if (err != ERR_OK)
        return err;
    bool was_saved = series->unsaved == NULL;
    vintage->unit = unit_of(figures, series, unit);
    err = add_to(figures, series, period_key, vintage);
    if (was_saved && series->unsaved != NULL) {
        series->next_unsaved = NULL;
        *figures->unsaved_end = series;
        figures->unsaved_end = &series->next_unsaved;
    }
    return err;
}

/* --- rows --------------------------------------------------------------------------------------- */

static enum err save_series(const struct figures *figures, const struct series *series,
                            struct buffer *value, evaluation_row *row, void *context)
{
    unsigned char key[SERIES_KEY_MAX_BYTES];
    enum err err = ERR_OK;
    for (const struct block *block = series->unsaved; block != NULL && err == ERR_OK;
         block = block->next) {
        buffer_clear(value);
        err = series_row_write(block, figures->units, value);
        if (err == ERR_OK)
            err = row(context, key, series_row_key(series, block->number, key), value->data,
                      value->size);
    }
    return err;
}

enum err figures_save(struct figures *figures, evaluation_row *row, void *context)
{
    struct buffer value;
    enum err err = ERR_OK;
    buffer_init(&value, ROW_MAX_BYTES);
    while (figures->unsaved != NULL && err == ERR_OK) {
        struct series *series = figures->unsaved;
        err = save_series(figures, series, &value, row, context);
        if (err != ERR_OK)
            break;
        series->unsaved = NULL;
        figures->unsaved = series->next_unsaved;
    }
    if (figures->unsaved == NULL)
        figures->unsaved_end = &figures->unsaved;
    buffer_fini(&value);
    return err;
}

/* Rows come in the order of their keys, and all blocks but the last are full. */
static bool is_next_block(const struct series *series, uint32_t number)
{
    const struct block *last = series->last;
    if (last == NULL)
        return number == 0;
    return number == last->number + 1 && last->count == block_capacity(last->number);
}

static bool is_possible(const struct series_row_figure *figure)
{
    const struct vintage *vintage = &figure->vintage;
    return period_is_key(figure->key) &&
           (vintage->decimals & ~VINTAGE_CONFIRMED) <= DECIMAL_MAX_DECIMALS &&
           figure->unit_size <= OBSERVATION_ID_MAX_BYTES &&
           (vintage->status == VINTAGE_RETRACTED || obs_status_is_known(vintage->status));
}

static enum err append_to(struct figures *figures, struct series *series, uint32_t key,
                          const struct vintage *vintage)
{
    struct evaluation_counts *counts = &figures->counts;
    if (figures_are_full(figures))
        return ERR_LIMIT;
    *(vintage->status == VINTAGE_RETRACTED ? &counts->retractions : &counts->observations) += 1;
    return series_append(series, key, vintage, &figures->arena);
}

static enum err restore_block(struct figures *figures, struct series *series, const void *value,
                              size_t size)
{
    struct series_row_reader reader = {.at = value, .end = (const unsigned char *)value + size};
    uint32_t number = series->last != NULL ? series->last->number + 1 : 0, count = 0;
    while (series_row_next(&reader)) {
        struct vintage *vintage = &reader.figure.vintage;
        if (!is_possible(&reader.figure) || ++count > block_capacity(number))
            return ERR_CORRUPT;
        if (reader.has_kind)
            vintage->unit = unit_id(figures, reader.figure.unit, reader.figure.unit_size);
        enum err err = append_to(figures, series, reader.figure.key, vintage);
        if (err != ERR_OK)
            return err;
    }
    bool is_whole = reader.at == reader.end && count > 0 && series->last->number == number &&
                    series->last->count == count;
    return is_whole ? ERR_OK : ERR_CORRUPT;
}

enum err figures_restored(struct figures *figures)
{
    struct series *series = figures->restoring.series;
    figures->restoring.series = NULL;
    return series == NULL ? ERR_OK
                          : series_index(series, figures->restoring.ranks, &figures->arena);
}

/* The rows of a series follow each other; with the first of the next one it is whole. */
static enum err turn_to(struct figures *figures, struct series *series)
{
    if (figures->restoring.series == series)
        return ERR_OK;
    enum err err = figures_restored(figures);
    if (err == ERR_OK && series->first != NULL)
        err = ERR_CORRUPT;
    if (err == ERR_OK && figures->restoring.ranks == NULL) {
        figures->restoring.ranks = calloc(1, sizeof *figures->restoring.ranks);
        err = figures->restoring.ranks != NULL ? ERR_OK : ERR_NOMEM;
    }
    if (err == ERR_OK)
        figures->restoring.series = series;
    return err;
}

enum err figures_restore(struct figures *figures, const void *key, size_t key_size,
                         const void *value, size_t value_size)
{
    struct series_row_name row;
    struct series *series;
    enum err err = series_row_parse_key(key, key_size, &row);
    if (err != ERR_OK)
        return err;
    const struct series_name name = {row.indicator, row.definition, row.region};
    if (!is_id(name.indicator, 1) || !is_id(name.definition, 0))
        return ERR_CORRUPT;
    err = series_at(figures, &name, &series);
    if (err == ERR_OK)
        err = turn_to(figures, series);
    if (err == ERR_OK && !is_next_block(series, row.block))
        err = ERR_CORRUPT;
    return err != ERR_OK ? err : restore_block(figures, series, value, value_size);
}
