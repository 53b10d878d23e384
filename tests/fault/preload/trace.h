/* What the recording disk (fault_disk.c) writes down: one entry for each thing that was done to a file
 * below its directory, in order, followed by `size` bytes.
 *
 *   kind          file    place            other          bytes
 *   WRITE         inode   offset           –              what was written; not on disk yet
 *   SYNC          inode   –                –              –          a file or a directory was flushed
 *   SYNC_RANGE    inode   offset           length         –          these bytes were (O_DSYNC)
 *   RESIZE        inode   new size         –              –          ftruncate, fallocate
 *   CREATE        inode   1: a directory   parent inode   the name
 *   RENAME        inode   parent before    parent after   both names, each with its NUL
 *   REMOVE        –       –                parent inode   the name
 *   NOTE          –       –                –              what the program said by fault_disk_note()
 *
 * A write is entered before it is done and a flush after it: whatever the power cut leaves is covered.
 */
#ifndef SONGHUA_TESTS_TRACE_H
#define SONGHUA_TESTS_TRACE_H

#include <stddef.h>
#include <stdint.h>

enum trace_kind {
    TRACE_WRITE = 1,
    TRACE_SYNC,
    TRACE_SYNC_RANGE,
    TRACE_RESIZE,
    TRACE_CREATE,
    TRACE_RENAME,
    TRACE_REMOVE,
    TRACE_NOTE
};

struct trace_entry {
    uint32_t kind, size;
    uint64_t file, place, other;
};

/* Enter bytes of the caller's own among what is done. It is there when the library is loaded: declare it
 * weak and look before calling. */
void fault_disk_note(const void *bytes, size_t size);

#endif
