/* How each part of a milestone stands as of a moment: what was reported of it, when it is due, by how many
 * days that has passed. */
#ifndef SONGHUA_EVALUATE_STANDING_H
#define SONGHUA_EVALUATE_STANDING_H

#include "consumers/evaluate/history.h"
#include "consumers/evaluate/judgement.h"

#define STANDING_DAY_MS ((uint64_t)86400000)

struct part_standing {
    const struct part *part; /* NULL: the item has no parts, and this is the whole */
    double weight;           /* 1 where the framework has none */
    bool is_reported;
    Songhua__V1__MilestoneState state; /* planned unless reported */
    uint64_t date_ms;                  /* the day the state was reached, 0 unless reported */
    struct address address;
    bool has_due;
    uint64_t due_ms;       /* the first moment after its day */
    uint32_t overdue_days; /* of one that is neither done nor exempt; 0: not overdue */
};

bool standing_is(const struct part_standing *standing, Songhua__V1__MilestoneState state);

/* Days, begun ones counted, that have passed since `due_ms` and the days a report may take. */
uint32_t days_past(struct as_of as_of, uint64_t due_ms, uint64_t grace_days);

/* Every part in the framework's order. `target` gives its deadline to parts without a day of their own; it
 * may be NULL. Stops when `visit` answers an error, and answers it. */
typedef enum err standing_visit(void *context, const struct part_standing *standing);
MUST_CHECK enum err standing_each(const struct history *history, const struct target *target,
                                  standing_visit *visit, void *context);

#endif
