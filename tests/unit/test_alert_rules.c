#include "consumers/alerter/alerter.h"
#include "consumers/alerter/rules.h"
#include "consumers/alerter/summary.h"
#include "consumers/evaluate/judgement.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <string.h>

#define IS(verdict) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict
#define FIRING      SONGHUA__V1__ALERT_STATE__ALERT_FIRING
#define RESOLVED    SONGHUA__V1__ALERT_STATE__ALERT_RESOLVED
#define WITHDRAWN   SONGHUA__V1__ALERT_STATE__ALERT_WITHDRAWN
#define WATCH       SONGHUA__V1__SEVERITY__SEVERITY_WATCH
#define LAGGING     SONGHUA__V1__SEVERITY__SEVERITY_LAGGING
#define SEVERE      SONGHUA__V1__SEVERITY__SEVERITY_SEVERE

/* --- the rules alone ---------------------------------------------------------------------------- */

/* Scores of one target, one after the other, and the last news. */
struct story {
    struct alert_track track;
    struct alert_news news;
    uint64_t sequence;
};

static Songhua__V1__Score score_of(Songhua__V1__Judgement judgement, const char *period,
                                   uint64_t as_of)
{
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    score.indicator = (char *)"rd_intensity";
    score.target = (char *)"2025";
    score.judgement = judgement;
    score.period = (char *)(uintptr_t)period;
    score.as_of_sequence = as_of;
    return score;
}

static bool tell_score(struct story *story, const Songhua__V1__Score *score)
{
    const struct alert_fact fact = {.region = 220000,
                                    .score = score,
                                    .sequence = ++story->sequence,
                                    .index = 2,
                                    .stored_ms = 1000 * story->sequence};
    return alert_rules_apply(&story->track, &fact, &story->news);
}

/* The next score; whether there is news. */
static bool tell(struct story *story, Songhua__V1__Judgement judgement, const char *period)
{
    Songhua__V1__Score score = score_of(judgement, period, story->sequence + 10);
    return tell_score(story, &score);
}

static bool tell_retraction(struct story *story, const char *period)
{
    Songhua__V1__Score score = score_of(IS(NO_DATA), period, story->sequence + 10);
    score.reason = (char *)(uintptr_t)reason_id(REASON_RETRACTED);
    return tell_score(story, &score);
}

Test(alert_rules, each_judgement_that_is_behind_fires_with_its_severity, .timeout = 10)
{
    const struct {
        Songhua__V1__Judgement judgement;
        Songhua__V1__Severity severity;
    } cases[] = {{IS(ACCELERATE), WATCH},
                 {IS(LAGGING), LAGGING},
                 {IS(MOVING_AWAY), SEVERE},
                 {IS(MISSED), SEVERE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct story story = {0};
        cr_assert(tell(&story, cases[i].judgement, "2023"));
        cr_expect_eq(story.news.state, FIRING);
        cr_expect_eq(story.news.alert.severity, cases[i].severity);
        cr_expect_eq(story.news.alert.since_ms, 1000);
        cr_expect_str_eq(story.news.alert.since_period, "2023");
    }
}

Test(alert_rules, case_9_on_a_provisional_figure_rests_no_more_than_watch, .timeout = 10)
{
    struct alert_track track = {0};
    struct alert_news news;
    Songhua__V1__Score score = score_of(IS(MOVING_AWAY), "2023", 1);
    const struct alert_fact fact = {.region = 220000, .score = &score, .sequence = 1};
    score.provisional = true;
    score.alert_limit = SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_WATCH;
    cr_assert(alert_rules_apply(&track, &fact, &news));
    cr_expect_eq(news.alert.severity, SONGHUA__V1__SEVERITY__SEVERITY_WATCH);
    score.as_of_sequence = 2;
    score.alert_limit = SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_NONE; /* the final figure */
    cr_assert(alert_rules_apply(&track, &fact, &news));
    cr_expect_eq(news.alert.severity, SONGHUA__V1__SEVERITY__SEVERITY_SEVERE);
    score.as_of_sequence = 3;
    score.alert_limit = SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_OFF;
    cr_assert(alert_rules_apply(&track, &fact, &news), "the framework turned it off");
    cr_expect_eq(news.state, SONGHUA__V1__ALERT_STATE__ALERT_WITHDRAWN);
}

Test(alert_rules, case_17_a_duty_that_is_overdue_fires_at_once, .timeout = 10)
{
    struct alert_track track = {0};
    struct alert_news news;
    Songhua__V1__Score score = score_of(IS(LAGGING), "2023", 1);
    const struct alert_fact fact = {.region = 220000, .score = &score, .sequence = 1};
    score.reason = (char *)"duty_overdue";
    cr_assert(alert_rules_apply(&track, &fact, &news));
    cr_expect_eq(news.alert.severity, SONGHUA__V1__SEVERITY__SEVERITY_LAGGING);
}

Test(alert_rules, no_other_judgement_fires, .timeout = 10)
{
    const Songhua__V1__Judgement judgements[] = {IS(NO_DATA),  IS(ACHIEVED),
                                                 IS(ON_TRACK), IS(NO_TARGET),
                                                 IS(EXEMPT),   (Songhua__V1__Judgement)99};
    for (size_t i = 0; i < sizeof judgements / sizeof *judgements; i++) {
        struct story story = {0};
        cr_expect_not(tell(&story, judgements[i], "2023"), "judgement %u", judgements[i]);
    }
}

Test(alert_rules, the_same_judgement_again_says_nothing, .timeout = 10)
{
    struct story story = {0};
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    cr_expect_not(tell(&story, IS(LAGGING), "2023"));
    cr_expect_not(tell(&story, IS(LAGGING), "2024"));
}

Test(alert_rules, a_change_of_severity_updates_the_same_alert, .timeout = 10)
{
    struct story story = {0};
    char id[ALERT_ID_BYTES];
    cr_assert(tell(&story, IS(ACCELERATE), "2023"));
    strcpy(id, story.news.alert.id);
    cr_assert(tell(&story, IS(MOVING_AWAY), "2024"));
    cr_expect_eq(story.news.state, FIRING);
    cr_expect_eq(story.news.alert.severity, SEVERE);
    cr_expect_str_eq(story.news.alert.id, id);
    cr_expect_eq(story.news.alert.since_ms, 1000);
    cr_expect_str_eq(story.news.alert.since_period, "2023");
    cr_assert(tell(&story, IS(LAGGING), "2024"));
    cr_expect_eq(story.news.alert.severity, LAGGING);
    cr_expect_str_eq(story.news.alert.id, id);
}

Test(alert_rules, a_newer_figure_that_is_on_track_resolves, .timeout = 10)
{
    struct story story = {0};
    char id[ALERT_ID_BYTES];
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    strcpy(id, story.news.alert.id);
    cr_assert(tell(&story, IS(ON_TRACK), "2024"));
    cr_expect_eq(story.news.state, RESOLVED);
    cr_expect_str_eq(story.news.alert.id, id);
    cr_expect_eq(story.news.alert.severity, LAGGING);
    cr_expect_eq(story.news.alert.since_ms, 1000);
    cr_expect_not(tell(&story, IS(ACHIEVED), "2025"));
}

Test(alert_rules, a_quarter_is_newer_than_the_year_before_it, .timeout = 10)
{
    struct story story = {0};
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    cr_assert(tell(&story, IS(ACHIEVED), "2024-Q1"));
    cr_expect_eq(story.news.state, RESOLVED);
}

Test(alert_rules, a_revision_of_the_same_period_withdraws, .timeout = 10)
{
    struct story story = {0};
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    cr_assert(tell(&story, IS(ON_TRACK), "2023"));
    cr_expect_eq(story.news.state, WITHDRAWN);
}

Test(alert_rules, a_fall_back_to_an_older_figure_that_is_fine_withdraws, .timeout = 10)
{
    struct story story = {0};
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    cr_assert(tell(&story, IS(ACHIEVED), "2022"));
    cr_expect_eq(story.news.state, WITHDRAWN);
}

Test(alert_rules, a_retraction_that_leaves_no_data_withdraws, .timeout = 10)
{
    struct story story = {0};
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    cr_assert(tell_retraction(&story, ""));
    cr_expect_eq(story.news.state, WITHDRAWN);
    struct story newer = {0};
    cr_assert(tell(&newer, IS(LAGGING), "2023"));
    cr_assert(tell_retraction(&newer, "2024"));
    cr_expect_eq(newer.news.state, WITHDRAWN);
}

Test(alert_rules, a_newer_figure_that_cannot_be_judged_leaves_it_firing, .timeout = 10)
{
    struct story story = {0};
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    cr_expect_not(tell(&story, IS(NO_DATA), "2024"));
    cr_expect(story.track.is_firing);
    cr_assert(tell(&story, IS(ON_TRACK), "2025"));
    cr_expect_eq(story.news.state, RESOLVED);
}

Test(alert_rules, a_target_that_is_no_longer_asked_for_withdraws, .timeout = 10)
{
    const Songhua__V1__Judgement judgements[] = {IS(NO_TARGET), IS(EXEMPT)};
    for (size_t i = 0; i < 2; i++) {
        struct story story = {0};
        cr_assert(tell(&story, IS(LAGGING), "2023"));
        cr_assert(tell(&story, judgements[i], "2024"));
        cr_expect_eq(story.news.state, WITHDRAWN);
    }
}

Test(alert_rules, a_judgement_of_a_later_version_changes_nothing, .timeout = 10)
{
    struct story story = {0};
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    cr_expect_not(tell(&story, (Songhua__V1__Judgement)99, "2024"));
    cr_expect(story.track.is_firing);
}

Test(alert_rules, a_second_fall_is_another_alert, .timeout = 10)
{
    struct story story = {0};
    char id[ALERT_ID_BYTES];
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    strcpy(id, story.news.alert.id);
    cr_assert(tell(&story, IS(ON_TRACK), "2024"));
    cr_assert(tell(&story, IS(LAGGING), "2025"));
    cr_expect_str_neq(story.news.alert.id, id);
    cr_expect_eq(story.news.alert.since_ms, 3000);
    cr_expect_str_eq(story.news.alert.since_period, "2025");
}

Test(alert_rules, a_score_that_was_heard_before_says_nothing, .timeout = 10)
{
    struct story story = {0};
    Songhua__V1__Score lagging = score_of(IS(LAGGING), "2023", 10);
    Songhua__V1__Score on_track = score_of(IS(ON_TRACK), "2024", 20);
    cr_assert(tell_score(&story, &lagging));
    cr_assert(tell_score(&story, &on_track));
    cr_expect_not(tell_score(&story, &lagging));
    cr_expect_not(tell_score(&story, &on_track));
    cr_expect_not(story.track.is_firing);
}

Test(alert_rules, the_id_is_the_digest_of_place_and_score, .timeout = 10)
{
    /* printf '220000\nrd_intensity\n2025\n17.2' | b2sum -l 256 */
    Songhua__V1__Score score = score_of(IS(LAGGING), "2023", 1);
    const struct alert_fact fact = {.region = 220000, .score = &score, .sequence = 17, .index = 2};
    char id[ALERT_ID_BYTES];
    alert_id(&fact, id);
    cr_expect_str_eq(id, "9425f430b7a4a8ee");
}

/* --- sentences -------------------------------------------------------------------------------------- */

/* R&D intensity of Jilin as worked by hand in EVALUATION.md section 2. */
static Songhua__V1__Score worked_example(void)
{
    Songhua__V1__Score score = score_of(IS(ACCELERATE), "2023", 1);
    score.unit = (char *)"%";
    score.deadline = (char *)"2025";
    score.value = 1.55;
    score.required_now = 1.68347;
    score.gap = 0.13347;
    score.target_value = 2;
    score.rate_needed = 0.13592;
    score.has = 1u << NUMBER_VALUE | 1u << NUMBER_REQUIRED_NOW | 1u << NUMBER_GAP |
                1u << NUMBER_TARGET | 1u << NUMBER_RATE_NEEDED;
    return score;
}

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
    Songhua__V1__Score score = worked_example();
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
    Songhua__V1__Score score = worked_example();
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

Test(alert_summary, what_the_score_does_not_have_is_left_out, .timeout = 10)
{
    struct alert_track track = {0};
    struct alert_news news;
    Songhua__V1__Score score = score_of(IS(MISSED), "2025", 1);
    const struct alert_fact fact = {.region = 999999, .score = &score, .sequence = 1};
    cr_assert(alert_rules_apply(&track, &fact, &news));
    expect_sentences(&fact, &news, "999999 指标 rd_intensity：逾期未达；自2025年起落后。",
                     "999999, indicator rd_intensity: missed its target; behind since 2025.");
}

Test(alert_summary, a_provisional_judgement_is_said_to_be_one, .timeout = 10)
{
    struct alert_track track = {0};
    struct alert_news news;
    Songhua__V1__Score score = score_of(IS(LAGGING), "2023", 1);
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
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    Songhua__V1__Score score = worked_example();
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
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    Songhua__V1__Score score = score_of(IS(CLOSED), "", 50);
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
    cr_assert(tell(&story, IS(LAGGING), "2023"));
    Songhua__V1__Score score = score_of(IS(NO_DATA), "", 50);
    const struct alert_fact fact = {.region = 220100, .score = &score, .sequence = 9};
    cr_assert(alert_rules_apply(&story.track, &fact, &story.news));
    expect_sentences(
        &fact, &story.news,
        "长春市 指标 rd_intensity：预警撤回：2023年数据或指标体系经修订，原因不复存在，现为无数据。",
        "Changchun, indicator rd_intensity: alert withdrawn; the figure for 2023 or the "
        "framework was revised and the cause is gone, now it has no data.");
}

/* --- records in, alerts out --------------------------------------------------------------------------- */

static enum err handle_score(struct alerter *alerter, uint64_t sequence, Songhua__V1__Score *score,
                             struct effects *effects)
{
    struct batch batch = {.region = 220000};
    Songhua__V1__Event event = event_of_score(score, 1);
    Songhua__V1__Event *events[] = {&event};
    const struct service_input input = {.sequence = sequence,
                                        .stored_ms = 5000 + sequence,
                                        .batch = &batch,
                                        .events = events,
                                        .event_count = 1};
    effects_begin(effects, input.stored_ms);
    enum err err = alerter_handle(alerter, &input, effects);
    effects_end(effects);
    return err;
}

struct heard {
    size_t count;
    char topic[TOPIC_MAX_BYTES + 1];
    uint32_t region;
    Songhua__V1__EventBatch *last; /* owned */
};

static enum err hear(void *context, const struct batch_draft *draft)
{
    struct heard *heard = context;
    if (heard->last)
        songhua__v1__event_batch__free_unpacked(heard->last, NULL);
    heard->count++;
    heard->region = draft->region;
    strcpy(heard->topic, draft->topic);
    heard->last = songhua__v1__event_batch__unpack(NULL, draft->payload_size, draft->payload);
    return ERR_OK;
}

Test(alerter, an_alert_carries_its_score_its_cause_and_both_sentences, .timeout = 10)
{
    struct alerter *alerter;
    struct effects effects;
    struct heard heard = {0};
    Songhua__V1__Score score = worked_example();
    effects_init(&effects);
    cr_assert_eq(alerter_new(&alerter), ERR_OK);
    cr_assert_eq(handle_score(alerter, 7, &score, &effects), ERR_OK);
    cr_assert_eq(effects_each(&effects, hear, &heard), ERR_OK);
    cr_assert_eq(heard.count, 1);
    cr_expect_str_eq(heard.topic, "rd_intensity/2025/firing");
    cr_expect_eq(heard.region, 220000);
    const Songhua__V1__Event *event = heard.last->events[0];
    cr_expect_eq(event->time_ms, 5007);
    cr_expect_str_eq(event->alert->cause, "7.0");
    cr_expect_str_eq(event->alert->rule, "behind_required_path");
    cr_expect_eq(event->alert->since_ms, 5007);
    cr_expect_float_eq(event->alert->score->value, 1.55, 0);
    cr_expect_not_null(strstr(event->alert->summary_zh, "应达1.683%"));
    cr_expect_not_null(strstr(event->alert->summary_en, "required 1.683 %"));
    songhua__v1__event_batch__free_unpacked(heard.last, NULL);
    effects_fini(&effects);
    alerter_free(alerter);
}

Test(alerter, ids_too_long_for_a_topic_are_cut_there_and_whole_in_the_message, .timeout = 10)
{
    struct alerter *alerter;
    struct effects effects;
    struct heard heard = {0};
    char indicator[65], target[65];
    Songhua__V1__Score score = worked_example();
    memset(indicator, 'i', 64);
    memset(target, 't', 64);
    indicator[64] = target[64] = '\0';
    score.indicator = indicator;
    score.target = target;
    effects_init(&effects);
    cr_assert_eq(alerter_new(&alerter), ERR_OK);
    cr_assert_eq(handle_score(alerter, 7, &score, &effects), ERR_OK);
    cr_assert_eq(effects_each(&effects, hear, &heard), ERR_OK);
    cr_assert_eq(heard.count, 1);
    cr_expect_leq(strlen(heard.topic), TOPIC_MAX_BYTES);
    cr_expect_str_eq(heard.last->events[0]->alert->target, target);
    songhua__v1__event_batch__free_unpacked(heard.last, NULL);
    effects_fini(&effects);
    alerter_free(alerter);
}

Test(alerter, a_score_with_hostile_ids_is_left_out, .timeout = 10)
{
    struct alerter *alerter;
    struct effects effects;
    char long_id[1000];
    Songhua__V1__Score score = worked_example();
    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    effects_init(&effects);
    cr_assert_eq(alerter_new(&alerter), ERR_OK);
    score.indicator = long_id;
    cr_expect_eq(handle_score(alerter, 7, &score, &effects), ERR_OK);
    score.indicator = (char *)"";
    cr_expect_eq(handle_score(alerter, 8, &score, &effects), ERR_OK);
    cr_expect_eq(effects_bytes(&effects), 0);
    effects_fini(&effects);
    alerter_free(alerter);
}

static void store(struct outbox *outbox, struct effects *effects)
{
    cr_assert_eq(outbox_begin(outbox), ERR_OK);
    cr_assert_eq(effects_apply(effects, outbox), ERR_OK);
    cr_assert_eq(outbox_commit(outbox), ERR_OK);
    effects_clear(effects);
}

Test(alerter, an_alert_that_fires_is_known_after_a_restart, .timeout = 20)
{
    struct scratch scratch = scratch_new();
    struct alerter *alerter;
    struct effects effects;
    struct outbox *outbox;
    struct heard first = {0}, last = {0};
    const struct outbox_options options = {
        .directory = scratch.directory, .stream = "alerts", .producer = "alerter"};
    Songhua__V1__Score score = worked_example();
    effects_init(&effects);
    cr_assert_eq(outbox_open(&options, &outbox), ERR_OK);
    cr_assert_eq(alerter_new(&alerter), ERR_OK);
    cr_assert_eq(handle_score(alerter, 7, &score, &effects), ERR_OK);
    cr_assert_eq(effects_each(&effects, hear, &first), ERR_OK);
    store(outbox, &effects);
    alerter_free(alerter);
    cr_assert_eq(alerter_new(&alerter), ERR_OK);
    cr_assert_eq(alerter_load(alerter, outbox), ERR_OK);
    cr_assert_eq(handle_score(alerter, 7, &score, &effects), ERR_OK);
    cr_expect_eq(effects.event_count, 0);
    score.as_of_sequence = 2;
    score.judgement = IS(ON_TRACK);
    score.period = (char *)"2024";
    cr_assert_eq(handle_score(alerter, 8, &score, &effects), ERR_OK);
    cr_assert_eq(effects_each(&effects, hear, &last), ERR_OK);
    cr_assert_eq(last.count, 1);
    const Songhua__V1__Alert *fired = first.last->events[0]->alert;
    const Songhua__V1__Alert *ended = last.last->events[0]->alert;
    cr_expect_eq(ended->state, RESOLVED);
    cr_expect_str_eq(ended->id, fired->id);
    cr_expect_eq(ended->since_ms, fired->since_ms);
    cr_expect_str_eq(ended->since_period, "2023");
    cr_expect_str_eq(last.topic, "rd_intensity/2025/resolved");
    songhua__v1__event_batch__free_unpacked(first.last, NULL);
    songhua__v1__event_batch__free_unpacked(last.last, NULL);
    effects_fini(&effects);
    outbox_close(&outbox);
    alerter_free(alerter);
    scratch_remove(&scratch);
}
