#include "consumers/evaluate/alert_call.h"
#include "consumers/reader/words.h"
#include "consumers/replay/columns.h"

#include <stddef.h>

#define SCORE(field) offsetof(Songhua__V1__Score, field)

static const Songhua__V1__Score *score_of(const struct entry *entry)
{
    bool is_score = entry->event->body_case == SONGHUA__V1__EVENT__BODY_SCORE;
    return is_score ? entry->event->score : NULL;
}

static const Songhua__V1__Doubt *doubt_of(const struct entry *entry)
{
    bool is_doubt = entry->event->body_case == SONGHUA__V1__EVENT__BODY_DOUBT;
    return is_doubt ? entry->event->doubt : NULL;
}

static const Songhua__V1__CompositeScore *composite_of(const struct entry *entry)
{
    bool is_composite = entry->event->body_case == SONGHUA__V1__EVENT__BODY_COMPOSITE_SCORE;
    return is_composite ? entry->event->composite_score : NULL;
}

/* What a composite's score has of a score's columns. */
static const char *composite_text(const Songhua__V1__CompositeScore *score, size_t which)
{
    switch (which) {
    case SCORE(indicator):
        return score->node;
    case SCORE(name_zh):
        return score->name_zh;
    case SCORE(target):
        return score->composite;
    case SCORE(framework):
        return score->framework;
    case SCORE(period):
        return score->period;
    case SCORE(reason):
        return score->reason;
    default:
        return "";
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

/* What a doubt has of a score's columns. */
static const char *doubt_text(const Songhua__V1__Doubt *doubt, size_t which)
{
    switch (which) {
    case SCORE(indicator):
        return doubt->indicator;
    case SCORE(framework):
        return doubt->framework;
    case SCORE(period):
        return doubt->period;
    case SCORE(unit):
        return doubt->unit;
    case SCORE(reason):
        return word_of_doubt(doubt->kind).id;
    default:
        return "";
    }
}

static enum err put_doubt(const Songhua__V1__Doubt *doubt, const struct style *style,
                          struct buffer *out)
{
    if (style->is_exact)
        return buffer_append_text(out, doubt->is_cleared ? "doubt_cleared" : "doubt");
    return buffer_append_format(out, "? %s%s", word_of_doubt(doubt->kind).zh,
                                doubt->is_answered  ? "（已核实）"
                                : doubt->is_cleared ? "（已消除）"
                                                    : "");
}

/* `which` is the place of the text in the message. */
static enum err put_text(const struct entry *entry, const struct style *style, size_t which,
                         struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    (void)style;
    if (doubt_of(entry))
        return buffer_append_text(out, doubt_text(doubt_of(entry), which));
    if (composite_of(entry))
        return buffer_append_text(out, composite_text(composite_of(entry), which));
    return score ? buffer_append_text(out, *(char *const *)((const char *)score + which)) : ERR_OK;
}

static enum err put_score_number(const struct entry *entry, const struct style *style, size_t which,
                                 struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    struct style reported = *style;
    if (doubt_of(entry) && which == NUMBER_VALUE)
        return put_number(doubt_of(entry)->value, style, out);
    if (composite_of(entry) && which == NUMBER_VALUE && composite_of(entry)->has_value)
        return put_number(composite_of(entry)->value, style, out);
    if (!score || !score_has(score, (enum judgement_number)which))
        return ERR_OK;
    if (which == NUMBER_VALUE) /* a reported figure is never rounded */
        reported.is_exact = true;
    return put_number(score_number(score, (enum judgement_number)which), &reported, out);
}

static enum err put_as_of(const struct entry *entry, const struct style *style, size_t which,
                          struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    (void)style;
    (void)which;
    if (composite_of(entry))
        return buffer_append_format(out, "%llu",
                                    (unsigned long long)composite_of(entry)->as_of_sequence);
    return score ? buffer_append_format(out, "%llu", (unsigned long long)score->as_of_sequence)
                 : ERR_OK;
}

static enum err put_verdict(const struct entry *entry, const struct style *style, size_t which,
                            struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    (void)which;
    if (doubt_of(entry))
        return put_doubt(doubt_of(entry), style, out);
    if (composite_of(entry))
        return put_rank(composite_of(entry), style, out);
    return score ? put_judgement(score, style, out) : ERR_OK;
}

static enum err put_verdict_zh(const struct entry *entry, const struct style *style, size_t which,
                               struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    (void)style;
    (void)which;
    if (doubt_of(entry))
        return buffer_append_text(out, word_of_doubt(doubt_of(entry)->kind).zh);
    return score ? buffer_append_text(out, verdict_name_zh(score->judgement)) : ERR_OK;
}

static enum err put_provisional(const struct entry *entry, const struct style *style, size_t which,
                                struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    (void)style;
    (void)which;
    return score ? buffer_append_text(out, score->provisional ? "true" : "false") : ERR_OK;
}

static enum err put_second_look(const struct entry *entry, const struct style *style, size_t which,
                                struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    bool is_recent = which == SCORE(recent_judgement);
    (void)style;
    if (!score || (is_recent && !score->recent_judgement))
        return ERR_OK;
    return buffer_append_text(out, is_recent ? verdict_name(score->recent_judgement)
                                             : outlook_name(score->outlook));
}

static enum err put_call(const struct entry *entry, const struct style *style, size_t which,
                         struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    (void)style;
    (void)which;
    return score ? buffer_append_text(out, alert_call_name(score->alert_call)) : ERR_OK;
}

static enum err put_threshold(const struct entry *entry, const struct style *style, size_t which,
                              struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    (void)which;
    return score && score->alert_call ? put_number(score->alert_threshold, style, out) : ERR_OK;
}

static enum err put_evidence(const struct entry *entry, const struct style *style, size_t which,
                             struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    enum err err = ERR_OK;
    (void)style;
    (void)which;
    for (size_t i = 0; score && i < score->n_evidence && !err; i++)
        err = buffer_append_format(out, "%s%s", i ? " " : "", score->evidence[i]);
    return err;
}

static enum err put_overdue(const struct entry *entry, const struct style *style, size_t which,
                            struct buffer *out)
{
    const Songhua__V1__Score *score = score_of(entry);
    enum err err = ERR_OK;
    (void)style;
    (void)which;
    for (size_t i = 0; score && i < score->n_overdue && !err; i++)
        err = buffer_append_format(out, "%s%s", i ? " " : "", score->overdue[i]);
    return err;
}

static const char *color(const struct entry *entry)
{
    const Songhua__V1__Score *score = score_of(entry);
    return score ? judgement_color(score) : NULL;
}

const struct column score_columns[] = {
    COMMON_COLUMNS,
    {"stored", NULL, false, 0, put_common, ROW_STORED},
    {"recorded", NULL, false, 0, put_common, ROW_RECORDED},
    {"producer", NULL, false, 0, put_common, ROW_PRODUCER},
    {"region", "region", false, 0, put_common, ROW_REGION},
    {"region_name", "name", false, 8, put_common, ROW_REGION_NAME},
    {"type", NULL, false, 0, put_common, ROW_TYPE},
    {"indicator", "indicator", false, 24, put_text, SCORE(indicator)},
    {"name_zh", NULL, false, 0, put_text, SCORE(name_zh)},
    {"target", "target", false, 6, put_text, SCORE(target)},
    {"framework", NULL, false, 0, put_text, SCORE(framework)},
    {"as_of_sequence", NULL, true, 0, put_as_of},
    {"period", "period", false, 7, put_text, SCORE(period)},
    {"value", "value", true, 8, put_score_number, NUMBER_VALUE},
    {"unit", "unit", false, 4, put_text, SCORE(unit)},
    {"required_now", "required now", true, 0, put_score_number, NUMBER_REQUIRED_NOW},
    {"gap", "gap", true, 8, put_score_number, NUMBER_GAP},
    {"ratio", "ratio", true, 6, put_score_number, NUMBER_RATIO},
    {"judgement", "judgement", false, 12, put_verdict, 0, color},
    {"judgement_zh", NULL, false, 0, put_verdict_zh},
    {"provisional", NULL, false, 0, put_provisional},
    {"reason", NULL, false, 0, put_text, SCORE(reason)},
    {"points", "points", true, 6, put_score_number, NUMBER_POINTS},
    {"baseline_period", NULL, false, 0, put_text, SCORE(baseline_period)},
    {"baseline", NULL, true, 0, put_score_number, NUMBER_BASELINE},
    {"deadline", NULL, false, 0, put_text, SCORE(deadline)},
    {"target_value", NULL, true, 0, put_score_number, NUMBER_TARGET},
    {"completion", NULL, true, 0, put_score_number, NUMBER_COMPLETION},
    {"time_share", NULL, true, 0, put_score_number, NUMBER_TIME_SHARE},
    {"growth", NULL, true, 0, put_score_number, NUMBER_GROWTH},
    {"rate_needed", NULL, true, 0, put_score_number, NUMBER_RATE_NEEDED},
    {"projected_low", NULL, true, 0, put_score_number, NUMBER_PROJECTED_LOW},
    {"projected_mid", NULL, true, 0, put_score_number, NUMBER_PROJECTED_MID},
    {"projected_high", NULL, true, 0, put_score_number, NUMBER_PROJECTED_HIGH},
    {"recent_judgement", NULL, false, 0, put_second_look, SCORE(recent_judgement)},
    {"recent_since", NULL, false, 0, put_text, SCORE(recent_since)},
    {"recent_rate", NULL, true, 0, put_score_number, NUMBER_RECENT_RATE},
    {"recent_ratio", NULL, true, 0, put_score_number, NUMBER_RECENT_RATIO},
    {"outlook", NULL, false, 0, put_second_look, SCORE(outlook)},
    {"slope_since", NULL, false, 0, put_text, SCORE(slope_since)},
    {"slope", NULL, true, 0, put_score_number, NUMBER_SLOPE},
    {"slope_value", NULL, true, 0, put_score_number, NUMBER_SLOPE_VALUE},
    {"slope_miss", NULL, true, 0, put_score_number, NUMBER_SLOPE_MISS},
    {"evidence", NULL, false, 0, put_evidence},
    {"overdue", NULL, false, 0, put_overdue},
    {"overdue_since", NULL, false, 0, put_text, SCORE(overdue_since)},
    {"acceleration", NULL, true, 0, put_score_number, NUMBER_ACCELERATION},
    {"alert_call", NULL, false, 0, put_call},
    {"alert_threshold", NULL, true, 0, put_threshold},
    {0},
};

_Static_assert(sizeof score_columns / sizeof *score_columns - 1 <= COLUMNS_MAX,
               "a row of scores is longer than rows may be");
