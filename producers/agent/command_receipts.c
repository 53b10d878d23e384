/* songhua-agent receipts: what the broker has acknowledged, for songhua-replay verify --receipts. */
#include "producers/agent/agent.h"
#include "producers/agent/commands.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/client/outbox.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 1024 };

static bool print_json(const char *stream, const char *producer,
                       const struct outbox_receipt *receipt, const char *digest)
{
    struct buffer line;
    buffer_init(&line, LINE_MAX_BYTES);
    struct json json = json_start(&line);
    json_open(&json, NULL, '{');
    json_text(&json, "stream", stream);
    json_text(&json, "producer", producer);
    json_u64(&json, "epoch", receipt->epoch);
    json_u64(&json, "sequence", receipt->sequence);
    json_u64(&json, "record", receipt->record);
    json_u64(&json, "noted_ms", receipt->noted_ms);
    json_text(&json, "digest", digest);
    json_close(&json, '}');
    bool is_written = !json_print(&json, stdout);
    buffer_fini(&line);
    return is_written;
}

static bool print(void *context, const char *stream, const char *producer,
                  const struct outbox_receipt *receipt)
{
    const struct agent_view_settings *settings = context;
    char digest[2 * DIGEST_BYTES + 1];
    text_from_bytes(receipt->digest, DIGEST_BYTES, digest);
    if (settings->is_json)
        return print_json(stream, producer, receipt, digest);
    return printf("%s %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", stream, producer,
                  receipt->epoch, receipt->sequence, receipt->record, digest) > 0;
}

static enum err run(const struct invocation *invocation)
{
    const struct agent_view_settings *settings = invocation->settings;
    char outbox[PATH_MAX];
    enum err err = agent_path(settings->agent.state, "outbox", outbox);
    if (!err)
        err = outbox_each_receipt(outbox, print, (void *)(uintptr_t)settings);
    if (err == ERR_NOT_FOUND)
        return command_fail(invocation, err,
                            "%s: 尚无发件箱 / there is no outbox yet: nothing was submitted",
                            outbox);
    return err ? command_fail(invocation, err, "%s", outbox) : ERR_OK;
}

struct command agent_receipts_command(void)
{
    return (struct command){
        .name = "receipts",
        .summary = "列出服务器的回执 / what the broker has acknowledged, one line a receipt",
        .run = run,
        .options = agent_view_options,
        .settings_bytes = sizeof(struct agent_view_settings),
        .examples = "songhua-agent receipts > receipts.txt\n"
                    "songhua-replay verify --receipts receipts.txt"};
}
