#include "tests/bench/peers/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 60000, STEP_MS = 50 };

void server_check(int ok, const char *what, const char *why)
{
    if (ok)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, why ? why : "failed");
    exit(1);
}

static int loopback(int port, struct sockaddr_in *address)
{
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

void server_free_port(char port[8])
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    int fd = loopback(0, &address);
    server_check(fd >= 0 && !bind(fd, (struct sockaddr *)&address, size) &&
                     !getsockname(fd, (struct sockaddr *)&address, &size),
                 "a free port", NULL);
    close(fd);
    snprintf(port, 8, "%d", ntohs(address.sin_port));
}

void server_prepare(struct server *server)
{
    server_free_port(server->port);
    scratch_make("peer", server->directory);
    chmod(server->directory, 0777); /* some servers give up root */
}

static int answers(const char *port)
{
    struct sockaddr_in address;
    int fd = loopback(atoi(port), &address);
    int is_there = fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof address);
    close(fd);
    return is_there;
}

static void run_child(const char *const *argv)
{
    int null = open("/dev/null", O_RDWR);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execvp(argv[0], (char **)(uintptr_t)argv);
    _exit(127);
}

void server_start(struct server *server, const char *const *argv)
{
    server->pid = fork();
    server_check(server->pid >= 0, "fork", NULL);
    if (!server->pid)
        run_child(argv);
    for (int waited = 0; !answers(server->port); waited += STEP_MS) {
        server_check(waited < START_MS && !waitpid(server->pid, NULL, WNOHANG), argv[0],
                     "did not start (make deps-peers installs it)");
        poll(NULL, 0, STEP_MS);
    }
}

void server_stop(struct server *server)
{
    kill(server->pid, SIGTERM);
    waitpid(server->pid, NULL, 0);
    scratch_clear(server->directory);
}
