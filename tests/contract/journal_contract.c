#include "tests/contract/journal_contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static const struct journal_engine *const engines[] = {&journal_lmdb};
static const char *const streams_usual[] = {"events", "scores", NULL};

enum err contract_open(struct contract *contract, uint64_t max_bytes, const char *const *streams)
{
    const struct journal_options options = {.directory = contract->directory,
                                            .max_bytes = max_bytes ? max_bytes : JOURNAL_MIN_BYTES,
                                            .streams = streams ? streams : streams_usual};
    return journal_open_with(contract->engine, &options, &contract->journal);
}

void contract_init(struct contract *contract, const struct journal_engine *engine)
{
    *contract = (struct contract){.engine = engine, .now_ms = 1700000000000};
    scratch_make("journal", contract->directory);
    buffer_init(&contract->frame, BATCH_FRAME_MAX_BYTES);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
}

void contract_fini(struct contract *contract)
{
    journal_close(&contract->journal);
    buffer_fini(&contract->frame);
    scratch_clear(contract->directory);
}

static void run(const struct journal_engine *engine, void (*claim)(struct contract *contract))
{
    struct contract contract;
    contract_init(&contract, engine);
    claim(&contract);
    contract_fini(&contract);
}

void contract_run(void (*claim)(struct contract *contract))
{
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
        run(engines[i], claim);
}

void contract_run_lmdb(void (*claim)(struct contract *contract))
{
    run(&journal_lmdb, claim);
}

void contract_path(const struct contract *contract, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", contract->directory, name);
}

size_t contract_file_size(const struct contract *contract)
{
    char path[128];
    struct stat info;
    contract_path(contract, "journal/data.mdb", path);
    cr_assert_eq(stat(path, &info), 0);
    return (size_t)info.st_size;
}

void contract_reopen(struct contract *contract)
{
    journal_close(&contract->journal);
    cr_assert_eq(contract_open(contract, 0, NULL), ERR_OK);
}

enum err contract_append_batch(struct contract *contract, const struct batch *batch,
                               struct journal_receipt *receipt)
{
    return journal_append(contract->journal, batch, contract->frame.data, contract->frame.size,
                          contract->now_ms, receipt);
}

enum err contract_append(struct contract *contract, struct chain *chain, const char *payload,
                         struct journal_receipt *receipt)
{
    struct chain next = *chain;
    contract->batch = chain_next(&next, payload, &contract->frame);
    enum err err = contract_append_batch(contract, &contract->batch, receipt);
    if (!err)
        *chain = next;
    return err;
}

void contract_commit(struct contract *contract)
{
    cr_assert_eq(journal_commit(contract->journal), ERR_OK);
}

bool contract_keep(struct contract *contract, struct chain *chain, const char *payload)
{
    bool is_kept;
    cr_assert_eq(contract_append(contract, chain, payload, NULL), ERR_OK);
    cr_assert_eq(journal_keep(contract->journal, &is_kept), ERR_OK);
    return is_kept;
}

void contract_fill(struct contract *contract, struct chain *chain, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char payload[128];
        snprintf(payload, sizeof payload, "%s %llu.%llu", chain->producer,
                 (unsigned long long)chain->epoch, (unsigned long long)chain->sequence + 1);
        cr_assert_eq(contract_append(contract, chain, payload, NULL), ERR_OK);
        contract_commit(contract);
    }
}

uint64_t contract_hash(const void *bytes, size_t size)
{
    return XXH3_64bits(bytes, size);
}

static bool see(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct seen *seen = context;
    struct seen_record *kept = &seen->records[seen->count];
    struct record again;
    cr_assert_eq(record_parse(bytes, size, &again), ERR_OK);
    cr_assert_eq(again.sequence, record->sequence);
    cr_assert_eq(batch_parse(record->frame, record->frame_size, &kept->batch), ERR_OK);
    cr_assert_eq(batch_check_digest(&kept->batch), ERR_OK);
    kept->sequence = record->sequence;
    kept->stored_ms = record->stored_ms;
    kept->payload = contract_hash(kept->batch.payload, kept->batch.payload_size);
    kept->batch.payload = NULL;
    return ++seen->count < sizeof seen->records / sizeof *seen->records;
}

void contract_read(struct contract *contract, const char *stream, uint64_t from, struct seen *seen)
{
    seen->count = 0;
    seen->next = 0;
    seen->err = journal_read(contract->journal, stream, from, see, seen, &seen->next);
}

struct stream_bounds contract_bounds(struct contract *contract, const char *stream)
{
    struct stream_bounds bounds;
    cr_assert_eq(journal_bounds(contract->journal, stream, &bounds), ERR_OK);
    return bounds;
}

void contract_whole(struct contract *contract, const struct chain *chain)
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

char *contract_payload(size_t size, char letter)
{
    char *payload = malloc(size + 1);
    cr_assert_not_null(payload);
    memset(payload, letter, size);
    payload[size] = '\0';
    return payload;
}
