/* The one process that holds an agent's outbox, whatever command it runs: it takes parcels, sends what
 * waits to the broker, and lets other processes of the same agent in through STATE/agent.sock.
 *
 *     station_open(&options, &station)                       ERR_LOCKED: another process is the station
 *     station_deposit(station, parcel, size, &outcome, &ticket)
 *     while (!station_has_delivered(station, ticket))
 *         err = station_turn(station, 1000, -1)
 *     station_close(&station)
 *
 * `run` is a station that stays; `submit` and `put` are one for as long as they take, unless there is one
 * already: then they are its guests (delivery.h). What guests and station say to each other, each
 * message one word and lines "name=value" (fields.h):
 *
 *     station  hello    kind, pid                        to everyone who comes in
 *     guest    deposit  and a sealed memory file that holds the parcel
 *     station  outcome  err, struct deposit_outcome
 *     station  delivered                                 once the broker has acknowledged all of it
 *     guest    status
 *     station  status   struct station_status
 *     guest    resend, or plan: the same without doing it
 *     station  resent   struct station_resend
 *
 * A station that ends closes the door; its guests then try to become the station, which does no harm: a
 * deposit that was made is not made twice. Not for use by two threads at once.
 */
#ifndef SONGHUA_AGENT_STATION_H
#define SONGHUA_AGENT_STATION_H

#include "producers/agent/deposit.h"
#include "producers/agent/fields.h"
#include "proto/net/identity.h"

#include <stdbool.h>
#include <stdint.h>

struct station;

struct station_options {
    const char *kind;   /* "run", "submit" …; at most 15 bytes */
    const char *state;  /* directory; made when missing, 0700 */
    const char *broker; /* endpoint; NULL: nothing is sent */
    const char *server_key;
    const struct identity *identity; /* borrowed for the life of the station */
};

/* All numbers are uint64_t, for fields.h. */
struct station_status {
    char kind[16], producer[IDENTITY_NAME_BYTES];
    uint64_t pid, started_ms;
    uint64_t is_connected, reconnects;
    uint64_t acknowledged_batches; /* since started_ms */
    uint64_t last_ack_ms, last_record;
    uint64_t last_error; /* enum err: why nothing moves */
    char last_error_text[200];
    uint64_t batches, events, oldest_ms; /* waiting in the outbox */
    uint64_t epoch, next_sequence, receipt_record;
    char receipt_digest[2 * DIGEST_BYTES + 1], broker_id[33];
    uint64_t deposits, heartbeats; /* since started_ms */
    uint64_t is_rolled_back;       /* the broker has lost what it acknowledged; nothing is sent */
};
extern const struct field station_status_fields[];

struct station_outcome {
    uint64_t err; /* enum err; the rest counts when it is ERR_OK */
    uint64_t is_repeat, submitted_ms, superseded, fresh, revised, unchanged, batches;
};
extern const struct field station_outcome_fields[];

/* How it stands with a broker that has lost what it acknowledged; as struct outbox_rollback. */
struct station_resend {
    uint64_t err; /* enum err; the rest counts when it is ERR_OK. ERR_NOT_FOUND: nothing is lost */
    uint64_t noticed_ms, is_other_broker, epoch, acknowledged, record;
    uint64_t broker_epoch, broker_sequence, broker_record;
    uint64_t lost_first, lost_last, again, is_whole;
};
extern const struct field station_resend_fields[];

extern const char station_socket_name[];

/* Errors  ERR_LOCKED, ERR_KEY, ERR_USAGE (endpoint), ERR_CONFIG (the outbox is another producer's),
 *         ERR_CORRUPT, ERR_PERMISSION, ERR_FULL, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err station_open(const struct station_options *options, struct station **out);
void station_close(struct station **station);

/* Errors  as deposit_parcel(). */
MUST_CHECK enum err station_deposit(struct station *station, const void *parcel, size_t size,
                                    struct deposit_outcome *outcome, uint64_t *ticket);
/* Whether everything deposited up to the ticket is on the broker's disk. */
bool station_has_delivered(const struct station *station, uint64_t ticket);

/* Send, receive, serve guests; wait for something to do for up to timeout_ms, or until `wake_fd` (or
 * -1) is readable; no wait when the last that waited has just been acknowledged.
 * Errors  a final refusal of the broker (publisher.h). After ERR_ROLLBACK the station goes on: it asks
 *         the broker again every ten seconds, and takes deposits. */
MUST_CHECK enum err station_turn(struct station *station, uint32_t timeout_ms, int wake_fd);

/* Enqueue a heartbeat for the region, unless the broker is away: what waits says the rest when it is
 * back. Errors  as outbox_append() and outbox_commit(). */
MUST_CHECK enum err station_heartbeat(struct station *station, uint32_t region);

void station_status(const struct station *station, struct station_status *out);

/* The operator's decision after ERR_ROLLBACK, or with is_dry what it would come to: what the outbox
 * still has is sent again; *ticket as for a deposit. Where batches are lost, what was sent is forgotten
 * (deposit_forget()). */
void station_resend(struct station *station, bool is_dry, struct station_resend *out,
                    uint64_t *ticket);

#endif
