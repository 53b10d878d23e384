/* songhua-agent resend: the operator's decision when the broker has lost what it acknowledged. */
#include "producers/agent/agent.h"
#include "producers/agent/commands.h"
#include "producers/agent/delivery.h"
#include "proto/base/clock.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/cli/keys.h"

#include <inttypes.h>
#include <stdio.h>

struct settings {
    struct agent_settings agent;
    bool is_decided, is_dry, is_json;
    uint64_t timeout_ms;
};

static const struct option options[] = {
    AGENT_OPTIONS(struct settings),
    {"after-rollback", 0, OPTION_FLAG, offsetof(struct settings, is_decided), NULL,
     "take the broker as it is, and send again what this agent still has"},
    {"dry-run", 'n', OPTION_FLAG, offsetof(struct settings, is_dry), NULL,
     "only say what would be sent again and what is lost"},
    {"timeout", 't', OPTION_DURATION, offsetof(struct settings, timeout_ms), "TIME",
     "how long to wait for the broker", .initial = "30s"},
    {"json", 0, OPTION_FLAG, offsetof(struct settings, is_json), NULL, "one JSON object"},
    {0}};

enum { JSON_MAX_BYTES = 8192, TURN_MS = 100 };

/* --- saying ----------------------------------------------------------------------------------- */

static enum err print_json(const struct station_resend *resend, bool is_dry)
{
    struct buffer line;
    buffer_init(&line, JSON_MAX_BYTES);
    struct json json = json_start(&line);
    json_open(&json, NULL, '{');
    json_text(&json, "result", is_dry ? "dry_run" : "sending");
    json_u64(&json, "noticed_ms", resend->noticed_ms);
    json_bool(&json, "other_broker", resend->is_other_broker != 0);
    json_u64(&json, "epoch", resend->epoch);
    json_u64(&json, "acknowledged", resend->acknowledged);
    json_u64(&json, "record", resend->record);
    json_u64(&json, "broker_epoch", resend->broker_epoch);
    json_u64(&json, "broker_sequence", resend->broker_sequence);
    json_u64(&json, "broker_record", resend->broker_record);
    json_u64(&json, "lost_first", resend->lost_first);
    json_u64(&json, "lost_last", resend->lost_last);
    json_u64(&json, "again", resend->again);
    json_bool(&json, "whole", resend->is_whole != 0);
    json_close(&json, '}');
    enum err err = json_print(&json, stdout);
    buffer_fini(&line);
    return err;
}

static void print_loss(const struct station_resend *resend)
{
    if (!resend->lost_first) {
        puts("丢失 lost              无 nothing");
        return;
    }
    printf(
        "丢失 lost              批次 batches %" PRIu64 ".%" PRIu64 " – %" PRIu64 ".%" PRIu64
        ": 本机与服务器均已没有 / neither this agent nor the broker has them\n"
        "                       重新提交这些文件即可 / submit their files again; what was sent is "
        "forgotten.\n"
        "                       songhua-agent receipts 证明其曾被确认 / proves that they were "
        "acknowledged\n",
        resend->epoch, resend->lost_first, resend->epoch, resend->lost_last);
}

static void print_people(const struct station_resend *resend)
{
    char noticed[TEXT_TIME_BYTES];
    text_format_time(resend->noticed_ms, false, noticed);
    printf("发现 noticed           %s\n", noticed);
    printf("曾确认 acknowledged    批次 batch %" PRIu64 ".%" PRIu64 "，记录 record %" PRIu64 "\n",
           resend->epoch, resend->acknowledged, resend->record);
    printf("服务器现有 broker has  批次 batch %" PRIu64 ".%" PRIu64 "，记录 record %" PRIu64 "%s\n",
           resend->broker_epoch, resend->broker_sequence, resend->broker_record,
           resend->is_other_broker ? "（另一台服务器 another broker）" : "");
    printf("可重发 to send again   %" PRIu64 " 批 batches%s\n", resend->again,
           resend->is_whole ? "，逐字节相同 as the same bytes" : "，以新的纪元 in a new epoch");
    print_loss(resend);
}

/* --- asking ----------------------------------------------------------------------------------- */

/* Nobody may have talked to the broker since: then this process does. */
static enum err look_at_broker(struct delivery *delivery, uint64_t timeout_ms)
{
    struct station_status status = {0};
    uint64_t end_us = clock_monotonic_us() + timeout_ms * 1000;
    enum err err = ERR_OK;
    while (delivery->station && !err && !status.is_connected && !status.is_rolled_back) {
        if (clock_monotonic_us() >= end_us)
            return ERR_UNREACHABLE;
        err = station_turn(delivery->station, TURN_MS, -1);
        station_status(delivery->station, &status);
    }
    return err == ERR_ROLLBACK ? ERR_OK : err;
}

static enum err decide(const struct invocation *invocation, struct delivery *delivery)
{
    const struct settings *settings = invocation->settings;
    struct station_resend resend;
    enum err err = look_at_broker(delivery, settings->timeout_ms);
    if (err)
        return command_fail(invocation, err, "%s", settings->agent.broker);
    err = delivery_resend(delivery, settings->is_dry, &resend);
    if (!err && resend.err)
        err = resend.err < ERR_COUNT ? (enum err)resend.err : ERR_INTERNAL;
    if (err == ERR_NOT_FOUND)
        return command_fail(invocation, err,
                            "服务器没有丢失已确认的内容 / the broker has all that it acknowledged: "
                            "there is nothing to decide");
    if (err)
        return command_fail(invocation, err, "--state %s", settings->agent.state);
    if (settings->is_json)
        err = print_json(&resend, settings->is_dry);
    else
        print_people(&resend);
    if (err || settings->is_dry || !settings->timeout_ms)
        return err;
    err = delivery_wait(delivery, (uint32_t)settings->timeout_ms);
    return err ? command_fail(
                     invocation, err,
                     "%s: 其余由 songhua-agent run 发送 / songhua-agent run sends the rest",
                     settings->agent.broker)
               : ERR_OK;
}

static enum err run(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;
    struct delivery delivery;
    struct identity identity;
    char server_key[CURVE_TEXT_BYTES];
    if (settings->is_decided == settings->is_dry)
        return command_fail(invocation, ERR_USAGE, "say either --dry-run or --after-rollback");
    enum err err = keys_own(invocation, settings->agent.identity, &identity);
    if (err)
        return err;
    err = keys_server(invocation, settings->agent.server_cert, server_key);
    const struct station_options station = {.kind = "resend",
                                            .state = settings->agent.state,
                                            .broker = settings->agent.broker,
                                            .server_key = server_key,
                                            .identity = &identity};
    if (!err) {
        err = delivery_open(&station, &delivery);
        if (err)
            err = command_fail(invocation, err, "--state %s", settings->agent.state);
        else
            err = decide(invocation, &delivery);
        delivery_close(&delivery);
    }
    identity_clear(&identity);
    return err;
}

struct command agent_resend_command(void)
{
    return (struct command){
        .name = "resend",
        .summary =
            "服务器恢复旧副本之后：决定重发 / after the broker was put back from an older copy: "
            "decide, and send again",
        .run = run,
        .options = options,
        .settings_bytes = sizeof(struct settings),
        .examples = "songhua-agent resend --dry-run\nsonghua-agent resend --after-rollback"};
}
