#include "consumers/report/explain.h"

#include "consumers/reader/words.h"
#include "proto/event/event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 2048 };

const char *explain_pick(const struct explanation *page, const char *zh, const char *en)
{
    return page->language == LANGUAGE_ZH ? zh : en;
}

static void append(struct explanation *page, const char *text)
{
    if (!page->err)
        page->err = buffer_append_text(page->out, text);
}

/* Texts of the record come from whoever holds a key: none may steer a terminal or forge a line. Lines
 * of this file begin or end with a newline at most. */
static void disarm(char *line)
{
    for (char *at = line; *at; at++)
        if (((unsigned char)*at < ' ' || *at == 0x7F) && !(*at == '\n' && (at == line || !at[1])))
            *at = '?';
}

void explain_line(struct explanation *page, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    disarm(line);
    append(page, line);
    append(page, "\n");
}

void explain_step(struct explanation *page, const char *zh, const char *en, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    explain_line(page, "  %2u  %s", ++page->step, explain_pick(page, zh, en));
    explain_line(page, "      %s", line);
}

void explain_check(struct explanation *page, enum judgement_number number, double value)
{
    const struct judgement *judgement = page->judgement;
    if (judgement_has(judgement, number) && judgement->numbers[number] == value)
        return;
    page->is_right = false;
    explain_line(page, "      %s %.17g",
                 explain_pick(page, "与已算结果不一致：", "differs from the judgement:"),
                 judgement->numbers[number]);
}

/* --- head --------------------------------------------------------------------------------------- */

static void show_item(struct explanation *page)
{
    const struct judgement *judgement = page->judgement;
    const struct indicator *indicator = judgement->indicator;
    const struct target *target = judgement->target;
    struct name region = framework_region_name(page->framework, judgement->region);
    char label[FRAMEWORK_LABEL_BYTES];
    framework_label(page->framework, label);
    explain_line(page, "%s  %s%s%s  %06" PRIu32 " %s",
                 explain_pick(page, indicator->name.zh, indicator->name.en), indicator->id,
                 target ? " / " : "", target ? target->id : "", judgement->region,
                 explain_pick(page, region.zh, region.en));
    explain_line(
        page,
        explain_pick(page, "指标体系 %s，截至记录 %" PRIu64, "framework %s, as of record %" PRIu64),
        label, judgement->as_of_sequence);
    const char *quote = target && *target->quote ? target->quote : indicator->quote;
    const char *clause = target && *target->clause ? target->clause : indicator->clause;
    if (*quote)
        explain_line(page, "%s %s「%s」", explain_pick(page, "政策条款", "clause"), clause, quote);
    const char *author = target && *target->author ? target->author : indicator->author;
    const char *reason = target && *target->author ? target->reason : indicator->reason;
    if (*author)
        explain_line(page, "%s %s：%s",
                     explain_pick(page, "非政策原文，提出者", "not the policy's; by"), author,
                     reason);
}

static void show_verdict(struct explanation *page)
{
    const struct judgement *judgement = page->judgement;
    explain_line(page, "%s  %s %s%s%s%s", explain_pick(page, "判断", "judgement"),
                 verdict_name_zh(judgement->verdict), verdict_name(judgement->verdict),
                 judgement->is_provisional ? explain_pick(page, "（待定）", " (provisional)") : "",
                 judgement->reason ? explain_pick(page, "：", ": ") : "",
                 judgement->reason ? explain_pick(page, reason_text_zh(judgement->reason),
                                                  reason_text(judgement->reason))
                                   : "");
    if (judgement->overdue_days)
        explain_line(page,
                     explain_pick(page, "      下一期数据已逾期 %u 天",
                                  "      the next figure is overdue by %u days"),
                     judgement->overdue_days);
}

/* --- figures ------------------------------------------------------------------------------------ */

static void show_milestone(struct explanation *page, const Songhua__V1__Milestone *milestone,
                           const char *address, const char *origin)
{
    struct word state = word_of_milestone(milestone->state);
    explain_line(page, "  %-10s %s  %s  [%s]  %s", milestone->date,
                 *milestone->part ? milestone->part : explain_pick(page, "整项", "the whole"),
                 explain_pick(page, state.zh, state.id), address, origin);
    if (*milestone->source)
        explain_line(page, "           %s %s", explain_pick(page, "来源", "source"),
                     milestone->source);
}

static void show_figure(struct explanation *page, const struct figure *figure)
{
    char value[DECIMAL_TEXT_BYTES], address[EVENT_ADDRESS_BYTES];
    event_address_format(figure->address.sequence, figure->address.index, address);
    if (figure->event->body_case == SONGHUA__V1__EVENT__BODY_RETRACTION) {
        explain_line(page, "  %-8s %s  %s  %s", figure->event->retraction->period,
                     explain_pick(page, "撤回", "taken back"), address,
                     figure->event->retraction->reason);
        return;
    }
    if (figure->event->body_case == SONGHUA__V1__EVENT__BODY_MILESTONE) {
        show_milestone(page, figure->event->milestone, address, figure->origin);
        return;
    }
    const Songhua__V1__Observation *observation = figure->event->observation;
    decimal_format((struct decimal){observation->unscaled, observation->decimals}, value);
    explain_line(page, "  %-8s %12s %s  [%s]  %s", observation->period, value, observation->unit,
                 address, figure->origin);
    if (*observation->source)
        explain_line(page, "           %s %s", explain_pick(page, "来源", "source"),
                     observation->source);
    if (*observation->note)
        explain_line(page, "           %s %s", explain_pick(page, "备注", "note"),
                     observation->note);
}

static bool is_same_key(const struct figure *a, const struct figure *b)
{
    if (a->region != b->region || a->event->body_case != b->event->body_case ||
        a->event->body_case != SONGHUA__V1__EVENT__BODY_OBSERVATION)
        return false;
    const Songhua__V1__Observation *x = a->event->observation, *y = b->event->observation;
    return !strcmp(x->indicator, y->indicator) && !strcmp(x->period, y->period) &&
           !strcmp(x->definition, y->definition);
}

/* What was reported for the same period before: nothing is overwritten, and a reader should see it. */
static void show_earlier(struct explanation *page, const struct figure *figure)
{
    if (figure->event->body_case != SONGHUA__V1__EVENT__BODY_OBSERVATION)
        return;
    const struct decimal in_force = {figure->event->observation->unscaled,
                                     figure->event->observation->decimals};
    for (size_t i = 0; i < page->basis->figure_count; i++) {
        const struct figure *other = &page->basis->figures[i];
        char value[DECIMAL_TEXT_BYTES], address[EVENT_ADDRESS_BYTES];
        if (other == figure || !is_same_key(other, figure))
            continue;
        const Songhua__V1__Observation *observation = other->event->observation;
        const struct decimal reported = {observation->unscaled, observation->decimals};
        if (!decimal_compare(reported, in_force))
            continue;
        decimal_format(reported, value);
        event_address_format(other->address.sequence, other->address.index, address);
        bool is_later = other->address.sequence > page->judgement->as_of_sequence;
        explain_line(page, "           %s %s  [%s]",
                     is_later ? explain_pick(page, "此后改为", "later reported as")
                              : explain_pick(page, "另曾填报", "also reported as"),
                     value, address);
    }
}

static void show_figures(struct explanation *page)
{
    const struct judgement *judgement = page->judgement;
    explain_line(page, "\n%s", explain_pick(page, "所用数据", "figures used"));
    const struct baseline *baseline =
        indicator_baseline(judgement->indicator, judgement->target, judgement->region);
    if (baseline && baseline->value.is_set && baseline->period.is_set) {
        char value[DECIMAL_TEXT_BYTES], period[PERIOD_TEXT_BYTES];
        decimal_format(baseline->value.value, value);
        period_format(baseline->period.period, period);
        explain_line(page, "  %-8s %12s %s  [%s]", period, value, judgement->indicator->unit,
                     explain_pick(page, "指标体系所定基期", "baseline set by the framework"));
        if (*baseline->source)
            explain_line(page, "           %s %s", explain_pick(page, "来源", "source"),
                         baseline->source);
    }
    for (size_t i = 0; i < judgement->evidence_count; i++) {
        const struct figure *figure = basis_find(page->basis, judgement->evidence[i]);
        if (figure) {
            show_figure(page, figure);
            show_earlier(page, figure);
        } else {
            explain_line(page, "  %s",
                         explain_pick(page, "假设的数据", "a figure that is assumed"));
        }
    }
    if (!judgement->evidence_count)
        explain_line(page, "  %s", explain_pick(page, "没有可用数据", "no figure can be used"));
}

/* ------------------------------------------------------------------------------------------------ */

enum err explain_judgement(const struct basis *basis, const struct framework *framework,
                           const struct judgement *judgement, enum language language,
                           struct buffer *out)
{
    struct explanation page = {.language = language,
                               .out = out,
                               .basis = basis,
                               .framework = framework,
                               .judgement = judgement,
                               .is_right = true};
    show_item(&page);
    show_verdict(&page);
    show_figures(&page);
    explain_line(&page, "\n%s", explain_pick(&page, "逐步计算", "step by step"));
    explain_method(&page);
    explain_alert(&page);
    if (page.step) /* nothing was worked out: nothing was compared */
        explain_line(&page, "\n%s",
                     page.is_right ? explain_pick(&page, "核对：各步结果与判断所载数字逐位一致。",
                                                  "checked: every step gives the judgement's own "
                                                  "number, bit for bit.")
                                   : explain_pick(&page, "核对：不一致，请报告此问题。",
                                                  "checked: NOT the same; please report it."));
    if (page.err)
        return page.err;
    return page.is_right ? ERR_OK : ERR_DIFFERENT;
}
