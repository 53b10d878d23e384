/* The bytes on disk, and nothing else: the tables of journal/data.mdb, their keys and values. What stands
 * behind LMDB's part of that file is described in lmdb_front.c.
 *
 * Numbers in values are u64, little-endian; in keys of records big-endian, so that LMDB's order is
 * theirs. A check is XXH3-64. `|` joins, NUL is one zero byte.
 *
 *   table          key                         value
 *   stream/NAME    sequence                    check | previous | record (proto/wire/record.h)
 *   the main one   commit                      number of the LMDB transaction | check
 *                  identity                    id, 16 bytes | created_ms | check
 *                  stream/NAME                 LMDB's own: where that table is
 *                  totals/NAME                 last | last_ms | events | bytes | check
 *                  version                     version | check
 *                  ~position/STREAM NUL NAME   position | saved_ms | check
 *                  ~producer/STREAM NUL NAME   epoch | sequence | digest, 32 bytes | record | stored_ms | check
 *
 * One table for all but the records, LMDB's main one, because each page that a commit changes is a
 * write of its own to the disk. The main table's pages are changed by every commit anyway: LMDB keeps
 * in it where each stream's table is. The rows that every commit writes stand first and so share a
 * page; the tilde puts those of positions and producers, of which there may be many, behind them.
 *
 * `previous` is the record that holds the same producer's previous batch in this stream, 0: none. A
 * batch that comes again is found by it. It never leaves the engine.
 *
 * Checks. Of a record's entry: over `previous` and the record's 24-byte prefix, the stream's name as
 * seed; so a seek or a walk along `previous` may trust an entry for the price of one page, and an
 * entry of another stream is not taken for one of this. The record's own checksum covers the rest.
 * Of any other row but LMDB's: over the value before it, the key as seed. A key of no kind that is
 * listed here is damage.
 *
 * `commit` is rewritten by every transaction: of a file whose header was damaged so that LMDB goes
 * back to an older state, it does not agree with LMDB's own number.
 *
 * `version` keeps its form for ever. Any other change to this table raises FORMAT_VERSION.
 *   1   `meta`, `producers` and `positions` were tables of their own
 *   2   these tables; behind LMDB's part there might be a front or not, at the file's end
 *   3   this: there is one, where LMDB's headers say that its part ends. A copy of a journal (a backup) has
 *       none, and is read in format 2 as well
 */
#ifndef SONGHUA_JOURNAL_KEYS_H
#define SONGHUA_JOURNAL_KEYS_H

#include "broker/journal/journal.h"
#include "proto/base/bytes.h"

#include <stdio.h>
#include <xxhash.h>

enum {
    FORMAT_VERSION = 3,
    FORMAT_WITHOUT_FRONT = 2, /* the tables are the same */
    KEY_PREFIX_BYTES = 10,    /* of KEY_POSITION and of KEY_PRODUCER */
    KEY_MAX_BYTES = KEY_PREFIX_BYTES + 2 * NAME_MAX_BYTES + 1,
    CHECK_BYTES = 8,
    VERSION_ROW_BYTES = 8 + CHECK_BYTES,
    IDENTITY_ROW_BYTES = JOURNAL_ID_BYTES + 8 + CHECK_BYTES,
    COMMIT_ROW_BYTES = 8 + CHECK_BYTES,
    TOTALS_ROW_BYTES = 4 * 8 + CHECK_BYTES,
    PRODUCER_ROW_BYTES = 4 * 8 + DIGEST_BYTES + CHECK_BYTES,
    POSITION_ROW_BYTES = 2 * 8 + CHECK_BYTES,
    ROW_MAX_BYTES = PRODUCER_ROW_BYTES,
    ENTRY_PREFIX_BYTES = CHECK_BYTES + 8, /* before the record */
    ENTRY_CHECKED_BYTES = 8 + RECORD_PREFIX_BYTES
};

#define KEY_COMMIT   "commit"
#define KEY_IDENTITY "identity"
#define KEY_STREAM   "stream/"
#define KEY_TOTALS   "totals/"
#define KEY_VERSION  "version"
#define KEY_POSITION "~position/"
#define KEY_PRODUCER "~producer/"

/* --- keys ----------------------------------------------------------------------------------- */

struct key {
    size_t size;
    unsigned char bytes[KEY_MAX_BYTES];
};

/* What a row of the main table is; in the order of their keys. */
enum row_kind {
    ROW_COMMIT,
    ROW_IDENTITY,
    ROW_STREAM,
    ROW_TOTALS,
    ROW_VERSION,
    ROW_POSITION,
    ROW_PRODUCER,
    ROW_UNKNOWN
};

static inline enum row_kind row_kind_of(const void *key, size_t size)
{
    static const struct {
        const char *text;
        bool is_prefix;
    } kinds[] = {[ROW_COMMIT] = {KEY_COMMIT, false},   [ROW_IDENTITY] = {KEY_IDENTITY, false},
                 [ROW_STREAM] = {KEY_STREAM, true},    [ROW_TOTALS] = {KEY_TOTALS, true},
                 [ROW_VERSION] = {KEY_VERSION, false}, [ROW_POSITION] = {KEY_POSITION, true},
                 [ROW_PRODUCER] = {KEY_PRODUCER, true}};
    for (int i = 0; i < ROW_UNKNOWN; i++) {
        size_t length = strlen(kinds[i].text);
        if ((kinds[i].is_prefix ? size > length : size == length) &&
            !memcmp(key, kinds[i].text, length))
            return (enum row_kind)i;
    }
    return ROW_UNKNOWN;
}

/* Names are at most NAME_MAX_BYTES long: the callers of journal.h have checked them. */
static inline void key_of_text(struct key *key, const char *text)
{
    key->size = strnlen(text, KEY_MAX_BYTES);
    memcpy(key->bytes, text, key->size);
}

static inline void key_add(struct key *key, const char *name)
{
    size_t size = strnlen(name, NAME_MAX_BYTES);
    memcpy(key->bytes + key->size, name, size);
    key->size += size;
}

/* KEY_POSITION or KEY_PRODUCER, and the names. */
static inline void key_of_names(struct key *key, const char *prefix, const char *stream,
                                const char *name)
{
    key_of_text(key, prefix);
    key_add(key, stream);
    key->bytes[key->size++] = '\0';
    key_add(key, name);
}

/* The two names of such a key. False: it is not one. */
static inline bool key_to_names(const void *bytes, size_t size, char stream[NAME_MAX_BYTES + 1],
                                char name[NAME_MAX_BYTES + 1])
{
    enum row_kind kind = row_kind_of(bytes, size);
    if (kind != ROW_POSITION && kind != ROW_PRODUCER)
        return false;
    const unsigned char *from = (const unsigned char *)bytes + KEY_PREFIX_BYTES;
    const unsigned char *nul = memchr(from, '\0', size - KEY_PREFIX_BYTES);
    size_t stream_size = nul ? (size_t)(nul - from) : size;
    size_t name_size = size - KEY_PREFIX_BYTES - stream_size - 1;
    if (!nul || stream_size > NAME_MAX_BYTES || name_size > NAME_MAX_BYTES)
        return false;
    memcpy(stream, from, stream_size + 1);
    memcpy(name, nul + 1, name_size);
    name[name_size] = '\0';
    return true;
}

/* KEY_STREAM, also the name of the stream's table, or KEY_TOTALS, and the name. */
static inline void key_of_stream(struct key *key, const char *prefix, const char *stream)
{
    key_of_text(key, prefix);
    key_add(key, stream);
}

/* --- rows: every value but a record's --------------------------------------------------------- */

static inline uint64_t row_check(const void *key, size_t key_size, const void *row, size_t size)
{
    return XXH3_64bits_withSeed(row, size - CHECK_BYTES, XXH3_64bits(key, key_size));
}

static inline void row_seal(const struct key *key, unsigned char *row, size_t size)
{
    bytes_put_le64(row + size - CHECK_BYTES, row_check(key->bytes, key->size, row, size));
}

static inline bool row_is_sound(const void *key, size_t key_size, const void *row, size_t size,
                                size_t expected_size)
{
    return size == expected_size &&
           bytes_get_le64((const unsigned char *)row + size - CHECK_BYTES) ==
               row_check(key, key_size, row, size);
}

struct totals {
    uint64_t last, last_ms; /* number and time of the newest record ever stored */
    uint64_t events, bytes;
};

static inline void totals_encode(const struct totals *totals, unsigned char row[TOTALS_ROW_BYTES])
{
    bytes_put_le64(row, totals->last);
    bytes_put_le64(row + 8, totals->last_ms);
    bytes_put_le64(row + 16, totals->events);
    bytes_put_le64(row + 24, totals->bytes);
}

static inline void totals_decode(const unsigned char *row, struct totals *out)
{
    *out = (struct totals){.last = bytes_get_le64(row),
                           .last_ms = bytes_get_le64(row + 8),
                           .events = bytes_get_le64(row + 16),
                           .bytes = bytes_get_le64(row + 24)};
}

static inline void producer_encode(const struct producer_state *state,
                                   unsigned char row[PRODUCER_ROW_BYTES])
{
    bytes_put_le64(row, state->epoch);
    bytes_put_le64(row + 8, state->sequence);
    memcpy(row + 16, state->digest, DIGEST_BYTES);
    bytes_put_le64(row + 16 + DIGEST_BYTES, state->record);
    bytes_put_le64(row + 24 + DIGEST_BYTES, state->stored_ms);
}

static inline void producer_decode(const unsigned char *row, struct producer_state *out)
{
    out->epoch = bytes_get_le64(row);
    out->sequence = bytes_get_le64(row + 8);
    memcpy(out->digest, row + 16, DIGEST_BYTES);
    out->record = bytes_get_le64(row + 16 + DIGEST_BYTES);
    out->stored_ms = bytes_get_le64(row + 24 + DIGEST_BYTES);
}

static inline void position_encode(const struct position *position,
                                   unsigned char row[POSITION_ROW_BYTES])
{
    bytes_put_le64(row, position->position);
    bytes_put_le64(row + 8, position->saved_ms);
}

static inline void position_decode(const unsigned char *row, struct position *out)
{
    out->position = bytes_get_le64(row);
    out->saved_ms = bytes_get_le64(row + 8);
}

/* --- entries: a record in its stream's table --------------------------------------------------- */

struct entry {
    uint64_t previous;
    uint64_t stored_ms;
    const unsigned char *record; /* borrowed */
    size_t record_size;
};

static inline uint64_t entry_seed(const char *stream)
{
    return XXH3_64bits(stream, strlen(stream));
}

/* The record is in place, ENTRY_PREFIX_BYTES into the entry. */
static inline void entry_seal(uint64_t seed, uint64_t previous, unsigned char *entry)
{
    bytes_put_le64(entry + CHECK_BYTES, previous);
    bytes_put_le64(entry, XXH3_64bits_withSeed(entry + CHECK_BYTES, ENTRY_CHECKED_BYTES, seed));
}

/* False when it is not the entry of record `sequence` of that stream. What the record's own checksum
 * covers is not looked at. */
static inline bool entry_decode(uint64_t seed, uint64_t sequence, const void *bytes, size_t size,
                                struct entry *out)
{
    const unsigned char *from = bytes;
    if (size < ENTRY_PREFIX_BYTES + RECORD_PREFIX_BYTES ||
        size > ENTRY_PREFIX_BYTES + RECORD_MAX_BYTES)
        return false;
    if (bytes_get_le64(from) != XXH3_64bits_withSeed(from + CHECK_BYTES, ENTRY_CHECKED_BYTES, seed))
        return false;
    *out = (struct entry){.previous = bytes_get_le64(from + CHECK_BYTES),
                          .stored_ms = bytes_get_le64(from + ENTRY_PREFIX_BYTES + 8),
                          .record = from + ENTRY_PREFIX_BYTES,
                          .record_size = size - ENTRY_PREFIX_BYTES};
    return bytes_get_le64(out->record) == sequence;
}

#endif
