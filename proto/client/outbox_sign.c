#include "proto/client/outbox_internal.h"

#include <string.h>

/* Whether the first batch that waits bears the signature of another key than ours. */
static enum err look(struct outbox *outbox, bool *is_foreign)
{
    MDB_txn *txn;
    struct batch batch;
    enum err err = outbox_view(outbox, true, &txn);
    if (err)
        return err;
    err = outbox_read_batch(outbox, txn, outbox->kept.acknowledged + 1, &batch);
    *is_foreign =
        !err && batch.is_signed &&
        digest_verify(batch.digest, batch.signature, outbox->signing_key->public_key) != ERR_OK;
    outbox_view_end(outbox, txn);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err sign_one(struct outbox *outbox, uint64_t sequence, struct buffer *payload)
{
    struct batch batch;
    enum err err = outbox_take_out(outbox, sequence, payload, &batch);
    if (err)
        return err;
    batch.is_signed = true;
    digest_sign(batch.digest, outbox->signing_key, batch.signature);
    return outbox_put_batch(outbox, &batch);
}

/* As many as the room that is kept free allows, from the last on: if the process ends on the way, the
 * first still shows that it is not done. */
static enum err sign_some(struct outbox *outbox, uint64_t *last, struct buffer *payload)
{
    enum { COST_OF_ONE = 8192 }; /* beside its payload */
    uint64_t room = outbox_reserve_bytes(outbox) / 4, used = 0;
    enum err err = outbox_begin(outbox);
    if (err)
        return err;
    uint64_t at = *last;
    for (; !err && used < room && at > outbox->kept.acknowledged; at--) {
        err = sign_one(outbox, at, payload);
        used += payload->size + COST_OF_ONE;
    }
    *last = at;
    if (!err)
        return outbox_commit(outbox);
    outbox_abort(outbox);
    return err;
}

enum err outbox_sign_anew(struct outbox *outbox)
{
    struct buffer payload;
    bool is_foreign = false;
    if (!outbox->signing_key || !outbox->waiting.batches)
        return ERR_OK;
    enum err err = look(outbox, &is_foreign);
    if (err || !is_foreign)
        return err;
    uint64_t last = outbox->kept.next_sequence - 1;
    buffer_init(&payload, BATCH_PAYLOAD_MAX_BYTES);
    while (!err && last > outbox->kept.acknowledged)
        err = sign_some(outbox, &last, &payload);
    buffer_fini(&payload);
    return err;
}
