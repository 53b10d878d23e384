#include "consumers/evaluate/standing.h"

#include "consumers/evaluate/milestones.h"

bool standing_is(const struct part_standing *standing, Songhua__V1__MilestoneState state)
{
    return standing->is_reported && standing->state == state;
}

uint32_t days_past(struct as_of as_of, uint64_t due_ms, uint64_t grace_days)
{
    uint64_t due = due_ms + grace_days * STANDING_DAY_MS;
    if (as_of.ms == UINT64_MAX || as_of.ms <= due)
        return 0;
    uint64_t days = (as_of.ms - due + STANDING_DAY_MS - 1) / STANDING_DAY_MS;
    return days < UINT32_MAX ? (uint32_t)days : UINT32_MAX;
}

static void set_due(const struct part *part, const struct target *target,
                    struct part_standing *standing)
{
    if (part != NULL && part->due.is_set) {
        standing->has_due = true;
        standing->due_ms = part->due.end_ms;
    } else if (target != NULL && target->deadline.is_set) {
        standing->has_due = true;
        standing->due_ms = period_end_ms(target->deadline.period);
    }
}

static struct part_standing stand(const struct history *history, const struct target *target,
                                  const struct part *part)
{
    struct part_standing standing = {.part = part, .weight = 1};
    const struct milestone_report *report =
        milestone_in_force(history->milestones, part != NULL ? part->id : "", history->as_of);
    if (part != NULL && part->weight.is_set)
        standing.weight = decimal_to_double(part->weight.value);
    if (report != NULL) {
        standing.is_reported = true;
        standing.state = report->state;
        standing.date_ms = report->date_ms;
        standing.address = report->address;
    }
    set_due(part, target, &standing);
    if (standing.has_due && !standing_is(&standing, SONGHUA__V1__MILESTONE_STATE__MILESTONE_DONE) &&
        !standing_is(&standing, SONGHUA__V1__MILESTONE_STATE__MILESTONE_EXEMPT))
        standing.overdue_days =
            days_past(history->as_of, standing.due_ms, history->indicator->due_days);
    return standing;
}

enum err standing_each(const struct history *history, const struct target *target,
                       standing_visit *visit, void *context)
{
    const struct indicator *indicator = history->indicator;
    size_t count = indicator->part_count > 0 ? indicator->part_count : 1;
    enum err err = ERR_OK;
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        const struct part *part = indicator->part_count > 0 ? &indicator->parts[i] : NULL;
        struct part_standing standing = stand(history, target, part);
        err = visit(context, &standing);
    }
    return err;
}
