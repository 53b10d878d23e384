#include "consumers/evaluate/calendar.h"

#include "consumers/evaluate/history.h"
#include "consumers/evaluate/method.h"
#include "consumers/evaluate/standing.h"

enum { MOST_PERIODS = 2000 };

/* --- figures ------------------------------------------------------------------------------------ */

/* The last period that anything is in force for, be it that there is no figure. */
static struct optional_period last_reported(const struct history *history)
{
    for (uint32_t i = history_slot_count(history); i > 0; i--) {
        struct point point;
        enum point_state state = history_slot(history, i - 1, &point);
        if (state != POINT_NONE && state != POINT_RETRACTED)
            return (struct optional_period){true,
                                            period_from_key(history->series->slots[i - 1].key)};
    }
    return (struct optional_period){0};
}

static struct period period_of(struct date date, enum frequency frequency)
{
    struct period month = {date.year, FREQUENCY_MONTH, date.month};
    if (frequency == FREQUENCY_MONTH)
        return month;
    if (frequency == FREQUENCY_YEAR)
        return (struct period){date.year, FREQUENCY_YEAR, 0};
    return (struct period){date.year, FREQUENCY_QUARTER, (uint8_t)((date.month + 2) / 3)};
}

/* The latest period that has come due: the one before that in which the moment less the days lies. */
static struct optional_period latest_due(const struct history *history)
{
    uint64_t grace_ms = history->indicator->due_days * STANDING_DAY_MS;
    if (history->as_of.ms < grace_ms)
        return (struct optional_period){0};
    struct period running = period_of(date_of(history->as_of.ms - grace_ms),
                                      cadence_frequency(history->indicator->cadence));
    struct period before = running;
    if (running.frequency != FREQUENCY_YEAR && running.part > 1)
        before.part--;
    else
        before.year--;
    if (running.frequency != FREQUENCY_YEAR && running.part == 1)
        before.part = running.frequency == FREQUENCY_QUARTER ? 4 : 12;
    return (struct optional_period){before.year >= PERIOD_FIRST_YEAR, before};
}

static struct optional_period first_missing(const struct history *history,
                                            const struct optional_period *last)
{
    if (last->is_set)
        return (struct optional_period){true, period_next(last->period)};
    return history->indicator->since.is_set ? history->indicator->since : latest_due(history);
}

static enum err visit_figures(const struct history *history, uint32_t region,
                              late_report_visit *visit, void *context)
{
    const struct indicator *indicator = history->indicator;
    struct late_report late = {.indicator = indicator, .region = region};
    late.last = last_reported(history);
    late.missing = first_missing(history, &late.last);
    if (indicator->cadence == CADENCE_ONCE || !late.missing.is_set)
        return ERR_OK;
    late.due_ms = period_end_ms(late.missing.period) + indicator->due_days * STANDING_DAY_MS;
    late.days = days_past(history->as_of, late.due_ms, 0);
    struct period at = late.missing.period;
    while (late.periods < MOST_PERIODS &&
           days_past(history->as_of, period_end_ms(at), indicator->due_days) > 0) {
        late.periods++;
        at = period_next(at);
    }
    return late.days > 0 ? visit(context, &late) : ERR_OK;
}

/* --- milestones and duties ---------------------------------------------------------------------- */

static enum err visit_reports(const struct evaluation *evaluation, struct as_of as_of,
                              const struct indicator *indicator, uint32_t region,
                              late_report_visit *visit, void *context)
{
    const struct target *target = indicator->target_count > 0 ? indicator->targets : NULL;
    struct judgement judgement;
    enum err err = ERR_OK;
    evaluation_judge(evaluation, as_of, indicator, target, region, &judgement);
    for (size_t i = 0; i < judgement.overdue_total && i < JUDGEMENT_MAX_OVERDUE && !err; i++) {
        const struct overdue_item *item = &judgement.overdue[i];
        const struct late_report late = {.indicator = indicator,
                                         .region = region,
                                         .last = judgement.period,
                                         .missing = item->period,
                                         .part = item->part,
                                         .due_ms = as_of.ms - item->days * STANDING_DAY_MS,
                                         .days = item->days,
                                         .periods = 1};
        err = visit(context, &late);
    }
    return err;
}

enum err calendar_late(const struct evaluation *evaluation, struct as_of as_of,
                       late_report_visit *visit, void *context)
{
    const struct framework *framework = evaluation_framework(evaluation, as_of);
    enum err err = framework != NULL ? ERR_OK : ERR_NOT_FOUND;
    for (size_t i = 0; err == ERR_OK && i < framework->indicator_count; i++) {
        const struct indicator *indicator = &framework->indicators[i];
        for (size_t j = 0; err == ERR_OK && j < indicator->region_count; j++) {
            uint32_t region = indicator->regions[j];
            struct history history = evaluation_history(evaluation, as_of, indicator, region);
            err = method_is_by_reports(indicator->method)
                      ? visit_reports(evaluation, as_of, indicator, region, visit, context)
                      : visit_figures(&history, region, visit, context);
        }
    }
    return err;
}
