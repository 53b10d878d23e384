#include "proto/event/finding.h"
#include "proto/event/observation_csv.h"
#include "tests/support/framework_case.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "indicator,region,period,value,unit,obs_status,definition,source,note\n"
#define GOOD   "rd_intensity,220000,2020,1.30,%,P,,公报,注\n"

/* What a reading gave: the last row, as text, and everything that was found. */
struct reading {
    enum err err;
    struct diag diag;
    struct observation_csv_counts counts;
    char rows[2048]; /* "line:region:indicator:period:unscaled/decimals:unit:status|" for each */
    size_t stop_after;
    size_t seen;
};

static enum err note_row(void *context, const struct observation_row *row)
{
    struct reading *reading = context;
    const Songhua__V1__Observation *o = row->observation;
    size_t used = strlen(reading->rows);
    snprintf(reading->rows + used, sizeof reading->rows - used, "%u:%06u:%s:%s:%lld/%u:%s:%d|",
             (unsigned)row->line, row->region, o->indicator, o->period, (long long)o->unscaled,
             o->decimals, o->unit, (int)o->obs_status);
    reading->seen++;
    return reading->stop_after == reading->seen ? ERR_STOPPED : ERR_OK;
}

static struct framework *jilin(void)
{
    return framework_case_file("deploy/framework/jilin-2021.yaml");
}

static void feed(struct reading *reading, const struct observation_csv_options *options,
                 const char *bytes, size_t size, size_t step)
{
    struct observation_csv *csv;
    cr_assert_eq(observation_csv_new(options, &reading->diag, note_row, reading, &csv), ERR_OK);
    reading->err = ERR_OK;
    for (size_t i = 0; i < size && reading->err == ERR_OK; i += step)
        reading->err = observation_csv_feed(csv, bytes + i, size - i < step ? size - i : step);
    if (reading->err == ERR_OK)
        reading->err = observation_csv_finish(csv);
    reading->counts = observation_csv_counts(csv);
    observation_csv_free(csv);
}

static struct reading read_bytes(const char *bytes, size_t size, size_t step)
{
    struct reading reading = {0};
    const struct observation_csv_options options = {0};
    cr_assert_eq(diag_init(&reading.diag, "test.csv", 50), ERR_OK);
    feed(&reading, &options, bytes, size, step);
    return reading;
}

static struct reading read_text(const char *text)
{
    return read_bytes(text, strlen(text), strlen(text) + 1);
}

static struct reading read_checked(const char *text)
{
    struct framework *framework = jilin();
    const struct observation_csv_options options = {.framework = framework};
    struct reading reading = {0};
    cr_assert_eq(diag_init(&reading.diag, "test.csv", 50), ERR_OK);
    feed(&reading, &options, text, strlen(text), strlen(text) + 1);
    framework_free(framework);
    return reading;
}

static void expect_rows(struct reading reading, const char *rows)
{
    if (reading.err != ERR_OK)
        diag_print(&reading.diag, stderr);
    cr_expect_eq(reading.err, ERR_OK);
    cr_expect_str_eq(reading.rows, rows);
    diag_fini(&reading.diag);
}

static void expect_finding(struct reading reading, enum finding finding, uint64_t line,
                           uint64_t column, const char *en)
{
    cr_expect_eq(reading.err, ERR_ROWS, "%s", err_text(reading.err));
    bool is_there = false;
    for (size_t i = 0; i < reading.diag.count; i++) {
        const struct diag_item *item = &reading.diag.items[i];
        is_there =
            is_there || (strcmp(item->code, finding_code(finding)) == 0 && item->line == line &&
                         item->column == column && strstr(item->en, en) != NULL);
    }
    if (!is_there)
        diag_print(&reading.diag, stderr);
    cr_expect(is_there, "no %s at %u:%u", finding_code(finding), (unsigned)line, (unsigned)column);
    diag_fini(&reading.diag);
}

/* --- form --------------------------------------------------------------------------------------- */

Test(observation_csv, a_row_becomes_an_observation, .timeout = 10)
{
    expect_rows(read_text(HEADER GOOD), "2:220000:rd_intensity:2020:130/2:%:14|");
}

Test(observation_csv, four_columns_are_enough_and_any_order_will_do, .timeout = 10)
{
    expect_rows(read_text("value,period,region,indicator\n1.30,2020年,长春,x\n"),
                "2:220100:x:2020:130/2::0|");
}

Test(observation_csv, chinese_column_names_are_accepted, .timeout = 10)
{
    expect_rows(
        read_text("指标,地区,时期,数值,单位,状态,定义,来源,备注\nx,吉林省,2020,1.3,%,初步,,s,\n"),
        "2:220000:x:2020:13/1:%:14|");
}

Test(observation_csv, line_ends_may_be_crlf_and_the_last_may_be_missing, .timeout = 10)
{
    expect_rows(read_text("indicator,region,period,value\r\nx,220000,2020,1\r\nx,220000,2021,2"),
                "2:220000:x:2020:1/0::0|3:220000:x:2021:2/0::0|");
}

Test(observation_csv, a_byte_order_mark_is_no_part_of_the_first_name, .timeout = 10)
{
    expect_rows(read_text("\xEF\xBB\xBFindicator,region,period,value\nx,220000,2020,1\n"),
                "2:220000:x:2020:1/0::0|");
}

Test(observation_csv, a_file_in_gb18030_is_read, .timeout = 10)
{
    /* 指标,地区,时期,数值 and x,长春市,2020年,1.3 in GB18030 */
    expect_rows(read_text("\xD6\xB8\xB1\xEA,\xB5\xD8\xC7\xF8,\xCA\xB1\xC6\xDA,\xCA\xFD\xD6\xB5\n"
                          "x,\xB3\xA4\xB4\xBA\xCA\xD0,2020\xC4\xEA,1.3\n"),
                "2:220100:x:2020:13/1::0|");
}

Test(observation_csv, quoted_fields_hold_commas_quotes_and_line_ends, .timeout = 10)
{
    expect_rows(read_text("indicator,region,period,value,source\n"
                          "x,220000,2020,1,\"a \"\"b\"\", c\nd\"\n\"x\",220000,2021,\"2\",e\n"),
                "2:220000:x:2020:1/0::0|4:220000:x:2021:2/0::0|");
}

Test(observation_csv, blank_lines_and_rows_of_commas_are_skipped, .timeout = 10)
{
    expect_rows(read_text("\nindicator,region,period,value\n\n  \nx,220000,2020,1\n,,,\n\n"),
                "5:220000:x:2020:1/0::0|");
}

Test(observation_csv, spaces_around_names_and_fields_are_dropped, .timeout = 10)
{
    expect_rows(read_text("indicator , region,period,value\n x , 220000 ,2020, 1.30 \n"),
                "2:220000:x:2020:130/2::0|");
}

Test(observation_csv, the_bytes_may_come_one_at_a_time, .timeout = 10)
{
    const char *text = "\xEF\xBB\xBF" HEADER GOOD GOOD;
    expect_rows(read_bytes(text, strlen(text), 1),
                "2:220000:rd_intensity:2020:130/2:%:14|3:220000:rd_intensity:2020:130/2:%:14|");
}

Test(observation_csv, a_status_without_figure_goes_with_an_empty_value, .timeout = 10)
{
    expect_rows(read_text("indicator,region,period,value,obs_status\nx,220000,2020,,M\n"),
                "2:220000:x:2020:0/0::11|");
    expect_finding(read_text("indicator,region,period,value,obs_status\nx,220000,2020,1,M\n"),
                   FINDING_STATUS_VALUE, 2, 4, "no figure");
    expect_finding(read_text("indicator,region,period,value,obs_status\nx,220000,2020,,A\n"),
                   FINDING_NUMBER_EMPTY, 2, 4, "missing");
}

/* --- the header --------------------------------------------------------------------------------- */

Test(observation_csv, an_unknown_column_is_refused_with_the_nearest, .timeout = 10)
{
    expect_finding(read_text("indicator,region,period,valeu\nx,220000,2020,1\n"),
                   FINDING_CSV_COLUMN, 1, 4, "did you mean value");
    expect_finding(read_text("indicator,region,period,value,status\nx,220000,2020,1,A\n"),
                   FINDING_CSV_COLUMN, 1, 5, "did you mean obs_status");
    expect_finding(read_text("indicator,region,period,value,数据\nx,220000,2020,1,2\n"),
                   FINDING_CSV_COLUMN, 1, 5, "Columns:");
}

Test(observation_csv, a_column_that_is_missing_or_there_twice_is_named, .timeout = 10)
{
    expect_finding(read_text("indicator,region,period\nx,220000,2020\n"), FINDING_CSV_HEADER, 1, 0,
                   "column value is missing");
    expect_finding(read_text("indicator,region,period,value,指标\nx,220000,2020,1,x\n"),
                   FINDING_CSV_HEADER, 1, 5, "twice");
}

Test(observation_csv, a_file_without_rows_or_without_anything_is_refused, .timeout = 10)
{
    expect_finding(read_text(HEADER), FINDING_CSV_EMPTY, 1, 0, "no rows");
    expect_finding(read_text(""), FINDING_CSV_HEADER, 1, 0, "empty");
    expect_finding(read_text("\n\n \n"), FINDING_CSV_HEADER, 1, 0, "empty");
}

/* --- rows --------------------------------------------------------------------------------------- */

Test(observation_csv, each_wrong_field_is_named_with_line_column_and_what_would_be_right,
     .timeout = 10)
{
    expect_finding(read_text(HEADER "x,吉林,2020,1,,,,,\n"), FINDING_REGION_UNKNOWN, 2, 2,
                   "did you mean 220200");
    expect_finding(read_text(HEADER GOOD "x,220000,20,1,,,,,\n"), FINDING_PERIOD_FORM, 3, 3,
                   "2024-Q3");
    expect_finding(read_text(HEADER "x,220000,2020,\"1,300\",,,,,\n"), FINDING_NUMBER_SEPARATOR, 2,
                   4, "Write 1234.5");
    expect_finding(read_text(HEADER "x,220000,2020,１．３,,,,,\n"), FINDING_NUMBER_WIDE, 2, 4,
                   "1.30");
    expect_finding(read_text(HEADER "x,220000,2020,>200,,,,,\n"), FINDING_NUMBER_BOUND, 2, 4,
                   "exact");
    expect_finding(read_text(HEADER "x,220000,2020,1,,Z,,,\n"), FINDING_STATUS_UNKNOWN, 2, 6,
                   "SDMX");
    expect_finding(read_text(HEADER ",220000,2020,1,,,,,\n"), FINDING_FIELD_MISSING, 2, 1,
                   "required");
}

Test(observation_csv, the_framework_is_asked_when_there_is_one, .timeout = 10)
{
    expect_finding(read_checked(HEADER "rd_intensty,220000,2020,1,%,,,,\n"),
                   FINDING_INDICATOR_UNKNOWN, 2, 1, "did you mean rd_intensity");
    expect_finding(read_checked(HEADER "rd_intensity,220184,2020,1,%,,,,\n"),
                   FINDING_REGION_NOT_LISTED, 2, 2, "220000");
    expect_finding(read_checked(HEADER "rd_intensity,220000,2020,130,%,,,,\n"),
                   FINDING_VALUE_IMPLAUSIBLE, 2, 4, "plausible");
}

Test(observation_csv, unit_and_definition_are_filled_in_from_the_framework, .timeout = 10)
{
    expect_rows(read_checked("indicator,region,period,value\nrd_intensity,220000,2020,1.30\n"),
                "2:220000:rd_intensity:2020:130/2:%:0|");
}

Test(observation_csv, all_findings_of_a_row_and_of_all_rows_are_listed, .timeout = 10)
{
    struct reading reading =
        read_text(HEADER "x,nowhere,20,abc,,Z,,,\n" GOOD "y,220000,2020,x,,,,,\n");
    cr_expect_eq(reading.err, ERR_ROWS);
    cr_expect_eq(reading.diag.total, 5);
    cr_expect_eq(reading.counts.rows, 3);
    cr_expect_eq(reading.counts.good, 1);
    cr_expect_eq(reading.counts.refused, 2);
    cr_expect_str_eq(reading.rows, "3:220000:rd_intensity:2020:130/2:%:14|");
    diag_fini(&reading.diag);
}

Test(observation_csv, a_row_of_another_width_is_refused_and_the_next_is_read, .timeout = 10)
{
    struct reading reading = read_text("indicator,region,period,value\nx,220000,2020\n"
                                       "x,220000,2020,1,2\nx,220000,2020,1\n");
    cr_expect_eq(reading.counts.refused, 2);
    cr_expect_str_eq(reading.rows, "4:220000:x:2020:1/0::0|");
    expect_finding(reading, FINDING_CSV_WIDTH, 2, 0, "3 fields, the header has 4");
}

Test(observation_csv, a_full_width_comma_between_columns_is_named, .timeout = 10)
{
    expect_finding(read_text("indicator,region,period,value,note\nx,220000，2020,1,\n"),
                   FINDING_CSV_WIDTH, 2, 0, "there is a full-width comma");
    expect_finding(read_text("indicator,region,period,value,note\nx,220000,2020,1,a，b,\n"),
                   FINDING_CSV_WIDTH, 2, 0, "check commas and quotes");
}

Test(observation_csv, what_the_callback_answers_ends_the_reading, .timeout = 10)
{
    struct reading reading = {.stop_after = 1};
    const struct observation_csv_options options = {0};
    cr_assert_eq(diag_init(&reading.diag, "test.csv", 50), ERR_OK);
    feed(&reading, &options, HEADER GOOD GOOD, strlen(HEADER GOOD GOOD), 1000);
    cr_expect_eq(reading.err, ERR_STOPPED);
    cr_expect_eq(reading.seen, 1);
    diag_fini(&reading.diag);
}

/* --- hostile ------------------------------------------------------------------------------------ */

Test(observation_csv, a_quote_that_is_never_closed_is_refused_where_it_began, .timeout = 10)
{
    expect_finding(read_text(HEADER GOOD "x,220000,2020,\"1,,,,,\n" GOOD GOOD), FINDING_CSV_QUOTES,
                   3, 4, "never closed");
}

Test(observation_csv, an_endless_quoted_field_is_given_up_at_the_limit_not_at_the_end,
     .timeout = 20)
{
    struct reading reading = {0};
    const struct observation_csv_options options = {0};
    struct observation_csv *csv;
    size_t fed = 0;
    cr_assert_eq(diag_init(&reading.diag, "test.csv", 50), ERR_OK);
    cr_assert_eq(observation_csv_new(&options, &reading.diag, note_row, &reading, &csv), ERR_OK);
    reading.err = observation_csv_feed(csv, HEADER "x,220000,2020,\"", strlen(HEADER) + 15);
    for (; reading.err == ERR_OK && fed < 2 * CSV_ROW_MAX_BYTES; fed += 16)
        reading.err = observation_csv_feed(csv, "abc\nabc\nabc\nabc\n", 16);
    cr_expect_leq(fed, CSV_ROW_MAX_BYTES, "%zu bytes were taken", fed);
    observation_csv_free(csv);
    expect_finding(reading, FINDING_CSV_QUOTES, 2, 4, "never closed");
}

Test(observation_csv, quotes_in_the_middle_are_refused_and_the_next_row_is_read, .timeout = 10)
{
    struct reading reading =
        read_text(HEADER "x\"y,220000,2020,1,,,,,\n\"x\"y,220000,2020,1,,,,,\n" GOOD);
    cr_expect_str_eq(reading.rows, "4:220000:rd_intensity:2020:130/2:%:14|");
    cr_expect_eq(reading.counts.refused, 2);
    expect_finding(reading, FINDING_CSV_QUOTES, 2, 1, "RFC 4180");
}

Test(observation_csv, a_nul_byte_ends_the_reading, .timeout = 10)
{
    static const char bytes[] = HEADER "x,22\0"
                                       "000,2020,1,,,,,\n" GOOD;
    struct reading reading = read_bytes(bytes, sizeof bytes - 1, 4096);
    cr_expect_str_eq(reading.rows, "");
    expect_finding(reading, FINDING_CSV_NUL, 2, 0, "NUL");
}

Test(observation_csv, a_file_in_utf16_is_refused_clearly, .timeout = 10)
{
    static const char bytes[] = "\xFF\xFEi\0n\0d\0i\0\n\0";
    static const char without_mark[] = "\0i\0n\0d\0i\0\n";
    expect_finding(read_bytes(bytes, sizeof bytes - 1, 4096), FINDING_CSV_UTF16, 1, 0,
                   "“CSV UTF-8 (comma delimited)”");
    expect_finding(read_bytes(without_mark, sizeof without_mark - 1, 4096), FINDING_CSV_UTF16, 1, 0,
                   "UTF-16");
}

Test(observation_csv, tabs_or_semicolons_separate_columns_when_the_header_says_so, .timeout = 10)
{
    static const char rows[] = "2:220000:rd_intensity:2020:130/2:%:14|"
                               "4:220000:rd_intensity:2021:139/2:%:14|";
    struct reading reading =
        read_text("indicator\tregion\tperiod\tvalue\tunit\tobs_status\tsource\n"
                  "rd_intensity\t220000\t2020\t1.30\t%\tP\t公报, 表 1\n"
                  "rd\"x\t220000\t2021\t1\t%\tP\t\n" /* the reading begins anew behind it */
                  "rd_intensity\t220000\t2021\t1.39\t%\tP\t\n");
    cr_expect_str_eq(reading.rows, rows);
    cr_expect_eq(reading.counts.refused, 1);
    diag_fini(&reading.diag);
    reading = read_text("指标;地区;时期;数值;单位;状态\r\n"
                        "rd_intensity;220000;2020;1.30;%;P\r\n\r\n"
                        "rd_intensity;220000;2021;1.39;%;P\r\n");
    cr_expect_str_eq(reading.rows, rows);
    diag_fini(&reading.diag);
}

Test(observation_csv, a_decimal_comma_is_no_separator_and_no_number, .timeout = 10)
{
    expect_finding(read_text("indicator;region;period;value\nx;220000;2020;1,30\n"),
                   FINDING_NUMBER_SEPARATOR, 2, 4, "");
}

Test(observation_csv, full_width_commas_in_the_header_are_named, .timeout = 10)
{
    expect_finding(read_text("指标，地区，时期，数值\nx，220000，2020，1\n"), FINDING_CSV_COLUMN, 1,
                   1, "plain comma");
}

Test(observation_csv, bytes_of_no_encoding_are_refused, .timeout = 10)
{
    struct reading reading = read_text(HEADER GOOD "x,220000,2020,1,,,,\xFF\xFF,\n" GOOD);
    cr_expect_eq(reading.counts.good, 2);
    expect_finding(reading, FINDING_CSV_ENCODING, 3, 0, "UTF-8");
}

Test(observation_csv, a_file_does_not_change_its_encoding, .timeout = 10)
{
    /* UTF-8 first, then 长春市 in GB18030 */
    expect_finding(read_text(HEADER GOOD "x,\xB3\xA4\xB4\xBA\xCA\xD0,2020,1,,,,,\n"),
                   FINDING_CSV_ENCODING, 3, 0, "");
}

Test(observation_csv, a_line_above_the_limit_is_refused_and_the_next_is_read, .timeout = 10)
{
    size_t size = CSV_ROW_MAX_BYTES + 100;
    char *bytes = malloc(strlen(HEADER) + size + strlen("\n" GOOD) + 1);
    cr_assert_not_null(bytes);
    strcpy(bytes, HEADER);
    memset(bytes + strlen(HEADER), 'x', size);
    strcpy(bytes + strlen(HEADER) + size, "\n" GOOD);
    struct reading reading = read_text(bytes);
    cr_expect_eq(reading.counts.good, 1);
    expect_finding(reading, FINDING_CSV_LIMIT, 2, 0, "65536 bytes");
    free(bytes);
}

Test(observation_csv, a_field_above_the_limit_is_refused, .timeout = 10)
{
    char *text = malloc(CSV_FIELD_MAX_BYTES + 4096);
    cr_assert_not_null(text);
    strcpy(text, HEADER "x,220000,2020,1,,,,");
    memset(text + strlen(text), 'x', CSV_FIELD_MAX_BYTES + 1);
    strcpy(text + strlen(HEADER) + 19 + CSV_FIELD_MAX_BYTES + 1, ",\n" GOOD);
    struct reading reading = read_text(text);
    cr_expect_eq(reading.counts.good, 1);
    expect_finding(reading, FINDING_CSV_LIMIT, 2, 0, "8192 bytes");
    free(text);
}

Test(observation_csv, more_rows_than_allowed_end_the_reading, .timeout = 10)
{
    struct reading reading = {0};
    const struct observation_csv_options options = {.max_rows = 2};
    cr_assert_eq(diag_init(&reading.diag, "test.csv", 50), ERR_OK);
    feed(&reading, &options, HEADER GOOD GOOD GOOD, strlen(HEADER GOOD GOOD GOOD), 1000);
    cr_expect_eq(reading.seen, 2);
    expect_finding(reading, FINDING_CSV_LIMIT, 4, 0, "at most 2 rows");
}

Test(observation_csv, thousands_of_columns_are_refused, .timeout = 10)
{
    char *text = malloc(20000);
    cr_assert_not_null(text);
    strcpy(text, HEADER);
    memset(text, ',', 10000);
    strcpy(text + 10000, "\n" GOOD);
    struct reading reading = read_text(text);
    cr_expect_eq(reading.err, ERR_ROWS);
    diag_fini(&reading.diag);
    free(text);
}

/* Every cut and every altered bit of a good file gives rows or findings, and never anything else. */
Test(observation_csv, every_truncation_and_altered_bit_is_survived, .timeout = 60)
{
    char text[] = "\xEF\xBB\xBF" HEADER GOOD "x,长春市,2020年,\"1.5\",,,,\"a \"\"b\"\"\",\n";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        struct reading reading = read_bytes(text, size, 7);
        cr_expect(reading.err == ERR_OK || (reading.err == ERR_ROWS && reading.diag.total > 0));
        diag_fini(&reading.diag);
    }
    for (size_t i = 0; i < sizeof text - 1; i++) {
        for (int bit = 0; bit < 8; bit++) {
            text[i] = (char)(text[i] ^ (1 << bit));
            struct reading reading = read_bytes(text, sizeof text - 1, 7);
            cr_expect(reading.err == ERR_OK || (reading.err == ERR_ROWS && reading.diag.total > 0));
            diag_fini(&reading.diag);
            text[i] = (char)(text[i] ^ (1 << bit));
        }
    }
}

/* --- files -------------------------------------------------------------------------------------- */

Test(observation_csv, the_published_figures_are_read_without_a_finding, .timeout = 30)
{
    struct framework *framework = jilin();
    DIR *directory = opendir("deploy/data");
    cr_assert_not_null(directory);
    size_t files = 0;
    struct reading reading = {0};
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[300];
        if (strstr(entry->d_name, ".csv") == NULL)
            continue;
        snprintf(path, sizeof path, "deploy/data/%s", entry->d_name);
        framework_case_figures(path, framework, note_row, &reading);
        files++;
    }
    cr_expect_eq(files, 11);
    closedir(directory);
    framework_free(framework);
}
