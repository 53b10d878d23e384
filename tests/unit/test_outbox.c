#include "proto/client/outbox.h"

#include "proto/base/bytes.h"
#include "proto/base/file.h"
#include "proto/client/outbox_internal.h"
#include "tests/support/outbox_case.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- opening ---------------------------------------------------------------------------------- */

Test(outbox, a_second_opening_of_the_directory_is_refused, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct outbox *second;
    cr_expect_eq(outbox_open(&fixture->options, &second), ERR_LOCKED);
    outbox_case_free(fixture);
}

Test(outbox, names_that_the_protocol_does_not_allow_are_refused, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct outbox *second;
    fixture->options.producer = "Agent 220100";
    cr_expect_eq(outbox_open(&fixture->options, &second), ERR_USAGE);
    outbox_case_free(fixture);
}

Test(outbox, an_outbox_of_another_producer_is_refused, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct outbox *second;
    outbox_close(&fixture->outbox);
    fixture->options.producer = "agent-220200";
    cr_expect_eq(outbox_open(&fixture->options, &second), ERR_CONFIG);
    scratch_remove(&fixture->scratch);
}

Test(outbox, an_outbox_for_another_stream_is_refused, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct outbox *second;
    outbox_close(&fixture->outbox);
    fixture->options.stream = "scores";
    cr_expect_eq(outbox_open(&fixture->options, &second), ERR_CONFIG);
    scratch_remove(&fixture->scratch);
}

Test(outbox, a_directory_that_the_system_forbids_is_refused, .timeout = 20)
{
    struct scratch scratch = scratch_new();
    struct outbox *outbox;
    const struct outbox_options options = {
        .directory = scratch.directory, .stream = "events", .producer = "a"};
    uid_t owner = geteuid();
    cr_assert_eq(chmod(scratch.directory, 0500), 0);
    if (owner == 0)
        cr_assert_eq(seteuid(65534), 0);
    cr_expect_eq(outbox_open(&options, &outbox), ERR_PERMISSION);
    if (owner == 0)
        cr_assert_eq(seteuid(0), 0);
    scratch_remove(&scratch);
}

Test(outbox, an_unfinished_creation_is_begun_again, .timeout = 20)
{
    struct scratch scratch = scratch_new();
    char path[PATH_MAX];
    struct outbox *outbox;
    const struct outbox_options options = {
        .directory = scratch.directory, .stream = "events", .producer = "a"};
    snprintf(path, sizeof path, "%s/outbox.new", scratch.directory);
    cr_assert_eq(file_write(path, "half a file", 11, 0600), ERR_OK);
    cr_assert_eq(outbox_open(&options, &outbox), ERR_OK);
    cr_expect_eq(case_status(outbox).next_sequence, 1);
    outbox_close(&outbox);
    scratch_remove(&scratch);
}

/* Write the number of another format into the file. */
static void set_version(const struct outbox_case *fixture, uint64_t version)
{
    char path[PATH_MAX];
    MDB_env *env;
    MDB_txn *txn;
    struct outbox_tables tables;
    unsigned char row[8];
    bytes_put_le64(row, version);
    snprintf(path, sizeof path, "%s/" OUTBOX_FILE, fixture->scratch.directory);
    cr_assert_eq(mdb_env_create(&env), 0);
    cr_assert_eq(mdb_env_set_maxdbs(env, 3), 0);
    cr_assert_eq(mdb_env_open(env, path, MDB_NOTLS | MDB_NOSUBDIR, 0600), 0);
    cr_assert_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
    cr_assert_eq(outbox_tables_open(txn, false, &tables), 0);
    cr_assert_eq(outbox_row_put(txn, tables.meta, outbox_val(META_VERSION, strlen(META_VERSION)),
                                outbox_val(row, sizeof row)),
                 0);
    cr_assert_eq(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

Test(outbox, an_outbox_of_a_newer_program_is_refused, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    outbox_close(&fixture->outbox);
    set_version(fixture, OUTBOX_VERSION + 1);
    cr_expect_eq(outbox_open(&fixture->options, &fixture->outbox), ERR_VERSION);
    scratch_remove(&fixture->scratch);
}

/* --- damage ----------------------------------------------------------------------------------- */

static off_t size_of_file(struct outbox_case *fixture, char path[PATH_MAX])
{
    struct stat info;
    snprintf(path, PATH_MAX, "%s/outbox.mdb", fixture->scratch.directory);
    cr_assert_eq(stat(path, &info), 0);
    return info.st_size;
}

/* Change one byte of the first place where the text stands in the file. */
static void damage(struct outbox_case *fixture, const char *text)
{
    char path[PATH_MAX];
    struct buffer bytes;
    buffer_init(&bytes, (size_t)size_of_file(fixture, path) + 1);
    cr_assert_eq(file_read(path, &bytes), ERR_OK);
    unsigned char *found = memmem(bytes.data, bytes.size, text, strlen(text));
    cr_assert_not_null(found);
    int fd = open(path, O_WRONLY);
    unsigned char flipped = *found ^ 1;
    cr_assert_eq(pwrite(fd, &flipped, 1, found - bytes.data), 1);
    close(fd);
    buffer_fini(&bytes);
}

Test(outbox, a_batch_with_a_flipped_bit_is_found_when_opening, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_append_text(fixture->outbox, "a payload that can be found again");
    outbox_close(&fixture->outbox);
    damage(fixture, "a payload that can be found again");
    cr_expect_eq(outbox_open(&fixture->options, &fixture->outbox), ERR_CORRUPT);
    scratch_remove(&fixture->scratch);
}

Test(outbox, a_batch_with_a_flipped_bit_is_never_handed_out, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_append_text(fixture->outbox, "a payload that can be found again");
    case_adopt(fixture->outbox);
    case_append_text(fixture->outbox, "another payload, on another page");
    damage(fixture, "another payload, on another page");
    cr_expect_eq(case_next_error(fixture->outbox, 1), ERR_CORRUPT);
    outbox_case_free(fixture);
}

Test(outbox, a_state_value_with_a_flipped_bit_is_found_when_opening, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "position", "a value that can be found"), ERR_OK);
    cr_assert_eq(outbox_commit(fixture->outbox), ERR_OK);
    outbox_close(&fixture->outbox);
    damage(fixture, "a value that can be found");
    cr_expect_eq(outbox_open(&fixture->options, &fixture->outbox), ERR_CORRUPT);
    scratch_remove(&fixture->scratch);
}

Test(outbox, a_truncated_file_is_a_verdict_and_not_a_crash, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    char path[PATH_MAX];
    case_append_texts(fixture->outbox, 100);
    outbox_close(&fixture->outbox);
    off_t size = size_of_file(fixture, path);
    cr_assert_eq(truncate(path, size / 2), 0);
    cr_expect_eq(outbox_open(&fixture->options, &fixture->outbox), ERR_CORRUPT);
    scratch_remove(&fixture->scratch);
}

Test(outbox, a_file_that_is_no_outbox_is_refused, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    char path[PATH_MAX];
    outbox_close(&fixture->outbox);
    size_of_file(fixture, path);
    cr_assert_eq(file_write(path, "hello", 5, 0600), ERR_OK);
    cr_expect_eq(outbox_open(&fixture->options, &fixture->outbox), ERR_CORRUPT);
    scratch_remove(&fixture->scratch);
}

/* Every write beyond the limit fails with EFBIG, as a broken disk would with EIO. */
static void break_disk(struct outbox_case *fixture)
{
    char path[PATH_MAX];
    struct rlimit limit = {.rlim_cur = (rlim_t)size_of_file(fixture, path), RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void mend_disk(void)
{
    const struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(outbox, a_failed_write_is_final_even_when_the_disk_recovers, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    static char large[BATCH_PAYLOAD_MAX_BYTES];
    case_append_text(fixture->outbox, "kept");
    break_disk(fixture);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_append(fixture->outbox, large, sizeof large), ERR_OK);
    cr_expect_eq(outbox_commit(fixture->outbox), ERR_IO);
    mend_disk();
    cr_expect_eq(outbox_begin(fixture->outbox), ERR_IO);
    cr_expect_eq(case_next_error(fixture->outbox, 0), ERR_IO);
    cr_expect_eq(outbox_adopt(fixture->outbox, &case_stranger), ERR_IO);
    outbox_case_reopen(fixture);
    cr_expect_eq(case_status(fixture->outbox).batches, 1);
    outbox_case_free(fixture);
}

/* --- transactions and state ------------------------------------------------------------------- */

Test(outbox, state_and_batches_are_stored_together, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "position", "17"), ERR_OK);
    cr_assert_eq(case_append(fixture->outbox, "payload", 7), ERR_OK);
    cr_assert_eq(outbox_commit(fixture->outbox), ERR_OK);
    outbox_case_reopen(fixture);
    cr_expect_str_eq(case_get(fixture->outbox, "position"), "17");
    cr_expect_eq(case_status(fixture->outbox).batches, 1);
    outbox_case_free(fixture);
}

Test(outbox, an_abort_leaves_neither_state_nor_batches, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "position", "17"), ERR_OK);
    cr_assert_eq(case_append(fixture->outbox, "payload", 7), ERR_OK);
    outbox_abort(fixture->outbox);
    cr_expect_str_eq(case_get(fixture->outbox, "position"), "(none)");
    cr_expect_eq(case_status(fixture->outbox).next_sequence, 1);
    cr_expect_eq(case_next_error(fixture->outbox, 0), ERR_NOT_FOUND);
    outbox_case_free(fixture);
}

Test(outbox, a_close_aborts_the_open_transaction, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_append(fixture->outbox, "payload", 7), ERR_OK);
    outbox_case_reopen(fixture);
    cr_expect_eq(case_status(fixture->outbox).batches, 0);
    outbox_case_free(fixture);
}

Test(outbox, changes_outside_a_transaction_are_refused, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    cr_expect_eq(case_put(fixture->outbox, "position", "17"), ERR_USAGE);
    cr_expect_eq(case_append(fixture->outbox, "payload", 7), ERR_USAGE);
    cr_expect_eq(outbox_delete(fixture->outbox, "position", 8), ERR_USAGE);
    cr_expect_eq(outbox_commit(fixture->outbox), ERR_USAGE);
    outbox_case_free(fixture);
}

Test(outbox, there_is_one_transaction_at_a_time, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_expect_eq(outbox_begin(fixture->outbox), ERR_USAGE);
    cr_expect_eq(outbox_adopt(fixture->outbox, &case_stranger), ERR_USAGE);
    outbox_case_free(fixture);
}

Test(outbox, state_read_inside_a_transaction_is_what_it_changed, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "a", "1"), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "a", "2"), ERR_OK);
    cr_expect_str_eq(case_get(fixture->outbox, "a"), "2");
    cr_assert_eq(outbox_delete(fixture->outbox, "a", 1), ERR_OK);
    cr_expect_str_eq(case_get(fixture->outbox, "a"), "(none)");
    cr_expect_eq(outbox_delete(fixture->outbox, "a", 1), ERR_NOT_FOUND);
    outbox_case_free(fixture);
}

Test(outbox, keys_and_values_beyond_the_limit_are_refused, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(64 << 20);
    static char large[16 * 1024 * 1024 + 1];
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_expect_eq(outbox_put(fixture->outbox, large, 501, "", 0), ERR_LIMIT);
    cr_expect_eq(outbox_put(fixture->outbox, large, 0, "", 0), ERR_LIMIT);
    cr_expect_eq(outbox_put(fixture->outbox, "k", 1, large, sizeof large), ERR_LIMIT);
    cr_expect_eq(outbox_put(fixture->outbox, large, 500, large, sizeof large - 1), ERR_OK);
    cr_expect_eq(outbox_commit(fixture->outbox), ERR_OK);
    outbox_case_free(fixture);
}

Test(outbox, drafts_beyond_the_protocols_limits_are_refused, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    static char large[BATCH_PAYLOAD_MAX_BYTES + 1];
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_expect_eq(case_append(fixture->outbox, large, sizeof large), ERR_LIMIT);
    cr_expect_eq(case_append(fixture->outbox, large, 0), ERR_LIMIT);
    const struct batch_draft draft = {
        .topic = "a topic", .event_count = 1, .payload = "x", .payload_size = 1};
    cr_expect_eq(outbox_append(fixture->outbox, &draft, NULL), ERR_LIMIT);
    cr_expect_eq(case_append(fixture->outbox, large, sizeof large - 1), ERR_OK);
    cr_expect_eq(outbox_commit(fixture->outbox), ERR_OK);
    outbox_case_free(fixture);
}

struct visits {
    char keys[64];
    size_t most;
};

static bool note_key(void *context, const void *key, size_t key_size, const void *value,
                     size_t value_size)
{
    struct visits *visits = context;
    strncat(visits->keys, key, key_size);
    strncat(visits->keys, "=", 2);
    strncat(visits->keys, value, value_size);
    strncat(visits->keys, " ", 2);
    return --visits->most > 0;
}

Test(outbox, keys_with_a_prefix_are_visited_in_order, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct visits all = {.most = 10}, first = {.most = 1};
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "b/2", "y"), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "b/1", "x"), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "c", "z"), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "a", "w"), ERR_OK);
    cr_assert_eq(outbox_commit(fixture->outbox), ERR_OK);
    cr_assert_eq(outbox_each(fixture->outbox, "b/", 2, note_key, &all), ERR_OK);
    cr_expect_str_eq(all.keys, "b/1=x b/2=y ");
    cr_assert_eq(outbox_each(fixture->outbox, "b/", 2, note_key, &first), ERR_OK);
    cr_expect_str_eq(first.keys, "b/1=x ");
    outbox_case_free(fixture);
}

Test(outbox, cleared_state_is_gone_and_batches_are_not, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct visits all = {.most = 10};
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "a", "x"), ERR_OK);
    cr_assert_eq(outbox_commit(fixture->outbox), ERR_OK);
    case_append_text(fixture->outbox, "a batch");
    cr_expect_eq(outbox_clear(fixture->outbox), ERR_USAGE);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(outbox_clear(fixture->outbox), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "b", "y"), ERR_OK);
    cr_assert_eq(outbox_commit(fixture->outbox), ERR_OK);
    cr_assert_eq(outbox_each(fixture->outbox, "", 0, note_key, &all), ERR_OK);
    cr_expect_str_eq(all.keys, "b=y ");
    cr_expect_eq(case_status(fixture->outbox).batches, 1);
    outbox_case_free(fixture);
}

static bool get_inside(void *context, const void *key, size_t key_size, const void *value,
                       size_t value_size)
{
    struct outbox *outbox = context;
    (void)key, (void)key_size, (void)value, (void)value_size;
    return !strcmp(case_get(outbox, "a"), "w");
}

Test(outbox, state_can_be_read_while_it_is_visited, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_put(fixture->outbox, "a", "w"), ERR_OK);
    cr_assert_eq(outbox_commit(fixture->outbox), ERR_OK);
    cr_expect_eq(outbox_each(fixture->outbox, "", 0, get_inside, fixture->outbox), ERR_OK);
    cr_expect_str_eq(case_get(fixture->outbox, "a"), "w");
    outbox_case_free(fixture);
}

/* --- batches ---------------------------------------------------------------------------------- */

Test(outbox, a_batch_has_number_link_digest_and_signature, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 5);
    case_check_chain(fixture->outbox, case_zeros, 5, &fixture->key);
    struct batch batch = case_next(fixture->outbox, 4);
    cr_expect_str_eq(batch.stream, "events");
    cr_expect_str_eq(batch.producer, "agent-220100");
    cr_expect_str_eq(batch.topic, "observation");
    cr_expect_eq(batch.region, 220100);
    cr_expect_eq(batch.epoch, 1);
    cr_expect_eq(batch.event_count, 3);
    cr_expect_eq(batch.created_ms, 1700000000009);
    cr_expect_arr_eq(batch.payload, "payload 5", 9);
    outbox_case_free(fixture);
}

Test(outbox, a_batch_is_the_same_bytes_after_a_restart, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct buffer before, after;
    uint64_t sequence;
    buffer_init(&before, BATCH_FRAME_MAX_BYTES);
    buffer_init(&after, BATCH_FRAME_MAX_BYTES);
    case_adopt(fixture->outbox);
    case_append_text(fixture->outbox, "payload");
    cr_assert_eq(outbox_next(fixture->outbox, 0, &before, &sequence), ERR_OK);
    outbox_case_reopen(fixture);
    cr_assert_eq(outbox_next(fixture->outbox, 0, &after, &sequence), ERR_OK);
    cr_assert_eq(before.size, after.size);
    cr_expect_arr_eq(before.data, after.data, before.size);
    buffer_fini(&before);
    buffer_fini(&after);
    outbox_case_free(fixture);
}

Test(outbox, a_batch_of_an_open_transaction_is_not_handed_out, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_append(fixture->outbox, "payload", 7), ERR_OK);
    cr_expect_eq(case_next_error(fixture->outbox, 0), ERR_NOT_FOUND);
    cr_assert_eq(outbox_commit(fixture->outbox), ERR_OK);
    cr_expect_eq(case_next_error(fixture->outbox, 0), ERR_OK);
    outbox_case_free(fixture);
}

Test(outbox, status_counts_what_waits, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_text(fixture->outbox, "four");
    case_append_text(fixture->outbox, "seven77");
    struct outbox_status status = case_status(fixture->outbox);
    cr_expect_eq(status.batches, 2);
    cr_expect_eq(status.events, 6);
    cr_expect_eq(status.oldest_ms, 1700000000004);
    case_acknowledge(fixture->outbox, 1);
    status = case_status(fixture->outbox);
    cr_expect_eq(status.batches, 1);
    cr_expect_eq(status.events, 3);
    cr_expect_eq(status.oldest_ms, 1700000000007);
    cr_expect_eq(status.acknowledged, 1);
    case_acknowledge(fixture->outbox, 2);
    cr_expect_eq(case_status(fixture->outbox).oldest_ms, 0);
    outbox_case_free(fixture);
}

Test(outbox, an_acknowledgement_inside_a_transaction_outlives_its_abort, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 2);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    cr_assert_eq(case_append(fixture->outbox, "third", 5), ERR_OK);
    case_acknowledge(fixture->outbox, 1);
    outbox_abort(fixture->outbox);
    cr_expect_eq(case_status(fixture->outbox).acknowledged, 1);
    cr_expect_eq(case_status(fixture->outbox).batches, 1);
    cr_expect_eq(case_next(fixture->outbox, 0).sequence, 2);
    outbox_case_free(fixture);
}

Test(outbox, the_receipt_of_the_last_acknowledgement_is_kept, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 3);
    struct batch batch = case_next(fixture->outbox, 1);
    cr_assert_eq(outbox_acknowledge(fixture->outbox, 2, batch.digest, 4711), ERR_OK);
    outbox_case_reopen(fixture);
    struct outbox_status status = case_status(fixture->outbox);
    cr_expect_eq(status.acknowledged, 2);
    cr_expect_eq(status.receipt_record, 4711);
    cr_expect_arr_eq(status.receipt_digest, batch.digest, DIGEST_BYTES);
    cr_expect_eq(status.batches, 1);
    cr_expect_eq(case_next(fixture->outbox, 0).sequence, 3);
    outbox_case_free(fixture);
}

Test(outbox, a_repeated_acknowledgement_changes_nothing, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 2);
    case_acknowledge(fixture->outbox, 2);
    cr_expect_eq(outbox_acknowledge(fixture->outbox, 1, case_zeros, 1), ERR_OK);
    cr_expect_eq(case_status(fixture->outbox).receipt_record, 102);
    outbox_case_free(fixture);
}

Test(outbox, an_acknowledgement_of_a_batch_never_made_is_refused, .timeout = 20)
{
    struct outbox_case *fixture = outbox_case_new(0);
    case_adopt(fixture->outbox);
    case_append_texts(fixture->outbox, 2);
    cr_expect_eq(outbox_acknowledge(fixture->outbox, 3, case_zeros, 1), ERR_CONFLICT);
    outbox_case_free(fixture);
}

Test(outbox, an_outbox_opened_after_a_crash_counts_what_a_purge_had_left, .timeout = 60)
{
    struct outbox_case *fixture = outbox_case_new(0);
    struct scratch other = scratch_new();
    case_adopt(fixture->outbox);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    for (int i = 0; i < 700; i++)
        cr_assert_eq(case_append(fixture->outbox, "payload", 7), ERR_OK);
    cr_assert_eq(outbox_commit(fixture->outbox), ERR_OK);
    cr_assert_eq(outbox_begin(fixture->outbox), ERR_OK);
    case_acknowledge(fixture->outbox, 600);
    cr_assert_eq(outbox_commit(fixture->outbox), ERR_OK); /* removes some of the 600 */
    struct outbox *copy = outbox_case_copy(fixture, &other);
    cr_expect_eq(case_status(copy).batches, 100);
    cr_expect_eq(case_next(copy, 0).sequence, 601);
    outbox_close(&copy); /* removes the rest */
    scratch_remove(&other);
    outbox_case_free(fixture);
}
