/* The evaluation: a framework and the observations recorded so far, and what follows from them as of
 * any moment. Pure: no I/O, no clock, no state outside. The same framework, observations and moment
 * give the same bytes, on any machine and in whatever order the observations were added.
 *
 *     evaluation_new(&limits, &evaluation)
 *     evaluation_set_framework(evaluation, framework, address)
 *     for each event of the record: evaluation_add_observation() / _retraction() / _milestone()
 *     evaluation_judge_all(evaluation, as_of, visit, context)
 *     evaluation_free(evaluation)
 *
 * Several figures for the same indicator, region, period and definition are vintages: the one in
 * force is the latest recorded by the moment; a retraction removes it. An event that was added
 * already (same address) is ignored, so reading a record twice changes nothing.
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_EVALUATE_EVALUATION_H
#define SONGHUA_EVALUATE_EVALUATION_H

#include "consumers/evaluate/judgement.h"
#include "proto/base/err.h"
#include "proto/event/event.pb-c.h"
#include "proto/event/framework.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evaluation;

struct evaluation_limits {
    size_t max_observations; /* 0: 100 million */
    size_t max_series;       /* indicator, region, definition; 0: 1 million */
};

/* The moment that is looked at. `sequence` is the last record that counts (UINT64_MAX: all). `ms` is
 * the time that due dates and deadlines are held against, and figures recorded later do not count;
 * UINT64_MAX: no deadline has passed and nothing is due. It is a time stored in the record or given
 * by the caller, never a clock read in here. */
struct as_of {
    uint64_t sequence;
    uint64_t ms;
};

struct evaluation_counts {
    uint64_t observations, retractions, milestones, repeated; /* added; ignored as added already */
    size_t series;
};

/* `limits` may be NULL. Errors  ERR_NOMEM. */
MUST_CHECK enum err evaluation_new(const struct evaluation_limits *limits, struct evaluation **out);
void evaluation_free(struct evaluation *evaluation);

/* From `address` on this framework is in force. It is borrowed and must outlive the evaluation.
 * Errors  ERR_LIMIT (more than 4,096 versions), ERR_NOMEM. */
MUST_CHECK enum err evaluation_set_framework(struct evaluation *evaluation,
                                             const struct framework *framework,
                                             struct address address);
/* The one in force as of the moment; NULL: none yet. */
const struct framework *evaluation_framework(const struct evaluation *evaluation,
                                             struct as_of as_of);

/* Add what a record says. Texts are copied where they must be kept.
 * Errors  ERR_USAGE (an event that cannot be right whatever the framework: period, decimals, ids),
 *         ERR_LIMIT, ERR_NOMEM. Nothing was added then. */
MUST_CHECK enum err evaluation_add_observation(struct evaluation *evaluation, uint32_t region,
                                               const Songhua__V1__Observation *observation,
                                               struct address address, uint64_t stored_ms);
MUST_CHECK enum err evaluation_add_retraction(struct evaluation *evaluation, uint32_t region,
                                              const Songhua__V1__Retraction *retraction,
                                              struct address address, uint64_t stored_ms);
MUST_CHECK enum err evaluation_add_milestone(struct evaluation *evaluation, uint32_t region,
                                             const Songhua__V1__Milestone *milestone,
                                             struct address address, uint64_t stored_ms);

/* The figures as rows, to be kept by the caller and given back to a new evaluation: every row that is
 * new or has another value since the last call, to replace the one with its key. Frameworks are not
 * among them. What the rows look like is in series_row.h; EVALUATION_ROWS_VERSION is theirs.
 * Errors  ERR_LIMIT, ERR_NOMEM, what `row` answered: its row and those after it are due again. */
enum { EVALUATION_ROWS_VERSION = 1 };
typedef enum err evaluation_row(void *context, const void *key, size_t key_size, const void *value,
                                size_t value_size);
MUST_CHECK enum err evaluation_save(struct evaluation *evaluation, evaluation_row *row,
                                    void *context);

/* Take up a row; all of them, in the order of their keys as bytes, before anything is added, and then
 * say so with the second call.
 * Errors  ERR_CORRUPT (no row of this version), ERR_LIMIT, ERR_NOMEM: the evaluation is of no use. */
MUST_CHECK enum err evaluation_restore(struct evaluation *evaluation, const void *key,
                                       size_t key_size, const void *value, size_t value_size);
MUST_CHECK enum err evaluation_restored(struct evaluation *evaluation);

/* Whether the target is judged in the region; "": the indicator without one. */
bool evaluation_asks(const struct indicator *indicator, const char *target_id, uint32_t region);

/* Judge one target (NULL: as an indicator without one) in one region. `indicator` and `target` are
 * of the framework in force as of the moment. */
void evaluation_judge(const struct evaluation *evaluation, struct as_of as_of,
                      const struct indicator *indicator, const struct target *target,
                      uint32_t region, struct judgement *out);

/* Every judgement of the framework in force: indicators in the document's order, their targets in
 * order, regions in order. An indicator is judged once, without target, in regions where none of its
 * targets applies. Stops when `visit` answers an error, and answers it.
 * Errors  ERR_NOT_FOUND (no framework as of the moment), what `visit` answered. */
typedef enum err evaluation_visit(void *context, const struct judgement *judgement);
MUST_CHECK enum err evaluation_judge_all(const struct evaluation *evaluation, struct as_of as_of,
                                         evaluation_visit *visit, void *context);

/* The judgements of one indicator in one region only: what a new figure for it may have changed.
 * Nothing is visited when the framework does not watch it there. Errors  as above. */
MUST_CHECK enum err evaluation_judge_one(const struct evaluation *evaluation, struct as_of as_of,
                                         const char *indicator_id, uint32_t region,
                                         evaluation_visit *visit, void *context);

struct evaluation_counts evaluation_counts(const struct evaluation *evaluation);

#endif
