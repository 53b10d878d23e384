/* The alert that a judgement asks for, as its explanation shows it. */
#include "consumers/report/explain.h"
#include "tests/support/basis_case.h"

#include <criterion/criterion.h>
#include <string.h>

enum { PAGE_BYTES = 1 << 16 };

#define CALL(name) SONGHUA__V1__ALERT_CALL__ALERT_CALL_##name

static const char document[] =
    "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\n"
    "indicators:\n  - id: x\n    name: {zh: 测, en: x}\n    kind: share\n    unit: \"%\"\n"
    "    direction: up\n    method: linear_path\n    regions: [220000]\n"
    "    alert: {watch: 0.9, lagging: 0.5}\n"
    "    targets: [{id: t, comparator: \">=\", value: 200, deadline: 2030}]\n"
    "    baselines: [{region: 220000, period: 2020, value: 100}]\n";

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

TestSuite(explain_alert, .init = setup, .fini = teardown, .timeout = 20);

static enum err keep(void *context, const struct judgement *judgement)
{
    *(struct judgement *)context = *judgement;
    return ERR_OK;
}

/* The judgement of these figures, explained in English on `page`. */
static struct judgement explained(const char *rows)
{
    struct evaluation *evaluation;
    struct as_of as_of;
    struct judgement judgement = {0};
    const struct basis_view view = {0};
    basis = basis_case_new(document, rows, 1782000000000);
    cr_assert_eq(basis_evaluate(basis, &view, &evaluation, &as_of), ERR_OK);
    cr_assert_eq(evaluation_judge_all(evaluation, as_of, keep, &judgement), ERR_OK);
    evaluation_free(evaluation);
    cr_assert_eq(
        explain_judgement(basis, basis->frameworks[0].framework, &judgement, LANGUAGE_EN, &page),
        ERR_OK, "%s", buffer_text(&page));
    return judgement;
}

static void expect_lines(const char *text)
{
    cr_expect_not_null(strstr(buffer_text(&page), text), "%s", buffer_text(&page));
}

Test(explain_alert, the_frameworks_thresholds_are_shown_with_what_follows)
{
    (void)explained("indicator,region,period,value\nx,220000,2024,119\n");
    expect_lines("  alert  lagging\n      ratio 0.475: < 0.9 watch, < 0.5 lagging, < 0 severe; "
                 ">= 0.95 ends it\n");
}

Test(explain_alert, between_the_threshold_and_the_hysteresis_one_goes_on)
{
    (void)explained("indicator,region,period,value\nx,220000,2024,137\n");
    expect_lines("  alert  none begins; one goes on as watch\n      ratio 0.925: ");
}

Test(explain_alert, the_pace_is_worked_out_and_shown)
{
    (void)explained("indicator,region,period,value\nx,220000,2026,130\n");
    expect_lines("      17.5 / 5 = 3.5000\n");
    expect_lines("  alert  severe\n");
    expect_lines("      time share 0.6 > 0.5, and more than 3 times the pace so far is needed");
}

Test(explain_alert, a_limit_by_a_provisional_figure_is_shown)
{
    (void)explained("indicator,region,period,value,obs_status\nx,220000,2024,110,P\n");
    expect_lines("      on one provisional figure: not above watch\n");
}

Test(explain_alert, a_call_that_does_not_follow_from_the_numbers_is_found)
{
    struct judgement wrong = explained("indicator,region,period,value\nx,220000,2024,119\n");
    const struct framework *framework = basis->frameworks[0].framework;
    wrong.alert_call = CALL(WATCH);
    cr_expect_eq(explain_judgement(basis, framework, &wrong, LANGUAGE_ZH, &page), ERR_DIFFERENT);
    expect_lines("与判断所载不一致： watch");
}
