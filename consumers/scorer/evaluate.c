#include "consumers/evaluate/evaluation.h"
#include "consumers/reader/figure_files.h"
#include "consumers/scorer/commands.h"
#include "consumers/scorer/composite_report.h"
#include "consumers/scorer/doubt_report.h"
#include "consumers/scorer/judgement_report.h"
#include "consumers/scorer/overdue_report.h"
#include "proto/base/clock.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { OUT_MAX_BYTES = 64 * 1024 };

const struct option evaluate_options[] = {
    {.name = "framework",
     .letter = 'f',
     .kind = OPTION_TEXT,
     .offset = offsetof(struct evaluate_settings, framework),
     .argument = "FILE",
     .help = "the framework, YAML"},
    {.name = "observations",
     .letter = 'o',
     .kind = OPTION_LIST,
     .offset = offsetof(struct evaluate_settings, observations),
     .argument = "CSV",
     .help = "figures, in the order they became known; more may follow as operands, - is stdin"},
    {.name = "as-of",
     .kind = OPTION_TIME,
     .offset = offsetof(struct evaluate_settings, as_of_ms),
     .argument = "TIME",
     .help = "moment that deadlines and due dates are held against (now)"},
    {.name = "as-of-row",
     .kind = OPTION_NUMBER,
     .offset = offsetof(struct evaluate_settings, as_of_row),
     .argument = "N",
     .help = "count only the first N rows"},
    {.name = "overdue",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct evaluate_settings, has_overdue),
     .help = "which reports are late, and by how many days, instead of judgements"},
    {.name = "json",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct evaluate_settings, has_json),
     .help = "one object a line"},
    {0}};

struct run {
    const struct invocation *invocation;
    const struct evaluate_settings *settings;
    struct framework *framework;
    struct evaluation *evaluation;
    uint64_t row;         /* of all files */
    struct table *table;  /* for people */
    size_t rows, scored;  /* of the table; kept out of it, see is_only_scored() */
    struct buffer buffer; /* for programs */
};

static enum err take_row(void *context, const struct observation_row *row)
{
    struct run *run = context;
    struct address address = {++run->row, 0};
    return evaluation_add_observation(run->evaluation, row->region, row->observation, address, 0);
}

static enum err take_milestone(void *context, const struct milestone_row *row)
{
    struct run *run = context;
    struct address address = {++run->row, 0};
    return evaluation_add_milestone(run->evaluation, row->region, row->milestone, address, 0);
}

/* What may have happened: by now, or by the moment that is asked for. */
static uint64_t latest_day(const struct run *run)
{
    uint64_t now_ms = clock_realtime_ms();
    return run->settings->as_of_ms > now_ms ? run->settings->as_of_ms : now_ms;
}

static enum err read_files(struct run *run)
{
    const struct option_list *named = &run->settings->observations;
    const struct invocation *invocation = run->invocation;
    if (named->count + invocation->operand_count == 0)
        return command_fail(invocation, ERR_USAGE, "--observations is wanted");
    struct figure_files files = {.invocation = invocation,
                                 .framework = run->framework,
                                 .now_ms = latest_day(run),
                                 .take_row = take_row,
                                 .take_milestone = take_milestone,
                                 .context = run};
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < named->count; i++)
        err = figure_files_read(&files, named->items[i]);
    for (size_t i = 0; err == ERR_OK && i < invocation->operand_count; i++)
        err = figure_files_read(&files, invocation->operands[i]);
    return err == ERR_OK ? figure_files_end(&files) : err;
}

/* Nothing is asked of the figure by itself: it stands in a composite. A table of 193 countries would
 * begin with 772 lines that say so, and the ranking would be out of sight. */
static bool is_only_scored(const struct run *run, const struct judgement *judgement)
{
    return run->framework->composite_count > 0 && judgement->indicator->column.has_scale &&
           judgement->reason == REASON_UNQUANTIFIED;
}

static enum err show_as_row(void *context, const struct judgement *judgement)
{
    struct run *run = context;
    bool is_left_out = is_only_scored(run, judgement);
    run->scored += is_left_out ? 1 : 0;
    run->rows += is_left_out ? 0 : 1;
    if (!is_left_out)
        judgement_to_table(run->framework, judgement, run->table);
    return ERR_OK;
}

static enum err print_rows(const struct run *run)
{
    enum err err = run->rows > 0 ? table_print(run->table) : ERR_OK;
    if (err == ERR_OK && run->scored > 0)
        printf("%zu 项数据未设目标，只用于以下综合评分，逐项见 --json / "
               "%zu figures have no target and count in the scores below; each is in --json\n",
               run->scored, run->scored);
    return err;
}

static enum err show_as_json(void *context, const struct judgement *judgement)
{
    struct run *run = context;
    buffer_clear(&run->buffer);
    enum err err = judgement_to_json(judgement, &run->buffer);
    return err == ERR_OK ? buffer_write(&run->buffer, stdout) : err;
}

static enum err judge(struct run *run, struct as_of as_of)
{
    if (run->settings->has_json)
        return evaluation_judge_all(run->evaluation, as_of, show_as_json, run);
    enum err err = table_new(judgement_columns, &run->table);
    if (err == ERR_OK)
        err = evaluation_judge_all(run->evaluation, as_of, show_as_row, run);
    return err == ERR_OK ? print_rows(run) : err;
}

static enum err doubt(const struct run *run, struct as_of as_of)
{
    return run->settings->has_json ? doubts_print_json(run->evaluation, as_of)
                                   : doubts_print_table(run->evaluation, as_of);
}

static enum err score(struct run *run, struct as_of as_of)
{
    const struct framework *framework = run->framework;
    enum err err = ERR_OK;
    for (size_t i = 0; i < framework->composite_count && err == ERR_OK; i++) {
        struct ranking *ranking = NULL;
        err = ranking_new(framework, &framework->composites[i], &ranking);
        if (err == ERR_OK)
            err = ranking_refresh(ranking, run->evaluation, as_of);
        if (err == ERR_OK)
            err = run->settings->has_json ? composite_print_json(ranking)
                                          : composite_print_tables(ranking);
        ranking_free(ranking);
    }
    return err;
}

static struct as_of moment_of(const struct run *run)
{
    const struct evaluate_settings *settings = run->settings;
    bool is_cut = settings->as_of_row != 0 && settings->as_of_row < run->row;
    return (struct as_of){.sequence = is_cut ? settings->as_of_row : run->row,
                          .ms = settings->as_of_ms != 0 ? settings->as_of_ms : clock_realtime_ms()};
}

static enum err show_all(struct run *run, struct as_of as_of)
{
    if (run->settings->has_overdue)
        return overdue_print(run->evaluation, as_of, run->settings->has_json);
    enum err err = judge(run, as_of);
    if (err == ERR_OK)
        err = doubt(run, as_of);
    return err == ERR_OK ? score(run, as_of) : err;
}

enum err evaluate_command(const struct invocation *invocation)
{
    struct run run = {.invocation = invocation, .settings = invocation->settings};
    buffer_init(&run.buffer, OUT_MAX_BYTES);
    enum err err = figure_files_framework(invocation, run.settings->framework, &run.framework);
    if (err != ERR_OK)
        goto out;
    err = evaluation_new(NULL, &run.evaluation);
    if (err == ERR_OK)
        err = evaluation_set_framework(run.evaluation, run.framework, (struct address){0, 0});
    if (err != ERR_OK) {
        command_fail(invocation, err, "evaluation");
        goto out;
    }
    err = read_files(&run);
    if (err != ERR_OK)
        goto out;
    err = show_all(&run, moment_of(&run));
    if (err != ERR_OK)
        command_fail(invocation, err, "judging");
out:
    table_free(run.table);
    buffer_fini(&run.buffer);
    evaluation_free(run.evaluation);
    framework_free(run.framework);
    return err;
}
