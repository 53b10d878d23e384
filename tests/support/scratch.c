#include "tests/support/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void scratch_make_in(const char *parent, const char *kind, char directory[SCRATCH_BYTES])
{
    if (!parent)
        parent = getenv("TMPDIR");
    int size = snprintf(directory, SCRATCH_BYTES, "%s/songhua-%s-XXXXXX",
                        parent && *parent ? parent : "/tmp", kind);
    if (size < SCRATCH_BYTES && mkdtemp(directory))
        return;
    fprintf(stderr, "no directory %s: %s\n", directory,
            size < SCRATCH_BYTES ? strerror(errno) : "TMPDIR is too long");
    abort();
}

void scratch_make(const char *kind, char directory[SCRATCH_BYTES])
{
    scratch_make_in(NULL, kind, directory);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

void scratch_clear(const char *directory)
{
    nftw(directory, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

struct scratch scratch_new(void)
{
    struct scratch scratch;
    scratch_make("test", scratch.directory);
    return scratch;
}

void scratch_remove(struct scratch *scratch)
{
    scratch_clear(scratch->directory);
}
