#include "proto/event/event.h"
#include "tests/support/scorer_case.h"

#include <criterion/criterion.h>
#include <string.h>

#define IS(verdict) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##verdict

/* --- what is published ------------------------------------------------------------------------------ */

Test(scorer, a_framework_has_every_target_judged_once, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    cr_assert_eq(bench->count, 3);
    cr_expect_str_eq(bench->topics[0], "rd_intensity");
    cr_expect_eq(bench->regions[0], 220000);
    cr_expect_eq(bench->published[0]->n_events, 2);
    cr_expect_eq(bench->regions[1], 220100);
    cr_expect_str_eq(bench->topics[2], "patents");
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(NO_DATA));
    cr_expect_str_eq(score_at(bench, 0, 0)->framework, "test@1");
    bench_free(bench);
}

Test(scorer, a_figure_has_its_own_targets_judged_and_no_others, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    cr_assert_eq(bench->count, 1);
    cr_expect_eq(bench->regions[0], 220000);
    cr_expect_eq(bench->published[0]->n_events, 2);
    const Songhua__V1__Score *score = score_at(bench, 0, 0);
    cr_expect_str_eq(score->target, "2025");
    cr_expect_eq(score->judgement, IS(ACCELERATE));
    cr_expect_eq(score->as_of_sequence, 2);
    cr_expect_str_eq(score->evidence[0], "2.0");
    cr_expect_eq(bench->published[0]->events[0]->time_ms, 1700000000002);
    bench_free(bench);
}

Test(scorer, a_record_without_a_framework_is_kept_for_later, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    cr_expect_eq(bench->count, 0);
    tell_framework(bench, "framework", 1, "2.00");
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ACCELERATE));
    bench_free(bench);
}

Test(scorer, a_figure_that_changes_no_judgement_publishes_nothing, .timeout = 20)
{
    struct bench *bench = bench_new();
    Songhua__V1__Observation observation = figure("rd_intensity", "2024", 300);
    Songhua__V1__Event event = event_of_observation(&observation, 1);
    Songhua__V1__Event *events[] = {&event};
    observation.definition = (char *)"another-way-of-counting";
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    cr_assert_eq(tell_events(bench, 220000, "observation", events, 1), ERR_OK);
    cr_expect_eq(bench->count, 0);
    cr_expect_gt(effects_bytes(&bench->effects), 0); /* it is kept all the same */
    bench_free(bench);
}

Test(scorer, an_event_that_touches_nothing_publishes_and_keeps_nothing, .timeout = 20)
{
    struct bench *bench = bench_new();
    Songhua__V1__Heartbeat heartbeat = SONGHUA__V1__HEARTBEAT__INIT;
    Songhua__V1__Event event = event_of_heartbeat(&heartbeat, 1);
    Songhua__V1__Event *events[] = {&event};
    tell_framework(bench, "framework", 1, "2.00");
    cr_assert_eq(tell_events(bench, 220000, "heartbeat", events, 1), ERR_OK);
    cr_expect_eq(effects_bytes(&bench->effects), 0);
    bench_free(bench);
}

Test(scorer, a_figure_for_an_unknown_indicator_publishes_nothing, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "no_such", "2023", 155);
    cr_expect_eq(bench->count, 0);
    bench_free(bench);
}

Test(scorer, a_retraction_takes_the_judgement_back, .timeout = 20)
{
    struct bench *bench = bench_new();
    Songhua__V1__Retraction retraction = SONGHUA__V1__RETRACTION__INIT;
    Songhua__V1__Event event = event_of_retraction(&retraction, 1);
    Songhua__V1__Event *events[] = {&event};
    retraction.indicator = (char *)"rd_intensity";
    retraction.period = (char *)"2023";
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    cr_assert_eq(tell_events(bench, 220000, "retraction", events, 1), ERR_OK);
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(NO_DATA));
    cr_expect_str_eq(score_at(bench, 0, 0)->reason, "retracted");
    bench_free(bench);
}

Test(scorer, a_framework_under_another_topic_does_not_count, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "observation", 1, "2.00");
    cr_expect_eq(bench->count, 0);
    cr_expect_eq(effects_bytes(&bench->effects), 0);
    bench_free(bench);
}

Test(scorer, a_framework_that_is_wrong_is_left_out, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_framework(bench, "framework", 2, "not a number");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    cr_expect_str_eq(score_at(bench, 0, 0)->framework, "test@1");
    bench_free(bench);
}

Test(scorer, a_second_framework_judges_everything_anew, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    tell_framework(bench, "framework", 2, "1.50");
    cr_expect_eq(bench->count, 3);
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ACHIEVED));
    cr_expect_str_eq(score_at(bench, 0, 0)->framework, "test@2");
    bench_free(bench);
}

Test(scorer, an_event_that_cannot_be_right_does_not_stop_the_rest_of_its_record, .timeout = 20)
{
    struct bench *bench = bench_new();
    Songhua__V1__Observation wrong = figure("rd_intensity", "no period", 155);
    Songhua__V1__Observation right = figure("rd_intensity", "2023", 155);
    Songhua__V1__Event first = event_of_observation(&wrong, 1);
    Songhua__V1__Event second = event_of_observation(&right, 1);
    Songhua__V1__Event *events[] = {&first, &second};
    tell_framework(bench, "framework", 1, "2.00");
    cr_assert_eq(tell_events(bench, 220000, "observation", events, 2), ERR_OK);
    cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ACCELERATE));
    cr_expect_str_eq(score_at(bench, 0, 0)->evidence[0], "2.1");
    bench_free(bench);
}

/* --- restarts -------------------------------------------------------------------------------------- */

static void tell_story(struct bench *bench, int step)
{
    switch (step) {
    case 0:
        tell_framework(bench, "framework", 1, "2.00");
        break;
    case 1:
        tell_figure(bench, 220000, "rd_intensity", "2023", 155);
        break;
    case 2:
        tell_figure(bench, 220100, "patents", "2022", 13000);
        break;
    case 3:
        tell_figure(bench, 220000, "rd_intensity", "2023", 185);
        break;
    case 4:
        tell_framework(bench, "framework", 2, "1.80");
        break;
    default:
        tell_figure(bench, 220000, "rd_intensity", "2024", 190);
        break;
    }
}

enum { STORY_STEPS = 6 };

Test(scorer, a_restart_after_any_record_changes_nothing_that_is_published, .timeout = 60)
{
    struct bench *bench = bench_new();
    struct buffer whole, restarted;
    buffer_init(&whole, 1 << 20);
    buffer_init(&restarted, 1 << 20);
    for (int step = 0; step < STORY_STEPS; step++) {
        tell_story(bench, step);
        cr_assert_eq(
            buffer_append(&whole, bench->effects.batches.data, bench->effects.batches.size),
            ERR_OK);
    }
    cr_assert_gt(whole.size, 1000);
    bench_free(bench);
    bench->sequence = 0;
    bench->scratch = scratch_new();
    effects_init(&bench->effects);
    open_scorer(bench);
    for (int step = 0; step < STORY_STEPS; step++) {
        restart(bench);
        tell_story(bench, step);
        cr_assert_eq(
            buffer_append(&restarted, bench->effects.batches.data, bench->effects.batches.size),
            ERR_OK);
    }
    cr_assert_eq(restarted.size, whole.size);
    cr_expect_arr_eq(restarted.data, whole.data, whole.size);
    bench_free(bench);
    buffer_fini(&whole);
    buffer_fini(&restarted);
}

Test(scorer, a_judgement_published_before_a_restart_is_not_published_again, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    tell_figure(bench, 220000, "rd_intensity", "2023", 155);
    restart(bench);
    tell_framework(bench, "framework", 1, "2.00"); /* judges all, and changes nothing */
    cr_expect_eq(bench->count, 0);
    bench_free(bench);
}

/* What a load answers when the state holds this key and value besides. */
static enum err load_with(struct bench *bench, const char *key, const char *value)
{
    struct scorer *scorer;
    cr_assert_eq(outbox_begin(bench->outbox), ERR_OK);
    cr_assert_eq(outbox_put(bench->outbox, key, strlen(key), value, strlen(value)), ERR_OK);
    cr_assert_eq(outbox_commit(bench->outbox), ERR_OK);
    cr_assert_eq(scorer_new(&scorer), ERR_OK);
    enum err err = scorer_load(scorer, bench->outbox);
    scorer_free(scorer);
    return err;
}

Test(scorer, state_that_is_not_its_own_is_damage, .timeout = 20)
{
    static const char *const keys[] = {"r/short", "v/short", "p/short"};
    for (size_t i = 0; i < 3; i++) {
        struct bench *bench = bench_new();
        bench->sequence = 0;
        tell_framework(bench, "framework", 1, "2.00");
        cr_expect_eq(load_with(bench, keys[i], "x"), ERR_CORRUPT);
        bench_free(bench);
    }
}

Test(scorer, state_of_another_version_is_not_used, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench, "framework", 1, "2.00");
    cr_expect_eq(load_with(bench, "version", "12345678"), ERR_VERSION);
    cr_expect_eq(load_with(bench, "version", "a longer one"), ERR_VERSION);
    bench_free(bench);
}

Test(scorer, state_from_before_there_were_versions_is_not_used, .timeout = 20)
{
    struct bench *bench = bench_new();
    cr_expect_eq(load_with(bench, "r/a record", "payload"), ERR_VERSION);
    bench_free(bench);
}

Test(scorer, after_a_reset_the_same_records_give_the_same_scores, .timeout = 20)
{
    struct bench *bench = bench_new();
    for (int again = 0; again < 2; again++) {
        bench->sequence = 0;
        tell_framework(bench, "framework", 1, "2.00");
        cr_expect_eq(bench->count, 3);
        tell_figure(bench, 220000, "rd_intensity", "2023", 155);
        cr_expect_eq(score_at(bench, 0, 0)->judgement, IS(ACCELERATE));
        cr_assert_eq(scorer_reset(bench->scorer), ERR_OK);
    }
    bench_free(bench);
}
