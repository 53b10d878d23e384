/* Disks that fail and disks that are full. Of the journal and of the outbox every write and every flush
 * fails in turn (tests/fault/power, which knows what they were told); of a broker's process the first
 * after it was ready. */
#include "tests/support/bad_disk.h"
#include "tests/support/follower.h"
#include "tests/support/sender.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEED = 20211220, CALLS = 14, EXIT_FINAL = 78, STEPS_MAX = 60000 };

/* --- each call in turn ------------------------------------------------------------------------ */

static void fail_each(const char *kind)
{
    char seed[32], *output = NULL;
    snprintf(seed, sizeof seed, "%d", SEED);
    const char *const arguments[] = {"fail", kind, seed, "20", NULL};
    struct world *world = world_new();
    int code = world_run(world, "fault-power", arguments, &output);
    cr_assert_eq(code, 0, "%s%s", output, world_read(world, "run.log"));
    fprintf(stderr, "%s", output);
    free(output);
    world_free(&world);
}

Test(fault_io, each_write_and_flush_of_a_journal_fails_in_turn, .timeout = 600)
{
    fail_each("journal");
}

Test(fault_io, each_write_and_flush_of_an_outbox_fails_in_turn, .timeout = 600)
{
    fail_each("outbox");
}

/* --- a broker --------------------------------------------------------------------------------- */

struct stage {
    struct world *world;
    struct sender *sender;
    pid_t broker;
};

static void start_broker(struct stage *stage, const char *fail)
{
    static const char *const extra[] = {"--journal-size", "16MiB", NULL};
    if (fail)
        bad_disk_prepare(stage->world, fail);
    stage->broker = world_start_broker(stage->world, extra);
    bad_disk_release();
}

static struct stage new_stage(void)
{
    struct stage stage = {.world = world_new()};
    world_identity(stage.world, "agent", ROLE_AGENT, "*");
    world_identity(stage.world, "reader", ROLE_READER, "*");
    return stage;
}

static void open_sender(struct stage *stage)
{
    const struct sender_options options = {
        .world = stage->world,
        .name = "agent",
        .identity = world_identity(stage->world, "agent", ROLE_AGENT, "*"),
        .region = 220100,
        .waiting_max = 4,
        .payload_bytes = 200,
        .ack_timeout_ms = 400};
    stage->sender = sender_open(&options);
}

static void close_stage(struct stage *stage)
{
    sender_close(&stage->sender);
    world_free(&stage->world);
}

/* The broker is not running. */
static void check(struct stage *stage, const char *what, struct follower *follower)
{
    char line[HISTORY_LINE_BYTES];
    struct history *history = history_new();
    sender_tell(stage->world, "agent", history);
    sender_tell_journal(stage->world, "events", NULL, history);
    if (follower)
        follower_tell(follower, history);
    bool is_good = history_verdict(history, line);
    cr_assert(is_good, "%s: %s", what, line);
    fprintf(stderr, "io %s: %s\n", what, line);
    history_free(&history);
}

static void send_until(struct stage *stage, uint64_t acknowledged, const char *what)
{
    for (int i = 0; sender_acknowledged(stage->sender) < acknowledged; i++) {
        cr_assert_lt(i, STEPS_MAX, "%s: nothing moves", what);
        cr_assert(world_is_running(stage->world, stage->broker), "%s: the broker has ended", what);
        (void)sender_step(stage->sender, 10);
    }
}

static void drain(struct stage *stage)
{
    for (int i = 0; sender_waiting(stage->sender); i++) {
        cr_assert_lt(i, STEPS_MAX, "what waits is not taken");
        (void)sender_drain_step(stage->sender, 10);
    }
}

static uint64_t made(const struct stage *stage)
{
    return sender_acknowledged(stage->sender) + sender_waiting(stage->sender);
}

/* What had not been made when the disk failed is not acknowledged afterwards. */
static void send_until_it_ends(struct stage *stage, const char *fail)
{
    uint64_t most = UINT64_MAX;
    bad_disk_arm(stage->world);
    for (int i = 0; world_is_running(stage->world, stage->broker); i++) {
        cr_assert_lt(i, STEPS_MAX, "%s: the broker does not end", fail);
        (void)sender_step(stage->sender, 10);
        if (most == UINT64_MAX && bad_disk_has_failed(stage->world))
            most = made(stage);
        cr_assert_leq(sender_acknowledged(stage->sender), most, "%s: it went on", fail);
    }
    cr_assert_eq(world_wait(stage->world, stage->broker), EXIT_FINAL, "%s", fail);
}

static void fail_final(const char *call, const char *how)
{
    struct stage stage = new_stage();
    char fail[32] = "";
    start_broker(&stage, NULL);
    open_sender(&stage);
    send_until(&stage, 5, "before");
    cr_assert_eq(world_stop_broker(stage.world, false), 0);
    for (int nth = 1; nth <= CALLS; nth++) {
        snprintf(fail, sizeof fail, "%s:%d:%s", call, nth, how);
        start_broker(&stage, fail);
        send_until_it_ends(&stage, fail);
        check(&stage, fail, NULL);
    }
    start_broker(&stage, NULL);
    send_until(&stage, made(&stage) + 5, "after");
    close_stage(&stage);
}

Test(fault_io, a_broker_whose_flush_fails_acknowledges_nothing_more_and_ends_with_78,
     .timeout = 300)
{
    fail_final("flush", "EIO");
}

Test(fault_io, a_broker_whose_write_fails_acknowledges_nothing_more_and_ends_with_78,
     .timeout = 300)
{
    fail_final("write", "EIO");
}

/* --- full ------------------------------------------------------------------------------------- */

static void follow_until(struct follower *follower, uint64_t record, const char *what)
{
    for (int i = 0; follower_last(follower) < record; i++) {
        cr_assert_lt(i, STEPS_MAX, "%s: nothing is read", what);
        follower_step(follower, 10);
    }
}

/* Nothing is acknowledged, the broker lives and is read; when there is room it goes on. */
static void check_full(struct stage *stage, const char *what, void (*make_room)(struct world *))
{
    const struct identity *reader = world_identity(stage->world, "reader", ROLE_READER, "*");
    struct follower *follower = follower_open(stage->world, "reader", reader, "events", NULL);
    uint64_t stands = sender_acknowledged(stage->sender);
    for (int i = 0; i < 100; i++)
        (void)sender_step(stage->sender, 10);
    cr_assert_eq(sender_acknowledged(stage->sender), stands, "%s: it was not full", what);
    cr_assert_gt(sender_waiting(stage->sender), 0);
    follow_until(follower, stands, what);
    cr_assert(world_is_running(stage->world, stage->broker), "%s: it ended", what);
    make_room(stage->world);
    send_until(stage, made(stage) + 5, what);
    drain(stage);
    follow_until(follower, sender_acknowledged(stage->sender), what);
    cr_assert_eq(world_stop_broker(stage->world, false), 0);
    check(stage, what, follower);
    follower_close(&follower);
}

/* Who reads what was acknowledged has it committed. */
static void read_all(struct stage *stage)
{
    const struct identity *reader = world_identity(stage->world, "reader", ROLE_READER, "*");
    struct follower *follower = follower_open(stage->world, "first", reader, "events", NULL);
    follow_until(follower, sender_acknowledged(stage->sender), "reading");
    follower_close(&follower);
}

Test(fault_io, a_full_disk_stops_a_broker_from_taking_and_from_nothing_else, .timeout = 120)
{
    struct stage stage = new_stage();
    start_broker(&stage, "write:1:full");
    open_sender(&stage);
    send_until(&stage, 20, "before");
    drain(&stage);
    read_all(&stage);
    bad_disk_arm(
        stage.world); /* between two commits: what fails first is a page, not LMDB's header */
    for (int i = 0; !bad_disk_has_failed(stage.world); i++) {
        cr_assert_lt(i, STEPS_MAX);
        (void)sender_step(stage.sender, 10);
    }
    check_full(&stage, "full disk", bad_disk_make_room);
    close_stage(&stage);
}

/* --- full, in earnest: a small file system of the test's own ------------------------------------- */

static void make_filler_go(struct world *world)
{
    cr_assert_eq(unlink(world_path(world, "broker/filler")), 0);
}

/* The blocks set aside are taken away, as a file system may that copies on write; then all is filled. */
static void fill_disk(struct world *world)
{
    static const char block[65536];
    int fd = open(world_path(world, "broker/journal/data.mdb"), O_RDWR | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4 << 20, 12 << 20), 0);
    close(fd);
    fd = open(world_path(world, "broker/filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (size_t size = sizeof block; size; size /= 2)
        while (write(fd, block, size) > 0)
            continue;
    close(fd);
}

static void send_until_full(struct stage *stage)
{
    uint64_t before;
    do {
        before = sender_acknowledged(stage->sender);
        for (int i = 0; i < 100 && sender_acknowledged(stage->sender) == before; i++)
            (void)sender_step(stage->sender, 10);
    } while (sender_acknowledged(stage->sender) > before);
}

Test(fault_io, a_small_file_system_that_fills_up_is_survived, .timeout = 120)
{
    struct stage stage = new_stage();
    const char *directory = world_path(stage.world, "broker");
    if (mkdir(directory, 0700) || unshare(CLONE_NEWNS) ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("tmpfs", directory, "tmpfs", 0, "mode=700,size=24m")) {
        world_free(&stage.world);
        cr_skip_test("skipped: no file system can be mounted here: %s", strerror(errno));
    }
    start_broker(&stage, NULL);
    open_sender(&stage);
    send_until(&stage, 20, "before");
    drain(&stage);
    read_all(&stage); /* or the front has blocks again while the disk is being filled */
    fill_disk(stage.world);
    send_until_full(&stage);
    check_full(&stage, "small file system", make_filler_go);
    umount(world_path(stage.world, "broker"));
    close_stage(&stage);
}

/* --- the log ---------------------------------------------------------------------------------- */

Test(fault_io, a_broker_whose_log_has_no_room_goes_on, .timeout = 120)
{
    struct stage stage = new_stage();
    cr_assert_eq(symlink("/dev/full", world_path(stage.world, "broker.log")), 0);
    start_broker(&stage, NULL);
    open_sender(&stage);
    send_until(&stage, 200, "log");
    world_signal(stage.world, stage.broker, SIGHUP); /* it says what it has read */
    send_until(&stage, 400, "log");
    cr_assert_eq(world_stop_broker(stage.world, false), 0);
    check(&stage, "log disk full", NULL);
    close_stage(&stage);
}
