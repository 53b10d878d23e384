#include "producers/agent/agent.h"
#include "producers/agent/commands.h"
#include "producers/agent/delivery.h"
#include "proto/base/file.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/cli/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { JSON_MAX_BYTES = 64 * 1024 };

/* --- printing --------------------------------------------------------------------------------- */

static enum err print_json(const struct station_status *status, bool is_running)
{
    struct buffer line;
    buffer_init(&line, JSON_MAX_BYTES);
    struct json json = json_start(&line);
    json_open(&json, NULL, '{');
    json_bool(&json, "running", is_running);
    for (const struct field *field = station_status_fields; field->name; field++) {
        const char *member = (const char *)status + field->offset;
        uint64_t number = 0;
        if (field->text_bytes) {
            json_text(&json, field->name, member);
            continue;
        }
        memcpy(&number, member, sizeof number);
        json_u64(&json, field->name, number);
    }
    json_close(&json, '}');
    enum err err = json_print(&json, stdout);
    buffer_fini(&line);
    return err;
}

static void print_time(const char *label, uint64_t ms)
{
    char when[TEXT_TIME_BYTES] = "–";
    if (ms)
        text_format_time(ms, false, when);
    printf("%s%s\n", label, when);
}

static void print_connection(const struct station_status *status)
{
    if (status->is_rolled_back)
        printf("服务器 broker          ROLLBACK: %s / %s (SH-%d)\n%23s%s\n",
               err_text_zh(ERR_ROLLBACK), err_text(ERR_ROLLBACK), err_number(ERR_ROLLBACK), "",
               err_remedy(ERR_ROLLBACK));
    else if (status->is_connected)
        puts("服务器 broker          已连接 connected");
    else
        printf("服务器 broker          未连接 not connected: %s\n",
               *status->last_error_text ? status->last_error_text : "–");
}

static void print_people(const struct station_status *status, bool is_running)
{
    printf("上报端 agent           %s\n", status->producer);
    if (is_running) {
        printf("进程 process           %s, pid %" PRIu64 "\n", status->kind, status->pid);
        print_time("启动 started           ", status->started_ms);
        print_connection(status);
    } else {
        puts("进程 process           未运行 not running (songhua-agent run)");
        if (status->is_rolled_back)
            print_connection(status);
    }
    printf("待发 waiting           %" PRIu64 " 批 batches, %" PRIu64 " 条 events\n",
           status->batches, status->events);
    print_time("最早 oldest            ", status->oldest_ms);
    printf("下一批 next batch      %" PRIu64 ".%" PRIu64 "\n", status->epoch,
           status->next_sequence);
    printf("服务器标识 broker id   %s\n", *status->broker_id ? status->broker_id : "–");
    printf("最近回执 last receipt  记录 record %" PRIu64 ", %s\n", status->receipt_record,
           status->receipt_record ? status->receipt_digest : "–");
}

/* --- asking ----------------------------------------------------------------------------------- */

static enum err ask(const struct invocation *invocation, const struct identity *identity,
                    struct station_status *status, bool *is_running)
{
    struct delivery delivery;
    const struct agent_view_settings *settings = invocation->settings;
    const struct station_options station = {
        .kind = "status", .state = settings->agent.state, .identity = identity};
    enum err err = delivery_open(&station, &delivery);
    if (err)
        return command_fail(invocation, err, "--state %s", settings->agent.state);
    *is_running = delivery.station == NULL;
    err = delivery_status(&delivery, status);
    delivery_close(&delivery);
    return err ? command_fail(invocation, err, "--state %s", settings->agent.state) : ERR_OK;
}

static enum err run(const struct invocation *invocation)
{
    const struct agent_view_settings *settings = invocation->settings;
    char outbox[PATH_MAX];
    struct identity identity;
    struct station_status status;
    bool is_running = false;
    enum err err = agent_path(settings->agent.state, "outbox", outbox);
    if (!err && !file_exists(outbox))
        return command_fail(
            invocation, ERR_NOT_FOUND,
            "%s: 尚无发件箱，未曾上报 / there is no outbox yet: nothing was submitted", outbox);
    if (!err)
        err = keys_own_public(invocation, settings->agent.identity, &identity);
    if (!err)
        err = ask(invocation, &identity, &status, &is_running);
    if (err)
        return err;
    if (settings->is_json)
        return print_json(&status, is_running);
    print_people(&status, is_running);
    return ERR_OK;
}

struct command agent_status_command(void)
{
    return (struct command){.name = "status",
                            .summary = "发件箱与连接状态 / what waits, and for what",
                            .run = run,
                            .options = agent_view_options,
                            .settings_bytes = sizeof(struct agent_view_settings),
                            .examples = "songhua-agent status\nsonghua-agent status --json | jq "
                                        ".batches"};
}
