/* Batches that are kept before they are committed, and the LMDB engine's front, where they stand. */
#include "broker/journal/care.h"
#include "broker/journal/lmdb_internal.h"
#include "tests/contract/journal_contract.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_file(const struct contract *contract)
{
    char path[128];
    contract_path(contract, "journal/data.mdb", path);
    int fd = open(path, O_RDWR);
    cr_assert_geq(fd, 0);
    return fd;
}

static void commit_one(struct contract *contract, struct chain *chain, const char *payload)
{
    cr_assert_eq(contract_append(contract, chain, payload, NULL), ERR_OK);
    contract_commit(contract);
}

static void check_whole(struct contract *contract, const struct chain *chain)
{
    struct seen *seen = calloc(1, sizeof *seen);
    struct producer_state state;
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->err, ERR_OK);
    cr_assert_eq(seen->count, chain->sequence);
    for (size_t i = 0; i < seen->count; i++)
        cr_assert_eq(seen->records[i].batch.sequence, i + 1);
    free(seen);
    cr_assert_eq(journal_producer(contract->journal, "events", "agent", &state), ERR_OK);
    cr_assert_eq(state.sequence, chain->sequence);
    cr_assert_arr_eq(state.digest, chain->head, DIGEST_BYTES);
    cr_assert_eq(contract_bounds(contract, "events").events, chain->sequence);
}

static bool keep_one(struct contract *contract, struct chain *chain, const char *payload)
{
    bool is_kept;
    cr_assert_eq(contract_append(contract, chain, payload, NULL), ERR_OK);
    cr_assert_eq(journal_keep(contract->journal, &is_kept), ERR_OK);
    return is_kept;
}

/* --- kept ------------------------------------------------------------------------------------- */

CONTRACT(what_is_kept_is_seen_when_it_is_committed_and_not_before)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 2);
    cr_assert(keep_one(contract, &agent, "three"));
    cr_assert(keep_one(contract, &agent, "four"));
    cr_assert_eq(contract_bounds(contract, "events").last, 2);
    contract_commit(contract);
    check_whole(contract, &agent);
    contract_reopen(contract);
    check_whole(contract, &agent);
}

CONTRACT(what_is_kept_and_never_committed_is_there_at_the_next_open)
{
    struct chain agent = chain_start("events", "agent", 1), kept;
    contract_fill(contract, &agent, 2);
    cr_assert(keep_one(contract, &agent, "three"));
    cr_assert(keep_one(contract, &agent, "four"));
    kept = agent;
    cr_assert_eq(contract_append(contract, &agent, "neither kept nor committed", NULL), ERR_OK);
    contract_reopen(contract);
    check_whole(contract, &kept);
    contract_fill(contract, &kept, 2);
    check_whole(contract, &kept);
}

CONTRACT(what_is_kept_outlives_an_abort)
{
    struct chain agent = chain_start("events", "agent", 1), kept;
    cr_assert(keep_one(contract, &agent, "one"));
    kept = agent;
    cr_assert_eq(contract_append(contract, &agent, "given up", NULL), ERR_OK);
    journal_abort(contract->journal);
    contract_commit(contract);
    check_whole(contract, &kept);
    cr_assert(keep_one(contract, &kept, "two"));
    journal_abort(contract->journal);
    cr_assert(keep_one(contract, &kept, "three"));
    contract_commit(contract);
    check_whole(contract, &kept);
}

CONTRACT(a_batch_that_comes_again_while_it_is_kept_is_a_repeat)
{
    struct chain agent = chain_start("events", "agent", 1), before = agent;
    struct journal_receipt receipt;
    cr_assert(keep_one(contract, &agent, "one"));
    cr_assert_eq(contract_append(contract, &before, "one", &receipt), ERR_OK);
    cr_assert(receipt.is_repeat);
    cr_assert_eq(receipt.record, 1);
    contract_commit(contract);
    check_whole(contract, &agent);
}

CONTRACT(a_position_is_not_kept_but_committed)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct position position;
    bool is_kept;
    cr_assert(keep_one(contract, &agent, "one"));
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 0, 1, 1, NULL), ERR_OK);
    cr_assert_eq(journal_keep(contract->journal, &is_kept), ERR_OK);
    cr_assert_not(is_kept);
    contract_commit(contract);
    contract_reopen(contract);
    cr_assert_eq(journal_position(contract->journal, "events", "c", &position), ERR_OK);
    cr_assert_eq(position.position, 1);
    check_whole(contract, &agent);
}

CONTRACT(more_is_kept_only_while_there_is_room_for_it)
{
    struct chain agent = chain_start("events", "agent", 1);
    size_t kept = 0;
    while (kept < 1000 && keep_one(contract, &agent, "a batch of the usual size"))
        kept++;
    cr_assert_gt(kept, 10);
    cr_assert_lt(kept, 1000);
    contract_commit(contract);
    contract_reopen(contract);
    check_whole(contract, &agent);
    cr_assert(keep_one(contract, &agent, "again"));
}

CONTRACT(a_position_taken_away_after_a_batch_was_kept_is_committed)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct position position;
    bool is_kept;
    contract_fill(contract, &agent, 3);
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 0, 2, 1, NULL), ERR_OK);
    contract_commit(contract);
    cr_assert(keep_one(contract, &agent, "kept"));
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 2, 0, 1, NULL), ERR_OK);
    cr_assert_eq(journal_keep(contract->journal, &is_kept), ERR_OK);
    cr_assert_not(is_kept);
    contract_commit(contract);
    contract_reopen(contract);
    cr_assert_eq(journal_position(contract->journal, "events", "c", &position), ERR_OK);
    cr_assert_eq(position.position, 0);
    check_whole(contract, &agent);
}

/* --- the front -------------------------------------------------------------------------------- */

/* The process ends without a commit. */
static void end(struct contract *contract)
{
    journal_close(&contract->journal);
}

CONTRACT_LMDB(what_was_kept_is_stored_again_with_its_time)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 5);
    contract->now_ms += 12345;
    cr_assert_eq(contract_append(contract, &agent, "one", NULL), ERR_OK);
    cr_assert(keep_one(contract, &agent, "two"));
    uint64_t stored_ms = contract->now_ms;
    end(contract);
    contract->now_ms += 100000;
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    check_whole(contract, &agent);
    cr_assert_eq(contract_bounds(contract, "events").last_ms, stored_ms);
    contract_fill(contract, &agent, 5);
    contract_reopen(contract);
    check_whole(contract, &agent);
}

CONTRACT_LMDB(what_is_kept_before_and_after_a_commit_is_stored_once)
{
    struct chain agent = chain_start("events", "agent", 1);
    for (int round = 0; round < 20; round++) {
        contract_fill(contract, &agent, 2);
        for (int i = 0; i <= round % 4; i++)
            cr_assert(keep_one(contract, &agent, "kept"));
        if (round % 3)
            commit_one(contract, &agent, "committed");
        if (round % 3 == 2)
            cr_assert(keep_one(contract, &agent, "kept of the next"));
        end(contract);
        cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK, "round %d", round);
        check_whole(contract, &agent);
    }
}

CONTRACT_LMDB(a_piece_that_is_not_whole_was_never_kept)
{
    struct chain agent = chain_start("events", "agent", 1), kept;
    unsigned char byte;
    contract_fill(contract, &agent, 5);
    cr_assert(keep_one(contract, &agent, "kept"));
    kept = agent;
    off_t piece =
        (off_t)(lmdb_of(contract->journal)->map_bytes + lmdb_of(contract->journal)->front.size);
    cr_assert(keep_one(contract, &agent, "under way"));
    end(contract);
    int fd = open_file(contract);
    cr_assert_eq(pread(fd, &byte, 1, piece + 50), 1);
    byte ^= 1;
    cr_assert_eq(pwrite(fd, &byte, 1, piece + 50), 1);
    close(fd);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    check_whole(contract, &kept);
    contract_fill(contract, &kept, 3);
}

CONTRACT_LMDB(what_is_too_large_for_the_front_is_committed)
{
    struct chain agent = chain_start("events", "agent", 1);
    char *payload = contract_payload(LMDB_FRONT_MAX, 'x');
    cr_assert(keep_one(contract, &agent, "small"));
    cr_assert_not(keep_one(contract, &agent, payload));
    contract_commit(contract);
    contract_reopen(contract);
    check_whole(contract, &agent);
    free(payload);
}

/* So that a reader who holds old pages cannot keep what was acknowledged from being committed. */
CONTRACT_LMDB(nothing_is_kept_when_the_map_has_no_room_at_its_end)
{
    struct chain agent = chain_start("events", "agent", 1);
    char *payload = contract_payload(64 * 1024, 'x');
    enum err err = ERR_OK;
    while (!err) {
        err = contract_append(contract, &agent, payload, NULL);
        if (!err)
            contract_commit(contract);
    }
    free(payload);
    journal_abort(contract->journal);
    uint64_t removed;
    cr_assert_eq(journal_trim(contract->journal, "events", 20, &removed), ERR_OK);
    contract_commit(contract);
    MDB_envinfo info;
    mdb_env_info(lmdb_of(contract->journal)->env, &info);
    lmdb_of(contract->journal)->map_bytes =
        (info.me_last_pgno + 100) * 4096; /* as if that were all */
    cr_assert_not(keep_one(contract, &agent, "small"));
}

CONTRACT_LMDB(what_is_owed_and_cannot_be_read_is_no_success)
{
    struct chain agent = chain_start("events", "agent", 1);
    int fd;
    contract_fill(contract, &agent, 2);
    cr_assert(keep_one(contract, &agent, "three"));
    journal_abort(contract->journal);
    cr_assert_eq(mdb_env_get_fd(lmdb_of(contract->journal)->env, &fd), 0);
    cr_assert_eq(ftruncate(fd, (off_t)contract_file_size(contract) - LMDB_FRONT_BYTES), 0);
    cr_assert_eq(journal_commit(contract->journal), ERR_CORRUPT);
}

/* LMDB's two headers, each in a page of its own, as they were before a commit. */
CONTRACT_LMDB(a_front_that_is_ahead_of_lmdb_tells_of_a_lost_commit)
{
    struct chain agent = chain_start("events", "agent", 1);
    long page = sysconf(_SC_PAGESIZE);
    unsigned char *headers = malloc((size_t)page * 2);
    int fd;
    cr_assert_not_null(headers);
    contract_fill(contract, &agent, 5);
    cr_assert_eq(mdb_env_get_fd(lmdb_of(contract->journal)->env, &fd), 0);
    cr_assert_eq(pread(fd, headers, (size_t)page * 2, 0), page * 2);
    commit_one(contract, &agent, "lost");
    cr_assert(keep_one(contract, &agent, "kept"));
    end(contract);
    fd = open_file(contract);
    cr_assert_eq(pwrite(fd, headers, (size_t)page * 2, 0), page * 2);
    close(fd);
    free(headers);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
}

CONTRACT_LMDB(a_journal_that_grows_with_something_kept_loses_nothing)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 5);
    cr_assert(keep_one(contract, &agent, "kept"));
    end(contract);
    cr_assert_eq(contract_open(contract, 2 * JOURNAL_MIN_BYTES, NULL), ERR_OK);
    check_whole(contract, &agent);
    cr_assert_eq(contract_file_size(contract), 2 * JOURNAL_MIN_BYTES);
    contract_fill(contract, &agent, 5);
    contract_reopen(contract);
    check_whole(contract, &agent);
}

CONTRACT_LMDB(a_stream_that_is_new_takes_nothing_of_what_was_kept)
{
    static const char *const streams[] = {"events", "scores", "another", NULL};
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 5);
    cr_assert(keep_one(contract, &agent, "kept"));
    end(contract);
    cr_assert_eq(contract_open(contract, 0, streams), ERR_OK);
    check_whole(contract, &agent);
}

CONTRACT_LMDB(a_journal_that_is_settled_may_be_compacted)
{
    struct chain agent = chain_start("events", "agent", 1);
    char folder[CARE_PATH_BYTES];
    contract_fill(contract, &agent, 5);
    cr_assert(keep_one(contract, &agent, "kept"));
    end(contract);
    cr_assert_eq(journal_settle(contract->directory), ERR_OK);
    cr_assert_eq(journal_compact(contract->directory, 0, folder), ERR_OK);
    cr_assert_eq(journal_compact_use(contract->directory), ERR_OK);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    check_whole(contract, &agent);
}

/* --- a file that grows, a file that is cut ----------------------------------------------------- */

/* By less than the front is long, so that the new one lies over the old one. */
CONTRACT_LMDB(a_journal_that_grows_a_page_at_a_time_loses_nothing_that_was_kept)
{
    struct chain agent = chain_start("events", "agent", 1);
    uint64_t bytes = JOURNAL_MIN_BYTES;
    contract_fill(contract, &agent, 3);
    for (int i = 0; i < 20; i++) {
        cr_assert(keep_one(contract, &agent, "kept"));
        cr_assert(keep_one(contract, &agent, "kept too"));
        end(contract);
        bytes += (uint64_t)(1 + i % 5) * 4096;
        cr_assert_eq(contract_open(contract, bytes, NULL), ERR_OK, "growth %d", i);
        cr_assert_eq(contract_file_size(contract), bytes);
        check_whole(contract, &agent);
    }
}

static void cut(struct contract *contract, size_t size)
{
    int fd = open_file(contract);
    cr_assert_eq(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

CONTRACT_LMDB(a_file_without_its_front_is_corrupt)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 3);
    cr_assert(keep_one(contract, &agent, "acknowledged"));
    end(contract);
    cut(contract, contract_file_size(contract) - LMDB_FRONT_BYTES);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
}

CONTRACT_LMDB(a_file_that_has_grown_and_lost_its_new_front_is_corrupt)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 3);
    for (uint64_t times = 2; times < 4; times++) {
        end(contract);
        cr_assert_eq(contract_open(contract, times * JOURNAL_MIN_BYTES, NULL), ERR_OK);
        cr_assert(keep_one(contract, &agent, "acknowledged"));
    }
    end(contract);
    cut(contract, contract_file_size(contract) - LMDB_FRONT_BYTES);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
    cut(contract, 2 * JOURNAL_MIN_BYTES);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
}

/* --- a copy ------------------------------------------------------------------------------------ */

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
    cr_assert(keep_one(contract, &agent, "acknowledged"));
    end(contract);
    make_copys_folder(contract);
    cr_assert_eq(copy_caught_up(contract, NULL), ERR_OK);
    cr_expect_eq(count_in_copy(contract), 4);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    check_whole(contract, &agent);
}

/* While the transaction is open LMDB itself makes a copy wait; where it has failed, nothing else does. */
CONTRACT_LMDB(a_copy_of_a_journal_in_use_waits_for_what_is_owed)
{
    struct chain agent = chain_start("events", "agent", 1);
    int told[2], status;
    contract_fill(contract, &agent, 3);
    cr_assert(keep_one(contract, &agent, "acknowledged"));
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
    contract_fill(contract, &agent, 3);
    cr_assert(keep_one(contract, &agent, "acknowledged"));
    uint64_t seed = XXH3_64bits(journal_id(contract->journal), JOURNAL_ID_BYTES);
    struct lmdb_front front = lmdb_of(contract->journal)->front;
    off_t place = (off_t)lmdb_of(contract->journal)->map_bytes;
    end(contract);
    bytes_put_le64(number, bytes_get_le64(front.bytes + 8) + 1); /* of a later transaction */
    memcpy(front.bytes + 8, number, sizeof number);
    bytes_put_le64(front.bytes, XXH3_64bits_withSeed(front.bytes + 8, front.kept - 8, seed));
    int fd = open_file(contract);
    cr_assert_eq(pwrite(fd, front.bytes, front.kept, place), (ssize_t)front.kept);
    close(fd);
    cr_expect_eq(journal_catch_up(contract->directory), ERR_CORRUPT);
    cr_expect_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
}

/* --- what a client could place there ----------------------------------------------------------- */

static struct batch make_batch(const char *producer, const void *payload, size_t size,
                               struct buffer *frame)
{
    struct batch batch = {.epoch = 1,
                          .sequence = 1,
                          .created_ms = 1700000000000,
                          .event_count = 1,
                          .topic = "observation",
                          .payload = payload,
                          .payload_size = size};
    snprintf(batch.stream, sizeof batch.stream, "events");
    snprintf(batch.producer, sizeof batch.producer, "%s", producer);
    batch_digest(&batch, batch.digest);
    buffer_clear(frame);
    cr_assert_eq(batch_write(&batch, frame), ERR_OK);
    cr_assert_eq(batch_parse(frame->data, frame->size, &batch), ERR_OK);
    return batch;
}

/* A piece of one record; its size. */
static size_t forge(unsigned char *to, uint64_t number, const struct record *record, uint64_t seed)
{
    size_t size = RECORD_PREFIX_BYTES + record->frame_size;
    bytes_put_le64(to + 8, number);
    bytes_put_le64(to + 16, 8 + size);
    bytes_put_le64(to + 24, size);
    record_write(record, to + 32);
    bytes_put_le64(to, XXH3_64bits_withSeed(to + 8, 24 + size, seed));
    return 32 + size;
}

/* All that the forger knows: the journal's id, which every Welcome says, what comes next, and the time. */
CONTRACT_LMDB(what_a_client_sent_is_never_taken_for_a_piece)
{
    static unsigned char piece[8192], payload[8192], probe[64];
    struct chain other = chain_start("events", "other", 1);
    struct buffer first, second, third;
    struct producer_state state;
    MDB_envinfo info;
    bool is_kept;
    buffer_init(&first, BATCH_FRAME_MAX_BYTES);
    buffer_init(&second, BATCH_FRAME_MAX_BYTES);
    buffer_init(&third, BATCH_FRAME_MAX_BYTES);
    contract_fill(contract, &other, 3);
    mdb_env_info(lmdb_of(contract->journal)->env, &info);
    uint64_t number = info.me_last_txnid + 3, ms = contract->now_ms;
    /* what will be kept last, and what its piece is */
    memset(probe, 'p', sizeof probe);
    memset(payload, 'z', 600);
    struct batch late = make_batch("mallory-2", payload, 600, &second);
    const struct record last = {6, ms, second.data, second.size};
    size_t end_of_last =
        forge(piece, number, &last, XXH3_64bits(journal_id(contract->journal), JOURNAL_ID_BYTES));
    /* somebody else's batch, kept before it, where that piece will end */
    (void)make_batch("victim", "forged", 6, &third);
    memset(payload, 'q', sizeof payload);
    memcpy(payload, probe, sizeof probe);
    (void)make_batch("mallory-1", payload, 4000, &first);
    unsigned char *at = memmem(first.data, first.size, probe, sizeof probe);
    cr_assert_not_null(at);
    size_t start = 32 + RECORD_PREFIX_BYTES + (size_t)(at - first.data);
    cr_assert_gt(end_of_last, start);
    const struct record forged = {7, ms, third.data, third.size};
    forge(payload + (end_of_last - start), number, &forged, bytes_get_le64(piece));
    struct batch early = make_batch("mallory-1", payload, 4000, &first);
    cr_assert_eq(journal_append(contract->journal, &early, first.data, first.size, ms, NULL),
                 ERR_OK);
    cr_assert_eq(journal_keep(contract->journal, &is_kept), ERR_OK);
    cr_assert(is_kept);
    contract_commit(contract);
    contract_fill(contract, &other, 1);
    cr_assert_eq(journal_append(contract->journal, &late, second.data, second.size, ms, NULL),
                 ERR_OK);
    cr_assert_eq(journal_keep(contract->journal, &is_kept), ERR_OK);
    cr_assert(is_kept);
    contract_reopen(contract);
    cr_assert_eq(journal_producer(contract->journal, "events", "mallory-2", &state), ERR_OK);
    cr_assert_eq(state.sequence, 1);
    cr_assert_eq(journal_producer(contract->journal, "events", "victim", &state), ERR_OK);
    cr_assert_eq(state.sequence, 0, "a batch was stored that never came");
    buffer_fini(&first);
    buffer_fini(&second);
    buffer_fini(&third);
}
