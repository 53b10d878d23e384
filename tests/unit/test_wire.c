#include "proto/base/bytes.h"
#include "proto/wire/batch.h"
#include "proto/wire/code.h"
#include "proto/wire/record.h"
#include "proto/wire/wire.pb-c.h"
#include "tests/support/batches.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static struct buffer new_frame(void)
{
    struct buffer frame;
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    return frame;
}

Test(wire, what_batch_write_writes_batch_parse_reads, .timeout = 10)
{
    struct buffer frame = new_frame();
    struct chain chain = chain_start("events", "agent-220100", 3);
    struct batch batch = chain_next(&chain, "payload", &frame);
    cr_assert_str_eq(batch.stream, "events");
    cr_assert_str_eq(batch.producer, "agent-220100");
    cr_assert_str_eq(batch.topic, "observation");
    cr_assert_eq(batch.epoch, 3);
    cr_assert_eq(batch.sequence, 1);
    cr_assert_eq(batch.region, 220100);
    cr_assert_eq(batch.event_count, 1);
    cr_assert_eq(batch.payload_size, 7);
    cr_assert_eq(memcmp(batch.payload, "payload", 7), 0);
    cr_assert_not(batch.is_signed);
    cr_assert_eq(batch_check_digest(&batch), ERR_OK);
    buffer_fini(&frame);
}

/* The byte string of proto/README.md, put together here by hand. */
Test(wire, the_digest_is_over_the_documented_bytes, .timeout = 10)
{
    struct buffer frame = new_frame();
    struct chain chain = chain_start("events", "p", 2);
    struct batch batch = chain_next(&chain, "abc", &frame);
    unsigned char expected[DIGEST_BYTES], bytes[512], *at = bytes;
    const uint64_t numbers[] = {2, 1, batch.created_ms, 1, 0, 220100};
    memcpy(at, "SHB1", 4);
    at += 4;
    for (size_t i = 0; i < 6; i++, at += 8)
        bytes_put_le64(at, numbers[i]);
    memset(at, 0, 32);
    at += 32;
    const char *const texts[] = {"events", "p", "observation"};
    for (size_t i = 0; i < 3; i++) {
        bytes_put_le64(at, strlen(texts[i]));
        memcpy(at + 8, texts[i], strlen(texts[i]));
        at += 8 + strlen(texts[i]);
    }
    memcpy(at, "abc", 3);
    at += 3;
    crypto_generichash(expected, sizeof expected, bytes, (size_t)(at - bytes), NULL, 0);
    cr_assert_eq(memcmp(expected, batch.digest, DIGEST_BYTES), 0);
    buffer_fini(&frame);
}

Test(wire, every_changed_byte_of_a_frame_is_noticed, .timeout = 30)
{
    struct buffer frame = new_frame();
    struct chain chain = chain_start("events", "agent-220100", 1);
    chain_next(&chain, "a payload of some bytes", &frame);
    for (size_t i = 0; i < frame.size * 8; i++) {
        struct batch batch;
        frame.data[i / 8] ^= (unsigned char)(1u << i % 8);
        enum err err = batch_parse(frame.data, frame.size, &batch);
        if (!err)
            err = batch_check_digest(&batch);
        cr_assert_neq(err, ERR_OK, "bit %zu", i);
        frame.data[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    buffer_fini(&frame);
}

Test(wire, a_frame_cut_short_is_malformed, .timeout = 10)
{
    struct buffer frame = new_frame();
    struct chain chain = chain_start("events", "agent-220100", 1);
    struct batch batch = chain_next(&chain, "x", &frame);
    for (size_t size = 4; size < frame.size; size++)
        cr_assert_eq(batch_parse(frame.data, size, &batch), ERR_MALFORMED, "%zu bytes", size);
    buffer_fini(&frame);
}

Test(wire, another_magic_is_another_version, .timeout = 10)
{
    struct batch batch;
    cr_assert_eq(batch_parse("SHB2xxxxxxxx", 12, &batch), ERR_VERSION);
}

Test(wire, a_header_size_beyond_the_frame_is_malformed, .timeout = 10)
{
    struct batch batch;
    unsigned char frame[64] = "SHB1";
    const uint32_t sizes[] = {57, 1025, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < 4; i++) {
        bytes_put_le32(frame + 4, sizes[i]);
        cr_assert_eq(batch_parse(frame, sizeof frame, &batch), ERR_MALFORMED);
    }
}

static enum err parse_changed(void (*change)(struct batch *))
{
    struct buffer frame = new_frame(), again = new_frame();
    struct chain chain = chain_start("events", "agent-220100", 1);
    struct batch batch = chain_next(&chain, "x", &frame), parsed;
    change(&batch);
    cr_assert_eq(batch_write(&batch, &again), ERR_OK);
    enum err err = batch_parse(again.data, again.size, &parsed);
    buffer_fini(&frame);
    buffer_fini(&again);
    return err;
}

static void upper_case_producer(struct batch *batch)
{
    strcpy(batch->producer, "Agent");
}
static void producer_that_climbs(struct batch *batch)
{
    strcpy(batch->producer, "../x");
}
static void empty_stream(struct batch *batch)
{
    batch->stream[0] = '\0';
}
static void topic_with_a_space(struct batch *batch)
{
    strcpy(batch->topic, "a b");
}
static void epoch_zero(struct batch *batch)
{
    batch->epoch = 0;
}
static void sequence_zero(struct batch *batch)
{
    batch->sequence = 0;
}
static void no_events(struct batch *batch)
{
    batch->event_count = 0;
}
static void region_of_seven_digits(struct batch *batch)
{
    batch->region = 1000000;
}
static void unknown_codec(struct batch *batch)
{
    batch->codec = (enum codec)7;
}
static void too_many_events(struct batch *batch)
{
    batch->event_count = 65536;
}

Test(wire, fields_outside_their_limits_are_refused, .timeout = 10)
{
    cr_assert_eq(parse_changed(upper_case_producer), ERR_MALFORMED);
    cr_assert_eq(parse_changed(producer_that_climbs), ERR_MALFORMED);
    cr_assert_eq(parse_changed(empty_stream), ERR_MALFORMED);
    cr_assert_eq(parse_changed(topic_with_a_space), ERR_MALFORMED);
    cr_assert_eq(parse_changed(epoch_zero), ERR_MALFORMED);
    cr_assert_eq(parse_changed(sequence_zero), ERR_MALFORMED);
    cr_assert_eq(parse_changed(no_events), ERR_MALFORMED);
    cr_assert_eq(parse_changed(region_of_seven_digits), ERR_MALFORMED);
    cr_assert_eq(parse_changed(unknown_codec), ERR_MALFORMED);
    cr_assert_eq(parse_changed(too_many_events), ERR_TOO_LARGE);
}

Test(wire, a_batch_that_could_not_be_read_is_not_written, .timeout = 10)
{
    struct buffer frame = new_frame();
    struct batch batch = {.payload = (const unsigned char *)"", .payload_size = 0};
    cr_assert_eq(batch_write(&batch, &frame), ERR_INTERNAL);
    buffer_init(&frame, 16);
    struct chain chain = chain_start("events", "p", 1);
    struct buffer whole = new_frame();
    batch = chain_next(&chain, "x", &whole);
    cr_assert_eq(batch_write(&batch, &frame), ERR_LIMIT);
    cr_assert_eq(frame.size, 0);
    buffer_fini(&whole);
    buffer_fini(&frame);
}

Test(wire, a_header_full_of_unknown_fields_is_no_danger, .timeout = 10)
{
    static unsigned char frame[8 + 1024 + 1];
    struct batch batch;
    memcpy(frame, "SHB1", 4);
    bytes_put_le32(frame + 4, 1024);
    for (size_t i = 8; i + 2 < 8 + 1024; i += 3) { /* field 100, varint 0 */
        frame[i] = 0xa0;
        frame[i + 1] = 0x06;
        frame[i + 2] = 0;
    }
    cr_assert_eq(batch_parse(frame, sizeof frame, &batch), ERR_MALFORMED);
}

Test(wire, a_signature_is_verified_by_the_public_key_and_no_other, .timeout = 10)
{
    struct signing_key key, other;
    unsigned char digest[DIGEST_BYTES] = {1, 2, 3}, signature[SIGNATURE_BYTES];
    cr_assert_geq(sodium_init(), 0);
    signing_key_make(NULL, &key);
    signing_key_make(NULL, &other);
    digest_sign(digest, &key, signature);
    cr_assert_eq(digest_verify(digest, signature, key.public_key), ERR_OK);
    cr_assert_eq(digest_verify(digest, signature, other.public_key), ERR_DIGEST);
    digest[0] ^= 1;
    cr_assert_eq(digest_verify(digest, signature, key.public_key), ERR_DIGEST);
}

Test(wire, a_signing_key_comes_again_from_its_seed, .timeout = 10)
{
    struct signing_key key, again;
    signing_key_make(NULL, &key);
    signing_key_make(key.secret_key, &again);
    cr_assert_eq(memcmp(&key, &again, sizeof key), 0);
}

Test(wire, every_changed_bit_of_a_record_is_noticed, .timeout = 30)
{
    struct buffer frame = new_frame();
    struct chain chain = chain_start("events", "agent-220100", 1);
    chain_next(&chain, "a payload", &frame);
    unsigned char *bytes = malloc(RECORD_PREFIX_BYTES + frame.size);
    struct record record = {7, 1700000000000, frame.data, frame.size}, read;
    record_write(&record, bytes);
    size_t size = RECORD_PREFIX_BYTES + frame.size;
    cr_assert_eq(record_parse(bytes, size, &read), ERR_OK);
    cr_assert_eq(read.sequence, 7);
    cr_assert_eq(read.stored_ms, 1700000000000);
    cr_assert_eq(read.frame_size, frame.size);
    for (size_t i = 0; i < size * 8; i++) {
        bytes[i / 8] ^= (unsigned char)(1u << i % 8);
        cr_assert_eq(record_parse(bytes, size, &read), ERR_CORRUPT, "bit %zu", i);
        bytes[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    cr_assert_eq(record_parse(bytes, 31, &read), ERR_MALFORMED);
    free(bytes);
    buffer_fini(&frame);
}

Test(wire, each_code_is_one_error_and_back, .timeout = 10)
{
    for (int code = 0; code <= 14; code++) {
        enum err err = code_to_err((Songhua__V1__Code)code);
        cr_assert_eq((int)code_from_err(err), code);
    }
    cr_assert_eq(code_to_err((Songhua__V1__Code)999), ERR_MALFORMED);
    cr_assert_eq(code_from_err(ERR_NOMEM), SONGHUA__V1__CODE__CODE_UNAVAILABLE);
}
