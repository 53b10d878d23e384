/* Observation status, SDMX code list CL_OBS_STATUS: one letter a status.
 * Source  SDMX content-oriented guidelines; event.proto enum ObsStatus. */
#ifndef SONGHUA_EVENT_OBS_STATUS_H
#define SONGHUA_EVENT_OBS_STATUS_H

#include "proto/base/err.h"
#include "proto/event/event.pb-c.h"

#include <stdbool.h>

typedef Songhua__V1__ObsStatus obs_status;

/* A letter in either case, or the Chinese name (初步); empty is A. Errors  ERR_USAGE. */
MUST_CHECK enum err obs_status_parse(const char *text, obs_status *out);

/* Of any value; '?' of one that is not in the list. */
char obs_status_letter(obs_status status);

bool obs_status_is_known(obs_status status);

/* H, L, M, O, Q: there is no figure, and value and decimals mean nothing. */
bool obs_status_is_missing(obs_status status);

/* Whether a judgement may rest on the figure: all but those without one, F (a forecast is not an
 * observation), I (filled in by a receiver) and K (contained in another figure). */
bool obs_status_is_usable(obs_status status);

/* P, E, U, V: the figure may change; a judgement that rests on it is provisional. */
bool obs_status_is_provisional(obs_status status);

#endif
