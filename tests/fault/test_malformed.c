/* Malformed frames of every kind against a live broker for SECONDS (3): it is up, its memory is flat, good
 * clients are served, P0 holds. */
#include "proto/base/buffer.h"
#include "proto/base/clock.h"
#include "tests/support/batches.h"
#include "tests/support/siege.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 20240229, KINDS = 4, FRAME_BYTES = 4096, WINDOW = 200 };

struct forge {
    unsigned short random[3];
    struct buffer frame;
    struct chain chain;
    unsigned char bytes[FRAME_BYTES];
    size_t size;
};

static size_t draw(struct forge *forge, size_t most)
{
    return (size_t)nrand48(forge->random) % most;
}

static void take(struct forge *forge, const void *bytes, size_t size)
{
    if (size > FRAME_BYTES - forge->size)
        size = FRAME_BYTES - forge->size;
    memcpy(forge->bytes + forge->size, bytes, size);
    forge->size += size;
}

static void put_request(struct forge *forge)
{
    Songhua__V1__Request request = SONGHUA__V1__REQUEST__INIT;
    Songhua__V1__Hello hello = SONGHUA__V1__HELLO__INIT;
    Songhua__V1__Fetch fetch = SONGHUA__V1__FETCH__INIT;
    Songhua__V1__SavePosition save = SONGHUA__V1__SAVE_POSITION__INIT;
    static char events[] = "events", name[] = "x-agent";
    unsigned char packed[256];
    request.id = 7;
    hello.stream = fetch.stream = save.stream = events;
    hello.producer = save.consumer = name;
    fetch.from = 1;
    fetch.max_records = 1;
    switch (draw(forge, 3)) {
    case 0:
        request.body_case = SONGHUA__V1__REQUEST__BODY_HELLO;
        request.hello = &hello;
        break;
    case 1:
        request.body_case = SONGHUA__V1__REQUEST__BODY_FETCH;
        request.fetch = &fetch;
        break;
    default:
        request.body_case = SONGHUA__V1__REQUEST__BODY_SAVE_POSITION;
        request.save_position = &save;
    }
    take(forge, packed, songhua__v1__request__pack(&request, packed));
}

/* A good frame of some kind … */
static void make(struct forge *forge)
{
    forge->size = 0;
    switch (draw(forge, KINDS)) {
    case 0:
        put_request(forge);
        break;
    case 1:
        (void)chain_next(&forge->chain, "payload", &forge->frame);
        take(forge, forge->frame.data, forge->frame.size);
        break;
    case 2:
        take(forge, "SHBM", 4);
        for (size_t i = draw(forge, 4); i < 4; i++) {
            (void)chain_next(&forge->chain, "payload", &forge->frame);
            uint32_t size = (uint32_t)forge->frame.size;
            take(forge, &size, sizeof size);
            take(forge, forge->frame.data, forge->frame.size);
        }
        break;
    default:
        for (size_t i = draw(forge, 200); i; i--) {
            unsigned char byte = (unsigned char)draw(forge, 256);
            take(forge, &byte, 1);
        }
    }
}

/* … and what is done to it: a bit, a byte, a length, cut short, made longer, doubled. */
static void spoil(struct forge *forge)
{
    for (size_t i = draw(forge, 4) + 1; i && forge->size; i--) {
        size_t at = draw(forge, forge->size);
        switch (draw(forge, 6)) {
        case 0:
            forge->bytes[at] ^= (unsigned char)(1u << draw(forge, 8));
            break;
        case 1:
            forge->bytes[at] = (unsigned char)draw(forge, 256);
            break;
        case 2:
            memset(forge->bytes + at, 0xff, forge->size - at < 4 ? forge->size - at : 4);
            break;
        case 3:
            forge->size = at;
            break;
        case 4:
            take(forge, forge->bytes, at);
            break;
        default:
            memmove(forge->bytes, forge->bytes + at, forge->size - at);
            forge->size -= at;
        }
    }
}

static uint64_t attack(struct siege *siege, struct attacker *const *attackers, uint64_t end_us)
{
    static struct forge forge = {.random = {SEED & 0xffff, SEED >> 16, 0}};
    uint64_t sent = 0, unheard[2] = {0};
    buffer_init(&forge.frame, BATCH_FRAME_MAX_BYTES);
    forge.chain = chain_start("events", "x-agent", 1);
    for (size_t way = 0; clock_monotonic_us() < end_us; way = !way) {
        make(&forge);
        spoil(&forge);
        if (attacker_send(attackers[way], forge.bytes, forge.size, draw(&forge, 50) == 0, 1000)) {
            sent++;
            unheard[way]++;
        }
        while (unheard[way] > WINDOW && attacker_hear(attackers[way], 20) >= 0)
            unheard[way]--;
        if (unheard[way] > WINDOW) /* those that were part of a message got no answer */
            unheard[way] = 0;
        if (sent % 2000 == 0)
            siege_step(siege);
    }
    buffer_fini(&forge.frame);
    return sent;
}

Test(fault_hostile, malformed_frames_leave_the_broker_as_it_was, .timeout = 4000)
{
    const char *seconds = getenv("SECONDS");
    const uint64_t lasts_us =
        (uint64_t)(seconds && atoi(seconds) > 0 ? atoi(seconds) : 3) * 1000000;
    struct siege *siege = siege_open(NULL);
    const struct identity *agent =
        world_identity(siege_world(siege), "x-agent", ROLE_AGENT, "220100");
    struct attacker *attackers[] = {attacker_open(siege, "publish", agent),
                                    attacker_open(siege, "fetch", agent)};
    uint64_t begin_us = clock_monotonic_us();
    uint64_t sent = attack(siege, attackers, begin_us + lasts_us / 10);
    double first = siege_memory_kib(siege), descriptors = siege_descriptors(siege);
    sent += attack(siege, attackers, begin_us + lasts_us);
    siege_serves(siege);
    double last = siege_memory_kib(siege);
    fprintf(stderr, "hostile: seed %d, %lu malformed frames in %lu s: memory %.0f, then %.0f KiB\n",
            SEED, (unsigned long)sent, (unsigned long)(lasts_us / 1000000), first, last);
    cr_assert_lt(last - first, 32 * 1024, "memory grows");
    cr_assert_leq(siege_descriptors(siege), descriptors + 8);
    attacker_close(&attackers[0]);
    attacker_close(&attackers[1]);
    siege_close(&siege, "malformed frames", "x-");
}
