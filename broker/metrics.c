#include "broker/metrics.h"

#include "proto/net/http_status.h"

static enum err render_process(const struct metrics_sources *sources, struct buffer *out)
{
    unsigned limit, open = guard_descriptors(&limit);
    const struct metric metrics[] = {
        {"songhua_broker_memory_bytes", "gauge", "Memory in use, without pages of files.",
         (double)guard_memory_bytes()},
        {"songhua_broker_guard_total", "counter",
         "Times that all connections were ended because the memory limit was passed.",
         (double)atomic_load(&sources->guard->renewals)},
        {"process_open_fds", "gauge", "Descriptors open.", open},
        {"process_max_fds", "gauge", "Descriptors the system allows.", limit},
    };
    return metric_numbers(out, "", metrics, sizeof metrics / sizeof *metrics);
}

static enum err render_counters(const struct metrics_sources *sources, struct buffer *out)
{
    const struct counters *c = sources->counters;
    const struct metric metrics[] = {
        {"songhua_broker_batches_total", "counter", "Batches stored.",
         (double)count_get(&c->batches)},
        {"songhua_broker_events_total", "counter", "Events stored.", (double)count_get(&c->events)},
        {"songhua_broker_bytes_total", "counter", "Bytes of batches stored.",
         (double)count_get(&c->bytes)},
        {"songhua_broker_repeats_total", "counter", "Batches that were stored before.",
         (double)count_get(&c->repeats)},
        {"songhua_broker_commits_total", "counter", "Flushes.", (double)count_get(&c->commits)},
        {"songhua_broker_commit_seconds_total", "counter", "Time spent flushing.",
         (double)count_get(&c->commit_us) / 1e6},
        {"songhua_broker_pruned_records_total", "counter", "Records that retention let go.",
         (double)count_get(&c->pruned)},
        {"songhua_broker_pruned_bytes_total", "counter", "What they took on disk.",
         (double)count_get(&c->pruned_bytes)},
        {"songhua_broker_retention_held_records", "gauge",
         "Records that a rule would let go next, but for a saved position.",
         (double)count_get(&c->retention_held)},
        {"songhua_broker_retention_held_seconds", "gauge",
         "How long ago the position that holds them back was saved.",
         (double)count_get(&c->retention_held_ms) / 1000},
        {"songhua_broker_fetches_total", "counter", "Fetches answered.",
         (double)count_get(&c->fetches)},
        {"songhua_broker_fetched_bytes_total", "counter", "Bytes of records sent to readers.",
         (double)count_get(&c->fetched_bytes)},
        {"songhua_broker_fetches_waiting", "gauge", "Long polls open.",
         (double)count_get(&c->waiting)},
        {"songhua_broker_live_messages_total", "counter", "Records sent to the live port.",
         (double)count_get(&c->live_messages)},
        {"songhua_broker_live_renewals_total", "counter",
         "Times that all listeners were asked again because somebody's rights had changed.",
         (double)count_get(&c->live_renewals)},
        {"songhua_broker_subscriptions_total", "counter", "Live subscriptions accepted.",
         (double)count_get(&c->subscriptions)},
        {"songhua_broker_denied_total", "counter", "Requests that no right allowed.",
         (double)access_denied_count(sources->access)},
        {"songhua_broker_audit_batches_total", "counter",
         "Batches of the broker's own entries in the stream audit.",
         (double)count_get(&c->audit_batches)},
        {"songhua_broker_clients_known", "gauge", "Certificates in the access directory.",
         (double)access_count(sources->access)},
        {"songhua_broker_start_time_seconds", "gauge", "When the broker started.",
         (double)sources->started_ms / 1000},
    };
    return metric_numbers(out, "", metrics, sizeof metrics / sizeof *metrics);
}

static enum err render_refusals(const struct counters *counters, struct buffer *out)
{
    enum err err = metric_family(out, "songhua_broker_refused_total", "counter",
                                 "Batches refused, by reason.");
    for (unsigned i = 1; i < ERR_COUNT && !err; i++)
        if (count_get(&counters->refused[i]))
            err = buffer_append_format(out, "songhua_broker_refused_total{reason=\"%s\"} %llu\n",
                                       err_name((enum err)i),
                                       (unsigned long long)count_get(&counters->refused[i]));
    return err;
}

static enum err render_throttled(const struct counters *counters, struct buffer *out)
{
    static const char *const names[QUOTA_KINDS] = {"events", "bytes", "stored", "producers"};
    enum err err = metric_family(out, "songhua_broker_throttled_total", "counter",
                                 "Batches refused because a key was at its quota.");
    for (unsigned i = 0; i < QUOTA_KINDS && !err; i++)
        err =
            buffer_append_format(out, "songhua_broker_throttled_total{quota=\"%s\"} %llu\n",
                                 names[i], (unsigned long long)count_get(&counters->throttled[i]));
    return err;
}

static enum err render_journal(struct journal *journal, struct buffer *out)
{
    struct journal_stats stats;
    enum err err = journal_stats(journal, &stats);
    if (err)
        return err;
    const struct metric metrics[] = {
        {"songhua_broker_journal_bytes", "gauge", "Bytes of the journal in use.",
         (double)stats.used_bytes},
        {"songhua_broker_journal_limit_bytes", "gauge", "Where FULL begins.",
         (double)stats.limit_bytes},
        {"songhua_broker_journal_prepared_bytes", "gauge",
         "Bytes of the journal's file that are quick to write to.", (double)stats.prepared_bytes},
        {"songhua_broker_journal_used_ratio", "gauge", "Share of the limit in use.",
         stats.limit_bytes ? (double)stats.used_bytes / (double)stats.limit_bytes : 0},
        {"songhua_broker_journal_readers", "gauge", "Read transactions open.",
         (double)stats.readers},
        {"songhua_broker_journal_oldest_reader_seconds", "gauge", "Age of the oldest of them.",
         (double)stats.oldest_reader_ms / 1000},
    };
    return metric_numbers(out, "", metrics, sizeof metrics / sizeof *metrics);
}

static uint64_t first_of(const struct stream_bounds *bounds)
{
    return bounds->first;
}

static uint64_t last_of(const struct stream_bounds *bounds)
{
    return bounds->last;
}

static uint64_t disk_bytes_of(const struct stream_bounds *bounds)
{
    return bounds->disk_bytes;
}

static enum err render_bounds(const struct metrics_sources *sources, const char *name,
                              const char *help, uint64_t (*value)(const struct stream_bounds *),
                              struct buffer *out)
{
    enum err err = metric_family(out, name, "gauge", help);
    for (size_t i = 0; sources->streams[i] && !err; i++) {
        struct stream_bounds bounds;
        err = journal_bounds(sources->journal, sources->streams[i], &bounds);
        if (!err)
            err = buffer_append_format(out, "%s{stream=\"%s\"} %llu\n", name, sources->streams[i],
                                       (unsigned long long)value(&bounds));
    }
    return err;
}

static enum err render_streams(const struct metrics_sources *sources, struct buffer *out)
{
    enum err err = render_bounds(sources, "songhua_broker_stream_last_sequence",
                                 "Newest record of each stream.", last_of, out);
    if (!err)
        err = render_bounds(sources, "songhua_broker_stream_first_sequence",
                            "Oldest record kept; 0: none.", first_of, out);
    return err ? err
               : render_bounds(sources, "songhua_broker_stream_disk_bytes",
                               "What the stream's records take on disk.", disk_bytes_of, out);
}

enum err metrics_render(const struct metrics_sources *sources, struct buffer *out)
{
    enum err err = metric_family(out, "songhua_build_info", "gauge", "Version of this program.");
    if (!err)
        err = buffer_append_format(out, "songhua_build_info{version=\"%s\"} 1\n", SONGHUA_VERSION);
    if (!err)
        err = render_counters(sources, out);
    if (!err)
        err = render_process(sources, out);
    if (!err)
        err = render_refusals(sources->counters, out);
    if (!err)
        err = render_throttled(sources->counters, out);
    if (!err)
        err = render_journal(sources->journal, out);
    return err ? err : render_streams(sources, out);
}
