/* What a broker has acknowledged, held against what is in the record.
 *
 *     receipts_new(&receipts)
 *     receipts_load(receipts, path, why) …       files written by songhua-agent receipts
 *     receipts_meet(receipts, link, why) …       every record, in any order
 *     receipts_report(receipts, &report); receipts_each_missing(receipts, visit, context)
 *
 * A line is one receipt: STREAM PRODUCER EPOCH SEQUENCE RECORD DIGEST, the digest in 64 hex digits; a
 * line that begins with # is passed over. A batch with the digest of its receipt is the batch that was
 * acknowledged, byte for byte, and by the chain so is every batch of its producer before it. Its record
 * may have another number: what was sent again after a rollback gets the next one.
 */
#ifndef SONGHUA_REPLAY_RECEIPTS_H
#define SONGHUA_REPLAY_RECEIPTS_H

#include "proto/wire/chains.h"

struct receipts;

enum { RECEIPTS_WHY_BYTES = 400 };

struct receipt {
    char stream[NAME_MAX_BYTES + 1], producer[NAME_MAX_BYTES + 1];
    uint64_t epoch, sequence, record;
    unsigned char digest[DIGEST_BYTES];
};

struct receipts_report {
    size_t count, found;
    size_t moved; /* of those found: under another record's number */
};

MUST_CHECK enum err receipts_new(struct receipts **out); /* Errors  ERR_NOMEM. */
void receipts_free(struct receipts **receipts);

/* Errors  ERR_NOT_FOUND, ERR_PERMISSION, ERR_IO, ERR_MALFORMED (`why` names the line), ERR_CONFLICT (two
 *         receipts of one batch contradict each other), ERR_NOMEM. */
MUST_CHECK enum err receipts_load(struct receipts *receipts, const char *path,
                                  char why[RECEIPTS_WHY_BYTES]);

/* Errors  ERR_DIFFERENT: the batch under that number is not the one that was acknowledged. */
MUST_CHECK enum err receipts_meet(struct receipts *receipts, const struct chain_link *link,
                                  char why[RECEIPTS_WHY_BYTES]);

void receipts_report(const struct receipts *receipts, struct receipts_report *out);

/* Those that no record was met for, in the order of loading. The callback returns false to stop. */
typedef bool receipts_visit(void *context, const struct receipt *receipt);
void receipts_each_missing(const struct receipts *receipts, receipts_visit *visit, void *context);

#endif
