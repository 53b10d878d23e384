#include "consumers/reader/words.h"
#include "consumers/replay/columns.h"
#include "proto/base/text.h"

#define BODY(name) SONGHUA__V1__EVENT__BODY_##name

enum {
    ID,
    RULE,
    INDICATOR,
    TARGET,
    STATE,
    SEVERITY,
    SINCE,
    SINCE_PERIOD,
    JUDGEMENT,
    CAUSE,
    SUMMARY_ZH,
    SUMMARY_EN,
    BY,
    COMMENT
};

static enum err put_word(struct word word, const struct style *style, struct buffer *out)
{
    return buffer_append_text(out, style->is_exact ? word.id : word.zh);
}

static enum err put_since(const Songhua__V1__Alert *alert, const struct style *style,
                          struct buffer *out)
{
    char text[TEXT_TIME_BYTES];
    text_format_time(alert->since_ms, style->is_utc, text);
    return buffer_append_text(out, text);
}

static enum err put_alert(const Songhua__V1__Alert *alert, const struct style *style, size_t which,
                          struct buffer *out)
{
    switch (which) {
    case ID:
        return buffer_append_text(out, alert->id);
    case RULE:
        return buffer_append_text(out, alert->rule);
    case TARGET:
        return buffer_append_text(out, alert->target);
    case STATE:
        return put_word(word_of_alert_state(alert->state), style, out);
    case SEVERITY:
        return put_word(word_of_severity(alert->severity), style, out);
    case SINCE:
        return put_since(alert, style, out);
    case SINCE_PERIOD:
        return buffer_append_text(out, alert->since_period);
    case JUDGEMENT:
        return alert->score ? put_judgement(alert->score, style, out) : ERR_OK;
    case CAUSE:
        return buffer_append_text(out, alert->cause);
    case SUMMARY_ZH:
        return buffer_append_text(out, alert->summary_zh);
    case SUMMARY_EN:
        return buffer_append_text(out, alert->summary_en);
    default:
        return ERR_OK;
    }
}

static enum err put_action(const Songhua__V1__AlertAction *action, const struct style *style,
                           size_t which, struct buffer *out)
{
    switch (which) {
    case ID:
        return buffer_append_text(out, action->alert_id);
    case STATE:
        return put_word(word_of_action(action->kind), style, out);
    case BY:
        return buffer_append_text(out, action->by);
    case COMMENT:
        return buffer_append_text(out, action->comment);
    case SUMMARY_ZH: /* the table has one column of words */
        return style->is_exact ? ERR_OK
                               : buffer_append_format(out, "%s: %s", action->by, action->comment);
    default:
        return ERR_OK;
    }
}

static enum err put(const struct entry *entry, const struct style *style, size_t which,
                    struct buffer *out)
{
    const Songhua__V1__Event *event = entry->event;
    if (which == INDICATOR)
        return buffer_append_text(out, entry_indicator(entry));
    if (event->body_case == BODY(ALERT))
        return put_alert(event->alert, style, which, out);
    if (event->body_case == BODY(ALERT_ACTION))
        return put_action(event->alert_action, style, which, out);
    return ERR_OK;
}

static const char *color(const struct entry *entry)
{
    const Songhua__V1__Event *event = entry->event;
    bool is_firing = event->body_case == BODY(ALERT) &&
                     event->alert->state == SONGHUA__V1__ALERT_STATE__ALERT_FIRING;
    return is_firing ? "red" : NULL;
}

const struct column alert_columns[] = {
    COMMON_COLUMNS,
    {"stored", "stored", false, 29, put_common, ROW_STORED, .drop = 4},
    {"recorded", NULL, false, 0, put_common, ROW_RECORDED},
    {"producer", NULL, false, 0, put_common, ROW_PRODUCER},
    {"type", NULL, false, 0, put_common, ROW_TYPE},
    {"id", "id", false, 16, put, ID},
    {"rule", NULL, false, 0, put, RULE},
    {"state", "state", false, 6, put, STATE, color},
    {"severity", "severity", false, 0, put, SEVERITY, .drop = 1},
    {"region", "region", false, 0, put_common, ROW_REGION, .drop = 6},
    {"region_name", "name", false, 8, put_common, ROW_REGION_NAME, .drop = 5},
    {"indicator", "indicator", false, 24, put, INDICATOR, .drop = 1},
    {"target", "target", false, 6, put, TARGET, .drop = 2},
    {"since", NULL, false, 0, put, SINCE},
    {"since_period", "since", false, 7, put, SINCE_PERIOD, .drop = 3},
    {"judgement", NULL, false, 0, put, JUDGEMENT},
    {"cause", NULL, false, 0, put, CAUSE},
    {"summary_zh", "summary", false, 0, put, SUMMARY_ZH, .is_wrapped = true},
    {"summary_en", NULL, false, 0, put, SUMMARY_EN},
    {"by", NULL, false, 0, put, BY},
    {"comment", NULL, false, 0, put, COMMENT},
    {0},
};
