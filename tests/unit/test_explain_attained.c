/* What a completion or a pace in a score is worked out from, as its explanation shows it. */
#include "consumers/report/explain_composite.h"
#include "tests/support/basis_case.h"

#include <criterion/criterion.h>
#include <string.h>

enum { PAGE_BYTES = 1 << 16 };

static const char document[] =
    "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\n"
    "groups:\n"
    "  - {id: whole, name: {zh: 总, en: whole}}\n"
    "indicators:\n"
    "  - {id: x, name: {zh: 测, en: x}, kind: quantity, unit: 件, regions: [220100, 220200, 220300, 220400, 220500],\n"
    "     parent: whole, normalise: {method: goalposts, low: 0, high: 200}, direction: up,\n"
    "     method: linear_path, baselines: [{region: 220100, period: 2020},\n"
    "     {region: 220300, period: 2020}, {region: 220500},\n"
    "     {region: 220200, period: 2020, value: 80, source: s}],\n"
    "     targets: [{id: a, comparator: \">=\", value: 100, deadline: 2024,\n"
    "                regions: [220100, 220300, 220400, 220500]},\n"
    "               {id: b, comparator: \">=\", value: 60, deadline: 2021, regions: [220200]}]}\n"
    "  - {id: y, name: {zh: 耗, en: y}, kind: quantity, unit: 吨, regions: [220100],\n"
    "     parent: whole, normalise: {method: goalposts, low: 0, high: 200}, direction: down,\n"
    "     method: linear_path, baselines: [{region: 220100, period: 2020}],\n"
    "     targets: [{id: c, comparator: \"<=\", value: 2, deadline: 2024}]}\n"
    "columns:\n"
    "  - {id: x-pace, of: x, take: pace, parent: whole,\n"
    "     normalise: {method: goalposts, low: 0, high: 1}}\n"
    "  - {id: y-done, of: y, take: completion, parent: whole,\n"
    "     normalise: {method: goalposts, low: 0, high: 1}}\n"
    "composites:\n"
    "  - {id: c, name: {zh: 综, en: c}, root: whole, from: 2022}\n";

/* Row n of the file is n.0. */
static const char figures[] = "indicator,region,period,value,obs_status\n"
                              "x,220100,2020,20,\nx,220100,2022,40,\nx,220200,2022,70,\n"
                              "y,220100,2020,10,\ny,220100,2022,8,\nx,220100,2020,30,\n"
                              "x,220300,2020,20,\nx,220300,2022,40,B\nx,220400,2022,40,\n"
                              "x,220500,2022,40,\n";

static struct basis *basis;
static struct buffer page;

static void read_files(void)
{
    basis = basis_case_new(document, figures, 1792000000000);
    buffer_init(&page, PAGE_BYTES);
}

static void forget_files(void)
{
    buffer_fini(&page);
    basis_free(basis);
}

TestSuite(explain_attained, .init = read_files, .fini = forget_files, .timeout = 10);

/* Explain the whole of 2022 from the rows up to `explained`, the score being of those up to `scored`. */
static enum err explain(size_t row, uint64_t scored, uint64_t explained)
{
    const struct framework *framework = basis->frameworks[0].framework;
    const struct basis_view before = {.last_sequence = scored}, now = {.last_sequence = explained};
    struct evaluation *old, *evaluation;
    struct ranking *ranking;
    struct as_of then, as_of;
    cr_assert_eq(basis_evaluate(basis, &before, &old, &then), ERR_OK);
    cr_assert_eq(basis_evaluate(basis, &now, &evaluation, &as_of), ERR_OK);
    cr_assert_eq(ranking_new(framework, &framework->composites[0], &ranking), ERR_OK);
    cr_assert_eq(ranking_refresh(ranking, old, then), ERR_OK);
    const struct composite_question question = {
        .basis = basis, .ranking = ranking, .evaluation = evaluation, .as_of = as_of, .row = row};
    enum err err = explain_composite(&question, LANGUAGE_EN, &page);
    ranking_free(ranking);
    evaluation_free(evaluation);
    evaluation_free(old);
    return err;
}

static void expect_line(const char *text)
{
    cr_expect_not_null(strstr(buffer_text(&page), text), "no '%s' in\n%s", text,
                       buffer_text(&page));
}

Test(explain_attained, a_pace_is_shown_from_baseline_target_and_both_shares)
{
    cr_assert_eq(explain(0, 5, 5), ERR_OK, "%s", buffer_text(&page));
    expect_line("target x a: T >= 100  2024\n");
    expect_line("baseline 2020: b = 20 件  [1.0]  ");
    expect_line("figures.csv:2\n");
    expect_line("completion (x - b) / |T - b| = (40 - 20) / |100 - 20| = 0.25\n");
    expect_line("share of time (2022 - 2020) / (2024 - 2020) = 0.5\n");
    expect_line("completion / share of time 0.25 / 0.5 = 0.5\n");
}

Test(explain_attained, a_completion_has_its_sign_where_less_is_better_and_no_share_of_time)
{
    cr_assert_eq(explain(0, 5, 5), ERR_OK, "%s", buffer_text(&page));
    expect_line("completion -(x - b) / |T - b| = -(8 - 10) / |2 - 10| = 0.25\n");
    const char *at = strstr(buffer_text(&page), "target y c");
    cr_assert_not_null(at);
    cr_expect_null(strstr(at, "share of time"));
}

Test(explain_attained, a_target_met_counts_one_at_least_and_time_one_at_most)
{
    cr_assert_eq(explain(1, 5, 5), ERR_OK, "%s", buffer_text(&page));
    expect_line("b = 80 件  [set by the framework]");
    expect_line("(70 - 80) / |60 - 80| = -0.5\n");
    expect_line("the target is met, which counts 1 at least: 1\n");
    expect_line("(2022 - 2020) / (2021 - 2020) = 2, which counts 1 at most\n");
    expect_line("completion / share of time 1 / 1 = 1\n");
}

/* The sixth row revises the baseline. */
Test(explain_attained, a_share_that_does_not_come_out_again_is_said_to_differ)
{
    cr_expect_eq(explain(0, 5, 6), ERR_DIFFERENT);
    expect_line("worked out again it is 0.28571428571428");
}

Test(explain_attained, what_has_no_share_says_why)
{
    static const char *const reasons[] = {"the series breaks in between", "there is no baseline",
                                          "no share of time"};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        buffer_clear(&page);
        cr_assert_eq(explain(2 + i, 10, 10), ERR_OK, "%s", buffer_text(&page));
        for (size_t j = 0; j < sizeof reasons / sizeof *reasons; j++)
            cr_expect((strstr(buffer_text(&page), reasons[j]) != NULL) == (i == j), "%s\n%s",
                      reasons[j], buffer_text(&page));
    }
}
