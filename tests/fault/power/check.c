#include "tests/fault/power/check.h"

#include "tests/fault/power/workload.h"
#include "tests/support/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct knowledge *knowledge_new(uint64_t seed)
{
    struct knowledge *knowledge = calloc(1, sizeof *knowledge);
    if (!knowledge)
        abort();
    knowledge->seed = seed;
    return knowledge;
}

void knowledge_free(struct knowledge **knowledge)
{
    if (*knowledge)
        free((*knowledge)->notes);
    free(*knowledge);
    *knowledge = NULL;
}

static void keep(struct knowledge *knowledge, const struct note *note)
{
    if (knowledge->count == knowledge->room) {
        knowledge->room = knowledge->room ? 2 * knowledge->room : 64;
        knowledge->notes = realloc(knowledge->notes, knowledge->room * sizeof *knowledge->notes);
        if (!knowledge->notes)
            abort();
    }
    knowledge->notes[knowledge->count++] = *note;
}

void knowledge_take(struct knowledge *knowledge, const struct note *note)
{
    switch ((enum note_kind)note->kind) {
    case NOTE_SENT:
    case NOTE_ACKNOWLEDGED:
        keep(knowledge, note);
        break;
    case NOTE_WILL:
        knowledge->will = note->state;
        knowledge->is_under_way = true;
        break;
    case NOTE_DID:
        knowledge->did = note->state;
        knowledge->has_did = true;
        knowledge->is_under_way = false;
        break;
    case NOTE_ID:
        memcpy(knowledge->id, note->digest, DIGEST_BYTES);
        knowledge->has_id = true;
        break;
    }
}

unsigned knowledge_stream(const char *name)
{
    for (unsigned i = 0; i < NOTE_STREAMS; i++)
        if (!strcmp(workload_streams[i], name))
            return i;
    abort();
}

void knowledge_tell(const struct knowledge *knowledge, const struct state *found,
                    struct history *history)
{
    for (size_t i = 0; i < knowledge->count; i++) {
        const struct note *note = &knowledge->notes[i];
        struct batch batch;
        memcpy(batch.stream, note->stream, sizeof batch.stream);
        memcpy(batch.producer, note->producer, sizeof batch.producer);
        batch.epoch = note->epoch;
        batch.sequence = note->sequence;
        memcpy(batch.digest, note->digest, DIGEST_BYTES);
        if (note->kind == NOTE_SENT)
            history_sent(history, &batch);
        else if (note->record >= found->first[knowledge_stream(note->stream)])
            history_acknowledged(history, &batch);
    }
}

static void describe(const struct state *state, char *out, size_t size)
{
    snprintf(out, size, "%llu..%llu at %llu, %llu..%llu at %llu, epoch %llu",
             (unsigned long long)state->first[0], (unsigned long long)state->last[0],
             (unsigned long long)state->position[0], (unsigned long long)state->first[1],
             (unsigned long long)state->last[1], (unsigned long long)state->position[1],
             (unsigned long long)state->epoch);
}

enum verdict knowledge_blame(const struct knowledge *knowledge, const struct state *found,
                             char why[CHECK_WHY_BYTES])
{
    char is[160], was[160];
    bool is_less = found->epoch < knowledge->did.epoch;
    for (size_t i = 0; i < NOTE_STREAMS; i++)
        is_less = is_less || found->last[i] < knowledge->did.last[i] ||
                  found->position[i] < knowledge->did.position[i] ||
                  found->first[i] < knowledge->did.first[i];
    describe(found, is, sizeof is);
    describe(&knowledge->did, was, sizeof was);
    snprintf(why, CHECK_WHY_BYTES, "found %s; acknowledged %s%s", is, was,
             knowledge->is_under_way ? ", a commit was under way" : "");
    return is_less ? VERDICT_LOST : VERDICT_INVENTED;
}

enum verdict knowledge_ask(struct history *history, char why[CHECK_WHY_BYTES])
{
    char line[HISTORY_LINE_BYTES];
    if (history_verdict(history, line))
        return VERDICT_SOUND;
    snprintf(why, CHECK_WHY_BYTES, "%s", line);
    return strstr(line, " lost") ? VERDICT_LOST : VERDICT_INVENTED;
}
