#include "tests/fault/power/disk_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void *must(void *memory)
{
    if (!memory || memory == MAP_FAILED)
        abort();
    return memory;
}

/* Room for one more in an array of items of that size. */
static void *grow(void *items, size_t count, size_t *room, size_t item_size)
{
    if (count < *room)
        return items;
    *room = *room ? 2 * *room : 64;
    return must(realloc(items, *room * item_size));
}

/* --- objects ---------------------------------------------------------------------------------- */

/* A process that the check forks has no use for it, and forking is most of what a check costs. */
static unsigned char *new_bytes(void)
{
    unsigned char *bytes = must(mmap(NULL, OBJECT_MAX_BYTES, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    madvise(bytes, OBJECT_MAX_BYTES, MADV_DONTFORK);
    return bytes;
}

static struct object *new_object(struct disk *disk, uint64_t inode, bool is_directory)
{
    if (disk->object_count == OBJECTS_MAX)
        abort();
    struct object *object = &disk->objects[disk->object_count++];
    *object = (struct object){.inode = inode, .is_directory = is_directory};
    if (is_directory)
        return object;
    object->durable = new_bytes();
    object->cache = new_bytes();
    object->dirty = must(calloc(DIRTY_MAX, sizeof *object->dirty));
    return object;
}

/* The last one made: a number is used again after a removal. NULL: none of the disk's. */
static struct object *find_object(struct disk *disk, uint64_t inode)
{
    for (size_t i = disk->object_count; i; i--)
        if (disk->objects[i - 1].inode == inode)
            return &disk->objects[i - 1];
    return NULL;
}

void object_mark_dirty(struct object *object, uint64_t sector)
{
    if (object->dirty_count < DIRTY_MAX)
        object->dirty[object->dirty_count] = (uint32_t)sector;
    object->dirty_count++;
}

/* --- entries of directories ------------------------------------------------------------------- */

/* LMDB makes its lock file anew when it is the first to open: nothing in it outlives the machine. */
static bool is_lmdb_lock(const char *name)
{
    size_t size = strlen(name);
    return (size >= 8 && !strcmp(name + size - 8, "lock.mdb")) ||
           (size >= 5 && !strcmp(name + size - 5, "-lock"));
}

static void tree_remove(struct tree *tree, const struct entry *entry)
{
    for (size_t i = 0; i < tree->count; i++)
        if (tree->entries[i].parent == entry->parent && !strcmp(tree->entries[i].name, entry->name))
            tree->entries[i--] = tree->entries[--tree->count];
}

void tree_change(struct tree *tree, const struct entry_change *change)
{
    if (change->removed.parent)
        tree_remove(tree, &change->removed);
    if (!change->set.parent)
        return;
    tree_remove(tree, &change->set);
    if (tree->count == ENTRIES_MAX)
        abort();
    tree->entries[tree->count++] = change->set;
}

static void add_entry_change(struct disk *disk, const struct entry_change *change)
{
    disk->entries =
        grow(disk->entries, disk->pending.entries, &disk->entries_room, sizeof *disk->entries);
    disk->entries[disk->pending.entries++] = *change;
}

static struct entry entry_of(struct object *parent, struct object *child, const char *name,
                             size_t size)
{
    struct entry entry = {.parent = parent, .child = child};
    memcpy(entry.name, name, size < NAME_MAX ? size : NAME_MAX);
    return entry;
}

static void do_create(struct disk *disk, const struct trace_entry *entry, const char *name)
{
    struct object *parent = find_object(disk, entry->other);
    struct entry_change change = {0};
    change.set = entry_of(parent, NULL, name, entry->size);
    if (!parent || is_lmdb_lock(change.set.name))
        return;
    change.set.child = new_object(disk, entry->file, entry->place != 0);
    add_entry_change(disk, &change);
}

static void do_rename(struct disk *disk, const struct trace_entry *entry, const char *names)
{
    const char *after = names + strlen(names) + 1;
    struct object *from = find_object(disk, entry->place), *to = find_object(disk, entry->other);
    struct object *child = find_object(disk, entry->file);
    if (!from || !to || !child || is_lmdb_lock(after))
        return;
    const struct entry_change change = {.set = entry_of(to, child, after, strlen(after)),
                                        .removed = entry_of(from, NULL, names, strlen(names))};
    add_entry_change(disk, &change);
}

static void do_remove(struct disk *disk, const struct trace_entry *entry, const char *name)
{
    struct object *parent = find_object(disk, entry->other);
    const struct entry_change change = {.removed = entry_of(parent, NULL, name, entry->size)};
    if (parent && !is_lmdb_lock(change.removed.name))
        add_entry_change(disk, &change);
}

static void sync_directory(struct disk *disk, const struct object *directory)
{
    size_t kept = 0;
    for (size_t i = 0; i < disk->pending.entries; i++) {
        const struct entry_change *change = &disk->entries[i];
        if (change->set.parent == directory || change->removed.parent == directory)
            tree_change(&disk->tree, change);
        else
            disk->entries[kept++] = *change;
    }
    disk->pending.entries = kept;
}

/* --- contents --------------------------------------------------------------------------------- */

static void add_sector_change(struct disk *disk, struct object *object, uint64_t sector)
{
    disk->sectors =
        grow(disk->sectors, disk->pending.sectors, &disk->sectors_room, sizeof *disk->sectors);
    struct sector_change *change = &disk->sectors[disk->pending.sectors++];
    uint64_t end = (sector + 1) * DISK_SECTOR_BYTES;
    change->object = object;
    change->sector = sector;
    change->order = disk->order;
    change->end = end < object->cache_size ? end : object->cache_size;
    memcpy(change->bytes, object->cache + sector * DISK_SECTOR_BYTES, DISK_SECTOR_BYTES);
}

static void do_write(struct disk *disk, const struct trace_entry *entry, const void *bytes)
{
    struct object *object = find_object(disk, entry->file);
    uint64_t end = entry->place + entry->size;
    if (!object || object->is_directory || !entry->size)
        return;
    if (end > OBJECT_MAX_BYTES)
        abort();
    memcpy(object->cache + entry->place, bytes, entry->size);
    if (end > object->cache_size)
        object->cache_size = end;
    if (end > object->written_end)
        object->written_end = end;
    for (uint64_t sector = entry->place / DISK_SECTOR_BYTES; sector * DISK_SECTOR_BYTES < end;
         sector++)
        add_sector_change(disk, object, sector);
}

static void do_resize(struct disk *disk, const struct trace_entry *entry)
{
    struct object *object = find_object(disk, entry->file);
    if (!object || object->is_directory || object->cache_size == entry->place)
        return;
    if (entry->place > OBJECT_MAX_BYTES)
        abort();
    if (entry->place < object->cache_size)
        memset(object->cache + entry->place, 0, object->cache_size - entry->place);
    object->cache_size = entry->place;
    disk->sizes = grow(disk->sizes, disk->pending.sizes, &disk->sizes_room, sizeof *disk->sizes);
    disk->sizes[disk->pending.sizes++] =
        (struct size_change){.object = object, .size = entry->place, .order = disk->order};
}

/* The sectors of the range are on the disk as they stand in the cache. */
static void sync_range(struct disk *disk, struct object *object, uint64_t from, uint64_t to)
{
    size_t kept = 0;
    for (size_t i = 0; i < disk->pending.sectors; i++) {
        const struct sector_change *change = &disk->sectors[i];
        uint64_t start = change->sector * DISK_SECTOR_BYTES;
        if (change->object != object || start + DISK_SECTOR_BYTES <= from || start >= to) {
            disk->sectors[kept++] = *change;
            continue;
        }
        memcpy(object->durable + start, object->cache + start, DISK_SECTOR_BYTES);
        object_mark_dirty(object, change->sector);
        if (change->end > object->durable_size)
            object->durable_size = change->end;
    }
    disk->pending.sectors = kept;
}

static void sync_file(struct disk *disk, struct object *object)
{
    size_t kept = 0;
    sync_range(disk, object, 0, UINT64_MAX);
    for (size_t i = 0; i < disk->pending.sizes; i++)
        if (disk->sizes[i].object != object)
            disk->sizes[kept++] = disk->sizes[i];
    disk->pending.sizes = kept;
    if (object->cache_size < object->durable_size)
        memset(object->durable + object->cache_size, 0, object->durable_size - object->cache_size);
    object->durable_size = object->cache_size;
}

static void do_sync(struct disk *disk, const struct trace_entry *entry)
{
    struct object *object = find_object(disk, entry->file);
    if (object && object->is_directory)
        sync_directory(disk, object);
    else if (object && entry->kind == TRACE_SYNC)
        sync_file(disk, object);
    else if (object)
        sync_range(disk, object, entry->place, entry->place + entry->other);
}

/* --- the record ------------------------------------------------------------------------------- */

struct disk *disk_open(const char *trace, uint64_t root_inode)
{
    struct stat info;
    int fd = open(trace, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) || !info.st_size)
        return NULL;
    struct disk *disk = must(calloc(1, sizeof *disk));
    disk->trace_size = (size_t)info.st_size;
    disk->trace = must(mmap(NULL, disk->trace_size, PROT_READ, MAP_PRIVATE, fd, 0));
    close(fd);
    new_object(disk, root_inode, true);
    return disk;
}

void disk_close(struct disk **disk)
{
    if (!*disk)
        return;
    for (size_t i = 0; i < (*disk)->object_count; i++) {
        struct object *object = &(*disk)->objects[i];
        free(object->dirty);
        if (object->is_directory)
            continue;
        munmap(object->durable, OBJECT_MAX_BYTES);
        munmap(object->cache, OBJECT_MAX_BYTES);
    }
    munmap((void *)(uintptr_t)(*disk)->trace, (*disk)->trace_size);
    free((*disk)->entries);
    free((*disk)->sizes);
    free((*disk)->sectors);
    free(*disk);
    *disk = NULL;
}

/* Entries stand at any place: what is returned is a copy that lives until the next call. */
const struct trace_entry *disk_peek(const struct disk *disk, const void **bytes)
{
    static struct trace_entry entry;
    if (disk->trace_size - disk->at < sizeof entry)
        return NULL;
    memcpy(&entry, disk->trace + disk->at, sizeof entry);
    if (disk->trace_size - disk->at - sizeof entry < entry.size)
        abort(); /* the recorder writes whole entries */
    *bytes = disk->trace + disk->at + sizeof entry;
    return &entry;
}

bool disk_step(struct disk *disk)
{
    const void *bytes;
    const struct trace_entry *entry = disk_peek(disk, &bytes);
    if (!entry)
        return false;
    char names[2 * NAME_MAX + 3] = "";
    if (entry->size < sizeof names)
        memcpy(names, bytes, entry->size);
    disk->order++;
    switch (entry->kind) {
    case TRACE_WRITE:
        do_write(disk, entry, bytes);
        break;
    case TRACE_RESIZE:
        do_resize(disk, entry);
        break;
    case TRACE_CREATE:
        do_create(disk, entry, names);
        break;
    case TRACE_RENAME:
        do_rename(disk, entry, names);
        break;
    case TRACE_REMOVE:
        do_remove(disk, entry, names);
        break;
    case TRACE_SYNC:
    case TRACE_SYNC_RANGE:
        do_sync(disk, entry);
        break;
    default:
        break;
    }
    disk->at += sizeof *entry + entry->size;
    return true;
}

struct pending disk_pending(const struct disk *disk)
{
    return disk->pending;
}
