/* Every program together on the published figures, left alone and with each of them killed in turn:
 * the same record, the same scores, nothing twice, nothing missing. */
#include "proto/client/outbox.h"
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNITS = 10, PATH_BYTES = 256 };
static const char *const units[UNITS] = {"220000", "220100", "220200", "220300", "220400",
                                         "220500", "220600", "220700", "220800", "222400"};

struct pipeline {
    struct world *world;
    pid_t agents[UNITS], scorer, alerter;
};

/* --- configuration ---------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

static const char *config(struct pipeline *pipeline, const char *name)
{
    return world_path(pipeline->world, "%s.yaml", name);
}

static void write_config(struct pipeline *pipeline, const char *name, const char *port,
                         const char *more)
{
    char text[2048];
    const char *directory = world_directory(pipeline->world);
    snprintf(text, sizeof text, "broker: %s\nserver-cert: %s/broker.cert\nidentity: %s/%s.cert\n%s",
             world_endpoint(pipeline->world, port), directory, directory, name, more);
    write_file(config(pipeline, name), text);
}

static void open_pipeline(struct pipeline *pipeline)
{
    char more[256], name[32];
    *pipeline = (struct pipeline){.world = world_new()};
    world_identity(pipeline->world, "agent-220000", ROLE_PLANNER, "220000 000000");
    for (size_t i = 1; i < UNITS; i++) {
        snprintf(name, sizeof name, "agent-%s", units[i]);
        world_identity(pipeline->world, name, ROLE_AGENT, units[i]);
    }
    world_identity(pipeline->world, "scorer", ROLE_SCORER, "*");
    world_identity(pipeline->world, "alerter", ROLE_ALERTER, "*");
    world_identity(pipeline->world, "reader", ROLE_READER, "*");
    world_start_broker(pipeline->world, NULL);
    const char *directory = world_directory(pipeline->world);
    for (size_t i = 0; i < UNITS; i++) {
        snprintf(name, sizeof name, "agent-%s", units[i]);
        snprintf(more, sizeof more,
                 "state: %s/state-%s\nframework: deploy/framework/jilin-2021.yaml\n"
                 "region: \"%s\"\nheartbeat: 0s\n",
                 directory, name, units[i]);
        write_config(pipeline, name, "publish", more);
    }
    snprintf(more, sizeof more, "fetch: %s\nstate: %s/state-scorer\n",
             world_endpoint(pipeline->world, "fetch"), directory);
    write_config(pipeline, "scorer", "publish", more);
    snprintf(more, sizeof more, "fetch: %s\nstate: %s/state-alerter\n",
             world_endpoint(pipeline->world, "fetch"), directory);
    write_config(pipeline, "alerter", "publish", more);
    write_config(pipeline, "reader", "fetch", "");
}

/* --- programs --------------------------------------------------------------------------------- */

static pid_t start(struct pipeline *pipeline, const char *program, const char *name)
{
    char path[PATH_BYTES], log[64];
    snprintf(path, sizeof path, "%s", config(pipeline, name));
    snprintf(log, sizeof log, "%s.log", name);
    const char *const arguments[] = {"run", "--config", path, NULL};
    return world_start(pipeline->world, program, arguments, true, log);
}

static void start_services(struct pipeline *pipeline)
{
    pipeline->scorer = start(pipeline, "songhua-scorer", "scorer");
    pipeline->alerter = start(pipeline, "songhua-alerter", "alerter");
}

static int run(struct pipeline *pipeline, const char *program, const char *name,
               const char *const *words, char **output)
{
    char path[PATH_BYTES];
    const char *arguments[16];
    size_t count = 0;
    snprintf(path, sizeof path, "%s", config(pipeline, name));
    while (*words)
        arguments[count++] = *words++;
    arguments[count++] = "--config";
    arguments[count++] = path;
    arguments[count] = NULL;
    return world_run(pipeline->world, program, arguments, output);
}

static void submit_file(struct pipeline *pipeline, size_t unit, const char *file)
{
    char name[32];
    snprintf(name, sizeof name, "agent-%s", units[unit]);
    const char *const words[] = {"submit", "--timeout", "60s", file, NULL};
    char *output;
    int code = run(pipeline, "songhua-agent", name, words, &output);
    cr_assert_eq(code, 0, "submit %s: exit %d\n%s%s", file, code, output,
                 world_read(pipeline->world, "run.log"));
    free(output);
}

/* The province's figures of 2026 have a file of their own. */
static void submit(struct pipeline *pipeline, size_t unit)
{
    char file[64];
    snprintf(file, sizeof file, "deploy/data/%s.csv", units[unit]);
    submit_file(pipeline, unit, file);
    if (unit == 0)
        submit_file(pipeline, unit, "deploy/data/220000-2026.csv");
}

static void publish_framework(struct pipeline *pipeline)
{
    const char *const words[] = {"framework", "deploy/framework/jilin-2021.yaml", NULL};
    char *output;
    int code = run(pipeline, "songhua-agent", "agent-220000", words, &output);
    cr_assert_eq(code, 0, "framework: exit %d\n%s%s", code, output,
                 world_read(pipeline->world, "run.log"));
    free(output);
}

static void await(struct pipeline *pipeline, const char *consumer)
{
    const char *const words[] = {"positions", "--until-caught-up", "60s", consumer, NULL};
    char *output;
    int code = run(pipeline, "songhua-broker", "reader", words, &output);
    cr_assert_eq(code, 0, "%s did not catch up: %s%s", consumer, output,
                 world_read(pipeline->world, "run.log"));
    free(output);
}

/* --- what is compared ------------------------------------------------------------------------- */

/* A stream as JSON lines without the times, which are the clock's and not the pipeline's. */
static char *read_stream(struct pipeline *pipeline, const char *stream)
{
    char *output;
    const char *const words[] = {stream, "--json", NULL};
    int code = run(pipeline, "songhua-replay", "reader", words, &output);
    cr_assert_eq(code, 0, "replay %s: exit %d\n%s", stream, code,
                 world_read(pipeline->world, "run.log"));
    static const char *const keys[] = {"\"stored\":\"", "\"recorded\":\"", "\"since\":\""};
    for (size_t i = 0; i < 3; i++)
        for (char *at = output; (at = strstr(at, keys[i]));) {
            at += strlen(keys[i]);
            char *end = strchr(at, '"');
            memset(at, '-', (size_t)(end - at));
        }
    return output;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

struct outcome {
    char *events, *scores, *alerts;
};

static struct outcome read_outcome(struct pipeline *pipeline)
{
    await(pipeline, "scorer");
    await(pipeline, "alerter");
    struct outcome outcome = {read_stream(pipeline, "events"), read_stream(pipeline, "scores"),
                              read_stream(pipeline, "alerts")};
    return outcome;
}

static void free_outcome(struct outcome *outcome)
{
    free(outcome->events);
    free(outcome->scores);
    free(outcome->alerts);
}

static void verify(struct pipeline *pipeline)
{
    char *output;
    const char *const words[] = {"verify", NULL};
    int code = run(pipeline, "songhua-scorer", "scorer", words, &output);
    cr_assert_eq(code, 0, "verify: exit %d\n%s%s", code, output,
                 world_read(pipeline->world, "run.log"));
    free(output);
}

static size_t rows_of_figures(void)
{
    size_t rows = 0;
    for (size_t i = 0; i <= UNITS; i++) {
        char path[64], line[65536];
        snprintf(path, sizeof path, "deploy/data/%s.csv", i < UNITS ? units[i] : "220000-2026");
        FILE *file = fopen(path, "r");
        cr_assert_not_null(file);
        while (fgets(line, sizeof line, file))
            rows++;
        rows--; /* the header */
        fclose(file);
    }
    return rows;
}

/* --- runs ------------------------------------------------------------------------------------- */

static struct outcome run_undisturbed(void)
{
    struct pipeline pipeline;
    open_pipeline(&pipeline);
    start_services(&pipeline);
    publish_framework(&pipeline);
    for (size_t i = 0; i < UNITS; i++)
        submit(&pipeline, i);
    struct outcome outcome = read_outcome(&pipeline);
    verify(&pipeline);
    world_free(&pipeline.world);
    return outcome;
}

static void kill_and_restart(struct pipeline *pipeline, size_t unit)
{
    switch (unit % 3) {
    case 0:
        cr_assert_eq(world_stop_broker(pipeline->world, true), -SIGKILL);
        world_start_broker(pipeline->world, NULL);
        break;
    case 1:
        world_signal(pipeline->world, pipeline->scorer, SIGKILL);
        world_wait(pipeline->world, pipeline->scorer);
        pipeline->scorer = start(pipeline, "songhua-scorer", "scorer");
        break;
    default:
        world_signal(pipeline->world, pipeline->alerter, SIGKILL);
        world_wait(pipeline->world, pipeline->alerter);
        pipeline->alerter = start(pipeline, "songhua-alerter", "alerter");
    }
}

/* An agent that is killed while it submits, and told again by its operator. */
static void submit_killed(struct pipeline *pipeline, size_t unit)
{
    char path[PATH_BYTES], file[64], name[32];
    snprintf(name, sizeof name, "agent-%s", units[unit]);
    snprintf(path, sizeof path, "%s", config(pipeline, name));
    snprintf(file, sizeof file, "deploy/data/%s.csv", units[unit]);
    const char *const arguments[] = {"submit", "--config", path, file, NULL};
    pid_t pid = world_start(pipeline->world, "songhua-agent", arguments, false, "killed.log");
    world_signal(pipeline->world, pid, SIGKILL);
    world_wait(pipeline->world, pid);
    submit(pipeline, unit);
}

static struct outcome run_disturbed(void)
{
    struct pipeline pipeline;
    open_pipeline(&pipeline);
    start_services(&pipeline);
    publish_framework(&pipeline);
    for (size_t i = 0; i < UNITS; i++) {
        submit_killed(&pipeline, i);
        kill_and_restart(&pipeline, i);
    }
    for (size_t i = 0; i < UNITS; i++)
        submit(&pipeline, i); /* again: nothing is sent twice */
    struct outcome outcome = read_outcome(&pipeline);
    verify(&pipeline);
    world_free(&pipeline.world);
    return outcome;
}

Test(pipeline, killed_programs_leave_the_same_record_scores_and_alerts, .timeout = 240)
{
    struct outcome expected = run_undisturbed(), found = run_disturbed();
    cr_assert_eq(count_lines(expected.events), rows_of_figures() + 1, "each row and the framework");
    cr_assert_gt(count_lines(expected.scores), 0);
    cr_assert_gt(count_lines(expected.alerts), 0);
    cr_assert_str_eq(found.events, expected.events);
    cr_assert_str_eq(found.scores, expected.scores);
    cr_assert_str_eq(found.alerts, expected.alerts);
    free_outcome(&expected);
    free_outcome(&found);
}

/* --- a state that cannot be used ---------------------------------------------------------------- */

static void spoil_state(struct pipeline *pipeline)
{
    struct outbox *outbox;
    const struct outbox_options options = {.directory = world_path(pipeline->world, "state-scorer"),
                                           .stream = "scores",
                                           .producer = "scorer"};
    cr_assert_eq(outbox_open(&options, &outbox), ERR_OK);
    cr_assert_eq(outbox_begin(outbox), ERR_OK);
    cr_assert_eq(outbox_put(outbox, "version", 7, "another", 7), ERR_OK);
    cr_assert_eq(outbox_commit(outbox), ERR_OK);
    outbox_close(&outbox);
}

Test(pipeline, a_scorer_of_another_version_makes_its_state_anew_and_publishes_nothing_twice,
     .timeout = 120)
{
    struct pipeline pipeline;
    open_pipeline(&pipeline);
    start_services(&pipeline);
    publish_framework(&pipeline);
    submit(&pipeline, 0);
    struct outcome before = read_outcome(&pipeline);
    world_signal(pipeline.world, pipeline.scorer, SIGTERM);
    cr_assert_eq(world_wait(pipeline.world, pipeline.scorer), 0);
    spoil_state(&pipeline);
    pipeline.scorer = start(&pipeline, "songhua-scorer", "scorer");
    submit(&pipeline, 1);
    struct outcome after = read_outcome(&pipeline);
    cr_expect_eq(strncmp(after.scores, before.scores, strlen(before.scores)), 0);
    cr_expect_gt(strlen(after.scores), strlen(before.scores));
    cr_expect_not_null(strstr(world_read(pipeline.world, "scorer.log"), "service.rebuild"));
    verify(&pipeline);
    free_outcome(&before);
    free_outcome(&after);
    world_free(&pipeline.world);
}

/* The numbers of EVALUATION.md's worked examples. */
/* The score of the indicator's target 2025 among the lines holds each of the texts. */
static void expect_score(const char *lines, const char *indicator, const char *const *texts)
{
    char key[100];
    snprintf(key, sizeof key, "\"indicator\":\"%s\",\"target\":\"2025\"", indicator);
    const char *start = strstr(lines, key);
    cr_assert_not_null(start, "%s: %s", key, lines);
    char *line = strndup(start, strcspn(start, "\n"));
    for (; *texts; texts++)
        cr_expect_not_null(strstr(line, *texts), "%s: %s", *texts, line);
    free(line);
}

Test(pipeline, published_figures_are_judged_as_by_hand, .timeout = 120)
{
    struct pipeline pipeline;
    char *output;
    open_pipeline(&pipeline);
    start_services(&pipeline);
    publish_framework(&pipeline);
    submit(&pipeline, 0);
    await(&pipeline, "scorer");
    await(&pipeline, "alerter");
    const char *const words[] = {"scores", "--latest", "--json", "--region", "220000", NULL};
    cr_assert_eq(run(&pipeline, "songhua-replay", "reader", words, &output), 0);
    static const char *const intensity[] = {"\"judgement\":\"accelerate\"",
                                            "\"value\":1.55,",
                                            "\"target_value\":2,",
                                            "\"ratio\":0.6710",
                                            "\"points\":0.5078",
                                            "\"required_now\":1.6834",
                                            "\"gap\":0.1334",
                                            "\"completion\":0.3571",
                                            NULL};
    static const char *const share[] = {"\"judgement\":\"achieved\"", "\"value\":18.9,",
                                        "\"target_value\":18,", "\"points\":5,", NULL};
    expect_score(output, "rd_intensity", intensity);
    expect_score(output, "sei_share", share);
    free(output);
    const char *const alerts[] = {"list", "--all", "--json", NULL};
    cr_assert_eq(run(&pipeline, "songhua-alerts", "reader", alerts, &output), 0);
    cr_assert_not_null(strstr(output,
                              "\"indicator\":\"rd_intensity\",\"target\":\"2025\",\"state\":"
                              "\"firing\",\"state_zh\":\"预警\",\"severity\":\"watch\""));
    cr_assert_not_null(
        strstr(output, "\"indicator\":\"sei_share\",\"target\":\"2025\",\"state\":\"resolved\""));
    free(output);
    world_free(&pipeline.world);
}

/* --- alerts that end ------------------------------------------------------------------------------ */

/* The lines of the alert's stream so far, its parts in one. */
static char *read_alerts(struct pipeline *pipeline, const char *option)
{
    char *output;
    await(pipeline, "scorer");
    await(pipeline, "alerter");
    const char *const words[] = {"list", "--all", "--json", option, NULL};
    cr_assert_eq(run(pipeline, "songhua-alerts", "reader", words, &output), 0);
    return output;
}

static void put(struct pipeline *pipeline, const char *const *words)
{
    char *output;
    int code = run(pipeline, "songhua-agent", "agent-220000", words, &output);
    cr_assert_eq(code, 0, "put: exit %d\n%s%s", code, output,
                 world_read(pipeline->world, "run.log"));
    free(output);
}

#define PUT(...)                                                                                   \
    (const char *const[])                                                                          \
    {                                                                                              \
        "put", "--timeout", "60s", "--indicator", "rd_expenditure", "--period", "2024", "--value", \
            __VA_ARGS__, NULL                                                                      \
    }

Test(pipeline, a_doubt_is_an_alert_until_the_reporter_confirms_the_figure, .timeout = 120)
{
    struct pipeline pipeline;
    open_pipeline(&pipeline);
    start_services(&pipeline);
    publish_framework(&pipeline);
    submit(&pipeline, 0);
    put(&pipeline, PUT("2250")); /* ten times what the years before say */
    char *alerts = read_alerts(&pipeline, "--data");
    cr_expect_not_null(strstr(alerts, "\"indicator\":\"rd_expenditure\",\"target\":\"unit_slip\","
                                      "\"state\":\"firing\""),
                       "%s", alerts);
    free(alerts);
    put(&pipeline, PUT("2250", "--confirm", "--note", "原表如此"));
    alerts = read_alerts(&pipeline, "--data");
    cr_expect_not_null(strstr(alerts, "\"indicator\":\"rd_expenditure\",\"target\":\"unit_slip\","
                                      "\"state\":\"resolved\""),
                       "%s", alerts);
    cr_expect_not_null(strstr(alerts, "填报单位已核实"));
    free(alerts);
    verify(&pipeline);
    world_free(&pipeline.world);
}

/* The next version of the framework, without the first target of R&D intensity. */
static const char *write_later_framework(struct pipeline *pipeline)
{
    enum { DOCUMENT_BYTES = 1 << 20 };
    static char document[DOCUMENT_BYTES];
    const char *path = world_path(pipeline->world, "later.yaml");
    FILE *file = fopen("deploy/framework/jilin-2021.yaml", "r");
    cr_assert_not_null(file);
    size_t size = fread(document, 1, sizeof document - 1, file);
    fclose(file);
    document[size] = '\0';
    char *version = strstr(document, "\nversion: "), *item = strstr(document, "- id: rd_intensity");
    cr_assert(version && item);
    version[strlen("\nversion: ")] = '9';
    char *from = strstr(item, "      - id: \"2025\""), *to = strstr(item, "      - id: \"2035\"");
    cr_assert(from && to && from < to);
    memmove(from, to, strlen(to) + 1);
    write_file(path, document);
    return path;
}

Test(pipeline, what_a_later_framework_drops_is_closed_and_its_alert_ends, .timeout = 120)
{
    static const char firing[] =
        "\"indicator\":\"rd_intensity\",\"target\":\"2025\",\"state\":\"firing\"";
    static const char ended[] =
        "\"indicator\":\"rd_intensity\",\"target\":\"2025\",\"state\":\"withdrawn\"";
    struct pipeline pipeline;
    char *output;
    open_pipeline(&pipeline);
    start_services(&pipeline);
    publish_framework(&pipeline);
    submit(&pipeline, 0);
    char *alerts = read_alerts(&pipeline, NULL);
    cr_expect_not_null(strstr(alerts, firing), "%s", alerts);
    free(alerts);
    const char *const framework[] = {"framework", write_later_framework(&pipeline), NULL};
    cr_assert_eq(run(&pipeline, "songhua-agent", "agent-220000", framework, &output), 0, "%s%s",
                 output, world_read(pipeline.world, "run.log"));
    free(output);
    alerts = read_alerts(&pipeline, NULL);
    cr_expect_not_null(strstr(alerts, ended), "%s", alerts);
    cr_expect_not_null(strstr(alerts, "现行指标体系在该地区已不列此目标"), "%s", alerts);
    free(alerts);
    const char *const scores[] = {"scores", "--latest", "--json", "--region", "220000", NULL};
    cr_assert_eq(run(&pipeline, "songhua-replay", "reader", scores, &output), 0);
    static const char *const closed[] = {"\"judgement\":\"closed\"",
                                         "\"reason\":\"target_left_out\"", NULL};
    expect_score(output, "rd_intensity", closed);
    free(output);
    verify(&pipeline);
    world_free(&pipeline.world);
}
