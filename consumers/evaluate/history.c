#include "consumers/evaluate/history.h"

#include "proto/event/unit.h"

#include <string.h>

static bool is_of_cadence(const struct history *history, struct period period)
{
    const struct definition *own = history->definition;
    enum cadence cadence =
        own != NULL && own->has_cadence ? own->cadence : history->indicator->cadence;
    return cadence == CADENCE_ONCE || period.frequency == cadence_frequency(cadence);
}

static enum point_state read_vintage(const struct history *history, struct period period,
                                     const struct vintage *vintage, struct point *out)
{
    if (vintage->status == VINTAGE_RETRACTED)
        return POINT_RETRACTED;
    if (!obs_status_is_usable((obs_status)vintage->status))
        return POINT_NO_FIGURE;
    const uint8_t decimals = vintage->decimals & (uint8_t)~VINTAGE_CONFIRMED;
    struct decimal reported = {vintage->unscaled, decimals}, value;
    const char *unit = history->units[vintage->unit];
    if (unit[0] == '\0')
        unit = history->indicator->unit;
    if (strcmp(unit, history->indicator->unit) == 0)
        value = reported;
    else if (unit_convert(reported, unit, history->indicator->unit, &value) != ERR_OK)
        return POINT_REFUSED;
    *out = (struct point){.period = period,
                          .value = value,
                          .number = decimal_to_double(value),
                          .status = (obs_status)vintage->status,
                          .address = {vintage->sequence, vintage->index},
                          .is_confirmed = decimals != vintage->decimals};
    return POINT_USABLE;
}

static enum point_state read_slot(const struct history *history, const struct period_slot *slot,
                                  struct point *out)
{
    struct period period = period_from_key(slot->key);
    const struct vintage *vintage = slot_in_force(slot, history->as_of);
    if (vintage == NULL || !is_of_cadence(history, period))
        return POINT_NONE;
    return read_vintage(history, period, vintage, out);
}

static bool is_at(const struct vintage *vintage, struct address address)
{
    return vintage->sequence == address.sequence && vintage->index == address.index;
}

uint32_t history_slot_count(const struct history *history)
{
    return history->series != NULL ? history->series->count : 0;
}

uint32_t history_slot_of(const struct history *history, struct period period)
{
    uint32_t key = period_key(period), low = 0, count = history_slot_count(history), high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (history->series->slots[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && history->series->slots[low].key == key ? low : count;
}

enum point_state history_slot(const struct history *history, uint32_t slot, struct point *out)
{
    return read_slot(history, &history->series->slots[slot], out);
}

bool history_replaced(const struct history *history, uint32_t slot, const struct point *own,
                      struct point *out)
{
    const struct period_slot *at = &history->series->slots[slot];
    const struct entry *entry = at->latest;
    while (entry != NULL && !is_at(&entry->vintage, own->address))
        entry = entry->earlier;
    for (int i = 0; entry != NULL && i < HISTORY_VINTAGES; i++, entry = entry->earlier)
        if (entry->vintage.status != VINTAGE_RETRACTED &&
            read_vintage(history, period_from_key(at->key), &entry->vintage, out) == POINT_USABLE &&
            decimal_compare(out->value, own->value) != 0)
            return true;
    return false;
}

bool history_came(const struct history *history, uint32_t slot, uint64_t *stored_ms)
{
    const struct entry *entry = history->series->slots[slot].latest;
    for (int i = 0; entry != NULL && i < HISTORY_VINTAGES; i++, entry = entry->earlier)
        if (entry->earlier == NULL) {
            *stored_ms = entry->vintage.stored_ms;
            return true;
        }
    return false;
}

enum point_state history_at(const struct history *history, struct period period, struct point *out)
{
    uint32_t key = period_key(period);
    for (uint32_t i = 0; i < history_slot_count(history); i++)
        if (history->series->slots[i].key == key)
            return read_slot(history, &history->series->slots[i], out);
    return POINT_NONE;
}

bool history_before(const struct history *history, uint32_t before, struct point *out)
{
    for (uint32_t i = history_slot_count(history); i > 0; i--) {
        const struct period_slot *slot = &history->series->slots[i - 1];
        if (slot->key < before && read_slot(history, slot, out) == POINT_USABLE)
            return true;
    }
    return false;
}

bool history_from(const struct history *history, uint32_t from, struct point *out)
{
    for (uint32_t i = 0; i < history_slot_count(history); i++) {
        const struct period_slot *slot = &history->series->slots[i];
        if (slot->key >= from && read_slot(history, slot, out) == POINT_USABLE)
            return true;
    }
    return false;
}

bool history_breaks(const struct history *history, struct period from, struct period to)
{
    struct point point;
    uint32_t key = period_key(from);
    while (history_from(history, key + 1, &point)) {
        key = period_key(point.period);
        if (key > period_key(to))
            return false;
        if (point.status == SONGHUA__V1__OBS_STATUS__OBS_STATUS_B_BREAK)
            return true;
    }
    return false;
}

enum point_state history_last_state(const struct history *history)
{
    struct point point;
    for (uint32_t i = history_slot_count(history); i > 0; i--) {
        enum point_state state = read_slot(history, &history->series->slots[i - 1], &point);
        if (state != POINT_NONE)
            return state;
    }
    return POINT_NONE;
}
