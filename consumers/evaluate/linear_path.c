/* Progress made over progress required by a straight line from baseline to target: completion over
 * time share. For figures of mixed sign, ranks, and shares whose path is agreed to be linear.
 *
 * Source  EVALUATION.md section 2 "Others"; EVALUATION-METHODS.md 2.8, 2.10 (cases 4, 14).
 */
#include "consumers/evaluate/second_look.h"

#include <math.h>

void linear_path_judge(const struct question *question, struct judgement *out)
{
    struct path path;
    if (!progress_path(question, &path, out))
        return;
    double made = (path.y - path.y0) / (path.t - path.t0);
    double required = (path.yT - path.y0) / (path.tT - path.t0);
    /* The sign comes from the direction, so that a baseline beyond the target is judged rightly. */
    if (required == 0)
        progress_grade_flat(question, &path, out);
    else
        progress_grade(question, question->direction * made / fabs(required), out);
    double until = fmin(path.t, path.tT);
    progress_requirements(question, &path, path.y0 + required * (until - path.t0), out);
    progress_project(question, out);
    const struct yardstick yardstick = {false, question->direction, required, progress_verdict};
    second_look(question, &yardstick, out);
}
