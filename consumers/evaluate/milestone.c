/* Named parts done, started, overdue against their days: a zone approved, a law passed, a base built. An
 * item without parts is one whole.
 *
 * Completion is the weight of what is reached: a part counts by its stage (the framework's `stages`; done
 * 1, cancelled 0), exempt parts do not count. The value shown is the number of parts done, the target how
 * many count. A part is overdue when its day (its own, else the target's deadline) and the days that a
 * report may take are over. Where the framework says when work began, completion is held against the
 * share of time that is over, by the cuts of `schedule`.
 *
 *   all that count are done                      achieved, also without any date
 *   all are exempt                               exempt
 *   nothing was ever reported                    no_data: a report that lacks says nothing of the work
 *   the target's deadline is over                missed
 *   a part is overdue, or cancelled              lagging
 *   no day is known                              no_target if the policy gives none, else no_data
 *   otherwise                                    by the ratio, or on_track
 *
 * Source  EVALUATION.md section 2 "Others"; EVALUATION-METHODS.md 2.10 case 16, 2.8 (cuts).
 */
#include "consumers/evaluate/progress.h"
#include "consumers/evaluate/standing.h"

#define IS(verdict) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict

struct tally {
    size_t counted, done, exempt, reported, cancelled, dated;
    double weight, reached; /* of the parts that count */
    double elapsed;         /* their shares of time, by weight */
    bool has_time;          /* all of them have one */
    uint64_t latest_ms;     /* the day of the last change */
};

static double stage_of(const struct stages *stages, const struct part_standing *standing)
{
    if (!standing->is_reported)
        return stages->planned;
    switch (standing->state) {
    case SONGHUA__V1__MILESTONE_STATE__MILESTONE_DONE:
        return 1;
    case SONGHUA__V1__MILESTONE_STATE__MILESTONE_STARTED:
        return stages->started;
    case SONGHUA__V1__MILESTONE_STATE__MILESTONE_PLANNED:
        return stages->planned;
    default:
        return 0;
    }
}

/* The share of the time from the start to the part's day that is over; false: not known. */
static bool time_share(const struct question *question, const struct part_standing *standing,
                       double *share)
{
    const struct optional_date *start = &question->indicator->start;
    uint64_t from = start->is_set ? date_start_ms(start->date) : 0, now = question->as_of.ms;
    if (!start->is_set || !standing->has_due || now == UINT64_MAX || standing->due_ms <= from)
        return false;
    *share = now <= from               ? 0
             : now >= standing->due_ms ? 1
                                       : (double)(now - from) / (double)(standing->due_ms - from);
    return true;
}

static void count_part(const struct question *question, const struct part_standing *standing,
                       struct tally *tally)
{
    double share, weight = standing->weight;
    tally->reported += standing->is_reported ? 1 : 0;
    if (standing->is_reported && standing->date_ms > tally->latest_ms)
        tally->latest_ms = standing->date_ms;
    if (standing_is(standing, SONGHUA__V1__MILESTONE_STATE__MILESTONE_EXEMPT)) {
        tally->exempt++;
        return;
    }
    tally->counted++;
    tally->weight += weight;
    tally->reached += weight * stage_of(&question->indicator->stages, standing);
    tally->done += standing_is(standing, SONGHUA__V1__MILESTONE_STATE__MILESTONE_DONE) ? 1 : 0;
    tally->cancelled +=
        standing_is(standing, SONGHUA__V1__MILESTONE_STATE__MILESTONE_CANCELLED) ? 1 : 0;
    tally->dated += standing->has_due ? 1 : 0;
    if (time_share(question, standing, &share))
        tally->elapsed += weight * share;
    else
        tally->has_time = false;
}

struct judging {
    const struct question *question;
    struct tally tally;
    struct judgement *out;
};

static enum err take_part(void *context, const struct part_standing *standing)
{
    struct judging *judging = context;
    count_part(judging->question, standing, &judging->tally);
    judgement_add_overdue(judging->out, standing->part, NULL, standing->overdue_days);
    if (standing->is_reported)
        progress_cite_in_order(judging->out, standing->address);
    return ERR_OK;
}

static void decide(struct judgement *out, Songhua__V1__Judgement verdict, enum reason reason)
{
    out->verdict = verdict;
    out->reason = reason;
}

static bool is_past_deadline(const struct question *question)
{
    const struct target *target = question->target;
    return target != NULL && target->deadline.is_set && question->as_of.ms != UINT64_MAX &&
           question->as_of.ms > period_end_ms(target->deadline.period) +
                                    question->indicator->due_days * STANDING_DAY_MS;
}

static void judge_open(const struct question *question, const struct tally *tally,
                       struct judgement *out)
{
    bool is_asked = question->target != NULL && question->target->is_quantified;
    if (is_past_deadline(question))
        decide(out, IS(MISSED), REASON_DEADLINE_MISSED);
    else if (out->overdue_total > 0)
        decide(out, IS(LAGGING), REASON_PART_OVERDUE);
    else if (tally->cancelled > 0)
        decide(out, IS(LAGGING), REASON_PART_CANCELLED);
    else if (tally->dated == 0)
        decide(out, is_asked ? IS(NO_DATA) : IS(NO_TARGET),
               is_asked ? REASON_NO_DEADLINE : REASON_UNQUANTIFIED);
    else if (judgement_has(out, NUMBER_RATIO))
        decide(out, schedule_verdict(out->numbers[NUMBER_RATIO]), REASON_NONE);
    else
        decide(out, IS(ON_TRACK), REASON_NONE);
}

static void state_numbers(const struct tally *tally, struct judgement *out)
{
    out->value = (struct optional_decimal){true, {(int64_t)tally->done, 0}};
    judgement_set(out, NUMBER_VALUE, (double)tally->done);
    judgement_set(out, NUMBER_TARGET, (double)tally->counted);
    judgement_set(out, NUMBER_COMPLETION, tally->reached / tally->weight);
    if (tally->has_time)
        judgement_set(out, NUMBER_TIME_SHARE, tally->elapsed / tally->weight);
    if (tally->has_time && tally->elapsed > 0)
        judgement_set(out, NUMBER_RATIO, tally->reached / tally->elapsed);
    if (tally->latest_ms > 0)
        out->period = (struct optional_period){true, date_month(date_of(tally->latest_ms))};
}

/* A whole whose parts weigh nothing has no completion: judgement_set() leaves it out. */
void milestone_judge(const struct question *question, struct judgement *out)
{
    struct judging judging = {.question = question, .tally = {.has_time = true}, .out = out};
    const struct tally *tally = &judging.tally;
    enum err err = standing_each(question->history, question->target, take_part, &judging);
    (void)err; /* take_part has none */
    if (tally->reported == 0) {
        decide(out, IS(NO_DATA), out->overdue_total > 0 ? REASON_OVERDUE : REASON_NEVER_REPORTED);
        return;
    }
    state_numbers(tally, out);
    if (tally->counted == 0) {
        decide(out, IS(EXEMPT), REASON_NONE);
    } else if (tally->done == tally->counted) {
        decide(out, IS(ACHIEVED), REASON_NONE);
        judgement_set(out, NUMBER_POINTS, 5);
    } else {
        judge_open(question, tally, out);
    }
}
