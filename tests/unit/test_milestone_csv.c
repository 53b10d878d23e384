#include "proto/event/milestone_csv.h"
#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char document[] =
    "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n"
    "  - {id: zones, name: {zh: 高新区, en: zones}, kind: milestone, method: milestone,\n"
    "     regions: [220000], parts: [{id: a, name: {zh: 甲区, en: a}}, {id: b, name: {zh: 乙, en: b}}]}\n"
    "  - {id: law, name: {zh: 条例, en: law}, kind: milestone, method: milestone, regions: [220100]}\n"
    "  - {id: yearly, name: {zh: 监测, en: y}, kind: duty, method: recurring, regions: [220000]}\n"
    "  - {id: rd, name: {zh: 研发, en: rd}, kind: share, unit: \"%\", regions: [220000]}\n";

enum { ROWS_MAX = 16 };

struct read {
    struct diag diag;
    struct observation_csv_counts counts;
    enum err err;
    char rows[ROWS_MAX][160]; /* "indicator region part state date" */
    size_t count;
};

static enum err take(void *context, const struct milestone_row *row)
{
    struct read *read = context;
    const Songhua__V1__Milestone *milestone = row->milestone;
    cr_assert_lt(read->count, ROWS_MAX);
    snprintf(read->rows[read->count++], sizeof read->rows[0], "%s %u [%s] %d %s",
             milestone->indicator, (unsigned)row->region, milestone->part, (int)milestone->state,
             milestone->date);
    return ERR_OK;
}

static struct read read_csv(const char *text)
{
    struct read read = {.count = 0};
    struct record record = record_with(document);
    cr_assert_eq(diag_init(&read.diag, "m.csv", 50), ERR_OK);
    read.err = milestone_csv_read(text, strlen(text), record.framework, day(2025, 1, 1), &read.diag,
                                  take, &read, &read.counts);
    record_free(&record);
    return read;
}

static void expect_finding(const char *text, enum finding finding, uint64_t line, uint64_t column,
                           const char *says)
{
    struct read read = read_csv(text);
    bool is_there = false;
    cr_expect_eq(read.err, ERR_ROWS);
    for (size_t i = 0; i < read.diag.count; i++) {
        const struct diag_item *item = &read.diag.items[i];
        is_there =
            is_there || (strcmp(item->code, finding_code(finding)) == 0 && item->line == line &&
                         item->column == column && strstr(item->en, says) != NULL);
    }
    if (!is_there)
        diag_print(&read.diag, stderr);
    cr_expect(is_there, "%s at %u:%u", finding_code(finding), (unsigned)line, (unsigned)column);
    diag_fini(&read.diag);
}

Test(milestone_csv, reports_are_read_in_either_language_and_any_order, .timeout = 10)
{
    struct read read = read_csv("\xEF\xBB\xBF日期,进展,分项,地区,指标,来源,备注\r\n"
                                "2024年6月30日,已完成,甲区,吉林省,zones,文件,\"一, 二\"\r\n"
                                "\r\n"
                                "2024-07-01,started,b,220000,zones,,\r\n"
                                "2024/7/2,容错免责,,长春市,law,,\r\n"
                                "2024-03-01,done,2023年,220000,yearly,,\r\n");
    cr_assert_eq(read.err, ERR_OK);
    cr_assert_eq(read.count, 4);
    cr_expect_eq(read.counts.good, 4);
    cr_expect_str_eq(read.rows[0], "zones 220000 [a] 2 2024-06-30");
    cr_expect_str_eq(read.rows[1], "zones 220000 [b] 1 2024-07-01");
    cr_expect_str_eq(read.rows[2], "law 220100 [] 4 2024-07-02");
    cr_expect_str_eq(read.rows[3], "yearly 220000 [2023] 2 2024-03-01");
    diag_fini(&read.diag);
}

#define HEADER "indicator,region,part,state,date\n"

Test(milestone_csv, a_table_with_tabs_is_read_as_well, .timeout = 10)
{
    static const char text[] = "日期\t进展\t分项\t地区\t指标\t来源\n"
                               "2024年6月30日\t已完成\t甲区\t吉林省\tzones\t文件, 第 2 页\n";
    struct read read = read_csv(text);
    cr_expect(milestone_csv_is(text, sizeof text - 1));
    cr_expect_eq(read.err, ERR_OK);
    cr_assert_eq(read.count, 1);
    cr_expect_str_eq(read.rows[0], "zones 220000 [a] 2 2024-06-30");
    diag_fini(&read.diag);
}

Test(milestone_csv, what_has_not_happened_is_refused_and_a_plan_is_not, .timeout = 10)
{
    expect_finding(HEADER "law,220100,,done,2099-01-01\n", FINDING_DATE_FUTURE, 2, 5, "not come");
    expect_finding(HEADER "law,220100,,started,2025-01-02\n", FINDING_DATE_FUTURE, 2, 5, "planned");
    struct read read = read_csv(HEADER "law,220100,,planned,2099-01-01\n"
                                       "law,220100,,done,2025-01-01\n");
    cr_expect_eq(read.err, ERR_OK);
    cr_expect_eq(read.count, 2);
    diag_fini(&read.diag);
}

Test(milestone_csv, a_line_of_the_template_that_was_not_filled_in_reports_nothing, .timeout = 10)
{
    struct read read = read_csv("indicator,region,part,state,date,source,note\n"
                                "zones,220000,a,,,,甲区\n"
                                "zones,220000,b,done,2024-01-01,,乙\n");
    cr_expect_eq(read.err, ERR_OK);
    cr_expect_eq(read.count, 1);
    cr_expect_eq(read.counts.rows, 1);
    diag_fini(&read.diag);
    expect_finding(HEADER "zones,220000,a,,2024-01-01\n", FINDING_FIELD_MISSING, 2, 4, "");
    expect_finding(HEADER "zones,220000,a,,\n", FINDING_CSV_EMPTY, 1, 0, "");
}

Test(milestone_csv, what_is_wrong_is_named_where_it_stands, .timeout = 10)
{
    expect_finding(HEADER "zones,220000,c,done,2024-01-01\n", FINDING_PART_MISFIT, 2, 3, "a, b");
    expect_finding(HEADER "zones,220000,,done,2024-01-01\n", FINDING_PART_MISFIT, 2, 3, "a, b");
    expect_finding(HEADER "law,220100,a,done,2024-01-01\n", FINDING_PART_MISFIT, 2, 3, "empty");
    expect_finding(HEADER "yearly,220000,2024-Q1,done,2024-01-01\n", FINDING_PART_MISFIT, 2, 3,
                   "2024");
    expect_finding(HEADER "zones,220000,a,finished,2024-01-01\n", FINDING_STATE_UNKNOWN, 2, 4,
                   "planned");
    expect_finding(HEADER "zones,220000,a,done,2024-02-30\n", FINDING_DATE_FORM, 2, 5,
                   "2024-06-30");
    expect_finding(HEADER "zone,220000,a,done,2024-01-01\n", FINDING_INDICATOR_UNKNOWN, 2, 1,
                   "did you mean zones");
    expect_finding(HEADER "rd,220000,,done,2024-01-01\n", FINDING_METHOD_MISFIT, 2, 1, "figures");
    expect_finding(HEADER "zones,220100,a,done,2024-01-01\n", FINDING_REGION_NOT_LISTED, 2, 2, "");
    expect_finding(HEADER "zones,229999,a,done,2024-01-01\n", FINDING_REGION_UNKNOWN, 2, 2, "");
    expect_finding(HEADER "zones,220000,a,done\n", FINDING_CSV_WIDTH, 2, 0, "");
    expect_finding(HEADER "zones,220000,\"a,done,2024-01-01\n", FINDING_CSV_QUOTES, 2, 0, "");
    expect_finding(HEADER, FINDING_CSV_EMPTY, 1, 0, "");
    expect_finding("indicator,region,date\n", FINDING_MILESTONE_COLUMN, 1, 0, "state");
    expect_finding("indicator,region,state,date,value\n", FINDING_MILESTONE_COLUMN, 1, 5, "");
    expect_finding("indicator,region,state,date,date\n", FINDING_KEY_REPEATED, 1, 5, "");
}

Test(milestone_csv, the_good_rows_beside_a_bad_one_are_handed_out, .timeout = 10)
{
    struct read read = read_csv(HEADER "zones,220000,a,done,2024-01-01\n"
                                       "zones,220000,c,nothing,never\n"
                                       "zones,220000,b,done,2024-01-01\n");
    cr_expect_eq(read.err, ERR_ROWS);
    cr_expect_eq(read.count, 2);
    cr_expect_eq(read.counts.refused, 1);
    cr_expect_eq(read.diag.total, 3, "all that is wrong in the row");
    diag_fini(&read.diag);
}

/* Three bytes of UTF-8 for two of GB18030: the line fits before it is converted, and not after. */
Test(milestone_csv, a_line_that_grows_beyond_the_limit_is_refused, .timeout = 10)
{
    enum { CHARACTERS = 31000 };
    static const char head[] = "indicator,region,state,date,note\nlaw,220100,done,2024-01-01,";
    static char text[sizeof head + 2 * CHARACTERS];
    memcpy(text, head, sizeof head - 1);
    for (size_t i = 0; i < CHARACTERS; i++)
        memcpy(text + sizeof head - 1 + 2 * i, "\xBC\xAA", 2); /* 吉 */
    struct read read = read_csv(text);
    cr_expect_eq(read.err, ERR_ROWS);
    cr_expect_eq(read.count, 0);
    cr_assert_eq(read.diag.total, 1);
    cr_expect_str_eq(read.diag.items[0].code, finding_code(FINDING_CSV_LIMIT));
    diag_fini(&read.diag);
}

Test(milestone_csv, its_header_tells_it_from_a_file_of_figures, .timeout = 10)
{
    static const char *const milestones[] = {HEADER, "指标,地区,进展,日期\n",
                                             "\xEF\xBB\xBF date,x\n"};
    static const char *const others[] = {"indicator,region,period,value\n", "", "\n",
                                         "指标,地区,时期,数值,状态,日期\n"};
    for (size_t i = 0; i < sizeof milestones / sizeof *milestones; i++)
        cr_expect(milestone_csv_is(milestones[i], strlen(milestones[i])), "%zu", i);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect_not(milestone_csv_is(others[i], strlen(others[i])), "%zu", i);
}
