#include "proto/base/file.h"
#include "proto/net/identity.h"
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct world *world;
static char path[128], why[200];
static struct identity made;

static void make(void)
{
    const uint32_t regions[] = {220100, 220184};
    world = world_new();
    snprintf(path, sizeof path, "%s", world_path(world, "agent.cert"));
    cr_assert_eq(identity_make("agent-220100", ROLE_AGENT, regions, 2, false, &made), ERR_OK);
    cr_assert_eq(identity_save(&made, path), ERR_OK);
}

static void drop(void)
{
    world_free(&world);
}

TestSuite(identity, .init = make, .fini = drop, .timeout = 20);

Test(identity, what_is_saved_is_loaded)
{
    struct identity loaded;
    cr_assert_eq(identity_load(path, &loaded, why), ERR_OK, "%s", why);
    cr_assert_eq(memcmp(&loaded.signing, &made.signing, sizeof made.signing), 0);
    cr_assert_str_eq(loaded.name, "agent-220100");
    cr_assert_str_eq(loaded.public_key, made.public_key);
    cr_assert_str_eq(loaded.secret_key, made.secret_key);
    cr_assert_eq(loaded.role, ROLE_AGENT);
    cr_assert_eq(loaded.region_count, 2);
    cr_assert_eq(loaded.regions[1], 220184);
    identity_clear(&loaded);
    cr_assert_eq(loaded.secret_key[0], '\0');
}

Test(identity, the_public_part_holds_no_secret)
{
    struct identity loaded;
    char *text = world_read(world, "agent.cert");
    cr_assert_null(strstr(text, made.secret_key));
    cr_assert_null(strstr(text, "secret"));
    free(text);
    cr_assert_eq(identity_load_public(path, &loaded, why), ERR_OK);
    cr_assert_eq(loaded.secret_key[0], '\0');
    cr_assert(loaded.has_signing_public);
}

Test(identity, secrets_are_the_owners_alone_and_refused_when_not)
{
    struct stat info;
    struct identity loaded;
    const char *secret = world_path(world, "agent.cert_secret");
    const char *signing = world_path(world, "agent.cert_signing");
    cr_assert_eq(stat(secret, &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0600);
    cr_assert_eq(stat(signing, &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0600);
    cr_assert_eq(chmod(signing, 0604), 0);
    cr_assert_eq(identity_load(path, &loaded, why), ERR_INSECURE);
    cr_assert_eq(chmod(signing, 0600), 0);
    cr_assert_eq(chmod(secret, 0640), 0);
    cr_assert_eq(identity_load(path, &loaded, why), ERR_INSECURE);
    cr_assert_not_null(strstr(why, "agent.cert_secret"));
}

Test(identity, existing_files_are_never_overwritten)
{
    cr_assert_eq(identity_save(&made, path), ERR_EXISTS);
    remove(path);
    cr_assert_eq(identity_save(&made, path), ERR_EXISTS, "a secret is still there");
}

Test(identity, parts_that_do_not_belong_together_are_refused)
{
    struct identity other, loaded;
    struct buffer seed;
    buffer_init(&seed, 256);
    cr_assert_eq(identity_make("other", ROLE_AGENT, NULL, 0, true, &other), ERR_OK);
    cr_assert_eq(identity_save(&other, world_path(world, "other.cert")), ERR_OK);
    cr_assert_eq(file_read(world_path(world, "other.cert_signing"), &seed), ERR_OK);
    cr_assert_eq(file_write(world_path(world, "agent.cert_signing"), seed.data, seed.size, 0600),
                 ERR_OK);
    cr_assert_eq(identity_load(path, &loaded, why), ERR_KEY);
    cr_assert_not_null(strstr(why, "does not belong"));
    buffer_fini(&seed);
}

Test(identity, names_and_roles_are_checked_when_it_is_made)
{
    struct identity bad;
    cr_assert_eq(identity_make("../x", ROLE_AGENT, NULL, 0, true, &bad), ERR_USAGE);
    cr_assert_eq(identity_make("", ROLE_AGENT, NULL, 0, true, &bad), ERR_USAGE);
    cr_assert_eq(identity_make("x", ROLE_NONE, NULL, 0, true, &bad), ERR_USAGE);
    cr_assert_eq(role_from_name("king"), ROLE_NONE);
    for (int role = ROLE_AGENT; role <= ROLE_ADMIN; role++)
        cr_assert_eq((int)role_from_name(role_name((enum role)role)), role);
}

Test(identity, a_missing_or_hostile_file_has_a_clear_answer)
{
    struct identity loaded;
    static const char *const hostile[] = {
        "",
        "x",
        "curve\n    public-key = \"short\"\n",
        "\x00\x01",
        "metadata\n",
        "curve\n    public-key = \"0123456789012345678901234567890123456789\"\n"};
    cr_assert_eq(identity_load(world_path(world, "none.cert"), &loaded, why), ERR_NOT_FOUND);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        cr_assert_eq(file_write(path, hostile[i], strlen(hostile[i]), 0644), ERR_OK);
        cr_assert_eq(identity_load_public(path, &loaded, why), ERR_KEY, "%zu", i);
    }
    static char large[20000];
    memset(large, 'a', sizeof large);
    cr_assert_eq(file_write(path, large, sizeof large, 0644), ERR_OK);
    cr_assert_eq(identity_load_public(path, &loaded, why), ERR_KEY);
}

/* --- what the broker's operator adds ---------------------------------------------------------- */

Test(identity, limits_are_saved_and_loaded)
{
    struct identity loaded;
    strcpy(made.streams, "events scores");
    strcpy(made.producers, "agent-220100.a agent-220100");
    made.quota = (struct identity_quota){1, 2, 3, 4};
    cr_assert_eq(identity_save_public(&made, path), ERR_OK);
    cr_assert_eq(identity_load_public(path, &loaded, why), ERR_OK, "%s", why);
    cr_assert_str_eq(loaded.streams, made.streams);
    cr_assert_str_eq(loaded.producers, made.producers);
    cr_assert_eq(memcmp(&loaded.quota, &made.quota, sizeof made.quota), 0);
}

Test(identity, a_list_with_somebody_elses_name_is_refused)
{
    static const char *const bad[] = {
        "agent-220200", "agent-2201000", "agent-220100 x", "agent-220100.A", "\"", " agent-220100"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        strcpy(made.producers, bad[i]);
        cr_assert_eq(identity_save_public(&made, path), ERR_USAGE, "%s", bad[i]);
    }
}

static enum err load_with(const char *line)
{
    struct identity loaded;
    char *text = world_read(world, "agent.cert"), both[4096];
    char *rest = strstr(text, "curve");
    snprintf(both, sizeof both, "%.*s    %s\n%s", (int)(rest - text), text, line, rest);
    cr_assert_eq(file_write(world_path(world, "other.cert"), both, strlen(both), 0644), ERR_OK);
    free(text);
    return identity_load_public(world_path(world, "other.cert"), &loaded, why);
}

Test(identity, a_limit_that_cannot_be_read_is_refused_and_not_ignored)
{
    cr_assert_eq(load_with("events_per_second = \"100\""), ERR_OK, "%s", why);
    cr_assert_eq(load_with("stored_bytes = \"64MiB\""), ERR_OK, "%s", why);
    cr_assert_eq(load_with("events_per_second = \"many\""), ERR_KEY);
    cr_assert_eq(load_with("bytes_per_second = \"0\""), ERR_KEY);
    cr_assert_eq(load_with("max_producers = \"-1\""), ERR_KEY);
    cr_assert_eq(load_with("producers = \"somebody\""), ERR_KEY);
    cr_assert_eq(load_with("streams = \"a/b\""), ERR_KEY);
}
