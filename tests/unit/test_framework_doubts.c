/* After a framework the doubts are those that it gives rise to, though no figure changed. */
#include "tests/support/scorer_case.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define RANGE SONGHUA__V1__DOUBT_KIND__DOUBT_RANGE
#define KIND  SONGHUA__V1__DOUBT_KIND__DOUBT_KIND
#define RATIO SONGHUA__V1__DOUBT_KIND__DOUBT_RATIO
#define HEAD(version)                                                                              \
    "framework: f\nversion: " version "\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n"
#define ITEM(id, kind, unit)                                                                       \
    "  - id: " id "\n    name: {zh: 研发, en: " id "}\n    kind: " kind "\n    unit: " unit "\n"   \
    "    regions: [220000]\n"
#define RD    ITEM("rd", "share", "\"%\"")
#define BOUND "    plausible: {min: 0, max: 2}\n"
#define PARTS ITEM("spent", "quantity", "亿元") ITEM("product", "quantity", "亿元")
#define IDENTITY                                                                                   \
    "identities:\n"                                                                                \
    "  - {id: share, kind: ratio, of: rd, numerator: spent, denominator: product, factor: 100}\n"

/* That the last record published; NULL: none. */
static const Songhua__V1__Doubt *doubt_of(const struct bench *bench, Songhua__V1__DoubtKind kind,
                                          const char *period)
{
    for (size_t i = 0; i < bench->count; i++)
        for (size_t j = 0; j < bench->published[i]->n_events; j++) {
            const Songhua__V1__Event *event = bench->published[i]->events[j];
            if (event->body_case == SONGHUA__V1__EVENT__BODY_DOUBT && event->doubt->kind == kind &&
                !strcmp(event->doubt->period, period))
                return event->doubt;
        }
    return NULL;
}

Test(framework_doubts, a_bound_that_a_framework_drops_ends_what_it_raised, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework", HEAD("1") RD BOUND);
    tell_figure(bench, 220000, "rd", "2021", 250);
    tell_figure(bench, 220000, "rd", "2022", 260);
    cr_assert_not_null(doubt_of(bench, RANGE, "2022"));
    restart(bench);
    tell_document(bench, "framework", HEAD("2") RD);
    const Songhua__V1__Doubt *doubt = doubt_of(bench, RANGE, "2021");
    cr_assert_not_null(doubt);
    cr_expect(doubt->is_cleared && doubt->by_framework);
    cr_expect_str_eq(doubt->framework, "f@2");
    cr_assert_not_null(doubt_of(bench, RANGE, "2022"));
    tell_document(bench, "framework", HEAD("3") RD);
    cr_expect_null(doubt_of(bench, RANGE, "2022"), "it was said");
    bench_free(bench);
}

Test(framework_doubts, a_bound_that_a_framework_brings_is_held_against_earlier_figures,
     .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework", HEAD("1") RD);
    tell_figure(bench, 220000, "rd", "2021", 250);
    tell_figure(bench, 220000, "rd", "2022", 150);
    cr_expect_null(doubt_of(bench, RANGE, "2021"));
    tell_document(bench, "framework", HEAD("2") RD BOUND);
    const Songhua__V1__Doubt *doubt = doubt_of(bench, RANGE, "2021");
    cr_assert_not_null(doubt);
    cr_expect_not(doubt->is_cleared);
    cr_expect_null(doubt_of(bench, RANGE, "2022"));
    tell_figure(bench, 220000, "rd", "2021", 140);
    doubt = doubt_of(bench, RANGE, "2021");
    cr_assert_not_null(doubt);
    cr_expect(doubt->is_cleared && !doubt->by_framework, "this time the figure was revised");
    bench_free(bench);
}

Test(framework_doubts, room_that_a_framework_gives_ends_what_the_kind_raised, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework", HEAD("1") RD);
    tell_figure(bench, 220000, "rd", "2021", 13000);
    cr_assert_not_null(doubt_of(bench, KIND, "2021"), "130 %");
    tell_document(bench, "framework", HEAD("2") RD "    plausible: {max: 300}\n");
    const Songhua__V1__Doubt *doubt = doubt_of(bench, KIND, "2021");
    cr_assert_not_null(doubt);
    cr_expect(doubt->is_cleared && doubt->by_framework);
    bench_free(bench);
}

Test(framework_doubts, an_identity_that_a_framework_brings_is_held_against_earlier_figures,
     .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework", HEAD("1") RD PARTS);
    tell_figure(bench, 220000, "rd", "2022", 150);
    tell_figure(bench, 220000, "spent", "2022", 20000);
    tell_figure(bench, 220000, "product", "2022", 1000000);
    tell_document(bench, "framework", HEAD("2") RD PARTS IDENTITY);
    const Songhua__V1__Doubt *doubt = doubt_of(bench, RATIO, "2022");
    cr_assert_not_null(doubt);
    cr_expect_eq(doubt->expected, 2);
    tell_document(bench, "framework", HEAD("3") RD PARTS);
    doubt = doubt_of(bench, RATIO, "2022");
    cr_assert_not_null(doubt);
    cr_expect(doubt->is_cleared && doubt->by_framework);
    bench_free(bench);
}

Test(framework_doubts, of_a_long_series_only_the_end_is_doubted_anew_but_all_doubts_end,
     .timeout = 20)
{
    struct bench *bench = bench_new();
    char period[8];
    tell_document(bench, "framework", HEAD("1") RD BOUND);
    for (int year = 1950; year < 2023; year++) {
        snprintf(period, sizeof period, "%d", year);
        tell_figure(bench, 220000, "rd", period, year % 30 ? 150 : 250); /* 1950, 1980, 2010 */
    }
    tell_document(bench, "framework", HEAD("2") RD);
    cr_assert_not_null(doubt_of(bench, RANGE, "1950"));
    cr_expect(doubt_of(bench, RANGE, "1950")->is_cleared);
    tell_document(bench, "framework", HEAD("3") RD BOUND);
    cr_expect_not_null(doubt_of(bench, RANGE, "1980"));
    cr_expect_null(doubt_of(bench, RANGE, "1950"), "further back than a framework looks");
    bench_free(bench);
}
