/* What the broker's threads count, for /metrics and Status. Each counter has one writer; readers may
 * be any thread.
 */
#ifndef SONGHUA_BROKER_COUNTERS_H
#define SONGHUA_BROKER_COUNTERS_H

#include "proto/base/err.h"

#include <stdatomic.h>
#include <stdint.h>

enum quota_kind { QUOTA_EVENTS, QUOTA_BYTES, QUOTA_STORED, QUOTA_PRODUCERS, QUOTA_KINDS };

struct counters {
    _Atomic uint64_t batches, events, bytes, repeats; /* stored; repeats were acknowledged again */
    _Atomic uint64_t refused[ERR_COUNT];              /* batches, by reason */
    _Atomic uint64_t throttled[QUOTA_KINDS];          /* batches above a key's quota */
    _Atomic uint64_t audit_batches;
    _Atomic uint64_t commits, commit_us;              /* flushes and the time they took */
    _Atomic uint64_t fetches, fetched_bytes, waiting; /* waiting: long polls open now */
    _Atomic uint64_t pruned, pruned_bytes;            /* records that retention let go */
    _Atomic uint64_t retention_held;                  /* and those that a position holds back */
    _Atomic uint64_t retention_held_ms;               /* how long ago that position was saved */
    _Atomic uint64_t live_messages, live_renewals, subscriptions;
    _Atomic int final_error; /* enum err after which nothing is acknowledged, or 0 */
};

static inline void count_add(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static inline uint64_t count_get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
