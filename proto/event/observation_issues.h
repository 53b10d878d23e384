/* How the checks of observations gather what they find; for proto/event alone. */
#ifndef SONGHUA_EVENT_OBSERVATION_ISSUES_H
#define SONGHUA_EVENT_OBSERVATION_ISSUES_H

#include "proto/event/observation_check.h"

/* Add an issue, unless the field has one already. "" for zh and en: the finding's own remedy. */
void issue_add(struct observation_issues *issues, enum finding finding,
               enum observation_field field, const char *value, const char *zh, const char *en);

#endif
