#include "consumers/evaluate/milestones.h"

#include "proto/event/observation_check.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_TABLE_SIZE = 64, FIRST_REPORTS = 4 };

void milestones_init(struct milestones *milestones, struct arena *arena)
{
    *milestones = (struct milestones){.arena = arena};
}

void milestones_fini(struct milestones *milestones)
{
    free(milestones->table);
    *milestones = (struct milestones){0};
}

/* --- logs by key -------------------------------------------------------------------------------- */

static uint64_t hash_of(const char *indicator, uint32_t region)
{
    uint64_t hash = 0xCBF29CE484222325U ^ region;
    for (; *indicator != '\0'; indicator++)
        hash = (hash ^ (unsigned char)*indicator) * 0x100000001B3U;
    return hash ^ hash >> 31;
}

static struct milestone_log **place_of(struct milestone_log **table, size_t size, uint64_t hash,
                                       const char *indicator, uint32_t region)
{
    size_t at = hash & (size - 1);
    while (table[at] != NULL && (table[at]->hash != hash || table[at]->region != region ||
                                 strcmp(table[at]->indicator, indicator) != 0))
        at = (at + 1) & (size - 1);
    return &table[at];
}

static enum err grow_table(struct milestones *milestones)
{
    size_t size = milestones->table_size == 0 ? FIRST_TABLE_SIZE : milestones->table_size * 2;
    struct milestone_log **table = calloc(size, sizeof(struct milestone_log *));
    if (table == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < milestones->table_size; i++) {
        struct milestone_log *log = milestones->table[i];
        if (log != NULL)
            *place_of(table, size, log->hash, log->indicator, log->region) = log;
    }
    free(milestones->table);
    milestones->table = table;
    milestones->table_size = size;
    return ERR_OK;
}

const struct milestone_log *milestones_find(const struct milestones *milestones,
                                            const char *indicator, uint32_t region)
{
    if (milestones->count == 0)
        return NULL;
    return *place_of(milestones->table, milestones->table_size, hash_of(indicator, region),
                     indicator, region);
}

static enum err make_log(struct milestones *milestones, const char *indicator, uint32_t region,
                         struct milestone_log **out)
{
    if (milestones->count * 2 >= milestones->table_size) {
        enum err err = grow_table(milestones);
        if (err != ERR_OK)
            return err;
    }
    uint64_t hash = hash_of(indicator, region);
    struct milestone_log **place =
        place_of(milestones->table, milestones->table_size, hash, indicator, region);
    if (*place == NULL) {
        struct milestone_log *log = arena_take(milestones->arena, sizeof *log);
        const char *copy = arena_text(milestones->arena, indicator);
        if (log == NULL || copy == NULL)
            return ERR_NOMEM;
        *log = (struct milestone_log){.hash = hash, .indicator = copy, .region = region};
        *place = log;
        milestones->count++;
    }
    *out = *place;
    return ERR_OK;
}

/* --- reports ------------------------------------------------------------------------------------ */

static bool is_before(struct address a, struct address b)
{
    return a.sequence != b.sequence ? a.sequence < b.sequence : a.index < b.index;
}

static enum err make_room(struct milestone_log *log, struct arena *arena)
{
    uint32_t larger = log->capacity == 0 ? FIRST_REPORTS : log->capacity * 2;
    if (log->count < log->capacity)
        return ERR_OK;
    struct milestone_report *reports =
        larger > log->capacity ? arena_take(arena, larger * sizeof *reports) : NULL;
    if (reports == NULL)
        return ERR_NOMEM;
    if (log->count > 0)
        memcpy(reports, log->reports, log->count * sizeof *reports);
    log->reports = reports;
    log->capacity = larger;
    return ERR_OK;
}

static enum err insert(struct milestone_log *log, const struct milestone_report *report,
                       struct arena *arena, bool *is_new)
{
    uint32_t place = log->count;
    while (place > 0 && is_before(report->address, log->reports[place - 1].address))
        place--;
    *is_new = place == 0 || is_before(log->reports[place - 1].address, report->address);
    if (!*is_new)
        return ERR_OK;
    enum err err = make_room(log, arena);
    if (err != ERR_OK)
        return err;
    memmove(&log->reports[place + 1], &log->reports[place],
            (log->count - place) * sizeof *log->reports);
    log->reports[place] = *report;
    log->count++;
    return ERR_OK;
}

static bool is_id(const char *text, size_t min)
{
    size_t size = strnlen(text, OBSERVATION_ID_MAX_BYTES + 1);
    return size >= min && size <= OBSERVATION_ID_MAX_BYTES;
}

/* A state that was reached on a day after the one on which it was recorded, by the record's clock; a day
 * is allowed between two clocks. Where no time is recorded every day may have come. */
static bool lies_ahead(const Songhua__V1__Milestone *milestone, struct date date,
                       uint64_t stored_ms)
{
    return stored_ms != 0 && milestone->state != SONGHUA__V1__MILESTONE_STATE__MILESTONE_PLANNED &&
           date_number(date_start_ms(date)) > date_number(stored_ms) + 1;
}

enum err milestones_add(struct milestones *milestones, uint32_t region,
                        const Songhua__V1__Milestone *milestone, struct address address,
                        uint64_t stored_ms, bool *is_new)
{
    struct date date;
    struct milestone_log *log;
    if (!is_id(milestone->indicator, 1) || !is_id(milestone->part, 0) ||
        date_parse(milestone->date, &date) != ERR_OK ||
        (unsigned)milestone->state > SONGHUA__V1__MILESTONE_STATE__MILESTONE_EXEMPT ||
        lies_ahead(milestone, date, stored_ms))
        return ERR_USAGE;
    struct milestone_report report = {.address = address,
                                      .stored_ms = stored_ms,
                                      .date_ms = date_start_ms(date),
                                      .part = arena_text(milestones->arena, milestone->part),
                                      .state = milestone->state};
    enum err err = make_log(milestones, milestone->indicator, region, &log);
    if (err == ERR_OK && report.part == NULL)
        err = ERR_NOMEM;
    return err == ERR_OK ? insert(log, &report, milestones->arena, is_new) : err;
}

bool milestone_counts(const struct milestone_report *report, struct as_of as_of)
{
    return report->address.sequence <= as_of.sequence && report->stored_ms <= as_of.ms &&
           report->date_ms <= as_of.ms;
}

const struct milestone_report *milestone_in_force(const struct milestone_log *log, const char *part,
                                                  struct as_of as_of)
{
    for (uint32_t i = log != NULL ? log->count : 0; i > 0; i--) {
        const struct milestone_report *report = &log->reports[i - 1];
        if (milestone_counts(report, as_of) && strcmp(report->part, part) == 0)
            return report;
    }
    return NULL;
}
