/* What the broker did that somebody will ask about later, on the record: who was denied, let in, shut out,
 * limited; when it started, stopped and was set differently. Stream `audit`, one topic for each action,
 * signed with the broker's identity, a producer like any other.
 *
 *     audit_note(…)                       any thread, never waits for a disk
 *     audit_deed(…)                       the intake's thread: what the open transaction itself does
 *     audit_store(…), audit_settle(…)     the intake's thread: into the open transaction; it was committed
 *
 * Nobody can flood it. The first of a kind is written at once; more of the same within a minute are
 * counted and written as one entry at its end; of what others cause, AUDIT_DENIALS_MAX different kinds
 * are told apart in a minute and the rest are one count. What the operator causes has room of its own.
 * While the journal takes nothing, entries wait here, within the same bounds.
 */
#ifndef SONGHUA_BROKER_AUDIT_H
#define SONGHUA_BROKER_AUDIT_H

#include "broker/journal/journal.h"
#include "proto/base/wake.h"
#include "proto/net/identity.h"

enum { AUDIT_DENIALS_MAX = 32, AUDIT_CHANGES_MAX = 1024 };
#define AUDIT_STREAM "audit"

/* Numbers and topics are AuditAction's in event.proto. */
enum audit_action {
    AUDIT_STARTED = 1, /* subject: the broker; detail: its settings */
    AUDIT_STOPPED = 2,
    AUDIT_CONFIG = 3,
    AUDIT_AUTHORIZED = 4, /* subject: the client; detail: role, regions, limits */
    AUDIT_CHANGED = 5,
    AUDIT_REVOKED = 6,
    AUDIT_DENIED = 7,      /* subject: the client, detail: what it wanted */
    AUDIT_THROTTLED = 8,   /* subject: the client, detail: which limit */
    AUDIT_UNKNOWN_KEY = 9, /* subject: the address it came from */
    AUDIT_ACTIONS
};

struct audit;

/* `identity` signs and is borrowed; `wake` is signalled when there is something to store.
 * Errors  ERR_NOMEM. */
MUST_CHECK enum err audit_new(const struct identity *identity, struct wake *wake,
                              struct audit **out);
void audit_free(struct audit *audit); /* accepts NULL */

/* Accepts a NULL audit: nothing happens. Bytes that are no printable ASCII become '?'. */
void audit_note(struct audit *audit, enum audit_action action, const char *subject,
                const char *format, ...) PRINTF_LIKE(4, 5);

/* Somebody changes the configuration by what is in the open transaction: the entry is stored by the same commit,
 * or waits where there is no room for it, and is dropped when the transaction fails. */
void audit_deed(struct audit *audit, const char *subject, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Append what waits to the open transaction; at the end of a minute (or `is_last`) also the counts.
 * Returns how many batches were appended. What cannot be stored now waits for a later turn. */
unsigned audit_store(struct audit *audit, struct journal *journal, uint64_t now_ms, bool is_last);
void audit_settle(struct audit *audit, bool is_committed);

#endif
