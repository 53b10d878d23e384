#include "proto/event/date.h"

#include "proto/base/text.h"

#include <stdio.h>
#include <string.h>

static const uint64_t day_ms = 86400000, china_offset_ms = 8 * 3600000;

/* One to `max` digits at *text, which moves behind them. */
static bool take_number(const char **text, int max, unsigned *out)
{
    int digits = 0;
    *out = 0;
    for (; digits < max && **text >= '0' && **text <= '9'; digits++)
        *out = *out * 10 + (unsigned)(*(*text)++ - '0');
    return digits > 0;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && is_leap ? 1U : 0U);
}

static bool is_day(unsigned year, unsigned month, unsigned day)
{
    return year >= PERIOD_FIRST_YEAR && year <= PERIOD_LAST_YEAR && month >= 1 && month <= 12 &&
           day >= 1 && day <= days_in_month(year, month);
}

enum err date_parse(const char *text, struct date *out)
{
    static const char *const forms[][3] = {{"-", "-", ""}, {"/", "/", ""}, {"年", "月", "日"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *at = text;
        unsigned year, month, day;
        if (!take_number(&at, 4, &year) || !text_skip(&at, forms[i][0]) ||
            !take_number(&at, 2, &month) || !text_skip(&at, forms[i][1]) ||
            !take_number(&at, 2, &day) || !text_skip(&at, forms[i][2]) || *at != '\0' ||
            !is_day(year, month, day))
            continue;
        *out = (struct date){(uint16_t)year, (uint8_t)month, (uint8_t)day};
        return ERR_OK;
    }
    return ERR_USAGE;
}

void date_format(struct date date, char out[DATE_TEXT_BYTES])
{
    snprintf(out, DATE_TEXT_BYTES, "%04u-%02u-%02u", date.year % 10000U, date.month % 100U,
             date.day % 100U);
}

uint64_t date_start_ms(struct date date)
{
    struct period month = {date.year, FREQUENCY_MONTH, date.month};
    uint64_t days_left = days_in_month(date.year, date.month) - date.day + 1;
    uint64_t end = period_end_ms(month);
    return end > days_left * day_ms ? end - days_left * day_ms : 0;
}

uint64_t date_end_ms(struct date date)
{
    struct period month = {date.year, FREQUENCY_MONTH, date.month};
    uint64_t days_left = days_in_month(date.year, date.month) - date.day;
    uint64_t end = period_end_ms(month);
    return end > days_left * day_ms ? end - days_left * day_ms : 0;
}

uint64_t date_number(uint64_t ms)
{
    return ms > UINT64_MAX - china_offset_ms ? UINT64_MAX / day_ms
                                             : (ms + china_offset_ms) / day_ms;
}

struct date date_of(uint64_t ms)
{
    uint64_t years = date_number(ms) / 366; /* never too many: the rest is counted up to */
    struct period at = {PERIOD_LAST_YEAR, FREQUENCY_YEAR, 0};
    if (years < PERIOD_LAST_YEAR - 1970)
        at.year = (uint16_t)(1970 + years);
    while (period_end_ms(at) <= ms && at.year < PERIOD_LAST_YEAR)
        at.year++;
    struct date first = {at.year, 1, 1};
    while (first.month < 12 && period_end_ms(date_month(first)) <= ms)
        first.month++;
    uint64_t day = date_number(ms) - date_number(date_start_ms(first)) + 1;
    unsigned last = days_in_month(first.year, first.month);
    first.day = (uint8_t)(day < last ? day : last);
    return first;
}

struct period date_month(struct date date)
{
    return (struct period){date.year, FREQUENCY_MONTH, date.month};
}
