/* Records looked at by several threads: every one, in order, and none after an error. */
#include "consumers/replay/inspectors.h"
#include "proto/wire/record.h"
#include "tests/support/batches.h"

#include <criterion/criterion.h>
#include <string.h>

struct sink {
    uint64_t taken, stop_at; /* 0: never */
    bool is_in_order;
    enum err found; /* in the links */
};

static enum err take(void *context, const struct chain_link *link)
{
    struct sink *sink = context;
    if (link->err)
        sink->found = link->err;
    else if (link->record != sink->taken + 1)
        sink->is_in_order = false;
    sink->taken++;
    return sink->taken == sink->stop_at ? ERR_DIFFERENT : ERR_OK;
}

static struct inspectors *open_inspectors(unsigned threads, struct sink *sink)
{
    struct inspectors *inspectors;
    cr_assert_eq(inspectors_open(threads, NULL, take, sink, &inspectors), ERR_OK);
    return inspectors;
}

/* `count` records of one chain; bit `damaged` of record `which` is turned (which 0: none). */
static enum err add_records(struct inspectors *inspectors, uint64_t count, uint64_t which)
{
    struct chain chain = chain_start("events", "agent-220100", 1);
    struct buffer frame;
    enum err err = ERR_OK;
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    for (uint64_t i = 1; i <= count && !err; i++) {
        unsigned char bytes[4096];
        (void)chain_next(&chain, "payload", &frame);
        const struct record record = {
            .sequence = i, .stored_ms = 1000 + i, .frame = frame.data, .frame_size = frame.size};
        record_write(&record, bytes);
        bytes[60] ^= (unsigned char)(i == which);
        err = inspectors_add(inspectors, bytes, RECORD_PREFIX_BYTES + frame.size);
    }
    buffer_fini(&frame);
    return err;
}

Test(inspectors, every_record_is_handed_on_in_order_whatever_the_threads, .timeout = 120)
{
    for (unsigned threads = 1; threads <= 5; threads++) {
        struct sink sink = {.is_in_order = true};
        struct inspectors *inspectors = open_inspectors(threads, &sink);
        cr_assert_eq(add_records(inspectors, 20000, 0), ERR_OK);
        cr_assert_eq(inspectors_finish(inspectors), ERR_OK);
        cr_expect_eq(sink.taken, 20000);
        cr_expect(sink.is_in_order);
        inspectors_close(&inspectors);
    }
}

Test(inspectors, a_damaged_record_arrives_in_its_place, .timeout = 120)
{
    struct sink sink = {.is_in_order = true};
    struct inspectors *inspectors = open_inspectors(3, &sink);
    cr_assert_eq(add_records(inspectors, 5000, 4321), ERR_OK);
    cr_assert_eq(inspectors_finish(inspectors), ERR_OK);
    cr_expect_eq(sink.found, ERR_CORRUPT);
    cr_expect(sink.is_in_order);
    inspectors_close(&inspectors);
}

Test(inspectors, after_an_error_nothing_more_is_taken, .timeout = 120)
{
    struct sink sink = {.stop_at = 100};
    struct inspectors *inspectors = open_inspectors(2, &sink);
    enum err err = add_records(inspectors, 20000, 0);
    cr_expect_eq(err ? err : inspectors_finish(inspectors), ERR_DIFFERENT);
    cr_expect_eq(sink.taken, 100);
    inspectors_close(&inspectors);
}

Test(inspectors, nothing_added_is_nothing_taken, .timeout = 60)
{
    struct sink sink = {0};
    struct inspectors *inspectors = open_inspectors(0, &sink);
    cr_expect_eq(inspectors_finish(inspectors), ERR_OK);
    cr_expect_eq(sink.taken, 0);
    inspectors_close(&inspectors);
}
