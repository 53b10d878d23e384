#include "consumers/report/explain_composite.h"

#include "proto/event/event.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CHILDREN = 512, MAX_DEPTH = 16, INDENT = 2 };

struct walk {
    struct explanation *page;
    const struct composite_question *question;
    const struct plan *plan;
    const struct composite *composite;
};

bool explain_find_group(const struct framework *framework, const char *id,
                        const struct framework_composite **composite)
{
    for (size_t i = 0; i < framework->composite_count; i++)
        for (size_t j = 0; j < framework->group_count; j++) {
            const struct framework_composite *item = &framework->composites[i];
            if (!strcmp(framework->groups[j].id, id) &&
                group_is_within(&framework->groups[j], item->root)) {
                *composite = item;
                return true;
            }
        }
    return false;
}

/* --- figures ------------------------------------------------------------------------------------ */

/* The figure that the column was worked out from. */
static void show_figure(const struct walk *walk, size_t column, int depth)
{
    const struct composite_question *question = walk->question;
    const char *indicator = plan_source(walk->plan, column)->id;
    char value[DECIMAL_TEXT_BYTES], address[EVENT_ADDRESS_BYTES];
    struct point point;
    if (!ranking_figure(question->ranking, question->evaluation, question->as_of, question->table,
                        column, question->row, &point))
        return;
    const struct figure *figure = basis_find(question->basis, point.address);
    if (!figure) {
        explain_line(walk->page, "%*s%s %s", INDENT * depth, "", indicator,
                     explain_pick(walk->page, "假设的数据", "a figure that is assumed"));
        return;
    }
    const Songhua__V1__Observation *observation = figure->event->observation;
    decimal_format((struct decimal){observation->unscaled, observation->decimals}, value);
    event_address_format(figure->address.sequence, figure->address.index, address);
    explain_line(walk->page, "%*s%s %s = %s %s  [%s]  %s  %s", INDENT * depth, "", indicator,
                 observation->period, value, observation->unit, address, figure->origin,
                 observation->source);
}

/* --- an indicator ------------------------------------------------------------------------------- */

static void scale_text(const struct walk *walk, const struct normalisation_rule *rule,
                       char out[160])
{
    switch (rule->kind) {
    case NORMALISE_GOALPOSTS:
        snprintf(out, 160, "goalposts %g … %g → %g … %g%s", rule->low, rule->high, rule->from,
                 rule->to, rule->is_logarithmic ? " (log)" : "");
        return;
    case NORMALISE_MIN_MAX:
        snprintf(out, 160, "min_max → %g … %g", rule->from, rule->to);
        return;
    case NORMALISE_Z_SCORE:
        snprintf(out, 160, "z_score, mean %g, deviation %g", rule->from, rule->to);
        return;
    case NORMALISE_TO_TARGET:
    case NORMALISE_STANDARD:
        snprintf(out, 160, "%s %g", rule->kind == NORMALISE_STANDARD ? "standard" : "to_target",
                 rule->target);
        return;
    case NORMALISE_RANK:
    case NORMALISE_BORDA:
        snprintf(out, 160, "%s", rule->kind == NORMALISE_BORDA ? "borda" : "rank");
        return;
    case NORMALISE_PERCENTILE:
        snprintf(out, 160, "percentile → %g … %g", rule->from, rule->to);
        return;
    case NORMALISE_LINEAR:
        snprintf(out, 160, "linear %g … %g → %g … %g", rule->low, rule->high, rule->from, rule->to);
        return;
    case NORMALISE_OF_MAX:
        snprintf(out, 160, "of_max → 0 … %g", rule->to);
        return;
    case NORMALISE_TO_REFERENCE:
        snprintf(out, 160, "to_reference %06u", walk->plan->units[rule->reference]);
        return;
    case NORMALISE_NONE:
        break;
    }
    snprintf(out, 160, "none");
}

/* By the words of the document: winsorised, or the transform; and set back. */
static void treatment_text(const struct walk *walk, size_t column, char out[120])
{
    unsigned treated = composite_treatment(walk->composite, column);
    const struct treatment_rule *rule = &walk->plan->design.indicators[column].treatment;
    const char *first = treated & TREAT_WINSORISED    ? "winsorised"
                        : treated & TREAT_TRANSFORMED ? transform_name(rule->transform)
                                                      : "";
    out[0] = '\0';
    if (treated != TREAT_NOTHING)
        snprintf(out, 120, "%s %s%s", explain_pick(walk->page, "，离群值处理：", ", outliers:"),
                 first, treated & TREAT_SET_BACK ? " deviations" : "");
}

static void explain_indicator(const struct walk *walk, size_t column, int depth)
{
    const struct composite_design *design = &walk->plan->design;
    const struct composite_indicator *own = &design->indicators[column];
    const struct indicator *indicator = walk->plan->indicators[column];
    struct explanation *page = walk->page;
    size_t row = walk->question->row;
    double figure = composite_figure(walk->composite, column, row);
    double age = ranking_age(walk->question->ranking, walk->question->table, column, row);
    char scale[160], treatment[120];
    scale_text(walk, &own->normalisation, scale);
    treatment_text(walk, column, treatment);
    explain_line(page, "%*s%s %s: %.6g  → %.6g   (%s%s%s)", INDENT * depth, "",
                 explain_pick(page, indicator->name.zh, indicator->name.en), indicator->id, figure,
                 composite_normalised(walk->composite, column, row), scale,
                 own->normalisation.direction < 0
                     ? explain_pick(page, "，越小越好", ", less is better")
                     : "",
                 treatment);
    show_figure(walk, column, depth + 1);
    explain_attained(page, walk->question, column, INDENT * (depth + 1));
    if (own->denominator != COMPOSITE_NONE) {
        explain_line(page, "%*s%s %g", INDENT * (depth + 1), "",
                     explain_pick(page, "除以下数，再乘", "divided by this, times"),
                     own->factor != 0 ? own->factor : 1);
        show_figure(walk, own->denominator, depth + 1);
    }
    if (composite_is_imputed(walk->composite, column, row))
        explain_line(
            page, "%*s%s%s", INDENT * (depth + 1), "",
            explain_pick(page, "缺数，按指标体系补填：", "a gap, filled as the framework says: "),
            fill_method_name(indicator->column.fill.method));
    if (age > 0)
        explain_line(page,
                     explain_pick(page, "%*s用 %g 年前的数据", "%*sthe figure is %g years old"),
                     INDENT * (depth + 1), "", age);
}

/* --- a group ------------------------------------------------------------------------------------ */

struct parts {
    size_t count;
    size_t children[MAX_CHILDREN]; /* indicators, then nodes numbered after them */
    double values[MAX_CHILDREN], weights[MAX_CHILDREN];
};

static void add_part(const struct walk *walk, struct parts *parts, size_t node, size_t child,
                     double value)
{
    const struct composite_node *level = &walk->plan->design.nodes[node];
    if (parts->count == MAX_CHILDREN)
        return;
    if (level->has_floor && value < level->floor)
        value = level->floor;
    parts->children[parts->count] = child;
    parts->values[parts->count] = value;
    parts->weights[parts->count++] = composite_weight(walk->composite, child);
}

static void find_parts(const struct walk *walk, size_t node, struct parts *parts)
{
    const struct composite_design *design = &walk->plan->design;
    size_t row = walk->question->row, root = design->node_count - 1;
    parts->count = 0;
    for (size_t i = 0; i < composite_wanted(walk->composite); i++)
        if (design->indicators[i].parent == node)
            add_part(walk, parts, node, i, composite_normalised(walk->composite, i, row));
    for (size_t i = 0; i < root; i++) {
        size_t parent = design->nodes[i].parent == COMPOSITE_NONE ? root : design->nodes[i].parent;
        if (parent == node)
            add_part(walk, parts, node, design->indicator_count + i,
                     composite_value(walk->composite, i, row));
    }
}

static const char *id_of(const struct walk *walk, size_t child)
{
    size_t indicators = walk->plan->design.indicator_count;
    return child < indicators ? walk->plan->indicators[child]->id
                              : walk->plan->nodes[child - indicators]->id;
}

/* What a mean is told beyond its kind. */
static void show_level(const struct walk *walk, size_t node, int depth)
{
    const struct composite_node *level = &walk->plan->design.nodes[node];
    const struct composite_level *rule = &walk->plan->nodes[node]->level;
    struct explanation *page = walk->page;
    if (level->aggregation == AGGREGATE_POWER)
        explain_line(page, "%*s%s %g", INDENT * depth, "", explain_pick(page, "幂次", "power"),
                     level->power);
    if (level->has_floor)
        explain_line(page, "%*s%s %g", INDENT * depth, "",
                     explain_pick(page, "低于此值按此值计：", "a value below this counts as this:"),
                     level->floor);
    if (rule->comparison_count > 0)
        explain_line(page,
                     explain_pick(page, "%*s权重由 %zu 次两两比较得出，一致性比例 CR = %.4f",
                                  "%*sweights from %zu comparisons in pairs, consistency ratio "
                                  "CR = %.4f"),
                     INDENT * depth, "", rule->comparison_count, rule->consistency);
}

static void show_mean(const struct walk *walk, size_t node, const struct parts *parts, int depth)
{
    static const char *const zh[] = {"加权算术平均", "加权几何平均", "加权调和平均", "加权幂平均"};
    static const char *const en[] = {"weighted arithmetic mean", "weighted geometric mean",
                                     "weighted harmonic mean", "weighted power mean"};
    const struct composite_node *level = &walk->plan->design.nodes[node];
    explain_line(walk->page, "%*s%s:", INDENT * depth, "",
                 explain_pick(walk->page, zh[level->aggregation], en[level->aggregation]));
    show_level(walk, node, depth + 1);
    for (size_t i = 0; i < parts->count; i++)
        explain_line(walk->page, "%*s%.6f x %-24s %.6g", INDENT * (depth + 1), "",
                     parts->weights[i], id_of(walk, parts->children[i]), parts->values[i]);
    double own = composite_value(walk->composite, node, walk->question->row);
    double again =
        aggregate(level->aggregation, level->power, parts->values, parts->weights, parts->count);
    explain_line(walk->page, "%*s= %.6g", INDENT * (depth + 1), "", own);
    if (composite_is_imputed(walk->composite, walk->plan->design.indicator_count + node,
                             walk->question->row)) {
        explain_line(walk->page, "%*s%s%s", INDENT * (depth + 1), "",
                     explain_pick(walk->page, "缺值，按指标体系补填：",
                                  "a gap, filled as the framework says: "),
                     fill_method_name(walk->plan->nodes[node]->level.fill.method));
        return;
    }
    if (isnan(own) || fabs(own - again) <= 1e-14 * fmax(fabs(own), fabs(again)))
        return;
    walk->page->is_right = false;
    explain_line(walk->page, "%*s%s %.17g", INDENT * (depth + 1), "",
                 explain_pick(walk->page, "重新计算得", "worked out again it is"), again);
}

/* A group with its parts below it; the depth of a framework is bounded, and so is this. */
static void explain_group(const struct walk *walk, size_t node, int depth)
{
    struct parts parts;
    const struct framework_group *group = walk->plan->nodes[node];
    find_parts(walk, node, &parts);
    explain_line(walk->page, "%*s%s %s", INDENT * depth, "",
                 explain_pick(walk->page, group->name.zh, group->name.en), group->id);
    show_mean(walk, node, &parts, depth + 1);
    for (size_t i = 0; i < parts.count; i++) {
        size_t indicators = walk->plan->design.indicator_count;
        if (parts.children[i] < indicators)
            explain_indicator(walk, parts.children[i], depth + 1);
        else if (depth < MAX_DEPTH)
            explain_group(walk, parts.children[i] - indicators, depth + 1);
    }
}

/* ------------------------------------------------------------------------------------------------ */

static void show_standing(const struct walk *walk)
{
    const struct composite_question *question = walk->question;
    struct explanation *page = walk->page;
    struct standing standing =
        ranking_standing(question->ranking, question->table, question->node, question->row);
    struct peer_standing peer =
        ranking_among_peers(question->ranking, question->table, question->node, question->row);
    struct name name = framework_region_name(walk->plan->framework, standing.unit);
    char label[FRAMEWORK_LABEL_BYTES], period[PERIOD_TEXT_BYTES];
    framework_label(walk->plan->framework, label);
    period_format(standing.period, period);
    explain_line(page, "%s  %s  %s  %s",
                 explain_pick(page, standing.group->name.zh, standing.group->name.en),
                 standing.group->id, explain_pick(page, name.zh, name.en), period);
    explain_line(
        page,
        explain_pick(page, "指标体系 %s，截至记录 %" PRIu64, "framework %s, as of record %" PRIu64),
        label, question->as_of.sequence);
    if (isnan(standing.value))
        explain_line(page, "%s: %s", explain_pick(page, "不排名", "not ranked"),
                     explain_pick(page, standing_reason_text_zh(standing.reason),
                                  standing_reason_text(standing.reason)));
    else
        explain_line(
            page, explain_pick(page, "得分 %.6g，第 %u 位，共 %u 个", "score %.6g, rank %u of %u"),
            standing.value, standing.rank, standing.ranked);
    if (peer.rank > 0)
        explain_line(page,
                     explain_pick(page, "在同组 %s 中第 %u 位，共 %u 个",
                                  "among its peers %s rank %u of %u"),
                     peer.peers->id, peer.rank, peer.ranked);
    explain_line(page, explain_pick(page, "可用指标 %u/%u\n", "indicators with a figure %u/%u\n"),
                 standing.available, standing.wanted);
}

enum err explain_composite(const struct composite_question *question, enum language language,
                           struct buffer *out)
{
    struct explanation page = {
        .language = language, .out = out, .basis = question->basis, .is_right = true};
    const struct walk walk = {.page = &page,
                              .question = question,
                              .plan = ranking_plan(question->ranking),
                              .composite = ranking_composite(question->ranking, question->table)};
    show_standing(&walk);
    explain_group(&walk, question->node, 0);
    explain_line(&page, "\n%s",
                 page.is_right
                     ? explain_pick(&page, "核对：各级平均重新计算，十四位有效数字一致。",
                                    "checked: every mean worked out again, the same to 14 digits.")
                     : explain_pick(&page, "核对：不一致，请报告此问题。",
                                    "checked: NOT the same; please report it."));
    if (page.err)
        return page.err;
    return page.is_right ? ERR_OK : ERR_DIFFERENT;
}
