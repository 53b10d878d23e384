/* How far a figure has come towards a target, step by step. Source  consumers/evaluate/attained.h. */
#include "consumers/report/explain_composite.h"
#include "proto/event/event.h"

#include <math.h>

/* What is shown, and in what is written. */
struct telling {
    struct explanation *page;
    const struct indicator *indicator;
    struct attainment found;
    double target;
    int indent;
};

static void show_target(const struct telling *telling)
{
    const struct target *target = telling->found.target;
    char value[DECIMAL_TEXT_BYTES] = "", deadline[PERIOD_TEXT_BYTES] = "";
    decimal_format(target->value.value, value);
    if (target->deadline.is_set)
        period_format(target->deadline.period, deadline);
    explain_line(telling->page, "%*s%s %s %s: T %s %s  %s", telling->indent, "",
                 explain_pick(telling->page, "目标", "target"), telling->indicator->id, target->id,
                 target->has_comparator ? comparator_name(target->comparator) : "=", value,
                 deadline);
}

static void show_base(const struct telling *telling)
{
    const struct attainment *found = &telling->found;
    struct explanation *page = telling->page;
    char period[PERIOD_TEXT_BYTES], address[EVENT_ADDRESS_BYTES];
    if (!found->has_base) {
        explain_line(page, "%*s%s", telling->indent, "",
                     explain_pick(page, "没有基期数据", "there is no baseline"));
        return;
    }
    const struct figure *figure =
        found->is_recorded ? basis_find(page->basis, found->base_address) : NULL;
    event_address_format(found->base_address.sequence, found->base_address.index, address);
    period_format(found->base_period, period);
    explain_line(
        page, "%*s%s %s: b = %.10g %s  [%s]  %s", telling->indent, "",
        explain_pick(page, "基期", "baseline"), period, found->base, telling->indicator->unit,
        found->is_recorded ? address : explain_pick(page, "指标体系所定", "set by the framework"),
        figure != NULL ? figure->origin : "");
    if (found->is_broken)
        explain_line(page, "%*s%s", telling->indent, "",
                     explain_pick(page, "其间数列有中断，不能比较",
                                  "the series breaks in between: the two do not compare"));
}

static double show_completion(const struct telling *telling)
{
    const struct attainment *found = &telling->found;
    struct explanation *page = telling->page;
    int direction = telling->indicator->direction < 0 ? -1 : 1;
    double x = found->point.number, b = found->base, way = fabs(telling->target - b);
    double share = way > 0 ? direction * (x - b) / way : 0;
    explain_line(
        page, "%*s%s %s(x - b) / |T - b| = %s(%.10g - %.10g) / |%.10g - %.10g| = %.6g%s",
        telling->indent, "", explain_pick(page, "完成进度", "completion"), direction < 0 ? "-" : "",
        direction < 0 ? "-" : "", x, b, telling->target, b, share,
        way > 0 ? "" : explain_pick(page, "（目标等于基期）", " (target and baseline are equal)"));
    if (!found->is_met)
        return share;
    share = fmax(share, 1);
    explain_line(
        page, "%*s%s %.6g", telling->indent, "",
        explain_pick(page, "已达目标，至少计 1：", "the target is met, which counts 1 at least:"),
        share);
    return share;
}

static double show_pace(const struct telling *telling, double share)
{
    const struct attainment *found = &telling->found;
    struct explanation *page = telling->page;
    if (!found->target->deadline.is_set || isnan(found->time_share)) {
        explain_line(page, "%*s%s", telling->indent, "",
                     explain_pick(page, "没有期限或尚无时间过去，没有时间进度",
                                  "no deadline, or no time has passed: no share of time"));
        return NAN;
    }
    double t0 = period_years(found->base_period), t = period_years(found->point.period);
    double end = period_years(found->target->deadline.period);
    double passed = (t - t0) / (end - t0), tau = fmin(passed, 1), pace = share / tau;
    explain_line(page, "%*s%s (%g - %g) / (%g - %g) = %.6g%s", telling->indent, "",
                 explain_pick(page, "时间进度", "share of time"), t, t0, end, t0, passed,
                 passed > 1 ? explain_pick(page, "，至多计 1", ", which counts 1 at most") : "");
    explain_line(page, "%*s%s %.6g / %.6g = %.6g", telling->indent, "",
                 explain_pick(page, "完成进度 ÷ 时间进度", "completion / share of time"), share,
                 tau, pace);
    return pace;
}

static void check(struct explanation *page, double own, double again, int indent)
{
    if (own == again || (isnan(own) && isnan(again)))
        return;
    page->is_right = false;
    explain_line(page, "%*s%s %.17g", indent, "",
                 explain_pick(page, "重新计算得", "worked out again it is"), again);
}

void explain_attained(struct explanation *page, const struct composite_question *question,
                      size_t column, int indent)
{
    const struct framework_column *taking = ranking_plan(question->ranking)->columns[column];
    const struct composite *composite = ranking_composite(question->ranking, question->table);
    struct telling telling = {.page = page, .indent = indent};
    if (!ranking_attainment(question->ranking, question->evaluation, question->as_of,
                            question->table, column, question->row, &telling.found))
        return;
    telling.indicator = taking->of;
    telling.target = decimal_to_double(telling.found.target->value.value);
    show_target(&telling);
    show_base(&telling);
    double again = NAN;
    if (telling.found.has_base && !telling.found.is_broken)
        again = show_completion(&telling);
    if (!isnan(again) && taking->take == TAKE_PACE)
        again = show_pace(&telling, again);
    check(page, composite_figure(composite, column, question->row), again, indent);
}
