/* Whether somebody waits for what is stored next: the intake wakes the serving thread only then.
 *
 * Waking it for nobody costs more than its own work: it takes the processor just when the
 * acknowledgements should be encrypted and sent. The serving thread says before it sleeps whether
 * somebody waits. Where nobody did before, it must look once more at what is stored: the intake may
 * have committed something in between, and not have woken it.
 */
#ifndef SONGHUA_BROKER_AUDIENCE_H
#define SONGHUA_BROKER_AUDIENCE_H

#include "proto/base/wake.h"

#include <stdatomic.h>
#include <stdbool.h>

struct audience {
    struct wake *wake;      /* of the serving thread */
    atomic_uint is_waiting; /* 0 or 1 */
};

/* The serving thread. True: look again before you sleep. */
static inline bool audience_set(struct audience *audience, bool is_waiting)
{
    return !atomic_exchange(&audience->is_waiting, is_waiting ? 1u : 0u) && is_waiting;
}

/* The intake, after a commit that stored something. */
static inline void audience_announce(struct audience *audience)
{
    /* Adding nothing is a write too, before or after audience_set()'s: so either it is seen here, or the
     * commit is seen there. */
    if (atomic_fetch_add(&audience->is_waiting, 0))
        wake_signal(audience->wake);
}

#endif
