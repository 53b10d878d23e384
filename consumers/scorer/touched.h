/* Which indicators of the framework a record's events name: each looked for once, whatever uses it.
 *
 *     touched_read(&touched, framework, input)     touched.by_event[i], touched.list[0 … count)
 *     touched_fini(&touched)
 */
#ifndef SONGHUA_SCORER_TOUCHED_H
#define SONGHUA_SCORER_TOUCHED_H

#include "consumers/service/service.h"
#include "proto/event/framework.h"

struct touched {
    const struct indicator **by_event; /* NULL: none of the framework's */
    const struct indicator **list;     /* each once, in the framework's order */
    size_t count;
    size_t event_room, indicator_room; /* memory is kept from one record to the next */
};

/* What was read before is forgotten. Errors  ERR_NOMEM. */
MUST_CHECK enum err touched_read(struct touched *touched, const struct framework *framework,
                                 const struct service_input *input);
void touched_fini(struct touched *touched); /* accepts an all-zero one */

#endif
