/* Memory for large message frames, handed to ZeroMQ without a copy.
 *
 *     struct frame *frame = frame_pool_take(pool);
 *     fill frame->bytes, up to pool->frame_bytes
 *     net_message_wrap(&message, start, size, frame_pool_give, frame);
 *
 * A frame comes back from whatever thread drops it last, and up to FRAME_POOL_KEPT are kept for the
 * next. The pool's memory outlives frame_pool_drop() while a frame is still out.
 */
#ifndef SONGHUA_NET_FRAME_POOL_H
#define SONGHUA_NET_FRAME_POOL_H

#include "proto/base/err.h"

#include <pthread.h>
#include <stddef.h>

enum { FRAME_POOL_KEPT = 32 };

struct frame;

struct frame_pool {
    pthread_mutex_t lock;
    struct frame *free_frames[FRAME_POOL_KEPT];
    size_t free_count;
    size_t frame_bytes;
    size_t users; /* the owner and each frame that is out */
};

struct frame {
    struct frame_pool *pool;
    unsigned char bytes[];
};

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err frame_pool_new(size_t frame_bytes, struct frame_pool **out);
void frame_pool_drop(struct frame_pool *pool);          /* the owner's; accepts NULL */
struct frame *frame_pool_take(struct frame_pool *pool); /* NULL: no memory */
void frame_pool_give(void *bytes, void *frame); /* a net_release; `bytes` is not looked at */

#endif
