#include "consumers/reader/event_json.h"

#include "consumers/evaluate/alert_call.h"
#include "consumers/reader/words.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/event/decimal.h"
#include "proto/event/obs_status.h"
#include "proto/event/region.h"
#include "proto/wire/digest.h"

#include <stdio.h>

#define BODY(name) SONGHUA__V1__EVENT__BODY_##name

static void put_time(struct json *json, const char *key, uint64_t ms, bool is_utc)
{
    char text[TEXT_TIME_BYTES];
    text_format_time(ms, is_utc, text);
    json_text(json, key, ms ? text : NULL);
}

/* --- what is reported ------------------------------------------------------------------------- */

static void put_observation(struct json *json, const Songhua__V1__Observation *observation)
{
    char digits[DECIMAL_TEXT_BYTES], letter[2] = {obs_status_letter(observation->obs_status)};
    const struct decimal value = {observation->unscaled, observation->decimals};
    json_text(json, "indicator", observation->indicator);
    json_text(json, "period", observation->period);
    if (obs_status_is_missing(observation->obs_status)) {
        json_text(json, "value", NULL);
        json_text(json, "number", NULL);
    } else {
        decimal_format(value, digits);
        json_text(json, "value", digits);
        json_double(json, "number", decimal_to_double(value));
    }
    json_text(json, "unit", observation->unit);
    json_text(json, "obs_status", letter);
    json_text(json, "definition", observation->definition);
    json_bool(json, "cumulative", observation->cumulative);
    json_text(json, "source", observation->source);
    json_text(json, "note", observation->note);
    json_text(json, "revises", observation->revises);
    json_bool(json, "confirmed", observation->confirmed);
}

static void put_retraction(struct json *json, const Songhua__V1__Retraction *retraction)
{
    json_text(json, "indicator", retraction->indicator);
    json_text(json, "period", retraction->period);
    json_text(json, "definition", retraction->definition);
    json_text(json, "reason", retraction->reason);
}

static void put_milestone(struct json *json, const Songhua__V1__Milestone *milestone)
{
    json_text(json, "indicator", milestone->indicator);
    json_text(json, "part", milestone->part);
    json_text(json, "state", word_of_milestone(milestone->state).id);
    json_text(json, "date", milestone->date);
    json_text(json, "source", milestone->source);
    json_text(json, "note", milestone->note);
}

/* The document itself is bytes for programs that read the record; here its digest stands for it. */
static void put_framework(struct json *json, const Songhua__V1__FrameworkVersion *framework)
{
    const struct digest_piece document = {framework->document.data, framework->document.len};
    unsigned char digest[DIGEST_BYTES];
    char hex[2 * DIGEST_BYTES + 1];
    digest_of(&document, 1, digest);
    text_from_bytes(digest, sizeof digest, hex);
    json_text(json, "id", framework->id);
    json_u64(json, "version", framework->version);
    json_u64(json, "bytes", framework->document.len);
    json_text(json, "blake2b", hex);
    json_text(json, "reason", framework->reason);
}

static void put_heartbeat(struct json *json, const Songhua__V1__Heartbeat *heartbeat)
{
    json_text(json, "version", heartbeat->version);
    json_u64(json, "outbox_batches", heartbeat->outbox_batches);
    json_u64(json, "outbox_oldest_ms", heartbeat->outbox_oldest_ms);
}

/* --- what is derived -------------------------------------------------------------------------- */

static void put_numbers(struct json *json, const Songhua__V1__Score *score)
{
    for (int i = 0; i < NUMBER_COUNT; i++) {
        enum judgement_number number = (enum judgement_number)i;
        if (score_has(score, number))
            json_double(json, number_name(number), score_number(score, number));
        else
            json_text(json, number_name(number), NULL);
    }
}

static void put_judgement(struct json *json, const Songhua__V1__Score *score)
{
    char english[40];
    const enum reason reason = reason_from_id(score->reason);
    snprintf(english, sizeof english, "%s", verdict_name(score->judgement));
    for (char *c = english; *c; c++)
        *c = *c == '_' ? ' ' : *c;
    json_text(json, "judgement", verdict_name(score->judgement));
    json_text(json, "judgement_zh", verdict_name_zh(score->judgement));
    json_text(json, "judgement_en", english);
    json_bool(json, "provisional", score->provisional);
    json_text(json, "reason", score->reason);
    json_text(json, "reason_zh", reason_text_zh(reason));
    json_text(json, "reason_en", reason_text(reason));
}

static void put_composite(struct json *json, const Songhua__V1__CompositeScore *score)
{
    json_text(json, "composite", score->composite);
    json_text(json, "node", score->node);
    json_text(json, "name_zh", score->name_zh);
    json_text(json, "name_en", score->name_en);
    json_text(json, "unit_zh", score->unit_zh);
    json_text(json, "unit_en", score->unit_en);
    json_text(json, "framework", score->framework);
    json_u64(json, "as_of_sequence", score->as_of_sequence);
    json_text(json, "period", score->period);
    if (score->has_value)
        json_double(json, "value", score->value);
    json_u64(json, "rank", score->rank);
    json_u64(json, "ranked", score->ranked);
    json_text(json, "band_zh", score->band_zh);
    json_text(json, "band_en", score->band_en);
    json_u64(json, "available", score->available);
    json_u64(json, "wanted", score->wanted);
    json_text(json, "reason", score->reason);
}

/* "": it has no second look. */
static const char *recent_name(const Songhua__V1__Score *score)
{
    bool has_any = score->recent_judgement != SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
    return has_any ? verdict_name(score->recent_judgement) : "";
}

static void put_score(struct json *json, const Songhua__V1__Score *score)
{
    json_text(json, "indicator", score->indicator);
    json_text(json, "target", score->target);
    json_text(json, "framework", score->framework);
    json_u64(json, "as_of_sequence", score->as_of_sequence);
    put_judgement(json, score);
    put_numbers(json, score);
    json_text(json, "unit", score->unit);
    json_text(json, "name_zh", score->name_zh);
    json_text(json, "name_en", score->name_en);
    json_text(json, "period", score->period);
    json_text(json, "baseline_period", score->baseline_period);
    json_text(json, "deadline", score->deadline);
    json_text(json, "recent_judgement", recent_name(score));
    json_text(json, "recent_since", score->recent_since);
    json_text(json, "outlook", outlook_name(score->outlook));
    json_text(json, "outlook_zh", outlook_name_zh(score->outlook));
    json_text(json, "slope_since", score->slope_since);
    json_open(json, "evidence", '[');
    for (size_t i = 0; i < score->n_evidence; i++)
        json_text(json, NULL, score->evidence[i]);
    json_close(json, ']');
    json_open(json, "overdue", '[');
    for (size_t i = 0; i < score->n_overdue; i++)
        json_text(json, NULL, score->overdue[i]);
    json_close(json, ']');
    json_text(json, "overdue_since", score->overdue_since);
    json_text(json, "alert_call", alert_call_name(score->alert_call));
    if (score->alert_call)
        json_double(json, "alert_threshold", score->alert_threshold);
    else
        json_text(json, "alert_threshold", NULL);
}

static void put_doubt(struct json *json, const Songhua__V1__Doubt *doubt)
{
    const struct word kind = word_of_doubt(doubt->kind);
    json_text(json, "indicator", doubt->indicator);
    json_text(json, "definition", doubt->definition);
    json_text(json, "period", doubt->period);
    json_text(json, "doubt", kind.id);
    json_text(json, "doubt_zh", kind.zh);
    json_bool(json, "is_cleared", doubt->is_cleared);
    json_bool(json, "is_answered", doubt->is_answered);
    json_bool(json, "by_framework", doubt->by_framework);
    json_text(json, "framework", doubt->framework);
    json_u64(json, "as_of_sequence", doubt->as_of_sequence);
    json_double(json, "value", doubt->value);
    json_double(json, "expected", doubt->expected);
    json_double(json, "measure", doubt->measure);
    json_double(json, "limit", doubt->limit);
    json_text(json, "unit", doubt->unit);
    json_text(json, "identity", doubt->identity);
    json_text(json, "other_period", doubt->other_period);
    json_text(json, "text_zh", doubt->text_zh);
    json_text(json, "text_en", doubt->text_en);
    json_open(json, "evidence", '[');
    for (size_t i = 0; i < doubt->n_evidence; i++)
        json_text(json, NULL, doubt->evidence[i]);
    json_close(json, ']');
}

static void put_refusal(struct json *json, const Songhua__V1__FrameworkRefusal *refusal)
{
    json_text(json, "id", refusal->id);
    json_u64(json, "version", refusal->version);
    json_text(json, "address", refusal->address);
    json_u64(json, "findings", refusal->findings);
    json_text(json, "first_zh", refusal->first_zh);
    json_text(json, "first_en", refusal->first_en);
    json_text(json, "in_force", refusal->in_force);
}

static void put_alert(struct json *json, const Songhua__V1__Alert *alert, bool is_utc)
{
    const struct word state = word_of_alert_state(alert->state),
                      severity = word_of_severity(alert->severity);
    json_text(json, "id", alert->id);
    json_text(json, "rule", alert->rule);
    json_text(json, "family", word_of_alert_family(alert->family).id);
    json_text(json, "indicator", alert->indicator);
    json_text(json, "target", alert->target);
    json_text(json, "state", state.id);
    json_text(json, "state_zh", state.zh);
    json_text(json, "severity", severity.id);
    json_text(json, "severity_zh", severity.zh);
    put_time(json, "since", alert->since_ms, is_utc);
    json_text(json, "since_period", alert->since_period);
    json_text(json, "summary_zh", alert->summary_zh);
    json_text(json, "summary_en", alert->summary_en);
    json_text(json, "cause", alert->cause);
    if (!alert->score) {
        json_text(json, "score", NULL);
        return;
    }
    json_open(json, "score", '{');
    put_score(json, alert->score);
    json_close(json, '}');
}

static void put_action(struct json *json, const Songhua__V1__AlertAction *action, bool is_utc)
{
    json_text(json, "alert_id", action->alert_id);
    json_text(json, "action", word_of_action(action->kind).id);
    json_text(json, "by", action->by);
    json_text(json, "comment", action->comment);
    put_time(json, "until", action->until_ms, is_utc);
}

/* --- what the broker did ---------------------------------------------------------------------- */

static void put_audit(struct json *json, const Songhua__V1__AuditEntry *audit)
{
    const struct word action = word_of_audit(audit->action);
    json_text(json, "action", action.id);
    json_text(json, "action_zh", action.zh);
    json_text(json, "subject", audit->subject);
    json_text(json, "detail", audit->detail);
    json_u64(json, "count", audit->count);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void put_data(struct json *json, const Songhua__V1__Event *event, bool is_utc)
{
    switch (event->body_case) {
    case BODY(OBSERVATION):
        put_observation(json, event->observation);
        break;
    case BODY(RETRACTION):
        put_retraction(json, event->retraction);
        break;
    case BODY(MILESTONE):
        put_milestone(json, event->milestone);
        break;
    case BODY(FRAMEWORK):
        put_framework(json, event->framework);
        break;
    case BODY(HEARTBEAT):
        put_heartbeat(json, event->heartbeat);
        break;
    case BODY(SCORE):
        put_score(json, event->score);
        break;
    case BODY(ALERT):
        put_alert(json, event->alert, is_utc);
        break;
    case BODY(DOUBT):
        put_doubt(json, event->doubt);
        break;
    case BODY(COMPOSITE_SCORE):
        put_composite(json, event->composite_score);
        break;
    case BODY(FRAMEWORK_REFUSAL):
        put_refusal(json, event->framework_refusal);
        break;
    case BODY(ALERT_ACTION):
        put_action(json, event->alert_action, is_utc);
        break;
    case BODY(AUDIT):
        put_audit(json, event->audit);
        break;
    default:
        break;
    }
}

enum err event_json(const struct entry *entry, bool is_utc, struct buffer *out)
{
    char code[REGION_CODE_BYTES];
    struct json json = json_start(out);
    region_format(entry->region, code);
    json_open(&json, NULL, '{');
    json_u64(&json, "seq", entry->sequence);
    json_u64(&json, "index", entry->index);
    put_time(&json, "stored", entry->stored_ms, is_utc);
    put_time(&json, "recorded", entry->event->time_ms, is_utc);
    json_text(&json, "stream", entry->stream);
    json_text(&json, "producer", entry->producer);
    json_text(&json, "region", code);
    json_text(&json, "region_name", word_of_place(entry->region, entry->event).zh);
    json_text(&json, "type", entry_type(entry));
    json_open(&json, "data", '{');
    put_data(&json, entry->event, is_utc);
    json_close(&json, '}');
    json_close(&json, '}');
    return json_end(&json);
}
