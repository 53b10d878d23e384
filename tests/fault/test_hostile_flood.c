/* Thousands of connections that say nothing, and no descriptors left: good clients are served. */
#include "tests/support/siege.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SILENT = 10000, SPARE = 500 };

static int connect_to(const char *endpoint)
{
    unsigned port;
    struct sockaddr_in address = {.sin_family = AF_INET};
    cr_assert_eq(sscanf(endpoint, "tcp://127.0.0.1:%u", &port), 1);
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) &&
        errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* As many as the limit of descriptors gives, of each program. */
static size_t raise_limit(void)
{
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur > SILENT + SPARE ? SILENT : (size_t)limit.rlim_cur - SPARE;
}

/* Whether the broker has closed the connection. */
static bool is_closed(int fd)
{
    char bytes[256];
    ssize_t got;
    while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0)
        continue;
    return got == 0 || (errno != EAGAIN && errno != EINTR);
}

Test(fault_hostile, silent_connections_are_closed_and_keep_nobody_out, .timeout = 300)
{
    static int fds[SILENT];
    const size_t count = raise_limit();
    struct siege *siege = siege_open(NULL);
    double before = siege_descriptors(siege);
    for (size_t i = 0; i < count; i++) {
        fds[i] = connect_to(world_endpoint(siege_world(siege), i % 2 ? "publish" : "fetch"));
        cr_assert_geq(fds[i], 0);
        if (i % 500 == 0)
            siege_step(siege);
    }
    siege_lets_in(siege, "good-during");
    siege_serves(siege);
    double most = siege_descriptors(siege), memory = siege_memory_kib(siege);
    for (size_t i = 0; i < count; i++)
        while (!is_closed(fds[i])) /* by the broker, once the handshake's time is up */
            siege_step(siege);
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
    while (siege_descriptors(siege) > before + 50)
        siege_step(siege);
    siege_lets_in(siege, "good-after");
    fprintf(
        stderr,
        "hostile: %zu silent connections: at most %.0f descriptors and %.0f KiB in the broker\n",
        count, most, memory);
    siege_close(&siege, "silent connections", NULL);
}

Test(fault_resources, without_descriptors_the_broker_goes_on_with_those_it_has, .timeout = 300)
{
    int fds[200];
    struct siege *siege = siege_open(NULL);
    pid_t pid = world_broker(siege_world(siege));
    struct rlimit before, tight = {0};
    cr_assert_eq(prlimit(pid, RLIMIT_NOFILE, NULL, &before), 0);
    tight.rlim_max = before.rlim_max;
    tight.rlim_cur = (rlim_t)siege_descriptors(siege) + 4;
    cr_assert_eq(prlimit(pid, RLIMIT_NOFILE, &tight, NULL), 0);
    for (size_t i = 0; i < 200; i++)
        cr_assert_geq(fds[i] = connect_to(world_endpoint(siege_world(siege), "publish")), 0);
    for (int i = 0; i < 20; i++)
        siege_serves(siege);
    for (size_t i = 0; i < 200; i++)
        close(fds[i]);
    cr_assert_eq(prlimit(pid, RLIMIT_NOFILE, &before, NULL), 0);
    siege_lets_in(siege, "good-after");
    siege_close(&siege, "no descriptors", NULL);
}
