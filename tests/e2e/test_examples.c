/* The worked examples of deploy/framework, through `songhua-scorer evaluate`, against what others have
 * published. */
#include "proto/event/framework.h"
#include "tests/support/framework_case.h"
#include "tests/support/ndjson.h"
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXAMPLES "deploy/data/examples/"
enum { FIELDS = 4 };

static char *evaluate(struct world *world, const char *framework, const char *figures,
                      const char *rows)
{
    const char *arguments[] = {"evaluate",    "--framework", framework, "--observations",
                               figures,       "--json",      "--as-of", "2026-06-01",
                               "--as-of-row", rows,          NULL};
    char *output = NULL;
    cr_assert_eq(world_run(world, "songhua-scorer", arguments, &output), 0, "%s", framework);
    return output;
}

struct rows {
    FILE *file;
    char line[512];
    char *fields[FIELDS];
};

/* For people. */
static char *evaluate_as_table(struct world *world, const char *framework, const char *figures)
{
    const char *arguments[] = {"evaluate", "--framework", framework,    "--observations",
                               figures,    "--as-of",     "2026-06-01", NULL};
    char *output = NULL;
    cr_assert_eq(world_run(world, "songhua-scorer", arguments, &output), 0, "%s", framework);
    return output;
}

/* A published table: plain CSV, at most FIELDS columns, the first line names them. */
static struct rows *rows_open(const char *path)
{
    struct rows *rows = calloc(1, sizeof *rows);
    cr_assert_not_null(rows);
    rows->file = fopen(path, "r");
    cr_assert_not_null(rows->file, "%s", path);
    cr_assert_not_null(fgets(rows->line, sizeof rows->line, rows->file));
    return rows;
}

static bool rows_next(struct rows *rows)
{
    if (fgets(rows->line, sizeof rows->line, rows->file) == NULL) {
        fclose(rows->file);
        free(rows);
        return false;
    }
    rows->line[strcspn(rows->line, "\n")] = '\0';
    char *rest = rows->line;
    for (int i = 0; i < FIELDS; i++) {
        char *field = rest != NULL ? strsep(&rest, ",") : NULL;
        rows->fields[i] = field != NULL ? field : rows->line + strlen(rows->line);
    }
    return true;
}

static void expect_near(double value, const char *published, double tolerance, const char *what)
{
    double wanted = strtod(published, NULL);
    cr_expect(fabs(value - wanted) <= tolerance * fmax(1, fabs(wanted)), "%s: %.17g instead of %s",
              what, value, published);
}

/* --- progress of Canada's indicators ---------------------------------------------------------------- */

static const char *verdict_of(const char *status)
{
    static const char *const words[][2] = {
        {"target_achieved", "achieved"},     {"substantial_progress", "on_track"},
        {"moderate_progress", "accelerate"}, {"limited_progress", "lagging"},
        {"deterioration", "moving_away"},    {"not_available", "no_data"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], status) == 0)
            return words[i][1];
    return "?";
}

/* `progress_value` is the ratio where there is a target, else growth in the desired direction. */
static void check_series(const char *output, char *const *fields)
{
    char having[96], verdict[40];
    snprintf(having, sizeof having, "\"indicator\":\"%s\"", fields[0]);
    const char *line = ndjson_find(output, (const char *const[]){having, "\"judgement\"", NULL});
    cr_assert_not_null(line, "%s", fields[0]);
    ndjson_text(line, "judgement", verdict, sizeof verdict);
    cr_expect_str_eq(verdict, verdict_of(fields[1]), "%s", fields[0]);
    if (fields[3][0] != '\0')
        expect_near(ndjson_number(line, "points"), fields[3], 1e-9, fields[0]);
    if (fields[2][0] == '\0' || strcmp(verdict, "achieved") == 0)
        return;
    double ratio = ndjson_number(line, "ratio"), growth = ndjson_number(line, "growth");
    double wanted = strtod(fields[2], NULL);
    expect_near(isnan(ratio) ? copysign(growth, wanted) : ratio, fields[2], 1e-9, fields[0]);
}

Test(examples, canadas_132_series_have_the_published_class_value_and_score, .timeout = 60)
{
    struct world *world = world_new();
    char *output =
        evaluate(world, "deploy/framework/sdg-canada.yaml", EXAMPLES "sdg-canada.csv", "0");
    struct rows *rows = rows_open(EXAMPLES "sdg-canada-published.csv");
    size_t count = 0;
    for (; rows_next(rows); count++)
        check_series(output, rows->fields);
    cr_expect_eq(count, 132);
    free(output);
    world_free(&world);
}

/* --- HDI -------------------------------------------------------------------------------------------- */

static const char *standing(const char *output, const char *composite, const char *period,
                            const char *unit)
{
    char has_composite[80], has_period[40], has_unit[40];
    snprintf(has_composite, sizeof has_composite, "\"composite\":\"%s\"", composite);
    snprintf(has_period, sizeof has_period, "\"period\":\"%s\"", period);
    snprintf(has_unit, sizeof has_unit, "\"unit\":\"%s\"", unit);
    const char *line =
        ndjson_find(output, (const char *const[]){has_composite, has_period, has_unit, NULL});
    cr_assert_not_null(line, "%s %s %s", composite, period, unit);
    return line;
}

/* A framework's units by id: their codes are those of ISO 3166. */
static const char *unit_code(const struct framework *framework, const char *id,
                             char out[REGION_CODE_BYTES])
{
    uint32_t code = 0;
    cr_assert_eq(framework_region_parse(framework, id, &code), ERR_OK, "%s", id);
    region_format(code, out);
    return out;
}

static void expect_score(const char *line, char *const *fields, const char *published)
{
    cr_expect_eq(lround(ndjson_number(line, "score") * 1000),
                 lround(strtod(published, NULL) * 1000), "%s %s: %.17g", fields[0], fields[1],
                 ndjson_number(line, "score"));
}

Test(examples, hdi_has_the_published_three_decimals, .timeout = 60)
{
    struct world *world = world_new();
    struct framework *framework = framework_case_file("deploy/framework/hdi.yaml");
    char *output = evaluate(world, "deploy/framework/hdi.yaml", EXAMPLES "hdi.csv", "0");
    struct rows *rows = rows_open(EXAMPLES "hdi-published.csv");
    char code[REGION_CODE_BYTES];
    size_t count = 0;
    for (; rows_next(rows); count++)
        expect_score(
            standing(output, "hdi", rows->fields[1], unit_code(framework, rows->fields[0], code)),
            rows->fields, rows->fields[2]);
    cr_expect_eq(count, 156);
    free(output);
    framework_free(framework);
    world_free(&world);
}

Test(examples, hdi_of_all_193_countries_has_the_published_value_rank_and_group, .timeout = 60)
{
    struct world *world = world_new();
    struct framework *framework = framework_case_file("deploy/framework/hdi-2023.yaml");
    char *output = evaluate(world, "deploy/framework/hdi-2023.yaml", EXAMPLES "hdi-2023.csv", "0");
    struct rows *rows = rows_open(EXAMPLES "hdi-2023-published.csv");
    char code[REGION_CODE_BYTES], band[40];
    size_t count = 0;
    for (; rows_next(rows); count++) {
        const char *line =
            standing(output, "hdi", "2023", unit_code(framework, rows->fields[0], code));
        expect_score(line, rows->fields, rows->fields[1]);
        cr_expect_eq(ndjson_number(line, "rank"), strtod(rows->fields[2], NULL), "%s: rank %g",
                     rows->fields[0], ndjson_number(line, "rank"));
        cr_expect_eq(ndjson_number(line, "ranked"), 193);
        cr_expect_str_eq(ndjson_text(line, "band_en", band, sizeof band), rows->fields[3], "%s",
                         rows->fields[0]);
    }
    cr_expect_eq(count, 193);
    free(output);
    framework_free(framework);
    world_free(&world);
}

Test(examples, hdi_of_a_country_without_figures_is_not_ranked_and_says_why, .timeout = 60)
{
    struct world *world = world_new();
    char *output = evaluate(world, "deploy/framework/hdi.yaml", EXAMPLES "hdi.csv", "0");
    const char *line = standing(output, "hdi", "2021", "900008");
    char reason[40];
    cr_expect_eq(ndjson_number(line, "rank"), 0);
    cr_expect(isnan(ndjson_number(line, "score")));
    cr_expect_str_eq(ndjson_text(line, "reason", reason, sizeof reason), "no_figures");
    cr_expect_eq(ndjson_number(standing(output, "hdi", "2021", "900152"), "rank"), 1);
    cr_expect_eq(ndjson_number(standing(output, "hdi", "2021", "900156"), "ranked"), 5);
    free(output);
    world_free(&world);
}

Test(examples, the_table_of_193_countries_begins_with_the_ranking_not_with_772_figures,
     .timeout = 60)
{
    struct world *world = world_new();
    char *output =
        evaluate_as_table(world, "deploy/framework/hdi-2023.yaml", EXAMPLES "hdi-2023.csv");
    cr_expect_eq(strncmp(output, "772 项数据未设目标", strlen("772 项数据未设目标")), 0);
    cr_expect_null(strstr(output, "no_target"));
    cr_expect_not_null(strstr(output, "\n   1  900352 冰岛 "));
    free(output);
    world_free(&world);
}

Test(examples, what_a_composite_does_not_show_stays_in_the_table_of_judgements, .timeout = 60)
{
    struct world *world = world_new();
    char *output = evaluate_as_table(world, "deploy/framework/asem.yaml", EXAMPLES "asem.csv");
    cr_expect_not_null(strstr(output, "no_data"));
    free(output);
    output =
        evaluate_as_table(world, "deploy/framework/rd-provinces.yaml", EXAMPLES "rd-provinces.csv");
    cr_expect_not_null(strstr(output, "achieved"));
    free(output);
    world_free(&world);
}

Test(examples, a_judgement_names_the_frameworks_own_unit, .timeout = 60)
{
    struct world *world = world_new();
    char *output =
        evaluate_as_table(world, "deploy/framework/sdg-canada.yaml", EXAMPLES "sdg-canada.csv");
    cr_expect_not_null(strstr(output, "900124 加拿大 "));
    free(output);
    world_free(&world);
}

Test(examples, a_what_if_takes_and_names_the_frameworks_own_unit, .timeout = 60)
{
    struct world *world = world_new();
    const char *arguments[] = {"diff",
                               "--framework",
                               "deploy/framework/sdg-canada.yaml",
                               "--observations",
                               EXAMPLES "sdg-canada.csv",
                               "--set",
                               "1-1-1,加拿大,2024=9",
                               NULL};
    char *output = NULL;
    cr_assert_eq(world_run(world, "songhua-scorer", arguments, &output), 0);
    cr_expect_not_null(strstr(output, "900124 加拿大 "), "%s", output);
    free(output);
    world_free(&world);
}

/* --- ASEM ------------------------------------------------------------------------------------------- */

struct asem {
    const char *what, *composite; /* as published; as the framework names it */
    size_t count;
};

Test(examples, asem_has_what_coinr_printed_to_nine_digits, .timeout = 60)
{
    struct asem kinds[] = {{"index", "index", 0},
                           {"rank", "index", 0},
                           {"services", "trade", 0},
                           {"services-log", "trade-log", 0},
                           {"tertiary", "graduates", 0}};
    static const size_t wanted[] = {51, 51, 51, 51, 44};
    struct world *world = world_new();
    struct framework *framework = framework_case_file("deploy/framework/asem.yaml");
    char *output = evaluate(world, "deploy/framework/asem.yaml", EXAMPLES "asem.csv", "0");
    for (struct rows *rows = rows_open(EXAMPLES "asem-published.csv"); rows_next(rows);) {
        char code[REGION_CODE_BYTES];
        size_t i = 0;
        while (i < 5 && strcmp(kinds[i].what, rows->fields[1]) != 0)
            i++;
        cr_assert_lt(i, 5, "%s", rows->fields[1]);
        const char *line = standing(output, kinds[i].composite, "2018",
                                    unit_code(framework, rows->fields[0], code));
        const char *key = strcmp(rows->fields[1], "rank") == 0 ? "rank" : "score";
        cr_expect_leq(fabs(ndjson_number(line, key) - strtod(rows->fields[2], NULL)), 1e-9,
                      "%s %s: %.15g", rows->fields[0], rows->fields[1], ndjson_number(line, key));
        kinds[i].count++;
    }
    for (size_t i = 0; i < 5; i++)
        cr_expect_eq(kinds[i].count, wanted[i], "%s", kinds[i].what);
    free(output);
    framework_free(framework);
    world_free(&world);
}

/* --- R&D of the provinces --------------------------------------------------------------------------- */

/* Rows of rd-provinces.csv by when they became known (deploy/data/examples/README.md). */
enum { BULLETIN_2018 = 512, YEARBOOK_2020 = 1088 };

static char *provinces(struct world *world, const char *rows)
{
    return evaluate(world, "deploy/framework/rd-provinces.yaml", EXAMPLES "rd-provinces.csv", rows);
}

Test(examples, jilin_has_its_place_among_31_provinces_in_each_of_13_years, .timeout = 60)
{
    /* As first published: each year as of its own bulletin. Counted apart from this program. */
    static const char *const bulletins[] = {"64",  "128", "192",  "256",  "320",  "384", "448",
                                            "512", "832", "1152", "1504", "1888", "2304"};
    static const int ranks[] = {20, 20, 22, 22, 22, 23, 24, 25, 20, 20, 20, 20, 20};
    struct world *world = world_new();
    for (int i = 0; i < 13; i++) {
        char year[8];
        char *output = provinces(world, bulletins[i]);
        snprintf(year, sizeof year, "%d", 2011 + i);
        const char *line = standing(output, "intensity", year, "220000");
        cr_expect_eq(ndjson_number(line, "rank"), ranks[i], "%s: %g", year,
                     ndjson_number(line, "rank"));
        cr_expect_eq(ndjson_number(line, "ranked"), 31);
        free(output);
    }
    world_free(&world);
}

/* What was known of the years to 2018 after so many rows: later years left out, so that the judgement
 * is that of 2018. */
static char *provinces_to_2018(struct world *world, int rows)
{
    const char *path = world_path(world, "to-2018-%d.csv", rows);
    FILE *from = fopen(EXAMPLES "rd-provinces.csv", "r"), *to = fopen(path, "w");
    char line[512], *output;
    cr_assert(from != NULL && to != NULL);
    for (int i = 0; i <= rows && fgets(line, sizeof line, from) != NULL; i++) {
        int period = 0;
        bool is_row = sscanf(line, "%*[^,],%*[^,],%d", &period) == 1;
        if (!is_row || period <= 2018)
            fputs(line, to);
    }
    fclose(from);
    fclose(to);
    output = evaluate(world, "deploy/framework/rd-provinces.yaml", path, "0");
    return output;
}

static void expect_2018(const char *output, double figure, int rank, const char *verdict)
{
    const char *line = standing(output, "intensity", "2018", "220000");
    const char *indicator = ndjson_object(line, "rd_intensity");
    char said[40];
    cr_assert_not_null(indicator);
    cr_expect_eq(ndjson_number(indicator, "figure"), figure);
    cr_expect_eq(ndjson_number(line, "rank"), rank, "%g", ndjson_number(line, "rank"));
    line = ndjson_find(output, (const char *const[]){"\"indicator\":\"rd_intensity\"",
                                                     "\"target\":\"2018\"", NULL});
    cr_assert_not_null(line);
    cr_expect_eq(ndjson_number(line, "value"), figure);
    cr_expect_str_eq(ndjson_text(line, "judgement", said, sizeof said), verdict);
}

Test(examples, the_revision_of_2018_moves_figure_rank_and_judgement, .timeout = 60)
{
    struct world *world = world_new();
    char *first = provinces_to_2018(world, BULLETIN_2018);
    char *revised = provinces_to_2018(world, YEARBOOK_2020);
    expect_2018(first, 0.76, 25, "missed");
    expect_2018(revised, 1.02, 23, "achieved");
    free(first);
    free(revised);
    world_free(&world);
}

/* --- two columns ------------------------------------------------------------------------------------ */

/* Worked by hand. Liaoning in 2023: task (676.4 - 549.0) / (770.0 - 549.0) of 0.6 of the time is 96.078;
 * effect 0.6 x 2.24 / 3 and 0.4 x ln 6.764 / ln 10 is 78.008. Jilin's task is met ahead of time. */
Test(examples, a_score_in_two_columns_is_the_one_worked_by_hand, .timeout = 60)
{
    struct world *world = world_new();
    char *output =
        evaluate(world, "deploy/framework/two-columns.yaml", EXAMPLES "two-columns.csv", "0");
    const char *liaoning = standing(output, "score", "2023", "210000");
    cr_expect_float_eq(ndjson_number(liaoning, "score"), 88.8503, 1e-4);
    const char *task = ndjson_object(liaoning, "rd_expenditure-task");
    char of[40];
    cr_assert_not_null(task);
    cr_expect_str_eq(ndjson_text(task, "of", of, sizeof of), "rd_expenditure");
    cr_expect_float_eq(ndjson_number(task, "figure"), 127.4 / 221 / 0.6, 1e-12);
    cr_expect_float_eq(ndjson_number(task, "normalised"), 96.0784, 1e-4);
    cr_expect_float_eq(ndjson_number(task, "weight_in_whole"), 0.6, 1e-15);
    cr_expect_float_eq(ndjson_number(standing(output, "score", "2023", "220000"), "score"), 77.5621,
                       1e-4);
    cr_expect_float_eq(ndjson_number(standing(output, "score", "2022", "210000"), "score"), 78.6093,
                       1e-4);
    cr_expect_null(
        ndjson_find(output, (const char *const[]){"\"indicator\":\"rd_expenditure-task\"", NULL}));
    free(output);
    world_free(&world);
}

/* 100 x 1.55 / 2.5, and Beijing with 6.73 at the top. Source  EVALUATION-METHODS.md 3.8. */
Test(examples, monitoring_by_standards_stops_at_100, .timeout = 60)
{
    struct world *world = world_new();
    char *output = provinces(world, "2688");
    const char *jilin = standing(output, "monitoring", "2023", "220000");
    cr_expect_float_eq(ndjson_number(jilin, "score"), 62, 1e-12);
    const char *beijing = standing(output, "monitoring", "2023", "110000");
    cr_expect_eq(ndjson_number(beijing, "score"), 100);
    cr_expect_eq(ndjson_number(beijing, "rank"), 1);
    free(output);
    world_free(&world);
}
