/* What every part of a framework is made of. */
#ifndef SONGHUA_EVENT_FRAMEWORK_BASE_H
#define SONGHUA_EVENT_FRAMEWORK_BASE_H

#include "proto/event/date.h"
#include "proto/event/decimal.h"
#include "proto/event/period.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where in the document something stands; from 1. */
struct place {
    uint64_t line, column;
};

struct optional_decimal {
    bool is_set;
    struct decimal value;
};

struct optional_period {
    bool is_set;
    struct period period;
};

struct optional_date {
    bool is_set;
    struct date date;
};

/* A day (2025-12-31) or a whole period (2025): due by its end. */
struct due {
    bool is_set;
    uint64_t end_ms;  /* the first moment after it, in China */
    const char *text; /* as written; NULL when not set */
};

/* A name in both languages. */
struct name {
    const char *zh, *en;
};

struct range {
    struct optional_decimal min, max; /* inclusive */
};

/* -1: below it, 1: above it, 0: within. */
int range_side(const struct range *range, struct decimal value);

/* A share as it was written, held in integers: 2/3 is exactly two thirds. Not set: {0, 0}. */
struct share {
    uint32_t part, whole; /* part <= whole, whole > 0 */
};

#endif
