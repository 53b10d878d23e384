#include "consumers/service/counters.h"

#include "proto/net/http_status.h"

#include <stdio.h>

uint64_t service_lag(const struct service_counters *counters)
{
    return counters->stream_last > counters->position ? counters->stream_last - counters->position
                                                      : 0;
}

enum err service_metrics(const struct service_counters *counters, const char *name,
                         struct buffer *out)
{
    const struct metric rows[] = {
        {"records_total", "counter", "Records handled.", (double)counters->records},
        {"events_total", "counter", "Events in them.", (double)counters->events},
        {"malformed_total", "counter", "Records skipped because they are not events.",
         (double)counters->malformed},
        {"published_batches_total", "counter", "Batches made.", (double)counters->batches_made},
        {"published_events_total", "counter", "Events made.", (double)counters->events_made},
        {"commits_total", "counter", "Flushes.", (double)counters->commits},
        {"full_total", "counter", "Flushes refused for want of room.", (double)counters->full},
        {"position", "gauge", "Last record whose effects are stored.", (double)counters->position},
        {"lag_records", "gauge", "Records not yet handled.", (double)service_lag(counters)},
        {"outbox_batches", "gauge", "Batches not yet acknowledged.", (double)counters->waiting},
        {"last_ack_timestamp_seconds", "gauge", "When the broker last acknowledged; 0: never.",
         (double)counters->last_ack_ms / 1000},
        {"connected", "gauge", "1 when the broker answers.", counters->is_connected},
        {"caught_up", "gauge", "1 once the end of the input was reached.", counters->is_caught_up},
    };
    char prefix[64];
    snprintf(prefix, sizeof prefix, "songhua_%s_", name);
    return metric_numbers(out, prefix, rows, sizeof rows / sizeof *rows);
}
