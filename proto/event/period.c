#include "proto/event/period.h"

#include "proto/base/text.h"

#include <stddef.h>
#include <string.h>

enum { DAY_MS = 86400000, CHINA_OFFSET_MS = 8 * 3600 * 1000 };

/* Up to `max` digits at *text, which moves behind them; -1 when there is none. */
static int take_digits(const char **text, int max)
{
    int value = -1;
    for (; max > 0 && **text >= '0' && **text <= '9'; max--, (*text)++)
        value = (value < 0 ? 0 : value * 10) + (**text - '0');
    return value;
}

static int take_quarter_number(const char **text)
{
    static const char *const numerals[] = {"一", "二", "三", "四"};
    for (int i = 0; i < 4; i++)
        if (text_skip(text, numerals[i]))
            return i + 1;
    return take_digits(text, 1);
}

/* What stands behind "2024年": nothing, 3季度, 第三季度, 6月, Q3. */
static bool read_chinese_part(const char *text, struct period *period)
{
    if (*text == '\0')
        return true;
    const char *start = text;
    int month = take_digits(&text, 2);
    if (month >= 0 && text_skip(&text, "月")) {
        *period = (struct period){period->year, FREQUENCY_MONTH, (uint8_t)month};
        return *text == '\0';
    }
    text = start;
    (void)text_skip(&text, "第");
    int quarter = take_quarter_number(&text);
    if (quarter < 0 || !text_skip(&text, "季"))
        return false;
    (void)text_skip(&text, "度");
    *period = (struct period){period->year, FREQUENCY_QUARTER, (uint8_t)quarter};
    return *text == '\0';
}

/* What stands behind "2024": nothing, -Q3, Q3, -06, 06. */
static bool read_part(const char *text, struct period *period)
{
    if (*text == '\0')
        return true;
    bool has_dash = text_skip(&text, "-");
    if (text_skip(&text, "Q") || text_skip(&text, "q")) {
        int quarter = take_digits(&text, 1);
        *period = (struct period){period->year, FREQUENCY_QUARTER, (uint8_t)quarter};
        return quarter >= 0 && *text == '\0';
    }
    const char *digits = text;
    int month = take_digits(&text, 2);
    *period = (struct period){period->year, FREQUENCY_MONTH, (uint8_t)month};
    return month >= 0 && *text == '\0' && (has_dash || text - digits == 2);
}

static bool is_in_range(struct period period)
{
    static const uint8_t last[] = {0, 4, 12};
    uint8_t first = period.frequency == FREQUENCY_YEAR ? 0 : 1;
    return period.year >= PERIOD_FIRST_YEAR && period.year <= PERIOD_LAST_YEAR &&
           period.part >= first && period.part <= last[period.frequency];
}

enum err period_parse(const char *text, struct period *out, enum finding *why)
{
    const char *rest = text;
    int year = take_digits(&rest, 4);
    struct period period = {(uint16_t)year, FREQUENCY_YEAR, 0};
    bool is_period = rest - text == 4 && (text_skip(&rest, "年") ? read_chinese_part(rest, &period)
                                                                 : read_part(rest, &period));
    if (is_period && is_in_range(period)) {
        *out = period;
        return ERR_OK;
    }
    if (why != NULL)
        *why = is_period ? FINDING_PERIOD_RANGE : FINDING_PERIOD_FORM;
    return ERR_USAGE;
}

static char *put_digits(char *to, unsigned number, int count)
{
    for (int i = count; i-- > 0; number /= 10)
        to[i] = (char)('0' + number % 10);
    return to + count;
}

void period_format(struct period period, char out[PERIOD_TEXT_BYTES])
{
    char *end = put_digits(out, period.year, 4);
    if (period.frequency != FREQUENCY_YEAR)
        *end++ = '-';
    if (period.frequency == FREQUENCY_QUARTER) {
        *end++ = 'Q';
        end = put_digits(end, period.part, 1);
    } else if (period.frequency == FREQUENCY_MONTH) {
        end = put_digits(end, period.part, 2);
    }
    *end = '\0';
}

/* Months from the start of year 0 to the end of the period, less one. */
static uint32_t last_month(struct period period)
{
    uint32_t month = period.frequency == FREQUENCY_YEAR      ? 12U
                     : period.frequency == FREQUENCY_QUARTER ? period.part * 3U
                                                             : period.part;
    return period.year * 12U + month - 1;
}

uint32_t period_key(struct period period)
{
    return last_month(period) * 4 + period.frequency;
}

bool period_is_key(uint32_t key)
{
    uint32_t month = key / 4 % 12 + 1;
    if (key < PERIOD_FIRST_KEY || key >= PERIOD_END_KEY)
        return false;
    switch (key % 4) {
    case FREQUENCY_YEAR:
        return month == 12;
    case FREQUENCY_QUARTER:
        return month % 3 == 0;
    default:
        return key % 4 == FREQUENCY_MONTH;
    }
}

struct period period_from_key(uint32_t key)
{
    uint8_t frequency = (uint8_t)(key % 4);
    uint32_t month = key / 4 % 12 + 1;
    uint32_t part = frequency == FREQUENCY_YEAR      ? 0
                    : frequency == FREQUENCY_QUARTER ? month / 3
                                                     : month;
    return (struct period){(uint16_t)(key / 4 / 12), frequency, (uint8_t)part};
}

double period_years(struct period period)
{
    if (period.frequency == FREQUENCY_QUARTER)
        return period.year + (period.part - 1) / 4.0;
    if (period.frequency == FREQUENCY_MONTH)
        return period.year + (period.part - 1) / 12.0;
    return period.year;
}

/* Days from 1970-01-01 to the first of the month, of the Gregorian calendar. */
static int64_t days_to_month(int64_t year, int64_t month)
{
    static const int16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t leaps = (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
    const int64_t leaps_1970 = 1969 / 4 - 1969 / 100 + 1969 / 400;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return (year - 1970) * 365 + leaps - leaps_1970 + before[month - 1] + (is_leap && month > 2);
}

uint64_t period_end_ms(struct period period)
{
    uint32_t next = last_month(period) + 1;
    int64_t ms = days_to_month(next / 12, next % 12 + 1) * DAY_MS - CHINA_OFFSET_MS;
    return ms > 0 ? (uint64_t)ms : 0;
}

struct period period_next(struct period period)
{
    static const uint8_t last[] = {0, 4, 12};
    struct period next = period;
    if (period.frequency != FREQUENCY_YEAR && period.part < last[period.frequency]) {
        next.part++;
        return next;
    }
    if (period.year >= PERIOD_LAST_YEAR)
        return period;
    next.year++;
    next.part = period.frequency == FREQUENCY_YEAR ? 0 : 1;
    return next;
}

bool period_reaches(struct period a, struct period b)
{
    return last_month(a) >= last_month(b);
}
