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
    struct wake *wake; /* of the serving thread */
    atomic_bool is_waiting;
};

/* The serving thread. True: look again before you sleep. */
static inline bool audience_set(struct audience *audience, bool is_waiting)
{
    return !atomic_exchange(&audience->is_waiting, is_waiting) && is_waiting;
}

/* The intake, after a commit that stored something. */
static inline void audience_announce(struct audience *audience)
{
    atomic_thread_fence(memory_order_seq_cst); /* the commit comes before the question */
    if (atomic_load(&audience->is_waiting))
        wake_signal(audience->wake);
}

#endif
