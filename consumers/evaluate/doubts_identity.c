/* What the framework's identities say of a figure. doubts.h has the rules. */
#include "consumers/evaluate/window.h"
#include "proto/event/unit.h"

#include <math.h>

#define KIND(name) SONGHUA__V1__DOUBT_KIND__DOUBT_##name

/* One identity being held against one figure. */
struct holding {
    const struct evaluation *evaluation;
    const struct figure_identity *identity;
    const struct window *window;
    struct doubt doubt; /* with what is found so far */
};

/* The figure of an indicator that the identity names, as judged. */
static bool figure_of(struct holding *holding, const struct indicator *indicator, uint32_t region,
                      struct period period, struct point *out)
{
    struct history history =
        evaluation_history(holding->evaluation, holding->window->history->as_of, indicator, region);
    if (history_at(&history, period, out) != POINT_USABLE)
        return false;
    doubt_cite(&holding->doubt, out->address);
    return true;
}

/* What rounding leaves open in the figure as it was reported, and what the framework allows. */
static double allowance(const struct holding *holding)
{
    const struct point *own = &holding->window->points[holding->window->at];
    return 0.5 * pow(10, -(double)own->value.decimals) +
           holding->identity->tolerance * fabs(own->number);
}

static bool expect_ratio(struct holding *holding)
{
    const struct figure_identity *identity = holding->identity;
    const struct doubt_place *place = &holding->doubt.place;
    struct point above, below;
    holding->doubt.kind = KIND(RATIO);
    if (!figure_of(holding, identity->numerator, place->region, place->period, &above) ||
        !figure_of(holding, identity->denominator, place->region, place->period, &below) ||
        below.number == 0)
        return false;
    holding->doubt.expected =
        decimal_to_double(identity->factor.value) * above.number / below.number;
    return true;
}

static bool expect_sum(struct holding *holding)
{
    const struct figure_identity *identity = holding->identity;
    const struct doubt_place *place = &holding->doubt.place;
    struct point point;
    holding->doubt.kind = KIND(SUM);
    for (size_t i = 0; i < identity->region_count; i++) {
        if (!figure_of(holding, identity->of, identity->regions[i], place->period, &point))
            return false;
        holding->doubt.expected += point.number;
    }
    return place->region == identity->region;
}

static bool expect_whole(struct holding *holding)
{
    const struct figure_identity *identity = holding->identity;
    const struct doubt_place *place = &holding->doubt.place;
    struct point point;
    struct decimal value;
    holding->doubt.kind = KIND(PART);
    if (!figure_of(holding, identity->whole, place->region, place->period, &point) ||
        unit_convert(point.value, identity->whole->unit, identity->of->unit, &value) != ERR_OK)
        return false;
    holding->doubt.expected = decimal_to_double(value);
    return true;
}

/* The figure of the period before within the year; of the first period, nothing was before. */
static bool expect_difference(struct holding *holding)
{
    const struct figure_identity *identity = holding->identity;
    const struct doubt_place *place = &holding->doubt.place;
    const struct definition *definition =
        indicator_definition(identity->of, identity->definition_id);
    struct history history =
        evaluation_history_of(holding->evaluation, holding->window->history->as_of, identity->of,
                              definition, place->region);
    struct period before = place->period;
    struct point to, from = {0};
    before.part--;
    holding->doubt.kind = KIND(DIFFERENCE);
    if (place->period.part == 0 || history_at(&history, place->period, &to) != POINT_USABLE ||
        (before.part > 0 && history_at(&history, before, &from) != POINT_USABLE))
        return false;
    doubt_cite(&holding->doubt, to.address);
    if (before.part > 0)
        doubt_cite(&holding->doubt, from.address);
    holding->doubt.expected = to.number - from.number;
    return true;
}

/* What the other source says, in the figure's unit. */
static bool expect_same(struct holding *holding)
{
    const struct figure_identity *identity = holding->identity;
    const struct doubt_place *place = &holding->doubt.place;
    const struct indicator *other = identity->with != NULL ? identity->with : identity->of;
    struct history history =
        evaluation_history_of(holding->evaluation, holding->window->history->as_of, other,
                              identity_other(identity), place->region);
    struct point point;
    struct decimal value;
    holding->doubt.kind = KIND(SOURCES);
    if (history_at(&history, place->period, &point) != POINT_USABLE ||
        unit_convert(point.value, other->unit, identity->of->unit, &value) != ERR_OK)
        return false;
    doubt_cite(&holding->doubt, point.address);
    holding->doubt.expected = decimal_to_double(value);
    return true;
}

typedef bool expectation(struct holding *holding);

static enum err hold(struct holding *holding, doubt_visit *visit, void *context)
{
    static expectation *const expectations[] = {
        [IDENTITY_RATIO] = expect_ratio, [IDENTITY_SUM] = expect_sum,
        [IDENTITY_PART] = expect_whole,  [IDENTITY_CUMULATIVE] = expect_difference,
        [IDENTITY_SAME] = expect_same,
    };
    struct doubt *doubt = &holding->doubt;
    if (!expectations[holding->identity->kind](holding))
        return ERR_OK;
    doubt->identity = holding->identity;
    double above = doubt->value - doubt->expected;
    doubt->measure = holding->identity->kind == IDENTITY_PART ? above : fabs(above);
    doubt->limit = allowance(holding);
    return doubt->measure > doubt->limit ? doubt_say(doubt, visit, context) : ERR_OK;
}

/* Identities are about the figures that are judged. */
enum err doubts_of_identities(const struct evaluation *evaluation, const struct window *window,
                              const struct doubt_place *place, doubt_visit *visit, void *context)
{
    const struct framework *framework = evaluation_framework(evaluation, window->history->as_of);
    enum err err = ERR_OK;
    if (place->definition != indicator_primary_definition(place->indicator))
        return ERR_OK;
    for (size_t i = 0; i < framework->identity_count && err == ERR_OK; i++) {
        const struct figure_identity *identity = &framework->identities[i];
        if (identity->of != place->indicator)
            continue;
        struct holding holding = {.evaluation = evaluation,
                                  .identity = identity,
                                  .window = window,
                                  .doubt = window_doubt(window, place, KIND(RATIO))};
        err = hold(&holding, visit, context);
    }
    return err;
}
