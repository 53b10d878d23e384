/* A framework and a record of figures in a few lines, for tests of judgements. */
#ifndef SONGHUA_TESTS_RECORD_H
#define SONGHUA_TESTS_RECORD_H

#include "consumers/evaluate/doubts.h"
#include "consumers/evaluate/evaluation.h"

struct record {
    struct framework *framework;
    struct evaluation *evaluation;
    uint64_t sequence; /* of the last event */
};

/* A line of YAML for record_of(). */
#define BASE(period, value)                                                                        \
    "    baselines:\n      - {region: 220000, period: " period ", value: " value "}\n"

/* One indicator `x` (annual, unit %) of region 220000 with what `more` says: lines of YAML for the
 * indicator, indented by four spaces. The test fails when it does not load. */
struct record record_of(const char *more);
struct record record_with(const char *document); /* a whole framework */
/* The shipped framework and a file of figures below deploy/data; each row is an event of no known time. */
struct record record_published(const char *path);
void record_read(struct record *record, const char *path); /* another file after it */
void record_free(struct record *record);

/* Add a figure of indicator x as the next event, of no known time: record_add(&record, "2020", "1.30", 'P'). */
void record_add(struct record *record, const char *period, const char *value, char status);
/* Report a state of indicator x's part: record_milestone(&record, "a", 'D', "2024-06-30"); the letters are
 * P planned, S started, D done, C cancelled, E exempt. */
void record_milestone(struct record *record, const char *part, char state, const char *date);
void record_retract(struct record *record, const char *period);

/* The judgement of x's target (NULL: its first; "": none) as of now, or of an event, or of a time. */
struct judgement record_judge(const struct record *record, const char *target);
struct judgement record_judge_at(const struct record *record, const char *target,
                                 struct as_of as_of);

/* How many doubts there are as of now, and the last of them. */
struct doubts_found {
    struct doubt last;
    size_t count;
};
struct doubts_found record_doubts(const struct record *record);

/* What a judgement is, and why; and one of its numbers. */
#define IS(verdict) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict
void expect_verdict(const struct judgement *judgement, Songhua__V1__Judgement verdict,
                    enum reason reason);
void expect_number(const struct judgement *judgement, enum judgement_number number, double wanted,
                   double tolerance);

/* Milliseconds of noon UTC of the day. */
uint64_t day(int year, int month, int date);

#endif
