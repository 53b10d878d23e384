#include "consumers/alerter/data_rules.h"

#include "consumers/alerter/summary.h"
#include "consumers/evaluate/judgement.h"
#include "consumers/reader/words.h"
#include "proto/base/text.h"
#include "proto/event/region.h"

#include <stdio.h>
#include <string.h>

#define FIRING   SONGHUA__V1__ALERT_STATE__ALERT_FIRING
#define RESOLVED SONGHUA__V1__ALERT_STATE__ALERT_RESOLVED

enum { NATION = 0, SUMMARY_BYTES = 2048, TARGET_BYTES = 160 };

/* One alert while it is said. */
struct saying {
    const struct data_fact *fact;
    Songhua__V1__Alert alert;
    struct alert_place place;
    char cause[EVENT_ADDRESS_BYTES], zh[SUMMARY_BYTES], en[SUMMARY_BYTES];
};

static void begin(struct saying *saying, const struct data_fact *fact, char *unit_zh, char *unit_en)
{
    saying->fact = fact;
    songhua__v1__alert__init(&saying->alert);
    saying->alert.unit_name_zh = unit_zh;
    saying->alert.unit_name_en = unit_en;
    alert_place(fact->region, unit_zh, unit_en, &saying->place);
}

/* The track of a rule, under a target that no framework can have. */
static enum err track_of(struct alerter_state *state, uint32_t region, const char *indicator,
                         const char *target, Songhua__V1__Score *key, struct alert_track **out)
{
    songhua__v1__score__init(key);
    key->indicator = text_unconst(indicator);
    key->target = text_unconst(target);
    return alerter_state_track(state, region, key, out);
}

static void fire(struct alert_track *track, const struct data_fact *fact, uint32_t region,
                 const Songhua__V1__Score *key, const char *since, Songhua__V1__Severity severity)
{
    const struct alert_fact about = {
        .region = region, .score = key, .sequence = fact->sequence, .index = fact->index};
    track->is_firing = true;
    track->severity = severity;
    track->since_ms = fact->stored_ms;
    snprintf(track->since_period, sizeof track->since_period, "%s", since);
    alert_id(&about, track->id);
}

static enum err say(struct saying *saying, const char *rule, uint32_t region,
                    const struct alert_track *track, Songhua__V1__AlertState state,
                    struct effects *effects)
{
    char topic[EVENT_TOPIC_BYTES];
    Songhua__V1__Alert *alert = &saying->alert;
    Songhua__V1__Event event = event_of_alert(alert, 0);
    event_address_format(saying->fact->sequence, saying->fact->index, saying->cause);
    alert->id = text_unconst(track->id);
    alert->rule = text_unconst(rule);
    alert->family = SONGHUA__V1__ALERT_FAMILY__ALERT_FAMILY_DATA;
    alert->state = state;
    alert->severity = track->severity;
    alert->since_ms = track->since_ms;
    alert->since_period = text_unconst(track->since_period);
    alert->cause = saying->cause;
    alert->summary_zh = saying->zh;
    alert->summary_en = saying->en;
    enum err err = event_topic(&event, topic);
    return err ? err : effects_publish(effects, region, topic, &event);
}

/* Keep the track as it is now, and when it has ended forget all but the moment. */
static enum err settle(struct alert_track *track, uint32_t region, const Songhua__V1__Score *key,
                       bool has_ended, struct effects *effects)
{
    if (has_ended)
        *track = (struct alert_track){.as_of = track->as_of};
    return alerter_state_keep(region, key, track, effects);
}

/* --- rules that a score turns on and off -------------------------------------------------------- */

/* What one rule says of one place. */
struct turn {
    const char *rule, *target; /* the track's target, which no framework can have */
    bool is_on;
    const char *since; /* period */
    bool is_renewed; /* said again while it is on, once a later period makes what was said untrue */
    uint64_t as_of;
};

static enum err turn_alert(struct alerter_state *state, struct saying *saying,
                           const struct turn *turn, struct effects *effects)
{
    struct alert_track *track;
    Songhua__V1__Score key = SONGHUA__V1__SCORE__INIT;
    const struct data_fact *fact = saying->fact;
    key.indicator = saying->alert.indicator;
    key.target = text_unconst(turn->target);
    if (!alerter_state_find(state, fact->region, &key) &&
        (!turn->is_on || turn->as_of < state->ended_as_of))
        return ERR_OK;
    enum err err =
        track_of(state, fact->region, saying->alert.indicator, turn->target, &key, &track);
    if (err)
        return err == ERR_USAGE ? ERR_OK : err;
    bool has_moved = turn->is_renewed && turn->is_on && track->is_firing &&
                     strcmp(turn->since, track->since_period) > 0;
    if (turn->as_of < track->as_of || (turn->is_on == track->is_firing && !has_moved))
        return ERR_OK;
    track->as_of = turn->as_of;
    if (has_moved)
        snprintf(track->since_period, sizeof track->since_period, "%s", turn->since);
    else if (turn->is_on)
        fire(track, fact, fact->region, &key, turn->since, SONGHUA__V1__SEVERITY__SEVERITY_WATCH);
    err = say(saying, turn->rule, fact->region, track, turn->is_on ? FIRING : RESOLVED, effects);
    if (err)
        return err;
    return turn->is_on ? alerter_state_keep(fact->region, &key, track, effects)
                       : alerter_state_end(state, fact->region, &key, turn->as_of, effects);
}

/* The framework in force leaves out what the alert is about. */
static bool write_closed(struct saying *saying, const Songhua__V1__Score *score)
{
    const char *zh = saying->place.zh, *en = saying->place.en;
    const enum reason reason = reason_from_id(score->reason);
    if (score->judgement != SONGHUA__V1__JUDGEMENT__JUDGEMENT_CLOSED)
        return false;
    snprintf(saying->zh, sizeof saying->zh, "%s%s：%s（%s）。", zh, score->name_zh,
             reason_text_zh(reason), score->framework);
    snprintf(saying->en, sizeof saying->en, "%s, %s: %s (%s).", en, score->name_en,
             reason_text(reason), score->framework);
    return true;
}

static void write_late(struct saying *saying, const Songhua__V1__Score *score, bool is_late)
{
    const char *zh = saying->place.zh, *en = saying->place.en, *since = score->overdue_since;
    if (!is_late) {
        snprintf(saying->zh, sizeof saying->zh, "%s%s：数据已补报。", zh, score->name_zh);
        snprintf(saying->en, sizeof saying->en, "%s, %s: the report has come.", en, score->name_en);
    } else if (*score->period) {
        snprintf(saying->zh, sizeof saying->zh, "%s%s：%s之后的数据逾期未报，应于%s前填报。", zh,
                 score->name_zh, score->period, since);
        snprintf(saying->en, sizeof saying->en,
                 "%s, %s: the report after %s is late, it was due by %s.", en, score->name_en,
                 score->period, since);
    } else {
        snprintf(saying->zh, sizeof saying->zh, "%s%s：从未填报，应于%s前填报。", zh,
                 score->name_zh, since);
        snprintf(saying->en, sizeof saying->en, "%s, %s: never reported, it was due by %s.", en,
                 score->name_en, since);
    }
}

static enum err hear_late(struct alerter_state *state, const struct data_fact *fact,
                          const Songhua__V1__Score *score, struct effects *effects)
{
    struct saying saying;
    const struct turn turn = {.rule = RULE_LATE,
                              .target = "@late",
                              .is_on = *score->overdue_since,
                              .since = score->period,
                              .is_renewed = true,
                              .as_of = score->as_of_sequence};
    if (reason_from_id(score->reason) == REASON_TARGET_LEFT_OUT)
        return ERR_OK; /* nothing is said of its indicator's reports */
    begin(&saying, fact, score->unit_name_zh, score->unit_name_en);
    if (!write_closed(&saying, score))
        write_late(&saying, score, turn.is_on);
    saying.alert.indicator = score->indicator;
    saying.alert.score = (Songhua__V1__Score *)(uintptr_t)score;
    return turn_alert(state, &saying, &turn, effects);
}

static void write_baseline(struct saying *saying, const Songhua__V1__Score *score, bool is_missing)
{
    const char *zh = saying->place.zh, *en = saying->place.en;
    snprintf(saying->zh, sizeof saying->zh,
             is_missing
                 ? "%s%s：目标 %s 没有基期值，%s的数据无从判断；请补报基期数据或在指标体系中写明。"
                 : "%s%s：目标 %s 的基期值已有。",
             zh, score->name_zh, score->target, score->period);
    snprintf(saying->en, sizeof saying->en,
             is_missing
                 ? "%s, %s: target %s has no baseline, so its figure for %s cannot be judged; "
                   "report the baseline's figure or put it into the framework."
                 : "%s, %s: target %s has a baseline now.",
             en, score->name_en, score->target, score->period);
}

static enum err hear_baseline(struct alerter_state *state, const struct data_fact *fact,
                              const Songhua__V1__Score *score, struct effects *effects)
{
    struct saying saying;
    char target[TARGET_BYTES];
    const struct turn turn = {.rule = RULE_BASELINE,
                              .target = target,
                              .is_on = reason_from_id(score->reason) == REASON_NO_BASELINE,
                              .since = score->period,
                              .as_of = score->as_of_sequence};
    begin(&saying, fact, score->unit_name_zh, score->unit_name_en);
    snprintf(target, sizeof target, "@baseline/%s", score->target);
    if (!write_closed(&saying, score))
        write_baseline(&saying, score, turn.is_on);
    saying.alert.indicator = score->indicator;
    saying.alert.target = score->target;
    saying.alert.score = (Songhua__V1__Score *)(uintptr_t)score;
    return turn_alert(state, &saying, &turn, effects);
}

/* --- doubts ------------------------------------------------------------------------------------- */

static void write_doubt(struct saying *saying, const Songhua__V1__Doubt *doubt)
{
    const char *zh = saying->place.zh, *en = saying->place.en;
    const struct word kind = word_of_doubt(doubt->kind);
    if (!doubt->is_cleared) {
        snprintf(saying->zh, sizeof saying->zh, "%s数据存疑：%s。", zh, doubt->text_zh);
        snprintf(saying->en, sizeof saying->en, "%s, doubtful figure: %s.", en, doubt->text_en);
        return;
    }
    if (doubt->by_framework) {
        snprintf(saying->zh, sizeof saying->zh, "%s指标 %s %s：%s，按指标体系 %s 不再存疑。", zh,
                 doubt->indicator, doubt->period, kind.zh, doubt->framework);
        snprintf(saying->en, sizeof saying->en,
                 "%s, indicator %s, %s: the doubt (%s) does not arise under framework %s.", en,
                 doubt->indicator, doubt->period, kind.id, doubt->framework);
        return;
    }
    snprintf(saying->zh, sizeof saying->zh, "%s指标 %s %s：%s，%s。", zh, doubt->indicator,
             doubt->period, kind.zh,
             doubt->is_answered ? "填报单位已核实" : "数据已修订，疑点消除");
    snprintf(saying->en, sizeof saying->en, "%s, indicator %s, %s: the doubt (%s) is %s.", en,
             doubt->indicator, doubt->period, kind.id,
             doubt->is_answered ? "answered, the reporter confirms the figure"
                                : "gone, the figures were revised");
}

enum err data_rules_doubt(struct alerter_state *state, const struct data_fact *fact,
                          const Songhua__V1__Doubt *doubt, struct effects *effects)
{
    struct saying saying;
    char target[TARGET_BYTES];
    const struct turn turn = {.rule = RULE_DOUBT,
                              .target = target,
                              .is_on = !doubt->is_cleared,
                              .since = doubt->period,
                              .as_of = doubt->as_of_sequence};
    if (doubt->kind == SONGHUA__V1__DOUBT_KIND__DOUBT_LATE)
        return ERR_OK;
    begin(&saying, fact, doubt->unit_name_zh, doubt->unit_name_en);
    snprintf(target, sizeof target, "@doubt/%d/%s/%s", (int)doubt->kind, doubt->period,
             doubt->definition);
    write_doubt(&saying, doubt);
    saying.alert.indicator = doubt->indicator;
    saying.alert.target = text_unconst(word_of_doubt(doubt->kind).id);
    return turn_alert(state, &saying, &turn, effects);
}

/* --- refused frameworks ------------------------------------------------------------------------- */

enum err data_rules_refusal(struct alerter_state *state, const struct data_fact *fact,
                            const Songhua__V1__FrameworkRefusal *refusal, struct effects *effects)
{
    struct alert_track *track;
    Songhua__V1__Score key;
    char target[TARGET_BYTES], version[PERIOD_TEXT_BYTES];
    struct saying saying;
    snprintf(target, sizeof target, "@%s", refusal->id);
    snprintf(version, sizeof version, "%u", refusal->version);
    enum err err = track_of(state, NATION, "framework", target, &key, &track);
    if (err)
        return err == ERR_USAGE ? ERR_OK : err;
    if (fact->sequence < track->as_of)
        return ERR_OK;
    track->as_of = fact->sequence;
    fire(track, fact, NATION, &key, version, SONGHUA__V1__SEVERITY__SEVERITY_SEVERE);
    begin(&saying, fact, text_unconst(""), text_unconst(""));
    snprintf(saying.zh, sizeof saying.zh, "指标体系 %s@%u 未采用，%llu处错误，第一处 %s；仍用 %s。",
             refusal->id, refusal->version, (unsigned long long)refusal->findings,
             refusal->first_zh, *refusal->in_force ? refusal->in_force : "（无）");
    snprintf(saying.en, sizeof saying.en,
             "framework %s@%u was refused, %llu findings, the first at %s; %s stays in force.",
             refusal->id, refusal->version, (unsigned long long)refusal->findings,
             refusal->first_en, *refusal->in_force ? refusal->in_force : "none");
    saying.alert.indicator = text_unconst("framework");
    saying.alert.target = refusal->id;
    err = say(&saying, RULE_REFUSED, NATION, track, FIRING, effects);
    return err ? err : settle(track, NATION, &key, false, effects);
}

/* "jilin-2021@3" as id and version; false: another form. */
static bool split_label(const char *label, char id[TARGET_BYTES], uint64_t *version)
{
    const char *at = strrchr(label, '@');
    if (!at || text_parse_u64(at + 1, version))
        return false;
    int size = snprintf(id, TARGET_BYTES, "@%.*s", (int)(at - label), label);
    return size < TARGET_BYTES;
}

static enum err hear_framework(struct alerter_state *state, const struct data_fact *fact,
                               const Songhua__V1__Score *score, struct effects *effects)
{
    struct saying saying;
    char target[TARGET_BYTES];
    uint64_t version, refused;
    Songhua__V1__Score key = SONGHUA__V1__SCORE__INIT;
    key.indicator = text_unconst("framework");
    key.target = target;
    if (!split_label(score->framework, target, &version))
        return ERR_OK;
    struct alert_track *track = alerter_state_find(state, NATION, &key);
    if (!track || !track->is_firing || text_parse_u64(track->since_period, &refused) ||
        version < refused)
        return ERR_OK;
    begin(&saying, fact, text_unconst(""), text_unconst(""));
    snprintf(saying.zh, sizeof saying.zh, "指标体系 %s 已生效。", score->framework);
    snprintf(saying.en, sizeof saying.en, "framework %s is in force.", score->framework);
    saying.alert.indicator = text_unconst("framework");
    saying.alert.target = target + 1;
    enum err err = say(&saying, RULE_REFUSED, NATION, track, RESOLVED, effects);
    return err ? err : settle(track, NATION, &key, true, effects);
}

enum err data_rules_score(struct alerter_state *state, const struct data_fact *fact,
                          const Songhua__V1__Score *score, struct effects *effects)
{
    enum err err = hear_framework(state, fact, score, effects);
    if (!err)
        err = hear_late(state, fact, score, effects);
    return err ? err : hear_baseline(state, fact, score, effects);
}
