/* A client in another language, written from proto/README.md alone, gets alerts over CURVE. */
#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BEFORE = 3, PATH_BYTES = 256 };

static void publish_alert(struct publisher *publisher, int number)
{
    char id[32];
    Songhua__V1__Alert alert = SONGHUA__V1__ALERT__INIT;
    snprintf(id, sizeof id, "alert-%d", number);
    alert.id = id;
    alert.indicator = "rd_intensity";
    alert.target = "2025";
    alert.summary_zh = "研发投入强度落后于应达进度";
    Songhua__V1__Event event = event_of_alert(&alert, 1700000000000);
    hub_publish_event(publisher, 220000, &event);
}

static struct publisher *open_publisher(struct world *world)
{
    struct publisher *publisher;
    const struct publisher_options options = {
        .endpoint = world_endpoint(world, "publish"),
        .server_key = world_server_key(world),
        .identity = world_identity(world, "alerter", ROLE_ALERTER, "*"),
        .stream = "alerts",
        .producer = "alerter"};
    cr_assert_eq(publisher_open(&options, &publisher), ERR_OK);
    return publisher;
}

static pid_t start_python(struct world *world)
{
    char own[PATH_BYTES], broker[PATH_BYTES], wanted[16];
    snprintf(own, sizeof own, "%s", world_path(world, "reader.cert_secret"));
    snprintf(broker, sizeof broker, "%s", world_path(world, "broker.cert"));
    snprintf(wanted, sizeof wanted, "%d", BEFORE);
    const char *const arguments[] = {
        "tests/e2e/subscribe.py",      own,      broker, world_endpoint(world, "fetch"),
        world_endpoint(world, "live"), "alerts", wanted, NULL};
    return world_start(world, "/usr/bin/python3", arguments, false, "python.log");
}

Test(other_language, python_fetches_records_and_hears_them_live, .timeout = 120)
{
    struct world *world = world_new();
    world_identity(world, "alerter", ROLE_ALERTER, "*");
    world_identity(world, "reader", ROLE_READER, "*");
    world_start_broker(world, NULL);
    struct publisher *publisher = open_publisher(world);
    for (int i = 0; i < BEFORE; i++)
        publish_alert(publisher, i);
    pid_t pid = start_python(world);
    for (int i = BEFORE; world_is_running(world, pid); i++)
        publish_alert(publisher, i); /* until one is heard live, which ends the client */
    int code = world_wait(world, pid);
    char *output = world_read(world, "python.log");
    cr_assert_eq(code, 0, "%s", output);
    cr_assert_eq(strncmp(output,
                         "fetched 1 220000 rd_intensity/2025/firing 1\n"
                         "fetched 2 220000 rd_intensity/2025/firing 1\n"
                         "fetched 3 220000 rd_intensity/2025/firing 1\n",
                         44 * 3),
                 0, "%s", output);
    cr_assert_not_null(strstr(output, "\nlive "));
    free(output);
    publisher_close(&publisher);
    world_free(&world);
}

/* It waits for an answer nearly all the time: one that dies with the broker. */
Test(other_language, python_goes_on_when_the_broker_was_killed_and_is_back, .timeout = 120)
{
    struct world *world = world_new();
    world_identity(world, "alerter", ROLE_ALERTER, "*");
    world_identity(world, "reader", ROLE_READER, "*");
    world_start_broker(world, NULL);
    struct publisher *publisher = open_publisher(world);
    publish_alert(publisher, 0);
    pid_t pid = start_python(world);
    while (world_metric(world, "songhua_broker_fetches_waiting") < 1)
        ; /* until it has fetched what there is and waits for more */
    world_stop_broker(world, true);
    world_start_broker(world, NULL); /* on the same ports */
    for (int i = 1; world_is_running(world, pid); i++)
        publish_alert(publisher, i);
    int code = world_wait(world, pid);
    char *output = world_read(world, "python.log");
    cr_expect_eq(code, 0, "%s", output);
    cr_expect_not_null(strstr(output, "fetched 3 220000 "), "%s", output);
    free(output);
    publisher_close(&publisher);
    world_free(&world);
}
