/* tests/support/tidy.sh: what tests and benchmarks leave behind, whichever way they end. */
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scratch scratch;

static void set_up(void)
{
    scratch = scratch_new();
    setenv("TMPDIR", scratch.directory, 1);
}

static void clean_up(void)
{
    scratch_remove(&scratch);
}

TestSuite(tidy, .init = set_up, .fini = clean_up, .timeout = 60);

/* A command that is tidied up after; what it prints can be read from *output. */
static pid_t start(const char *command, int *output)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (!pid) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("tests/support/tidy.sh", "tidy.sh", "sh", "-c", command, NULL);
        _exit(127);
    }
    close(ends[1]);
    *output = ends[0];
    return pid;
}

static int end_of(pid_t pid)
{
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool is_empty(void)
{
    return !rmdir(scratch.directory); /* it is not otherwise */
}

Test(tidy, a_command_keeps_its_exit_code_and_nothing_else)
{
    int output;
    cr_expect_eq(end_of(start("touch $TMPDIR/file; exit 3", &output)), 3);
    cr_expect(is_empty());
}

Test(tidy, a_command_that_succeeds_and_leaves_something_fails)
{
    int output;
    cr_expect_eq(end_of(start("touch $TMPDIR/file", &output)), 1);
    cr_expect(is_empty());
}

Test(tidy, a_command_that_cleans_up_succeeds)
{
    int output;
    cr_expect_eq(end_of(start("touch $TMPDIR/file; rm $TMPDIR/file", &output)), 0);
    cr_expect(is_empty());
}

/* Nor a process: the pipe ends when the last that can write to it does. */
Test(tidy, a_command_that_is_ended_leaves_nothing)
{
    int output;
    char text[16];
    pid_t pid = start("mkdir $TMPDIR/a; trap '' TERM; echo up; exec tail -f /dev/null", &output);
    cr_assert_eq(read(output, text, sizeof text), 3);
    cr_assert_eq(kill(pid, SIGTERM), 0);
    cr_expect_eq(end_of(pid), 128 + SIGTERM);
    cr_expect_eq(read(output, text, sizeof text), 0);
    cr_expect(is_empty());
}
