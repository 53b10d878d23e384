/* Consumers' positions at the broker: what is refused, and how a dead consumer's is taken away. */
#include "proto/client/control.h"
#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 20000 };

static struct hub hub;

static void begin(void)
{
    hub_open(&hub);
    const struct identity *agent = world_identity(hub.world, "agent", ROLE_AGENT, "220100");
    world_identity(hub.world, "reader", ROLE_READER, "*");
    world_identity(hub.world, "operator", ROLE_OPERATOR, "*");
    broker_reload(hub.broker);
    struct publisher *publisher = hub_publisher(&hub, agent, "events", "agent");
    for (int i = 0; i < 3; i++)
        cr_assert_eq(hub_publish(publisher, 220100, "observation", "x"), ERR_OK);
    publisher_close(&publisher);
}

static void end(void)
{
    hub_close(&hub);
}

TestSuite(positions, .init = begin, .fini = end, .timeout = 60);

/* As one who is known under that name; *why is what the broker said. */
static enum err save(const char *name, const char *consumer, uint64_t expected, uint64_t position,
                     char why[200])
{
    struct control *control;
    const struct identity *identity = world_identity(hub.world, name, ROLE_READER, "*");
    cr_assert_eq(control_open(hub.fetch, hub.server.public_key, identity, &control), ERR_OK);
    enum err err =
        control_save_position(control, "events", consumer, expected, position, WAIT_MS, NULL);
    snprintf(why, 200, "%s", control_error_text(control));
    control_close(&control);
    return err;
}

/* Exit code of songhua-broker positions; *output (may be NULL) is to be freed. */
static int run(const char *name, const char *option, const char *consumer, char **output)
{
    return hub_ask(&hub, "songhua-broker", name, ARGUMENTS("positions", option, consumer), output);
}

Test(positions, one_beyond_the_end_is_refused_by_name)
{
    char why[200];
    cr_expect_eq(save("reader", "reader", 0, 4, why), ERR_MALFORMED);
    cr_expect_str_eq(why, "position 4 is beyond the end of events, which is 3");
    cr_expect_eq(save("reader", "reader", 0, UINT64_MAX, why), ERR_MALFORMED);
    cr_expect_eq(save("reader", "reader", 0, 3, why), ERR_OK);
}

Test(positions, an_operator_takes_a_dead_consumers_away_and_that_is_all_it_may_do_to_it)
{
    char why[200], *output;
    cr_assert_eq(save("reader", "reader.old", 0, 2, why), ERR_OK);
    cr_expect_eq(save("operator", "reader.old", 2, 3, why), ERR_DENIED);
    cr_expect_eq(run("operator", "--delete", "reader.old", NULL), 0);
    cr_assert_eq(run("operator", "--json", NULL, &output), 0);
    cr_expect_str_eq(output, "");
    free(output);
    cr_expect_eq(run("operator", "--delete", "reader.old", NULL), 66, "it is gone");
    cr_expect_eq(save("reader", "reader.old", 0, 3, why), ERR_OK, "it may come back");
}

Test(positions, nobody_else_takes_anothers_away)
{
    char why[200], *output;
    world_identity(hub.world, "other", ROLE_READER, "*");
    broker_reload(hub.broker);
    cr_assert_eq(save("reader", "reader", 0, 2, why), ERR_OK);
    cr_expect_eq(save("other", "reader", 2, 0, why), ERR_DENIED);
    cr_expect_not_null(strstr(why, "other may not take away the position of reader"), "%s", why);
    cr_expect_eq(run("other", "--delete", "reader", NULL), 77);
    cr_assert_eq(run("other", "--json", NULL, &output), 0);
    cr_expect_not_null(strstr(output, "\"consumer\":\"reader\",\"position\":2,"), "%s", output);
    free(output);
}

Test(positions, a_save_need_not_be_waited_for)
{
    struct control *control;
    struct control_save save = {
        .stream = "events", .consumer = "reader", .expected = 0, .position = 2};
    cr_assert_eq(control_open(hub.fetch, hub.server.public_key,
                              world_identity(hub.world, "reader", ROLE_READER, "*"), &control),
                 ERR_OK);
    cr_expect_eq(control_save_step(control, &save, 0), ERR_TIMEOUT, "there is no connection yet");
    enum err err;
    while ((err = control_save_step(control, &save, 1)) == ERR_TIMEOUT)
        continue;
    cr_expect_eq(err, ERR_OK);
    save.position = 3;
    cr_expect_eq(control_save_step(control, &save, WAIT_MS), ERR_CONFLICT);
    cr_expect_eq(save.standing, 2);
    save.expected = save.standing;
    cr_expect_eq(control_save_step(control, &save, WAIT_MS), ERR_OK);
    control_close(&control);
}
