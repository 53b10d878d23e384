#include "consumers/reader/figure_files.h"
#include "consumers/report/commands.h"
#include "consumers/report/difference.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/cli/table.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 64 * 1024, CAUSES_BYTES = 256 };

const struct option diff_options[] = {
    BASIS_OPTIONS(struct diff_settings),
    {"since-sequence", 0, OPTION_NUMBER, offsetof(struct diff_settings, since_sequence), "N",
     "compare with what was known up to record (row of files) N"},
    {"since", 0, OPTION_TIME, offsetof(struct diff_settings, since_ms), "TIME",
     "compare with what was stored by then"},
    {"other-framework", 0, OPTION_TEXT, offsetof(struct diff_settings, other_framework), "FILE",
     "what if: this framework instead"},
    {"set", 0, OPTION_LIST, offsetof(struct diff_settings, set), "I,R,P=V",
     "what if: a figure in the place of the one recorded, as rd_intensity,220000,2024=1.70"},
    {"json", 0, OPTION_FLAG, offsetof(struct diff_settings, has_json), NULL, "one object a line"},
    {0}};

static const struct table_column columns[] = {{"indicator"},
                                              {"target"},
                                              {"region"},
                                              {"before"},
                                              {"after"},
                                              {"value"},
                                              {"points", .drop = 1},
                                              {"why", .is_wrapped = true},
                                              {0}};

struct comparing {
    const struct basis *basis;
    const struct framework *other; /* NULL: none is assumed */
    struct table *table;           /* NULL: JSON */
    struct buffer line;
    size_t count;
};

/* --- people ------------------------------------------------------------------------------------- */

static void pair_cell(struct table *table, const struct difference *difference,
                      enum judgement_number number, int digits)
{
    const struct judgement *sides[] = {difference->before, difference->after};
    char text[2][TEXT_NUMBER_BYTES] = {"-", "-"};
    for (int i = 0; i < 2; i++)
        if (sides[i] && judgement_has(sides[i], number))
            text_format_number(sides[i]->numbers[number], digits, text[i]);
    if (!strcmp(text[0], text[1]))
        table_cell(table, text[0]);
    else
        table_cell_format(table, "%s → %s", text[0], text[1]);
}

static void verdict_cell(struct table *table, const struct judgement *judgement)
{
    char period[PERIOD_TEXT_BYTES] = "";
    if (!judgement) {
        table_cell(table, "-");
        return;
    }
    if (judgement->period.is_set)
        period_format(judgement->period.period, period);
    table_cell_format(table, "%s%s %s", verdict_name_zh(judgement->verdict),
                      judgement->is_provisional ? "（待定）" : "", period);
}

static void causes_text(uint32_t causes, char out[CAUSES_BYTES])
{
    size_t size = 0;
    out[0] = '\0';
    for (int i = 0; i < CAUSE_COUNT; i++)
        if (causes & 1u << i && size < CAUSES_BYTES)
            size += (size_t)snprintf(out + size, CAUSES_BYTES - size, "%s%s", size ? "；" : "",
                                     cause_text_zh((enum cause)i));
}

static void show_row(const struct comparing *comparing, const struct difference *difference)
{
    struct table *table = comparing->table;
    const struct judgement *any = difference->after ? difference->after : difference->before;
    char causes[CAUSES_BYTES];
    causes_text(difference->causes, causes);
    table_cell(table, any->indicator->id);
    table_cell(table, any->target ? any->target->id : "");
    const struct framework *framework = comparing->other && difference->after
                                            ? comparing->other
                                            : basis_newest_framework(comparing->basis);
    table_cell_format(table, "%06" PRIu32 " %s", any->region,
                      framework_region_name(framework, any->region).zh);
    verdict_cell(table, difference->before);
    verdict_cell(table, difference->after);
    pair_cell(table, difference, NUMBER_VALUE, 6);
    pair_cell(table, difference, NUMBER_POINTS, 4);
    table_cell(table, causes);
}

/* --- programs ----------------------------------------------------------------------------------- */

static void write_side(struct json *json, const char *key, const struct judgement *judgement)
{
    char period[PERIOD_TEXT_BYTES];
    if (!judgement) {
        json_text(json, key, NULL);
        return;
    }
    json_open(json, key, '{');
    json_text(json, "judgement", verdict_name(judgement->verdict));
    json_text(json, "reason", reason_id(judgement->reason));
    json_bool(json, "provisional", judgement->is_provisional);
    if (judgement->period.is_set) {
        period_format(judgement->period.period, period);
        json_text(json, "period", period);
    }
    if (judgement_has(judgement, NUMBER_VALUE))
        json_double(json, "value", judgement->numbers[NUMBER_VALUE]);
    if (judgement_has(judgement, NUMBER_RATIO))
        json_double(json, "ratio", judgement->numbers[NUMBER_RATIO]);
    if (judgement_has(judgement, NUMBER_POINTS))
        json_double(json, "points", judgement->numbers[NUMBER_POINTS]);
    json_close(json, '}');
}

static enum err show_json(struct buffer *line, const struct difference *difference)
{
    const struct judgement *any = difference->after ? difference->after : difference->before;
    struct json json = json_start(line);
    char region[REGION_CODE_BYTES];
    region_format(any->region, region);
    json_open(&json, NULL, '{');
    json_text(&json, "indicator", any->indicator->id);
    json_text(&json, "target", any->target ? any->target->id : "");
    json_text(&json, "region", region);
    write_side(&json, "before", difference->before);
    write_side(&json, "after", difference->after);
    json_open(&json, "why", '[');
    for (int i = 0; i < CAUSE_COUNT; i++)
        if (difference->causes & 1u << i)
            json_text(&json, NULL, cause_id((enum cause)i));
    json_close(&json, ']');
    json_close(&json, '}');
    return json_print(&json, stdout);
}

/* ------------------------------------------------------------------------------------------------ */

static enum err show(void *context, const struct difference *difference)
{
    struct comparing *comparing = context;
    comparing->count++;
    if (comparing->table) {
        show_row(comparing, difference);
        return ERR_OK;
    }
    return show_json(&comparing->line, difference);
}

/* The newest record with a figure that was stored by then; 0: there is none. */
static uint64_t sequence_at(const struct basis *basis, uint64_t ms)
{
    uint64_t sequence = 0;
    for (size_t i = 0; i < basis->figure_count; i++)
        if (basis->figures[i].stored_ms <= ms)
            sequence = basis->figures[i].address.sequence;
    return sequence;
}

static enum err compare(const struct invocation *invocation, const struct basis_view *old,
                        const struct basis_view *new, struct comparing *comparing)
{
    const struct diff_settings *settings = invocation->settings;
    struct side before = {0}, after = {0};
    enum err err = side_init(comparing->basis, old, &before);
    if (!err)
        err = side_init(comparing->basis, new, &after);
    if (!err && !settings->has_json)
        err = table_new(columns, &comparing->table);
    if (!err)
        err = difference_each(comparing->basis, &before, &after, show, comparing);
    if (!err && comparing->table && comparing->count)
        err = table_print(comparing->table);
    else if (!err && comparing->table)
        puts("没有变化 / nothing differs");
    if (err)
        command_fail(invocation, err,
                     err == ERR_NOT_FOUND ? "comparing: a framework in the record by then"
                                          : "comparing");
    side_fini(&before);
    side_fini(&after);
    return err;
}

static enum err run(const struct invocation *invocation, struct basis *basis)
{
    const struct diff_settings *settings = invocation->settings;
    struct comparing comparing = {.basis = basis};
    struct what_if what_if[BASIS_MAX_WHAT_IF];
    struct framework *other = NULL;
    struct basis_view old = {0}, new = {.what_if = what_if, .what_if_count = settings->set.count};
    enum err err = basis_read(invocation, &settings->basis, basis);
    if (!err && settings->other_framework)
        err = figure_files_framework(invocation, settings->other_framework, &other);
    for (size_t i = 0; i < settings->set.count && !err; i++)
        err = what_if_parse(invocation, other ? other : basis_newest_framework(basis),
                            text_unconst(settings->set.items[i]), &what_if[i]);
    old.last_sequence = settings->since_sequence;
    if (!err && settings->since_ms) {
        old.last_sequence = sequence_at(basis, settings->since_ms);
        if (!old.last_sequence) /* which would mean: all of them */
            err = command_fail(
                invocation, ERR_NOT_FOUND,
                "no figure was stored by the moment of --since; a later one is wanted");
    }
    if (err)
        goto out;
    new.framework = comparing.other = other;
    buffer_init(&comparing.line, LINE_MAX_BYTES);
    err = compare(invocation, &old, &new, &comparing);
    buffer_fini(&comparing.line);
    table_free(comparing.table);
out:
    framework_free(other);
    return err;
}

enum err diff_command(const struct invocation *invocation)
{
    const struct diff_settings *settings = invocation->settings;
    struct basis *basis;
    if (!settings->since_sequence && !settings->since_ms && !settings->other_framework &&
        !settings->set.count)
        return command_fail(invocation, ERR_USAGE,
                            "say what to compare with: --since-sequence, --since, "
                            "--other-framework or --set");
    enum err err = basis_new(&basis);
    if (err)
        return command_fail(invocation, err, "diff");
    err = run(invocation, basis);
    basis_free(basis);
    return err;
}
