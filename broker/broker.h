/* The broker as a whole: what it is made of, in which order it starts and stops.
 *
 *     journal ── locked, checked and synced first
 *     access  ── who is known; the ZAP handler proves that it refuses strangers
 *     sockets ── only then is a port open
 *     intake, serve ── two threads; HTTP ── a third
 */
#ifndef SONGHUA_BROKER_BROKER_H
#define SONGHUA_BROKER_BROKER_H

#include "broker/retention.h"
#include "proto/base/err.h"
#include "proto/net/identity.h"

#include <stdint.h>

struct broker;

struct broker_options {
    const char *state;                  /* directory of the journal */
    const char *access;                 /* directory of the clients' certificates */
    const char *identity;               /* the broker's own certificate */
    const char *publish, *fetch, *live; /* endpoints to bind */
    const char *http;                   /* address of the status port; "" is none */
    uint64_t journal_bytes;
    uint64_t io_threads;
    uint64_t memory_bytes; /* above it, all connections are ended (guard.h); 0: no limit */
    struct retention_rules retention;
    struct identity_quota quota; /* of a key whose certificate says nothing; 0: no limit */
};

/* What to do about a failure is in the log. Errors  those of the parts. */
MUST_CHECK enum err broker_open(const struct broker_options *options, struct broker **out);
void broker_close(struct broker **broker); /* finishes what was taken, answers it, closes */

int broker_failed_fd(const struct broker *broker);  /* readable once the broker cannot go on */
enum err broker_error(const struct broker *broker); /* why; ERR_OK while it can */
void broker_tend(struct broker *broker);            /* what is to be done every GUARD_EVERY_MS */
void broker_reload(struct broker *broker);          /* read the access directory again */

/* The endpoints as bound, for programs that asked for port *: "publish", "fetch", "live", "http". */
const char *broker_endpoint(const struct broker *broker, const char *which);

#endif
