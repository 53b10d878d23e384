/* Growth observed over growth required, both a year and compound.
 *
 * Source  EVALUATION.md section 2; EVALUATION-METHODS.md 2.2 (Statistics Canada, Open SDG; Eurostat's
 * cuts) and 2.10 (cases 1 to 6, 10).
 */
#include "consumers/evaluate/second_look.h"

#include <math.h>

/* Growth rates need figures of one sign; a latest figure of zero goes with either. */
static bool has_one_sign(double y0, double y, double yT)
{
    return y0 > 0 ? y >= 0 && yT > 0 : y <= 0 && yT < 0;
}

void cagr_target_judge(const struct question *question, struct judgement *out)
{
    struct path path;
    if (!progress_path(question, &path, out))
        return;
    double small = decimal_to_double(question->indicator->small_value.value);
    double y0 = path.y0 != 0 ? path.y0 : small;
    double yT = path.yT != 0 ? path.yT : small;
    if (!has_one_sign(y0, path.y, yT)) {
        linear_path_judge(question, out);
        return;
    }
    /* Of all-negative figures the magnitude grows when the figure falls. */
    int direction = y0 < 0 ? -question->direction : question->direction;
    double growth = pow(path.y / y0, 1 / (path.t - path.t0)) - 1;
    double required = pow(yT / y0, 1 / (path.tT - path.t0)) - 1;
    judgement_set(out, NUMBER_GROWTH, growth);
    if (required == 0)
        progress_grade_flat(question, &path, out);
    else
        progress_grade(question, direction * growth / fabs(required), out);
    double until = fmin(path.t, path.tT); /* past the deadline the target itself is required */
    progress_requirements(question, &path, y0 * pow(1 + required, until - path.t0), out);
    progress_project(question, out);
    const struct yardstick yardstick = {true, direction, required, progress_verdict};
    second_look(question, &yardstick, out);
}
