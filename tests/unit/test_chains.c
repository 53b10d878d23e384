#include "consumers/replay/keyring.h"
#include "proto/net/identity.h"
#include "proto/wire/chains.h"
#include "proto/wire/record.h"
#include "tests/support/batches.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static struct chains *chains;
static struct keyring *keyring;
static struct chain chain;
static struct buffer frame;
static unsigned char stored[4096];
static size_t stored_size;

static void init(void)
{
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    chain = chain_start("events", "agent-220100", 1);
    cr_assert_eq(chains_new(&chains), ERR_OK);
    chains_begin(chains, "events");
}

static void fini(void)
{
    chains_free(&chains);
    keyring_free(&keyring);
    buffer_fini(&frame);
}

TestSuite(chains, .init = init, .fini = fini);

/* The record of what is in `frame`, into `stored`. */
static void store(uint64_t sequence, uint64_t stored_ms)
{
    const struct record record = {.sequence = sequence,
                                  .stored_ms = stored_ms,
                                  .frame = (const unsigned char *)frame.data,
                                  .frame_size = frame.size};
    stored_size = RECORD_PREFIX_BYTES + frame.size;
    cr_assert_leq(stored_size, sizeof stored);
    record_write(&record, stored);
}

static enum err take_stored(void)
{
    struct chain_link link;
    struct chain_keys keys = {0};
    if (keyring)
        keys = keyring_keys(keyring);
    chain_inspect(stored, stored_size, keyring ? &keys : NULL, &link);
    return chains_take(chains, &link);
}

static enum err take_next(uint64_t sequence)
{
    (void)chain_next(&chain, "payload", &frame);
    store(sequence, 1000 + sequence);
    return take_stored();
}

Test(chains, a_whole_record_is_counted_and_its_heads_are_named)
{
    struct chains_report report, again;
    for (uint64_t i = 1; i <= 5; i++)
        cr_assert_eq(take_next(i), ERR_OK, "%s", chains_why(chains));
    chains_report(chains, &report);
    cr_expect_eq(report.records, 5);
    cr_expect_eq(report.producers, 1);
    cr_expect_eq(report.first_ms, 1001);
    cr_expect_eq(report.last_ms, 1005);
    cr_expect_eq(report.not_signed, 5);
    chains_report(chains, &again);
    cr_expect_eq(memcmp(report.heads, again.heads, DIGEST_BYTES), 0);
    cr_assert_eq(take_next(6), ERR_OK);
    chains_report(chains, &again);
    cr_expect_neq(memcmp(report.heads, again.heads, DIGEST_BYTES), 0);
}

Test(chains, every_changed_bit_is_found)
{
    cr_assert_eq(take_next(1), ERR_OK);
    (void)chain_next(&chain, "payload", &frame);
    store(2, 1002);
    for (size_t bit = 0; bit < 8 * stored_size; bit++) {
        stored[bit / 8] ^= (unsigned char)(1 << bit % 8);
        cr_assert_neq(take_stored(), ERR_OK, "bit %zu", bit);
        stored[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    cr_assert_eq(take_stored(), ERR_OK);
}

Test(chains, a_missing_record_is_named)
{
    cr_assert_eq(take_next(1), ERR_OK);
    cr_assert_eq(take_next(3), ERR_GAP);
    cr_assert_not_null(strstr(chains_why(chains), "events record 2:"), "%s", chains_why(chains));
}

Test(chains, a_batch_taken_out_and_the_rest_renumbered_breaks_the_chain)
{
    cr_assert_eq(take_next(1), ERR_OK);
    (void)chain_next(&chain, "taken out", &frame);
    cr_assert_eq(take_next(2), ERR_LINK);
}

Test(chains, a_payload_exchanged_under_a_new_checksum_is_found)
{
    (void)chain_next(&chain, "payload", &frame);
    frame.data[frame.size - 1] ^= 1;
    store(1, 1001);
    cr_assert_eq(take_stored(), ERR_DIGEST);
}

Test(chains, a_record_that_begins_later_is_taken_up_where_it_begins)
{
    (void)chain_next(&chain, "pruned", &frame);
    cr_assert_eq(take_next(2), ERR_OK);
    cr_assert_eq(take_next(3), ERR_OK);
}

Test(chains, a_record_that_begins_at_one_begins_its_chains_too)
{
    (void)chain_next(&chain, "left out", &frame);
    cr_assert_eq(take_next(1), ERR_LINK);
}

/* Sign the batch that is in `frame`, by the key. */
static void sign(struct batch batch, const struct signing_key *key)
{
    char payload[64];
    memcpy(payload, batch.payload, batch.payload_size);
    batch.payload = (const unsigned char *)payload;
    digest_sign(batch.digest, key, batch.signature);
    batch.is_signed = true;
    buffer_clear(&frame);
    cr_assert_eq(batch_write(&batch, &frame), ERR_OK);
}

Test(chains, a_signature_covers_what_came_before_it_and_a_foreign_one_is_found)
{
    char path[PATH_MAX];
    struct identity identity, stranger;
    struct chains_report report;
    struct scratch scratch = scratch_new();
    cr_assert_eq(identity_make("agent-220100", ROLE_AGENT, NULL, 0, true, &identity), ERR_OK);
    cr_assert_eq(identity_make("agent-220100", ROLE_AGENT, NULL, 0, true, &stranger), ERR_OK);
    snprintf(path, sizeof path, "%s/agent-220100.cert", scratch.directory);
    cr_assert_eq(identity_save(&identity, path), ERR_OK);
    cr_assert_eq(keyring_load(scratch.directory, &keyring), ERR_OK);
    cr_assert_eq(take_next(1), ERR_OK);
    sign(chain_next(&chain, "signed", &frame), &identity.signing);
    store(2, 1002);
    cr_assert_eq(take_stored(), ERR_OK, "%s", chains_why(chains));
    chains_report(chains, &report);
    cr_expect_eq(report.not_signed, 0);
    cr_expect_eq(keyring_count(keyring), 1);
    sign(chain_next(&chain, "signed", &frame), &stranger.signing);
    store(3, 1003);
    cr_expect_eq(take_stored(), ERR_KEY);
    chains_report(chains, &report);
    cr_expect_eq(report.not_signed, 1, "it covers nothing");
    sign(chain_next(&chain, "signed", &frame), &identity.signing);
    store(4, 1004);
    cr_expect_eq(take_stored(), ERR_OK, "and keeps nobody from going on: %s", chains_why(chains));
    chains_report(chains, &report);
    cr_expect_eq(report.records, 4);
    scratch_remove(&scratch);
}

Test(chains, a_name_that_has_had_two_keys_may_have_signed_with_either)
{
    char path[PATH_MAX], revoked[PATH_MAX + 16];
    struct identity before, now;
    struct scratch scratch = scratch_new();
    cr_assert_eq(identity_make("agent-220100", ROLE_AGENT, NULL, 0, true, &before), ERR_OK);
    cr_assert_eq(identity_make("agent-220100", ROLE_AGENT, NULL, 0, true, &now), ERR_OK);
    snprintf(path, sizeof path, "%s/agent-220100.cert", scratch.directory);
    snprintf(revoked, sizeof revoked, "%s.revoked", path);
    cr_assert_eq(identity_save(&before, path), ERR_OK);
    cr_assert_eq(rename(path, revoked), 0);
    snprintf(path, sizeof path, "%s/again.cert", scratch.directory);
    cr_assert_eq(identity_save(&now, path), ERR_OK);
    cr_assert_eq(keyring_load(scratch.directory, &keyring), ERR_OK);
    sign(chain_next(&chain, "before", &frame), &before.signing);
    store(1, 1001);
    cr_expect_eq(take_stored(), ERR_OK, "%s", chains_why(chains));
    sign(chain_next(&chain, "now", &frame), &now.signing);
    store(2, 1002);
    cr_expect_eq(take_stored(), ERR_OK, "%s", chains_why(chains));
    scratch_remove(&scratch);
}
