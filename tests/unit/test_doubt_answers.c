/* A doubt from its rise to its answer: in the scorer and the agent. */
#include "proto/event/event.h"
#include "tests/support/agent_case.h"
#include "tests/support/scorer_case.h"

#include <criterion/criterion.h>
#include <string.h>

#define KIND(name) SONGHUA__V1__DOUBT_KIND__DOUBT_##name

/* --- the scorer ------------------------------------------------------------------------------------- */

static const Songhua__V1__Doubt *doubt_of(const struct bench *bench, Songhua__V1__DoubtKind kind)
{
    for (size_t i = 0; i < bench->count; i++)
        for (size_t j = 0; j < bench->published[i]->n_events; j++) {
            const Songhua__V1__Event *event = bench->published[i]->events[j];
            if (event->body_case == SONGHUA__V1__EVENT__BODY_DOUBT && event->doubt->kind == kind)
                return event->doubt;
        }
    return NULL;
}

static void tell_confirmed(struct bench *bench, int64_t unscaled)
{
    Songhua__V1__Observation observation = figure("rd_intensity", "2023", unscaled);
    Songhua__V1__Event event = event_of_observation(&observation, 1);
    Songhua__V1__Event *events[] = {&event};
    observation.confirmed = true;
    observation.note = (char *)"核对原表无误";
    cr_assert_eq(tell_events(bench, 220000, "observation", events, 1), ERR_OK);
    store(bench);
}

Test(doubt_answers, the_scorer_says_that_a_doubt_was_answered_and_does_not_raise_it_again,
     .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2020", 130);
    tell_figure(bench, 220000, "rd_intensity", "2021", 139);
    tell_figure(bench, 220000, "rd_intensity", "2022", 143);
    tell_figure(bench, 220000, "rd_intensity", "2023", 15500);
    cr_assert_not_null(doubt_of(bench, KIND(UNIT_SLIP)));
    tell_confirmed(bench, 15500);
    const Songhua__V1__Doubt *doubt = doubt_of(bench, KIND(UNIT_SLIP));
    cr_assert_not_null(doubt);
    cr_expect(doubt->is_cleared && doubt->is_answered);
    restart(bench);
    tell_figure(bench, 220000, "rd_intensity", "2022", 144);
    cr_expect_null(doubt_of(bench, KIND(UNIT_SLIP)), "the answer outlives a restart");
    tell_figure(bench, 220000, "rd_intensity", "2023", 15600);
    doubt = doubt_of(bench, KIND(UNIT_SLIP));
    cr_assert_not_null(doubt, "another figure, another doubt");
    cr_expect_not(doubt->is_cleared);
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    doubt = doubt_of(bench, KIND(UNIT_SLIP));
    cr_assert_not_null(doubt);
    cr_expect(doubt->is_cleared && !doubt->is_answered, "a revision took it away");
    bench_free(bench);
}

Test(doubt_answers, a_second_figure_below_zero_clears_what_was_doubted_of_the_first, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_document(bench, "framework",
                  "framework: f\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n"
                  "  - {id: fund, name: {zh: 基金, en: fund}, kind: quantity, unit: 亿元, "
                  "regions: [220000]}\n");
    tell_figure(bench, 220000, "fund", "2015", -300);
    tell_figure(bench, 220000, "fund", "2017", 300);
    tell_figure(bench, 220000, "fund", "2018", 310);
    cr_expect_null(doubt_of(bench, KIND(KIND)), "two others are too few");
    tell_figure(bench, 220000, "fund", "2019", 320);
    const Songhua__V1__Doubt *doubt = doubt_of(bench, KIND(KIND));
    cr_assert_not_null(doubt);
    cr_expect_str_eq(doubt->period, "2015");
    cr_expect_not(doubt->is_cleared);
    tell_figure(bench, 220000, "fund", "2020", -20);
    doubt = doubt_of(bench, KIND(KIND));
    cr_assert_not_null(doubt);
    cr_expect_str_eq(doubt->period, "2015");
    cr_expect(doubt->is_cleared);
    bench_free(bench);
}

/* --- the agent -------------------------------------------------------------------------------------- */

Test(doubt_answers, a_reporter_confirms_a_figure_with_a_reason, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    size_t count;
#define PUT(...)                                                                                   \
    ARGUMENTS("put", "--timeout", "0s", "--indicator", "rd_intensity", "--period", "2024",         \
              "--value", "1.41", __VA_ARGS__)
    cr_expect_eq(agent_case_run(agent, PUT("--note", "x")), 0, "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, PUT("--confirm")), 64);
    cr_expect_not_null(strstr(agent->err, "--note"), "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, PUT("--confirm", "--note", "x")), 0, "%s", agent->err);
    Songhua__V1__Event **events = agent_case_events(agent, &count, NULL);
    cr_assert_eq(count, 2, "the same figure, but now it is confirmed");
    cr_expect_not(events[0]->observation->confirmed);
    cr_expect(events[1]->observation->confirmed);
    cr_expect_str_eq(events[1]->observation->note, "x");
    agent_case_free_events(events, count);
    agent_case_free(&agent);
}

#define HEADER "indicator,region,period,value,unit,obs_status,definition,source,note\n"

Test(doubt_answers, what_will_be_doubted_is_said_before_it_is_sent_and_is_sent, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "b.csv",
                     HEADER "patents,220100,2024-Q1,12.5,,,granted,,\n"
                            "patents,220100,2024-Q2,0.0012,万件,,granted,,\n"
                            "patents,220100,2024-Q3,,,M,granted,,\n");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("check", "b.csv")), 0, "%s", agent->err);
    cr_expect_not_null(strstr(agent->err, "b.csv:2:4: value \"12.5\""), "%s", agent->err);
    cr_expect_not_null(strstr(agent->err, "a count is a whole number of 0 or more, the nearest is"),
                       "%s", agent->err);
    cr_expect_not_null(strstr(agent->err, "(SH-2149)"), "%s", agent->err);
    cr_expect_not_null(strstr(agent->err, "--confirm"), "%s", agent->err);
    cr_expect_null(strstr(agent->err, "b.csv:3"), "0.0012 万件 are 12: %s", agent->err);
    cr_expect_null(strstr(agent->err, "b.csv:4"), "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("submit", "--timeout", "0s", "--json", "b.csv")),
                 0, "%s", agent->err);
    cr_expect_not_null(
        strstr(agent->out, "\"doubts\":[{\"line\":2,\"column\":4,\"code\":\"SH-2149\""), "%s",
        agent->out);
    cr_expect_null(strstr(agent->out, "\"findings\""), "%s", agent->out);
    cr_expect_eq(agent_case_outbox(agent).events, 3);
    agent_case_free(&agent);
}

Test(doubt_answers, of_a_figure_that_is_confirmed_nothing_is_said_beforehand, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
#define PUT_COUNT(...)                                                                             \
    ARGUMENTS("put", "--timeout", "0s", "--indicator", "patents", "--definition", "granted",       \
              "--period", "2024-Q1", "--value", "12.5", __VA_ARGS__)
    cr_expect_eq(agent_case_run(agent, PUT_COUNT("--note", "x")), 0, "%s", agent->err);
    cr_expect_not_null(strstr(agent->err, "SH-2149"), "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, PUT_COUNT("--confirm", "--note", "x")), 0, "%s", agent->err);
    cr_expect_null(strstr(agent->err, "SH-2149"), "%s", agent->err);
    agent_case_free(&agent);
}
