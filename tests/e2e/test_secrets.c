/* Secrets stay with their owner: in files that nobody else can read, and nowhere else. */
#include "broker/access.h"
#include "broker/broker.h"
#include "proto/base/file.h"
#include "proto/base/text.h"
#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct world *world;

static void begin(void)
{
    world = world_new();
    world_identity(world, "agent", ROLE_AGENT, "220100");
}

static void end(void)
{
    world_free(&world);
}

TestSuite(secrets, .init = begin, .fini = end, .timeout = 60);

static enum err open_broker(void)
{
    char state[256], access[256], identity[256];
    struct broker *broker = NULL;
    snprintf(state, sizeof state, "%s", world_path(world, "state"));
    snprintf(access, sizeof access, "%s", world_path(world, "access"));
    snprintf(identity, sizeof identity, "%s", world_path(world, "broker.cert"));
    const struct broker_options options = {.state = state,
                                           .access = access,
                                           .identity = identity,
                                           .publish = "tcp://127.0.0.1:*",
                                           .fetch = "tcp://127.0.0.1:*",
                                           .live = "tcp://127.0.0.1:*",
                                           .http = "",
                                           .journal_bytes = 16 << 20,
                                           .io_threads = 1};
    enum err err = broker_open(&options, &broker);
    broker_close(&broker);
    return err;
}

Test(secrets, a_broker_whose_key_others_can_read_does_not_start)
{
    cr_assert_eq(open_broker(), ERR_OK);
    cr_assert_eq(chmod(world_path(world, "broker.cert_secret"), 0640), 0);
    cr_assert_eq(open_broker(), ERR_INSECURE);
    cr_assert_eq(chmod(world_path(world, "broker.cert_secret"), 0600), 0);
    cr_assert_eq(chmod(world_path(world, "broker.cert_signing"), 0604), 0);
    cr_assert_eq(open_broker(), ERR_INSECURE);
}

Test(secrets, a_broker_whose_state_others_can_write_to_does_not_start)
{
    cr_assert_eq(open_broker(), ERR_OK);
    cr_assert_eq(chmod(world_path(world, "state"), 0770), 0);
    cr_assert_eq(open_broker(), ERR_INSECURE);
}

Test(secrets, an_access_directory_that_all_can_write_to_lets_nobody_in)
{
    struct access *access;
    char user[ZAP_USER_BYTES];
    const struct identity *agent = world_identity(world, "agent", ROLE_AGENT, "220100");
    cr_assert_eq(access_open(world_path(world, "access"), &access), ERR_OK);
    cr_assert(access_lookup(access, agent->public_key, user));
    cr_assert_eq(chmod(world_path(world, "access"), 0777), 0);
    cr_assert_not(access_lookup(access, agent->public_key, user), "while it runs");
    cr_assert_eq(chmod(world_path(world, "access"), 0755), 0);
    cr_assert(access_lookup(access, agent->public_key, user), "it is back");
    access_close(&access);
    cr_assert_eq(chmod(world_path(world, "access"), 0777), 0);
    cr_assert_eq(open_broker(), ERR_INSECURE);
}

Test(secrets, a_certificate_that_all_can_write_to_is_left_out)
{
    struct access *access;
    world_identity(world, "other", ROLE_AGENT, "220100");
    cr_assert_eq(chmod(world_path(world, "access/agent.cert"), 0666), 0);
    cr_assert_eq(access_open(world_path(world, "access"), &access), ERR_OK);
    cr_assert_eq(access_count(access), 1);
    access_close(&access);
}

/* --- what is said ----------------------------------------------------------------------------- */

struct secret {
    char curve[CURVE_TEXT_BYTES], seed[2 * SIGNING_SEED_BYTES + 1];
};

static struct secret secret_of(const char *path)
{
    char why[200];
    struct secret secret;
    struct identity identity;
    cr_assert_eq(identity_load(path, &identity, why), ERR_OK, "%s", why);
    strcpy(secret.curve, identity.secret_key);
    text_from_bytes(identity.signing.secret_key, SIGNING_SEED_BYTES, secret.seed);
    return secret;
}

static void is_not_in(const struct secret *secret, const char *bytes, size_t size,
                      const char *where)
{
    cr_assert_null(memmem(bytes, size, secret->curve, strlen(secret->curve)), "in %s", where);
    cr_assert_null(memmem(bytes, size, secret->seed, strlen(secret->seed)), "in %s", where);
}

static void is_not_in_file(const struct secret *secret, const char *path)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    cr_assert_eq(file_read(path, &text), ERR_OK, "%s", path);
    is_not_in(secret, (const char *)text.data, text.size, path);
    buffer_fini(&text);
}

static void is_not_in_process(const struct secret *secret, pid_t pid)
{
    char path[64];
    static const char *const files[] = {"cmdline", "environ", "comm"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, files[i]);
        is_not_in_file(secret, path);
    }
}

Test(secrets, no_log_argument_or_output_holds_one)
{
    char *output;
    const char *const broker_arguments[] = {"--log-level", "debug", NULL};
    const struct secret broker = secret_of(world_path(world, "broker.cert"));
    const struct secret agent = secret_of(world_path(world, "agent.cert"));
    pid_t pid = world_start_broker(world, broker_arguments);
    const char *const arguments[] = {"run",
                                     "--broker",
                                     world_endpoint(world, "publish"),
                                     "--server-cert",
                                     world_path(world, "broker.cert"),
                                     "--identity",
                                     world_path(world, "agent.cert"),
                                     "--state",
                                     world_path(world, "agent-state"),
                                     "--log-level",
                                     "debug",
                                     NULL};
    pid_t other = world_start(world, "songhua-agent", arguments, true, "agent.log");
    is_not_in_process(&broker, pid);
    is_not_in_process(&agent, other);
    const char *const keygen[] = {
        "keygen", "fresh", "--region", "220100", "--directory", world_path(world, "fresh"), NULL};
    cr_assert_eq(world_run(world, "songhua-agent", keygen, &output), 0);
    const struct secret fresh = secret_of(world_path(world, "fresh/fresh.cert"));
    is_not_in(&fresh, output, strlen(output), "what keygen says");
    free(output);
    cr_assert_eq(world_stop_broker(world, false), 0);
    DIR *directory = opendir(world_directory(world));
    for (struct dirent *entry; (entry = readdir(directory));)
        if (strstr(entry->d_name, ".log")) {
            is_not_in_file(&broker, world_path(world, "%s", entry->d_name));
            is_not_in_file(&agent, world_path(world, "%s", entry->d_name));
        }
    closedir(directory);
}

Test(secrets, what_is_made_is_open_to_its_owner_alone)
{
    static const char *const files[] = {
        "state",       "state/journal",      "state/journal/data.mdb",
        "state/usage", "broker.cert_secret", "broker.cert_signing"};
    cr_assert_eq(open_broker(), ERR_OK);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct stat info;
        cr_assert_eq(stat(world_path(world, "%s", files[i]), &info), 0, "%s", files[i]);
        cr_assert_eq(info.st_mode & 077, 0, "%s", files[i]);
    }
}
