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

/* The reply belongs to the caller. Its code is OK, or CONFLICT with what stands (control_request()): that is
 * the caller's to say. All else that fails is an error, and said on stderr. */
MUST_CHECK enum err question_ask(struct question *question, Songhua__V1__Request *request,
                                 Songhua__V1__Reply **out);

#endif
