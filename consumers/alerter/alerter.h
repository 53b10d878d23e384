/* The alerter as a pure function of the stream scores: scores in, alerts out.
 *
 *     alerter_new(&alerter)
 *     alerter_load(alerter, outbox)                     what an earlier process kept
 *     alerter_handle(alerter, &input, &effects) …       as service_handle
 *     alerter_free(alerter)
 *
 * Topic of an alert: indicator/target/state; region that of the score's batch. Where the ids are so long
 * that the topic would pass 128 bytes, the target's is cut there; the message has it whole.
 */
#ifndef SONGHUA_ALERTER_H
#define SONGHUA_ALERTER_H

#include "consumers/service/service.h"

struct alerter;

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err alerter_new(struct alerter **out);
void alerter_free(struct alerter *alerter);

/* For a service_definition. */
MUST_CHECK enum err alerter_load(void *alerter, struct outbox *outbox);
MUST_CHECK enum err alerter_handle(void *alerter, const struct service_input *input,
                                   struct effects *effects);

#endif
