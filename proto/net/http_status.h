/* The small HTTP port of every daemon: /metrics (Prometheus text 0.0.4), /healthz (200 while the
 * process answers), /readyz (200, or 503 and the reason). GET and HEAD only, loopback by default.
 * Answers come from a thread of its own, so the callbacks must be safe from any thread.
 */
#ifndef SONGHUA_NET_HTTP_STATUS_H
#define SONGHUA_NET_HTTP_STATUS_H

#include "proto/base/buffer.h"
#include "proto/base/err.h"

#include <stdbool.h>

struct http_status;

struct http_status_options {
    const char *address; /* "127.0.0.1:7304"; port 0: any */
    /* Append the metrics. Errors become 500. */
    enum err (*metrics)(void *context, struct buffer *out);
    /* Whether the daemon does its work; `why` gets a sentence when not. NULL: always. */
    bool (*is_ready)(void *context, char why[200]);
    void *context;
};

/* Errors  ERR_USAGE (address), ERR_LOCKED (port taken), ERR_PERMISSION, ERR_NOMEM. */
MUST_CHECK enum err http_status_open(const struct http_status_options *options,
                                     struct http_status **out);
void http_status_close(struct http_status **status);
unsigned http_status_port(const struct http_status *status);

/* One metric family in the text format: HELP and TYPE, then the caller's samples.
 * `type` is "counter" or "gauge". */
MUST_CHECK enum err metric_family(struct buffer *out, const char *name, const char *type,
                                  const char *help);
/* Families of one sample without labels each; `prefix` stands before all their names. */
struct metric {
    const char *name, *type, *help; /* type: "counter" or "gauge" */
    double value;
};
MUST_CHECK enum err metric_numbers(struct buffer *out, const char *prefix,
                                   const struct metric *metrics, size_t count);

#endif
