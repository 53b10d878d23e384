#include "broker/commands.h"

#include "broker/broker.h"
#include "broker/guard.h"
#include "broker/memory.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/cli/terminal.h"

#include <poll.h>
#include <stddef.h>
#include <stdio.h>

#define AT(field) offsetof(struct run_settings, field)

const struct option broker_run_options[] = {
    {"state", 's', OPTION_TEXT, AT(state), "DIR", "directory of the journal",
     .initial = "/var/lib/songhua/broker"},
    {"access", 'a', OPTION_TEXT, AT(access), "DIR", "directory of the clients' certificates",
     .initial = "/etc/songhua/access"},
    {"identity", 'i', OPTION_TEXT, AT(identity), "FILE", "the broker's own certificate",
     .initial = "/etc/songhua/broker.cert"},
    {"publish", 0, OPTION_TEXT, AT(publish), "ENDPOINT", "where agents publish",
     .initial = "tcp://127.0.0.1:7301"},
    {"fetch", 0, OPTION_TEXT, AT(fetch), "ENDPOINT", "where readers fetch and ask",
     .initial = "tcp://127.0.0.1:7302"},
    {"live", 0, OPTION_TEXT, AT(live), "ENDPOINT", "where records are sent as they are stored",
     .initial = "tcp://127.0.0.1:7303"},
    {"http", 0, OPTION_TEXT, AT(http), "ADDRESS", "/metrics, /healthz, /readyz; empty: none",
     .initial = "127.0.0.1:7304"},
    {"journal-size", 0, OPTION_SIZE, AT(journal_bytes), "SIZE",
     "room for the journal, set aside on disk when it is made", .initial = "1GiB",
     .min = 16 * 1024 * 1024},
    {"retention", 0, OPTION_LIST, AT(retention), "RULE",
     "what may be thrown away: \"events age=3650d size=50GiB\", \"scores read\"; once for each stream; "
     "default: nothing"},
    {"io-threads", 0, OPTION_NUMBER, AT(io_threads), "N", "threads that encrypt and decrypt",
     .initial = "1", .min = 1, .max = 64},
    {"memory-limit", 0, OPTION_SIZE, AT(memory_bytes), "SIZE",
     "memory in use above which all connections are ended, to begin again; 0: no limit",
     .initial = "2GiB"},
    {"events-per-second", 0, OPTION_NUMBER, AT(events_per_second), "N",
     "a key may publish, unless its certificate says otherwise; 0: no limit", .initial = "0"},
    {"bytes-per-second", 0, OPTION_SIZE, AT(bytes_per_second), "SIZE", "likewise", .initial = "0"},
    {"stored-bytes", 0, OPTION_SIZE, AT(stored_bytes), "SIZE",
     "likewise, in all, pruned ones included", .initial = "0"},
    {"max-producers", 0, OPTION_NUMBER, AT(max_producers), "N",
     "names a key may publish under, likewise", .initial = "10000"},
    {"endpoints-file", 0, OPTION_TEXT, AT(endpoints_file), "FILE",
     "write the bound endpoints here once ready", .is_hidden = true},
    {0},
};

/* For programs that had the system choose the ports. */
static enum err write_endpoints(const struct broker *broker, const char *path)
{
    char text[600];
    int size = snprintf(text, sizeof text, "publish=%s\nfetch=%s\nlive=%s\nhttp=%s\n",
                        broker_endpoint(broker, "publish"), broker_endpoint(broker, "fetch"),
                        broker_endpoint(broker, "live"), broker_endpoint(broker, "http"));
    return file_write(path, text, (size_t)size, 0644);
}

/* Until a signal, or until the broker cannot go on. */
static enum err stay_up(struct broker *broker)
{
    unsigned reloads = reload_count();
    while (!stop_requested() && !broker_error(broker)) {
        struct pollfd items[] = {{.fd = stop_fd(), .events = POLLIN},
                                 {.fd = broker_failed_fd(broker), .events = POLLIN}};
        poll(items, 2, GUARD_EVERY_MS);
        broker_tend(broker);
        if (reload_count() != reloads) {
            reloads = reload_count();
            broker_reload(broker);
        }
    }
    return broker_error(broker);
}

enum err broker_run(const struct invocation *invocation)
{
    const struct run_settings *settings = invocation->settings;
    struct broker_options options = {.state = settings->state,
                                     .access = settings->access,
                                     .identity = settings->identity,
                                     .publish = settings->publish,
                                     .fetch = settings->fetch,
                                     .live = settings->live,
                                     .http = settings->http,
                                     .journal_bytes = settings->journal_bytes,
                                     .io_threads = settings->io_threads,
                                     .memory_bytes = settings->memory_bytes,
                                     .quota = {.events_per_second = settings->events_per_second,
                                               .bytes_per_second = settings->bytes_per_second,
                                               .stored_bytes = settings->stored_bytes,
                                               .max_producers = settings->max_producers}};
    struct broker *broker = NULL;
    memory_set_up();
    guard_raise_descriptors();
    enum err err = broker_retention_rules(invocation, &settings->retention, &options.retention);
    if (!err)
        err = stop_init();
    if (!err)
        err = broker_open(&options, &broker);
    if (!err && settings->endpoints_file)
        err = write_endpoints(broker, settings->endpoints_file);
    if (!err) {
        notify_state("READY=1");
        err = stay_up(broker);
        notify_state("STOPPING=1");
    }
    broker_close(&broker);
    log_info("broker.stopped", "reason=%s", err ? err_name(err) : "signal");
    /* A disk that failed must not be started upon again by a restart policy. */
    return err == ERR_IO || err == ERR_CORRUPT ? ERR_CONFIG : err;
}
