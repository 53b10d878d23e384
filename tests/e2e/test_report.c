/* What a result rests on, read from a broker's record by the commands that explain and report. */
#include "proto/base/file.h"
#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_MAX_BYTES = 1 << 20 };
#define TEXT(literal) ((char *)(uintptr_t)(literal))
#define REGION        220000

static struct hub hub;
static struct publisher *publisher;

static void publish_framework(void)
{
    struct buffer document;
    Songhua__V1__FrameworkVersion version = SONGHUA__V1__FRAMEWORK_VERSION__INIT;
    Songhua__V1__Event event = SONGHUA__V1__EVENT__INIT;
    buffer_init(&document, EVENT_MAX_BYTES);
    cr_assert_eq(file_read("deploy/framework/jilin-2021.yaml", &document), ERR_OK);
    version.document = (ProtobufCBinaryData){document.size, document.data};
    version.id = TEXT("jilin-2021");
    version.version = 1;
    event.body_case = SONGHUA__V1__EVENT__BODY_FRAMEWORK;
    event.framework = &version;
    hub_publish_event(publisher, REGION, &event);
    buffer_fini(&document);
}

static void report(const char *period, int64_t unscaled)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = TEXT("rd_intensity");
    observation.period = TEXT(period);
    observation.unscaled = unscaled;
    observation.decimals = 2;
    observation.source = TEXT("统计公报");
    const Songhua__V1__Event event = event_of_observation(&observation, 0);
    hub_publish_event(publisher, REGION, &event);
}

static void open_hub(void)
{
    hub_open(&hub);
    const struct identity *planner =
        world_identity(hub.world, "agent-220000", ROLE_PLANNER, "220000");
    world_identity(hub.world, "reader", ROLE_READER, "*");
    broker_reload(hub.broker);
    publisher = hub_publisher(&hub, planner, "events", "agent-220000");
    publish_framework();
    report("2022", 143);
    report("2023", 155);
    report("2022", 146);
}

static void close_hub(void)
{
    publisher_close(&publisher);
    hub_close(&hub);
}

TestSuite(report_e2e, .init = open_hub, .fini = close_hub, .timeout = 60);

static int scorer(const char *const *words, char **output)
{
    return hub_ask(&hub, "songhua-scorer", "reader", words, output);
}

Test(report_e2e, judgement_is_explained_from_the_record_with_addresses)
{
    char *output;
    cr_expect_eq(scorer(ARGUMENTS("explain", "rd_intensity", "220000", "--year", "2023"), &output),
                 0);
    cr_expect_not_null(strstr(output, "0.0604 / |0.0900| = 0.6711"), "%s", output);
    cr_expect_not_null(strstr(output, "[3.0]  agent-220000"), "%s", output);
    cr_expect_not_null(strstr(output, "另曾填报 1.43  [2.0]"), "%s", output);
    free(output);
}

Test(report_e2e, earlier_moment_of_the_record_has_the_earlier_figure)
{
    char *output;
    cr_expect_eq(scorer(ARGUMENTS("explain", "rd_intensity", "220000", "--year", "2022",
                                  "--as-of-sequence", "3"),
                        &output),
                 0);
    cr_expect_not_null(strstr(output, "(1.43 / 1.3)^(1/2)"), "%s", output);
    cr_expect_null(strstr(output, "1.46"), "%s", output);
    free(output);
}

Test(report_e2e, what_a_revision_changed_is_said)
{
    char *output;
    cr_expect_eq(scorer(ARGUMENTS("diff", "--since-sequence", "3", "--json"), &output), 0);
    cr_expect_not_null(strstr(output, "\"why\":[\"revision\"]"), "%s", output);
    free(output);
}

Test(report_e2e, a_moment_before_every_figure_is_not_taken_for_now)
{
    char *output;
    cr_expect_neq(scorer(ARGUMENTS("diff", "--since", "2000-01-01", "--json"), &output), 0);
    cr_expect_str_empty(output);
    free(output);
}

/* The text of a key in a line of JSON. */
static char *text_of(const char *json, const char *key)
{
    const char *place = strstr(json, key);
    cr_assert_not_null(place, "%s is not in %s", key, json);
    return strndup(place + strlen(key), strcspn(place + strlen(key), "\""));
}

Test(report_e2e, report_names_the_heads_that_verify_finds)
{
    char *report_json, *verdict;
    cr_assert_eq(
        scorer(ARGUMENTS("report", "--years", "2022-2024", "--format", "json"), &report_json), 0);
    cr_assert_eq(hub_ask(&hub, "songhua-replay", "reader",
                         ARGUMENTS("verify", "--keys", "", "--stream", "events", "--json"),
                         &verdict),
                 0);
    char *named = text_of(report_json, "\"heads\":\""), *found = text_of(verdict, "\"heads\":\"");
    cr_expect_str_eq(named, found);
    cr_expect_eq(strlen(named), 64);
    free(named);
    free(found);
    free(report_json);
    free(verdict);
}

Test(report_e2e, unknown_indicator_is_answered_with_the_nearest)
{
    char *output;
    cr_expect_eq(scorer(ARGUMENTS("explain", "rd_intensty", "220000"), &output), 66);
    free(output);
}

Test(report_e2e, published_report_is_never_written_over)
{
    char *output, directory[512];
    const char *const words[] = {"report",   "--years", "last3",    "--as-of", "2025-11-02",
                                 "--format", "json",    "--output", directory, NULL};
    /* What is stored today is not known in 2025, so the figures come from a file. */
    const char *const from_files[] = {"report",
                                      "--years",
                                      "last3",
                                      "--as-of",
                                      "2025-11-02",
                                      "--format",
                                      "json",
                                      "--framework",
                                      "deploy/framework/jilin-2021.yaml",
                                      "--observations",
                                      "deploy/data/220000.csv",
                                      "--output",
                                      directory,
                                      NULL};
    snprintf(directory, sizeof directory, "%s/", world_path(hub.world, "access"));
    cr_expect_eq(scorer(words, &output), 66, "no framework was in force then");
    free(output);
    cr_expect_eq(scorer(from_files, &output), 0);
    free(output);
    cr_expect_eq(scorer(from_files, &output), 73);
    free(output);
    char *report_json = world_read(hub.world, "access/report-2022-2024.json");
    cr_expect_eq(strncmp(report_json, "{\"title\":", 9), 0);
    free(report_json);
}
