/* What the scorer knows: the figures and frameworks of the record so far, and the judgements published
 * last. All of it is kept in memory, and on disk beside the position in a form that is quick to read: a
 * start takes a tenth of a microsecond for a figure.
 *
 *   key in the outbox's state                                            value
 *   "version"                                                            SCORER_STATE_VERSION u32 le |
 *                                                                        EVALUATION_ROWS_VERSION u32 le
 *   "v/" | a row's key                                                   the row (evaluation_save())
 *   "r/" | sequence u64 be | stored_ms u64 le | region u32 le |
 *          event_count u32 le | is_framework u8                          the record's payload
 *   "d/" | region, six digits | "/" indicator "/" definition "/" period  which kinds of doubts (a bit each),
 *                                                                        u32 le | digest of all of them
 *   "t/day"                                                               the last day judged, u64 le
 *   "p/" | region, six digits | "/" indicator | "/" target               digest of the judgement; zeroes: closed
 *
 * Whole records are kept only when they bring more than figures and retractions. A state of another
 * version, or damaged, is not used: the caller makes it anew from the record.
 *
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_SCORER_STATE_H
#define SONGHUA_SCORER_STATE_H

#include "consumers/evaluate/evaluation.h"
#include "consumers/service/map.h"
#include "consumers/service/service.h"
#include "proto/base/arena.h"
#include "proto/wire/digest.h"

enum {
    SCORER_STATE_VERSION = 1,
    SCORER_MAX_FRAMEWORKS = 4096,
    SCORER_MAX_TARGETS = 4 * 1000 * 1000,
    REFUSALS_KEPT = 4,
    DOUBTS_BYTES = 4 + DIGEST_BYTES,
    REFUSAL_TEXT_BYTES = 512
};

struct scorer_state {
    struct evaluation *evaluation;
    struct framework *frameworks[SCORER_MAX_FRAMEWORKS]; /* owned; the evaluation borrows them */
    size_t framework_count;
    struct map
        published;     /* key as on disk without "p/"; value: 32 bytes, digest of the judgement */
    struct map doubts; /* key as on disk without "d/"; value: DOUBTS_BYTES */
    uint64_t day;      /* date_number() of the record that everything was judged at last; 0: none */
    bool is_version_kept;
    uint64_t refused; /* events that cannot be right, and frameworks that are wrong */
};

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err scorer_state_new(struct scorer_state **out);
void scorer_state_free(struct scorer_state *state);

/* A framework that was left out, and the first thing that is wrong with it. */
struct refusal {
    struct address address;
    const Songhua__V1__FrameworkVersion *version; /* the record's */
    uint64_t findings;
    char zh[REFUSAL_TEXT_BYTES], en[REFUSAL_TEXT_BYTES];
};

/* What a record did to the state. */
struct absorbed {
    bool has_changed;  /* a figure, a retraction, a milestone or a framework was taken */
    bool is_framework; /* a framework was: every judgement may differ */
    bool has_more;     /* more than figures and retractions were: it is kept whole */
    struct refusal refusals[REFUSALS_KEPT];
    size_t refusal_count; /* kept; more in one record are logged only */
};

/* Take up the record's figures, retractions, milestones and frameworks; what cannot be right is logged with its
 * address and left out. A framework counts only under the topic "framework", which planners alone may
 * publish. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err scorer_state_absorb(struct scorer_state *state,
                                        const struct service_input *input, struct absorbed *out);

/* Note in `effects` a record that brings more than figures, whole. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err scorer_state_keep_record(struct scorer_state *state,
                                             const struct service_input *input,
                                             struct effects *effects);

/* Note in `effects` the rows of all figures that were absorbed since the last call.
 * Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err scorer_state_keep(struct scorer_state *state, struct effects *effects);

/* What is doubted of one figure: replace it by `doubts`, of which there are `count`. If that changes
 * anything, it is noted in `effects`, and *before is the mask of the kinds doubted until now.
 * Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err scorer_state_doubt(struct scorer_state *state, const char *place,
                                       const Songhua__V1__Doubt *doubts, size_t count,
                                       struct effects *effects, uint32_t *before, bool *is_changed);

/* The day of a record on which everything is judged, from now on also in `effects`. With each new day a
 * report may be late and a part overdue, though nothing was reported. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err scorer_state_turn(struct scorer_state *state, uint64_t day,
                                      struct effects *effects);

/* Whether the judgement of the target differs from the one published last; if so, it is the one from
 * now on, also in `effects`. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err scorer_state_replace(struct scorer_state *state, uint32_t region,
                                         const Songhua__V1__Score *score, struct effects *effects,
                                         bool *is_changed);

/* As scorer_state_replace() of a judgement that is the last of its target: what was published is taken out of
 * account. Nothing changes when nothing was, or it was closed before. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err scorer_state_close(struct scorer_state *state, uint32_t region,
                                       const Songhua__V1__Score *score, struct effects *effects,
                                       bool *is_changed);

/* Everything that was kept. Errors  ERR_CORRUPT, ERR_VERSION, ERR_IO, ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err scorer_state_load(struct scorer_state *state, struct outbox *outbox);

#endif
