#include "proto/base/file.h"
#include "proto/cli/options.h"
#include "tests/support/capture.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a program to try ------------------------------------------------------------------------- */

struct settings {
    const char *broker;
    uint64_t count, linger_ms, size_bytes;
    bool json, old;
    struct option_list regions;
};

static enum err run(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;
    printf("broker=%s count=%llu linger=%llu size=%llu json=%d regions=", settings->broker,
           (unsigned long long)settings->count, (unsigned long long)settings->linger_ms,
           (unsigned long long)settings->size_bytes, settings->json);
    for (size_t i = 0; i < settings->regions.count; i++)
        printf("%s%s", i ? "," : "", settings->regions.items[i]);
    for (size_t i = 0; i < invocation->operand_count; i++)
        printf(" [%s]", invocation->operands[i]);
    return ERR_OK;
}

static enum err fail(const struct invocation *invocation)
{
    return command_fail(invocation, ERR_UNREACHABLE, "tcp://10.0.0.%d:7302", 5);
}

static enum err fail_in_its_words(const struct invocation *invocation)
{
    return command_fail(invocation, ERR_NOT_FOUND, "a.cert: not found");
}

static const struct option options[] = {
    {"broker", 'b', OPTION_TEXT, offsetof(struct settings, broker), "ENDPOINT", "where it is",
     .initial = "table"},
    {"count", 'n', OPTION_NUMBER, offsetof(struct settings, count), "N", "how many",
     .initial = "10", .min = 1, .max = 100},
    {"linger", 0, OPTION_DURATION, offsetof(struct settings, linger_ms), "TIME", "how long",
     .initial = "5ms"},
    {"size", 0, OPTION_SIZE, offsetof(struct settings, size_bytes), "BYTES", "how large",
     .min = 1024},
    {"json", 'j', OPTION_FLAG, offsetof(struct settings, json), NULL, "one object a line"},
    {"region", 'r', OPTION_LIST, offsetof(struct settings, regions), "CODE", "which"},
    {"secret-door", 0, OPTION_FLAG, offsetof(struct settings, old), NULL, "x", .is_hidden = true},
    {0}};

static const struct command commands[] = {
    {"run", "Runs.", "FILE…", run, options, sizeof(struct settings),
     "songhua-try run a.csv\nsonghua-try run -n 5"},
    {"framework check", "Checks.", NULL, fail, NULL, 0, NULL},
    {"lost", "Fails.", NULL, fail_in_its_words, NULL, 0, NULL},
    {0}};

struct call {
    struct program program;
    int count;
    char *arguments[2 * OPTION_LIST_MAX + 8];
};

static int call_main(void *context)
{
    struct call *call = context;
    return program_main(&call->program, call->count, call->arguments);
}

static struct call call_of(const char *const *words)
{
    struct call call = {{"songhua-try", "Tries things.", NULL, commands}, 1, {(char *)"x"}};
    while (*words)
        call.arguments[call.count++] = (char *)(uintptr_t)*words++;
    return call;
}

static struct capture call(const char *const *words)
{
    struct call of = call_of(words);
    return capture_call(call_main, &of);
}

#define CALL(...) call((const char *const[]){__VA_ARGS__, NULL})

static void expect(struct capture said, int code, const char *out, const char *err)
{
    cr_assert_eq(said.code, code, "%d: %s", said.code, said.err);
    cr_assert_str_eq(said.out, out);
    cr_assert_str_eq(said.err, err);
    capture_free(&said);
}

/* A configuration file in a directory of its own. */
static struct scratch directory;
static char config[128];

static void write_config(const char *text)
{
    directory = scratch_new();
    snprintf(config, sizeof config, "%s/c.yaml", directory.directory);
    cr_assert_eq(file_write(config, text, strlen(text), 0600), ERR_OK);
}

/* Nothing of the tester's own environment may decide. */
static void clean_environment(void)
{
    const char *const names[] = {"SONGHUA_BROKER", "SONGHUA_COUNT", "SONGHUA_LINGER",
                                 "SONGHUA_SIZE",   "SONGHUA_JSON",  "SONGHUA_REGION",
                                 "SONGHUA_CONFIG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static void remove_config(void)
{
    if (*directory.directory)
        scratch_remove(&directory);
}

TestSuite(command, .init = clean_environment, .fini = remove_config, .timeout = 10);

/* --- reading the line ------------------------------------------------------------------------- */

Test(command, the_table_fills_what_nobody_gives)
{
    expect(CALL("run"), 0, "broker=table count=10 linger=5 size=0 json=0 regions=", "");
}

Test(command, options_are_read_in_every_form)
{
    const char *const out = "broker=b count=5 linger=90000 size=2048 json=1 regions=1,2";
    expect(CALL("run", "--broker", "b", "--count", "5", "--linger", "1min30s", "--size", "2KiB",
                "--json", "--region", "1", "--region", "2"),
           0, out, "");
    expect(CALL("run", "--broker=b", "--count=5", "--linger=90s", "--size=2048", "--json=yes",
                "--region=1", "--region=2"),
           0, out, "");
    expect(CALL("run", "-bb", "-jn5", "--linger", "90s", "--size", "2KiB", "-r", "1", "-r2"), 0,
           out, "");
}

Test(command, operands_stand_anywhere_and_after_two_dashes_all_are)
{
    expect(CALL("run", "a", "-n", "5", "-", "--", "-j", "--json"), 0,
           "broker=table count=5 linger=5 size=0 json=0 regions= [a] [-] [-j] [--json]", "");
}

Test(command, a_range_has_its_ends)
{
    expect(CALL("run", "-n1"), 0, "broker=table count=1 linger=5 size=0 json=0 regions=", "");
    expect(CALL("run", "-n100"), 0, "broker=table count=100 linger=5 size=0 json=0 regions=", "");
}

Test(command, a_value_may_begin_with_a_dash)
{
    expect(CALL("run", "--broker", "-1h"), 0,
           "broker=-1h count=10 linger=5 size=0 json=0 regions=", "");
}

Test(command, no_more_than_the_list_holds_is_taken)
{
    const char *words[2 * (OPTION_LIST_MAX + 1) + 2] = {"run"};
    for (size_t i = 0; i < OPTION_LIST_MAX; i++) {
        words[2 * i + 1] = "-r";
        words[2 * i + 2] = "220100";
    }
    struct capture said = call(words);
    cr_assert_eq(said.code, 0);
    capture_free(&said);
    words[2 * OPTION_LIST_MAX + 1] = "-r220200";
    expect(call(words), 64, "",
           "songhua-try run: region: at most 64 times (SH-1004)\nSee songhua-try run --help.\n");
}

/* --- what is wrong ---------------------------------------------------------------------------- */

Test(command, wrong_use_is_two_lines_on_stderr_and_64)
{
    const struct {
        const char *words[4], *what;
    } cases[] = {
        {{"run", "--count", "0"}, "count: \"0\" is not between 1 and 100"},
        {{"run", "--count", "101"}, "count: \"101\" is not between 1 and 100"},
        {{"run", "--count", "5x"}, "count: \"5x\" is not a whole number"},
        {{"run", "--count"}, "count: N is wanted"},
        {{"run", "--size", "1000"}, "size: \"1000\" is below 1024"},
        {{"run", "--size", "1X"}, "size: \"1X\" is not a size such as 64KiB or 2GiB"},
        {{"run", "--linger", "5"}, "linger: \"5\" is not a duration such as 250ms, 90s or 1d3h"},
        {{"run", "--json=maybe"}, "json: \"maybe\" is not yes or no"},
        {{"run", "--log-level", "loud"}, "log-level is error, warn, info or debug"},
        {{"run", "--config"}, "config: a file is wanted"},
        {{"run", "-x"}, "unknown option -x"},
        {{"run", "--no-color=no"}, "no-color: no value is taken"},
        {{"run", "--help=run"}, "help: no value is taken"},
        {{"framework", "check", "f"}, "no argument is taken, but \"f\" given"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char err[400];
        const char *command = *cases[i].words[0] == 'r' ? "run" : "framework check";
        snprintf(err, sizeof err, "songhua-try %s: %s (SH-1004)\nSee songhua-try %s --help.\n",
                 command, cases[i].what, command);
        expect(call(cases[i].words), 64, "", err);
    }
}

Test(command, without_a_command_one_is_asked_for)
{
    const struct {
        const char *words[4], *what;
    } cases[] = {{{NULL}, "a command is wanted"},
                 {{"--config", "x", "run"}, "a command is wanted before --config"},
                 {{"framework"}, "unknown command \"framework\"; is framework check meant?"},
                 {{"rnu"}, "unknown command \"rnu\"; is run meant?"},
                 {{"dance"}, "unknown command \"dance\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char err[400];
        snprintf(err, sizeof err, "songhua-try: %s (SH-1004)\nSee songhua-try --help.\n",
                 cases[i].what);
        expect(call(cases[i].words), 64, "", err);
    }
}

static void expect_suggestion(const char *typed, const char *what)
{
    char err[400];
    snprintf(err, sizeof err,
             "songhua-try run: unknown option %s%s (SH-1004)\nSee songhua-try run --help.\n", typed,
             what);
    expect(CALL("run", typed), 64, "", err);
}

Test(command, a_mistyped_option_is_answered_with_the_nearest)
{
    expect_suggestion("--jsno", "; is --json meant?");
    expect_suggestion("--conut", "; is --count meant?");
    expect_suggestion("--hlep", "; is --help meant?");
    expect_suggestion("--show-cofnig", "; is --show-config meant?");
    expect_suggestion("--nothing-like-it", "");
    expect_suggestion("--q", "");
    expect_suggestion("--secret-dor", "");
}

Test(command, a_short_name_is_not_near_to_everything)
{
    static const struct option table[] = {{"to"}, {NULL}};
    cr_assert_null(options_nearest(table, "q"));
    cr_assert_str_eq(options_nearest(table, "ot"), "to");
}

Test(command, an_option_is_not_taken_by_its_beginning)
{
    struct capture said = CALL("run", "--js");
    cr_assert_eq(said.code, 64);
    capture_free(&said);
}

Test(command, what_a_command_answers_is_the_exit_code_and_is_explained)
{
    struct capture said = CALL("framework", "check");
    cr_assert_eq(said.code, 69);
    cr_assert_str_empty(said.out);
    cr_assert_str_eq(said.err,
                     "songhua-try framework check: tcp://10.0.0.5:7302: broker not "
                     "reachable / 无法连接服务器 (SH-1301)\n  Check address, port, broker.cert and "
                     "that the broker runs. Nothing is lost meanwhile.\n");
    capture_free(&said);
}

Test(command, an_errors_own_words_are_said_once)
{
    struct capture said = CALL("lost");
    cr_assert_eq(said.code, 66);
    cr_assert_not_null(strstr(said.err, "lost: a.cert: not found / 未找到"), "%s", said.err);
    capture_free(&said);
}

/* --- where values come from ------------------------------------------------------------------- */

static void expect_config(struct capture said, const char *broker, const char *count,
                          const char *region)
{
    char out[600];
    snprintf(out, sizeof out,
             "broker: %s\ncount: %s\nlinger: 5ms   # default\nsize: 0   # default\n"
             "json: no   # default\nregion: %s\nsecret-door: no   # default\n",
             broker, count, region);
    expect(said, 0, out, "");
}

Test(command, a_value_comes_from_line_environment_file_or_table_in_this_order)
{
    write_config("broker: file\ncount: 20\nregion: [f, g]\n");
    expect_config(CALL("run", "--show-config"), "table   # default", "10   # default",
                  "   # default");
    expect_config(CALL("run", "--show-config", "--config", config), "file   # configuration file",
                  "20   # configuration file", "f, g   # configuration file");
    setenv("SONGHUA_BROKER", "environment", 1);
    setenv("SONGHUA_REGION", "e", 1);
    expect_config(CALL("run", "--show-config", "--config", config), "environment   # environment",
                  "20   # configuration file", "e   # environment");
    expect_config(CALL("run", "--config", config, "-b", "line", "-r", "l", "--show-config", "-rm"),
                  "line   # command line", "20   # configuration file", "l, m   # command line");
}

Test(command, a_wrong_value_of_the_environment_is_named_with_its_variable)
{
    setenv("SONGHUA_COUNT", "many", 1);
    expect(CALL("run"), 64, "",
           "songhua-try run: SONGHUA_COUNT in the environment: count: \"many\" is not a whole "
           "number (SH-1004)\nSee songhua-try run --help.\n");
    expect(CALL("run", "-n5"), 0, "broker=table count=5 linger=5 size=0 json=0 regions=", "");
}

Test(command, the_environment_may_name_the_file)
{
    write_config("broker: file\n");
    setenv("SONGHUA_CONFIG", config, 1);
    expect(CALL("run"), 0, "broker=file count=10 linger=5 size=0 json=0 regions=", "");
}

Test(command, an_empty_variable_names_no_file)
{
    setenv("SONGHUA_CONFIG", "", 1);
    expect(CALL("run"), 0, "broker=table count=10 linger=5 size=0 json=0 regions=", "");
}

Test(command, a_time_is_shown_as_it_may_be_typed)
{
    static const struct option times[] = {
        {"since", 0, OPTION_TIME, 0, "TIME", "from when"},
        {"until", 0, OPTION_TIME, sizeof(uint64_t), "TIME", "to when"},
        {0}};
    static const struct command timed[] = {
        {"", "Tells.", NULL, fail, times, 2 * sizeof(uint64_t), NULL}, {0}};
    setenv("TZ", "Asia/Shanghai", 1);
    struct call of =
        call_of((const char *const[]){"--show-config", "--since", "2024-06-30T04:00:00Z", NULL});
    of.program.commands = timed;
    expect(capture_call(call_main, &of), 0,
           "since: 2024-06-30T12:00:00.000+08:00   # command line\nuntil:    # default\n", "");
}

Test(command, a_file_that_is_named_must_be_there)
{
    struct capture said = CALL("run", "--config", "/nowhere/c.yaml");
    cr_assert_eq(said.code, 66);
    cr_assert_not_null(strstr(said.err, "/nowhere/c.yaml: not found (SH-1102)\n"));
    capture_free(&said);
}

Test(command, the_programs_own_file_is_read_when_it_is_there)
{
    write_config("broker: file\n");
    struct call of = call_of((const char *const[]){"run", NULL});
    of.program.config_file = config;
    expect(capture_call(call_main, &of), 0,
           "broker=file count=10 linger=5 size=0 json=0 regions=", "");
    of.program.config_file = "/nowhere/c.yaml";
    expect(capture_call(call_main, &of), 0,
           "broker=table count=10 linger=5 size=0 json=0 regions=", "");
}

Test(command, a_long_value_does_not_push_out_what_would_be_right)
{
    char value[2000] = "";
    memset(value, 'x', sizeof value - 1);
    struct capture said = CALL("run", "--linger", value);
    cr_assert_eq(said.code, 64);
    cr_assert_not_null(strstr(said.err, "x\" is not a duration such as 250ms, 90s or 1d3h"));
    capture_free(&said);
    setenv("SONGHUA_LINGER", value, 1);
    said = CALL("run");
    cr_assert_not_null(strstr(said.err, "x\" is not a duration such as 250ms, 90s or 1d3h"));
    capture_free(&said);
}

Test(command, a_wrong_file_is_78_with_line_and_column)
{
    write_config("broker: b\ncount: 0\n");
    char err[400];
    snprintf(err, sizeof err,
             "songhua-try run: %s:2:8: count: \"0\" is not between 1 and 100 (SH-1201)\n"
             "See songhua-try run --help.\n",
             config);
    expect(CALL("run", "--config", config), 78, "", err);
}

/* --- help and version ------------------------------------------------------------------------- */

Test(command, help_begins_with_examples_on_stdout)
{
    struct capture said = CALL("run", "--help"), again = CALL("run", "-h");
    cr_assert_eq(said.code, 0);
    cr_assert_str_empty(said.err);
    cr_assert_eq(
        strncmp(said.out, "Examples:\n  songhua-try run a.csv\n  songhua-try run -n 5\n", 56), 0);
    cr_assert_not_null(strstr(said.out, "  -n, --count N               how many [10]\n"));
    cr_assert_null(strstr(said.out, "secret-door"));
    cr_assert_str_eq(again.out, said.out);
    capture_free(&said);
    capture_free(&again);
}

Test(command, help_goes_on_in_its_column_on_a_narrow_terminal)
{
    static const struct option long_ones[] = {
        {"a", 0, OPTION_TEXT, 0, "FILE", "one two three four five six seven eight nine ten eleven",
         .initial = "x"},
        {0}};
    static const struct command wide[] = {{"run", "Runs.", NULL, run, long_ones, 64, NULL}, {0}};
    struct call of = {{"songhua-try", "Tries things.", NULL, wide},
                      3,
                      {(char *)"x", (char *)"run", (char *)"--help"}};
    char *out = capture_on_terminal("70", call_main, &of);
    cr_expect_not_null(strstr(out, "one two three four five six seven eight\n"
                                   "                              nine ten eleven [x]\n"),
                       "%s", out);
    free(out);
}

Test(command, help_of_the_program_lists_its_commands)
{
    struct capture said = CALL("--help"), again = CALL("-h");
    cr_assert_eq(said.code, 0);
    cr_assert_eq(strncmp(said.out, "Examples:\n", 10), 0);
    cr_assert_not_null(strstr(said.out, "  framework check    Checks.\n"));
    cr_assert_str_eq(again.out, said.out);
    capture_free(&said);
    capture_free(&again);
}

Test(command, help_wins_over_a_wrong_file)
{
    write_config("count: 0\n");
    struct capture said = CALL("run", "--config", config, "--help");
    cr_assert_eq(said.code, 0);
    capture_free(&said);
}

Test(command, version_names_the_program_and_its_libraries)
{
    struct capture said = CALL("--version"), again = CALL("run", "--version");
    cr_assert_eq(said.code, 0);
    cr_assert_eq(strncmp(said.out, "songhua-try " SONGHUA_VERSION "\n", 12), 0);
    cr_assert_not_null(strstr(said.out, "ZeroMQ "));
    cr_assert_not_null(strstr(said.out, "protobuf-c "));
    cr_assert_str_eq(again.out, said.out);
    capture_free(&said);
    capture_free(&again);
}

Test(command, a_program_may_be_one_command_without_a_name)
{
    static const struct command only[] = {
        {"", "Runs.", NULL, run, options, sizeof(struct settings), "songhua-try -n 5"}, {0}};
    struct call of = call_of((const char *const[]){"-n5", NULL});
    of.program.commands = only;
    expect(capture_call(call_main, &of), 0,
           "broker=table count=5 linger=5 size=0 json=0 regions=", "");
    of = call_of((const char *const[]){"--conut", NULL});
    of.program.commands = only;
    expect(capture_call(call_main, &of), 64, "",
           "songhua-try: unknown option --conut; is --count meant? (SH-1004)\n"
           "See songhua-try --help.\n");
}

/* --- output that is lost ---------------------------------------------------------------------- */

static enum err say_and_flush(const struct invocation *invocation)
{
    (void)invocation;
    printf("data\n");
    fflush(stdout); /* as a command does that follows; what it answers is not looked at */
    return ERR_OK;
}

/* The call's exit code with a full disk for stdout. */
static int call_onto_full_disk(void *context)
{
    int status;
    pid_t child = fork();
    if (!child) {
        int full = open("/dev/full", O_WRONLY);
        dup2(full, STDOUT_FILENO);
        _exit(call_main(context));
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

Test(command, output_that_is_lost_is_a_failure_that_is_said)
{
    static const struct command lossy[] = {
        {"say", "Says.", NULL, say_and_flush, NULL, 0, NULL},
        {"run", "Runs.", NULL, run, options, sizeof(struct settings), NULL},
        {0}};
    const char *const words[] = {"say", "run", "--help", "--version"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct call of = call_of((const char *const[]){words[i], NULL});
        of.program.commands = lossy;
        struct capture said = capture_call(call_onto_full_disk, &of);
        cr_assert_eq(said.code, 74, "%s: %d", words[i], said.code);
        cr_assert_not_null(strstr(said.err, "standard output: input/output error"), "%s: %s",
                           words[i], said.err);
        capture_free(&said);
    }
}

/* --- pipes ------------------------------------------------------------------------------------ */

static int call_into_closed_pipe_with(void (*on_pipe)(int), void *context)
{
    int fds[2], status;
    cr_assert_eq(pipe(fds), 0);
    close(fds[0]);
    pid_t child = fork();
    if (!child) {
        signal(SIGPIPE, on_pipe);
        dup2(fds[1], STDOUT_FILENO);
        _exit(call_main(context));
    }
    close(fds[1]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    return status;
}

static int call_into_closed_pipe(void *context)
{
    return call_into_closed_pipe_with(SIG_DFL, context);
}

/* As in a command that has called stop_init(). */
static int call_into_closed_pipe_ignored(void *context)
{
    return call_into_closed_pipe_with(SIG_IGN, context);
}

Test(command, a_reader_that_goes_away_ends_it_quietly)
{
    int (*const calls[])(void *) = {call_into_closed_pipe, call_into_closed_pipe_ignored};
    for (size_t i = 0; i < 2; i++) {
        struct call of = call_of((const char *const[]){"run", "--help", NULL});
        struct capture said = capture_call(calls[i], &of);
        cr_assert_neq(said.code, 0);
        cr_assert_str_empty(said.err);
        capture_free(&said);
    }
}
