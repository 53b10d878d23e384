/* A unit that a framework defines has its name only there, and yet is named wherever it is shown. */
#include "consumers/alerter/data_rules.h"
#include "consumers/evaluate/doubts.h"
#include "consumers/evaluate/judgement.h"
#include "consumers/reader/words.h"
#include "proto/base/diag.h"
#include "tests/support/agent_case.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { CHINA = 900156, CHANGCHUN = 220100, ARENA_BYTES = 1 << 20 };

static struct framework *framework;
static struct arena arena;

static void load(void)
{
    struct diag diag;
    cr_assert_eq(diag_init(&diag, "hdi", 10), ERR_OK);
    cr_assert_eq(framework_load_file("deploy/framework/hdi.yaml", &diag, &framework), ERR_OK);
    diag_fini(&diag);
    arena_init(&arena, ARENA_BYTES);
}

static void unload(void)
{
    arena_fini(&arena);
    framework_free(framework);
}

TestSuite(unit_names, .init = load, .fini = unload, .timeout = 30);

static Songhua__V1__Score score_of(uint32_t region)
{
    Songhua__V1__Score score;
    const struct judgement judgement = {.indicator = &framework->indicators[0], .region = region};
    cr_assert_eq(score_from_judgement(&judgement, framework, &arena, &score), ERR_OK);
    return score;
}

Test(unit_names, a_score_has_the_name_of_a_unit_and_of_no_other_region)
{
    cr_expect_str_eq(score_of(CHINA).unit_name_zh, "中国");
    cr_expect_str_eq(score_of(CHINA).unit_name_en, "China");
    cr_expect_str_empty(score_of(CHANGCHUN).unit_name_zh);
}

Test(unit_names, a_doubt_has_it)
{
    Songhua__V1__Doubt message;
    struct period period;
    cr_assert_eq(period_parse("2021", &period, NULL), ERR_OK);
    const struct doubt doubt = {.place = {&framework->indicators[0], NULL, CHINA, period},
                                .kind = SONGHUA__V1__DOUBT_KIND__DOUBT_COPY};
    const struct as_of as_of = {.sequence = 1};
    cr_assert_eq(doubt_message(&doubt, framework, as_of, &arena, &message), ERR_OK);
    cr_expect_str_eq(message.unit_name_zh, "中国");
}

static enum err see(void *context, const struct batch_draft *draft)
{
    Songhua__V1__EventBatch **out = context;
    *out = songhua__v1__event_batch__unpack(NULL, draft->payload_size, draft->payload);
    return *out ? ERR_OK : ERR_MALFORMED;
}

/* The alert that a late report of that region makes. */
static Songhua__V1__EventBatch *alert_about(uint32_t region, Songhua__V1__Score *score)
{
    struct alerter_state state;
    struct effects effects;
    Songhua__V1__EventBatch *alerts = NULL;
    const struct data_fact fact = {region, 1, 0, 5000};
    score->overdue_since = (char *)"2024-10-27";
    alerter_state_init(&state);
    effects_init(&effects);
    effects_begin(&effects, 1000);
    cr_assert_eq(data_rules_score(&state, &fact, score, &effects), ERR_OK);
    effects_end(&effects);
    cr_assert_eq(effects_each(&effects, see, &alerts), ERR_OK);
    effects_fini(&effects);
    alerter_state_fini(&state);
    cr_assert_not_null(alerts);
    return alerts;
}

Test(unit_names, an_alert_says_it_and_readers_show_it)
{
    Songhua__V1__Score score = score_of(CHINA);
    Songhua__V1__EventBatch *alerts = alert_about(CHINA, &score);
    const Songhua__V1__Event *event = alerts->events[0];
    cr_expect_eq(strncmp(event->alert->summary_zh, "中国", strlen("中国")), 0, "%s",
                 event->alert->summary_zh);
    cr_expect_eq(strncmp(event->alert->summary_en, "China, ", 7), 0, "%s",
                 event->alert->summary_en);
    cr_expect_str_eq(word_of_place(CHINA, event).zh, "中国");
    cr_expect_str_eq(word_of_place(CHANGCHUN, event).zh, "长春市");
    songhua__v1__event_batch__free_unpacked(alerts, NULL);
}

Test(unit_names, a_unit_without_a_name_is_known_by_its_code)
{
    Songhua__V1__Score score = score_of(CHINA);
    score.unit_name_zh = score.unit_name_en = (char *)"";
    Songhua__V1__EventBatch *alerts = alert_about(CHINA, &score);
    cr_expect_eq(strncmp(alerts->events[0]->alert->summary_zh, "900156", 6), 0);
    songhua__v1__event_batch__free_unpacked(alerts, NULL);
}

Test(unit_names, a_dry_run_of_the_agent_shows_it)
{
    struct agent_case *agent = agent_case_new("900156");
    char framework_path[PATH_MAX];
    cr_assert_not_null(realpath("deploy/framework/hdi.yaml", framework_path));
    agent_case_write(agent, "a.csv",
                     "indicator,region,period,value\nlife_expectancy,中国,2021,78.2\n");
    cr_expect_eq(
        agent_case_run(agent, ARGUMENTS("submit", "--dry-run", "-f", framework_path, "a.csv")), 0,
        "%s", agent->err);
    cr_expect_not_null(strstr(agent->out, "900156 中国"), "%s", agent->out);
    agent_case_free(&agent);
}
