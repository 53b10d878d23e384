#include "proto/client/publisher_internal.h"

#include <stdlib.h>
#include <string.h>

enum err window_init(struct window *window)
{
    *window = (struct window){.max_batches = 1, .max_bytes = BATCH_FRAME_MAX_BYTES};
    window->flights = calloc(WINDOW_MAX_BATCHES, sizeof *window->flights);
    return window->flights ? ERR_OK : ERR_NOMEM;
}

void window_fini(struct window *window)
{
    while (window->count)
        window_pop(window);
    free(window->flights);
    window->flights = NULL;
}

/* One batch always fits, whatever its size. */
bool window_has_room(const struct window *window, size_t bytes)
{
    return !window->count ||
           (window->count < window->max_batches && window->bytes + bytes <= window->max_bytes);
}

struct flight *window_at(struct window *window, size_t index)
{
    return &window->flights[(window->first + index) % WINDOW_MAX_BATCHES];
}

struct flight *window_push(struct window *window, const struct batch *batch, size_t bytes)
{
    struct flight *flight = window_at(window, window->count++);
    net_message_init(&flight->frame);
    flight->sequence = batch->sequence;
    flight->event_count = batch->event_count;
    flight->size = bytes;
    memcpy(flight->digest, batch->digest, DIGEST_BYTES);
    window->bytes += bytes;
    return flight;
}

void window_pop(struct window *window)
{
    struct flight *flight = window_at(window, 0);
    net_message_fini(&flight->frame);
    window->bytes -= flight->size;
    window->first = (window->first + 1) % WINDOW_MAX_BATCHES;
    window->count--;
    if (window->sent)
        window->sent--;
}
