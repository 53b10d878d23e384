#include "consumers/alerter/summary.h"
#include "consumers/evaluate/judgement.h"
#include "tests/support/alert_story.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define IS(verdict) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict
#define CALL(name)  SONGHUA__V1__ALERT_CALL__ALERT_CALL_##name

static void expect_sentences(const struct alert_fact *fact, const struct alert_news *news,
                             const char *zh, const char *en)
{
    struct buffer text;
    buffer_init(&text, 4096);
    cr_assert_eq(alert_summary_zh(fact, news, &text), ERR_OK);
    cr_expect_str_eq(buffer_text(&text), zh);
    buffer_clear(&text);
    cr_assert_eq(alert_summary_en(fact, news, &text), ERR_OK);
    cr_expect_str_eq(buffer_text(&text), en);
    buffer_fini(&text);
}

Test(alert_summary, a_firing_alert_says_figure_path_gap_since_and_growth, .timeout = 10)
{
    struct alert_track track = {0};
    struct alert_news news;
    Songhua__V1__Score score = story_worked_example();
    const struct alert_fact fact = {
        .region = 220000, .score = &score, .sequence = 1, .stored_ms = 1};
    cr_assert(alert_rules_apply(&track, &fact, &news));
    expect_sentences(
        &fact, &news,
        "吉林省 指标 rd_intensity：需加速，2023年为1.55%，应达1.683%，差0.133个百分点；自2023年起"
        "落后；此后每年需增长13.6%，以达到2025年目标2%。",
        "Jilin Province, indicator rd_intensity: needs to accelerate, 1.55 % in 2023, "
        "required 1.683 %, gap 0.133 percentage points; behind since 2023; a yearly growth "
        "of 13.6 % is needed from now on to reach 2 % in 2025.");
}

Test(alert_summary, case_8_of_a_series_that_rises_and_falls_both_looks_are_said, .timeout = 10)
{
    struct alert_track track = {0};
    struct alert_news news;
    Songhua__V1__Score score = story_worked_example();
    const struct alert_fact fact = {.region = 220000, .score = &score, .sequence = 1};
    score.has = 1u << NUMBER_VALUE | 1u << NUMBER_SLOPE_VALUE;
    score.recent_judgement = IS(MOVING_AWAY);
    score.recent_since = (char *)"2021";
    score.outlook = SONGHUA__V1__OUTLOOK__OUTLOOK_SLIGHTLY_CLOUDY;
    score.slope_since = (char *)"2018";
    score.slope_value = 1.9;
    cr_assert(alert_rules_apply(&track, &fact, &news));
    expect_sentences(
        &fact, &news,
        "吉林省 指标 rd_intensity：需加速，2023年为1.55%；自2023年起落后；数据有升有降，自2021年的"
        "近三期为倒退，按2018年以来年均变化到期为1.9%（少云）。",
        "Jilin Province, indicator rd_intensity: needs to accelerate, 1.55 % in 2023; "
        "behind since 2023; the series rises and falls, by its last three figures since "
        "2021 it moves away from its target, the mean yearly change since 2018 leads to "
        "1.9 % by the deadline (slightly cloudy).");
}

static void expect_why(Songhua__V1__AlertCall call, double acceleration, const char *zh,
                       const char *en)
{
    struct alert_track track = {0};
    struct alert_news news;
    Songhua__V1__Score score = story_score(IS(ACCELERATE), "2023", 1);
    const struct alert_fact fact = {.region = 220100, .score = &score, .sequence = 1};
    char text[2][400];
    score.ratio = 0.84;
    score.alert_threshold = 0.9;
    score.has = 1u << NUMBER_RATIO | (acceleration > 0 ? 1u << NUMBER_ACCELERATION : 0);
    score.acceleration = acceleration;
    cr_assert(alert_rules_apply(&track, &fact, &news));
    score.alert_call = call;
    snprintf(text[0], sizeof text[0], "长春市 指标 rd_intensity：需加速；自2023年起落后%s。", zh);
    snprintf(text[1], sizeof text[1],
             "Changchun, indicator rd_intensity: needs to accelerate; behind since 2023%s.", en);
    expect_sentences(&fact, &news, text[0], text[1]);
}

Test(alert_summary, why_an_alert_is_not_what_the_class_says_is_said, .timeout = 10)
{
    expect_why(CALL(WATCH), 0, "", "");
    expect_why(CALL(HOLD), 0, "；比值0.84，达到0.9方解除预警",
               "; at a ratio of 0.84 the alert goes on, it ends from 0.9 on");
    expect_why(CALL(LAGGING), 0, "；比值0.84，低于预警界限0.9",
               "; its ratio of 0.84 is below the alert threshold of 0.9");
    expect_why(CALL(PACE), 5.5, "；剩余时间不足一半，此后须为以往速度的5.5倍",
               "; less than half of the time is left, and 5.5 times the pace so far is needed");
    expect_why(CALL(PACE), 0, "；剩余时间不足一半，至今没有进展",
               "; less than half of the time is left, and nothing was gained so far");
}

Test(alert_summary, an_alert_that_ends_by_the_frameworks_threshold_says_so, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_call(&story, IS(LAGGING), CALL(LAGGING), "2023"));
    Songhua__V1__Score score = story_score(IS(ACCELERATE), "2024", 50);
    const struct alert_fact fact = {.region = 220100, .score = &score, .sequence = 9};
    score.alert_call = CALL(CLEAR);
    score.ratio = 0.84;
    score.alert_threshold = 0.8;
    cr_assert(alert_rules_apply(&story.track, &fact, &story.news));
    expect_sentences(&fact, &story.news,
                     "长春市 指标 rd_intensity：已恢复（需加速）；比值0.84，已达预警界限0.8；此前自"
                     "2023年起落后。",
                     "Changchun, indicator rd_intensity: recovered and needs to accelerate; its "
                     "ratio of 0.84 is not below the alert threshold of 0.8; it was behind since "
                     "2023.");
}

Test(alert_summary, what_the_score_does_not_have_is_left_out, .timeout = 10)
{
    struct alert_track track = {0};
    struct alert_news news;
    Songhua__V1__Score score = story_score(IS(MISSED), "2025", 1);
    const struct alert_fact fact = {.region = 999999, .score = &score, .sequence = 1};
    cr_assert(alert_rules_apply(&track, &fact, &news));
    expect_sentences(&fact, &news, "999999 指标 rd_intensity：逾期未达；自2025年起落后。",
                     "999999, indicator rd_intensity: missed its target; behind since 2025.");
}

Test(alert_summary, a_provisional_judgement_is_said_to_be_one, .timeout = 10)
{
    struct alert_track track = {0};
    struct alert_news news;
    Songhua__V1__Score score = story_score(IS(LAGGING), "2023", 1);
    const struct alert_fact fact = {.region = 220100, .score = &score, .sequence = 1};
    score.provisional = 1;
    cr_assert(alert_rules_apply(&track, &fact, &news));
    expect_sentences(
        &fact, &news, "长春市 指标 rd_intensity：滞后（待定）；自2023年起落后。",
        "Changchun, indicator rd_intensity: lags behind its required path (provisional); "
        "behind since 2023.");
}

Test(alert_summary, a_resolved_alert_says_what_put_it_right, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    Songhua__V1__Score score = story_worked_example();
    score.judgement = IS(ON_TRACK);
    score.period = (char *)"2024-Q2";
    score.as_of_sequence = 50;
    score.has = 1u << NUMBER_VALUE;
    const struct alert_fact fact = {.region = 220100, .score = &score, .sequence = 9};
    cr_assert(alert_rules_apply(&story.track, &fact, &story.news));
    expect_sentences(
        &fact, &story.news,
        "长春市 指标 rd_intensity：已恢复（按期），2024-Q2为1.55%；此前自2023年起落后。",
        "Changchun, indicator rd_intensity: recovered and is on track, 1.55 % in 2024-Q2; it was behind "
        "since 2023.");
}

Test(alert_summary, an_alert_about_what_a_framework_leaves_out_ends_and_says_why, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    Songhua__V1__Score score = story_score(IS(CLOSED), "", 50);
    const struct alert_fact fact = {.region = 220100, .score = &score, .sequence = 9};
    score.reason = (char *)"target_left_out";
    score.framework = (char *)"f@2";
    cr_assert(alert_rules_apply(&story.track, &fact, &story.news));
    cr_expect_eq(story.news.state, SONGHUA__V1__ALERT_STATE__ALERT_WITHDRAWN);
    cr_expect_not(story.track.is_firing);
    expect_sentences(
        &fact, &story.news,
        "长春市 指标 rd_intensity：预警终止：现行指标体系在该地区已不列此目标（f@2）。",
        "Changchun, indicator rd_intensity: alert closed; the framework in force does "
        "not have the target there (f@2).");
}

Test(alert_summary, a_withdrawn_alert_says_that_its_cause_is_gone, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    Songhua__V1__Score score = story_score(IS(NO_DATA), "", 50);
    const struct alert_fact fact = {.region = 220100, .score = &score, .sequence = 9};
    cr_assert(alert_rules_apply(&story.track, &fact, &story.news));
    expect_sentences(
        &fact, &story.news,
        "长春市 指标 rd_intensity：预警撤回：2023年数据或指标体系经修订，原因不复存在，现为无数据。",
        "Changchun, indicator rd_intensity: alert withdrawn; the figure for 2023 or the "
        "framework was revised and the cause is gone, now it has no data.");
}
