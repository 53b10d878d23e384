/* What may be thrown away: nothing, unless a rule says so.
 *
 * A rule is for one stream: STREAM and words, "events age=3650d size=50GiB":
 *     age=TIME       records stored longer ago may go
 *     size=SIZE      the oldest may go while the stream takes more than that on disk
 *     read           what every consumer with a saved position has finished may go
 *     past-unread    also what a saved position has not come to; without it the slowest position holds
 *                    everything back that it has not finished
 * A record goes when any of the first three lets it go. Producers' states stay whatever goes: a repeat
 * is still known, a chain goes on. Who asks for a number that is gone is answered with the first kept.
 *
 * The intake prunes between its turns, at most 100 records in a transaction of their own, so that nobody
 * waits for more than one such step; also when the journal is full, for which LMDB keeps a reserve.
 */
#ifndef SONGHUA_BROKER_RETENTION_H
#define SONGHUA_BROKER_RETENTION_H

#include "broker/counters.h"
#include "broker/journal/journal.h"

struct retention_rule {
    char stream[NAME_MAX_BYTES + 1];
    uint64_t age_ms, size_bytes; /* 0: no matter */
    bool is_read, is_past_unread;
};

struct retention_rules {
    struct retention_rule items[JOURNAL_MAX_STREAMS];
    size_t count;
};

/* Add a rule. Errors  ERR_CONFIG, with what is wrong in `why`. */
enum { RETENTION_WHY_BYTES = 200 };
MUST_CHECK enum err retention_add(struct retention_rules *rules, const char *text,
                                  char why[RETENTION_WHY_BYTES]);

/* What a rule lets go now. */
struct retention_plan {
    uint64_t first, before; /* records first … before-1 go; equal: none */
    uint64_t bytes;         /* on disk, of those */
    uint64_t held; /* records that would go, but for a position that has not come to them */
    char held_by[NAME_MAX_BYTES + 1];
    uint64_t held_at, held_saved_ms; /* that position, and when it was saved */
};

/* Of at most max_records. Errors  ERR_NOT_FOUND (stream), ERR_CORRUPT, ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err retention_plan(struct journal *journal, const struct retention_rule *rule,
                                   uint64_t now_ms, uint64_t max_records,
                                   struct retention_plan *out);

/* --- in the broker ---------------------------------------------------------------------------- */

struct retention {
    struct retention_rules rules;
    size_t turn;                /* the rule whose turn is next */
    uint64_t due_us, looked_us; /* when to look again; when that was last done */
    uint64_t pruned;            /* since the last look that found nothing to do */
    uint64_t warn_again_ms;     /* of a position that holds back and may be a dead consumer's */
};

/* How long the intake may sleep before the next step; UINT32_MAX: for ever. */
uint32_t retention_wait_ms(const struct retention *retention);

/* One step, if it is time; outside a transaction. Full or not: what cannot be done now is tried later.
 * Errors  ERR_IO: the disk failed, final. */
MUST_CHECK enum err retention_step(struct retention *retention, struct journal *journal,
                                   struct counters *counters, uint64_t now_ms, bool is_full);

#endif
