#include "consumers/evaluate/judgement.h"

#include "consumers/evaluate/message.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *id, *en, *zh;
} reasons[REASON_COUNT] = {
#define X(name, id, en, zh) [REASON_##name] = {id, en, zh},
    REASON_TABLE(X)
#undef X
};

const char *reason_id(enum reason reason)
{
    return (unsigned)reason < REASON_COUNT ? reasons[reason].id : "";
}

const char *reason_text(enum reason reason)
{
    return (unsigned)reason < REASON_COUNT ? reasons[reason].en : "";
}

const char *reason_text_zh(enum reason reason)
{
    return (unsigned)reason < REASON_COUNT ? reasons[reason].zh : "";
}

enum reason reason_from_id(const char *id)
{
    unsigned reason = 0;
    while (reason < REASON_COUNT && strcmp(reasons[reason].id, id) != 0)
        reason++;
    return (enum reason)reason;
}

static const char *const verdicts[][2] = {
    [SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA] = {"no_data", "无数据"},
    [SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACHIEVED] = {"achieved", "已达标"},
    [SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK] = {"on_track", "按期"},
    [SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACCELERATE] = {"accelerate", "需加速"},
    [SONGHUA__V1__JUDGEMENT__JUDGEMENT_LAGGING] = {"lagging", "滞后"},
    [SONGHUA__V1__JUDGEMENT__JUDGEMENT_MOVING_AWAY] = {"moving_away", "倒退"},
    [SONGHUA__V1__JUDGEMENT__JUDGEMENT_MISSED] = {"missed", "逾期未达"},
    [SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_TARGET] = {"no_target", "无量化目标"},
    [SONGHUA__V1__JUDGEMENT__JUDGEMENT_EXEMPT] = {"exempt", "免责"},
    [SONGHUA__V1__JUDGEMENT__JUDGEMENT_CLOSED] = {"closed", "已终止"},
};
enum { VERDICT_COUNT = sizeof verdicts / sizeof *verdicts };

const char *verdict_name(Songhua__V1__Judgement verdict)
{
    return (unsigned)verdict < VERDICT_COUNT ? verdicts[verdict][0] : "unknown";
}

const char *verdict_name_zh(Songhua__V1__Judgement verdict)
{
    return (unsigned)verdict < VERDICT_COUNT ? verdicts[verdict][1] : "未知";
}

static const char *const outlooks[][2] = {
    [SONGHUA__V1__OUTLOOK__OUTLOOK_NONE] = {"", ""},
    [SONGHUA__V1__OUTLOOK__OUTLOOK_SUN] = {"sun", "晴"},
    [SONGHUA__V1__OUTLOOK__OUTLOOK_SLIGHTLY_CLOUDY] = {"slightly_cloudy", "少云"},
    [SONGHUA__V1__OUTLOOK__OUTLOOK_CLOUD] = {"cloud", "多云"},
    [SONGHUA__V1__OUTLOOK__OUTLOOK_THUNDERSTORM] = {"thunderstorm", "雷暴"},
};
enum { OUTLOOK_COUNT = sizeof outlooks / sizeof *outlooks };

const char *outlook_name(Songhua__V1__Outlook outlook)
{
    return (unsigned)outlook < OUTLOOK_COUNT ? outlooks[outlook][0] : "unknown";
}

const char *outlook_name_zh(Songhua__V1__Outlook outlook)
{
    return (unsigned)outlook < OUTLOOK_COUNT ? outlooks[outlook][1] : "未知";
}

static const struct {
    const char *name;
    size_t offset; /* in a Score */
} numbers[NUMBER_COUNT] = {
#define X(name, field) [NUMBER_##name] = {#field, offsetof(Songhua__V1__Score, field)},
    NUMBER_TABLE(X)
#undef X
};

const char *number_name(enum judgement_number number)
{
    return numbers[number].name;
}

bool score_has(const Songhua__V1__Score *score, enum judgement_number number)
{
    return (score->has & 1U << number) != 0;
}

double score_number(const Songhua__V1__Score *score, enum judgement_number number)
{
    return *(const double *)(const void *)((const char *)score + numbers[number].offset);
}

bool judgement_has(const struct judgement *judgement, enum judgement_number number)
{
    return (judgement->has & (1U << number)) != 0;
}

void judgement_set(struct judgement *judgement, enum judgement_number number, double value)
{
    if (!isfinite(value))
        return;
    judgement->has |= 1U << number;
    judgement->numbers[number] =
        value + 0.0; /* -0 becomes 0, so that equal results are equal bytes */
}

void judgement_add_overdue(struct judgement *judgement, const struct part *part,
                           const struct period *period, uint32_t days)
{
    if (days == 0)
        return;
    if (judgement->overdue_total < JUDGEMENT_MAX_OVERDUE) {
        struct overdue_item *item = &judgement->overdue[judgement->overdue_total];
        *item = (struct overdue_item){.part = part, .days = days};
        if (period != NULL)
            item->period = (struct optional_period){true, *period};
    }
    judgement->overdue_total++;
    if (days > judgement->overdue_days)
        judgement->overdue_days = days;
}

void overdue_format(const struct overdue_item *item, char out[OVERDUE_TEXT_BYTES])
{
    out[0] = '\0';
    if (item->period.is_set)
        period_format(item->period.period, out);
    else if (item->part != NULL)
        strncat(out, item->part->id, OVERDUE_TEXT_BYTES - 1);
}

/* --- as a Score --------------------------------------------------------------------------------- */

static char *keep_period(struct arena *arena, struct optional_period period, enum err *err)
{
    char text[PERIOD_TEXT_BYTES] = "";
    if (period.is_set)
        period_format(period.period, text);
    return message_text(arena, text, err);
}

static enum err keep_overdue(const struct judgement *judgement, struct arena *arena,
                             Songhua__V1__Score *out)
{
    enum err err = ERR_OK;
    size_t count = judgement->overdue_total < JUDGEMENT_MAX_OVERDUE ? judgement->overdue_total
                                                                    : JUDGEMENT_MAX_OVERDUE;
    char date[DATE_TEXT_BYTES] = "";
    if (judgement->overdue_since_ms > 0)
        date_format(date_of(judgement->overdue_since_ms - 1), date);
    out->overdue_since = message_text(arena, date, &err);
    if (count == 0 || err != ERR_OK)
        return err;
    out->overdue = arena_take(arena, count * sizeof(char *));
    if (out->overdue == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        char text[OVERDUE_TEXT_BYTES];
        overdue_format(&judgement->overdue[i], text);
        out->overdue[i] = message_text(arena, text, &err);
    }
    out->n_overdue = count;
    return err;
}

static void set_numbers(const struct judgement *judgement, Songhua__V1__Score *out)
{
    out->has = judgement->has;
    for (int i = 0; i < NUMBER_COUNT; i++)
        if (judgement_has(judgement, (enum judgement_number)i))
            *(double *)(void *)((char *)out + numbers[i].offset) = judgement->numbers[i];
}

enum err score_from_judgement(const struct judgement *judgement, const struct framework *framework,
                              struct arena *arena, Songhua__V1__Score *out)
{
    enum err err = ERR_OK;
    char label[FRAMEWORK_LABEL_BYTES];
    const struct target *target = judgement->target;
    struct optional_period deadline =
        target != NULL ? target->deadline : (struct optional_period){0};
    framework_label(framework, label);
    songhua__v1__score__init(out);
    out->indicator = message_text(arena, judgement->indicator->id, &err);
    out->target = message_text(arena, target != NULL ? target->id : "", &err);
    out->framework = message_text(arena, label, &err);
    out->as_of_sequence = judgement->as_of_sequence;
    out->judgement = judgement->verdict;
    out->provisional = judgement->is_provisional;
    out->reason = message_text(arena, reason_id(judgement->reason), &err);
    out->unit = message_text(arena, judgement->indicator->unit, &err);
    out->name_zh = message_text(arena, judgement->indicator->name.zh, &err);
    out->name_en = message_text(arena, judgement->indicator->name.en, &err);
    const struct framework_unit *unit = framework_unit(framework, judgement->region);
    if (unit != NULL) {
        out->unit_name_zh = message_text(arena, unit->name.zh, &err);
        out->unit_name_en = message_text(arena, unit->name.en, &err);
    }
    out->period = keep_period(arena, judgement->period, &err);
    out->baseline_period = keep_period(arena, judgement->baseline_period, &err);
    out->deadline = keep_period(arena, deadline, &err);
    out->recent_judgement = judgement->recent;
    if (judgement->recent_since.is_set)
        out->recent_since = keep_period(arena, judgement->recent_since, &err);
    out->outlook = judgement->outlook;
    out->alert_call = judgement->alert_call;
    out->alert_threshold = judgement->alert_threshold;
    out->alert_limit = judgement->alert_limit;
    if (judgement->slope_since.is_set)
        out->slope_since = keep_period(arena, judgement->slope_since, &err);
    set_numbers(judgement, out);
    out->evidence = message_evidence(arena, judgement->evidence, judgement->evidence_count, &err);
    out->n_evidence = judgement->evidence_count;
    return err == ERR_OK ? keep_overdue(judgement, arena, out) : err;
}
