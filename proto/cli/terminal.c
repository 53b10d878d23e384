#include "proto/cli/terminal.h"

#include "proto/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Signals and the wish for no colour belong to the process, not to any of its structs. */
static struct {
    volatile sig_atomic_t stops, reloads;
    int pipe[2];
    bool is_plain;
} process = {.pipe = {-1, -1}};

/* --- colour ----------------------------------------------------------------------------------- */

void terminal_no_color(void)
{
    process.is_plain = true;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

bool terminal_has_color(void)
{
    const char *term = getenv("TERM");
    if (process.is_plain || is_set("NO_COLOR"))
        return false;
    if (is_set("FORCE_COLOR"))
        return true;
    return isatty(STDOUT_FILENO) && !(term && !strcmp(term, "dumb"));
}

size_t terminal_width(void)
{
    enum { USUAL = 80, LEAST = 20 };
    const char *columns = getenv("COLUMNS");
    struct winsize size = {0};
    unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
    if (!isatty(STDOUT_FILENO))
        return 0;
    if (!width && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
        width = size.ws_col;
    return !width ? USUAL : width < LEAST ? LEAST : width;
}

/* --- progress --------------------------------------------------------------------------------- */

enum { SHOW_AFTER_US = 1000000, SHOW_EVERY_US = 250000, BAR = 30 };

struct progress progress_start(const char *label, uint64_t total)
{
    return (struct progress){.label = label, .total = total, .started_us = clock_monotonic_us()};
}

static void show(const struct progress *progress, uint64_t done, double seconds)
{
    double rate = seconds > 0 ? (double)done / seconds : 0;
    if (!progress->total || done > progress->total) { /* not known, or more than was expected */
        fprintf(stderr, "\r%s %llu, %.0f/s\033[K", progress->label, (unsigned long long)done, rate);
        return;
    }
    double share = (double)done / (double)progress->total;
    double left = rate > 0 ? (double)(progress->total - done) / rate : 0;
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++)
        bar[i] = i < (int)(share * BAR) ? '#' : '.';
    bar[BAR] = '\0';
    fprintf(stderr, "\r%s [%s] %3.0f %% %.0f/s, %.0f s left\033[K", progress->label, bar,
            100 * share, rate, left);
}

void progress_update(struct progress *progress, uint64_t done)
{
    uint64_t now_us = clock_monotonic_us();
    if (now_us - progress->started_us < SHOW_AFTER_US ||
        now_us - progress->shown_us < SHOW_EVERY_US || !isatty(STDERR_FILENO))
        return;
    progress->shown_us = now_us;
    progress->is_shown = true;
    show(progress, done, (double)(now_us - progress->started_us) / 1e6);
}

void progress_end(struct progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
    progress->is_shown = false;
}

/* --- signals ---------------------------------------------------------------------------------- */

static void on_signal(int signal)
{
    int saved = errno;
    if (signal == SIGHUP) {
        process.reloads++;
    } else {
        if (process.stops++)
            _exit(128 + signal);
        ssize_t ignored = write(process.pipe[1], "x", 1);
        (void)ignored;
    }
    errno = saved;
}

enum err stop_init(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    if (process.pipe[0] < 0 && pipe2(process.pipe, O_CLOEXEC | O_NONBLOCK))
        return err_from_errno(errno);
    if (sigaction(SIGINT, &action, NULL) || sigaction(SIGTERM, &action, NULL) ||
        sigaction(SIGHUP, &action, NULL))
        return ERR_INTERNAL;
    action.sa_handler = SIG_IGN;
    return sigaction(SIGPIPE, &action, NULL) ? ERR_INTERNAL : ERR_OK;
}

bool stop_requested(void)
{
    return process.stops != 0;
}

int stop_fd(void)
{
    return process.pipe[0];
}

unsigned reload_count(void)
{
    return (unsigned)process.reloads;
}

/* --- systemd ---------------------------------------------------------------------------------- */

void notify_state(const char *state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path || !*path || strlen(path) >= sizeof address.sun_path)
        return;
    size_t size = strlen(path);
    memcpy(address.sun_path, path, size);
    if (path[0] == '@') /* a name without a file */
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size));
    close(fd);
}
