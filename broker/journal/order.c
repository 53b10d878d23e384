#include "broker/journal/order.h"

#include "proto/base/mutant.h"

#include <string.h>

/* Epochs go up one by one, or by a clock's milliseconds. One leap to the last number would lock the
 * producer out for good: no instance could take over any more. */
static const uint64_t epoch_step_max = (uint64_t)1 << 48;

enum err order_compare(const unsigned char stored[DIGEST_BYTES],
                       const unsigned char repeated[DIGEST_BYTES])
{
    bool differs = memcmp(stored, repeated, DIGEST_BYTES) != 0;
    return differs && !is_mutant(MUTANT_BLIND_REPEAT) ? ERR_CONFLICT : ERR_OK;
}

enum err order_of(const struct producer_state *state, const struct batch *batch, enum order *out)
{
    bool is_same_epoch = batch->epoch == state->epoch;
    uint64_t next = is_same_epoch ? state->sequence + 1 : 1;
    if (batch->epoch < state->epoch)
        return ERR_FENCED;
    if (batch->epoch - state->epoch > epoch_step_max)
        return ERR_MALFORMED;
    if (batch->sequence > next)
        return ERR_GAP;
    if (batch->sequence < next) {
        bool is_last = batch->sequence == state->sequence;
        *out = is_last ? ORDER_REPEAT : ORDER_REPEAT_EARLIER;
        return is_last ? order_compare(state->digest, batch->digest) : ERR_OK;
    }
    if (memcmp(state->digest, batch->previous_digest, DIGEST_BYTES))
        return ERR_LINK;
    *out = ORDER_NEXT;
    return ERR_OK;
}
