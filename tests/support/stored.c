#include "tests/support/stored.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint64_t year_2026_ms = 1767225600000;

struct stored stored_new(const char *stream, uint64_t sequence, uint32_t region,
                         const Songhua__V1__Event *events, size_t count)
{
    struct stored stored = {.record = {.sequence = sequence}};
    Songhua__V1__Event *list[STORED_MAX_EVENTS];
    Songhua__V1__EventBatch batch = SONGHUA__V1__EVENT_BATCH__INIT;
    void *room;
    cr_assert_leq(count, (size_t)STORED_MAX_EVENTS);
    for (size_t i = 0; i < count; i++)
        list[i] = (Songhua__V1__Event *)(uintptr_t)&events[i];
    batch.events = list;
    batch.n_events = count;
    size_t size = songhua__v1__event_batch__get_packed_size(&batch);
    buffer_init(&stored.payload, 1 << 20);
    cr_assert_eq(buffer_reserve(&stored.payload, size, &room), ERR_OK);
    songhua__v1__event_batch__pack(&batch, room);
    stored.record.stored_ms = year_2026_ms + sequence * 1000;
    stored.record.batch = (struct batch){.producer = "test",
                                         .region = region,
                                         .event_count = (uint32_t)count,
                                         .payload = room,
                                         .payload_size = size};
    snprintf(stored.record.batch.stream, sizeof stored.record.batch.stream, "%s", stream);
    return stored;
}

void stored_free(struct stored *stored)
{
    buffer_fini(&stored->payload);
}

void captured_begin(struct captured *captured)
{
    *captured = (struct captured){.before = stdout};
    captured->file = open_memstream(&captured->text, &captured->size);
    cr_assert_not_null(captured->file);
    stdout = captured->file;
}

char *captured_end(struct captured *captured)
{
    stdout = captured->before;
    cr_assert_eq(fclose(captured->file), 0);
    return captured->text;
}
