/* Judgements for people (a table) and programs (NDJSON). */
#ifndef SONGHUA_SCORER_JUDGEMENT_REPORT_H
#define SONGHUA_SCORER_JUDGEMENT_REPORT_H

#include "consumers/evaluate/judgement.h"
#include "proto/base/buffer.h"
#include "proto/cli/table.h"

extern const struct table_column judgement_columns[];

/* A row. The framework names its own units; borrowed. */
void judgement_to_table(const struct framework *framework, const struct judgement *judgement,
                        struct table *table);

/* Append one object and a newline. Numbers that could not be computed are left out.
 * Errors  ERR_NOMEM, ERR_LIMIT. */
MUST_CHECK enum err judgement_to_json(const struct judgement *judgement, struct buffer *out);

#endif
