#include "consumers/evaluate/message.h"

#include "proto/event/event.h"

char *message_text(struct arena *arena, const char *text, enum err *err)
{
    char *copy = arena_text(arena, text);
    if (copy == NULL)
        *err = ERR_NOMEM;
    return copy;
}

char **message_evidence(struct arena *arena, const struct address *evidence, size_t count,
                        enum err *err)
{
    char **texts = count > 0 ? arena_take(arena, count * sizeof *texts) : NULL;
    if (texts == NULL && count > 0)
        *err = ERR_NOMEM;
    for (size_t i = 0; texts != NULL && i < count; i++) {
        char text[EVENT_ADDRESS_BYTES];
        event_address_format(evidence[i].sequence, evidence[i].index, text);
        texts[i] = message_text(arena, text, err);
    }
    return texts;
}
