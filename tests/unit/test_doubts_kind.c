/* Doubts of figures that are not what their indicator's kind can be, or of another sign than the others. */
#include "consumers/evaluate/doubts.h"
#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND(name) SONGHUA__V1__DOUBT_KIND__DOUBT_##name
#define ONLY       "    checks: {no_copy: true, no_unit_slip: true, jump: 0, revision: 0}\n"

static const struct as_of now = {UINT64_MAX, UINT64_MAX};

/* Indicator x of that kind and unit. */
static struct record record_like(const char *kind, const char *unit, const char *more)
{
    char document[1024];
    snprintf(document, sizeof document,
             "framework: f\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n"
             "  - id: x\n    name: {zh: 测, en: x}\n    kind: %s\n    unit: \"%s\"\n"
             "    regions: [220000]\n%s",
             kind, unit, more);
    return record_with(document);
}

/* --- type --------------------------------------------------------------------------------------- */

Test(doubts_kind, a_figure_that_its_kind_cannot_have_is_doubted, .timeout = 10)
{
    static const struct {
        const char *kind, *unit, *value;
        double expected, measure;
        const char *en;
    } cases[] = {
        {"share", "%", "130", 100, 30, "a share is not below 0 nor above the whole"},
        {"share", "%", "-2", 0, 2, "the nearest is 0 %"},
        {"share", "‰", "1200", 1000, 200, "the nearest is 1000 ‰"},
        {"count", "户", "12.5", 13, 0.5, "a count is a whole number of 0 or more"},
        {"count", "户", "-12", 0, 12, "the nearest is 0 户"},
        {"coverage", "个", "2.25", 2, 0.25, "the nearest is 2 个"},
        {"coverage", "%", "101", 100, 1, "the nearest is 100 %"},
        {"rank", "位", "0", 1, 1, "a rank is a whole number of 1 or more"},
        {"rank", "位", "16.5", 17, 0.5, "the nearest is 17 位"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record record = record_like(cases[i].kind, cases[i].unit, ONLY);
        struct buffer text;
        buffer_init(&text, 4096);
        record_add(&record, "2020", cases[i].value, 'A');
        struct doubts_found found = record_doubts(&record);
        cr_assert_eq(found.count, 1, "%s %s", cases[i].value, cases[i].unit);
        cr_expect_eq(found.last.kind, KIND(KIND));
        cr_expect_eq(found.last.expected, cases[i].expected);
        cr_expect_eq(found.last.measure, cases[i].measure);
        cr_expect_eq(found.last.limit, 0);
        cr_expect_eq(found.last.evidence[0].sequence, 1);
        cr_assert_eq(doubt_text(&found.last, false, &text), ERR_OK);
        cr_expect_not_null(strstr(buffer_text(&text), cases[i].en), "%s", buffer_text(&text));
        buffer_fini(&text);
        record_free(&record);
    }
}

Test(doubts_kind, a_count_told_in_ten_thousands_is_whole, .timeout = 10)
{
    struct record record = record_like("count", "万人", ONLY);
    record_add(&record, "2020", "2407.3453", 'A');
    cr_expect_eq(record_doubts(&record).count, 0);
    record_add(&record, "2020", "2407.34535", 'A');
    cr_expect_eq(record_doubts(&record).count, 1);
    record_free(&record);
}

Test(doubts_kind, what_range_says_is_not_said_again, .timeout = 10)
{
    struct record record = record_like("count", "户", "    plausible: {min: 0, max: 100}\n" ONLY);
    record_add(&record, "2020", "-0.5", 'A');
    struct doubts_found found = record_doubts(&record);
    cr_assert_eq(found.count, 1);
    cr_expect_eq(found.last.kind, KIND(RANGE));
    record_add(&record, "2020", "100.5", 'A');
    found = record_doubts(&record);
    cr_assert_eq(found.count, 1);
    cr_expect_eq(found.last.kind, KIND(RANGE));
    record_add(&record, "2020", "99.5", 'A');
    found = record_doubts(&record);
    cr_assert_eq(found.count, 1);
    cr_expect_eq(found.last.kind, KIND(KIND));
    record_free(&record);
}

Test(doubts_kind, growth_told_as_a_share_may_fall_as_far_as_the_framework_lets_it, .timeout = 10)
{
    struct record record = record_like("share", "%", "    plausible: {min: -50, max: 50}\n" ONLY);
    record_add(&record, "2022", "-1.9", 'A');
    cr_expect_eq(record_doubts(&record).count, 0);
    record_add(&record, "2022", "-50.1", 'A');
    cr_expect_eq(record_doubts(&record).last.kind, KIND(RANGE));
    record_free(&record);
}

Test(doubts_kind, the_framework_may_turn_it_off, .timeout = 10)
{
    struct record share = record_like("share", "%", "    checks: {no_kind: true}\n");
    struct record sign = record_like("quantity", "亿元", "    checks: {no_kind: true, jump: 0}\n");
    record_add(&share, "2020", "130", 'A');
    cr_expect_eq(record_doubts(&share).count, 0);
    record_add(&sign, "2020", "-1", 'A');
    record_add(&sign, "2021", "2", 'A');
    record_add(&sign, "2022", "3", 'A');
    record_add(&sign, "2023", "4", 'A');
    cr_expect_eq(record_doubts(&sign).count, 0);
    record_free(&share);
    record_free(&sign);
}

/* --- sign --------------------------------------------------------------------------------------- */

static size_t doubts_of(const char *unit, const char *more, const char *const *values, size_t count)
{
    char period[8], checks[256];
    snprintf(checks, sizeof checks, "%s" ONLY, more);
    struct record record = record_like("quantity", unit, checks);
    for (size_t i = 0; i < count; i++) {
        snprintf(period, sizeof period, "%d", 2015 + (int)i);
        record_add(&record, period, values[i], 'A');
    }
    size_t found = record_doubts(&record).count;
    record_free(&record);
    return found;
}

Test(doubts_kind, a_quantity_alone_below_zero_is_doubted, .timeout = 10)
{
    struct record record = record_like("quantity", "亿元", ONLY);
    record_add(&record, "2015", "141.4", 'A');
    record_add(&record, "2016", "139.7", 'A');
    record_add(&record, "2017", "-128.5", 'A');
    cr_expect_eq(record_doubts(&record).count, 0, "two others are too few");
    record_add(&record, "2018", "115.0", 'A');
    struct doubts_found found = record_doubts(&record);
    cr_assert_eq(found.count, 1);
    cr_expect_eq(found.last.kind, KIND(KIND));
    cr_expect_eq(found.last.place.period.year, 2017);
    cr_expect_eq(found.last.expected, 0);
    cr_expect_eq(found.last.measure, 128.5);
    cr_expect_eq(found.last.limit, 0);
    record_add(&record, "2017", "0", 'A');
    cr_expect_eq(record_doubts(&record).count, 0, "zero has no sign");
    record_free(&record);
}

Test(doubts_kind, a_series_that_was_at_zero_or_below_has_no_sign_to_keep, .timeout = 10)
{
    static const char *const twice[] = {"5", "-1", "6", "7", "-2"},
                             *const zero[] = {"5", "0", "6", "7", "-2"},
                             *const below[] = {"-5", "-6", "-7", "-8", "2"};
    cr_expect_eq(doubts_of("亿元", "", twice, 5), 0);
    cr_expect_eq(doubts_of("亿元", "", zero, 5), 0);
    cr_expect_eq(doubts_of("亿元", "", below, 5), 0);
}

Test(doubts_kind, a_rate_or_a_balance_that_may_fall_below_zero_is_not_doubted, .timeout = 10)
{
    static const char *const values[] = {"5", "6", "7", "-2"};
    cr_expect_eq(doubts_of("%", "", values, 4), 0);
    cr_expect_eq(doubts_of("‰", "", values, 4), 0);
    cr_expect_eq(doubts_of("百分点", "", values, 4), 0);
    cr_expect_eq(doubts_of("亿元", "    plausible: {min: -10000}\n", values, 4), 0);
    cr_expect_eq(doubts_of("亿元", "    plausible: {max: 10000}\n", values, 4), 1,
                 "that says nothing of how low it may lie");
}

/* --- one record after the other ----------------------------------------------------------------- */

enum { MONTHS = 150, STEPS = 3000 };

/* What was found by looking only where each figure touches; and how many doubts there ever were. */
struct standing {
    struct record record;
    bool is_doubted[MONTHS];
    size_t seen;
};

static struct standing monthly(void)
{
    return (struct standing){.record =
                                 record_like("quantity", "亿元", "    cadence: monthly\n" ONLY)};
}

static size_t month_of(struct period period)
{
    return (size_t)(period.year - 2000) * 12 + period.part - 1;
}

static enum err note(void *context, const struct doubt *doubt)
{
    bool *is_doubted = context;
    if (doubt->kind == KIND(KIND))
        is_doubted[month_of(doubt->place.period)] = true;
    return ERR_OK;
}

static enum err look_again(void *context, const struct doubt_place *place)
{
    struct standing *standing = context;
    standing->is_doubted[month_of(place->period)] = false;
    return doubts_at(standing->record.evaluation, now, place, note, standing->is_doubted);
}

/* Report (NULL: take back) the month's figure, look where it touches, and hold that against all. */
static void change(struct standing *standing, int month, const char *value)
{
    char text[16];
    bool everywhere[MONTHS] = {false};
    struct record *record = &standing->record;
    struct doubt_place place = {.indicator = framework_indicator(record->framework, "x"),
                                .region = 220000};
    snprintf(text, sizeof text, "%04d-%02d", 2000 + month / 12, month % 12 + 1);
    if (value)
        record_add(record, text, value, 'A');
    else
        record_retract(record, text);
    cr_assert_eq(period_parse(text, &place.period, NULL), ERR_OK);
    cr_assert_eq(doubts_touched(record->evaluation, now, &place, look_again, standing), ERR_OK);
    cr_assert_eq(doubts_all(record->evaluation, now, note, everywhere), ERR_OK);
    cr_assert_arr_eq(standing->is_doubted, everywhere, sizeof everywhere, "%s", text);
    for (size_t i = 0; i < MONTHS; i++)
        standing->seen += everywhere[i] ? 1 : 0;
}

Test(doubts_kind, looking_where_a_figure_touches_finds_what_looking_everywhere_does, .timeout = 60)
{
    struct standing standing = monthly();
    srand(7);
    for (int step = 0; step < STEPS; step++) {
        int month = rand() % MONTHS, dice = rand() % 100;
        change(&standing, month, dice < 10 ? NULL : dice < 12 ? "-3" : dice == 12 ? "0" : "4");
    }
    cr_expect_gt(standing.seen, STEPS / 10, "there was something to find");
    record_free(&standing.record);
}

Test(doubts_kind, a_figure_is_felt_as_far_as_it_is_held_against_others, .timeout = 60)
{
    enum { MIDDLE = MONTHS / 2 };
    struct standing standing = monthly();
    for (int month = 0; month < MONTHS; month++)
        change(&standing, month, month == MIDDLE ? "-3" : "4");
    for (int distance = -MIDDLE; distance < MIDDLE; distance++) {
        if (distance == 0)
            continue;
        change(&standing, MIDDLE + distance, "-3");
        bool is_near = distance >= -40 && distance <= 20;
        cr_expect_eq(standing.is_doubted[MIDDLE], !is_near, "%d", distance);
        change(&standing, MIDDLE + distance, "4");
        cr_expect(standing.is_doubted[MIDDLE], "%d", distance);
    }
    record_free(&standing.record);
}
