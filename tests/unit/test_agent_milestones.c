/* Milestones and duties by hand: the template to fill in, and one report at a time. */
#include "tests/support/agent_case.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define IS(state) SONGHUA__V1__MILESTONE_STATE__MILESTONE_##state

static const char document[] =
    "framework: test\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n"
    "  - {id: rd, name: {zh: 研发, en: rd}, kind: share, unit: \"%\", regions: [220100]}\n"
    "  - id: zones\n    name: {zh: 高新区, en: zones}\n    kind: milestone\n    method: milestone\n"
    "    cadence: once\n    regions: [220100]\n    parts:\n"
    "      - {id: a, name: {zh: 甲区, en: a}}\n      - {id: b, name: {zh: 乙区, en: b}}\n"
    "  - {id: law, name: {zh: 条例, en: law}, kind: milestone, method: milestone, cadence: once,\n"
    "     regions: [220100]}\n"
    "  - {id: yearly, name: {zh: 监测, en: y}, kind: duty, method: recurring, regions: [220100]}\n";

static struct agent_case *case_new(void)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "framework.yaml", document);
    return agent;
}

static bool says(const char *text, const char *words)
{
    return strstr(text, words) != NULL;
}

#define PUT(...) ARGUMENTS("put", "--timeout", "0s", __VA_ARGS__)

Test(agent_milestones, the_template_has_a_row_for_each_part_and_period, .timeout = 30)
{
    struct agent_case *agent = case_new();
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("template", "--milestones")), 0, "%s", agent->err);
    cr_expect(says(agent->out, "indicator,region,part,state,date,source,note\n"));
    cr_expect(says(agent->out, "\nzones,220100,a,,,,") && says(agent->out, "\nzones,220100,b,,,,"));
    cr_expect(says(agent->out, "\nlaw,220100,,,,,") && says(agent->out, "\nyearly,220100,20"));
    cr_expect_not(says(agent->out, "\nrd,"), "figures have their own");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("template", "--milestones", "--chinese")), 0);
    cr_expect(says(agent->out, "指标,地区,分项,进展,日期,来源,备注\n"), "%s", agent->out);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("template")), 0);
    cr_expect(says(agent->out, "\nrd,220100,"));
    cr_expect_not(says(agent->out, "zones") || says(agent->out, "yearly"), "%s", agent->out);
    cr_expect(says(agent->err, "--milestones"), "where the others are: %s", agent->err);
    agent_case_free(&agent);
}

Test(agent_milestones, of_a_template_the_rows_that_were_filled_in_are_sent, .timeout = 30)
{
    struct agent_case *agent = case_new();
    char filled[4096];
    size_t count;
    cr_assert_eq(agent_case_run(agent, ARGUMENTS("template", "--milestones")), 0);
    char *row = strstr(agent->out, "zones,220100,b,,");
    cr_assert_not_null(row);
    const int head = (int)(row - agent->out);
    snprintf(filled, sizeof filled, "%.*szones,220100,b,done,2024-06-30%s", head, agent->out,
             row + strlen("zones,220100,b,,"));
    agent_case_write(agent, "milestones.csv", filled);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("submit", "--timeout", "0s", "milestones.csv")), 0,
                 "%s", agent->err);
    Songhua__V1__Event **events = agent_case_events(agent, &count, NULL);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(events[0]->milestone->part, "b");
    cr_expect_eq(events[0]->milestone->state, IS(DONE));
    agent_case_free_events(events, count);
    agent_case_free(&agent);
}

Test(agent_milestones, one_by_hand_passes_the_same_checks, .timeout = 30)
{
    struct agent_case *agent = case_new();
    size_t count;
    cr_expect_eq(agent_case_run(agent, PUT("--indicator", "zones", "--part", "甲区", "--milestone",
                                           "started", "--date", "2024年3月1日", "--source", "文")),
                 0, "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, PUT("--indicator", "zones", "--part", "c", "--milestone",
                                           "done", "--date", "2024-03-01")),
                 65);
    cr_expect(says(agent->err, "SH-2225"), "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, PUT("--indicator", "law", "--milestone", "done", "--date",
                                           "2099-01-01")),
                 65);
    cr_expect(says(agent->err, "SH-2231"), "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, PUT("--indicator", "rd", "--milestone", "done", "--date",
                                           "2024-03-01")),
                 65);
    Songhua__V1__Event **events = agent_case_events(agent, &count, NULL);
    cr_assert_eq(count, 1);
    cr_assert_eq(events[0]->body_case, SONGHUA__V1__EVENT__BODY_MILESTONE);
    cr_expect_str_eq(events[0]->milestone->part, "a");
    cr_expect_eq(events[0]->milestone->state, IS(STARTED));
    cr_expect_str_eq(events[0]->milestone->date, "2024-03-01");
    cr_expect_str_eq(events[0]->milestone->source, "文");
    agent_case_free_events(events, count);
    agent_case_free(&agent);
}

Test(agent_milestones, a_figure_and_a_milestone_are_not_one_report, .timeout = 30)
{
    struct agent_case *agent = case_new();
    cr_expect_eq(agent_case_run(agent, PUT("--indicator", "zones", "--period", "2024", "--value",
                                           "1", "--milestone", "done", "--date", "2024-03-01")),
                 64);
    cr_expect(says(agent->err, "not both"), "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, PUT("--indicator", "zones", "--milestone", "done")), 64);
    cr_expect(says(agent->err, "--date"), "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, PUT("--indicator", "zones", "--part", "a")), 64);
    cr_expect_eq(agent_case_run(agent, PUT("--indicator", "rd")), 64);
    agent_case_free(&agent);
}
