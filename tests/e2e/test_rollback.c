/* A broker put back from an older copy: the first agent that talks to it notices, nothing goes on until an
 * operator decides, and receipts prove what was lost. */
#include "proto/base/file.h"
#include "tests/support/hub_agent.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 500 };

static struct hub hub;

static void open_hub(void)
{
    hub_open_sized(&hub, 16 << 20);
    hub_agent_prepare(&hub);
}

static void close_hub(void)
{
    hub_close(&hub);
}

TestSuite(rollback_e2e, .init = open_hub, .fini = close_hub, .timeout = 120);

/* --- the broker's file ------------------------------------------------------------------------- */

static void copy_file(const char *from, const char *to)
{
    struct buffer bytes;
    buffer_init(&bytes, 64 << 20);
    cr_assert_eq(file_read(from, &bytes), ERR_OK, "%s", from);
    cr_assert_eq(file_write(to, bytes.data, bytes.size, 0600), ERR_OK, "%s", to);
    buffer_fini(&bytes);
}

static void keep_copy(void)
{
    hub_stop(&hub);
    copy_file(world_path(hub.world, "journal/journal/data.mdb"), world_path(hub.world, "older"));
    hub_start(&hub);
}

static void put_back_copy(void)
{
    hub_stop(&hub);
    copy_file(world_path(hub.world, "older"), world_path(hub.world, "journal/journal/data.mdb"));
    hub_start(&hub);
}

/* --- programs ----------------------------------------------------------------------------------- */

static int agent(const char *command, const char *const *special, char **output)
{
    return hub_agent(&hub, command, special, output);
}

/* The command's exit code, and that it says so. */
static void expect_agent(const char *command, const char *const *special, int code,
                         const char *words)
{
    char *output;
    cr_expect_eq(agent(command, special, &output), code, "%s: %s", command, output);
    cr_expect_not_null(strstr(output, words), "%s: %s", command, output);
    free(output);
}

static const char *write_row(const char *name, int year)
{
    char text[256];
    const char *path = world_path(hub.world, "%s", name);
    int size = snprintf(text, sizeof text,
                        "indicator,region,period,value\nrd_intensity,220100,%d,1.50\n", year);
    cr_assert_eq(file_write(path, text, (size_t)size, 0644), ERR_OK);
    return path;
}

static void submit(const char *name, int year)
{
    cr_assert_eq(agent("submit", ARGUMENTS(write_row(name, year)), NULL), 0);
}

static int verify(char **output)
{
    return hub_ask(&hub, "songhua-replay", "reader",
                   ARGUMENTS("verify", "--keys", world_path(hub.world, "access"), "--receipts",
                             world_path(hub.world, "receipts.txt")),
                   output);
}

static void write_receipts(void)
{
    char *output;
    const char *path = world_path(hub.world, "receipts.txt");
    cr_assert_eq(agent("receipts", ARGUMENTS("--log-level", "info"), &output), 0);
    cr_assert_eq(file_write(path, output, strlen(output), 0600), ERR_OK);
    free(output);
}

static uint64_t count_events(void)
{
    struct subscriber *subscriber =
        hub_subscriber(&hub, world_identity(hub.world, "reader", ROLE_READER, "*"), "events");
    struct subscriber_record record;
    uint64_t count = 0;
    while (!subscriber_is_at_end(subscriber)) {
        enum err err = subscriber_next(subscriber, WAIT_MS, &record);
        if (!err)
            count += record.batch.event_count;
        cr_assert(!err || err == ERR_TIMEOUT, "%s", err_text(err));
    }
    subscriber_close(&subscriber);
    return count;
}

/* --- agents -------------------------------------------------------------------------------------- */

Test(rollback_e2e, the_agent_refuses_to_go_on_and_says_so_everywhere)
{
    submit("a.csv", 2020);
    keep_copy();
    submit("b.csv", 2021);
    put_back_copy();
    cr_expect_eq(agent("submit", ARGUMENTS(write_row("c.csv", 2022)), NULL), 76);
    expect_agent("status", ARGUMENTS("--json"), 0, "\"is_rolled_back\":1");
    expect_agent("status", ARGUMENTS("--log-level", "info"), 0, "ROLLBACK");
    expect_agent("doctor", ARGUMENTS("--json"), 76, "ROLLBACK");
    cr_expect_eq(count_events(), 1, "nothing was sent");
}

Test(rollback_e2e, receipts_prove_what_was_lost)
{
    char *output;
    submit("a.csv", 2020);
    keep_copy();
    submit("b.csv", 2021);
    write_receipts();
    cr_expect_eq(verify(&output), 0, "%s", output);
    cr_expect_not_null(strstr(output, "2 of 2 receipts found"), "%s", output);
    free(output);
    put_back_copy();
    cr_expect_eq(verify(&output), 1);
    cr_expect_str_empty(output);
    free(output);
}

Test(rollback_e2e, a_decision_sends_again_what_the_agent_still_has_as_the_same_bytes)
{
    char *output;
    submit("a.csv", 2020);
    keep_copy();
    submit("b.csv", 2021);
    submit("c.csv", 2022);
    write_receipts();
    put_back_copy();
    expect_agent("resend", ARGUMENTS("--dry-run"), 0, "as the same bytes");
    cr_expect_eq(count_events(), 1);
    expect_agent("resend", ARGUMENTS("--after-rollback"), 0, "2 批 batches");
    cr_expect_eq(count_events(), 3);
    cr_expect_eq(verify(&output), 0, "%s", output);
    free(output);
    cr_expect_eq(agent("resend", ARGUMENTS("--after-rollback"), NULL), 66, "nothing to decide");
    submit("d.csv", 2023);
    cr_expect_eq(count_events(), 4);
}

Test(rollback_e2e, a_running_agent_stays_takes_figures_and_goes_on_after_the_decision)
{
    submit("a.csv", 2020);
    keep_copy();
    submit("b.csv", 2021);
    put_back_copy();
    pid_t pid = hub_agent_start(&hub, ARGUMENTS("--heartbeat", "0s"));
    cr_expect_eq(agent("submit", ARGUMENTS(write_row("c.csv", 2022)), NULL), 76);
    cr_expect(world_is_running(hub.world, pid));
    expect_agent("resend", ARGUMENTS("--after-rollback"), 0, "as the same bytes");
    cr_expect_eq(count_events(), 3);
    world_signal(hub.world, pid, SIGTERM);
    cr_expect_eq(world_wait(hub.world, pid), 0);
}

/* --- others -------------------------------------------------------------------------------------- */

Test(rollback_e2e, a_publisher_without_an_outbox_stops)
{
    const struct identity *identity = world_identity(hub.world, "planner", ROLE_PLANNER, "*");
    broker_reload(hub.broker);
    struct publisher *publisher = hub_publisher(&hub, identity, "events", "planner");
    cr_assert_eq(hub_publish(publisher, 220000, "observation", "one"), ERR_OK);
    keep_copy();
    cr_assert_eq(hub_publish(publisher, 220000, "observation", "two"), ERR_OK);
    put_back_copy();
    cr_expect_eq(hub_publish(publisher, 220000, "observation", "three"), ERR_ROLLBACK);
    publisher_close(&publisher);
    cr_expect_eq(count_events(), 1);
}

static int replay_on(char **output)
{
    return hub_ask(&hub, "songhua-replay", "reader",
                   ARGUMENTS("events", "--json", "--cursor-file", world_path(hub.world, "cursor")),
                   output);
}

Test(rollback_e2e, a_reader_beyond_the_end_is_told_at_once)
{
    char *output;
    submit("a.csv", 2020);
    keep_copy();
    submit("b.csv", 2021);
    submit("c.csv", 2022);
    cr_expect_eq(replay_on(&output), 0);
    free(output);
    put_back_copy();
    cr_expect_eq(replay_on(&output), 76);
    cr_expect_str_empty(output);
    free(output);
}
