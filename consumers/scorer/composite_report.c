#include "consumers/scorer/composite_report.h"

#include "consumers/scorer/composite_view.h"
#include "proto/base/json.h"
#include "proto/cli/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LINE_MAX_BYTES = 1024 * 1024,
    /* More would not fit any screen: then a table shows the groups alone; JSON has everything. */
    MAX_VALUE_COLUMNS = 24,
    FIXED_COLUMNS = 16
};

/* --- tables --------------------------------------------------------------------------------------- */

static bool shows_indicators(const struct plan *plan)
{
    return plan->design.node_count + plan->design.indicator_count <= MAX_VALUE_COLUMNS;
}

static size_t add_columns(const struct composite_view *view, struct table_column *columns)
{
    const struct plan *plan = view->plan;
    size_t count = 0;
    columns[count++] = (struct table_column){"rank", true, 0};
    columns[count++] = (struct table_column){"unit", false, 0};
    columns[count++] = (struct table_column){plan->composite->id, true, 0};
    if (plan->composite->band_count > 0)
        columns[count++] = (struct table_column){"band", false, 0};
    if (plan->composite->peers_count > 0)
        columns[count++] = (struct table_column){"among peers", .drop = 1};
    columns[count++] = (struct table_column){"figures", true, .drop = 4};
    if (view->scores != NULL) {
        columns[count++] = (struct table_column){"score 5-95 %", .drop = 3};
        columns[count++] = (struct table_column){"rank 5-95 %", .drop = 2};
    }
    for (size_t i = 0; i < view->side_count; i++)
        columns[count++] = (struct table_column){view->sides[i].id, true, .drop = 5};
    for (size_t node = 0; node < view->root; node++)
        columns[count++] = (struct table_column){plan->nodes[node]->id, true, .drop = 6};
    for (size_t i = 0; i < composite_wanted(view->composite) && shows_indicators(plan); i++)
        columns[count++] = (struct table_column){plan->indicators[i]->id, true, .drop = 7};
    columns[count++] = (struct table_column){"why", .is_wrapped = true};
    return count;
}

/* As ranks are given by it, so that what looks alike is ranked alike. */
static void number_cell(struct table *table, const struct plan *plan, double value)
{
    int decimals = plan->design.rank_decimals >= 0 ? plan->design.rank_decimals : 4;
    if (isnan(value))
        table_cell(table, NULL);
    else
        table_cell_format(table, "%.*f", decimals, value);
}

static bool is_close(const struct composite_view *view, size_t row)
{
    return view->behind[row] < UNCERTAINTY_SIGNIFICANT;
}

static void interval_cells(const struct composite_view *view, size_t row, struct table *table)
{
    const struct interval score = view->scores[row], rank = view->ranks[row];
    if (isnan(score.low))
        table_cell(table, NULL);
    else
        table_cell_format(table, "%.4f–%.4f", score.low, score.high);
    if (isnan(rank.low))
        table_cell(table, NULL);
    else
        table_cell_format(table, "%.0f–%.0f%s", rank.low, rank.high,
                          is_close(view, row) ? " ≈" : "");
}

/* Of an indicator or a node; i: it was filled in. */
static void value_cell(const struct composite_view *view, size_t child, size_t row, double value,
                       struct table *table)
{
    if (isnan(value) || !composite_is_imputed(view->composite, child, row))
        number_cell(table, view->plan, value);
    else
        table_cell_format(table, "%.4f i", value);
}

static void value_cells(const struct composite_view *view, size_t row, struct table *table)
{
    const struct plan *plan = view->plan;
    for (size_t node = 0; node < view->root; node++)
        value_cell(view, plan->design.indicator_count + node, row,
                   composite_value(view->composite, node, row), table);
    for (size_t i = 0; i < composite_wanted(view->composite) && shows_indicators(plan); i++)
        value_cell(view, i, row, composite_normalised(view->composite, i, row), table);
}

static void extra_cells(const struct composite_view *view, size_t row, struct table *table)
{
    if (view->scores != NULL)
        interval_cells(view, row, table);
    for (size_t i = 0; i < view->side_count; i++) {
        const struct composite_side *side = &view->sides[i];
        if (isnan(side->values[row]))
            table_cell(table, NULL);
        else
            table_cell_format(table, "%.*f (%u)", side->decimals, side->values[row],
                              side->ranks[row]);
    }
}

static void peer_cell(const struct composite_view *view, size_t row, struct table *table)
{
    struct peer_standing standing =
        ranking_among_peers(view->ranking, view->table, view->root, row);
    if (standing.rank > 0)
        table_cell_format(table, "%s %u/%u", standing.peers->id, standing.rank, standing.ranked);
    else
        table_cell(table, standing.peers != NULL ? standing.peers->id : NULL);
}

static void add_row(const struct composite_view *view, size_t row, struct table *table)
{
    const struct plan *plan = view->plan;
    struct standing standing = ranking_standing(view->ranking, view->table, view->root, row);
    struct name name = framework_region_name(plan->framework, standing.unit);
    if (standing.rank > 0)
        table_cell_format(table, "%u", standing.rank);
    else
        table_cell(table, "不排名");
    table_cell_format(table, "%06u %s", standing.unit, name.zh);
    number_cell(table, plan, standing.value);
    if (plan->composite->band_count > 0)
        table_cell(table, standing.band < 0 ? NULL : plan->composite->bands[standing.band].name.zh);
    if (plan->composite->peers_count > 0)
        peer_cell(view, row, table);
    table_cell_format(table, "%u/%u", standing.available, standing.wanted);
    extra_cells(view, row, table);
    value_cells(view, row, table);
    table_cell(table, standing_reason_text_zh(standing.reason));
}

/* The id of an indicator or a node, numbered as in composite_weight(). */
static const char *child_id(const struct plan *plan, size_t child)
{
    size_t indicators = plan->design.indicator_count;
    return child < indicators ? plan->indicators[child]->id : plan->nodes[child - indicators]->id;
}

/* Every child but divisors and the root. */
static size_t next_child(const struct composite_view *view, size_t child)
{
    size_t own = composite_wanted(view->composite);
    return child >= own && child < view->plan->design.indicator_count
               ? view->plan->design.indicator_count
               : child;
}

static size_t child_end(const struct plan *plan)
{
    return plan->design.indicator_count + plan->design.node_count - 1;
}

static void print_sensitivity(const struct composite_view *view)
{
    size_t end = child_end(view->plan);
    printf("去掉一项后名次平均变动 / mean move of ranks when left out:");
    for (size_t i = next_child(view, 0); i < end; i = next_child(view, i + 1))
        printf(" %s %.3f", child_id(view->plan, i), view->moves[i]);
    printf("\n各项选择对名次变动方差的贡献（单独，合计） / shares of the variance (first, total):");
    for (int choice = 0; choice < CHOICE_COUNT; choice++)
        printf(" %s %.3f %.3f", choice_name((enum choice)choice), view->indices[choice].first,
               view->indices[choice].total);
    printf("\n");
}

static enum err print_table(const struct composite_view *view)
{
    const struct plan *plan = view->plan;
    size_t most = FIXED_COLUMNS + plan->design.node_count + plan->design.indicator_count;
    struct table_column *columns = calloc(most, sizeof *columns);
    struct table *table = NULL;
    char period[PERIOD_TEXT_BYTES];
    if (columns == NULL)
        return ERR_NOMEM;
    (void)add_columns(view, columns);
    enum err err = table_new(columns, &table);
    if (err == ERR_OK) {
        period_format(ranking_period(view->ranking, view->table), period);
        printf("\n%s %s / %s %s\n", plan->composite->id, plan->composite->name.zh,
               plan->composite->name.en, period);
        for (size_t i = 0; i < plan->unit_count; i++)
            add_row(view, view->order[i], table);
        err = table_print(table);
    }
    if (err == ERR_OK && view->scores != NULL)
        printf(
            "≈：与上一名的差异不显著，不足 95 %% 的抽取中落后 / not significantly behind the one above:"
            " behind in less than 95 %% of the draws\n");
    if (err == ERR_OK && view->moves != NULL)
        print_sensitivity(view);
    table_free(table);
    free(columns);
    return err;
}

/* --- JSON ----------------------------------------------------------------------------------------- */

static void write_interval(struct json *json, const char *key, struct interval interval)
{
    json_open(json, key, '[');
    json_double(json, NULL, interval.low);
    json_double(json, NULL, interval.middle);
    json_double(json, NULL, interval.high);
    json_close(json, ']');
}

static void write_nodes(const struct composite_view *view, size_t row, struct json *json)
{
    json_open(json, "groups", '[');
    for (size_t node = 0; node < view->root; node++) {
        json_open(json, NULL, '{');
        json_text(json, "id", view->plan->nodes[node]->id);
        json_double(json, "value", composite_value(view->composite, node, row));
        json_u64(json, "rank", composite_rank(view->composite, node, row));
        if (composite_is_imputed(view->composite, view->plan->design.indicator_count + node, row))
            json_bool(json, "filled", true);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_treatment(const struct composite_view *view, size_t column, struct json *json)
{
    const struct treatment_rule *rule = &view->plan->design.indicators[column].treatment;
    unsigned treated = composite_treatment(view->composite, column);
    if (treated & TREAT_WINSORISED)
        json_text(json, "treated", "winsorised");
    else if (treated & TREAT_TRANSFORMED)
        json_text(json, "treated", transform_name(rule->transform));
    if (treated & TREAT_SET_BACK)
        json_bool(json, "set_back", true);
}

static void write_indicators(const struct composite_view *view, size_t row, struct json *json)
{
    json_open(json, "indicators", '[');
    for (size_t i = 0; i < composite_wanted(view->composite); i++) {
        double age = ranking_age(view->ranking, view->table, i, row);
        json_open(json, NULL, '{');
        json_text(json, "id", view->plan->indicators[i]->id);
        if (view->plan->columns[i] != NULL) {
            json_text(json, "of", view->plan->columns[i]->of->id);
            json_text(json, "take", take_name(view->plan->columns[i]->take));
        }
        json_double(json, "figure", composite_figure(view->composite, i, row));
        json_double(json, "normalised", composite_normalised(view->composite, i, row));
        json_double(json, "weight", composite_weight(view->composite, i));
        json_double(json, "weight_in_whole", composite_view_weight(view, i));
        if (composite_is_imputed(view->composite, i, row))
            json_bool(json, "filled", true);
        if (age > 0)
            json_double(json, "age", age);
        write_treatment(view, i, json);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_standing(const struct composite_view *view, size_t row, struct json *json)
{
    struct standing standing = ranking_standing(view->ranking, view->table, view->root, row);
    struct peer_standing peer = ranking_among_peers(view->ranking, view->table, view->root, row);
    const struct framework_composite *composite = view->plan->composite;
    char period[PERIOD_TEXT_BYTES], unit[REGION_CODE_BYTES];
    struct name name = framework_region_name(view->plan->framework, standing.unit);
    period_format(standing.period, period);
    region_format(standing.unit, unit);
    json_text(json, "composite", composite->id);
    json_text(json, "period", period);
    json_text(json, "unit", unit);
    json_text(json, "name_zh", name.zh);
    json_text(json, "name_en", name.en);
    json_double(json, "score", standing.value);
    json_u64(json, "rank", standing.rank);
    json_u64(json, "ranked", standing.ranked);
    if (peer.peers != NULL) {
        json_text(json, "peers", peer.peers->id);
        json_u64(json, "peer_rank", peer.rank);
        json_u64(json, "peer_ranked", peer.ranked);
    }
    if (standing.band >= 0) {
        json_text(json, "band_zh", composite->bands[standing.band].name.zh);
        json_text(json, "band_en", composite->bands[standing.band].name.en);
    }
    json_u64(json, "available", standing.available);
    json_u64(json, "wanted", standing.wanted);
    json_text(json, "reason", standing_reason_id(standing.reason));
}

static enum err write_unit(const struct composite_view *view, size_t row, struct buffer *line)
{
    struct json json = json_start(line);
    json_open(&json, NULL, '{');
    write_standing(view, row, &json);
    if (view->scores != NULL) {
        write_interval(&json, "score_interval", view->scores[row]);
        write_interval(&json, "rank_interval", view->ranks[row]);
        json_double(&json, "behind_above", view->behind[row]);
        if (!isnan(view->behind[row]))
            json_bool(&json, "significant", !is_close(view, row));
    }
    for (size_t i = 0; i < view->side_count; i++) {
        char key[40];
        snprintf(key, sizeof key, "%s_rank", view->sides[i].id);
        json_double(&json, view->sides[i].id, view->sides[i].values[row]);
        json_u64(&json, key, view->sides[i].ranks[row]);
    }
    write_nodes(view, row, &json);
    write_indicators(view, row, &json);
    json_close(&json, '}');
    return json_print(&json, stdout);
}

static void write_sensitivity(const struct composite_view *view, struct json *json)
{
    char period[PERIOD_TEXT_BYTES];
    size_t end = child_end(view->plan);
    period_format(ranking_period(view->ranking, view->table), period);
    json_text(json, "composite", view->plan->composite->id);
    json_text(json, "period", period);
    json_open(json, "left_out", '[');
    for (size_t i = next_child(view, 0); i < end; i = next_child(view, i + 1)) {
        json_open(json, NULL, '{');
        json_text(json, "id", child_id(view->plan, i));
        json_double(json, "move", view->moves[i]);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_open(json, "choices", '[');
    for (int choice = 0; choice < CHOICE_COUNT; choice++) {
        json_open(json, NULL, '{');
        json_text(json, "id", choice_name((enum choice)choice));
        json_double(json, "first", view->indices[choice].first);
        json_double(json, "total", view->indices[choice].total);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static enum err print_json(const struct composite_view *view)
{
    struct buffer line;
    enum err err = ERR_OK;
    buffer_init(&line, LINE_MAX_BYTES);
    for (size_t row = 0; row < view->plan->unit_count && err == ERR_OK; row++)
        err = write_unit(view, row, &line);
    if (err == ERR_OK && view->moves != NULL) {
        struct json json = json_start(&line);
        json_open(&json, NULL, '{');
        write_sensitivity(view, &json);
        json_close(&json, '}');
        err = json_print(&json, stdout);
    }
    buffer_fini(&line);
    return err;
}

/* --- both ----------------------------------------------------------------------------------------- */

static enum err print_all(const struct ranking *ranking,
                          enum err (*print)(const struct composite_view *view))
{
    enum err err = ERR_OK;
    for (size_t table = 0; table < ranking_tables(ranking) && err == ERR_OK; table++) {
        struct composite_view view;
        err = composite_view_open(ranking, table, &view);
        if (err != ERR_OK)
            break;
        err = print(&view);
        composite_view_close(&view);
    }
    return err;
}

enum err composite_print_tables(const struct ranking *ranking)
{
    return print_all(ranking, print_table);
}

enum err composite_print_json(const struct ranking *ranking)
{
    return print_all(ranking, print_json);
}
