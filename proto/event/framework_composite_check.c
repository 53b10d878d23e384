#include "proto/event/framework_composite_schema.h"

/* What a composite may still have forgotten; it can be used with such findings. */

static bool is_used(const struct framework *framework, const struct indicator *indicator)
{
    for (size_t i = 0; i < framework->composite_count; i++)
        if (composite_has_indicator(&framework->composites[i], indicator))
            return true;
    return false;
}

static bool has_peers(const struct framework *framework, const struct indicator *indicator)
{
    for (size_t i = 0; i < framework->composite_count; i++)
        if (composite_has_indicator(&framework->composites[i], indicator) &&
            framework->composites[i].peers_count == 0)
            return false;
    return true;
}

/* The worst unit's value is then 0 whatever its figure, and a geometric mean of it is no value. */
static bool loses_the_worst(const struct indicator *indicator)
{
    const struct scale_rule *scale = &indicator->column.scale;
    bool is_relative = scale->method == SCALE_MIN_MAX || scale->method == SCALE_PERCENTILE;
    bool starts_at_zero = !scale->from.is_set || scale->from.value.unscaled <= 0;
    return is_relative && starts_at_zero && indicator->parent != NULL &&
           indicator->parent->level.mean != MEAN_ARITHMETIC;
}

static void check_column(const struct framework *framework, const struct indicator *indicator,
                         struct diag *diag)
{
    enum fill_method fill = indicator->column.fill.method;
    bool wants_peers = fill == FILL_GROUP_MEAN || fill == FILL_GROUP_MEDIAN;
    if (!indicator->column.has_scale)
        return;
    if (!is_used(framework, indicator))
        schema_find(diag, indicator->place, FINDING_REFERENCE_UNKNOWN, "normalise", indicator->id,
                    "没有综合评分用到它", "no composite takes it");
    if (wants_peers && !has_peers(framework, indicator))
        schema_find(diag, indicator->place, FINDING_METHOD_MISFIT, "fill", indicator->id,
                    "group_mean 和 group_median 需要综合评分的 peers",
                    "group_mean and group_median need the composite's peers");
    if (loses_the_worst(indicator))
        schema_find(diag, indicator->column.scale.place, FINDING_METHOD_MISFIT, "from",
                    indicator->id, "最差者恒为 0，几何或调和平均无值；请给出大于 0 的 from",
                    "the worst is always 0 and has no such mean; give a from above 0");
}

void framework_check_composites(const struct framework *framework, struct diag *diag)
{
    for (size_t i = 0; i < framework->indicator_count; i++)
        check_column(framework, &framework->indicators[i], diag);
}
