/* A file descriptor that one thread makes readable to wake another out of poll(). */
#ifndef SONGHUA_BASE_WAKE_H
#define SONGHUA_BASE_WAKE_H

#include "proto/base/err.h"

struct wake {
    int fd; /* poll for reading */
};

/* Errors  ERR_NOMEM (also: no descriptor left). */
MUST_CHECK enum err wake_open(struct wake *wake);
void wake_close(struct wake *wake);  /* accepts a struct with fd < 0 */
void wake_signal(struct wake *wake); /* any thread, async-signal-safe */
void wake_drain(struct wake *wake);  /* the woken thread */

#endif
