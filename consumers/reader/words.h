/* The words that messages' enumerations are shown by: an id for programs, and Chinese for people.
 * Any value is accepted; one that is not known is "unknown", 未知. */
#ifndef SONGHUA_READER_WORDS_H
#define SONGHUA_READER_WORDS_H

#include "proto/event/event.pb-c.h"

#include <stdint.h>

struct word {
    const char *id, *zh;
};

struct word word_of_alert_state(Songhua__V1__AlertState state);
struct word word_of_severity(Songhua__V1__Severity severity);
struct word word_of_milestone(Songhua__V1__MilestoneState state);
struct word word_of_doubt(Songhua__V1__DoubtKind kind);
struct word word_of_alert_family(Songhua__V1__AlertFamily family);
struct word word_of_action(Songhua__V1__AlertActionKind kind);

struct word word_of_audit(Songhua__V1__AuditAction action);

/* 220100: "Changchun" as id, 长春市; both "" when the table does not have it. */
struct word word_of_region(uint32_t code);
/* Likewise, or what the event says: a unit that a framework defines has a name only there. */
struct word word_of_place(uint32_t code, const Songhua__V1__Event *event);

#endif
