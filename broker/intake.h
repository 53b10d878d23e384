/* The intake: takes batches, checks them, stores them, and only then answers.
 *
 * One thread, which alone writes to the journal. A turn drains what has come (bounded), appends it to
 * one transaction, flushes once, then acknowledges everyone; while it flushes, ZeroMQ's I/O threads
 * go on receiving and decrypting the next turn's batches. A failed flush refuses the whole turn, and
 * a disk that failed once is not asked again: the thread ends and the broker stops.
 */
#ifndef SONGHUA_BROKER_INTAKE_H
#define SONGHUA_BROKER_INTAKE_H

#include "broker/access.h"
#include "broker/audience.h"
#include "broker/audit.h"
#include "broker/counters.h"
#include "broker/guard.h"
#include "broker/journal/journal.h"
#include "broker/quota.h"
#include "broker/retention.h"
#include "broker/saves.h"
#include "proto/base/wake.h"
#include "proto/net/socket.h"

struct intake;

struct intake_options {
    struct net_socket *socket; /* ROUTER, bound; all borrowed, used by the intake's thread alone */
    struct journal *journal;
    struct access *access;
    struct saves *saves;
    struct quota *quota;
    struct audit *audit;
    const struct guard *guard;
    struct counters *counters;
    const struct retention_rules *retention;
    struct wake *wake;         /* there are saves, or it is time to stop */
    struct audience *audience; /* told after each commit that stored something */
    struct wake *failed;       /* signalled when a final error ended the thread */
    const char *software;
};

/* Start the thread. Errors  ERR_NOMEM. */
MUST_CHECK enum err intake_start(const struct intake_options *options, struct intake **out);
/* Finish the turn under way, answer it, and end. */
void intake_stop(struct intake **intake);

#endif
