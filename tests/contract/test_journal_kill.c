/* What was acknowledged by a process that is then killed is there afterwards. */
#include "tests/contract/journal_contract.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 10 };

/* What the writer tells after a commit: the last record of it. */
struct told {
    uint64_t record, sequence;
    unsigned char digest[DIGEST_BYTES];
};

/* Append and commit without end, one to four batches a commit; goes on where the journal stands. */
static _Noreturn void write_until_killed(struct contract *contract, int pipe_end)
{
    struct chain agent = chain_start("events", "agent", 1);
    struct producer_state state;
    if (contract_open(contract, 4 * JOURNAL_MIN_BYTES, NULL) ||
        journal_producer(contract->journal, "events", "agent", &state))
        _exit(1);
    agent.sequence = state.sequence;
    memcpy(agent.head, state.digest, DIGEST_BYTES);
    for (uint64_t i = 0;; i++) {
        struct journal_receipt receipt;
        for (uint64_t j = 0; j <= i % 4; j++)
            if (contract_append(contract, &agent, "payload that must survive", &receipt))
                _exit(2);
        if (journal_commit(contract->journal))
            _exit(3);
        struct told told = {.record = receipt.record, .sequence = agent.sequence};
        memcpy(told.digest, agent.head, DIGEST_BYTES);
        if (write(pipe_end, &told, sizeof told) != sizeof told)
            _exit(4);
    }
}

/* Kill the writer when it has told `count` times; `told` gets the last thing it said. */
static void kill_after(struct contract *contract, int count, struct told *told)
{
    int ends[2], status;
    struct told next;
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    if (!child)
        write_until_killed(contract, ends[1]);
    close(ends[1]);
    for (int i = 0; i < count; i++)
        cr_assert_eq(read(ends[0], told, sizeof *told), (ssize_t)sizeof *told);
    cr_assert_eq(kill(child, SIGKILL), 0);
    while (read(ends[0], &next, sizeof next) == (ssize_t)sizeof next)
        *told = next;
    close(ends[0]);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status));
}

struct following {
    uint64_t records;
    struct told told;
    bool was_met;
};

static bool follow(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct following *following = context;
    struct batch batch;
    (void)bytes;
    (void)size;
    cr_assert_eq(record->sequence, ++following->records);
    cr_assert_eq(batch_parse(record->frame, record->frame_size, &batch), ERR_OK);
    cr_assert_eq(batch.sequence, following->records, "a batch is lost, doubled or out of order");
    cr_assert_eq(batch_check_digest(&batch), ERR_OK);
    if (record->sequence == following->told.record)
        following->was_met = !memcmp(batch.digest, following->told.digest, DIGEST_BYTES);
    return true;
}

CONTRACT(what_a_killed_process_had_acknowledged_is_there)
{
    journal_close(&contract->journal);
    for (int round = 0; round < ROUNDS; round++) {
        struct following following = {0};
        struct producer_state state;
        uint64_t next;
        kill_after(contract, 1 + round * 23 % 60, &following.told);
        cr_assert_eq(contract_open(contract, 4 * JOURNAL_MIN_BYTES, NULL), ERR_OK);
        cr_assert_eq(journal_read(contract->journal, "events", 1, follow, &following, &next),
                     ERR_OK);
        cr_assert(following.was_met, "round %d: an acknowledged record is lost", round);
        cr_assert_eq(journal_producer(contract->journal, "events", "agent", &state), ERR_OK);
        cr_assert_eq(state.sequence, following.records);
        cr_assert_eq(state.record, following.records);
        journal_close(&contract->journal);
    }
}

/* A creation that was cut short leaves nothing that the next start trips over. */
CONTRACT(a_process_killed_while_it_creates_the_journal_leaves_none)
{
    int status;
    for (int round = 0; round < ROUNDS; round++) {
        struct contract fresh = *contract;
        int ends[2];
        char byte;
        scratch_make("journal", fresh.directory);
        cr_assert_eq(pipe(ends), 0);
        pid_t child = fork();
        if (!child) {
            byte = write(ends[1], "b", 1) == 1 ? 'b' : 'x';
            enum err err = contract_open(&fresh, 0, NULL);
            _exit(err || byte != 'b');
        }
        cr_assert_eq(read(ends[0], &byte, 1), 1); /* it has begun */
        cr_assert_eq(kill(child, SIGKILL), 0);
        cr_assert_eq(waitpid(child, &status, 0), child);
        close(ends[0]);
        close(ends[1]);
        cr_assert_eq(contract_open(&fresh, 0, NULL), ERR_OK);
        cr_assert_eq(contract_bounds(&fresh, "events").last, 0);
        buffer_init(&fresh.frame, 1);
        contract_fini(&fresh);
    }
}
