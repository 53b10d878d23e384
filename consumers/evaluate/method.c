#include "consumers/evaluate/method.h"

judge_method *method_judge(enum method method)
{
    static judge_method *const table[METHOD_COUNT] = {
        [METHOD_NONE] = no_target_judge,
        [METHOD_CAGR_TARGET] = cagr_target_judge,
        [METHOD_LINEAR_PATH] = linear_path_judge,
        [METHOD_CAGR_NO_TARGET] = cagr_no_target_judge,
        [METHOD_SDSN_TREND] = sdsn_trend_judge,
        [METHOD_SCHEDULE] = schedule_judge,
        [METHOD_MILESTONE] = milestone_judge,
        [METHOD_COVERAGE] = coverage_judge,
        [METHOD_RECURRING] = recurring_judge,
        [METHOD_RANK] = rank_judge,
        [METHOD_NON_DECREASING] = non_decreasing_judge,
    };
    return (unsigned)method < METHOD_COUNT ? table[method] : NULL;
}

bool method_is_by_reports(enum method method)
{
    return method == METHOD_MILESTONE || method == METHOD_RECURRING;
}
