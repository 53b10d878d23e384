/* A journal looked at and copied by another process while this one writes to it. */
#include "broker/journal/care.h"
#include "tests/contract/journal_contract.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- another process ------------------------------------------------------------------------------ */

/* It says "here" once it holds the journal's state, and goes on when it is told to. */
struct other {
    pid_t pid;
    int here[2], go[2];
};

struct waiting {
    const struct other *other;
    bool has_said;
};

static bool wait_once(void *context, uint64_t done, uint64_t total)
{
    struct waiting *waiting = context;
    char byte = 0;
    (void)done;
    (void)total;
    if (waiting->has_said)
        return true;
    waiting->has_said = true;
    return write(waiting->other->here[1], &byte, 1) == 1 &&
           read(waiting->other->go[0], &byte, 1) == 1;
}

static void copy_paths(const struct contract *contract, char from[128], char to[128])
{
    contract_path(contract, "journal", from);
    contract_path(contract, "copy", to);
}

/* Begin a copy in a process that stops after its first chunk. Its exit code will be its error. */
static struct other begin_copy(const struct contract *contract)
{
    struct other other;
    char from[128], to[128], byte;
    copy_paths(contract, from, to);
    cr_assert_eq(mkdir(to, 0700), 0);
    cr_assert_eq(pipe(other.here), 0);
    cr_assert_eq(pipe(other.go), 0);
    other.pid = fork();
    cr_assert_geq(other.pid, 0);
    if (!other.pid) {
        struct journal_copied copied;
        struct waiting waiting = {.other = &other};
        signal(SIGPIPE, SIG_IGN);
        _exit((int)journal_copy(from, to, wait_once, &waiting, &copied));
    }
    cr_assert_eq(read(other.here[0], &byte, 1), 1);
    return other;
}

static int end_copy(struct other *other)
{
    int status;
    cr_assert_eq(write(other->go[1], "", 1), 1);
    cr_assert_eq(waitpid(other->pid, &status, 0), other->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Records in the copy, each as it was appended; or the test fails. */
static uint64_t count_copied(const struct contract *contract)
{
    char from[128], to[128];
    struct journal *copy;
    struct stream_bounds bounds;
    copy_paths(contract, from, to);
    cr_assert_eq(journal_examine(to, true), ERR_OK);
    cr_assert_eq(journal_look(to, true, &copy), ERR_OK);
    cr_assert_eq(journal_bounds(copy, "events", &bounds), ERR_OK);
    cr_assert_arr_eq(journal_id(copy), journal_id(contract->journal), JOURNAL_ID_BYTES);
    journal_close(&copy);
    return bounds.last;
}

CONTRACT_LMDB(a_copy_is_the_journal_as_it_was_when_it_was_begun)
{
    struct chain chain = chain_start("events", "agent-220100", 1);
    contract_fill(contract, &chain, 100);
    struct other other = begin_copy(contract);
    contract_fill(contract, &chain, 300);
    cr_expect_eq(end_copy(&other), ERR_OK);
    cr_expect_eq(count_copied(contract), 100);
    cr_expect_eq(contract_bounds(contract, "events").last, 400);
}

CONTRACT_LMDB(a_copy_that_would_take_the_writers_room_is_given_up_and_the_room_is_there_again)
{
    struct chain chain = chain_start("events", "agent-220100", 1);
    char *payload = contract_payload(100000, 'x');
    enum err err = ERR_OK;
    for (int i = 0; i < 30; i++)
        cr_assert_eq(contract_append(contract, &chain, payload, NULL), ERR_OK);
    contract_commit(contract);
    struct other other = begin_copy(contract);
    /* One position written again and again fills no table; but no page that it frees may be used. */
    for (uint64_t i = 0; i < 100000 && !err; i++) {
        err = journal_save_position(contract->journal, "events", "c", i, i + 1, 1, NULL);
        if (!err)
            err = journal_commit(contract->journal);
        else
            journal_abort(contract->journal);
    }
    cr_expect_eq(err, ERR_FULL);
    cr_expect_eq(end_copy(&other), ERR_FULL);
    contract_fill(contract, &chain, 100);
    free(payload);
}

CONTRACT_LMDB(a_copy_whose_process_is_killed_does_no_harm)
{
    int status;
    struct chain chain = chain_start("events", "agent-220100", 1);
    contract_fill(contract, &chain, 100);
    struct other other = begin_copy(contract);
    cr_assert_eq(kill(other.pid, SIGKILL), 0);
    cr_assert_eq(waitpid(other.pid, &status, 0), other.pid);
    contract_fill(contract, &chain, 100);
    contract_reopen(contract);
    cr_expect_eq(contract_bounds(contract, "events").last, 200);
}

CONTRACT_LMDB(a_look_at_what_is_not_there_is_not_found)
{
    char path[128];
    struct journal *journal;
    uint64_t format;
    contract_path(contract, "nothing", path);
    cr_expect_eq(journal_look(path, true, &journal), ERR_NOT_FOUND);
    cr_expect_eq(journal_format(path, &format), ERR_NOT_FOUND);
    cr_expect_eq(journal_examine(path, true), ERR_NOT_FOUND);
}
