/* A model of a disk and of the cache in front of it, driven by a record (tests/fault/preload/trace.h).
 *
 * For each file it keeps what is surely on the disk and, sector by sector of 512 bytes, what has been
 * written since and not been flushed: any of that may be there after a power cut, in any combination.
 * The same for a file's size and for the entries of directories, each in the order in which they were
 * made. A rename is there or is not. LMDB's lock files are left out: they hold nothing between two lives.
 *
 *     disk_open()                     a record
 *     while disk_step()               the next entry happens
 *       disk_pending()                how much is in doubt now
 *       disk_write_image()            a directory as it could be found after a cut now
 */
#ifndef SONGHUA_TESTS_DISK_H
#define SONGHUA_TESTS_DISK_H

#include "tests/fault/preload/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DISK_SECTOR_BYTES = 512 };

struct disk;

/* NULL: the record cannot be read. */
struct disk *disk_open(const char *trace, uint64_t root_inode);
void disk_close(struct disk **disk);

/* The next entry and its bytes; NULL at the end. What it does is done by the next call of disk_step(): a
 * cut that comes now comes before it. */
const struct trace_entry *disk_peek(const struct disk *disk, const void **bytes);
bool disk_step(struct disk *disk);

/* What may or may not be on the disk, as items with numbers from 0 on: entries of directories first, then
 * sizes, then sectors, each kind in the order in which it happened. */
struct pending {
    size_t entries, sizes, sectors;
};
struct pending disk_pending(const struct disk *disk);

/* Whether an item is on the disk after the cut. */
typedef bool disk_choose(void *context, size_t item);

/* Make `directory` what the cut leaves. The directory is kept between images, and of its files only what
 * differs is written, or all where whoever uses the image has written to one. disk_forget_image() is for
 * when files were added or removed. False: errno says why. */
enum { IMAGE_SMALL_BYTES = 65536 };
bool disk_write_image(struct disk *disk, const char *directory, disk_choose *choose, void *context);
void disk_forget_image(struct disk *disk);

#endif
