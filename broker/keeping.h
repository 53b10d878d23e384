/* Small batches are acknowledged once the journal has kept them (journal_keep()), and committed a moment later:
 * when something else wants something of the journal, somebody waits to read, nothing comes for a
 * millisecond, or the first of them is five old. The intake's thread alone uses this.
 *
 *     keeping_flush()      what was stored in this turn may be acknowledged, or nothing of it
 *     keeping_announce()   to those who wait to read, once it is there to be read
 *     keeping_wait_ms()    how long the intake may wait for more work
 *
 * A commit that fails for want of room leaves what was kept owed: it is in the journal's file, is committed
 * before anything else, and is announced then. Until then readers go on with what they can read.
 */
#ifndef SONGHUA_BROKER_KEEPING_H
#define SONGHUA_BROKER_KEEPING_H

#include "broker/audience.h"
#include "broker/journal/journal.h"

struct keeping {
    struct journal *journal;
    struct audience *audience;
    uint64_t hidden;   /* batches of earlier turns that are kept and not committed */
    uint64_t since_us; /* when there are any */
    bool is_hiding;    /* those of this turn are kept too */
    bool is_owed;      /* the commit of what is hidden has failed */
};

/* `stored` batches are in the open transaction; is_alone: and nothing was asked for but to store them.
 * Errors  as of journal_commit(). */
MUST_CHECK enum err keeping_flush(struct keeping *keeping, uint64_t stored, bool is_alone);

/* After everyone was answered. `err` is what keeping_flush() returned. */
void keeping_announce(struct keeping *keeping, uint64_t stored, enum err err);

/* At most max_ms. */
long keeping_wait_ms(const struct keeping *keeping, long max_ms);

#endif
