/* Shared between station.c (outbox and publisher) and station_guests.c (the door). */
#ifndef SONGHUA_AGENT_STATION_INTERNAL_H
#define SONGHUA_AGENT_STATION_INTERNAL_H

#include "producers/agent/station.h"
#include "proto/base/buffer.h"
#include "proto/client/outbox.h"
#include "proto/client/publisher.h"

#include <poll.h>

enum { GUESTS_MAX = 16 };

struct guest {
    int fd;          /* -1: nobody */
    bool is_waiting; /* to be told of the delivery of `ticket` */
    uint64_t ticket;
};

struct station {
    struct station_options options;
    struct outbox *outbox;
    struct publisher *publisher; /* NULL: nothing is sent */
    uint64_t started_ms, deposits, heartbeats;
    uint64_t asked_us; /* the broker, after a rollback was noticed */
    uint64_t appended; /* batches put into the outbox since station_open() */
    int listener;
    struct guest guests[GUESTS_MAX];
    struct buffer message;
};

MUST_CHECK enum err guests_open(struct station *station);
void guests_close(struct station *station);

/* Fill in what the door waits for; at most GUESTS_MAX + 1 items. Returns how many. */
size_t guests_poll(const struct station *station, struct pollfd *items);
/* Let in, answer, tell of deliveries. */
void guests_serve(struct station *station);

#endif
