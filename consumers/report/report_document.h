/* A review as a document: the report that officials read, in Chinese. */
#ifndef SONGHUA_REPORT_REPORT_DOCUMENT_H
#define SONGHUA_REPORT_REPORT_DOCUMENT_H

#include "consumers/report/document.h"
#include "consumers/report/frozen.h"
#include "consumers/report/review.h"

/* `has_own_weights`: they were given, and are not for demonstration (演示权重). `frozen`: the published report
 * that this one restates; NULL: none. Errors  ERR_NOMEM. */
MUST_CHECK enum err report_document(const struct review *review, bool has_own_weights,
                                    const struct frozen *frozen, struct document **out);

#endif
