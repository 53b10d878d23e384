/* The broker's /metrics page. */
#ifndef SONGHUA_BROKER_METRICS_H
#define SONGHUA_BROKER_METRICS_H

#include "broker/access.h"
#include "broker/counters.h"
#include "broker/guard.h"
#include "broker/journal/journal.h"
#include "proto/base/buffer.h"

struct metrics_sources {
    const struct counters *counters;
    const struct guard *guard;
    struct journal *journal;
    struct access *access;
    const char *const *streams;
    uint64_t started_ms;
};

/* Append all families. Errors  those of the journal, ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err metrics_render(const struct metrics_sources *sources, struct buffer *out);

#endif
