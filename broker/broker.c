#include "broker/broker.h"

#include "broker/access.h"
#include "broker/audit.h"
#include "broker/counters.h"
#include "broker/guard.h"
#include "broker/intake.h"
#include "broker/journal/care.h"
#include "broker/journal/journal.h"
#include "broker/metrics.h"
#include "broker/quota.h"
#include "broker/saves.h"
#include "broker/serve.h"
#include "broker/usage.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/net/http_status.h"
#include "proto/net/socket.h"
#include "proto/net/zap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What clients publish into, and what the broker itself does; the latter is fetched, not sent out live. */
static const char *const client_streams[] = {"events", "scores", "alerts", NULL};
static const char *const streams[] = {"events", "scores", "alerts", AUDIT_STREAM, NULL};
static const char software[] = "songhua-broker " SONGHUA_VERSION;

/* For each client. A fetch reply may be a megabyte, and a client that asks and never reads gets no more. */
enum { PUBLISH_QUEUE = 1024, FETCH_QUEUE = 64, LIVE_QUEUE = 1000 };

struct broker {
    struct broker_options options;
    struct identity identity;
    struct net *net;
    struct journal *journal;
    struct access *access;
    struct zap *zap;
    struct net_socket *publish, *fetch, *live;
    struct wake to_intake, to_serve, failed;
    struct audience audience;
    struct saves *saves;
    struct audit *audit;
    struct guard guard;
    struct quota *quota;
    struct usage usage;
    uint64_t tended_us;
    struct intake *intake;
    struct serve *serve;
    struct http_status *http;
    struct counters counters;
    uint64_t started_ms;
    char http_endpoint[64];
};

static enum err said(const char *id, enum err err, const char *what)
{
    if (err)
        log_error(id, "%s: %s (SH-%d). %s", what, err_text(err), err_number(err), err_remedy(err));
    return err;
}

/* A format that is not ours: say which command helps. */
static enum err said_format(const char *state)
{
    char folder[CARE_PATH_BYTES];
    uint64_t format, mine = journal_format_written();
    if (journal_folder(state, folder) || journal_format(folder, &format))
        return said("broker.journal", ERR_VERSION, state);
    log_error("broker.format", "%s: format %llu, this program has format %llu (SH-%d). %s", folder,
              (unsigned long long)format, (unsigned long long)mine, err_number(ERR_VERSION),
              format < mine ? "Once, with a backup at hand: songhua-broker upgrade --state DIR"
                            : "Use the newer songhua-broker that made it.");
    return ERR_VERSION;
}

static enum err open_journal(struct broker *broker)
{
    const struct journal_options options = {.directory = broker->options.state,
                                            .max_bytes = broker->options.journal_bytes,
                                            .streams = streams};
    enum err err = said("broker.state", file_make_directory(options.directory), options.directory);
    if (!err)
        err = said("broker.state", file_check_directory(options.directory), options.directory);
    if (err)
        return err;
    err = journal_open(&options, &broker->journal);
    return err == ERR_VERSION ? said_format(options.directory)
                              : said("broker.journal", err, options.directory);
}

static enum err open_access(struct broker *broker)
{
    char why[200] = "";
    enum err err = identity_load(broker->options.identity, &broker->identity, why);
    if (err) {
        log_error("broker.identity", "%s (SH-%d)", why, err_number(err));
        return err;
    }
    err = said("broker.access", access_open(broker->options.access, &broker->access),
               broker->options.access);
    if (!err)
        err =
            said("broker.net", net_open((unsigned)broker->options.io_threads, &broker->net), "net");
    return err ? err
               : said("broker.zap",
                      zap_open(broker->net, access_lookup, broker->access, &broker->zap),
                      "access check");
}

static enum err bind_port(struct broker *broker, enum net_kind kind, const char *endpoint,
                          int queue, struct net_socket **out)
{
    const struct net_socket_options options = {.kind = kind,
                                               .endpoint = endpoint,
                                               .is_server = true,
                                               .identity = &broker->identity,
                                               .queue_messages = queue};
    enum err err = net_socket_open(broker->net, &options, out);
    if (err != ERR_EXISTS)
        return said("broker.bind", err, endpoint);
    log_error("broker.bind",
              "%s: another program listens there (SH-%d). End it, or give --publish, --fetch and "
              "--live other ports.",
              endpoint, err_number(err));
    return err;
}

static enum err open_ports(struct broker *broker)
{
    const struct broker_options *options = &broker->options;
    enum err err = bind_port(broker, NET_ROUTER, options->publish, PUBLISH_QUEUE, &broker->publish);
    if (!err)
        err = bind_port(broker, NET_ROUTER, options->fetch, FETCH_QUEUE, &broker->fetch);
    if (!err)
        err = bind_port(broker, NET_XPUB, options->live, LIVE_QUEUE, &broker->live);
    return err;
}

static void note_stranger(void *context, const char *public_key, const char *address)
{
    audit_note(context, AUDIT_UNKNOWN_KEY, address, "key %s", public_key);
}

/* Before any port: what is refused there is to be on record. */
static enum err open_audit(struct broker *broker)
{
    enum err err = wake_open(&broker->to_intake);
    if (!err)
        err = wake_open(&broker->to_serve);
    if (!err)
        err = wake_open(&broker->failed);
    if (!err)
        err = audit_new(&broker->identity, &broker->to_intake, &broker->audit);
    if (err)
        return err;
    broker->guard.limit_bytes = broker->options.memory_bytes;
    broker->guard.audit = broker->audit;
    broker->guard.owners[0] = &broker->to_intake;
    broker->guard.owners[1] = &broker->to_serve;
    access_set_audit(broker->access, broker->audit);
    zap_tell(broker->zap, note_stranger, broker->audit);
    return ERR_OK;
}

/* Above all what may be thrown away. */
static void note_retention(struct broker *broker)
{
    const struct retention_rules *rules = &broker->options.retention;
    for (size_t i = 0; i < rules->count; i++) {
        const struct retention_rule *rule = &rules->items[i];
        audit_note(broker->audit, AUDIT_CONFIG, broker->identity.name,
                   "retention stream=%s age_ms=%llu size=%llu read=%d past-unread=%d", rule->stream,
                   (unsigned long long)rule->age_ms, (unsigned long long)rule->size_bytes,
                   rule->is_read, rule->is_past_unread);
    }
}

/* The settings of each start are on record, so that a change of them shows. */
static void note_start(struct broker *broker)
{
    char digest[ACCESS_DIGEST_BYTES];
    const struct identity_quota *quota = &broker->options.quota;
    access_digest(broker->access, digest);
    audit_note(broker->audit, AUDIT_STARTED, broker->identity.name,
               "%s publish=%s fetch=%s live=%s http=%s", software,
               net_socket_endpoint(broker->publish), net_socket_endpoint(broker->fetch),
               net_socket_endpoint(broker->live), broker->http_endpoint);
    audit_note(broker->audit, AUDIT_CONFIG, broker->identity.name,
               "journal-size=%llu quota=%llu/%llu/%llu/%llu clients=%zu access=%s",
               (unsigned long long)broker->options.journal_bytes,
               (unsigned long long)quota->events_per_second,
               (unsigned long long)quota->bytes_per_second, (unsigned long long)quota->stored_bytes,
               (unsigned long long)quota->max_producers, access_count(broker->access), digest);
    note_retention(broker);
}

static enum err open_quota(struct broker *broker)
{
    const struct quota_options options = {.access = broker->access,
                                          .journal = broker->journal,
                                          .counters = &broker->counters,
                                          .defaults = broker->options.quota};
    broker->usage = (struct usage){
        .journal = broker->journal, .access = broker->access, .streams = client_streams};
    snprintf(broker->usage.path, sizeof broker->usage.path, "%s/usage", broker->options.state);
    enum err err = quota_new(&options, &broker->quota);
    if (err)
        return said("broker.quota", err, broker->options.state);
    broker->usage.quota = broker->quota;
    err = usage_load(&broker->usage);
    if (err) { /* half of a count must not be saved as the whole */
        quota_free(broker->quota);
        broker->quota = NULL;
    }
    return said("broker.quota", err, broker->options.state);
}

static enum err start_threads(struct broker *broker)
{
    enum err err = saves_new(&broker->to_intake, &broker->to_serve, &broker->saves);
    if (err)
        return err;
    audience_init(&broker->audience, &broker->to_intake, &broker->to_serve);
    const struct serve_options serve = {.socket = broker->fetch,
                                        .live = broker->live,
                                        .journal = broker->journal,
                                        .access = broker->access,
                                        .saves = broker->saves,
                                        .guard = &broker->guard,
                                        .counters = &broker->counters,
                                        .streams = streams,
                                        .live_streams = client_streams,
                                        .wake = &broker->to_serve,
                                        .audience = &broker->audience,
                                        .software = software,
                                        .started_ms = broker->started_ms};
    const struct intake_options intake = {.socket = broker->publish,
                                          .journal = broker->journal,
                                          .access = broker->access,
                                          .saves = broker->saves,
                                          .quota = broker->quota,
                                          .audit = broker->audit,
                                          .guard = &broker->guard,
                                          .counters = &broker->counters,
                                          .retention = &broker->options.retention,
                                          .wake = &broker->to_intake,
                                          .audience = &broker->audience,
                                          .failed = &broker->failed,
                                          .software = software};
    err = serve_start(&serve, &broker->serve);
    return err ? err : intake_start(&intake, &broker->intake);
}

static enum err render_metrics(void *context, struct buffer *out)
{
    struct broker *broker = context;
    const struct metrics_sources sources = {.counters = &broker->counters,
                                            .guard = &broker->guard,
                                            .journal = broker->journal,
                                            .access = broker->access,
                                            .streams = streams,
                                            .started_ms = broker->started_ms};
    return metrics_render(&sources, out);
}

static bool is_ready(void *context, char why[200])
{
    enum err err = broker_error(context);
    if (err)
        snprintf(why, 200, "the journal failed: %s", err_text(err));
    return !err;
}

static enum err open_http(struct broker *broker)
{
    if (!*broker->options.http)
        return ERR_OK;
    const struct http_status_options options = {.address = broker->options.http,
                                                .metrics = render_metrics,
                                                .is_ready = is_ready,
                                                .context = broker};
    enum err err = said("broker.http", http_status_open(&options, &broker->http), options.address);
    if (!err)
        snprintf(broker->http_endpoint, sizeof broker->http_endpoint, "http://127.0.0.1:%u",
                 http_status_port(broker->http));
    return err;
}

enum err broker_open(const struct broker_options *options, struct broker **out)
{
    struct broker *broker = calloc(1, sizeof *broker);
    if (!broker)
        return ERR_NOMEM;
    broker->options = *options;
    broker->started_ms = clock_realtime_ms();
    broker->to_intake.fd = broker->to_serve.fd = broker->failed.fd = -1;
    enum err err = open_journal(broker);
    if (!err)
        err = open_access(broker);
    if (!err)
        err = open_audit(broker);
    if (!err)
        err = open_quota(broker);
    if (!err)
        err = open_ports(broker);
    if (!err)
        err = start_threads(broker);
    if (!err)
        err = open_http(broker);
    if (err) {
        broker_close(&broker);
        return err;
    }
    note_start(broker);
    log_info("broker.ready", "publish=%s fetch=%s live=%s http=%s clients=%zu",
             net_socket_endpoint(broker->publish), net_socket_endpoint(broker->fetch),
             net_socket_endpoint(broker->live), broker->http_endpoint,
             access_count(broker->access));
    *out = broker;
    return ERR_OK;
}

/* A save that had no room costs nothing but time at the next start: then more is read from the journal.
 * A disk that failed is not asked again, whichever file it was that met it. */
static void save_usage(struct broker *broker)
{
    enum err err = broker->quota ? usage_save(&broker->usage) : ERR_OK;
    if (err)
        log_warn("usage.not_saved", "file=%s error=%s", broker->usage.path, err_name(err));
    if (err == ERR_IO)
        atomic_store(&broker->counters.final_error, (int)err);
}

void broker_tend(struct broker *broker)
{
    enum { SAVE_EVERY_US = 5 * 1000 * 1000 };
    uint64_t now_us = clock_monotonic_us();
    guard_look(&broker->guard);
    if (now_us - broker->tended_us < SAVE_EVERY_US)
        return;
    broker->tended_us = now_us;
    save_usage(broker);
}

void broker_close(struct broker **broker)
{
    struct broker *b = *broker;
    if (!b)
        return;
    http_status_close(&b->http);
    if (b->intake)
        audit_note(b->audit, AUDIT_STOPPED, b->identity.name, "%s", software);
    intake_stop(&b->intake);
    serve_stop(&b->serve);
    saves_free(b->saves);
    save_usage(b);
    quota_free(b->quota);
    net_socket_close(&b->publish);
    net_socket_close(&b->fetch);
    net_socket_close(&b->live);
    zap_close(&b->zap);
    net_close(&b->net);
    access_close(&b->access);
    audit_free(b->audit);
    journal_close(&b->journal);
    wake_close(&b->to_intake);
    wake_close(&b->to_serve);
    wake_close(&b->failed);
    identity_clear(&b->identity);
    free(b);
    *broker = NULL;
}

int broker_failed_fd(const struct broker *broker)
{
    return broker->failed.fd;
}

enum err broker_error(const struct broker *broker)
{
    return (enum err)atomic_load(&broker->counters.final_error);
}

void broker_reload(struct broker *broker)
{
    audit_note(broker->audit, AUDIT_CONFIG, broker->identity.name,
               "asked to read the access directory again");
    access_refresh(broker->access, true);
}

const char *broker_endpoint(const struct broker *broker, const char *which)
{
    if (!strcmp(which, "publish"))
        return net_socket_endpoint(broker->publish);
    if (!strcmp(which, "fetch"))
        return net_socket_endpoint(broker->fetch);
    return strcmp(which, "live") ? broker->http_endpoint : net_socket_endpoint(broker->live);
}
