/* The agent's program against a broker. */
#include "producers/agent/station.h"
#include "proto/base/file.h"
#include "tests/support/hub_agent.h"
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "indicator,region,period,value,unit,obs_status,definition,source,note\n"

enum { WAIT_MS = 500 };

static struct hub hub;

static void open_hub(void)
{
    hub_open(&hub);
    hub_agent_prepare(&hub);
}

static void close_hub(void)
{
    hub_close(&hub);
}

TestSuite(agent_e2e, .init = open_hub, .fini = close_hub, .timeout = 120);

static int agent(const char *command, const char *const *special, char **output)
{
    return hub_agent(&hub, command, special, output);
}

static pid_t start_run(void)
{
    return hub_agent_start(&hub, ARGUMENTS("--heartbeat", "0s"));
}

static int stop_run(pid_t pid, int signal)
{
    world_signal(hub.world, pid, signal);
    return world_wait(hub.world, pid);
}

static const char *write_rows(const char *name, int from, int to)
{
    struct buffer text;
    const char *path = world_path(hub.world, "%s", name);
    buffer_init(&text, 16 << 20);
    cr_assert_eq(buffer_append_text(&text, HEADER), ERR_OK);
    for (int i = from; i < to; i++)
        cr_assert_eq(buffer_append_format(&text, "rd_intensity,220100,%d,%d.%02d,,,,row %d,\n",
                                          1950 + i % 70, i / 100 % 100, i % 100, i),
                     ERR_OK);
    cr_assert_eq(file_write(path, text.data, text.size, 0644), ERR_OK);
    buffer_fini(&text);
    return path;
}

/* Events with the topic in the stream, once there are `expected`; with to_the_end also those that are
 * there beyond. */
static uint64_t count_events(const char *topic, uint64_t expected, bool to_the_end)
{
    struct subscriber *subscriber =
        hub_subscriber(&hub, world_identity(hub.world, "reader", ROLE_READER, "*"), "events");
    struct subscriber_record record;
    uint64_t count = 0;
    while (count < expected || (to_the_end && !subscriber_is_at_end(subscriber))) {
        enum err err = subscriber_next(subscriber, WAIT_MS, &record);
        if (!err && !strcmp(record.batch.topic, topic))
            count += record.batch.event_count;
        cr_assert(!err || err == ERR_TIMEOUT || err == ERR_UNREACHABLE, "%s", err_text(err));
    }
    subscriber_close(&subscriber);
    return count;
}

Test(agent_e2e, a_file_reaches_the_broker_once_however_often_it_is_submitted)
{
    const char *path = write_rows("a.csv", 0, 3);
    char *output;
    cr_expect_eq(agent("submit", ARGUMENTS(path), &output), 0);
    cr_expect(strstr(output, "acknowledged by the broker") != NULL, "%s", output);
    free(output);
    cr_expect_eq(agent("submit", ARGUMENTS(path), &output), 0);
    cr_expect(strstr(output, "nothing sent") != NULL, "%s", output);
    free(output);
    cr_expect_eq(count_events("observation", 3, true), 3);
}

Test(agent_e2e, a_running_agent_takes_a_submission_and_it_is_acknowledged)
{
    const char *path = write_rows("a.csv", 0, 3);
    char *output;
    pid_t pid = start_run();
    cr_expect_eq(agent("submit", ARGUMENTS(path), &output), 0);
    cr_expect(strstr(output, "acknowledged by the broker (record 1)") != NULL, "%s", output);
    free(output);
    cr_expect_eq(stop_run(pid, SIGTERM), 0);
    cr_expect_eq(count_events("observation", 3, true), 3);
}

Test(agent_e2e, what_was_kept_while_the_broker_was_away_is_sent_by_run)
{
    const char *path = write_rows("a.csv", 0, 3);
    hub_stop(&hub);
    cr_expect_eq(agent("submit", ARGUMENTS("--timeout", "300ms", path), NULL), 69);
    pid_t pid = start_run();
    hub_start(&hub);
    cr_expect_eq(count_events("observation", 3, true), 3);
    cr_expect_eq(stop_run(pid, SIGTERM), 0);
}

Test(agent_e2e, an_agent_killed_in_the_middle_of_sending_sends_everything_once)
{
    enum { ROWS = 30000 };
    const char *path = write_rows("large.csv", 0, ROWS);
    cr_expect_eq(agent("submit", ARGUMENTS("--timeout", "0s", path), NULL), 0);
    pid_t pid = start_run();
    cr_expect_geq(count_events("observation", 1, false), 1);
    cr_expect_eq(stop_run(pid, SIGKILL), -SIGKILL);
    pid = start_run();
    cr_expect_eq(count_events("observation", ROWS, true), ROWS);
    cr_expect_eq(stop_run(pid, SIGTERM), 0);
    cr_expect_eq(count_events("observation", ROWS, true), ROWS);
}

Test(agent_e2e, a_key_the_broker_does_not_know_exits_77_and_keeps_the_figures)
{
    const char *path = write_rows("a.csv", 0, 3);
    cr_assert_eq(remove(world_path(hub.world, "access/agent-220100.cert")), 0);
    broker_reload(hub.broker);
    cr_expect_eq(agent("submit", ARGUMENTS("--timeout", "5s", path), NULL), 77);
    char *output;
    cr_expect_eq(agent("status", ARGUMENTS("--json"), &output), 0);
    cr_expect(strstr(output, "\"events\":3,") != NULL, "%s", output);
    free(output);
}

Test(agent_e2e, heartbeats_arrive_while_the_agent_runs)
{
    pid_t pid = hub_agent_start(&hub, ARGUMENTS("--heartbeat", "100ms", "--http", "127.0.0.1:0"));
    cr_expect_geq(count_events("heartbeat", 2, false), 2);
    cr_expect_eq(stop_run(pid, SIGTERM), 0);
}

/* --- a station by itself ------------------------------------------------------------------------ */

Test(agent, who_waits_for_a_report_is_told_when_it_is_stored_and_not_a_turn_later, .timeout = 60)
{
    enum { HOUR_MS = 60 * 60 * 1000 };
    struct world *world = world_new();
    const struct identity *identity = world_identity(world, "agent-220100", ROLE_AGENT, "220100");
    world_start_broker(world, NULL);
    char state[PATH_MAX], broker[256];
    snprintf(state, sizeof state, "%s/station", world_directory(world));
    snprintf(broker, sizeof broker, "%s", world_endpoint(world, "publish"));
    const struct station_options options = {.kind = "test",
                                            .state = state,
                                            .broker = broker,
                                            .server_key = world_server_key(world),
                                            .identity = identity};
    struct station *station;
    struct station_status status = {0};
    cr_assert_eq(station_open(&options, &station), ERR_OK);
    while (!status.is_connected) {
        cr_assert_eq(station_turn(station, 20, -1), ERR_OK);
        station_status(station, &status);
    }
    cr_assert_eq(station_heartbeat(station, 220100), ERR_OK);
    do {
        cr_assert_eq(station_turn(station, HOUR_MS, -1), ERR_OK);
        station_status(station, &status);
    } while (status.batches);
    cr_expect_eq(status.acknowledged_batches, 1);
    station_close(&station);
    world_free(&world);
}
