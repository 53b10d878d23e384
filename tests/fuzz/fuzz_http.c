/* What a client says to the status port: the bytes of a connection, whatever they are. */
#include "proto/net/http_status.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static enum err take_metrics(void *context, struct buffer *out)
{
    (void)context;
    return metric_numbers(out, "", &(const struct metric){"fuzz", "gauge", "fuzz", 1}, 1);
}

static bool is_ready(void *context, char why[200])
{
    (void)context;
    memcpy(why, "no", 3);
    return false;
}

static int connect_to(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    /* A connection that is kept alive says nothing more. */
    struct timeval limit = {.tv_usec = 20000};
    struct linger linger = {.l_onoff = 1}; /* no TIME_WAIT: there are many of these */
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        abort();
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    return fd;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static struct http_status *http; /* opened once: it is what is tried here */
    const struct http_status_options options = {
        .address = "127.0.0.1:0", .metrics = take_metrics, .is_ready = is_ready};
    char answer[4096];
    if (!http && http_status_open(&options, &http))
        abort();
    int fd = connect_to(http_status_port(http));
    (void)!send(fd, data, size, MSG_NOSIGNAL); /* it may have closed already */
    shutdown(fd, SHUT_WR);
    while (recv(fd, answer, sizeof answer, 0) > 0)
        continue;
    close(fd);
    return 0;
}
