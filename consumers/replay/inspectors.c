#include "consumers/replay/inspectors.h"

#include "proto/base/buffer.h"
#include "proto/base/thread.h"
#include "proto/wire/record.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS_MAX = 16, BLOCK_BYTES = 512 * 1024, BLOCK_RECORDS = 512, BLOCKS_PER_THREAD = 3 };

/* Records on their way through a worker. Who may touch it follows from its state. */
enum block_state { BLOCK_FREE, BLOCK_QUEUED, BLOCK_WITH_WORKER, BLOCK_DONE };

struct block {
    enum block_state state; /* guarded by the lock */
    struct buffer bytes;
    size_t count;
    struct {
        size_t offset, size;
    } records[BLOCK_RECORDS];
    struct chain_link links[BLOCK_RECORDS];
};

/* The ring: blocks from `oldest` to `filling`, in the order of their records. */
struct inspectors {
    const struct chain_keys *keys;
    inspectors_take *take;
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_closing; /* guarded by the lock */
    struct block *blocks;
    size_t block_count;
    size_t oldest, filling; /* of the adding thread */
    enum err err;           /* what take() answered */
    pthread_t threads[THREADS_MAX];
    size_t thread_count;
};

/* --- workers ---------------------------------------------------------------------------------- */

static struct block *find_queued(struct inspectors *inspectors)
{
    for (size_t i = 0; i < inspectors->block_count; i++)
        if (inspectors->blocks[i].state == BLOCK_QUEUED)
            return &inspectors->blocks[i];
    return NULL;
}

/* NULL: it is time to end. */
static struct block *await_work(struct inspectors *inspectors)
{
    struct block *block = NULL;
    pthread_mutex_lock(&inspectors->lock);
    while (!inspectors->is_closing && !(block = find_queued(inspectors)))
        pthread_cond_wait(&inspectors->changed, &inspectors->lock);
    if (block)
        block->state = BLOCK_WITH_WORKER;
    pthread_mutex_unlock(&inspectors->lock);
    return block;
}

static void set_state(struct inspectors *inspectors, struct block *block, enum block_state state)
{
    pthread_mutex_lock(&inspectors->lock);
    block->state = state;
    pthread_cond_broadcast(&inspectors->changed);
    pthread_mutex_unlock(&inspectors->lock);
}

static void *work(void *argument)
{
    struct inspectors *inspectors = argument;
    struct block *block;
    while ((block = await_work(inspectors))) {
        for (size_t i = 0; i < block->count; i++)
            chain_inspect(block->bytes.data + block->records[i].offset, block->records[i].size,
                          inspectors->keys, &block->links[i]);
        set_state(inspectors, block, BLOCK_DONE);
    }
    return NULL;
}

/* --- the thread that adds --------------------------------------------------------------------- */

static void await_done(struct inspectors *inspectors, struct block *block)
{
    pthread_mutex_lock(&inspectors->lock);
    while (block->state != BLOCK_DONE)
        pthread_cond_wait(&inspectors->changed, &inspectors->lock);
    pthread_mutex_unlock(&inspectors->lock);
}

/* Hand on the findings of the oldest block, and have it free again. */
static void take_oldest(struct inspectors *inspectors)
{
    struct block *block = &inspectors->blocks[inspectors->oldest];
    await_done(inspectors, block);
    for (size_t i = 0; i < block->count && !inspectors->err; i++)
        inspectors->err = inspectors->take(inspectors->context, &block->links[i]);
    block->count = 0;
    buffer_clear(&block->bytes);
    set_state(inspectors, block, BLOCK_FREE);
    inspectors->oldest = (inspectors->oldest + 1) % inspectors->block_count;
}

/* The block that is being filled goes to the workers; the next is free, or is made so. */
static void send(struct inspectors *inspectors)
{
    set_state(inspectors, &inspectors->blocks[inspectors->filling], BLOCK_QUEUED);
    inspectors->filling = (inspectors->filling + 1) % inspectors->block_count;
    if (inspectors->filling == inspectors->oldest)
        take_oldest(inspectors);
}

enum err inspectors_add(struct inspectors *inspectors, const void *record, size_t size)
{
    struct block *block = &inspectors->blocks[inspectors->filling];
    if (inspectors->err)
        return inspectors->err;
    if (block->count == BLOCK_RECORDS || (block->count && block->bytes.size + size > BLOCK_BYTES)) {
        send(inspectors);
        block = &inspectors->blocks[inspectors->filling];
    }
    size_t offset = block->bytes.size;
    enum err err = buffer_append(&block->bytes, record, size);
    if (err)
        return err;
    block->records[block->count].offset = offset;
    block->records[block->count].size = size;
    block->count++;
    return inspectors->err;
}

enum err inspectors_finish(struct inspectors *inspectors)
{
    if (inspectors->blocks[inspectors->filling].count)
        send(inspectors);
    while (inspectors->oldest != inspectors->filling)
        take_oldest(inspectors);
    return inspectors->err;
}

/* --- opening and closing ---------------------------------------------------------------------- */

static enum err start_threads(struct inspectors *inspectors, unsigned count)
{
    for (; inspectors->thread_count < count; inspectors->thread_count++)
        if (thread_start("inspect", work, inspectors,
                         &inspectors->threads[inspectors->thread_count]))
            return inspectors->thread_count ? ERR_OK : ERR_NOMEM;
    return ERR_OK;
}

static unsigned choose_threads(unsigned threads)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (!threads)
        threads = processors > 0 ? (unsigned)processors : 1;
    return threads < THREADS_MAX ? threads : THREADS_MAX;
}

enum err inspectors_open(unsigned threads, const struct chain_keys *keys, inspectors_take *take,
                         void *context, struct inspectors **out)
{
    struct inspectors *inspectors = calloc(1, sizeof *inspectors);
    unsigned count = choose_threads(threads);
    if (!inspectors)
        return ERR_NOMEM;
    inspectors->keys = keys;
    inspectors->take = take;
    inspectors->context = context;
    pthread_mutex_init(&inspectors->lock, NULL);
    pthread_cond_init(&inspectors->changed, NULL);
    inspectors->blocks = calloc(BLOCKS_PER_THREAD * count, sizeof *inspectors->blocks);
    inspectors->block_count = inspectors->blocks ? BLOCKS_PER_THREAD * count : 0;
    for (size_t i = 0; i < inspectors->block_count; i++)
        buffer_init(&inspectors->blocks[i].bytes, BLOCK_BYTES + RECORD_MAX_BYTES);
    enum err err = inspectors->blocks ? start_threads(inspectors, count) : ERR_NOMEM;
    if (err)
        inspectors_close(&inspectors);
    else
        *out = inspectors;
    return err;
}

void inspectors_close(struct inspectors **inspectors)
{
    struct inspectors *i = *inspectors;
    if (!i)
        return;
    pthread_mutex_lock(&i->lock);
    i->is_closing = true;
    pthread_cond_broadcast(&i->changed);
    pthread_mutex_unlock(&i->lock);
    for (size_t n = 0; n < i->thread_count; n++)
        pthread_join(i->threads[n], NULL);
    for (size_t n = 0; n < i->block_count; n++)
        buffer_fini(&i->blocks[n].bytes);
    free(i->blocks);
    pthread_cond_destroy(&i->changed);
    pthread_mutex_destroy(&i->lock);
    free(i);
    *inspectors = NULL;
}
