/* The texts of one report of a milestone or a duty as a Milestone, checked against the framework. */
#ifndef SONGHUA_EVENT_MILESTONE_CHECK_H
#define SONGHUA_EVENT_MILESTONE_CHECK_H

#include "proto/event/event.pb-c.h"
#include "proto/event/finding.h"
#include "proto/event/framework.h"

enum milestone_field {
    MILESTONE_INDICATOR,
    MILESTONE_REGION,
    MILESTONE_PART,
    MILESTONE_STATE,
    MILESTONE_DATE,
    MILESTONE_SOURCE,
    MILESTONE_NOTE,
    MILESTONE_FIELDS
};
const char *milestone_field_name(enum milestone_field field); /* "indicator" */
const char *milestone_field_name_zh(enum milestone_field field);

/* How states of the indicator are reported: not at all, of its parts, or of its periods. */
enum milestone_kind { MILESTONE_NOT, MILESTONE_PARTS, MILESTONE_DUTY };
enum milestone_kind milestone_kind(const struct indicator *indicator);

/* The fields as they were written, without spaces around them; "" where there is none. */
struct milestone_texts {
    const char *text[MILESTONE_FIELDS];
};

/* What milestone_build() points into. */
struct milestone_room {
    char date[DATE_TEXT_BYTES], period[PERIOD_TEXT_BYTES];
};

enum { MILESTONE_ISSUE_TEXT_BYTES = 400 };

struct milestone_issue {
    enum finding finding;
    enum milestone_field field;
    char zh[MILESTONE_ISSUE_TEXT_BYTES], en[MILESTONE_ISSUE_TEXT_BYTES];
};

struct milestone_issues {
    struct milestone_issue items[MILESTONE_FIELDS]; /* at most one for each field */
    size_t count;
};

/* `framework` may be NULL: form only. A state other than planned is refused when its day lies after
 * that of `now_ms`: what has not happened is not reported, or it would come true unseen on its day.
 * UINT64_MAX: any day may have come. `out` points into `texts`, `room` and the framework; it is right
 * when `issues` has none. */
void milestone_build(const struct milestone_texts *texts, const struct framework *framework,
                     uint64_t now_ms, struct milestone_room *room, uint32_t *region,
                     Songhua__V1__Milestone *out, struct milestone_issues *issues);

#endif
