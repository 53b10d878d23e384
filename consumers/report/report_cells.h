/* Words and cells of a report in Chinese. For report_*.c of this folder. */
#ifndef SONGHUA_REPORT_REPORT_CELLS_H
#define SONGHUA_REPORT_REPORT_CELLS_H

#include "consumers/report/document.h"
#include "consumers/report/frozen.h"
#include "consumers/report/review.h"

enum { CELL_BYTES = 512 };

/* One report while it is written. */
struct writing {
    const struct review *review;
    struct document *document;
    bool has_own_weights;
    const struct frozen *frozen; /* NULL: it restates nothing */
};

/* Of the last year. */
const struct judgement *report_last(const struct writing *writing, size_t index);
bool report_is_quantified(const struct judgement *judgement);

const char *report_tone(Songhua__V1__Judgement verdict);
const char *report_region_name(const struct writing *writing, uint32_t code);
void report_time(uint64_t ms, char out[40]); /* Beijing time, to the minute */
void report_target(const struct judgement *judgement, char out[CELL_BYTES]);
void report_evidence(const struct judgement *judgement, char out[CELL_BYTES]);
void report_verdict(const struct judgement *judgement, char out[CELL_BYTES]);

/* One or two cells each. */
void report_put_value(struct document *document, const struct judgement *judgement);
void report_put_number(struct document *document, const struct judgement *judgement,
                       enum judgement_number number, double factor, int decimals);
void report_put_region(const struct writing *writing, uint32_t code);
void report_put_period(struct document *document, struct optional_period period);
void report_put_verdict(struct document *document, const struct judgement *judgement);
void report_put_reason(struct document *document, const struct judgement *judgement);

/* The sheet of what differs from the published report. */
void report_put_restated(const struct writing *writing);

#endif
