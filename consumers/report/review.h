/* A window of years looked back on: every target through the years, every region in four parts, what was
 * reported, what was revised. Annual monitoring is a window of one year, the evaluation every three years
 * one of three.
 *
 * A year shows what is known as of the basis' moment about periods up to that year, judged at the end of
 * the year after it, when its figures are due. Source  EVALUATION.md section 3.
 *
 * Parts of a region, each 0 to 100, missing where there is nothing to go by:
 *   level      mean over its quantified targets of how far the last figure reaches the target (figure over
 *              target, or target over figure where less is better; at most 100)
 *   progress   mean over targets and years of the points, -5 to 5 put on 0 to 100
 *   duties     share of milestones and recurring duties that are done or on track
 *   quality    share of the figures due in the window that were reported
 * The total is their weighted mean over the parts there are; good reporting alone makes none. A region
 * of which fewer than four fifths of its targets can be judged has a total, but no rank (不排名).
 */
#ifndef SONGHUA_REPORT_REVIEW_H
#define SONGHUA_REPORT_REVIEW_H

#include "consumers/report/difference.h"

enum { REVIEW_MAX_YEARS = 10, REVIEW_VERDICTS = 9 };

enum review_part { PART_LEVEL, PART_PROGRESS, PART_DUTIES, PART_QUALITY, PART_COUNT };

struct review_options {
    unsigned first_year, last_year;
    double weights[PART_COUNT]; /* not negative; any scale */
};

struct review_region {
    uint32_t code;
    double parts[PART_COUNT];    /* NaN: nothing to go by */
    double total;                /* NaN: no part */
    uint32_t rank;               /* 0: not ranked */
    size_t targets, judged;      /* quantified targets; of them with a judgement */
    uint64_t expected, received; /* figures due in the window */
    size_t verdicts[REVIEW_VERDICTS];
};

/* The same figure reported twice with another value. */
struct review_revision {
    const struct figure *first, *last;
};

struct review {
    const struct basis *basis;
    const struct framework *framework;
    struct review_options options;
    struct side years[REVIEW_MAX_YEARS]; /* of the same judgements in the same order */
    size_t year_count;
    struct review_region *regions; /* of the framework, in order of code */
    size_t region_count;
    struct review_revision *revisions; /* of periods in the window */
    size_t revision_count;
};

/* The moment that the figures up to a year are judged at: the end of the year after it. 0 for 0. */
uint64_t review_moment_ms(unsigned year);

/* Release with review_free(). Errors  ERR_USAGE (years), ERR_NOT_FOUND (no framework), ERR_NOMEM. */
MUST_CHECK enum err review_new(const struct basis *basis, const struct review_options *options,
                               struct review **out);
void review_free(struct review *review); /* accepts NULL */

/* The judgements of the last year, and how one of them stood in each. */
size_t review_count(const struct review *review);
const struct judgement *review_at(const struct review *review, size_t year, size_t index);

#endif
