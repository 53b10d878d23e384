#include "tests/support/follower.h"

#include "proto/client/subscriber.h"

#include <stdio.h>
#include <stdlib.h>

struct follower {
    struct subscriber *subscriber;
    char name[64], stream[64];
    uint64_t *records;
    size_t count, room;
};

static _Noreturn void die(const struct follower *follower, const char *what)
{
    fprintf(stderr, "follower %s: %s\n", follower ? follower->name : "", what);
    abort();
}

struct follower *follower_open(struct world *world, const char *name,
                               const struct identity *identity, const char *stream,
                               const char *endpoint)
{
    struct follower *follower = calloc(1, sizeof *follower);
    if (!follower)
        die(follower, "no memory");
    snprintf(follower->name, sizeof follower->name, "%s", name);
    snprintf(follower->stream, sizeof follower->stream, "%s", stream);
    const struct subscriber_options options = {
        .endpoint = endpoint ? endpoint : world_endpoint(world, "fetch"),
        .server_key = world_server_key(world),
        .identity = identity,
        .stream = stream,
        .start = SUBSCRIBE_FROM_SEQUENCE,
        .from = 1};
    if (subscriber_open(&options, &follower->subscriber))
        die(follower, "cannot be opened");
    return follower;
}

void follower_close(struct follower **follower)
{
    if (!*follower)
        return;
    subscriber_close(&(*follower)->subscriber);
    free((*follower)->records);
    free(*follower);
    *follower = NULL;
}

static void remember(struct follower *follower, uint64_t record)
{
    if (follower->count == follower->room) {
        follower->room = follower->room ? 2 * follower->room : 4096;
        follower->records = realloc(follower->records, follower->room * sizeof *follower->records);
        if (!follower->records)
            die(follower, "no memory");
    }
    follower->records[follower->count++] = record;
}

void follower_step(struct follower *follower, uint32_t wait_ms)
{
    struct subscriber_record record;
    enum err err;
    while (!(err = subscriber_next(follower->subscriber, wait_ms, &record)))
        remember(follower, record.sequence);
    if (err != ERR_TIMEOUT && err != ERR_UNREACHABLE)
        die(follower, err_text(err));
}

uint64_t follower_last(const struct follower *follower)
{
    return follower->count ? follower->records[follower->count - 1] : 0;
}

void follower_tell(const struct follower *follower, struct history *history)
{
    for (size_t i = 0; i < follower->count; i++)
        history_effect(history, follower->name, follower->stream, follower->records[i]);
    history_position(history, follower->name, follower->stream, follower_last(follower));
}
