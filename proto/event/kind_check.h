/* Is a figure one that its indicator's kind can have? Asked where the framework's own word, `plausible`, is silent.
 *
 *   share; coverage told in % or ‰   0 to 100 %, 0 to 1,000 ‰; of a share told otherwise nothing is known
 *   count; coverage                  a whole number of at least 0
 *   rank                             a whole number of at least 1
 *   the others                       any: a growth rate or a balance is a quantity
 *
 * The number is whole once the unit's 十 百 千 万 亿 are part of it: 12.5 万人 are 125,000. A bound in `plausible`
 * takes the place of the kind's on its side, so a share may be given room beyond 100 % or below 0; and what lies
 * outside `plausible` is for that bound to say: it is answered here as a figure that fits. So is any where the
 * framework says `no_kind`.
 *
 * Source  EVALUATION-METHODS.md 5.3, V2.
 */
#ifndef SONGHUA_EVENT_KIND_CHECK_H
#define SONGHUA_EVENT_KIND_CHECK_H

#include "proto/event/framework.h"

/* `value` in the indicator's unit. *nearest is set when the answer is no: the bound, or the whole number nearest to
 * it (of two the one further from zero), in that unit. */
bool kind_fits(const struct indicator *indicator, struct decimal value, struct decimal *nearest);

/* What the kind asks, as half a sentence; empty: nothing. */
struct name kind_rule(const struct indicator *indicator);

/* Told in % or ‰. */
bool kind_is_told_as_share(const struct indicator *indicator);

#endif
