/* The bytes on disk, put together here by hand from the table in broker/journal/keys.h. */
#include "broker/journal/keys.h"

#include "broker/journal/order.h"
#include "broker/journal/touched.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(journal_keys, a_key_of_two_names_has_a_nul_between_them, .timeout = 10)
{
    struct key key;
    key_of_names(&key, KEY_PRODUCER, "events", "agent-1");
    cr_assert_eq(key.size, 24);
    cr_assert_eq(memcmp(key.bytes, "~producer/events\0agent-1", 24), 0);
}

Test(journal_keys, the_names_of_a_key_are_read_back, .timeout = 10)
{
    char longest[NAME_MAX_BYTES + 1], stream[NAME_MAX_BYTES + 1], name[NAME_MAX_BYTES + 1];
    struct key key;
    memset(longest, 'a', NAME_MAX_BYTES);
    longest[NAME_MAX_BYTES] = '\0';
    key_of_names(&key, KEY_PRODUCER, longest, longest);
    cr_assert_eq(key.size, KEY_MAX_BYTES);
    cr_assert(key_to_names(key.bytes, key.size, stream, name));
    cr_assert_str_eq(stream, longest);
    cr_assert_str_eq(name, longest);
}

Test(journal_keys, what_is_no_key_of_two_names_is_refused, .timeout = 10)
{
    char stream[NAME_MAX_BYTES + 1], name[NAME_MAX_BYTES + 1];
    unsigned char bytes[KEY_MAX_BYTES + 1];
    memset(bytes, 'a', sizeof bytes);
    memcpy(bytes, KEY_POSITION, KEY_PREFIX_BYTES);
    cr_assert_not(key_to_names(bytes, KEY_PREFIX_BYTES, stream, name));
    cr_assert_not(key_to_names(bytes, KEY_PREFIX_BYTES + 10, stream, name));
    bytes[KEY_PREFIX_BYTES + NAME_MAX_BYTES + 1] = '\0';
    cr_assert_not(key_to_names(bytes, KEY_MAX_BYTES, stream, name));
    bytes[KEY_PREFIX_BYTES + 1] = '\0';
    cr_assert_not(key_to_names(bytes, KEY_MAX_BYTES, stream, name));
    cr_assert(key_to_names(bytes, KEY_PREFIX_BYTES + 10, stream, name));
    bytes[0] = '-';
    cr_assert_not(key_to_names(bytes, KEY_PREFIX_BYTES + 10, stream, name));
}

Test(journal_keys, the_kinds_of_rows_are_in_the_order_of_their_keys, .timeout = 10)
{
    static const char *const keys[] = {"commit",  "identity",   "stream/a",  "totals/a",
                                       "version", "~position/", "~producer/"};
    struct key key, previous = {0};
    for (int kind = 0; kind < ROW_UNKNOWN; kind++) {
        key_of_text(&key, keys[kind]);
        if (kind >= ROW_POSITION)
            key_of_names(&key, keys[kind], "a", "b");
        cr_assert_eq(row_kind_of(key.bytes, key.size), kind);
        cr_assert_gt(memcmp(key.bytes, previous.bytes, key.size), 0);
        previous = key;
    }
}

Test(journal_keys, a_key_of_another_name_is_of_no_kind, .timeout = 10)
{
    static const char *const keys[] = {"",         "commi",     "commits", "totals/",
                                       "version1", "~producer", "meta"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        cr_assert_eq(row_kind_of(keys[i], strlen(keys[i])), ROW_UNKNOWN, "%s", keys[i]);
}

Test(journal_keys, a_producer_row_has_the_documented_bytes, .timeout = 10)
{
    struct producer_state state = {
        .epoch = 1, .sequence = 0x0203, .record = 4, .stored_ms = 5, .digest = {0xaa, 0xbb}};
    unsigned char row[PRODUCER_ROW_BYTES], expected[PRODUCER_ROW_BYTES] = {0};
    struct key key;
    expected[0] = 1;
    expected[8] = 3;
    expected[9] = 2;
    expected[16] = 0xaa;
    expected[17] = 0xbb;
    expected[48] = 4;
    expected[56] = 5;
    key_of_names(&key, KEY_PRODUCER, "events", "agent");
    bytes_put_le64(expected + 64,
                   XXH3_64bits_withSeed(expected, 64, XXH3_64bits("~producer/events\0agent", 22)));
    producer_encode(&state, row);
    row_seal(&key, row, sizeof row);
    cr_assert_eq(sizeof row, 72);
    cr_assert_eq(memcmp(row, expected, sizeof row), 0);
}

Test(journal_keys, rows_are_read_back, .timeout = 10)
{
    struct producer_state state = {.epoch = 1, .sequence = 2, .record = 3, .stored_ms = 4}, state2;
    struct position position = {5, 6}, position2;
    struct totals totals = {7, 8, 9, 10}, totals2;
    unsigned char row[ROW_MAX_BYTES];
    memset(state.digest, 0x5a, DIGEST_BYTES);
    producer_encode(&state, row);
    producer_decode(row, &state2);
    cr_assert_eq(memcmp(&state, &state2, sizeof state), 0);
    position_encode(&position, row);
    position_decode(row, &position2);
    cr_assert_eq(memcmp(&position, &position2, sizeof position), 0);
    totals_encode(&totals, row);
    totals_decode(row, &totals2);
    cr_assert_eq(memcmp(&totals, &totals2, sizeof totals), 0);
}

Test(journal_keys, every_flipped_bit_of_a_row_is_found, .timeout = 10)
{
    struct position position = {123, 456};
    unsigned char row[POSITION_ROW_BYTES];
    struct key key;
    key_of_names(&key, KEY_PRODUCER, "events", "scorer");
    position_encode(&position, row);
    row_seal(&key, row, sizeof row);
    cr_assert(row_is_sound(key.bytes, key.size, row, sizeof row, sizeof row));
    for (size_t bit = 0; bit < 8 * sizeof row; bit++) {
        row[bit / 8] ^= (unsigned char)(1 << bit % 8);
        cr_assert_not(row_is_sound(key.bytes, key.size, row, sizeof row, sizeof row));
        row[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

Test(journal_keys, a_row_is_sound_under_its_own_key_and_size_only, .timeout = 10)
{
    unsigned char row[POSITION_ROW_BYTES] = {1};
    struct key key, other;
    key_of_names(&key, KEY_PRODUCER, "events", "scorer");
    key_of_names(&other, KEY_PRODUCER, "events", "scores");
    row_seal(&key, row, sizeof row);
    cr_assert_not(row_is_sound(other.bytes, other.size, row, sizeof row, sizeof row));
    cr_assert_not(row_is_sound(key.bytes, key.size, row, sizeof row, sizeof row + 8));
    cr_assert_not(row_is_sound(key.bytes, key.size, row, 0, sizeof row));
}

/* An entry around a frame of 40 bytes. */
struct example {
    unsigned char bytes[ENTRY_PREFIX_BYTES + RECORD_PREFIX_BYTES + 40];
};

static struct example example_of(const char *stream, uint64_t sequence, uint64_t previous)
{
    static const unsigned char frame[40] = "SHB1 and what follows";
    struct example example;
    struct record record = {
        .sequence = sequence, .stored_ms = 77, .frame = frame, .frame_size = sizeof frame};
    record_write(&record, example.bytes + ENTRY_PREFIX_BYTES);
    entry_seal(entry_seed(stream), previous, example.bytes);
    return example;
}

Test(journal_keys, an_entry_is_check_previous_and_record, .timeout = 10)
{
    struct example example = example_of("events", 9, 4);
    uint64_t check =
        XXH3_64bits_withSeed(example.bytes + 8, 8 + RECORD_PREFIX_BYTES, XXH3_64bits("events", 6));
    cr_assert_eq(bytes_get_le64(example.bytes), check);
    cr_assert_eq(bytes_get_le64(example.bytes + 8), 4);
    cr_assert_eq(bytes_get_le64(example.bytes + 16), 9);
    cr_assert_eq(bytes_get_le64(example.bytes + 24), 77);
    cr_assert_eq(memcmp(example.bytes + 40, "SHB1", 4), 0);
}

Test(journal_keys, an_entry_is_read_back, .timeout = 10)
{
    struct example example = example_of("events", 9, 4);
    struct entry entry;
    struct record record;
    cr_assert(entry_decode(entry_seed("events"), 9, example.bytes, sizeof example.bytes, &entry));
    cr_assert_eq(entry.previous, 4);
    cr_assert_eq(entry.stored_ms, 77);
    cr_assert_eq(record_parse(entry.record, entry.record_size, &record), ERR_OK);
    cr_assert_eq(record.sequence, 9);
}

Test(journal_keys, an_entry_of_another_number_stream_or_size_is_refused, .timeout = 10)
{
    struct example example = example_of("events", 9, 4);
    struct entry entry;
    size_t size = sizeof example.bytes;
    cr_assert_not(entry_decode(entry_seed("events"), 8, example.bytes, size, &entry));
    cr_assert_not(entry_decode(entry_seed("scores"), 9, example.bytes, size, &entry));
    cr_assert_not(entry_decode(entry_seed("events"), 9, example.bytes, 39, &entry));
    cr_assert_not(entry_decode(entry_seed("events"), 9, example.bytes,
                               ENTRY_PREFIX_BYTES + RECORD_MAX_BYTES + 1, &entry));
}

Test(journal_keys, every_flipped_bit_of_an_entry_is_found, .timeout = 10)
{
    struct example example = example_of("events", 9, 4);
    for (size_t bit = 0; bit < 8 * sizeof example.bytes; bit++) {
        struct entry entry;
        struct record record;
        example.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        bool is_sound =
            entry_decode(entry_seed("events"), 9, example.bytes, sizeof example.bytes, &entry) &&
            !record_parse(entry.record, entry.record_size, &record);
        cr_assert_not(is_sound, "bit %zu", bit);
        example.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
}

/* --- the order of a producer's batches: each line of the table in proto/README.md ---------------- */

static enum err order_of_batch(uint64_t epoch, uint64_t sequence, unsigned char previous,
                               unsigned char digest, enum order *order)
{
    const struct producer_state state = {.epoch = 5, .sequence = 3, .digest = {'D'}};
    struct batch batch = {.epoch = epoch, .sequence = sequence};
    batch.previous_digest[0] = previous;
    batch.digest[0] = digest;
    return order_of(&state, &batch, order);
}

Test(journal_order, each_line_of_the_protocol_s_table, .timeout = 10)
{
    static const struct {
        uint64_t epoch, sequence;
        unsigned char previous, digest;
        enum err err;
        enum order order;
    } lines[] = {{5, 4, 'D', 'N', ERR_OK, ORDER_NEXT},
                 {6, 1, 'D', 'N', ERR_OK, ORDER_NEXT},
                 {9, 1, 'D', 'N', ERR_OK, ORDER_NEXT},
                 {5, 3, 'C', 'D', ERR_OK, ORDER_REPEAT},
                 {5, 2, 'B', 'C', ERR_OK, ORDER_REPEAT_EARLIER},
                 {5, 1, 'A', 'B', ERR_OK, ORDER_REPEAT_EARLIER},
                 {5, 3, 'C', 'X', ERR_CONFLICT, ORDER_NEXT},
                 {5, 5, 'D', 'N', ERR_GAP, ORDER_NEXT},
                 {6, 2, 'D', 'N', ERR_GAP, ORDER_NEXT},
                 {4, 4, 'D', 'N', ERR_FENCED, ORDER_NEXT},
                 {4, 1, 'D', 'N', ERR_FENCED, ORDER_NEXT},
                 {5, 4, 'X', 'N', ERR_LINK, ORDER_NEXT},
                 {6, 1, 'X', 'N', ERR_LINK, ORDER_NEXT},
                 {UINT64_MAX, 1, 'D', 'N', ERR_MALFORMED, ORDER_NEXT}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        enum order order = ORDER_NEXT;
        enum err err = order_of_batch(lines[i].epoch, lines[i].sequence, lines[i].previous,
                                      lines[i].digest, &order);
        cr_assert_eq(err, lines[i].err, "line %zu: %s", i, err_name(err));
        if (!err)
            cr_assert_eq(order, lines[i].order, "line %zu", i);
    }
}

/* --- producers met by a transaction ----------------------------------------------------------- */

Test(journal_touched, as_many_as_fit_are_found_and_none_after_clearing, .timeout = 10)
{
    struct touched *touched = calloc(1, sizeof *touched);
    struct key key;
    char name[32];
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < TOUCHED_MAX; i++) {
            snprintf(name, sizeof name, "agent-%d", (int)i);
            key_of_names(&key, KEY_PRODUCER, "events", name);
            cr_assert_null(touched_find(touched, &key));
            cr_assert_not(touched_is_full(touched));
            touched_add(touched, &key)->state.sequence = i;
        }
        cr_assert(touched_is_full(touched));
        for (uint64_t i = 0; i < TOUCHED_MAX; i++) {
            snprintf(name, sizeof name, "agent-%d", (int)i);
            key_of_names(&key, KEY_PRODUCER, "events", name);
            cr_assert_eq(touched_find(touched, &key)->state.sequence, i);
        }
        touched_clear(touched);
    }
    free(touched);
}
