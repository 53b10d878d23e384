/* What was reported of milestones and duties: for an indicator and a region every report, in the order of
 * their addresses. For consumers/evaluate alone.
 *
 * A report gives the state of one named part ("" for an item that is one whole, the period for a duty).
 * Of several for the same part the one recorded last counts, as for figures; one whose day is still to
 * come does not count yet.
 */
#ifndef SONGHUA_EVALUATE_MILESTONES_H
#define SONGHUA_EVALUATE_MILESTONES_H

#include "consumers/evaluate/evaluation.h"
#include "proto/base/arena.h"

struct milestone_report {
    struct address address;
    uint64_t stored_ms;
    uint64_t date_ms; /* the first moment of the day on which the state was reached */
    const char *part;
    Songhua__V1__MilestoneState state;
};

struct milestone_log {
    uint64_t hash;
    const char *indicator;
    uint32_t region;
    uint32_t count, capacity;
    struct milestone_report *reports; /* in order of address */
};

struct milestones {
    struct arena *arena;          /* borrowed; everything but the table lies in it */
    struct milestone_log **table; /* open addressing, a power of two */
    size_t table_size, count;
};

void milestones_init(struct milestones *milestones, struct arena *arena);
void milestones_fini(struct milestones *milestones);

/* *is_new is false when a report of the same address is there already.
 * Errors  ERR_USAGE (no day, or one after that of `stored_ms`; unknown state, ids out of form), ERR_NOMEM. */
MUST_CHECK enum err milestones_add(struct milestones *milestones, uint32_t region,
                                   const Songhua__V1__Milestone *milestone, struct address address,
                                   uint64_t stored_ms, bool *is_new);

/* NULL: nothing was ever reported. */
const struct milestone_log *milestones_find(const struct milestones *milestones,
                                            const char *indicator, uint32_t region);

/* Whether the report counts as of the moment. */
bool milestone_counts(const struct milestone_report *report, struct as_of as_of);

/* The report in force for a part; NULL: none. `log` may be NULL. */
const struct milestone_report *milestone_in_force(const struct milestone_log *log, const char *part,
                                                  struct as_of as_of);

#endif
