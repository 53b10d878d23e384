/* Which reports are late, for people (a table and a count) and programs (NDJSON). */
#ifndef SONGHUA_SCORER_OVERDUE_REPORT_H
#define SONGHUA_SCORER_OVERDUE_REPORT_H

#include "consumers/evaluate/evaluation.h"

/* Errors  ERR_NOT_FOUND (no framework), ERR_IO, ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err overdue_print(const struct evaluation *evaluation, struct as_of as_of,
                                  bool is_json);

#endif
