/* When an alert fires, changes, ends. Pure: the state of one target in one region and a new score give
 * the next state and what is to be said, if anything.
 *
 *   what the score asks for        nothing fires             an alert fires
 *   watch, lagging, severe         fires                     changes, if the severity does
 *   hold                           –                         goes on as watch
 *   clear                          –                         newer figure: resolved; else withdrawn
 *   no_data                        –                         newer figure, not taken back: –; else withdrawn
 *   no_target, exempt, closed      –                         withdrawn
 *
 * What it asks for is worked out beside the judgement, from the framework's thresholds where there is a
 * number to hold against them (consumers/evaluate/alert_call.h), with the class of the judgement otherwise:
 * accelerate is watch; lagging; moving_away and missed are severe; on_track and achieved clear. Scores that
 * were stored before there were calls have none and go by their class.
 *
 * A score that rests on a provisional figure fires no more than watch, or than the figure before it asks for
 * as well; and of an indicator whose alerts the framework turned off nothing fires (alert_limit).
 *
 * "Newer" is later than the period of the figure that set the alert off: a newer figure puts a target
 * right, a revision of the old one (or a retraction, or another framework) takes the cause away. A
 * score that was made before the last one seen, or is that one again, says nothing: so no alert is
 * raised twice for the same fact. Source  EVALUATION-METHODS 6.3, 2.10 case 9.
 */
#ifndef SONGHUA_ALERTER_RULES_H
#define SONGHUA_ALERTER_RULES_H

#include "proto/event/event.h"
#include "proto/event/period.h"

#include <stdbool.h>
#include <stdint.h>

enum { ALERT_ID_BYTES = 17 };

#define ALERT_RULE "behind_required_path"

/* What is known of one target in one region. All zero: nothing yet. */
struct alert_track {
    uint64_t as_of; /* of the last score seen */
    bool is_firing; /* the rest counts only then */
    Songhua__V1__Severity severity;
    uint64_t since_ms;                    /* when it began to fire */
    char since_period[PERIOD_TEXT_BYTES]; /* of the figure that set it off */
    char id[ALERT_ID_BYTES];
};

/* A score and where it stands. */
struct alert_fact {
    uint32_t region;
    const Songhua__V1__Score *score;
    uint64_t sequence; /* its address in the stream scores */
    uint32_t index;
    uint64_t stored_ms;
};

/* What is to be said: the alert as it was when it ended, or as it is from now on. */
struct alert_news {
    Songhua__V1__AlertState state;
    struct alert_track alert;
};

/* Take the fact into `track`. Returns whether there is news. */
bool alert_rules_apply(struct alert_track *track, const struct alert_fact *fact,
                       struct alert_news *out);

/* The first 16 hex digits of BLAKE2b-256 over "region\nindicator\ntarget\nsequence.index" of the score
 * that sets it off; the region has six digits. */
void alert_id(const struct alert_fact *fact, char out[ALERT_ID_BYTES]);

#endif
