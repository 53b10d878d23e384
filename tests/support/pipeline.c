#include "tests/support/pipeline.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 256, WORDS_MAX = 24, FIRST_YEAR = 2020, YEARS = 6 };

static const struct {
    const char *program, *name, *endpoint;
} programs[PIPELINE_PROGRAMS] = {{"songhua-agent", "agent-220000", "publish"},
                                 {"songhua-scorer", "scorer", "publish"},
                                 {"songhua-alerter", "alerter", "publish"}};

struct pipeline {
    struct world *world;
    char journal_size[16], publish[128], fetch[128];
    pid_t pids[PIPELINE_PROGRAMS];
};

/* --- setting up ------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

static void write_config(struct pipeline *pipeline, const char *name, const char *broker,
                         const char *more)
{
    char text[2048];
    const char *directory = world_directory(pipeline->world);
    snprintf(text, sizeof text, "broker: %s\nserver-cert: %s/broker.cert\nidentity: %s/%s.cert\n%s",
             broker, directory, directory, name, more);
    write_file(world_path(pipeline->world, "%s.yaml", name), text);
}

void pipeline_talk_to(struct pipeline *pipeline, const char *publish, const char *fetch)
{
    char more[512];
    const char *directory = world_directory(pipeline->world);
    snprintf(pipeline->publish, sizeof pipeline->publish, "%s",
             publish ? publish : world_endpoint(pipeline->world, "publish"));
    snprintf(pipeline->fetch, sizeof pipeline->fetch, "%s",
             fetch ? fetch : world_endpoint(pipeline->world, "fetch"));
    snprintf(more, sizeof more,
             "state: %s/state-agent\nframework: deploy/framework/jilin-2021.yaml\n"
             "region: \"220000\"\nheartbeat: 0s\n",
             directory);
    write_config(pipeline, "agent-220000", pipeline->publish, more);
    for (enum pipeline_program i = PIPELINE_SCORER; i < PIPELINE_PROGRAMS; i++) {
        snprintf(more, sizeof more, "fetch: %s\nstate: %s/state-%s\n", pipeline->fetch, directory,
                 programs[i].name);
        write_config(pipeline, programs[i].name, pipeline->publish, more);
    }
    write_config(pipeline, "reader", world_endpoint(pipeline->world, "fetch"), "");
}

void pipeline_start_broker(struct pipeline *pipeline)
{
    const char *const extra[] = {"--journal-size", pipeline->journal_size, NULL};
    world_start_broker(pipeline->world, extra);
}

struct pipeline *pipeline_new(const char *journal_size)
{
    struct pipeline *pipeline = calloc(1, sizeof *pipeline);
    cr_assert_not_null(pipeline);
    pipeline->world = world_new();
    snprintf(pipeline->journal_size, sizeof pipeline->journal_size, "%s", journal_size);
    world_identity(pipeline->world, "agent-220000", ROLE_PLANNER, "220000 000000");
    world_identity(pipeline->world, "scorer", ROLE_SCORER, "*");
    world_identity(pipeline->world, "alerter", ROLE_ALERTER, "*");
    world_identity(pipeline->world, "reader", ROLE_READER, "*");
    pipeline_start_broker(pipeline);
    pipeline_talk_to(pipeline, NULL, NULL);
    return pipeline;
}

void pipeline_free(struct pipeline **pipeline)
{
    if (!*pipeline)
        return;
    world_free(&(*pipeline)->world);
    free(*pipeline);
    *pipeline = NULL;
}

struct world *pipeline_world(struct pipeline *pipeline)
{
    return pipeline->world;
}

/* --- programs --------------------------------------------------------------------------------- */

static pid_t start(struct pipeline *pipeline, enum pipeline_program program, bool wait_ready)
{
    char path[PATH_BYTES], log[64];
    snprintf(path, sizeof path, "%s",
             world_path(pipeline->world, "%s.yaml", programs[program].name));
    snprintf(log, sizeof log, "%s.log", programs[program].name);
    const char *const arguments[] = {"run", "--config", path, NULL};
    pipeline->pids[program] =
        world_start(pipeline->world, programs[program].program, arguments, wait_ready, log);
    return pipeline->pids[program];
}

void pipeline_start(struct pipeline *pipeline, enum pipeline_program program)
{
    (void)start(pipeline, program, true);
}

pid_t pipeline_launch(struct pipeline *pipeline, enum pipeline_program program)
{
    return start(pipeline, program, false);
}

void pipeline_stop(struct pipeline *pipeline, enum pipeline_program program, bool is_kill)
{
    pid_t pid = pipeline->pids[program];
    if (!pid)
        return;
    world_signal(pipeline->world, pid, is_kill ? SIGKILL : SIGTERM);
    int code = world_wait(pipeline->world, pid);
    cr_assert_eq(code, is_kill ? -SIGKILL : 0, "%s ended with %d", programs[program].program, code);
    pipeline->pids[program] = 0;
}

pid_t pipeline_pid(const struct pipeline *pipeline, enum pipeline_program program)
{
    return pipeline->pids[program];
}

int pipeline_run(struct pipeline *pipeline, const char *program, const char *config,
                 const char *const *words, char **output)
{
    char path[PATH_BYTES];
    const char *arguments[WORDS_MAX];
    size_t count = 0;
    snprintf(path, sizeof path, "%s", world_path(pipeline->world, "%s", config));
    while (*words)
        arguments[count++] = *words++;
    arguments[count++] = "--config";
    arguments[count++] = path;
    arguments[count] = NULL;
    return world_run(pipeline->world, program, arguments, output);
}

static void must_run(struct pipeline *pipeline, const char *program, const char *config,
                     const char *const *words)
{
    char *output;
    int code = pipeline_run(pipeline, program, config, words, &output);
    cr_assert_eq(code, 0, "%s %s: exit %d\n%s%s", program, words[0], code, output,
                 world_read(pipeline->world, "run.log"));
    free(output);
}

/* --- figures ---------------------------------------------------------------------------------- */

void pipeline_publish_framework(struct pipeline *pipeline)
{
    must_run(pipeline, "songhua-agent", "agent-220000.yaml",
             (const char *const[]){"framework", "deploy/framework/jilin-2021.yaml", NULL});
}

/* Figures that go up and down with the edition, across their targets. */
static const char *write_edition(struct pipeline *pipeline, unsigned edition)
{
    char text[4096];
    size_t used = (size_t)snprintf(text, sizeof text, "indicator,region,period,value,note\n");
    for (unsigned i = 0; i < YEARS; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "rd_intensity,220000,%u,%u.%02u,edition %u\n"
                                 "sei_share,220000,%u,%u.%u,edition %u\n",
                                 FIRST_YEAR + i, 1 + edition % 2, (edition * 7 + i) % 100, edition,
                                 FIRST_YEAR + i, 15 + edition % 5, i, edition);
    const char *path = world_path(pipeline->world, "edition-%u.csv", edition);
    write_file(path, text);
    return path;
}

static bool try_submit(struct pipeline *pipeline, unsigned edition, const char *wait)
{
    char path[PATH_BYTES], *output;
    snprintf(path, sizeof path, "%s", write_edition(pipeline, edition));
    const char *const words[] = {"submit", "--timeout", wait, path, NULL};
    int code = pipeline_run(pipeline, "songhua-agent", "agent-220000.yaml", words, &output);
    free(output);
    cr_assert_geq(code, 0, "songhua-agent submit ended by signal %d", -code);
    return code == 0;
}

bool pipeline_try_submit(struct pipeline *pipeline, unsigned edition)
{
    return try_submit(pipeline, edition, "0s");
}

bool pipeline_try_submit_and_wait(struct pipeline *pipeline, unsigned edition)
{
    return try_submit(pipeline, edition, "20s");
}

void pipeline_submit(struct pipeline *pipeline, unsigned edition)
{
    bool is_kept = pipeline_try_submit(pipeline, edition);
    cr_assert(is_kept, "edition %u: %s", edition, world_read(pipeline->world, "run.log"));
}

/* --- what came of it -------------------------------------------------------------------------- */

void pipeline_await(struct pipeline *pipeline)
{
    char *output;
    const char *const words[] = {"status", "--json", NULL};
    bool is_sent = false;
    while (!is_sent) {
        cr_assert_eq(pipeline_run(pipeline, "songhua-agent", "agent-220000.yaml", words, &output),
                     0);
        is_sent = strstr(output, "\"batches\":0") != NULL;
        free(output);
    }
    for (enum pipeline_program i = PIPELINE_SCORER; i < PIPELINE_PROGRAMS; i++)
        must_run(pipeline, "songhua-broker", "reader.yaml",
                 (const char *const[]){"positions", "--until-caught-up", "120s", programs[i].name,
                                       NULL});
}

void pipeline_verify(struct pipeline *pipeline)
{
    char access[PATH_BYTES];
    snprintf(access, sizeof access, "%s", world_path(pipeline->world, "access"));
    must_run(pipeline, "songhua-scorer", "scorer.yaml",
             (const char *const[]){"verify", "--wait", "60s", NULL});
    must_run(pipeline, "songhua-replay", "reader.yaml",
             (const char *const[]){"verify", "--keys", access, NULL});
}

char *pipeline_read(struct pipeline *pipeline, const char *stream)
{
    char *output;
    static const char *const keys[] = {"\"stored\":\"", "\"recorded\":\"", "\"since\":\""};
    int code = pipeline_run(pipeline, "songhua-replay", "reader.yaml",
                            (const char *const[]){stream, "--json", NULL}, &output);
    cr_assert_eq(code, 0, "replay %s: exit %d", stream, code);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        for (char *at = output; (at = strstr(at, keys[i]));) {
            at += strlen(keys[i]);
            memset(at, '-', strcspn(at, "\""));
        }
    return output;
}

uint64_t pipeline_last(struct pipeline *pipeline, const char *stream)
{
    char *output, key[64];
    unsigned long last = 0;
    const char *const words[] = {"streams", "--json", NULL};
    snprintf(key, sizeof key, "\"%s\"", stream);
    cr_assert_eq(pipeline_run(pipeline, "songhua-broker", "reader.yaml", words, &output), 0);
    const char *line = strstr(output, key);
    const char *found = line ? strstr(line, "\"last\":") : NULL;
    cr_assert(found && sscanf(found, "\"last\":%lu", &last) == 1, "%s", output);
    free(output);
    return last;
}
