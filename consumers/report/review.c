#include "consumers/report/review.h"

#include "proto/event/unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AVAILABLE_OF = 5, AVAILABLE_AT_LEAST = 4 };

size_t review_count(const struct review *review)
{
    return review->years[review->year_count - 1].count;
}

const struct judgement *review_at(const struct review *review, size_t year, size_t index)
{
    return &review->years[year].items[index];
}

/* --- years -------------------------------------------------------------------------------------- */

uint64_t review_moment_ms(unsigned year)
{
    const struct period after = {.year = (uint16_t)(year + 1), .frequency = FREQUENCY_YEAR};
    return year ? period_end_ms(after) - 1 : 0;
}

static enum err judge_years(struct review *review)
{
    enum err err = ERR_OK;
    for (unsigned year = review->options.first_year; year <= review->options.last_year && !err;
         year++) {
        const struct basis_view view = {.last_year = year, .judge_ms = review_moment_ms(year)};
        err = side_init(review->basis, &view, &review->years[review->year_count]);
        if (!err)
            review->year_count++;
    }
    if (err)
        return err;
    const struct side *last = &review->years[review->year_count - 1];
    review->framework = evaluation_framework(last->evaluation, last->as_of);
    return ERR_OK;
}

/* --- regions ------------------------------------------------------------------------------------ */

static int compare_codes(const void *a, const void *b)
{
    uint32_t x = ((const struct review_region *)a)->code;
    uint32_t y = ((const struct review_region *)b)->code;
    return x < y ? -1 : x > y;
}

static struct review_region *find_region(const struct review *review, uint32_t code)
{
    for (size_t i = 0; i < review->region_count; i++)
        if (review->regions[i].code == code)
            return &review->regions[i];
    return NULL;
}

static enum err list_regions(struct review *review)
{
    const struct side *last = &review->years[review->year_count - 1];
    review->regions = calloc(last->count + 1, sizeof *review->regions);
    if (!review->regions)
        return ERR_NOMEM;
    for (size_t i = 0; i < last->count; i++)
        if (!find_region(review, last->items[i].region))
            review->regions[review->region_count++].code = last->items[i].region;
    qsort(review->regions, review->region_count, sizeof *review->regions, compare_codes);
    return ERR_OK;
}

/* --- parts -------------------------------------------------------------------------------------- */

struct mean {
    double sum;
    size_t count;
};

static void mean_add(struct mean *mean, double value)
{
    mean->sum += value;
    mean->count++;
}

static double mean_of(const struct mean *mean)
{
    return mean->count ? mean->sum / (double)mean->count : NAN;
}

static bool is_quantified(const struct judgement *judgement)
{
    return judgement->target && judgement->target->is_quantified;
}

static bool is_judged(const struct judgement *judgement)
{
    return judgement->verdict != SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA;
}

static bool is_duty(const struct judgement *judgement)
{
    return judgement->indicator->kind == KIND_MILESTONE || judgement->indicator->kind == KIND_DUTY;
}

static bool is_good(const struct judgement *judgement)
{
    return judgement->verdict == SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACHIEVED ||
           judgement->verdict == SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK;
}

/* How far the figure reaches the target, 0 to 100; NaN where a share has no meaning. */
static double reach(const struct judgement *judgement)
{
    if (!judgement_has(judgement, NUMBER_VALUE) || !judgement_has(judgement, NUMBER_TARGET))
        return NAN;
    double value = judgement->numbers[NUMBER_VALUE], target = judgement->numbers[NUMBER_TARGET];
    if (!(value > 0) || !(target > 0))
        return NAN;
    double share = judgement->indicator->direction < 0 ? target / value : value / target;
    return 100 * fmin(1, share);
}

struct means {
    struct mean level, progress, duties;
};

static void take_judgement(const struct review *review, size_t index, struct review_region *region,
                           struct means *means)
{
    const struct judgement *last = review_at(review, review->year_count - 1, index);
    region->verdicts[last->verdict]++;
    if (is_duty(last)) {
        if (is_judged(last) && last->verdict != SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_TARGET &&
            last->verdict != SONGHUA__V1__JUDGEMENT__JUDGEMENT_EXEMPT)
            mean_add(&means->duties, is_good(last) ? 100 : 0);
        return;
    }
    if (!is_quantified(last))
        return;
    region->targets++;
    region->judged += is_judged(last);
    double level = reach(last);
    if (is_judged(last) && !isnan(level))
        mean_add(&means->level, level);
    for (size_t year = 0; year < review->year_count; year++) {
        const struct judgement *then = review_at(review, year, index);
        if (is_judged(then) && judgement_has(then, NUMBER_POINTS))
            mean_add(&means->progress, (then->numbers[NUMBER_POINTS] + 5) * 10);
    }
}

static void weigh(const struct review *review, struct review_region *region)
{
    double sum = 0, weights = 0;
    for (int i = 0; i < PART_COUNT; i++) {
        if (isnan(region->parts[i]))
            continue;
        sum += review->options.weights[i] * region->parts[i];
        weights += review->options.weights[i];
    }
    bool has_something = !isnan(region->parts[PART_LEVEL]) ||
                         !isnan(region->parts[PART_PROGRESS]) || !isnan(region->parts[PART_DUTIES]);
    region->total = has_something && weights > 0 ? sum / weights : NAN;
}

static void measure(const struct review *review, struct review_region *region)
{
    struct means means = {0};
    for (size_t i = 0; i < review_count(review); i++)
        if (review_at(review, review->year_count - 1, i)->region == region->code)
            take_judgement(review, i, region, &means);
    region->parts[PART_LEVEL] = mean_of(&means.level);
    region->parts[PART_PROGRESS] = mean_of(&means.progress);
    region->parts[PART_DUTIES] = mean_of(&means.duties);
    region->parts[PART_QUALITY] =
        region->expected ? 100.0 * (double)region->received / (double)region->expected : NAN;
    weigh(review, region);
}

static bool may_be_ranked(const struct review_region *region)
{
    return region->targets && !isnan(region->total) &&
           region->judged * AVAILABLE_OF >= region->targets * AVAILABLE_AT_LEAST;
}

/* Ties share a place: one more than the number of those that are strictly better. */
static void rank(struct review *review)
{
    for (size_t i = 0; i < review->region_count; i++) {
        struct review_region *region = &review->regions[i];
        if (!may_be_ranked(region))
            continue;
        region->rank = 1;
        for (size_t j = 0; j < review->region_count; j++)
            if (may_be_ranked(&review->regions[j]) && review->regions[j].total > region->total)
                region->rank++;
    }
}

/* --- what was reported -------------------------------------------------------------------------- */

/* Observations and retractions in order of what they are about, then of address. */
struct subject {
    const struct figure *figure;
    const char *indicator, *definition;
    uint32_t region, period;
};

static int compare_subjects(const void *left, const void *right)
{
    const struct subject *a = left, *b = right;
    int order = strcmp(a->indicator, b->indicator);
    if (!order)
        order = a->region < b->region ? -1 : a->region > b->region;
    if (!order)
        order = a->period < b->period ? -1 : a->period > b->period;
    if (!order)
        order = strcmp(a->definition, b->definition);
    if (!order)
        order = a->figure < b->figure ? -1 : a->figure > b->figure;
    return order;
}

static bool find_subject(const struct figure *figure, struct subject *out)
{
    struct period period;
    const Songhua__V1__Event *event = figure->event;
    const char *text;
    *out = (struct subject){.figure = figure, .region = figure->region};
    if (event->body_case == SONGHUA__V1__EVENT__BODY_OBSERVATION) {
        out->indicator = event->observation->indicator;
        out->definition = event->observation->definition;
        text = event->observation->period;
    } else if (event->body_case == SONGHUA__V1__EVENT__BODY_RETRACTION) {
        out->indicator = event->retraction->indicator;
        out->definition = event->retraction->definition;
        text = event->retraction->period;
    } else {
        return false;
    }
    if (period_parse(text, &period, NULL))
        return false;
    out->period = period_key(period);
    return true;
}

static bool is_same_subject(const struct subject *a, const struct subject *b)
{
    return a->region == b->region && a->period == b->period &&
           !strcmp(a->indicator, b->indicator) && !strcmp(a->definition, b->definition);
}

static bool is_same_report(const struct subject *a, const struct subject *b)
{
    return a->region == b->region && a->period == b->period && !strcmp(a->indicator, b->indicator);
}

static bool is_in_window(const struct review *review, uint32_t period)
{
    unsigned year = period_from_key(period).year;
    return year >= review->options.first_year && year <= review->options.last_year;
}

/* Half of the last digit that was reported, in the indicator's unit, and the figure there. False: of
 * another unit. */
static bool reported_in(const struct figure *figure, const char *unit, double *value, double *half)
{
    const Songhua__V1__Observation *observation = figure->event->observation;
    const char *own = *observation->unit ? observation->unit : unit;
    const struct decimal reported = {observation->unscaled, observation->decimals};
    const struct decimal last_digit = {1, observation->decimals};
    struct decimal here, digit;
    if (unit_convert(reported, own, unit, &here) || unit_convert(last_digit, own, unit, &digit))
        return false;
    *value = decimal_to_double(here);
    *half = decimal_to_double(digit) / 2;
    return true;
}

/* Whether one figure is not the other one, rounded: 187.3 亿 and 1872794 万 are the same figure. */
static bool is_revised(const struct indicator *indicator, const struct figure *first,
                       const struct figure *last)
{
    double a, b, half_a, half_b;
    if (!reported_in(first, indicator->unit, &a, &half_a) ||
        !reported_in(last, indicator->unit, &b, &half_b))
        return true;
    return fabs(a - b) > fmax(half_a, half_b) * (1 + 1e-9);
}

/* The vintages of one subject are `first` to `last`; the last one is in force. `is_counted`: another
 * definition of the same figure was counted already. */
static void take_subject(struct review *review, const struct subject *first,
                         const struct subject *last, bool *is_counted)
{
    const struct indicator *indicator = framework_indicator(review->framework, first->indicator);
    const Songhua__V1__Event *event = last->figure->event;
    if (!is_in_window(review, first->period) || !indicator ||
        event->body_case != SONGHUA__V1__EVENT__BODY_OBSERVATION)
        return;
    struct review_region *region = find_region(review, first->region);
    bool is_due_form =
        period_from_key(first->period).frequency == cadence_frequency(indicator->cadence);
    if (region && is_due_form && indicator->cadence != CADENCE_ONCE &&
        indicator_has_region(indicator, first->region) && !*is_counted) {
        region->received++;
        *is_counted = true;
    }
    if (first->figure->event->body_case == SONGHUA__V1__EVENT__BODY_OBSERVATION &&
        is_revised(indicator, first->figure, last->figure))
        review->revisions[review->revision_count++] =
            (struct review_revision){first->figure, last->figure};
}

/* Figures due in the window by the end of the year after it. Several definitions of one period count
 * once: what is due is a figure, not each way of counting. */
static void count_expected(struct review *review)
{
    static const uint64_t a_year[] = {
        [CADENCE_YEAR] = 1, [CADENCE_QUARTER] = 4, [CADENCE_MONTH] = 12, [CADENCE_ONCE] = 0};
    uint64_t years = review->options.last_year - review->options.first_year + 1;
    for (size_t i = 0; i < review->framework->indicator_count; i++) {
        const struct indicator *indicator = &review->framework->indicators[i];
        for (size_t j = 0; j < indicator->region_count; j++) {
            struct review_region *region = find_region(review, indicator->regions[j]);
            if (region && indicator->kind != KIND_MILESTONE && indicator->kind != KIND_DUTY)
                region->expected += years * a_year[indicator->cadence];
        }
    }
}

static enum err look_at_reports(struct review *review)
{
    size_t count = 0, figures = review->basis->figure_count;
    struct subject *subjects = calloc(figures + 1, sizeof *subjects);
    review->revisions = calloc(figures + 1, sizeof *review->revisions);
    if (!subjects || !review->revisions) {
        free(subjects);
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < figures; i++)
        count += find_subject(&review->basis->figures[i], &subjects[count]);
    qsort(subjects, count, sizeof *subjects, compare_subjects);
    bool is_counted = false;
    for (size_t i = 0, next; i < count; i = next) {
        is_counted = is_counted && i && is_same_report(&subjects[i - 1], &subjects[i]);
        for (next = i + 1; next < count && is_same_subject(&subjects[i], &subjects[next]);)
            next++;
        take_subject(review, &subjects[i], &subjects[next - 1], &is_counted);
    }
    free(subjects);
    count_expected(review);
    return ERR_OK;
}

/* ------------------------------------------------------------------------------------------------ */

enum err review_new(const struct basis *basis, const struct review_options *options,
                    struct review **out)
{
    if (options->last_year < options->first_year ||
        options->last_year - options->first_year >= REVIEW_MAX_YEARS)
        return ERR_USAGE;
    struct review *review = calloc(1, sizeof *review);
    if (!review)
        return ERR_NOMEM;
    review->basis = basis;
    review->options = *options;
    enum err err = judge_years(review);
    if (!err)
        err = list_regions(review);
    if (!err)
        err = look_at_reports(review);
    if (err) {
        review_free(review);
        return err;
    }
    for (size_t i = 0; i < review->region_count; i++)
        measure(review, &review->regions[i]);
    rank(review);
    *out = review;
    return ERR_OK;
}

void review_free(struct review *review)
{
    if (!review)
        return;
    for (size_t i = 0; i < review->year_count; i++)
        side_fini(&review->years[i]);
    free(review->regions);
    free(review->revisions);
    free(review);
}
