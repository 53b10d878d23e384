/* Days of the calendar, in China Standard Time (UTC+8): when a milestone was reached, when a part of it
 * is due. Held by value; all functions are pure.
 */
#ifndef SONGHUA_EVENT_DATE_H
#define SONGHUA_EVENT_DATE_H

#include "proto/base/err.h"
#include "proto/event/period.h"

#include <stdbool.h>
#include <stdint.h>

enum { DATE_TEXT_BYTES = 16 };

struct date {
    uint16_t year;
    uint8_t month, day;
};

/* Read 2024-06-30, 2024/6/30, 2024年6月30日: a day that exists, of the years that periods may have.
 * Errors  ERR_USAGE. */
MUST_CHECK enum err date_parse(const char *text, struct date *out);

void date_format(struct date date, char out[DATE_TEXT_BYTES]); /* 2024-06-30 */

/* The first moment of the day, and the first one after it, in ms since 1970. */
uint64_t date_start_ms(struct date date);
uint64_t date_end_ms(struct date date);

/* The day a moment belongs to, and the month a day does. */
struct date date_of(uint64_t ms);
struct period date_month(struct date date);

/* Which day a moment belongs to, counted from 1970-01-01 in China. */
uint64_t date_number(uint64_t ms);

#endif
