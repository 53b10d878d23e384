#include "consumers/report/report_document.h"

#include "consumers/report/report_cells.h"

#include "proto/event/event.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHART_POINTS = 64 };

/* Through the years: 滞后 → 需加速 → 按期, and the figure of each. */
static void put_years(const struct writing *writing, size_t index)
{
    char text[CELL_BYTES] = "";
    size_t size = 0;
    const struct review *review = writing->review;
    for (size_t year = 0; year < review->year_count && size < sizeof text - 64; year++) {
        const struct judgement *judgement = review_at(review, year, index);
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%u %s", year ? " → " : "",
                                 review->options.first_year + (unsigned)year,
                                 verdict_name_zh(judgement->verdict));
    }
    document_text(writing->document, "%s", text);
}

/* --- sheets ------------------------------------------------------------------------------------- */

static bool has_figure(const struct judgement *judgement)
{
    return judgement_has(judgement, NUMBER_VALUE);
}

static const struct document_column target_columns[] = {
    {"name", "指标", false, false},
    {"indicator", "代码", false, true},
    {"clause", "条款", false, true},
    {"region_name", "地区", false, false},
    {"region", "地区代码", false, true},
    {"target", "目标", false, false},
    {"target_id", "目标代码", false, true},
    {"baseline", "基期值", true, false},
    {"baseline_period", "基期", false, true},
    {"value", "数据", true, false},
    {"period", "数据时期", false, true},
    {"required", "应达到", true, false},
    {"gap", "差距", true, true},
    {"completion", "完成进度%", true, false},
    {"time_share", "时间进度%", true, true},
    {"growth", "年均增速%", true, false},
    {"needed", "今后每年需%", true, true},
    {"points", "得分", true, false},
    {"judgement", "判断", false, false},
    {"reason", "说明", false, true},
    {"years", "历年判断", false, false},
    {"evidence", "依据（记录地址）", false, false},
    {NULL, NULL, false, false}};

static void put_target(const struct writing *writing, size_t index)
{
    struct document *document = writing->document;
    const struct judgement *judgement = report_last(writing, index);
    char text[CELL_BYTES];
    document_text(document, "%s", judgement->indicator->name.zh);
    document_text(document, "%s", judgement->indicator->id);
    document_text(document, "%s",
                  *judgement->target->clause ? judgement->target->clause
                                             : judgement->indicator->clause);
    report_put_region(writing, judgement->region);
    report_target(judgement, text);
    document_text(document, "%s", text);
    document_text(document, "%s", judgement->target->id);
    report_put_number(document, judgement, NUMBER_BASELINE, 1, 2);
    report_put_period(document, judgement->baseline_period);
    report_put_value(document, judgement);
    report_put_period(document, judgement->period);
    report_put_number(document, judgement, NUMBER_REQUIRED_NOW, 1, 3);
    report_put_number(document, judgement, NUMBER_GAP, 1, 3);
    report_put_number(document, judgement, NUMBER_COMPLETION, 100, 1);
    report_put_number(document, judgement, NUMBER_TIME_SHARE, 100, 1);
    report_put_number(document, judgement, NUMBER_GROWTH, 100, 2);
    report_put_number(document, judgement, NUMBER_RATE_NEEDED, 100, 2);
    report_put_number(document, judgement, NUMBER_POINTS, 1, 3);
    report_put_verdict(document, judgement);
    report_put_reason(document, judgement);
    put_years(writing, index);
    report_evidence(judgement, text);
    document_text(document, "%s", text);
}

static void put_targets(const struct writing *writing)
{
    document_sheet(
        writing->document, "targets", "定量目标",
        "每个有期限的目标各自判断。判断依据最新数据；超过即严格大于。待定：数据为初步数，或期限已过"
        "而该期数据未到。",
        target_columns);
    for (size_t i = 0; i < review_count(writing->review); i++)
        if (report_is_quantified(report_last(writing, i)))
            put_target(writing, i);
}

/* --- charts --------------------------------------------------------------------------------------- */

static bool has_path(const struct judgement *judgement)
{
    return report_is_quantified(judgement) && judgement->target->deadline.is_set &&
           judgement_has(judgement, NUMBER_REQUIRED_NOW) &&
           judgement_has(judgement, NUMBER_BASELINE) && judgement_has(judgement, NUMBER_TARGET);
}

/* Everything judged as it stood in each year since the first baseline, once for all charts. */
struct chart_years {
    unsigned first;
    size_t count;
    struct side sides[CHART_POINTS];
};

static enum err judge_chart_years(const struct writing *writing, struct chart_years *out)
{
    unsigned last = writing->review->options.last_year;
    enum err err = ERR_OK;
    *out = (struct chart_years){.first = last + 1};
    for (size_t i = 0; i < review_count(writing->review); i++) {
        const struct judgement *judgement = report_last(writing, i);
        if (has_path(judgement) && judgement->baseline_period.period.year < out->first)
            out->first = judgement->baseline_period.period.year;
    }
    if (last >= CHART_POINTS && out->first + CHART_POINTS <= last)
        out->first = last - CHART_POINTS + 1;
    for (unsigned year = out->first; year <= last && !err; year++) {
        const struct basis_view view = {.last_year = year, .judge_ms = UINT64_MAX};
        err = side_init(writing->review->basis, &view, &out->sides[out->count]);
        out->count += !err;
    }
    return err;
}

/* The yearly figures in force, and the path, of a target that has both. */
static void put_chart(const struct writing *writing, const struct chart_years *chart_years,
                      size_t index)
{
    const struct judgement *judgement = report_last(writing, index);
    double years[CHART_POINTS], values[CHART_POINTS];
    size_t count = 0;
    char title[CELL_BYTES], target[CELL_BYTES];
    if (!has_path(judgement))
        return;
    for (size_t i = 0; i < chart_years->count; i++) {
        const struct judgement *then = &chart_years->sides[i].items[index];
        unsigned year = chart_years->first + (unsigned)i;
        bool is_of_year = has_figure(then) && then->period.is_set &&
                          then->period.period.year == year &&
                          year >= judgement->baseline_period.period.year;
        if (is_of_year) {
            years[count] = period_years(then->period.period);
            values[count++] = then->numbers[NUMBER_VALUE];
        }
    }
    report_target(judgement, target);
    snprintf(title, sizeof title, "%s %s %s", judgement->indicator->name.zh,
             report_region_name(writing, judgement->region), target);
    const struct chart chart = {.title = title,
                                .unit = judgement->indicator->unit,
                                .years = years,
                                .values = values,
                                .count = count,
                                .y0 = judgement->numbers[NUMBER_BASELINE],
                                .t0 = period_years(judgement->baseline_period.period),
                                .yT = judgement->numbers[NUMBER_TARGET],
                                .tT = period_years(judgement->target->deadline.period),
                                .is_geometric = judgement_has(judgement, NUMBER_GROWTH)};
    document_chart(writing->document, &chart);
}

static void put_charts(const struct writing *writing)
{
    struct chart_years *years = calloc(1, sizeof *years);
    enum err err = years ? judge_chart_years(writing, years) : ERR_NOMEM;
    for (size_t i = 0; i < review_count(writing->review) && !err; i++)
        put_chart(writing, years, i);
    for (size_t i = 0; years && i < years->count; i++)
        side_fini(&years->sides[i]);
    free(years);
    if (err)
        writing->document->err = err;
}

/* --- more sheets ---------------------------------------------------------------------------------- */

static const struct document_column region_columns[] = {{"region_name", "地区", false, false},
                                                        {"region", "地区代码", false, true},
                                                        {"level", "水平", true, false},
                                                        {"progress", "进展", true, false},
                                                        {"duties", "任务", true, false},
                                                        {"quality", "填报", true, false},
                                                        {"total", "合计", true, false},
                                                        {"rank", "位次", false, false},
                                                        {"why", "说明", false, true},
                                                        {"targets", "定量目标数", true, false},
                                                        {"judged", "可判断数", true, true},
                                                        {"achieved", "已达标", true, false},
                                                        {"on_track", "按期", true, false},
                                                        {"accelerate", "需加速", true, false},
                                                        {"lagging", "滞后", true, false},
                                                        {"moving_away", "倒退", true, false},
                                                        {"missed", "逾期未达", true, false},
                                                        {"no_data", "无数据", true, false},
                                                        {"no_target", "无量化目标", true, false},
                                                        {"expected", "应报期数", true, false},
                                                        {"received", "已报期数", true, true},
                                                        {NULL, NULL, false, false}};

static void put_rank(struct document *document, const struct review_region *region)
{
    if (region->rank) {
        document_text(document, "%" PRIu32, region->rank);
        document_text(document, "%s", "");
        return;
    }
    document_text(document, "不排名");
    if (!region->targets)
        document_text(document, "没有本地区的定量目标");
    else
        document_text(document, "可判断的目标 %zu/%zu，低于 80%%", region->judged, region->targets);
}

static void put_regions(const struct writing *writing)
{
    static const Songhua__V1__Judgement shown[] = {
        SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACHIEVED,    SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK,
        SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACCELERATE,  SONGHUA__V1__JUDGEMENT__JUDGEMENT_LAGGING,
        SONGHUA__V1__JUDGEMENT__JUDGEMENT_MOVING_AWAY, SONGHUA__V1__JUDGEMENT__JUDGEMENT_MISSED,
        SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA,     SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_TARGET};
    struct document *document = writing->document;
    document_sheet(
        document, "regions", "分地区",
        "水平、进展、任务、填报各为 0 至 100，空白为无数据可依；水平与进展是两个数，不合并看。可判断的"
        "目标不足五分之四的地区不排名。",
        region_columns);
    for (size_t i = 0; i < writing->review->region_count; i++) {
        const struct review_region *region = &writing->review->regions[i];
        report_put_region(writing, region->code);
        for (int part = 0; part < PART_COUNT; part++)
            document_number(document, region->parts[part], NULL, 1);
        document_number(document, region->total, NULL, 1);
        put_rank(document, region);
        document_number(document, (double)region->targets, NULL, 0);
        document_number(document, (double)region->judged, NULL, 0);
        for (size_t j = 0; j < sizeof shown / sizeof *shown; j++)
            document_number(document, (double)region->verdicts[shown[j]], NULL, 0);
        document_number(document, (double)region->expected, NULL, 0);
        document_number(document, (double)region->received, NULL, 0);
    }
}

static const struct document_column list_columns[] = {
    {"name", "指标", false, false},      {"indicator", "代码", false, true},
    {"target", "目标", false, false},    {"region_name", "地区", false, false},
    {"judgement", "判断", false, false}, {"value", "数据", true, false},
    {"period", "数据时期", false, true}, {"why", "理由", false, false},
    {NULL, NULL, false, false}};

static void put_why(struct document *document, const struct judgement *judgement)
{
    if (judgement_has(judgement, NUMBER_REQUIRED_NOW) && judgement_has(judgement, NUMBER_GAP))
        document_text(document, "应达到 %.4g，%s %.4g%s%s", judgement->numbers[NUMBER_REQUIRED_NOW],
                      judgement->numbers[NUMBER_GAP] > 0 ? "差" : "超出",
                      fabs(judgement->numbers[NUMBER_GAP]), judgement->reason ? "；" : "",
                      reason_text_zh(judgement->reason));
    else
        document_text(document, "%s", reason_text_zh(judgement->reason));
}

static void put_list(const struct writing *writing, const char *id, const char *title,
                     const char *note, const char *tone)
{
    struct document *document = writing->document;
    document_sheet(document, id, title, note, list_columns);
    for (size_t i = 0; i < review_count(writing->review); i++) {
        const struct judgement *judgement = report_last(writing, i);
        char text[CELL_BYTES];
        if (strcmp(report_tone(judgement->verdict), tone))
            continue;
        report_target(judgement, text);
        document_text(document, "%s", judgement->indicator->name.zh);
        document_text(document, "%s", judgement->indicator->id);
        document_text(document, "%s", text);
        document_text(document, "%s", report_region_name(writing, judgement->region));
        report_put_verdict(document, judgement);
        report_put_value(document, judgement);
        report_put_period(document, judgement->period);
        put_why(document, judgement);
    }
}

static const struct document_column revision_columns[] = {
    {"name", "指标", false, false},        {"indicator", "代码", false, true},
    {"region_name", "地区", false, false}, {"period", "时期", false, false},
    {"first", "首次填报", false, false},   {"first_address", "首次地址", false, true},
    {"last", "现行", false, false},        {"last_address", "现行地址", false, true},
    {"source", "现行来源", false, false},  {NULL, NULL, false, false}};

static void put_vintage(struct document *document, const struct figure *figure)
{
    char value[DECIMAL_TEXT_BYTES];
    const Songhua__V1__Observation *observation = figure->event->observation;
    decimal_format((struct decimal){observation->unscaled, observation->decimals}, value);
    document_text(document, "%s %s", value, observation->unit);
}

static void put_address(struct document *document, const struct figure *figure)
{
    char address[EVENT_ADDRESS_BYTES];
    event_address_format(figure->address.sequence, figure->address.index, address);
    document_text(document, "%s", address);
}

static void put_revisions(const struct writing *writing)
{
    struct document *document = writing->document;
    document_sheet(document, "revisions", "数据修订",
                   "本期内数值改过的数据：首次填报与现行数值。任何数据都不覆盖，旧值仍在记录中。",
                   revision_columns);
    for (size_t i = 0; i < writing->review->revision_count; i++) {
        const struct review_revision *revision = &writing->review->revisions[i];
        const Songhua__V1__Observation *last = revision->last->event->observation;
        const struct indicator *indicator =
            framework_indicator(writing->review->framework, last->indicator);
        document_text(document, "%s", indicator ? indicator->name.zh : "");
        document_text(document, "%s", last->indicator);
        document_text(document, "%s", report_region_name(writing, revision->last->region));
        document_text(document, "%s", last->period);
        put_vintage(document, revision->first);
        put_address(document, revision->first);
        put_vintage(document, revision->last);
        put_address(document, revision->last);
        document_text(document, "%s", last->source);
    }
}

static const struct document_column item_columns[] = {
    {"name", "指标", false, false},
    {"indicator", "代码", false, true},
    {"target_id", "目标代码", false, true},
    {"clause", "条款", false, true},
    {"region_name", "地区", false, false},
    {"region", "地区代码", false, true},
    {"value", "数据", true, false},
    {"unit", "单位", false, true},
    {"period", "数据时期", false, false},
    {"growth", "年均增速%", true, false},
    {"judgement", "判断", false, false},
    {"reason", "说明", false, true},
    {"evidence", "依据（记录地址）", false, false},
    {NULL, NULL, false, false}};

static void put_item(const struct writing *writing, const struct judgement *judgement)
{
    struct document *document = writing->document;
    char text[CELL_BYTES];
    document_text(document, "%s", judgement->indicator->name.zh);
    document_text(document, "%s", judgement->indicator->id);
    document_text(document, "%s", judgement->target ? judgement->target->id : "");
    document_text(document, "%s", judgement->indicator->clause);
    report_put_region(writing, judgement->region);
    report_put_value(document, judgement);
    document_text(document, "%s", judgement->indicator->unit);
    report_put_period(document, judgement->period);
    report_put_number(document, judgement, NUMBER_GROWTH, 100, 2);
    report_put_verdict(document, judgement);
    report_put_reason(document, judgement);
    report_evidence(judgement, text);
    document_text(document, "%s", text);
}

static void put_items(const struct writing *writing, bool has_figures)
{
    if (has_figures)
        document_sheet(writing->document, "monitored", "其他监测数据",
                       "政策没有给出数字的项目：只监测走势，不判断是否达标（无量化目标）。",
                       item_columns);
    else
        document_sheet(writing->document, "without_figures", "没有数据的项目",
                       "未公布或未填报的，照实列为无数据，从不补填。", item_columns);
    for (size_t i = 0; i < review_count(writing->review); i++) {
        const struct judgement *judgement = report_last(writing, i);
        if (!report_is_quantified(judgement) && has_figure(judgement) == has_figures)
            put_item(writing, judgement);
    }
}

/* --- facts -------------------------------------------------------------------------------------- */

static void put_summary(const struct writing *writing)
{
    size_t counts[REVIEW_VERDICTS] = {0}, targets = 0, size = 0;
    char text[CELL_BYTES] = "";
    for (size_t i = 0; i < review_count(writing->review); i++) {
        const struct judgement *judgement = report_last(writing, i);
        if (!report_is_quantified(judgement))
            continue;
        targets++;
        counts[judgement->verdict]++;
    }
    for (int i = 0; i < REVIEW_VERDICTS; i++)
        if (counts[i] && size < sizeof text - 64)
            size += (size_t)snprintf(text + size, sizeof text - size, "%s%s %zu", size ? "、" : "",
                                     verdict_name_zh((Songhua__V1__Judgement)i), counts[i]);
    document_fact(writing->document, "summary", "结论", "定量目标 %zu 个：%s", targets, text);
}

static void put_facts(const struct writing *writing)
{
    struct document *document = writing->document;
    const struct review *review = writing->review;
    const struct basis *basis = review->basis;
    const double *weights = review->options.weights;
    char label[FRAMEWORK_LABEL_BYTES], moment[40];
    framework_label(review->framework, label);
    report_time(basis->as_of.ms, moment);
    document_fact(document, "framework", "指标体系", "%s %s", label, review->framework->title.zh);
    document_fact(document, "years", "评价年度", "%u—%u", review->options.first_year,
                  review->options.last_year);
    document_fact(document, "as_of", "截至时刻", "%s", moment);
    document_fact(document, "as_of_sequence", basis->is_record ? "截至记录" : "截至数据行",
                  "%" PRIu64, basis->last);
    document_fact(document, "heads", basis->is_record ? "记录链首摘要" : "数据文件摘要", "%s",
                  basis->heads);
    put_summary(writing);
    document_fact(document, "weights", "权重", "水平 %g、进展 %g、任务 %g、填报 %g%s",
                  weights[PART_LEVEL], weights[PART_PROGRESS], weights[PART_DUTIES],
                  weights[PART_QUALITY],
                  writing->has_own_weights ? "" : "（演示权重：省里尚未给定，暂按等权）");
    document_fact(
        document, "rule", "口径",
        "各年只计该年及以前时期的数据，按截至时刻所知，并以次年年末判断是否逾期；四项各为 0 至 100，"
        "合计为有数据各项的加权平均。");
    document_fact(document, "trace", "核对",
                  "每个数可逐步追溯：songhua-scorer explain 指标代码 地区代码 --year %u",
                  review->options.last_year);
}

static void put_result(const struct writing *writing)
{
    char digest[DOCUMENT_DIGEST_BYTES];
    document_digest(writing->document, digest);
    document_fact(writing->document, "result", "结果摘要", "%s", digest);
}

/* ------------------------------------------------------------------------------------------------ */

enum err report_document(const struct review *review, bool has_own_weights,
                         const struct frozen *frozen, struct document **out)
{
    struct document *document;
    char title[CELL_BYTES];
    unsigned first = review->options.first_year, last = review->options.last_year;
    if (first == last)
        snprintf(title, sizeof title, "年度监测报告（%u年）", last);
    else
        snprintf(title, sizeof title, "%s考评报告（%u—%u年）", last - first == 2 ? "三年" : "",
                 first, last);
    enum err err = document_new(title, review->framework->title.zh, &document);
    if (err)
        return err;
    const struct writing writing = {review, document, has_own_weights, frozen};
    document->made_ms = review->basis->as_of.ms;
    put_facts(&writing);
    put_targets(&writing);
    put_charts(&writing);
    put_regions(&writing);
    put_list(&writing, "attention", "关注名单", "滞后、倒退或逾期未达的目标。", "poor");
    put_list(&writing, "commended", "成效名单", "已达标或按期的目标。", "good");
    put_revisions(&writing);
    put_items(&writing, true);
    put_items(&writing, false);
    put_result(&writing);
    if (frozen)
        report_put_restated(&writing);
    if (document->err) {
        err = document->err;
        document_free(document);
        return err;
    }
    *out = document;
    return ERR_OK;
}
