/* What was sent is forgotten, or it is said that it was not. */
#include "producers/agent/deposit.h"
#include "tests/support/gauge.h"
#include "tests/support/outbox_case.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { KEY_BYTES = 500 };

TestSuite(deposit_forget, .timeout = 30);

/* So many figures' keys, as long as keys may be. */
static void remember(struct outbox *outbox, unsigned count)
{
    char key[KEY_BYTES];
    cr_assert_eq(outbox_begin(outbox), ERR_OK);
    for (unsigned i = 0; i < count; i++) {
        memset(key, 'k', sizeof key);
        key[snprintf(key, sizeof key, DEPOSIT_FIGURES "%08u", i)] = '/';
        cr_assert_eq(outbox_put(outbox, key, sizeof key, "12345678", 8), ERR_OK);
    }
    cr_assert_eq(outbox_commit(outbox), ERR_OK);
}

static bool count_one(void *context, const void *key, size_t key_size, const void *value,
                      size_t value_size)
{
    (void)key;
    (void)key_size;
    (void)value;
    (void)value_size;
    ++*(unsigned *)context;
    return true;
}

static unsigned remembered(struct outbox *outbox)
{
    unsigned count = 0;
    cr_assert_eq(outbox_each(outbox, DEPOSIT_FIGURES, strlen(DEPOSIT_FIGURES), count_one, &count),
                 ERR_OK);
    return count;
}

/* From here on malloc() has small pieces, a few of each size up to `most`, and nothing else. */
static void use_up_memory(size_t most)
{
    enum { EACH = 4, SIZES_MAX = 64 };
    void *kept[SIZES_MAX][EACH];
    cr_assert_leq(most, SIZES_MAX * 16);
    struct rlimit none;
    cr_assert_eq(getrlimit(RLIMIT_AS, &none), 0);
    none.rlim_cur = 0;
    for (size_t i = 0; i < most / 16; i++)
        for (size_t j = 0; j < EACH; j++)
            kept[i][j] = malloc((i + 1) * 16);
    cr_assert_eq(setrlimit(RLIMIT_AS, &none), 0);
    for (size_t size = 1 << 20; size >= 16; size /= 2)
        while (malloc(size))
            continue;
    for (size_t i = 0; i < most / 16; i++)
        for (size_t j = 0; j < EACH; j++)
            free(kept[i][j]);
}

static void give_memory_back(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_AS, &limit);
}

Test(deposit_forget, thousands_of_the_longest_keys_are_forgotten)
{
    struct outbox_case *fixture = outbox_case_new(0);
    remember(fixture->outbox, 2500);
    cr_assert_eq(remembered(fixture->outbox), 2500);
    cr_expect_eq(deposit_forget(fixture->outbox), ERR_OK);
    cr_expect_eq(remembered(fixture->outbox), 0);
    outbox_case_free(fixture);
}

/* Pieces of 480 bytes let the outbox be read, and hold no key of 500 with its size. */
Test(deposit_forget, without_memory_for_the_first_key_it_is_not_said_to_be_done)
{
    if (GAUGE_HAS_SANITIZER)
        return;
    struct outbox_case *fixture = outbox_case_new(0);
    remember(fixture->outbox, 1);
    use_up_memory(480);
    enum err err = deposit_forget(fixture->outbox);
    give_memory_back();
    cr_expect_eq(err, ERR_NOMEM);
    cr_expect_eq(remembered(fixture->outbox), 1);
    outbox_case_free(fixture);
}
