/* The steps of each judgement method, with the numbers in them.
 * Source  EVALUATION.md section 2; EVALUATION-METHODS.md section 2. */
#include "consumers/report/explain.h"

#include <math.h>

static double number_of(const struct explanation *page, enum judgement_number number)
{
    return page->judgement->numbers[number];
}

static bool has(const struct explanation *page, enum judgement_number number)
{
    return judgement_has(page->judgement, number);
}

/* --- what methods share ------------------------------------------------------------------------- */

static void show_comparator(struct explanation *page)
{
    const struct judgement *judgement = page->judgement;
    const struct target *target = judgement->target;
    char value[DECIMAL_TEXT_BYTES], wanted[DECIMAL_TEXT_BYTES];
    if (!target || !target->has_comparator || !target->value.is_set || !judgement->value.is_set)
        return;
    decimal_format(judgement->value.value, value);
    decimal_format(target->value.value, wanted);
    bool is_met =
        comparator_is_met(target->comparator, judgement->value.value, target->value.value);
    explain_step(page, "最新数据是否已达目标（按原文，超过即严格大于）",
                 "does the latest figure meet the target (strict where the text is)",
                 "%s %s %s : %s", value, comparator_name(target->comparator), wanted,
                 is_met ? explain_pick(page, "是", "yes") : explain_pick(page, "否", "no"));
}

/* The path as the method saw it; false: there is none. */
struct path {
    double y0, t0, y, t, yT, tT;
};

static bool find_path(const struct explanation *page, struct path *path)
{
    const struct judgement *judgement = page->judgement;
    const struct target *target = judgement->target;
    if (!target || !target->deadline.is_set || !has(page, NUMBER_BASELINE) ||
        !has(page, NUMBER_TARGET) || !has(page, NUMBER_VALUE) || !has(page, NUMBER_TIME_SHARE))
        return false;
    *path = (struct path){.y0 = number_of(page, NUMBER_BASELINE),
                          .t0 = period_years(judgement->baseline_period.period),
                          .y = number_of(page, NUMBER_VALUE),
                          .t = period_years(judgement->period.period),
                          .yT = number_of(page, NUMBER_TARGET),
                          .tT = period_years(target->deadline.period)};
    return true;
}

static void show_shares(struct explanation *page, const struct path *path)
{
    double completion = (path->y - path->y0) / (path->yT - path->y0);
    double share = (path->t - path->t0) / (path->tT - path->t0);
    if (has(page, NUMBER_COMPLETION)) {
        explain_step(page, "完成进度", "completion", "(%.6g - %.6g) / (%.6g - %.6g) = %.4f",
                     path->y, path->y0, path->yT, path->y0, completion);
        explain_check(page, NUMBER_COMPLETION, completion);
    }
    explain_step(page, "时间进度", "time share", "(%g - %g) / (%g - %g) = %.4f", path->t, path->t0,
                 path->tT, path->t0, share);
    explain_check(page, NUMBER_TIME_SHARE, share);
}

static void show_requirements(struct explanation *page, const struct path *path, double required,
                              int direction)
{
    explain_check(page, NUMBER_REQUIRED_NOW, required);
    double gap = direction * (required - path->y);
    explain_step(page, "差距（正数为落后）", "gap (positive: behind)", "%.6g - %.6g = %.6g",
                 direction > 0 ? required : path->y, direction > 0 ? path->y : required, gap);
    explain_check(page, NUMBER_GAP, gap);
    if (has(page, NUMBER_ACCELERATION)) {
        double made = (path->y - path->y0) / (path->t - path->t0);
        double needed = (path->yT - path->y) / (path->tT - path->t);
        explain_step(page, "此后所需速度为以往的倍数", "pace needed from now on over that so far",
                     "%.6g / %.6g = %.4f", needed, made, needed / made);
        explain_check(page, NUMBER_ACCELERATION, needed / made);
    }
    if (!has(page, NUMBER_RATE_NEEDED))
        return;
    double rate = pow(path->yT / path->y, 1 / (path->tT - path->t)) - 1;
    explain_step(page, "此后每年所需增速", "growth needed a year from now on",
                 "(%.6g / %.6g)^(1/%g) - 1 = %.2f %%", path->yT, path->y, path->tT - path->t,
                 100 * rate);
    explain_check(page, NUMBER_RATE_NEEDED, rate);
}

static void show_projection(struct explanation *page)
{
    if (has(page, NUMBER_PROJECTED_LOW))
        explain_step(page, "按近三年各年增速推到期限：低、中、高",
                     "where recent yearly rates lead by the deadline: low, middle, high",
                     "%.6g  %.6g  %.6g", number_of(page, NUMBER_PROJECTED_LOW),
                     number_of(page, NUMBER_PROJECTED_MID), number_of(page, NUMBER_PROJECTED_HIGH));
}

/* What second_look.h adds: the rate over the last three figures, and where the last six lead. */
static void show_recent(struct explanation *page, double required, int direction)
{
    const struct judgement *judgement = page->judgement;
    char since[PERIOD_TEXT_BYTES];
    if (!has(page, NUMBER_RECENT_RATIO))
        return;
    period_format(judgement->recent_since.period, since);
    double rate = number_of(page, NUMBER_RECENT_RATE);
    double ratio = direction * rate / fabs(required);
    explain_step(page, "数据有升有降，另看近三期", "it rises and falls: by the last three figures",
                 "%s… : %s%.4g / |%.4g| = %.4f  %s %s", since, direction < 0 ? "-" : "", rate,
                 required, ratio, verdict_name_zh(judgement->recent),
                 verdict_name(judgement->recent));
    explain_check(page, NUMBER_RECENT_RATIO, ratio);
}

static void show_slope(struct explanation *page, const struct path *path)
{
    const struct judgement *judgement = page->judgement;
    char since[PERIOD_TEXT_BYTES];
    if (!has(page, NUMBER_SLOPE_VALUE))
        return;
    period_format(judgement->slope_since.period, since);
    double slope = number_of(page, NUMBER_SLOPE), years = path->tT - path->t;
    double value = path->y + slope * years;
    explain_step(page, "近六期年均变化推到期限",
                 "where the mean yearly change over six figures leads",
                 "%s… : %.6g + %.4g x %g = %.4f", since, path->y, slope, years, value);
    explain_check(page, NUMBER_SLOPE_VALUE, value);
    double miss = (path->yT - value) / (path->yT - path->y);
    if (has(page, NUMBER_SLOPE_MISS)) {
        explain_step(page, "仍差剩余路程的份额", "share of what is to go that is missed",
                     "(%.6g - %.4f) / (%.6g - %.6g) = %.4f", path->yT, value, path->yT, path->y,
                     miss);
        explain_check(page, NUMBER_SLOPE_MISS, miss);
    }
    explain_step(page, "展望：< 5 % 晴，<= 20 % 少云，再多为多云，无改善为雷暴",
                 "outlook: < 5 % sun, <= 20 % slightly cloudy, else cloud; no improvement thunder",
                 "%s %s", outlook_name_zh(judgement->outlook), outlook_name(judgement->outlook));
}

static void show_cuts(struct explanation *page, double v, double on_track, double accelerate)
{
    explain_step(page, "比值对应的判断", "what the ratio says",
                 explain_pick(page,
                              "v >= %.2f 按期；>= %.2f 需加速；>= 0 滞后；< 0 倒退 : v = %.4f",
                              "v >= %.2f on track; >= %.2f accelerate; >= 0 lagging; < 0 moving "
                              "away : v = %.4f"),
                 on_track, accelerate, v);
}

static void show_points(struct explanation *page, double v)
{
    if (page->judgement->verdict == SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACHIEVED) {
        explain_step(page, "得分（-5 至 5）：已达标", "points (-5 to 5): achieved", "5");
        explain_check(page, NUMBER_POINTS, 5);
        return;
    }
    if (!has(page, NUMBER_POINTS))
        return;
    double points = v > 0.6 ? fmin(7.1429 * v - 4.2857, 5) : fmax(4.1667 * v - 2.5, -5);
    explain_step(page, "得分（-5 至 5）", "points (-5 to 5)", "%s = %.4f",
                 v > 0.6 ? "min(7.1429 v - 4.2857, 5)" : "max(4.1667 v - 2.5, -5)", points);
    explain_check(page, NUMBER_POINTS, points);
}

static int direction_of(const struct explanation *page)
{
    return page->judgement->indicator->direction < 0 ? -1 : 1;
}

/* --- growth against the growth required --------------------------------------------------------- */

static void explain_growth(struct explanation *page, const struct path *path)
{
    double small = decimal_to_double(page->judgement->indicator->small_value.value);
    double y0 = path->y0 != 0 ? path->y0 : small, yT = path->yT != 0 ? path->yT : small;
    double g = pow(path->y / y0, 1 / (path->t - path->t0)) - 1;
    double required = pow(yT / y0, 1 / (path->tT - path->t0)) - 1;
    int direction = y0 < 0 ? -direction_of(page) : direction_of(page);
    explain_step(page, "实际年均增速 g", "observed growth a year, g",
                 "(%.6g / %.6g)^(1/%g) - 1 = %.4f", path->y, y0, path->t - path->t0, g);
    explain_check(page, NUMBER_GROWTH, g);
    explain_step(page, "所需年均增速 gT", "required growth a year, gT",
                 "(%.6g / %.6g)^(1/%g) - 1 = %.4f", yT, y0, path->tT - path->t0, required);
    if (required != 0) {
        double v = direction * g / fabs(required);
        explain_step(page, "速度比 v", "ratio v", "%s%.4f / |%.4f| = %.4f",
                     direction < 0 ? "-" : "", g, required, v);
        explain_check(page, NUMBER_RATIO, v);
        show_cuts(page, v, 0.95, 0.60);
        show_points(page, v);
    }
    show_recent(page, required, direction);
    double until = fmin(path->t, path->tT);
    double now = y0 * pow(1 + required, until - path->t0);
    explain_step(page, "到最新数据所在时期应达到", "required by the latest period",
                 "%.6g x (1 + %.4f)^%g = %.4f", y0, required, until - path->t0, now);
    show_requirements(page, path, now, direction_of(page));
}

/* --- straight path ------------------------------------------------------------------------------ */

static void explain_straight(struct explanation *page, const struct path *path, int direction,
                             bool is_schedule)
{
    double made = (path->y - path->y0) / (path->t - path->t0);
    double required = (path->yT - path->y0) / (path->tT - path->t0);
    explain_step(page, "实际每年变化", "observed change a year", "(%.6g - %.6g) / %g = %.4g",
                 path->y, path->y0, path->t - path->t0, made);
    explain_step(page, "所需每年变化", "required change a year", "(%.6g - %.6g) / %g = %.4g",
                 path->yT, path->y0, path->tT - path->t0, required);
    if (required != 0) {
        double v = direction * made / fabs(required);
        explain_step(page, "进度比 v", "ratio v", "%s%.4g / |%.4g| = %.4f",
                     direction < 0 ? "-" : "", made, required, v);
        explain_check(page, NUMBER_RATIO, v);
        show_cuts(page, v, 0.95, is_schedule ? 0.80 : 0.60);
        show_points(page, v);
    }
    show_recent(page, required, direction);
    double until = fmin(path->t, path->tT);
    double now = path->y0 + required * (until - path->t0);
    explain_step(page, "到最新数据所在时期应达到", "required by the latest period",
                 "%.6g + %.4g x %g = %.4f", path->y0, required, until - path->t0, now);
    show_requirements(page, path, now, direction);
}

/* --- no path ------------------------------------------------------------------------------------ */

static void explain_growth_alone(struct explanation *page)
{
    if (!has(page, NUMBER_GROWTH))
        return;
    double years = period_years(page->judgement->period.period) -
                   period_years(page->judgement->baseline_period.period);
    double y0 = number_of(page, NUMBER_BASELINE);
    double small = decimal_to_double(page->judgement->indicator->small_value.value);
    double g = pow(number_of(page, NUMBER_VALUE) / (y0 != 0 ? y0 : small), 1 / years) - 1;
    explain_step(page, "年均增速", "growth a year", "(%.6g / %.6g)^(1/%g) - 1 = %.4f",
                 number_of(page, NUMBER_VALUE), y0 != 0 ? y0 : small, years, g);
    explain_check(page, NUMBER_GROWTH, g);
}

static void explain_no_fall(struct explanation *page)
{
    if (!has(page, NUMBER_REQUIRED_NOW))
        return;
    double before = number_of(page, NUMBER_REQUIRED_NOW);
    double now = number_of(page, NUMBER_VALUE);
    explain_step(page, "不低于上期", "not below the figure before", "%.6g %s %.6g", now,
                 direction_of(page) * (now - before) >= 0 ? ">=" : "<", before);
}

static void explain_numbers(struct explanation *page)
{
    explain_growth_alone(page);
    if (has(page, NUMBER_COMPLETION))
        explain_step(page, "完成进度", "completion", "%.4f", number_of(page, NUMBER_COMPLETION));
    if (has(page, NUMBER_TIME_SHARE))
        explain_step(page, "时间进度", "time share", "%.4f", number_of(page, NUMBER_TIME_SHARE));
    if (has(page, NUMBER_RATIO))
        explain_step(page, "比值", "ratio", "%.4f", number_of(page, NUMBER_RATIO));
    if (has(page, NUMBER_POINTS))
        explain_step(page, "得分（-5 至 5）", "points (-5 to 5)", "%.4f",
                     number_of(page, NUMBER_POINTS));
    if (has(page, NUMBER_RECENT_RATIO))
        explain_step(page, "数据有升有降，另看近三期",
                     "it rises and falls: by the last three figures", "%.4f  %s %s",
                     number_of(page, NUMBER_RECENT_RATIO), verdict_name_zh(page->judgement->recent),
                     verdict_name(page->judgement->recent));
    if (!page->step)
        explain_line(page, "  %s",
                     explain_pick(page, "没有可计算的步骤，原因见上。",
                                  "nothing can be worked out; the reason is above."));
}

/* ------------------------------------------------------------------------------------------------ */

/* A method with a path: by growth, or straight where growth has no meaning (it then sets no growth). */
static void explain_path(struct explanation *page, const struct path *path, enum method method)
{
    int direction = method == METHOD_RANK ? -1 : direction_of(page);
    show_shares(page, path);
    if (method == METHOD_CAGR_TARGET && has(page, NUMBER_GROWTH))
        explain_growth(page, path);
    else
        explain_straight(page, path, direction, method == METHOD_SCHEDULE);
    show_projection(page);
    show_slope(page, path);
}

void explain_method(struct explanation *page)
{
    struct path path;
    const struct judgement *judgement = page->judgement;
    enum method method = judgement->target ? target_method(judgement->indicator, judgement->target)
                                           : judgement->indicator->method;
    explain_line(page, "  %s %s", explain_pick(page, "方法", "method"), method_name(method));
    show_comparator(page);
    switch (method) {
    case METHOD_CAGR_TARGET:
    case METHOD_LINEAR_PATH:
    case METHOD_SCHEDULE:
    case METHOD_COVERAGE:
    case METHOD_RANK:
        if (find_path(page, &path) && has(page, NUMBER_REQUIRED_NOW))
            explain_path(page, &path, method);
        else
            explain_numbers(page);
        return;
    case METHOD_NON_DECREASING:
        if (has(page, NUMBER_RATIO) &&
            find_path(page, &path)) { /* still on the way to its number */
            explain_path(page, &path, METHOD_CAGR_TARGET);
            return;
        }
        explain_growth_alone(page);
        explain_no_fall(page);
        return;
    default:
        explain_numbers(page);
    }
}
