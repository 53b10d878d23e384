/* What the intake and the serving thread owe each other.
 *
 * Whether somebody waits for what is stored next: the intake wakes the serving thread only then. Waking it
 * for nobody costs more than its own work: it takes the processor just when the acknowledgements should be
 * encrypted and sent. The serving thread says before it sleeps whether somebody waits. Where nobody did
 * before, it must look once more at what is stored: the intake may have committed something in between,
 * and not have woken it.
 *
 * Whether something is acknowledged that no reader can see yet (journal_keep()). Then nobody waited for it,
 * and who asks now is answered after it is committed.
 */
#ifndef SONGHUA_BROKER_AUDIENCE_H
#define SONGHUA_BROKER_AUDIENCE_H

#include "proto/base/wake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct audience {
    struct wake *wake;      /* of the serving thread */
    struct wake *intake;    /* of the intake: commit what is hidden */
    atomic_uint is_waiting; /* 0 or 1 */
    atomic_bool is_hidden;  /* set and cleared by the intake */
    pthread_mutex_t mutex;  /* for those below */
    pthread_cond_t is_shown;
    unsigned shows;
};

static inline void audience_init(struct audience *audience, struct wake *intake, struct wake *serve)
{
    audience->wake = serve;
    audience->intake = intake;
    atomic_init(&audience->is_waiting, 0);
    atomic_init(&audience->is_hidden, false);
    pthread_mutex_init(&audience->mutex, NULL);
    pthread_cond_init(&audience->is_shown, NULL);
}

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

static inline bool audience_is_waiting(struct audience *audience)
{
    return atomic_load(&audience->is_waiting) != 0;
}

/* The intake, before it acknowledges what it has only kept. */
static inline void audience_hide(struct audience *audience)
{
    atomic_store(&audience->is_hidden, true);
}

/* The intake, when all that it has acknowledged is committed, or it ends. */
static inline void audience_show(struct audience *audience)
{
    if (!atomic_load(&audience->is_hidden))
        return;
    pthread_mutex_lock(&audience->mutex);
    atomic_store(&audience->is_hidden, false);
    audience->shows++;
    pthread_cond_broadcast(&audience->is_shown);
    pthread_mutex_unlock(&audience->mutex);
}

/* The serving thread, before it answers: what was acknowledged until now can be read. */
static inline void audience_catch_up(struct audience *audience)
{
    if (!atomic_load(&audience->is_hidden))
        return;
    pthread_mutex_lock(&audience->mutex);
    unsigned shows = audience->shows;
    wake_signal(audience->intake);
    while (atomic_load(&audience->is_hidden) && audience->shows == shows)
        pthread_cond_wait(&audience->is_shown, &audience->mutex);
    pthread_mutex_unlock(&audience->mutex);
}

#endif
