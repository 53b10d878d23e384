#include "proto/event/framework_schema.h"

#include <math.h>
#include <stdio.h>

/* --- quotes ------------------------------------------------------------------------------------- */

static void check_quote(const struct indicator *indicator, struct diag *diag)
{
    bool is_ours = indicator->author[0] != '\0' && indicator->reason[0] != '\0';
    bool has_clause = indicator->clause[0] != '\0', has_quote = indicator->quote[0] != '\0';
    if ((has_clause || indicator->item_count > 0) && !has_quote)
        schema_find(diag, indicator->place, FINDING_QUOTE_MISSING, "quote", indicator->id, "", "");
    else if (!has_clause && !is_ours)
        schema_find(diag, indicator->place, FINDING_SOURCE_MISSING, "clause", indicator->id, "",
                    "");
}

/* --- milestones --------------------------------------------------------------------------------- */

static bool is_of_method(const struct indicator *indicator, enum method method)
{
    for (size_t i = 0; i < indicator->target_count; i++)
        if (target_method(indicator, &indicator->targets[i]) == method)
            return true;
    return indicator->method == method;
}

/* A target that asks for a date and gives none to its parts. */
static bool wants_dates(const struct indicator *indicator)
{
    for (size_t i = 0; i < indicator->target_count; i++) {
        const struct target *target = &indicator->targets[i];
        if (target_method(indicator, target) == METHOD_MILESTONE && target->is_quantified &&
            !target->is_undated && !target->deadline.is_set)
            return true;
    }
    return false;
}

static void check_part_weights(const struct indicator *indicator, struct diag *diag)
{
    double sum = 0;
    char zh[80], en[80];
    for (size_t i = 0; i < indicator->part_count; i++)
        sum += decimal_to_double(indicator->parts[i].weight.value);
    snprintf(zh, sizeof zh, "和为 %.6g", sum);
    snprintf(en, sizeof en, "they add up to %.6g", sum);
    if (indicator->part_count > 0 && indicator->parts[0].weight.is_set && fabs(sum - 1) > 1e-9)
        schema_find(diag, indicator->parts[0].place, FINDING_WEIGHT_SUM, "weight", indicator->id,
                    zh, en);
}

static bool has_source(const struct part *part)
{
    return (part->clause[0] != '\0' && part->quote[0] != '\0') ||
           (part->author[0] != '\0' && part->reason[0] != '\0');
}

static void check_parts(const struct indicator *indicator, struct diag *diag)
{
    bool wants = wants_dates(indicator);
    if (wants && indicator->part_count == 0)
        schema_find(diag, indicator->place, FINDING_DUE_MISSING, "deadline", indicator->id, "", "");
    for (size_t i = 0; i < indicator->part_count; i++) {
        const struct part *part = &indicator->parts[i];
        if (wants && !part->due.is_set)
            schema_find(diag, part->place, FINDING_DUE_MISSING, "due", part->id, "", "");
        if ((part->due.is_set || part->weight.is_set) && !has_source(part))
            schema_find(diag, part->place, FINDING_SOURCE_MISSING, "due", part->id, "", "");
    }
    check_part_weights(indicator, diag);
    if (indicator->part_count > 0 && !is_of_method(indicator, METHOD_MILESTONE))
        schema_find(diag, indicator->parts[0].place, FINDING_METHOD_MISFIT, "parts", indicator->id,
                    "只有 milestone 方法使用 parts", "parts are for the method milestone");
}

/* --- duties ------------------------------------------------------------------------------------- */

static void check_duty(const struct indicator *indicator, struct diag *diag)
{
    bool is_recurring = is_of_method(indicator, METHOD_RECURRING);
    if (is_recurring && indicator->cadence == CADENCE_ONCE)
        schema_find(diag, indicator->place, FINDING_METHOD_MISFIT, "cadence", "once",
                    "recurring 方法需要按期重复的 cadence",
                    "recurring wants a cadence that comes again");
    if (!is_recurring && indicator->every != 1)
        schema_find(diag, indicator->place, FINDING_METHOD_MISFIT, "every", NULL,
                    "只有 recurring 方法使用 every", "every is for the method recurring");
}

/* --- targets out of reach ----------------------------------------------------------------------- */

static bool is_beyond_limit(const struct indicator *indicator, const struct target *target)
{
    if (!indicator->limit.is_set || !target->value.is_set || !indicator->has_direction)
        return false;
    int order = decimal_compare(target->value.value, indicator->limit.value) * indicator->direction;
    bool is_strict =
        target->comparator == COMPARATOR_ABOVE || target->comparator == COMPARATOR_BELOW;
    return order > 0 || (order == 0 && target->has_comparator && is_strict);
}

static void check_reach(const struct indicator *indicator, struct diag *diag)
{
    for (size_t i = 0; i < indicator->target_count; i++)
        if (is_beyond_limit(indicator, &indicator->targets[i]))
            schema_find(diag, indicator->targets[i].place, FINDING_NUMBER_OUT, "value",
                        indicator->targets[i].id, "目标在自然极限（limit）之外，无法达到",
                        "beyond the natural limit: it cannot be met");
}

void framework_check_items(const struct indicator *indicator, struct diag *diag)
{
    check_quote(indicator, diag);
    check_parts(indicator, diag);
    check_duty(indicator, diag);
    check_reach(indicator, diag);
}

void framework_check_identities(const struct framework *framework, struct diag *diag)
{
    for (size_t i = 0; i < framework->identity_count; i++) {
        const struct figure_identity *identity = &framework->identities[i];
        bool is_ours = identity->author[0] != '\0' && identity->reason[0] != '\0';
        if (identity->tolerance > 0 && !is_ours)
            schema_find(diag, identity->place, FINDING_SOURCE_MISSING, "tolerance", identity->id,
                        "", "");
    }
}
