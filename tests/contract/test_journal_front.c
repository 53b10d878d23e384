/* The LMDB engine's front: a small commit whose header a power cut has taken is stored again from it. */
#include "broker/journal/care.h"
#include "broker/journal/lmdb_internal.h"
#include "tests/contract/journal_contract.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* LMDB's two headers, each in a page of its own. */
struct headers {
    unsigned char bytes[2 * 4096];
};

static int open_file(const struct contract *contract)
{
    char path[128];
    contract_path(contract, "journal/data.mdb", path);
    int fd = open(path, O_RDWR);
    cr_assert_geq(fd, 0);
    return fd;
}

static void keep_headers(struct contract *contract, struct headers *headers)
{
    int fd;
    cr_assert_eq(mdb_env_get_fd(lmdb_of(contract->journal)->env, &fd), 0);
    cr_assert_eq(pread(fd, headers->bytes, sizeof headers->bytes, 0),
                 (ssize_t)sizeof headers->bytes);
}

/* The power fails: what was flushed with the last commits is there, their headers are not. */
static void cut_power(struct contract *contract, const struct headers *headers)
{
    journal_close(&contract->journal);
    int fd = open_file(contract);
    cr_assert_eq(pwrite(fd, headers->bytes, sizeof headers->bytes, 0),
                 (ssize_t)sizeof headers->bytes);
    close(fd);
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

/* --- a power cut ------------------------------------------------------------------------------ */

CONTRACT_LMDB(what_was_kept_and_committed_is_stored_again)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct headers headers;
    for (int round = 0; round < 20; round++) {
        contract_fill(contract, &agent, 2);
        keep_headers(contract, &headers);
        for (int i = 0; i <= round % 4; i++)
            cr_assert(keep_one(contract, &agent, "kept"));
        if (round % 3)
            commit_one(contract, &agent, "committed");
        if (round % 3 == 2)
            cr_assert(keep_one(contract, &agent, "kept of the next"));
        cut_power(contract, &headers);
        cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK, "round %d", round);
        check_whole(contract, &agent);
    }
}

CONTRACT_LMDB(a_small_commit_without_its_header_is_stored_again_with_its_time)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct headers headers;
    contract_fill(contract, &agent, 5);
    keep_headers(contract, &headers);
    contract->now_ms += 12345;
    cr_assert_eq(contract_append(contract, &agent, "one", NULL), ERR_OK);
    commit_one(contract, &agent, "two");
    uint64_t stored_ms = contract_bounds(contract, "events").last_ms;
    cut_power(contract, &headers);
    contract->now_ms += 100000;
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    check_whole(contract, &agent);
    cr_assert_eq(contract_bounds(contract, "events").last_ms, stored_ms);
    contract_fill(contract, &agent, 5);
    contract_reopen(contract);
    check_whole(contract, &agent);
}

/* The flush that makes a header durable may be cut short after its own slot is on the disk. */
CONTRACT_LMDB(two_commits_without_their_headers_are_stored_again_in_order)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct headers headers;
    for (int round = 0; round < 20; round++) {
        contract_fill(contract, &agent, 3);
        keep_headers(contract, &headers);
        commit_one(contract, &agent, "one");
        commit_one(contract, &agent, "two");
        cut_power(contract, &headers);
        cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK, "round %d", round);
        check_whole(contract, &agent);
    }
}

CONTRACT_LMDB(a_slot_that_is_not_whole_is_no_commit)
{
    struct chain agent = chain_start("events", "agent", 1), kept;
    struct headers headers;
    unsigned char byte;
    contract_fill(contract, &agent, 5);
    keep_headers(contract, &headers);
    kept = agent;
    commit_one(contract, &agent, "under way");
    off_t end = (off_t)contract_file_size(contract) - LMDB_FRONT_BYTES;
    cut_power(contract, &headers);
    int fd = open_file(contract);
    for (off_t slot = 0; slot < 2; slot++) {
        off_t at = end + slot * LMDB_SLOT_BYTES + 100;
        cr_assert_eq(pread(fd, &byte, 1, at), 1);
        byte ^= 1;
        cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    }
    close(fd);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    check_whole(contract, &kept);
    contract_fill(contract, &kept, 3);
}

CONTRACT_LMDB(what_is_large_or_more_than_batches_needs_no_front)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct position position;
    struct headers headers;
    char *payload = contract_payload(LMDB_FRONT_MAX, 'x');
    commit_one(contract, &agent, "small");
    commit_one(contract, &agent, payload);
    keep_headers(contract, &headers);
    cut_power(contract, &headers); /* of nothing: they were flushed */
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    check_whole(contract, &agent);
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 0, 2, 1, NULL), ERR_OK);
    commit_one(contract, &agent, "with a position");
    contract_reopen(contract);
    cr_assert_eq(journal_position(contract->journal, "events", "c", &position), ERR_OK);
    cr_assert_eq(position.position, 2);
    check_whole(contract, &agent);
    free(payload);
}

CONTRACT_LMDB(a_journal_that_grows_after_a_power_cut_loses_nothing)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct headers headers;
    contract_fill(contract, &agent, 5);
    keep_headers(contract, &headers);
    commit_one(contract, &agent, "acknowledged");
    cut_power(contract, &headers);
    cr_assert_eq(contract_open(contract, 2 * JOURNAL_MIN_BYTES, NULL), ERR_OK);
    check_whole(contract, &agent);
    cr_assert_eq(contract_file_size(contract), 2 * JOURNAL_MIN_BYTES);
    contract_fill(contract, &agent, 5);
    contract_reopen(contract);
    check_whole(contract, &agent);
}

CONTRACT_LMDB(a_stream_that_is_new_after_a_power_cut_takes_nothing_away)
{
    static const char *const streams[] = {"events", "scores", "another", NULL};
    struct chain agent = chain_start("events", "agent", 1);
    struct headers headers;
    contract_fill(contract, &agent, 5);
    keep_headers(contract, &headers);
    cr_assert(keep_one(contract, &agent, "acknowledged"));
    cut_power(contract, &headers);
    cr_assert_eq(contract_open(contract, 0, streams), ERR_OK);
    check_whole(contract, &agent);
}

CONTRACT_LMDB(a_journal_that_is_settled_after_a_power_cut_may_be_compacted)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct headers headers;
    char folder[CARE_PATH_BYTES];
    contract_fill(contract, &agent, 5);
    keep_headers(contract, &headers);
    commit_one(contract, &agent, "acknowledged");
    cut_power(contract, &headers);
    cr_assert_eq(journal_settle(contract->directory), ERR_OK);
    cr_assert_eq(journal_compact(contract->directory, 0, folder), ERR_OK);
    cr_assert_eq(journal_compact_use(contract->directory), ERR_OK);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    check_whole(contract, &agent);
}

/* A file made before there was a front is all LMDB's. */
CONTRACT_LMDB(a_file_without_a_front_is_given_one)
{
    struct chain agent = chain_start("events", "agent", 1);
    char folder[CARE_PATH_BYTES];
    contract_fill(contract, &agent, 5);
    journal_close(&contract->journal);
    cr_assert_eq(journal_compact(contract->directory, 0, folder), ERR_OK); /* as it leaves one */
    cr_assert_eq(journal_compact_use(contract->directory), ERR_OK);
    for (int i = 0; i < 2; i++) {
        struct headers headers;
        cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
        check_whole(contract, &agent);
        keep_headers(contract, &headers);
        commit_one(contract, &agent, "acknowledged");
        cut_power(contract, &headers);
    }
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
    check_whole(contract, &agent);
}
