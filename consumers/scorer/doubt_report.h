/* Doubts about figures for people (a table) and programs (NDJSON), behind the judgements. */
#ifndef SONGHUA_SCORER_DOUBT_REPORT_H
#define SONGHUA_SCORER_DOUBT_REPORT_H

#include "consumers/evaluate/doubts.h"

/* Print every doubt about the figures as of the moment; nothing when there is none. The objects have the
 * key "doubt", which judgements have not. Errors  ERR_NOT_FOUND (no framework), ERR_IO, ERR_LIMIT,
 * ERR_NOMEM. */
MUST_CHECK enum err doubts_print_table(const struct evaluation *evaluation, struct as_of as_of);
MUST_CHECK enum err doubts_print_json(const struct evaluation *evaluation, struct as_of as_of);

#endif
