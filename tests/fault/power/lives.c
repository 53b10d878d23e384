#include "tests/fault/power/lives.h"

#include "tests/support/preload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

void lives_die(const char *what, const char *why)
{
    fprintf(stderr, "fault-power: %s: %s\n", what, why);
    exit(2);
}

/* --- places ----------------------------------------------------------------------------------- */

/* In memory where there is room for it: images are written and thrown away by the thousand. */
struct place place_new(void)
{
    struct place place;
    struct statvfs info;
    const char *memory = getenv("TEST_MEMORY"); /* tests/support/tidy.sh */
    if (!memory)
        memory = "/dev/shm";
    bool has_memory =
        !statvfs(memory, &info) && (uint64_t)info.f_bavail * info.f_frsize > (uint64_t)512 << 20;
    scratch_make_in(has_memory ? memory : NULL, "power", place.directory);
    return place;
}

void place_remove(struct place *place)
{
    scratch_clear(place->directory);
}

void place_path(const struct place *place, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", place->directory, name);
}

void place_remove_one(const struct place *place, const char *name)
{
    char path[PATH_MAX];
    place_path(place, name, path);
    scratch_clear(path);
}

/* --- lives ------------------------------------------------------------------------------------ */

/* The library stands beside the program. */
static void preload(void)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 32);
    if (size <= 0)
        lives_die("/proc/self/exe", strerror(errno));
    path[size] = '\0';
    strcpy(strrchr(path, '/'), "/libfaultdisk.so");
    if (!preload_set(path))
        lives_die(path, strerror(errno));
}

static void set_path(const struct place *place, const char *name, const char *file)
{
    char path[PATH_MAX];
    place_path(place, file, path);
    setenv(name, path, 1);
}

static _Noreturn void become_life(const struct place *place, const struct kind *kind, uint64_t seed,
                                  unsigned commits, const char *fail)
{
    char root[PATH_MAX], seed_text[32], commits_text[32];
    place_path(place, "root", root);
    snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)seed);
    snprintf(commits_text, sizeof commits_text, "%u", commits);
    preload();
    set_path(place, "FAULT_DISK_ROOT", "root");
    set_path(place, "FAULT_DISK_TRACE", "trace");
    set_path(place, "FAULT_DISK_ROOM", "room");
    set_path(place, "FAULT_DISK_FAILED", "failed");
    if (fail)
        setenv("FAULT_DISK_FAIL", fail, 1);
    execl("/proc/self/exe", "fault-power", "work", kind->name, root, seed_text, commits_text,
          (char *)NULL);
    _exit(127);
}

int life_wait(int child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            lives_die("waitpid", strerror(errno));
    return status;
}

int life_run(const struct place *place, const struct kind *kind, uint64_t seed, unsigned commits,
             const char *fail)
{
    char root[PATH_MAX];
    place_path(place, "root", root);
    if (mkdir(root, 0700))
        lives_die(root, strerror(errno));
    pid_t child = fork();
    if (!child)
        become_life(place, kind, seed, commits, fail);
    return life_wait(child);
}
