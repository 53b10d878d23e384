/* What programs say to people on stderr when they have done something, or cannot. */
#include "broker/access.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "tests/support/capture.h"
#include "tests/support/world.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FRAMEWORK      "deploy/framework/jilin-2021.yaml"
#define FIGURES        "deploy/data/220000.csv"

static struct world *world;

static void open_world(void)
{
    world = world_new();
}

static void close_world(void)
{
    world_free(&world);
}

TestSuite(words, .init = open_world, .fini = close_world, .timeout = 60);

/* The program ends with `code` and says `words`, on stdout or stderr. */
static void expect_words(const char *program, const char *const *arguments, int code,
                         const char *words)
{
    char *output;
    cr_expect_eq(world_run(world, program, arguments, &output), code);
    char *said = world_read(world, "run.log");
    cr_expect(strstr(said, words) || strstr(output, words), "%s is not in\n%s%s", words, output,
              said);
    free(said);
    free(output);
}

Test(words, a_report_that_was_written_is_named)
{
    char file[512];
    snprintf(file, sizeof file, "%s", world_path(world, "report.csv"));
    expect_words(
        "songhua-scorer",
        ARGUMENTS("report", "--years", "2024", "--output", file, "-f", FRAMEWORK, "-o", FIGURES), 0,
        "report.csv: 已写入 / written\n");
}

Test(words, a_report_is_not_written_as_a_kind_of_file_that_it_is_not)
{
    char file[512];
    snprintf(file, sizeof file, "%s", world_path(world, "report.pdf"));
    expect_words(
        "songhua-scorer",
        ARGUMENTS("report", "--years", "2024", "--output", file, "-f", FRAMEWORK, "-o", FIGURES),
        64, "--format is html, xlsx, csv or json, not 'pdf'");
    cr_expect_neq(access(file, F_OK), 0);
}

Test(words, what_is_assumed_of_no_indicator_is_no_answer)
{
    expect_words(
        "songhua-scorer",
        ARGUMENTS("diff", "--set", "rd_intensty,220000,2024=1.8", "-f", FRAMEWORK, "-o", FIGURES),
        66, "did you mean 'rd_intensity'?");
}

Test(words, what_is_assumed_stands_on_top_of_the_explanation)
{
    expect_words("songhua-scorer",
                 ARGUMENTS("explain", "rd_intensity", "220000", "--set",
                           "rd_intensity,220000,2024=1.70", "-f", FRAMEWORK, "-o", FIGURES),
                 0, "假设的数据 rd_intensity 220000 2024 = 1.70\n");
}

Test(words, a_region_that_is_none_is_said_to_be_none)
{
    expect_words("songhua-replay", ARGUMENTS("events", "--region", "nowhere"), 64,
                 "--region \"nowhere\": 不是地区代码或名称");
}

Test(words, a_span_that_ends_before_it_begins_is_not_an_empty_record)
{
    expect_words("songhua-replay",
                 ARGUMENTS("events", "--since", "2025-02-01", "--until", "2025-01-01"), 64,
                 "--until is not later than --since");
}

Test(words, a_port_that_is_taken_is_said_to_be_in_use)
{
    char address[64];
    struct sockaddr_in taken = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof taken;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(fd >= 0 && !bind(fd, (struct sockaddr *)&taken, size) && !listen(fd, 1) &&
              !getsockname(fd, (struct sockaddr *)&taken, &size));
    snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(taken.sin_port));
    expect_words("songhua-agent", ARGUMENTS("run", "--http", address), 73,
                 "in use by another process");
    close(fd);
}

/* A certificate, and looks at the directory while its time may still not be trusted and after that. */
static int authorize_and_look(void *context)
{
    struct access *access;
    log_init("songhua", LOG_LEVEL_INFO);
    cr_assert_eq(access_open(context, &access), ERR_OK);
    world_identity(world, "late", ROLE_READER, "*");
    for (uint64_t end_us = clock_monotonic_us() + 60000; clock_monotonic_us() < end_us;)
        access_refresh(access, false);
    access_close(&access);
    return 0;
}

Test(words, one_change_of_the_access_directory_is_logged_once)
{
    char directory[512];
    int count = 0;
    snprintf(directory, sizeof directory, "%s", world_path(world, "access"));
    struct capture said = capture_call(authorize_and_look, directory);
    for (const char *at = said.err; (at = strstr(at, "access.loaded")); at++)
        count++;
    cr_expect_eq(count, 2, "when it is opened and when it has changed: %s", said.err);
    capture_free(&said);
}
