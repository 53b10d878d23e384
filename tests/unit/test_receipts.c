/* Receipts against batches: found, moved, missing, contradicted. */
#include "consumers/replay/receipts.h"
#include "proto/base/file.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct receipts *receipts;
static struct scratch scratch;
static char why[RECEIPTS_WHY_BYTES];

static void init(void)
{
    scratch = scratch_new();
    cr_assert_eq(receipts_new(&receipts), ERR_OK);
}

static void fini(void)
{
    receipts_free(&receipts);
    scratch_remove(&scratch);
}

TestSuite(receipts, .init = init, .fini = fini, .timeout = 60);

static enum err load(const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/receipts.txt", scratch.directory);
    cr_assert_eq(file_write(path, text, strlen(text), 0600), ERR_OK);
    return receipts_load(receipts, path, why);
}

static enum err meet(uint64_t sequence, uint64_t record, unsigned char digest)
{
    struct chain_link link = {.epoch = 1, .sequence = sequence, .record = record};
    strcpy(link.stream, "events");
    strcpy(link.producer, "agent-220100");
    memset(link.digest, digest, DIGEST_BYTES);
    return receipts_meet(receipts, &link, why);
}

static bool note(void *context, const struct receipt *receipt)
{
    uint64_t *sequence = context;
    *sequence = receipt->sequence;
    return true;
}

static uint64_t missing(void)
{
    uint64_t sequence = 0;
    receipts_each_missing(receipts, note, &sequence);
    return sequence;
}

Test(receipts, what_is_there_is_found_and_the_rest_is_named)
{
    struct receipts_report report;
    cr_assert_eq(load("# a comment\nevents agent-220100 1 1 10 " DIGEST_A "\n"
                      "events agent-220100 1 2 11 " DIGEST_B "\n"),
                 ERR_OK, "%s", why);
    cr_expect_eq(meet(1, 10, 0xaa), ERR_OK);
    cr_expect_eq(meet(3, 12, 0xcc), ERR_OK, "a batch without a receipt is no matter");
    receipts_report(receipts, &report);
    cr_expect_eq(report.count, 2);
    cr_expect_eq(report.found, 1);
    cr_expect_eq(report.moved, 0);
    cr_expect_eq(missing(), 2);
}

Test(receipts, a_batch_under_another_records_number_is_found_and_counted_as_moved)
{
    struct receipts_report report;
    cr_assert_eq(load("events agent-220100 1 1 10 " DIGEST_A "\n"), ERR_OK);
    cr_expect_eq(meet(1, 7, 0xaa), ERR_OK);
    receipts_report(receipts, &report);
    cr_expect_eq(report.found, 1);
    cr_expect_eq(report.moved, 1);
}

Test(receipts, another_batch_under_the_number_is_said_with_its_address)
{
    cr_assert_eq(load("events agent-220100 1 1 10 " DIGEST_A "\n"), ERR_OK);
    cr_expect_eq(meet(1, 10, 0xbb), ERR_DIFFERENT);
    cr_expect_not_null(strstr(why, "events record 10: batch 1.1 of agent-220100"), "%s", why);
}

Test(receipts, two_that_contradict_each_other_are_refused)
{
    cr_expect_eq(load("events agent-220100 1 1 10 " DIGEST_A "\n"
                      "events agent-220100 1 1 10 " DIGEST_B "\n"),
                 ERR_CONFLICT);
    cr_expect_not_null(strstr(why, "receipts.txt:2:"), "%s", why);
}

Test(receipts, a_line_that_is_none_is_named)
{
    static const char *const wrong[] = {
        "events agent-220100 1 1 10\n", "events agent-220100 1 1 10 " DIGEST_A " more\n",
        "events agent-220100 1 x 10 " DIGEST_A "\n", "Events agent-220100 1 1 10 " DIGEST_A "\n",
        "events agent-220100 1 1 10 " DIGEST_A "a\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(load(wrong[i]), ERR_MALFORMED, "%s", wrong[i]);
        cr_expect_not_null(strstr(why, "receipts.txt:1: not a receipt"), "%s", why);
    }
}

Test(receipts, a_file_that_is_not_there_is_not_found)
{
    cr_expect_eq(receipts_load(receipts, "/nowhere/receipts.txt", why), ERR_NOT_FOUND);
}
