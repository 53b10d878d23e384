/* A later report beside a published one. */
#include "consumers/report/report_cells.h"

#include <math.h>
#include <string.h>

static const struct document_column restated_columns[] = {
    {"name", "指标", false, false},
    {"indicator", "代码", false, true},
    {"target", "目标", false, false},
    {"region_name", "地区", false, false},
    {"judgement_then", "原判断", false, false},
    {"judgement", "现判断", false, false},
    {"value_then", "原数据", true, false},
    {"period_then", "原时期", false, true},
    {"value", "现数据", true, false},
    {"period", "现时期", false, true},
    {"points_then", "原得分", true, false},
    {"points", "现得分", true, false},
    {NULL, NULL, false, false}};

static bool is_number_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static double number_or_nan(const struct judgement *judgement, enum judgement_number number)
{
    return judgement_has(judgement, number) ? judgement->numbers[number] : NAN;
}

static bool is_restated(const struct judgement *now, const struct frozen_target *then)
{
    char verdict[CELL_BYTES], period[PERIOD_TEXT_BYTES] = "";
    report_verdict(now, verdict);
    if (now->period.is_set)
        period_format(now->period.period, period);
    return strcmp(verdict, then->judgement) || strcmp(period, then->period) ||
           !is_number_same(number_or_nan(now, NUMBER_VALUE), then->value) ||
           !is_number_same(number_or_nan(now, NUMBER_POINTS), then->points);
}

static void put_restated_target(const struct writing *writing, const struct judgement *now,
                                const struct frozen_target *then)
{
    struct document *document = writing->document;
    char text[CELL_BYTES];
    report_target(now, text);
    document_text(document, "%s", now->indicator->name.zh);
    document_text(document, "%s", now->indicator->id);
    document_text(document, "%s", text);
    document_text(document, "%s", report_region_name(writing, now->region));
    document_text(document, "%s", then->judgement);
    report_put_verdict(document, now);
    document_number(document, then->value, NULL, 4);
    document_text(document, "%s", then->period);
    report_put_value(document, now);
    report_put_period(document, now->period);
    document_number(document, then->points, NULL, 3);
    report_put_number(document, now, NUMBER_POINTS, 1, 3);
}

void report_put_restated(const struct writing *writing)
{
    const struct frozen *frozen = writing->frozen;
    document_fact(writing->document, "restates", "重述", "%s，截至 %s，结果摘要 %s",
                  frozen_fact(frozen, "title"), frozen_fact(frozen, "as_of_sequence"),
                  frozen_fact(frozen, "result"));
    document_sheet(writing->document, "restated", "与已公布结果的差异",
                   "已公布的结果不改；此处列出数据修订或新数据之后不同的目标。", restated_columns);
    for (size_t i = 0; i < review_count(writing->review); i++) {
        const struct judgement *now = report_last(writing, i);
        struct frozen_target then = {"", "", NAN, NAN};
        char region[REGION_CODE_BYTES];
        if (!report_is_quantified(now))
            continue;
        region_format(now->region, region);
        if (!frozen_target(frozen, now->indicator->id, now->target->id, region, &then) ||
            is_restated(now, &then))
            put_restated_target(writing, now, &then);
    }
}
