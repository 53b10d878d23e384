/* Batches that are kept before they are committed, and the LMDB engine's front, where they stand. */
#include "broker/journal/care.h"
#include "broker/journal/lmdb_internal.h"
#include "tests/contract/journal_contract.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
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

/* --- kept ------------------------------------------------------------------------------------- */

CONTRACT(what_is_kept_is_seen_when_it_is_committed_and_not_before)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 2);
    cr_assert(contract_keep(contract, &agent, "three"));
    cr_assert(contract_keep(contract, &agent, "four"));
    cr_assert_eq(contract_bounds(contract, "events").last, 2);
    contract_commit(contract);
    contract_whole(contract, &agent);
    contract_reopen(contract);
    contract_whole(contract, &agent);
}

CONTRACT(what_is_kept_and_never_committed_is_there_at_the_next_open)
{
    struct chain agent = chain_start("events", "agent", 1), kept;
    contract_fill(contract, &agent, 2);
    cr_assert(contract_keep(contract, &agent, "three"));
    cr_assert(contract_keep(contract, &agent, "four"));
    kept = agent;
    cr_assert_eq(contract_append(contract, &agent, "neither kept nor committed", NULL), ERR_OK);
    contract_reopen(contract);
    contract_whole(contract, &kept);
    contract_fill(contract, &kept, 2);
    contract_whole(contract, &kept);
}

CONTRACT(what_is_kept_outlives_an_abort)
{
    struct chain agent = chain_start("events", "agent", 1), kept;
    cr_assert(contract_keep(contract, &agent, "one"));
    kept = agent;
    cr_assert_eq(contract_append(contract, &agent, "given up", NULL), ERR_OK);
    journal_abort(contract->journal);
    contract_commit(contract);
    contract_whole(contract, &kept);
    cr_assert(contract_keep(contract, &kept, "two"));
    journal_abort(contract->journal);
    cr_assert(contract_keep(contract, &kept, "three"));
    contract_commit(contract);
    contract_whole(contract, &kept);
}

CONTRACT(a_batch_that_comes_again_while_it_is_kept_is_a_repeat)
{
    struct chain agent = chain_start("events", "agent", 1), before = agent;
    struct journal_receipt receipt;
    cr_assert(contract_keep(contract, &agent, "one"));
    cr_assert_eq(contract_append(contract, &before, "one", &receipt), ERR_OK);
    cr_assert(receipt.is_repeat);
    cr_assert_eq(receipt.record, 1);
    contract_commit(contract);
    contract_whole(contract, &agent);
}

CONTRACT(a_position_is_not_kept_but_committed)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct position position;
    bool is_kept;
    cr_assert(contract_keep(contract, &agent, "one"));
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 0, 1, 1, NULL), ERR_OK);
    cr_assert_eq(journal_keep(contract->journal, &is_kept), ERR_OK);
    cr_assert_not(is_kept);
    contract_commit(contract);
    contract_reopen(contract);
    cr_assert_eq(journal_position(contract->journal, "events", "c", &position), ERR_OK);
    cr_assert_eq(position.position, 1);
    contract_whole(contract, &agent);
}

CONTRACT(more_is_kept_only_while_there_is_room_for_it)
{
    struct chain agent = chain_start("events", "agent", 1);
    size_t kept = 0;
    while (kept < 1000 && contract_keep(contract, &agent, "a batch of the usual size"))
        kept++;
    cr_assert_gt(kept, 10);
    cr_assert_lt(kept, 1000);
    contract_commit(contract);
    contract_reopen(contract);
    contract_whole(contract, &agent);
    cr_assert(contract_keep(contract, &agent, "again"));
}

CONTRACT(a_position_taken_away_after_a_batch_was_kept_is_committed)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct position position;
    bool is_kept;
    contract_fill(contract, &agent, 3);
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 0, 2, 1, NULL), ERR_OK);
    contract_commit(contract);
    cr_assert(contract_keep(contract, &agent, "kept"));
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 2, 0, 1, NULL), ERR_OK);
    cr_assert_eq(journal_keep(contract->journal, &is_kept), ERR_OK);
    cr_assert_not(is_kept);
    contract_commit(contract);
    contract_reopen(contract);
    cr_assert_eq(journal_position(contract->journal, "events", "c", &position), ERR_OK);
    cr_assert_eq(position.position, 0);
    contract_whole(contract, &agent);
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
    cr_assert(contract_keep(contract, &agent, "two"));
    uint64_t stored_ms = contract->now_ms;
    end(contract);
    contract->now_ms += 100000;
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    contract_whole(contract, &agent);
    cr_assert_eq(contract_bounds(contract, "events").last_ms, stored_ms);
    contract_fill(contract, &agent, 5);
    contract_reopen(contract);
    contract_whole(contract, &agent);
}

CONTRACT_LMDB(what_is_kept_before_and_after_a_commit_is_stored_once)
{
    struct chain agent = chain_start("events", "agent", 1);
    for (int round = 0; round < 20; round++) {
        contract_fill(contract, &agent, 2);
        for (int i = 0; i <= round % 4; i++)
            cr_assert(contract_keep(contract, &agent, "kept"));
        if (round % 3)
            commit_one(contract, &agent, "committed");
        if (round % 3 == 2)
            cr_assert(contract_keep(contract, &agent, "kept of the next"));
        end(contract);
        cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK, "round %d", round);
        contract_whole(contract, &agent);
    }
}

static void flip(const struct contract *contract, off_t place)
{
    unsigned char byte;
    int fd = open_file(contract);
    cr_assert_eq(pread(fd, &byte, 1, place), 1);
    byte ^= 1;
    cr_assert_eq(pwrite(fd, &byte, 1, place), 1);
    close(fd);
}

CONTRACT_LMDB(a_piece_that_is_not_whole_was_never_kept)
{
    struct chain agent = chain_start("events", "agent", 1), kept;
    contract_fill(contract, &agent, 5);
    cr_assert(contract_keep(contract, &agent, "kept"));
    kept = agent;
    off_t piece =
        (off_t)(lmdb_of(contract->journal)->map_bytes + lmdb_of(contract->journal)->front.size);
    cr_assert(contract_keep(contract, &agent, "under way"));
    end(contract);
    flip(contract, piece + 50);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    contract_whole(contract, &kept);
    contract_fill(contract, &kept, 3);
}

/* The one behind it was written when it had been flushed. */
CONTRACT_LMDB(a_piece_with_a_whole_one_behind_it_was_kept_and_is_damaged)
{
    struct chain agent = chain_start("events", "agent", 1);
    off_t front = (off_t)lmdb_of(contract->journal)->map_bytes;
    contract_fill(contract, &agent, 5);
    for (int i = 0; i < 3; i++)
        cr_assert(contract_keep(contract, &agent, "kept"));
    end(contract);
    for (int i = 0; i < 2; i++) {
        off_t place = front + i * LMDB_FRONT_STEP + 50;
        flip(contract, place);
        cr_expect_eq(journal_catch_up(contract->directory), ERR_CORRUPT, "piece %d", i);
        cr_expect_eq(contract_open(contract, 0, NULL), ERR_CORRUPT, "piece %d", i);
        flip(contract, place);
    }
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    contract_whole(contract, &agent);
}

CONTRACT_LMDB(what_is_too_large_for_the_front_is_committed)
{
    struct chain agent = chain_start("events", "agent", 1);
    char *payload = contract_payload(LMDB_FRONT_BYTES, 'x');
    cr_assert(contract_keep(contract, &agent, "small"));
    cr_assert_not(contract_keep(contract, &agent, payload));
    contract_commit(contract);
    contract_reopen(contract);
    contract_whole(contract, &agent);
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
    cr_assert_not(contract_keep(contract, &agent, "small"));
}

CONTRACT_LMDB(what_is_owed_is_stored_whatever_the_file_says)
{
    struct chain agent = chain_start("events", "agent", 1);
    int fd;
    contract_fill(contract, &agent, 2);
    cr_assert(contract_keep(contract, &agent, "three"));
    journal_abort(contract->journal);
    cr_assert_eq(mdb_env_get_fd(lmdb_of(contract->journal)->env, &fd), 0);
    cr_assert_eq(ftruncate(fd, (off_t)contract_file_size(contract) - LMDB_FRONT_BYTES), 0);
    contract_commit(contract);
    contract_whole(contract, &agent);
}

/* The write of a piece goes as far as its last byte and not to the zeros behind it. */
CONTRACT_LMDB(a_batch_whose_keeping_failed_is_not_found_later)
{
    struct chain agent = chain_start("events", "agent", 1), kept;
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    bool is_kept;
    contract_fill(contract, &agent, 2);
    cr_assert(contract_keep(contract, &agent, "three"));
    kept = agent;
    cr_assert_eq(contract_append(contract, &agent, "refused", NULL), ERR_OK);
    limit.rlim_cur = lmdb_of(contract->journal)->map_bytes +
                     lmdb_of(contract->journal)->front.kept + LMDB_FRONT_STEP;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_eq(journal_keep(contract->journal, &is_kept), ERR_IO);
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    contract_reopen(contract);
    contract_whole(contract, &kept);
}

/* Both sectors that its writing touches. */
CONTRACT_LMDB(a_piece_that_is_torn_takes_none_with_it_that_was_kept_before)
{
    static unsigned char torn[2 * LMDB_FRONT_STEP];
    struct chain agent = chain_start("events", "agent", 1), kept;
    contract_fill(contract, &agent, 2);
    cr_assert(contract_keep(contract, &agent, "three"));
    cr_assert(contract_keep(contract, &agent, "four"));
    kept = agent;
    size_t at = lmdb_of(contract->journal)->front.kept / LMDB_FRONT_STEP * LMDB_FRONT_STEP;
    off_t place = (off_t)(lmdb_of(contract->journal)->map_bytes + at);
    cr_assert_eq(contract_append(contract, &agent, "under way", NULL), ERR_OK);
    end(contract);
    memset(torn, 0xa5, sizeof torn);
    int fd = open_file(contract);
    cr_assert_eq(pwrite(fd, torn, sizeof torn, place), (ssize_t)sizeof torn);
    close(fd);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    contract_whole(contract, &kept);
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
    cr_assert(contract_keep(contract, &agent, "kept"));
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
    cr_assert(contract_keep(contract, &agent, "kept"));
    end(contract);
    cr_assert_eq(contract_open(contract, 2 * JOURNAL_MIN_BYTES, NULL), ERR_OK);
    contract_whole(contract, &agent);
    cr_assert_eq(contract_file_size(contract), 2 * JOURNAL_MIN_BYTES);
    contract_fill(contract, &agent, 5);
    contract_reopen(contract);
    contract_whole(contract, &agent);
}

CONTRACT_LMDB(a_stream_that_is_new_takes_nothing_of_what_was_kept)
{
    static const char *const streams[] = {"events", "scores", "another", NULL};
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 5);
    cr_assert(contract_keep(contract, &agent, "kept"));
    end(contract);
    cr_assert_eq(contract_open(contract, 0, streams), ERR_OK);
    contract_whole(contract, &agent);
}

CONTRACT_LMDB(a_journal_that_is_settled_may_be_compacted)
{
    struct chain agent = chain_start("events", "agent", 1);
    char folder[CARE_PATH_BYTES];
    contract_fill(contract, &agent, 5);
    cr_assert(contract_keep(contract, &agent, "kept"));
    end(contract);
    cr_assert_eq(journal_settle(contract->directory), ERR_OK);
    cr_assert_eq(journal_compact(contract->directory, 0, folder), ERR_OK);
    cr_assert_eq(journal_compact_use(contract->directory), ERR_OK);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    contract_whole(contract, &agent);
}

/* --- a file that grows, a file that is cut ----------------------------------------------------- */

/* By less than the front is long, so that the new one lies over the old one. */
CONTRACT_LMDB(a_journal_that_grows_a_page_at_a_time_loses_nothing_that_was_kept)
{
    struct chain agent = chain_start("events", "agent", 1);
    uint64_t bytes = JOURNAL_MIN_BYTES;
    contract_fill(contract, &agent, 3);
    for (int i = 0; i < 20; i++) {
        cr_assert(contract_keep(contract, &agent, "kept"));
        cr_assert(contract_keep(contract, &agent, "kept too"));
        end(contract);
        bytes += (uint64_t)(1 + i % 5) * 4096;
        cr_assert_eq(contract_open(contract, bytes, NULL), ERR_OK, "growth %d", i);
        cr_assert_eq(contract_file_size(contract), bytes);
        contract_whole(contract, &agent);
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
    cr_assert(contract_keep(contract, &agent, "acknowledged"));
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
        cr_assert(contract_keep(contract, &agent, "acknowledged"));
    }
    end(contract);
    cut(contract, contract_file_size(contract) - LMDB_FRONT_BYTES);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
    cut(contract, 2 * JOURNAL_MIN_BYTES);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_CORRUPT);
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
    end_of_last = (end_of_last + LMDB_FRONT_STEP - 1) / LMDB_FRONT_STEP * LMDB_FRONT_STEP;
    memset(payload, 'q', sizeof payload);
    memcpy(payload, probe, sizeof probe);
    (void)make_batch("mallory-1", payload, sizeof payload, &first);
    unsigned char *at = memmem(first.data, first.size, probe, sizeof probe);
    cr_assert_not_null(at);
    size_t start = 32 + RECORD_PREFIX_BYTES + (size_t)(at - first.data);
    cr_assert_gt(end_of_last, start);
    const struct record forged = {7, ms, third.data, third.size};
    forge(payload + (end_of_last - start), number, &forged, bytes_get_le64(piece));
    struct batch early = make_batch("mallory-1", payload, sizeof payload, &first);
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
