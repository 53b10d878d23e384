/* A question to a running broker from one of this program's commands: connection, request, reply.
 */
#ifndef SONGHUA_BROKER_QUESTION_H
#define SONGHUA_BROKER_QUESTION_H

#include "broker/commands.h"
#include "proto/wire/wire.pb-c.h"

struct question;

/* Load the keys and connect; what fails is said on stderr. */
MUST_CHECK enum err question_open(const struct invocation *invocation,
                                  const struct ask_settings *settings, struct question **out);
void question_close(struct question **question); /* accepts a NULL question */

/* control_ask(). The reply belongs to the caller; what fails is said on stderr. */
MUST_CHECK enum err question_ask(struct question *question, Songhua__V1__Request__BodyCase what,
                                 Songhua__V1__Reply **out);

/* Take away a position as it was listed. Errors  ERR_CONFLICT (its consumer has moved: the caller's to say);
 * all else is said on stderr. */
MUST_CHECK enum err question_delete(struct question *question,
                                    const Songhua__V1__Position *position);

#endif
