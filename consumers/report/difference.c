#include "consumers/report/difference.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *id, *zh, *en;
} causes[CAUSE_COUNT] = {
#define X(name, id, zh, en) {id, zh, en},
    CAUSE_TABLE(X)
#undef X
};

const char *cause_id(enum cause cause)
{
    return causes[cause].id;
}

const char *cause_text_zh(enum cause cause)
{
    return causes[cause].zh;
}

/* --- sides -------------------------------------------------------------------------------------- */

static enum err keep(void *context, const struct judgement *judgement)
{
    struct side *side = context;
    if (side->count == side->capacity) {
        size_t capacity = side->capacity ? 2 * side->capacity : 256;
        struct judgement *larger = realloc(side->items, capacity * sizeof *larger);
        if (!larger)
            return ERR_NOMEM;
        side->items = larger;
        side->capacity = capacity;
    }
    side->items[side->count++] = *judgement;
    return ERR_OK;
}

enum err side_init(const struct basis *basis, const struct basis_view *view, struct side *out)
{
    struct side side = {0};
    enum err err = basis_evaluate(basis, view, &side.evaluation, &side.as_of);
    if (!err)
        err = evaluation_judge_all(side.evaluation, side.as_of, keep, &side);
    if (err)
        side_fini(&side);
    else
        *out = side;
    return err;
}

void side_fini(struct side *side)
{
    evaluation_free(side->evaluation);
    free(side->items);
    *side = (struct side){0};
}

static const char *target_id(const struct judgement *judgement)
{
    return judgement->target ? judgement->target->id : "";
}

static const struct judgement *find(const struct side *side, const struct judgement *wanted)
{
    for (size_t i = 0; i < side->count; i++) {
        const struct judgement *item = &side->items[i];
        if (item->region == wanted->region && !strcmp(target_id(item), target_id(wanted)) &&
            !strcmp(item->indicator->id, wanted->indicator->id))
            return item;
    }
    return NULL;
}

/* --- causes ------------------------------------------------------------------------------------- */

static bool is_number_same(const struct judgement *a, const struct judgement *b,
                           enum judgement_number number)
{
    if (judgement_has(a, number) != judgement_has(b, number))
        return false;
    return !judgement_has(a, number) || a->numbers[number] == b->numbers[number];
}

static bool are_numbers_same(const struct judgement *a, const struct judgement *b)
{
    for (int i = 0; i < NUMBER_COUNT; i++)
        if (!is_number_same(a, b, (enum judgement_number)i))
            return false;
    return true;
}

static bool is_period_same(struct optional_period a, struct optional_period b)
{
    if (a.is_set != b.is_set)
        return false;
    return !a.is_set || period_key(a.period) == period_key(b.period);
}

static bool is_same(const struct judgement *a, const struct judgement *b)
{
    return a->verdict == b->verdict && a->is_provisional == b->is_provisional &&
           a->reason == b->reason && is_period_same(a->period, b->period) &&
           is_period_same(a->baseline_period, b->baseline_period) && are_numbers_same(a, b);
}

static enum method method_of(const struct judgement *judgement)
{
    return judgement->target ? target_method(judgement->indicator, judgement->target)
                             : judgement->indicator->method;
}

static bool is_decimal_same(struct optional_decimal a, struct optional_decimal b)
{
    if (a.is_set != b.is_set)
        return false;
    return !a.is_set || decimal_compare(a.value, b.value) == 0;
}

static bool is_baseline_same(const struct judgement *a, const struct judgement *b)
{
    const struct baseline *x = indicator_baseline(a->indicator, a->target, a->region);
    const struct baseline *y = indicator_baseline(b->indicator, b->target, b->region);
    if (!x || !y)
        return x == y;
    return is_period_same(x->period, y->period) && is_decimal_same(x->value, y->value);
}

/* What the framework says, not what the figures make of it. */
static bool is_rule_same(const struct judgement *a, const struct judgement *b)
{
    bool is_target_same = !a->target == !b->target;
    if (is_target_same && a->target)
        is_target_same = a->target->comparator == b->target->comparator &&
                         is_decimal_same(a->target->value, b->target->value) &&
                         is_period_same(a->target->deadline, b->target->deadline);
    return is_target_same && method_of(a) == method_of(b) && is_baseline_same(a, b);
}

static bool cites(const struct judgement *judgement, struct address address)
{
    for (size_t i = 0; i < judgement->evidence_count; i++)
        if (judgement->evidence[i].sequence == address.sequence &&
            judgement->evidence[i].index == address.index)
            return true;
    return false;
}

/* What the figures that only `after` rests on are. */
static uint32_t causes_in_figures(const struct basis *basis, const struct judgement *before,
                                  const struct judgement *after)
{
    uint32_t found = 0;
    for (size_t i = 0; i < after->evidence_count; i++) {
        struct period period;
        if (cites(before, after->evidence[i]))
            continue;
        const struct figure *figure = basis_find(basis, after->evidence[i]);
        if (!figure) {
            found |= 1u << CAUSE_ASSUMED;
            continue;
        }
        bool is_newer =
            figure->event->body_case == SONGHUA__V1__EVENT__BODY_OBSERVATION &&
            !period_parse(figure->event->observation->period, &period, NULL) &&
            (!before->period.is_set || period_key(period) > period_key(before->period.period));
        found |= 1u << (is_newer ? CAUSE_NEW_FIGURE : CAUSE_REVISION);
    }
    return found;
}

static uint32_t causes_of(const struct basis *basis, const struct judgement *before,
                          const struct judgement *after)
{
    uint32_t found = 0;
    if (!before)
        return 1u << CAUSE_NEW_ITEM;
    if (!after)
        return 1u << CAUSE_GONE_ITEM;
    if (!is_rule_same(before, after))
        found |= 1u << CAUSE_RULE;
    found |= causes_in_figures(basis, before, after);
    bool has_lost_figure = before->period.is_set &&
                           (!after->period.is_set ||
                            period_key(after->period.period) < period_key(before->period.period));
    if (has_lost_figure)
        found |= 1u << CAUSE_RETRACTION;
    return found ? found : 1u << CAUSE_TIME;
}

/* --- comparing ---------------------------------------------------------------------------------- */

enum err difference_each(const struct basis *basis, const struct side *before,
                         const struct side *after, difference_visit *visit, void *context)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < after->count && !err; i++) {
        const struct judgement *now = &after->items[i], *then = find(before, now);
        const struct difference difference = {then, now, causes_of(basis, then, now)};
        if (!then || !is_same(then, now))
            err = visit(context, &difference);
    }
    for (size_t i = 0; i < before->count && !err; i++) {
        const struct difference difference = {&before->items[i], NULL, 1u << CAUSE_GONE_ITEM};
        if (!find(after, &before->items[i]))
            err = visit(context, &difference);
    }
    return err;
}
