#include "proto/client/outbox.h"

#include "proto/client/outbox_internal.h"

#include <stdio.h>
#include <string.h>

/* --- an outbox that no broker knows ------------------------------------------------------------ */

/* Sign the batch with the chain's next number anew; its payload is read through a copy, as writing
 * moves pages. */
static enum err renumber_one(struct outbox *outbox, struct buffer *payload)
{
    struct batch batch;
    enum err err = outbox_take_out(outbox, outbox->chain.next_sequence, payload, &batch);
    return err ? err : outbox_store(outbox, &batch);
}

/* As many as the room that is kept free allows. */
static enum err renumber_some(struct outbox *outbox, uint64_t end, struct buffer *payload)
{
    enum { COST_OF_ONE = 8192 }; /* beside its payload */
    uint64_t room = outbox_reserve_bytes(outbox) / 4, used = 0;
    enum err err = ERR_OK;
    while (!err && used < room && outbox->chain.next_sequence < end) {
        err = renumber_one(outbox, payload);
        used += payload->size + COST_OF_ONE;
    }
    return err;
}

/* One transaction of the renumbering. Only the last sets the chain: if the process ends before, the
 * outbox is still not adopted, its numbers are provisional and are made anew the next time. */
static enum err renumber_step(struct outbox *outbox, struct chain *chain, uint64_t end,
                              struct buffer *payload)
{
    enum err err = outbox_begin(outbox);
    if (err)
        return err;
    outbox->chain = *chain;
    err = renumber_some(outbox, end, payload);
    if (err) {
        outbox_abort(outbox);
        return err;
    }
    *chain = outbox->chain;
    if (chain->next_sequence < end)
        outbox->chain = outbox->kept;
    return outbox_commit(outbox);
}

static enum err take_up(struct outbox *outbox, const struct outbox_welcome *welcome)
{
    struct buffer payload;
    struct chain chain = {.epoch = welcome->epoch + 1, .next_sequence = 1};
    uint64_t end = outbox->kept.next_sequence;
    snprintf(chain.broker_id, sizeof chain.broker_id, "%s", welcome->broker_id);
    if (welcome->digest) {
        memcpy(chain.head, welcome->digest, DIGEST_BYTES);
        memcpy(chain.base, welcome->digest, DIGEST_BYTES);
    }
    buffer_init(&payload, BATCH_PAYLOAD_MAX_BYTES);
    enum err err = renumber_step(outbox, &chain, end, &payload);
    while (!err && chain.next_sequence < end)
        err = renumber_step(outbox, &chain, end, &payload);
    buffer_fini(&payload);
    return err;
}

/* --- an outbox that was adopted before --------------------------------------------------------- */

static bool is_digest(const unsigned char *digest, const unsigned char expected[DIGEST_BYTES])
{
    return digest && !memcmp(digest, expected, DIGEST_BYTES);
}

/* The digest of our batch with that number: of the receipt, or of a batch that waits. */
static enum err digest_at(struct outbox *outbox, uint64_t sequence,
                          unsigned char digest[DIGEST_BYTES])
{
    MDB_txn *txn;
    struct batch batch;
    if (sequence == outbox->kept.acknowledged) {
        memcpy(digest, outbox->kept.receipt_digest, DIGEST_BYTES);
        return ERR_OK;
    }
    enum err err = outbox_view(outbox, true, &txn);
    if (err)
        return err;
    err = outbox_read_batch(outbox, txn, sequence, &batch);
    if (!err)
        memcpy(digest, batch.digest, DIGEST_BYTES);
    outbox_view_end(outbox, txn);
    return err;
}

/* The broker's last batch of our epoch must be one of ours. If it is none, another program has used
 * the name, or this outbox was put back from a copy. */
static enum err go_on(struct outbox *outbox, const struct outbox_welcome *welcome)
{
    unsigned char digest[DIGEST_BYTES];
    if (welcome->sequence < outbox->kept.acknowledged)
        return ERR_ROLLBACK;
    if (welcome->sequence >= outbox->kept.next_sequence)
        return ERR_LINK;
    enum err err = digest_at(outbox, welcome->sequence, digest);
    if (err)
        return err;
    if (!is_digest(welcome->digest, digest))
        return ERR_LINK;
    if (welcome->sequence > outbox->kept.acknowledged)
        err = outbox_release(outbox, welcome->sequence, digest, welcome->record);
    return err ? err : outbox_purge(outbox);
}

/* The broker has nothing of our epoch: fine as long as it never told us that it had, and still has what
 * our first batch continues. */
static enum err begin_epoch(const struct outbox *outbox, const struct outbox_welcome *welcome)
{
    static const unsigned char none[DIGEST_BYTES];
    if (outbox->kept.acknowledged)
        return ERR_ROLLBACK;
    return is_digest(welcome->digest ? welcome->digest : none, outbox->kept.base) ? ERR_OK
                                                                                  : ERR_ROLLBACK;
}

static enum err adopt(struct outbox *outbox, const struct outbox_welcome *welcome)
{
    uint64_t epoch = outbox->kept.epoch;
    if (!epoch)
        return take_up(outbox, welcome);
    if (welcome->epoch > epoch)
        return ERR_FENCED;
    return welcome->epoch == epoch ? go_on(outbox, welcome) : begin_epoch(outbox, welcome);
}

enum err outbox_adopt(struct outbox *outbox, const struct outbox_welcome *welcome)
{
    if (outbox->txn)
        return ERR_USAGE;
    if (outbox->final_error)
        return outbox->final_error;
    enum err err = adopt(outbox, welcome);
    if (err == ERR_ROLLBACK)
        outbox_rollback_mark(outbox, welcome);
    else if (!err)
        outbox_rollback_unmark(outbox);
    return err ? err : outbox_sign_anew(outbox);
}
