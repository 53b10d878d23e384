/* What journal.h promises of storing: order, numbers, transactions, positions. */
#include "tests/contract/journal_contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a producer's order ----------------------------------------------------------------------- */

CONTRACT(the_first_batch_of_a_producer_is_stored_as_record_1)
{
    struct chain agent = chain_start("events", "agent", 7);
    struct journal_receipt receipt;
    cr_assert_eq(contract_append(contract, &agent, "first", &receipt), ERR_OK);
    contract_commit(contract);
    cr_assert_eq(receipt.record, 1);
    cr_assert_not(receipt.is_repeat);
    cr_assert_eq(receipt.state.epoch, 7);
    cr_assert_eq(receipt.state.sequence, 1);
    cr_assert_eq(receipt.state.record, 1);
    cr_assert_eq(memcmp(receipt.state.digest, agent.head, DIGEST_BYTES), 0);
}

CONTRACT(the_next_number_of_the_same_epoch_is_stored)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct producer_state state;
    contract_fill(contract, &agent, 3);
    cr_assert_eq(journal_producer(contract->journal, "events", "agent", &state), ERR_OK);
    cr_assert_eq(state.epoch, 1);
    cr_assert_eq(state.sequence, 3);
    cr_assert_eq(state.record, 3);
    cr_assert_eq(state.stored_ms, contract->now_ms);
    cr_assert_eq(memcmp(state.digest, agent.head, DIGEST_BYTES), 0);
}

CONTRACT(the_last_batch_repeated_is_told_so_and_stored_once)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_receipt receipt;
    contract_fill(contract, &agent, 2);
    struct batch batch = contract->batch;
    cr_assert_eq(contract_append_batch(contract, &batch, &receipt), ERR_OK);
    cr_assert(receipt.is_repeat);
    cr_assert_eq(receipt.record, 2);
    cr_assert_eq(receipt.state.sequence, 2);
    contract_commit(contract);
    cr_assert_eq(contract_bounds(contract, "events").last, 2);
}

CONTRACT(a_batch_repeated_in_the_same_transaction_is_stored_once)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_receipt receipt;
    cr_assert_eq(contract_append(contract, &agent, "once", NULL), ERR_OK);
    struct batch batch = contract->batch;
    cr_assert_eq(contract_append_batch(contract, &batch, &receipt), ERR_OK);
    cr_assert(receipt.is_repeat);
    contract_commit(contract);
    cr_assert_eq(contract_bounds(contract, "events").last, 1);
}

CONTRACT(an_earlier_batch_repeated_is_found_behind_those_of_others)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct chain other = chain_start("events", "other", 1);
    struct journal_receipt receipt;
    contract_fill(contract, &other, 2);
    struct chain before = agent;
    for (int i = 0; i < 5; i++) {
        contract_fill(contract, &agent, 1);
        contract_fill(contract, &other, 3);
    }
    for (uint64_t record = 3; record <= 19; record += 4) {
        char payload[32];
        snprintf(payload, sizeof payload, "agent 1.%llu", (unsigned long long)before.sequence + 1);
        cr_assert_eq(contract_append(contract, &before, payload, &receipt), ERR_OK);
        cr_assert(receipt.is_repeat);
        cr_assert_eq(receipt.record, record);
        cr_assert_eq(receipt.state.sequence, 5);
    }
    contract_commit(contract);
    cr_assert_eq(contract_bounds(contract, "events").last, 22);
}

CONTRACT(another_batch_under_the_last_number_is_a_conflict)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_receipt receipt;
    contract_fill(contract, &agent, 1);
    struct chain before = agent;
    contract_fill(contract, &agent, 1);
    cr_assert_eq(contract_append(contract, &before, "forged", &receipt), ERR_CONFLICT);
    cr_assert_eq(receipt.state.sequence, 2);
    cr_assert_eq(memcmp(receipt.state.digest, agent.head, DIGEST_BYTES), 0);
}

CONTRACT(another_batch_under_an_earlier_number_is_a_conflict)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_receipt receipt;
    contract_fill(contract, &agent, 1);
    struct chain before = agent;
    contract_fill(contract, &agent, 9);
    cr_assert_eq(contract_append(contract, &before, "forged", &receipt), ERR_CONFLICT);
    cr_assert_eq(receipt.state.sequence, 10);
}

CONTRACT(a_repeat_of_what_was_trimmed_is_a_conflict_unless_it_is_the_last)
{
    struct chain agent = chain_start("events", "agent", 1), first = agent, last;
    struct journal_receipt receipt;
    uint64_t removed;
    contract_fill(contract, &agent, 4);
    last = agent;
    contract_fill(contract, &agent, 1);
    cr_assert_eq(journal_trim(contract->journal, "events", 6, &removed), ERR_OK);
    cr_assert_eq(removed, 5);
    contract_commit(contract);
    cr_assert_eq(contract_append(contract, &first, "agent 1.1", &receipt), ERR_CONFLICT);
    cr_assert_eq(contract_append(contract, &last, "agent 1.5", &receipt), ERR_OK);
    cr_assert(receipt.is_repeat);
}

CONTRACT(a_number_that_leaves_one_out_is_a_gap)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_receipt receipt;
    contract_fill(contract, &agent, 2);
    agent.sequence = 3;
    cr_assert_eq(contract_append(contract, &agent, "too far", &receipt), ERR_GAP);
    cr_assert_eq(receipt.state.sequence, 2);
}

CONTRACT(an_unknown_producer_must_begin_with_1)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_receipt receipt;
    agent.sequence = 1;
    cr_assert_eq(contract_append(contract, &agent, "second", &receipt), ERR_GAP);
    cr_assert_eq(receipt.state.epoch, 0);
    cr_assert_eq(receipt.state.sequence, 0);
}

CONTRACT(a_higher_epoch_begins_with_1_and_continues_the_chain)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_receipt receipt;
    contract_fill(contract, &agent, 2);
    agent.epoch = 5;
    agent.sequence = 0;
    cr_assert_eq(contract_append(contract, &agent, "again", &receipt), ERR_OK);
    cr_assert_eq(receipt.state.epoch, 5);
    cr_assert_eq(receipt.state.sequence, 1);
    cr_assert_eq(receipt.record, 3);
}

CONTRACT(a_higher_epoch_that_does_not_begin_with_1_is_a_gap)
{
    struct chain agent = chain_start("events", "agent", 1);
    contract_fill(contract, &agent, 2);
    agent.epoch = 2;
    cr_assert_eq(contract_append(contract, &agent, "third", NULL), ERR_GAP);
}

CONTRACT(an_epoch_that_leaves_too_few_for_later_ones_is_refused)
{
    const uint64_t step = (uint64_t)1 << 48;
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_receipt receipt;
    contract_fill(contract, &agent, 1);
    for (int i = 0; i < 2; i++) {
        struct chain leap = agent;
        leap.epoch = i ? UINT64_MAX : 1 + step + 1;
        leap.sequence = 0;
        cr_expect_eq(contract_append(contract, &leap, "x", &receipt), ERR_MALFORMED);
        cr_expect_eq(receipt.state.epoch, 1, "what stands is told");
    }
    agent.epoch = 1 + step;
    agent.sequence = 0;
    cr_expect_eq(contract_append(contract, &agent, "x", NULL), ERR_OK);
}

CONTRACT(an_older_epoch_is_fenced)
{
    struct chain old = chain_start("events", "agent", 1), new;
    struct journal_receipt receipt;
    contract_fill(contract, &old, 2);
    new = old;
    new.epoch = 2;
    new.sequence = 0;
    contract_fill(contract, &new, 1);
    cr_assert_eq(contract_append(contract, &old, "zombie", &receipt), ERR_FENCED);
    cr_assert_eq(receipt.state.epoch, 2);
    cr_assert_eq(receipt.state.sequence, 1);
}

CONTRACT(a_batch_that_does_not_continue_the_chain_is_refused_in_both_epochs)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_receipt receipt;
    contract_fill(contract, &agent, 1);
    agent.head[31] ^= 1;
    cr_assert_eq(contract_append(contract, &agent, "next", &receipt), ERR_LINK);
    cr_assert_eq(receipt.state.sequence, 1);
    agent.epoch = 2;
    agent.sequence = 0;
    cr_assert_eq(contract_append(contract, &agent, "next", &receipt), ERR_LINK);
    struct chain stranger = chain_start("events", "stranger", 1);
    stranger.head[0] = 1;
    cr_assert_eq(contract_append(contract, &stranger, "first", &receipt), ERR_LINK);
    contract_commit(contract);
    cr_assert_eq(contract_bounds(contract, "events").last, 1);
}

CONTRACT(a_producer_has_a_chain_of_its_own_in_each_stream)
{
    struct chain events = chain_start("events", "agent", 1);
    struct chain scores = chain_start("scores", "agent", 1);
    contract_fill(contract, &events, 3);
    contract_fill(contract, &scores, 2);
    cr_assert_eq(contract_bounds(contract, "events").last, 3);
    cr_assert_eq(contract_bounds(contract, "scores").last, 2);
}

CONTRACT(a_refused_batch_does_not_cost_the_others_of_the_transaction_theirs)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct chain other = chain_start("events", "other", 1);
    other.sequence = 4;
    cr_assert_eq(contract_append(contract, &agent, "one", NULL), ERR_OK);
    cr_assert_eq(contract_append(contract, &other, "gap", NULL), ERR_GAP);
    cr_assert_eq(contract_append(contract, &agent, "two", NULL), ERR_OK);
    contract_commit(contract);
    cr_assert_eq(contract_bounds(contract, "events").last, 2);
}

CONTRACT(a_stream_that_is_not_there_is_not_found)
{
    struct chain agent = chain_start("rumours", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    struct stream_bounds bounds;
    struct producer_state state;
    struct position position;
    uint64_t number;
    struct journal *journal = contract->journal;
    cr_assert_eq(contract_append(contract, &agent, "one", NULL), ERR_NOT_FOUND);
    cr_assert_eq(journal_save_position(journal, "rumours", "c", 0, 1, 1, NULL), ERR_NOT_FOUND);
    cr_assert_eq(journal_trim(journal, "rumours", 1, &number), ERR_NOT_FOUND);
    cr_assert_eq(journal_seek(journal, "rumours", 1, &number), ERR_NOT_FOUND);
    cr_assert_eq(journal_bounds(journal, "rumours", &bounds), ERR_NOT_FOUND);
    cr_assert_eq(journal_producer(journal, "rumours", "agent", &state), ERR_NOT_FOUND);
    cr_assert_eq(journal_position(journal, "rumours", "c", &position), ERR_NOT_FOUND);
    contract_read(contract, "rumours", 1, seen);
    cr_assert_eq(seen->err, ERR_NOT_FOUND);
    free(seen);
}

CONTRACT(a_frame_beyond_the_limit_is_too_large)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct batch batch = chain_next(&agent, "one", &contract->frame);
    char *frame = contract_payload(BATCH_FRAME_MAX_BYTES + 1, 'x');
    cr_assert_eq(
        journal_append(contract->journal, &batch, frame, BATCH_FRAME_MAX_BYTES + 1, 1, NULL),
        ERR_TOO_LARGE);
    free(frame);
}

CONTRACT(the_largest_batch_is_stored_and_read)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    char *payload = contract_payload(BATCH_PAYLOAD_MAX_BYTES, 'x');
    cr_assert_eq(contract_append(contract, &agent, payload, NULL), ERR_OK);
    contract_commit(contract);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->err, ERR_OK);
    cr_assert_eq(seen->count, 1);
    cr_assert_eq(seen->records[0].payload, contract_hash(payload, BATCH_PAYLOAD_MAX_BYTES));
    free(payload);
    free(seen);
}

CONTRACT(more_producers_than_are_remembered_fit_in_one_transaction)
{
    enum { PRODUCERS = 3000, ROUNDS = 2 };
    struct chain *chains = calloc(PRODUCERS, sizeof *chains);
    struct producer_state state;
    for (int i = 0; i < PRODUCERS; i++) {
        char name[32];
        snprintf(name, sizeof name, "agent-%d", i);
        chains[i] = chain_start("events", name, 1);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < PRODUCERS; i++)
            cr_assert_eq(contract_append(contract, &chains[i], "payload", NULL), ERR_OK);
    contract_commit(contract);
    for (int i = 0; i < PRODUCERS; i++) {
        cr_assert_eq(journal_producer(contract->journal, "events", chains[i].producer, &state),
                     ERR_OK);
        cr_assert_eq(state.sequence, ROUNDS);
        cr_assert_eq(memcmp(state.digest, chains[i].head, DIGEST_BYTES), 0);
    }
    free(chains);
}

/* --- transactions ----------------------------------------------------------------------------- */

CONTRACT(what_is_not_committed_is_not_read)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    struct producer_state state;
    struct position position;
    cr_assert_eq(contract_append(contract, &agent, "one", NULL), ERR_OK);
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 0, 9, 1, NULL), ERR_OK);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->count, 0);
    cr_assert_eq(contract_bounds(contract, "events").last, 0);
    cr_assert_eq(journal_producer(contract->journal, "events", "agent", &state), ERR_OK);
    cr_assert_eq(state.epoch, 0);
    cr_assert_eq(journal_position(contract->journal, "events", "c", &position), ERR_OK);
    cr_assert_eq(position.position, 0);
    free(seen);
}

CONTRACT(uncommitted_records_are_lost_on_close)
{
    struct chain agent = chain_start("events", "agent", 1), kept;
    contract_fill(contract, &agent, 1);
    kept = agent;
    cr_assert_eq(contract_append(contract, &agent, "lost", NULL), ERR_OK);
    contract_reopen(contract);
    cr_assert_eq(contract_bounds(contract, "events").last, 1);
    cr_assert_eq(contract_append(contract, &kept, "instead", NULL), ERR_OK);
}

CONTRACT(after_an_abort_the_next_record_takes_the_same_number)
{
    struct chain agent = chain_start("events", "agent", 1), kept;
    struct journal_receipt receipt;
    contract_fill(contract, &agent, 2);
    kept = agent;
    cr_assert_eq(contract_append(contract, &agent, "aborted", &receipt), ERR_OK);
    cr_assert_eq(receipt.record, 3);
    journal_abort(contract->journal);
    agent = kept;
    cr_assert_eq(contract_append(contract, &agent, "stored", &receipt), ERR_OK);
    cr_assert_eq(receipt.record, 3);
    cr_assert_not(receipt.is_repeat);
    contract_commit(contract);
    struct stream_bounds bounds = contract_bounds(contract, "events");
    cr_assert_eq(bounds.last, 3);
    cr_assert_eq(bounds.events, 3);
}

CONTRACT(an_abort_takes_back_positions_and_trims)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct position position;
    uint64_t removed;
    contract_fill(contract, &agent, 3);
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 0, 3, 1, NULL), ERR_OK);
    cr_assert_eq(journal_trim(contract->journal, "events", 3, &removed), ERR_OK);
    journal_abort(contract->journal);
    cr_assert_eq(journal_position(contract->journal, "events", "c", &position), ERR_OK);
    cr_assert_eq(position.position, 0);
    cr_assert_eq(contract_bounds(contract, "events").first, 1);
}

CONTRACT(committing_and_aborting_nothing_is_fine)
{
    struct journal_stats stats;
    contract_commit(contract);
    journal_abort(contract->journal);
    contract_commit(contract);
    cr_assert_eq(journal_stats(contract->journal, &stats), ERR_OK);
    cr_assert_eq(stats.commits, 0);
}

CONTRACT(a_transaction_of_repeats_alone_flushes_nothing)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_stats stats;
    contract_fill(contract, &agent, 1);
    struct batch batch = contract->batch;
    cr_assert_eq(contract_append_batch(contract, &batch, NULL), ERR_OK);
    contract_commit(contract);
    cr_assert_eq(journal_stats(contract->journal, &stats), ERR_OK);
    cr_assert_eq(stats.commits, 1);
}

CONTRACT(numbers_are_dense_over_commits_aborts_and_reopening)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    for (int i = 0; i < 60; i++) {
        struct chain before = agent;
        cr_assert_eq(contract_append(contract, &agent, "a", NULL), ERR_OK);
        cr_assert_eq(contract_append(contract, &agent, "b", NULL), ERR_OK);
        if (i % 3 == 1) {
            journal_abort(contract->journal);
            agent = before;
        } else {
            contract_commit(contract);
        }
        if (i % 20 == 19)
            contract_reopen(contract);
    }
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->err, ERR_OK);
    cr_assert_eq(seen->count, 80);
    for (size_t i = 0; i < seen->count; i++) {
        cr_assert_eq(seen->records[i].sequence, i + 1);
        cr_assert_eq(seen->records[i].batch.sequence, i + 1);
    }
    free(seen);
}

CONTRACT(reopening_keeps_everything)
{
    struct chain agent = chain_start("events", "agent", 3);
    struct seen *seen = calloc(1, sizeof *seen);
    struct producer_state state;
    struct position position;
    unsigned char id[JOURNAL_ID_BYTES];
    contract_fill(contract, &agent, 20);
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 0, 7, 42, NULL), ERR_OK);
    contract_commit(contract);
    memcpy(id, journal_id(contract->journal), sizeof id);
    struct stream_bounds before = contract_bounds(contract, "events");
    contract_reopen(contract);
    struct stream_bounds after = contract_bounds(contract, "events");
    cr_assert_eq(memcmp(id, journal_id(contract->journal), sizeof id), 0);
    cr_assert_eq(memcmp(&before, &after, sizeof before), 0);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->count, 20);
    cr_assert_eq(journal_producer(contract->journal, "events", "agent", &state), ERR_OK);
    cr_assert_eq(state.sequence, 20);
    cr_assert_eq(journal_position(contract->journal, "events", "c", &position), ERR_OK);
    cr_assert_eq(position.position, 7);
    cr_assert_eq(position.saved_ms, 42);
    contract_fill(contract, &agent, 1);
    cr_assert_eq(contract_bounds(contract, "events").last, 21);
    free(seen);
}

CONTRACT(the_id_is_random_for_each_journal)
{
    struct contract other;
    contract_init(&other, contract->engine);
    cr_assert_neq(
        memcmp(journal_id(contract->journal), journal_id(other.journal), JOURNAL_ID_BYTES), 0);
    contract_fini(&other);
}

/* --- positions -------------------------------------------------------------------------------- */

CONTRACT(a_position_is_saved_only_over_the_expected_one)
{
    struct position position;
    struct journal *journal = contract->journal;
    cr_assert_eq(journal_save_position(journal, "events", "c", 0, 5, 11, &position), ERR_OK);
    cr_assert_eq(position.position, 5);
    contract_commit(contract);
    cr_assert_eq(journal_save_position(journal, "events", "c", 4, 6, 12, &position), ERR_CONFLICT);
    cr_assert_eq(position.position, 5);
    cr_assert_eq(position.saved_ms, 11);
    cr_assert_eq(journal_save_position(journal, "events", "c", 5, 6, 13, &position), ERR_OK);
    contract_commit(contract);
    cr_assert_eq(journal_position(journal, "events", "c", &position), ERR_OK);
    cr_assert_eq(position.position, 6);
    cr_assert_eq(position.saved_ms, 13);
}

CONTRACT(a_first_position_expected_to_exist_is_a_conflict_with_0)
{
    struct position position = {.position = 99};
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 3, 4, 1, &position),
                 ERR_CONFLICT);
    cr_assert_eq(position.position, 0);
}

CONTRACT(the_position_of_the_open_transaction_is_what_the_next_save_meets)
{
    struct journal *journal = contract->journal;
    cr_assert_eq(journal_save_position(journal, "events", "c", 0, 5, 1, NULL), ERR_OK);
    cr_assert_eq(journal_save_position(journal, "events", "c", 0, 6, 1, NULL), ERR_CONFLICT);
    cr_assert_eq(journal_save_position(journal, "events", "c", 5, 6, 1, NULL), ERR_OK);
}

struct listing {
    char text[512];
    size_t count, max;
};

static bool list(struct listing *listing, const char *stream, const char *name, uint64_t number)
{
    size_t used = strlen(listing->text);
    snprintf(listing->text + used, sizeof listing->text - used, "%s/%s=%llu ", stream, name,
             (unsigned long long)number);
    return ++listing->count < listing->max;
}

static bool list_producer(void *context, const char *stream, const char *producer,
                          const struct producer_state *state)
{
    return list(context, stream, producer, state->sequence);
}

static bool list_position(void *context, const char *stream, const char *consumer,
                          const struct position *position)
{
    return list(context, stream, consumer, position->position);
}

CONTRACT(position_0_takes_a_position_away)
{
    struct position position;
    struct journal *journal = contract->journal;
    cr_assert_eq(journal_save_position(journal, "events", "c", 0, 5, 1, NULL), ERR_OK);
    contract_commit(contract);
    cr_assert_eq(journal_save_position(journal, "events", "c", 4, 0, 2, NULL), ERR_CONFLICT);
    cr_assert_eq(journal_save_position(journal, "events", "c", 5, 0, 2, &position), ERR_OK);
    cr_assert_eq(position.position, 0);
    contract_commit(contract);
    struct listing listing = {.max = 99};
    cr_assert_eq(journal_positions(journal, list_position, &listing), ERR_OK);
    cr_expect_eq(listing.count, 0);
    cr_expect_eq(journal_save_position(journal, "events", "c", 0, 0, 3, NULL), ERR_OK);
}

CONTRACT(positions_and_producers_are_listed_in_order_until_stopped)
{
    static const char *const streams[] = {"events", "events-2", "events.a", "scores", NULL};
    static const char *const order[] = {"scores", "events.a", "events-2", "events"};
    journal_close(&contract->journal);
    cr_assert_eq(contract_open(contract, 0, streams), ERR_OK);
    for (uint64_t i = 0; i < 4; i++) {
        struct chain b = chain_start(order[i], "b", 1), a = chain_start(order[i], "a", 1);
        contract_fill(contract, &b, 1);
        contract_fill(contract, &a, 2);
        cr_assert_eq(journal_save_position(contract->journal, order[i], "x", 0, i + 1, 1, NULL),
                     ERR_OK);
    }
    contract_commit(contract);
    struct listing producers = {.max = 7}, positions = {.max = 9};
    cr_assert_eq(journal_producers(contract->journal, list_producer, &producers), ERR_OK);
    cr_assert_str_eq(producers.text, "events/a=2 events/b=1 events-2/a=2 events-2/b=1 "
                                     "events.a/a=2 events.a/b=1 scores/a=2 ");
    cr_assert_eq(journal_positions(contract->journal, list_position, &positions), ERR_OK);
    cr_assert_str_eq(positions.text, "events/x=4 events-2/x=3 events.a/x=2 scores/x=1 ");
}
