/* Doubts between sources, and what a reporter answers. */
#include "consumers/evaluate/doubts.h"
#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <string.h>

#define KIND(name) SONGHUA__V1__DOUBT_KIND__DOUBT_##name

static const struct as_of now = {UINT64_MAX, UINT64_MAX};

Test(doubts, a_figure_that_is_not_plausible_is_doubted_and_one_at_the_bound_is_not, .timeout = 10)
{
    static const struct {
        const char *value;
        double bound;
    } cases[] = {{"-0.1", 0}, {"100.01", 100}};
    struct record record =
        record_of("    plausible: {min: 0, max: 100}\n    checks: {revision: 0}\n");
    record_add(&record, "2020", "100", 'A');
    cr_expect_eq(record_doubts(&record).count, 0);
    record_add(&record, "2020", "0", 'A');
    cr_expect_eq(record_doubts(&record).count, 0);
    for (size_t i = 0; i < 2; i++) {
        record_add(&record, "2020", cases[i].value, 'A');
        struct doubts_found found = record_doubts(&record);
        cr_assert_eq(found.count, 1);
        cr_expect_eq(found.last.kind, KIND(RANGE));
        cr_expect_eq(found.last.expected, cases[i].bound);
    }
    record_free(&record);
}

static const char sources[] =
    "framework: f\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n"
    "  - {id: x, name: {zh: 人口, en: x}, kind: count, unit: 人, regions: [220000], checks: {no_copy: true, revision: 0},\n"
    "     definitions: [{id: census, name: {zh: 普查, en: c}, primary: true}, {id: year_end, name: {zh: 年末, en: e}}]}\n"
    "  - {id: y, name: {zh: 公安口径, en: y}, kind: count, unit: 万人, regions: [220000], checks: {no_copy: true, revision: 0}}\n"
    "identities:\n"
    "  - {id: two_counts, kind: same, of: x, definition: year_end, tolerance: 0.01}\n"
    "  - {id: two_offices, kind: same, of: x, with: y, tolerance: 0.1}\n";

static void add_from(struct record *record, const char *indicator, const char *definition,
                     int64_t value)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    const struct address address = {++record->sequence, 0};
    observation.indicator = (char *)(uintptr_t)indicator;
    observation.definition = (char *)(uintptr_t)definition;
    observation.period = (char *)"2020";
    observation.unscaled = value;
    cr_assert_eq(evaluation_add_observation(record->evaluation, 220000, &observation, address, 0),
                 ERR_OK);
}

Test(doubts, two_sources_that_differ_beyond_what_is_allowed_are_doubted, .timeout = 10)
{
    struct record record = record_with(sources);
    add_from(&record, "x", "census", 24073453);
    cr_expect_eq(record_doubts(&record).count, 0, "the others say nothing");
    add_from(&record, "x", "year_end", 23990000);
    add_from(&record, "y", "", 2399);
    cr_expect_eq(record_doubts(&record).count, 0, "0.35 %");
    add_from(&record, "x", "year_end", 23500000);
    struct doubts_found found = record_doubts(&record);
    const struct doubt *doubt = &found.last;
    cr_assert_eq(found.count, 1);
    cr_expect_eq(doubt->kind, KIND(SOURCES));
    cr_expect_eq(doubt->expected, 23500000);
    cr_expect_eq(doubt->measure, 573453);
    cr_expect_eq(doubt->evidence_count, 2);
    cr_expect_str_eq(doubt->identity->id, "two_counts");
    add_from(&record, "x", "year_end", 24000000);
    add_from(&record, "y", "", 2000);
    found = record_doubts(&record);
    cr_expect_eq(found.count, 1);
    cr_expect_eq(found.last.expected, 20000000, "in the figure's unit");
    record_free(&record);
}

static enum err note_place(void *context, const struct doubt_place *place)
{
    bool *is_about_x = context;
    *is_about_x = *is_about_x || (!strcmp(place->indicator->id, "x") && place->definition &&
                                  !strcmp(place->definition->id, "census"));
    return ERR_OK;
}

Test(doubts, what_another_source_says_touches_the_figure_that_is_judged, .timeout = 10)
{
    struct record record = record_with(sources);
    const struct indicator *x = framework_indicator(record.framework, "x");
    struct doubt_place places[] = {
        {framework_indicator(record.framework, "y"), NULL, 220000, {2020, FREQUENCY_YEAR, 0}},
        {x, indicator_definition(x, "year_end"), 220000, {2020, FREQUENCY_YEAR, 0}}};
    for (size_t i = 0; i < 2; i++) {
        bool is_about_x = false;
        cr_assert_eq(doubts_touched(record.evaluation, now, &places[i], note_place, &is_about_x),
                     ERR_OK);
        cr_expect(is_about_x);
    }
    record_free(&record);
}

/* --- answers ----------------------------------------------------------------------------------- */

struct seen {
    size_t open, answered;
};

static enum err see(void *context, const struct doubt *doubt)
{
    struct seen *seen = context;
    *(doubt->is_answered ? &seen->answered : &seen->open) += 1;
    return ERR_OK;
}

static struct seen look(const struct record *record)
{
    struct seen seen = {0};
    cr_assert_eq(doubts_all(record->evaluation, now, see, &seen), ERR_OK);
    return seen;
}

static void confirm(struct record *record, int64_t unscaled)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    const struct address address = {++record->sequence, 0};
    observation.indicator = (char *)"x";
    observation.period = (char *)"2023";
    observation.unscaled = unscaled;
    observation.decimals = 2;
    observation.confirmed = true;
    cr_assert_eq(evaluation_add_observation(record->evaluation, 220000, &observation, address, 0),
                 ERR_OK);
}

Test(doubts, a_confirmed_figure_is_no_longer_in_doubt_until_another_takes_its_place, .timeout = 10)
{
    static const char *const values[] = {"1.30", "1.39", "1.43", "155"};
    struct record record = record_of("    direction: up\n");
    char period[] = "2020";
    for (size_t i = 0; i < 4; i++, period[3]++)
        record_add(&record, period, values[i], 'A');
    cr_expect_eq(look(&record).open, 1);
    confirm(&record, 15500);
    struct seen seen = look(&record);
    cr_expect_eq(seen.open, 0);
    cr_expect_eq(seen.answered, 1, "it is still said");
    struct judgement judgement = record_judge(&record, "");
    cr_expect_eq(judgement.value.value.decimals, 2, "the figure is what was reported");
    record_add(&record, "2023", "154", 'A');
    cr_expect_geq(look(&record).open, 1, "of this one nobody has said so");
    record_free(&record);
}
