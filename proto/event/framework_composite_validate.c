#include "proto/event/framework_composite_schema.h"
#include "proto/event/framework_schema.h"

#include <string.h>

/* --- units -------------------------------------------------------------------------------------- */

enum err framework_fill_regions(struct framework *framework, struct arena *arena)
{
    size_t count = framework->unit_count;
    if (count == 0)
        return ERR_OK;
    uint32_t *codes = arena_take(arena, count * sizeof *codes);
    if (codes == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        codes[i] = (uint32_t)framework->units[i].code;
    for (size_t i = 0; i < framework->indicator_count; i++) {
        struct indicator *indicator = &framework->indicators[i];
        if (indicator->region_count > 0)
            continue;
        indicator->regions = codes;
        indicator->region_count = count;
    }
    return ERR_OK;
}

static void validate_units(const struct framework *framework, struct diag *diag)
{
    for (size_t i = 0; i < framework->unit_count; i++) {
        const struct framework_unit *unit = &framework->units[i];
        char code[REGION_CODE_BYTES];
        region_format((uint32_t)unit->code, code);
        if (framework_unit(framework, (uint32_t)unit->code) != unit)
            schema_find(diag, unit->place, FINDING_ID_REPEATED, "code", code, "", "");
        for (size_t j = 0; j < i && unit->id[0] != '\0'; j++)
            if (strcmp(framework->units[j].id, unit->id) == 0)
                schema_find(diag, unit->place, FINDING_ID_REPEATED, "id", unit->id, "", "");
    }
}

/* Codes of units are read before it is known which there are. */
static void check_codes(const struct framework *framework, const uint32_t *codes, size_t count,
                        struct place place, const char *field, struct diag *diag)
{
    for (size_t i = 0; i < count; i++) {
        char code[REGION_CODE_BYTES];
        region_format(codes[i], code);
        if (codes[i] >= UNIT_FIRST_CODE && framework_unit(framework, codes[i]) == NULL)
            schema_find(diag, place, FINDING_REFERENCE_UNKNOWN, field, code, "units 中没有这个代码",
                        "the framework's units have no such code");
    }
}

/* --- indicators --------------------------------------------------------------------------------- */

static void misfit(struct diag *diag, struct place place, const char *field, const char *zh,
                   const char *en)
{
    schema_find(diag, place, FINDING_METHOD_MISFIT, field, NULL, zh, en);
}

static bool is_positive(const struct optional_decimal *number)
{
    return number->value.unscaled > 0;
}

static bool are_in_order(const struct optional_decimal *low, const struct optional_decimal *high)
{
    return !low->is_set || !high->is_set || decimal_compare(low->value, high->value) < 0;
}

static void validate_scale(const struct indicator *indicator, struct diag *diag)
{
    const struct scale_rule *scale = &indicator->column.scale;
    bool has_posts = scale->low.is_set && scale->high.is_set;
    bool wants_target = scale->method == SCALE_TO_TARGET || scale->method == SCALE_STANDARD;
    bool is_relative = scale->method == SCALE_TO_REFERENCE;
    if (!indicator->has_direction)
        misfit(diag, scale->place, "direction", "计入综合评分的指标需要 direction",
               "an indicator of a composite needs its direction");
    if ((scale->method == SCALE_GOALPOSTS || scale->method == SCALE_LINEAR) && !has_posts)
        misfit(diag, scale->place, "low", "该方法需要 low 和 high",
               "the method needs low and high");
    if (scale->method == SCALE_OF_MAX && indicator->has_direction && indicator->direction < 0)
        misfit(diag, scale->place, "direction", "of_max 只用于越高越好的指标",
               "of_max is for indicators of which more is better");
    if (wants_target && !scale->target.is_set)
        misfit(diag, scale->place, "target", "该方法需要 target", "the method needs a target");
    if (scale->method == SCALE_STANDARD && scale->target.is_set && !is_positive(&scale->target))
        schema_find(diag, scale->place, FINDING_NUMBER_OUT, "target", NULL, "标准值须大于 0",
                    "a standard is above 0");
    if (is_relative == (scale->reference == (uint32_t)REGION_NOT_GIVEN))
        misfit(diag, scale->place, "reference", "reference 与 to_reference 须同时给出",
               "a reference comes with to_reference, and that with a reference");
    if (!are_in_order(&scale->low, &scale->high))
        schema_find(diag, scale->place, FINDING_NUMBER_OUT, "low", NULL, "low 须小于 high",
                    "low is below high");
    if (!are_in_order(&scale->from, &scale->to) && scale->method != SCALE_Z_SCORE)
        schema_find(diag, scale->place, FINDING_NUMBER_OUT, "from", NULL, "from 须小于 to",
                    "from is below to");
    if (scale->is_logarithmic && has_posts && !is_positive(&scale->low))
        schema_find(diag, scale->place, FINDING_NUMBER_OUT, "low", NULL, "取对数时 low 须大于 0",
                    "low is above 0 under a logarithm");
}

static void validate_divisor(const struct framework *framework, struct indicator *indicator,
                             struct diag *diag)
{
    const char *id = indicator->column.divisor_id;
    const struct indicator *divisor = id[0] != '\0' ? framework_indicator(framework, id) : NULL;
    if (id[0] == '\0')
        return;
    if (divisor == NULL)
        schema_find(diag, indicator->place, FINDING_REFERENCE_UNKNOWN, "divide_by", id,
                    "没有这个指标", "there is no such indicator");
    else if (divisor == indicator || divisor->column.divisor_id[0] != '\0')
        schema_find(diag, indicator->place, FINDING_REFERENCE_UNKNOWN, "divide_by", id,
                    "分母本身不能再有分母", "a divisor is not divided itself");
    else
        indicator->column.divisor = divisor->index;
}

static void validate_column(const struct framework *framework, struct indicator *indicator,
                            struct diag *diag)
{
    if (indicator->column.has_scale)
        validate_scale(indicator, diag);
    validate_divisor(framework, indicator, diag);
    if (indicator->column.factor.is_set && !is_positive(&indicator->column.factor))
        schema_find(diag, indicator->place, FINDING_NUMBER_OUT, "factor", NULL, "须大于 0",
                    "above 0 is wanted");
}

/* --- composites --------------------------------------------------------------------------------- */

static void validate_bands(const struct framework_composite *composite, struct diag *diag)
{
    for (size_t i = 0; i < composite->band_count; i++) {
        const struct composite_band *band = &composite->bands[i];
        bool is_right = i == 0 ? !band->from.is_set : band->from.is_set;
        if (is_right && i > 1)
            is_right = decimal_compare(composite->bands[i - 1].from.value, band->from.value) < 0;
        if (is_right)
            continue;
        schema_find(diag, composite->place, FINDING_NUMBER_OUT, "bands", NULL,
                    "第一档无 from，其余的 from 逐档增大",
                    "the first band has no from, those of the others ascend");
        return;
    }
}

static bool is_listed(const uint32_t *codes, size_t count, uint32_t code)
{
    for (size_t i = 0; i < count; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static void validate_peers(const struct framework *framework,
                           const struct framework_composite *composite, struct diag *diag)
{
    for (size_t i = 0; i < composite->peers_count; i++) {
        const struct composite_peers *peers = &composite->peers[i];
        check_codes(framework, peers->units, peers->unit_count, peers->place, "units", diag);
        for (size_t j = 0; j < peers->unit_count; j++) {
            char code[REGION_CODE_BYTES];
            bool is_repeated = is_listed(peers->units, j, peers->units[j]);
            for (size_t k = 0; k < i; k++)
                is_repeated |= is_listed(composite->peers[k].units, composite->peers[k].unit_count,
                                         peers->units[j]);
            region_format(peers->units[j], code);
            if (is_repeated)
                schema_find(diag, peers->place, FINDING_ID_REPEATED, "units", code,
                            "一个单元只属于一个组", "a unit has one group of peers");
        }
    }
}

/* How many periods the composite has, or one more than there can be. Without `to` it may come to as many
 * as there can be. */
static size_t period_count(const struct framework_composite *composite)
{
    size_t count = 1;
    if (!composite->from.is_set)
        return 1;
    if (!composite->to.is_set)
        return COMPOSITE_MAX_PERIODS;
    struct period period = composite->from.period;
    while (count <= COMPOSITE_MAX_PERIODS &&
           period_key(period) < period_key(composite->to.period)) {
        period = period_next(period);
        count++;
    }
    return count;
}

/* Not the frequency of the indicators: a figure of another kind of period is not found, and shows. */
static void validate_periods(const struct framework_composite *composite, struct diag *diag)
{
    const struct period from = composite->from.period, to = composite->to.period;
    bool is_right = true;
    if (composite->to.is_set)
        is_right = composite->from.is_set && from.frequency == to.frequency &&
                   period_key(from) <= period_key(to) &&
                   period_count(composite) <= COMPOSITE_MAX_PERIODS;
    if (!is_right)
        schema_find(diag, composite->place, FINDING_NUMBER_OUT, "from", NULL,
                    "from 与 to 须为同类时期，先后有序，至多 64 个",
                    "from and to are periods of one kind, in order, at most 64");
}

/* Memory is a multiple of this, and is taken when the framework comes into force: two columns for an
 * indicator, which may have a divisor, and what is kept of a group weighs as much as eight. */
static void validate_size(const struct framework *framework,
                          const struct framework_composite *composite, struct diag *diag)
{
    size_t columns = 0;
    for (size_t i = 0; i < framework_member_count(framework); i++)
        columns += composite_has_indicator(composite, framework_member(framework, i)) ? 2 : 0;
    for (size_t i = 0; i < framework->group_count && composite->root != NULL; i++)
        columns += group_is_within(&framework->groups[i], composite->root) ? 8 : 0;
    if (columns * composite->unit_count * period_count(composite) > COMPOSITE_MAX_CELLS)
        schema_find(
            diag, composite->place, FINDING_LIST_LIMIT, "from", composite->id,
            "单元 × 时期 ×（2 × 指标 + 8 × 分组）最多 500 万；请给出 to 或缩小范围",
            "units x periods x (2 x indicators + 8 x groups): at most 5 million; give a to");
}

static void validate_units_of(const struct framework *framework,
                              const struct framework_composite *composite, struct diag *diag)
{
    check_codes(framework, composite->units, composite->unit_count, composite->place, "units",
                diag);
    for (size_t i = 1; i < composite->unit_count; i++) {
        char code[REGION_CODE_BYTES];
        region_format(composite->units[i], code);
        if (is_listed(composite->units, i, composite->units[i]))
            schema_find(diag, composite->place, FINDING_ID_REPEATED, "units", code, "", "");
    }
    if (composite->root != NULL && composite->unit_count == 0)
        schema_find(diag, composite->place, FINDING_REFERENCE_UNKNOWN, "root", composite->root_id,
                    "其下没有带 normalise 的指标", "no indicator below it has normalise");
}

/* The unit that others are measured by has to be one of them. */
static void validate_references(const struct framework *framework,
                                const struct framework_composite *composite, struct diag *diag)
{
    for (size_t i = 0; i < framework_member_count(framework) && composite->root != NULL; i++) {
        const struct indicator *indicator = framework_member(framework, i);
        uint32_t reference = indicator->column.scale.reference;
        char code[REGION_CODE_BYTES];
        if (!composite_has_indicator(composite, indicator) ||
            indicator->column.scale.method != SCALE_TO_REFERENCE ||
            is_listed(composite->units, composite->unit_count, reference))
            continue;
        region_format(reference, code);
        schema_find(diag, indicator->column.scale.place, FINDING_REFERENCE_UNKNOWN, "reference",
                    code, "综合评分的单元中没有它", "it is no unit of the composite");
    }
}

static const struct framework_group *root_of(const struct framework *framework,
                                             const struct framework_composite *composite,
                                             struct diag *diag)
{
    for (size_t i = 0; i < framework->group_count; i++)
        if (strcmp(framework->groups[i].id, composite->root_id) == 0)
            return &framework->groups[i];
    if (composite->root_id[0] != '\0')
        schema_find(diag, composite->place, FINDING_REFERENCE_UNKNOWN, "root", composite->root_id,
                    "没有这个分组", "there is no such group");
    return NULL;
}

/* Every region of the composite's indicators, once, in the order of the document. */
static enum err gather_units(const struct framework *framework,
                             struct framework_composite *composite, struct arena *arena)
{
    uint32_t *codes = arena_take(arena, FRAMEWORK_MAX_UNITS * sizeof *codes);
    size_t count = 0;
    if (codes == NULL)
        return ERR_NOMEM;
    for (size_t i = 0; i < framework_member_count(framework) && composite->root != NULL; i++) {
        const struct indicator *indicator = framework_member(framework, i);
        if (!composite_has_indicator(composite, indicator))
            continue;
        for (size_t j = 0; j < indicator->region_count && count < FRAMEWORK_MAX_UNITS; j++)
            if (!is_listed(codes, count, indicator->regions[j]))
                codes[count++] = indicator->regions[j];
    }
    composite->units = codes;
    composite->unit_count = count;
    return ERR_OK;
}

enum err framework_validate_composites(struct framework *framework, struct arena *arena,
                                       struct diag *diag)
{
    enum err err = ERR_OK;
    validate_units(framework, diag);
    framework_link_columns(framework, diag);
    framework_validate_levels(framework, diag);
    for (size_t i = 0; i < framework_member_count(framework); i++)
        validate_column(framework, framework_member(framework, i), diag);
    for (size_t i = 0; i < framework->indicator_count; i++)
        check_codes(framework, framework->indicators[i].regions,
                    framework->indicators[i].region_count, framework->indicators[i].place,
                    "regions", diag);
    for (size_t i = 0; i < framework->composite_count && err == ERR_OK; i++) {
        struct framework_composite *composite = &framework->composites[i];
        if (composite->id[0] != '\0' && framework_composite(framework, composite->id) != composite)
            schema_find(diag, composite->place, FINDING_ID_REPEATED, "id", composite->id, "", "");
        composite->root = root_of(framework, composite, diag);
        if (composite->unit_count == 0)
            err = gather_units(framework, composite, arena);
        if (err != ERR_OK)
            break;
        validate_units_of(framework, composite, diag);
        validate_references(framework, composite, diag);
        validate_peers(framework, composite, diag);
        validate_periods(composite, diag);
        validate_size(framework, composite, diag);
        validate_bands(composite, diag);
    }
    return err;
}
