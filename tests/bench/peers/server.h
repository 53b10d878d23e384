/* A peer's server for the time of a benchmark: its own directory, a free port on loopback,
 * ended by its process id, with its files removed.
 */
#ifndef SONGHUA_BENCH_PEERS_SERVER_H
#define SONGHUA_BENCH_PEERS_SERVER_H

#include "tests/support/scratch.h"

#include <sys/types.h>

struct server {
    char directory[SCRATCH_BYTES], port[8];
    pid_t pid;
};

/* A new directory and a port, for the arguments of server_start(). Ends the program when there is none. */
void server_prepare(struct server *server);
/* One more port of loopback that is free now. */
void server_free_port(char port[8]);
/* Start the program (argv ends with NULL) and wait until the port answers. */
void server_start(struct server *server, const char *const *argv);
void server_stop(struct server *server);

/* Says what failed, and ends the program, when `ok` is false. */
void server_check(int ok, const char *what, const char *why);

#endif
