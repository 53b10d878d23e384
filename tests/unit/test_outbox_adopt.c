#include "proto/client/outbox.h"

#include "tests/support/noise.h"
#include "tests/support/outbox_case.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- adoption --------------------------------------------------------------------------------- */

Test(outbox_adopt, before_adoption_there_is_no_epoch, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_append_texts(fixture->outbox, 2);
    struct outbox_status status = case_status(fixture->outbox);
    cr_expect_eq(status.epoch, 0);
    cr_expect_eq(status.batches, 2);
    cr_expect_str_empty(status.broker_id);
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_new_outbox_takes_up_the_producers_chain, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    unsigned char head[DIGEST_BYTES];
    memset(head, 7, sizeof head);
    const struct outbox_welcome welcome = {.broker_id = case_stranger.broker_id,
                                           .epoch = 4,
                                           .sequence = 9,
                                           .record = 20,
                                           .digest = head};
    case_append_texts(fixture->outbox, 5);
    cr_assert_eq(outbox_adopt(fixture->outbox, &welcome), ERR_OK);
    case_append_texts(fixture->outbox, 2);
    case_check_chain(fixture->outbox, head, 7, &fixture->key);
    struct outbox_status status = case_status(fixture->outbox);
    cr_expect_eq(status.epoch, 5);
    cr_expect_eq(status.next_sequence, 8);
    cr_expect_str_eq(status.broker_id, case_stranger.broker_id);
    outbox_case_free(fixture);
}

Test(outbox_adopt, adoption_keeps_payloads_and_times, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_append_texts(fixture->outbox, 2);
    case_adopt(fixture->outbox);
    struct batch batch = case_next(fixture->outbox, 1);
    cr_expect_arr_eq(batch.payload, "payload 2", 9);
    cr_expect_eq(batch.created_ms, 1700000000009);
    cr_expect_eq(batch.event_count, 3);
    cr_expect_str_eq(batch.topic, "observation");
    outbox_case_free(fixture);
}

/* The Welcome of a broker that has stored the outbox's batches up to `sequence`. */
static struct outbox_welcome welcome_at(struct outbox *outbox, uint64_t sequence)
{
    static unsigned char digest[DIGEST_BYTES];
    struct batch batch = case_next(outbox, sequence - 1);
    memcpy(digest, batch.digest, DIGEST_BYTES);
    return (struct outbox_welcome){.broker_id = case_stranger.broker_id,
                                   .epoch = batch.epoch,
                                   .sequence = sequence,
                                   .record = 50,
                                   .digest = digest};
}

Test(outbox_adopt, acknowledgements_that_were_lost_are_learnt_from_the_welcome, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 5);
    struct outbox_welcome welcome = welcome_at(fixture->outbox, 3);
    outbox_case_reopen(fixture);
    cr_assert_eq(outbox_adopt(fixture->outbox, &welcome), ERR_OK);
    struct outbox_status status = case_status(fixture->outbox);
    cr_expect_eq(status.acknowledged, 3);
    cr_expect_eq(status.batches, 2);
    cr_expect_eq(status.receipt_record, 50);
    cr_expect_eq(case_next(fixture->outbox, 0).sequence, 4);
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_welcome_that_says_what_is_known_changes_nothing, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 3);
    struct outbox_welcome welcome = welcome_at(fixture->outbox, 2);
    case_acknowledge(fixture->outbox, 2);
    cr_assert_eq(outbox_adopt(fixture->outbox, &welcome), ERR_OK);
    cr_expect_eq(case_status(fixture->outbox).receipt_record, 102);
    cr_expect_eq(case_status(fixture->outbox).batches, 1);
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_broker_that_never_got_the_first_batch_is_sent_it_again, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 3);
    outbox_case_reopen(fixture);
    cr_assert_eq(outbox_adopt(fixture->outbox, &case_stranger), ERR_OK);
    cr_expect_eq(case_status(fixture->outbox).epoch, 1);
    case_check_chain(fixture->outbox, case_zeros, 3, &fixture->key);
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_broker_that_lost_what_it_acknowledged_is_found_out, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 3);
    struct outbox_welcome older = welcome_at(fixture->outbox, 1);
    case_acknowledge(fixture->outbox, 2);
    cr_expect_eq(outbox_adopt(fixture->outbox, &older), ERR_ROLLBACK);
    cr_expect_eq(outbox_adopt(fixture->outbox, &case_stranger), ERR_ROLLBACK);
    cr_expect_eq(case_status(fixture->outbox).acknowledged, 2);
    cr_expect_eq(case_status(fixture->outbox).batches, 1);
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_broker_that_lost_the_epoch_before_is_found_out, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    unsigned char head[DIGEST_BYTES];
    memset(head, 7, sizeof head);
    const struct outbox_welcome welcome = {.broker_id = case_stranger.broker_id,
                                           .epoch = 4,
                                           .sequence = 9,
                                           .record = 20,
                                           .digest = head};
    cr_assert_eq(outbox_adopt(fixture->outbox, &welcome), ERR_OK);
    case_append_texts(fixture->outbox, 1);
    cr_expect_eq(outbox_adopt(fixture->outbox, &case_stranger), ERR_ROLLBACK);
    cr_expect_eq(outbox_adopt(fixture->outbox, &welcome), ERR_OK);
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_newer_epoch_at_the_broker_fences_this_outbox, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 2);
    struct outbox_welcome welcome = welcome_at(fixture->outbox, 1);
    welcome.epoch = 2;
    cr_expect_eq(outbox_adopt(fixture->outbox, &welcome), ERR_FENCED);
    cr_expect_eq(case_status(fixture->outbox).batches, 2);
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_foreign_batch_under_one_of_its_numbers_is_found_out, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    unsigned char foreign[DIGEST_BYTES] = {1};
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 2);
    struct outbox_welcome welcome = welcome_at(fixture->outbox, 1);
    welcome.digest = foreign;
    cr_expect_eq(outbox_adopt(fixture->outbox, &welcome), ERR_LINK);
    outbox_case_free(fixture);
}

Test(outbox_adopt, an_outbox_put_back_from_a_copy_is_found_out, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct scratch other = scratch_new();
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 1);
    struct outbox *copy = outbox_case_copy(fixture, &other);
    case_append_texts(fixture->outbox, 1);
    struct outbox_welcome welcome = welcome_at(fixture->outbox, 2);
    cr_expect_eq(outbox_adopt(copy, &welcome), ERR_LINK);
    outbox_close(&copy);
    scratch_remove(&other);
    outbox_case_free(fixture);
}

/* --- full ------------------------------------------------------------------------------------- */

enum { SMALL_OUTBOX = 8 << 20, LARGE_PAYLOAD = 100000 };

/* Append until it is refused; how many were taken. */
static size_t fill(struct outbox *outbox, const char *payload, size_t size)
{
    for (size_t count = 0;; count++) {
        cr_assert_eq(outbox_begin(outbox), ERR_OK);
        enum err err = case_append(outbox, payload, size);
        if (!err)
            err = outbox_commit(outbox);
        if (err) {
            cr_assert_eq(err, ERR_FULL);
            outbox_abort(outbox);
            return count;
        }
    }
}

Test(outbox_adopt, a_full_outbox_refuses_and_keeps_what_it_has, .timeout = 60)
{
    struct outbox_case *fixture = outbox_case_new(SMALL_OUTBOX);
    static char payload[LARGE_PAYLOAD];
    noise_fill(payload, sizeof payload);
    case_adopt(fixture->outbox);
    size_t count = fill(fixture->outbox, payload, sizeof payload);
    cr_expect_gt(count, 60);
    outbox_case_reopen(fixture);
    cr_expect_eq(case_status(fixture->outbox).batches, count);
    case_check_chain(fixture->outbox, case_zeros, count, &fixture->key);
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_transaction_that_met_a_full_outbox_leaves_nothing, .timeout = 60)
{
    struct outbox_case *fixture = outbox_case_new(SMALL_OUTBOX);
    static char payload[LARGE_PAYLOAD];
    noise_fill(payload, sizeof payload);
    fill(fixture->outbox, payload, sizeof payload);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "position", "17"), ERR_OK);
    while (!case_append(fixture->outbox, payload, sizeof payload))
        ;
    cr_expect_eq(case_put(fixture->outbox, "position", "18"), ERR_FULL);
    cr_expect_eq(outbox_commit(fixture->outbox), ERR_FULL);
    cr_expect_str_eq(case_get(fixture->outbox, "position"), "(none)");
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_full_outbox_has_room_again_after_acknowledgements, .timeout = 60)
{
    struct outbox_case *fixture = outbox_case_new(SMALL_OUTBOX);
    static char payload[LARGE_PAYLOAD];
    noise_fill(payload, sizeof payload);
    case_adopt(fixture->outbox);
    size_t count = fill(fixture->outbox, payload, sizeof payload);
    for (size_t round = 0; round < 5; round++) {
        case_acknowledge(fixture->outbox, count);
        size_t more = fill(fixture->outbox, payload, sizeof payload);
        cr_assert_gt(more, 50);
        count += more;
    }
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_full_outbox_can_be_adopted, .timeout = 60)
{
    struct outbox_case *fixture = outbox_case_new(SMALL_OUTBOX);
    static char payload[LARGE_PAYLOAD];
    noise_fill(payload, sizeof payload);
    unsigned char head[DIGEST_BYTES];
    memset(head, 7, sizeof head);
    const struct outbox_welcome welcome = {.broker_id = case_stranger.broker_id,
                                           .epoch = 4,
                                           .sequence = 9,
                                           .record = 20,
                                           .digest = head};
    size_t count = fill(fixture->outbox, payload, sizeof payload);
    cr_assert_eq(outbox_adopt(fixture->outbox, &welcome), ERR_OK);
    case_check_chain(fixture->outbox, head, count, &fixture->key);
    cr_expect_eq(case_next(fixture->outbox, 0).epoch, 5);
    outbox_case_free(fixture);
}

Test(outbox_adopt, a_full_outbox_of_small_batches_can_be_adopted, .timeout = 120)
{
    struct outbox_case *fixture = outbox_case_new(SMALL_OUTBOX);
    size_t count = 0;
    enum err err = ERR_OK;
    while (!err) {
        cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
        size_t before = count;
        for (int i = 0; i < 100 && !(err = case_append(fixture->outbox, "x", 1)); i++)
            count++;
        err = outbox_commit(fixture->outbox);
        count = err ? before : count;
    }
    cr_assert_eq(err, ERR_FULL);
    cr_assert_gt(count, 2000);
    cr_assert_eq(outbox_adopt(fixture->outbox, &case_stranger), ERR_OK);
    case_check_chain(fixture->outbox, case_zeros, count, &fixture->key);
    outbox_case_free(fixture);
}

/* --- crashes ---------------------------------------------------------------------------------- */

/* Store pairs of a counter and a batch until killed; say each number once it is stored. */
static void count_until_killed(const struct outbox_options *options, int fd)
{
    struct outbox *outbox;
    if (outbox_open(options, &outbox))
        _exit(1);
    uint64_t number = case_status(outbox).next_sequence;
    for (;; number++) {
        if (outbox_begin(outbox) || case_append(outbox, &number, sizeof number) ||
            outbox_put(outbox, "counter", 7, &number, sizeof number) || outbox_commit(outbox) ||
            write(fd, &number, sizeof number) != sizeof number)
            _exit(1);
        if (number % 7 == 0 && case_status(outbox).epoch &&
            outbox_acknowledge(outbox, number, case_zeros, 1))
            _exit(1);
    }
}

/* Kill after `rounds` stored pairs, at whatever the child is then doing; the last that it said. */
static uint64_t run_and_kill(const struct outbox_options *options, int rounds)
{
    int fds[2];
    uint64_t said = 0;
    cr_assert_eq(pipe(fds), 0);
    pid_t child = fork();
    if (!child)
        count_until_killed(options, fds[1]);
    close(fds[1]);
    for (int i = 0; i < rounds; i++)
        cr_assert_eq(read(fds[0], &said, sizeof said), sizeof said);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(fds[0], &said, sizeof said) == sizeof said)
        ;
    close(fds[0]);
    return said;
}

Test(outbox_adopt, after_a_kill_state_and_batches_agree_and_nothing_said_is_missing, .timeout = 120)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct buffer value;
    uint64_t said = 0, counter = 0;
    buffer_init(&value, 64);
    case_adopt(fixture->outbox);
    outbox_close(&fixture->outbox);
    for (int round = 1; round <= 20; round++) {
        said = run_and_kill(&fixture->options, round * 3);
        cr_assert_eq(outbox_open(&fixture->options, &fixture->outbox), ERR_OK);
        struct outbox_status status = case_status(fixture->outbox);
        buffer_clear(&value);
        cr_assert_eq(outbox_get(fixture->outbox, "counter", 7, &value), ERR_OK);
        memcpy(&counter, value.data, sizeof counter);
        cr_assert_eq(counter, status.next_sequence - 1);
        cr_assert_geq(counter, said);
        cr_assert_leq(counter, said + 1);
        cr_assert_eq(status.batches, counter - status.acknowledged);
        outbox_close(&fixture->outbox);
    }
    buffer_fini(&value);
    scratch_remove(&fixture->scratch);
}
