#include "tests/fault/power/note.h"

#include "tests/fault/preload/trace.h"

#include <string.h>

#pragma weak fault_disk_note

static void tell(const struct note *note)
{
    if (fault_disk_note)
        fault_disk_note(note, sizeof *note);
}

void note_batch(enum note_kind kind, const struct batch *batch, uint64_t record)
{
    struct note note;
    memset(&note, 0, sizeof note);
    note.kind = kind;
    memcpy(note.stream, batch->stream, sizeof note.stream);
    memcpy(note.producer, batch->producer, sizeof note.producer);
    note.epoch = batch->epoch;
    note.sequence = batch->sequence;
    note.record = record;
    memcpy(note.digest, batch->digest, DIGEST_BYTES);
    tell(&note);
}

void note_state(enum note_kind kind, const struct state *state)
{
    struct note note;
    memset(&note, 0, sizeof note);
    note.kind = kind;
    note.state = *state;
    tell(&note);
}

void note_id(const unsigned char *id, size_t size)
{
    struct note note;
    memset(&note, 0, sizeof note);
    note.kind = NOTE_ID;
    memcpy(note.digest, id, size < DIGEST_BYTES ? size : DIGEST_BYTES);
    tell(&note);
}
