#include "consumers/evaluate/doubts.h"
#include "consumers/evaluate/message.h"
#include "proto/base/text.h"
#include "proto/event/kind_check.h"

#define KIND(name) SONGHUA__V1__DOUBT_KIND__DOUBT_##name

/* --- sentences ---------------------------------------------------------------------------------- */

static void other_period(const struct doubt *doubt, char out[PERIOD_TEXT_BYTES])
{
    out[0] = '\0';
    if (doubt->other_period.is_set)
        period_format(doubt->other_period.period, out);
}

/* Numbers of a doubt for people: what was worked out is rounded, what was reported is not. */
struct numbers {
    char about[TEXT_NUMBER_BYTES], exact[TEXT_NUMBER_BYTES], off[TEXT_NUMBER_BYTES],
        allowed[TEXT_NUMBER_BYTES];
};

static struct numbers numbers_of(const struct doubt *doubt)
{
    struct numbers numbers;
    const int digits = doubt->kind == KIND(RATIO) || doubt->kind == KIND(JUMP) ? 4 : 6;
    text_format_number(doubt->expected, 6, numbers.about);
    text_format_number(doubt->expected, 10, numbers.exact);
    text_format_number(doubt->measure, digits, numbers.off);
    text_format_number(doubt->limit, digits, numbers.allowed);
    return numbers;
}

/* Of a kind that asks nothing it is the sign. */
static enum err say_kind(const struct doubt *doubt, bool is_zh, const char *nearest,
                         struct buffer *out)
{
    const struct name rule = kind_rule(doubt->place.indicator);
    if (rule.en[0] == '\0')
        return buffer_append_format(
            out, "%s",
            is_zh ? "为负数，而相近各期均为正，请核对正负号"
                  : "below zero, while the periods around it are all above: check the sign");
    return buffer_append_format(out, is_zh ? "%s，最接近的是%s%s" : "%s: the nearest is %s %s",
                                is_zh ? rule.zh : rule.en, nearest, doubt->place.indicator->unit);
}

/* What is wrong and what would be usual, in one of the two languages. */
static enum err say(const struct doubt *doubt, bool is_zh, struct buffer *out)
{
#define SAY(zh, en, ...) buffer_append_format(out, is_zh ? (zh) : (en), __VA_ARGS__)
    char other[PERIOD_TEXT_BYTES];
    const char *unit = doubt->place.indicator->unit;
    const double measure = doubt->measure, limit = doubt->limit;
    const struct numbers is = numbers_of(doubt);
    other_period(doubt, other);
    switch (doubt->kind) {
    case KIND(UNIT_SLIP):
        if (is_zh)
            return buffer_append_format(
                out, "约为相邻时期中位数%s的%s倍，请核对单位（万、亿）和小数点", is.about, is.off);
        return buffer_append_format(out,
                                    "about %s times %s, the median of the periods around it: "
                                    "check the unit (万, 亿) and the point",
                                    is.off, is.about);
    case KIND(JUMP):
        return SAY("较%s变动异常，按通常变动应约为%s%s（稳健z值%.2f，界限%s）",
                   "an unusual change since %s; a usual one leads to about %s %s "
                   "(robust z %.2f, limit %s)",
                   other, is.about, unit, measure, is.allowed);
    case KIND(DECREASE):
        if (is_zh)
            return buffer_append_format(out, "累计数低于%s的%s%s", other, is.exact, unit);
        return buffer_append_format(out, "cumulative, yet below the %s %s of %s", is.exact, unit,
                                    other);
    case KIND(COPY):
        return SAY("与%s的数值完全相同，请核对时期", "the very figure of %s: check the period",
                   other);
    case KIND(LATE):
        return SAY("首次填报晚于期限%.0f天", "first reported %.0f days after its day", measure);
    case KIND(REVISION):
        return SAY("由%s%s修订，幅度%.1f%%，超过通常的%.1f%%",
                   "revised from %s %s by %.1f %%, usual is %.1f %%", is.exact, unit, 100 * measure,
                   100 * limit);
    case KIND(DIGITS):
        return SAY("该序列末位数字分布不均（卡方%.1f，界限%.3f）",
                   "the series' last digits are unevenly spread (chi-square %.1f, limit %.3f)",
                   measure, limit);
    case KIND(RANGE):
        return SAY("超出合理范围（界限%s%s），请核对单位和小数点",
                   "outside what is plausible, beyond %s %s: check the unit and the point",
                   is.exact, unit);
    case KIND(KIND):
        return say_kind(doubt, is_zh, is.exact, out);
    case KIND(EARLY):
        return SAY("在该期结束前%.0f天即已填报", "reported %.0f days before its period had ended",
                   measure);
    case KIND(SOURCES):
        return SAY("与另一来源的%s%s不一致，相差%s，允许%s",
                   "another source says %s %s, which is off by %s, %s is allowed", is.exact, unit,
                   is.off, is.allowed);
    case KIND(RATIO):
        return SAY("与分子分母之比%s%s相差%s，允许%s",
                   "numerator over denominator is %s %s, off by %s, %s is allowed", is.about, unit,
                   is.off, is.allowed);
    case KIND(SUM):
        return SAY("与各地区合计%s%s相差%s，允许%s",
                   "the regions add up to %s %s, off by %s, %s is allowed", is.exact, unit, is.off,
                   is.allowed);
    case KIND(PART):
        return SAY("大于总体%s%s", "larger than its whole, %s %s", is.exact, unit);
    case KIND(DIFFERENCE):
        return SAY("与累计数之差%s%s不符，相差%s",
                   "the cumulative figures differ by %s %s, which is off by %s", is.exact, unit,
                   is.off);
    default:
        return ERR_OK;
    }
#undef SAY
}

enum err doubt_text(const struct doubt *doubt, bool is_zh, struct buffer *out)
{
    char period[PERIOD_TEXT_BYTES], value[TEXT_NUMBER_BYTES];
    const struct indicator *indicator = doubt->place.indicator;
    period_format(doubt->place.period, period);
    enum err err =
        buffer_append_format(out, is_zh ? "%s %s：%s%s，" : "%s, %s: %s %s, ",
                             is_zh ? indicator->name.zh : indicator->name.en, period,
                             text_format_number(doubt->value, 10, value), indicator->unit);
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
    const struct framework_unit *unit = framework_unit(framework, place->region);
    if (unit != NULL) {
        out->unit_name_zh = message_text(arena, unit->name.zh, &err);
        out->unit_name_en = message_text(arena, unit->name.en, &err);
    }
    out->text_zh = keep_sentence(doubt, arena, true, &err);
    out->text_en = keep_sentence(doubt, arena, false, &err);
    out->evidence = message_evidence(arena, doubt->evidence, doubt->evidence_count, &err);
    out->n_evidence = doubt->evidence_count;
    return err;
}
