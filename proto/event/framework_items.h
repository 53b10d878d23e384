/* What a framework says about items that are not one figure against one number: named parts with their
 * dates, duties that come again, checks of figures, identities between indicators. Part of framework.h,
 * which is what others include.
 */
#ifndef SONGHUA_EVENT_FRAMEWORK_ITEMS_H
#define SONGHUA_EVENT_FRAMEWORK_ITEMS_H

#include "proto/event/framework_base.h"
#include "proto/event/region.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A named part of a milestone: a zone, a law, a laboratory. */
struct part {
    struct place place;
    const char *id; /* unique within the indicator */
    struct name name;
    struct due due;
    struct optional_decimal weight; /* among the parts: all or none */
    const char *clause, *quote;
    const char *author, *reason; /* whose date or weight it is when it is not the policy's */
};

/* How much of a part is done in a stage; done is 1, cancelled 0, and an exempt part does not count.
 * A half at the start is the 50/50 rule of earned value. */
struct stages {
    double planned, started; /* 0 and 0.5 unless given */
};

/* Which doubts are looked for, and from where on. All are, unless said otherwise.
 * Source  EVALUATION-METHODS.md 5.3. */
struct checks {
    double jump;     /* robust z of a change; 3.5 unless given; 0: not looked for */
    double revision; /* relative change by a revision; 0.1 unless given; 0: not looked for */
    bool no_unit_slip, no_copy, no_decrease, no_late, no_digits, no_early, no_kind;
};

enum identity_kind {
    IDENTITY_RATIO,      /* of = factor x numerator / denominator */
    IDENTITY_SUM,        /* of in `region` = sum of it over `regions` */
    IDENTITY_PART,       /* of <= whole */
    IDENTITY_CUMULATIVE, /* of = difference of its cumulative definition */
    IDENTITY_SAME /* of = another source's: `with`, or its own, in `definition` or the primary one */
};

struct indicator;

/* What must hold between figures of one period. */
struct figure_identity {
    struct place place;
    const char *id;
    enum identity_kind kind;
    const char *of_id, *numerator_id, *denominator_id, *whole_id, *with_id;
    const char
        *definition_id; /* IDENTITY_CUMULATIVE: the one that runs from the start of the year */
    struct optional_decimal factor; /* 1 unless given */
    uint32_t region;
    uint32_t *regions;
    size_t region_count;
    double tolerance; /* of the reported figure, beyond half its last digit; 0 unless given */
    const char *author, *reason;
    const struct indicator *of, *numerator, *denominator, *whole, *with; /* linked by validation */
};

enum {
    FRAMEWORK_MAX_PARTS = 200, /* of one indicator */
    FRAMEWORK_MAX_ITEMS = 32,  /* of the policy's list, in one indicator */
    FRAMEWORK_MAX_IDENTITIES = 500
};

#endif
