/* Task done against time past (时间过半、任务过半): completion over time share. At 0.95 it is on track, at
 * 0.80 it is to accelerate; those are the cuts of project practice, narrower than Eurostat's.
 *
 * Source  EVALUATION.md section 2 "Others"; EVALUATION-METHODS.md 2.8.
 */
#include "consumers/evaluate/progress.h"

Songhua__V1__Judgement schedule_verdict(double ratio)
{
    return progress_class(METHOD_SCHEDULE, ratio);
}

void schedule_judge(const struct question *question, struct judgement *out)
{
    linear_path_judge(question, out);
    if (!question->is_settled && judgement_has(out, NUMBER_RATIO))
        out->verdict = schedule_verdict(out->numbers[NUMBER_RATIO]);
    if (judgement_has(out, NUMBER_RECENT_RATIO))
        out->recent = schedule_verdict(out->numbers[NUMBER_RECENT_RATIO]);
}
