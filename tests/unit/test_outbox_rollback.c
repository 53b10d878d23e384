/* A broker that has lost what it acknowledged; and the receipts, which prove it. */
#include "proto/client/outbox.h"

#include "tests/support/outbox_case.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCHES = 10, ACKNOWLEDGED = 8 };

/* What a broker would say that has stored the outbox's batches up to `sequence`. */
static struct outbox_welcome at(struct outbox *outbox, uint64_t sequence,
                                unsigned char digest[DIGEST_BYTES])
{
    struct outbox_welcome welcome = case_stranger;
    struct batch batch = case_next(outbox, sequence - 1);
    memcpy(digest, batch.digest, DIGEST_BYTES);
    welcome.epoch = 1;
    welcome.sequence = sequence;
    welcome.record = 100 + sequence;
    welcome.digest = digest;
    return welcome;
}

/* Ten batches, eight of them acknowledged, the last `keep` of those kept; *then is what the broker had
 * after the third. */
static struct outbox_case *acknowledged_in(uint64_t max_bytes, uint64_t keep,
                                           struct outbox_welcome *then,
                                           unsigned char digest[DIGEST_BYTES])
{
    struct outbox_case *fixture = outbox_case_new(max_bytes);
    fixture->options.keep_batches = keep;
    outbox_case_reopen(fixture);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, BATCHES);
    *then = at(fixture->outbox, 3, digest);
    for (uint64_t i = 1; i <= ACKNOWLEDGED; i++)
        case_acknowledge(fixture->outbox, i);
    outbox_case_reopen(fixture); /* what goes, has gone */
    return fixture;
}

static struct outbox_case *acknowledged(uint64_t keep, struct outbox_welcome *then,
                                        unsigned char digest[DIGEST_BYTES])
{
    return acknowledged_in(0, keep, then, digest);
}

static struct outbox_rollback rollback_of(struct outbox *outbox)
{
    struct outbox_rollback rollback;
    cr_assert_eq(outbox_rollback(outbox, &rollback), ERR_OK);
    return rollback;
}

Test(outbox_rollback, is_noticed_and_still_known_after_a_restart, .timeout = 20)
{
    unsigned char digest[DIGEST_BYTES];
    struct outbox_welcome then;
    struct outbox_rollback rollback;
    struct outbox_case *fixture = acknowledged(0, &then, digest);
    cr_expect_eq(outbox_rollback(fixture->outbox, &rollback), ERR_NOT_FOUND);
    cr_expect_not(case_status(fixture->outbox).is_rolled_back);
    cr_assert_eq(outbox_adopt(fixture->outbox, &then), ERR_ROLLBACK);
    outbox_case_reopen(fixture);
    cr_expect(case_status(fixture->outbox).is_rolled_back);
    rollback = rollback_of(fixture->outbox);
    cr_expect_eq(rollback.acknowledged, 8);
    cr_expect_eq(rollback.record, 108);
    cr_expect_eq(rollback.broker_epoch, 1);
    cr_expect_eq(rollback.broker_sequence, 3);
    cr_expect_eq(rollback.broker_record, 103);
    cr_expect_not(rollback.is_other_broker);
    outbox_case_free(fixture);
}

Test(outbox_rollback, ends_by_itself_when_the_broker_has_it_all_again, .timeout = 20)
{
    unsigned char digest[DIGEST_BYTES];
    struct outbox_welcome then;
    struct outbox_case *fixture = acknowledged(0, &then, digest);
    struct outbox_status status = case_status(fixture->outbox);
    cr_assert_eq(outbox_adopt(fixture->outbox, &then), ERR_ROLLBACK);
    struct outbox_welcome now = then;
    now.sequence = ACKNOWLEDGED;
    now.digest = status.receipt_digest;
    cr_expect_eq(outbox_adopt(fixture->outbox, &now), ERR_OK);
    cr_expect_not(case_status(fixture->outbox).is_rolled_back);
    outbox_case_reopen(fixture);
    cr_expect_not(case_status(fixture->outbox).is_rolled_back);
    outbox_case_free(fixture);
}

Test(outbox_rollback, kept_batches_are_sent_again_as_the_same_bytes, .timeout = 20)
{
    unsigned char digest[DIGEST_BYTES];
    struct outbox_welcome then;
    struct outbox_case *fixture = acknowledged(100, &then, digest);
    cr_assert_eq(outbox_adopt(fixture->outbox, &then), ERR_ROLLBACK);
    struct outbox_rollback rollback = rollback_of(fixture->outbox);
    cr_expect(rollback.is_whole);
    cr_expect_eq(rollback.again, 7);
    cr_expect_eq(rollback.lost_first, 0);
    cr_assert_eq(outbox_accept_rollback(fixture->outbox), ERR_OK);
    outbox_case_reopen(fixture);
    cr_expect_eq(outbox_adopt(fixture->outbox, &then), ERR_OK);
    struct outbox_status status = case_status(fixture->outbox);
    cr_expect_eq(status.epoch, 1);
    cr_expect_eq(status.acknowledged, 3);
    cr_expect_eq(status.batches, 7);
    for (uint64_t i = 4; i <= BATCHES; i++) {
        char text[32];
        struct batch batch = case_next(fixture->outbox, i - 1);
        snprintf(text, sizeof text, "payload %d", (int)i);
        cr_expect_eq(batch.sequence, i);
        cr_expect_arr_eq(batch.previous_digest, digest, DIGEST_BYTES);
        cr_expect_arr_eq(batch.payload, text, strlen(text));
        memcpy(digest, batch.digest, DIGEST_BYTES);
    }
    outbox_case_free(fixture);
}

Test(outbox_rollback, what_is_lost_is_named_and_the_rest_begins_a_new_epoch, .timeout = 20)
{
    unsigned char digest[DIGEST_BYTES];
    struct outbox_welcome then;
    struct outbox_case *fixture = acknowledged(2, &then, digest);
    cr_assert_eq(outbox_adopt(fixture->outbox, &then), ERR_ROLLBACK);
    struct outbox_rollback rollback = rollback_of(fixture->outbox);
    cr_expect_not(rollback.is_whole);
    cr_expect_eq(rollback.lost_first, 4);
    cr_expect_eq(rollback.lost_last, 6);
    cr_expect_eq(rollback.again, 4);
    cr_assert_eq(outbox_accept_rollback(fixture->outbox), ERR_OK);
    cr_expect_eq(case_status(fixture->outbox).epoch, 2);
    cr_expect_eq(case_status(fixture->outbox).batches, 4);
    outbox_case_reopen(fixture);
    case_check_chain(fixture->outbox, digest, 4, &fixture->key);
    cr_expect_arr_eq(case_next(fixture->outbox, 0).payload, "payload 7", 9);
    cr_expect_arr_eq(case_next(fixture->outbox, 3).payload, "payload 10", 10);
    cr_expect_eq(outbox_adopt(fixture->outbox, &then), ERR_OK, "the broker has an older epoch");
    case_append_texts(fixture->outbox, 1);
    case_check_chain(fixture->outbox, digest, 5, &fixture->key);
    outbox_case_free(fixture);
}

Test(outbox_rollback, a_broker_that_has_nothing_is_sent_what_is_left, .timeout = 20)
{
    unsigned char digest[DIGEST_BYTES];
    struct outbox_welcome then, other = case_stranger;
    struct outbox_case *fixture = acknowledged(0, &then, digest);
    other.broker_id = "ffffffffffffffffffffffffffffffff";
    cr_assert_eq(outbox_adopt(fixture->outbox, &other), ERR_ROLLBACK);
    struct outbox_rollback rollback = rollback_of(fixture->outbox);
    cr_expect(rollback.is_other_broker);
    cr_expect_eq(rollback.lost_first, 1);
    cr_expect_eq(rollback.lost_last, 8);
    cr_expect_eq(rollback.again, 2);
    cr_assert_eq(outbox_accept_rollback(fixture->outbox), ERR_OK);
    case_check_chain(fixture->outbox, case_zeros, 2, &fixture->key);
    cr_expect_eq(outbox_adopt(fixture->outbox, &other), ERR_OK);
    cr_expect_str_eq(case_status(fixture->outbox).broker_id, other.broker_id);
    outbox_case_free(fixture);
}

Test(outbox_rollback, nothing_is_accepted_where_nothing_is_wrong, .timeout = 20)
{
    unsigned char digest[DIGEST_BYTES];
    struct outbox_welcome then;
    struct outbox_case *fixture = acknowledged(0, &then, digest);
    cr_expect_eq(outbox_accept_rollback(fixture->outbox), ERR_NOT_FOUND);
    cr_expect_eq(case_status(fixture->outbox).acknowledged, 8);
    outbox_case_free(fixture);
}

/* --- kept batches ----------------------------------------------------------------------------- */

Test(outbox_rollback, kept_batches_make_room_when_it_is_needed, .timeout = 60)
{
    enum { LARGE = 500000 };
    static char payload[LARGE];
    struct outbox_case *fixture = outbox_case_new(8 << 20);
    fixture->options.keep_batches = 1000;
    outbox_case_reopen(fixture);
    case_adopt(fixture->outbox);
    for (unsigned i = 0; i < LARGE; i++)
        payload[i] = (char)(i * 2654435761u >> 24);
    for (uint64_t i = 1; i <= 100; i++) {
        cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
        cr_assert_eq(case_append(fixture->outbox, payload, sizeof payload), ERR_OK, "batch %d",
                     (int)i);
        cr_assert_eq(outbox_commit(fixture->outbox), ERR_OK);
        case_acknowledge(fixture->outbox, i);
    }
    outbox_case_free(fixture);
}

/* The outbox fills because nothing is sent while an operator has not decided. */
Test(outbox_rollback, a_crowded_outbox_keeps_what_the_broker_has_lost, .timeout = 60)
{
    enum { LARGE = 500000 };
    static char payload[LARGE];
    unsigned char digest[DIGEST_BYTES];
    struct outbox_welcome then;
    struct outbox_case *fixture = acknowledged_in(8 << 20, 100, &then, digest);
    cr_assert_eq(outbox_adopt(fixture->outbox, &then), ERR_ROLLBACK);
    uint32_t state = 1;
    for (size_t i = 0; i < LARGE; i++) /* nothing that could be compressed */
        payload[i] = (char)((state = state * 1664525u + 1013904223u) >> 24);
    enum err err = ERR_OK;
    for (int i = 0; i < 100 && !err; i++) {
        err = outbox_begin(fixture->outbox);
        if (!err)
            err = case_append(fixture->outbox, payload, sizeof payload);
        if (!err)
            err = outbox_commit(fixture->outbox);
        else
            outbox_abort(fixture->outbox);
    }
    cr_assert_eq(err, ERR_FULL, "%s", err_name(err));
    struct outbox_rollback rollback = rollback_of(fixture->outbox);
    cr_expect(rollback.is_whole);
    cr_expect_eq(rollback.lost_first, 0);
    cr_assert_eq(outbox_accept_rollback(fixture->outbox), ERR_OK);
    cr_expect_eq(outbox_adopt(fixture->outbox, &then), ERR_OK);
    cr_expect_arr_eq(case_next(fixture->outbox, 3).payload, "payload 4", 9);
    outbox_case_free(fixture);
}

/* --- receipts --------------------------------------------------------------------------------- */

struct seen {
    size_t count;
    struct outbox_receipt last;
    bool has_names;
};

static bool see(void *context, const char *stream, const char *producer,
                const struct outbox_receipt *receipt)
{
    struct seen *seen = context;
    seen->has_names = !strcmp(stream, "events") && *producer;
    seen->count++;
    seen->last = *receipt;
    return true;
}

/* In a process of its own: this one has the outbox open. Returns how many, or -1. */
static int count_receipts_elsewhere(const char *directory, uint64_t last, uint64_t record)
{
    int status;
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (!child) {
        struct seen seen = {0};
        bool is_read = !outbox_each_receipt(directory, see, &seen);
        _exit(is_read && seen.has_names && seen.last.sequence == last && seen.last.record == record
                  ? (int)seen.count
                  : 255);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) != 255 ? WEXITSTATUS(status) : -1;
}

Test(outbox_receipts, each_settlement_leaves_one_and_another_process_can_read_them, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 5);
    case_acknowledge(fixture->outbox, 1);
    case_acknowledge(fixture->outbox, 2);
    cr_assert_eq(outbox_settle(fixture->outbox), ERR_OK);
    cr_assert_eq(outbox_settle(fixture->outbox), ERR_OK, "nothing came since");
    case_acknowledge(fixture->outbox, 4);
    cr_assert_eq(outbox_settle(fixture->outbox), ERR_OK);
    cr_expect_eq(count_receipts_elsewhere(fixture->options.directory, 4, 104), 2);
    outbox_case_free(fixture);
}

Test(outbox_receipts, they_have_the_digest_that_was_acknowledged, .timeout = 20)
{
    struct seen seen = {0};
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 1);
    struct batch batch = case_next(fixture->outbox, 0);
    case_acknowledge(fixture->outbox, 1);
    outbox_close(&fixture->outbox);
    cr_assert_eq(outbox_each_receipt(fixture->options.directory, see, &seen), ERR_OK);
    cr_expect_eq(seen.count, 1);
    cr_expect_eq(seen.last.epoch, 1);
    cr_expect_arr_eq(seen.last.digest, batch.digest, DIGEST_BYTES);
    outbox_case_free(fixture);
}

Test(outbox_receipts, an_outbox_that_is_not_there_is_not_found, .timeout = 20)
{
    struct seen seen = {0};
    cr_expect_eq(outbox_each_receipt("/nowhere", see, &seen), ERR_NOT_FOUND);
}
