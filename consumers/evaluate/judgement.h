/* What is known about one target of one indicator in one region as of a moment: the judgement, the
 * numbers beside it and the figures they rest on. Held by value; texts are borrowed from the framework
 * or static. */
#ifndef SONGHUA_EVALUATE_JUDGEMENT_H
#define SONGHUA_EVALUATE_JUDGEMENT_H

#include "proto/base/arena.h"
#include "proto/base/err.h"
#include "proto/event/event.pb-c.h"
#include "proto/event/framework.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers of Score, in the order of their field numbers (9 is the first). X(name, field of Score) */
#define NUMBER_TABLE(X)                                                                            \
    X(VALUE, value)                                                                                \
    X(BASELINE, baseline)                                                                          \
    X(TARGET, target_value)                                                                        \
    X(RATIO, ratio)                                                                                \
    X(POINTS, points)                                                                              \
    X(REQUIRED_NOW, required_now)                                                                  \
    X(GAP, gap)                                                                                    \
    X(COMPLETION, completion)                                                                      \
    X(TIME_SHARE, time_share)                                                                      \
    X(RATE_NEEDED, rate_needed)                                                                    \
    X(PROJECTED_LOW, projected_low)                                                                \
    X(PROJECTED_MID, projected_mid)                                                                \
    X(PROJECTED_HIGH, projected_high)                                                              \
    X(GROWTH, growth)                                                                              \
    X(RECENT_RATE, recent_rate)                                                                    \
    X(RECENT_RATIO, recent_ratio)                                                                  \
    X(SLOPE, slope)                                                                                \
    X(SLOPE_VALUE, slope_value)                                                                    \
    X(SLOPE_MISS, slope_miss)                                                                      \
    X(ACCELERATION, acceleration)

enum judgement_number {
#define X(name, field) NUMBER_##name,
    NUMBER_TABLE(X)
#undef X
        NUMBER_COUNT
};

const char *number_name(enum judgement_number number); /* of its field in Score */

/* A number of a Score; one that it does not have is 0. */
bool score_has(const Songhua__V1__Score *score, enum judgement_number number);
double score_number(const Songhua__V1__Score *score, enum judgement_number number);

/* Why a judgement is what it is. X(name, id in Score.reason, English, Chinese) */
#define REASON_TABLE(X)                                                                            \
    X(NONE, "", "", "")                                                                            \
    X(NEVER_REPORTED, "never_reported", "no figure was ever reported", "从未填报")                 \
    X(NOT_DUE, "not_due", "the next figure is not due yet", "尚未到填报期")                        \
    X(OVERDUE, "overdue", "the next figure is overdue", "逾期未报")                                \
    X(NO_FIGURE, "no_figure", "reported as having no figure", "填报为无数据")                      \
    X(RETRACTED, "retracted", "the figures were taken back", "数据已撤回")                         \
    X(REFUSED, "refused", "the figures do not fit the framework", "数据不符合指标体系")            \
    X(NO_BASELINE, "no_baseline", "there is no baseline", "没有基期值")                            \
    X(TOO_SHORT, "too_short", "less than a year since the baseline", "距基期不足一年")             \
    X(NO_DEADLINE, "no_deadline", "the target has no deadline, so no path leads to it",            \
      "目标没有期限，无应达进度")                                                                  \
    X(SERIES_BREAK, "series_break", "the series breaks between baseline and latest figure",        \
      "基期与最新数据之间口径中断")                                                                \
    X(NO_REQUIRED_GROWTH, "no_required_growth",                                                    \
      "target and baseline are equal, so growth cannot be judged",                                 \
      "目标与基期相等，无法按增速判断")                                                            \
    X(NO_METHOD, "no_method", "this version of the program does not have the method",              \
      "本版本程序尚无此方法")                                                                      \
    X(AWAITING_DEADLINE, "awaiting_deadline", "the deadline has passed, its figure is not in yet", \
      "期限已过，待该期数据（待定）")                                                              \
    X(DEADLINE_MISSED, "deadline_missed", "the deadline's figure does not meet the target",        \
      "期限当期数据未达目标")                                                                      \
    X(UNQUANTIFIED, "unquantified", "the policy gives no number", "无量化目标")                    \
    X(DECREASED, "decreased", "below the figure before it", "低于上期")                            \
    X(PART_OVERDUE, "part_overdue", "a part is overdue", "有分项逾期未完成")                       \
    X(PART_CANCELLED, "part_cancelled", "a part was cancelled", "有分项被取消")                    \
    X(DUTY_OVERDUE, "duty_overdue", "the last period's is not done", "最近一期应做未做")           \
    X(DUTY_GAP, "duty_gap", "an earlier period was left out", "此前有一期未做")                    \
    X(DONE_LATE, "done_late", "done, but after its day", "已完成，但晚于期限")                     \
    X(TARGET_LEFT_OUT, "target_left_out", "the framework in force does not have the target there", \
      "现行指标体系在该地区已不列此目标")                                                          \
    X(ITEM_LEFT_OUT, "item_left_out", "the framework in force does not watch the item there",      \
      "现行指标体系在该地区已不列此事项")

enum reason {
#define X(name, ...) REASON_##name,
    REASON_TABLE(X)
#undef X
        REASON_COUNT
};
const char *reason_id(enum reason reason);
const char *reason_text(enum reason reason);
const char *reason_text_zh(enum reason reason);
enum reason reason_from_id(const char *id); /* REASON_COUNT when unknown */

enum { JUDGEMENT_MAX_EVIDENCE = 12, JUDGEMENT_MAX_OVERDUE = 8 };

struct address {
    uint64_t sequence;
    uint32_t index;
};

/* A part of a milestone, or a period of a duty, whose day has passed undone. Neither: the whole item. */
struct overdue_item {
    const struct part *part;
    struct optional_period period;
    uint32_t days;
};

struct judgement {
    const struct indicator *indicator;
    const struct target *target; /* NULL: the indicator has none in the region */
    uint32_t region;
    uint64_t as_of_sequence;
    Songhua__V1__Judgement verdict;
    bool is_provisional;
    enum reason reason;
    uint32_t overdue_days; /* of the next figure, or the longest overdue; done_late: by how many */
    uint64_t overdue_since_ms; /* the first moment after the next figure's day; 0: not overdue */
    struct overdue_item overdue[JUDGEMENT_MAX_OVERDUE]; /* the first of them, in order */
    size_t overdue_total;
    uint32_t has; /* bit 1 << enum judgement_number: the number could be computed */
    double numbers[NUMBER_COUNT];
    struct optional_decimal value; /* NUMBER_VALUE exactly, in the indicator's unit */
    struct optional_period period, baseline_period;
    Songhua__V1__Judgement recent; /* second_look.h; NO_DATA: not given */
    Songhua__V1__Outlook outlook;
    struct optional_period recent_since, slope_since;
    bool is_stalled; /* there is a way to go, and none of it was gone: acceleration has no value */
    Songhua__V1__AlertCall alert_call; /* alert_call.h */
    double alert_threshold;
    Songhua__V1__AlertLimit alert_limit;
    struct address evidence[JUDGEMENT_MAX_EVIDENCE]; /* latest period first */
    size_t evidence_count;
};

bool judgement_has(const struct judgement *judgement, enum judgement_number number);
/* Sets the number; one that is not finite is left out, so that NaN never leaves. */
void judgement_set(struct judgement *judgement, enum judgement_number number, double value);

/* Nothing happens when `days` is 0. `period` may be NULL. */
void judgement_add_overdue(struct judgement *judgement, const struct part *part,
                           const struct period *period, uint32_t days);

/* "changchun", "2024", "" for the whole item. */
enum { OVERDUE_TEXT_BYTES = 72 };
void overdue_format(const struct overdue_item *item, char out[OVERDUE_TEXT_BYTES]);

/* Fill a Score from the judgement; its texts are made in `arena`, which must outlive it. `framework`
 * is the one the judgement was made under. Errors  ERR_NOMEM. */
MUST_CHECK enum err score_from_judgement(const struct judgement *judgement,
                                         const struct framework *framework, struct arena *arena,
                                         Songhua__V1__Score *out);

/* "on_track" and "按期". */
const char *verdict_name(Songhua__V1__Judgement verdict);
const char *verdict_name_zh(Songhua__V1__Judgement verdict);

/* "slightly_cloudy" and "少云"; of none, "". */
const char *outlook_name(Songhua__V1__Outlook outlook);
const char *outlook_name_zh(Songhua__V1__Outlook outlook);

#endif
