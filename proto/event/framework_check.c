#include "proto/event/framework_composite_schema.h"
#include "proto/event/framework_schema.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- weights: siblings have them all or none, and they add up to 1 ------------------------------ */

struct siblings {
    size_t count, weighted;
    double sum;
    struct place first_without;
};

static void add_sibling(struct siblings *siblings, struct place place,
                        struct optional_decimal weight)
{
    siblings->count++;
    if (weight.is_set) {
        siblings->weighted++;
        siblings->sum += decimal_to_double(weight.value);
    } else if (siblings->first_without.line == 0) {
        siblings->first_without = place;
    }
}

static void judge_siblings(const struct siblings *siblings, struct place place, const char *parent,
                           struct diag *diag)
{
    char zh[120], en[120];
    if (siblings->weighted == 0)
        return;
    if (siblings->weighted < siblings->count) {
        schema_find(diag, siblings->first_without, FINDING_WEIGHT_MISSING, "weight", parent, "",
                    "");
        return;
    }
    snprintf(zh, sizeof zh, "和为 %.6g", siblings->sum);
    snprintf(en, sizeof en, "they add up to %.6g", siblings->sum);
    if (fabs(siblings->sum - 1) > 1e-9)
        schema_find(diag, place, FINDING_WEIGHT_SUM, "weight", parent, zh, en);
}

static void check_weights_below(const struct framework *framework,
                                const struct framework_group *parent, struct diag *diag)
{
    struct siblings groups = {0}, indicators = {0};
    struct place place = parent != NULL ? parent->place : (struct place){1, 1};
    const char *id = parent != NULL ? parent->id : "";
    for (size_t i = 0; i < framework->group_count; i++)
        if (framework->groups[i].parent == parent)
            add_sibling(&groups, framework->groups[i].place, framework->groups[i].weight);
    for (size_t i = 0; i < framework_member_count(framework); i++) {
        const struct indicator *indicator = framework_member(framework, i);
        if (indicator->parent == parent)
            add_sibling(&indicators, indicator->place, indicator->weight);
    }
    judge_siblings(&groups, place, id, diag);
    judge_siblings(&indicators, place, id, diag);
}

/* --- targets ------------------------------------------------------------------------------------ */

static bool follows_path(enum method method)
{
    return method == METHOD_CAGR_TARGET || method == METHOD_LINEAR_PATH ||
           method == METHOD_SDSN_TREND || method == METHOD_SCHEDULE;
}

/* A target without a number has no number to give a source for: its item's words are enough. */
static void check_source(const struct indicator *indicator, const struct target *target,
                         struct diag *diag)
{
    bool is_quoted = target->clause[0] != '\0' && target->quote[0] != '\0';
    bool is_item_quoted = indicator->clause[0] != '\0' && indicator->quote[0] != '\0';
    bool is_the_policys = is_quoted || (!target->is_quantified && is_item_quoted);
    bool is_ours = target->author[0] != '\0' && target->reason[0] != '\0';
    if (!is_the_policys && !is_ours)
        schema_find(diag, target->place, FINDING_SOURCE_MISSING, "target", target->id, "", "");
}

static void check_comparator(const struct indicator *indicator, const struct target *target,
                             struct diag *diag)
{
    bool wants_more =
        target->comparator == COMPARATOR_ABOVE || target->comparator == COMPARATOR_AT_LEAST;
    bool wants_less =
        target->comparator == COMPARATOR_BELOW || target->comparator == COMPARATOR_AT_MOST;
    if (target->has_comparator && indicator->has_direction &&
        ((wants_more && indicator->direction < 0) || (wants_less && indicator->direction > 0)))
        schema_find(diag, target->place, FINDING_METHOD_MISFIT, "comparator",
                    comparator_name(target->comparator), "比较符与指标方向相反",
                    "comparator and direction point opposite ways");
}

static bool is_behind(const struct indicator *indicator, const struct baseline *baseline,
                      const struct target *target)
{
    return baseline->value.is_set && target->value.is_set && indicator->has_direction &&
           decimal_compare(target->value.value, baseline->value.value) * indicator->direction < 0;
}

static void check_baselines(const struct indicator *indicator, const struct target *target,
                            struct diag *diag)
{
    size_t count = target->region_count > 0 ? target->region_count : indicator->region_count;
    const uint32_t *regions = target->region_count > 0 ? target->regions : indicator->regions;
    for (size_t i = 0; i < count; i++) {
        char code[REGION_CODE_BYTES];
        region_format(regions[i], code);
        const struct baseline *baseline = indicator_baseline(indicator, target, regions[i]);
        if (baseline == NULL)
            schema_find(diag, target->place, FINDING_BASELINE_MISSING, "baselines", code,
                        target->id, target->id);
        else if (is_behind(indicator, baseline, target))
            schema_find(diag, target->place, FINDING_TARGET_BEHIND, "value", target->id, "", "");
    }
}

static void check_target(const struct indicator *indicator, const struct target *target,
                         struct diag *diag)
{
    check_source(indicator, target, diag);
    if (!target->is_quantified)
        return;
    check_comparator(indicator, target, diag);
    if (target->value.is_set && range_side(&indicator->plausible, target->value.value) != 0)
        schema_find(diag, target->place, FINDING_NUMBER_OUT, "value", target->id,
                    "目标在指标的合理范围之外，无法达到",
                    "outside the plausible range: it cannot be met");
    if (!follows_path(target_method(indicator, target)))
        return;
    if (!target->deadline.is_set && !target->is_undated)
        schema_find(diag, target->place, FINDING_DEADLINE_MISSING, "deadline", target->id, "", "");
    if (target->deadline.is_set)
        check_baselines(indicator, target, diag);
}

/* --- indicators --------------------------------------------------------------------------------- */

static bool is_number(enum indicator_kind kind)
{
    return kind == KIND_SHARE || kind == KIND_QUANTITY || kind == KIND_COUNT || kind == KIND_RANK ||
           kind == KIND_COVERAGE;
}

/* A threshold that no judgement of the indicator has a ratio for. */
static void check_alert(const struct indicator *indicator, struct diag *diag)
{
    const struct alert_rule *rule = &indicator->alert;
    bool has_ratio = indicator->target_count == 0 && method_has_ratio(indicator->method);
    for (size_t i = 0; i < indicator->target_count; i++)
        has_ratio = has_ratio || method_has_ratio(target_method(indicator, &indicator->targets[i]));
    if (has_ratio ||
        !(rule->has_watch || rule->has_lagging || rule->has_severe || rule->has_hysteresis))
        return;
    schema_find(diag, indicator->place, FINDING_METHOD_MISFIT, "alert", indicator->id,
                "该方法没有比值，预警界限不起作用",
                "the method has no ratio, so that the thresholds have no effect");
}

static void check_indicator(const struct indicator *indicator, struct diag *diag)
{
    if (is_number(indicator->kind) && indicator->unit[0] == '\0')
        schema_find(diag, indicator->place, FINDING_UNIT_UNUSED, "unit", indicator->id, "", "");
    if (indicator->name.zh[0] == '\0' || indicator->name.en[0] == '\0')
        schema_find(diag, indicator->place, FINDING_TEXT_MISSING, "name", indicator->id, "", "");
    framework_check_items(indicator, diag);
    check_alert(indicator, diag);
    for (size_t i = 0; i < indicator->target_count; i++)
        check_target(indicator, &indicator->targets[i], diag);
}

void framework_check(const struct framework *framework, struct diag *diag)
{
    check_weights_below(framework, NULL, diag);
    for (size_t i = 0; i < framework->group_count; i++)
        check_weights_below(framework, &framework->groups[i], diag);
    for (size_t i = 0; i < framework->indicator_count; i++)
        check_indicator(&framework->indicators[i], diag);
    framework_check_identities(framework, diag);
    framework_check_composites(framework, diag);
}
