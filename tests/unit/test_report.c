#include "consumers/report/explain_composite.h"
#include "consumers/report/report_document.h"
#include "proto/base/file.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE_BYTES = 1 << 20 };

static const uint64_t now_ms = UINT64_C(1792000000000); /* 2026-10-14 */
static struct basis *basis;

static void read_published(void)
{
    static const struct invocation invocation = {.program = "test", .command = "report"};
    struct basis_settings settings = {.framework = "deploy/framework/jilin-2021.yaml",
                                      .as_of_ms = now_ms};
    settings.observations.items[settings.observations.count++] = "deploy/data/220000.csv";
    settings.observations.items[settings.observations.count++] = "deploy/data/220000-2026.csv";
    settings.observations.items[settings.observations.count++] = "deploy/data/220100.csv";
    cr_assert_eq(basis_new(&basis), ERR_OK);
    cr_assert_eq(basis_read(&invocation, &settings, basis), ERR_OK);
}

static void forget_published(void)
{
    basis_free(basis);
    basis = NULL;
}

TestSuite(report, .init = read_published, .fini = forget_published, .timeout = 60);

/* --- explaining --------------------------------------------------------------------------------- */

static struct buffer page;

static enum err explain_both(void *context, const struct judgement *judgement)
{
    size_t *count = context;
    const struct framework *framework = basis->frameworks[0].framework;
    for (int language = LANGUAGE_ZH; language <= LANGUAGE_EN; language++) {
        buffer_clear(&page);
        enum err err =
            explain_judgement(basis, framework, judgement, (enum language)language, &page);
        cr_assert_eq(err, ERR_OK, "%s", buffer_text(&page));
        (*count)++;
    }
    return ERR_OK;
}

Test(report, every_published_judgement_is_explained_to_the_last_bit)
{
    size_t count = 0;
    buffer_init(&page, PAGE_BYTES);
    for (uint64_t last = 20; last <= basis->last; last += 20) {
        struct evaluation *evaluation;
        struct as_of as_of;
        const struct basis_view view = {.last_sequence = last};
        cr_assert_eq(basis_evaluate(basis, &view, &evaluation, &as_of), ERR_OK);
        cr_assert_eq(evaluation_judge_all(evaluation, as_of, explain_both, &count), ERR_OK);
        evaluation_free(evaluation);
    }
    buffer_fini(&page);
    cr_assert_gt(count, 1000);
}

static struct judgement judge(const struct basis_view *view, const char *indicator,
                              const char *target, struct evaluation **evaluation)
{
    struct as_of as_of;
    struct judgement judgement;
    const struct indicator *item = framework_indicator(basis->frameworks[0].framework, indicator);
    cr_assert_eq(basis_evaluate(basis, view, evaluation, &as_of), ERR_OK);
    evaluation_judge(*evaluation, as_of, item, indicator_target(item, target), 220000, &judgement);
    return judgement;
}

Test(report, explanation_that_leads_elsewhere_says_so)
{
    struct evaluation *evaluation;
    struct basis_view view = {.last_year = 2023};
    struct judgement judgement = judge(&view, "rd_intensity", "2025", &evaluation);
    const enum judgement_number altered[] = {NUMBER_RATIO, NUMBER_POINTS, NUMBER_GROWTH,
                                             NUMBER_REQUIRED_NOW, NUMBER_COMPLETION};
    buffer_init(&page, PAGE_BYTES);
    for (size_t i = 0; i < sizeof altered / sizeof *altered; i++) {
        struct judgement wrong = judgement;
        wrong.numbers[altered[i]] = nextafter(wrong.numbers[altered[i]], INFINITY);
        cr_expect_eq(
            explain_judgement(basis, basis->frameworks[0].framework, &wrong, LANGUAGE_ZH, &page),
            ERR_DIFFERENT);
    }
    buffer_fini(&page);
    evaluation_free(evaluation);
}

Test(report, explanation_names_figures_sources_and_the_worked_example)
{
    struct evaluation *evaluation;
    struct basis_view view = {.last_year = 2023};
    struct judgement judgement = judge(&view, "rd_intensity", "2025", &evaluation);
    buffer_init(&page, PAGE_BYTES);
    cr_assert_eq(
        explain_judgement(basis, basis->frameworks[0].framework, &judgement, LANGUAGE_ZH, &page),
        ERR_OK);
    const char *text = buffer_text(&page);
    static const char *const wanted[] = {"1.55 > 2 : 否",
                                         "(1.55 / 1.3)^(1/3) - 1 = 0.0604",
                                         "(2 / 1.3)^(1/5) - 1 = 0.0900",
                                         "0.0604 / |0.0900| = 0.6711",
                                         "= 0.5079",
                                         "deploy/data/220000.csv:",
                                         "研究与试验发展经费支出占地区生产总值比重超过2%"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_expect(strstr(text, wanted[i]), "%s is not in\n%s", wanted[i], text);
    buffer_fini(&page);
    evaluation_free(evaluation);
}

/* --- comparing ---------------------------------------------------------------------------------- */

struct seen {
    const char *indicator, *target;
    uint32_t causes;
    size_t count;
};

static enum err look(void *context, const struct difference *difference)
{
    struct seen *seen = context;
    const struct judgement *any = difference->after ? difference->after : difference->before;
    seen->count++;
    if (!strcmp(any->indicator->id, seen->indicator) && any->region == 220000 && any->target &&
        !strcmp(any->target->id, seen->target))
        seen->causes = difference->causes;
    return ERR_OK;
}

static struct seen compare(const struct basis_view *old, const struct basis_view *new)
{
    struct side before, after;
    struct seen seen = {.indicator = "rd_intensity", .target = "2025"};
    cr_assert_eq(side_init(basis, old, &before), ERR_OK);
    cr_assert_eq(side_init(basis, new, &after), ERR_OK);
    cr_assert_eq(difference_each(basis, &before, &after, look, &seen), ERR_OK);
    side_fini(&before);
    side_fini(&after);
    return seen;
}

Test(report, same_view_twice_does_not_differ)
{
    const struct basis_view view = {0};
    cr_assert_eq(compare(&view, &view).count, 0);
}

Test(report, difference_names_a_newer_figure_and_a_revision)
{
    const struct basis_view all = {0};
    size_t newest = 0, revision = 0;
    for (size_t i = 0; i < basis->figure_count; i++) {
        const Songhua__V1__Observation *observation = basis->figures[i].event->observation;
        if (basis->figures[i].region != 220000 || strcmp(observation->indicator, "rd_intensity"))
            continue;
        if (!newest && !strcmp(observation->period, "2023"))
            newest = basis->figures[i].address.sequence;
        if (!strcmp(observation->period, "2022") && observation->unscaled == 146)
            revision = basis->figures[i].address.sequence;
    }
    cr_assert(newest && revision > newest);
    const struct basis_view before_newest = {.last_sequence = newest - 1};
    const struct basis_view before_revision = {.last_sequence = revision - 1};
    cr_expect(compare(&before_newest, &all).causes & 1u << CAUSE_NEW_FIGURE);
    cr_expect(compare(&before_revision, &all).causes & 1u << CAUSE_REVISION);
}

Test(report, assumed_figure_changes_what_rests_on_it_and_nothing_else)
{
    const struct basis_view all = {0};
    const struct what_if what_if = {
        .indicator = "rd_intensity", .region = 220000, .period = {.year = 2024}, .value = {180, 2}};
    const struct basis_view assumed = {.what_if = &what_if, .what_if_count = 1};
    struct seen seen = compare(&all, &assumed);
    cr_expect_eq(seen.causes, 1u << CAUSE_ASSUMED);
    cr_expect_eq(seen.count, 2); /* the targets of 2025 and 2035 */
}

/* --- looking back ------------------------------------------------------------------------------- */

static const struct review_options three_years = {2022, 2024, {1, 1, 1, 1}};

Test(report, every_figure_of_the_report_is_a_row_of_the_published_figures)
{
    struct review *review;
    size_t count = 0;
    cr_assert_eq(review_new(basis, &three_years, &review), ERR_OK);
    for (size_t i = 0; i < review_count(review); i++) {
        const struct judgement *judgement = review_at(review, 2, i);
        if (!judgement_has(judgement, NUMBER_VALUE) || !judgement->evidence_count)
            continue;
        const struct figure *figure = basis_find(basis, judgement->evidence[0]);
        cr_assert_not_null(figure);
        const Songhua__V1__Observation *observation = figure->event->observation;
        cr_expect_eq(
            decimal_compare(judgement->value.value,
                            (struct decimal){observation->unscaled, observation->decimals}),
            0);
        cr_expect(*observation->source);
        count++;
    }
    cr_expect_gt(count, 20);
    review_free(review);
}

Test(report, year_counts_only_figures_up_to_it)
{
    struct review *review;
    cr_assert_eq(review_new(basis, &three_years, &review), ERR_OK);
    for (size_t year = 0; year < review->year_count; year++)
        for (size_t i = 0; i < review_count(review); i++) {
            const struct judgement *judgement = review_at(review, year, i);
            if (judgement->period.is_set)
                cr_assert_leq(judgement->period.period.year, 2022 + year);
        }
    review_free(review);
}

Test(report, region_without_targets_has_no_total_and_no_rank)
{
    struct review *review;
    cr_assert_eq(review_new(basis, &three_years, &review), ERR_OK);
    for (size_t i = 0; i < review->region_count; i++) {
        const struct review_region *region = &review->regions[i];
        if (region->code == 220100) {
            cr_expect_eq(region->targets, 0);
            cr_expect(isnan(region->total));
            cr_expect_eq(region->rank, 0);
        }
        cr_expect_leq(region->received, region->expected);
    }
    review_free(review);
}

Test(report, window_of_years_is_held_to_its_limits)
{
    struct review *review;
    const struct review_options backwards = {2024, 2022, {1, 1, 1, 1}};
    const struct review_options too_long = {2000, 2010, {1, 1, 1, 1}};
    cr_expect_eq(review_new(basis, &backwards, &review), ERR_USAGE);
    cr_expect_eq(review_new(basis, &too_long, &review), ERR_USAGE);
}

/* --- writing ------------------------------------------------------------------------------------ */

static char *written(const struct document *document, const char *format, size_t *size)
{
    struct scratch scratch = scratch_new();
    char path[256];
    snprintf(path, sizeof path, "%s/report", scratch.directory);
    cr_assert_eq(document_write(document, document_format_find(format), path), ERR_OK);
    FILE *file = fopen(path, "rb");
    char *bytes = calloc(1, PAGE_BYTES);
    *size = fread(bytes, 1, PAGE_BYTES - 1, file);
    fclose(file);
    scratch_remove(&scratch);
    return bytes;
}

Test(report, every_format_is_written_and_twice_the_same)
{
    struct review *review;
    struct document *document;
    static const struct {
        const char *format, *begins, *holds;
    } cases[] = {{"html", "<!DOCTYPE html>", "战略性新兴产业"},
                 {"csv", "\xEF\xBB\xBF", "战略性新兴产业"},
                 {"json", "{\"title\":\"三年考评报告", "\"value\":16.9"},
                 {"xlsx", "PK", ""}};
    cr_assert_eq(review_new(basis, &three_years, &review), ERR_OK);
    cr_assert_eq(report_document(review, false, NULL, &document), ERR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size, again_size;
        char *bytes = written(document, cases[i].format, &size);
        char *again = written(document, cases[i].format, &again_size);
        cr_expect_eq(strncmp(bytes, cases[i].begins, strlen(cases[i].begins)), 0);
        cr_expect(strstr(bytes, cases[i].holds), "%s", cases[i].format);
        cr_expect(size == again_size && !memcmp(bytes, again, size), "%s", cases[i].format);
        free(bytes);
        free(again);
    }
    document_free(document);
    review_free(review);
}

Test(report, cell_that_looks_like_a_formula_or_markup_stays_a_text)
{
    struct document *document;
    size_t size;
    static const struct document_column columns[] = {{.id = "a", .title = "甲"}, {0}};
    cr_assert_eq(document_new("t", "s", &document), ERR_OK);
    document_sheet(document, "s", "表", "", columns);
    document_text(document, "=cmd|'/c calc'!A1");
    document_text(document, "<script>alert(1)</script>");
    char *csv = written(document, "csv", &size), *html = written(document, "html", &size);
    cr_expect(strstr(csv, "\r\n'=cmd"));
    cr_expect_null(strstr(html, "<script"));
    free(csv);
    free(html);
    document_free(document);
}

/* --- restating ---------------------------------------------------------------------------------- */

static struct document *report_of(uint64_t last_sequence, const struct frozen *frozen)
{
    struct review *review;
    struct document *document;
    uint64_t all = basis->as_of.sequence;
    basis->as_of.sequence = last_sequence;
    cr_assert_eq(review_new(basis, &three_years, &review), ERR_OK);
    cr_assert_eq(report_document(review, false, frozen, &document), ERR_OK);
    basis->as_of.sequence = all;
    review_free(review);
    return document;
}

/* The report as of that row, published as JSON and read back. */
static struct frozen *published_as_of(uint64_t last_sequence)
{
    struct scratch scratch = scratch_new();
    struct frozen *frozen;
    char path[256], why[FROZEN_WHY_BYTES];
    struct document *document = report_of(last_sequence, NULL);
    snprintf(path, sizeof path, "%s/report.json", scratch.directory);
    cr_assert_eq(document_write(document, document_format_find("json"), path), ERR_OK);
    cr_assert_eq(frozen_load(path, &frozen, why), ERR_OK, "%s", why);
    document_free(document);
    scratch_remove(&scratch);
    return frozen;
}

Test(report, what_stdout_does_not_take_stays_on_the_stream_for_the_programs_end_to_tell,
     .timeout = 60)
{
    struct document *document = report_of(UINT64_MAX, NULL);
    cr_assert_not_null(freopen("/dev/full", "w", stdout));
    setvbuf(stdout, NULL, _IONBF, 0);
    cr_expect_eq(document_write(document, document_format_find("csv"), NULL), ERR_OK);
    cr_expect(ferror(stdout));
    document_free(document);
}

Test(report, what_is_no_plain_file_is_written_into_and_not_replaced, .timeout = 60)
{
    struct scratch scratch = scratch_new();
    struct document *document = report_of(UINT64_MAX, NULL);
    struct stat info;
    char target[256], link[256];
    snprintf(target, sizeof target, "%s/target", scratch.directory);
    snprintf(link, sizeof link, "%s/link", scratch.directory);
    cr_assert_eq(symlink(target, link), 0);
    cr_expect_eq(document_write(document, document_format_find("json"), link), ERR_OK);
    cr_assert_eq(lstat(link, &info), 0);
    cr_expect(S_ISLNK(info.st_mode), "the link is still one");
    cr_assert_eq(stat(target, &info), 0);
    cr_expect_gt(info.st_size, 0);
    cr_expect_eq(document_write(document, document_format_find("json"), scratch.directory),
                 ERR_NOT_FOUND);
    document_free(document);
    scratch_remove(&scratch);
}

static const struct sheet *last_sheet(const struct document *document)
{
    return &document->sheets[document->sheet_count - 1];
}

Test(report, published_report_that_still_holds_is_restated_by_nothing)
{
    struct frozen *frozen = published_as_of(basis->last);
    struct document *again = report_of(basis->last, frozen);
    cr_expect_str_eq(last_sheet(again)->id, "restated");
    cr_expect_eq(last_sheet(again)->cell_count, 0);
    document_free(again);
    frozen_free(frozen);
}

Test(report, later_figures_are_set_beside_what_was_published)
{
    struct frozen *frozen = published_as_of(180); /* before the figure of 16.9 for 2024 */
    struct document *now = report_of(basis->last, frozen);
    bool has_share = false;
    for (size_t i = 0; i < last_sheet(now)->cell_count; i++)
        has_share = has_share || !strcmp(last_sheet(now)->cells[i].text, "sei_share");
    cr_expect(has_share);
    document_free(now);
    frozen_free(frozen);
}

Test(report, file_that_is_no_report_is_refused_with_its_place)
{
    struct frozen *frozen;
    char why[FROZEN_WHY_BYTES] = "";
    cr_expect_eq(frozen_load("deploy/data/220000.csv", &frozen, why), ERR_CONFIG);
    cr_expect(strstr(why, "line 1"), "%s", why);
    cr_expect_eq(frozen_load("deploy/data/none.json", &frozen, why), ERR_NOT_FOUND);
}

Test(report, figure_rounded_or_in_another_unit_is_no_revision)
{
    struct review *review;
    size_t intensity = 0;
    cr_assert_eq(review_new(basis, &three_years, &review), ERR_OK);
    for (size_t i = 0; i < review->revision_count; i++) {
        const Songhua__V1__Observation *last = review->revisions[i].last->event->observation;
        cr_expect_str_neq(last->indicator, "rd_expenditure"); /* 187.3 亿元, then 1872794 万元 */
        intensity += !strcmp(last->indicator, "rd_intensity");
    }
    cr_expect_eq(intensity, 1); /* 2022: 1.43, then 1.46 */
    review_free(review);
}

/* --- composites --------------------------------------------------------------------------------- */

static struct basis *example(const char *framework, const char *figures)
{
    static const struct invocation invocation = {.program = "test", .command = "explain"};
    struct basis *own;
    struct basis_settings settings = {.framework = framework, .as_of_ms = now_ms};
    settings.observations.items[settings.observations.count++] = figures;
    cr_assert_eq(basis_new(&own), ERR_OK);
    cr_assert_eq(basis_read(&invocation, &settings, own), ERR_OK);
    return own;
}

Test(report, milestones_are_read_from_files_as_well)
{
    static const char text[] = "指标,地区,分项,进展,日期\nj34,220100,,已启动,2022-01-10\n"
                               "j34,220100,,已完成,2024-05-30\n";
    struct scratch scratch = scratch_new();
    char path[512];
    snprintf(path, sizeof path, "%s/milestones.csv", scratch.directory);
    cr_assert_eq(file_write(path, text, sizeof text - 1, 0600), ERR_OK);
    struct basis *own = example("deploy/framework/jilin-2021.yaml", path);
    cr_assert_eq(own->figure_count, 2);
    const struct figure *last = &own->figures[1];
    cr_assert_eq(last->event->body_case, SONGHUA__V1__EVENT__BODY_MILESTONE);
    cr_expect_str_eq(last->event->milestone->date, "2024-05-30");
    cr_expect_str_eq(strrchr(last->origin, '/'), "/milestones.csv:3");
    basis_free(own);
    scratch_remove(&scratch);
}

/* A second look is worked out again like everything else, and one that was altered is found. */
static enum err explain_second_look(void *context, const struct judgement *judgement)
{
    size_t *count = context;
    struct judgement wrong = *judgement;
    const struct framework *framework = basis->frameworks[0].framework;
    buffer_clear(&page);
    cr_assert_eq(explain_judgement(basis, framework, judgement, LANGUAGE_ZH, &page), ERR_OK, "%s",
                 buffer_text(&page));
    if (!judgement_has(judgement, NUMBER_SLOPE_MISS) ||
        !judgement_has(judgement, NUMBER_RECENT_RATIO))
        return ERR_OK;
    (*count)++;
    cr_expect_not_null(strstr(buffer_text(&page), "数据有升有降，另看近三期"));
    cr_expect_not_null(strstr(buffer_text(&page), outlook_name_zh(judgement->outlook)));
    cr_expect_not_null(strstr(buffer_text(&page), "近六期年均变化推到期限\n      2016… : "));
    wrong.numbers[NUMBER_SLOPE_VALUE] = nextafter(wrong.numbers[NUMBER_SLOPE_VALUE], INFINITY);
    cr_expect_eq(explain_judgement(basis, framework, &wrong, LANGUAGE_EN, &page), ERR_DIFFERENT);
    wrong.numbers[NUMBER_SLOPE_VALUE] = judgement->numbers[NUMBER_SLOPE_VALUE];
    wrong.numbers[NUMBER_RECENT_RATIO] = nextafter(wrong.numbers[NUMBER_RECENT_RATIO], INFINITY);
    cr_expect_eq(explain_judgement(basis, framework, &wrong, LANGUAGE_EN, &page), ERR_DIFFERENT);
    return ERR_OK;
}

/* In the three-year report of the basis. */
static void expect_in_report(const char *text)
{
    struct review *review;
    struct document *document;
    size_t size;
    cr_assert_eq(review_new(basis, &three_years, &review), ERR_OK);
    cr_assert_eq(report_document(review, false, NULL, &document), ERR_OK);
    char *bytes = written(document, "csv", &size);
    cr_expect_not_null(strstr(bytes, text), "%s", bytes);
    free(bytes);
    document_free(document);
    review_free(review);
}

/* With a gap the last six figures span more than five years. */
Test(report, a_second_look_is_explained_to_the_last_bit_and_reported)
{
    static const char rows[] = "indicator,region,period,value\n"
                               "rd_intensity,220000,2016,1.02\nrd_intensity,220000,2019,1.27\n"
                               "rd_intensity,220000,2020,1.30\nrd_intensity,220000,2021,1.39\n"
                               "rd_intensity,220000,2022,1.43\nrd_intensity,220000,2023,1.36\n";
    struct scratch scratch = scratch_new();
    struct evaluation *evaluation;
    struct as_of as_of;
    const struct basis_view view = {.last_year = 2023};
    size_t count = 0;
    char path[512];
    snprintf(path, sizeof path, "%s/figures.csv", scratch.directory);
    FILE *file = fopen(path, "w");
    cr_assert(file && fputs(rows, file) >= 0 && fclose(file) == 0);
    basis_free(basis);
    basis = example("deploy/framework/jilin-2021.yaml", path);
    buffer_init(&page, PAGE_BYTES);
    cr_assert_eq(basis_evaluate(basis, &view, &evaluation, &as_of), ERR_OK);
    cr_assert_eq(evaluation_judge_all(evaluation, as_of, explain_second_look, &count), ERR_OK);
    cr_expect_eq(count, 2, "the targets of 2025 and 2035");
    expect_in_report("近三期倒退；近六期（2016 起）年均变化多云");
    evaluation_free(evaluation);
    buffer_fini(&page);
    scratch_remove(&scratch);
}

/* Every unit in every group of every table of the composite; the number of explanations. */
static size_t explain_composites(const struct basis *own, const struct evaluation *evaluation,
                                 struct as_of as_of, const struct framework_composite *composite)
{
    struct ranking *ranking;
    size_t count = 0;
    cr_assert_eq(ranking_new(own->frameworks[0].framework, composite, &ranking), ERR_OK);
    cr_assert_eq(ranking_refresh(ranking, evaluation, as_of), ERR_OK);
    const struct plan *plan = ranking_plan(ranking);
    struct composite_question question = {
        .basis = own, .ranking = ranking, .evaluation = evaluation, .as_of = as_of};
    for (question.table = 0; question.table < ranking_tables(ranking); question.table++)
        for (question.node = 0; question.node < plan->design.node_count; question.node++)
            for (question.row = 0; question.row < plan->unit_count; question.row++, count++) {
                buffer_clear(&page);
                cr_assert_eq(explain_composite(&question, LANGUAGE_EN, &page), ERR_OK, "%s",
                             buffer_text(&page));
            }
    ranking_free(ranking);
    return count;
}

static size_t explain_everything(const struct basis *own)
{
    const struct framework *framework = own->frameworks[0].framework;
    const struct basis_view all = {0};
    struct evaluation *evaluation;
    struct as_of as_of;
    size_t count = 0;
    cr_assert_eq(basis_evaluate(own, &all, &evaluation, &as_of), ERR_OK);
    for (size_t i = 0; i < framework->composite_count; i++)
        count += explain_composites(own, evaluation, as_of, &framework->composites[i]);
    evaluation_free(evaluation);
    return count;
}

Test(report, every_score_of_the_worked_examples_is_the_mean_of_its_parts)
{
    static const struct {
        const char *framework, *figures;
        size_t at_least;
    } cases[] = {
        {"deploy/framework/hdi.yaml", "deploy/data/examples/hdi.csv", 500},
        {"deploy/framework/hdi-2023.yaml", "deploy/data/examples/hdi-2023.csv", 772},
        {"deploy/framework/rd-provinces.yaml", "deploy/data/examples/rd-provinces.csv", 450},
        {"deploy/framework/two-columns.yaml", "deploy/data/examples/two-columns.csv", 30},
        {"deploy/framework/asem.yaml", "deploy/data/examples/asem.csv", 200}};
    buffer_init(&page, PAGE_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct basis *own = example(cases[i].framework, cases[i].figures);
        size_t count = explain_everything(own);
        cr_expect_geq(count, cases[i].at_least, "%s %zu", cases[i].framework, count);
        basis_free(own);
    }
    buffer_fini(&page);
}
