#include "consumers/evaluate/doubts.h"
#include "consumers/evaluate/message.h"

#define KIND(name) SONGHUA__V1__DOUBT_KIND__DOUBT_##name

/* --- sentences ---------------------------------------------------------------------------------- */

static void other_period(const struct doubt *doubt, char out[PERIOD_TEXT_BYTES])
{
    out[0] = '\0';
    if (doubt->other_period.is_set)
        period_format(doubt->other_period.period, out);
}

/* What is wrong and what would be usual, in one of the two languages. */
static enum err say(const struct doubt *doubt, bool is_zh, struct buffer *out)
{
#define SAY(zh, en, ...) buffer_append_format(out, is_zh ? (zh) : (en), __VA_ARGS__)
    char other[PERIOD_TEXT_BYTES];
    const char *unit = doubt->place.indicator->unit;
    const double expected = doubt->expected, measure = doubt->measure, limit = doubt->limit;
    other_period(doubt, other);
    switch (doubt->kind) {
    case KIND(UNIT_SLIP):
        if (is_zh)
            return buffer_append_format(
                out, "约为相邻时期中位数%.6g的%.10g倍，请核对单位（万、亿）和小数点", expected,
                measure);
        return buffer_append_format(out,
                                    "about %.10g times %.6g, the median of the periods around it: "
                                    "check the unit (万, 亿) and the point",
                                    measure, expected);
    case KIND(JUMP):
        return SAY("较%s变动异常，按通常变动应约为%.6g%s（稳健z值%.2f，界限%.4g）",
                   "an unusual change since %s; a usual one leads to about %.6g %s "
                   "(robust z %.2f, limit %.4g)",
                   other, expected, unit, measure, limit);
    case KIND(DECREASE):
        if (is_zh)
            return buffer_append_format(out, "累计数低于%s的%.10g%s", other, expected, unit);
        return buffer_append_format(out, "cumulative, yet below the %.10g %s of %s", expected, unit,
                                    other);
    case KIND(COPY):
        return SAY("与%s的数值完全相同，请核对时期", "the very figure of %s: check the period",
                   other);
    case KIND(LATE):
        return SAY("首次填报晚于期限%.0f天", "first reported %.0f days after its day", measure);
    case KIND(REVISION):
        return SAY("由%.10g%s修订，幅度%.1f%%，超过通常的%.1f%%",
                   "revised from %.10g %s by %.1f %%, usual is %.1f %%", expected, unit,
                   100 * measure, 100 * limit);
    case KIND(DIGITS):
        return SAY("该序列末位数字分布不均（卡方%.1f，界限%.3f）",
                   "the series' last digits are unevenly spread (chi-square %.1f, limit %.3f)",
                   measure, limit);
    case KIND(RANGE):
        return SAY("超出合理范围（界限%.10g%s），请核对单位和小数点",
                   "outside what is plausible, beyond %.10g %s: check the unit and the point",
                   expected, unit);
    case KIND(EARLY):
        return SAY("在该期结束前%.0f天即已填报", "reported %.0f days before its period had ended",
                   measure);
    case KIND(SOURCES):
        return SAY("与另一来源的%.10g%s不一致，相差%.6g，允许%.6g",
                   "another source says %.10g %s, which is off by %.6g, %.6g is allowed", expected,
                   unit, measure, limit);
    case KIND(RATIO):
        return SAY("与分子分母之比%.6g%s相差%.4g，允许%.4g",
                   "numerator over denominator is %.6g %s, off by %.4g, %.4g is allowed", expected,
                   unit, measure, limit);
    case KIND(SUM):
        return SAY("与各地区合计%.10g%s相差%.6g，允许%.6g",
                   "the regions add up to %.10g %s, off by %.6g, %.6g is allowed", expected, unit,
                   measure, limit);
    case KIND(PART):
        return SAY("大于总体%.10g%s", "larger than its whole, %.10g %s", expected, unit);
    case KIND(DIFFERENCE):
        return SAY("与累计数之差%.10g%s不符，相差%.6g",
                   "the cumulative figures differ by %.10g %s, which is off by %.6g", expected,
                   unit, measure);
    default:
        return ERR_OK;
    }
#undef SAY
}

enum err doubt_text(const struct doubt *doubt, bool is_zh, struct buffer *out)
{
    char period[PERIOD_TEXT_BYTES];
    const struct indicator *indicator = doubt->place.indicator;
    period_format(doubt->place.period, period);
    enum err err = buffer_append_format(out, is_zh ? "%s %s：%.10g%s，" : "%s, %s: %.10g %s, ",
                                        is_zh ? indicator->name.zh : indicator->name.en, period,
                                        doubt->value, indicator->unit);
    return err == ERR_OK ? say(doubt, is_zh, out) : err;
}

/* --- the message -------------------------------------------------------------------------------- */

static char *keep_sentence(const struct doubt *doubt, struct arena *arena, bool is_zh,
                           enum err *err)
{
    struct buffer buffer;
    buffer_init(&buffer, DOUBT_TEXT_MAX_BYTES);
    enum err said = doubt_text(doubt, is_zh, &buffer);
    char *text = said == ERR_OK ? message_text(arena, buffer_text(&buffer), err) : NULL;
    if (said != ERR_OK)
        *err = said;
    buffer_fini(&buffer);
    return text;
}

enum err doubt_message(const struct doubt *doubt, const struct framework *framework,
                       struct as_of as_of, struct arena *arena, Songhua__V1__Doubt *out)
{
    enum err err = ERR_OK;
    const struct doubt_place *place = &doubt->place;
    char label[FRAMEWORK_LABEL_BYTES], period[PERIOD_TEXT_BYTES], other[PERIOD_TEXT_BYTES];
    framework_label(framework, label);
    period_format(place->period, period);
    other_period(doubt, other);
    songhua__v1__doubt__init(out);
    out->indicator = message_text(arena, place->indicator->id, &err);
    out->definition =
        message_text(arena, place->definition != NULL ? place->definition->id : "", &err);
    out->period = message_text(arena, period, &err);
    out->kind = doubt->kind;
    out->as_of_sequence = as_of.sequence;
    out->framework = message_text(arena, label, &err);
    out->value = doubt->value;
    out->expected = doubt->expected;
    out->measure = doubt->measure;
    out->limit = doubt->limit;
    out->identity = message_text(arena, doubt->identity != NULL ? doubt->identity->id : "", &err);
    out->other_period = message_text(arena, other, &err);
    out->unit = message_text(arena, place->indicator->unit, &err);
    out->text_zh = keep_sentence(doubt, arena, true, &err);
    out->text_en = keep_sentence(doubt, arena, false, &err);
    out->evidence = message_evidence(arena, doubt->evidence, doubt->evidence_count, &err);
    out->n_evidence = doubt->evidence_count;
    return err;
}
