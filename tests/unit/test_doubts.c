#include "consumers/evaluate/doubts.h"
#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define KIND(name) SONGHUA__V1__DOUBT_KIND__DOUBT_##name
#define PLAIN      "    direction: up\n"

static const struct as_of now = {UINT64_MAX, UINT64_MAX};

enum { FOUND_MAX = 64 };

struct found {
    struct doubt doubts[FOUND_MAX];
    size_t count;
};

static enum err take(void *context, const struct doubt *doubt)
{
    struct found *found = context;
    cr_assert_lt(found->count, FOUND_MAX);
    found->doubts[found->count++] = *doubt;
    return ERR_OK;
}

static struct found find_at(const struct evaluation *evaluation, struct as_of as_of)
{
    struct found found = {.count = 0};
    cr_assert_eq(doubts_all(evaluation, as_of, take, &found), ERR_OK);
    return found;
}

static struct found find(const struct record *record)
{
    return find_at(record->evaluation, now);
}

/* The only doubt there is. */
static const struct doubt *only(const struct found *found, Songhua__V1__DoubtKind kind,
                                const char *period)
{
    char text[PERIOD_TEXT_BYTES];
    for (size_t i = 0; i < found->count; i++) {
        period_format(found->doubts[i].place.period, text);
        fprintf(stderr, "doubt %d %s\n", (int)found->doubts[i].kind, text);
    }
    cr_assert_eq(found->count, 1, "%zu doubts", found->count);
    period_format(found->doubts[0].place.period, text);
    cr_expect_str_eq(text, period);
    cr_assert_eq(found->doubts[0].kind, kind);
    return &found->doubts[0];
}

static void add_series(struct record *record, int year, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char period[8];
        snprintf(period, sizeof period, "%d", year + (int)i);
        record_add(record, period, values[i], 'A');
    }
}

/* R&D expenditure of Jilin, 亿元, 2015 to 2023. */
static const char *const expenditure[] = {"141.4", "139.7", "128.0", "115.0", "148.4",
                                          "159.5", "183.7", "187.3", "210.2"};
enum { YEARS = sizeof expenditure / sizeof *expenditure };

/* --- real figures ------------------------------------------------------------------------------- */

Test(doubts, the_published_expenditure_is_not_doubted, .timeout = 10)
{
    struct record record = record_of(PLAIN);
    add_series(&record, 2015, expenditure, YEARS);
    record_add(&record, "2024", "231.7", 'A');
    cr_expect_eq(find(&record).count, 0);
    record_free(&record);
}

Test(doubts, the_figure_of_2023_that_the_press_gave_for_2024_is_a_copy, .timeout = 10)
{
    struct record record = record_of(PLAIN);
    add_series(&record, 2015, expenditure, YEARS);
    record_add(&record, "2024", "210.2", 'A');
    struct found found = find(&record);
    const struct doubt *doubt = only(&found, KIND(COPY), "2024");
    cr_expect_eq(doubt->other_period.period.year, 2023);
    cr_expect_eq(doubt->evidence[0].sequence, 10);
    cr_expect_eq(doubt->evidence[1].sequence, 9);
    record_add(&record, "2024", "231.7", 'A');
    found = find(&record);
    only(&found, KIND(REVISION), "2024"); /* 10.2 % is more than a tenth */
    cr_expect_eq(find_at(record.evaluation, (struct as_of){9, UINT64_MAX}).count, 0);
    record_free(&record);
}

Test(doubts, the_intensity_of_2018_was_revised_beyond_the_usual, .timeout = 10)
{
    static const char *const published[] = {"1.01", "0.94", "0.86", "0.76", "1.27"};
    struct record record = record_of(PLAIN);
    add_series(&record, 2015, published, 5);
    cr_expect_eq(find(&record).count, 0);
    record_add(&record, "2018", "1.02", 'A');
    struct found found = find(&record);
    const struct doubt *doubt = only(&found, KIND(REVISION), "2018");
    cr_expect(fabs(doubt->measure - 0.26 / 0.76) < 1e-12);
    cr_expect_eq(doubt->expected, 0.76);
    cr_expect_eq(doubt->limit, 0.1);
    record_free(&record);
}

Test(doubts, where_large_revisions_are_usual_only_larger_ones_are_doubted, .timeout = 10)
{
    struct record record = record_of(PLAIN);
    static const char *const first[] = {"1.01", "0.94", "0.86", "0.76"};
    static const char *const later[] = {"1.41", "1.34", "1.17", "1.02"}; /* the economic census */
    add_series(&record, 2015, first, 4);
    add_series(&record, 2015, later, 4);
    cr_expect_eq(find(&record).count, 0, "34 % is usual here");
    record_add(&record, "2018", "1.0221039115676485", 'A'); /* of more digits: no revision at all */
    cr_expect_eq(find(&record).count, 0);
    record_free(&record);
}

Test(doubts, ten_thousands_taken_for_hundred_millions_are_a_slip_of_the_unit, .timeout = 10)
{
    struct record record = record_of(PLAIN);
    add_series(&record, 2015, expenditure, YEARS - 1);
    record_add(&record, "2023", "2102000", 'A'); /* 万元 */
    struct found found = find(&record);
    const struct doubt *doubt = only(&found, KIND(UNIT_SLIP), "2023");
    cr_expect_eq(doubt->measure, 10000);
    record_add(&record, "2023", "21.02", 'A');
    found = find(&record);
    cr_expect_eq(found.doubts[0].kind, KIND(UNIT_SLIP));
    cr_expect_eq(found.doubts[0].measure, 0.1);
    record_free(&record);
}

/* Local fiscal expenditure on science and technology, 2015 to 2022: 22.38 after 38 to 47. */
Test(doubts, fiscal_expenditure_that_falls_by_two_fifths_jumps, .timeout = 10)
{
    static const char *const values[] = {"41.39", "41.01", "46.8447", "41.1",
                                         "39.18", "39.94", "38.43",   "22.38"};
    struct record record = record_of(PLAIN);
    add_series(&record, 2015, values, 8);
    struct found found = find(&record);
    const struct doubt *doubt = &found.doubts[found.count - 1];
    cr_assert_eq(found.count, 2, "46.8447 after 41.01 stands out from the quiet years as well");
    cr_assert_eq(doubt->kind, KIND(JUMP));
    cr_expect_eq(doubt->place.period.year, 2022);
    cr_expect_eq(doubt->other_period.period.year, 2021);
    cr_expect_gt(doubt->measure, found.doubts[0].measure);
    record_free(&record);
}

static void add_patents(struct record *record, const char *definition, const char *period,
                        int64_t value)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = "patent_grants";
    observation.definition = (char *)(uintptr_t)definition;
    observation.period = (char *)(uintptr_t)period;
    observation.unscaled = value;
    const struct address address = {++record->sequence, 0};
    cr_assert_eq(evaluation_add_observation(record->evaluation, 220100, &observation, address, 0),
                 ERR_OK);
}

Test(doubts, patents_of_the_month_are_the_difference_of_the_cumulative_ones, .timeout = 20)
{
    struct record record = record_published("deploy/data/220100.csv");
    cr_expect_eq(find(&record).count, 0, "the published months add up");
    add_patents(&record, "ytd", "2013-05", 1690); /* 2026 by June, of which June had 336 */
    cr_expect_eq(find(&record).count, 0);
    add_patents(&record, "ytd", "2013-05", 1700);
    struct found found = find(&record);
    const struct doubt *doubt = only(&found, KIND(DIFFERENCE), "2013-06");
    cr_expect_eq(doubt->value, 336);
    cr_expect_eq(doubt->expected, 326);
    cr_expect_eq(doubt->measure, 10);
    cr_expect_str_eq(doubt->identity->id, "grants_of_the_month");
    record_free(&record);
}

Test(doubts, a_cumulative_figure_that_falls_within_the_year_is_doubted, .timeout = 20)
{
    struct record record = record_published("deploy/data/220100.csv");
    add_patents(&record, "ytd", "2013-05", 2100); /* above June's 2026 */
    struct found found = find(&record);
    bool is_there = false;
    for (size_t i = 0; i < found.count; i++)
        is_there = is_there || (found.doubts[i].kind == KIND(DECREASE) &&
                                found.doubts[i].place.period.part == 6 &&
                                found.doubts[i].measure == 2100 - 2026);
    cr_expect(is_there);
    record_free(&record);
}

/* --- identities --------------------------------------------------------------------------------- */

static const char sums[] =
    "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n"
    "  - {id: x, name: {zh: 强度, en: x}, kind: share, unit: \"%\", regions: [220000, 220100]}\n"
    "  - {id: rd, name: {zh: 研发, en: rd}, kind: quantity, unit: 亿元, regions: [220000]}\n"
    "  - {id: gdp, name: {zh: 产值, en: gdp}, kind: quantity, unit: 亿元,\n"
    "     regions: [220000, 220100, 220200]}\n"
    "  - {id: basic, name: {zh: 基础, en: basic}, kind: quantity, unit: 万元, regions: [220000]}\n"
    "identities:\n"
    "  - {id: share, kind: ratio, of: x, numerator: rd, denominator: gdp, factor: 100}\n"
    "  - {id: whole, kind: sum, of: gdp, region: 220000, regions: [220100, 220200],\n"
    "     tolerance: 0.01, author: a, reason: r}\n"
    "  - {id: part, kind: part, of: basic, whole: rd}\n";

static void add_figure(struct record *record, const char *indicator, uint32_t region,
                       const char *value)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    struct decimal decimal;
    cr_assert_eq(decimal_parse(value, &decimal, NULL), ERR_OK);
    observation.indicator = (char *)(uintptr_t)indicator;
    observation.period = "2023";
    observation.unscaled = decimal.unscaled;
    observation.decimals = decimal.decimals;
    const struct address address = {++record->sequence, 0};
    cr_assert_eq(evaluation_add_observation(record->evaluation, region, &observation, address, 0),
                 ERR_OK);
}

Test(doubts, a_share_is_its_numerator_over_its_denominator_to_half_the_last_digit, .timeout = 10)
{
    struct record record = record_with(sums);
    add_figure(&record, "x", 220000, "1.55");
    cr_expect_eq(find(&record).count, 0, "nothing to hold it against");
    add_figure(&record, "rd", 220000, "210.2");
    add_figure(&record, "gdp", 220000, "13531.19"); /* 1.5534 */
    cr_expect_eq(find(&record).count, 0);
    add_figure(&record, "x", 220000, "1.56");
    struct found found = find(&record);
    const struct doubt *doubt = only(&found, KIND(RATIO), "2023");
    cr_expect(fabs(doubt->expected - 1.55345) < 1e-5);
    cr_expect(fabs(doubt->limit - 0.005) < 1e-15);
    cr_expect_eq(doubt->evidence_count, 3);
    add_figure(&record, "gdp", 220000, "0");
    found = find(&record);
    only(&found, KIND(REVISION), "2023"); /* of the product; nothing is divided by zero */
    record_free(&record);
}

Test(doubts, regions_add_up_to_the_whole_when_all_are_there, .timeout = 10)
{
    struct record record = record_with(sums);
    add_figure(&record, "gdp", 220000, "1000");
    add_figure(&record, "gdp", 220100, "700");
    cr_expect_eq(find(&record).count, 0);
    add_figure(&record, "gdp", 220200, "290.0");
    cr_expect_eq(find(&record).count, 0, "10 is allowed, and half a unit");
    add_figure(&record, "gdp", 220200, "289");
    struct found found = find(&record);
    const struct doubt *doubt = only(&found, KIND(SUM), "2023");
    cr_expect_eq(doubt->expected, 989);
    cr_expect_eq(doubt->measure, 11);
    cr_expect_eq(doubt->place.region, 220000);
    record_free(&record);
}

Test(doubts, a_part_is_not_larger_than_its_whole_whatever_the_units, .timeout = 10)
{
    struct record record = record_with(sums);
    add_figure(&record, "rd", 220000, "210.2");
    add_figure(&record, "basic", 220000, "2102000"); /* 万元: the whole of it */
    cr_expect_eq(find(&record).count, 0);
    add_figure(&record, "basic", 220000, "2102001");
    struct found found = find(&record);
    const struct doubt *doubt = only(&found, KIND(PART), "2023");
    cr_expect_eq(doubt->expected, 2102000);
    record_free(&record);
}

/* --- late --------------------------------------------------------------------------------------- */

static void add_at(struct record *record, const char *period, uint64_t stored_ms)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = "x";
    observation.period = (char *)(uintptr_t)period;
    observation.unscaled = 7;
    const struct address address = {++record->sequence, 0};
    cr_assert_eq(
        evaluation_add_observation(record->evaluation, 220000, &observation, address, stored_ms),
        ERR_OK);
}

Test(doubts, a_figure_is_late_when_the_series_was_reported_before, .timeout = 10)
{
    struct record record = record_of(PLAIN "    due_days: 90\n");
    add_at(&record, "2020", day(2022, 2, 1));
    add_at(&record, "2021", day(2022, 2, 1));
    cr_expect_eq(find(&record).count, 0, "2020 was loaded afterwards, 2021 is in time");
    add_at(&record, "2022", day(2023, 4, 10));
    struct found found = find(&record);
    const struct doubt *doubt = only(&found, KIND(LATE), "2022");
    cr_expect_eq(doubt->measure, 10, "the tenth day after the 31st of March has begun");
    add_at(&record, "2021", day(2023, 4, 11));
    cr_expect_eq(find(&record).count, 1, "a revision is not late");
    record_free(&record);
}

Test(doubts, a_figure_that_came_before_its_period_had_ended_is_early, .timeout = 10)
{
    struct record record = record_of(PLAIN);
    struct record off = record_of(PLAIN "    checks: {no_early: true}\n");
    add_at(&record, "2022", day(2022, 12, 30));
    add_at(&off, "2022", day(2022, 12, 30));
    struct found found = find(&record);
    const struct doubt *doubt = only(&found, KIND(EARLY), "2022");
    cr_expect_eq(doubt->measure, 2, "the 30th and the 31st of December");
    cr_expect_eq(find(&off).count, 0);
    add_at(&record, "2022", day(2023, 1, 2));
    cr_expect_eq(find(&record).count, 0, "this one is in time");
    record_add(&record, "2030", "7.1", 'E');
    cr_expect_eq(find(&record).count, 0, "an estimate may come before");
    record_free(&record);
    record_free(&off);
}

/* --- where there is no answer ------------------------------------------------------------------- */

Test(doubts, one_figure_alone_or_all_equal_or_all_missing_raise_none, .timeout = 10)
{
    struct record record = record_of(PLAIN);
    cr_expect_eq(find(&record).count, 0);
    record_add(&record, "2015", "5", 'A');
    cr_expect_eq(find(&record).count, 0);
    for (int year = 2016; year < 2025; year++) {
        char period[8];
        snprintf(period, sizeof period, "%d", year);
        record_add(&record, period, "5", 'A');
    }
    cr_expect_eq(find(&record).count, 0);
    for (int year = 2015; year < 2025; year++) {
        char period[8];
        snprintf(period, sizeof period, "%d", year);
        record_add(&record, period, "", 'M');
    }
    cr_expect_eq(find(&record).count, 0);
    record_free(&record);
}

Test(doubts, figures_of_zero_and_below_are_held_by_differences, .timeout = 10)
{
    static const char *const values[] = {"-2", "-1", "1", "0", "2", "1", "3", "-90"};
    struct record record = record_of(PLAIN "    plausible: {min: -100}\n");
    add_series(&record, 2015, values, 8);
    struct found found = find(&record);
    only(&found, KIND(JUMP), "2022");
    record_add(&record, "2022", "0", 'A');
    record_add(&record, "2018", "4", 'A'); /* a revision of zero, by the small value */
    found = find(&record);
    for (size_t i = 0; i < found.count; i++)
        cr_expect(isfinite(found.doubts[i].measure));
    record_free(&record);
}

Test(doubts, a_break_in_the_series_is_no_jump, .timeout = 10)
{
    static const char *const values[] = {"10", "11", "10", "12", "11", "12", "11"};
    struct record record = record_of(PLAIN);
    add_series(&record, 2015, values, 7);
    record_add(&record, "2022", "44", 'B');
    cr_expect_eq(find(&record).count, 0);
    record_free(&record);
}

Test(doubts, what_the_framework_turns_off_is_not_looked_for, .timeout = 10)
{
    struct record record =
        record_of(PLAIN "    checks: {no_copy: true, no_unit_slip: true, jump: 0, revision: 0}\n");
    add_series(&record, 2015, expenditure, YEARS);
    record_add(&record, "2024", "210.2", 'A');
    record_add(&record, "2020", "1595000", 'A');
    cr_expect_eq(find(&record).count, 0);
    record_free(&record);
}

/* --- digits ------------------------------------------------------------------------------------- */

static size_t doubts_of_digits(int count, int step)
{
    struct record record = record_of(PLAIN "    cadence: monthly\n    checks: {jump: 0}\n");
    for (int i = 0; i < count; i++) {
        char period[16], value[16];
        snprintf(period, sizeof period, "%04d-%02d", 2000 + i / 12, i % 12 + 1);
        snprintf(value, sizeof value, "%d", 500 + i * 7 % 300 / step * step);
        record_add(&record, period, value, 'A');
    }
    size_t count_found = find(&record).count;
    record_free(&record);
    return count_found;
}

Test(doubts, digits_are_looked_at_only_in_a_hundred_figures_or_more, .timeout = 10)
{
    cr_expect_eq(doubts_of_digits(99, 5), 0);
    cr_expect_eq(doubts_of_digits(100, 1), 0, "evenly spread");
    cr_expect_eq(doubts_of_digits(100, 5), 1, "rounded to fives");
}

/* --- the rest ----------------------------------------------------------------------------------- */

Test(doubts, the_order_of_events_makes_no_difference_and_no_judgement_changes, .timeout = 10)
{
    struct record forwards = record_of(PLAIN), backwards = record_of(PLAIN);
    add_series(&forwards, 2015, expenditure, YEARS);
    forwards.sequence = YEARS;
    record_add(&forwards, "2024", "210.2", 'A');
    backwards.sequence = YEARS;
    record_add(&backwards, "2024", "210.2", 'A');
    for (size_t i = YEARS; i > 0; i--) {
        char period[8];
        snprintf(period, sizeof period, "%d", 2014 + (int)i);
        backwards.sequence = i - 1;
        record_add(&backwards, period, expenditure[i - 1], 'A');
    }
    struct judgement before = record_judge(&forwards, "");
    struct found a = find(&forwards), b = find(&backwards);
    cr_expect_eq(a.count, b.count);
    cr_expect_eq(a.doubts[0].kind, b.doubts[0].kind);
    cr_expect_eq(a.doubts[0].measure, b.doubts[0].measure);
    struct judgement after = record_judge(&forwards, "");
    cr_expect_eq(before.verdict, after.verdict);
    cr_expect_eq(before.has, after.has);
    cr_expect_arr_eq(before.numbers, after.numbers, sizeof before.numbers);
    record_free(&forwards);
    record_free(&backwards);
}

Test(doubts, a_message_says_what_the_doubt_says_in_both_languages, .timeout = 10)
{
    struct record record = record_of(PLAIN);
    struct arena arena;
    Songhua__V1__Doubt message;
    arena_init(&arena, 1 << 16);
    add_series(&record, 2015, expenditure, YEARS);
    record_add(&record, "2024", "210.2", 'A');
    struct found found = find(&record);
    cr_assert_eq(
        doubt_message(&found.doubts[0], record.framework, (struct as_of){10, 0}, &arena, &message),
        ERR_OK);
    cr_expect_str_eq(message.indicator, "x");
    cr_expect_str_eq(message.period, "2024");
    cr_expect_str_eq(message.other_period, "2023");
    cr_expect_eq(message.value, 210.2);
    cr_expect_str_eq(message.evidence[0], "10.0");
    cr_expect_eq(message.as_of_sequence, 10);
    cr_expect_not_null(strstr(message.text_zh, "与2023的数值完全相同"), "%s", message.text_zh);
    cr_expect_not_null(strstr(message.text_en, "the very figure of 2023"), "%s", message.text_en);
    arena_fini(&arena);
    record_free(&record);
}

Test(doubts, every_kind_has_a_sentence, .timeout = 10)
{
    struct record record = record_of(PLAIN);
    struct doubt doubt = {.place = {.indicator = framework_indicator(record.framework, "x"),
                                    .period = {2024, FREQUENCY_YEAR, 0}},
                          .value = 1};
    struct buffer head, text;
    buffer_init(&head, 4096);
    buffer_init(&text, 4096);
    doubt.kind = (Songhua__V1__DoubtKind)99; /* of a later version: the place alone */
    cr_assert_eq(doubt_text(&doubt, true, &head), ERR_OK);
    for (unsigned i = 0; i < songhua__v1__doubt_kind__descriptor.n_values; i++) {
        buffer_clear(&text);
        doubt.kind = (Songhua__V1__DoubtKind)songhua__v1__doubt_kind__descriptor.values[i].value;
        cr_assert_eq(doubt_text(&doubt, true, &text), ERR_OK);
        cr_expect_gt(text.size, head.size, "%d", (int)doubt.kind);
    }
    buffer_fini(&head);
    buffer_fini(&text);
    record_free(&record);
}

static enum err count_place(void *context, const struct doubt_place *place)
{
    (void)place;
    ++*(size_t *)context;
    return ERR_OK;
}

Test(doubts, a_figure_touches_itself_the_next_and_its_identities, .timeout = 10)
{
    struct record record = record_with(sums);
    struct doubt_place place = {.indicator = framework_indicator(record.framework, "gdp"),
                                .region = 220100,
                                .period = {2023, FREQUENCY_YEAR, 0}};
    size_t count = 0;
    add_figure(&record, "gdp", 220100, "700");
    cr_assert_eq(doubts_touched(record.evaluation, now, &place, count_place, &count), ERR_OK);
    cr_expect_eq(count, 3, "itself, the share of its region, the sum");
    record_free(&record);
}
