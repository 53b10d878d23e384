/* Composites over a record of figures: what must hold whatever the figures are. They are drawn from a
 * fixed seed. */
#include "consumers/evaluate/ranking.h"
#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { UNITS = 6, INDICATORS = 3, YEARS = 4, FIRST_YEAR = 2018, EVENTS = 300 };

static const char document_form[] =
    "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\n"
    "units:\n"
    "  - {code: 900001, id: a, name: {zh: 甲, en: A}}\n"
    "  - {code: 900002, id: b, name: {zh: 乙, en: B}}\n"
    "  - {code: 900003, id: c, name: {zh: 丙, en: C}}\n"
    "  - {code: 900004, id: d, name: {zh: 丁, en: D}}\n"
    "  - {code: 900005, id: e, name: {zh: 戊, en: E}}\n"
    "  - {code: 900006, id: f, name: {zh: 己, en: F}}\n"
    "groups:\n"
    "  - {id: whole, name: {zh: 总, en: whole}, mean: %s}\n"
    "  - {id: part, name: {zh: 分, en: part}, parent: whole, weight: 0.7%s}\n"
    "indicators:\n"
    "  - {id: x0, name: {zh: 甲, en: x0}, kind: quantity, unit: 件, direction: up, parent: part,\n"
    "     weight: 0.3, %s}\n"
    "  - {id: x1, name: {zh: 乙, en: x1}, kind: quantity, unit: 件, direction: up, parent: part,\n"
    "     weight: 0.7, fill: {method: %s}, divide_by: x2, %s}\n"
    "  - {id: x2, name: {zh: 丙, en: x2}, kind: quantity, unit: 件, direction: up, parent: whole,\n"
    "     weight: 0.3, fill: {method: latest, max_age: 1}, %s,\n"
    "     baselines: [{region: 900001}, {region: 900002}, {region: 900003, period: 2018}],\n"
    "     targets: [{id: t, comparator: \">=\", value: 90, deadline: 2021}]}\n"
    "%s"
    "composites:\n"
    "  - {id: c, name: {zh: 综, en: c}, root: whole, availability: 2/3, %s}\n";

#define POSTS   "normalise: {method: goalposts, low: 0, high: 100, from: 1}"
#define MIN_MAX "normalise: {method: min_max, from: 1}"

static const char columns[] =
    "columns:\n"
    "  - {id: x0-again, of: x0, parent: whole, weight: 0.2, normalise: {method: z_score}}\n"
    "  - {id: x2-done, of: x2, parent: part, weight: 0.1, take: completion,\n"
    "     normalise: {method: goalposts, low: 0, high: 1, from: 1}}\n";

static struct record record_of_parts(const char *mean, const char *fill, const char *scale,
                                     const char *more, const char *periods)
{
    char document[4096];
    const char *filled = more[0] != '\0' ? ", fill: {method: median}" : "";
    snprintf(document, sizeof document, document_form, mean, filled, scale, fill, scale, scale,
             more, periods);
    return record_with(document);
}

static struct record record_of_form(const char *mean, const char *fill, const char *scale,
                                    const char *periods)
{
    return record_of_parts(mean, fill, scale, "", periods);
}

struct chance {
    uint64_t state;
};

/* splitmix64 */
static uint64_t chance_below(struct chance *chance, uint64_t limit)
{
    uint64_t z = chance->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (z ^ (z >> 31)) % limit;
}

struct change {
    int unit, indicator, year;
    int64_t value; /* negative: a retraction */
};

static struct change draw_change(struct chance *chance)
{
    struct change change = {(int)chance_below(chance, UNITS), (int)chance_below(chance, INDICATORS),
                            (int)chance_below(chance, YEARS),
                            (int64_t)chance_below(chance, 100) + 1};
    if (chance_below(chance, 10) == 0)
        change.value = -1;
    return change;
}

static void apply(struct record *record, struct change change)
{
    char indicator[8], period[8];
    struct address address = {++record->sequence, 0};
    uint32_t unit = 900001 + (uint32_t)change.unit;
    snprintf(indicator, sizeof indicator, "x%d", change.indicator);
    snprintf(period, sizeof period, "%d", FIRST_YEAR + change.year);
    if (change.value < 0) {
        Songhua__V1__Retraction retraction = SONGHUA__V1__RETRACTION__INIT;
        retraction.indicator = indicator;
        retraction.period = period;
        cr_assert_eq(evaluation_add_retraction(record->evaluation, unit, &retraction, address, 0),
                     ERR_OK);
        return;
    }
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = indicator;
    observation.period = period;
    observation.unscaled = change.value;
    cr_assert_eq(evaluation_add_observation(record->evaluation, unit, &observation, address, 0),
                 ERR_OK);
}

static struct ranking *ranking_of(const struct record *record, struct as_of as_of)
{
    struct ranking *ranking = NULL;
    cr_assert_eq(ranking_new(record->framework, &record->framework->composites[0], &ranking),
                 ERR_OK);
    cr_assert_eq(ranking_refresh(ranking, record->evaluation, as_of), ERR_OK);
    return ranking;
}

static const struct as_of now = {UINT64_MAX, UINT64_MAX};

static void expect_same(const struct ranking *a, const struct ranking *b)
{
    const struct composite_design *design = &ranking_plan(a)->design;
    cr_assert_eq(ranking_tables(a), ranking_tables(b));
    for (size_t table = 0; table < ranking_tables(a); table++)
        for (size_t node = 0; node < design->node_count; node++)
            for (size_t row = 0; row < UNITS; row++) {
                struct standing left = ranking_standing(a, table, node, row);
                struct standing right = ranking_standing(b, table, node, row);
                cr_assert_eq(memcmp(&left.value, &right.value, sizeof left.value), 0,
                             "table %zu node %zu row %zu: %g, %g", table, node, row, left.value,
                             right.value);
                cr_assert_eq(left.rank, right.rank);
                cr_assert_eq(left.reason, right.reason);
                cr_assert_eq(left.available, right.available);
            }
}

static const struct {
    const char *mean, *fill, *scale, *periods;
} forms[] = {{"arithmetic", "none", MIN_MAX, "from: 2018"},
             {"geometric", "linear", MIN_MAX, "from: 2018, to: 2021"},
             {"harmonic", "constant", POSTS, "rank_decimals: 2"},
             {"arithmetic", "median", "normalise: {method: percentile}", "from: 2019"},
             {"arithmetic", "group_mean", "normalise: {method: z_score}, outliers: {points: 2}",
              "from: 2018, peers: [{id: p, units: [900001, 900002]}]"},
             {"power, power: 0.5, coverage: 2/3", "row_mean",
              "normalise: {method: borda}, outliers: {points: 0, transform: square_root}",
              "from: 2018"},
             {"geometric, floor: 1, weights: critic", "row_mean",
              "normalise: {method: to_reference, reference: 900003, cap: true},"
              " outliers: {deviations: 2}",
              "from: 2018, rank_decimals: -1"}};
enum { FORMS = sizeof forms / sizeof *forms };

static struct record record_at(size_t form)
{
    return record_of_parts(forms[form].mean, forms[form].fill, forms[form].scale, columns,
                           forms[form].periods);
}

Test(ranking, one_figure_at_a_time_comes_to_the_same_bits_as_all_at_once, .timeout = 60)
{
    struct chance chance = {20211220};
    for (size_t form = 0; form < FORMS; form++) {
        struct record record = record_at(form);
        struct ranking *one_by_one = ranking_of(&record, now);
        for (int i = 0; i < EVENTS; i++) {
            struct change change = draw_change(&chance);
            apply(&record, change);
            cr_assert_eq(ranking_touch(one_by_one, record.evaluation, now,
                                       &record.framework->indicators[change.indicator],
                                       900001 + (uint32_t)change.unit),
                         ERR_OK);
            if (i % 10 != 0)
                continue;
            struct ranking *at_once = ranking_of(&record, now);
            expect_same(one_by_one, at_once);
            ranking_free(at_once);
        }
        ranking_free(one_by_one);
        record_free(&record);
    }
}

Test(ranking, as_of_a_record_is_a_replay_up_to_it, .timeout = 60)
{
    struct chance chance = {20211220};
    for (size_t form = 0; form < FORMS; form++) {
        struct record whole = record_at(form), part = record_at(form);
        for (int i = 0; i < EVENTS; i++) {
            struct change change = draw_change(&chance);
            apply(&whole, change);
            if (i < EVENTS / 2)
                apply(&part, change);
        }
        struct ranking *then = ranking_of(&whole, (struct as_of){part.sequence, UINT64_MAX});
        struct ranking *replayed = ranking_of(&part, now);
        expect_same(then, replayed);
        ranking_free(then);
        ranking_free(replayed);
        record_free(&whole);
        record_free(&part);
    }
}

/* The same figures in another order: of those for one cell only the last counts, so each cell has one. */
Test(ranking, the_order_in_which_figures_come_changes_no_bit, .timeout = 60)
{
    enum { CELLS = UNITS * INDICATORS * YEARS };
    struct chance chance = {20211220};
    for (size_t form = 0; form < FORMS; form++) {
        struct change changes[CELLS];
        struct record forward = record_at(form), shuffled = record_at(form);
        for (int i = 0; i < CELLS; i++)
            changes[i] = (struct change){i % UNITS, i / UNITS % INDICATORS, i / UNITS / INDICATORS,
                                         (int64_t)chance_below(&chance, 100) + 1};
        for (int i = 0; i < CELLS; i++)
            apply(&forward, changes[i]);
        for (int i = CELLS - 1; i >= 0; i--) {
            size_t other = chance_below(&chance, (uint64_t)i + 1);
            apply(&shuffled, changes[other]);
            changes[other] = changes[i];
        }
        struct ranking *a = ranking_of(&forward, now), *b = ranking_of(&shuffled, now);
        expect_same(a, b);
        ranking_free(a);
        ranking_free(b);
        record_free(&forward);
        record_free(&shuffled);
    }
}

/* More of an indicator of which more is better never lowers its unit, where the other units' scale
 * does not move with it: goalposts. */
Test(ranking, more_is_never_worse, .timeout = 60)
{
    struct chance chance = {20211220};
    for (int round = 0; round < 50; round++) {
        struct record record = record_of_form("geometric", "none", POSTS, "from: 2018, to: 2018");
        for (int unit = 0; unit < UNITS; unit++)
            for (int i = 0; i < INDICATORS; i++)
                apply(&record, (struct change){unit, i, 0, (int64_t)chance_below(&chance, 90) + 1});
        struct ranking *ranking = ranking_of(&record, now);
        size_t root = ranking_plan(ranking)->design.node_count - 1;
        struct standing before = ranking_standing(ranking, 0, root, 2);
        const struct composite *composite = ranking_composite(ranking, 0);
        int64_t figure = (int64_t)composite_figure(composite, 0, 2);
        apply(&record, (struct change){2, 0, 0, figure + 1 + (int64_t)chance_below(&chance, 9)});
        cr_assert_eq(ranking_refresh(ranking, record.evaluation, now), ERR_OK);
        struct standing after = ranking_standing(ranking, 0, root, 2);
        cr_expect_geq(after.value, before.value);
        cr_expect_leq(after.rank, before.rank);
        ranking_free(ranking);
        record_free(&record);
    }
}

/* In another unit of measurement (all figures of an indicator times eight, so that no bit is lost) what
 * goes by the column's own extremes, deviation or order is the same to the bit. */
Test(ranking, another_unit_of_measurement_changes_no_bit, .timeout = 60)
{
    static const char *const scales[] = {MIN_MAX,
                                         "normalise: {method: z_score}",
                                         "normalise: {method: rank}",
                                         "normalise: {method: percentile}",
                                         "normalise: {method: borda}",
                                         "normalise: {method: of_max}",
                                         "normalise: {method: to_reference, reference: 900003}"};
    struct chance chance = {20211220};
    for (size_t scale = 0; scale < sizeof scales / sizeof *scales; scale++) {
        struct record small = record_of_form("arithmetic", "none", scales[scale], "from: 2018");
        struct record large = record_of_form("arithmetic", "none", scales[scale], "from: 2018");
        for (int i = 0; i < EVENTS; i++) {
            struct change change = draw_change(&chance);
            apply(&small, change);
            change.value *= change.value > 0 ? 8 : 1;
            apply(&large, change);
        }
        struct ranking *a = ranking_of(&small, now), *b = ranking_of(&large, now);
        expect_same(a, b);
        ranking_free(a);
        ranking_free(b);
        record_free(&small);
        record_free(&large);
    }
}

/* --- among peers ------------------------------------------------------------------------------------ */

static uint32_t count_better(const struct ranking *ranking, size_t table, size_t row)
{
    size_t root = ranking_plan(ranking)->design.node_count - 1;
    double own = round(ranking_standing(ranking, table, root, row).value * 10);
    uint32_t count = 0;
    for (size_t i = 0; i < 3; i++) /* the peers are the first three */
        count += round(ranking_standing(ranking, table, root, i).value * 10) > own ? 1 : 0;
    return count;
}

Test(ranking, among_peers_the_rank_is_one_more_than_how_many_of_them_are_better, .timeout = 60)
{
    struct chance chance = {20211220};
    struct record record = record_of_form(
        "arithmetic", "none", POSTS,
        "from: 2018, rank_decimals: 1,"
        " peers: [{id: p, units: [900001, 900002, 900003]}, {id: q, units: [900004]}]");
    size_t seen = 0, root;
    for (int i = 0; i < EVENTS; i++)
        apply(&record, draw_change(&chance));
    struct ranking *ranking = ranking_of(&record, now);
    root = ranking_plan(ranking)->design.node_count - 1;
    for (size_t table = 0; table < ranking_tables(ranking); table++) {
        uint32_t ranked = 0;
        for (size_t row = 0; row < 3; row++)
            ranked += ranking_standing(ranking, table, root, row).rank > 0 ? 1 : 0;
        for (size_t row = 0; row < 3; row++) {
            struct peer_standing peer = ranking_among_peers(ranking, table, root, row);
            bool is_ranked = ranking_standing(ranking, table, root, row).rank > 0;
            cr_assert_str_eq(peer.peers->id, "p");
            cr_expect_eq(peer.ranked, ranked);
            cr_expect_eq(peer.rank, is_ranked ? count_better(ranking, table, row) + 1 : 0);
            seen += is_ranked ? 1 : 0;
        }
        cr_expect_leq(ranking_among_peers(ranking, table, root, 3).rank, 1);
        cr_expect_null(ranking_among_peers(ranking, table, root, 4).peers);
    }
    cr_expect_gt(seen, 0); /* there was something to compare */
    ranking_free(ranking);
    record_free(&record);
}

/* --- gaps ------------------------------------------------------------------------------------------- */

Test(ranking, a_carried_figure_counts_in_the_score_but_not_as_available, .timeout = 20)
{
    struct record record = record_of_form("arithmetic", "none", POSTS, "from: 2018, to: 2020");
    for (int unit = 0; unit < UNITS; unit++)
        for (int i = 0; i < INDICATORS; i++)
            apply(&record, (struct change){unit, i, 0, 50});
    for (int i = 0; i < INDICATORS - 1; i++)
        apply(&record, (struct change){0, i, 1, 50});
    struct ranking *ranking = ranking_of(&record, now);
    size_t root = ranking_plan(ranking)->design.node_count - 1;
    struct standing standing = ranking_standing(ranking, 1, root, 0);
    cr_expect_eq(standing.available, 1); /* x1 is divided by the carried x2 */
    cr_expect_eq(ranking_age(ranking, 1, 2, 0), 1);
    cr_expect(composite_is_imputed(ranking_composite(ranking, 1), 2, 0));
    cr_expect_eq(composite_normalised(ranking_composite(ranking, 1), 2, 0),
                 composite_normalised(ranking_composite(ranking, 0), 2, 0));
    /* Two years on it is too old. */
    cr_expect(isnan(composite_figure(ranking_composite(ranking, 2), 2, 0)));
    ranking_free(ranking);
    record_free(&record);
}

/* --- what it costs ---------------------------------------------------------------------------------- */

static enum err count(void *context, const struct standing *standing)
{
    (void)standing;
    ++*(size_t *)context;
    return ERR_OK;
}

Test(ranking, a_figure_touches_its_own_table_and_no_other, .timeout = 20)
{
    struct record record = record_of_form("arithmetic", "none", POSTS, "from: 2018, to: 2021");
    struct chance chance = {7};
    for (int i = 0; i < EVENTS; i++)
        apply(&record, draw_change(&chance));
    struct ranking *ranking = ranking_of(&record, now);
    size_t visited = 0;
    uint64_t work[YEARS];
    cr_assert_eq(ranking_visit(ranking, true, count, &visited), ERR_OK);
    cr_expect_eq(visited, 2 * UNITS * YEARS); /* all of them at first */
    for (size_t i = 0; i < YEARS; i++)
        work[i] = composite_work(ranking_composite(ranking, i));
    apply(&record, (struct change){3, 0, 2, 99});
    cr_assert_eq(
        ranking_touch(ranking, record.evaluation, now, &record.framework->indicators[0], 900004),
        ERR_OK);
    for (size_t i = 0; i < YEARS; i++)
        cr_expect_eq(composite_work(ranking_composite(ranking, i)) != work[i], i == 2, "%zu", i);
    visited = 0;
    cr_assert_eq(ranking_visit(ranking, true, count, &visited), ERR_OK);
    cr_expect_leq(visited, 2 * UNITS);
    visited = 0;
    cr_assert_eq(ranking_visit(ranking, true, count, &visited), ERR_OK);
    cr_expect_eq(visited, 0);
    ranking_free(ranking);
    record_free(&record);
}
