#include "proto/base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { YEAR_MIN = 1970, YEAR_MAX = 9999, MINUTES_PER_DAY = 24 * 60 };

/* A moment as it was written; what was left out is the earliest. */
struct moment {
    int year, month, day, hour, minute, second, millisecond;
    bool has_offset;
    int offset_minutes;
};

/* --- relative forms --------------------------------------------------------------------------- */

static uint64_t day_start(uint64_t now_ms, int days)
{
    time_t now = (time_t)(now_ms / 1000);
    struct tm local;
    localtime_r(&now, &local);
    local.tm_hour = local.tm_min = local.tm_sec = 0;
    local.tm_mday += days;
    local.tm_isdst = -1;
    return (uint64_t)mktime(&local) * 1000;
}

/* now, today, yesterday, -1h, @milliseconds. False: not of that form. */
static bool parse_relative(const char *text, uint64_t now_ms, uint64_t *out)
{
    uint64_t value;
    if (!strcmp(text, "now"))
        *out = now_ms;
    else if (!strcmp(text, "today"))
        *out = day_start(now_ms, 0);
    else if (!strcmp(text, "yesterday"))
        *out = day_start(now_ms, -1);
    else if (text[0] == '-' && !text_parse_duration(text + 1, &value) && value <= now_ms)
        *out = now_ms - value;
    else if (text[0] == '@' && !text_parse_u64(text + 1, &value))
        *out = value;
    else
        return false;
    return true;
}

/* --- written forms ---------------------------------------------------------------------------- */

/* Exactly `count` digits at *text, within the range. */
static bool take(const char **text, int count, int min, int max, int *out)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        char c = (*text)[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    if (value < min || value > max)
        return false;
    *text += count;
    *out = value;
    return true;
}

static bool parse_offset(const char **text, struct moment *moment)
{
    int hours, minutes;
    moment->has_offset = true;
    if (text_skip(text, "Z"))
        return true;
    int sign = **text == '-' ? -1 : 1;
    if (**text != '+' && **text != '-')
        return false;
    ++*text;
    if (!take(text, 2, 0, 23, &hours) || !text_skip(text, ":") || !take(text, 2, 0, 59, &minutes))
        return false;
    moment->offset_minutes = sign * (hours * 60 + minutes);
    return true;
}

static bool parse_clock(const char **text, struct moment *moment)
{
    if (!take(text, 2, 0, 23, &moment->hour) || !text_skip(text, ":") ||
        !take(text, 2, 0, 59, &moment->minute))
        return false;
    if (text_skip(text, ":") && !take(text, 2, 0, 59, &moment->second))
        return false;
    if (text_skip(text, ".") && !take(text, 3, 0, 999, &moment->millisecond))
        return false;
    return !**text || parse_offset(text, moment);
}

/* 2024Q3 and 2024-Q3 begin on the first of July. */
static bool parse_quarter(const char **text, struct moment *moment)
{
    int quarter;
    const char *at = *text;
    text_skip(&at, "-");
    if (!text_skip(&at, "Q") || !take(&at, 1, 1, 4, &quarter))
        return false;
    moment->month = 3 * quarter - 2;
    *text = at;
    return true;
}

static bool parse_written(const char *text, struct moment *moment)
{
    *moment = (struct moment){.month = 1, .day = 1};
    if (!take(&text, 4, YEAR_MIN, YEAR_MAX, &moment->year))
        return false;
    if (!*text || !strcmp(text, "年"))
        return true;
    if (parse_quarter(&text, moment))
        return !*text;
    if (!text_skip(&text, "-") || !take(&text, 2, 1, 12, &moment->month))
        return false;
    if (!*text)
        return true;
    if (!text_skip(&text, "-") || !take(&text, 2, 1, 31, &moment->day))
        return false;
    if (!*text)
        return true;
    return (text_skip(&text, "T") || text_skip(&text, " ")) && parse_clock(&text, moment) && !*text;
}

/* mktime and timegm turn a 31st of June into a 1st of July; such a day is refused. */
static enum err to_ms(const struct moment *moment, uint64_t *out)
{
    struct tm fields = {.tm_year = moment->year - 1900,
                        .tm_mon = moment->month - 1,
                        .tm_mday = moment->day,
                        .tm_hour = moment->hour,
                        .tm_min = moment->minute,
                        .tm_sec = moment->second,
                        .tm_isdst = -1};
    time_t seconds = moment->has_offset ? timegm(&fields) : mktime(&fields);
    if (fields.tm_mday != moment->day)
        return ERR_USAGE;
    seconds -= moment->offset_minutes * 60;
    if (seconds < 0)
        return ERR_USAGE;
    *out = (uint64_t)seconds * 1000 + (uint64_t)moment->millisecond;
    return ERR_OK;
}

enum err text_parse_time(const char *text, uint64_t now_ms, uint64_t *out)
{
    struct moment moment;
    if (parse_relative(text, now_ms, out))
        return ERR_OK;
    return parse_written(text, &moment) ? to_ms(&moment, out) : ERR_USAGE;
}

void text_format_time(uint64_t ms, _Bool is_utc, char out[TEXT_TIME_BYTES])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm fields;
    char date[24], offset[8] = "Z";
    bool is_known = is_utc ? gmtime_r(&seconds, &fields) : localtime_r(&seconds, &fields);
    if (!is_known || !strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &fields)) {
        snprintf(out, TEXT_TIME_BYTES, "@%llu", (unsigned long long)ms);
        return;
    }
    if (!is_utc) {
        long minutes = fields.tm_gmtoff / 60, size = minutes < 0 ? -minutes : minutes;
        snprintf(offset, sizeof offset, "%c%02ld:%02ld", minutes < 0 ? '-' : '+',
                 size % MINUTES_PER_DAY / 60, size % 60);
    }
    snprintf(out, TEXT_TIME_BYTES, "%s.%03u%s", date, (unsigned)(ms % 1000), offset);
}
