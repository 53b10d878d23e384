/* The programs that read the record, against a broker. */
#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) ((char *)(uintptr_t)(literal))

static struct hub hub;
static struct publisher *publisher;

static void open_hub(void)
{
    hub_open(&hub);
    const struct identity *agent = world_identity(hub.world, "agent-220100", ROLE_AGENT, "220100");
    world_identity(hub.world, "reader", ROLE_READER, "*");
    broker_reload(hub.broker);
    publisher = hub_publisher(&hub, agent, "events", "agent-220100");
}

static void close_hub(void)
{
    publisher_close(&publisher);
    hub_close(&hub);
}

TestSuite(replay_e2e, .init = open_hub, .fini = close_hub, .timeout = 60);

static void report(const char *period)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = TEXT("rd_intensity");
    observation.period = TEXT(period);
    observation.unscaled = 155;
    observation.decimals = 2;
    const Songhua__V1__Event event = event_of_observation(&observation, 0);
    hub_publish_event(publisher, 220100, &event);
}

static int replay(const char *const *special, char **output)
{
    return hub_ask(&hub, "songhua-replay", "reader", special, output);
}

/* In the background, into follow.log. */
static pid_t follow(const char *const *special)
{
    struct world_line line;
    const char *const *arguments =
        world_line(hub.world, &line, "songhua-replay", hub.fetch, "reader", special);
    return world_start(hub.world, "songhua-replay", arguments, false, "follow.log");
}

Test(replay_e2e, the_same_range_twice_gives_the_same_bytes)
{
    char *first, *second;
    report("2022");
    report("2023");
    cr_expect_eq(replay(ARGUMENTS("events", "--json"), &first), 0);
    cr_expect_eq(replay(ARGUMENTS("events", "--json"), &second), 0);
    cr_expect_not_null(strstr(first, "\"period\":\"2023\""), "%s", first);
    cr_expect_str_eq(first, second);
    free(first);
    free(second);
}

Test(replay_e2e, a_record_is_verified_with_its_producers_keys)
{
    char *output;
    const char *keys = world_path(hub.world, "access");
    report("2022");
    report("2023");
    cr_expect_eq(replay(ARGUMENTS("verify", "--json", "--keys", keys), &output), 0);
    cr_expect_not_null(strstr(output, "{\"verdict\":\"whole\",\"events\":2,\"records\":2,"), "%s",
                       output);
    cr_expect_not_null(strstr(output, "\"not_signed\":0}"), "%s", output);
    free(output);
}

Test(replay_e2e, with_a_cursor_file_every_event_is_shown_once)
{
    char *first, *second, *third;
    const char *cursor = world_path(hub.world, "cursor");
    const char *const special[] = {"events", "--json", "--cursor-file", cursor, NULL};
    report("2022");
    cr_expect_eq(replay(special, &first), 0);
    report("2023");
    cr_expect_eq(replay(special, &second), 0);
    cr_expect_eq(replay(special, &third), 0);
    cr_expect_not_null(strstr(first, "\"2022\""), "%s", first);
    cr_expect_null(strstr(second, "\"2022\""), "%s", second);
    cr_expect_not_null(strstr(second, "\"2023\""), "%s", second);
    cr_expect_str_eq(third, "");
    free(first);
    free(second);
    free(third);
}

Test(replay_e2e, the_last_line_is_found_without_reading_the_rest)
{
    char *output;
    report("2022");
    report("2023");
    cr_expect_eq(replay(ARGUMENTS("events", "--json", "-n", "1"), &output), 0);
    cr_expect_eq(strncmp(output, "{\"seq\":2,", 9), 0, "%s", output);
    free(output);
}

Test(replay_e2e, following_shows_what_comes_and_ends_at_its_count)
{
    report("2022");
    pid_t pid = follow(ARGUMENTS("events", "--json", "--follow", "-n", "all", "--count", "2"));
    report("2023");
    cr_expect_eq(world_wait(hub.world, pid), 0);
    char *output = world_read(hub.world, "follow.log");
    cr_expect_not_null(strstr(output, "\"2023\""), "%s", output);
    free(output);
}

/* Wait until the program has said it: no time is guessed. */
static void await_words(const char *log, const char *words)
{
    for (bool is_said = false; !is_said;) {
        char *text = world_read(hub.world, log);
        is_said = strstr(text, words) != NULL;
        free(text);
    }
}

Test(replay_e2e, ctrl_c_exits_130_and_says_where_to_go_on)
{
    report("2022");
    pid_t pid = follow(ARGUMENTS("events", "--json", "--follow"));
    await_words("follow.log", "\"2022\"");
    world_signal(hub.world, pid, SIGINT);
    cr_expect_eq(world_wait(hub.world, pid), 130);
    char *output = world_read(hub.world, "follow.log");
    cr_expect_not_null(strstr(output, "songhua-replay events --from 2\n"), "%s", output);
    free(output);
}

Test(replay_e2e, a_broker_that_is_not_there_is_exit_69)
{
    char *output;
    hub_stop(&hub);
    cr_expect_eq(replay(ARGUMENTS("events", "--timeout", "300ms"), &output), 69);
    cr_expect_str_eq(output, "");
    free(output);
    hub_start(&hub);
}

Test(replay_e2e, a_key_that_is_missing_is_exit_77)
{
    char *output;
    const char *nowhere = world_path(hub.world, "nobody.cert");
    cr_expect_eq(replay(ARGUMENTS("events", "--identity", nowhere), &output), 77);
    free(output);
}

Test(alerts_e2e, none_is_said_in_words, .init = open_hub, .fini = close_hub, .timeout = 60)
{
    char *output;
    cr_expect_eq(hub_ask(&hub, "songhua-alerts", "reader", ARGUMENTS("list", "--utc"), &output), 0);
    cr_expect_not_null(strstr(output, "no open alerts (as of record 0)"), "%s", output);
    free(output);
}

Test(alerts_e2e, one_that_there_is_not_is_exit_66, .init = open_hub, .fini = close_hub,
     .timeout = 60)
{
    char *output;
    cr_expect_eq(hub_ask(&hub, "songhua-alerts", "reader", ARGUMENTS("show", "nothing"), &output),
                 66);
    free(output);
}
