/* Threads that say what they do: `top -H`, perf and gdb show their names. */
#ifndef SONGHUA_BASE_THREAD_H
#define SONGHUA_BASE_THREAD_H

#include "proto/base/err.h"

#include <pthread.h>

/* Run `run` with `argument` in a thread called `name`, of at most 15 bytes; to be joined.
 * Errors  ERR_NOMEM (also: too many threads). */
MUST_CHECK enum err thread_start(const char *name, void *(*run)(void *), void *argument,
                                 pthread_t *out);

#endif
