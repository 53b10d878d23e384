#include "producers/agent/checkup.h"

#include "producers/agent/delivery.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/text.h"
#include "proto/net/socket.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    REACH_TIMEOUT_MS = 5000,
    REACH_STEP_MS = 50,
    OUTBOX_OLD_MS = 60 * 60 * 1000,
    SPACE_WARN_BYTES = 1024 * 1024 * 1024,
    SPACE_FAIL_BYTES = 64 * 1024 * 1024
};

/* Later than this version was made, earlier than it will be used: 2025-01-01 and 2100-01-01. */
static const uint64_t clock_least_ms = 1735689600000, clock_most_ms = 4102444800000;

static void conclude(struct checkup *checkup, enum verdict verdict, enum err err,
                     const char *remedy, const char *format, ...) PRINTF_LIKE(5, 6);

static void conclude(struct checkup *checkup, enum verdict verdict, enum err err,
                     const char *remedy, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(checkup->what, sizeof checkup->what, format, arguments);
    va_end(arguments);
    snprintf(checkup->remedy, sizeof checkup->remedy, "%s", remedy);
    checkup->verdict = verdict;
    checkup->err = err;
}

/* --- files ------------------------------------------------------------------------------------ */

static void look_at_identity(struct checkup *checkup)
{
    char why[200] = "";
    const char *path = checkup->settings->identity;
    enum err err = identity_load(path, &checkup->identity, why);
    checkup->has_identity = !err;
    if (err == ERR_INSECURE)
        conclude(checkup, VERDICT_FAIL, err, "chmod 600 NAME.cert_secret NAME.cert_signing", "%s",
                 why);
    else if (err)
        conclude(checkup, VERDICT_FAIL, ERR_KEY,
                 "songhua-agent keygen NAME --region CODE --directory /etc/songhua", "%s", why);
    else
        conclude(checkup, VERDICT_OK, ERR_OK, "", "%s, %s, %zu 个地区 regions",
                 checkup->identity.name, role_name(checkup->identity.role),
                 checkup->identity.region_count);
}

static void look_at_server_cert(struct checkup *checkup)
{
    char why[200] = "";
    struct identity server;
    enum err err = identity_load_public(checkup->settings->server_cert, &server, why);
    if (err) {
        conclude(checkup, VERDICT_FAIL, ERR_KEY, "copy broker.cert from the broker's machine", "%s",
                 why);
        return;
    }
    memcpy(checkup->server_key, server.public_key, CURVE_TEXT_BYTES);
    conclude(checkup, VERDICT_OK, ERR_OK, "", "%s", server.public_key);
}

static void look_at_framework(struct checkup *checkup)
{
    struct diag diag;
    struct framework *framework = NULL;
    const char *path = checkup->settings->framework;
    enum err err = diag_init(&diag, path, AGENT_FRAMEWORK_MAX_FINDINGS);
    if (!err)
        err = framework_load_file(path, &diag, &framework);
    if (err == ERR_FRAMEWORK && diag.count) /* the first; submit shows them all */
        conclude(checkup, VERDICT_FAIL, err,
                 "correct the file; songhua-agent check lists all that is wrong",
                 "%s:%u:%u: %s / %s", path, (unsigned)diag.items[0].line,
                 (unsigned)diag.items[0].column, diag.items[0].zh, diag.items[0].en);
    else if (err)
        conclude(checkup, VERDICT_FAIL, err, "--framework FILE", "%s: %s", path, err_text(err));
    else
        conclude(checkup, VERDICT_OK, ERR_OK, "", "%s@%" PRIu64 ", %zu 个指标 indicators",
                 framework->id, framework->version, framework->indicator_count);
    framework_free(framework);
    diag_fini(&diag);
}

/* --- the machine ------------------------------------------------------------------------------ */

static void look_at_clock(struct checkup *checkup)
{
    char now[TEXT_TIME_BYTES];
    uint64_t now_ms = clock_realtime_ms();
    text_format_time(now_ms, false, now);
    if (now_ms < clock_least_ms || now_ms > clock_most_ms)
        conclude(checkup, VERDICT_FAIL, ERR_CONFIG, "timedatectl set-ntp true", "%s", now);
    else
        conclude(checkup, VERDICT_OK, ERR_OK, "", "%s", now);
}

/* Whether the nearest directory above that is there may be written into. */
static bool can_be_made(const char *path)
{
    char above[PATH_MAX];
    snprintf(above, sizeof above, "%s", path);
    for (char *slash; (slash = strrchr(above, '/'));) {
        *slash = '\0';
        if (!access(*above ? above : "/", W_OK | X_OK))
            return true;
        if (errno != ENOENT)
            return false;
    }
    return !access(".", W_OK | X_OK);
}

static void look_at_state(struct checkup *checkup)
{
    struct stat info;
    const char *path = checkup->settings->state;
    bool is_there = !stat(path, &info);
    if (!is_there && (errno != ENOENT || !can_be_made(path)))
        conclude(checkup, VERDICT_FAIL, ERR_PERMISSION,
                 "as root: install -d -m 755 its parent, install -d -m 700 -o USER the directory",
                 "%s: this user may not make it", path);
    else if (!is_there)
        conclude(checkup, VERDICT_WARN, ERR_OK, "it is made by the first submit or run", "%s",
                 path);
    else if (!S_ISDIR(info.st_mode) || access(path, R_OK | W_OK | X_OK))
        conclude(checkup, VERDICT_FAIL, ERR_PERMISSION, "chown and chmod 700 the directory", "%s",
                 path);
    else if (info.st_mode & 077)
        conclude(checkup, VERDICT_WARN, ERR_OK, "chmod 700 the directory", "%s: mode %03o", path,
                 info.st_mode & 0777);
    else if (info.st_uid != geteuid())
        conclude(checkup, VERDICT_WARN, ERR_OK, "run every command as the directory's owner",
                 "%s: uid %u, not %u", path, info.st_uid, geteuid());
    else
        conclude(checkup, VERDICT_OK, ERR_OK, "", "%s", path);
}

static void look_at_space(struct checkup *checkup)
{
    struct statvfs info;
    const char *path = checkup->settings->state;
    if (statvfs(file_exists(path) ? path : "/", &info)) {
        conclude(checkup, VERDICT_WARN, ERR_OK, "df -h", "%s", path);
        return;
    }
    uint64_t free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    enum verdict verdict = free_bytes < SPACE_FAIL_BYTES   ? VERDICT_FAIL
                           : free_bytes < SPACE_WARN_BYTES ? VERDICT_WARN
                                                           : VERDICT_OK;
    conclude(checkup, verdict, verdict == VERDICT_FAIL ? ERR_FULL : ERR_OK,
             "free space where --state is", "%" PRIu64 " MiB", free_bytes >> 20);
}

/* --- outbox and broker ------------------------------------------------------------------------ */

static enum err read_outbox(struct checkup *checkup, struct station_status *status)
{
    struct delivery delivery;
    const struct station_options options = {
        .kind = "doctor", .state = checkup->settings->state, .identity = &checkup->identity};
    enum err err = delivery_open(&options, &delivery);
    if (!err) {
        err = delivery_status(&delivery, status);
        delivery_close(&delivery);
    }
    return err;
}

static void look_at_outbox(struct checkup *checkup)
{
    char path[PATH_MAX];
    struct station_status status = {0};
    if (!checkup->has_identity || agent_path(checkup->settings->state, "outbox", path) ||
        !file_exists(path)) {
        conclude(checkup, VERDICT_OK, ERR_OK, "", "尚未使用 not used yet");
        return;
    }
    enum err err = read_outbox(checkup, &status);
    uint64_t now_ms = clock_realtime_ms();
    bool is_old = status.oldest_ms && status.oldest_ms + OUTBOX_OLD_MS < now_ms;
    if (err)
        conclude(checkup, VERDICT_FAIL, err, err_remedy(err), "%s: %s", path, err_text(err));
    else if (status.is_rolled_back)
        conclude(checkup, VERDICT_FAIL, ERR_ROLLBACK, err_remedy(ERR_ROLLBACK), "ROLLBACK: %s / %s",
                 err_text_zh(ERR_ROLLBACK), err_text(ERR_ROLLBACK));
    else
        conclude(checkup, is_old ? VERDICT_WARN : VERDICT_OK, ERR_OK, "songhua-agent run",
                 "待发 %" PRIu64 " 批 %" PRIu64 " 条 / %" PRIu64 " batches, %" PRIu64
                 " events wait",
                 status.batches, status.events, status.batches, status.events);
}

/* How the connection stands once it is up or has been refused, or the time has run out. */
static enum err try_connection(struct net_socket *socket)
{
    struct net_link link = {0};
    uint64_t end_us = clock_monotonic_us() + REACH_TIMEOUT_MS * 1000ull;
    while (clock_monotonic_us() < end_us && !link.is_up && link.failure != ERR_KEY) {
        struct net_poll_item item = {.socket = socket};
        net_poll(&item, 1, REACH_STEP_MS);
        net_socket_link(socket, &link);
    }
    return link.is_up ? ERR_OK : link.failure == ERR_KEY ? ERR_KEY : ERR_UNREACHABLE;
}

static enum err reach(const struct checkup *checkup)
{
    struct net *net;
    struct net_socket *socket = NULL;
    const struct net_socket_options options = {.kind = NET_DEALER,
                                               .endpoint = checkup->settings->broker,
                                               .identity = &checkup->identity,
                                               .server_key = checkup->server_key};
    enum err err = net_open(1, &net);
    if (err)
        return err;
    err = net_socket_open(net, &options, &socket);
    if (!err)
        err = try_connection(socket);
    net_socket_close(&socket);
    net_close(&net);
    return err;
}

static void look_at_broker(struct checkup *checkup)
{
    if (!checkup->has_identity || !checkup->server_key[0]) {
        conclude(checkup, VERDICT_WARN, ERR_OK, "first mend identity and server-cert",
                 "未检查 not tried");
        return;
    }
    enum err err = reach(checkup);
    const char *remedy = err == ERR_KEY
                             ? "the broker's operator: songhua-broker authorize NAME.cert"
                             : err_remedy(err);
    conclude(checkup, err ? VERDICT_FAIL : VERDICT_OK, err, remedy, "%s%s%s",
             checkup->settings->broker, err ? ": " : "", err ? err_text(err) : "");
}

const struct checkup_item checkup_items[] = {
    {"identity", "证书 identity", look_at_identity},
    {"server-cert", "服务器证书 server-cert", look_at_server_cert},
    {"framework", "指标体系 framework", look_at_framework},
    {"clock", "时钟 clock", look_at_clock},
    {"state", "目录 state", look_at_state},
    {"space", "磁盘 space", look_at_space},
    {"outbox", "发件箱 outbox", look_at_outbox},
    {"broker", "服务器 broker", look_at_broker},
    {0}};
