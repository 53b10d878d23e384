/* The rules that every method shares. For consumers/evaluate alone. */
#ifndef SONGHUA_EVALUATE_JUDGE_H
#define SONGHUA_EVALUATE_JUDGE_H

#include "consumers/evaluate/history.h"
#include "consumers/evaluate/judgement.h"
#include "consumers/evaluate/method.h"

/* Judge by the figures of `history`; its indicator and moment are the question's. */
void judge(const struct history *history, const struct target *target, uint32_t region,
           struct judgement *out);

/* Where the way to the target (NULL: none) begins for the figure `latest` (NULL: none): what was reached by
 * the deadline of an earlier number, once there is a figure a year after; the framework's number; or the
 * record's for the framework's period, or if it has none the first one after (EVALUATION-METHODS.md 2.2);
 * or the first of all. A target without any baseline in the framework has none; what is only watched
 * starts at its first figure. */
struct base judge_base(const struct history *history, const struct target *target, uint32_t region,
                       const struct point *latest);

#endif
