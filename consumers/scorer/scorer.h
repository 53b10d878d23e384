/* The scorer as a pure function of the record: events in, changed judgements out.
 *
 *     scorer_new(&scorer)
 *     scorer_load(scorer, outbox)                      what an earlier process kept; after an error
 *                                                      scorer_reset(scorer), and all records again
 *     scorer_handle(scorer, &input, &effects) …        as service_handle
 *     scorer_keep(scorer, &effects)                    as service_keep, before they are stored
 *     scorer_free(scorer)
 *
 * A record's figures are judged as of that record: by its number and by the time it was stored. Only
 * the indicators that the record touches are judged, all of them after a framework, and only a
 * judgement that differs from the one published last is published: topic the indicator's id, region
 * that of the target. The first record of a day has all judged, since days that pass make reports late
 * and parts overdue. A framework that is wrong is left out and said to be (FrameworkRefusal). So the
 * stream scores follows from the stream events byte for byte (verify.c).
 */
#ifndef SONGHUA_SCORER_H
#define SONGHUA_SCORER_H

#include "consumers/service/service.h"

struct scorer;

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err scorer_new(struct scorer **out);
void scorer_free(struct scorer *scorer);

/* Errors  ERR_CORRUPT, ERR_VERSION (kept by another program's version), ERR_IO, ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err scorer_load(void *scorer, struct outbox *outbox);
/* Knows nothing again. Errors  ERR_NOMEM. */
MUST_CHECK enum err scorer_reset(void *scorer);
MUST_CHECK enum err scorer_keep(void *scorer, struct effects *effects);
MUST_CHECK enum err scorer_handle(void *scorer, const struct service_input *input,
                                  struct effects *effects);

#endif
