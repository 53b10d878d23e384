/* Is this observation one that the framework knows, in its unit, period, region and range? */
#ifndef SONGHUA_EVENT_OBSERVATION_CHECK_H
#define SONGHUA_EVENT_OBSERVATION_CHECK_H

#include "proto/event/event.pb-c.h"
#include "proto/event/finding.h"
#include "proto/event/framework.h"

#include <stddef.h>
#include <stdint.h>

/* The fields of an observation as a person writes them: the columns of the CSV form, in its order. */
enum observation_field {
    FIELD_INDICATOR,
    FIELD_REGION,
    FIELD_PERIOD,
    FIELD_VALUE,
    FIELD_UNIT,
    FIELD_OBS_STATUS,
    FIELD_DEFINITION,
    FIELD_SOURCE,
    FIELD_NOTE,
    FIELD_COUNT
};
const char *observation_field_name(enum observation_field field);    /* "obs_status" */
const char *observation_field_name_zh(enum observation_field field); /* "状态" */

enum {
    OBSERVATION_ID_MAX_BYTES = 64,
    OBSERVATION_TEXT_MAX_BYTES = 2000,
    OBSERVATION_MAX_ISSUES = 9,
    ISSUE_VALUE_BYTES = 84,
    ISSUE_TEXT_BYTES = 320
};

struct observation_issue {
    enum finding finding;
    enum observation_field field;
    char value[ISSUE_VALUE_BYTES];                   /* as it was found, cut when long */
    char zh[ISSUE_TEXT_BYTES], en[ISSUE_TEXT_BYTES]; /* what is wrong and what would be right */
};

struct observation_issues {
    size_t count;
    struct observation_issue items[OBSERVATION_MAX_ISSUES];
};

/* Check against `framework` and add to `out` everything that is wrong, beside what is in it already. An
 * empty unit is the framework's. With framework NULL only form and limits are checked. */
void observation_check(const struct framework *framework, uint32_t region,
                       const Songhua__V1__Observation *observation, struct observation_issues *out);

#endif
