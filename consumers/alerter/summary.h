/* What an alert says to a person, in one sentence that needs no look-up: where, which indicator, the
 * figure, what was required, the gap, since when, and the growth that is needed from now on. Parts that
 * the score does not have are left out. Pure. */
#ifndef SONGHUA_ALERTER_SUMMARY_H
#define SONGHUA_ALERTER_SUMMARY_H

#include "consumers/alerter/rules.h"
#include "proto/base/buffer.h"
#include "proto/event/region.h"

/* Where: the region's name; else the unit's, as a score or doubt has it; else its code. zh and en are borrowed,
 * or point to `code`: not to be copied. */
struct alert_place {
    const char *zh, *en;
    char code[REGION_CODE_BYTES];
};
void alert_place(uint32_t region, const char *unit_zh, const char *unit_en,
                 struct alert_place *out);

/* Append the sentence with its full stop. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err alert_summary_zh(const struct alert_fact *fact, const struct alert_news *news,
                                     struct buffer *out);
MUST_CHECK enum err alert_summary_en(const struct alert_fact *fact, const struct alert_news *news,
                                     struct buffer *out);

#endif
