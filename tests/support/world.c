#include "tests/support/world.h"

#include "proto/base/file.h"
#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATHS = 16, IDENTITIES_MAX = 64, PROCESSES_MAX = 64, READY_MS = 60000, ARGUMENTS_MAX = 64 };

struct world {
    char directory[SCRATCH_BYTES], build[PATH_MAX];
    char (*paths)[PATH_MAX];
    unsigned next_path, next_log;
    struct identity identities[IDENTITIES_MAX], broker;
    size_t identity_count;
    pid_t broker_pid, processes[PROCESSES_MAX];
    size_t process_count;
    char endpoints[4][128];
};

static const char *const endpoint_names[] = {"publish", "fetch", "live", "http"};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "world: %s: %s\n", what, why);
    abort();
}

const char *world_path(struct world *world, const char *format, ...)
{
    char name[PATH_MAX / 2];
    char *path = world->paths[world->next_path++ % PATHS];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    snprintf(path, PATH_MAX, "%s/%s", world->directory, name);
    return path;
}

struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof *world);
    const char *build = getenv("SONGHUA_BUILD");
    if (!world || !(world->paths = calloc(PATHS, sizeof *world->paths)))
        die("memory", "none");
    scratch_make("world", world->directory);
    snprintf(world->build, sizeof world->build, "%s", build ? build : "build/release");
    if (file_make_directory(world_path(world, "access")))
        die("access directory", strerror(errno));
    if (identity_make("broker", ROLE_ADMIN, NULL, 0, true, &world->broker) ||
        identity_save(&world->broker, world_path(world, "broker.cert")))
        die("identity", "broker");
    return world;
}

void world_free(struct world **world)
{
    for (size_t i = 0; i < (*world)->process_count; i++) {
        if ((*world)->processes[i] <= 0)
            continue;
        kill((*world)->processes[i], SIGKILL);
        waitpid((*world)->processes[i], NULL, 0);
    }
    scratch_clear((*world)->directory);
    free((*world)->paths);
    free(*world);
    *world = NULL;
}

const char *world_directory(const struct world *world)
{
    return world->directory;
}

/* --- identities ------------------------------------------------------------------------------- */

static size_t parse_regions(const char *text, uint32_t regions[IDENTITY_MAX_REGIONS])
{
    size_t count = 0;
    for (char *end; *text && *text != '*'; text = end + strspn(end, " "))
        regions[count++] = (uint32_t)strtoul(text, &end, 10);
    return count;
}

const struct identity *world_identity(struct world *world, const char *name, enum role role,
                                      const char *regions)
{
    uint32_t codes[IDENTITY_MAX_REGIONS];
    struct identity *identity = &world->identities[world->identity_count];
    struct buffer text;
    for (size_t i = 0; i < world->identity_count; i++)
        if (!strcmp(world->identities[i].name, name))
            return &world->identities[i];
    size_t count = parse_regions(regions, codes);
    buffer_init(&text, 65536);
    if (world->identity_count == IDENTITIES_MAX ||
        identity_make(name, role, codes, count, *regions == '*', identity) ||
        identity_save(identity, world_path(world, "%s.cert", name)) ||
        file_read(world_path(world, "%s.cert", name), &text) ||
        file_write(world_path(world, "access/%s.cert", name), text.data, text.size, 0644))
        die("identity", name);
    buffer_fini(&text);
    world->identity_count++;
    return identity;
}

const char *world_server_key(struct world *world)
{
    return world->broker.public_key;
}

/* --- processes -------------------------------------------------------------------------------- */

static int open_notify_socket(struct world *world, char path[PATH_MAX])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    snprintf(path, PATH_MAX, "%s", world_path(world, "notify-%u", world->next_log));
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address))
        die("notify socket", strerror(errno));
    return fd;
}

/* Wait for READY=1, or for the program's end, which closes nothing we could see: hence the steps. */
static void await_ready(struct world *world, int fd, pid_t pid, const char *program)
{
    char text[512];
    for (int waited_ms = 0; waited_ms < READY_MS; waited_ms += 100) {
        struct pollfd item = {.fd = fd, .events = POLLIN};
        if (poll(&item, 1, 100) > 0) {
            ssize_t size = recv(fd, text, sizeof text - 1, 0);
            text[size > 0 ? size : 0] = '\0';
            if (strstr(text, "READY=1"))
                return;
        }
        if (waitpid(pid, NULL, WNOHANG) == pid)
            break;
    }
    char *log = world_read(world, "last.log");
    fprintf(stderr, "%s", log);
    die(program, "did not become ready");
}

static void run_child(const struct world *world, const char *program, const char *const *arguments,
                      const char *log, const char *notify, int output)
{
    char path[PATH_MAX + 64];
    char *argv[ARGUMENTS_MAX] = {(char *)(uintptr_t)program};
    size_t count = 1;
    for (; arguments && *arguments && count < ARGUMENTS_MAX - 1; arguments++)
        argv[count++] = (char *)(uintptr_t)*arguments;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails ends without cleaning up */
    dup2(output >= 0 ? output : fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    if (notify)
        setenv("NOTIFY_SOCKET", notify, 1);
    else
        unsetenv("NOTIFY_SOCKET");
    snprintf(path, sizeof path, "%s/%s", world->build, program);
    execv(strchr(program, '/') ? program : path, argv);
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    _exit(127);
}

static void remember(struct world *world, pid_t pid)
{
    for (size_t i = 0; i < world->process_count; i++)
        if (!world->processes[i]) {
            world->processes[i] = pid;
            return;
        }
    if (world->process_count == PROCESSES_MAX)
        die("processes", "too many");
    world->processes[world->process_count++] = pid;
}

pid_t world_start(struct world *world, const char *program, const char *const *arguments,
                  bool wait_ready, const char *log)
{
    char notify[PATH_MAX] = "", path[PATH_MAX];
    int fd = wait_ready ? open_notify_socket(world, notify) : -1;
    world->next_log++;
    if (log)
        snprintf(path, sizeof path, "%s", world_path(world, "%s", log));
    else
        snprintf(path, sizeof path, "%s", world_path(world, "%u.log", world->next_log));
    unlink(world_path(world, "last.log"));
    if (symlink(path, world_path(world, "last.log")))
        die("symlink", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        die("fork", strerror(errno));
    if (!pid)
        run_child(world, program, arguments, path, wait_ready ? notify : NULL, -1);
    remember(world, pid);
    if (wait_ready) {
        await_ready(world, fd, pid, program);
        close(fd);
    }
    return pid;
}

pid_t world_start_service(struct world *world, const char *program, const char *name)
{
    char log[NAME_MAX];
    snprintf(log, sizeof log, "%s.log", name);
    const char *const arguments[] = {"run",
                                     "--broker",
                                     world_endpoint(world, "publish"),
                                     "--fetch",
                                     world_endpoint(world, "fetch"),
                                     "--server-cert",
                                     world_path(world, "broker.cert"),
                                     "--identity",
                                     world_path(world, "%s.cert", name),
                                     "--state",
                                     world_path(world, "%s-state", name),
                                     NULL};
    return world_start(world, program, arguments, true, log);
}

int world_wait(struct world *world, pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            die("waitpid", strerror(errno));
    for (size_t i = 0; i < world->process_count; i++)
        if (world->processes[i] == pid)
            world->processes[i] = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool world_is_running(struct world *world, pid_t pid)
{
    siginfo_t info = {0};
    (void)world;
    return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) && !info.si_pid;
}

void world_signal(struct world *world, pid_t pid, int signal)
{
    (void)world;
    kill(pid, signal);
}

int world_run(struct world *world, const char *program, const char *const *arguments, char **output)
{
    int fds[2];
    struct buffer text;
    if (pipe2(fds, O_CLOEXEC))
        die("pipe", strerror(errno));
    buffer_init(&text, 64 * 1024 * 1024);
    char log[PATH_MAX];
    snprintf(log, sizeof log, "%s", world_path(world, "run.log"));
    pid_t pid = fork();
    if (!pid)
        run_child(world, program, arguments, log, NULL, fds[1]);
    close(fds[1]);
    remember(world, pid);
    char chunk[4096];
    for (ssize_t got; (got = read(fds[0], chunk, sizeof chunk)) > 0;)
        if (buffer_append(&text, chunk, (size_t)got))
            die(program, "too much output");
    close(fds[0]);
    if (output)
        *output = strdup(buffer_text(&text));
    buffer_fini(&text);
    return world_wait(world, pid);
}

const char *const *world_line(struct world *world, struct world_line *line, const char *program,
                              const char *endpoint, const char *name, const char *const *words)
{
    size_t count = 0;
    snprintf(line->identity, sizeof line->identity, "%s", world_path(world, "%s.cert", name));
    snprintf(line->server, sizeof line->server, "%s", world_path(world, "broker.cert"));
    const char *const options[] = {
        words[0],       strcmp(program, "songhua-scorer") ? "--broker" : "--fetch",
        endpoint,       "--identity",
        line->identity, "--server-cert",
        line->server};
    for (; count < sizeof options / sizeof *options; count++)
        line->arguments[count] = options[count];
    for (words++; *words; words++) {
        if (count == WORLD_LINE_MAX - 1)
            die(program, "too many words");
        line->arguments[count++] = *words;
    }
    line->arguments[count] = NULL;
    return line->arguments;
}

int world_ask(struct world *world, const char *program, const char *endpoint, const char *name,
              const char *const *words, char **output)
{
    struct world_line line;
    return world_run(world, program, world_line(world, &line, program, endpoint, name, words),
                     output);
}

void world_revoke(struct world *world, const char *name)
{
    char from[256], to[300];
    snprintf(from, sizeof from, "%s", world_path(world, "access/%s.cert", name));
    snprintf(to, sizeof to, "%s.revoked", from);
    if (rename(from, to))
        die(from, strerror(errno));
}

const char *world_library(struct world *world, const char *name)
{
    char file[PATH_MAX], *path = world->paths[world->next_path++ % PATHS];
    snprintf(file, sizeof file, "%s/%s", world->build, name);
    if (!realpath(file, path))
        die(file, strerror(errno));
    return path;
}

char *world_read(struct world *world, const char *name)
{
    struct buffer text;
    buffer_init(&text, 64 * 1024 * 1024);
    char *copy =
        file_read(world_path(world, "%s", name), &text) ? strdup("") : strdup(buffer_text(&text));
    buffer_fini(&text);
    return copy;
}

/* --- the broker ------------------------------------------------------------------------------- */

static void read_endpoints(struct world *world)
{
    char *text = world_read(world, "endpoints");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *equals = strchr(line, '=');
        for (size_t i = 0; i < 4 && equals; i++)
            if (!strncmp(line, endpoint_names[i], (size_t)(equals - line)))
                snprintf(world->endpoints[i], sizeof world->endpoints[i], "%s", equals + 1);
    }
    free(text);
}

/* The first start lets the system choose the ports, later ones take them again, as clients that
 * reconnect expect. */
static const char *bind_to(struct world *world, size_t i)
{
    if (i < 3)
        return world->endpoints[i][0] ? world->endpoints[i] : "tcp://127.0.0.1:*";
    return world->endpoints[i][0] ? world->endpoints[i] + strlen("http://") : "127.0.0.1:0";
}

static pid_t start_broker(struct world *world, const char *const *extra, bool wait_ready)
{
    char state[PATH_MAX], access[PATH_MAX], identity[PATH_MAX], endpoints[PATH_MAX];
    snprintf(state, sizeof state, "%s", world_path(world, "broker"));
    snprintf(access, sizeof access, "%s", world_path(world, "access"));
    snprintf(identity, sizeof identity, "%s", world_path(world, "broker.cert"));
    snprintf(endpoints, sizeof endpoints, "%s", world_path(world, "endpoints"));
    const char *arguments[ARGUMENTS_MAX] = {"run",
                                            "--state",
                                            state,
                                            "--access",
                                            access,
                                            "--identity",
                                            identity,
                                            "--publish",
                                            bind_to(world, 0),
                                            "--fetch",
                                            bind_to(world, 1),
                                            "--live",
                                            bind_to(world, 2),
                                            "--http",
                                            bind_to(world, 3),
                                            "--endpoints-file",
                                            endpoints};
    size_t count = 17;
    for (; extra && *extra; extra++)
        arguments[count++] = *extra;
    world->broker_pid = world_start(world, "songhua-broker", arguments, wait_ready, "broker.log");
    return world->broker_pid;
}

pid_t world_start_broker(struct world *world, const char *const *extra)
{
    pid_t pid = start_broker(world, extra, true);
    read_endpoints(world);
    return pid;
}

pid_t world_launch_broker(struct world *world)
{
    return start_broker(world, NULL, false);
}

int world_stop_broker(struct world *world, bool is_kill)
{
    kill(world->broker_pid, is_kill ? SIGKILL : SIGTERM);
    return world_wait(world, world->broker_pid);
}

pid_t world_broker(const struct world *world)
{
    return world->broker_pid;
}

const char *world_endpoint(struct world *world, const char *which)
{
    for (size_t i = 0; i < 4; i++)
        if (!strcmp(which, endpoint_names[i]))
            return world->endpoints[i];
    return "";
}

double world_metric(struct world *world, const char *name)
{
    static char answer[1 << 18];
    static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
    unsigned port;
    size_t used = 0;
    if (sscanf(world_endpoint(world, "http"), "http://127.0.0.1:%u", &port) != 1)
        return -1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) ||
        send(fd, request, sizeof request - 1, MSG_NOSIGNAL) < 0) {
        close(fd);
        return -1;
    }
    for (ssize_t got; (got = recv(fd, answer + used, sizeof answer - 1 - used, 0)) > 0;)
        used += (size_t)got;
    answer[used] = '\0';
    close(fd);
    char line[128];
    snprintf(line, sizeof line, "\n%s ", name);
    const char *found = strstr(answer, line);
    return found ? strtod(found + strlen(line), NULL) : -1;
}
