/* What the alerter knows: for each target in each region the last score seen and the alert that fires.
 * Kept in memory, and on disk beside the position.
 *
 *   key in the outbox's state                                 value, numbers u64 little-endian
 *   "a/" | region, six digits | "/" indicator | "/" target    as_of | is_firing | severity | since_ms |
 *                                                             since_period, 12 bytes | id, 16 bytes
 *   "e/as_of"                                                 ended_as_of
 *
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_ALERTER_STATE_H
#define SONGHUA_ALERTER_STATE_H

#include "consumers/alerter/rules.h"
#include "consumers/service/effects.h"
#include "consumers/service/map.h"

enum { ALERTER_MAX_TARGETS = 4 * 1000 * 1000 };

struct alerter_state {
    struct map tracks;    /* key as on disk without "a/"; value: struct alert_track */
    uint64_t ended_as_of; /* the latest moment of a track that was ended; 0: none was */
};

void alerter_state_init(struct alerter_state *state);
void alerter_state_fini(struct alerter_state *state);

/* The track of the score's target; NULL: there is none yet. */
struct alert_track *alerter_state_find(const struct alerter_state *state, uint32_t region,
                                       const Songhua__V1__Score *score);

/* The track of the score's target, all zero when it is new; to be changed in place and then kept. That
 * ALERTER_MAX_TARGETS are there is logged, with what would be the next.
 * Errors  ERR_USAGE (ids out of form), ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err alerter_state_track(struct alerter_state *state, uint32_t region,
                                        const Songhua__V1__Score *score, struct alert_track **out);

/* Note in `effects` the track as it is now. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err alerter_state_keep(uint32_t region, const Songhua__V1__Score *score,
                                       const struct alert_track *track, struct effects *effects);

/* The track takes no room any more, in memory or on disk; only the latest moment of all that ended is kept.
 * Scores come in the order of their moments, so that what is older than it was heard before.
 * Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err alerter_state_end(struct alerter_state *state, uint32_t region,
                                      const Songhua__V1__Score *score, uint64_t as_of,
                                      struct effects *effects);

/* Everything that was kept. Errors  ERR_CORRUPT, ERR_IO, ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err alerter_state_load(struct alerter_state *state, struct outbox *outbox);

#endif
