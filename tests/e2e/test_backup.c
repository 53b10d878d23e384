/* Care of the journal as its operators do it: backup while it is written to, verify, restore, check,
 * compact. The broker lives in the test's process, the commands in their own. */
#include "proto/base/file.h"
#include "tests/support/hub.h"
#include "tests/support/noise.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct hub hub;
static const struct identity *planner;

static void open_hub(void)
{
    hub_open_sized(&hub, 64 << 20);
    planner = world_identity(hub.world, "planner", ROLE_PLANNER, "*");
    broker_reload(hub.broker);
}

static void close_hub(void)
{
    hub_close(&hub);
}

TestSuite(backup_e2e, .init = open_hub, .fini = close_hub, .timeout = 240);

/* The command on this world's state; *output is the caller's. */
static int care(const char *command, const char *const *special, char **output)
{
    const char *arguments[16] = {command, "--state", world_path(hub.world, "journal")};
    size_t count = 3;
    while (*special)
        arguments[count++] = *special++;
    arguments[count] = NULL;
    return world_run(hub.world, "songhua-broker", arguments, output);
}

static void expect(const char *command, const char *const *special, int code, const char *words)
{
    char *output;
    cr_expect_eq(care(command, special, &output), code, "%s: %s", command, output);
    cr_expect_not_null(strstr(output, words), "%s: %s", command, output);
    free(output);
}

static char copy[512]; /* the backup's place */

static const char *const *at_copy(void)
{
    static const char *arguments[] = {copy, NULL};
    snprintf(copy, sizeof copy, "%s", world_path(hub.world, "copy"));
    return arguments;
}

static void publish(size_t count)
{
    struct publisher *publisher = hub_publisher(&hub, planner, "events", "planner");
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(hub_publish(publisher, 220000, "observation", "a figure"), ERR_OK);
    publisher_close(&publisher);
}

/* The part of a verdict that names the chains: "heads …", or "" when there is none. */
static void heads_of(const char *text, char heads[80])
{
    const char *found = strstr(text, "heads ");
    snprintf(heads, 80, "%.70s", found ? found : "");
}

static void state_heads(char heads[80])
{
    char *output;
    cr_assert_eq(care("check", ARGUMENTS("--log-level", "info"), &output), 0);
    heads_of(output, heads);
    free(output);
}

/* Turn a bit of a file, at a place counted from its middle. */
static void damage(const char *path, off_t from_middle)
{
    unsigned char byte;
    struct stat info;
    int fd = open(path, O_RDWR);
    cr_assert_geq(fd, 0);
    cr_assert_eq(fstat(fd, &info), 0);
    off_t at = info.st_size / 2 + from_middle;
    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* --- backups ------------------------------------------------------------------------------------ */

struct writing {
    _Atomic bool is_over;
    size_t published;
};

static void *write_on(void *argument)
{
    struct writing *writing = argument;
    static char text[20000];
    noise_fill(text, sizeof text - 1);
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = (char)('a' + (unsigned char)text[i] % 26);
    struct publisher *publisher = hub_publisher(&hub, planner, "events", "planner.load");
    while (!atomic_load(&writing->is_over) && writing->published < 1500) {
        cr_assert_eq(hub_publish(publisher, 220000, "observation", text), ERR_OK);
        writing->published++;
    }
    publisher_close(&publisher);
    return NULL;
}

Test(backup_e2e, a_backup_under_load_is_consistent_and_restores_as_it_was)
{
    pthread_t thread;
    char *output, backup_heads[80], heads[80];
    struct writing writing = {0};
    publish(20);
    cr_assert_eq(pthread_create(&thread, NULL, write_on, &writing), 0);
    for (int i = 0; i < 5; i++) {
        char place[32];
        snprintf(place, sizeof place, "copy%d", i);
        snprintf(copy, sizeof copy, "%s", world_path(hub.world, "%s", place));
        cr_expect_eq(care("backup", ARGUMENTS("--rate", "8MiB", copy), &output), 0, "%s", output);
        cr_expect_not_null(strstr(output, "完整 whole: "), "%s", output);
        heads_of(output, backup_heads);
        free(output);
    }
    atomic_store(&writing.is_over, true);
    pthread_join(thread, NULL);
    cr_expect_gt(writing.published, 0);
    const char *const verify[] = {"backup", "--verify", copy, NULL};
    cr_expect_eq(world_run(hub.world, "songhua-broker", verify, &output), 0);
    heads_of(output, heads);
    cr_expect_str_eq(heads, backup_heads);
    free(output);
    hub_stop(&hub);
    cr_assert_eq(rename(world_path(hub.world, "journal"), world_path(hub.world, "gone")), 0);
    cr_expect_eq(care("restore", ARGUMENTS("--dry-run", copy), &output), 0);
    free(output);
    cr_expect_not(file_exists(world_path(hub.world, "journal/journal")));
    cr_expect_eq(care("restore", ARGUMENTS(copy), &output), 0);
    free(output);
    state_heads(heads);
    cr_expect_str_eq(heads, backup_heads);
    hub_start(&hub);
    publish(1); /* the chain goes on where the backup ends: by a new epoch of the same producer */
}

Test(backup_e2e, a_place_that_is_taken_is_not_written_over)
{
    publish(1);
    cr_assert_eq(care("backup", at_copy(), NULL), 0);
    cr_expect_eq(care("backup", at_copy(), NULL), 73);
    cr_expect_eq(care("restore", at_copy(), NULL), 73, "there is a journal");
}

Test(backup_e2e, a_changed_bit_of_a_backup_is_found_and_it_is_not_restored)
{
    publish(50);
    cr_assert_eq(care("backup", at_copy(), NULL), 0);
    damage(world_path(hub.world, "copy/data.mdb"), 100);
    const char *const verify[] = {"backup", "--verify", copy, NULL};
    cr_expect_eq(world_run(hub.world, "songhua-broker", verify, NULL), 1);
    hub_stop(&hub);
    cr_assert_eq(rename(world_path(hub.world, "journal"), world_path(hub.world, "gone")), 0);
    cr_expect_eq(care("restore", at_copy(), NULL), 1);
    cr_expect_not(file_exists(world_path(hub.world, "journal/journal")));
    cr_assert_eq(rename(world_path(hub.world, "gone"), world_path(hub.world, "journal")), 0);
    hub_start(&hub);
}

Test(backup_e2e, what_a_backup_that_was_cut_short_left_is_no_hindrance)
{
    publish(3);
    (void)at_copy();
    cr_assert_eq(mkdir(world_path(hub.world, "copy.new"), 0700), 0);
    cr_assert_eq(file_write(world_path(hub.world, "copy.new/data.mdb"), "half", 4, 0600), ERR_OK);
    cr_expect_eq(care("backup", at_copy(), NULL), 0);
    cr_expect_not(file_exists(world_path(hub.world, "copy.new")));
}

Test(backup_e2e, a_journal_of_another_format_is_refused_with_the_command_that_helps)
{
    char *text;
    publish(1);
    cr_assert_eq(care("backup", at_copy(), NULL), 0);
    text = world_read(hub.world, "copy/backup.txt");
    char *format = strstr(text, "\nformat ");
    cr_assert_not_null(format);
    format[8] = '9';
    cr_assert_eq(file_write(world_path(hub.world, "copy/backup.txt"), text, strlen(text), 0600),
                 ERR_OK);
    free(text);
    const char *const verify[] = {"backup", "--verify", copy, NULL};
    cr_expect_eq(world_run(hub.world, "songhua-broker", verify, NULL), 76);
}

/* --- check -------------------------------------------------------------------------------------- */

Test(backup_e2e, check_says_whole_while_the_broker_runs_and_while_it_does_not)
{
    publish(30);
    expect("check", ARGUMENTS("--log-level", "info"), 0, "events 1-30");
    hub_stop(&hub);
    expect("check", ARGUMENTS("--log-level", "info"), 0, "完整 whole: ");
    expect("check", ARGUMENTS("--json"), 0, "\"verdict\":\"ok\"");
    hub_start(&hub);
}

/* The place of the third record's payload in the file. */
static off_t find_payload(const char *path, const char *text, int nth)
{
    struct buffer bytes;
    buffer_init(&bytes, 128 << 20);
    cr_assert_eq(file_read(path, &bytes), ERR_OK);
    const unsigned char *at = bytes.data, *end = bytes.data + bytes.size;
    for (int i = 0; i < nth; i++) {
        at = memmem(at, (size_t)(end - at), text, strlen(text));
        cr_assert_not_null(at);
        at++;
    }
    off_t place = at - 1 - bytes.data;
    buffer_fini(&bytes);
    return place;
}

Test(backup_e2e, check_gives_the_exact_address_of_the_damage)
{
    char data[512];
    struct publisher *publisher = hub_publisher(&hub, planner, "events", "planner");
    cr_assert_eq(hub_publish(publisher, 220000, "observation", "the first"), ERR_OK);
    cr_assert_eq(hub_publish(publisher, 220000, "observation", "the one that is damaged"), ERR_OK);
    cr_assert_eq(hub_publish(publisher, 220000, "observation", "the third"), ERR_OK);
    publisher_close(&publisher);
    hub_stop(&hub);
    snprintf(data, sizeof data, "%s", world_path(hub.world, "journal/journal/data.mdb"));
    /* LMDB keeps older versions of a page: all of them are changed */
    for (int nth = 1; nth <= 2; nth++) {
        off_t place = find_payload(data, "one that is damaged", 1);
        int fd = open(data, O_RDWR);
        cr_assert_geq(fd, 0);
        cr_assert_eq(pwrite(fd, "0", 1, place), 1);
        close(fd);
        struct buffer bytes;
        buffer_init(&bytes, 128 << 20);
        cr_assert_eq(file_read(data, &bytes), ERR_OK);
        bool is_left = memmem(bytes.data, bytes.size, "one that is damaged", 19) != NULL;
        buffer_fini(&bytes);
        if (!is_left)
            break;
    }
    expect("check", ARGUMENTS("--log-level", "info"), 1, "损坏 damaged: events record 2: ");
    expect("check", ARGUMENTS("--json"), 1, "\"damage\":\"events record 2: ");
    expect("compact", ARGUMENTS("--log-level", "info"), 1, "");
    hub_start(&hub);
}

Test(backup_e2e, check_of_a_place_without_a_journal_is_not_found)
{
    const char *const arguments[] = {"check", "--state", world_path(hub.world, "nowhere"), NULL};
    cr_expect_eq(world_run(hub.world, "songhua-broker", arguments, NULL), 66);
}

/* --- compact ------------------------------------------------------------------------------------ */

Test(backup_e2e, compact_keeps_every_record_and_gives_room_back)
{
    char before[80], after[80];
    publish(300);
    cr_expect_eq(care("compact", ARGUMENTS("--log-level", "info"), NULL), 73, "the broker runs");
    hub_stop(&hub);
    state_heads(before);
    expect("compact", ARGUMENTS("--journal-size", "16MiB"), 0, "文件 file 67108864 → 16777216");
    state_heads(after);
    cr_expect_str_eq(before, after);
    cr_expect_not(file_exists(world_path(hub.world, "journal/journal.compact")));
    hub.journal_bytes = 16 << 20;
    hub_start(&hub);
    publish(5);
    hub_stop(&hub);
    expect("check", ARGUMENTS("--log-level", "info"), 0, "events 1-305");
    hub_start(&hub);
}

/* --- owners ------------------------------------------------------------------------------------- */

static void expect_owner(const char *name, uid_t uid)
{
    struct stat info;
    cr_assert_eq(stat(world_path(hub.world, "%s", name), &info), 0, "%s", name);
    cr_expect_eq(info.st_uid, uid, "%s belongs to %u", name, (unsigned)info.st_uid);
}

Test(backup_e2e, what_root_does_leaves_the_files_to_the_brokers_user)
{
    enum { BROKERS_USER = 12345 };
    static const char *const files[] = {"journal/journal/data.mdb", "journal/journal/lock.mdb"};
    if (geteuid())
        cr_skip_test("this takes root");
    publish(3);
    cr_assert_eq(care("backup", at_copy(), NULL), 0);
    hub_stop(&hub);
    cr_assert_eq(chown(world_path(hub.world, "journal"), BROKERS_USER, BROKERS_USER), 0);
    cr_assert_eq(chown(world_path(hub.world, "journal/journal"), BROKERS_USER, BROKERS_USER), 0);
    cr_assert_eq(care("compact", ARGUMENTS("--log-level", "info"), NULL), 0);
    expect_owner(files[0], BROKERS_USER);
    cr_assert_eq(care("check", ARGUMENTS("--log-level", "info"), NULL), 0);
    expect_owner(files[1], BROKERS_USER);
    cr_assert_eq(rename(world_path(hub.world, "journal/journal"), world_path(hub.world, "gone")),
                 0);
    cr_assert_eq(care("restore", at_copy(), NULL), 0);
    expect_owner("journal/journal", BROKERS_USER);
    expect_owner(files[0], BROKERS_USER);
    cr_assert_eq(chown(world_path(hub.world, "journal"), 0, 0), 0);
    hub_start(&hub);
}
