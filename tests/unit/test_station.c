#include "producers/agent/local_socket.h"
#include "producers/agent/station.h"
#include "tests/support/agent_case.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A station without a broker, and the texts it says. */
struct bench {
    struct agent_case *agent;
    char state[128];
    struct station *station;
    struct buffer message;
};

static struct bench bench_new(void)
{
    struct bench bench = {.agent = agent_case_new("220100")};
    snprintf(bench.state, sizeof bench.state, "%s/state", bench.agent->directory);
    const struct station_options options = {
        .kind = "test", .state = bench.state, .identity = &bench.agent->identity};
    cr_assert_eq(station_open(&options, &bench.station), ERR_OK);
    buffer_init(&bench.message, LOCAL_MESSAGE_MAX_BYTES + 1);
    return bench;
}

static void bench_free(struct bench *bench)
{
    station_close(&bench->station);
    buffer_fini(&bench->message);
    agent_case_free(&bench->agent);
}

static int visit(struct bench *bench)
{
    int fd;
    cr_assert_eq(local_connect(bench->state, station_socket_name, &fd), ERR_OK);
    cr_assert_eq(station_turn(bench->station, 0, -1), ERR_OK);
    return fd;
}

static enum err hear(struct bench *bench, int fd, const char *word)
{
    enum err err = local_receive(fd, &bench->message, NULL);
    if (!err)
        cr_expect(!strncmp(buffer_text(&bench->message), word, strlen(word)), "%s",
                  buffer_text(&bench->message));
    return err;
}

static enum err say(struct bench *bench, int fd, const char *text, int passed)
{
    enum err err = local_send(fd, text, strlen(text), passed);
    cr_assert_eq(station_turn(bench->station, 0, -1), ERR_OK);
    return err;
}

Test(station, says_hello_and_its_status, .timeout = 30)
{
    struct bench bench = bench_new();
    struct station_status status;
    int fd = visit(&bench);
    cr_expect_eq(hear(&bench, fd, "hello\n"), ERR_OK);
    cr_expect_eq(say(&bench, fd, "status", -1), ERR_OK);
    cr_assert_eq(hear(&bench, fd, "status\n"), ERR_OK);
    cr_assert_eq(fields_read(station_status_fields, buffer_text(&bench.message), &status), ERR_OK);
    cr_expect_str_eq(status.kind, "test");
    cr_expect_str_eq(status.producer, "agent-test");
    cr_expect_eq(status.pid, (uint64_t)getpid());
    close(fd);
    bench_free(&bench);
}

Test(station, turns_away_who_speaks_nonsense_and_goes_on, .timeout = 30)
{
    static const char *const nonsense[] = {"nonsense", "deposit", "\n", "STATUS"};
    struct bench bench = bench_new();
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        int fd = visit(&bench);
        cr_expect_eq(hear(&bench, fd, "hello\n"), ERR_OK);
        cr_expect_eq(say(&bench, fd, nonsense[i], -1), ERR_OK);
        cr_expect_eq(hear(&bench, fd, ""), ERR_STOPPED, "%s", nonsense[i]);
        close(fd);
    }
    bench_free(&bench);
}

static int file_with(const char *text, unsigned seals)
{
    int fd = memfd_create("test", MFD_ALLOW_SEALING);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    cr_assert_eq(fcntl(fd, F_ADD_SEALS, (int)seals), 0);
    return fd;
}

Test(station, refuses_a_parcel_that_is_not_sealed_or_not_one, .timeout = 30)
{
    static const unsigned seals[] = {0, F_SEAL_SHRINK, F_SEAL_SHRINK | F_SEAL_WRITE};
    struct bench bench = bench_new();
    int fd = visit(&bench);
    cr_expect_eq(hear(&bench, fd, "hello\n"), ERR_OK);
    for (size_t i = 0; i < 3; i++) {
        struct station_outcome outcome = {0};
        int passed = file_with("SHP1 but not really", seals[i]);
        cr_expect_eq(say(&bench, fd, "deposit", passed), ERR_OK);
        cr_assert_eq(hear(&bench, fd, "outcome\n"), ERR_OK);
        cr_assert_eq(fields_read(station_outcome_fields, buffer_text(&bench.message), &outcome),
                     ERR_OK);
        cr_expect_eq(outcome.err, ERR_MALFORMED);
        close(passed);
    }
    close(fd);
    bench_free(&bench);
    cr_expect_eq(bench.station, NULL);
}

Test(station, lets_in_the_next_when_one_leaves, .timeout = 30)
{
    enum { GUESTS = 40 };
    struct bench bench = bench_new();
    int fds[GUESTS];
    for (int i = 0; i < GUESTS; i++)
        fds[i] = visit(&bench);
    cr_expect_eq(hear(&bench, fds[GUESTS - 1], "hello\n"), ERR_TIMEOUT, "there is no place yet");
    for (int i = 0; i < GUESTS; i++) {
        cr_expect_eq(hear(&bench, fds[i], "hello\n"), ERR_OK, "%d", i);
        close(fds[i]);
        cr_assert_eq(station_turn(bench.station, 0, -1), ERR_OK);
        cr_assert_eq(station_turn(bench.station, 0, -1), ERR_OK);
    }
    bench_free(&bench);
}

Test(station, is_the_only_one_and_its_door_is_for_the_owner, .timeout = 30)
{
    struct bench bench = bench_new();
    struct station *second;
    struct stat info;
    const struct station_options options = {
        .kind = "test", .state = bench.state, .identity = &bench.agent->identity};
    cr_expect_eq(station_open(&options, &second), ERR_LOCKED);
    cr_assert_eq(stat(agent_case_path(bench.agent, "state/agent.sock"), &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0600);
    cr_assert_eq(stat(bench.state, &info), 0);
    cr_expect_eq(info.st_mode & 0777, 0700);
    bench_free(&bench);
}

Test(station, a_guest_hears_that_it_has_ended, .timeout = 30)
{
    struct bench bench = bench_new();
    int fd = visit(&bench);
    cr_expect_eq(hear(&bench, fd, "hello\n"), ERR_OK);
    station_close(&bench.station);
    cr_expect_eq(hear(&bench, fd, ""), ERR_STOPPED);
    int again;
    cr_expect_eq(local_connect(bench.state, station_socket_name, &again), ERR_NOT_FOUND);
    close(fd);
    bench_free(&bench);
}

struct sample {
    uint64_t number;
    char text[8];
};

static const struct field sample_fields[] = {
    FIELD_NUMBER(struct sample, number), FIELD_TEXT(struct sample, text), {0}};

Test(fields, come_back_as_they_were_written_on_lines_of_their_own, .timeout = 30)
{
    struct buffer text;
    struct sample read = {0};
    const struct sample written = {.number = UINT64_MAX, .text = "a\nb=c"};
    buffer_init(&text, 1024);
    cr_assert_eq(fields_write(sample_fields, &written, &text), ERR_OK);
    cr_expect_str_eq(buffer_text(&text), "number=18446744073709551615\ntext=a b=c\n");
    cr_assert_eq(fields_read(sample_fields, buffer_text(&text), &read), ERR_OK);
    cr_expect_eq(read.number, UINT64_MAX);
    cr_expect_str_eq(read.text, "a b=c");
    buffer_fini(&text);
}

Test(fields, refuse_a_number_that_is_none_and_cut_a_text_that_is_too_long, .timeout = 30)
{
    struct sample read = {0};
    cr_expect_eq(fields_read(sample_fields, "number=1x\n", &read), ERR_MALFORMED);
    cr_expect_eq(fields_read(sample_fields, "number=11111111111111111111111111\n", &read),
                 ERR_MALFORMED);
    cr_expect_eq(fields_read(sample_fields, "other=1\ntext=长长长\nnumber=2", &read), ERR_OK);
    cr_expect_str_eq(read.text, "长长");
    cr_expect_eq(read.number, 2);
}
