/* What a batch is to the state of its producer: the table of "Order" in proto/README.md, for every
 * engine alike. Pure. */
#ifndef SONGHUA_JOURNAL_ORDER_H
#define SONGHUA_JOURNAL_ORDER_H

#include "broker/journal/journal.h"

enum order {
    ORDER_NEXT,          /* store it */
    ORDER_REPEAT,        /* it is the last one stored */
    ORDER_REPEAT_EARLIER /* the batch stored under its number must be looked up and compared */
};

/* Errors  ERR_FENCED, ERR_GAP, ERR_LINK, ERR_CONFLICT, ERR_MALFORMED (an epoch too far ahead).
 * Source  proto/README.md "Order". */
MUST_CHECK enum err order_of(const struct producer_state *state, const struct batch *batch,
                             enum order *out);

/* The digest that both have decides whether a number seen again is the same batch. */
MUST_CHECK enum err order_compare(const unsigned char stored[DIGEST_BYTES],
                                  const unsigned char repeated[DIGEST_BYTES]);

#endif
