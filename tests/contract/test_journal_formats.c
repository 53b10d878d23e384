/* Journals of format 2, made here from one of today: the same tables, and a front at the end or none. */
#include "broker/journal/care.h"
#include "broker/journal/lmdb_internal.h"
#include "tests/contract/journal_contract.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put_format(MDB_txn *txn, MDB_dbi rows, uint64_t format)
{
    struct key key;
    unsigned char row[VERSION_ROW_BYTES];
    key_of_text(&key, KEY_VERSION);
    bytes_put_le64(row, format);
    cr_assert_eq(lmdb_row_put(txn, rows, &key, row, sizeof row), 0);
    cr_assert_eq(lmdb_put_commit(txn, rows), 0);
}

/* By the open journal's own means, so that what is kept next is of the next transaction. */
static void make_older(struct contract *contract)
{
    MDB_txn *txn;
    struct lmdb_journal *journal = lmdb_of(contract->journal);
    journal->front.step = 1;
    cr_assert_eq(mdb_txn_begin(journal->env, NULL, 0, &txn), 0);
    put_format(txn, journal->rows, FORMAT_WITHOUT_FRONT);
    cr_assert_eq(mdb_txn_commit(txn), 0);
}

static void set_size(const struct contract *contract, size_t size)
{
    char path[128];
    contract_path(contract, "journal/data.mdb", path);
    cr_assert_eq(truncate(path, (off_t)size), 0);
}

static bool go_on(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    (void)done;
    (void)total;
    return true;
}

static void make_without_front(struct contract *contract, struct chain *agent)
{
    contract_fill(contract, agent, 5);
    make_older(contract);
    journal_close(&contract->journal);
    set_size(contract, JOURNAL_MIN_BYTES - LMDB_FRONT_BYTES);
}

static uint64_t format_of(const struct contract *contract)
{
    char path[128];
    uint64_t format;
    contract_path(contract, "journal", path);
    cr_assert_eq(journal_format(path, &format), ERR_OK);
    return format;
}

/* Once refused and then raised, it opens with all that the chain has. */
static void raise_and_open(struct contract *contract, const struct chain *agent, uint64_t bytes)
{
    struct producer_state state;
    cr_assert_eq(contract_open(contract, bytes, NULL), ERR_VERSION);
    cr_assert_eq(journal_catch_up(contract->directory), ERR_VERSION);
    cr_assert_eq(format_of(contract), FORMAT_WITHOUT_FRONT);
    cr_assert_eq(journal_raise(contract->directory), ERR_OK);
    cr_assert_eq(format_of(contract), FORMAT_VERSION);
    cr_assert_eq(contract_open(contract, bytes, NULL), ERR_OK);
    cr_assert_eq(contract_bounds(contract, "events").last, agent->sequence);
    cr_assert_eq(journal_producer(contract->journal, "events", "agent", &state), ERR_OK);
    cr_assert_arr_eq(state.digest, agent->head, DIGEST_BYTES);
}

CONTRACT_LMDB(what_the_front_of_format_2_has_is_stored_when_it_is_raised)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 5);
    make_older(contract);
    cr_assert(contract_keep(contract, &agent, "kept"));
    cr_assert(contract_keep(contract, &agent, "kept"));
    journal_close(&contract->journal);
    raise_and_open(contract, &agent, 0);
    cr_expect_eq(contract_file_size(contract), JOURNAL_MIN_BYTES);
    cr_assert(contract_keep(contract, &agent, "kept"));
    contract_reopen(contract);
    cr_expect_eq(contract_bounds(contract, "events").last, agent.sequence);
}

/* A program of format 2 grew the file, and was killed before it committed anything. */
CONTRACT_LMDB(the_front_of_format_2_is_at_the_files_end_whatever_the_headers_say)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 5);
    make_older(contract);
    set_size(contract, 2 * JOURNAL_MIN_BYTES);
    lmdb_of(contract->journal)->map_bytes = 2 * JOURNAL_MIN_BYTES - LMDB_FRONT_BYTES;
    cr_assert(contract_keep(contract, &agent, "kept"));
    journal_close(&contract->journal);
    raise_and_open(contract, &agent, 0);
    cr_expect_eq(contract_file_size(contract), 2 * JOURNAL_MIN_BYTES);
}

CONTRACT_LMDB(a_file_of_format_2_without_a_front_is_given_one)
{
    struct chain agent = chain_start("events", "agent", 1);
    make_without_front(contract, &agent);
    raise_and_open(contract, &agent, 0);
    cr_expect_eq(contract_file_size(contract), JOURNAL_MIN_BYTES);
    cr_assert(contract_keep(contract, &agent, "kept"));
    contract_reopen(contract);
    cr_expect_eq(contract_bounds(contract, "events").last, agent.sequence);
}

CONTRACT_LMDB(a_file_of_format_2_without_a_front_may_grow_a_little)
{
    struct chain agent = chain_start("events", "agent", 1);
    make_without_front(contract, &agent);
    raise_and_open(contract, &agent, JOURNAL_MIN_BYTES + LMDB_FRONT_BYTES / 2);
    contract_fill(contract, &agent, 2);
    contract_reopen(contract);
    cr_expect_eq(contract_bounds(contract, "events").last, agent.sequence);
}

/* All but the last pages, in one row that is thrown away again. */
static void fill_map(const char *folder)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi rows, table;
    MDB_envinfo info;
    MDB_stat stat;
    MDB_val key = {1, "x"}, value = {0, NULL};
    cr_assert_eq(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 8);
    cr_assert_eq(mdb_env_open(env, folder, MDB_NOTLS, 0600), 0);
    mdb_env_info(env, &info);
    mdb_env_stat(env, &stat);
    value.mv_size =
        (info.me_mapsize / stat.ms_psize - info.me_last_pgno - 20) * stat.ms_psize - 100;
    cr_assert_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    cr_assert_eq(mdb_dbi_open(txn, "zzz", MDB_CREATE, &table), 0);
    cr_assert_eq(mdb_put(txn, table, &key, &value, MDB_RESERVE), 0);
    cr_assert_eq(mdb_txn_commit(txn), 0);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
        cr_assert_eq(mdb_dbi_open(txn, NULL, 0, &rows), 0);
        cr_assert_eq(i ? 0 : mdb_drop(txn, table, 1), 0);
        cr_assert_eq(lmdb_put_commit(txn, rows), 0);
        cr_assert_eq(mdb_txn_commit(txn), 0);
    }
    mdb_env_close(env);
}

CONTRACT_LMDB(a_file_of_format_2_that_was_once_full_is_raised)
{
    struct chain agent = chain_start("events", "agent", 1);
    char path[128];
    make_without_front(contract, &agent);
    contract_path(contract, "journal", path);
    fill_map(path);
    raise_and_open(contract, &agent, 0);
    for (int i = 0; i < 3; i++) {
        contract_fill(contract, &agent, 2);
        contract_reopen(contract);
        cr_assert_eq(contract_bounds(contract, "events").last, agent.sequence, "start %d", i);
    }
}

CONTRACT_LMDB(a_damaged_file_of_format_2_is_left_as_it_is)
{
    struct chain agent = chain_start("events", "agent", 1);
    make_without_front(contract, &agent);
    set_size(contract, JOURNAL_MIN_BYTES - 2 * LMDB_FRONT_BYTES);
    cr_expect_eq(journal_raise(contract->directory), ERR_CORRUPT);
    cr_expect_eq(format_of(contract), FORMAT_WITHOUT_FRONT);
    cr_expect_eq(contract_file_size(contract), JOURNAL_MIN_BYTES - 2 * LMDB_FRONT_BYTES);
}

/* A copy of format 2, and no journal. */
static void make_older_copy(struct contract *contract, struct chain *agent, char to[128])
{
    char from[128];
    contract_fill(contract, agent, 5);
    make_older(contract);
    contract_path(contract, "journal", from);
    contract_path(contract, "copy", to);
    cr_assert_eq(mkdir(to, 0700), 0);
    cr_assert_eq(mdb_env_copy(lmdb_of(contract->journal)->env, to), 0);
    journal_close(&contract->journal);
    cr_assert_eq(journal_examine(to, true), ERR_OK);
    scratch_clear(from);
}

static void restore(const struct contract *contract, const char *copy)
{
    struct journal_copied copied;
    int lock;
    cr_assert_eq(journal_measure_copy(copy, go_on, NULL, &copied), ERR_OK);
    cr_assert_eq(journal_lock(contract->directory, &lock), ERR_OK);
    cr_assert_eq(journal_restore(copy, contract->directory, 0, &copied, go_on, NULL), ERR_OK);
    journal_unlock(lock);
}

CONTRACT_LMDB(a_copy_of_format_2_is_restored_as_one_of_today)
{
    struct chain agent = chain_start("events", "agent", 1);
    char copy[128];
    make_older_copy(contract, &agent, copy);
    restore(contract, copy);
    cr_expect_eq(format_of(contract), FORMAT_VERSION);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    cr_expect_eq(contract_bounds(contract, "events").last, agent.sequence);
    cr_expect_eq(contract_file_size(contract), JOURNAL_MIN_BYTES);
}

/* Bringing it up to date makes LMDB's lock file, which the broker has to be able to open. */
CONTRACT_LMDB(a_copy_of_format_2_that_root_restores_is_its_brokers_in_every_file)
{
    enum { BROKERS_USER = 12345 };
    static const char *const names[] = {"journal", "journal/data.mdb", "journal/lock.mdb"};
    struct chain agent = chain_start("events", "agent", 1);
    char path[128];
    struct stat info;
    if (geteuid())
        cr_skip_test("only root makes files of others");
    make_older_copy(contract, &agent, path);
    cr_assert_eq(chown(contract->directory, BROKERS_USER, BROKERS_USER), 0);
    restore(contract, path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        contract_path(contract, names[i], path);
        cr_assert_eq(stat(path, &info), 0);
        cr_expect_eq(info.st_uid, BROKERS_USER, "%s", names[i]);
    }
}
