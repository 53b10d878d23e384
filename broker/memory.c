#include "broker/memory.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

/* Frames of up to a megabyte and LMDB's pages come and go with every batch. Left to itself, malloc gives
 * such memory back to the system each time, and each batch pays for fresh pages again. */
void memory_set_up(void)
{
    mallopt(M_MMAP_THRESHOLD, 16 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

/* What aligned_alloc() may be asked for: a multiple of the alignment (C11 7.22.3.1). */
static size_t whole(size_t size, size_t alignment)
{
    return (size + alignment - 1) / alignment * alignment;
}

/* ZeroMQ aligns the parts of its queues, 16 KiB each. glibc before 2.38 looks for room for such a part and
 * for the alignment besides, takes the first aligned place in it and frees what is left: a part that was
 * freed is too small for the next one. Each connection leaves two when its key was looked up, and without
 * this, one of them was never used again, 4 kB a connection and more that had been written to. What malloc()
 * gives for exactly this size is such a part, if there is one. */
int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (!alignment || alignment & (alignment - 1) || alignment % sizeof(void *))
        return EINVAL;
    if (size > SIZE_MAX - (alignment - 1))
        return ENOMEM;
    void *bytes = malloc(size);
    if (!bytes || (uintptr_t)bytes % alignment) {
        free(bytes);
        bytes = aligned_alloc(alignment, whole(size, alignment));
    }
    if (!bytes)
        return ENOMEM;
    *out = bytes;
    return 0;
}
