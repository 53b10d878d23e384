#include "tests/support/agent_case.h"

#include "producers/agent/commands.h"
#include "proto/base/file.h"
#include "proto/wire/batch.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 64, FILE_MAX_BYTES = 16 * 1024 * 1024 };

const char agent_case_framework[] =
    "framework: test\n"
    "version: 1\n"
    "title: {zh: 测试, en: test}\n"
    "source: none\n"
    "indicators:\n"
    "  - id: rd_intensity\n"
    "    name: {zh: 研发投入强度, en: R&D intensity}\n"
    "    kind: share\n"
    "    unit: '%'\n"
    "    cadence: annual\n"
    "    regions: ['220000', '220100', '220200']\n"
    "    plausible: {min: 0, max: 100}\n"
    "  - id: patents\n"
    "    name: {zh: 专利, en: patents}\n"
    "    kind: count\n"
    "    unit: 件\n"
    "    cadence: quarterly\n"
    "    regions: ['220100', '220200']\n"
    "    definitions:\n"
    "      - {id: granted, name: {zh: 授权, en: granted}, primary: true}\n"
    "      - {id: filed, name: {zh: 申请, en: filed}}\n";

static void must(bool is_well, const char *what)
{
    if (is_well)
        return;
    fprintf(stderr, "agent_case: %s\n", what);
    abort();
}

const char *agent_case_path(struct agent_case *agent, const char *name)
{
    static __thread char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", agent->directory, name);
    return path;
}

void agent_case_write(struct agent_case *agent, const char *name, const char *text)
{
    must(!file_write(agent_case_path(agent, name), text, strlen(text), 0644), name);
}

static void make_identity(struct agent_case *agent, const char *region)
{
    uint32_t code = (uint32_t)strtoul(region, NULL, 10);
    struct identity server;
    must(!identity_make("agent-test", ROLE_AGENT, &code, 1, false, &agent->identity), "identity");
    must(!identity_save(&agent->identity, agent_case_path(agent, "agent.cert")), "agent.cert");
    must(!identity_make("broker", ROLE_ADMIN, NULL, 0, true, &server), "broker");
    must(!identity_save(&server, agent_case_path(agent, "broker.cert")), "broker.cert");
}

struct agent_case *agent_case_new(const char *region)
{
    struct agent_case *agent = calloc(1, sizeof *agent);
    must(agent != NULL, "memory");
    scratch_make("agent", agent->directory);
    make_identity(agent, region);
    agent_case_write(agent, "framework.yaml", agent_case_framework);
    return agent;
}

void agent_case_free(struct agent_case **agent)
{
    scratch_clear((*agent)->directory);
    free((*agent)->out);
    free((*agent)->err);
    free(*agent);
    *agent = NULL;
}

/* --- commands --------------------------------------------------------------------------------- */

static const struct command *find_command(const struct command *commands, const char *name)
{
    for (; commands->name; commands++)
        if (!strcmp(commands->name, name))
            return commands;
    return NULL;
}

static bool has_option(const struct command *command, const char *name)
{
    for (const struct option *option = command->options; option->name; option++)
        if (!strcmp(option->name, name))
            return true;
    return false;
}

static bool is_given(const char *const *arguments, const char *name)
{
    for (; *arguments; arguments++)
        if (!strncmp(*arguments, "--", 2) && !strcmp(*arguments + 2, name))
            return true;
    return false;
}

/* The case's options where the command has them, then the arguments. */
static int build_arguments(const struct command *command, const char *const *arguments, char **out)
{
    static const char *const own[][2] = {{"identity", "agent.cert"},
                                         {"server-cert", "broker.cert"},
                                         {"state", "state"},
                                         {"framework", "framework.yaml"},
                                         {"broker", "tcp://127.0.0.1:1"}};
    int count = 0;
    out[count++] = strdup("songhua-agent");
    out[count++] = strdup(*arguments);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        char *option = NULL;
        if (!command || !has_option(command, own[i][0]) || is_given(arguments, own[i][0]) ||
            is_given(arguments, "config"))
            continue;
        must(asprintf(&option, "--%s", own[i][0]) > 0, "memory");
        out[count++] = option;
        out[count++] = strdup(own[i][1]);
    }
    for (arguments++; *arguments && count < ARGUMENTS_MAX - 1; arguments++)
        out[count++] = strdup(*arguments);
    out[count] = NULL;
    return count;
}

static void redirect(struct agent_case *agent, const char *name, const char *suffix, int to)
{
    char file[128];
    snprintf(file, sizeof file, "%s.%s", name, suffix);
    int fd = open(agent_case_path(agent, file), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    must(fd >= 0 && dup2(fd, to) == to, file);
    close(fd);
}

static void run_here(struct agent_case *agent, const char *const *arguments)
{
    char *argv[ARGUMENTS_MAX];
    const struct command commands[] = {agent_run_command(),
                                       agent_submit_command(),
                                       agent_check_command(),
                                       agent_put_command(),
                                       agent_framework_command(),
                                       agent_template_command(),
                                       agent_status_command(),
                                       agent_keygen_command(),
                                       agent_doctor_command(),
                                       agent_explain_command(),
                                       {0}};
    const struct program program = {.name = "songhua-agent", .summary = "", .commands = commands};
    int count = build_arguments(find_command(commands, *arguments), arguments, argv);
    must(!chdir(agent->directory), "chdir");
    int exit_code = program_main(&program, count, argv);
    for (int i = 0; i < count; i++)
        free(argv[i]);
    fflush(NULL);
    /* Not exit(): what the test framework registered is the parent's to run. */
    _exit(exit_code);
}

pid_t agent_case_start(struct agent_case *agent, const char *name, const char *const *arguments)
{
    fflush(NULL);
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid)
        return pid;
    redirect(agent, name, "out", STDOUT_FILENO);
    redirect(agent, name, "err", STDERR_FILENO);
    run_here(agent, arguments);
    return 0;
}

pid_t agent_case_start_ready(struct agent_case *agent, const char *name,
                             const char *const *arguments)
{
    char text[512] = "";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/%.30s.notify", agent->directory, name);
    must(fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof address), "notify socket");
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    pid_t pid = agent_case_start(agent, name, arguments);
    unsetenv("NOTIFY_SOCKET");
    struct pollfd items[] = {{.fd = fd, .events = POLLIN},
                             {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN}};
    must(items[1].fd >= 0, "pidfd");
    while (!strstr(text, "READY=1")) {
        must(poll(items, 2, -1) > 0, "poll");
        must(items[0].revents != 0, "the command ended before it was ready");
        ssize_t got = recv(fd, text, sizeof text - 1, 0);
        must(got >= 0, "notify");
        text[got] = '\0';
    }
    close(items[1].fd);
    close(fd);
    unlink(address.sun_path);
    return pid;
}

static char *read_text(struct agent_case *agent, const char *name, const char *suffix)
{
    char file[128];
    struct buffer bytes;
    snprintf(file, sizeof file, "%s.%s", name, suffix);
    buffer_init(&bytes, FILE_MAX_BYTES);
    char *text =
        file_read(agent_case_path(agent, file), &bytes) ? strdup("") : strdup(buffer_text(&bytes));
    buffer_fini(&bytes);
    return text;
}

int agent_case_wait(struct agent_case *agent, const char *name, pid_t pid)
{
    int status;
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    free(agent->out);
    free(agent->err);
    agent->out = read_text(agent, name, "out");
    agent->err = read_text(agent, name, "err");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int agent_case_run(struct agent_case *agent, const char *const *arguments)
{
    return agent_case_wait(agent, "command", agent_case_start(agent, "command", arguments));
}

/* --- the outbox ------------------------------------------------------------------------------- */

static struct outbox *open_outbox(struct agent_case *agent)
{
    struct outbox *outbox;
    const struct outbox_options options = {.directory = agent_case_path(agent, "state/outbox"),
                                           .stream = "events",
                                           .producer = agent->identity.name,
                                           .signing_key = &agent->identity.signing};
    must(!outbox_open(&options, &outbox), "outbox");
    return outbox;
}

struct outbox_status agent_case_outbox(struct agent_case *agent)
{
    struct outbox_status status;
    struct outbox *outbox = open_outbox(agent);
    outbox_status(outbox, &status);
    outbox_close(&outbox);
    return status;
}

static size_t unpack(const struct batch *batch, Songhua__V1__Event **out, uint32_t *regions)
{
    Songhua__V1__EventBatch *events =
        songhua__v1__event_batch__unpack(NULL, batch->payload_size, batch->payload);
    must(events && events->n_events == batch->event_count, "payload");
    size_t count = events->n_events;
    for (size_t i = 0; i < count; i++) {
        out[i] = events->events[i];
        if (regions)
            regions[i] = batch->region;
    }
    events->n_events = 0; /* the events are the caller's now */
    songhua__v1__event_batch__free_unpacked(events, NULL);
    return count;
}

/* Batches are final, and can be read, once a broker has said what it has: here, nothing. */
static void adopt(struct outbox *outbox)
{
    struct outbox_status status;
    const struct outbox_welcome welcome = {.broker_id = "00000000000000000000000000000000"};
    outbox_status(outbox, &status);
    if (!status.epoch)
        must(!outbox_adopt(outbox, &welcome), "adopt");
}

Songhua__V1__Event **agent_case_events(struct agent_case *agent, size_t *count,
                                       uint32_t regions[AGENT_CASE_MAX_EVENTS])
{
    struct buffer frame;
    struct batch batch;
    uint64_t sequence = 0;
    size_t found = 0;
    struct outbox *outbox = open_outbox(agent);
    adopt(outbox);
    Songhua__V1__Event **events = calloc(AGENT_CASE_MAX_EVENTS, sizeof *events);
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    while (!outbox_next(outbox, sequence, &frame, &sequence)) {
        must(!batch_parse(frame.data, frame.size, &batch), "frame");
        must(found + batch.event_count <= AGENT_CASE_MAX_EVENTS, "too many events");
        found += unpack(&batch, events + found, regions ? regions + found : NULL);
        buffer_clear(&frame);
    }
    buffer_fini(&frame);
    outbox_close(&outbox);
    *count = found;
    return events;
}

void agent_case_free_events(Songhua__V1__Event **events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        songhua__v1__event__free_unpacked(events[i], NULL);
    free(events);
}
