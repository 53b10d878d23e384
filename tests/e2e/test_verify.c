/* songhua-scorer verify against a broker whose scores are right, and against ones that are not. */
#include "proto/event/decimal.h"
#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char framework_text[] =
    "framework: test\nversion: 1\ntitle: {zh: 测, en: test}\nsource: test\n"
    "author: test\nreason: test\n"
    "indicators:\n"
    "  - id: rd_intensity\n    name: {zh: 研, en: rd}\n    kind: share\n    unit: \"%\"\n"
    "    regions: [220000]\n    direction: up\n    method: cagr_target\n"
    "    targets:\n"
    "      - {id: \"2025\", comparator: \">\", value: 2.00, deadline: 2025}\n"
    "    baselines:\n"
    "      - {region: 220000, period: 2020, value: 1.30}\n";

struct judged {
    struct world *world;
    pid_t scorer;
};

/* --- events and scores of our own ----------------------------------------------------------------- */

static void publish(struct world *world, const char *stream, const struct identity *identity,
                    Songhua__V1__Event *event)
{
    struct publisher *publisher;
    const struct publisher_options options = {.endpoint = world_endpoint(world, "publish"),
                                              .server_key = world_server_key(world),
                                              .identity = identity,
                                              .stream = stream,
                                              .producer = identity->name};
    cr_assert_eq(publisher_open(&options, &publisher), ERR_OK);
    hub_publish_event(publisher, 220000, event);
    publisher_close(&publisher);
}

static const struct identity *planner(struct world *world)
{
    return world_identity(world, "planner", ROLE_PLANNER, "*");
}

static void publish_framework(struct world *world)
{
    Songhua__V1__FrameworkVersion framework = SONGHUA__V1__FRAMEWORK_VERSION__INIT;
    Songhua__V1__Event event = event_of_framework(&framework, 1);
    framework.id = (char *)"test";
    framework.document.data = (uint8_t *)(uintptr_t)framework_text;
    framework.document.len = sizeof framework_text - 1;
    publish(world, "events", planner(world), &event);
}

static void publish_figure(struct world *world, const char *period, const char *value)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    Songhua__V1__Event event = event_of_observation(&observation, 1);
    struct decimal decimal;
    cr_assert_eq(decimal_parse(value, &decimal, NULL), ERR_OK);
    observation.indicator = (char *)"rd_intensity";
    observation.period = (char *)(uintptr_t)period;
    observation.unscaled = decimal.unscaled;
    observation.decimals = decimal.decimals;
    publish(world, "events", planner(world), &event);
}

/* A score that the scorer never made, under its name. */
static void forge_score(struct world *world, double value, uint64_t as_of_sequence)
{
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    Songhua__V1__Event event = event_of_score(&score, 1);
    score.indicator = (char *)"rd_intensity";
    score.target = (char *)"2025";
    score.value = value;
    score.as_of_sequence = as_of_sequence;
    publish(world, "scores", world_identity(world, "scorer", ROLE_SCORER, "*"), &event);
}

/* --- programs --------------------------------------------------------------------------------------- */

static void start_scorer(struct judged *judged)
{
    judged->scorer = world_start_service(judged->world, "songhua-scorer", "scorer");
}

static void stop_scorer(struct judged *judged)
{
    world_signal(judged->world, judged->scorer, SIGTERM);
    cr_assert_eq(world_wait(judged->world, judged->scorer), 0);
}

static void await_scores(struct world *world)
{
    cr_assert_eq(world_ask(world, "songhua-broker", world_endpoint(world, "fetch"), "planner",
                           ARGUMENTS("positions", "--until-caught-up", "30s", "scorer"), NULL),
                 0);
}

/* Exit code; *output is the caller's. */
static int verify(struct world *world, const char *option, char **output)
{
    return world_ask(world, "songhua-scorer", world_endpoint(world, "fetch"), "planner",
                     ARGUMENTS("verify", "--wait", "2s", option), output);
}

/* A framework and two figures, all judged. */
static struct judged judged_new(void)
{
    struct judged judged = {.world = world_new()};
    world_identity(judged.world, "scorer", ROLE_SCORER, "*");
    planner(judged.world);
    world_start_broker(judged.world, NULL);
    start_scorer(&judged);
    publish_framework(judged.world);
    publish_figure(judged.world, "2022", "1.50");
    publish_figure(judged.world, "2023", "1.55");
    await_scores(judged.world);
    return judged;
}

/* --- verdicts ------------------------------------------------------------------------------------ */

Test(verify, scores_of_the_scorer_are_identical, .timeout = 120)
{
    struct judged judged = judged_new();
    char *first, *second;
    cr_expect_eq(verify(judged.world, NULL, &first), 0);
    cr_expect_not_null(
        strstr(first, "identical: 3 records of events give the 3 records of scores"));
    cr_expect_eq(verify(judged.world, NULL, &second), 0);
    cr_expect_str_eq(first, second);
    free(first);
    free(second);
    world_free(&judged.world);
}

Test(verify, json_has_verdict_and_digest, .timeout = 120)
{
    struct judged judged = judged_new();
    char *output;
    cr_expect_eq(verify(judged.world, "--json", &output), 0);
    cr_expect_not_null(strstr(output, "\"verdict\":\"identical\""));
    cr_expect_not_null(strstr(output, "\"scores\":3"));
    cr_expect_not_null(strstr(output, "\"digest\":\""));
    free(output);
    world_free(&judged.world);
}

Test(verify, a_score_that_follows_from_no_event_is_found, .timeout = 120)
{
    struct judged judged = judged_new();
    char *output;
    stop_scorer(&judged);
    forge_score(judged.world, 9.9, 3);
    cr_expect_eq(verify(judged.world, NULL, &output), 1);
    cr_expect_not_null(strstr(output, "record 4 of scores: follows from no event"));
    free(output);
    world_free(&judged.world);
}

Test(verify, a_score_that_is_not_the_right_one_is_found, .timeout = 120)
{
    struct judged judged = judged_new();
    char *output;
    stop_scorer(&judged);
    publish_figure(judged.world, "2024", "1.60");
    forge_score(judged.world, 9.9, 4);
    cr_expect_eq(verify(judged.world, NULL, &output), 1);
    cr_expect_not_null(strstr(output, "record 4 of scores (220000/rd_intensity"));
    free(output);
    world_free(&judged.world);
}

Test(verify, scores_that_are_missing_are_found, .timeout = 120)
{
    struct judged judged = judged_new();
    char *output;
    stop_scorer(&judged);
    publish_figure(judged.world, "2024", "1.60");
    cr_expect_eq(verify(judged.world, "--json", &output), 1);
    cr_expect_not_null(strstr(output, "\"verdict\":\"different\""));
    cr_expect_not_null(strstr(output, "not stored"));
    free(output);
    world_free(&judged.world);
}

Test(verify, without_a_broker_there_is_no_verdict, .timeout = 120)
{
    struct judged judged = judged_new();
    char *output;
    stop_scorer(&judged);
    world_stop_broker(judged.world, false);
    cr_expect_eq(verify(judged.world, NULL, &output), 69);
    cr_expect_str_empty(output);
    free(output);
    world_free(&judged.world);
}

/* --- the service ---------------------------------------------------------------------------------- */

Test(scorer_run, killed_again_and_again_it_publishes_the_right_scores, .timeout = 180)
{
    struct judged judged = judged_new();
    char *output;
    for (int year = 2024; year < 2034; year++) {
        char period[8], value[8];
        snprintf(period, sizeof period, "%d", year);
        snprintf(value, sizeof value, "1.%d", year - 1960);
        world_signal(judged.world, judged.scorer, SIGKILL);
        publish_figure(judged.world, period, value);
        cr_assert_eq(world_wait(judged.world, judged.scorer), -SIGKILL);
        start_scorer(&judged);
    }
    await_scores(judged.world);
    cr_expect_eq(verify(judged.world, NULL, &output), 0, "%s", output);
    free(output);
    world_free(&judged.world);
}

Test(scorer_run, a_broker_that_was_away_is_served_when_it_is_back, .timeout = 120)
{
    struct judged judged = judged_new();
    char *output;
    world_stop_broker(judged.world, true);
    world_start_broker(judged.world, NULL);
    publish_figure(judged.world, "2024", "1.60");
    await_scores(judged.world);
    cr_expect_eq(verify(judged.world, NULL, &output), 0, "%s", output);
    free(output);
    world_free(&judged.world);
}

Test(scorer_run, a_key_without_the_right_to_publish_scores_ends_it_with_77, .timeout = 120)
{
    struct world *world = world_new();
    world_identity(world, "scorer", ROLE_READER, "*");
    world_identity(world, "planner", ROLE_PLANNER, "*");
    world_start_broker(world, NULL);
    struct judged judged = {.world = world};
    start_scorer(&judged);
    publish_framework(world);
    cr_expect_eq(world_wait(world, judged.scorer), 77);
    world_free(&world);
}
