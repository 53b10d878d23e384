/* Pieces of the messages that results become, in an arena. *err is set where there is no room. */
#ifndef SONGHUA_EVALUATE_MESSAGE_H
#define SONGHUA_EVALUATE_MESSAGE_H

#include "consumers/evaluate/judgement.h"
#include "proto/base/arena.h"

char *message_text(struct arena *arena, const char *text, enum err *err);

/* The addresses as texts; NULL for none. */
char **message_evidence(struct arena *arena, const struct address *evidence, size_t count,
                        enum err *err);

#endif
