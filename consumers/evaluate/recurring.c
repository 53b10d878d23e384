/* A duty that comes again: done for each period of its cadence, or for each so many (三年考评), and by how
 * many days late. No growth is measured.
 *
 * A period is done when a milestone report says so, its part being the period; or when a figure above zero
 * is in force for it (每年评选一批: a count was reported). It is due at its end plus the framework's days.
 * The first period is the framework's `since`, else the first one reported. Exempt periods do not count.
 *
 *   nothing was ever reported                    no_data
 *   every period that has come due is done       on_track; `done_late` when the last was late, by so many days
 *   the last one due is not                      lagging; the last two or more: missed
 *   the last one is, one before it is not        accelerate
 *
 * Source  EVALUATION.md section 2 "Others"; EVALUATION-METHODS.md 2.10 case 17, 1.2 (S3, S4, S20).
 */
#include "consumers/evaluate/milestones.h"
#include "consumers/evaluate/progress.h"
#include "consumers/evaluate/standing.h"

#define IS(verdict) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict
#define DONE        SONGHUA__V1__MILESTONE_STATE__MILESTONE_DONE
#define EXEMPT      SONGHUA__V1__MILESTONE_STATE__MILESTONE_EXEMPT

enum { MOST_PERIODS = (PERIOD_LAST_YEAR - PERIOD_FIRST_YEAR + 1) * 12 };

struct turn { /* one period of the duty */
    struct period period;
    bool is_done, is_exempt;
    uint32_t late_days;    /* of one that is done */
    uint32_t overdue_days; /* of one that is not */
};

struct tally {
    size_t due, done; /* exempt ones left out */
    size_t open_tail; /* the last so many that are due are not done */
    bool has_report;
    struct turn last_done;
};

static const struct milestone_report *report_for(const struct history *history,
                                                 struct period period)
{
    const struct milestone_log *log = history->milestones;
    for (uint32_t i = log != NULL ? log->count : 0; i > 0; i--) {
        const struct milestone_report *report = &log->reports[i - 1];
        struct period own;
        if (milestone_counts(report, history->as_of) &&
            period_parse(report->part, &own, NULL) == ERR_OK &&
            period_key(own) == period_key(period))
            return report;
    }
    return NULL;
}

static struct turn turn_of(const struct history *history, struct period period,
                           struct judgement *out)
{
    struct turn turn = {.period = period};
    struct point point;
    uint64_t end_ms = period_end_ms(period), grace = history->indicator->due_days;
    const struct milestone_report *report = report_for(history, period);
    if (report != NULL) {
        turn.is_done = report->state == DONE;
        turn.is_exempt = report->state == EXEMPT;
        turn.late_days =
            turn.is_done
                ? days_past((struct as_of){0, report->date_ms + STANDING_DAY_MS}, end_ms, grace)
                : 0;
        progress_cite_in_order(out, report->address);
    } else if (history_at(history, period, &point) == POINT_USABLE && point.number > 0) {
        turn.is_done = true;
        progress_cite_in_order(out, point.address);
    }
    if (!turn.is_done && !turn.is_exempt)
        turn.overdue_days = days_past(history->as_of, end_ms, grace);
    return turn;
}

/* The first and last period of the duty's cadence that anything was reported for. */
static bool reported_span(const struct history *history, struct period *first, struct period *last)
{
    const struct milestone_log *log = history->milestones;
    enum frequency frequency = cadence_frequency(history->indicator->cadence);
    struct point point;
    bool has_any = false;
    for (uint32_t i = 0; log != NULL && i < log->count; i++) {
        struct period own;
        if (!milestone_counts(&log->reports[i], history->as_of) ||
            period_parse(log->reports[i].part, &own, NULL) != ERR_OK || own.frequency != frequency)
            continue;
        *first = !has_any || period_key(own) < period_key(*first) ? own : *first;
        *last = !has_any || period_key(own) > period_key(*last) ? own : *last;
        has_any = true;
    }
    if (history_from(history, 0, &point)) {
        *first = !has_any || period_key(point.period) < period_key(*first) ? point.period : *first;
        if (history_before(history, UINT32_MAX, &point))
            *last = !has_any || period_key(point.period) > period_key(*last) ? point.period : *last;
        has_any = true;
    }
    return has_any;
}

static void count_turn(const struct turn *turn, struct tally *tally, struct judgement *out)
{
    if (turn->is_exempt)
        return;
    if (turn->is_done) {
        tally->due++;
        tally->done++;
        tally->open_tail = 0;
        tally->last_done = *turn;
    } else if (turn->overdue_days > 0) {
        tally->due++;
        tally->open_tail++;
        judgement_add_overdue(out, NULL, &turn->period, turn->overdue_days);
    }
}

static struct period step(struct period period, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        period = period_next(period);
    return period;
}

/* Every period from the first on that is over, or that something was reported for. */
static void count_turns(const struct question *question, struct tally *tally, struct judgement *out)
{
    const struct history *history = question->history;
    const struct indicator *indicator = question->indicator;
    struct period first = {0}, last = {0};
    tally->has_report = reported_span(history, &first, &last);
    if (!tally->has_report && !indicator->since.is_set)
        return;
    struct period at = indicator->since.is_set ? indicator->since.period : first;
    for (int i = 0; i < MOST_PERIODS; i++) {
        bool is_over = history->as_of.ms != UINT64_MAX && period_end_ms(at) < history->as_of.ms;
        bool is_reported = tally->has_report && period_key(at) <= period_key(last);
        if (!is_over && !is_reported)
            return;
        struct turn turn = turn_of(history, at, out);
        count_turn(&turn, tally, out);
        struct period next = step(at, indicator->every);
        if (period_key(next) == period_key(at))
            return;
        at = next;
    }
}

static void decide(struct judgement *out, Songhua__V1__Judgement verdict, enum reason reason)
{
    out->verdict = verdict;
    out->reason = reason;
}

static void judge_turns(const struct tally *tally, struct judgement *out)
{
    if (tally->due == 0)
        decide(out, IS(NO_DATA), REASON_NOT_DUE);
    else if (tally->open_tail > 1)
        decide(out, IS(MISSED), REASON_DUTY_OVERDUE);
    else if (tally->open_tail == 1)
        decide(out, IS(LAGGING), REASON_DUTY_OVERDUE);
    else if (tally->done < tally->due)
        decide(out, IS(ACCELERATE), REASON_DUTY_GAP);
    else if (tally->last_done.late_days > 0)
        decide(out, IS(ON_TRACK), REASON_DONE_LATE);
    else
        decide(out, IS(ON_TRACK), REASON_NONE);
    if (out->reason == REASON_DONE_LATE)
        out->overdue_days = tally->last_done.late_days;
}

void recurring_judge(const struct question *question, struct judgement *out)
{
    struct tally tally = {0};
    count_turns(question, &tally, out);
    if (!tally.has_report) {
        bool is_late = out->overdue_total > 0;
        bool is_coming = question->indicator->since.is_set && !is_late;
        decide(out, IS(NO_DATA),
               is_late     ? REASON_OVERDUE
               : is_coming ? REASON_NOT_DUE
                           : REASON_NEVER_REPORTED);
        return;
    }
    out->value = (struct optional_decimal){true, {(int64_t)tally.done, 0}};
    judgement_set(out, NUMBER_VALUE, (double)tally.done);
    judgement_set(out, NUMBER_TARGET, (double)tally.due);
    judgement_set(out, NUMBER_COMPLETION, (double)tally.done / (double)tally.due);
    if (tally.done > 0)
        out->period = (struct optional_period){true, tally.last_done.period};
    judge_turns(&tally, out);
}
