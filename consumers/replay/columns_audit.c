#include "consumers/reader/words.h"
#include "consumers/replay/columns.h"

enum { ACTION, SUBJECT, DETAIL, COUNT };

static enum err put(const struct entry *entry, const struct style *style, size_t which,
                    struct buffer *out)
{
    const Songhua__V1__AuditEntry *audit = entry->event->audit;
    if (entry->event->body_case != SONGHUA__V1__EVENT__BODY_AUDIT)
        return ERR_OK;
    const struct word action = word_of_audit(audit->action);
    switch (which) {
    case ACTION:
        return buffer_append_text(out, style->is_exact ? action.id : action.zh);
    case SUBJECT:
        return buffer_append_text(out, audit->subject);
    case DETAIL:
        return buffer_append_text(out, audit->detail);
    default:
        return buffer_append_format(out, "%llu", (unsigned long long)audit->count);
    }
}

static const char *color(const struct entry *entry)
{
    const Songhua__V1__Event *event = entry->event;
    bool is_refusal = event->body_case == SONGHUA__V1__EVENT__BODY_AUDIT &&
                      event->audit->action >= SONGHUA__V1__AUDIT_ACTION__AUDIT_DENIED;
    return is_refusal ? "red" : NULL;
}

const struct column audit_columns[] = {
    COMMON_COLUMNS,
    {"stored", NULL, false, 0, put_common, ROW_STORED},
    {"recorded", "recorded", false, 29, put_common, ROW_RECORDED},
    {"producer", "broker", false, 8, put_common, ROW_PRODUCER, .drop = 2},
    {"action", "action", false, 8, put, ACTION, color},
    {"subject", "subject", false, 16, put, SUBJECT},
    {"count", "count", true, 5, put, COUNT, .drop = 1},
    {"detail", "detail", false, 0, put, DETAIL, .is_wrapped = true},
    {0},
};
