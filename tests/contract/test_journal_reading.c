/* What journal.h promises of reading, trimming, being full, being opened. */
#include "tests/contract/journal_contract.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- reading ---------------------------------------------------------------------------------- */

CONTRACT(records_are_read_in_order_from_any_number)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    contract_fill(contract, &agent, 10);
    for (uint64_t from = 0; from <= 12; from++) {
        uint64_t first = from ? from : 1;
        contract_read(contract, "events", from, seen);
        cr_assert_eq(seen->err, ERR_OK);
        cr_assert_eq(seen->count, first <= 10 ? 11 - first : 0);
        cr_assert_eq(seen->next, first <= 10 ? 11 : first);
        for (size_t i = 0; i < seen->count; i++)
            cr_assert_eq(seen->records[i].sequence, first + i);
    }
    free(seen);
}

CONTRACT(records_hold_what_was_published_byte_for_byte)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    cr_assert_eq(contract_append(contract, &agent, "payload", NULL), ERR_OK);
    contract_commit(contract);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->count, 1);
    cr_assert_str_eq(seen->records[0].batch.producer, "agent");
    cr_assert_eq(seen->records[0].batch.epoch, 1);
    cr_assert_eq(seen->records[0].stored_ms, contract->now_ms);
    cr_assert_eq(seen->records[0].payload, contract_hash("payload", 7));
    free(seen);
}

struct stop {
    uint64_t at;
    size_t calls;
};

static bool stop_at(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct stop *stop = context;
    (void)bytes;
    (void)size;
    stop->calls++;
    return record->sequence < stop->at;
}

CONTRACT(reading_stops_when_the_visitor_says_so_and_goes_on_behind_it)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct stop stop = {.at = 4};
    uint64_t next;
    contract_fill(contract, &agent, 9);
    cr_assert_eq(journal_read(contract->journal, "events", 2, stop_at, &stop, &next), ERR_OK);
    cr_assert_eq(stop.calls, 3);
    cr_assert_eq(next, 5);
}

CONTRACT(bounds_count_records_events_bytes_and_times)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct stream_bounds bounds = contract_bounds(contract, "events"), nothing = {0};
    cr_assert_eq(memcmp(&bounds, &nothing, sizeof bounds), 0);
    size_t bytes = 0;
    for (int i = 0; i < 5; i++) {
        contract->now_ms += 10;
        contract_fill(contract, &agent, 1);
        bytes += RECORD_PREFIX_BYTES + contract->frame.size;
    }
    bounds = contract_bounds(contract, "events");
    cr_assert_eq(bounds.first, 1);
    cr_assert_eq(bounds.last, 5);
    cr_assert_eq(bounds.first_ms, contract->now_ms - 40);
    cr_assert_eq(bounds.last_ms, contract->now_ms);
    cr_assert_eq(bounds.events, 5);
    cr_assert_eq(bounds.bytes, bytes);
    cr_assert_eq(contract_bounds(contract, "scores").last, 0);
}

CONTRACT(stored_times_never_decrease_when_the_clock_does)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    contract_fill(contract, &agent, 1);
    contract->now_ms -= 5000;
    contract_fill(contract, &agent, 1);
    contract_reopen(contract);
    contract_fill(contract, &agent, 1);
    contract->now_ms += 6000;
    contract_fill(contract, &agent, 1);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->count, 4);
    cr_assert_eq(seen->records[1].stored_ms, seen->records[0].stored_ms);
    cr_assert_eq(seen->records[2].stored_ms, seen->records[0].stored_ms);
    cr_assert_eq(seen->records[3].stored_ms, seen->records[0].stored_ms + 1000);
    free(seen);
}

CONTRACT(seeking_finds_the_first_record_stored_at_or_after_a_time)
{
    struct chain agent = chain_start("events", "agent", 1);
    uint64_t start = contract->now_ms, found, removed;
    cr_assert_eq(journal_seek(contract->journal, "events", start, &found), ERR_OK);
    cr_assert_eq(found, 1);
    for (uint64_t i = 0; i < 50; i++) { /* two records each at start, start + 10 … start + 240 */
        contract->now_ms = start + i / 2 * 10;
        contract_fill(contract, &agent, 1);
    }
    for (uint64_t ms = 0; ms <= 250; ms++) {
        cr_assert_eq(journal_seek(contract->journal, "events", start + ms, &found), ERR_OK);
        cr_assert_eq(found, (ms + 9) / 10 * 2 + 1);
    }
    cr_assert_eq(journal_seek(contract->journal, "events", 0, &found), ERR_OK);
    cr_assert_eq(found, 1);
    cr_assert_eq(journal_trim(contract->journal, "events", 8, &removed), ERR_OK);
    contract_commit(contract);
    cr_assert_eq(journal_seek(contract->journal, "events", 0, &found), ERR_OK);
    cr_assert_eq(found, 8);
}

CONTRACT(an_unknown_producer_or_consumer_is_all_zero)
{
    struct producer_state state = {.epoch = 9}, nothing = {0};
    struct position position = {9, 9};
    cr_assert_eq(journal_producer(contract->journal, "events", "nobody", &state), ERR_OK);
    cr_assert_eq(memcmp(&state, &nothing, sizeof state), 0);
    cr_assert_eq(journal_position(contract->journal, "events", "nobody", &position), ERR_OK);
    cr_assert_eq(position.position, 0);
    cr_assert_eq(position.saved_ms, 0);
}

struct reading {
    struct contract *contract;
    uint64_t total, in_one_commit;
    const char *wrong; /* NULL: nothing */
    uint64_t looks;
};

static bool count_record(void *context, const struct record *record, const void *bytes, size_t size)
{
    uint64_t *count = context;
    (void)record;
    (void)bytes;
    (void)size;
    ++*count;
    return true;
}

static void *read_along(void *argument)
{
    struct reading *reading = argument;
    struct journal *journal = reading->contract->journal;
    uint64_t last = 0;
    while (last < reading->total && !reading->wrong) {
        struct stream_bounds bounds;
        struct producer_state state;
        uint64_t count = 0, next;
        if (journal_bounds(journal, "events", &bounds) ||
            journal_read(journal, "events", 1, count_record, &count, &next) ||
            journal_producer(journal, "events", "agent", &state))
            reading->wrong = "a read failed";
        else if (bounds.last < last || count < bounds.last || state.sequence < count)
            reading->wrong = "a later look saw less";
        else if (bounds.last % reading->in_one_commit || count % reading->in_one_commit ||
                 state.sequence % reading->in_one_commit)
            reading->wrong = "part of a transaction was seen";
        last = bounds.last;
        reading->looks++;
    }
    return NULL;
}

CONTRACT(a_reader_in_another_thread_sees_whole_transactions_only)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct reading reading = {.contract = contract, .total = 2000, .in_one_commit = 10};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, read_along, &reading), 0);
    for (uint64_t i = 1; i <= reading.total; i++) {
        cr_assert_eq(contract_append(contract, &agent, "payload", NULL), ERR_OK);
        if (i % reading.in_one_commit == 0)
            contract_commit(contract);
    }
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    cr_assert_null(reading.wrong, "%s", reading.wrong);
    cr_assert_gt(reading.looks, 0);
}

/* --- trimming --------------------------------------------------------------------------------- */

CONTRACT(trimming_removes_the_oldest_at_most_100_at_a_time)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    uint64_t removed;
    contract_fill(contract, &agent, 150);
    struct stream_bounds before = contract_bounds(contract, "events");
    cr_assert_eq(journal_trim(contract->journal, "events", 121, &removed), ERR_OK);
    cr_assert_eq(removed, 100);
    contract_commit(contract);
    cr_assert_eq(contract_bounds(contract, "events").first, 101);
    cr_assert_eq(journal_trim(contract->journal, "events", 121, &removed), ERR_OK);
    cr_assert_eq(removed, 20);
    contract_commit(contract);
    struct stream_bounds after = contract_bounds(contract, "events");
    cr_assert_eq(after.first, 121);
    cr_assert_eq(after.last, 150);
    cr_assert_eq(after.events, before.events);
    cr_assert_eq(after.bytes, before.bytes);
    cr_assert_eq(journal_trim(contract->journal, "events", 121, &removed), ERR_OK);
    cr_assert_eq(removed, 0);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->count, 30);
    cr_assert_eq(seen->records[0].sequence, 121);
    free(seen);
}

CONTRACT(trimming_all_keeps_numbers_and_producers)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    struct producer_state state;
    uint64_t removed;
    contract_fill(contract, &agent, 5);
    cr_assert_eq(journal_trim(contract->journal, "events", UINT64_MAX, &removed), ERR_OK);
    cr_assert_eq(removed, 5);
    contract_commit(contract);
    contract_reopen(contract);
    struct stream_bounds bounds = contract_bounds(contract, "events");
    cr_assert_eq(bounds.first, 0);
    cr_assert_eq(bounds.last, 5);
    cr_assert_eq(journal_producer(contract->journal, "events", "agent", &state), ERR_OK);
    cr_assert_eq(state.sequence, 5);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->err, ERR_OK);
    cr_assert_eq(seen->count, 0);
    cr_assert_eq(seen->next, 6);
    contract->now_ms -= 1000;
    contract_fill(contract, &agent, 1);
    bounds = contract_bounds(contract, "events");
    cr_assert_eq(bounds.first, 6);
    cr_assert_eq(bounds.first_ms, contract->now_ms + 1000);
    free(seen);
}

/* --- full ------------------------------------------------------------------------------------- */

/* Appends of 64 KB, a commit each, until one is refused. */
static enum err fill_up(struct contract *contract, struct chain *chain)
{
    char *payload = contract_payload(64 * 1024, 'x');
    enum err err = ERR_OK;
    for (size_t i = 0; i < 10000 && !err; i++) {
        err = contract_append(contract, chain, payload, NULL);
        if (!err)
            err = journal_commit(contract->journal);
    }
    free(payload);
    return err;
}

CONTRACT(a_full_journal_refuses_batches_and_goes_on_reading)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    struct journal_stats stats;
    cr_assert_eq(fill_up(contract, &agent), ERR_FULL);
    journal_abort(contract->journal);
    cr_assert_eq(journal_stats(contract->journal, &stats), ERR_OK);
    cr_assert_leq(stats.used_bytes, stats.limit_bytes);
    cr_assert_gt(stats.used_bytes, stats.limit_bytes / 10 * 9);
    cr_assert_eq(fill_up(contract, &agent), ERR_FULL); /* still */
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->err, ERR_OK);
    cr_assert_eq(seen->count, agent.sequence);
    free(seen);
}

CONTRACT(a_batch_refused_for_want_of_room_leaves_the_transaction_usable)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct position position;
    cr_assert_eq(fill_up(contract, &agent), ERR_FULL);
    cr_assert_eq(journal_save_position(contract->journal, "events", "c", 0, 3, 1, NULL), ERR_OK);
    contract_commit(contract);
    cr_assert_eq(journal_position(contract->journal, "events", "c", &position), ERR_OK);
    cr_assert_eq(position.position, 3);
}

CONTRACT(a_full_journal_takes_batches_again_after_trimming)
{
    struct chain agent = chain_start("events", "agent", 1);
    uint64_t removed;
    for (int round = 0; round < 5; round++) { /* several times round the file */
        cr_assert_eq(fill_up(contract, &agent), ERR_FULL);
        journal_abort(contract->journal);
        uint64_t first = contract_bounds(contract, "events").first;
        cr_assert_eq(journal_trim(contract->journal, "events", first + 90, &removed), ERR_OK);
        cr_assert_eq(removed, 90);
        contract_commit(contract);
    }
    contract_fill(contract, &agent, 50);
    contract_reopen(contract);
    cr_assert_eq(contract_bounds(contract, "events").last, agent.sequence);
}

CONTRACT(a_larger_size_at_a_later_open_makes_room_and_a_smaller_one_takes_none_away)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_stats small, large, again;
    cr_assert_eq(fill_up(contract, &agent), ERR_FULL);
    cr_assert_eq(journal_stats(contract->journal, &small), ERR_OK);
    journal_close(&contract->journal);
    cr_assert_eq(contract_open(contract, 2 * JOURNAL_MIN_BYTES, NULL), ERR_OK);
    cr_assert_eq(journal_stats(contract->journal, &large), ERR_OK);
    cr_assert_gt(large.limit_bytes, small.limit_bytes);
    contract_fill(contract, &agent, 3);
    contract_reopen(contract);
    cr_assert_eq(journal_stats(contract->journal, &again), ERR_OK);
    cr_assert_eq(again.limit_bytes, large.limit_bytes);
    cr_assert_eq(contract_bounds(contract, "events").last, agent.sequence);
}

/* --- opening ---------------------------------------------------------------------------------- */

CONTRACT(streams_are_added_at_a_later_open_and_kept_when_not_named)
{
    static const char *const more[] = {"alerts", NULL};
    struct chain agent = chain_start("events", "agent", 1);
    struct chain alerter = chain_start("alerts", "alerter", 1);
    contract_fill(contract, &agent, 2);
    journal_close(&contract->journal);
    cr_assert_eq(contract_open(contract, 0, more), ERR_OK);
    cr_assert_eq(contract_bounds(contract, "events").last, 2);
    contract_fill(contract, &alerter, 1);
    contract_reopen(contract);
    cr_assert_eq(contract_bounds(contract, "alerts").last, 1);
}

CONTRACT(too_many_streams_or_a_bad_name_are_refused)
{
    static const char *const bad[] = {"Events", NULL};
    char names[JOURNAL_MAX_STREAMS][8];
    const char *many[JOURNAL_MAX_STREAMS + 1] = {NULL};
    for (int i = 0; i < JOURNAL_MAX_STREAMS; i++) {
        snprintf(names[i], sizeof names[i], "s%d", i);
        many[i] = names[i];
    }
    journal_close(&contract->journal);
    cr_assert_eq(contract_open(contract, 0, bad), ERR_CONFIG);
    cr_assert_eq(contract_open(contract, 0, many), ERR_CONFIG);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
}

CONTRACT(a_directory_that_is_missing_is_not_found)
{
    char directory[SCRATCH_BYTES];
    memcpy(directory, contract->directory, sizeof directory);
    journal_close(&contract->journal);
    memcpy(contract->directory + strlen(directory), "/no", sizeof "/no");
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_NOT_FOUND);
    memcpy(contract->directory, directory, sizeof directory);
}

CONTRACT(a_directory_that_may_not_be_written_is_a_matter_of_permission)
{
    struct contract other = *contract;
    scratch_make("journal", other.directory);
    cr_assert_eq(chmod(other.directory, 0500), 0);
    bool is_root = geteuid() == 0;
    if (is_root)
        cr_assert_eq(seteuid(65534), 0);
    enum err err = contract_open(&other, 0, NULL);
    if (is_root)
        cr_assert_eq(seteuid(0), 0);
    rmdir(other.directory);
    cr_assert_eq(err, ERR_PERMISSION);
}

CONTRACT(a_second_journal_on_the_directory_is_locked_out)
{
    struct contract second = *contract;
    cr_assert_eq(contract_open(&second, 0, NULL), ERR_LOCKED);
    contract_reopen(contract); /* and the first one's lock ends with it */
}

CONTRACT(a_second_process_on_the_directory_is_locked_out)
{
    int status;
    pid_t child = fork();
    if (!child) {
        struct contract second = *contract;
        _exit(contract_open(&second, 0, NULL) == ERR_LOCKED ? 0 : 1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* --- preparing -------------------------------------------------------------------------------- */

CONTRACT(preparing_ends_and_changes_nothing_that_is_stored)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct seen *seen = calloc(1, sizeof *seen);
    bool is_done = false;
    contract_fill(contract, &agent, 20);
    for (int i = 0; i < 1000 && !is_done; i++)
        cr_assert_eq(journal_prepare(contract->journal, &is_done), ERR_OK);
    cr_assert(is_done);
    contract_fill(contract, &agent, 20);
    contract_reopen(contract);
    contract_read(contract, "events", 1, seen);
    cr_assert_eq(seen->err, ERR_OK);
    cr_assert_eq(seen->count, 40);
    free(seen);
}

CONTRACT(preparing_leaves_an_open_transaction_alone)
{
    struct chain agent = chain_start("events", "agent", 1);
    bool is_done = true;
    cr_assert_eq(contract_append(contract, &agent, "one", NULL), ERR_OK);
    cr_assert_eq(journal_prepare(contract->journal, &is_done), ERR_OK);
    cr_assert_not(is_done);
    contract_commit(contract);
    cr_assert_eq(contract_bounds(contract, "events").last, 1);
}

/* --- figures ---------------------------------------------------------------------------------- */

static bool look_at_stats(void *context, const struct record *record, const void *bytes,
                          size_t size)
{
    struct contract *contract = context;
    struct journal_stats stats;
    (void)record;
    (void)bytes;
    (void)size;
    cr_assert_eq(journal_stats(contract->journal, &stats), ERR_OK);
    cr_assert_eq(stats.readers, 1);
    return false;
}

CONTRACT(the_figures_tell_commits_room_and_readers)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct journal_stats stats;
    uint64_t next;
    contract_fill(contract, &agent, 4);
    cr_assert_eq(journal_stats(contract->journal, &stats), ERR_OK);
    cr_assert_eq(stats.commits, 4);
    cr_assert_gt(stats.commit_us_last, 0);
    cr_assert_geq(stats.commit_us_total, stats.commit_us_last);
    cr_assert_eq(stats.map_bytes, JOURNAL_MIN_BYTES);
    cr_assert_leq(stats.limit_bytes, JOURNAL_MIN_BYTES / 10 * 9);
    cr_assert_geq(stats.limit_bytes, JOURNAL_MIN_BYTES / 100 * 89);
    cr_assert_gt(stats.used_bytes, 0);
    cr_assert_lt(stats.used_bytes, stats.limit_bytes);
    cr_assert_eq(stats.readers, 0);
    cr_assert_eq(journal_read(contract->journal, "events", 1, look_at_stats, contract, &next),
                 ERR_OK);
}

struct nesting {
    struct contract *contract;
    size_t depth;
    enum err err;
};

static bool read_inside(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct nesting *nesting = context;
    uint64_t next;
    (void)record;
    (void)bytes;
    (void)size;
    nesting->depth++;
    enum err err =
        journal_read(nesting->contract->journal, "events", 1, read_inside, nesting, &next);
    if (err)
        nesting->err = err;
    return false;
}

CONTRACT(too_many_reads_at_once_are_refused)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct nesting nesting = {.contract = contract};
    uint64_t next;
    contract_fill(contract, &agent, 1);
    cr_assert_eq(journal_read(contract->journal, "events", 1, read_inside, &nesting, &next),
                 ERR_OK);
    cr_assert_eq(nesting.err, ERR_NOMEM);
    cr_assert_geq(nesting.depth, 16);
    contract_fill(contract, &agent, 1);
    cr_assert_eq(contract_bounds(contract, "events").last, 2);
}
