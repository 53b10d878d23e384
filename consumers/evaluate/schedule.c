/* Task done against time past (时间过半、任务过半): completion over time share. At 0.95 it is on track, at
 * 0.80 it is to accelerate; those are the cuts of project practice, narrower than Eurostat's.
 *
 * Source  EVALUATION.md section 2 "Others"; EVALUATION-METHODS.md 2.8.
 */
#include "consumers/evaluate/progress.h"

Songhua__V1__Judgement schedule_verdict(double ratio)
{
    if (ratio < 0)
        return SONGHUA__V1__JUDGEMENT__JUDGEMENT_MOVING_AWAY;
    if (ratio >= 0.95)
        return SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK;
    return ratio >= 0.80 ? SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACCELERATE
                         : SONGHUA__V1__JUDGEMENT__JUDGEMENT_LAGGING;
}

void schedule_judge(const struct question *question, struct judgement *out)
{
    linear_path_judge(question, out);
    if (!question->is_settled && judgement_has(out, NUMBER_RATIO))
        out->verdict = schedule_verdict(out->numbers[NUMBER_RATIO]);
    if (judgement_has(out, NUMBER_RECENT_RATIO))
        out->recent = schedule_verdict(out->numbers[NUMBER_RECENT_RATIO]);
}
