#include "consumers/report/report_cells.h"

#include "proto/event/event.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const struct judgement *report_last(const struct writing *writing, size_t index)
{
    return review_at(writing->review, writing->review->year_count - 1, index);
}

bool report_is_quantified(const struct judgement *judgement)
{
    return judgement->target && judgement->target->is_quantified;
}

/* --- words -------------------------------------------------------------------------------------- */

const char *report_tone(Songhua__V1__Judgement verdict)
{
    switch (verdict) {
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACHIEVED:
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK:
        return "good";
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACCELERATE:
        return "fair";
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_LAGGING:
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_MOVING_AWAY:
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_MISSED:
        return "poor";
    default:
        return "";
    }
}

const char *report_region_name(const struct writing *writing, uint32_t code)
{
    return framework_region_name(writing->review->framework, code).zh;
}

/* Beijing time, to the minute. */
void report_time(uint64_t ms, char out[40])
{
    struct tm tm;
    time_t seconds = (time_t)(ms / 1000) + 8 * 3600;
    gmtime_r(&seconds, &tm);
    strftime(out, 40, "%Y-%m-%d %H:%M（北京时间）", &tm);
}

void report_target(const struct judgement *judgement, char out[CELL_BYTES])
{
    const struct target *target = judgement->target;
    char value[DECIMAL_TEXT_BYTES] = "", deadline[PERIOD_TEXT_BYTES] = "";
    out[0] = '\0';
    if (!target)
        return;
    if (target->deadline.is_set)
        period_format(target->deadline.period, deadline);
    if (!target->value.is_set) {
        snprintf(out, CELL_BYTES, "%s %s", *target->name.zh ? target->name.zh : target->id,
                 deadline);
        return;
    }
    decimal_format(target->value.value, value);
    snprintf(out, CELL_BYTES, "%s %s%s%s%s%s", comparator_name(target->comparator), value,
             judgement->indicator->unit, *deadline ? "（" : "", deadline, *deadline ? "）" : "");
}

void report_evidence(const struct judgement *judgement, char out[CELL_BYTES])
{
    size_t size = 0;
    out[0] = '\0';
    for (size_t i = 0; i < judgement->evidence_count && size < CELL_BYTES - EVENT_ADDRESS_BYTES;
         i++) {
        char address[EVENT_ADDRESS_BYTES];
        event_address_format(judgement->evidence[i].sequence, judgement->evidence[i].index,
                             address);
        size += (size_t)snprintf(out + size, CELL_BYTES - size, "%s%s", i ? " " : "", address);
    }
}

/* --- cells -------------------------------------------------------------------------------------- */

void report_put_value(struct document *document, const struct judgement *judgement)
{
    char digits[DECIMAL_TEXT_BYTES];
    if (!judgement_has(judgement, NUMBER_VALUE) || !judgement->value.is_set) {
        document_number(document, NAN, NULL, 0);
        return;
    }
    decimal_format(judgement->value.value, digits);
    document_number(document, judgement->numbers[NUMBER_VALUE], digits, 0);
}

void report_put_number(struct document *document, const struct judgement *judgement,
                       enum judgement_number number, double factor, int decimals)
{
    bool has = judgement_has(judgement, number);
    document_number(document, has ? judgement->numbers[number] * factor : NAN, NULL, decimals);
}

void report_put_region(const struct writing *writing, uint32_t code)
{
    document_text(writing->document, "%s", report_region_name(writing, code));
    document_text(writing->document, "%06" PRIu32, code);
}

void report_put_period(struct document *document, struct optional_period period)
{
    char text[PERIOD_TEXT_BYTES] = "";
    if (period.is_set)
        period_format(period.period, text);
    document_text(document, "%s", text);
}

void report_verdict(const struct judgement *judgement, char out[CELL_BYTES])
{
    snprintf(out, CELL_BYTES, "%s%s", verdict_name_zh(judgement->verdict),
             judgement->is_provisional ? "（待定）" : "");
}

void report_put_verdict(struct document *document, const struct judgement *judgement)
{
    char text[CELL_BYTES];
    report_verdict(judgement, text);
    document_tone(document, text, report_tone(judgement->verdict));
}

/* Adds to what there is to say; parts stand behind one another with ；. */
static void PRINTF_LIKE(2, 3) join(char text[CELL_BYTES], const char *format, ...)
{
    size_t size = strlen(text);
    va_list arguments;
    if (size > 0)
        size += (size_t)snprintf(text + size, CELL_BYTES - size, "；");
    va_start(arguments, format);
    vsnprintf(text + size, CELL_BYTES - size, format, arguments);
    va_end(arguments);
}

void report_put_reason(struct document *document, const struct judgement *judgement)
{
    char text[CELL_BYTES] = "", since[PERIOD_TEXT_BYTES];
    if (judgement->reason)
        join(text, "%s", reason_text_zh(judgement->reason));
    if (judgement->overdue_days)
        join(text, "下一期逾期 %" PRIu32 " 天", judgement->overdue_days);
    if (judgement->recent != SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA)
        join(text, "近三期%s", verdict_name_zh(judgement->recent));
    if (judgement->outlook != SONGHUA__V1__OUTLOOK__OUTLOOK_NONE) {
        period_format(judgement->slope_since.period, since);
        join(text, "近六期（%s 起）年均变化%s", since, outlook_name_zh(judgement->outlook));
    }
    document_text(document, "%s", text);
}
