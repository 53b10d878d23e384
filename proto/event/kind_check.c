#include "proto/event/kind_check.h"

#include <string.h>

/* The whole of which a share is told: 100 of %, 1,000 of ‰, 0 of another unit. */
static int64_t whole_of(const char *unit)
{
    if (!strcmp(unit, "%") || !strcmp(unit, "％"))
        return 100;
    return !strcmp(unit, "‰") ? 1000 : 0;
}

bool kind_is_told_as_share(const struct indicator *indicator)
{
    return whole_of(indicator->unit) != 0;
}

enum form { FORM_ANY, FORM_SHARE, FORM_COUNT, FORM_RANK };

static enum form form_of(const struct indicator *indicator)
{
    switch (indicator->kind) {
    case KIND_SHARE:
        return kind_is_told_as_share(indicator) ? FORM_SHARE : FORM_ANY;
    case KIND_COVERAGE:
        return kind_is_told_as_share(indicator) ? FORM_SHARE : FORM_COUNT;
    case KIND_COUNT:
        return FORM_COUNT;
    case KIND_RANK:
        return FORM_RANK;
    default:
        return FORM_ANY;
    }
}

struct name kind_rule(const struct indicator *indicator)
{
    static const struct name rules[] = {
        [FORM_ANY] = {"", ""},
        [FORM_SHARE] = {"占比不为负，也不超过全体", "a share is not below 0 nor above the whole"},
        [FORM_COUNT] = {"计数为不小于0的整数", "a count is a whole number of 0 or more"},
        [FORM_RANK] = {"位次为不小于1的整数", "a rank is a whole number of 1 or more"},
    };
    return rules[form_of(indicator)];
}

/* The power of ten that the unit begins with: 4 of 万人, 6 of 百万元. */
static uint32_t power_of(const char *unit)
{
    static const struct {
        const char *text;
        uint32_t power;
    } prefixes[] = {{"十", 1}, {"百", 2}, {"千", 3}, {"万", 4}, {"亿", 8}};
    uint32_t power = 0;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(unit, prefixes[i].text, strlen(prefixes[i].text)))
            power = prefixes[i].power + power_of(unit + strlen(prefixes[i].text));
    return power;
}

/* False: it is whole already. */
static bool round_to_whole(struct decimal value, const char *unit, struct decimal *out)
{
    uint32_t power = value.decimals > 0 ? power_of(unit) : 0;
    int64_t step = 1;
    for (uint32_t i = power; i < value.decimals; i++)
        step *= 10; /* at most 10^18 */
    int64_t rest = value.unscaled % step, size = rest < 0 ? -rest : rest;
    if (rest == 0)
        return false;
    int64_t away = size < step / 2 ? 0 : rest / size;
    *out = (struct decimal){value.unscaled / step + away, power};
    return true;
}

bool kind_fits(const struct indicator *indicator, struct decimal value, struct decimal *nearest)
{
    const struct range *own = &indicator->plausible;
    const enum form form = form_of(indicator);
    const struct range range = {
        .min = {!own->min.is_set, {form == FORM_RANK ? 1 : 0, 0}},
        .max = {!own->max.is_set && form == FORM_SHARE, {whole_of(indicator->unit), 0}}};
    if (form == FORM_ANY || indicator->checks.no_kind || range_side(own, value) != 0)
        return true;
    int side = range_side(&range, value);
    if (side != 0)
        *nearest = side < 0 ? range.min.value : range.max.value;
    return side == 0 && (form == FORM_SHARE || !round_to_whole(value, indicator->unit, nearest));
}
