#include "producers/agent/account.h"
#include "producers/agent/agent.h"
#include "producers/agent/commands.h"
#include "producers/agent/source.h"
#include "proto/base/file.h"
#include "proto/cli/keys.h"

/* Without a certificate the file is held against the framework alone: who prepares figures need not
 * be who sends them. A certificate that is there must be right. */
static enum err load_identity(const struct invocation *invocation, struct identity *out,
                              const struct identity **used)
{
    const struct agent_view_settings *settings = invocation->settings;
    *used = NULL;
    if (!file_exists(settings->agent.identity))
        return ERR_OK;
    enum err err = keys_own_public(invocation, settings->agent.identity, out);
    if (!err)
        *used = out;
    return err;
}

static enum err check_file(const struct invocation *invocation,
                           const struct submission_options *reading, const char *path)
{
    const struct agent_view_settings *settings = invocation->settings;
    struct submission submission;
    enum err err = submission_read(path, reading, &submission);
    if (err && err != ERR_ROWS)
        return command_fail(invocation, err, "%s%s%s", path,
                            err == ERR_USAGE ? ": 可读取的文件 / files that can be read: " : "",
                            err == ERR_USAGE ? source_names() : "");
    const struct account account = {
        .name = path, .submission = &submission, .refused = err, .is_checked_only = true};
    account_findings(&account);
    account_result(&account, settings->is_json);
    submission_fini(&submission);
    return err;
}

static enum err run(const struct invocation *invocation)
{
    const struct agent_view_settings *settings = invocation->settings;
    struct identity identity;
    struct framework *framework = NULL;
    struct submission_options reading = {0};
    if (!invocation->operand_count)
        return command_fail(invocation, ERR_USAGE, "请给出文件 / name the files");
    enum err err = load_identity(invocation, &identity, &reading.identity);
    if (!err)
        err = agent_load_framework(invocation, &settings->agent, &framework);
    if (err)
        return err;
    reading.framework = framework;
    for (size_t i = 0; i < invocation->operand_count; i++) {
        enum err one = check_file(invocation, &reading, invocation->operands[i]);
        err = err ? err : one;
    }
    framework_free(framework);
    return err;
}

struct command agent_check_command(void)
{
    return (struct command){.name = "check",
                            .summary = "只校验文件 / check files of figures and send nothing",
                            .operands = "FILE…",
                            .run = run,
                            .options = agent_view_options,
                            .settings_bytes = sizeof(struct agent_view_settings),
                            .examples = "songhua-agent check 2024.csv"};
}
