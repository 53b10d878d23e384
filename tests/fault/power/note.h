/* What the workloads tell the recorder between their writes: enough to say at every moment what must be
 * on the disk. WILL comes before a commit, DID once it has answered; between the two either state may be
 * found, and no other.
 */
#ifndef SONGHUA_TESTS_NOTE_H
#define SONGHUA_TESTS_NOTE_H

#include "proto/wire/batch.h"

enum note_kind {
    NOTE_SENT = 1,     /* a batch that is about to be stored */
    NOTE_ACKNOWLEDGED, /* it is, as record `record` */
    NOTE_WILL,
    NOTE_DID,
    NOTE_ID /* bytes of `digest`: the journal's identity */
};

enum { NOTE_STREAMS = 2 };

/* All that a commit changes, but the records themselves. An outbox uses what it has. */
struct state {
    uint64_t first[NOTE_STREAMS],
        last[NOTE_STREAMS];          /* numbers; an outbox: acknowledged + 1, last */
    uint64_t position[NOTE_STREAMS]; /* of the consumer; an outbox: a value of its own */
    uint64_t epoch;                  /* of an outbox */
};

/* Padding is never written: made from all zeros. */
struct note {
    uint32_t kind, unused;
    char stream[NAME_MAX_BYTES + 1], producer[NAME_MAX_BYTES + 1];
    uint64_t epoch, sequence, record;
    unsigned char digest[DIGEST_BYTES];
    struct state state;
};

void note_batch(enum note_kind kind, const struct batch *batch, uint64_t record);
void note_state(enum note_kind kind, const struct state *state);
void note_id(const unsigned char *id, size_t size);

#endif
