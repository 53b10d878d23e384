/* What may be thrown away, on every engine: by age, by size, by what was read; and what holds it back. */
#include "broker/retention.h"
#include "tests/contract/journal_contract.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 50, LARGE = 10000, ALL = 1000000 };

static struct retention_rule rule_of(const char *text)
{
    struct retention_rules rules = {0};
    char why[RETENTION_WHY_BYTES] = "";
    cr_assert_eq(retention_add(&rules, text, why), ERR_OK, "%s", why);
    return rules.items[0];
}

static struct retention_plan plan_of(struct contract *contract, const char *text,
                                     uint64_t max_records)
{
    struct retention_plan plan;
    const struct retention_rule rule = rule_of(text);
    cr_assert_eq(retention_plan(contract->journal, &rule, contract->now_ms, max_records, &plan),
                 ERR_OK);
    return plan;
}

/* Records a second apart, of 10,000 bytes each; the journal's time is then that of the last. */
static void fill(struct contract *contract)
{
    struct chain chain = chain_start("events", "agent-220100", 1);
    char *payload = contract_payload(LARGE, 'x');
    for (int i = 0; i < RECORDS; i++) {
        contract->now_ms += 1000;
        cr_assert_eq(contract_append(contract, &chain, payload, NULL), ERR_OK);
        contract_commit(contract);
    }
    free(payload);
}

static void save(struct contract *contract, const char *consumer, uint64_t position)
{
    cr_assert_eq(journal_save_position(contract->journal, "events", consumer, 0, position,
                                       contract->now_ms, NULL),
                 ERR_OK);
    contract_commit(contract);
}

/* Step until there is nothing to do; steps are taken without their pauses. */
static void prune(struct contract *contract, const char *text, struct counters *counters)
{
    struct retention retention = {.rules = {.items = {rule_of(text)}, .count = 1}};
    uint64_t before;
    do {
        before = count_get(&counters->pruned);
        retention.due_us = 0;
        cr_assert_eq(
            retention_step(&retention, contract->journal, counters, contract->now_ms, false),
            ERR_OK);
    } while (count_get(&counters->pruned) != before);
}

/* --- weighing ------------------------------------------------------------------------------------ */

CONTRACT(records_are_weighed_up_to_a_number_or_a_size)
{
    uint64_t next, bytes, some;
    fill(contract);
    cr_assert_eq(journal_weigh(contract->journal, "events", 1, ALL, UINT64_MAX, &next, &bytes),
                 ERR_OK);
    cr_expect_eq(next, RECORDS + 1);
    cr_expect_geq(bytes, RECORDS * LARGE);
    cr_assert_eq(journal_weigh(contract->journal, "events", 11, 5, UINT64_MAX, &next, &some),
                 ERR_OK);
    cr_expect_eq(next, 16);
    cr_expect_eq(some, bytes / RECORDS * 5);
    cr_assert_eq(journal_weigh(contract->journal, "events", 1, ALL, LARGE + 1, &next, &some),
                 ERR_OK);
    cr_expect_leq(next, 3);
    cr_expect_geq(some, LARGE + 1);
    cr_expect_eq(journal_weigh(contract->journal, "nosuch", 1, 1, 1, &next, &some), ERR_NOT_FOUND);
}

CONTRACT(what_is_kept_is_known_in_bytes_on_disk)
{
    fill(contract);
    uint64_t full = contract_bounds(contract, "events").disk_bytes;
    cr_expect_geq(full, RECORDS * LARGE);
    uint64_t removed;
    cr_assert_eq(journal_trim(contract->journal, "events", RECORDS - 4, &removed), ERR_OK);
    contract_commit(contract);
    cr_expect_lt(contract_bounds(contract, "events").disk_bytes, full / 4);
}

/* --- plans --------------------------------------------------------------------------------------- */

CONTRACT(by_age_what_was_stored_longer_ago_may_go)
{
    fill(contract);
    struct retention_plan plan = plan_of(contract, "events age=10s", ALL);
    cr_expect_eq(plan.first, 1);
    cr_expect_eq(plan.before, RECORDS - 10);
    cr_expect_geq(plan.bytes, (RECORDS - 11) * LARGE);
    plan = plan_of(contract, "events age=1h", ALL);
    cr_expect_eq(plan.before, plan.first, "nothing is so old");
}

CONTRACT(by_size_the_oldest_may_go_until_the_rest_fits)
{
    struct counters counters = {0};
    fill(contract);
    prune(contract, "events size=200KiB", &counters);
    struct stream_bounds bounds = contract_bounds(contract, "events");
    cr_expect_leq(bounds.disk_bytes, 200 * 1024);
    cr_expect_geq(bounds.disk_bytes, 100 * 1024, "no more than it takes");
    cr_expect_eq(bounds.last, RECORDS);
    cr_expect_eq(count_get(&counters.pruned), bounds.first - 1);
}

CONTRACT(what_every_consumer_has_finished_may_go_and_nothing_when_there_is_none)
{
    fill(contract);
    cr_expect_eq(plan_of(contract, "events read", ALL).before, 1);
    save(contract, "scorer", 30);
    save(contract, "alerter", 20);
    struct retention_plan plan = plan_of(contract, "events read", ALL);
    cr_expect_eq(plan.before, 21);
    cr_expect_eq(plan.held, 0);
}

CONTRACT(the_slowest_position_holds_back_what_it_has_not_finished)
{
    struct counters counters = {0};
    fill(contract);
    save(contract, "scorer", 30);
    save(contract, "alerter", 5);
    struct retention_plan plan = plan_of(contract, "events age=10s", ALL);
    cr_expect_eq(plan.before, 6);
    cr_expect_eq(plan.held, RECORDS - 10 - 6);
    cr_expect_str_eq(plan.held_by, "alerter");
    cr_expect_eq(plan.held_at, 5);
    prune(contract, "events age=10s", &counters);
    cr_expect_eq(contract_bounds(contract, "events").first, 6);
    cr_expect_gt(count_get(&counters.retention_held), 0);
    plan = plan_of(contract, "events age=10s past-unread", ALL);
    cr_expect_eq(plan.before, RECORDS - 10);
    cr_expect_eq(plan.held, 0);
}

CONTRACT(it_is_counted_how_long_ago_the_position_that_holds_back_was_saved)
{
    enum { WEEK_MS = 7 * 24 * 3600 * 1000 };
    struct counters counters = {0};
    fill(contract);
    save(contract, "dead", 5);
    contract->now_ms += WEEK_MS;
    prune(contract, "events age=10s", &counters);
    cr_expect_eq(count_get(&counters.retention_held_ms), WEEK_MS);
    cr_assert_eq(
        journal_save_position(contract->journal, "events", "dead", 5, 0, contract->now_ms, NULL),
        ERR_OK);
    contract_commit(contract);
    prune(contract, "events age=10s", &counters);
    cr_expect_eq(count_get(&counters.retention_held_ms), 0);
    cr_expect_eq(contract_bounds(contract, "events").first, 0, "nothing holds anything back");
}

CONTRACT(a_step_takes_no_more_than_a_hundred_records)
{
    struct counters counters = {0};
    struct retention retention = {.rules = {.items = {rule_of("events age=1s")}, .count = 1}};
    struct chain chain = chain_start("events", "agent-220100", 1);
    contract_fill(contract, &chain, 250);
    contract->now_ms += 100000;
    cr_assert_eq(retention_step(&retention, contract->journal, &counters, contract->now_ms, false),
                 ERR_OK);
    cr_expect_eq(count_get(&counters.pruned), 100);
    cr_expect_leq(retention_wait_ms(&retention), 10, "the next step is not far");
}

CONTRACT(producers_outlive_their_records)
{
    struct counters counters = {0};
    struct producer_state state;
    struct chain chain = chain_start("events", "agent-220100", 1);
    contract_fill(contract, &chain, 20);
    contract->now_ms += 100000;
    prune(contract, "events age=1s", &counters);
    cr_expect_eq(contract_bounds(contract, "events").first, 0, "nothing is left");
    cr_assert_eq(journal_producer(contract->journal, "events", "agent-220100", &state), ERR_OK);
    cr_expect_eq(state.sequence, 20);
    contract_fill(contract, &chain, 1);
    cr_expect_eq(contract_bounds(contract, "events").first, 21);
}

CONTRACT(without_a_rule_nothing_goes)
{
    struct counters counters = {0};
    struct retention retention = {0};
    fill(contract);
    cr_assert_eq(retention_step(&retention, contract->journal, &counters, UINT64_MAX / 2, true),
                 ERR_OK);
    cr_expect_eq(contract_bounds(contract, "events").first, 1);
    cr_expect_eq(retention_wait_ms(&retention), UINT32_MAX);
}

/* --- rules --------------------------------------------------------------------------------------- */

Test(retention, a_rule_is_read_word_for_word, .timeout = 20)
{
    struct retention_rule rule = rule_of("events age=2d size=3MiB read past-unread");
    cr_expect_str_eq(rule.stream, "events");
    cr_expect_eq(rule.age_ms, 2 * 86400000ull);
    cr_expect_eq(rule.size_bytes, 3ull << 20);
    cr_expect(rule.is_read);
    cr_expect(rule.is_past_unread);
}

Test(retention, a_wrong_rule_is_refused_and_quoted, .timeout = 20)
{
    static const char *const wrong[] = {"",
                                        "events",
                                        "events past-unread",
                                        "events age=",
                                        "events age=0s",
                                        "events size=lots",
                                        "events sise=3MiB",
                                        "Events age=3d",
                                        "age=3d"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct retention_rules rules = {0};
        char why[RETENTION_WHY_BYTES] = "";
        cr_expect_eq(retention_add(&rules, wrong[i], why), ERR_CONFIG, "%s", wrong[i]);
        cr_expect_not_null(strstr(why, "a rule is like"), "%s", why);
        cr_expect_eq(rules.count, 0);
    }
}

Test(retention, a_stream_has_one_rule, .timeout = 20)
{
    struct retention_rules rules = {0};
    char why[RETENTION_WHY_BYTES];
    cr_assert_eq(retention_add(&rules, "events age=3d", why), ERR_OK);
    cr_assert_eq(retention_add(&rules, "scores read", why), ERR_OK);
    cr_expect_eq(retention_add(&rules, "events size=1GiB", why), ERR_CONFIG);
}
