#include "producers/agent/metrics.h"

#include "proto/base/clock.h"

#include <stdio.h>

static struct station_status copy_status(struct metrics *metrics)
{
    pthread_mutex_lock(&metrics->lock);
    struct station_status status = metrics->status;
    pthread_mutex_unlock(&metrics->lock);
    return status;
}

static double seconds_since(uint64_t ms)
{
    uint64_t now_ms = clock_realtime_ms();
    return ms && ms < now_ms ? (double)(now_ms - ms) / 1000 : 0;
}

static enum err write_metrics(void *context, struct buffer *out)
{
    const struct station_status status = copy_status(context);
    const struct metric table[] = {
        {"songhua_agent_connected", "gauge", "Whether the broker answers.",
         (double)status.is_connected},
        {"songhua_agent_rollback", "gauge",
         "1: the broker has lost what it acknowledged, and nothing is sent until an operator decides.",
         (double)status.is_rolled_back},
        {"songhua_agent_outbox_batches", "gauge", "Batches not yet acknowledged.",
         (double)status.batches},
        {"songhua_agent_outbox_events", "gauge", "Events not yet acknowledged.",
         (double)status.events},
        {"songhua_agent_outbox_oldest_seconds", "gauge", "Age of the oldest waiting batch.",
         seconds_since(status.oldest_ms)},
        {"songhua_agent_acknowledged_batches_total", "counter", "Batches the broker has stored.",
         (double)status.acknowledged_batches},
        {"songhua_agent_deposits_total", "counter", "Files and figures taken into the outbox.",
         (double)status.deposits},
        {"songhua_agent_heartbeats_total", "counter", "Heartbeats enqueued.",
         (double)status.heartbeats},
        {"songhua_agent_reconnects_total", "counter", "Connections made anew.",
         (double)status.reconnects},
        {"songhua_agent_last_ack_timestamp_seconds", "gauge", "Time of the last acknowledgement.",
         (double)status.last_ack_ms / 1000},
        {"songhua_agent_start_timestamp_seconds", "gauge", "Time the agent started.",
         (double)status.started_ms / 1000},
    };
    return metric_numbers(out, "", table, sizeof table / sizeof *table);
}

static bool is_ready(void *context, char why[200])
{
    const struct station_status status = copy_status(context);
    if (status.is_rolled_back)
        snprintf(why, 200, "ROLLBACK: %s (SH-%d); songhua-agent resend --dry-run",
                 err_text(ERR_ROLLBACK), err_number(ERR_ROLLBACK));
    else if (!status.is_connected)
        snprintf(why, 200, "no connection to the broker: %.150s", status.last_error_text);
    return status.is_connected && !status.is_rolled_back;
}

enum err agent_metrics_open(struct metrics *metrics, const char *address)
{
    const struct http_status_options options = {
        .address = address, .metrics = write_metrics, .is_ready = is_ready, .context = metrics};
    *metrics = (struct metrics){0};
    pthread_mutex_init(&metrics->lock, NULL);
    if (!address || !*address)
        return ERR_OK;
    return http_status_open(&options, &metrics->http);
}

void agent_metrics_close(struct metrics *metrics)
{
    http_status_close(&metrics->http);
    pthread_mutex_destroy(&metrics->lock);
}

void agent_metrics_set(struct metrics *metrics, const struct station_status *status)
{
    pthread_mutex_lock(&metrics->lock);
    metrics->status = *status;
    pthread_mutex_unlock(&metrics->lock);
}
