#include "consumers/evaluate/alert_call.h"
#include "consumers/reader/words.h"
#include "consumers/replay/columns.h"

#include <stddef.h>

#define SCORE(field) offsetof(Songhua__V1__Score, field)
#define BODY(name)   SONGHUA__V1__EVENT__BODY_##name

enum { VERDICT_ZH = SCORE(base) }; /* the judgement once more, in Chinese */

static enum err put_count(uint64_t count, struct buffer *out)
{
    return buffer_append_format(out, "%llu", (unsigned long long)count);
}

static enum err put_list(char *const *items, size_t count, struct buffer *out)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = buffer_append_format(out, "%s%s", i ? " " : "", items[i]);
    return err;
}

/* `which` is the member's place in the message. */
static enum err put_score(const Songhua__V1__Score *score, const struct style *style, size_t which,
                          struct buffer *out)
{
    switch (which) {
    case SCORE(as_of_sequence):
        return put_count(score->as_of_sequence, out);
    case SCORE(judgement):
        return put_judgement(score, style, out);
    case VERDICT_ZH:
        return buffer_append_text(out, verdict_name_zh(score->judgement));
    case SCORE(provisional):
        return buffer_append_text(out, score->provisional ? "true" : "false");
    case SCORE(recent_judgement):
        return buffer_append_text(
            out, score->recent_judgement ? verdict_name(score->recent_judgement) : "");
    case SCORE(outlook):
        return buffer_append_text(out, outlook_name(score->outlook));
    case SCORE(alert_call):
        return buffer_append_text(out, alert_call_name(score->alert_call));
    case SCORE(alert_threshold):
        return score->alert_call ? put_number(score->alert_threshold, style, out) : ERR_OK;
    case SCORE(evidence):
        return put_list(score->evidence, score->n_evidence, out);
    case SCORE(overdue):
        return put_list(score->overdue, score->n_overdue, out);
    default: /* a text */
        return buffer_append_text(out, *(char *const *)((const char *)score + which));
    }
}

static enum err put_rank(const Songhua__V1__CompositeScore *score, const struct style *style,
                         struct buffer *out)
{
    if (style->is_exact)
        return buffer_append_format(out, "%u/%u", score->rank, score->ranked);
    if (score->rank == 0)
        return buffer_append_text(out, "不排名");
    return buffer_append_format(out, "第%u名（共%u）%s", score->rank, score->ranked,
                                score->band_zh);
}

/* What a composite's score has of a score's columns. */
static enum err put_composite(const Songhua__V1__CompositeScore *score, const struct style *style,
                              size_t which, struct buffer *out)
{
    switch (which) {
    case SCORE(indicator):
        return buffer_append_text(out, score->node);
    case SCORE(name_zh):
        return buffer_append_text(out, score->name_zh);
    case SCORE(target):
        return buffer_append_text(out, score->composite);
    case SCORE(framework):
        return buffer_append_text(out, score->framework);
    case SCORE(as_of_sequence):
        return put_count(score->as_of_sequence, out);
    case SCORE(period):
        return buffer_append_text(out, score->period);
    case SCORE(judgement):
        return put_rank(score, style, out);
    case SCORE(reason):
        return buffer_append_text(out, score->reason);
    default:
        return ERR_OK;
    }
}

static enum err put_suspicion(const Songhua__V1__Doubt *doubt, const struct style *style,
                              struct buffer *out)
{
    if (style->is_exact)
        return buffer_append_text(out, doubt->is_cleared ? "doubt_cleared" : "doubt");
    return buffer_append_format(out, "? %s%s", word_of_doubt(doubt->kind).zh,
                                doubt->is_answered  ? "（已核实）"
                                : doubt->is_cleared ? "（已消除）"
                                                    : "");
}

/* What a doubt has of them. */
static enum err put_doubt(const Songhua__V1__Doubt *doubt, const struct style *style, size_t which,
                          struct buffer *out)
{
    switch (which) {
    case SCORE(indicator):
        return buffer_append_text(out, doubt->indicator);
    case SCORE(framework):
        return buffer_append_text(out, doubt->framework);
    case SCORE(period):
        return buffer_append_text(out, doubt->period);
    case SCORE(unit):
        return buffer_append_text(out, doubt->unit);
    case SCORE(judgement):
        return put_suspicion(doubt, style, out);
    case VERDICT_ZH:
        return buffer_append_text(out, word_of_doubt(doubt->kind).zh);
    case SCORE(reason):
        return buffer_append_text(out, word_of_doubt(doubt->kind).id);
    default:
        return ERR_OK;
    }
}

static enum err put(const struct entry *entry, const struct style *style, size_t which,
                    struct buffer *out)
{
    const Songhua__V1__Event *event = entry->event;
    switch (event->body_case) {
    case BODY(SCORE):
        return put_score(event->score, style, which, out);
    case BODY(COMPOSITE_SCORE):
        return put_composite(event->composite_score, style, which, out);
    case BODY(DOUBT):
        return put_doubt(event->doubt, style, which, out);
    default:
        return ERR_OK;
    }
}

/* `which` is a judgement_number. */
static enum err put_score_number(const struct entry *entry, const struct style *style, size_t which,
                                 struct buffer *out)
{
    const Songhua__V1__Event *event = entry->event;
    struct style reported = *style;
    bool is_value = which == NUMBER_VALUE;
    if (event->body_case == BODY(DOUBT) && is_value)
        return put_number(event->doubt->value, style, out);
    if (event->body_case == BODY(COMPOSITE_SCORE) && is_value && event->composite_score->has_value)
        return put_number(event->composite_score->value, style, out);
    if (event->body_case != BODY(SCORE) || !score_has(event->score, (enum judgement_number)which))
        return ERR_OK;
    reported.is_exact = style->is_exact || is_value; /* a reported figure is never rounded */
    return put_number(score_number(event->score, (enum judgement_number)which), &reported, out);
}

static const char *color(const struct entry *entry)
{
    const Songhua__V1__Event *event = entry->event;
    return event->body_case == BODY(SCORE) ? judgement_color(event->score) : NULL;
}

const struct column score_columns[] = {
    COMMON_COLUMNS,
    {"stored", NULL, false, 0, put_common, ROW_STORED},
    {"recorded", NULL, false, 0, put_common, ROW_RECORDED},
    {"producer", NULL, false, 0, put_common, ROW_PRODUCER},
    {"region", "region", false, 0, put_common, ROW_REGION, .drop = 7},
    {"region_name", "name", false, 8, put_common, ROW_REGION_NAME},
    {"type", NULL, false, 0, put_common, ROW_TYPE},
    {"indicator", "indicator", false, 24, put, SCORE(indicator)},
    {"name_zh", NULL, false, 0, put, SCORE(name_zh)},
    {"target", "target", false, 6, put, SCORE(target)},
    {"framework", NULL, false, 0, put, SCORE(framework)},
    {"as_of_sequence", NULL, true, 0, put, SCORE(as_of_sequence)},
    {"period", "period", false, 7, put, SCORE(period)},
    {"value", "value", true, 8, put_score_number, NUMBER_VALUE},
    {"unit", "unit", false, 4, put, SCORE(unit), .drop = 2},
    {"required_now", "required now", true, 0, put_score_number, NUMBER_REQUIRED_NOW, .drop = 4},
    {"gap", "gap", true, 8, put_score_number, NUMBER_GAP, .drop = 5},
    {"ratio", "ratio", true, 6, put_score_number, NUMBER_RATIO, .drop = 3},
    {"judgement", "judgement", false, 12, put, SCORE(judgement), color},
    {"judgement_zh", NULL, false, 0, put, VERDICT_ZH},
    {"provisional", NULL, false, 0, put, SCORE(provisional)},
    {"reason", NULL, false, 0, put, SCORE(reason)},
    {"points", "points", true, 6, put_score_number, NUMBER_POINTS, .drop = 6},
    {"baseline_period", NULL, false, 0, put, SCORE(baseline_period)},
    {"baseline", NULL, true, 0, put_score_number, NUMBER_BASELINE},
    {"deadline", NULL, false, 0, put, SCORE(deadline)},
    {"target_value", NULL, true, 0, put_score_number, NUMBER_TARGET},
    {"completion", NULL, true, 0, put_score_number, NUMBER_COMPLETION},
    {"time_share", NULL, true, 0, put_score_number, NUMBER_TIME_SHARE},
    {"growth", NULL, true, 0, put_score_number, NUMBER_GROWTH},
    {"rate_needed", NULL, true, 0, put_score_number, NUMBER_RATE_NEEDED},
    {"projected_low", NULL, true, 0, put_score_number, NUMBER_PROJECTED_LOW},
    {"projected_mid", NULL, true, 0, put_score_number, NUMBER_PROJECTED_MID},
    {"projected_high", NULL, true, 0, put_score_number, NUMBER_PROJECTED_HIGH},
    {"recent_judgement", NULL, false, 0, put, SCORE(recent_judgement)},
    {"recent_since", NULL, false, 0, put, SCORE(recent_since)},
    {"recent_rate", NULL, true, 0, put_score_number, NUMBER_RECENT_RATE},
    {"recent_ratio", NULL, true, 0, put_score_number, NUMBER_RECENT_RATIO},
    {"outlook", NULL, false, 0, put, SCORE(outlook)},
    {"slope_since", NULL, false, 0, put, SCORE(slope_since)},
    {"slope", NULL, true, 0, put_score_number, NUMBER_SLOPE},
    {"slope_value", NULL, true, 0, put_score_number, NUMBER_SLOPE_VALUE},
    {"slope_miss", NULL, true, 0, put_score_number, NUMBER_SLOPE_MISS},
    {"evidence", NULL, false, 0, put, SCORE(evidence)},
    {"overdue", NULL, false, 0, put, SCORE(overdue)},
    {"overdue_since", NULL, false, 0, put, SCORE(overdue_since)},
    {"acceleration", NULL, true, 0, put_score_number, NUMBER_ACCELERATION},
    {"alert_call", NULL, false, 0, put, SCORE(alert_call)},
    {"alert_threshold", NULL, true, 0, put, SCORE(alert_threshold)},
    {0},
};

_Static_assert(sizeof score_columns / sizeof *score_columns - 1 <= COLUMNS_MAX,
               "a row of scores is longer than rows may be");
