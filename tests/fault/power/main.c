/* fault-power journal|outbox IMAGES SEED COMMITS: record lives of a journal or an outbox under the
 * recording disk until their crash images are as many as asked for, and check each. Each life has a seed
 * of its own, counted on from SEED, and about COMMITS commits.
 *
 * fault-power work journal|outbox ROOT SEED COMMITS: one life; its environment says what disk it has.
 */
#include "tests/fault/power/replay.h"
#include "tests/fault/power/workload.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IMAGES_OF_A_LIFE = 12500 };

struct kind {
    const char *name;
    void (*work)(const char *root, uint64_t seed, unsigned commits);
    check *check;
};
static const struct kind kinds[] = {{"journal", workload_journal, check_journal},
                                    {"outbox", workload_outbox, check_outbox}};

struct session {
    const struct kind *kind;
    uint64_t images, seed;
    unsigned commits;
    char directory[64]; /* root/, trace, image/ */
    struct replay_result
        *result; /* of the life that is looked at; shared with the process that does */
    struct replay_result total;
    unsigned lives, deaths;
};

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "fault-power: %s: %s\n", what, why);
    exit(2);
}

static const struct kind *kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    die("no such kind", name);
}

/* --- directories ------------------------------------------------------------------------------ */

/* In memory where there is room for it: images are written and thrown away by the thousand. */
static void make_directory(char directory[64])
{
    struct statvfs info;
    bool has_memory = !statvfs("/dev/shm", &info) &&
                      (uint64_t)info.f_bavail * info.f_frsize > (uint64_t)512 << 20;
    snprintf(directory, 64, "%s/songhua-power-XXXXXX", has_memory ? "/dev/shm" : "/tmp");
    if (!mkdtemp(directory))
        die(directory, strerror(errno));
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

static void remove_directory(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void path_in(const struct session *session, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", session->directory, name);
}

/* --- a life ----------------------------------------------------------------------------------- */

/* The library stands beside the program. */
static void preload(void)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 32);
    if (size <= 0)
        die("/proc/self/exe", strerror(errno));
    path[size] = '\0';
    strcpy(strrchr(path, '/'), "/libfaultdisk.so");
    if (access(path, R_OK))
        die(path, strerror(errno));
    setenv("LD_PRELOAD", path, 1);
}

static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            die("waitpid", strerror(errno));
    return status;
}

static void record(const struct session *session, uint64_t seed)
{
    char root[PATH_MAX], trace[PATH_MAX], seed_text[32], commits[32];
    path_in(session, "root", root);
    path_in(session, "trace", trace);
    if (mkdir(root, 0700))
        die(root, strerror(errno));
    snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)seed);
    snprintf(commits, sizeof commits, "%u", session->commits);
    pid_t child = fork();
    if (!child) {
        preload();
        setenv("FAULT_DISK_ROOT", root, 1);
        setenv("FAULT_DISK_TRACE", trace, 1);
        execl("/proc/self/exe", "fault-power", "work", session->kind->name, root, seed_text,
              commits, (char *)NULL);
        _exit(127);
    }
    int status = wait_for(child);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        die("the recorded life", "failed");
}

static _Noreturn void replay_and_exit(const struct session *session, uint64_t seed, uint64_t images)
{
    char root[PATH_MAX], trace[PATH_MAX], image[PATH_MAX];
    struct stat info;
    mallopt(M_MMAP_THRESHOLD,
            131072); /* LMDB's lists are large, new for each image, and hardly used */
    path_in(session, "root", root);
    path_in(session, "trace", trace);
    path_in(session, "image", image);
    if (stat(root, &info) || (mkdir(image, 0700) && errno != EEXIST))
        die(image, strerror(errno));
    const struct replay_options options = {.trace = trace,
                                           .directory = image,
                                           .root_inode = info.st_ino,
                                           .seed = seed,
                                           .images = images,
                                           .check = session->kind->check};
    if (!replay_run(&options, session->result))
        die("an image", strerror(errno));
    _exit(0);
}

/* An image that ends the process that reads it is one that would end the program at every start. */
static void note_death(struct session *session, int status)
{
    session->deaths++;
    session->result->verdicts[VERDICT_CORRUPT]++;
    if (!session->result->first[0])
        snprintf(session->result->first, sizeof session->result->first,
                 "cut %llu: it ended the process with %s %d",
                 (unsigned long long)session->result->cuts, WIFSIGNALED(status) ? "signal" : "code",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void add(struct session *session, uint64_t seed)
{
    const struct replay_result *result = session->result;
    struct replay_result *total = &session->total;
    total->cuts += result->cuts;
    total->images += result->images;
    total->lives_on += result->lives_on;
    for (size_t i = 0; i < VERDICTS; i++)
        total->verdicts[i] += result->verdicts[i];
    if (result->first[0] && !total->first[0])
        snprintf(total->first, sizeof total->first, "seed %llu, %.*s", (unsigned long long)seed,
                 (int)CHECK_WHY_BYTES, result->first);
}

static void live_once(struct session *session)
{
    static const char *const names[] = {"root", "trace", "image"};
    uint64_t seed = session->seed + session->lives++;
    uint64_t left = session->images - session->total.images;
    memset(session->result, 0, sizeof *session->result);
    record(session, seed);
    pid_t child = fork();
    if (!child)
        replay_and_exit(session, seed, left < IMAGES_OF_A_LIFE ? left : IMAGES_OF_A_LIFE);
    int status = wait_for(child);
    if (status)
        note_death(session, status);
    add(session, seed);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[PATH_MAX];
        path_in(session, names[i], path);
        remove_directory(path);
    }
}

static bool is_sound(const struct session *session)
{
    return session->total.images == session->total.verdicts[VERDICT_SOUND];
}

static int run(struct session *session)
{
    make_directory(session->directory);
    session->result = mmap(NULL, sizeof *session->result, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (session->result == MAP_FAILED)
        die("memory", strerror(errno));
    while (session->total.images < session->images && is_sound(session) && !session->deaths)
        live_once(session);
    remove_directory(session->directory);
    const struct replay_result *total = &session->total;
    printf("power %s: seed %llu, %u lives, %llu cuts, %llu images (%llu went on): %llu lost, %llu "
           "corrupt, %llu invented\n",
           session->kind->name, (unsigned long long)session->seed, session->lives,
           (unsigned long long)total->cuts, (unsigned long long)total->images,
           (unsigned long long)total->lives_on, (unsigned long long)total->verdicts[VERDICT_LOST],
           (unsigned long long)total->verdicts[VERDICT_CORRUPT],
           (unsigned long long)total->verdicts[VERDICT_INVENTED]);
    if (total->first[0])
        printf("first: %s\n", total->first);
    return is_sound(session) && !session->deaths ? 0 : 1;
}

int main(int count, char **arguments)
{
    if (count == 6 && !strcmp(arguments[1], "work")) {
        kind_of(arguments[2])
            ->work(arguments[3], strtoull(arguments[4], NULL, 10),
                   (unsigned)strtoul(arguments[5], NULL, 10));
        return 0;
    }
    if (count != 5)
        die("usage", "fault-power journal|outbox IMAGES SEED COMMITS");
    struct session session = {.kind = kind_of(arguments[1]),
                              .images = strtoull(arguments[2], NULL, 10),
                              .seed = strtoull(arguments[3], NULL, 10),
                              .commits = (unsigned)strtoul(arguments[4], NULL, 10)};
    return run(&session);
}
