/* The ground that the journal's suite stands on: every claim runs once on every engine.
 *
 *     CONTRACT(what_is_claimed)
 *     {
 *         struct chain agent = chain_start("events", "agent", 1);
 *         cr_assert_eq(contract_append(contract, &agent, "payload", NULL), ERR_OK);
 *     }
 *
 * `contract` holds an open, empty journal with the streams "events" and "scores" in a directory of
 * its own, which is removed afterwards. A new engine is added in journal_contract.c.
 */
#ifndef SONGHUA_TESTS_JOURNAL_CONTRACT_H
#define SONGHUA_TESTS_JOURNAL_CONTRACT_H

#include "broker/journal/engine.h"
#include "tests/support/batches.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>

struct contract {
    const struct journal_engine *engine;
    char directory[SCRATCH_BYTES];
    struct journal *journal;
    struct buffer frame; /* of the batch made last */
    struct batch batch;
    uint64_t now_ms; /* handed to append and save_position */
};

#define CONTRACT(claim)                                                                            \
    static void claim(struct contract *contract);                                                  \
    Test(journal, claim, .timeout = 120)                                                           \
    {                                                                                              \
        contract_run(claim);                                                                       \
    }                                                                                              \
    static void claim(struct contract *contract)

/* For what only the LMDB engine can be put through: its files, its limits. */
#define CONTRACT_LMDB(claim)                                                                       \
    static void claim(struct contract *contract);                                                  \
    Test(journal_lmdb, claim, .timeout = 120)                                                      \
    {                                                                                              \
        contract_run_lmdb(claim);                                                                  \
    }                                                                                              \
    static void claim(struct contract *contract)

void contract_run(void (*claim)(struct contract *contract));

void contract_run_lmdb(void (*claim)(struct contract *contract));

/* A path in the directory, and the size of LMDB's file. */
void contract_path(const struct contract *contract, const char *name, char path[128]);
size_t contract_file_size(const struct contract *contract);

/* One engine without the loop, for tests of what only it does. */
void contract_init(struct contract *contract, const struct journal_engine *engine);
void contract_fini(struct contract *contract);

/* Open with other options, or as before. The journal must be closed. */
enum err contract_open(struct contract *contract, uint64_t max_bytes, const char *const *streams);
void contract_reopen(struct contract *contract); /* close, open, and it must succeed */

/* The chain's next batch into the open transaction. The chain moves on only when it is stored. */
enum err contract_append(struct contract *contract, struct chain *chain, const char *payload,
                         struct journal_receipt *receipt);
/* A batch of the caller's making. */
enum err contract_append_batch(struct contract *contract, const struct batch *batch,
                               struct journal_receipt *receipt);
void contract_commit(struct contract *contract); /* must succeed */

/* The chain's next batch, flushed but not committed; false: there is no room for it. */
bool contract_keep(struct contract *contract, struct chain *chain, const char *payload);

/* `count` batches of one chain, each "PRODUCER EPOCH.SEQUENCE", committed one by one. */
void contract_fill(struct contract *contract, struct chain *chain, size_t count);

/* The records from `from` on; at most `max` numbers and payloads' digests are kept. */
struct seen {
    size_t count;
    uint64_t next;
    enum err err;
    struct seen_record {
        uint64_t sequence, stored_ms;
        struct batch batch; /* without its payload */
        uint64_t payload;   /* a hash */
    } records[2048];
};
void contract_read(struct contract *contract, const char *stream, uint64_t from, struct seen *seen);
uint64_t contract_hash(const void *bytes, size_t size);

/* The stream "events" has all of the chain of "agent" and nothing else, once and in order. */
void contract_whole(struct contract *contract, const struct chain *chain);

struct stream_bounds contract_bounds(struct contract *contract, const char *stream);

/* A payload of that many bytes, to be freed. */
char *contract_payload(size_t size, char letter);

#endif
