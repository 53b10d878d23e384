#include "proto/event/framework_composite_schema.h"

/* What a composite may still have forgotten; it can be used with such findings. */

static bool is_used(const struct framework *framework, const struct indicator *indicator)
{
    for (size_t i = 0; i < framework->composite_count; i++)
        if (composite_has_indicator(&framework->composites[i], indicator))
            return true;
    return false;
}

/* Whether every composite that takes what is below `parent` says who stands for whom. */
static bool has_peers(const struct framework *framework, const struct framework_group *parent)
{
    for (size_t i = 0; i < framework->composite_count; i++)
        if (group_is_within(parent, framework->composites[i].root) &&
            framework->composites[i].peers_count == 0)
            return false;
    return true;
}

static void check_fill(const struct framework *framework, enum fill_method fill,
                       const struct framework_group *parent, struct place place, const char *id,
                       struct diag *diag)
{
    bool wants_peers = fill == FILL_GROUP_MEAN || fill == FILL_GROUP_MEDIAN;
    if (wants_peers && !has_peers(framework, parent))
        schema_find(diag, place, FINDING_METHOD_MISFIT, "fill", id,
                    "group_mean 和 group_median 需要综合评分的 peers",
                    "group_mean and group_median need the composite's peers");
}

/* Whether a value of 0 leaves the group without one. */
static bool needs_more_than_zero(const struct composite_level *level)
{
    bool is_lifted = level->floor.is_set && level->floor.value.unscaled > 0;
    bool is_soft = level->mean == MEAN_ARITHMETIC ||
                   (level->mean == MEAN_POWER && level->power.value.unscaled > 0);
    return !is_lifted && !is_soft;
}

/* The worst unit's value is then 0 whatever its figure, and a geometric mean of it is no value. */
static bool loses_the_worst(const struct indicator *indicator)
{
    const struct scale_rule *scale = &indicator->column.scale;
    bool is_relative = scale->method == SCALE_MIN_MAX || scale->method == SCALE_PERCENTILE;
    bool starts_at_zero = !scale->from.is_set || scale->from.value.unscaled <= 0;
    return is_relative && starts_at_zero && indicator->parent != NULL &&
           needs_more_than_zero(&indicator->parent->level);
}

static void check_column(const struct framework *framework, const struct indicator *indicator,
                         struct diag *diag)
{
    if (!indicator->column.has_scale)
        return;
    if (!is_used(framework, indicator))
        schema_find(diag, indicator->place, FINDING_REFERENCE_UNKNOWN, "normalise", indicator->id,
                    "没有综合评分用到它", "no composite takes it");
    check_fill(framework, indicator->column.fill.method, indicator->parent, indicator->place,
               indicator->id, diag);
    if (loses_the_worst(indicator))
        schema_find(diag, indicator->column.scale.place, FINDING_METHOD_MISFIT, "from",
                    indicator->id, "最差者恒为 0，这种平均无值；请给出大于 0 的 from 或 floor",
                    "the worst is always 0 and has no such mean; give a from or a floor above 0");
}

/* Source  EVALUATION-METHODS.md 3.4: such weights change whenever any unit reports. */
static void check_level(const struct framework *framework, const struct framework_group *group,
                        struct diag *diag)
{
    bool is_from_data =
        group->level.weights == WEIGHTS_ENTROPY || group->level.weights == WEIGHTS_CRITIC;
    for (size_t i = 0; i < framework->composite_count && is_from_data; i++)
        if (group_is_within(group, framework->composites[i].root)) {
            schema_find(
                diag, group->place, FINDING_METHOD_MISFIT, "weights", group->id,
                "由数据得出的权重随每次报送而变，不可用于考核；请给出权重，另以 entropy: true 或 "
                "critic: true 并列显示",
                "weights from data change with every report and hold nobody to account; give "
                "weights, and show these beside the score by entropy: true or critic: true");
            return;
        }
}

static bool fills_from_others(enum fill_method fill)
{
    return fill >= FILL_MEAN && fill <= FILL_GROUP_MEDIAN;
}

/* A unit that reported nothing would have the score of the others. */
static void check_availability(const struct framework *framework,
                               const struct framework_composite *composite, struct diag *diag)
{
    bool fills = false;
    for (size_t i = 0; i < framework_member_count(framework); i++) {
        const struct indicator *member = framework_member(framework, i);
        fills |= composite_has_indicator(composite, member) &&
                 fills_from_others(member->column.fill.method);
    }
    for (size_t i = 0; i < framework->group_count; i++)
        fills |= group_is_within(&framework->groups[i], composite->root) &&
                 fills_from_others(framework->groups[i].level.fill.method);
    if (fills && composite->availability.part == 0)
        schema_find(
            diag, composite->place, FINDING_METHOD_MISFIT, "availability", composite->id,
            "有补缺而无 availability：什么都没报的单元也会得分；请给出 availability",
            "gaps are filled and no availability is asked for: a unit that reported nothing "
            "would be scored; give an availability");
}

void framework_check_composites(const struct framework *framework, struct diag *diag)
{
    for (size_t i = 0; i < framework_member_count(framework); i++)
        check_column(framework, framework_member(framework, i), diag);
    for (size_t i = 0; i < framework->composite_count; i++)
        check_availability(framework, &framework->composites[i], diag);
    for (size_t i = 0; i < framework->group_count; i++)
        check_level(framework, &framework->groups[i], diag);
    for (size_t i = 0; i < framework->group_count; i++)
        check_fill(framework, framework->groups[i].level.fill.method, &framework->groups[i],
                   framework->groups[i].place, framework->groups[i].id, diag);
}
