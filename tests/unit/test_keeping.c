/* broker/keeping: what is acknowledged before it is committed, and who is told of it when. */
#include "broker/keeping.h"

#include "broker/journal/lmdb_internal.h"
#include "tests/support/batches.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <poll.h>

static char directory[SCRATCH_BYTES];
static struct wake serve, intake;
static struct audience audience;
static struct keeping keeping;
static struct chain chain;
static struct buffer frame;

static void begin(void)
{
    static const char *const streams[] = {"events", NULL};
    scratch_make("keeping", directory);
    const struct journal_options options = {
        .directory = directory, .max_bytes = JOURNAL_MIN_BYTES, .streams = streams};
    cr_assert_eq(wake_open(&serve), ERR_OK);
    cr_assert_eq(wake_open(&intake), ERR_OK);
    audience_init(&audience, &intake, &serve);
    keeping = (struct keeping){.audience = &audience};
    cr_assert_eq(journal_open(&options, &keeping.journal), ERR_OK);
    chain = chain_start("events", "agent", 1);
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
}

static void end(void)
{
    journal_close(&keeping.journal);
    buffer_fini(&frame);
    wake_close(&serve);
    wake_close(&intake);
    scratch_clear(directory);
}

TestSuite(keeping, .init = begin, .fini = end, .timeout = 20);

static bool is_woken(void)
{
    struct pollfd item = {.fd = serve.fd, .events = POLLIN};
    return poll(&item, 1, 0) == 1;
}

static uint64_t readable(void)
{
    struct stream_bounds bounds;
    cr_assert_eq(journal_bounds(keeping.journal, "events", &bounds), ERR_OK);
    return bounds.last;
}

/* A turn with so many batches. */
static enum err turn(unsigned batches, bool is_alone)
{
    for (unsigned i = 0; i < batches; i++) {
        struct batch batch = chain_next(&chain, "a figure", &frame);
        cr_assert_eq(
            journal_append(keeping.journal, &batch, frame.data, frame.size, 1700000000000, NULL),
            ERR_OK);
    }
    enum err err = keeping_flush(&keeping, batches, is_alone);
    keeping_announce(&keeping, batches, err);
    return err;
}

/* The open transaction cannot be committed. */
static void have_no_room(void)
{
    lmdb_of(keeping.journal)->spoilt = ERR_FULL;
}

Test(keeping, a_batch_alone_is_kept_and_one_with_company_is_committed)
{
    cr_assert_eq(turn(1, true), ERR_OK);
    cr_expect(keeping.is_hiding);
    cr_expect(atomic_load(&audience.is_hidden));
    cr_expect_eq(readable(), 0);
    cr_expect_eq(keeping_wait_ms(&keeping, 1000), 1);
    cr_assert_eq(turn(1, false), ERR_OK);
    cr_expect_not(keeping.is_hiding);
    cr_expect_not(atomic_load(&audience.is_hidden));
    cr_expect_eq(readable(), 2);
    cr_expect_eq(keeping_wait_ms(&keeping, 1000), 1000);
}

Test(keeping, where_somebody_waits_nothing_is_kept)
{
    audience_set(&audience, true);
    cr_assert_eq(turn(1, true), ERR_OK);
    cr_expect_not(keeping.is_hiding);
    cr_expect_eq(readable(), 1);
    cr_expect(is_woken());
}

Test(keeping, who_came_after_the_keeping_is_woken_by_a_commit_without_batches)
{
    cr_assert_eq(turn(1, true), ERR_OK);
    audience_set(&audience, true);
    cr_assert_eq(turn(0, true), ERR_OK);
    cr_expect_eq(readable(), 1);
    cr_expect(is_woken());
}

Test(keeping, who_waits_for_what_is_owed_is_woken_when_it_is_there)
{
    cr_assert_eq(turn(1, true), ERR_OK);
    audience_set(&audience, true);
    have_no_room();
    cr_assert_eq(turn(0, true), ERR_FULL);
    cr_expect_not(is_woken());
    cr_expect_eq(readable(), 0);
    cr_assert_eq(turn(0, true), ERR_OK);
    cr_expect_eq(readable(), 1);
    cr_expect(is_woken());
}

Test(keeping, beside_a_full_disk_readers_are_answered_and_nobody_hurries)
{
    cr_assert_eq(turn(1, true), ERR_OK);
    have_no_room();
    cr_assert_eq(turn(0, true), ERR_FULL);
    audience_catch_up(&audience); /* or the test does not end */
    cr_expect_eq(keeping_wait_ms(&keeping, 1000), 1000);
    cr_assert_eq(turn(0, true), ERR_OK);
    cr_expect_eq(keeping_wait_ms(&keeping, 1000), 1000);
    cr_expect_eq(readable(), 1);
}
