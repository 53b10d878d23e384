/* The outbox on a disk that is full. */
#include "proto/client/outbox.h"
#include "tests/support/noise.h"
#include "tests/support/outbox_case.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* A file system of the size, in this process's eyes alone. False: the system does not allow it. */
static bool mount_small(const char *directory, const char *size)
{
    return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
           !mount("tmpfs", directory, "tmpfs", 0, size);
}

Test(outbox_disk, a_full_disk_is_an_answer_and_not_the_end, .timeout = 60)
{
    struct scratch scratch = scratch_new();
    static char payload[100000];
    struct outbox *outbox;
    enum err err = ERR_OK;
    const struct outbox_options options = {
        .directory = scratch.directory, .stream = "events", .producer = "a"};
    noise_fill(payload, sizeof payload);
    if (!mount_small(scratch.directory, "mode=700,size=2m"))
        cr_skip_test("file systems cannot be mounted here");
    cr_assert_eq(outbox_open(&options, &outbox), ERR_OK);
    uint64_t count = 0;
    for (; !err && count < 100; count++) {
        cr_assert_eq(outbox_begin(outbox), ERR_OK);
        err = case_append(outbox, payload, sizeof payload);
        if (!err)
            err = outbox_commit(outbox);
    }
    cr_expect_eq(err, ERR_FULL);
    cr_expect_eq(case_status(outbox).batches, count - 1);
    cr_assert_eq(mount("none", scratch.directory, NULL, MS_REMOUNT, "size=64m"), 0);
    case_append_text(outbox, "there is room again");
    outbox_close(&outbox);
    umount(scratch.directory);
    scratch_remove(&scratch);
}

static void fill_disk(const char *directory)
{
    char path[PATH_MAX];
    static char page[4096];
    snprintf(path, sizeof path, "%s/filler", directory);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    cr_assert_geq(fd, 0);
    while (write(fd, page, sizeof page) > 0)
        continue;
    close(fd);
}

/* The removal needs a few pages of its own; without them it waits, and publishing goes on. */
Test(outbox_disk, an_acknowledgement_on_a_full_disk_is_taken, .timeout = 60)
{
    struct scratch scratch = scratch_new();
    static char payload[3000];
    struct outbox *outbox;
    const struct outbox_options options = {
        .directory = scratch.directory, .stream = "events", .producer = "a"};
    if (!mount_small(scratch.directory, "mode=700,size=8m"))
        cr_skip_test("file systems cannot be mounted here");
    cr_assert_eq(outbox_open(&options, &outbox), ERR_OK);
    case_adopt(outbox);
    cr_assert_eq(outbox_begin(outbox), ERR_OK);
    for (int i = 0; i < 300; i++)
        cr_assert_eq(case_append(outbox, payload, sizeof payload), ERR_OK);
    cr_assert_eq(outbox_commit(outbox), ERR_OK);
    fill_disk(scratch.directory);
    case_acknowledge(outbox, 299);
    cr_expect_eq(case_next(outbox, 0).sequence, 300);
    cr_assert_eq(mount("none", scratch.directory, NULL, MS_REMOUNT, "size=64m"), 0);
    case_append_text(outbox, "there is room again");
    outbox_close(&outbox);
    umount(scratch.directory);
    scratch_remove(&scratch);
}
