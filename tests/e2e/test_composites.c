/* The composite of the provinces by a scorer of its own: its ranks in the stream scores, the same after
 * a kill, and verified from the record. */
#include "proto/base/file.h"
#include "proto/client/publisher.h"
#include "proto/event/event.h"
#include "tests/support/framework_case.h"
#include "tests/support/ndjson.h"
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char framework_path[] = "deploy/framework/rd-provinces.yaml";

enum { FIRST_BULLETIN = 64, SECOND_BULLETIN = 128 };

struct providing {
    struct world *world;
    struct framework *framework;
    struct publisher *publisher;
    struct buffer bytes, document;
    uint64_t from, to; /* rows that are published */
    pid_t scorer;
};

static const struct identity *planner(struct world *world)
{
    return world_identity(world, "planner", ROLE_PLANNER, "*");
}

static void publish(struct providing *providing, uint32_t region, Songhua__V1__Event *event)
{
    char topic[EVENT_TOPIC_BYTES];
    buffer_clear(&providing->bytes);
    cr_assert_eq(event_topic(event, topic), ERR_OK);
    cr_assert_eq(event_pack(event, &providing->bytes), ERR_OK);
    cr_assert_eq(publisher_publish(providing->publisher, region, topic, providing->bytes.data,
                                   providing->bytes.size),
                 ERR_OK);
}

static void publish_framework(struct providing *providing)
{
    Songhua__V1__FrameworkVersion version = SONGHUA__V1__FRAMEWORK_VERSION__INIT;
    Songhua__V1__Event event = event_of_framework(&version, 1);
    version.id = (char *)"rd-provinces";
    version.document.data = (uint8_t *)providing->document.data;
    version.document.len = providing->document.size;
    publish(providing, 220000, &event);
}

static enum err take_row(void *context, const struct observation_row *row)
{
    struct providing *providing = context;
    Songhua__V1__Observation observation = *row->observation;
    Songhua__V1__Event event = event_of_observation(&observation, 1);
    if (row->row > providing->from && row->row <= providing->to)
        publish(providing, row->region, &event);
    return ERR_OK;
}

static void publish_rows(struct providing *providing, uint64_t from, uint64_t to)
{
    providing->from = from;
    providing->to = to;
    framework_case_figures("deploy/data/examples/rd-provinces.csv", providing->framework, take_row,
                           providing);
    cr_assert_eq(publisher_flush(providing->publisher, 30000), ERR_OK);
}

static void start_scorer(struct providing *providing)
{
    providing->scorer = world_start_service(providing->world, "songhua-scorer", "scorer");
}

/* The output of a program that reads from the broker as the planner; the caller's. */
static char *ask(struct world *world, const char *program, const char *const *words)
{
    char *output = NULL;
    int code = world_ask(world, program, world_endpoint(world, "fetch"), "planner", words, &output);
    cr_assert_eq(code, 0, "%s %s: %s", program, words[0], output);
    return output;
}

static void await_scores(struct world *world)
{
    free(
        ask(world, "songhua-broker", ARGUMENTS("positions", "--until-caught-up", "60s", "scorer")));
}

static struct providing providing_new(void)
{
    struct providing providing = {.world = world_new()};
    struct world *world = providing.world;
    buffer_init(&providing.bytes, 1 << 20);
    buffer_init(&providing.document, 1 << 20);
    cr_assert_eq(file_read(framework_path, &providing.document), ERR_OK);
    providing.framework = framework_case_file(framework_path);
    world_identity(world, "scorer", ROLE_SCORER, "*");
    const struct identity *identity = planner(world);
    world_start_broker(world, NULL);
    const struct publisher_options options = {.endpoint = world_endpoint(world, "publish"),
                                              .server_key = world_server_key(world),
                                              .identity = identity,
                                              .stream = "events",
                                              .producer = identity->name};
    cr_assert_eq(publisher_open(&options, &providing.publisher), ERR_OK);
    start_scorer(&providing);
    return providing;
}

static void providing_free(struct providing *providing)
{
    publisher_close(&providing->publisher);
    framework_free(providing->framework);
    buffer_fini(&providing->bytes);
    buffer_fini(&providing->document);
    world_free(&providing->world);
}

/* The last line of the stream that says where Jilin stands in a period. */
static double last_rank(const char *output, const char *period)
{
    char has_period[40];
    const char *line = output, *last = NULL;
    snprintf(has_period, sizeof has_period, "\"period\":\"%s\"", period);
    const char *const having[] = {"\"region\":\"220000\"", "\"composite\":\"intensity\"",
                                  has_period, NULL};
    while (line != NULL && (line = ndjson_find(line, having)) != NULL) {
        last = line;
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return last != NULL ? ndjson_number(last, "rank") : -1;
}

Test(composites, ranks_of_the_provinces_survive_a_kill_and_follow_from_the_record, .timeout = 180)
{
    struct providing providing = providing_new();
    struct world *world = providing.world;
    publish_framework(&providing);
    publish_rows(&providing, 0, FIRST_BULLETIN);
    await_scores(world);
    world_signal(world, providing.scorer, SIGKILL);
    world_wait(world, providing.scorer);
    start_scorer(&providing);
    publish_rows(&providing, FIRST_BULLETIN, SECOND_BULLETIN);
    await_scores(world);
    char *scores = ask(world, "songhua-replay", ARGUMENTS("scores", "--json"));
    cr_expect_eq(last_rank(scores, "2011"), 20);
    cr_expect_eq(last_rank(scores, "2012"), 20);
    free(scores);
    char *verdict = ask(world, "songhua-scorer", ARGUMENTS("verify", "--json"));
    cr_expect_not_null(strstr(verdict, "\"verdict\":\"identical\""), "%s", verdict);
    free(verdict);
    providing_free(&providing);
}
