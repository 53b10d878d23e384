/* Brings parcels into the agent's outbox and waits until the broker has them, whether this process holds
 * the outbox or another does (station.h).
 *
 *     delivery_open(&options, &delivery)
 *     delivery_deposit(&delivery, &parcel, &outcome)     safe on disk
 *     delivery_wait(&delivery, timeout_ms)               safe at the broker
 *     delivery_close(&delivery)
 *
 * When the station ends in between, delivery becomes the station or finds the new one, and deposits once
 * more: what was deposited is recognised. Not for use by two threads at once.
 */
#ifndef SONGHUA_AGENT_DELIVERY_H
#define SONGHUA_AGENT_DELIVERY_H

#include "producers/agent/parcel.h"
#include "producers/agent/station.h"

struct delivery {
    struct station_options options;
    struct station *station;    /* this process is the station */
    int fd;                     /* otherwise: the door of the one that is */
    struct station_status host; /* as it said when we came in */
    struct buffer message;
    const struct parcel *parcel; /* borrowed: the last that was deposited */
    uint64_t ticket;
    bool has_news; /* "delivered" came before the answer to the last question */
};

/* `options` and what it names are borrowed until delivery_close().
 * Errors  as station_open(); ERR_LOCKED only when the station does not open its door. */
MUST_CHECK enum err delivery_open(const struct station_options *options, struct delivery *out);
void delivery_close(struct delivery *delivery); /* accepts an all-zero delivery */

/* `parcel` is borrowed until delivery_close(). Errors  as deposit_parcel(), ERR_TIMEOUT. */
MUST_CHECK enum err delivery_deposit(struct delivery *delivery, const struct parcel *parcel,
                                     struct deposit_outcome *outcome);

/* Errors  ERR_TIMEOUT (the broker is there but has not acknowledged everything), ERR_UNREACHABLE,
 *         ERR_KEY, or a final refusal. In every case what was deposited stays in the outbox. */
MUST_CHECK enum err delivery_wait(struct delivery *delivery, uint32_t timeout_ms);

/* station_status(), here or there. Errors  those of the talk. */
MUST_CHECK enum err delivery_status(struct delivery *delivery, struct station_status *out);

/* station_resend(), here or in the process that is the station. Errors  those of the talk. */
MUST_CHECK enum err delivery_resend(struct delivery *delivery, bool is_dry,
                                    struct station_resend *out);

/* Wait for the other process to end, or until `wake_fd` is readable. */
void delivery_await_end(struct delivery *delivery, int wake_fd);

/* The station this process is, now the caller's to close; NULL: it is not. */
struct station *delivery_take_station(struct delivery *delivery);

#endif
