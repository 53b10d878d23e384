#include "consumers/reader/words.h"

#include "proto/event/region.h"

#include <stddef.h>

static struct word pick(const struct word *words, size_t count, unsigned value)
{
    return value < count ? words[value] : (struct word){"unknown", "未知"};
}

#define PICK(words, value) pick(words, sizeof(words) / sizeof *(words), (unsigned)(value))

struct word word_of_alert_state(Songhua__V1__AlertState state)
{
    static const struct word words[] = {
        [SONGHUA__V1__ALERT_STATE__ALERT_FIRING] = {"firing", "预警"},
        [SONGHUA__V1__ALERT_STATE__ALERT_RESOLVED] = {"resolved", "已恢复"},
        [SONGHUA__V1__ALERT_STATE__ALERT_WITHDRAWN] = {"withdrawn", "已撤销"},
    };
    return PICK(words, state);
}

struct word word_of_severity(Songhua__V1__Severity severity)
{
    static const struct word words[] = {
        [SONGHUA__V1__SEVERITY__SEVERITY_WATCH] = {"watch", "关注"},
        [SONGHUA__V1__SEVERITY__SEVERITY_LAGGING] = {"lagging", "滞后"},
        [SONGHUA__V1__SEVERITY__SEVERITY_SEVERE] = {"severe", "严重"},
    };
    return PICK(words, severity);
}

struct word word_of_milestone(Songhua__V1__MilestoneState state)
{
    static const struct word words[] = {
        [SONGHUA__V1__MILESTONE_STATE__MILESTONE_PLANNED] = {"planned", "计划"},
        [SONGHUA__V1__MILESTONE_STATE__MILESTONE_STARTED] = {"started", "已启动"},
        [SONGHUA__V1__MILESTONE_STATE__MILESTONE_DONE] = {"done", "已完成"},
        [SONGHUA__V1__MILESTONE_STATE__MILESTONE_CANCELLED] = {"cancelled", "已取消"},
        [SONGHUA__V1__MILESTONE_STATE__MILESTONE_EXEMPT] = {"exempt", "容错免责"},
    };
    return PICK(words, state);
}

#define DOUBT(name) SONGHUA__V1__DOUBT_KIND__DOUBT_##name

struct word word_of_doubt(Songhua__V1__DoubtKind kind)
{
    static const struct word words[] = {
        [DOUBT(UNIT_SLIP)] = {"unit_slip", "疑似单位错误"},
        [DOUBT(JUMP)] = {"jump", "变动异常"},
        [DOUBT(RATIO)] = {"ratio", "比例不符"},
        [DOUBT(SUM)] = {"sum", "合计不符"},
        [DOUBT(PART)] = {"part", "部分大于总体"},
        [DOUBT(DIFFERENCE)] = {"difference", "当期与累计不符"},
        [DOUBT(DECREASE)] = {"decrease", "累计数下降"},
        [DOUBT(COPY)] = {"copy", "与其他时期相同"},
        [DOUBT(LATE)] = {"late", "逾期填报"},
        [DOUBT(REVISION)] = {"revision", "修订过大"},
        [DOUBT(DIGITS)] = {"digits", "尾数分布异常"},
        [DOUBT(EARLY)] = {"early", "早于期末填报"},
        [DOUBT(SOURCES)] = {"sources", "来源不一致"},
        [DOUBT(RANGE)] = {"range", "超出合理范围"},
        [DOUBT(KIND)] = {"kind", "与指标类型不符"},
    };
    return PICK(words, kind);
}

struct word word_of_alert_family(Songhua__V1__AlertFamily family)
{
    static const struct word words[] = {
        [SONGHUA__V1__ALERT_FAMILY__ALERT_FAMILY_PERFORMANCE] = {"performance", "进展"},
        [SONGHUA__V1__ALERT_FAMILY__ALERT_FAMILY_DATA] = {"data", "数据"},
    };
    return PICK(words, family);
}

struct word word_of_action(Songhua__V1__AlertActionKind kind)
{
    static const struct word words[] = {
        [SONGHUA__V1__ALERT_ACTION_KIND__ALERT_ACTION_ACKNOWLEDGE] = {"acknowledge", "确认"},
        [SONGHUA__V1__ALERT_ACTION_KIND__ALERT_ACTION_COMMENT] = {"comment", "备注"},
        [SONGHUA__V1__ALERT_ACTION_KIND__ALERT_ACTION_SILENCE] = {"silence", "静默"},
        [SONGHUA__V1__ALERT_ACTION_KIND__ALERT_ACTION_UNSILENCE] = {"unsilence", "取消静默"},
    };
    return PICK(words, kind);
}

#define AUDIT(name) SONGHUA__V1__AUDIT_ACTION__AUDIT_##name

struct word word_of_audit(Songhua__V1__AuditAction action)
{
    static const struct word words[] = {
        [AUDIT(STARTED)] = {"started", "启动"},
        [AUDIT(STOPPED)] = {"stopped", "停止"},
        [AUDIT(CONFIG)] = {"config", "配置"},
        [AUDIT(AUTHORIZED)] = {"authorized", "准入"},
        [AUDIT(CHANGED)] = {"changed", "权限变更"},
        [AUDIT(REVOKED)] = {"revoked", "吊销"},
        [AUDIT(DENIED)] = {"denied", "拒绝"},
        [AUDIT(THROTTLED)] = {"throttled", "限流"},
        [AUDIT(UNKNOWN_KEY)] = {"unknown_key", "未知密钥"},
    };
    return PICK(words, action);
}

struct word word_of_region(uint32_t code)
{
    const struct region *region = region_find(code);
    return region ? (struct word){region->en, region->zh} : (struct word){"", ""};
}

struct word word_of_place(uint32_t code, const Songhua__V1__Event *event)
{
    if (region_find(code))
        return word_of_region(code);
    switch (event->body_case) {
    case SONGHUA__V1__EVENT__BODY_SCORE:
        return (struct word){event->score->unit_name_en, event->score->unit_name_zh};
    case SONGHUA__V1__EVENT__BODY_DOUBT:
        return (struct word){event->doubt->unit_name_en, event->doubt->unit_name_zh};
    case SONGHUA__V1__EVENT__BODY_ALERT:
        return (struct word){event->alert->unit_name_en, event->alert->unit_name_zh};
    case SONGHUA__V1__EVENT__BODY_COMPOSITE_SCORE:
        return (struct word){event->composite_score->unit_en, event->composite_score->unit_zh};
    default:
        return (struct word){"", ""};
    }
}
