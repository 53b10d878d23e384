/* Damage to the LMDB engine's files is found and never served. It is done to the closed file, and to
 * the open one as its pages lie in the cache. */
#include "broker/journal/keys.h"
#include "tests/contract/journal_contract.h"

#include <fcntl.h>
#include <lmdb.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the file --------------------------------------------------------------------------------- */

static void flip(int fd, off_t at, unsigned char bits)
{
    unsigned char byte;
    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= bits;
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
}

/* Flip bits at `offset` from every place where the bytes stand, older copies of their page included. */
static int flip_near_in(int fd, size_t size, const void *bytes, size_t count, off_t offset)
{
    int found = 0;
    unsigned char *file = malloc(size);
    cr_assert_eq(pread(fd, file, size, 0), (ssize_t)size);
    for (size_t at = 0; at + count <= size; at++)
        if (file[at] == *(const unsigned char *)bytes && !memcmp(file + at, bytes, count)) {
            flip(fd, (off_t)at + offset, 0x10);
            found++;
        }
    free(file);
    return found;
}

/* In a process of its own: one that has LMDB's files open must not open them otherwise. */
static void flip_near(const struct contract *contract, const void *bytes, size_t count,
                      off_t offset)
{
    char path[128];
    int status;
    contract_path(contract, "journal/data.mdb", path);
    size_t size = contract_file_size(contract);
    pid_t child = fork();
    if (!child) {
        int fd = open(path, O_RDWR);
        _exit(fd < 0 || !flip_near_in(fd, size, bytes, count, offset));
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* --- damage while it is open -------------------------------------------------------------------- */

CONTRACT_LMDB(a_damaged_record_is_never_served_and_all_before_it_are)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    contract_fill(contract, &agent, 60);
    flip_near(contract, "agent 1.31", 10, 7);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->err, ERR_CORRUPT);
    cr_assert_eq(seen->count, 30);
    cr_assert_eq(seen->next, 31);
    contract_read(contract, "events", 31, seen);
    cr_assert_eq(seen->err, ERR_CORRUPT);
    cr_assert_eq(seen->count, 0);
    contract_read(contract, "events", 32, seen);
    cr_assert_eq(seen->err, ERR_OK);
    cr_assert_eq(seen->count, 29);
    free(seen);
}

CONTRACT_LMDB(a_damaged_large_record_is_never_served)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    char *payload = contract_payload(200000, 'x');
    memcpy(payload + 150000, "here", 4);
    cr_assert_eq(contract_append(contract, &agent, payload, NULL), ERR_OK);
    contract_commit(contract);
    flip_near(contract, "xxherexx", 8, 0);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->err, ERR_CORRUPT);
    cr_assert_eq(seen->count, 0);
    free(payload);
    free(seen);
}

CONTRACT_LMDB(a_record_hidden_by_a_damaged_key_is_not_taken_for_a_trimmed_one)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    contract_fill(contract, &agent, 60);
    unsigned char key[8 + 1] = {0, 0, 0, 0, 0, 0, 0, 31};
    flip_near(contract, key, 8, 6); /* 31 becomes 4127, behind all others */
    contract_read(contract, "events", 31, seen);
    cr_assert_eq(seen->err, ERR_CORRUPT);
    cr_assert_eq(seen->count, 0);
    cr_assert_eq(seen->next, 31);
    free(seen);
}

CONTRACT_LMDB(a_damaged_time_is_not_sought_by)
{
    struct chain agent = chain_start("events", "agent", 1);
    unsigned char prefix[16];
    uint64_t found;
    contract_fill(contract, &agent, 3);
    bytes_put_le64(prefix, 2);
    bytes_put_le64(prefix + 8, contract->now_ms);
    flip_near(contract, prefix, sizeof prefix, 8);
    cr_assert_eq(journal_seek(contract->journal, "events", 1, &found), ERR_CORRUPT);
}

CONTRACT_LMDB(a_damaged_first_record_has_no_bounds)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct stream_bounds bounds;
    unsigned char prefix[16];
    contract_fill(contract, &agent, 3);
    bytes_put_le64(prefix, 1);
    bytes_put_le64(prefix + 8, contract->now_ms);
    flip_near(contract, prefix, sizeof prefix, 8);
    cr_assert_eq(journal_bounds(contract->journal, "events", &bounds), ERR_CORRUPT);
}

CONTRACT_LMDB(a_damaged_producer_state_is_neither_told_nor_decided_by)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct chain other = chain_start("events", "other", 1);
    struct producer_state state;
    contract_fill(contract, &agent, 3);
    contract_fill(contract, &other, 1);
    flip_near(contract, agent.head, DIGEST_BYTES,
              -8); /* its sequence, and the previous of batch 4 */
    cr_assert_eq(journal_producer(contract->journal, "events", "agent", &state), ERR_CORRUPT);
    cr_assert_eq(contract_append(contract, &agent, "four", NULL), ERR_CORRUPT);
    contract_fill(contract, &other, 1); /* others are not concerned */
    cr_assert_eq(journal_producer(contract->journal, "events", "other", &state), ERR_OK);
}

static bool ignore_producer(void *context, const char *stream, const char *producer,
                            const struct producer_state *state)
{
    (void)context;
    (void)stream;
    (void)producer;
    (void)state;
    return true;
}

static bool ignore_position(void *context, const char *stream, const char *consumer,
                            const struct position *position)
{
    (void)context;
    (void)stream;
    (void)consumer;
    (void)position;
    return true;
}

CONTRACT_LMDB(damaged_rows_end_the_lists_of_producers_and_positions)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct position position;
    contract_fill(contract, &agent, 1);
    cr_assert_eq(journal_save_position(contract->journal, "events", "scorer", 0, 1, 1, NULL),
                 ERR_OK);
    contract_commit(contract);
    flip_near(contract, agent.head, DIGEST_BYTES, -16);
    flip_near(contract, "events\0scorer", 13, 13);
    cr_assert_eq(journal_producers(contract->journal, ignore_producer, NULL), ERR_CORRUPT);
    cr_assert_eq(journal_positions(contract->journal, ignore_position, NULL), ERR_CORRUPT);
    cr_assert_eq(journal_position(contract->journal, "events", "scorer", &position), ERR_CORRUPT);
    cr_assert_eq(journal_save_position(contract->journal, "events", "scorer", 1, 2, 1, NULL),
                 ERR_CORRUPT);
}

CONTRACT_LMDB(a_repeat_of_a_damaged_batch_is_not_confirmed)
{
    struct chain agent = chain_start("events", "agent", 1), second;
    contract_fill(contract, &agent, 1);
    second = agent;
    contract_fill(contract, &agent, 4);
    flip_near(contract, "agent 1.2", 9, 3);
    cr_assert_eq(contract_append(contract, &second, "agent 1.2", NULL), ERR_CORRUPT);
}

/* --- damage while it is closed ------------------------------------------------------------------ */

CONTRACT_LMDB(a_file_that_was_cut_short_is_corrupt_at_open)
{
    struct chain agent = chain_start("events", "agent", 1);
    char path[128];
    contract_fill(contract, &agent, 30);
    journal_close(&contract->journal);
    contract_path(contract, "journal/data.mdb", path);
    const off_t sizes[] = {
        (off_t)contract_file_size(contract) - 1, 1 << 20, 65536, 12288, 8192, 4096, 100, 0};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert_eq(truncate(path, sizes[i]), 0);
        cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT, "%lld bytes",
                     (long long)sizes[i]);
        cr_assert_eq((off_t)contract_file_size(contract), sizes[i], "the evidence was changed");
    }
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT, "no file is no empty journal");
}

CONTRACT_LMDB(a_file_of_zeros_or_noise_is_corrupt_at_open)
{
    char path[128];
    journal_close(&contract->journal);
    contract_path(contract, "journal/data.mdb", path);
    for (int kind = 0; kind < 2; kind++) {
        int fd = open(path, O_RDWR);
        for (off_t at = 0; at < 65536; at += 4) {
            uint32_t word = kind ? (uint32_t)at * 2654435761U : 0;
            cr_assert_eq(pwrite(fd, &word, sizeof word, at), (ssize_t)sizeof word);
        }
        close(fd);
        cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
    }
}

CONTRACT_LMDB(a_damaged_last_record_is_corrupt_at_open)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 60);
    journal_close(&contract->journal);
    flip_near(contract, "agent 1.60", 10, 3);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
}

/* Of everything that a journal tells, so that two tellings can be compared. */
struct telling {
    uint64_t hash;
    enum err err; /* the first */
    bool is_open;
};

static void tell(struct telling *telling, enum err err, const void *bytes, size_t size)
{
    if (err && !telling->err)
        telling->err = err;
    if (!err)
        telling->hash = telling->hash * 31 + contract_hash(bytes, size);
}

static bool tell_record(void *context, const struct record *record, const void *bytes, size_t size)
{
    (void)record;
    tell(context, ERR_OK, bytes, size);
    return true;
}

static struct telling tell_all(struct contract *contract)
{
    struct telling telling = {.err = contract_open(contract, 0, NULL)};
    telling.is_open = !telling.err;
    if (!telling.is_open)
        return telling;
    for (int i = 0; i < 2; i++) {
        const char *stream = i ? "scores" : "events";
        struct stream_bounds bounds;
        struct producer_state state;
        struct position position;
        uint64_t next;
        enum err err = journal_bounds(contract->journal, stream, &bounds);
        tell(&telling, err, &bounds, sizeof bounds);
        err = journal_producer(contract->journal, stream, "agent", &state);
        tell(&telling, err, &state, sizeof state);
        err = journal_position(contract->journal, stream, "scorer", &position);
        tell(&telling, err, &position, sizeof position);
        err = journal_read(contract->journal, stream, 1, tell_record, &telling, &next);
        tell(&telling, err, &next, sizeof next);
    }
    tell(&telling, ERR_OK, journal_id(contract->journal), JOURNAL_ID_BYTES);
    journal_close(&contract->journal);
    return telling;
}

/* What became of one flipped bit. LMDB may die of it while reading: that serves nobody anything wrong,
 * and it must not go on at every start. */
enum fate { FATE_NONE, FATE_READ, FATE_OPEN, FATE_UNNOTICED, FATE_DEATH, FATES };

static enum fate fate_of(struct contract *contract, uint64_t right)
{
    int status;
    pid_t child = fork();
    if (!child) {
        struct telling telling = tell_all(contract);
        if (telling.err)
            _exit(telling.is_open ? FATE_READ : FATE_OPEN);
        _exit(telling.hash == right ? FATE_NONE : FATE_UNNOTICED);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? (enum fate)WEXITSTATUS(status) : FATE_DEATH;
}

static enum fate fate_of_flip(struct contract *contract, off_t at, unsigned char bit,
                              uint64_t right)
{
    char path[128];
    contract_path(contract, "journal/data.mdb", path);
    int fd = open(path, O_RDWR);
    flip(fd, at, bit);
    enum fate fate = fate_of(contract, right);
    if (fate == FATE_DEATH) {
        cr_assert_neq(fate_of(contract, right), FATE_UNNOTICED);
        cr_assert_eq(fate_of(contract, right), FATE_OPEN, "the third start must find it");
    }
    flip(fd, at, bit);
    close(fd);
    return fate;
}

static void fill_for_damage(struct contract *contract)
{
    struct chain events = chain_start("events", "agent", 1);
    struct chain scores = chain_start("scores", "agent", 1);
    char *payload = contract_payload(9000, 'x');
    for (uint64_t i = 0; i < 20; i++) {
        contract_fill(contract, &events, 10);
        cr_assert_eq(contract_append(contract, &scores, payload, NULL), ERR_OK);
        cr_assert_eq(
            journal_save_position(contract->journal, "events", "scorer", i, i + 1, 1, NULL),
            ERR_OK);
        contract_commit(contract);
    }
    free(payload);
}

CONTRACT_LMDB(no_flipped_bit_changes_what_is_told_unnoticed)
{
    enum { FLIPS = 600 };
    int fates[FATES] = {0};
    uint64_t random = 88172645463325252;
    struct journal_stats stats;
    fill_for_damage(contract);
    cr_assert_eq(journal_stats(contract->journal, &stats), ERR_OK);
    journal_close(&contract->journal);
    struct telling right = tell_all(contract);
    cr_assert_eq(right.err, ERR_OK);
    for (int i = 0; i < FLIPS; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        off_t at = (off_t)(random / 8 % stats.used_bytes);
        if (i % 4 == 0)
            at %= 8192; /* LMDB's two headers, which have no check of their own */
        enum fate fate = fate_of_flip(contract, at, (unsigned char)(1 << random % 8), right.hash);
        cr_assert_neq(fate, FATE_UNNOTICED, "byte %lld, bit %d", (long long)at, (int)(random % 8));
        fates[fate]++;
    }
    cr_log_info("%d without effect, %d found on reading, %d found at open, %d died",
                fates[FATE_NONE], fates[FATE_READ], fates[FATE_OPEN], fates[FATE_DEATH]);
    cr_assert_gt(fates[FATE_READ] + fates[FATE_OPEN], FLIPS / 4, "the damage was done");
    cr_assert_lt(fates[FATE_DEATH], FLIPS / 100);
}

/* Where LMDB 0.9 keeps things in its two headers, a page each. */
enum { HEADER_BYTES = 4096, MAIN_TABLE_OFFSET = 88, MAIN_TABLE_BYTES = 48, NUMBER_OFFSET = 144 };

CONTRACT_LMDB(a_damaged_number_of_a_header_does_not_forget_the_last_commit)
{
    fill_for_damage(contract);
    journal_close(&contract->journal);
    struct telling right = tell_all(contract);
    for (off_t header = 0; header < 2 * HEADER_BYTES; header += HEADER_BYTES)
        for (off_t bit = 0; bit < 64; bit++)
            cr_assert_neq(fate_of_flip(contract, header + NUMBER_OFFSET + bit / 8,
                                       (unsigned char)(1 << bit % 8), right.hash),
                          FATE_UNNOTICED, "header at %lld, bit %lld", (long long)header,
                          (long long)bit);
}

CONTRACT_LMDB(a_header_that_leads_back_to_an_older_state_is_corrupt)
{
    char path[128];
    uint64_t numbers[2];
    unsigned char older[MAIN_TABLE_BYTES];
    fill_for_damage(contract);
    journal_close(&contract->journal);
    contract_path(contract, "journal/data.mdb", path);
    int fd = open(path, O_RDWR);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pread(fd, &numbers[i], 8, i * HEADER_BYTES + NUMBER_OFFSET), 8);
    off_t newest = numbers[1] > numbers[0] ? HEADER_BYTES : 0;
    off_t from = HEADER_BYTES - newest + MAIN_TABLE_OFFSET, to = newest + MAIN_TABLE_OFFSET;
    cr_assert_eq(pread(fd, older, sizeof older, from), (ssize_t)sizeof older);
    cr_assert_eq(pwrite(fd, older, sizeof older, to), (ssize_t)sizeof older);
    close(fd);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
}

CONTRACT_LMDB(after_two_deaths_in_a_row_every_record_is_looked_at)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 60);
    journal_close(&contract->journal);
    unsigned char key[8 + 1] = {0, 0, 0, 0, 0, 0, 0, 31};
    flip_near(contract, key, 8, 6);
    contract_reopen(contract); /* an orderly life: only the ends are looked at */
    journal_close(&contract->journal);
    for (int deaths = 0; deaths < 2; deaths++) {
        int status;
        pid_t child = fork();
        if (!child) {
            enum err err = contract_open(contract, 0, NULL);
            _exit((int)err);
        }
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert_eq(WEXITSTATUS(status), ERR_OK);
    }
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT, "and it stays suspect");
}

/* --- another format ----------------------------------------------------------------------------- */

/* Rewrite the version as a program of that version would have. */
static void set_version(struct contract *contract, uint64_t version)
{
    char path[128];
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi rows;
    struct key keys[2];
    unsigned char row[VERSION_ROW_BYTES];
    contract_path(contract, "journal", path);
    cr_assert_eq(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 4);
    cr_assert_eq(mdb_env_open(env, path, 0, 0600), 0);
    cr_assert_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    cr_assert_eq(mdb_dbi_open(txn, NULL, 0, &rows), 0);
    const uint64_t numbers[] = {version, mdb_txn_id(txn)};
    key_of_text(&keys[0], KEY_VERSION);
    key_of_text(&keys[1], KEY_COMMIT);
    for (int i = 0; i < 2; i++) {
        bytes_put_le64(row, numbers[i]);
        row_seal(&keys[i], row, sizeof row);
        MDB_val key = {keys[i].size, keys[i].bytes}, value = {sizeof row, row};
        cr_assert_eq(mdb_put(txn, rows, &key, &value, 0), 0);
    }
    cr_assert_eq(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

CONTRACT_LMDB(a_journal_of_a_newer_program_is_refused)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 2);
    journal_close(&contract->journal);
    set_version(contract, FORMAT_VERSION + 1);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_VERSION);
    set_version(contract, FORMAT_VERSION);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    cr_assert_eq(contract_bounds(contract, "events").last, 2);
}

CONTRACT_LMDB(a_journal_of_format_1_is_not_called_damaged)
{
    char path[128];
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi meta;
    journal_close(&contract->journal);
    contract_path(contract, "journal", path);
    cr_assert_eq(mdb_env_create(&env), 0);
    mdb_env_set_maxdbs(env, 1);
    cr_assert_eq(mdb_env_open(env, path, 0, 0600), 0);
    cr_assert_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    cr_assert_eq(mdb_dbi_open(txn, "meta", MDB_CREATE, &meta), 0);
    cr_assert_eq(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_VERSION);
}
