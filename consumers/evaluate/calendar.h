/* The calendar of expected reports: which ones are late as of a moment, and by how many days.
 *
 * A report is expected for every period of an indicator's cadence in each of its regions, by the end of the
 * period and the framework's `due_days`; one that says there is no figure has come. The first missing period
 * is the one after the last that was reported, or the framework's `since`. Where nothing was ever reported
 * and `since` is not given, the latest period that has come due stands for all before it. What is reported
 * once only is never late, unless it is a milestone: then its parts are, and a duty's periods.
 *
 * Source  EVALUATION-METHODS.md 5.2; a late report says nothing of the work itself.
 */
#ifndef SONGHUA_EVALUATE_CALENDAR_H
#define SONGHUA_EVALUATE_CALENDAR_H

#include "consumers/evaluate/evaluation.h"

struct late_report {
    const struct indicator *indicator;
    uint32_t region;
    struct optional_period last;    /* that was reported; not set: none ever was */
    struct optional_period missing; /* the first that is missing; not set: a part, or the whole */
    const struct part *part;        /* of a milestone; NULL: none, or the whole */
    uint64_t due_ms;                /* the first moment after its day */
    uint32_t days;                  /* late, above 0 */
    uint32_t periods;               /* that are missing and due */
};

/* In the framework's order: indicators, regions. Stops when `visit` answers an error, and answers it.
 * Errors  ERR_NOT_FOUND (no framework as of the moment), what `visit` answered. */
typedef enum err late_report_visit(void *context, const struct late_report *late);
MUST_CHECK enum err calendar_late(const struct evaluation *evaluation, struct as_of as_of,
                                  late_report_visit *visit, void *context);

#endif
