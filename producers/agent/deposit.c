#include "producers/agent/deposit.h"

#include "producers/agent/agent.h"
#include "producers/agent/batcher.h"
#include "producers/agent/parcel.h"
#include "proto/base/bytes.h"

#include <stdlib.h>
#include <string.h>

static const char figure_prefix[] = DEPOSIT_FIGURES, file_prefix[] = DEPOSIT_FILES;

enum {
    FIGURE_PREFIX_BYTES = sizeof figure_prefix - 1,
    FILE_PREFIX_BYTES = sizeof file_prefix - 1,
    HISTORY_MAX_BYTES = DEPOSIT_MAX_VINTAGES * FIGURE_BYTES
};

struct entry {
    struct figure figure;
    uint64_t row; /* from 0, in the parcel's order */
};

struct deposit {
    struct outbox *outbox;
    struct parcel_reader reader;
    struct entry *entries;    /* sorted by key, then row */
    unsigned char *is_wanted; /* by row: it is sent */
    uint64_t rows;
    struct buffer history; /* fingerprints sent for the figure at hand, oldest first */
    struct deposit_outcome outcome;
};

/* --- what the parcel holds -------------------------------------------------------------------- */

static enum err check_rows(struct deposit *deposit, const struct identity *identity)
{
    struct parcel_row row;
    enum err err;
    if (!agent_may_publish(identity, deposit->reader.label.topic))
        return ERR_DENIED;
    while (!(err = parcel_next(&deposit->reader, &row))) {
        if (!agent_may_report(identity, row.region))
            return ERR_DENIED;
        deposit->rows++;
    }
    parcel_rewind(&deposit->reader);
    if (err != ERR_NOT_FOUND)
        return err;
    return deposit->rows > PARCEL_MAX_ROWS ? ERR_LIMIT : ERR_OK;
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = memcmp(a->figure.key, b->figure.key, FIGURE_BYTES);
    if (order)
        return order;
    return a->row < b->row ? -1 : a->row > b->row;
}

static enum err read_entries(struct deposit *deposit)
{
    struct parcel_row row;
    enum err err = ERR_OK;
    deposit->entries = calloc(deposit->rows + 1, sizeof *deposit->entries);
    deposit->is_wanted = calloc(deposit->rows + 1, 1);
    if (!deposit->entries || !deposit->is_wanted)
        return ERR_NOMEM;
    for (uint64_t i = 0; i < deposit->rows && !err; i++) {
        err = parcel_next(&deposit->reader, &row);
        deposit->entries[i] = (struct entry){.figure = row.figure, .row = i};
    }
    parcel_rewind(&deposit->reader);
    qsort(deposit->entries, deposit->rows, sizeof *deposit->entries, compare_entries);
    return err;
}

/* --- what was sent before --------------------------------------------------------------------- */

static void figure_key(const struct figure *figure,
                       unsigned char out[FIGURE_PREFIX_BYTES + FIGURE_BYTES])
{
    memcpy(out, figure_prefix, FIGURE_PREFIX_BYTES);
    memcpy(out + FIGURE_PREFIX_BYTES, figure->key, FIGURE_BYTES);
}

static enum err read_history(struct deposit *deposit, const struct figure *figure)
{
    unsigned char key[FIGURE_PREFIX_BYTES + FIGURE_BYTES];
    figure_key(figure, key);
    buffer_clear(&deposit->history);
    enum err err = outbox_get(deposit->outbox, key, sizeof key, &deposit->history);
    if (!err && deposit->history.size % FIGURE_BYTES)
        return ERR_CORRUPT;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* The last DEPOSIT_MAX_VINTAGES of the history. */
static enum err write_history(struct deposit *deposit, const struct figure *figure)
{
    unsigned char key[FIGURE_PREFIX_BYTES + FIGURE_BYTES];
    size_t size = deposit->history.size;
    size_t kept = size < HISTORY_MAX_BYTES ? size : HISTORY_MAX_BYTES;
    figure_key(figure, key);
    return outbox_put(deposit->outbox, key, sizeof key, deposit->history.data + size - kept, kept);
}

static bool is_sent_last(const struct deposit *deposit, const struct figure *figure, size_t back)
{
    size_t count = deposit->history.size / FIGURE_BYTES;
    return back <= count && !memcmp(deposit->history.data + (count - back) * FIGURE_BYTES,
                                    figure->fingerprint, FIGURE_BYTES);
}

/* --- one figure ------------------------------------------------------------------------------- */

/* A row that says the same as the row before it says nothing. Returns how many are left. */
static size_t drop_echoes(struct deposit *deposit, struct entry *entries, size_t count)
{
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (memcmp(entries[i].figure.fingerprint, entries[kept - 1].figure.fingerprint,
                   FIGURE_BYTES) != 0)
            entries[kept++] = entries[i];
    deposit->outcome.unchanged += count - kept;
    return kept;
}

/* How many of the rows repeat the end of what was sent: the largest n such that the last n sent are
 * the first n rows. */
static size_t count_repeated(const struct deposit *deposit, const struct entry *entries,
                             size_t count)
{
    size_t sent = deposit->history.size / FIGURE_BYTES;
    for (size_t n = count < sent ? count : sent; n; n--) {
        size_t i = 0;
        while (i < n && is_sent_last(deposit, &entries[i].figure, n - i))
            i++;
        if (i == n)
            return n;
    }
    return 0;
}

/* Decide which rows of one figure are sent, and remember them. */
static enum err settle_figure(struct deposit *deposit, struct entry *entries, size_t count)
{
    size_t kept = drop_echoes(deposit, entries, count);
    if (kept > DEPOSIT_MAX_VINTAGES)
        return ERR_LIMIT;
    enum err err = read_history(deposit, &entries->figure);
    if (err)
        return err;
    bool is_known = deposit->history.size != 0;
    size_t repeated = count_repeated(deposit, entries, kept);
    deposit->outcome.unchanged += repeated;
    if (repeated == kept)
        return ERR_OK;
    for (size_t i = repeated; i < kept && !err; i++) {
        deposit->is_wanted[entries[i].row] = 1;
        err = buffer_append(&deposit->history, entries[i].figure.fingerprint, FIGURE_BYTES);
    }
    deposit->outcome.fresh += is_known ? 0 : 1;
    deposit->outcome.revised += kept - repeated - (is_known ? 0 : 1);
    return err ? err : write_history(deposit, &entries->figure);
}

/* Rows of the figure that starts at `entries`. */
static size_t figure_rows(const struct entry *entries, size_t rest)
{
    size_t count = 1;
    while (count < rest && !memcmp(entries[count].figure.key, entries->figure.key, FIGURE_BYTES))
        count++;
    return count;
}

static enum err settle_all(struct deposit *deposit)
{
    enum err err = ERR_OK;
    for (size_t i = 0, count; i < deposit->rows && !err; i += count) {
        count = figure_rows(deposit->entries + i, deposit->rows - i);
        err = settle_figure(deposit, deposit->entries + i, count);
    }
    return err;
}

static enum err enqueue_wanted(struct deposit *deposit, uint64_t now_ms)
{
    struct parcel_row row;
    struct batcher batcher;
    enum err err = ERR_OK;
    batcher_init(&batcher, deposit->outbox, deposit->reader.label.topic, now_ms);
    for (uint64_t i = 0; i < deposit->rows && !err; i++) {
        err = parcel_next(&deposit->reader, &row);
        if (!err && deposit->is_wanted[i])
            err = batcher_add(&batcher, row.region, row.event, row.size);
    }
    if (!err)
        err = batcher_flush(&batcher);
    deposit->outcome.batches = batcher.batches;
    batcher_fini(&batcher);
    return err;
}

/* --- whole files ------------------------------------------------------------------------------ */

static void file_key(const struct parcel_label *label,
                     unsigned char out[FILE_PREFIX_BYTES + DIGEST_BYTES])
{
    memcpy(out, file_prefix, FILE_PREFIX_BYTES);
    memcpy(out + FILE_PREFIX_BYTES, label->digest, DIGEST_BYTES);
}

/* Figures of a file taken before whose last row is no longer the last that was sent. */
static enum err count_superseded(struct deposit *deposit)
{
    enum err err = ERR_OK;
    for (size_t i = 0, count; i < deposit->rows && !err; i += count) {
        const struct entry *entries = deposit->entries + i;
        count = figure_rows(entries, deposit->rows - i);
        err = read_history(deposit, &entries->figure);
        if (!err && !is_sent_last(deposit, &entries[count - 1].figure, 1))
            deposit->outcome.superseded++;
    }
    return err;
}

/* Whether the file was taken before; then its story is told in outcome. */
static enum err check_repeat(struct deposit *deposit)
{
    struct buffer value;
    const struct parcel_label *label = &deposit->reader.label;
    unsigned char key[FILE_PREFIX_BYTES + DIGEST_BYTES];
    if (!(label->flags & PARCEL_HAS_DIGEST) || (label->flags & PARCEL_AGAIN))
        return ERR_OK;
    file_key(label, key);
    buffer_init(&value, 8 + PARCEL_NAME_BYTES);
    enum err err = outbox_get(deposit->outbox, key, sizeof key, &value);
    if (!err && value.size < 8)
        err = ERR_CORRUPT;
    if (!err) {
        deposit->outcome.is_repeat = true;
        deposit->outcome.submitted_ms = bytes_get_le64(value.data);
        err = count_superseded(deposit);
    }
    buffer_fini(&value);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err remember_file(struct deposit *deposit, uint64_t now_ms)
{
    const struct parcel_label *label = &deposit->reader.label;
    unsigned char key[FILE_PREFIX_BYTES + DIGEST_BYTES], value[8 + PARCEL_NAME_BYTES];
    if (!(label->flags & PARCEL_HAS_DIGEST))
        return ERR_OK;
    file_key(label, key);
    bytes_put_le64(value, now_ms);
    memcpy(value + 8, label->name, strlen(label->name));
    return outbox_put(deposit->outbox, key, sizeof key, value, 8 + strlen(label->name));
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Inside the transaction. */
static enum err take(struct deposit *deposit, uint64_t now_ms)
{
    enum err err = check_repeat(deposit);
    if (err || deposit->outcome.is_repeat)
        return err;
    err = settle_all(deposit);
    if (!err)
        err = enqueue_wanted(deposit, now_ms);
    return err ? err : remember_file(deposit, now_ms);
}

static enum err take_in_transaction(struct deposit *deposit, uint64_t now_ms)
{
    enum err err = outbox_begin(deposit->outbox);
    if (err)
        return err;
    err = take(deposit, now_ms);
    bool is_dry = (deposit->reader.label.flags & PARCEL_DRY) != 0;
    if (err || is_dry || deposit->outcome.is_repeat) {
        outbox_abort(deposit->outbox);
        return err;
    }
    return outbox_commit(deposit->outbox);
}

enum err deposit_parcel(struct outbox *outbox, const struct identity *identity, const void *parcel,
                        size_t size, uint64_t now_ms, struct deposit_outcome *out)
{
    struct deposit deposit = {.outbox = outbox};
    buffer_init(&deposit.history, 2 * HISTORY_MAX_BYTES);
    enum err err = parcel_open(parcel, size, &deposit.reader);
    if (!err)
        err = check_rows(&deposit, identity);
    if (!err)
        err = read_entries(&deposit);
    if (!err)
        err = take_in_transaction(&deposit, now_ms);
    buffer_fini(&deposit.history);
    free(deposit.entries);
    free(deposit.is_wanted);
    if (!err)
        *out = deposit.outcome;
    return err;
}
