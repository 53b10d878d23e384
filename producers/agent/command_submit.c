#include "producers/agent/commands.h"
#include "producers/agent/dispatch.h"
#include "producers/agent/source.h"

struct settings {
    struct agent_settings agent;
    struct dispatch_settings dispatch;
    bool keeps_good;
};

static const struct option options[] = {AGENT_OPTIONS(struct settings),
                                        DISPATCH_OPTIONS(struct settings),
                                        {"keep-good", 'k', OPTION_FLAG,
                                         offsetof(struct settings, keeps_good), NULL,
                                         "send the good rows of a file that also has bad ones"},
                                        {0}};

static enum err say_unreadable(const struct invocation *invocation, const char *path, enum err err)
{
    if (err == ERR_USAGE)
        return command_fail(invocation, err,
                            "%s: 不是可读取的数据文件（%s） / not a file of figures (%s)", path,
                            source_names(), source_names());
    return command_fail(invocation, err, "%s", path);
}

/* One file. Its rows are one transaction; other files do not depend on it. */
static enum err submit_file(struct dispatch *dispatch, const struct framework *framework,
                            const char *path)
{
    const struct settings *settings = dispatch->invocation->settings;
    const struct submission_options reading = {.framework = framework,
                                               .identity = &dispatch->identity,
                                               .keeps_good = settings->keeps_good};
    struct submission submission;
    enum err err = submission_read(path, &reading, &submission);
    if (err && err != ERR_ROWS)
        return say_unreadable(dispatch->invocation, path, err);
    struct account account = {.name = path, .submission = &submission, .refused = err};
    bool has_refused = submission.diag.total != 0;
    account_findings(&account);
    if (err)
        account_result(&account, settings->dispatch.is_json);
    else
        err = dispatch_parcel(dispatch, &submission.parcel, &account);
    submission_fini(&submission);
    return !err && has_refused ? ERR_ROWS : err;
}

static enum err run(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;
    struct dispatch dispatch;
    struct framework *framework = NULL;
    if (!invocation->operand_count)
        return command_fail(invocation, ERR_USAGE, "请给出文件 / name the files");
    enum err err = dispatch_open(invocation, &settings->agent, &settings->dispatch, &dispatch);
    if (err)
        return err;
    err = agent_load_framework(invocation, &settings->agent, &framework);
    if (err)
        goto out;
    dispatch.framework = framework;
    for (size_t i = 0; i < invocation->operand_count; i++) {
        enum err one = submit_file(&dispatch, framework, invocation->operands[i]);
        err = err ? err : one;
    }
out:
    framework_free(framework);
    dispatch_close(&dispatch);
    return err;
}

struct command agent_submit_command(void)
{
    return (struct command){
        .name = "submit",
        .summary = "校验并上报文件 / check files of figures and report them, each exactly once",
        .operands = "FILE…",
        .run = run,
        .options = options,
        .settings_bytes = sizeof(struct settings),
        .examples = "songhua-agent submit 2024.csv\n"
                    "songhua-agent submit --dry-run 2024.csv     what would be sent\n"
                    "songhua-agent submit --keep-good 2024.csv   without the rows that are wrong"};
}
