/* Alerts about data: nothing is said in them about a target. A late report is not a lagging target.
 *
 *   rule                fires                                          ends, resolved
 *   late_report         a score says since when the next report of     a score of the indicator there says
 *                       its indicator there is overdue; said again     nothing of the kind
 *                       when a report came and the next is late too
 *   no_baseline         a score says that there is no baseline, so   a score of the target there says nothing of
 *                       that figures cannot be judged                the kind
 *   doubtful_figure     a figure is doubted (all kinds but late,      the doubt is cleared: the figures were
 *                       which has its rule)                          revised, the reporter has confirmed, or a
 *                                                                    later framework does not raise it
 *   framework_refused   a framework in the record could not be used;   a score is made under that framework
 *                       region 000000, indicator "framework", target   with that version or a later one
 *                       its id
 *
 * Their family is DATA, their severity watch and severe (refused), their topic
 * "indicator/rule/state". Source  EVALUATION.md section 4;
 * EVALUATION-METHODS.md 5.2, 6.3, 2.10 case 6.
 */
#ifndef SONGHUA_ALERTER_DATA_RULES_H
#define SONGHUA_ALERTER_DATA_RULES_H

#include "consumers/alerter/state.h"

#define RULE_LATE     "late_report"
#define RULE_BASELINE "no_baseline"
#define RULE_DOUBT    "doubtful_figure"
#define RULE_REFUSED  "framework_refused"

/* What an event of the stream scores says about data, at its place; what follows from it goes to
 * `effects`. Errors  ERR_LIMIT, ERR_NOMEM. */
struct data_fact {
    uint32_t region;
    uint64_t sequence;
    uint32_t index;
    uint64_t stored_ms;
};
MUST_CHECK enum err data_rules_score(struct alerter_state *state, const struct data_fact *fact,
                                     const Songhua__V1__Score *score, struct effects *effects);
MUST_CHECK enum err data_rules_doubt(struct alerter_state *state, const struct data_fact *fact,
                                     const Songhua__V1__Doubt *doubt, struct effects *effects);
MUST_CHECK enum err data_rules_refusal(struct alerter_state *state, const struct data_fact *fact,
                                       const Songhua__V1__FrameworkRefusal *refusal,
                                       struct effects *effects);

#endif
