/* The LMDB engine's limits, and what it makes of a disk that fails and of one that is full. */
#include "broker/journal/lmdb_internal.h"
#include "tests/contract/journal_contract.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- limits ------------------------------------------------------------------------------------- */

CONTRACT_LMDB(a_repeat_is_looked_for_65536_batches_back_and_no_further)
{
    enum { BATCHES = 65538 };
    struct chain agent = chain_start("events", "agent", 1), first = agent, second;
    struct journal_receipt receipt;
    journal_close(&contract->journal);
    cr_assert_eq(contract_open(contract, 4 * JOURNAL_MIN_BYTES, NULL), ERR_OK);
    for (int i = 0; i < BATCHES; i++) {
        cr_assert_eq(contract_append(contract, &agent, "small", NULL), ERR_OK);
        if (i == 0)
            second = agent;
        if (i % 1000 == 0)
            contract_commit(contract);
    }
    contract_commit(contract);
    cr_assert_eq(contract_append(contract, &second, "small", &receipt), ERR_OK);
    cr_assert(receipt.is_repeat);
    cr_assert_eq(receipt.record, 2);
    cr_assert_eq(contract_append(contract, &first, "small", &receipt), ERR_CONFLICT);
}

CONTRACT_LMDB(the_file_has_its_whole_size_from_the_start)
{
    char path[128];
    struct stat info;
    contract_path(contract, "journal/data.mdb", path);
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(info.st_size, JOURNAL_MIN_BYTES);
    cr_assert_geq(info.st_blocks * 512, JOURNAL_MIN_BYTES);
}

CONTRACT_LMDB(what_a_cut_creation_left_is_swept_away)
{
    char path[128];
    struct contract fresh = *contract;
    scratch_make("journal", fresh.directory);
    contract_path(&fresh, "journal.new", path);
    cr_assert_eq(mkdir(path, 0700), 0);
    contract_path(&fresh, "journal.new/data.mdb", path);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    cr_assert_eq(write(fd, "half a file", 11), 11);
    close(fd);
    cr_assert_eq(contract_open(&fresh, 0, NULL), ERR_OK);
    cr_assert_neq(stat(path, &(struct stat){0}), 0);
    buffer_init(&fresh.frame, 1);
    contract_fini(&fresh);
}

/* --- a disk that fails, a disk that is full ----------------------------------------------------- */

static enum err append_until_refused(struct contract *contract, struct chain *chain)
{
    char *payload = contract_payload(64 * 1024, 'x');
    enum err err = ERR_OK;
    for (int i = 0; i < 1000 && !err; i++) {
        struct chain kept = *chain;
        err = contract_append(contract, chain, payload, NULL);
        if (!err)
            err = journal_commit(contract->journal);
        if (err)
            *chain = kept;
    }
    free(payload);
    return err;
}

/* The kernel refuses to write beyond RLIMIT_FSIZE: a failing write on a disk with room. */
CONTRACT_LMDB(after_a_failed_write_nothing_is_acknowledged_ever_again)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct rlimit limit, small;
    struct position position;
    uint64_t removed;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = 2 << 20, .rlim_max = limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    cr_assert_eq(append_until_refused(contract, &agent), ERR_IO);
    cr_assert_gt(agent.sequence, 0);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0); /* the disk is well again, they say */
    journal_abort(contract->journal);
    cr_assert_eq(contract_append(contract, &agent, "after", NULL), ERR_IO);
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 0, 1, 1, &position),
                 ERR_IO);
    cr_assert_eq(journal_trim(contract->journal, "events", 2, &removed), ERR_IO);
    cr_assert_eq(journal_commit(contract->journal), ERR_IO);
    cr_assert_eq(contract_bounds(contract, "events").last, agent.sequence, "reading goes on");
    contract_reopen(contract);
    cr_assert_eq(contract_bounds(contract, "events").last, agent.sequence);
    contract_fill(contract, &agent, 1);
}

CONTRACT_LMDB(each_code_of_a_failed_write_is_full_short_of_memory_or_final)
{
    static const struct {
        int code;
        enum err err;
    } codes[] = {{MDB_MAP_FULL, ERR_FULL}, {MDB_TXN_FULL, ERR_FULL},
                 {ENOSPC, ERR_FULL},       {EDQUOT, ERR_FULL},
                 {ENOMEM, ERR_NOMEM},      {EIO, ERR_IO}, /* there is room on the disk */
                 {EFBIG, ERR_IO},          {MDB_PANIC, ERR_IO},
                 {MDB_BAD_TXN, ERR_IO},    {-1, ERR_IO}};
    struct chain agent = chain_start("events", "agent", 1);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        enum err final = codes[i].err == ERR_IO ? ERR_IO : ERR_OK;
        cr_assert_eq(lmdb_write_failed(lmdb_of(contract->journal), codes[i].code), codes[i].err);
        cr_assert_eq(contract_append(contract, &agent, "spoilt", NULL), codes[i].err);
        cr_assert_eq(journal_commit(contract->journal), codes[i].err);
        cr_assert_eq(contract_append(contract, &agent, "after", NULL), final);
        contract_reopen(contract);
        cr_assert_eq(contract_bounds(contract, "events").last, 0);
        agent = chain_start("events", "agent", 1);
    }
}

/* A file system of its own for this process, of so many MiB, in place of the directory. Where the
 * system forbids it, the test is skipped. */
static void mount_small(struct contract *contract, int mebibytes)
{
    char options[32];
    journal_close(&contract->journal);
    snprintf(options, sizeof options, "size=%dm", mebibytes);
    if (!unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
        !mount("tmpfs", contract->directory, "tmpfs", 0, options))
        return;
    int error = errno;
    contract_fini(contract);
    cr_skip_test("no file system can be mounted here: %s", strerror(error));
}

static void unmount_small(struct contract *contract)
{
    journal_close(&contract->journal);
    cr_assert_eq(umount(contract->directory), 0);
}

static int fill_disk(const struct contract *contract)
{
    char path[128];
    static const char block[65536];
    contract_path(contract, "filler", path);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    for (size_t size = sizeof block; size; size /= 2)
        while (write(fd, block, size) > 0)
            continue;
    return fd;
}

/* The preallocated blocks are taken away, as a file system may that copies on write. */
static void punch_unused(const struct contract *contract)
{
    char path[128];
    contract_path(contract, "journal/data.mdb", path);
    int fd = open(path, O_RDWR);
    cr_assert_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1 << 20,
                           JOURNAL_MIN_BYTES - (1 << 20)),
                 0);
    close(fd);
}

CONTRACT_LMDB(a_full_disk_is_an_answer_and_ends_when_there_is_room)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    mount_small(contract, 24);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    contract_fill(contract, &agent, 3);
    journal_close(&contract->journal);
    punch_unused(contract);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    int filler = fill_disk(contract);
    cr_assert_eq(append_until_refused(contract, &agent), ERR_FULL);
    cr_assert_eq(append_until_refused(contract, &agent), ERR_FULL);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->err, ERR_OK);
    cr_assert_eq(seen->count, agent.sequence);
    cr_assert_eq(ftruncate(filler, 0), 0);
    close(filler);
    contract_fill(contract, &agent, 5);
    contract_reopen(contract);
    cr_assert_eq(contract_bounds(contract, "events").last, agent.sequence);
    unmount_small(contract);
    free(seen);
}

CONTRACT_LMDB(a_disk_too_small_for_the_journal_is_full_and_left_as_it_was)
{
    char path[128];
    mount_small(contract, 24);
    cr_assert_eq(contract_open(contract, (uint64_t)64 << 20, NULL), ERR_FULL);
    contract_path(contract, "journal.new", path);
    cr_assert_neq(stat(path, &(struct stat){0}), 0);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    journal_close(&contract->journal);
    cr_assert_eq(contract_open(contract, (uint64_t)64 << 20, NULL), ERR_FULL);
    cr_assert_eq(contract_file_size(contract), JOURNAL_MIN_BYTES);
    contract_reopen(contract);
    unmount_small(contract);
}
