/* What evaluate shows of a table beside its scores. */
#include "consumers/scorer/composite_view.h"
#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 16384, UNITS = 5 };

static struct ranking *ranking_of(const struct record *record)
{
    struct ranking *ranking = NULL;
    cr_assert_eq(ranking_new(record->framework, &record->framework->composites[0], &ranking),
                 ERR_OK);
    cr_assert_eq(
        ranking_refresh(ranking, record->evaluation, (struct as_of){UINT64_MAX, UINT64_MAX}),
        ERR_OK);
    return ranking;
}

static void add(struct record *record, uint32_t unit, const char *indicator, int64_t value)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    const struct address address = {++record->sequence, 0};
    observation.indicator = (char *)(uintptr_t)indicator;
    observation.period = (char *)"2018";
    observation.unscaled = value;
    cr_assert_eq(evaluation_add_observation(record->evaluation, unit, &observation, address, 0),
                 ERR_OK);
}

/* --- weights in the whole --------------------------------------------------------------------------- */

struct text {
    char bytes[TEXT_MAX];
    size_t used;
};

static void say(struct text *text, const char *format, int number, const char *parent)
{
    text->used += (size_t)snprintf(text->bytes + text->used, sizeof text->bytes - text->used,
                                   format, number, parent);
    cr_assert_lt(text->used, sizeof text->bytes);
}

/* The tree of ASEM: two sub-indexes, of five pillars and of three, one of five indicators in each. */
static struct record asem_shaped(void)
{
    static struct text text;
    say(&text,
        "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\nunits:\n"
        "  - {code: 900001, id: a, name: {zh: 甲, en: A}}\ngroups:\n"
        "  - {id: index, name: {zh: 总, en: index}}\n"
        "  - {id: conn, name: {zh: 联, en: conn}, parent: index}\n"
        "  - {id: sust, name: {zh: 续, en: sust}, parent: index}\n",
        0, "");
    for (int i = 0; i < 8; i++)
        say(&text, "  - {id: p%d, name: {zh: 柱, en: p}, parent: %s}\n", i,
            i < 5 ? "conn" : "sust");
    say(&text, "indicators:\n", 0, "");
    for (int i = 0; i < 16; i++) {
        static const char *const single[] = {"p1", "p2", "p3", "p4", "p6", "p7"};
        const char *parent = i < 5 ? "p0" : i < 10 ? "p5" : single[i - 10];
        say(&text,
            "  - {id: x%d, name: {zh: 项, en: x}, kind: quantity, unit: 件, direction: up, parent: %s,\n"
            "     normalise: {method: goalposts, low: 0, high: 100}}\n",
            i, parent);
    }
    say(&text, "composites:\n  - {id: c, name: {zh: 综, en: c}, root: index}\n", 0, "");
    return record_with(text.bytes);
}

/* Source  EVALUATION-METHODS.md 3.4: the effective weights of ASEM's indicators, 0.02 and 0.0333. */
Test(composite_view, weights_in_the_whole_are_those_of_asem, .timeout = 20)
{
    struct record record = asem_shaped();
    add(&record, 900001, "x0", 5);
    struct ranking *ranking = ranking_of(&record);
    struct composite_view view;
    double sum = 0;
    cr_assert_eq(composite_view_open(ranking, 0, &view), ERR_OK);
    for (size_t i = 0; i < 16; i++)
        sum += composite_view_weight(&view, i);
    cr_expect_float_eq(composite_view_weight(&view, 0), 0.02, 1e-15);
    cr_expect_float_eq(composite_view_weight(&view, 5), 1.0 / 30, 1e-15);
    cr_expect_float_eq(sum, 1, 1e-14);
    composite_view_close(&view);
    ranking_free(ranking);
    record_free(&record);
}

/* --- other weights ---------------------------------------------------------------------------------- */

static struct record two_levels(const char *weights, const char *views)
{
    static char text[TEXT_MAX];
    const char *given = weights[0] == '\0' ? ", weight: 0.7" : "";
    snprintf(
        text, sizeof text,
        "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\nunits:\n"
        "  - {code: 900001, id: a, name: {zh: 甲, en: A}}\n"
        "  - {code: 900002, id: b, name: {zh: 乙, en: B}}\n"
        "  - {code: 900003, id: c, name: {zh: 丙, en: C}}\n"
        "  - {code: 900004, id: d, name: {zh: 丁, en: D}}\n"
        "  - {code: 900005, id: e, name: {zh: 戊, en: E}}\n"
        "groups:\n"
        "  - {id: whole, name: {zh: 总, en: whole}%s}\n"
        "  - {id: part, name: {zh: 分, en: part}, parent: whole%s%s}\n"
        "indicators:\n"
        "  - {id: x, name: {zh: 项, en: x}, kind: quantity, unit: 件, direction: up, parent: part%s,\n"
        "     normalise: {method: min_max}}\n"
        "  - {id: y, name: {zh: 项, en: y}, kind: quantity, unit: 件, direction: down, parent: part,\n"
        "     normalise: {method: min_max}}\n"
        "  - {id: z, name: {zh: 项, en: z}, kind: quantity, unit: 件, direction: up, parent: whole,\n"
        "     normalise: {method: min_max}}\n"
        "composites:\n  - {id: c, name: {zh: 综, en: c}, root: whole%s}\n",
        weights, weights, given, given, views);
    struct record record = record_with(text);
    static const int64_t x[] = {9, 7, 2, 4, 5}, y[] = {4, 1, 3, 9, 2}, z[] = {1, 8, 3, 3, 2};
    for (uint32_t unit = 0; unit < UNITS; unit++) {
        add(&record, 900001 + unit, "x", x[unit]);
        add(&record, 900001 + unit, "y", y[unit]);
        add(&record, 900001 + unit, "z", z[unit]);
    }
    return record;
}

/* Beside the score stands what the score would be if the document gave these weights everywhere. */
static void expect_side(const struct composite_view *view, size_t side, const char *weights)
{
    struct record record = two_levels(weights, "");
    struct ranking *ranking = ranking_of(&record);
    size_t moved = 0;
    for (size_t row = 0; row < UNITS; row++) {
        struct standing standing = ranking_standing(ranking, 0, view->root, row);
        cr_expect_eq(memcmp(&view->sides[side].values[row], &standing.value, sizeof(double)), 0,
                     "%s: %g, %g", weights, view->sides[side].values[row], standing.value);
        cr_expect_eq(view->sides[side].ranks[row], standing.rank);
        moved += standing.value != composite_value(view->composite, view->root, row) ? 1 : 0;
    }
    cr_expect_gt(moved, 0, "%s", weights);
    ranking_free(ranking);
    record_free(&record);
}

Test(composite_view, beside_the_score_stands_the_score_with_the_weights_of_the_data, .timeout = 20)
{
    struct record record = two_levels("", ", entropy: true, critic: true, equal: true");
    struct ranking *ranking = ranking_of(&record);
    struct composite_view view;
    cr_assert_eq(composite_view_open(ranking, 0, &view), ERR_OK);
    cr_assert_eq(view.side_count, 3);
    cr_expect_str_eq(view.sides[0].id, "entropy");
    expect_side(&view, 0, ", weights: entropy");
    expect_side(&view, 1, ", weights: critic");
    expect_side(&view, 2, ", weights: equal");
    composite_view_close(&view);
    ranking_free(ranking);
    record_free(&record);
}
