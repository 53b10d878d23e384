/* Checks a record against itself: checksums, numbering, each producer's order and digest chain, signatures.
 *
 *     chains_new(&chains);
 *     chains_begin(chains, "events");
 *     chain_inspect(bytes, size, &keys, &link);     each record: costly, pure, for any thread
 *     err = chains_take(chains, &link);             then each in order: cheap
 *     chains_report(chains, &report);
 *
 * Rules  ../README.md "Batch" and "Record". A signature covers, through the chain, all that its
 * producer sent before it; what comes after the last one is counted as not signed.
 */
#ifndef SONGHUA_WIRE_CHAINS_H
#define SONGHUA_WIRE_CHAINS_H

#include "proto/wire/batch.h"

#include <stddef.h>
#include <stdint.h>

struct chains;

/* Whose signature is to be looked for. `find` answers with the nth (from 0) public key that the producer
 * has had, or NULL; without a first one its signatures are not checked. It must be safe from any
 * thread. */
struct chain_keys {
    const unsigned char *(*find)(const void *context, const char *producer, size_t nth);
    const void *context;
};

/* What one record says of itself. */
struct chain_link {
    enum err err; /* ERR_CORRUPT (checksum, or bytes that are no record), ERR_DIGEST, ERR_KEY */
    uint64_t record, stored_ms;
    uint64_t epoch, sequence;
    uint32_t event_count;
    bool is_verified; /* signed, and by the producer's key */
    char stream[NAME_MAX_BYTES + 1], producer[NAME_MAX_BYTES + 1];
    unsigned char digest[DIGEST_BYTES], previous_digest[DIGEST_BYTES];
};

/* `keys` NULL: no signature is checked. */
void chain_inspect(const void *record, size_t size, const struct chain_keys *keys,
                   struct chain_link *out);

/* What was read of a stream. */
struct chains_range {
    char stream[NAME_MAX_BYTES + 1];
    uint64_t first, last, events; /* first 0: no record */
};
enum { CHAINS_MAX_RANGES = 16 };

struct chains_report {
    uint64_t records, events;
    uint64_t first_ms, last_ms; /* stored; 0: no record */
    size_t producers;
    uint64_t not_signed; /* batches that no checked signature covers */
    unsigned char
        heads[DIGEST_BYTES]; /* of all chains' last digests, in the order of their names */
    size_t range_count;
    struct chains_range ranges[CHAINS_MAX_RANGES]; /* in the order of chains_begin() */
};

MUST_CHECK enum err chains_new(struct chains **out); /* Errors  ERR_NOMEM. */
void chains_free(struct chains **chains);

/* The records that follow are of this stream, from any number on; at most CHAINS_MAX_RANGES times. */
void chains_begin(struct chains *chains, const char *stream);

/* Errors  those of the link, ERR_GAP (numbering), ERR_LINK (order or chain), ERR_NOMEM; chains_why() says
 *         it in words with the address. After ERR_KEY the record was taken, as one that is not signed, and
 *         the next may follow: a producer that signs wrongly keeps nobody from looking at the rest. */
MUST_CHECK enum err chains_take(struct chains *chains, const struct chain_link *link);
const char *chains_why(const struct chains *chains);

/* The last record taken of the stream that was begun; 0: none. */
uint64_t chains_last(const struct chains *chains);

/* The head of a chain of the stream that was begun. False: nothing of the producer was taken. */
struct chain_place {
    uint64_t epoch, sequence, record;
    unsigned char digest[DIGEST_BYTES];
};
bool chains_head(const struct chains *chains, const char *producer, struct chain_place *out);

void chains_report(struct chains *chains, struct chains_report *out);

/* "events 1-120, scores 1-80, alerts none": the ranges as they stand in a report's line. */
enum { CHAINS_RANGES_BYTES = 1024 };
void chains_format_ranges(const struct chains_report *report, char out[CHAINS_RANGES_BYTES]);

#endif
