/* What the scorer publishes of composites. */
#include "consumers/scorer/scorer.h"
#include "proto/event/event.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <string.h>

enum { PAYLOAD_MAX = 16384, SCORES_MAX = 64 };

/* Two units of the framework, x in one group of two; the latest period alone. */
static const char framework_text[] =
    "framework: test\nversion: 1\ntitle: {zh: 测, en: test}\nsource: test\n"
    "units:\n"
    "  - {code: 900001, id: a, name: {zh: 甲, en: Alpha}}\n"
    "  - {code: 900002, id: b, name: {zh: 乙, en: Beta}}\n"
    "  - {code: 900003, id: c, name: {zh: 丙, en: Gamma}}\n"
    "groups:\n"
    "  - {id: whole, name: {zh: 总, en: whole}}\n"
    "  - {id: part, name: {zh: 分, en: part}, parent: whole}\n"
    "indicators:\n"
    "  - {id: x, name: {zh: 甲, en: x}, kind: quantity, unit: 件, direction: up, parent: part,\n"
    "     normalise: {method: goalposts, low: 0, high: 10}}\n"
    "  - {id: y, name: {zh: 乙, en: y}, kind: quantity, unit: 件, direction: up, parent: whole,\n"
    "     normalise: {method: goalposts, low: 0, high: 10}}\n"
    "composites:\n"
    "  - {id: c, name: {zh: 综, en: c}, root: whole, availability: 1}\n";

struct bench {
    struct scratch scratch;
    struct outbox *outbox;
    struct scorer *scorer;
    struct effects effects;
    uint64_t sequence;
    Songhua__V1__EventBatch *batches[SCORES_MAX];
    const Songhua__V1__CompositeScore *scores[SCORES_MAX]; /* of the last record, in order */
    uint32_t units[SCORES_MAX];
    char topics[SCORES_MAX][TOPIC_MAX_BYTES + 1];
    size_t batch_count, count;
};

static void open_scorer(struct bench *bench)
{
    const struct outbox_options options = {
        .directory = bench->scratch.directory, .stream = "scores", .producer = "scorer"};
    cr_assert_eq(outbox_open(&options, &bench->outbox), ERR_OK);
    cr_assert_eq(scorer_new(&bench->scorer), ERR_OK);
    cr_assert_eq(scorer_load(bench->scorer, bench->outbox), ERR_OK);
}

static void close_scorer(struct bench *bench)
{
    scorer_free(bench->scorer);
    outbox_close(&bench->outbox);
}

static void forget(struct bench *bench)
{
    for (size_t i = 0; i < bench->batch_count; i++)
        songhua__v1__event_batch__free_unpacked(bench->batches[i], NULL);
    bench->batch_count = bench->count = 0;
}

static struct bench *bench_new(void)
{
    static struct bench bench; /* Criterion runs each test in a process of its own */
    bench.scratch = scratch_new();
    effects_init(&bench.effects);
    open_scorer(&bench);
    return &bench;
}

static void bench_free(struct bench *bench)
{
    forget(bench);
    effects_fini(&bench->effects);
    close_scorer(bench);
    scratch_remove(&bench->scratch);
}

static enum err note(void *context, const struct batch_draft *draft)
{
    struct bench *bench = context;
    Songhua__V1__EventBatch *batch =
        songhua__v1__event_batch__unpack(NULL, draft->payload_size, draft->payload);
    cr_assert_lt(bench->batch_count, SCORES_MAX);
    bench->batches[bench->batch_count++] = batch;
    for (size_t i = 0; i < batch->n_events; i++) {
        if (batch->events[i]->body_case != SONGHUA__V1__EVENT__BODY_COMPOSITE_SCORE)
            continue;
        cr_assert_lt(bench->count, SCORES_MAX);
        strcpy(bench->topics[bench->count], draft->topic);
        bench->units[bench->count] = draft->region;
        bench->scores[bench->count++] = batch->events[i]->composite_score;
    }
    return ERR_OK;
}

static void tell(struct bench *bench, uint32_t region, const char *topic, Songhua__V1__Event *event)
{
    static unsigned char payload[PAYLOAD_MAX];
    Songhua__V1__Event *events[] = {event};
    Songhua__V1__EventBatch list = SONGHUA__V1__EVENT_BATCH__INIT;
    struct batch batch = {.region = region, .event_count = 1, .payload = payload};
    list.events = events;
    list.n_events = 1;
    cr_assert_leq(songhua__v1__event_batch__get_packed_size(&list), sizeof payload);
    batch.payload_size = songhua__v1__event_batch__pack(&list, payload);
    strcpy(batch.topic, topic);
    bench->sequence++;
    const struct service_input input = {.sequence = bench->sequence,
                                        .stored_ms = 1700000000000 + bench->sequence,
                                        .batch = &batch,
                                        .events = events,
                                        .event_count = 1};
    forget(bench);
    effects_clear(&bench->effects);
    effects_begin(&bench->effects, input.stored_ms);
    cr_assert_eq(scorer_handle(bench->scorer, &input, &bench->effects), ERR_OK);
    effects_end(&bench->effects);
    cr_assert_eq(scorer_keep(bench->scorer, &bench->effects), ERR_OK);
    cr_assert_eq(effects_each(&bench->effects, note, bench), ERR_OK);
    cr_assert_eq(outbox_begin(bench->outbox), ERR_OK);
    cr_assert_eq(effects_apply(&bench->effects, bench->outbox), ERR_OK);
    cr_assert_eq(outbox_commit(bench->outbox), ERR_OK);
}

static void tell_document(struct bench *bench, const char *text)
{
    Songhua__V1__FrameworkVersion framework = SONGHUA__V1__FRAMEWORK_VERSION__INIT;
    Songhua__V1__Event event = event_of_framework(&framework, 1);
    framework.id = (char *)"test";
    framework.document.data = (uint8_t *)(uintptr_t)text;
    framework.document.len = strlen(text);
    tell(bench, 220000, "framework", &event);
}

static void tell_framework(struct bench *bench)
{
    tell_document(bench, framework_text);
}

static void tell_figure(struct bench *bench, uint32_t unit, const char *indicator,
                        const char *period, int64_t value)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    Songhua__V1__Event event = event_of_observation(&observation, 1);
    observation.indicator = (char *)(uintptr_t)indicator;
    observation.period = (char *)(uintptr_t)period;
    observation.unscaled = value;
    tell(bench, unit, "observation", &event);
}

static const Songhua__V1__CompositeScore *find(const struct bench *bench, uint32_t unit,
                                               const char *node)
{
    for (size_t i = 0; i < bench->count; i++)
        if (bench->units[i] == unit && strcmp(bench->scores[i]->node, node) == 0)
            return bench->scores[i];
    return NULL;
}

Test(scorer_composites, the_first_figure_says_of_every_unit_where_it_stands, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench);
    cr_expect_eq(bench->count, 0); /* there is no period yet */
    tell_figure(bench, 900001, "x", "2020", 5);
    cr_expect_eq(bench->count, 6); /* three units in two groups */
    const Songhua__V1__CompositeScore *part = find(bench, 900001, "part");
    const Songhua__V1__CompositeScore *whole = find(bench, 900001, "whole");
    cr_assert(part != NULL && whole != NULL);
    cr_expect(part->has_value && part->value == 50 && part->rank == 1 && part->ranked == 1);
    cr_expect_str_eq(part->framework, "test@1");
    cr_expect_str_eq(part->period, "2020");
    cr_expect_str_eq(part->unit_en, "Alpha");
    cr_expect_eq(part->as_of_sequence, 2);
    cr_expect(!whole->has_value && whole->rank == 0 && whole->available == 1 && whole->wanted == 2);
    cr_expect_str_eq(whole->reason, "below_availability");
    cr_expect_str_eq(find(bench, 900002, "whole")->reason, "no_figures");
    bench_free(bench);
}

Test(scorer_composites, only_what_changed_is_published, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench);
    tell_figure(bench, 900001, "x", "2020", 5);
    tell_figure(bench, 900001, "y", "2020", 7);
    /* The whole of the first has a value; how many are ranked changed for all; its part has one more
     * figure beside it. */
    cr_expect(find(bench, 900001, "whole")->value == 60);
    cr_expect_str_eq(bench->topics[0], "composite/part");
    tell_figure(bench, 900002, "x", "2020", 5);
    cr_expect_null(find(bench, 900001, "whole"));
    cr_expect_eq(find(bench, 900002, "part")->rank, 1); /* tied */
    tell_figure(bench, 900002, "x", "2020", 5);
    cr_expect_eq(bench->count, 0);
    tell_figure(bench, 900002, "x", "2019", 1);
    cr_expect_eq(bench->count, 0); /* not the latest period */
    bench_free(bench);
}

Test(scorer_composites, a_later_period_is_a_new_table, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench);
    tell_figure(bench, 900001, "x", "2020", 5);
    tell_figure(bench, 900002, "x", "2021", 4);
    cr_expect_eq(bench->count, 6);
    cr_expect_str_eq(find(bench, 900002, "part")->period, "2021");
    cr_expect(!find(bench, 900001, "part")->has_value);
    bench_free(bench);
}

Test(scorer_composites, a_scorer_that_starts_again_publishes_nothing_twice, .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench);
    tell_figure(bench, 900001, "x", "2020", 5);
    tell_figure(bench, 900002, "x", "2020", 6);
    close_scorer(bench);
    open_scorer(bench);
    tell_figure(bench, 900002, "x", "2020", 6);
    cr_expect_eq(bench->count, 0);
    tell_figure(bench, 900003, "x", "2020", 7);
    cr_expect_eq(find(bench, 900002, "part")->rank, 2);
    cr_expect_eq(find(bench, 900001, "part")->rank, 3);
    bench_free(bench);
}

/* The same without the third unit and the group. */
static const char smaller_text[] =
    "framework: test\nversion: 2\ntitle: {zh: 测, en: test}\nsource: test\n"
    "units:\n"
    "  - {code: 900001, id: a, name: {zh: 甲, en: Alpha}}\n"
    "  - {code: 900002, id: b, name: {zh: 乙, en: Beta}}\n"
    "groups:\n"
    "  - {id: whole, name: {zh: 总, en: whole}}\n"
    "indicators:\n"
    "  - {id: x, name: {zh: 甲, en: x}, kind: quantity, unit: 件, direction: up, parent: whole,\n"
    "     normalise: {method: goalposts, low: 0, high: 10}}\n"
    "composites:\n"
    "  - {id: c, name: {zh: 综, en: c}, root: whole, availability: 1}\n";

Test(scorer_composites, what_a_framework_leaves_out_stands_for_the_last_time_without_a_value,
     .timeout = 20)
{
    struct bench *bench = bench_new();
    tell_framework(bench);
    tell_figure(bench, 900001, "x", "2020", 5);
    tell_figure(bench, 900003, "x", "2020", 6);
    close_scorer(bench);
    open_scorer(bench);
    tell_document(bench, smaller_text);
    const Songhua__V1__CompositeScore *part = find(bench, 900001, "part");
    cr_assert_not_null(part, "the group is gone");
    cr_expect_str_eq(part->reason, "left_out");
    cr_expect_str_eq(part->framework, "test@2");
    cr_expect_str_eq(part->period, "2020");
    cr_expect(!part->has_value && part->rank == 0);
    const Songhua__V1__CompositeScore *third = find(bench, 900003, "whole");
    cr_assert_not_null(third, "the unit is gone");
    cr_expect_str_eq(third->reason, "left_out");
    cr_expect_str_eq(third->unit_zh, "丙");
    cr_expect_str_eq(find(bench, 900001, "whole")->reason, "");
    tell_document(bench, smaller_text);
    cr_expect_null(find(bench, 900003, "whole"), "it was said");
    bench_free(bench);
}
