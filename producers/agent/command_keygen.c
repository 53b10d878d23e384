#include "producers/agent/agent.h"
#include "producers/agent/commands.h"
#include "proto/base/file.h"

#include <stdio.h>
#include <string.h>

struct settings {
    const char *role, *directory;
    struct option_list regions;
};

static const struct option options[] = {
    {"role", 0, OPTION_TEXT, offsetof(struct settings, role), "ROLE",
     "agent, scorer, alerter, operator, reader, planner or admin", .initial = "agent"},
    {"region", 'r', OPTION_LIST, offsetof(struct settings, regions), "REGION",
     "a region it may report for, code or name; may be given several times; *: all"},
    {"directory", 'd', OPTION_TEXT, offsetof(struct settings, directory), "DIR",
     "where the files go", .initial = "."},
    {0}};

struct regions {
    uint32_t codes[IDENTITY_MAX_REGIONS];
    size_t count;
    bool is_all;
};

static enum err read_regions(const struct invocation *invocation, struct regions *out)
{
    const struct settings *settings = invocation->settings;
    if (!settings->regions.count)
        return command_fail(invocation, ERR_USAGE,
                            "请用 --region 指明地区（全部：'*'） / say which regions with --region "
                            "(all: '*')");
    for (size_t i = 0; i < settings->regions.count; i++) {
        const char *text = settings->regions.items[i];
        if (!strcmp(text, "*"))
            out->is_all = true;
        else if (out->count == IDENTITY_MAX_REGIONS || region_parse(text, &out->codes[out->count]))
            return command_fail(invocation, ERR_USAGE, "--region %s: 未知的地区 / unknown region",
                                text);
        else
            out->count++;
    }
    return ERR_OK;
}

static void say_what_next(const struct identity *identity, const char *path)
{
    printf("%s             公开，交给服务器管理员 / public, for the broker's operator\n"
           "%s_secret      私密，勿外传 / secret, stays here\n"
           "%s_signing     私密，勿外传 / secret, stays here\n\n",
           path, path, path);
    printf("名称 name %s, 角色 role %s, 公钥 public key %s\n\n", identity->name,
           role_name(identity->role), identity->public_key);
    if (!strcmp(identity->name, "broker")) { /* its own: nobody has to let it in */
        printf(
            "各上报端和服务的 server-cert 用 broker.cert / every agent and service has broker.cert "
            "as its server-cert\n");
        return;
    }
    printf("服务器上执行 / on the broker's machine:\n"
           "  install -m 644 %s.cert /etc/songhua/access/\n"
           "  (或 / or: songhua-broker authorize %s.cert)\n",
           identity->name, identity->name);
}

static enum err make(const struct invocation *invocation, const char *name,
                     const struct regions *regions)
{
    char path[PATH_MAX], file[IDENTITY_NAME_BYTES + 8];
    struct identity identity;
    const struct settings *settings = invocation->settings;
    enum err err = identity_make(name, role_from_name(settings->role), regions->codes,
                                 regions->count, regions->is_all, &identity);
    if (err)
        return command_fail(invocation, err,
                            "%s, --role %s: 名称为 1 至 64 个 a-z 0-9 . _ - / a name is 1 to 64 of "
                            "a-z 0-9 . _ -",
                            name, settings->role);
    snprintf(file, sizeof file, "%s.cert", identity.name);
    err = agent_path(settings->directory, file, path);
    if (!err)
        err = file_make_directory(settings->directory);
    if (!err)
        err = identity_save(&identity, path);
    if (err)
        command_fail(invocation, err, "%s/%s", settings->directory, file);
    else
        say_what_next(&identity, path);
    identity_clear(&identity);
    return err;
}

static enum err run(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;
    struct regions regions = {0};
    if (invocation->operand_count != 1)
        return command_fail(invocation, ERR_USAGE, "请给出一个名称 / give one name");
    if (!role_from_name(settings->role))
        return command_fail(invocation, ERR_USAGE,
                            "--role %s: agent, scorer, alerter, operator, reader, planner, admin",
                            settings->role);
    enum err err = read_regions(invocation, &regions);
    return err ? err : make(invocation, invocation->operands[0], &regions);
}

struct command agent_keygen_command(void)
{
    return (struct command){
        .name = "keygen",
        .summary = "生成密钥 / make the keys and certificate of an agent or service",
        .operands = "NAME",
        .run = run,
        .options = options,
        .settings_bytes = sizeof(struct settings),
        .examples = "songhua-agent keygen agent-220100 --region 220100 --directory /etc/songhua"};
}
