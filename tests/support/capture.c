#include "tests/support/capture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A place in memory in the descriptor's stead. */
struct detour {
    FILE *stream;
    int saved, memory;
};

static struct detour detour_begin(FILE *stream)
{
    fflush(stream);
    struct detour detour = {stream, dup(fileno(stream)), memfd_create("capture", MFD_CLOEXEC)};
    cr_assert_geq(dup2(detour.memory, fileno(stream)), 0);
    return detour;
}

static char *detour_end(struct detour *detour)
{
    fflush(detour->stream);
    cr_assert_geq(dup2(detour->saved, fileno(detour->stream)), 0);
    off_t size = lseek(detour->memory, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    cr_assert_not_null(text);
    cr_assert_eq(pread(detour->memory, text, (size_t)size, 0), size);
    close(detour->saved);
    close(detour->memory);
    return text;
}

struct capture capture_call(int (*call)(void *context), void *context)
{
    struct capture capture;
    struct detour out = detour_begin(stdout), err = detour_begin(stderr);
    capture.code = call(context);
    capture.out = detour_end(&out);
    capture.err = detour_end(&err);
    return capture;
}

void capture_free(struct capture *capture)
{
    free(capture->out);
    free(capture->err);
    *capture = (struct capture){0};
}

char *capture_on_terminal(const char *cells, int (*call)(void *context), void *context)
{
    enum { MOST_BYTES = 64 * 1024 };
    int status, master = posix_openpt(O_RDWR | O_NOCTTY);
    char *out = calloc(1, MOST_BYTES);
    size_t used = 0;
    if (!out || master < 0 || grantpt(master) || unlockpt(master))
        abort();
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    pid_t child = fork();
    if (!child) {
        setenv("COLUMNS", cells, 1);
        dup2(terminal, STDOUT_FILENO);
        dup2(terminal, STDERR_FILENO);
        _exit(call(context) || fflush(stdout));
    }
    close(terminal);
    for (ssize_t got;
         used + 1 < MOST_BYTES && (got = read(master, out + used, MOST_BYTES - 1 - used)) > 0;)
        used += (size_t)got;
    close(master);
    if (waitpid(child, &status, 0) != child || status)
        abort();
    for (char *end = out; (end = strchr(end, '\r'));) /* a terminal has it before each line's end */
        memmove(end, end + 1, strlen(end));
    return out;
}
