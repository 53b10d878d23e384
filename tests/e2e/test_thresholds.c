/* A framework with alert thresholds of its own, by way of every program: which alerts follow from it. */
#include "tests/support/pipeline.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 2048 };

/* A straight path from 100 in 2020 to 200 in 2030: ten a year are required. */
static const char document[] =
    "framework: own\nversion: 1\ntitle: {zh: 自定, en: own}\nsource: test\n"
    "indicators:\n  - id: x\n    name: {zh: 指标甲, en: x}\n    kind: quantity\n    unit: 亿元\n"
    "    direction: up\n    method: linear_path\n    regions: [220000]\n"
    "    alert: {watch: 0.8, lagging: 0.5, severe: 0.2, hysteresis: 0.1}\n"
    "    targets:\n      - {id: t, comparator: \">=\", value: 200, deadline: 2030}\n"
    "    baselines:\n      - {region: 220000, period: 2020, value: 100}\n";

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

static void must_run(struct pipeline *pipeline, const char *program, const char *config,
                     const char *const *words)
{
    char *output;
    int code = pipeline_run(pipeline, program, config, words, &output);
    cr_assert_eq(code, 0, "%s %s: exit %d\n%s%s", program, words[0], code, output,
                 world_read(pipeline_world(pipeline), "run.log"));
    free(output);
}

/* The agent's configuration as the pipeline has it, with this framework. */
static void write_agent(struct pipeline *pipeline)
{
    struct world *world = pipeline_world(pipeline);
    char text[TEXT_BYTES];
    const char *directory = world_directory(world);
    snprintf(text, sizeof text,
             "broker: %s\nserver-cert: %s/broker.cert\nidentity: %s/agent-220000.cert\n"
             "state: %s/state-agent\nframework: %s/own.yaml\nregion: \"220000\"\nheartbeat: 0s\n",
             world_endpoint(world, "publish"), directory, directory, directory, directory);
    write_text(world_path(world, "agent-220000.yaml"), text);
    write_text(world_path(world, "own.yaml"), document);
}

static void put(struct pipeline *pipeline, const char *period, const char *value)
{
    must_run(pipeline, "songhua-agent", "agent-220000.yaml",
             (const char *const[]){"put", "--timeout", "60s", "--indicator", "x", "--period",
                                   period, "--value", value, NULL});
}

/* "firing/watch resolved/watch ": the alerts about performance in the order they were published. */
static char *story_of(const char *alerts)
{
    char *story = calloc(1, TEXT_BYTES);
    cr_assert_not_null(story);
    for (const char *at = alerts; (at = strstr(at, "\"rule\":\"behind_required_path\""));) {
        char state[32], severity[32];
        const char *state_at = strstr(at, "\"state\":\""), *severity_at;
        cr_assert_not_null(state_at);
        severity_at = strstr(at, "\"severity\":\"");
        cr_assert_not_null(severity_at);
        cr_assert_eq(sscanf(state_at, "\"state\":\"%31[a-z]", state), 1);
        cr_assert_eq(sscanf(severity_at, "\"severity\":\"%31[a-z]", severity), 1);
        size_t used = strlen(story);
        snprintf(story + used, TEXT_BYTES - used, "%s/%s ", state, severity);
        at = severity_at;
    }
    return story;
}

Test(thresholds, a_framework_with_its_own_has_its_own_alerts, .timeout = 120)
{
    struct pipeline *pipeline = pipeline_new("64M");
    write_agent(pipeline);
    pipeline_start(pipeline, PIPELINE_SCORER);
    pipeline_start(pipeline, PIPELINE_ALERTER);
    char path[256];
    snprintf(path, sizeof path, "%s", world_path(pipeline_world(pipeline), "own.yaml"));
    must_run(pipeline, "songhua-agent", "agent-220000.yaml",
             (const char *const[]){"framework", path, NULL});
    put(pipeline, "2022", "117"); /* 0.85: no alert, though it is to accelerate */
    put(pipeline, "2023", "120"); /* 0.67: watch */
    put(pipeline, "2024", "132"); /* 0.80: it goes on until 0.90 */
    put(pipeline, "2024", "119"); /* 0.48: lagging */
    put(pipeline, "2025", "142"); /* 0.84: watch */
    put(pipeline, "2026", "111"); /* 0.18: severe */
    put(pipeline, "2027", "166"); /* 0.94: it ends */
    put(pipeline, "2028", "130"); /* 0.38, but 9 times the pace in a fifth of the time: severe */
    pipeline_await(pipeline);
    char *alerts = pipeline_read(pipeline, "alerts"), *story = story_of(alerts);
    cr_expect_str_eq(story,
                     "firing/watch firing/lagging firing/watch firing/severe resolved/severe "
                     "firing/severe ",
                     "%s\n%s", story, alerts);
    cr_expect_not_null(strstr(alerts, "比值0.84，达到0.9方解除预警"), "%s", alerts);
    cr_expect_not_null(strstr(alerts, "剩余时间不足一半，此后须为以往速度的9.333倍"), "%s", alerts);
    cr_expect_not_null(strstr(alerts, "\"alert_call\":\"pace\""), "%s", alerts);
    pipeline_verify(pipeline);
    free(story);
    free(alerts);
    pipeline_free(&pipeline);
}
