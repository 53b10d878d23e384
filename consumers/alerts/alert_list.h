/* The alerts there are: the latest state of each, from all that the stream alerts says. */
#ifndef SONGHUA_ALERTS_ALERT_LIST_H
#define SONGHUA_ALERTS_ALERT_LIST_H

#include "consumers/reader/entry.h"

#include <stdbool.h>

struct alert_list;

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err alert_list_new(struct alert_list **out);
void alert_list_free(struct alert_list *list); /* accepts NULL */

/* Any event of the stream; what is no alert is passed over. Errors  ERR_NOMEM, ERR_LIMIT. */
MUST_CHECK enum err alert_list_put(struct alert_list *list, const struct entry *entry);

/* The latest event of each alert, those that fire alone unless is_all; by region, indicator, target.
 * Errors  what `visit` answered, ERR_NOMEM. */
MUST_CHECK enum err alert_list_each(const struct alert_list *list, bool is_all, entry_visit *visit,
                                    void *context);

/* The id that the event is about, an alert's or that of the alert acted upon; "" for neither. */
const char *alert_id_of(const struct entry *entry);
bool alert_is_open(const struct entry *entry); /* an alert, and it fires */

#endif
