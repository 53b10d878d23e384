/* Judgement methods: a table, one file each. What is the same for all of them (latest figure,
 * baseline, comparator, deadline) is found once, in judge.c, and handed to them as a question.
 *
 * To add one: write NAME.c with a judge_method, add it to the table in method.c, its word is in
 * proto/event/framework.h already.
 */
#ifndef SONGHUA_EVALUATE_METHOD_H
#define SONGHUA_EVALUATE_METHOD_H

#include "consumers/evaluate/history.h"
#include "consumers/evaluate/judgement.h"

/* The value growth is measured from. */
struct base {
    bool is_set;
    double value;
    struct period period;
    bool is_recorded; /* it is a figure of the record, at `address` */
    bool is_provisional;
    struct address address;
};

struct question {
    const struct indicator *indicator;
    const struct target *target; /* NULL: none */
    const struct history *history;
    struct as_of as_of;
    int direction; /* 1: more is better, -1: less is */
    struct point latest;
    struct base base;
    bool is_settled; /* comparator and deadline have decided; the method adds its numbers only */
};

/* Fill in the numbers, and the verdict unless the question is settled. */
typedef void judge_method(const struct question *question, struct judgement *out);

judge_method cagr_no_target_judge, cagr_target_judge, coverage_judge, linear_path_judge,
    milestone_judge, no_target_judge, non_decreasing_judge, rank_judge, recurring_judge,
    schedule_judge, sdsn_trend_judge;

/* Methods that go by reports of milestones, with or without a number to reach. There is no latest
 * figure in their question, nor a baseline. */
bool method_is_by_reports(enum method method);

/* The cuts of schedule.c, for a ratio of completion over time share. */
Songhua__V1__Judgement schedule_verdict(double ratio);

/* NULL: this version of the program does not have the method. */
judge_method *method_judge(enum method method);

#endif
