/* Composites for people (a table for each period, best first) and programs (one object a unit and
 * period, NDJSON). Numbers in JSON are written so that they read back the same. */
#ifndef SONGHUA_SCORER_COMPOSITE_REPORT_H
#define SONGHUA_SCORER_COMPOSITE_REPORT_H

#include "consumers/evaluate/ranking.h"
#include "proto/base/buffer.h"

/* To stdout. Errors  ERR_NOMEM, ERR_IO. */
MUST_CHECK enum err composite_print_tables(const struct ranking *ranking);
MUST_CHECK enum err composite_print_json(const struct ranking *ranking);

#endif
