/* Who looks at a journal from outside its broker, or copies it, finds all that was acknowledged. */
#include "broker/journal/care.h"
#include "broker/journal/lmdb_internal.h"
#include "tests/contract/journal_contract.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t count_in_copy(const struct contract *contract)
{
    char to[128];
    struct journal *copy;
    struct stream_bounds bounds;
    contract_path(contract, "copy", to);
    cr_assert_eq(journal_look(to, true, &copy), ERR_OK);
    cr_assert_eq(journal_bounds(copy, "events", &bounds), ERR_OK);
    journal_close(&copy);
    return bounds.last;
}

static bool go_on(void *context, uint64_t done, uint64_t total)
{
    char byte = 0;
    (void)done;
    (void)total;
    return !context || write(*(int *)context, &byte, 1) == 1;
}

static enum err copy_caught_up(const struct contract *contract, int *told)
{
    char from[128], to[128];
    struct journal_copied copied;
    contract_path(contract, "journal", from);
    contract_path(contract, "copy", to);
    enum err err = journal_catch_up(contract->directory);
    return err ? err : journal_copy(from, to, go_on, told, &copied);
}

static void make_copys_folder(const struct contract *contract)
{
    char to[128];
    contract_path(contract, "copy", to);
    cr_assert_eq(mkdir(to, 0700), 0);
}

CONTRACT_LMDB(a_copy_of_a_journal_whose_broker_was_killed_has_what_was_kept)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 3);
    cr_assert(contract_keep(contract, &agent, "acknowledged"));
    journal_close(&contract->journal);
    make_copys_folder(contract);
    cr_assert_eq(copy_caught_up(contract, NULL), ERR_OK);
    cr_expect_eq(count_in_copy(contract), 4);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    contract_whole(contract, &agent);
}

/* While the transaction is open LMDB itself makes a copy wait; where it has failed, nothing else does. */
CONTRACT_LMDB(a_copy_of_a_journal_in_use_waits_for_what_is_owed)
{
    struct chain agent = chain_start("events", "agent", 1);
    int told[2], status;
    contract_fill(contract, &agent, 3);
    cr_assert(contract_keep(contract, &agent, "acknowledged"));
    journal_abort(contract->journal);
    make_copys_folder(contract);
    cr_assert_eq(pipe(told), 0);
    pid_t other = fork();
    cr_assert_geq(other, 0);
    if (!other)
        _exit((int)copy_caught_up(contract, &told[1]));
    struct pollfd item = {.fd = told[0], .events = POLLIN};
    cr_expect_eq(poll(&item, 1, 300), 0, "it did not wait");
    contract_commit(contract);
    cr_assert_eq(waitpid(other, &status, 0), other);
    cr_assert(WIFEXITED(status));
    cr_expect_eq(WEXITSTATUS(status), ERR_OK);
    cr_expect_eq(count_in_copy(contract), 4);
}

CONTRACT_LMDB(a_front_that_does_not_fit_is_not_caught_up_with)
{
    struct chain agent = chain_start("events", "agent", 1);
    unsigned char number[8];
    char path[128];
    contract_path(contract, "journal/data.mdb", path);
    contract_fill(contract, &agent, 3);
    cr_assert(contract_keep(contract, &agent, "acknowledged"));
    uint64_t seed = XXH3_64bits(journal_id(contract->journal), JOURNAL_ID_BYTES);
    struct lmdb_front front = lmdb_of(contract->journal)->front;
    size_t size = 24 + bytes_get_le64(front.bytes + 16);
    off_t place = (off_t)lmdb_of(contract->journal)->map_bytes;
    journal_close(&contract->journal);
    bytes_put_le64(number, bytes_get_le64(front.bytes + 8) + 1); /* of a later transaction */
    memcpy(front.bytes + 8, number, sizeof number);
    bytes_put_le64(front.bytes, XXH3_64bits_withSeed(front.bytes + 8, size - 8, seed));
    int fd = open(path, O_RDWR);
    cr_assert_geq(fd, 0);
    cr_assert_eq(pwrite(fd, front.bytes, size, place), (ssize_t)size);
    close(fd);
    cr_expect_eq(journal_catch_up(contract->directory), ERR_CORRUPT);
    cr_expect_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
}

CONTRACT_LMDB(a_copy_that_is_restored_into_more_room_has_that_room_and_a_front)
{
    enum { ROOM = 2 * JOURNAL_MIN_BYTES };
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_copied copied;
    char folder[128], copy[128];
    int lock;
    contract_fill(contract, &agent, 3);
    journal_close(&contract->journal);
    contract_path(contract, "journal", folder);
    contract_path(contract, "copy", copy);
    make_copys_folder(contract);
    cr_assert_eq(copy_caught_up(contract, NULL), ERR_OK);
    cr_assert_eq(journal_measure_copy(copy, go_on, NULL, &copied), ERR_OK);
    scratch_clear(folder);
    cr_assert_eq(journal_lock(contract->directory, &lock), ERR_OK);
    cr_assert_eq(journal_restore(copy, contract->directory, ROOM, &copied, go_on, NULL), ERR_OK);
    journal_unlock(lock);
    cr_assert_eq(contract_file_size(contract), ROOM);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
        contract_whole(contract, &agent);
        cr_assert_eq(lmdb_of(contract->journal)->map_bytes, ROOM - LMDB_FRONT_BYTES);
        cr_assert(contract_keep(contract, &agent, "kept"));
        journal_close(&contract->journal);
    }
}
