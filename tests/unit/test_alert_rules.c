#include "consumers/alerter/alerter.h"
#include "consumers/evaluate/judgement.h"
#include "tests/support/alert_story.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <string.h>

#define IS(verdict) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict
#define CALL(name)  SONGHUA__V1__ALERT_CALL__ALERT_CALL_##name
#define FIRING      SONGHUA__V1__ALERT_STATE__ALERT_FIRING
#define RESOLVED    SONGHUA__V1__ALERT_STATE__ALERT_RESOLVED
#define WITHDRAWN   SONGHUA__V1__ALERT_STATE__ALERT_WITHDRAWN
#define WATCH       SONGHUA__V1__SEVERITY__SEVERITY_WATCH
#define LAGGING     SONGHUA__V1__SEVERITY__SEVERITY_LAGGING
#define SEVERE      SONGHUA__V1__SEVERITY__SEVERITY_SEVERE

/* --- the rules alone ---------------------------------------------------------------------------- */

static bool tell_retraction(struct story *story, const char *period)
{
    Songhua__V1__Score score = story_score(IS(NO_DATA), period, story->sequence + 10);
    score.reason = (char *)(uintptr_t)reason_id(REASON_RETRACTED);
    return story_tell(story, &score);
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
        cr_assert(story_tell_judgement(&story, cases[i].judgement, "2023"));
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
    Songhua__V1__Score score = story_score(IS(MOVING_AWAY), "2023", 1);
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
    Songhua__V1__Score score = story_score(IS(LAGGING), "2023", 1);
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
        cr_expect_not(story_tell_judgement(&story, judgements[i], "2023"), "judgement %u",
                      judgements[i]);
    }
}

Test(alert_rules, the_same_judgement_again_says_nothing, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    cr_expect_not(story_tell_judgement(&story, IS(LAGGING), "2023"));
    cr_expect_not(story_tell_judgement(&story, IS(LAGGING), "2024"));
}

Test(alert_rules, a_change_of_severity_updates_the_same_alert, .timeout = 10)
{
    struct story story = {0};
    char id[ALERT_ID_BYTES];
    cr_assert(story_tell_judgement(&story, IS(ACCELERATE), "2023"));
    strcpy(id, story.news.alert.id);
    cr_assert(story_tell_judgement(&story, IS(MOVING_AWAY), "2024"));
    cr_expect_eq(story.news.state, FIRING);
    cr_expect_eq(story.news.alert.severity, SEVERE);
    cr_expect_str_eq(story.news.alert.id, id);
    cr_expect_eq(story.news.alert.since_ms, 1000);
    cr_expect_str_eq(story.news.alert.since_period, "2023");
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2024"));
    cr_expect_eq(story.news.alert.severity, LAGGING);
    cr_expect_str_eq(story.news.alert.id, id);
}

Test(alert_rules, a_newer_figure_that_is_on_track_resolves, .timeout = 10)
{
    struct story story = {0};
    char id[ALERT_ID_BYTES];
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    strcpy(id, story.news.alert.id);
    cr_assert(story_tell_judgement(&story, IS(ON_TRACK), "2024"));
    cr_expect_eq(story.news.state, RESOLVED);
    cr_expect_str_eq(story.news.alert.id, id);
    cr_expect_eq(story.news.alert.severity, LAGGING);
    cr_expect_eq(story.news.alert.since_ms, 1000);
    cr_expect_not(story_tell_judgement(&story, IS(ACHIEVED), "2025"));
}

Test(alert_rules, a_quarter_is_newer_than_the_year_before_it, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    cr_assert(story_tell_judgement(&story, IS(ACHIEVED), "2024-Q1"));
    cr_expect_eq(story.news.state, RESOLVED);
}

Test(alert_rules, a_revision_of_the_same_period_withdraws, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    cr_assert(story_tell_judgement(&story, IS(ON_TRACK), "2023"));
    cr_expect_eq(story.news.state, WITHDRAWN);
}

Test(alert_rules, a_fall_back_to_an_older_figure_that_is_fine_withdraws, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    cr_assert(story_tell_judgement(&story, IS(ACHIEVED), "2022"));
    cr_expect_eq(story.news.state, WITHDRAWN);
}

Test(alert_rules, a_retraction_that_leaves_no_data_withdraws, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    cr_assert(tell_retraction(&story, ""));
    cr_expect_eq(story.news.state, WITHDRAWN);
    struct story newer = {0};
    cr_assert(story_tell_judgement(&newer, IS(LAGGING), "2023"));
    cr_assert(tell_retraction(&newer, "2024"));
    cr_expect_eq(newer.news.state, WITHDRAWN);
}

Test(alert_rules, a_newer_figure_that_cannot_be_judged_leaves_it_firing, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    cr_expect_not(story_tell_judgement(&story, IS(NO_DATA), "2024"));
    cr_expect(story.track.is_firing);
    cr_assert(story_tell_judgement(&story, IS(ON_TRACK), "2025"));
    cr_expect_eq(story.news.state, RESOLVED);
}

Test(alert_rules, a_target_that_is_no_longer_asked_for_withdraws, .timeout = 10)
{
    const Songhua__V1__Judgement judgements[] = {IS(NO_TARGET), IS(EXEMPT)};
    for (size_t i = 0; i < 2; i++) {
        struct story story = {0};
        cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
        cr_assert(story_tell_judgement(&story, judgements[i], "2024"));
        cr_expect_eq(story.news.state, WITHDRAWN);
    }
}

Test(alert_rules, a_judgement_of_a_later_version_changes_nothing, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    cr_expect_not(story_tell_judgement(&story, (Songhua__V1__Judgement)99, "2024"));
    cr_expect(story.track.is_firing);
}

Test(alert_rules, a_second_fall_is_another_alert, .timeout = 10)
{
    struct story story = {0};
    char id[ALERT_ID_BYTES];
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2023"));
    strcpy(id, story.news.alert.id);
    cr_assert(story_tell_judgement(&story, IS(ON_TRACK), "2024"));
    cr_assert(story_tell_judgement(&story, IS(LAGGING), "2025"));
    cr_expect_str_neq(story.news.alert.id, id);
    cr_expect_eq(story.news.alert.since_ms, 3000);
    cr_expect_str_eq(story.news.alert.since_period, "2025");
}

Test(alert_rules, a_score_that_was_heard_before_says_nothing, .timeout = 10)
{
    struct story story = {0};
    Songhua__V1__Score lagging = story_score(IS(LAGGING), "2023", 10);
    Songhua__V1__Score on_track = story_score(IS(ON_TRACK), "2024", 20);
    cr_assert(story_tell(&story, &lagging));
    cr_assert(story_tell(&story, &on_track));
    cr_expect_not(story_tell(&story, &lagging));
    cr_expect_not(story_tell(&story, &on_track));
    cr_expect_not(story.track.is_firing);
}

Test(alert_rules, the_id_is_the_digest_of_place_and_score, .timeout = 10)
{
    /* printf '220000\nrd_intensity\n2025\n17.2' | b2sum -l 256 */
    Songhua__V1__Score score = story_score(IS(LAGGING), "2023", 1);
    const struct alert_fact fact = {.region = 220000, .score = &score, .sequence = 17, .index = 2};
    char id[ALERT_ID_BYTES];
    alert_id(&fact, id);
    cr_expect_str_eq(id, "9425f430b7a4a8ee");
}

/* --- what the framework's thresholds ask for ------------------------------------------------------------ */

Test(alert_rules, a_call_goes_before_the_class_of_the_judgement, .timeout = 10)
{
    const struct {
        Songhua__V1__AlertCall call;
        Songhua__V1__Severity severity;
    } cases[] = {{CALL(WATCH), WATCH},
                 {CALL(LAGGING), LAGGING},
                 {CALL(SEVERE), SEVERE},
                 {CALL(PACE), SEVERE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct story story = {0};
        cr_assert(story_tell_call(&story, IS(ON_TRACK), cases[i].call, "2023"));
        cr_expect_eq(story.news.alert.severity, cases[i].severity);
    }
    struct story story = {0};
    cr_expect_not(story_tell_call(&story, IS(LAGGING), CALL(CLEAR), "2023"));
}

Test(alert_rules, on_hold_no_alert_begins, .timeout = 10)
{
    struct story story = {0};
    cr_expect_not(story_tell_call(&story, IS(ON_TRACK), CALL(HOLD), "2023"));
    cr_expect_not(story.track.is_firing);
}

Test(alert_rules, on_hold_an_alert_goes_on_as_watch_until_it_is_clear, .timeout = 10)
{
    struct story story = {0};
    char id[ALERT_ID_BYTES];
    cr_assert(story_tell_call(&story, IS(LAGGING), CALL(LAGGING), "2023"));
    strcpy(id, story.news.alert.id);
    cr_assert(story_tell_call(&story, IS(ON_TRACK), CALL(HOLD), "2024"));
    cr_expect_eq(story.news.state, FIRING);
    cr_expect_eq(story.news.alert.severity, WATCH);
    cr_expect_str_eq(story.news.alert.since_period, "2023");
    cr_expect_not(story_tell_call(&story, IS(ON_TRACK), CALL(HOLD), "2025"), "it is said once");
    cr_assert(story_tell_call(&story, IS(ON_TRACK), CALL(CLEAR), "2026"));
    cr_expect_eq(story.news.state, RESOLVED);
    cr_expect_str_eq(story.news.alert.id, id);
}

Test(alert_rules, around_the_threshold_an_alert_does_not_flap, .timeout = 10)
{
    struct story story = {0};
    size_t news = 0;
    for (int i = 0; i < 10; i++) {
        char period[8];
        snprintf(period, sizeof period, "%d", 2010 + i);
        news += i % 2 == 0 ? story_tell_call(&story, IS(ACCELERATE), CALL(WATCH), period)
                           : story_tell_call(&story, IS(ON_TRACK), CALL(HOLD), period);
    }
    cr_expect_eq(news, 1);
    cr_expect(story.track.is_firing);
}

Test(alert_rules, a_revision_that_is_clear_withdraws, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_call(&story, IS(LAGGING), CALL(LAGGING), "2023"));
    cr_assert(story_tell_call(&story, IS(ON_TRACK), CALL(CLEAR), "2023"));
    cr_expect_eq(story.news.state, WITHDRAWN);
}

Test(alert_rules, a_call_is_limited_by_a_provisional_figure_too, .timeout = 10)
{
    const struct {
        Songhua__V1__AlertLimit limit;
        Songhua__V1__Severity severity;
    } cases[] = {{SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_WATCH, WATCH},
                 {SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_LAGGING, LAGGING},
                 {SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_NONE, SEVERE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct story story = {0};
        Songhua__V1__Score score = story_score(IS(LAGGING), "2023", 10);
        score.alert_call = CALL(PACE);
        score.alert_limit = cases[i].limit;
        cr_assert(story_tell(&story, &score));
        cr_expect_eq(story.news.alert.severity, cases[i].severity);
    }
}

Test(alert_rules, a_call_of_a_later_version_is_left_to_the_class, .timeout = 10)
{
    struct story story = {0};
    cr_assert(story_tell_call(&story, IS(LAGGING), (Songhua__V1__AlertCall)99, "2023"));
    cr_expect_eq(story.news.alert.severity, LAGGING);
    cr_assert(story_tell_call(&story, IS(ON_TRACK), (Songhua__V1__AlertCall)99, "2024"));
    cr_expect_eq(story.news.state, RESOLVED);
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
    Songhua__V1__Score score = story_worked_example();
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
    Songhua__V1__Score score = story_worked_example();
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
    Songhua__V1__Score score = story_worked_example();
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
    Songhua__V1__Score score = story_worked_example();
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
