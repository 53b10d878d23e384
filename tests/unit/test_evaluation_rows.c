/* Figures saved as rows and restored: the same figures, in the same rows. */
#include "tests/support/record.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 4096, FIGURES = 5000 };

/* A store that sorts its keys, as the outbox does. */
struct row {
    unsigned char key[200], value[4096];
    size_t key_size, value_size;
};

struct store {
    struct row *rows;
    size_t count;
    size_t puts; /* of the last save */
};

static int compare_rows(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    size_t common = left->key_size < right->key_size ? left->key_size : right->key_size;
    int order = memcmp(left->key, right->key, common);
    return order ? order : (left->key_size > right->key_size) - (left->key_size < right->key_size);
}

static enum err put(void *context, const void *key, size_t key_size, const void *value,
                    size_t value_size)
{
    struct store *store = context;
    size_t i = 0;
    while (i < store->count &&
           (store->rows[i].key_size != key_size || memcmp(store->rows[i].key, key, key_size) != 0))
        i++;
    cr_assert_lt(i, ROWS_MAX);
    cr_assert_leq(key_size, sizeof store->rows->key);
    cr_assert_leq(value_size, sizeof store->rows->value);
    store->count += i == store->count;
    struct row *row = &store->rows[i];
    memcpy(row->key, key, row->key_size = key_size);
    memcpy(row->value, value, row->value_size = value_size);
    store->puts++;
    return ERR_OK;
}

static void save(struct evaluation *evaluation, struct store *store)
{
    if (store->rows == NULL)
        store->rows = calloc(ROWS_MAX, sizeof *store->rows);
    store->puts = 0;
    cr_assert_eq(evaluation_save(evaluation, put, store), ERR_OK);
    qsort(store->rows, store->count, sizeof *store->rows, compare_rows);
}

static enum err restore_row(struct evaluation *evaluation, const struct row *row)
{
    return evaluation_restore(evaluation, row->key, row->key_size, row->value, row->value_size);
}

/* Replace the record's evaluation by one made from the store. */
static void restore(struct record *record, const struct store *store)
{
    evaluation_free(record->evaluation);
    cr_assert_eq(evaluation_new(NULL, &record->evaluation), ERR_OK);
    cr_assert_eq(
        evaluation_set_framework(record->evaluation, record->framework, (struct address){0, 0}),
        ERR_OK);
    for (size_t i = 0; i < store->count; i++)
        cr_assert_eq(restore_row(record->evaluation, &store->rows[i]), ERR_OK);
    cr_assert_eq(evaluation_restored(record->evaluation), ERR_OK);
}

static void expect_same(const struct store *a, const struct store *b)
{
    cr_assert_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        cr_assert_eq(compare_rows(&a->rows[i], &b->rows[i]), 0);
        cr_assert_eq(a->rows[i].value_size, b->rows[i].value_size);
        cr_assert_arr_eq(a->rows[i].value, b->rows[i].value, a->rows[i].value_size);
    }
}

/* --- figures of every kind ------------------------------------------------------------------------ */

static const char watched[] = "    direction: up\n    method: cagr_target\n    targets:\n"
                              "      - {id: t, comparator: \">\", value: 3, deadline: 2035}\n"
                              "    baselines:\n      - {region: 220000, period: 2010}\n";

static unsigned next_random(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return *state >> 8;
}

static void add_random(struct record *record, unsigned *state)
{
    static const char *const units[] = {"", "%", "万元", "亿元"};
    static const char *const names[] = {"x", "y", "a-longer-name"};
    static const char *const definitions[] = {"", "old", "new"};
    char period[16];
    unsigned kind = next_random(state) % 12;
    uint32_t region = next_random(state) % 2 ? 220000 : 220100;
    snprintf(period, sizeof period, kind % 2 ? "%u" : "%u-%02u", 2010 + next_random(state) % 20,
             1 + next_random(state) % 12);
    /* now and then from an earlier place in the record than the one before */
    uint64_t sequence = ++record->sequence + (kind == 3 ? 0 : 5);
    struct address address = {sequence, next_random(state) % 3};
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    observation.indicator = (char *)names[next_random(state) % 3];
    observation.definition = (char *)definitions[next_random(state) % 3];
    observation.period = period;
    observation.unscaled = (int64_t)next_random(state) - 3000000 + (kind == 5 ? INT64_MAX / 2 : 0);
    observation.decimals = next_random(state) % 4;
    observation.unit = (char *)units[next_random(state) % 4];
    observation.obs_status = (Songhua__V1__ObsStatus)(next_random(state) % 3);
    Songhua__V1__Retraction retraction = SONGHUA__V1__RETRACTION__INIT;
    retraction.indicator = observation.indicator;
    retraction.definition = observation.definition;
    retraction.period = period;
    enum err err = kind == 0 ? evaluation_add_retraction(record->evaluation, region, &retraction,
                                                         address, sequence * 10)
                             : evaluation_add_observation(record->evaluation, region, &observation,
                                                          address, sequence * 10);
    cr_assert_eq(err, ERR_OK);
}

static void expect_same_judgements(const struct record *a, const struct record *b)
{
    for (uint64_t sequence = 1; sequence <= a->sequence; sequence += 97) {
        const struct as_of as_of = {sequence, UINT64_MAX};
        struct judgement left = record_judge_at(a, NULL, as_of);
        struct judgement right = record_judge_at(b, NULL, as_of);
        cr_assert_eq(left.verdict, right.verdict);
        cr_assert_eq(left.has, right.has);
        cr_assert_arr_eq(left.numbers, right.numbers, sizeof left.numbers);
        cr_assert_eq(left.evidence_count, right.evidence_count);
    }
}

Test(evaluation_rows, restored_at_any_moment_it_judges_and_saves_the_same, .timeout = 60)
{
    struct record whole = record_of(watched), restarted = record_of(watched);
    struct store once = {0}, often = {0};
    unsigned one = 1, two = 1;
    for (int i = 0; i < FIGURES; i++) {
        add_random(&whole, &one);
        add_random(&restarted, &two);
        if (i % 211 != 0)
            continue;
        save(restarted.evaluation, &often);
        restore(&restarted, &often);
    }
    save(whole.evaluation, &once);
    save(restarted.evaluation, &often);
    cr_expect_gt(once.count, 100);
    expect_same(&once, &often);
    expect_same_judgements(&whole, &restarted);
    cr_expect_eq(evaluation_counts(whole.evaluation).observations,
                 evaluation_counts(restarted.evaluation).observations);
    record_free(&whole);
    record_free(&restarted);
    free(once.rows);
    free(often.rows);
}

Test(evaluation_rows, only_what_changed_is_saved, .timeout = 20)
{
    struct record record = record_of(watched);
    struct store store = {0};
    for (int i = 0; i < 100; i++)
        record_add(&record, i % 2 ? "2019" : "2020", "1.30", 'A');
    save(record.evaluation, &store);
    cr_expect_gt(store.puts, 2);
    save(record.evaluation, &store);
    cr_expect_eq(store.puts, 0);
    record_add(&record, "2021", "1.40", 'A');
    save(record.evaluation, &store);
    cr_expect_eq(store.puts, 1);
    restore(&record, &store);
    save(record.evaluation, &store);
    cr_expect_eq(store.puts, 0);
    record_free(&record);
    free(store.rows);
}

static enum err refuse(void *context, const void *key, size_t key_size, const void *value,
                       size_t value_size)
{
    (void)context, (void)key, (void)key_size, (void)value, (void)value_size;
    return ERR_FULL;
}

Test(evaluation_rows, a_row_that_was_not_taken_is_due_again, .timeout = 20)
{
    struct record record = record_of(watched);
    struct store store = {0};
    record_add(&record, "2020", "1.30", 'A');
    cr_expect_eq(evaluation_save(record.evaluation, refuse, NULL), ERR_FULL);
    record_add(&record, "2021", "1.30", 'A');
    save(record.evaluation, &store);
    cr_expect_eq(store.count, 1);
    restore(&record, &store);
    cr_expect_eq(evaluation_counts(record.evaluation).observations, 2);
    record_free(&record);
    free(store.rows);
}

/* --- damage --------------------------------------------------------------------------------------- */

static enum err restore_alone(const struct row *row)
{
    struct evaluation *evaluation;
    cr_assert_eq(evaluation_new(NULL, &evaluation), ERR_OK);
    enum err err = restore_row(evaluation, row);
    if (!err)
        err = evaluation_restored(evaluation);
    evaluation_free(evaluation);
    return err;
}

static struct store store_of_one(void)
{
    struct record record = record_of(watched);
    struct store store = {0};
    record_add(&record, "2020", "1.30", 'A');
    save(record.evaluation, &store);
    record_free(&record);
    return store;
}

Test(evaluation_rows, a_row_that_was_cut_is_damage, .timeout = 20)
{
    struct store store = store_of_one();
    struct row *row = store.rows;
    cr_expect_eq(restore_alone(row), ERR_OK);
    while (row->value_size-- > 0)
        cr_expect_eq(restore_alone(row), ERR_CORRUPT);
    free(store.rows);
}

Test(evaluation_rows, a_key_that_was_cut_is_damage, .timeout = 20)
{
    struct store store = store_of_one();
    struct row *row = store.rows;
    while (row->key_size-- > 0)
        cr_expect_eq(restore_alone(row), ERR_CORRUPT);
    free(store.rows);
}

Test(evaluation_rows, a_row_that_is_missing_or_comes_twice_is_damage, .timeout = 20)
{
    struct record record = record_of(watched);
    struct store store = {0};
    struct evaluation *evaluation;
    for (int i = 0; i < 20; i++)
        record_add(&record, "2020", "1.30", 'A');
    save(record.evaluation, &store);
    cr_assert_gt(store.count, 1);
    cr_expect_eq(restore_alone(&store.rows[1]), ERR_CORRUPT);
    cr_assert_eq(evaluation_new(NULL, &evaluation), ERR_OK);
    cr_expect_eq(restore_row(evaluation, &store.rows[0]), ERR_OK);
    cr_expect_eq(restore_row(evaluation, &store.rows[0]), ERR_CORRUPT);
    evaluation_free(evaluation);
    record_free(&record);
    free(store.rows);
}

Test(evaluation_rows, an_address_that_comes_twice_in_a_period_is_damage, .timeout = 20)
{
    struct store store = store_of_one();
    struct row twice = store.rows[0];
    static const unsigned char again[] = {0, 0, 0, 2, 0, 0, 0}; /* same period, same address */
    memcpy(twice.value + twice.value_size, again, sizeof again);
    twice.value_size += sizeof again;
    cr_expect_eq(restore_alone(&twice), ERR_CORRUPT);
    free(store.rows);
}

/* Of the first figure: head, period in 4 bytes, value in 2, three numbers in one each; its kind. */
Test(evaluation_rows, a_figure_that_cannot_be_is_damage, .timeout = 20)
{
    struct store store = store_of_one();
    struct row good = store.rows[0];
    enum { HEAD = 0, PERIOD = 2, DECIMALS = 11, STATUS, UNIT };
    static const struct {
        size_t at;
        unsigned char value;
    } damages[] = {{DECIMALS, 19}, {STATUS, 200}, {UNIT, 200}, {HEAD + 1, 8}, {PERIOD + 2, 255}};
    cr_assert_eq(good.value[HEAD], 2 | 1 << 2);
    cr_assert_eq(good.value[HEAD + 1], 4);
    cr_assert_eq(good.value[DECIMALS], 2);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct row bad = good;
        bad.value[damages[i].at] = damages[i].value;
        cr_expect_eq(restore_alone(&bad), ERR_CORRUPT, "damage %zu", i);
    }
    free(store.rows);
}
