/* fault-power KIND IMAGES SEED COMMITS: record lives of a KIND (journal, outbox, service) under the
 * recording disk until their crash images are as many as asked for, and check each. Each life has a seed
 * of its own, counted on from SEED, and about COMMITS commits.
 *
 * fault-power fail KIND SEED COMMITS: one life again and again, of which each write and each
 * flush fails in turn.
 *
 * fault-power damage SEED COUNT: a journal's file is damaged so many times, each time anew.
 *
 * fault-power work KIND ROOT SEED COMMITS: one life; its environment says what disk it has.
 */
#include "tests/fault/power/damage.h"
#include "tests/fault/power/lives.h"
#include "tests/fault/power/replay.h"
#include "tests/fault/power/workload.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IMAGES_OF_A_LIFE = 12500 };

static const struct kind kinds[] = {{"journal", workload_journal, check_journal},
                                    {"outbox", workload_outbox, check_outbox},
                                    {"service", workload_service, check_outbox}};

struct session {
    const struct kind *kind;
    uint64_t images, seed;
    unsigned commits;
    struct place place;           /* root/, trace, image/ */
    struct replay_result *result; /* of this life; shared with the process that looks at it */
    struct replay_result total;
    unsigned lives, deaths;
};

static const struct kind *kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    lives_die("no such kind", name);
}

static _Noreturn void replay_and_exit(const struct session *session, uint64_t seed, uint64_t images)
{
    char root[PATH_MAX], trace[PATH_MAX], image[PATH_MAX];
    struct stat info;
    mallopt(M_MMAP_THRESHOLD, 131072); /* LMDB's lists are large and hardly used */
    place_path(&session->place, "root", root);
    place_path(&session->place, "trace", trace);
    place_path(&session->place, "image", image);
    if (stat(root, &info) || (mkdir(image, 0700) && errno != EEXIST))
        lives_die(image, strerror(errno));
    const struct replay_options options = {.trace = trace,
                                           .directory = image,
                                           .root_inode = info.st_ino,
                                           .seed = seed,
                                           .images = images,
                                           .check = session->kind->check};
    if (!replay_run(&options, session->result))
        lives_die("an image", strerror(errno));
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
    if (life_run(&session->place, session->kind, seed, session->commits, NULL))
        lives_die("the recorded life", "failed");
    pid_t child = fork();
    if (!child)
        replay_and_exit(session, seed, left < IMAGES_OF_A_LIFE ? left : IMAGES_OF_A_LIFE);
    int status = life_wait(child);
    if (status)
        note_death(session, status);
    add(session, seed);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        place_remove_one(&session->place, names[i]);
}

static bool is_sound(const struct session *session)
{
    return session->total.images == session->total.verdicts[VERDICT_SOUND];
}

static int run(struct session *session)
{
    session->place = place_new();
    session->result = mmap(NULL, sizeof *session->result, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (session->result == MAP_FAILED)
        lives_die("memory", strerror(errno));
    while (session->total.images < session->images && is_sound(session) && !session->deaths)
        live_once(session);
    place_remove(&session->place);
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
    if (count == 5 && !strcmp(arguments[1], "fail"))
        return fail_each(kind_of(arguments[2]), strtoull(arguments[3], NULL, 10),
                         (unsigned)strtoul(arguments[4], NULL, 10));
    if (count == 4 && !strcmp(arguments[1], "damage"))
        return damage_each(kind_of("journal"), strtoull(arguments[2], NULL, 10),
                           (unsigned)strtoul(arguments[3], NULL, 10));
    if (count != 5)
        lives_die("usage", "fault-power KIND IMAGES SEED COMMITS");
    struct session session = {.kind = kind_of(arguments[1]),
                              .images = strtoull(arguments[2], NULL, 10),
                              .seed = strtoull(arguments[3], NULL, 10),
                              .commits = (unsigned)strtoul(arguments[4], NULL, 10)};
    return run(&session);
}
