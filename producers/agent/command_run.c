#include "producers/agent/agent.h"
#include "producers/agent/commands.h"
#include "producers/agent/delivery.h"
#include "producers/agent/metrics.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/cli/keys.h"
#include "proto/cli/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TURN_MS = 1000, STATUS_TEXT_BYTES = 400 };

struct settings {
    struct agent_settings agent;
    uint64_t heartbeat_ms; /* 0: none */
    const char *http;
};

static const struct option options[] = {
    AGENT_OPTIONS(struct settings),
    {"heartbeat", 0, OPTION_DURATION, offsetof(struct settings, heartbeat_ms), "TIME",
     "between two signs of life; 0s: none", .initial = "60s"},
    {"http", 0, OPTION_TEXT, offsetof(struct settings, http), "ADDRESS",
     "serve /metrics, /healthz and /readyz there, e.g. 127.0.0.1:7310; default: nowhere"},
    {0}};

struct daemon {
    const struct invocation *invocation;
    const struct settings *settings;
    struct identity identity;
    char server_key[CURVE_TEXT_BYTES];
    uint32_t region; /* of the heartbeats */
    struct station *station;
    struct metrics metrics;
    bool is_connected;   /* as last logged */
    bool is_rolled_back; /* likewise */
    uint64_t changed_us; /* when it became so */
    uint64_t deposits;   /* as last logged */
    uint64_t next_heartbeat_us;
    char shown[STATUS_TEXT_BYTES]; /* what systemd was told */
};

/* --- setting up ------------------------------------------------------------------------------- */

static enum err choose_region(struct daemon *daemon)
{
    const struct identity *identity = &daemon->identity;
    if (daemon->settings->agent.region)
        return agent_choose_region(daemon->invocation, &daemon->settings->agent, identity,
                                   &daemon->region);
    daemon->region = identity->region_count ? identity->regions[0] : REGION_JILIN;
    return ERR_OK;
}

/* A `submit` that holds the outbox ends soon; another `run` does not. */
static enum err become_station(struct daemon *daemon)
{
    const struct station_options station = {.kind = "run",
                                            .state = daemon->settings->agent.state,
                                            .broker = daemon->settings->agent.broker,
                                            .server_key = daemon->server_key,
                                            .identity = &daemon->identity};
    while (!daemon->station && !stop_requested()) {
        struct delivery delivery;
        enum err err = delivery_open(&station, &delivery);
        if (err)
            return err;
        daemon->station = delivery_take_station(&delivery);
        bool is_other_daemon = !daemon->station && !strcmp(delivery.host.kind, "run");
        if (!daemon->station && !is_other_daemon)
            delivery_await_end(&delivery, stop_fd());
        delivery_close(&delivery);
        if (is_other_daemon)
            return ERR_LOCKED;
    }
    return ERR_OK;
}

static enum err set_up(struct daemon *daemon)
{
    const struct settings *settings = daemon->settings;
    enum err err = keys_own(daemon->invocation, settings->agent.identity, &daemon->identity);
    if (!err)
        err = keys_server(daemon->invocation, settings->agent.server_cert, daemon->server_key);
    if (!err)
        err = choose_region(daemon);
    if (err)
        return err;
    err = stop_init();
    if (err)
        return command_fail(daemon->invocation, err, "signals");
    err = become_station(daemon);
    return err ? command_fail(daemon->invocation, err, "--state %s", settings->agent.state)
               : ERR_OK;
}

/* --- saying what happens ---------------------------------------------------------------------- */

static void log_connection(struct daemon *daemon, const struct station_status *status)
{
    uint64_t now_us = clock_monotonic_us();
    uint64_t lasted_ms = (now_us - daemon->changed_us) / 1000;
    bool is_connected = status->is_connected != 0;
    if (is_connected == daemon->is_connected)
        return;
    if (is_connected)
        log_info("agent.broker_back",
                 "after_ms=%" PRIu64 " waiting_batches=%" PRIu64 " waiting_events=%" PRIu64,
                 lasted_ms, status->batches, status->events);
    else
        log_warn("agent.broker_away",
                 "reason=\"%s\" after_ms=%" PRIu64 " waiting_batches=%" PRIu64
                 " waiting_events=%" PRIu64,
                 status->last_error_text, lasted_ms, status->batches, status->events);
    daemon->is_connected = is_connected;
    daemon->changed_us = now_us;
}

static void log_rollback(struct daemon *daemon, const struct station_status *status)
{
    bool is_rolled_back = status->is_rolled_back != 0;
    if (is_rolled_back == daemon->is_rolled_back)
        return;
    daemon->is_rolled_back = is_rolled_back;
    if (is_rolled_back)
        log_error("agent.rollback", "%s (SH-%d) acknowledged_record=%" PRIu64 ". %s",
                  err_text(ERR_ROLLBACK), err_number(ERR_ROLLBACK), status->receipt_record,
                  err_remedy(ERR_ROLLBACK));
    else
        log_info("agent.rollback_over", "waiting_batches=%" PRIu64, status->batches);
}

static void log_deposits(struct daemon *daemon, const struct station_status *status)
{
    if (status->deposits == daemon->deposits)
        return;
    log_info("agent.deposit",
             "deposits=%" PRIu64 " waiting_batches=%" PRIu64 " waiting_events=%" PRIu64,
             status->deposits, status->batches, status->events);
    daemon->deposits = status->deposits;
}

static void tell_systemd(struct daemon *daemon, const struct station_status *status)
{
    char text[STATUS_TEXT_BYTES];
    int size = snprintf(text, sizeof text, "STATUS=%s，待发 %" PRIu64 " 批",
                        status->is_rolled_back ? "ROLLBACK，须由管理员决定"
                        : status->is_connected ? "已连接"
                                               : "未连接服务器",
                        status->batches);
    if (status->receipt_record)
        snprintf(text + size, sizeof text - (size_t)size, "，最近确认记录 %" PRIu64,
                 status->receipt_record);
    if (!strcmp(text, daemon->shown))
        return;
    memcpy(daemon->shown, text, sizeof text);
    notify_state(text);
}

static void show(struct daemon *daemon)
{
    struct station_status status;
    station_status(daemon->station, &status);
    log_connection(daemon, &status);
    log_rollback(daemon, &status);
    log_deposits(daemon, &status);
    tell_systemd(daemon, &status);
    agent_metrics_set(&daemon->metrics, &status);
}

/* --- turning ---------------------------------------------------------------------------------- */

static bool has_heartbeat(const struct daemon *daemon)
{
    return daemon->settings->heartbeat_ms && agent_may_publish(&daemon->identity, "heartbeat");
}

static enum err beat(struct daemon *daemon)
{
    uint64_t now_us = clock_monotonic_us();
    if (!has_heartbeat(daemon) || !daemon->is_connected || now_us < daemon->next_heartbeat_us)
        return ERR_OK;
    daemon->next_heartbeat_us = now_us + daemon->settings->heartbeat_ms * 1000;
    enum err err = station_heartbeat(daemon->station, daemon->region);
    if (err == ERR_FULL) {
        log_warn("agent.outbox_full", "what=heartbeat");
        return ERR_OK; /* figures are still taken as room comes; a sign of life can be missed */
    }
    return err;
}

static uint32_t turn_ms(const struct daemon *daemon)
{
    uint64_t now_us = clock_monotonic_us();
    if (!has_heartbeat(daemon) || !daemon->is_connected)
        return TURN_MS;
    if (daemon->next_heartbeat_us <= now_us)
        return 0;
    uint64_t left_ms = (daemon->next_heartbeat_us - now_us) / 1000 + 1;
    return left_ms < TURN_MS ? (uint32_t)left_ms : TURN_MS;
}

static enum err turn_until_stopped(struct daemon *daemon)
{
    enum err err = ERR_OK;
    while (!err && !stop_requested()) {
        err = station_turn(daemon->station, turn_ms(daemon), stop_fd());
        if (err == ERR_ROLLBACK) /* it stays, says so, and takes deposits until somebody decides */
            err = ERR_OK;
        show(daemon);
        if (!err)
            err = beat(daemon);
    }
    return err;
}

static enum err work(struct daemon *daemon)
{
    struct station_status status;
    station_status(daemon->station, &status);
    log_info("agent.started",
             "name=%s broker=%s waiting_batches=%" PRIu64 " waiting_events=%" PRIu64,
             daemon->identity.name, daemon->settings->agent.broker, status.batches, status.events);
    daemon->changed_us = clock_monotonic_us();
    notify_state("READY=1");
    enum err err = turn_until_stopped(daemon);
    station_status(daemon->station, &status);
    notify_state("STOPPING=1");
    if (err)
        return command_fail(daemon->invocation, err, "%s: %s", daemon->settings->agent.broker,
                            status.last_error_text);
    log_info("agent.stopped", "waiting_batches=%" PRIu64 " waiting_events=%" PRIu64, status.batches,
             status.events);
    return ERR_OK;
}

static enum err run(const struct invocation *invocation)
{
    struct daemon daemon = {.invocation = invocation, .settings = invocation->settings};
    enum err err = agent_metrics_open(&daemon.metrics, daemon.settings->http);
    if (err)
        err = command_fail(invocation, err, "--http %s", daemon.settings->http);
    if (!err)
        err = set_up(&daemon);
    if (!err && daemon.station)
        err = work(&daemon);
    station_close(&daemon.station);
    agent_metrics_close(&daemon.metrics);
    identity_clear(&daemon.identity);
    return err;
}

struct command agent_run_command(void)
{
    return (struct command){
        .name = "run",
        .summary = "常驻运行，发送发件箱 / stay, send what the outbox holds, give signs of life",
        .run = run,
        .options = options,
        .settings_bytes = sizeof(struct settings),
        .examples = "songhua-agent run --config /etc/songhua/220100-changchun.yaml"};
}
