/* What a later framework leaves out is closed, once, with the reason. */
#include "tests/support/scorer_case.h"

#include <criterion/criterion.h>
#include <string.h>

#define IS(verdict) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict
#define HEAD(version)                                                                              \
    "framework: f\nversion: " version "\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n"
#define RD(regions)                                                                                \
    "  - id: rd\n    name: {zh: 研发, en: rd}\n    kind: share\n    unit: \"%\"\n"               \
    "    direction: up\n    method: cagr_target\n    regions: [" regions "]\n"                     \
    "    baselines:\n      - {region: 220000, period: 2020, value: 1.30}\n    targets:\n"
#define NEAR "      - {id: \"2025\", comparator: \">\", value: 2, deadline: 2025}\n"
#define FAR  "      - {id: \"2035\", comparator: \">\", value: 3, deadline: 2035}\n"
#define PATENTS                                                                                    \
    "  - {id: patents, name: {zh: 专利, en: patents}, kind: count, unit: 件, regions: [220000]}\n"

static const Songhua__V1__Score *closed_of(const struct bench *bench, const char *indicator,
                                           const char *target)
{
    for (size_t i = 0; i < bench->count; i++)
        for (size_t j = 0; j < bench->published[i]->n_events; j++) {
            const Songhua__V1__Event *event = bench->published[i]->events[j];
            if (event->body_case == SONGHUA__V1__EVENT__BODY_SCORE &&
                event->score->judgement == IS(CLOSED) &&
                !strcmp(event->score->indicator, indicator) &&
                !strcmp(event->score->target, target))
                return event->score;
        }
    return NULL;
}

static size_t closed_count(const struct bench *bench)
{
    size_t count = 0;
    for (size_t i = 0; i < bench->count; i++)
        for (size_t j = 0; j < bench->published[i]->n_events; j++) {
            const Songhua__V1__Event *event = bench->published[i]->events[j];
            count += event->body_case == SONGHUA__V1__EVENT__BODY_SCORE &&
                     event->score->judgement == IS(CLOSED);
        }
    return count;
}

Test(closing, a_target_that_a_framework_leaves_out_is_closed_once_with_the_reason, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework", HEAD("1") RD("220000") NEAR FAR);
    tell_figure(bench, 220000, "rd", "2023", 155);
    restart(bench);
    tell_document(bench, "framework", HEAD("2") RD("220000") NEAR);
    const Songhua__V1__Score *score = closed_of(bench, "rd", "2035");
    cr_assert_not_null(score);
    cr_expect_str_eq(score->reason, "target_left_out");
    cr_expect_str_eq(score->framework, "f@2");
    cr_expect_str_eq(score->name_zh, "研发");
    cr_expect_eq(score->as_of_sequence, 3);
    cr_expect_eq(closed_count(bench), 1);
    restart(bench);
    tell_document(bench, "framework", HEAD("3") RD("220000") NEAR);
    cr_expect_eq(closed_count(bench), 0, "it was said");
    tell_document(bench, "framework", HEAD("4") RD("220000") NEAR FAR);
    cr_expect_eq(closed_count(bench), 0);
    bool is_back = false;
    for (size_t i = 0; i < bench->count; i++)
        is_back =
            is_back || !strcmp(score_at(bench, i, 0)->target, "2035") ||
            (bench->published[i]->n_events > 1 && !strcmp(score_at(bench, i, 1)->target, "2035"));
    cr_expect(is_back, "asked for again, it is judged again");
    bench_free(bench);
}

Test(closing, an_item_that_is_left_out_is_closed_with_its_doubts, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework", HEAD("1") RD("220000, 220100") NEAR PATENTS);
    tell_figure(bench, 220000, "rd", "2020", 130);
    tell_figure(bench, 220000, "rd", "2021", 139);
    tell_figure(bench, 220000, "rd", "2022", 143);
    tell_figure(bench, 220000, "rd", "2023", 15500);
    restart(bench);
    tell_document(bench, "framework", HEAD("2") PATENTS);
    const Songhua__V1__Score *score = closed_of(bench, "rd", "2025");
    cr_assert_not_null(score);
    cr_expect_str_eq(score->reason, "item_left_out");
    cr_expect_eq(closed_count(bench), 2, "in both regions");
    size_t cleared = 0;
    for (size_t i = 0; i < bench->count; i++)
        for (size_t j = 0; j < bench->published[i]->n_events; j++) {
            const Songhua__V1__Event *event = bench->published[i]->events[j];
            if (event->body_case != SONGHUA__V1__EVENT__BODY_DOUBT)
                continue;
            cr_expect(event->doubt->is_cleared);
            cr_expect(event->doubt->by_framework, "its figures are as they were");
            cr_expect_str_eq(event->doubt->indicator, "rd");
            cleared++;
        }
    cr_expect_geq(cleared, 1);
    bench_free(bench);
}

Test(closing, what_an_indicator_without_target_had_is_closed_when_it_gets_one, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework",
                  HEAD("1") "  - {id: rd, name: {zh: 研发, en: rd}, kind: share, "
                            "unit: \"%\", direction: up, regions: [220000]}\n");
    tell_figure(bench, 220000, "rd", "2023", 155);
    tell_document(bench, "framework", HEAD("2") RD("220000") NEAR);
    cr_assert_not_null(closed_of(bench, "rd", ""));
    cr_expect_eq(closed_count(bench), 1);
    bench_free(bench);
}
