/* Columns: the figures of an indicator once more in a composite. */
#include "proto/event/framework_composite_schema.h"
#include "proto/event/framework_schema.h"

#include <stdio.h>
#include <string.h>

static const char *const take_words[] = {"figure", "completion", "pace", NULL};

#define AT(member) offsetof(struct framework_column, member)

static const struct schema_field column_fields[] = {
    {.key = "id", .kind = SCHEMA_ID, .offset = AT(as.id), .is_required = true},
    {.key = "name", .kind = SCHEMA_MAP, .offset = AT(as.name), .schema = &name_schema},
    {.key = "of", .kind = SCHEMA_TEXT, .offset = AT(of_id), .is_required = true},
    {.key = "take", .kind = SCHEMA_WORD, .offset = AT(take), .words = take_words},
    {.key = "target", .kind = SCHEMA_TEXT, .offset = AT(target_id)},
    {.key = "parent", .kind = SCHEMA_TEXT, .offset = AT(as.parent_id), .is_required = true},
    {.key = "weight", .kind = SCHEMA_DECIMAL, .offset = AT(as.weight)},
    {.key = "normalise",
     .kind = SCHEMA_MAP,
     .offset = AT(as.column.scale),
     .is_required = true,
     .set_offset = AT(as.column.has_scale),
     .schema = &scale_schema},
    {.key = "divide_by", .kind = SCHEMA_TEXT, .offset = AT(as.column.divisor_id)},
    {.key = "factor", .kind = SCHEMA_DECIMAL, .offset = AT(as.column.factor)},
    {.key = "fill", .kind = SCHEMA_MAP, .offset = AT(as.column.fill), .schema = &fill_schema},
    {.key = "outliers",
     .kind = SCHEMA_MAP,
     .offset = AT(as.column.outlier),
     .set_offset = AT(as.column.has_outlier),
     .schema = &outlier_schema},
    {0}};
const struct schema column_schema = {column_fields, sizeof(struct framework_column), true, NULL};

const char *take_name(enum take take)
{
    return (unsigned)take <= TAKE_PACE ? take_words[take] : "";
}

static void find_wrong(const struct framework_column *column, enum finding finding,
                       const char *field, const char *value, const char *zh, const char *en,
                       struct diag *diag)
{
    schema_find(diag, column->place, finding, field, value, zh, en);
}

static void link_indicator(const struct framework *framework, struct framework_column *column,
                           struct diag *diag)
{
    char zh[120], en[120];
    column->of = column->of_id[0] != '\0' ? framework_indicator(framework, column->of_id) : NULL;
    if (column->of != NULL || column->of_id[0] == '\0')
        return;
    const char *near = framework_suggest(framework, column->of_id);
    snprintf(zh, sizeof zh, near != NULL ? "是否指 %s" : "没有这个指标", near);
    snprintf(en, sizeof en, near != NULL ? "did you mean %s" : "there is no such indicator", near);
    find_wrong(column, FINDING_REFERENCE_UNKNOWN, "of", column->of_id, zh, en, diag);
}

static void link_parent(const struct framework *framework, struct framework_column *column,
                        struct diag *diag)
{
    for (size_t i = 0; i < framework->group_count; i++)
        if (strcmp(framework->groups[i].id, column->as.parent_id) == 0) {
            column->as.parent = &framework->groups[i];
            return;
        }
    if (column->as.parent_id[0] != '\0')
        find_wrong(column, FINDING_REFERENCE_UNKNOWN, "parent", column->as.parent_id,
                   "没有这个分组", "there is no such group", diag);
}

const struct target *column_target(const struct framework_column *column, uint32_t region)
{
    const struct indicator *of = column->of;
    if (column->target != NULL || column->take == TAKE_FIGURE)
        return column->target;
    for (size_t i = 0; i < of->target_count; i++)
        if (of->targets[i].value.is_set && target_has_region(of, &of->targets[i], region))
            return &of->targets[i];
    return NULL;
}

static bool has_numbers(const struct indicator *indicator)
{
    for (size_t i = 0; i < indicator->target_count; i++)
        if (indicator->targets[i].value.is_set)
            return true;
    return false;
}

static void refuse_change(const struct framework_column *column, struct diag *diag)
{
    static const char zh[] = "目标完成程度不补缺，也没有分母";
    static const char en[] = "what has been reached is not filled in and not divided";
    const char *divisor = column->as.column.divisor_id;
    if (column->as.column.fill.method != FILL_NONE)
        find_wrong(column, FINDING_METHOD_MISFIT, "fill", column->as.id, zh, en, diag);
    if (divisor[0] != '\0')
        find_wrong(column, FINDING_METHOD_MISFIT, "divide_by", divisor, zh, en, diag);
}

/* What is done to reach a target is measured against a number, at its own date, on its own figures: a gap
 * in it is never filled. Source  EVALUATION-METHODS.md 3.1, 6.2. */
static void link_target(struct framework_column *column, struct diag *diag)
{
    bool takes_figures = column->take == TAKE_FIGURE;
    if (takes_figures && column->target_id[0] != '\0')
        find_wrong(column, FINDING_METHOD_MISFIT, "target", column->target_id,
                   "target 只用于 take: completion 或 pace",
                   "a target is for take: completion or pace", diag);
    if (takes_figures)
        return;
    bool is_named = column->target_id[0] != '\0';
    column->target = is_named ? indicator_target(column->of, column->target_id) : NULL;
    if (is_named ? column->target == NULL : !has_numbers(column->of))
        find_wrong(column, FINDING_REFERENCE_UNKNOWN, "target", column->target_id,
                   is_named ? "该指标没有这个目标" : "该指标没有带数值的目标",
                   is_named ? "the indicator has no such target"
                            : "the indicator has no target with a number",
                   diag);
    else if (is_named && !column->target->value.is_set)
        find_wrong(column, FINDING_TARGET_INCOMPLETE, "target", column->target_id, "该目标没有数值",
                   "that target has no number", diag);
    else if (is_named && column->take == TAKE_PACE && !column->target->deadline.is_set)
        find_wrong(column, FINDING_DEADLINE_MISSING, "target", column->target_id,
                   "pace 需要有期限的目标", "a pace needs a deadline", diag);
    refuse_change(column, diag);
}

/* The indicator in all that the column does not say itself. */
static void complete(struct framework_column *column)
{
    struct indicator own = column->as;
    column->as = *column->of;
    column->as.place = column->place;
    column->as.id = own.id;
    column->as.name = own.name.zh[0] != '\0' ? own.name : column->of->name;
    column->as.parent_id = own.parent_id;
    column->as.parent = own.parent;
    column->as.weight = own.weight;
    column->as.column = own.column;
    column->as.target_count = column->as.baseline_count = 0;
    if (column->take != TAKE_FIGURE) {
        column->as.has_direction = true;
        column->as.direction = 1; /* further is better */
    }
}

static bool is_repeated(const struct framework *framework, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (strcmp(framework_member(framework, i)->id, framework_member(framework, number)->id) ==
            0)
            return true;
    return false;
}

void framework_link_columns(struct framework *framework, struct diag *diag)
{
    for (size_t i = 0; i < framework->column_count; i++) {
        struct framework_column *column = &framework->columns[i];
        if (column->as.id[0] != '\0' && is_repeated(framework, framework->indicator_count + i))
            find_wrong(column, FINDING_ID_REPEATED, "id", column->as.id, "", "", diag);
        if (column->as.weight.is_set && column->as.weight.value.unscaled < 0)
            find_wrong(column, FINDING_NUMBER_OUT, "weight", NULL, "权重不能为负",
                       "a weight is not negative", diag);
        link_parent(framework, column, diag);
        link_indicator(framework, column, diag);
        column->as.has_direction = true; /* even of nothing: that is said already */
        if (column->of == NULL)
            continue;
        link_target(column, diag);
        complete(column);
    }
}
