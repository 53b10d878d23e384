/* The four arrows of the Sustainable Development Report: the yearly change of the recent past against the
 * yearly change that leads from the baseline to the target in a straight line.
 *
 *   below 0      moving_away    (decreasing)
 *   below half   lagging        (stagnating)
 *   below 1      accelerate     (moderately improving)
 *   else         on_track       (on track); a target that is met is achieved
 *
 * The recent past is what lies between the latest figure and the earliest one of the four years before it,
 * at least a year apart and behind no break; without one there is no arrow. Both changes scale alike, so
 * figures need not be normalised to 0..100 first; those beyond the target are achieved before this asks.
 * The source gives no points, so there are none.
 *
 * Source  EVALUATION.md section 2 "Others"; EVALUATION-METHODS.md 2.4 (Lafortune et al.).
 */
#include "consumers/evaluate/second_look.h"

#include <math.h>

static const double recent_years = 4;

/* The earliest usable figure of the recent years, no break behind it. */
static bool find_recent(const struct question *question, struct point *out)
{
    struct point at = question->latest, before;
    double latest = period_years(question->latest.period);
    bool has_any = false;
    while (at.status != SONGHUA__V1__OBS_STATUS__OBS_STATUS_B_BREAK &&
           history_before(question->history, period_key(at.period), &before) &&
           latest - period_years(before.period) <= recent_years) {
        at = before;
        if (latest - period_years(at.period) >= 1) {
            *out = at;
            has_any = true;
        }
    }
    return has_any;
}

static Songhua__V1__Judgement arrow(double ratio)
{
    return progress_class(METHOD_SDSN_TREND, ratio);
}

void sdsn_trend_judge(const struct question *question, struct judgement *out)
{
    struct path path;
    struct point recent;
    if (!progress_path(question, &path, out))
        return;
    double required = (path.yT - path.y0) / (path.tT - path.t0);
    double until = fmin(path.t, path.tT);
    progress_requirements(question, &path, path.y0 + required * (until - path.t0), out);
    progress_project(question, out);
    if (required == 0) {
        progress_grade_flat(question, &path, out);
        return;
    }
    if (!find_recent(question, &recent)) {
        progress_refuse(question, REASON_TOO_SHORT, out);
        return;
    }
    progress_cite(out, recent.address);
    double made = (path.y - recent.number) / (path.t - period_years(recent.period));
    double ratio = question->direction * made / fabs(required);
    judgement_set(out, NUMBER_RATIO, ratio);
    if (!question->is_settled)
        out->verdict = arrow(ratio);
    const struct yardstick yardstick = {false, question->direction, required, arrow};
    second_look(question, &yardstick, out);
}
