/* The figures that an explanation of a composite shows are those that it was worked out from. */
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
    "  - {id: x, name: {zh: 测, en: x}, kind: quantity, unit: 件, regions: [220100, 220200],\n"
    "     parent: whole, normalise: {method: goalposts, low: 0, high: 200}, direction: up,\n"
    "     divide_by: y, definitions: [{id: wide, name: {zh: 宽, en: wide}, primary: true},\n"
    "                                   {id: narrow, name: {zh: 窄, en: narrow}}]}\n"
    "  - {id: y, name: {zh: 人, en: y}, kind: quantity, unit: 人, regions: [220100, 220200],\n"
    "     direction: up, definitions: [{id: staff, name: {zh: 在册, en: staff}, primary: true},\n"
    "                                  {id: all, name: {zh: 全部, en: all}}]}\n"
    "composites:\n"
    "  - {id: c, name: {zh: 综, en: c}, root: whole, from: 2022, to: 2022}\n";

static struct basis *basis;
static struct buffer page;

static void setup(void)
{
    buffer_init(&page, PAGE_BYTES);
}

static void teardown(void)
{
    basis_free(basis);
    buffer_fini(&page);
}

TestSuite(explain_figures, .init = setup, .fini = teardown, .timeout = 20);

/* The first unit's value of 2022 by these rows (row n is n.0), explained in English on `page`. */
static void explain(const char *rows, const struct basis_view *view)
{
    struct evaluation *evaluation;
    struct ranking *ranking;
    struct as_of as_of;
    basis = basis_case_new(document, rows, 1792000000000);
    const struct framework *own = basis->frameworks[0].framework;
    cr_assert_eq(basis_evaluate(basis, view, &evaluation, &as_of), ERR_OK);
    cr_assert_eq(ranking_new(own, &own->composites[0], &ranking), ERR_OK);
    cr_assert_eq(ranking_refresh(ranking, evaluation, as_of), ERR_OK);
    const struct composite_question question = {
        .basis = basis, .ranking = ranking, .evaluation = evaluation, .as_of = as_of};
    cr_assert_eq(explain_composite(&question, LANGUAGE_EN, &page), ERR_OK, "%s",
                 buffer_text(&page));
    ranking_free(ranking);
    evaluation_free(evaluation);
}

static void expect(const char *text, bool is_there)
{
    cr_expect((strstr(buffer_text(&page), text) != NULL) == is_there, "'%s' in\n%s", text,
              buffer_text(&page));
}

#define HEAD "indicator,region,period,value,definition,obs_status\n"

Test(explain_figures, a_figure_of_another_definition_is_not_shown_as_the_one_used)
{
    explain(HEAD "x,220100,2022,40,wide,\nx,220100,2022,25,narrow,\ny,220100,2022,4,staff,\n"
                 "y,220100,2022,9,all,\n",
            &(struct basis_view){0});
    expect("x 2022 = 40 件  [1.0]", true);
    expect("y 2022 = 4 人  [3.0]", true);
    expect("[2.0]", false);
    expect("[4.0]", false);
}

Test(explain_figures, a_later_report_that_there_is_no_figure_shows_none)
{
    explain(HEAD "x,220100,2022,40,wide,\ny,220100,2022,4,staff,\nx,220100,2022,,wide,O\n"
                 "x,220200,2022,7,wide,\ny,220200,2022,7,staff,\n",
            &(struct basis_view){0});
    expect("y 2022 = 4 人  [2.0]", true);
    expect("x 2022", false);
}

Test(explain_figures, a_figure_that_is_assumed_is_said_to_be)
{
    const struct what_if what_if = {.indicator = "x",
                                    .region = 220100,
                                    .period = {.year = 2022, .frequency = FREQUENCY_YEAR},
                                    .value = {80, 0}};
    explain(HEAD "x,220100,2022,40,wide,\ny,220100,2022,4,staff,\n",
            &(struct basis_view){.what_if = &what_if, .what_if_count = 1});
    expect("x a figure that is assumed\n", true);
    expect("[1.0]", false);
}
