#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define RD                                                                                         \
    "    direction: up\n    method: cagr_target\n    targets:\n"                                   \
    "      - {id: \"2025\", comparator: \">\", value: 2.00, deadline: 2025}\n"                     \
    "    baselines:\n      - {region: 220000, period: 2020, value: 1.30}\n"

static const struct as_of now = {UINT64_MAX, UINT64_MAX};

/* --- vintages ----------------------------------------------------------------------------------- */

static Songhua__V1__Observation figure(const char *period, int64_t unscaled, uint32_t decimals)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = "x";
    observation.period = (char *)period;
    observation.unscaled = unscaled;
    observation.decimals = decimals;
    return observation;
}

Test(evaluation, the_latest_recorded_vintage_is_in_force, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2022", "1.43", 'P');
    record_add(&record, "2022", "1.46", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.value.value.unscaled, 146);
    cr_expect_eq(judgement.evidence[0].sequence, 2);
    record_free(&record);
}

Test(evaluation, as_of_a_sequence_what_came_later_does_not_count, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2021", "1.39", 'A');
    record_add(&record, "2022", "1.43", 'A');
    record_add(&record, "2021", "1.40", 'A');
    struct judgement judgement = record_judge_at(&record, NULL, (struct as_of){1, UINT64_MAX});
    cr_expect_eq(judgement.value.value.unscaled, 139);
    cr_expect_eq(judgement.as_of_sequence, 1);
    judgement = record_judge_at(&record, NULL, (struct as_of){2, UINT64_MAX});
    cr_expect_eq(judgement.value.value.unscaled, 143);
    judgement = record_judge_at(&record, NULL, (struct as_of){0, UINT64_MAX});
    cr_expect_eq(judgement.verdict, IS(NO_DATA));
    cr_expect_eq(judgement.reason, REASON_NEVER_REPORTED);
    record_free(&record);
}

Test(evaluation, as_of_a_time_what_was_stored_later_does_not_count, .timeout = 10)
{
    struct record record = record_of(RD); /* event n was stored at n ms */
    for (uint64_t n = 1; n <= 2; n++) {
        Songhua__V1__Observation observation =
            figure(n == 1 ? "2021" : "2022", n == 1 ? 139 : 143, 2);
        const struct address address = {n, 0};
        cr_assert_eq(
            evaluation_add_observation(record.evaluation, 220000, &observation, address, n),
            ERR_OK);
    }
    struct judgement judgement = record_judge_at(&record, NULL, (struct as_of){UINT64_MAX, 1});
    cr_expect_eq(judgement.value.value.unscaled, 139);
    record_free(&record);
}

Test(evaluation, a_retraction_takes_the_figure_back_until_another_comes, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2022", "1.43", 'A');
    record_retract(&record, "2022");
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.verdict, IS(NO_DATA));
    cr_expect_eq(judgement.reason, REASON_RETRACTED);
    record_add(&record, "2022", "1.44", 'A');
    cr_expect_eq(record_judge(&record, NULL).value.value.unscaled, 144);
    judgement = record_judge_at(&record, NULL, (struct as_of){1, UINT64_MAX});
    cr_expect_eq(judgement.value.value.unscaled, 143,
                 "as of before the retraction it still counts");
    record_free(&record);
}

Test(evaluation, the_figure_before_a_retracted_one_is_the_latest_again, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2021", "1.39", 'A');
    record_add(&record, "2022", "9.99", 'A');
    record_retract(&record, "2022");
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.period.period.year, 2021);
    record_free(&record);
}

Test(evaluation, a_status_without_figure_takes_the_figure_back_too, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2022", "1.43", 'A');
    record_add(&record, "2022", "", 'O');
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.verdict, IS(NO_DATA));
    cr_expect_eq(judgement.reason, REASON_NO_FIGURE);
    record_free(&record);
}

Test(evaluation, a_forecast_or_an_imputed_figure_is_never_judged, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2021", "1.39", 'A');
    record_add(&record, "2023", "2.50", 'F');
    record_add(&record, "2022", "2.50", 'I');
    struct judgement judgement = record_judge(&record, NULL);
    cr_expect_eq(judgement.period.period.year, 2021);
    record_free(&record);
}

/* --- keys --------------------------------------------------------------------------------------- */

static enum err add(struct record *record, uint32_t region,
                    const Songhua__V1__Observation *observation)
{
    struct address address = {++record->sequence, 0};
    return evaluation_add_observation(record->evaluation, region, observation, address, 0);
}

Test(evaluation, figures_of_other_regions_indicators_and_definitions_do_not_count, .timeout = 10)
{
    struct record record = record_of(RD);
    Songhua__V1__Observation observation = figure("2023", 250, 2);
    cr_assert_eq(add(&record, 220100, &observation), ERR_OK);
    observation.definition = "other";
    cr_assert_eq(add(&record, 220000, &observation), ERR_OK);
    observation.definition = "";
    observation.indicator = "y";
    cr_assert_eq(add(&record, 220000, &observation), ERR_OK);
    cr_expect_eq(record_judge(&record, NULL).reason, REASON_NEVER_REPORTED);
    cr_expect_eq(evaluation_counts(record.evaluation).series, 3);
    record_free(&record);
}

Test(evaluation, the_primary_definition_is_the_one_judged, .timeout = 10)
{
    struct record record =
        record_of("    direction: up\n    definitions:\n      - {id: a, name: {zh: 甲, en: a}}\n"
                  "      - {id: b, name: {zh: 乙, en: b}, primary: true}\n");
    Songhua__V1__Observation observation = figure("2023", 10269, 0);
    observation.definition = "a";
    cr_assert_eq(add(&record, 220000, &observation), ERR_OK);
    cr_expect_eq(record_judge(&record, "").reason, REASON_NEVER_REPORTED);
    observation.definition = "b";
    observation.unscaled = 4515;
    cr_assert_eq(add(&record, 220000, &observation), ERR_OK);
    cr_expect_eq(record_judge(&record, "").value.value.unscaled, 4515);
    record_free(&record);
}

Test(evaluation, figures_of_another_cadence_are_not_mixed_in, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2022", "1.43", 'A');
    record_add(&record, "2023-Q4", "9.99", 'A');
    cr_expect_eq(record_judge(&record, NULL).period.period.year, 2022);
    record_free(&record);
}

Test(evaluation, case_19_units_of_ten_thousands_are_converted_and_others_refused, .timeout = 10)
{
    struct record record = record_with(
        "framework: t\nversion: 1\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n  - id: x\n"
        "    name: {zh: 测, en: x}\n    kind: quantity\n    unit: 亿元\n    regions: [220000]\n");
    Songhua__V1__Observation observation = figure("2023", 2102377, 0);
    observation.unit = "万元";
    cr_assert_eq(add(&record, 220000, &observation), ERR_OK);
    struct judgement judgement = record_judge(&record, "");
    cr_expect_eq(decimal_compare(judgement.value.value, (struct decimal){2102377, 4}), 0);
    observation.unit = "户";
    observation.period = "2024";
    cr_assert_eq(add(&record, 220000, &observation), ERR_OK);
    cr_expect_eq(record_judge(&record, "").period.period.year, 2023);
    record_free(&record);
}

Test(evaluation, figures_that_all_do_not_fit_are_said_to_be_refused, .timeout = 10)
{
    struct record record = record_of(RD);
    Songhua__V1__Observation observation = figure("2023", 155, 2);
    observation.unit = "户";
    cr_assert_eq(add(&record, 220000, &observation), ERR_OK);
    cr_expect_eq(record_judge(&record, NULL).reason, REASON_REFUSED);
    record_free(&record);
}

/* --- order and repetition ----------------------------------------------------------------------- */

static bool has_same_evidence(const struct judgement *a, const struct judgement *b)
{
    if (a->evidence_count != b->evidence_count)
        return false;
    for (size_t i = 0; i < a->evidence_count; i++)
        if (a->evidence[i].sequence != b->evidence[i].sequence ||
            a->evidence[i].index != b->evidence[i].index)
            return false;
    return true;
}

static bool is_same(const struct judgement *a, const struct judgement *b)
{
    return a->verdict == b->verdict && a->recent == b->recent && a->outlook == b->outlook &&
           a->reason == b->reason && a->has == b->has &&
           memcmp(a->numbers, b->numbers, sizeof a->numbers) == 0 && has_same_evidence(a, b);
}

struct event_of_test {
    const char *period;
    int64_t unscaled; /* hundredths; 0: a retraction */
    uint64_t sequence;
};

static void add_event(struct record *record, const struct event_of_test *event)
{
    struct address address = {event->sequence, 0};
    enum err err;
    if (event->unscaled != 0) {
        Songhua__V1__Observation observation = figure(event->period, event->unscaled, 2);
        err = evaluation_add_observation(record->evaluation, 220000, &observation, address, 0);
    } else {
        Songhua__V1__Retraction retraction = SONGHUA__V1__RETRACTION__INIT;
        retraction.indicator = "x";
        retraction.period = (char *)event->period;
        err = evaluation_add_retraction(record->evaluation, 220000, &retraction, address, 0);
    }
    cr_assert_eq(err, ERR_OK);
}

static const struct event_of_test story[] = {
    {"2020", 130, 1}, {"2021", 139, 2}, {"2022", 143, 3}, {"2022", 0, 4},   {"2022", 146, 5},
    {"2023", 155, 6}, {"2021", 140, 7}, {"2023", 0, 8},   {"2023", 156, 9}, {"2019", 147, 10},
};
enum { STORY_LENGTH = sizeof story / sizeof *story };

Test(evaluation, the_order_and_repetition_of_events_make_no_difference, .timeout = 30)
{
    struct record straight = record_of(RD);
    for (size_t i = 0; i < STORY_LENGTH; i++)
        add_event(&straight, &story[i]);
    uint32_t seed = 20211220;
    for (int round = 0; round < 50; round++) {
        struct record shuffled = record_of(RD);
        size_t order[STORY_LENGTH];
        for (size_t i = 0; i < STORY_LENGTH; i++)
            order[i] = i;
        for (size_t i = STORY_LENGTH - 1; i > 0; i--) {
            seed = seed * 1664525U + 1013904223U;
            size_t j = seed / 65536U % (i + 1), kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        for (size_t i = 0; i < STORY_LENGTH; i++) {
            add_event(&shuffled, &story[order[i]]);
            add_event(&shuffled, &story[order[i / 2]]);
        }
        for (uint64_t sequence = 0; sequence <= STORY_LENGTH; sequence++) {
            struct as_of as_of = {sequence, UINT64_MAX};
            struct judgement a = record_judge_at(&straight, NULL, as_of);
            struct judgement b = record_judge_at(&shuffled, NULL, as_of);
            cr_assert(is_same(&a, &b), "round %d, as of %u", round, (unsigned)sequence);
        }
        cr_expect_eq(evaluation_counts(shuffled.evaluation).repeated, STORY_LENGTH);
        record_free(&shuffled);
    }
    record_free(&straight);
}

Test(evaluation, as_of_a_moment_equals_a_replay_to_that_moment, .timeout = 10)
{
    struct record whole = record_of(RD);
    for (size_t i = 0; i < STORY_LENGTH; i++)
        add_event(&whole, &story[i]);
    for (uint64_t sequence = 0; sequence <= STORY_LENGTH; sequence++) {
        struct record part = record_of(RD);
        for (size_t i = 0; i < sequence; i++)
            add_event(&part, &story[i]);
        struct as_of as_of = {sequence, UINT64_MAX};
        struct judgement a = record_judge_at(&whole, NULL, as_of);
        struct judgement b = record_judge_at(&part, NULL, as_of);
        cr_expect(is_same(&a, &b), "as of %u", (unsigned)sequence);
        record_free(&part);
    }
    record_free(&whole);
}

/* --- all of a framework ------------------------------------------------------------------------- */

#define TWO                                                                                        \
    "framework: two\nversion: 3\ntitle: {zh: 测, en: t}\nsource: s\nindicators:\n"                \
    "  - id: b\n    name: {zh: 乙, en: b}\n    kind: count\n    unit: 户\n    direction: up\n"   \
    "    regions: [220200, 220000]\n"                                                              \
    "  - id: x\n    name: {zh: 测, en: x}\n    kind: share\n    unit: \"%\"\n    direction: up\n" \
    "    method: cagr_target\n    regions: [220000, 220100]\n    targets:\n"                       \
    "      - {id: far, comparator: \">\", value: 3, deadline: 2035, regions: [220000]}\n"          \
    "      - {id: near, comparator: \">\", value: 2, deadline: 2025, regions: [220000]}\n"         \
    "    baselines:\n      - {region: 220000, period: 2020, value: 1.30}\n"

static enum err note(void *context, const struct judgement *judgement)
{
    char *list = context;
    snprintf(list + strlen(list), 500 - strlen(list), "%s/%s/%u ", judgement->indicator->id,
             judgement->target != NULL ? judgement->target->id : "-", judgement->region);
    return ERR_OK;
}

Test(evaluation, all_judgements_come_in_the_documents_order, .timeout = 10)
{
    struct record record = record_with(TWO);
    char list[500] = "";
    cr_assert_eq(evaluation_judge_all(record.evaluation, now, note, list), ERR_OK);
    cr_expect_str_eq(list, "b/-/220200 b/-/220000 x/far/220000 x/near/220000 x/-/220100 ");
    record_free(&record);
}

Test(evaluation, one_key_gives_the_judgements_that_it_touches, .timeout = 10)
{
    struct record record = record_with(TWO);
    char list[500] = "";
    cr_assert_eq(evaluation_judge_one(record.evaluation, now, "x", 220000, note, list), ERR_OK);
    cr_expect_str_eq(list, "x/far/220000 x/near/220000 ");
    list[0] = '\0';
    cr_assert_eq(evaluation_judge_one(record.evaluation, now, "x", 220100, note, list), ERR_OK);
    cr_expect_str_eq(list, "x/-/220100 ");
    list[0] = '\0';
    cr_assert_eq(evaluation_judge_one(record.evaluation, now, "x", 220200, note, list), ERR_OK);
    cr_assert_eq(evaluation_judge_one(record.evaluation, now, "nope", 220000, note, list), ERR_OK);
    cr_expect_str_eq(list, "");
    record_free(&record);
}

static enum err stop(void *context, const struct judgement *judgement)
{
    (void)judgement;
    ++*(int *)context;
    return ERR_STOPPED;
}

Test(evaluation, an_error_of_the_visitor_ends_the_judging, .timeout = 10)
{
    struct record record = record_with(TWO);
    int visited = 0;
    cr_expect_eq(evaluation_judge_all(record.evaluation, now, stop, &visited), ERR_STOPPED);
    cr_expect_eq(visited, 1);
    record_free(&record);
}

Test(evaluation, without_a_framework_nothing_is_judged, .timeout = 10)
{
    struct evaluation *evaluation;
    char list[500] = "";
    cr_assert_eq(evaluation_new(NULL, &evaluation), ERR_OK);
    cr_expect_eq(evaluation_judge_all(evaluation, now, note, list), ERR_NOT_FOUND);
    cr_expect_eq(evaluation_judge_one(evaluation, now, "x", 220000, note, list), ERR_NOT_FOUND);
    evaluation_free(evaluation);
}

/* Under which framework, and what it says of the target. */
static enum err note_label(void *context, const struct judgement *judgement)
{
    struct judgement *out = context;
    *out = *judgement;
    return ERR_OK;
}

static struct judgement judged_at(const struct record *record, uint64_t sequence)
{
    struct judgement judgement;
    const struct as_of as_of = {sequence, UINT64_MAX};
    cr_assert_eq(evaluation_judge_all(record->evaluation, as_of, note_label, &judgement), ERR_OK);
    return judgement;
}

Test(evaluation, case_12_a_framework_is_in_force_from_its_place_in_the_record_on, .timeout = 10)
{
    struct record record = record_of(RD);
    record_add(&record, "2023", "1.55", 'A');
    struct judgement at_first = judged_at(&record, 4);
    struct record stricter =
        record_of("    direction: up\n    method: cagr_target\n    targets:\n"
                  "      - {id: \"2025\", comparator: \">\", value: 4, deadline: 2025}\n"
                  "    baselines:\n      - {region: 220000, period: 2020, value: 1.30}\n");
    cr_assert_eq(
        evaluation_set_framework(record.evaluation, stricter.framework, (struct address){5, 0}),
        ERR_OK);
    struct as_of before = {4, UINT64_MAX}, after = {5, UINT64_MAX};
    cr_expect_eq(evaluation_framework(record.evaluation, before), record.framework);
    cr_expect_eq(evaluation_framework(record.evaluation, after), stricter.framework);
    struct judgement old = judged_at(&record, 4), new = judged_at(&record, 5);
    cr_expect(is_same(&old, &at_first), "what was judged before stands");
    cr_expect_eq(new.numbers[NUMBER_TARGET], 4);
    cr_expect_eq(new.verdict, IS(LAGGING));
    record_free(&record);
    record_free(&stricter);
}

/* --- limits and hostile events ------------------------------------------------------------------ */

Test(evaluation, events_that_cannot_be_right_are_refused_and_change_nothing, .timeout = 10)
{
    struct record record = record_of(RD);
    char endless[100];
    memset(endless, 'x', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    Songhua__V1__Observation observation = figure("20", 1, 0);
    cr_expect_eq(add(&record, 220000, &observation), ERR_USAGE);
    observation = figure("2023", 1, 19);
    cr_expect_eq(add(&record, 220000, &observation), ERR_USAGE);
    observation = figure("2023", 1, 0);
    observation.obs_status = (Songhua__V1__ObsStatus)20;
    cr_expect_eq(add(&record, 220000, &observation), ERR_USAGE);
    observation = figure("2023", 1, 0);
    observation.indicator = "";
    cr_expect_eq(add(&record, 220000, &observation), ERR_USAGE);
    observation.indicator = endless;
    cr_expect_eq(add(&record, 220000, &observation), ERR_USAGE);
    observation = figure("2023", 1, 0);
    observation.unit = endless;
    cr_expect_eq(add(&record, 220000, &observation), ERR_USAGE);
    cr_expect_eq(evaluation_counts(record.evaluation).observations, 0);
    cr_expect_eq(evaluation_counts(record.evaluation).series, 0);
    record_free(&record);
}

Test(evaluation, the_limits_given_when_it_is_made_are_kept, .timeout = 10)
{
    struct record record = {0};
    const struct evaluation_limits limits = {.max_observations = 3, .max_series = 2};
    cr_assert_eq(evaluation_new(&limits, &record.evaluation), ERR_OK);
    Songhua__V1__Observation observation = figure("2023", 1, 0);
    cr_expect_eq(add(&record, 1, &observation), ERR_OK);
    cr_expect_eq(add(&record, 2, &observation), ERR_OK);
    cr_expect_eq(add(&record, 3, &observation), ERR_LIMIT);
    cr_expect_eq(add(&record, 1, &observation), ERR_OK);
    cr_expect_eq(add(&record, 1, &observation), ERR_LIMIT);
    record_free(&record);
}

Test(evaluation, more_units_than_the_table_holds_fit_no_indicator, .timeout = 20)
{
    struct record record = record_of(RD);
    for (int i = 0; i < 3000; i++) {
        char unit[20];
        Songhua__V1__Observation observation = figure("2023", 155, 2);
        snprintf(unit, sizeof unit, "u%d", i);
        observation.unit = unit;
        cr_assert_eq(add(&record, 220000, &observation), ERR_OK);
    }
    cr_expect_eq(record_judge(&record, NULL).reason, REASON_REFUSED);
    record_add(&record, "2023", "1.55", 'A');
    cr_expect_eq(record_judge(&record, NULL).verdict, IS(ACCELERATE));
    record_free(&record);
}

Test(evaluation, many_series_are_kept_apart, .timeout = 30)
{
    struct record record = record_of(RD);
    for (uint32_t region = 1; region <= 20000; region++) {
        Songhua__V1__Observation observation = figure("2023", region, 0);
        cr_assert_eq(add(&record, region, &observation), ERR_OK);
    }
    const struct indicator *indicator = framework_indicator(record.framework, "x");
    for (uint32_t region = 1; region <= 20000; region++) {
        struct judgement judgement;
        evaluation_judge(record.evaluation, now, indicator, NULL, region, &judgement);
        cr_assert_eq(judgement.value.value.unscaled, region);
    }
    record_free(&record);
}

/* Whatever the figures, every number that is said to be there is finite. */
Test(evaluation, no_figure_makes_a_number_that_is_not_finite, .timeout = 60)
{
    static const struct decimal extremes[] = {
        {INT64_MAX, 0}, {INT64_MIN, 0}, {INT64_MAX, 18}, {INT64_MIN, 18}, {1, 18}, {-1, 18},
        {0, 0},         {0, 18},        {1, 0},          {-1, 0},         {200, 2}};
    static const char *const methods[] = {"cagr_target", "linear_path", "non_decreasing", "none"};
    enum { EXTREMES = sizeof extremes / sizeof *extremes };
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        for (size_t i = 0; i < EXTREMES * EXTREMES * EXTREMES; i++) {
            char text[DECIMAL_TEXT_BYTES], indicator[500];
            decimal_format(extremes[i % EXTREMES], text);
            snprintf(indicator, sizeof indicator,
                     "    direction: up\n    method: %s\n    targets:\n"
                     "      - {id: t, comparator: \">\", value: %s, deadline: 2025}\n"
                     "    baselines:\n      - {region: 220000, period: 2020}\n",
                     methods[m], text);
            struct record record = record_of(indicator);
            struct decimal base = extremes[i / EXTREMES % EXTREMES];
            struct decimal latest = extremes[i / EXTREMES / EXTREMES];
            Songhua__V1__Observation observation = figure("2020", base.unscaled, base.decimals);
            cr_assert_eq(add(&record, 220000, &observation), ERR_OK);
            observation = figure("2023", latest.unscaled, latest.decimals);
            cr_assert_eq(add(&record, 220000, &observation), ERR_OK);
            struct judgement judgement = record_judge(&record, NULL);
            for (int n = 0; n < NUMBER_COUNT; n++)
                cr_assert(isfinite(judgement.numbers[n]));
            record_free(&record);
        }
    }
}

/* --- as a Score --------------------------------------------------------------------------------- */

Test(judgement, a_score_says_what_the_judgement_says, .timeout = 10)
{
    struct record record = record_of(RD);
    struct arena arena;
    Songhua__V1__Score score;
    record_add(&record, "2022", "1.46", 'A');
    record_add(&record, "2023", "1.55", 'P');
    struct judgement judgement = record_judge_at(&record, NULL, (struct as_of){2, UINT64_MAX});
    arena_init(&arena, 1 << 20);
    cr_assert_eq(score_from_judgement(&judgement, record.framework, &arena, &score), ERR_OK);
    cr_expect_str_eq(score.indicator, "x");
    cr_expect_str_eq(score.target, "2025");
    cr_expect_str_eq(score.framework, "test@1");
    cr_expect_eq(score.as_of_sequence, 2);
    cr_expect_eq(score.judgement, IS(ACCELERATE));
    cr_expect(score.provisional);
    cr_expect_str_eq(score.period, "2023");
    cr_expect_str_eq(score.baseline_period, "2020");
    cr_expect_str_eq(score.deadline, "2025");
    cr_expect_str_eq(score.unit, "%");
    cr_assert_eq(score.n_evidence, 2);
    cr_expect_str_eq(score.evidence[0], "2.0");
    cr_expect_str_eq(score.evidence[1], "1.0");
    arena_fini(&arena);
    record_free(&record);
}

Test(judgement, the_mask_of_a_score_counts_from_field_nine, .timeout = 10)
{
    struct record record = record_of(RD);
    struct arena arena;
    Songhua__V1__Score score;
    record_add(&record, "2023", "1.55", 'A');
    struct judgement judgement = record_judge(&record, NULL);
    arena_init(&arena, 1 << 20);
    cr_assert_eq(score_from_judgement(&judgement, record.framework, &arena, &score), ERR_OK);
    const ProtobufCMessageDescriptor *descriptor = &songhua__v1__score__descriptor;
    for (unsigned id = 9; id < 9 + NUMBER_COUNT; id++) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, id);
        cr_assert_not_null(field);
        cr_assert_eq(field->type, PROTOBUF_C_TYPE_DOUBLE);
        const double *value = (const double *)(const void *)((const char *)&score + field->offset);
        bool is_there = (score.has & (1U << (id - 9))) != 0;
        cr_expect_eq(is_there, judgement_has(&judgement, (enum judgement_number)(id - 9)));
        if (is_there)
            cr_expect_eq(memcmp(value, &judgement.numbers[id - 9], sizeof *value), 0, "%s",
                         field->name);
    }
    arena_fini(&arena);
    record_free(&record);
}

Test(judgement, a_score_without_memory_is_an_error, .timeout = 10)
{
    struct record record = record_of(RD);
    struct arena arena;
    Songhua__V1__Score score;
    struct judgement judgement = record_judge(&record, NULL);
    arena_init(&arena, 0);
    cr_expect_eq(score_from_judgement(&judgement, record.framework, &arena, &score), ERR_NOMEM);
    arena_fini(&arena);
    record_free(&record);
}

Test(judgement, every_reason_has_an_id_of_its_own_and_both_texts, .timeout = 10)
{
    for (int i = REASON_NONE + 1; i < REASON_COUNT; i++) {
        enum reason reason = (enum reason)i;
        cr_expect_eq(reason_from_id(reason_id(reason)), reason);
        cr_expect(reason_text(reason)[0] != '\0' && reason_text_zh(reason)[0] != '\0');
    }
    cr_expect_eq(reason_from_id("nonsense"), REASON_COUNT);
}
