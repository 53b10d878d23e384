#include "proto/event/framework_schema.h"

#include <string.h>

/* --- groups ------------------------------------------------------------------------------------- */

static struct framework_group *group_of(struct framework *framework, const char *id)
{
    for (size_t i = 0; i < framework->group_count; i++)
        if (strcmp(framework->groups[i].id, id) == 0)
            return &framework->groups[i];
    return NULL;
}

static const struct framework_group *parent_of(struct framework *framework, struct diag *diag,
                                               struct place place, const char *id)
{
    const struct framework_group *parent = id[0] != '\0' ? group_of(framework, id) : NULL;
    if (parent == NULL && id[0] != '\0')
        schema_find(diag, place, FINDING_REFERENCE_UNKNOWN, "parent", id, "没有这个分组",
                    "there is no such group");
    return parent;
}

static bool is_in_circle(const struct framework *framework, const struct framework_group *group)
{
    const struct framework_group *at = group->parent;
    for (size_t steps = 0; at != NULL && steps <= framework->group_count; steps++) {
        if (at == group)
            return true;
        at = at->parent;
    }
    return false;
}

static void check_weight(struct diag *diag, struct place place, struct optional_decimal weight)
{
    if (weight.is_set && weight.value.unscaled < 0)
        schema_find(diag, place, FINDING_NUMBER_OUT, "weight", NULL, "权重不能为负",
                    "a weight is not negative");
}

static void validate_groups(struct framework *framework, struct diag *diag)
{
    for (size_t i = 0; i < framework->group_count; i++) {
        struct framework_group *group = &framework->groups[i];
        if (group->id[0] != '\0' && group_of(framework, group->id) != group)
            schema_find(diag, group->place, FINDING_ID_REPEATED, "id", group->id, "", "");
        check_weight(diag, group->place, group->weight);
        group->parent = parent_of(framework, diag, group->place, group->parent_id);
    }
    for (size_t i = 0; i < framework->group_count; i++) {
        const struct framework_group *group = &framework->groups[i];
        if (is_in_circle(framework, group))
            schema_find(diag, group->place, FINDING_GROUP_CYCLE, "parent", group->parent_id, "",
                        "");
    }
}

/* The first region that a list names twice. */
static void find_repeated_region(const uint32_t *regions, size_t count, struct place place,
                                 struct diag *diag)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            char code[REGION_CODE_BYTES];
            if (regions[j] != regions[i])
                continue;
            region_format(regions[i], code);
            schema_find(diag, place, FINDING_ID_REPEATED, "regions", code, "", "");
            return;
        }
    }
}

/* --- targets ------------------------------------------------------------------------------------ */

/* Methods that hold figures against a number. */
static bool needs_value(enum method method)
{
    return method == METHOD_CAGR_TARGET || method == METHOD_LINEAR_PATH || method == METHOD_RANK ||
           method == METHOD_SDSN_TREND || method == METHOD_SCHEDULE || method == METHOD_COVERAGE;
}

/* Methods that ask whether a change was for the better. */
static bool needs_direction(enum method method)
{
    return method != METHOD_NONE && method != METHOD_MILESTONE && method != METHOD_RECURRING;
}

static void validate_number(const struct indicator *indicator, const struct target *target,
                            struct diag *diag)
{
    bool has_number = target->has_comparator && target->value.is_set;
    if (target->is_quantified && !has_number && needs_value(target_method(indicator, target)))
        schema_find(diag, target->place, FINDING_TARGET_INCOMPLETE, "target", target->id,
                    "需要 comparator 和 value；无量化目标写 quantified: false",
                    "comparator and value are wanted, or quantified: false");
    if (!target->is_quantified && (target->has_comparator || target->value.is_set))
        schema_find(diag, target->place, FINDING_TARGET_INCOMPLETE, "target", target->id,
                    "无量化目标（quantified: false）不能有 comparator 或 value",
                    "with quantified: false there is no comparator and no value");
}

static void validate_dates(const struct target *target, struct diag *diag)
{
    if (target->is_undated && target->deadline.is_set)
        schema_find(diag, target->place, FINDING_TARGET_INCOMPLETE, "deadline", target->id,
                    "undated: true 的目标不能有 deadline",
                    "with undated: true there is no deadline");
}

static void validate_order(const struct baseline *baseline, const struct target *target,
                           struct diag *diag)
{
    if (baseline->period.is_set && target->deadline.is_set &&
        period_years(target->deadline.period) <= period_years(baseline->period.period))
        schema_find(diag, target->place, FINDING_DEADLINE_ORDER, "deadline", target->id, "", "");
}

static void validate_target_regions(const struct indicator *indicator, const struct target *target,
                                    struct diag *diag)
{
    find_repeated_region(target->regions, target->region_count, target->place, diag);
    for (size_t i = 0; i < target->region_count; i++) {
        char code[REGION_CODE_BYTES];
        if (indicator_has_region(indicator, target->regions[i]))
            continue;
        region_format(target->regions[i], code);
        schema_find(diag, target->place, FINDING_REGION_NOT_LISTED, "regions", code,
                    "目标的地区须列在指标的 regions 中",
                    "a target's regions are among the indicator's");
    }
}

static void validate_target(const struct indicator *indicator, const struct target *target,
                            struct diag *diag)
{
    if (target->id[0] != '\0' && indicator_target(indicator, target->id) != target)
        schema_find(diag, target->place, FINDING_ID_REPEATED, "id", target->id, "", "");
    if (!indicator->has_direction && needs_direction(target_method(indicator, target)))
        schema_find(diag, target->place, FINDING_METHOD_MISFIT, "direction", NULL,
                    "该方法需要指标的 direction（up 或 down）",
                    "the method needs the indicator's direction (up or down)");
    check_weight(diag, target->place, target->weight);
    validate_number(indicator, target, diag);
    validate_dates(target, diag);
    validate_target_regions(indicator, target, diag);
    if (target->has_baseline)
        validate_order(&target->baseline, target, diag);
    for (size_t i = 0; i < indicator->baseline_count && !target->has_baseline; i++)
        if (target_has_region(indicator, target, indicator->baselines[i].region))
            validate_order(&indicator->baselines[i], target, diag);
}

/* --- indicators --------------------------------------------------------------------------------- */

static void validate_baseline(const struct indicator *indicator, const struct baseline *baseline,
                              struct diag *diag)
{
    if (baseline->region == (uint32_t)REGION_NOT_GIVEN) {
        schema_find(diag, baseline->place, FINDING_KEY_MISSING, "region", NULL, "region", "region");
        return;
    }
    char code[REGION_CODE_BYTES];
    region_format(baseline->region, code);
    if (!indicator_has_region(indicator, baseline->region))
        schema_find(diag, baseline->place, FINDING_REGION_NOT_LISTED, "region", code, "", "");
    if (indicator_baseline(indicator, NULL, baseline->region) != baseline)
        schema_find(diag, baseline->place, FINDING_ID_REPEATED, "region", code, "", "");
    if (baseline->value.is_set && !baseline->period.is_set)
        schema_find(diag, baseline->place, FINDING_KEY_MISSING, "period", NULL,
                    "有 value 就须有 period", "a value needs its period");
}

static void validate_definitions(const struct indicator *indicator, struct diag *diag)
{
    size_t primaries = 0;
    for (size_t i = 0; i < indicator->definition_count; i++) {
        const struct definition *definition = &indicator->definitions[i];
        if (definition->id[0] != '\0' &&
            indicator_definition(indicator, definition->id) != definition)
            schema_find(diag, definition->place, FINDING_ID_REPEATED, "id", definition->id, "", "");
        primaries += definition->is_primary ? 1 : 0;
        if (definition->is_primary && primaries > 1)
            schema_find(diag, definition->place, FINDING_ID_REPEATED, "primary", definition->id,
                        "只能有一个主口径", "one definition is primary");
    }
}

static bool are_in_order(const struct indicator *indicator, const struct target *target)
{
    struct alert_cuts cuts = target_alert_cuts(indicator, target);
    return cuts.watch >= cuts.lagging && cuts.lagging >= cuts.severe;
}

/* One threshold alone is held against those of the methods that the others are taken from. */
static void validate_alert(const struct indicator *indicator, struct diag *diag)
{
    bool are_right = indicator->target_count > 0 || are_in_order(indicator, NULL);
    for (size_t i = 0; i < indicator->target_count; i++)
        are_right = are_right && are_in_order(indicator, &indicator->targets[i]);
    if (!are_right)
        schema_find(diag, indicator->place, FINDING_NUMBER_OUT, "alert", NULL,
                    "应为 watch ≥ lagging ≥ severe（未写的取该方法的界限）",
                    "watch >= lagging >= severe is wanted (what is not given is the method's)");
}

static void validate_ranges(const struct indicator *indicator, struct diag *diag)
{
    const struct range *range = &indicator->plausible;
    if (range->min.is_set && range->max.is_set &&
        decimal_compare(range->min.value, range->max.value) > 0)
        schema_find(diag, indicator->place, FINDING_NUMBER_OUT, "plausible", NULL, "min 大于 max",
                    "min is above max");
    if (indicator->small_value.value.unscaled <= 0)
        schema_find(diag, indicator->place, FINDING_NUMBER_OUT, "small_value", NULL, "须大于 0",
                    "above 0 is wanted");
    validate_alert(indicator, diag);
    check_weight(diag, indicator->place, indicator->weight);
}

static void validate_regions(const struct indicator *indicator, struct diag *diag)
{
    if (indicator->region_count == 0)
        schema_find(diag, indicator->place, FINDING_KEY_MISSING, "regions", NULL,
                    "regions：至少一个地区", "regions: at least one region");
    find_repeated_region(indicator->regions, indicator->region_count, indicator->place, diag);
}

static void validate_indicator(struct framework *framework, struct indicator *indicator,
                               struct diag *diag)
{
    if (indicator->has_direction)
        indicator->direction = indicator->direction == 0 ? 1 : -1; /* up and down, as words */
    indicator->parent = parent_of(framework, diag, indicator->place, indicator->parent_id);
    validate_regions(indicator, diag);
    validate_ranges(indicator, diag);
    validate_definitions(indicator, diag);
    framework_validate_items(indicator, diag);
    for (size_t i = 0; i < indicator->baseline_count; i++)
        validate_baseline(indicator, &indicator->baselines[i], diag);
    for (size_t i = 0; i < indicator->target_count; i++)
        validate_target(indicator, &indicator->targets[i], diag);
}

void framework_validate(struct framework *framework, struct diag *diag)
{
    validate_groups(framework, diag);
    for (size_t i = 0; i < framework->indicator_count; i++) {
        struct indicator *indicator = &framework->indicators[i];
        validate_indicator(framework, indicator, diag);
    }
    framework_validate_identities(framework, diag);
}
