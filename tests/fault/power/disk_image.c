#include "tests/fault/power/disk_internal.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- the tree --------------------------------------------------------------------------------- */

static bool is_same_tree(const struct tree *one, const struct tree *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++)
        if (one->entries[i].parent != other->entries[i].parent ||
            one->entries[i].child != other->entries[i].child ||
            strcmp(one->entries[i].name, other->entries[i].name))
            return false;
    return true;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    return place->level ? remove(path) : 0;
}

/* All that an entry leads to; what no entry leads to is not made. */
static bool make_below(const struct tree *tree, const struct object *parent, const char *directory)
{
    for (size_t i = 0; i < tree->count; i++) {
        const struct entry *entry = &tree->entries[i];
        char path[PATH_MAX];
        if (entry->parent != parent)
            continue;
        if (snprintf(path, sizeof path, "%s/%s", directory, entry->name) >= (int)sizeof path)
            return false;
        if (entry->child->is_directory) {
            if (mkdir(path, 0700) || !make_below(tree, entry->child, path))
                return false;
            continue;
        }
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        if (fd < 0)
            return false;
        close(fd);
        entry->child->dirty_count = DIRTY_MAX + 1; /* all of it is to be written */
    }
    return true;
}

static bool make_tree(struct disk *disk, const struct tree *tree, const char *directory)
{
    nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (!make_below(tree, &disk->objects[0], directory))
        return false;
    disk->image = *tree;
    disk->has_image = true;
    return true;
}

/* --- files ------------------------------------------------------------------------------------ */

static bool put(int fd, const unsigned char *bytes, size_t size, uint64_t at)
{
    return pwrite(fd, bytes, size, (off_t)at) == (ssize_t)size;
}

/* Whole pages of zeros are left out, so that a large file costs what is in it. */
static bool write_whole(int fd, const struct object *object)
{
    enum { STEP = 4096 };
    static const unsigned char zeros[STEP];
    uint64_t end =
        object->written_end < object->durable_size ? object->written_end : object->durable_size;
    if (ftruncate(fd, 0))
        return false;
    for (uint64_t at = 0; at < end; at += STEP)
        if (memcmp(object->durable + at, zeros, STEP) && !put(fd, object->durable + at, STEP, at))
            return false;
    return true;
}

/* Sectors that follow each other in one call: there are thousands of images. */
static bool restore(int fd, const struct object *object)
{
    if (object->dirty_count > DIRTY_MAX || object->durable_size <= IMAGE_SMALL_BYTES)
        return write_whole(fd, object);
    for (size_t i = 0, run; i < object->dirty_count; i += run) {
        uint64_t at = (uint64_t)object->dirty[i] * DISK_SECTOR_BYTES;
        for (run = 1;
             i + run < object->dirty_count && object->dirty[i + run] == object->dirty[i] + run;
             run++)
            continue;
        if (!put(fd, object->durable + at, run * DISK_SECTOR_BYTES, at))
            return false;
    }
    return true;
}

struct choice {
    disk_choose *choose;
    void *context;
};

static uint64_t chosen_size(const struct disk *disk, const struct object *object,
                            const struct choice *choice, uint64_t *cut_at)
{
    uint64_t size = object->durable_size;
    *cut_at = 0;
    for (size_t i = 0; i < disk->pending.sizes; i++) {
        const struct size_change *change = &disk->sizes[i];
        if (change->object != object || !choice->choose(choice->context, disk->pending.entries + i))
            continue;
        if (change->size < size)
            *cut_at = change->order;
        size = change->size;
    }
    return size;
}

/* Sectors that are to be written at one place. */
struct run {
    int fd;
    uint64_t next; /* sector */
    int count;
    struct iovec parts[IOV_MAX < 256 ? IOV_MAX : 256];
};

static bool put_run(struct run *run)
{
    ssize_t size = (ssize_t)run->count * DISK_SECTOR_BYTES;
    off_t at = (off_t)(run->next * DISK_SECTOR_BYTES) - size;
    bool is_good = !run->count || pwritev(run->fd, run->parts, run->count, at) == size;
    run->count = 0;
    return is_good;
}

static bool add_to_run(struct run *run, const struct sector_change *change)
{
    bool has_room = run->count < (int)(sizeof run->parts / sizeof *run->parts);
    bool is_good = (has_room && change->sector == run->next) || put_run(run);
    run->parts[run->count++] = (struct iovec){(void *)(uintptr_t)change->bytes, DISK_SECTOR_BYTES};
    run->next = change->sector + 1;
    return is_good;
}

static bool lay_over(const struct disk *disk, struct object *object, int fd,
                     const struct choice *choice)
{
    uint64_t cut_at, size = chosen_size(disk, object, choice, &cut_at);
    size_t first = disk->pending.entries + disk->pending.sizes;
    struct run run = {.fd = fd};
    for (size_t i = 0; i < disk->pending.sectors; i++) {
        const struct sector_change *change = &disk->sectors[i];
        if (change->object != object || change->order < cut_at ||
            !choice->choose(choice->context, first + i))
            continue;
        if (!add_to_run(&run, change))
            return false;
        object_mark_dirty(object, change->sector);
        if (change->end > size)
            size = change->end;
    }
    return put_run(&run) && !ftruncate(fd, (off_t)size);
}

/* What the image's files are said to have been written at last. */
static const struct timespec untouched = {.tv_sec = 1};

static bool write_file(const struct disk *disk, struct object *object, const char *path,
                       const struct choice *choice)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    struct stat info;
    if (!fstat(fd, &info) && info.st_mtim.tv_sec != untouched.tv_sec)
        object->dirty_count = DIRTY_MAX + 1; /* somebody wrote to the image */
    bool is_good = restore(fd, object);
    object->dirty_count = 0;
    is_good = is_good && lay_over(disk, object, fd, choice) &&
              !futimens(fd, (const struct timespec[2]){untouched, untouched});
    close(fd);
    return is_good;
}

static bool write_files(const struct disk *disk, const struct object *parent, const char *directory,
                        const struct choice *choice)
{
    for (size_t i = 0; i < disk->image.count; i++) {
        const struct entry *entry = &disk->image.entries[i];
        char path[PATH_MAX];
        if (entry->parent != parent)
            continue;
        if (snprintf(path, sizeof path, "%s/%s", directory, entry->name) >= (int)sizeof path)
            return false;
        if (!(entry->child->is_directory ? write_files(disk, entry->child, path, choice)
                                         : write_file(disk, entry->child, path, choice)))
            return false;
    }
    return true;
}

/* ---------------------------------------------------------------------------------------------- */

bool disk_write_image(struct disk *disk, const char *directory, disk_choose *choose, void *context)
{
    const struct choice choice = {choose, context};
    struct tree tree = disk->tree;
    for (size_t i = 0; i < disk->pending.entries; i++)
        if (choose(context, i))
            tree_change(&tree, &disk->entries[i]);
    bool is_kept = disk->has_image && !disk->pending.entries && is_same_tree(&tree, &disk->image);
    if (!is_kept && !make_tree(disk, &tree, directory))
        return false;
    return write_files(disk, &disk->objects[0], directory, &choice);
}

void disk_forget_image(struct disk *disk)
{
    disk->has_image = false;
}
