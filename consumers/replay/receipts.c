#include "consumers/replay/receipts.h"

#include "proto/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { LINE_MAX_BYTES = 1024, FIELDS = 6 };

/* All bytes of it count, so it is cleared before it is filled. */
struct receipt_key {
    char stream[NAME_MAX_BYTES + 1], producer[NAME_MAX_BYTES + 1];
    uint64_t epoch, sequence;
};

struct entry {
    struct receipt_key key;
    struct receipt receipt;
    bool is_found;
    UT_hash_handle hh;
};

struct receipts {
    struct entry *entries; /* uthash keeps the order of adding */
    struct receipts_report sum;
};

enum err receipts_new(struct receipts **out)
{
    struct receipts *receipts = calloc(1, sizeof *receipts);
    if (!receipts)
        return ERR_NOMEM;
    *out = receipts;
    return ERR_OK;
}

void receipts_free(struct receipts **receipts)
{
    struct entry *entry, *next;
    if (!*receipts)
        return;
    HASH_ITER(hh, (*receipts)->entries, entry, next)
    {
        HASH_DEL((*receipts)->entries, entry);
        free(entry);
    }
    free(*receipts);
    *receipts = NULL;
}

static struct entry *find(const struct receipts *receipts, const char *stream, const char *producer,
                          uint64_t epoch, uint64_t sequence)
{
    struct entry *entry;
    struct receipt_key key;
    memset(&key, 0, sizeof key);
    snprintf(key.stream, sizeof key.stream, "%s", stream);
    snprintf(key.producer, sizeof key.producer, "%s", producer);
    key.epoch = epoch;
    key.sequence = sequence;
    HASH_FIND(hh, receipts->entries, &key, sizeof key, entry);
    return entry;
}

/* --- loading ---------------------------------------------------------------------------------- */

static enum err add(struct receipts *receipts, const struct receipt *receipt)
{
    struct entry *entry =
        find(receipts, receipt->stream, receipt->producer, receipt->epoch, receipt->sequence);
    if (entry) {
        entry->receipt.record = receipt->record; /* sent again: the later one counts */
        return memcmp(entry->receipt.digest, receipt->digest, DIGEST_BYTES) ? ERR_CONFLICT : ERR_OK;
    }
    entry = calloc(1, sizeof *entry);
    if (!entry)
        return ERR_NOMEM;
    memcpy(entry->key.stream, receipt->stream, strlen(receipt->stream));
    memcpy(entry->key.producer, receipt->producer, strlen(receipt->producer));
    entry->key.epoch = receipt->epoch;
    entry->key.sequence = receipt->sequence;
    entry->receipt = *receipt;
    HASH_ADD(hh, receipts->entries, key, sizeof entry->key, entry);
    receipts->sum.count++;
    return ERR_OK;
}

static enum err parse(char *line, struct receipt *out)
{
    char *fields[FIELDS + 1], *rest = line;
    size_t count = 0;
    for (char *field; count <= FIELDS && (field = strtok_r(rest, " \t\r\n", &rest)); count++)
        fields[count] = field;
    if (count != FIELDS || !batch_name_is_valid(fields[0]) || !batch_name_is_valid(fields[1]) ||
        text_parse_u64(fields[2], &out->epoch) || text_parse_u64(fields[3], &out->sequence) ||
        text_parse_u64(fields[4], &out->record) ||
        text_to_bytes(fields[5], out->digest, DIGEST_BYTES))
        return ERR_MALFORMED;
    strcpy(out->stream, fields[0]);
    strcpy(out->producer, fields[1]);
    return ERR_OK;
}

static enum err load_lines(struct receipts *receipts, FILE *file, unsigned *number)
{
    char line[LINE_MAX_BYTES];
    for (*number = 1; fgets(line, sizeof line, file); ++*number) {
        struct receipt receipt;
        if (*line == '#' || *line == '\n')
            continue;
        enum err err = parse(line, &receipt);
        if (!err)
            err = add(receipts, &receipt);
        if (err)
            return err;
    }
    return ferror(file) ? ERR_IO : ERR_OK;
}

enum err receipts_load(struct receipts *receipts, const char *path, char why[RECEIPTS_WHY_BYTES])
{
    unsigned number = 0;
    FILE *file = fopen(path, "r");
    if (!file) {
        enum err missing = err_from_errno(errno);
        snprintf(why, RECEIPTS_WHY_BYTES, "%s", path);
        return missing;
    }
    enum err err = load_lines(receipts, file, &number);
    fclose(file);
    if (err == ERR_MALFORMED)
        snprintf(why, RECEIPTS_WHY_BYTES, "%s:%u: not a receipt", path, number);
    else if (err == ERR_CONFLICT)
        snprintf(
            why, RECEIPTS_WHY_BYTES,
            "%s:%u: another receipt says that another batch was acknowledged under this number",
            path, number);
    else
        snprintf(why, RECEIPTS_WHY_BYTES, "%s", path);
    return err;
}

/* --- meeting ---------------------------------------------------------------------------------- */

enum err receipts_meet(struct receipts *receipts, const struct chain_link *link,
                       char why[RECEIPTS_WHY_BYTES])
{
    struct entry *entry = find(receipts, link->stream, link->producer, link->epoch, link->sequence);
    if (!entry || entry->is_found)
        return ERR_OK;
    if (memcmp(entry->receipt.digest, link->digest, DIGEST_BYTES) != 0) {
        snprintf(why, RECEIPTS_WHY_BYTES,
                 "%s record %" PRIu64 ": batch %" PRIu64 ".%" PRIu64
                 " of %s is not the one that was acknowledged",
                 link->stream, link->record, link->epoch, link->sequence, link->producer);
        return ERR_DIFFERENT;
    }
    entry->is_found = true;
    receipts->sum.found++;
    receipts->sum.moved += entry->receipt.record != link->record;
    return ERR_OK;
}

void receipts_report(const struct receipts *receipts, struct receipts_report *out)
{
    *out = receipts->sum;
}

void receipts_each_missing(const struct receipts *receipts, receipts_visit *visit, void *context)
{
    for (const struct entry *entry = receipts->entries; entry; entry = entry->hh.next)
        if (!entry->is_found && !visit(context, &entry->receipt))
            return;
}
