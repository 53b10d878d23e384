#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

static const struct as_of now = {UINT64_MAX, UINT64_MAX};

static struct record published_of(const char *path)
{
    struct record record = record_published(path);
    if (strstr(path, "220000")) /* the province's figures of 2026 have a file of their own */
        record_read(&record, "deploy/data/220000-2026.csv");
    return record;
}

static struct judgement judge_published(const struct record *published, const char *indicator_id,
                                        const char *target_id, uint32_t region, struct as_of as_of)
{
    const struct indicator *indicator = framework_indicator(published->framework, indicator_id);
    struct judgement judgement;
    cr_assert_not_null(indicator);
    evaluation_judge(published->evaluation, as_of, indicator,
                     indicator_target(indicator, target_id), region, &judgement);
    return judgement;
}

Test(published_figures, the_published_figures_give_the_judgements_worked_by_hand, .timeout = 20)
{
    struct record published = published_of("deploy/data/220000.csv");
    struct judgement judgement = judge_published(&published, "rd_intensity", "2025", 220000, now);
    cr_expect_eq(judgement.verdict, IS(ACCELERATE));
    cr_expect(fabs(judgement.numbers[NUMBER_RATIO] - 0.671) < 0.0005);
    judgement = judge_published(&published, "sei_share", "2025", 220000, now);
    cr_expect_eq(judgement.verdict, IS(ACHIEVED));
    judgement = judge_published(&published, "prov_st_fund", "reach", 220000, now);
    cr_expect_eq(judgement.verdict, IS(ACHIEVED));
    judgement = judge_published(&published, "prov_st_fund", "growth", 220000, now);
    cr_expect_eq(judgement.verdict, IS(ON_TRACK));
    record_free(&published);
}

Test(published_figures, prefectures_whose_figures_are_not_published_are_no_data, .timeout = 20)
{
    struct record published = published_of("deploy/data/220100.csv");
    static const uint32_t prefectures[] = {220100, 220200, 220300, 220400, 220500,
                                           220600, 220700, 220800, 222400};
    for (size_t i = 0; i < sizeof prefectures / sizeof *prefectures; i++) {
        struct judgement judgement =
            judge_published(&published, "rd_intensity", "", prefectures[i], now);
        cr_expect_eq(judgement.verdict, IS(NO_DATA));
        cr_expect_eq(judgement.has, 0, "nothing is filled in");
        judgement = judge_published(&published, "sei_share", "", prefectures[i], now);
        cr_expect_eq(judgement.verdict, IS(NO_DATA));
    }
    record_free(&published);
}

/* 0.76 as first published, 1.02 after the census, with sixteen digits in two yearbooks: what is in
 * force for 2018 depends on the moment, and growth since then with it. */
Test(published_figures, the_figure_of_2018_is_the_one_of_the_moment, .timeout = 20)
{
    static const double wanted[] = {0.76, 1.02, 1.0221039115676485, 1.02};
    struct record published = published_of("deploy/data/220000.csv");
    struct record since = record_with(
        "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n"
        "  - id: rd_intensity\n    name: {zh: 测, en: t}\n    kind: share\n    unit: \"%\"\n"
        "    regions: [220000]\n    baselines:\n      - {region: 220000, period: 2018}\n");
    const struct indicator *indicator = framework_indicator(since.framework, "rd_intensity");
    size_t changes = 0;
    double last = 0;
    for (uint64_t row = 1; row <= published.sequence; row++) {
        struct judgement judgement;
        evaluation_judge(published.evaluation, (struct as_of){row, UINT64_MAX}, indicator, NULL,
                         220000, &judgement);
        double base = judgement.numbers[NUMBER_BASELINE];
        if (!judgement.baseline_period.is_set || judgement.baseline_period.period.year != 2018 ||
            fabs(base - last) < DBL_EPSILON)
            continue;
        cr_assert_lt(changes, sizeof wanted / sizeof *wanted);
        cr_expect(fabs(base - wanted[changes]) < DBL_EPSILON, "change %zu: %.17g", changes, base);
        last = base;
        changes++;
    }
    cr_expect_eq(changes, sizeof wanted / sizeof *wanted);
    record_free(&since);
    record_free(&published);
}

Test(published_figures, emerging_industries_lag_until_the_figure_of_2025_comes, .timeout = 20)
{
    struct record published = published_of("deploy/data/220000.csv");
    bool has_lagged = false;
    Songhua__V1__Judgement last = IS(NO_DATA);
    for (uint64_t row = 1; row <= published.sequence; row++) {
        struct judgement judgement = judge_published(&published, "sei_share", "2025", 220000,
                                                     (struct as_of){row, UINT64_MAX});
        if (judgement.period.is_set && judgement.period.period.year == 2024) {
            cr_expect_eq(judgement.verdict, IS(LAGGING));
            cr_expect(fabs(judgement.numbers[NUMBER_RATIO] - 0.409) < 0.0005);
            has_lagged = true;
        }
        last = judgement.verdict;
    }
    cr_expect(has_lagged);
    cr_expect_eq(last, IS(ACHIEVED));
    record_free(&published);
}
