#include "proto/net/http_status.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CONNECTIONS = 64, MAX_PER_ADDRESS = 32, TIMEOUT_SECONDS = 10, PAGE_MAX_BYTES = 1 << 20 };

struct http_status {
    struct http_status_options options;
    struct MHD_Daemon *daemon;
};

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, const char *type,
                             const void *bytes, size_t size)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result reply_text(struct MHD_Connection *connection, unsigned status,
                                  const char *text)
{
    return reply(connection, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result serve_metrics(struct http_status *http, struct MHD_Connection *connection)
{
    struct buffer page;
    buffer_init(&page, PAGE_MAX_BYTES);
    enum err err = http->options.metrics(http->options.context, &page);
    enum MHD_Result result =
        err ? reply_text(connection, 500, "metrics failed\n")
            : reply(connection, 200, "text/plain; version=0.0.4; charset=utf-8", page.data,
                    page.size);
    buffer_fini(&page);
    return result;
}

static enum MHD_Result serve_ready(struct http_status *http, struct MHD_Connection *connection)
{
    char why[200] = "", line[220];
    if (!http->options.is_ready || http->options.is_ready(http->options.context, why))
        return reply_text(connection, 200, "ready\n");
    snprintf(line, sizeof line, "not ready: %s\n", why);
    return reply_text(connection, 503, line);
}

static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *upload,
                             size_t *upload_size, void **state)
{
    (void)version;
    (void)upload;
    if (strcmp(method, "GET") && strcmp(method, "HEAD")) {
        *upload_size = 0;
        return reply_text(connection, 405, "GET and HEAD only\n");
    }
    if (!*state) { /* the first call of a request is before its body; answer on the second */
        *state = context;
        return MHD_YES;
    }
    if (!strcmp(url, "/metrics"))
        return serve_metrics(context, connection);
    if (!strcmp(url, "/healthz"))
        return reply_text(connection, 200, "ok\n");
    if (!strcmp(url, "/readyz"))
        return serve_ready(context, connection);
    return reply_text(connection, 404, "/metrics /healthz /readyz\n");
}

static enum err parse_address(const char *text, struct sockaddr_in *out)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return ERR_USAGE;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    char *end;
    unsigned long port = strtoul(colon + 1, &end, 10);
    *out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (end == colon + 1 || *end || port > 65535 || inet_pton(AF_INET, host, &out->sin_addr) != 1)
        return ERR_USAGE;
    return ERR_OK;
}

enum err http_status_open(const struct http_status_options *options, struct http_status **out)
{
    struct sockaddr_in address;
    enum err err = parse_address(options->address, &address);
    if (err)
        return err;
    struct http_status *http = calloc(1, sizeof *http);
    if (!http)
        return ERR_NOMEM;
    http->options = *options;
    errno = 0;
    http->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, NULL, NULL, serve, http,
        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)MAX_PER_ADDRESS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_SECONDS, MHD_OPTION_END);
    if (!http->daemon) {
        err = errno == EADDRINUSE ? ERR_LOCKED
              : errno == ENOMEM   ? ERR_NOMEM
              : errno == EACCES   ? ERR_PERMISSION
                                  : ERR_USAGE;
        free(http);
        return err;
    }
    *out = http;
    return ERR_OK;
}

void http_status_close(struct http_status **status)
{
    if (!*status)
        return;
    MHD_stop_daemon((*status)->daemon);
    free(*status);
    *status = NULL;
}

unsigned http_status_port(const struct http_status *status)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(status->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

enum err metric_family(struct buffer *out, const char *name, const char *type, const char *help)
{
    return buffer_append_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

enum err metric_numbers(struct buffer *out, const char *prefix, const struct metric *metrics,
                        size_t count)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < count && !err; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", prefix, metrics[i].name);
        err = metric_family(out, name, metrics[i].type, metrics[i].help);
        if (!err)
            err = buffer_append_format(out, "%s %.17g\n", name, metrics[i].value);
    }
    return err;
}
