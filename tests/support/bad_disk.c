#include "tests/support/bad_disk.h"

#include "tests/support/preload.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char armed[] = "disk.armed", failed[] = "disk.failed", room[] = "disk.room";

static void touch(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        abort();
    close(fd);
}

void bad_disk_prepare(struct world *world, const char *fail)
{
    char library[PATH_MAX];
    const char *build = getenv("SONGHUA_BUILD");
    snprintf(library, sizeof library, "%s/libfaultdisk.so", build ? build : "build/release");
    if (!preload_set(library)) {
        fprintf(stderr, "bad_disk: %s is not there\n", library);
        abort();
    }
    unlink(world_path(world, "%s", armed));
    unlink(world_path(world, "%s", failed));
    unlink(world_path(world, "%s", room));
    setenv("FAULT_DISK_ROOT", world_path(world, "broker"), 1);
    setenv("FAULT_DISK_FAIL", fail, 1);
    setenv("FAULT_DISK_ARMED", world_path(world, "%s", armed), 1);
    setenv("FAULT_DISK_FAILED", world_path(world, "%s", failed), 1);
    setenv("FAULT_DISK_ROOM", world_path(world, "%s", room), 1);
}

void bad_disk_release(void)
{
    static const char *const names[] = {"FAULT_DISK_ROOT", "FAULT_DISK_FAIL", "FAULT_DISK_ARMED",
                                        "FAULT_DISK_ROOM", "FAULT_DISK_FAILED"};
    preload_unset();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

void bad_disk_arm(struct world *world)
{
    touch(world_path(world, "%s", armed));
}

bool bad_disk_has_failed(struct world *world)
{
    return !access(world_path(world, "%s", failed), F_OK);
}

void bad_disk_make_room(struct world *world)
{
    touch(world_path(world, "%s", room));
}
