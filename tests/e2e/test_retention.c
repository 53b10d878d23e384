/* A broker with a rule: it prunes while it works, also when it is full; a reader is told where to go on. */
#include "proto/client/publisher.h"
#include "proto/client/subscriber.h"
#include "tests/support/noise.h"
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_BYTES = 20000, WAIT_MS = 500, TIMEOUT_MS = 60000 };

static struct publisher *open_publisher(struct world *world)
{
    struct publisher *publisher;
    const struct publisher_options options = {
        .endpoint = world_endpoint(world, "publish"),
        .server_key = world_server_key(world),
        .identity = world_identity(world, "planner", ROLE_PLANNER, "*"),
        .stream = "events",
        .producer = "planner"};
    cr_assert_eq(publisher_open(&options, &publisher), ERR_OK);
    return publisher;
}

/* Batches of 20 kB that do not compress, each on disk before the next. */
static void publish(struct world *world, size_t count)
{
    static char payload[PAYLOAD_BYTES];
    struct publisher *publisher = open_publisher(world);
    noise_fill(payload, sizeof payload);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(publisher_publish(publisher, 220000, "observation", payload, sizeof payload),
                     ERR_OK);
        cr_assert_eq(publisher_flush(publisher, TIMEOUT_MS), ERR_OK);
    }
    publisher_close(&publisher);
}

/* The metric's own time: the page is asked for until it says so; the test's timeout ends it otherwise. */
static void await_pruned(struct world *world, double least)
{
    while (world_metric(world, "songhua_broker_pruned_records_total") < least)
        continue;
}

static uint64_t last_of(struct world *world, uint64_t from, bool *has_gap, uint64_t *first)
{
    struct subscriber *subscriber;
    struct subscriber_record record;
    const struct subscriber_options options = {
        .endpoint = world_endpoint(world, "fetch"),
        .server_key = world_server_key(world),
        .identity = world_identity(world, "planner", ROLE_PLANNER, "*"),
        .stream = "events",
        .start = SUBSCRIBE_FROM_SEQUENCE,
        .from = from};
    uint64_t last = 0;
    *has_gap = false;
    *first = 0;
    cr_assert_eq(subscriber_open(&options, &subscriber), ERR_OK);
    while (!subscriber_is_at_end(subscriber)) {
        enum err err = subscriber_next(subscriber, WAIT_MS, &record);
        *has_gap = *has_gap || err == ERR_GAP;
        cr_assert(!err || err == ERR_GAP || err == ERR_TIMEOUT, "%s", err_text(err));
        if (err)
            continue;
        *first = *first ? *first : record.sequence;
        last = record.sequence;
    }
    subscriber_close(&subscriber);
    return last;
}

static struct world *start(const char *const *extra)
{
    struct world *world = world_new();
    world_identity(world, "planner", ROLE_PLANNER, "*");
    world_start_broker(world, extra);
    return world;
}

Test(retention_e2e, the_broker_prunes_by_size_and_a_reader_is_told_the_first_kept, .timeout = 120)
{
    bool has_gap;
    uint64_t first;
    const char *const extra[] = {"--retention", "events size=1MiB", NULL};
    struct world *world = start(extra);
    publish(world, 200);
    await_pruned(world, 140);
    cr_expect_eq(last_of(world, 1, &has_gap, &first), 200);
    cr_expect(has_gap, "records asked for by number are gone, and that is said");
    cr_expect_gt(first, 140);
    publish(world, 5);
    cr_expect_eq(last_of(world, 200, &has_gap, &first), 205);
    cr_expect_not(has_gap);
    world_free(&world);
}

Test(retention_e2e, a_full_journal_gets_room_by_its_rule_and_goes_on, .timeout = 200)
{
    const char *const extra[] = {"--journal-size", "16MiB", "--retention", "events size=12MiB",
                                 NULL};
    struct world *world = start(extra);
    publish(world, 1500); /* twice what fits */
    cr_expect_gt(world_metric(world, "songhua_broker_pruned_records_total"), 700);
    world_free(&world);
}

Test(retention_e2e, without_a_rule_everything_stays, .timeout = 120)
{
    bool has_gap;
    uint64_t first;
    struct world *world = start(NULL);
    publish(world, 50);
    cr_expect_eq(last_of(world, 1, &has_gap, &first), 50);
    cr_expect_eq(first, 1);
    cr_expect_eq(world_metric(world, "songhua_broker_pruned_records_total"), 0);
    world_free(&world);
}

Test(retention_e2e, a_dry_run_says_what_would_go_and_removes_nothing, .timeout = 120)
{
    char *output;
    struct world *world = start(NULL);
    publish(world, 100);
    const char *const arguments[] = {"retention", "--state",     world_path(world, "broker"),
                                     "--dry-run", "--retention", "events size=1MiB",
                                     "--json",    NULL};
    cr_expect_eq(world_run(world, "songhua-broker", arguments, &output), 0);
    cr_expect_not_null(strstr(output, "{\"stream\":\"events\",\"records\":"), "%s", output);
    cr_expect_null(strstr(output, "\"records\":0,"), "%s", output);
    cr_expect_eq(world_metric(world, "songhua_broker_pruned_records_total"), 0);
    free(output);
    world_free(&world);
}

Test(retention_e2e, a_wrong_rule_keeps_the_broker_from_starting, .timeout = 60)
{
    struct world *world = world_new();
    const char *const arguments[] = {"run",         "--state",         world_path(world, "journal"),
                                     "--retention", "events keep=all", NULL};
    cr_expect_eq(world_run(world, "songhua-broker", arguments, NULL), 78);
    world_free(&world);
}
