/* What disk.c (the model) and disk_image.c (a directory made from it) share. */
#ifndef SONGHUA_TESTS_DISK_INTERNAL_H
#define SONGHUA_TESTS_DISK_INTERNAL_H

#include "tests/fault/power/disk.h"

#include <limits.h>

enum { OBJECTS_MAX = 64, ENTRIES_MAX = 64, DIRTY_MAX = 65536 };

/* A file or a directory. */
struct object {
    uint64_t inode;
    bool is_directory;
    unsigned char *durable,
        *cache; /* OBJECT_MAX_BYTES of room each; pages are made as they are used */
    uint64_t durable_size, cache_size;
    uint64_t written_end; /* nothing but zeros stands behind it */
    size_t dirty_count;   /* sectors in which the image may differ; more than DIRTY_MAX: all */
    uint32_t *dirty;
};
#define OBJECT_MAX_BYTES ((size_t)64 << 20)

struct entry {
    struct object *parent, *child; /* child NULL: removed */
    char name[NAME_MAX + 1];
};

/* What may or may not be on the disk. A change of entries is up to two: a rename sets and removes. */
struct entry_change {
    struct entry set, removed; /* parent NULL: not that */
};
struct size_change {
    struct object *object;
    uint64_t size, order;
};
struct sector_change {
    struct object *object;
    uint64_t sector, end, order; /* end: the file is at least that large if this is there */
    unsigned char bytes[DISK_SECTOR_BYTES];
};

struct tree {
    struct entry entries[ENTRIES_MAX];
    size_t count;
};

struct disk {
    const unsigned char *trace;
    size_t trace_size, at;
    uint64_t order;
    struct object objects[OBJECTS_MAX]; /* the first is the root */
    size_t object_count;
    struct tree tree; /* surely on the disk */
    struct entry_change *entries;
    struct size_change *sizes;
    struct sector_change *sectors;
    size_t entries_room, sizes_room, sectors_room;
    struct pending pending;
    struct tree image; /* what the image's directory holds */
    bool has_image;
};

/* Of a tree, as if nothing else were in it. */
void tree_change(struct tree *tree, const struct entry_change *change);

void object_mark_dirty(struct object *object, uint64_t sector);

#endif
