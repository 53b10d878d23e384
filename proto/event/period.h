/* Reference periods: a year, a quarter or a month.
 *
 * Canonical text is 2024, 2024-Q3, 2024-06. Held by value; all functions are pure.
 */
#ifndef SONGHUA_EVENT_PERIOD_H
#define SONGHUA_EVENT_PERIOD_H

#include "proto/base/err.h"
#include "proto/event/finding.h"

#include <stdbool.h>
#include <stdint.h>

enum { PERIOD_TEXT_BYTES = 12, PERIOD_FIRST_YEAR = 1949, PERIOD_LAST_YEAR = 2100 };

enum frequency { FREQUENCY_YEAR, FREQUENCY_QUARTER, FREQUENCY_MONTH };

struct period {
    uint16_t year;
    uint8_t frequency; /* enum frequency */
    uint8_t part;      /* quarter 1..4 or month 1..12; 0 for a year */
};

/* Read 2024, 2024年, 2024-Q3, 2024Q3, 2024q3, 2024年3季度, 2024年第3季度, 2024年三季度, 2024-06, 202406,
 * 2024年6月, 2024-6.
 * why     may be NULL; on an error FINDING_PERIOD_FORM or FINDING_PERIOD_RANGE
 * Errors  ERR_USAGE. */
MUST_CHECK enum err period_parse(const char *text, struct period *out, enum finding *why);

void period_format(struct period period, char out[PERIOD_TEXT_BYTES]);

/* Sorts by the month in which the period ends, then year before quarter before month; different
 * periods have different keys. */
uint32_t period_key(struct period period);
struct period period_from_key(uint32_t key); /* of a key that period_key() gave */
enum {
    PERIOD_FIRST_KEY = PERIOD_FIRST_YEAR * 12 * 4, /* every key is from here … */
    PERIOD_END_KEY = (PERIOD_LAST_YEAR + 1) * 12 * 4
};                                /* … to below here */
bool period_is_key(uint32_t key); /* whether period_key() gives it */

/* The period's place on the axis of years on which growth is measured: 2020 is 2020.0, 2020-Q2 is
 * 2020.25, 2020-07 is 2020.5 (the start of the period, so that periods of one frequency are as far
 * apart as they are in time). Source  EVALUATION.md section 2. */
double period_years(struct period period);

/* The first moment after the period, China Standard Time (UTC+8), in ms since 1970. */
uint64_t period_end_ms(struct period period);

/* The period of the same frequency after this one. Past the last year it stays the same. */
struct period period_next(struct period period);

/* Whether `a` ends at or after the end of `b`: the figure for `a` covers the deadline `b`. */
bool period_reaches(struct period a, struct period b);

#endif
