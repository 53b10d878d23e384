#include "consumers/report/commands.h"
#include "consumers/report/explain.h"
#include "consumers/report/explain_composite.h"
#include "consumers/report/review.h"
#include "proto/base/text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_MAX_BYTES = 4 * 1024 * 1024 };

const struct option explain_options[] = {
    BASIS_OPTIONS(struct explain_settings),
    {"target", 't', OPTION_TEXT, offsetof(struct explain_settings, target), "ID",
     "one target only; default: all of the indicator's"},
    {"year", 'y', OPTION_NUMBER, offsetof(struct explain_settings, year), "YEAR",
     "as the report shows it: no figure of a later period, judged at the end of the next year",
     .min = 1949, .max = 2100},
    {"set", 0, OPTION_LIST, offsetof(struct explain_settings, set), "I,R,P=V",
     "what if: a figure in the place of the one recorded, as rd_intensity,220000,2024=1.70"},
    {"lang", 'l', OPTION_TEXT, offsetof(struct explain_settings, lang), "LANG", "zh or en",
     .initial = "zh"},
    {0}};

struct explaining {
    const struct explain_settings *settings;
    const struct basis *basis;
    const struct framework *framework;
    enum language language;
    struct buffer page;
    size_t count;
    bool is_different;
};

static enum err explain_one(void *context, const struct judgement *judgement)
{
    struct explaining *explaining = context;
    const char *target = explaining->settings->target;
    if (target && (!judgement->target || strcmp(judgement->target->id, target)))
        return ERR_OK;
    enum err err = explaining->count++ ? buffer_append_text(&explaining->page, "\n\n") : ERR_OK;
    if (!err)
        err = explain_judgement(explaining->basis, explaining->framework, judgement,
                                explaining->language, &explaining->page);
    explaining->is_different = explaining->is_different || err == ERR_DIFFERENT;
    return err == ERR_DIFFERENT ? ERR_OK : err;
}

/* --- a score of a composite --------------------------------------------------------------------- */

/* The table of --year, else the latest. */
static bool find_table(const struct ranking *ranking, uint64_t year, size_t *out)
{
    size_t count = ranking_tables(ranking);
    for (size_t i = count; i > 0; i--)
        if (!year || ranking_period(ranking, i - 1).year == year) {
            *out = i - 1;
            return true;
        }
    return false;
}

static bool find_node(const struct plan *plan, const char *id, size_t *out)
{
    for (size_t i = 0; i < plan->design.node_count; i++)
        if (!strcmp(plan->nodes[i]->id, id)) {
            *out = i;
            return true;
        }
    return false;
}

static enum err explain_score(const struct invocation *invocation, struct explaining *explaining,
                              const struct framework_composite *composite,
                              const struct evaluation *evaluation, struct as_of as_of)
{
    const char *name = invocation->operands[1];
    struct composite_question question = {
        .basis = explaining->basis, .evaluation = evaluation, .as_of = as_of};
    struct ranking *ranking;
    uint32_t unit;
    if (framework_region_parse(explaining->framework, name, &unit))
        return command_fail(invocation, ERR_USAGE, "'%s' is no unit or region", name);
    enum err err = ranking_new(explaining->framework, composite, &ranking);
    if (err)
        return command_fail(invocation, err, "explaining");
    question.ranking = ranking;
    err = ranking_refresh(ranking, evaluation, as_of);
    if (!err) {
        const struct plan *plan = ranking_plan(ranking);
        question.row = plan_row(plan, unit);
        if (question.row == COMPOSITE_NONE)
            err = command_fail(invocation, ERR_NOT_FOUND, "%s is not in the composite %s", name,
                               composite->id);
        else if (!find_table(ranking, explaining->settings->year, &question.table) ||
                 !find_node(plan, invocation->operands[0], &question.node))
            err = command_fail(invocation, ERR_NOT_FOUND, "no figures of that period");
        else
            err = explain_composite(&question, explaining->language, &explaining->page);
    }
    explaining->is_different = err == ERR_DIFFERENT;
    ranking_free(ranking);
    return err == ERR_DIFFERENT ? ERR_OK : err;
}

/* --- a judgement -------------------------------------------------------------------------------- */

static enum err find_item(const struct invocation *invocation, const struct framework *framework,
                          uint32_t *region)
{
    const char *id = invocation->operands[0], *name = invocation->operands[1];
    const struct indicator *indicator = framework_indicator(framework, id);
    if (!indicator)
        return indicator_refused(invocation, framework, id);
    if (framework_region_parse(framework, name, region))
        return region_refused(invocation, name);
    if (!indicator_has_region(indicator, *region))
        return command_fail(invocation, ERR_NOT_FOUND, "%s is not reported by %s", id, name);
    return ERR_OK;
}

static enum err explain_item(const struct invocation *invocation, struct explaining *explaining,
                             const struct evaluation *evaluation, struct as_of as_of)
{
    uint32_t region;
    const char *id = invocation->operands[0], *target = explaining->settings->target;
    const struct framework_composite *composite;
    if (!framework_indicator(explaining->framework, id) &&
        explain_find_group(explaining->framework, id, &composite))
        return explain_score(invocation, explaining, composite, evaluation, as_of);
    enum err err = find_item(invocation, explaining->framework, &region);
    if (err)
        return err;
    err = evaluation_judge_one(evaluation, as_of, id, region, explain_one, explaining);
    if (err)
        return command_fail(invocation, err, "explaining");
    return explaining->count ? ERR_OK
                             : command_fail(invocation, ERR_NOT_FOUND, "no target '%s' there",
                                            target ? target : "");
}

static enum err explain_all(const struct invocation *invocation, struct explaining *explaining,
                            const struct basis_view *view)
{
    struct evaluation *evaluation;
    struct as_of as_of;
    enum err err = basis_evaluate(explaining->basis, view, &evaluation, &as_of);
    if (err)
        return command_fail(invocation, err, "evaluation");
    explaining->framework = evaluation_framework(evaluation, as_of);
    if (explaining->framework)
        err = explain_item(invocation, explaining, evaluation, as_of);
    else
        err = command_fail(invocation, ERR_NOT_FOUND, "no framework is in force as of then");
    evaluation_free(evaluation);
    return err;
}

/* What is assumed stands on top: a page that is passed on must not be taken for the record's. */
static enum err assume(const struct invocation *invocation, struct explaining *explaining,
                       char *text, struct what_if *out)
{
    bool is_zh = explaining->language == LANGUAGE_ZH;
    char period[PERIOD_TEXT_BYTES], value[DECIMAL_TEXT_BYTES];
    enum err err = what_if_parse(invocation, basis_newest_framework(explaining->basis), text, out);
    if (err)
        return err;
    period_format(out->period, period);
    decimal_format(out->value, value);
    return buffer_append_format(&explaining->page, "%s %s %06" PRIu32 " %s = %s\n",
                                is_zh ? "假设的数据" : "assumed:", out->indicator, out->region,
                                period, value);
}

static enum err run(const struct invocation *invocation, struct explaining *explaining,
                    struct basis *basis)
{
    const struct explain_settings *settings = explaining->settings;
    struct what_if what_if[BASIS_MAX_WHAT_IF];
    enum err err = basis_read(invocation, &settings->basis, basis);
    for (size_t i = 0; i < settings->set.count && !err; i++)
        err = assume(invocation, explaining, text_unconst(settings->set.items[i]), &what_if[i]);
    const struct basis_view view = {.last_year = (unsigned)settings->year,
                                    .judge_ms = review_moment_ms((unsigned)settings->year),
                                    .what_if = what_if,
                                    .what_if_count = settings->set.count};
    if (!err)
        err = explain_all(invocation, explaining, &view);
    if (!err) /* a failure stays on the stream, and the program's end tells it */
        fwrite(explaining->page.data, 1, explaining->page.size, stdout);
    return !err && explaining->is_different ? ERR_DIFFERENT : err;
}

enum err explain_command(const struct invocation *invocation)
{
    struct explaining explaining = {.settings = invocation->settings};
    struct basis *basis;
    const char *lang = explaining.settings->lang;
    if (invocation->operand_count != 2)
        return command_fail(invocation, ERR_USAGE, "an indicator and a region are wanted");
    if (strcmp(lang, "zh") && strcmp(lang, "en"))
        return command_fail(invocation, ERR_USAGE, "--lang is zh or en, not '%s'", lang);
    explaining.language = strcmp(lang, "zh") ? LANGUAGE_EN : LANGUAGE_ZH;
    enum err err = basis_new(&basis);
    if (err)
        return command_fail(invocation, err, "explain");
    explaining.basis = basis;
    buffer_init(&explaining.page, PAGE_MAX_BYTES);
    err = run(invocation, &explaining, basis);
    buffer_fini(&explaining.page);
    basis_free(basis);
    return err;
}
