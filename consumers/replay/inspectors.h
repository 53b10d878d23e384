/* Looks at records on several threads and hands the findings on in order.
 *
 *     inspectors_open(threads, &keys, take, context, &inspectors)
 *     inspectors_add(inspectors, bytes, size) …     copies the record; may call take() for earlier ones
 *     inspectors_finish(inspectors)                 take() has been called for every record
 *     inspectors_close(&inspectors)
 *
 * Digests and signatures cost most of a verification and need nothing but the record, so workers make
 * them; what must be in order is cheap and stays with the caller's thread, which also fetches.
 */
#ifndef SONGHUA_REPLAY_INSPECTORS_H
#define SONGHUA_REPLAY_INSPECTORS_H

#include "proto/wire/chains.h"

struct inspectors;

/* Called in the thread that adds, in the order of adding. An error ends the work. */
typedef enum err inspectors_take(void *context, const struct chain_link *link);

/* `threads` 0: as many as the machine has processors, at most 16. `keys` is borrowed.
 * Errors  ERR_NOMEM. */
MUST_CHECK enum err inspectors_open(unsigned threads, const struct chain_keys *keys,
                                    inspectors_take *take, void *context, struct inspectors **out);
void inspectors_close(struct inspectors **inspectors);

/* Errors of both  what take() answered; from then on nothing is taken any more. ERR_NOMEM. */
MUST_CHECK enum err inspectors_add(struct inspectors *inspectors, const void *record, size_t size);
MUST_CHECK enum err inspectors_finish(struct inspectors *inspectors);

#endif
