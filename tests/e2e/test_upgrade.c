/* Journals of other formats: an older one is refused with the command that helps, and the command helps; a
 * newer one is refused. Older ones are made here from a journal of today. */
#include "broker/backup.h"
#include "broker/journal/keys.h"
#include "proto/base/file.h"
#include "tests/support/batches.h"
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORDS = 5000, TABLES = 24 };

static const char *const streams[] = {"events", "scores", NULL};

#define MUST(code) cr_assert_eq((code), 0)

/* --- a journal of today ---------------------------------------------------------------------------- */

static void make_journal(const char *state)
{
    struct journal *journal;
    struct buffer frame;
    struct chain chain = chain_start("events", "agent-220100", 1);
    const struct journal_options options = {
        .directory = state, .max_bytes = JOURNAL_MIN_BYTES, .streams = streams};
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    MUST(file_make_directory(state));
    MUST(journal_open(&options, &journal));
    for (int i = 0; i < RECORDS; i++) {
        struct batch batch = chain_next(&chain, "payload", &frame);
        MUST(journal_append(journal, &batch, frame.data, frame.size, 1000, NULL));
    }
    MUST(journal_save_position(journal, "events", "scorer", 0, 42, 1000, NULL));
    MUST(journal_commit(journal));
    journal_close(&journal);
    buffer_fini(&frame);
}

static MDB_env *open_env(const char *folder, unsigned flags)
{
    MDB_env *env;
    MUST(mdb_env_create(&env));
    MUST(mdb_env_set_maxdbs(env, TABLES));
    MUST(mdb_env_set_mapsize(env, JOURNAL_MIN_BYTES));
    MUST(mdb_env_open(env, folder, flags | MDB_NOTLS, 0600));
    return env;
}

/* --- made old --------------------------------------------------------------------------------------- */

struct aging {
    MDB_txn *from, *to;
    MDB_dbi meta, producers, positions;
};

static void put_row(struct aging *aging, MDB_dbi table, struct key *key, const MDB_val *value)
{
    unsigned char row[ROW_MAX_BYTES];
    memcpy(row, value->mv_data, value->mv_size);
    row_seal(key, row, value->mv_size);
    MDB_val name = {key->size, key->bytes}, bytes = {value->mv_size, row};
    MUST(mdb_put(aging->to, table, &name, &bytes, 0));
}

static void age_stream(struct aging *aging, const char *name)
{
    MDB_dbi from, to;
    MDB_cursor *cursor;
    MDB_val key, value;
    MUST(mdb_dbi_open(aging->from, name, 0, &from));
    MUST(mdb_dbi_open(aging->to, name, MDB_CREATE, &to));
    MUST(mdb_cursor_open(aging->from, from, &cursor));
    while (!mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
        MUST(mdb_put(aging->to, to, &key, &value, MDB_APPEND));
    mdb_cursor_close(cursor);
}

/* Where a row of format 2 stood in format 1: its table, and its key behind `skipped` bytes. */
static void age_row(struct aging *aging, const MDB_val *key, const MDB_val *value)
{
    char text[KEY_MAX_BYTES + 1];
    struct key old = {0};
    const unsigned char *name = key->mv_data;
    snprintf(text, sizeof text, "%.*s", (int)key->mv_size, (const char *)key->mv_data);
    switch (row_kind_of(key->mv_data, key->mv_size)) {
    case ROW_STREAM:
        age_stream(aging, text);
        return;
    case ROW_TOTALS:
        key_of_text(&old, KEY_STREAM);
        key_add(&old, text + strlen(KEY_TOTALS));
        put_row(aging, aging->meta, &old, value);
        return;
    case ROW_POSITION:
    case ROW_PRODUCER:
        old.size = key->mv_size - KEY_PREFIX_BYTES;
        memcpy(old.bytes, name + KEY_PREFIX_BYTES, old.size);
        put_row(aging,
                row_kind_of(name, key->mv_size) == ROW_POSITION ? aging->positions
                                                                : aging->producers,
                &old, value);
        return;
    default:
        key_of_text(&old, text);
        put_row(aging, aging->meta, &old, value);
    }
}

static void set_version(MDB_txn *txn, MDB_dbi table, uint64_t version)
{
    struct key key;
    unsigned char row[VERSION_ROW_BYTES];
    key_of_text(&key, KEY_VERSION);
    bytes_put_le64(row, version);
    row_seal(&key, row, sizeof row);
    MDB_val name = {key.size, key.bytes}, value = {sizeof row, row};
    MUST(mdb_put(txn, table, &name, &value, 0));
}

static void age_rows(struct aging *aging)
{
    MDB_dbi rows;
    MDB_cursor *cursor;
    MDB_val key, value;
    MUST(mdb_dbi_open(aging->to, "meta", MDB_CREATE, &aging->meta));
    MUST(mdb_dbi_open(aging->to, "producers", MDB_CREATE, &aging->producers));
    MUST(mdb_dbi_open(aging->to, "positions", MDB_CREATE, &aging->positions));
    MUST(mdb_dbi_open(aging->from, NULL, 0, &rows));
    MUST(mdb_cursor_open(aging->from, rows, &cursor));
    while (!mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
        age_row(aging, &key, &value);
    mdb_cursor_close(cursor);
    set_version(aging->to, aging->meta, 1);
}

/* STATE/journal becomes one of format 1. */
static void age_journal(struct world *world)
{
    char folder[512], old_folder[512];
    struct aging aging;
    snprintf(folder, sizeof folder, "%s", world_path(world, "broker/journal"));
    snprintf(old_folder, sizeof old_folder, "%s", world_path(world, "broker/old"));
    MUST(mkdir(old_folder, 0700));
    MDB_env *from = open_env(folder, MDB_RDONLY), *to = open_env(old_folder, 0);
    MUST(mdb_txn_begin(from, NULL, MDB_RDONLY, &aging.from));
    MUST(mdb_txn_begin(to, NULL, 0, &aging.to));
    age_rows(&aging);
    MUST(mdb_txn_commit(aging.to));
    mdb_txn_abort(aging.from);
    mdb_env_close(from);
    mdb_env_close(to);
    MUST(rename(folder, world_path(world, "broker/today")));
    MUST(rename(old_folder, folder));
}

/* --- tests ------------------------------------------------------------------------------------------- */

static int broker(struct world *world, const char *command, char **output)
{
    const char *const arguments[] = {command, "--state", world_path(world, "broker"), NULL};
    return world_run(world, "songhua-broker", arguments, output);
}

static bool go_on(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    (void)done;
    (void)total;
    return true;
}

static struct world *world_with_journal(void)
{
    struct world *world = world_new();
    make_journal(world_path(world, "broker"));
    return world;
}

Test(upgrade_e2e, an_older_journal_is_refused_and_the_command_brings_it_up_to_date, .timeout = 120)
{
    char *output;
    struct journal *journal;
    struct producer_state state;
    struct position position;
    struct stream_bounds bounds;
    struct world *world = world_with_journal();
    age_journal(world);
    cr_expect_eq(broker(world, "run", NULL), 76);
    cr_expect_eq(broker(world, "check", NULL), 76);
    cr_expect_eq(broker(world, "upgrade", &output), 0);
    cr_expect_not_null(strstr(output, "(events 1-5000, scores none)"), "%s", output);
    free(output);
    cr_expect(file_exists(world_path(world, "broker/journal.format-1.mdb")));
    cr_expect_not(file_exists(world_path(world, "broker/journal.upgrade")));
    cr_expect_eq(broker(world, "upgrade", &output), 0);
    cr_expect_not_null(strstr(output, "nothing to do"), "%s", output);
    free(output);
    const struct journal_options options = {.directory = world_path(world, "broker"),
                                            .streams = streams};
    cr_assert_eq(journal_open(&options, &journal), ERR_OK);
    cr_assert_eq(journal_bounds(journal, "events", &bounds), ERR_OK);
    cr_expect_eq(bounds.last, RECORDS);
    cr_assert_eq(journal_producer(journal, "events", "agent-220100", &state), ERR_OK);
    cr_expect_eq(state.sequence, RECORDS);
    cr_assert_eq(journal_position(journal, "events", "scorer", &position), ERR_OK);
    cr_expect_eq(position.position, 42);
    journal_close(&journal);
    world_free(&world);
}

/* Format 2 has the tables of today. */
static void set_format_2(struct world *world)
{
    MDB_txn *txn;
    MDB_dbi rows;
    MDB_env *env = open_env(world_path(world, "broker/journal"), 0);
    MUST(mdb_txn_begin(env, NULL, 0, &txn));
    MUST(mdb_dbi_open(txn, NULL, 0, &rows));
    set_version(txn, rows, 2);
    struct key key;
    unsigned char row[COMMIT_ROW_BYTES];
    key_of_text(&key, KEY_COMMIT);
    bytes_put_le64(row, mdb_txn_id(txn));
    row_seal(&key, row, sizeof row);
    MDB_val name = {key.size, key.bytes}, value = {sizeof row, row};
    MUST(mdb_put(txn, rows, &name, &value, 0));
    MUST(mdb_txn_commit(txn));
    mdb_env_close(env);
}

Test(upgrade_e2e, every_command_on_a_journal_of_format_2_names_the_one_that_helps, .timeout = 120)
{
    char *output;
    struct world *world = world_with_journal();
    const char *state = "--state";
    char directory[512], copy[512];
    snprintf(directory, sizeof directory, "%s", world_path(world, "broker"));
    snprintf(copy, sizeof copy, "%s", world_path(world, "copy"));
    set_format_2(world);
    const char *const *const commands[] = {
        ARGUMENTS("run", state, directory), ARGUMENTS("check", state, directory),
        ARGUMENTS("compact", state, directory), ARGUMENTS("backup", state, directory, copy),
        ARGUMENTS("retention", state, directory, "--dry-run", "--retention", "events age=1d")};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        unlink(world_path(world, "run.log"));
        cr_expect_eq(world_run(world, "songhua-broker", commands[i], NULL), 76, "%s",
                     commands[i][0]);
        char *said = world_read(world, "run.log");
        cr_expect_not_null(strstr(said, "songhua-broker upgrade --state"), "%s: %s", commands[i][0],
                           said);
        free(said);
    }
    cr_expect_eq(broker(world, "upgrade", &output), 0);
    cr_expect_not_null(strstr(output, "format 3"), "%s", output);
    free(output);
    cr_expect_eq(broker(world, "upgrade", &output), 0);
    cr_expect_not_null(strstr(output, "nothing to do"), "%s", output);
    free(output);
    cr_expect_eq(broker(world, "check", &output), 0);
    cr_expect_not_null(strstr(output, "(events 1-5000, scores none)"), "%s", output);
    free(output);
    world_free(&world);
}

/* In format 2 the file could end where LMDB's part did. */
Test(upgrade_e2e, without_room_for_more_a_journal_stays_and_what_helps_is_said, .timeout = 120)
{
    struct world *world = world_with_journal();
    struct rlimit limit = {JOURNAL_MIN_BYTES, RLIM_INFINITY};
    set_format_2(world);
    signal(SIGXFSZ, SIG_IGN);
    MUST(setrlimit(RLIMIT_FSIZE, &limit));
    cr_expect_eq(broker(world, "upgrade", NULL), err_exit_code(ERR_FULL));
    char *said = world_read(world, "run.log");
    cr_expect_not_null(strstr(said, "make room on its disk and upgrade again"), "%s", said);
    free(said);
    cr_expect_eq(broker(world, "check", NULL), 76, "it is as it was");
    limit.rlim_cur = RLIM_INFINITY;
    MUST(setrlimit(RLIMIT_FSIZE, &limit));
    cr_expect_eq(broker(world, "upgrade", NULL), 0);
    cr_expect_eq(broker(world, "check", NULL), 0);
    world_free(&world);
}

/* What a program of format 2 has backed up. */
static void make_backup_of_format_2(struct world *world, const char *copy)
{
    struct backup backup = {.format = 2, .verdict = "whole"};
    char folder[512];
    set_format_2(world);
    snprintf(folder, sizeof folder, "%s", world_path(world, "broker/journal"));
    MUST(mkdir(copy, 0700));
    MDB_env *env = open_env(folder, MDB_RDONLY);
    MUST(mdb_env_copy(env, copy));
    mdb_env_close(env);
    MUST(journal_measure_copy(copy, go_on, NULL, &backup.copied));
    MUST(backup_write(copy, &backup));
}

Test(upgrade_e2e, a_backup_of_format_2_is_verified_and_restored, .timeout = 120)
{
    char *output, copy[512];
    struct world *world = world_with_journal();
    snprintf(copy, sizeof copy, "%s", world_path(world, "copy"));
    make_backup_of_format_2(world, copy);
    cr_expect_eq(world_run(world, "songhua-broker", ARGUMENTS("backup", "--verify", copy), NULL),
                 0);
    const char *const restore[] = {"restore", "--state", world_path(world, "other"), copy, NULL};
    cr_expect_eq(world_run(world, "songhua-broker", restore, NULL), 0);
    const char *const check[] = {"check", "--state", world_path(world, "other"), NULL};
    cr_expect_eq(world_run(world, "songhua-broker", check, &output), 0);
    cr_expect_not_null(strstr(output, "(events 1-5000, scores none)"), "%s", output);
    free(output);
    world_free(&world);
}

Test(upgrade_e2e, an_old_file_is_not_given_up_for_another_of_its_name, .timeout = 120)
{
    struct world *world = world_with_journal();
    age_journal(world);
    char kept[512];
    snprintf(kept, sizeof kept, "%s", world_path(world, "broker/journal.format-1.mdb"));
    MUST(file_write(kept, "of before", 9, 0600));
    cr_expect_neq(broker(world, "upgrade", NULL), 0);
    cr_expect_not(file_exists(world_path(world, "broker/journal.upgrade")));
    cr_expect_eq(broker(world, "check", NULL), 76, "it is as it was");
    MUST(unlink(kept));
    cr_expect_eq(broker(world, "upgrade", NULL), 0);
    world_free(&world);
}

Test(upgrade_e2e, a_newer_journal_is_refused_by_every_command, .timeout = 120)
{
    MDB_txn *txn;
    MDB_dbi rows;
    char folder[512];
    uint64_t format;
    struct world *world = world_with_journal();
    snprintf(folder, sizeof folder, "%s", world_path(world, "broker/journal"));
    MDB_env *env = open_env(folder, 0);
    MUST(mdb_txn_begin(env, NULL, 0, &txn));
    MUST(mdb_dbi_open(txn, NULL, 0, &rows));
    set_version(txn, rows, journal_format_written() + 1);
    MUST(mdb_txn_commit(txn));
    mdb_env_close(env);
    cr_expect_eq(journal_format(folder, &format), ERR_OK);
    cr_expect_eq(format, journal_format_written() + 1);
    static const char *const commands[] = {"run", "check", "compact", "upgrade"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        cr_expect_eq(broker(world, commands[i], NULL), 76, "%s", commands[i]);
    world_free(&world);
}

Test(upgrade_e2e, a_damaged_older_journal_is_left_as_it_is, .timeout = 120)
{
    MDB_txn *txn;
    MDB_dbi table;
    char folder[512];
    unsigned char number[8], entry[64] = {0};
    uint64_t format;
    struct world *world = world_with_journal();
    age_journal(world);
    snprintf(folder, sizeof folder, "%s", world_path(world, "broker/journal"));
    MDB_env *env = open_env(folder, 0);
    MUST(mdb_txn_begin(env, NULL, 0, &txn));
    MUST(mdb_dbi_open(txn, "stream/events", 0, &table));
    bytes_put_be64(number, 17);
    MDB_val key = {sizeof number, number}, value = {sizeof entry, entry};
    MUST(mdb_put(txn, table, &key, &value, 0));
    MUST(mdb_txn_commit(txn));
    mdb_env_close(env);
    cr_expect_eq(broker(world, "upgrade", NULL), 1);
    cr_assert_eq(journal_format(folder, &format), ERR_OK);
    cr_expect_eq(format, 1);
    cr_expect_not(file_exists(world_path(world, "broker/journal.upgrade")));
    world_free(&world);
}
