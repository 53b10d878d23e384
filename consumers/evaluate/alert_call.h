/* What a judgement asks of the alerter: raise an alert and how severe, keep one that fires, or end it.
 *
 * Where a ratio decides the judgement (R = g / gT of growth, SPI = completion over time share of `schedule`,
 * `milestone` and straight paths) it is held against the framework's thresholds, which are the method's own
 * cuts where it gives none (target_alert_cuts()):
 *
 *   below severe                                              severe
 *   below watch, less than half of the time is left, and      severe (PACE)
 *     more than 3 times the pace so far is needed, or
 *     nothing was gained so far
 *   below lagging, below watch                                lagging, watch
 *   below watch + hysteresis                                  hold: no alert begins, one that fires goes on
 *   from there on, or achieved                                clear
 *
 * Everything else is asked by the judgement's class: accelerate watch, lagging, moving away and missed
 * severe; on track clear. So it is with no thresholds in the framework, but for pace and hold.
 *
 * On a provisional figure rests no alert above watch, unless the figure before it asks for more as well:
 * then as much as both ask for (alert_limit). Or the framework says that one is enough.
 * What is on its path asks for no other pace: a path of growth is steep at its end.
 *
 * Source  EVALUATION-METHODS.md 6.3, 2.8 (SPI, a), 2.10 case 9.
 */
#ifndef SONGHUA_EVALUATE_ALERT_CALL_H
#define SONGHUA_EVALUATE_ALERT_CALL_H

#include "consumers/evaluate/judgement.h"

#define ALERT_PACE 3 /* times the pace so far */

/* Set the judgement's alert_call and alert_threshold by all else in it. */
void alert_call_state(struct judgement *judgement);

/* The severity that a judgement's class and call ask for, before any limit; false: for none. */
bool alert_call_severity(Songhua__V1__Judgement verdict, Songhua__V1__AlertCall call,
                         Songhua__V1__Severity *out);

/* How far an alert may go on a provisional figure, by the judgement of the figure before. */
Songhua__V1__AlertLimit alert_call_limit(const struct judgement *before);

/* "by_judgement", "clear", "hold", "watch", "lagging", "severe", "pace". */
const char *alert_call_name(Songhua__V1__AlertCall call);

#endif
