/* What groups say of how their parts become one value: means, and weights by comparison in pairs. */
#include "proto/base/text.h"
#include "proto/event/framework_composite_schema.h"
#include "proto/event/pairwise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void misfit(struct diag *diag, struct place place, const char *field, const char *value,
                   const char *zh, const char *en)
{
    schema_find(diag, place, FINDING_METHOD_MISFIT, field, value, zh, en);
}

static void validate_mean(const struct framework_group *group, struct diag *diag)
{
    const struct composite_level *level = &group->level;
    bool is_power = level->mean == MEAN_POWER;
    if (is_power != level->power.is_set)
        misfit(diag, group->place, "power", group->id, "power 与 mean: power 须同时给出",
               "a power comes with mean: power, and that with a power");
    if (level->power.is_set && level->power.value.unscaled == 0)
        schema_find(diag, group->place, FINDING_NUMBER_OUT, "power", "0",
                    "0 次幂没有平均；请用 geometric",
                    "there is no such mean; geometric is its limit");
}

/* --- comparisons -------------------------------------------------------------------------------- */

/* The parts of a group that are compared, and how often one is worth the other. */
struct panel {
    struct framework_group *group;
    const char *ids[PAIRWISE_MAX_PARTS];
    double *weights[PAIRWISE_MAX_PARTS];                    /* where they go */
    double matrix[PAIRWISE_MAX_PARTS * PAIRWISE_MAX_PARTS]; /* 0: not compared */
    size_t count;
    bool is_over;  /* there are more parts than are compared */
    bool is_whole; /* no part, no pair is wrong or wanting */
};

static void add_part(struct panel *panel, const char *id, double *weight, bool has_weight,
                     struct place place, struct diag *diag)
{
    if (has_weight)
        misfit(diag, place, "weight", id, "其权重由 pairwise 得出",
               "its weight follows from pairwise");
    panel->is_over |= panel->count == PAIRWISE_MAX_PARTS;
    panel->is_whole &= !has_weight && !panel->is_over;
    if (panel->is_over)
        return;
    panel->ids[panel->count] = id;
    panel->weights[panel->count++] = weight;
}

static void gather_parts(struct framework *framework, struct panel *panel, struct diag *diag)
{
    for (size_t i = 0; i < framework_member_count(framework); i++) {
        struct indicator *indicator = framework_member(framework, i);
        if (indicator->parent == panel->group && indicator->column.has_scale)
            add_part(panel, indicator->id, &indicator->column.judged_weight,
                     indicator->weight.is_set, indicator->place, diag);
    }
    for (size_t i = 0; i < framework->group_count; i++) {
        struct framework_group *group = &framework->groups[i];
        if (group->parent == panel->group)
            add_part(panel, group->id, &group->judged_weight, group->weight.is_set, group->place,
                     diag);
    }
    if (panel->is_over)
        misfit(diag, panel->group->place, "pairwise", panel->group->id, "至多比较 10 项",
               "at most 10 parts are compared");
}

static void find_no_part(const struct panel *panel, const char *id, struct place place,
                         const char *field, struct diag *diag)
{
    const char *near = NULL;
    char zh[160], en[160];
    size_t best = strlen(id) / 3 + 2;
    for (size_t i = 0; i < panel->count; i++) {
        size_t distance = text_distance(panel->ids[i], id);
        near = distance < best ? panel->ids[i] : near;
        best = distance < best ? distance : best;
    }
    snprintf(zh, sizeof zh, "本组之下没有计入综合评分的这一项%s%s", near != NULL ? "；是否指 " : "",
             near != NULL ? near : "");
    snprintf(en, sizeof en, "the group has no such part in a composite%s%s",
             near != NULL ? "; did you mean " : "", near != NULL ? near : "");
    schema_find(diag, place, FINDING_REFERENCE_UNKNOWN, field, id, zh, en);
}

static size_t part_of(struct panel *panel, const char *id, struct place place, const char *field,
                      struct diag *diag)
{
    for (size_t i = 0; i < panel->count; i++)
        if (strcmp(panel->ids[i], id) == 0)
            return i;
    panel->is_whole = false;
    if (id[0] != '\0') /* else it was missed already */
        find_no_part(panel, id, place, field, diag);
    return SIZE_MAX;
}

static void take_comparison(struct panel *panel, const struct comparison *comparison,
                            struct diag *diag)
{
    size_t more = part_of(panel, comparison->more, comparison->place, "more", diag);
    size_t than = part_of(panel, comparison->than, comparison->place, "than", diag);
    if (more == SIZE_MAX || than == SIZE_MAX)
        return;
    if (!(comparison->times >= 1)) { /* it was refused already, and is 0 */
        panel->is_whole = false;
        return;
    }
    double *cell = &panel->matrix[more * panel->count + than];
    if (more == than || *cell != 0) {
        schema_find(diag, comparison->place, FINDING_ID_REPEATED, "pairwise", comparison->more,
                    "每两项比较一次", "each two parts are compared once");
        panel->is_whole = false;
        return;
    }
    *cell = comparison->times;
    panel->matrix[than * panel->count + more] = 1 / comparison->times;
}

static void find_gaps(struct panel *panel, struct diag *diag)
{
    for (size_t i = 0; i < panel->count; i++)
        for (size_t j = 0; j < i; j++) {
            char pair[160];
            if (panel->matrix[i * panel->count + j] != 0)
                continue;
            snprintf(pair, sizeof pair, "%s, %s", panel->ids[j], panel->ids[i]);
            misfit(diag, panel->group->place, "pairwise", pair, "这两项没有比较",
                   "these two are not compared");
            panel->is_whole = false;
        }
}

/* The comparison that the weights agree with least. */
static const struct comparison *odd_one(struct panel *panel, const double *weights)
{
    const struct comparison *odd = NULL;
    double most = -1;
    for (size_t k = 0; k < panel->group->level.comparison_count; k++) {
        const struct comparison *one = &panel->group->level.comparisons[k];
        size_t more = 0, than = 0;
        while (strcmp(panel->ids[more], one->more) != 0)
            more++;
        while (strcmp(panel->ids[than], one->than) != 0)
            than++;
        double off = fabs(log(one->times * weights[than] / weights[more]));
        odd = off > most ? one : odd;
        most = fmax(most, off);
    }
    return odd;
}

static void judge(struct panel *panel, struct diag *diag)
{
    double weights[PAIRWISE_MAX_PARTS];
    char zh[200], en[200];
    double ratio = pairwise_weights(panel->matrix, panel->count, weights);
    panel->group->level.consistency = ratio;
    for (size_t i = 0; i < panel->count; i++)
        *panel->weights[i] = weights[i];
    if (ratio < PAIRWISE_MAX_RATIO)
        return;
    const struct comparison *odd = odd_one(panel, weights);
    snprintf(zh, sizeof zh,
             "判断互相矛盾：一致性比例 CR = %.3f，须小于 0.1；此项与其余各项相差最远", ratio);
    snprintf(
        en, sizeof en,
        "the comparisons contradict each other: consistency ratio CR = %.3f, below 0.1 is wanted;"
        " this one is furthest from the others",
        ratio);
    schema_find(diag, odd->place, FINDING_NUMBER_OUT, "pairwise", panel->group->id, zh, en);
}

static void validate_comparisons(struct framework *framework, struct framework_group *group,
                                 struct diag *diag)
{
    struct panel panel = {.group = group, .is_whole = true};
    if (group->level.comparison_count == 0)
        return;
    if (group->level.weights != WEIGHTS_GIVEN)
        misfit(diag, group->place, "weights", group->id, "pairwise 与 weights 只用其一",
               "either pairwise or weights");
    gather_parts(framework, &panel, diag);
    for (size_t i = 0; i < panel.count; i++)
        panel.matrix[i * panel.count + i] = 1;
    for (size_t i = 0; i < group->level.comparison_count && panel.is_whole; i++)
        take_comparison(&panel, &group->level.comparisons[i], diag);
    if (panel.is_whole)
        find_gaps(&panel, diag);
    if (panel.is_whole)
        judge(&panel, diag);
}

/* Source  EVALUATION-METHODS.md 3.1 (SDSN: a missing goal takes the mean of its region). */
static void validate_fill(const struct framework *framework, const struct framework_group *group,
                          struct diag *diag)
{
    if (group->level.fill.method > FILL_GROUP_MEDIAN)
        misfit(diag, group->place, "fill", group->id,
               "分组只能用 mean、median、group_mean、group_median",
               "a group is filled by mean, median, group_mean or group_median");
    for (size_t i = 0; i < framework->composite_count && group->level.fill.method != FILL_NONE; i++)
        if (strcmp(framework->composites[i].root_id, group->id) == 0)
            misfit(diag, group->place, "fill", group->id, "综合得分本身不补缺",
                   "the score itself is not filled in");
}

void framework_validate_levels(struct framework *framework, struct diag *diag)
{
    for (size_t i = 0; i < framework->group_count; i++) {
        validate_mean(&framework->groups[i], diag);
        validate_fill(framework, &framework->groups[i], diag);
        validate_comparisons(framework, &framework->groups[i], diag);
    }
}
