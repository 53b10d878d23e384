/* broker/quota: what a key may use, by a clock that the test holds. */
#include "broker/quota.h"
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { SECOND = 1000000 };

static struct world *world;
static struct access *access;
static struct counters counters;
static struct quota *quota;
static char user[ZAP_USER_BYTES], why[ACCESS_WHY_BYTES];
static uint64_t retry_ms, now_us = 5 * SECOND;

static void allow(struct identity_quota limits)
{
    char path[256];
    struct identity identity = *world_identity(world, "agent", ROLE_AGENT, "*");
    identity.quota = limits;
    snprintf(path, sizeof path, "%s", world_path(world, "access/agent.cert"));
    cr_assert_eq(identity_save_public(&identity, path), ERR_OK);
    access_refresh(access, true);
    cr_assert(access_lookup(access, identity.public_key, user));
}

static void begin(void)
{
    world = world_new();
    world_identity(world, "agent", ROLE_AGENT, "*");
    cr_assert_eq(access_open(world_path(world, "access"), &access), ERR_OK);
    const struct quota_options options = {.access = access, .counters = &counters};
    cr_assert_eq(quota_new(&options, &quota), ERR_OK);
}

static void end(void)
{
    quota_free(quota);
    access_close(&access);
    world_free(&world);
}

TestSuite(quota, .init = begin, .fini = end, .timeout = 20);

/* Whether so many events pass; those that do are stored. */
static bool passes(uint32_t events, size_t bytes)
{
    const struct batch batch = {
        .stream = "events", .producer = "agent", .epoch = 1, .sequence = 2, .event_count = events};
    enum err err = quota_check(quota, user, &batch, now_us, why, &retry_ms);
    if (!err)
        quota_charge(quota, &batch, bytes, 1);
    quota_settle(quota, true);
    cr_assert(!err || err == ERR_THROTTLED);
    return !err;
}

Test(quota, a_key_without_limits_passes_always)
{
    allow((struct identity_quota){0});
    for (int i = 0; i < 1000; i++)
        cr_assert(passes(65535, 1 << 20));
}

Test(quota, a_seconds_worth_passes_at_once_and_then_as_time_goes)
{
    allow((struct identity_quota){.events_per_second = 100});
    for (int i = 0; i < 10; i++)
        cr_assert(passes(10, 1));
    cr_assert_not(passes(1, 1));
    now_us += SECOND / 2;
    for (int i = 0; i < 5; i++)
        cr_assert(passes(10, 1));
    cr_assert_not(passes(1, 1));
}

Test(quota, what_was_not_used_is_not_saved_up)
{
    allow((struct identity_quota){.bytes_per_second = 1000});
    now_us += 3600ull * SECOND;
    cr_assert(passes(1, 1000));
    cr_assert_not(passes(1, 1));
}

Test(quota, a_batch_larger_than_a_seconds_worth_passes_and_the_next_waits_for_it)
{
    allow((struct identity_quota){.bytes_per_second = 1000});
    cr_assert(passes(1, 5000));
    cr_assert_not(passes(1, 1));
    cr_assert_eq(retry_ms, 4001);
    now_us += 3999 * 1000ull;
    cr_assert_not(passes(1, 1));
    now_us += 2000;
    cr_assert(passes(1, 1));
}

Test(quota, who_comes_when_told_to_passes)
{
    allow((struct identity_quota){.events_per_second = 7});
    for (int i = 0; i < 50; i++) {
        if (!passes(3, 1)) {
            now_us += retry_ms * 1000;
            cr_assert(passes(3, 1));
        }
    }
}

Test(quota, nobody_is_told_to_wait_longer_than_a_minute)
{
    allow((struct identity_quota){.events_per_second = 1});
    cr_assert(passes(65535, 1));
    cr_assert_not(passes(1, 1));
    cr_assert_eq(retry_ms, 60000);
}

Test(quota, an_hour_of_debt_is_an_hour)
{
    allow((struct identity_quota){.events_per_second = 1});
    cr_assert(passes(3601, 1));
    now_us += 3599ull * SECOND;
    cr_assert_not(passes(1, 1));
    now_us += 2 * SECOND;
    cr_assert(passes(1, 1));
}

Test(quota, the_largest_rates_do_not_overflow)
{
    allow((struct identity_quota){.events_per_second = UINT64_MAX, .bytes_per_second = UINT64_MAX});
    for (int i = 0; i < 100; i++) {
        now_us += 3600ull * SECOND;
        cr_assert(passes(65535, 1 << 20), "%s", why);
    }
}

Test(quota, stored_bytes_end_and_a_higher_limit_counts_at_once)
{
    allow((struct identity_quota){.stored_bytes = 1000});
    cr_assert(passes(1, 999));
    cr_assert(passes(1, 999));
    cr_assert_not(passes(1, 1));
    cr_assert_str_eq(why, "agent is at its limit of 1000 stored bytes");
    allow((struct identity_quota){.stored_bytes = 3000});
    cr_assert(passes(1, 1));
    cr_assert_eq(count_get(&counters.throttled[QUOTA_STORED]), 1);
}

Test(quota, what_a_failed_commit_took_back_was_not_used)
{
    const struct batch batch = {.stream = "events", .producer = "agent", .event_count = 1};
    allow((struct identity_quota){.stored_bytes = 1000});
    cr_assert_eq(quota_check(quota, user, &batch, now_us, why, &retry_ms), ERR_OK);
    quota_charge(quota, &batch, 5000, 1);
    cr_assert_eq(quota_check(quota, user, &batch, now_us, why, &retry_ms), ERR_THROTTLED);
    quota_settle(quota, false);
    cr_assert_eq(quota_check(quota, user, &batch, now_us, why, &retry_ms), ERR_OK);
}

Test(quota, a_new_key_of_the_name_inherits_what_was_used)
{
    struct identity other;
    allow((struct identity_quota){.stored_bytes = 1000});
    cr_assert(passes(1, 1000));
    cr_assert_eq(identity_make("agent", ROLE_AGENT, NULL, 0, true, &other), ERR_OK);
    other.quota.stored_bytes = 1000;
    cr_assert_eq(identity_save_public(&other, world_path(world, "access/agent.cert")), ERR_OK);
    access_refresh(access, true);
    cr_assert(access_lookup(access, other.public_key, user));
    cr_assert_not(passes(1, 1));
}
