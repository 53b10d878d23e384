/* A broker was killed just after it had acknowledged something that is in the journal's front alone: what its
 * operator's commands make of that before it starts again. */
#include "broker/journal/journal.h"
#include "proto/base/file.h"
#include "tests/support/batches.h"
#include "tests/support/gauge.h"
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMMITTED = 10, KEPT = 3 };
#define ALL "(events 1-13)"

static struct world *world;

/* It ends without a commit, as after a kill. */
static void leave_journal(const char *state)
{
    static const char *const streams[] = {"events", NULL};
    const struct journal_options options = {
        .directory = state, .max_bytes = JOURNAL_MIN_BYTES, .streams = streams};
    struct journal *journal;
    struct buffer frame;
    struct chain chain = chain_start("events", "agent-220100", 1);
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    cr_assert_eq(file_make_directory(state), ERR_OK);
    cr_assert_eq(journal_open(&options, &journal), ERR_OK);
    for (int i = 0; i < COMMITTED + KEPT; i++) {
        bool is_kept = true;
        struct batch batch = chain_next(&chain, "payload", &frame);
        cr_assert_eq(journal_append(journal, &batch, frame.data, frame.size, 1000, NULL), ERR_OK);
        cr_assert_eq(i < COMMITTED ? journal_commit(journal) : journal_keep(journal, &is_kept),
                     ERR_OK);
        cr_assert(is_kept);
    }
    journal_close(&journal);
    buffer_fini(&frame);
}

static void open_world(void)
{
    world = world_new();
    leave_journal(world_path(world, "broker"));
}

static void close_world(void)
{
    world_free(&world);
}

TestSuite(front_e2e, .init = open_world, .fini = close_world, .timeout = 60);

static void expect(const char *const *arguments, const char *words)
{
    char *output;
    cr_expect_eq(world_run(world, "songhua-broker", arguments, &output), 0, "%s", arguments[0]);
    cr_expect_not_null(strstr(output, words), "%s: %s", arguments[0], output);
    free(output);
}

#define STATE "--state", world_path(world, "broker")

Test(front_e2e, a_backup_has_all_that_was_acknowledged)
{
    expect(ARGUMENTS("backup", STATE, world_path(world, "copy")), ALL);
    expect(ARGUMENTS("backup", "--verify", world_path(world, "copy")), ALL);
    expect(ARGUMENTS("restore", "--state", world_path(world, "other"), world_path(world, "copy")),
           ALL);
    expect(ARGUMENTS("check", "--state", world_path(world, "other")), ALL);
}

Test(front_e2e, check_counts_all_that_was_acknowledged)
{
    expect(ARGUMENTS("check", STATE), ALL);
}

/* As on a disk that has become read-only: the journal can be read, and its lock cannot be had. */
static void make_read_only(void)
{
    static const struct {
        const char *name;
        mode_t mode;
    } files[] = {{"", 0777},
                 {"broker", 0755},
                 {"broker/journal", 0755},
                 {"broker/journal.lock", 0644},
                 {"broker/journal/data.mdb", 0644},
                 {"broker/journal/lock.mdb", 0666}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        cr_assert_eq(chmod(world_path(world, "%s", files[i].name), files[i].mode), 0, "%s",
                     files[i].name);
    unlink(world_path(world, "run.log"));
    cr_assert_eq(seteuid(65534), 0);
}

/* Not from a folder that is closed to others. A sanitizer's look for leaks fails in another user's program. */
static bool another_user_may_run_it(void)
{
    char path[512];
    const char *build = getenv("SONGHUA_BUILD");
    snprintf(path, sizeof path, "%s/songhua-broker", build ? build : "build/release");
    if (geteuid() || GAUGE_HAS_SANITIZER || seteuid(65534))
        return false;
    bool may_run = !faccessat(AT_FDCWD, path, X_OK, AT_EACCESS);
    cr_assert_eq(seteuid(0), 0);
    return may_run;
}

Test(front_e2e, a_journal_that_cannot_be_written_to_is_checked_when_its_front_has_nothing_more)
{
    if (!another_user_may_run_it()) {
        close_world();
        cr_skip_test("this takes root, programs that others may run, and no sanitizer");
    }
    make_read_only();
    cr_expect_eq(world_run(world, "songhua-broker", ARGUMENTS("check", STATE), NULL), 77);
    cr_assert_eq(seteuid(0), 0);
    expect(ARGUMENTS("check", STATE), ALL);
    make_read_only();
    expect(ARGUMENTS("check", STATE), ALL);
    cr_assert_eq(seteuid(0), 0);
}

Test(front_e2e, compact_keeps_all_that_was_acknowledged)
{
    expect(ARGUMENTS("compact", STATE), ALL);
}

Test(front_e2e, retention_counts_all_that_was_acknowledged)
{
    expect(ARGUMENTS("retention", STATE, "--dry-run", "--json", "--retention", "events age=1s"),
           "\"records\":13,");
}

Test(front_e2e, a_journal_cut_by_its_front_is_damaged)
{
    char *output, *said;
    cr_assert_eq(
        truncate(world_path(world, "broker/journal/data.mdb"), JOURNAL_MIN_BYTES - 64 * 1024), 0);
    cr_expect_eq(world_run(world, "songhua-broker", ARGUMENTS("check", STATE), &output), 1);
    cr_expect_not_null(strstr(output, "损坏 damaged"), "%s", output);
    free(output);
    cr_expect_eq(world_run(world, "songhua-broker",
                           ARGUMENTS("backup", STATE, world_path(world, "copy")), NULL),
                 74);
    said = world_read(world, "run.log");
    cr_expect_not_null(strstr(said, "broker/journal"), "%s", said);
    free(said);
    cr_expect_eq(world_run(world, "songhua-broker", ARGUMENTS("run", STATE), NULL), 78);
}
