/* Positions to be saved, on their way from the serving thread to the intake thread, which alone
 * writes, and back when they are on disk. The serving thread so never waits for a flush.
 */
#ifndef SONGHUA_BROKER_SAVES_H
#define SONGHUA_BROKER_SAVES_H

#include "proto/base/err.h"
#include "proto/base/wake.h"
#include "proto/net/identity.h"
#include "proto/wire/batch.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { ROUTING_ID_BYTES = 8, SAVES_MAX = 4096 };

/* Which client a late answer goes to. */
struct client_address {
    unsigned char bytes[ROUTING_ID_BYTES];
    uint8_t size;
};

struct save {
    struct client_address client;
    uint64_t request_id;
    char stream[NAME_MAX_BYTES + 1], consumer[NAME_MAX_BYTES + 1];
    uint64_t expected, position;
    char by[IDENTITY_NAME_BYTES]; /* who takes away what another has; else empty */
    enum err err;                 /* the outcome */
    uint64_t standing, saved_ms;  /* the position that stands */
};

struct save_list {
    struct save items[SAVES_MAX];
    size_t count;
};

struct saves {
    pthread_mutex_t lock;
    struct save_list asked, done; /* guarded by lock */
    struct wake *to_intake, *to_serve;
};

/* The two are borrowed, and signalled when there is something for their thread. Errors  ERR_NOMEM. */
MUST_CHECK enum err saves_new(struct wake *to_intake, struct wake *to_serve, struct saves **out);
void saves_free(struct saves *saves);

/* Serving thread. Errors  ERR_UNAVAILABLE (too many under way). */
MUST_CHECK enum err saves_ask(struct saves *saves, const struct save *save);
/* Intake thread: take what was asked, give back what was done. */
void saves_take(struct saves *saves, struct save_list *out);
void saves_finish(struct saves *saves, const struct save_list *done);
/* Serving thread: take what is done. */
void saves_collect(struct saves *saves, struct save_list *out);

#endif
